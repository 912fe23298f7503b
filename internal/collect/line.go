package collect

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/schema/form"
	"socle/internal/sqldb"
)

// Line is an entry as a grid has it: a text for each column of its table's schema.
// What is wrong in it is told by cell, and it is kept all the same.
type Line struct {
	ID       string
	Revision int
	Place    int64 // order of first arrival
	Removed  bool  // or refused
	Cells    []string
	Faults   []CellFault
	Changer  string // Actor.Ref
	Changed  time.Time
}

// CellFault is what is wrong with a cell of a Line.
type CellFault struct {
	Column int           // from 0
	Repair *check.Repair // nil: there is no proposal

	judge *check.Judge
	fault *check.Fault
	key   string // when it is not a fault of the check
	args  errs.Args
}

// Message says what is wrong, and hint what to do.
func (f CellFault) Message(l i18n.Lang) (message, hint string) {
	if f.fault == nil {
		return i18n.T(l, f.key, f.args), i18n.T(l, f.key+".hint", f.args)
	}
	return f.judge.Message(l, f.fault)
}

// LinesAction is what writing the lines of a table asks of an actor, by the state of its
// dataset: what is written there is in the next version, without anyone's acceptance.
func LinesAction(s catalogue.State) identity.Action {
	switch s {
	case catalogue.Draft:
		return identity.ActionContribute
	case catalogue.Published:
		return identity.ActionPublish
	}
	return identity.ActionEdit
}

// Columns are those of a table whose rows are entered, for who may write them. Rights:
// LinesAction, and no approval that the organisation asks for. Kinds: NotFound,
// SignIn, Denied, Conflict (withdrawn).
func (s *Service) Columns(ctx context.Context, a identity.Actor, id catalogue.ResourceID) (sch *schema.Schema, err error) {
	defer errs.Wrap(&err, "collect.Columns(%s)", id)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		d, err := s.desk(ctx, tx, Visitor{Actor: a}, target{resource: id})
		if err != nil {
			return err
		}
		sch = d.form.Definition.Schema
		return d.takes(s.now())
	})
	return sch, err
}

// maxLines bounds a page of Lines.
const maxLines = 5000

// LineCursor is how far the lines of a table were read: all that are there, in their
// order, then their changes. The zero value begins.
type LineCursor struct {
	Seq   int64 // the last change that is known
	Place int64 // while lines are listed, that of the last one
}

func (c LineCursor) listing() bool { return c.Place > 0 || c.Seq == 0 }

// String writes a cursor; ParseLineCursor reads it.
func (c LineCursor) String() string {
	if c.Place == 0 {
		return strconv.FormatInt(c.Seq, 10)
	}
	return strconv.FormatInt(c.Place, 10) + "-" + strconv.FormatInt(c.Seq, 10)
}

// ParseLineCursor reads what String wrote; ok is false for anything else.
func ParseLineCursor(text string) (c LineCursor, ok bool) {
	place, seq, listing := strings.Cut(text, "-")
	if !listing {
		place, seq = "0", text
	}
	var err1, err2 error
	c.Place, err1 = strconv.ParseInt(place, 10, 64)
	c.Seq, err2 = strconv.ParseInt(seq, 10, 64)
	return c, err1 == nil && err2 == nil && c.Place >= 0 && c.Seq >= 0 && c.String() == text
}

// LinePage is a part of the rows of a table, or of its changes.
type LinePage struct {
	Lines  []Line
	Layout Layout     // of their cells
	Next   LineCursor // to go on from
	More   bool       // there are others now
}

