package collect

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/ids"
	"socle/internal/jobs"
	"socle/internal/schema/form"
	"socle/internal/sqldb"
)

// target is where entries go: a form, or a table whose rows members write without
// one, in the grid.
type target struct {
	form     FormID
	resource catalogue.ResourceID
}

// Sent is an entry as a device sends it.
type Sent struct {
	ID       string // a UUID in lower case, made by the device
	Revision int    // the one that it changes; 0 for a new entry
	MadeAt   time.Time
	Values   form.Values
	Files    []File
	Revisits string
}

// Outcome is what became of an entry that was sent.
type Outcome struct {
	Entry   Entry
	Created bool   // it was not there before
	Secret  string // of a device without account: told once
	Err     error  // of PutMany: what is wrong with this one

	kept *Entry // as it is kept now, by column; nil when that is not known
}

// Stale is the cause of a Conflict: the entry as it is now.
type Stale struct{ Entry Entry }

func (s *Stale) Error() string { return "collect: the entry is another revision now" }

// MaxBatch is how many entries PutMany takes.
const MaxBatch = 10_000

// Put takes an entry. The same entry sent again is one entry; a change says which
// revision it changes. Rights: those of Visitor for the form. Kinds: NotFound,
// SignIn, Denied, Invalid (with fields), TooLarge, Conflict (closed; another
// revision, with *Stale as cause).
func (s *Service) Put(ctx context.Context, v Visitor, id FormID, e Sent) (out Outcome, err error) {
	defer errs.Wrap(&err, "collect.Put(%s)", e.ID)
	list, err := s.PutMany(ctx, v, id, []Sent{e})
	if err != nil {
		return out, err
	}
	return list[0], list[0].Err
}

// PutMany is Put for several, each on its own: Err of an Outcome says what is wrong
// with that one.
func (s *Service) PutMany(ctx context.Context, v Visitor, id FormID, list []Sent) (out []Outcome, err error) {
	defer errs.Wrap(&err, "collect.PutMany(%s)", id)
	out, _, err = s.putMany(ctx, v, target{form: id}, list)
	return out, err
}

func (s *Service) putMany(ctx context.Context, v Visitor, t target, list []Sent) (out []Outcome, span LineSpan, err error) {
	if len(list) > MaxBatch {
		return nil, span, errs.New(errs.TooLarge, "collect.batch", errs.Args{"Count": MaxBatch}).WithHint("collect.batch.hint")
	}
	for range 5 { // the form may change between the check and the writing
		var desk *desk
		if err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
			desk, err = s.desk(ctx, tx, v, t)
			return err
		}); err != nil {
			return nil, span, err
		}
		desk.corrects = !slices.ContainsFunc(list, func(e Sent) bool { return e.Revision == 0 })
		if err := desk.takes(s.now()); err != nil {
			return nil, span, err
		}
		checked, err := s.arrivingAll(ctx, desk, list)
		if err != nil {
			return nil, span, err
		}
		var again bool
		if out, span, again, err = s.write(ctx, v, t, desk, checked); err != nil || !again {
			return out, span, err
		}
	}
	return nil, span, errs.New(errs.Busy, "errs.busy").WithHint("errs.busy.hint")
}

// write keeps entries, all in one transaction. again: the form has changed since
// they were checked.
func (s *Service) write(ctx context.Context, v Visitor, t target, checked *desk, list []arriving) (out []Outcome, span LineSpan, again bool, err error) {
	var changed bool
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		out, again, changed = make([]Outcome, len(list)), false, false
		d, err := s.desk(ctx, tx, v, t)
		if err != nil {
			return err
		}
		if d.form.ready != checked.form.ready {
			again = true
			return nil
		}
		d.corrects = checked.corrects
		if err := d.takes(tx.Now()); err != nil {
			return err
		}
		w := &writing{Service: s, tx: tx, desk: d, visitor: v}
		fresh := 0
		for i := range list {
			if list[i].Revision == 0 {
				fresh++
			}
		}
		if err := w.lock(ctx, len(list), fresh); err != nil {
			return err
		}
		span = LineSpan{w.seq, w.seq + int64(len(list))}
		if err := w.meet(ctx, list); err != nil {
			return err
		}
		for i := range list {
			if out[i], err = w.put(ctx, &list[i]); err != nil {
				return err
			}
		}
		changed = w.changed
		return w.done(ctx)
	})
	if err == nil && changed {
		s.hub.changed(checked.resource)
	}
	return out, span, again, err
}

