package collect

import (
	"context"
	"encoding/json"
	"errors"
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
}

// longestWait bounds the wait for more entries: a large table that changes all the
// time is not cut all the time.
const longestWait = 30 * time.Second

// pause is how long to wait for more changes of a table.
func (s *Service) pause(id catalogue.ResourceID) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return min(max(s.o.Limits.Debounce, 3*s.lasted[id]), longestWait)
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
		case <-time.After(s.pause(id)):
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
	defer c.cleanUp()
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
	s.lasted[id] = time.Since(began)
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

// cutting is one version on its way.
type cutting struct {
	*Service
	id    catalogue.ResourceID
	table table
	file  string
	part  catalogue.VersionPart
	left  int // entries that no longer fit their schema
}

func (c *cutting) cleanUp() {
	if c.file != "" {
		_ = os.Remove(c.file)
	}
}

func (c *cutting) run(ctx context.Context) error {
	err := c.db.Read(ctx, func(tx *sqldb.Tx) (err error) {
		c.table, err = table1(ctx, tx, c.id)
		return err
	})
	if err != nil {
		return err
	}
	out, err := os.CreateTemp(c.o.Temp, "entries-*")
	if err != nil {
		return err
	}
	defer out.Close()
	c.file = out.Name()
	var pq *tabular.ParquetWriter
	typer := check.NewTyper(c.table.schema, func(seq int, fr *tabular.Frame) error { return pq.Put(seq, fr) })
	pq, err = tabular.NewParquetWriter(out, typer.Fields(), tabular.ParquetOptions{Context: ctx, Metadata: map[string]string{tabular.ParquetSchemaKey: string(c.columns())}})
	if err != nil {
		return err
	}
	if err := c.rows(ctx, typer); err != nil {
		pq.Abort(err)
		return err
	}
	if err := errors.Join(pq.Close(), out.Close()); err != nil {
		return err
	}
	ref, err := c.o.Blobs.PutFile(ctx, c.file)
	c.part = catalogue.VersionPart{Blob: string(ref.Hash), Bytes: ref.Size, Rows: pq.Rows(), Source: "entries"}
	return err
}

// columns describe the rows of the version.
func (c *cutting) columns() json.RawMessage {
	s := c.table.schema
	out := &schema.Schema{Name: s.Name, Title: s.Title, Description: s.Description, Version: s.Version, Homepage: s.Homepage, MissingValues: s.MissingValues, Fields: s.Fields, PrimaryKey: s.PrimaryKey}
	return out.JSON()
}

// cutRows is how many entries are read at once.
const cutRows = 2000

// rows gives the typer what is shown of each entry, in the order in which they came.
func (c *cutting) rows(ctx context.Context, typer *check.Typer) error {
	names := form.Columns(c.table.schema)
	attached := map[string]bool{}
	d := form.FromSchema(c.table.schema, form.Origin{})
	for it := range d.Fields() {
		if it.Attached() {
			attached[it.Name] = true
		}
	}
	for after := int64(0); ; {
		var page []shownRow
		err := c.db.Read(ctx, func(tx *sqldb.Tx) (err error) {
			rows, err := tx.Query(ctx, `SELECT e.id, e.place, CASE WHEN e.shown = e.revision THEN e.data ELSE h.data END
				FROM entries e LEFT JOIN entry_history h ON h.resource = e.resource AND h.entry = e.id AND h.revision = e.shown
				WHERE e.resource = $1 AND e.place > $2 AND e.shown > 0 ORDER BY e.place LIMIT $3`, c.id, after, cutRows)
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
	if r.Current == nil || len(r.Current.Parts) != 1 || r.Current.Parts[0].Blob != c.part.Blob {
		v, err := c.o.Catalogue.AddVersionTx(ctx, tx, cutter, catalogue.NewVersion{
			Resource: c.id, Expect: catalogue.AnyVersion, Parts: []catalogue.VersionPart{c.part}, Columns: c.columns(), Schema: c.table.ref,
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