// Lines lists the rows of a table in their order, then, from a cursor on, its changes,
// removed rows too. Who goes on from a cursor misses nothing. Members only. Kinds:
// NotFound, SignIn, Denied, Conflict (the columns are not those of the layout).
func (s *Service) Lines(ctx context.Context, a identity.Actor, id catalogue.ResourceID, layout Layout, after LineCursor, limit int) (p LinePage, err error) {
	defer errs.Wrap(&err, "collect.Lines(%s)", id)
	return s.linePage(ctx, a, id, layout, limit, func(tx *sqldb.Tx, limit int) ([]lineRow, LineCursor, bool, error) {
		// First: what is committed before this is found by what follows.
		var seq int64
		if err := tx.QueryRow(ctx, `SELECT seq FROM entry_tables WHERE resource = $1`, id).Scan(&seq); err != nil {
			return nil, after, false, err
		}
		if after.listing() {
			return listed(ctx, tx, id, after, seq, limit)
		}
		return changed(ctx, tx, id, after, seq, limit)
	})
}

// RemovedLines lists the removed rows of a table, the last one first, as they were:
// PutLines brings them back. After is the cursor of the page before. Members only.
// Kinds: those of Lines.
func (s *Service) RemovedLines(ctx context.Context, a identity.Actor, id catalogue.ResourceID, layout Layout, after LineCursor, limit int) (p LinePage, err error) {
	defer errs.Wrap(&err, "collect.RemovedLines(%s)", id)
	return s.linePage(ctx, a, id, layout, limit, func(tx *sqldb.Tx, limit int) (rows []lineRow, next LineCursor, more bool, err error) {
		before := after.Seq
		if before == 0 {
			before = math.MaxInt64
		}
		rows, err = lineRows(ctx, tx, `e.resource = $1 AND e.state = 'removed' AND e.seq < $2 ORDER BY e.seq DESC LIMIT $3`, id, before, limit+1)
		if more = len(rows) > limit; more {
			rows = rows[:limit]
			next.Seq = rows[limit-1].seq
		}
		return rows, next, more, err
	})
}

// linePage is a page of the rows that read finds, for a member; that it was read is noted.
func (s *Service) linePage(ctx context.Context, a identity.Actor, id catalogue.ResourceID, layout Layout, limit int, read func(tx *sqldb.Tx, limit int) ([]lineRow, LineCursor, bool, error)) (p LinePage, err error) {
	if limit <= 0 || limit > maxLines {
		limit = maxLines
	}
	var rows []lineRow
	var d *desk
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if d, err = s.desk(ctx, tx, Visitor{Actor: a}, target{resource: id}); err != nil {
			return err
		}
		if p.Layout, err = layout.keep(d.form.Definition.Schema); err != nil {
			return err
		}
		rows, p.Next, p.More, err = read(tx, limit)
		return err
	})
	if err != nil {
		return LinePage{}, err
	}
	if err := s.noteRead(ctx, d); err != nil {
		return LinePage{}, err
	}
	p.Lines, err = s.lines(ctx, d, rows)
	return p, err
}

// listed are rows that are there, by their place; seq is that of the table.
func listed(ctx context.Context, tx *sqldb.Tx, id catalogue.ResourceID, after LineCursor, seq int64, limit int) (rows []lineRow, next LineCursor, more bool, err error) {
	next = LineCursor{Seq: after.Seq}
	if after.Seq == 0 {
		next.Seq = seq
	}
	rows, err = lineRows(ctx, tx, `e.resource = $1 AND e.place > $2 AND e.state NOT IN ('removed', 'refused') ORDER BY e.place LIMIT $3`, id, after.Place, limit)
	if len(rows) == limit {
		next.Place = rows[limit-1].Place
		return rows, next, true, err
	}
	return rows, next, next.Seq < seq, err // what changed while they were listed
}

// changed are the changes after a cursor.
func changed(ctx context.Context, tx *sqldb.Tx, id catalogue.ResourceID, after LineCursor, seq int64, limit int) (rows []lineRow, next LineCursor, more bool, err error) {
	next = LineCursor{Seq: max(seq, after.Seq)}
	rows, err = lineRows(ctx, tx, `e.resource = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3`, id, after.Seq, limit)
	if n := len(rows); n > 0 {
		if more = n == limit; more || rows[n-1].seq > next.Seq {
			next.Seq = rows[n-1].seq
		}
	}
	return rows, next, more, err
}