// writing is one transaction that changes entries of one table.
type writing struct {
	*Service
	tx      *sqldb.Tx
	desk    *desk
	visitor Visitor
	seq     int64 // the last one given
	place   int64
	due     bool
	changed bool            // something a reader sees
	cut     bool            // a version is due
	met     map[string]bool // of a long list: the entries that are there; nil when not asked
	room    *room           // nil when not asked
	fresh   []any           // columns of new entries that are not inserted yet, one after the other
}

// lock makes the other writers of the table wait, and reserves numbers for n
// changes and places for as many new entries as there may be among them.
func (w *writing) lock(ctx context.Context, n, fresh int) error {
	var seq, made int64
	err := w.tx.QueryRow(ctx, `UPDATE entry_tables SET seq = seq + $2, made = made + $3 WHERE resource = $1 RETURNING seq, made, due`, w.desk.resource, n, fresh).Scan(&seq, &made, &w.due)
	w.seq, w.place = seq-int64(n), made-int64(fresh)
	return err
}

// done writes what waits, and asks for a version when one is due.
func (w *writing) done(ctx context.Context) error {
	if err := w.insert(ctx); err != nil {
		return err
	}
	if !w.cut || w.due {
		return nil
	}
	if _, err := w.tx.Exec(ctx, `UPDATE entry_tables SET due = TRUE WHERE resource = $1`, w.desk.resource); err != nil {
		return err
	}
	return jobs.Add(ctx, w.tx, cutArgs{w.desk.resource}, jobs.Unique(), jobs.Queue(cutQueue))
}

// next gives a change its number.
func (w *writing) next() int64 {
	w.changed = true
	w.seq++
	return w.seq
}

// put keeps one entry. The error is of the database; what is wrong with the entry
// is in the Outcome.
func (w *writing) put(ctx context.Context, a *arriving) (out Outcome, err error) {
	if a.MadeAt.IsZero() || a.MadeAt.After(w.tx.Now()) { // a clock that goes wrong
		a.MadeAt = w.tx.Now()
	}
	if !w.desk.mends() && !w.desk.form.Takes(w.tx.Now(), a.MadeAt) {
		return Outcome{Err: closed()}, nil
	}
	if w.met != nil && !w.met[a.ID] {
		w.met[a.ID] = true // a second one of the same list
		return w.create(ctx, a)
	}
	if err := w.insert(ctx); err != nil {
		return out, err
	}
	now, err := entry1(ctx, w.tx, w.desk.resource, a.ID)
	switch {
	case errs.Is(err, errs.NotFound):
		return w.create(ctx, a)
	case err != nil:
		return out, err
	}
	return w.change(ctx, a, now)
}

// manyEntries is from how many on one asks first which of them are there.
const manyEntries = 20

// meet notes which entries of a long list are there already.
func (w *writing) meet(ctx context.Context, list []arriving) error {
	if len(list) < manyEntries {
		return nil
	}
	w.met = make(map[string]bool, len(list))
	for len(list) > 0 {
		page := list[:min(len(list), 500)]
		list = list[len(page):]
		args := make([]any, 0, len(page)+1)
		args = append(args, w.desk.resource)
		for i := range page {
			args = append(args, page[i].ID)
		}
		rows, err := w.tx.Query(ctx, `SELECT id FROM entries WHERE resource = $1 AND id IN (`+sqldb.Marks(2, len(page))+`)`, args...)
		if err != nil {
			return err
		}
		there, err := sqldb.Collect(rows, func(r sqldb.Scanner) (id string, err error) { return id, r.Scan(&id) })
		if err != nil {
			return err
		}
		for _, id := range there {
			w.met[id] = true
		}
	}
	return nil
}

