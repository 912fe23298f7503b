package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/schema/form"
	"socle/internal/sqldb"
	"socle/internal/tabular"
)

// cutQueue has workers of its own: cutting waits a moment for more entries, and must
// not wait itself behind long jobs.
const cutQueue = "entries"

const cutWorkers = 8

// cutArgs cuts a version of a table from its entries.
type cutArgs struct {
	Resource catalogue.ResourceID `json:"resource"`
}

func (cutArgs) Kind() string { return "collect.cut" }

// sweepArgs finds tables whose entries are in no version.
type sweepArgs struct{}

func (sweepArgs) Kind() string { return "collect.sweep" }

// Sweep is the job to run every few minutes: it cuts what a failed job left, and
// thins versions.
func Sweep() jobs.Args { return sweepArgs{} }

// Handle gives the jobs of this package to the runner.
func (s *Service) Handle(r *jobs.Runner) {
	jobs.Handle(r, s.cut, jobs.WorkQueue(cutQueue, cutWorkers), jobs.OnGiveUp(s.giveUpCut))
	jobs.Handle(r, s.sweep)
	jobs.Handle(r, s.tellWaiting)
}

// A large table that changes all the time is cut a quarter of the time at most: after a
// cut it rests as long as three of them, up to longestRest.
const (
	restsFor    = 3
	longestRest = 30 * time.Second
)

// lastCut is what is known of the last cut of a table, by this process.
type lastCut struct {
	took  time.Duration
	ended time.Time
}

// pause is how long to wait for more changes of a table: a moment, or until it has
// rested. A table that was at rest already waits the moment only, whatever its size.
func (s *Service) pause(id catalogue.ResourceID, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.lasted[id]
	return max(s.o.Limits.Debounce, min(restsFor*last.took, longestRest)-now.Sub(last.ended))
}

// cut makes a version of the entries that are accepted, in one transaction with the
// end of the job: after a crash the job runs again, and nothing is half done.
func (s *Service) cut(ctx context.Context, j *jobs.Job[cutArgs]) (err error) {
	defer errs.Wrap(&err, "collect.cut(%s)", j.Args.Resource)
	id := j.Args.Resource
	if j.Attempt == 1 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(s.pause(id, time.Now())):
		}
	}
	began := time.Now()
	// From here on a change asks for another cut.
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE entry_tables SET due = FALSE WHERE resource = $1`, id)
		return err
	})
	if err != nil {
		return err
	}
	c := &cutting{Service: s, id: id}
	err = c.run(ctx)
	if errs.Is(err, errs.NotFound) { // removed since
		return s.db.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
	}
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := c.record(ctx, tx); err != nil {
			return err
		}
		return j.Complete(ctx, tx)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	if len(s.lasted) > 10_000 {
		clear(s.lasted)
	}
	s.lasted[id] = lastCut{time.Since(began), time.Now()}
	s.mu.Unlock()
	s.hub.changed(id)
	return nil
}

func (s *Service) giveUpCut(ctx context.Context, j *jobs.Job[cutArgs], _ error) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE entry_tables SET due = FALSE WHERE resource = $1`, j.Args.Resource)
		return err
	})
}

// cutting is one version on its way. Its rows lie in parts: each holds the entries of as
// many places, in their order, and is written again only when one of them has changed.
type cutting struct {
	*Service
	id     catalogue.ResourceID
	table  table
	recipe string // of what a part holds beside the entries
	before map[int64]catalogue.VersionPart
	dirty  map[int64]bool // parts with changes since
	parts  []catalogue.VersionPart
	left   int // entries that no longer fit their schema
}

func (c *cutting) run(ctx context.Context) error {
	err := c.db.Read(ctx, func(tx *sqldb.Tx) (err error) {
		if c.table, err = table1(ctx, tx, c.id); err != nil {
			return err
		}
		return c.compare(ctx, tx)
	})
	if err != nil {
		return err
	}
	size := c.o.Limits.Part
	for n := int64(0); n*size < c.table.made; n++ {
		part, was := c.before[n]
		if c.dirty[n] {
			if part, err = c.write(ctx, n); err != nil {
				return err
			}
			was = part.Rows > 0
		}
		if was {
			c.parts = append(c.parts, part)
		}
	}
	if len(c.parts) > 0 {
		return nil
	}
	part, err := c.write(ctx, 0) // a version without rows
	c.parts = []catalogue.VersionPart{part}
	return err
}