// lineRow is a Line before its cells are judged.
type lineRow struct {
	Line
	seq    int64
	draft  bool
	values form.Values
}

func lineRows(ctx context.Context, tx *sqldb.Tx, where string, args ...any) ([]lineRow, error) {
	rows, err := tx.Query(ctx, `SELECT e.id, e.revision, e.place, e.state, e.data, e.draft, e.changed_by, e.changed_at, e.seq FROM entries e WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, func(r sqldb.Scanner) (l lineRow, err error) {
		var state State
		var data string
		if err = r.Scan(&l.ID, &l.Revision, &l.Place, &state, &data, &l.draft, &l.Changer, &l.Changed, &l.seq); err != nil {
			return l, err
		}
		l.Removed = state == Removed || state == Refused
		var e Entry
		err = e.read(data)
		l.values = e.Values
		return l, err
	})
}

// lines gives rows their cells, and says what is wrong in those that are set aside:
// what the check of files finds, which may propose a repair, else what a form asks
// beyond it, else a key that another row has.
func (s *Service) lines(ctx context.Context, d *desk, rows []lineRow) ([]Line, error) {
	sch := d.form.Definition.Schema
	out := make([]Line, len(rows))
	var aside []int
	for i := range rows {
		out[i] = rows[i].Line
		out[i].Cells = cellsOf(sch, rows[i].values)
		if rows[i].draft && !rows[i].Removed {
			aside = append(aside, i)
		}
	}
	if err := checkFaults(d, out, aside); err != nil {
		return nil, err
	}
	var twice []int // rows in which nothing else is wrong
	for _, i := range aside {
		if len(out[i].Faults) > 0 {
			continue
		}
		var err error
		if out[i].Faults, err = formFaults(d, &rows[i]); err != nil {
			return nil, err
		}
		if len(out[i].Faults) == 0 {
			twice = append(twice, i)
		}
	}
	if len(twice) == 0 {
		return out, nil
	}
	err := s.db.Read(ctx, func(tx *sqldb.Tx) (err error) {
		for _, i := range twice {
			if out[i].Faults, err = keyFaults(ctx, tx, d, &rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// checkFaults gives some of a list of rows what the check of files finds in them.
func checkFaults(d *desk, list []Line, which []int) error {
	if len(which) == 0 {
		return nil
	}
	judge := d.form.ready.judge()
	rows := make([][]string, len(which))
	for k, i := range which {
		rows[k] = list[i].Cells
	}
	found, err := judge.Rows(rows)
	if err != nil {
		return err
	}
	for k, i := range which {
		for n := range found[k] {
			f := &found[k][n]
			list[i].Faults = append(list[i].Faults, CellFault{Column: max(0, f.Column-1), Repair: cellRepair(f), judge: judge, fault: f}) // of the whole row: told on its first cell
		}
	}
	return nil
}

// formFaults are what a form that fills every column would refuse in a row.
func formFaults(d *desk, row *lineRow) ([]CellFault, error) {
	c, err := d.form.ready.checker()
	if err != nil {
		return nil, err
	}
	_, bad, err := c.Check(row.values, row.Changed)
	if err != nil {
		return nil, err
	}
	def := d.form.Definition
	out := make([]CellFault, len(bad))
	for i, f := range bad {
		name := f.Name
		if it := def.Find(name); it != nil {
			name = it.Columns()[0]
		}
		out[i] = CellFault{Column: max(0, def.Schema.Field(name)), key: f.Key, args: f.Args}
	}
	return out, nil
}

func cellRepair(f *check.Fault) *check.Repair {
	if f.Repair == nil || !f.Repair.Cell {
		return nil
	}
	return f.Repair
}

func cellsOf(sch *schema.Schema, v form.Values) []string {
	cells := make([]string, len(sch.Fields))
	for i := range sch.Fields {
		cells[i] = v[sch.Fields[i].Name]
	}
	return cells
}

// keyFaults are the keys of a row that another one has.
func keyFaults(ctx context.Context, tx *sqldb.Tx, d *desk, row *lineRow) (out []CellFault, err error) {
	def := d.form.Definition
	for _, key := range keysOf(def) {
		values := make([]string, len(key))
		for i, name := range key {
			values[i] = row.values[name]
		}
		var n int
		err := tx.QueryRow(ctx, `SELECT count(*) FROM entry_keys WHERE resource = $1 AND name = $2 AND value = $3 AND entry <> $4`,
			d.resource, strings.Join(key, keyValue), digestText(strings.Join(values, keyValue)), row.ID).Scan(&n)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			out = append(out, CellFault{Column: max(0, def.Schema.Field(key[0])), key: "collect.entry.twice", args: errs.Args{"Value": strings.Join(values, " · ")}})
		}
	}
	return out, nil
}

// LineChange is what a grid writes: a row as it shall be.
type LineChange struct {
	ID       string
	Revision int // the one that it changes; 0 for a new row
	Removed  bool
	Cells    []string
}

// LineOutcome is what became of a LineChange: the row as it is now, which is another
// than was sent when Err is a Conflict.
type LineOutcome struct {
	Line *Line // nil when there is none
	Err  error
}

// LineSpan are the changes of a table that one writing made: those after After up to
// Next; nobody else's is among them. It is zero when others wrote in between.
type LineSpan struct{ After, Next int64 }

// PutLines writes rows of a grid, each on its own; rows in which something is wrong
// are kept, and stand in no version until they are mended. Their cells are those of a
// layout. Rights: those of Columns. Kinds: NotFound, SignIn, Denied, Conflict
// (withdrawn; the columns are others: nothing is written, but for the rare case that
// they change meanwhile), TooLarge.
func (s *Service) PutLines(ctx context.Context, a identity.Actor, id catalogue.ResourceID, layout Layout, list []LineChange) (out []LineOutcome, span LineSpan, err error) {
	defer errs.Wrap(&err, "collect.PutLines(%s)", id)
	if len(list) > MaxBatch {
		return nil, span, errs.New(errs.TooLarge, "collect.batch", errs.Args{"Count": MaxBatch}).WithHint("collect.batch.hint")
	}
	sch, err := s.Columns(ctx, a, id)
	if err != nil {
		return nil, span, err
	}
	if layout, err = layout.keep(sch); err != nil {
		return nil, span, err
	}
	v, t := Visitor{Actor: a}, target{resource: id}
	out = make([]LineOutcome, len(list))
	now := make([]*Entry, len(list)) // as they were written
	var sent []Sent
	var places, gone []int
	for i, c := range list {
		if c.Removed {
			gone = append(gone, i)
			continue
		}
		if len(c.Cells) != len(sch.Fields) {
			return nil, span, otherColumns()
		}
		values := make(form.Values, len(c.Cells))
		for j, text := range c.Cells {
			if text != "" {
				values[sch.Fields[j].Name] = text
			}
		}
		sent = append(sent, Sent{ID: c.ID, Revision: c.Revision, MadeAt: s.now(), Values: values})
		places = append(places, i)
	}
	if len(sent) > 0 {
		var outcomes []Outcome
		if outcomes, span, err = s.putMany(ctx, v, t, sent); err != nil {
			return nil, span, err
		}
		for j, o := range outcomes {
			out[places[j]].Err, now[places[j]] = o.Err, o.kept
		}
	}
	if len(gone) > 0 {
		taken, err := s.takeAway(ctx, v, t, list, gone, out)
		if err != nil {
			return nil, span, err
		}
		switch {
		case len(sent) == 0:
			span = taken
		case span.Next == taken.After:
			span.Next = taken.Next
		default:
			span = LineSpan{}
		}
	}
	return out, span, s.asTheyAre(ctx, v, t, layout, list, now, out)
}

// takeAway removes some rows of a list.
func (s *Service) takeAway(ctx context.Context, v Visitor, t target, list []LineChange, gone []int, out []LineOutcome) (span LineSpan, err error) {
	err = s.changing(ctx, v, t, len(gone), func(w *writing) error {
		span = LineSpan{w.seq, w.seq + int64(len(gone))}
		if err := w.desk.takes(w.tx.Now()); err != nil {
			return err
		}
		for _, i := range gone {
			_, err := w.remove(ctx, list[i].ID, list[i].Revision)
			if err != nil && !slices.Contains(ofOneRow, errs.KindOf(err)) {
				return err
			}
			out[i].Err = err
		}
		return nil
	})
	return span, err
}

// ofOneRow are the kinds of errors that concern one row of a list.
var ofOneRow = []errs.Kind{errs.Conflict, errs.NotFound, errs.Denied}

// asTheyAre gives each outcome the row as it is now: those that were written are
// known, the others are read.
func (s *Service) asTheyAre(ctx context.Context, v Visitor, t target, layout Layout, list []LineChange, now []*Entry, out []LineOutcome) error {
	at := make(map[string]int, len(list))
	var ids []string
	rows := make([]lineRow, 0, len(list))
	for i := range list {
		at[list[i].ID] = i
		if now[i] == nil {
			ids = append(ids, list[i].ID)
		}
	}
	for i := range list {
		if e := now[i]; e != nil && at[e.ID] == i {
			rows = append(rows, lineRow{draft: e.Draft, values: e.Values, Line: Line{ID: e.ID, Revision: e.Revision, Place: e.place, Removed: e.State == Removed || e.State == Refused, Changer: e.Changer, Changed: e.Changed}})
		}
	}
	known := len(rows)
	var d *desk
	err := s.db.Read(ctx, func(tx *sqldb.Tx) (err error) {
		if d, err = s.desk(ctx, tx, v, t); err != nil {
			return err
		}
		if _, err := layout.keep(d.form.Definition.Schema); err != nil {
			return err
		}
		rows = rows[:known]
		for rest := ids; len(rest) > 0; {
			page := rest[:min(len(rest), 500)]
			rest = rest[len(page):]
			found, err := lineRows(ctx, tx, `e.resource = $1 AND e.id IN (`+sqldb.Marks(2, len(page))+`)`, append([]any{t.resource}, sqldb.AnySlice(page)...)...)
			if err != nil {
				return err
			}
			rows = append(rows, found...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	lines, err := s.lines(ctx, d, rows)
	if err != nil {
		return err
	}
	for i := range lines {
		out[at[lines[i].ID]].Line = &lines[i]
	}
	return nil
}

// LineRevision is what a row was, or is.
type LineRevision struct {
	Number  int
	Cells   []string
	Removed bool
	By      string // Actor.Ref
	At      time.Time
}

// LineHistory lists the revisions of a row, the present one first. Members only.
// Kinds: NotFound, SignIn, Denied, Conflict (the columns are not those of the layout).
func (s *Service) LineHistory(ctx context.Context, a identity.Actor, id catalogue.ResourceID, layout Layout, entry string) (list []LineRevision, err error) {
	defer errs.Wrap(&err, "collect.LineHistory(%s)", entry)
	d, revisions, err := s.history(ctx, a, target{resource: id}, entry)
	if err != nil {
		return nil, err
	}
	if _, err := layout.keep(d.form.Definition.Schema); err != nil {
		return nil, err
	}
	list = make([]LineRevision, len(revisions))
	for i, r := range revisions {
		list[i] = LineRevision{Number: r.Number, Cells: cellsOf(d.form.Definition.Schema, r.Values), Removed: r.State == Removed, By: r.By, At: r.At}
	}
	return list, nil
}