func (w *writing) create(ctx context.Context, a *arriving) (out Outcome, err error) {
	if a.err != nil {
		return Outcome{Err: a.err}, nil
	}
	if a.Revision != 0 {
		return Outcome{Err: errs.New(errs.NotFound, "collect.entry.none").WithHint("collect.entry.none.hint")}, nil
	}
	if w.place >= w.o.Limits.Table {
		return Outcome{Err: errs.New(errs.TooLarge, "collect.table-full", errs.Args{"Count": w.o.Limits.Table}).WithHint("collect.table-full.hint")}, nil
	}
	if err := w.findRoom(ctx); err != nil {
		return out, err
	}
	size := 1 + added(a.Files, nil)
	for name, v := range a.values {
		size += int64(len(name) + len(v))
	}
	if err := w.desk.fits(w.room.held, w.room.bytes+size, w.room.rows+1); err != nil {
		return Outcome{Err: err}, nil
	}
	e := Entry{
		ID: a.ID, Resource: w.desk.resource, Form: w.desk.form.ID, Revision: 1, MadeAt: a.MadeAt, Received: w.tx.Now(), Changed: w.tx.Now(),
		By: w.visitor.Actor.Ref(), Changer: w.visitor.Actor.Ref(), Revisits: a.Revisits, digest: a.digest,
	}
	if w.visitor.Actor.IsAnonymous() {
		if out.Secret = w.visitor.Secret; len(out.Secret) < 16 { // the device did not make one itself
			out.Secret = w.newKey()
		}
		e.secret = hashSecret(out.Secret)
	}
	w.fill(&e, a)
	w.place++
	e.place = w.place
	e.Seq = w.next()
	w.fresh = append(w.fresh, e.Resource, e.ID, e.Form, e.Revision, e.Shown, e.State, "", a.data, e.Draft, e.digest, e.Seq, e.place, a.lon, a.lat,
		e.Revisits, e.By, e.secret, e.MadeAt, e.Received, e.Changer, e.Changed)
	keyed := len(keysOf(w.desk.form.Definition)) > 0
	if keyed || len(e.Files) > 0 || len(w.fresh) >= insertedTogether*insertedColumns {
		if err := w.insert(ctx); err != nil {
			return out, err
		}
	}
	var taken []errs.Field
	if keyed {
		taken, err = w.newKeys(ctx, &e)
	}
	switch {
	case err != nil:
		return out, err
	case len(taken) > 0 && w.desk.grid():
		w.setAside(&e)
		if _, err = w.takeKeys(ctx, &e); err == nil { // gives back those that it took
			_, err = w.tx.Exec(ctx, `UPDATE entries SET state = $3, shown = $4, draft = $5 WHERE resource = $1 AND id = $2`, e.Resource, e.ID, e.State, e.Shown, e.Draft)
		}
	case len(taken) > 0:
		_, err = w.tx.Exec(ctx, `DELETE FROM entries WHERE resource = $1 AND id = $2`, e.Resource, e.ID)
		return Outcome{Err: invalid(taken)}, err
	}
	if err != nil {
		return out, err
	}
	if err := w.keepFiles(ctx, &e); err != nil {
		return out, err
	}
	w.room.bytes += size
	w.room.rows++
	out.Created, out.kept = true, &e
	out.Entry = w.seen(e)
	out.Entry.Mine = true
	return out, nil
}

const (
	insertedColumns  = 21
	insertedTogether = 10 // new entries in one statement: of many arguments, SQLite looks each name up in a list
)

// insert writes the new entries that wait.
func (w *writing) insert(ctx context.Context) error {
	if len(w.fresh) == 0 {
		return nil
	}
	_, err := w.tx.Exec(ctx, `INSERT INTO entries (resource, id, form, revision, shown, state, reason, data, draft, digest, seq, place, lon, lat,
		revisits, author, secret, made_at, received_at, changed_by, changed_at) VALUES `+sqldb.Tuples(len(w.fresh)/insertedColumns, insertedColumns), w.fresh...)
	w.fresh = w.fresh[:0]
	return err
}

