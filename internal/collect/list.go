package collect

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema/form"
	"socle/internal/sqldb"
)

// noteRead writes in the audit that the visitor reads entries which not everybody may:
// those of a dataset that is not public, and those that wait, were refused or set
// aside, for who moderates or writes the table. It comes after the transaction that
// read, before anything is given.
func (s *Service) noteRead(ctx context.Context, d *desk) error {
	if d.form.State == catalogue.Published && !d.may.moderate && !d.grid() {
		return nil
	}
	return s.o.Catalogue.NoteRead(ctx, d.visitor.Actor, d.form.Organisation, d.form.Dataset)
}

// EntryQuery chooses entries. They come in the order of their changes.
type EntryQuery struct {
	After int64 // the cursor of the page before; 0 for the first
	Limit int   // 1 to 1,000; 500 when 0
	Mine  bool
	State State      // "" for all
	Box   [4]float64 // west, south, east, north, in degrees; all zero for none
}

// Entries lists the changes of entries that the visitor may see, removed ones too,
// and the cursor that the next page begins after. Numbers are given in the order of
// commits: who goes on from a cursor misses nothing. Kinds: NotFound, SignIn.
func (s *Service) Entries(ctx context.Context, v Visitor, f FormID, q EntryQuery) (list []Entry, next int64, err error) {
	defer errs.Wrap(&err, "collect.Entries")
	if q.Limit <= 0 {
		q.Limit = 500
	}
	q.Limit = min(q.Limit, 1000)
	var d *desk
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if d, err = s.desk(ctx, tx, v, target{form: f}); err != nil {
			return err
		}
		// First: what is committed before this is found by what follows.
		if err := tx.QueryRow(ctx, `SELECT seq FROM entry_tables WHERE resource = $1`, d.resource).Scan(&next); err != nil {
			return err
		}
		text, args := q.where(d)
		rows, err := tx.Query(ctx, text, args...)
		if err != nil {
			return err
		}
		if list, err = sqldb.Collect(rows, scanEntry); err != nil {
			return err
		}
		return receivedFiles(ctx, tx, d.resource, list)
	})
	if err != nil {
		return nil, 0, err
	}
	if err := s.noteRead(ctx, d); err != nil {
		return nil, 0, err
	}
	if len(list) > 0 && (len(list) == q.Limit || list[len(list)-1].Seq > next) {
		next = list[len(list)-1].Seq
	}
	if next < q.After {
		next = q.After
	}
	out := list[:0]
	for _, e := range list {
		if seen, ok := e.seenBy(v, d.may, d.sight, d.form.Definition); ok {
			out = append(out, seen)
		}
	}
	return out, next, nil
}

// where is the SQL of a list, the rights of the visitor in it.
func (q EntryQuery) where(d *desk) (string, []any) {
	args := []any{d.resource, q.After}
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	text := `SELECT ` + entryColumns + ` FROM entries e WHERE e.resource = $1 AND e.seq > $2`
	if q.Mine || !d.may.moderate && d.sight != All {
		text += ` AND ` + mineSQL(d.visitor, arg)
	}
	if d.form.ID != "" && !d.may.moderate {
		text += ` AND (e.form = ` + arg(d.form.ID) + ` OR e.state = 'accepted' OR e.state = 'removed')`
	}
	if q.State != "" {
		text += ` AND e.state = ` + arg(q.State)
	}
	if q.Box != [4]float64{} {
		degrees := func(x float64) int64 { return int64(math.Round(x * 1e7)) }
		text += ` AND e.lon BETWEEN ` + arg(degrees(q.Box[0])) + ` AND ` + arg(degrees(q.Box[2])) + ` AND e.lat BETWEEN ` + arg(degrees(q.Box[1])) + ` AND ` + arg(degrees(q.Box[3]))
	}
	return text + ` ORDER BY e.seq LIMIT ` + arg(q.Limit), args
}

func mineSQL(v Visitor, arg func(any) string) string {
	switch p := v.Actor.Person(); {
	case p != "":
		return `(e.author = ` + arg("person:"+string(p)) + ` OR e.author LIKE ` + arg("person:"+string(p)+"/%") + `)`
	case !v.Actor.IsAnonymous():
		return `e.author = ` + arg(v.Actor.Ref())
	case v.Secret != "":
		return `e.secret = ` + arg(hashSecret(v.Secret))
	}
	return `1 = 0`
}