// compare finds what the version before has already. Where that was not cut from entries
// in this way, all is written.
func (c *cutting) compare(ctx context.Context, tx *sqldb.Tx) error {
	c.recipe = digestText(fmt.Sprintf("1\n%d\n%s\n%s", c.o.Limits.Part, c.o.BaseURL, c.columns()))[:16]
	r, _, err := c.o.Catalogue.ResourceTx(ctx, tx, cutter, c.id)
	if err != nil {
		return err
	}
	since := int64(0)
	if before, ok := c.partsOf(r); ok {
		c.before, since = before, c.table.cutSeq
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT (place - 1) / $2 FROM entries WHERE resource = $1 AND seq > $3`, c.id, c.o.Limits.Part, since)
	if err != nil {
		return err
	}
	c.dirty = map[int64]bool{}
	_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (n int64, err error) {
		err = r.Scan(&n)
		c.dirty[n] = true
		return n, err
	})
	return err
}

// partsOf gives the parts of the latest version by their numbers; ok is false when it was
// not cut from entries in this way.
func (c *cutting) partsOf(r catalogue.Resource) (parts map[int64]catalogue.VersionPart, ok bool) {
	if r.Current == nil || len(r.Current.Parts) == 0 || r.Latest != c.table.cutVersion {
		return nil, false
	}
	parts = map[int64]catalogue.VersionPart{}
	for _, p := range r.Current.Parts {
		var n int64
		if _, err := fmt.Sscanf(p.Source, "entries/"+c.recipe+"/%d", &n); err != nil {
			return nil, false
		}
		if p.Rows > 0 {
			parts[n] = p
		}
	}
	return parts, true
}

// write makes the part n of what is shown of its entries.
func (c *cutting) write(ctx context.Context, n int64) (part catalogue.VersionPart, err error) {
	out, err := os.CreateTemp(c.o.Temp, "entries-*")
	if err != nil {
		return part, err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	var pq *tabular.ParquetWriter
	typer := check.NewTyper(c.table.schema, func(seq int, fr *tabular.Frame) error { return pq.Put(seq, fr) })
	pq, err = tabular.NewParquetWriter(out, typer.Fields(), tabular.ParquetOptions{Context: ctx, Metadata: map[string]string{tabular.ParquetSchemaKey: string(c.columns())}})
	if err != nil {
		return part, err
	}
	if err := c.rows(ctx, typer, n*c.o.Limits.Part, (n+1)*c.o.Limits.Part); err != nil {
		pq.Abort(err)
		return part, err
	}
	if err := errors.Join(pq.Close(), out.Close()); err != nil {
		return part, err
	}
	ref, err := c.o.Blobs.PutFile(ctx, out.Name())
	return catalogue.VersionPart{Blob: string(ref.Hash), Bytes: ref.Size, Rows: pq.Rows(), Source: fmt.Sprintf("entries/%s/%d", c.recipe, n)}, err
}

// columns describe the rows of the version.
func (c *cutting) columns() json.RawMessage {
	s := c.table.schema
	out := &schema.Schema{Name: s.Name, Title: s.Title, Description: s.Description, Version: s.Version, Homepage: s.Homepage, MissingValues: s.MissingValues, Fields: s.Fields, PrimaryKey: s.PrimaryKey}
	return out.JSON()
}

// cutRows is how many entries are read at once.
const cutRows = 2000

// rows gives the typer what is shown of the entries after a place and up to another, in
// the order in which they came.
func (c *cutting) rows(ctx context.Context, typer *check.Typer, after, last int64) error {
	names := form.Columns(c.table.schema)
	attached := map[string]bool{}
	d := form.FromSchema(c.table.schema, form.Origin{})
	for it := range d.Fields() {
		if it.Attached() {
			attached[it.Name] = true
		}
	}
	for {
		var page []shownRow
		err := c.db.Read(ctx, func(tx *sqldb.Tx) (err error) {
			rows, err := tx.Query(ctx, `SELECT e.id, e.place, CASE WHEN e.shown = e.revision THEN e.data ELSE h.data END
				FROM entries e LEFT JOIN entry_history h ON h.resource = e.resource AND h.entry = e.id AND h.revision = e.shown
				WHERE e.resource = $1 AND e.place > $2 AND e.place <= $3 AND e.shown > 0 ORDER BY e.place LIMIT $4`, c.id, after, last, cutRows)
			if err != nil {
				return err
			}
			page, err = sqldb.Collect(rows, scanShown)
			return err
		})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		after = page[len(page)-1].place
		batch := make([][]string, len(page))
		for i := range page {
			batch[i] = c.cells(&page[i], names, attached)
		}
		left, err := typer.Put(batch)
		if err != nil {
			return err
		}
		c.left += left
		if len(page) < cutRows {
			return nil
		}
	}
}

type shownRow struct {
	id    string
	place int64
	content
}

func scanShown(r sqldb.Scanner) (x shownRow, err error) {
	var data string
	if err = r.Scan(&x.id, &x.place, &data); err != nil {
		return x, err
	}
	return x, json.Unmarshal([]byte(data), &x.content)
}

// cells are those of a row of the version: a photo is the address of its bytes, in the
// rows of a repeat too.
func (c *cutting) cells(x *shownRow, names []string, attached map[string]bool) []string {
	cells := make([]string, len(names))
	for i, name := range names {
		cells[i] = x.Values[name]
		switch {
		case cells[i] == "" || c.o.BaseURL == "" || len(x.Files) == 0:
		case attached[name]:
			cells[i] = c.address(x, cells[i])
		case slices.ContainsFunc(x.Files, func(f fileJSON) bool { return f.Field == name }):
			cells[i] = c.inRows(x, cells[i])
		}
	}
	return cells
}

// address is where the bytes of a file of the row are; a text that names none stays.
func (c *cutting) address(x *shownRow, name string) string {
	at := slices.IndexFunc(x.Files, func(f fileJSON) bool { return f.Name == name })
	if at < 0 {
		return name
	}
	return c.o.BaseURL + FilePath(c.id, x.id, x.Files[at].Hash)
}

// inRows puts addresses into the rows of a repeat, and of those in it. The schema of the
// table does not say what is asked there: each answer that names a file is that file.
func (c *cutting) inRows(x *shownRow, text string) string {
	var rows []form.Values
	if !strings.HasPrefix(text, "[") || json.Unmarshal([]byte(text), &rows) != nil {
		return c.address(x, text)
	}
	for _, row := range rows {
		for name, answer := range row {
			row[name] = c.inRows(x, answer)
		}
	}
	b, err := json.Marshal(rows)
	if err != nil {
		return text
	}
	return string(b)
}

// FilePath is where the bytes of a file of a shown entry are.
func FilePath(id catalogue.ResourceID, entry, hash string) string {
	return "/api/v1/resources/" + url.PathEscape(string(id)) + "/entries/" + url.PathEscape(entry) + "/files/" + url.PathEscape(hash)
}

// record writes the version, unless the rows are those of the one before.
func (c *cutting) record(ctx context.Context, tx *sqldb.Tx) error {
	r, _, err := c.o.Catalogue.ResourceTx(ctx, tx, cutter, c.id)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	number := r.Latest
	if r.Current == nil || !slices.Equal(r.Current.Parts, c.parts) {
		v, err := c.o.Catalogue.AddVersionTx(ctx, tx, cutter, catalogue.NewVersion{
			Resource: c.id, Expect: catalogue.AnyVersion, Parts: c.parts, Columns: c.columns(), Schema: c.table.ref,
			Report: catalogue.ReportSummary{Valid: true}, Taken: true,
		})
		if err != nil {
			return err
		}
		number = v.Number
	}
	if c.left > 0 {
		c.o.Log.WarnContext(ctx, "entries are left out of a version: they no longer fit their schema", "resource", string(c.id), "entries", c.left)
	}
	_, err = tx.Exec(ctx, `UPDATE entry_tables SET cut_seq = $2, cut_version = $3 WHERE resource = $1 AND cut_seq <= $2`, c.id, c.table.seq, number)
	return err
}

// sweep asks again for the versions of tables whose job failed for good, and thins
// the versions that were cut from entries.
func (s *Service) sweep(ctx context.Context, j *jobs.Job[sweepArgs]) (err error) {
	defer errs.Wrap(&err, "collect.sweep")
	var list []catalogue.ResourceID
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT resource FROM entry_tables ORDER BY resource`)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, func(r sqldb.Scanner) (id catalogue.ResourceID, err error) {
			err = r.Scan(&id)
			return id, err
		})
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range list {
		if err := s.sweepTable(ctx, id); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
}

func (s *Service) sweepTable(ctx context.Context, id catalogue.ResourceID) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE entry_tables SET due = TRUE WHERE resource = $1 AND NOT due AND EXISTS (
			SELECT 1 FROM entries e WHERE e.resource = $1 AND e.seq > entry_tables.cut_seq AND (e.state = 'accepted' OR e.state = 'removed'))`, id)
		if err != nil {
			return err
		}
		if n > 0 {
			if err := jobs.Add(ctx, tx, cutArgs{id}, jobs.Unique(), jobs.Queue(cutQueue)); err != nil {
				return err
			}
		}
		_, err = s.o.Catalogue.ThinTx(ctx, tx, cutter, id, s.o.Keep.At(tx.Now()))
		return err
	})
}