// seen is the entry as the one who just wrote it sees it.
func (w *writing) seen(e Entry) Entry {
	seen, _ := e.seenBy(w.visitor, w.desk.may, All, w.desk.form.Definition)
	return seen
}

// setAside keeps an entry in which something is wrong out of the versions to come.
func (w *writing) setAside(e *Entry) {
	w.cut = w.cut || e.Shown > 0
	e.Draft, e.State, e.Shown = true, Incomplete, 0
}

// fill gives an entry what arrives, and the state that follows.
func (w *writing) fill(e *Entry, a *arriving) {
	had := map[string]bool{}
	for _, f := range e.Files {
		if f.Received {
			had[f.Hash] = true
		}
	}
	e.Values, e.Files, e.Draft = a.values, nil, len(a.problems) > 0
	for _, f := range a.Files {
		f.Received = had[f.Hash]
		e.Files = append(e.Files, f)
	}
	e.Reason = ""
	w.settle(e)
}

// settle is the state of an entry whose content is what it is now.
func (w *writing) settle(e *Entry) {
	switch {
	case e.Draft:
		w.setAside(e)
	case !e.complete():
		e.State = Incomplete
	case w.desk.may.publish:
		e.State, e.Shown = Accepted, e.Revision
		w.cut = true
	default:
		e.State = Waiting
	}
}

func dataOf(v form.Values, files []File) (string, error) {
	c := content{Values: v}
	for _, f := range files {
		c.Files = append(c.Files, fileJSON{f.Field, f.Name, f.Type, f.Size, f.Hash})
	}
	b, err := json.Marshal(c)
	return string(b), err
}

// change gives an entry that is there new content, unless it has it already.
func (w *writing) change(ctx context.Context, a *arriving, now Entry) (out Outcome, err error) {
	same, err := w.arrivedBefore(ctx, a, now)
	if err != nil {
		return out, err
	}
	theirs := w.theirs(&now)
	switch {
	case same && !theirs: // a device without account whose first answer was lost: it learns what it knows
		out.Entry = Entry{ID: now.ID, Resource: now.Resource, Form: now.Form, Revision: a.Revision + 1, State: now.State, MadeAt: now.MadeAt, Received: now.Received, Changed: now.Changed,
			Values: w.desk.form.Definition.Join(a.values), Revisits: a.Revisits}
		return out, nil
	case same:
		out.Entry, out.kept = w.seen(now), &now
		return out, nil
	case !theirs:
		return Outcome{Err: denied()}, nil
	}
	back := now.State == Removed && w.desk.grid() // a member takes back that it was removed
	if now.State == Removed && !back || a.Revision != now.Revision {
		e := w.seen(now)
		return Outcome{Entry: e, Err: errs.New(errs.Conflict, "collect.entry.changed").WithHint("collect.entry.changed.hint").Because(&Stale{e})}, nil
	}
	if a.err != nil {
		return Outcome{Err: a.err}, nil
	}
	if more := added(a.Files, now.Files); more > 0 {
		if err := w.findRoom(ctx); err != nil {
			return out, err
		}
		if err := w.desk.fits(w.room.held, w.room.bytes+more, 0); err != nil {
			return Outcome{Err: err}, nil
		}
		w.room.bytes += more
	}
	e := now
	if err := w.remember(ctx, now); err != nil {
		return out, err
	}
	if w.desk.grid() { // a line has neither files nor what it revisits: the entry keeps its own
		a.Files, a.Revisits = stillNamed(now.Files, a.values), now.Revisits
	}
	e.Revision++
	e.Changed, e.Changer, e.digest, e.Revisits = w.tx.Now(), w.visitor.Actor.Ref(), a.digest, a.Revisits
	w.fill(&e, a)
	taken, err := w.takeKeys(ctx, &e)
	switch {
	case err != nil:
		return out, err
	case len(taken) > 0 && w.desk.grid():
		w.setAside(&e)
		if _, err := w.takeKeys(ctx, &e); err != nil { // gives back those that it took
			return out, err
		}
	case len(taken) > 0:
		return Outcome{Err: invalid(taken)}, w.forget(ctx, now)
	}
	if err := w.update(ctx, &e); err != nil {
		return out, err
	}
	if err := w.keepFiles(ctx, &e); err != nil {
		return out, err
	}
	out.Entry, out.kept = w.seen(e), &e
	return out, nil
}