// Entry returns one. Kinds: NotFound (also what the visitor may not see), SignIn.
func (s *Service) Entry(ctx context.Context, v Visitor, f FormID, id string) (e Entry, err error) {
	defer errs.Wrap(&err, "collect.Entry(%s)", id)
	var d *desk
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if d, err = s.desk(ctx, tx, v, target{form: f}); err != nil {
			return err
		}
		e, err = seenEntry(ctx, tx, d, id)
		return err
	})
	if err != nil {
		return e, err
	}
	return e, s.noteRead(ctx, d)
}

func noEntry() error {
	return errs.New(errs.NotFound, "collect.entry.none").WithHint("collect.entry.none.hint")
}

func seenEntry(ctx context.Context, tx *sqldb.Tx, d *desk, id string) (Entry, error) {
	e, err := entry1(ctx, tx, d.resource, id)
	if errs.Is(err, errs.NotFound) {
		return e, noEntry()
	}
	if err != nil {
		return e, err
	}
	seen, ok := e.seenBy(d.visitor, d.may, d.sight, d.form.Definition)
	if !ok {
		return Entry{}, noEntry()
	}
	return seen, nil
}

// Revision is what an entry was, or is.
type Revision struct {
	Number int
	State  State
	Reason string
	Values form.Values
	Files  []File
	By     string // Actor.Ref
	At     time.Time
}

// History lists the revisions of an entry, the present one first. Members only.
// Kinds: NotFound, SignIn, Denied.
func (s *Service) History(ctx context.Context, a identity.Actor, f FormID, id string) (list []Revision, err error) {
	defer errs.Wrap(&err, "collect.History(%s)", id)
	d, list, err := s.history(ctx, a, target{form: f}, id)
	for i := range list {
		list[i].Values = d.form.Definition.Join(list[i].Values)
	}
	return list, err
}

// history lists the revisions of an entry, their values by column.
func (s *Service) history(ctx context.Context, a identity.Actor, t target, id string) (d *desk, list []Revision, err error) {
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if d, err = s.desk(ctx, tx, Visitor{Actor: a}, t); err != nil {
			return err
		}
		if !d.may.member {
			return denied()
		}
		now, err := entry1(ctx, tx, d.resource, id)
		if errs.Is(err, errs.NotFound) {
			return noEntry()
		}
		if err != nil {
			return err
		}
		if _, ok := now.seenBy(d.visitor, d.may, d.sight, d.form.Definition); !ok {
			return noEntry()
		}
		list = []Revision{{now.Revision, now.State, now.Reason, now.Values, now.Files, now.Changer, now.Changed}}
		rows, err := tx.Query(ctx, `SELECT revision, state, reason, data, changed_by, changed_at FROM entry_history WHERE resource = $1 AND entry = $2 ORDER BY revision DESC LIMIT 1000`, d.resource, id)
		if err != nil {
			return err
		}
		older, err := sqldb.Collect(rows, func(r sqldb.Scanner) (x Revision, err error) {
			var data string
			if err = r.Scan(&x.Number, &x.State, &x.Reason, &data, &x.By, &x.At); err != nil {
				return x, err
			}
			var e Entry
			err = e.read(data)
			x.Values, x.Files = e.Values, e.Files
			return x, err
		})
		list = append(list, older...)
		if !d.grid() && !d.may.moderate && !d.visitor.mine(&now) { // what waited was never for them
			list = slices.DeleteFunc(list, func(x Revision) bool { return x.State != Accepted })
		}
		return err
	})
	if err != nil {
		return d, list, err
	}
	// What an entry was is public nowhere.
	return d, list, s.o.Catalogue.NoteRead(ctx, a, d.form.Organisation, d.form.Dataset)
}

func (s *Service) revision(ctx context.Context, tx *sqldb.Tx, d *desk, id string, number int) (e Entry, err error) {
	var data string
	err = tx.QueryRow(ctx, `SELECT data FROM entry_history WHERE resource = $1 AND entry = $2 AND revision = $3`, d.resource, id, number).Scan(&data)
	if errs.Is(err, errs.NotFound) {
		return e, noEntry()
	}
	if err != nil {
		return e, err
	}
	return e, e.read(data)
}

// Look says what the form makes of values that are being typed: what is calculated,
// what is not asked, what is wrong. Nothing is kept. Kinds: NotFound, SignIn.
func (s *Service) Look(ctx context.Context, v Visitor, id FormID, values form.Values) (l form.Looked, err error) {
	defer errs.Wrap(&err, "collect.Look")
	var d *desk
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		d, err = s.desk(ctx, tx, v, target{form: id})
		return err
	})
	if err != nil {
		return l, err
	}
	c, err := d.form.ready.checker()
	if err != nil {
		return l, err
	}
	if l, err = c.Look(values, s.now()); err != nil {
		return l, err
	}
	l.Values = d.form.Definition.Join(l.Values)
	return l, nil
}