// stillNamed are the files that the values of an entry name.
func stillNamed(files []File, v form.Values) (out []File) {
	for _, f := range files {
		if strings.Contains(v[f.Field], f.Name) { // of a repeat, the column holds all its names
			out = append(out, f)
		}
	}
	return out
}

// arrivedBefore reports whether this very sending was taken already, even when
// others came after it.
func (w *writing) arrivedBefore(ctx context.Context, a *arriving, now Entry) (bool, error) {
	if a.digest == "" {
		return false, nil
	}
	if now.digest == a.digest && now.State != Removed && (a.Revision == now.Revision-1 || a.Revision == now.Revision) {
		return true, nil
	}
	if a.Revision >= now.Revision-1 {
		return false, nil
	}
	var n int
	err := w.tx.QueryRow(ctx, `SELECT count(*) FROM entry_history WHERE resource = $1 AND entry = $2 AND revision = $3 AND digest = $4`,
		w.desk.resource, a.ID, a.Revision+1, a.digest).Scan(&n)
	return n > 0, err
}

// remember puts the present revision into the history.
func (w *writing) remember(ctx context.Context, e Entry) error {
	data, err := dataOf(e.Values, e.Files)
	if err != nil {
		return err
	}
	_, err = w.tx.Exec(ctx, `INSERT INTO entry_history (resource, entry, revision, state, reason, data, digest, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		e.Resource, e.ID, e.Revision, e.State, e.Reason, data, e.digest, e.Changer, e.Changed)
	return err
}

// forget undoes remember, and gives the entry its keys again.
func (w *writing) forget(ctx context.Context, e Entry) error {
	if _, err := w.tx.Exec(ctx, `DELETE FROM entry_history WHERE resource = $1 AND entry = $2 AND revision = $3`, e.Resource, e.ID, e.Revision); err != nil {
		return err
	}
	_, err := w.takeKeys(ctx, &e)
	return err
}

// update writes an entry that has changed.
func (w *writing) update(ctx context.Context, e *Entry) error {
	e.Seq = w.next()
	data, err := dataOf(e.Values, e.Files)
	if err != nil {
		return err
	}
	lon, lat := position(w.desk.form.Definition, e.Values)
	_, err = w.tx.Exec(ctx, `UPDATE entries SET revision = $3, shown = $4, state = $5, reason = $6, data = $7, draft = $8, digest = $9, seq = $10, lon = $11, lat = $12, revisits = $13, changed_by = $14, changed_at = $15
		WHERE resource = $1 AND id = $2`,
		e.Resource, e.ID, e.Revision, e.Shown, e.State, e.Reason, data, e.Draft, e.digest, e.Seq, lon, lat, e.Revisits, e.Changer, e.Changed)
	return err
}

// keepFiles notes the files that an entry says it has.
func (w *writing) keepFiles(ctx context.Context, e *Entry) error {
	for _, f := range e.Files {
		_, err := w.tx.Exec(ctx, `INSERT INTO entry_files (resource, entry, blob, field, name, type, size, received) VALUES ($1, $2, $3, $4, $5, $6, $7, FALSE) ON CONFLICT (resource, entry, blob) DO NOTHING`,
			e.Resource, e.ID, f.Hash, f.Field, f.Name, f.Type, f.Size)
		if err != nil {
			return err
		}
	}
	return nil
}

// NewEntryID makes an identifier for an entry that no device made: of a page
// without scripts.
func (s *Service) NewEntryID() string {
	var b [16]byte
	if _, err := io.ReadFull(s.o.Rand, b[:]); err != nil {
		panic(err) // the machine has no randomness
	}
	return ids.UUID(b)
}
