package tables

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"

	"socle/internal/blob"
	"socle/internal/detect"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/sqldb"
	"socle/internal/tabular"
)

// Handle gives the jobs of this package to the runner.
func (s *Service) Handle(r *jobs.Runner) {
	jobs.Handle(r, s.runImport, jobs.Timeout(s.limits.ImportTime), jobs.OnGiveUp(s.giveUpImport))
	jobs.Handle(r, s.expireUploads)
}

// runImport reads a file once: repairs, check and Parquet in a stream, then one
// transaction that records the outcome and ends the job.
func (s *Service) runImport(ctx context.Context, j *jobs.Job[importArgs]) (err error) {
	defer errs.Wrap(&err, "tables.runImport(%s, %d)", j.Args.Import, j.Args.Revision)
	i, err := s.FindImport(ctx, identity.System("import"), j.Args.Import)
	if errs.Is(err, errs.NotFound) || err == nil && (i.Revision != j.Args.Revision || i.State != Queued) {
		return s.db.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) }) // overtaken
	}
	if err != nil {
		return err
	}
	w := &reading{Service: s, i: i, job: j}
	err = w.run(ctx)
	defer w.cleanUp()
	if e := errs.As(err); err != nil {
		if e.Kind != errs.Invalid && e.Kind != errs.TooLarge {
			w.tellFullDisk(ctx, err)
			return err
		}
		w.i.State, w.i.Failure = Failed, FailureOf(err)
		w.i.Outcome, w.i.Report, w.i.Mended, w.i.Parquet = Outcome{}, "", blob.Ref{}, blob.Ref{}
		w.i.Kept = blob.Ref{}
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := w.record(ctx, tx); err != nil {
			return err
		}
		return j.Complete(ctx, tx)
	})
}

// tellFullDisk notes on a waiting import that the disk is full, for the page of who
// waits: the job is tried again. What a full disk keeps from being noted is logged.
func (w *reading) tellFullDisk(ctx context.Context, cause error) {
	key := errs.As(cause).Key
	if !errors.Is(cause, syscall.ENOSPC) && key != "blob.disk-full" && key != "sqldb.disk-full" {
		return
	}
	failure, err := json.Marshal(&Failure{Key: "tables.import.disk-full", Hint: "tables.import.disk-full.hint"})
	if err == nil {
		err = w.db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE imports SET failure = $1 WHERE id = $2 AND revision = $3 AND state = $4`, string(failure), w.i.ID, w.i.Revision, Queued)
			return err
		})
	}
	if err != nil {
		w.log.WarnContext(ctx, "a full disk could not be told to who waits", "import", w.i.ID, "cause", err)
	}
}

// giveUpImport records that an import will not be tried again.
func (s *Service) giveUpImport(ctx context.Context, j *jobs.Job[importArgs], cause error) error {
	w := &reading{Service: s, i: Import{ID: j.Args.Import, Revision: j.Args.Revision, State: Failed}}
	w.i.Failure = &Failure{Key: "tables.import.gave-up", Hint: "tables.import.gave-up.hint"}
	if !errs.Is(cause, errs.Internal) {
		w.i.Failure = FailureOf(cause)
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return w.record(ctx, tx) })
}

// reading is one run of an import.
type reading struct {
	*Service
	i     Import
	job   *jobs.Job[importArgs]
	files []string // temporary

	brought tabular.Info // of the original, once it was mended
	reorder bool         // the columns follow each other otherwise than in the table they come to
}

func (w *reading) cleanUp() {
	for _, f := range w.files {
		_ = os.Remove(f)
	}
}

func (w *reading) tempFile() (*os.File, error) {
	f, err := os.CreateTemp(w.temp, "import-*")
	if err == nil {
		w.files = append(w.files, f.Name())
	}
	return f, err
}

func (w *reading) run(ctx context.Context) error {
	original, o := w.i.Original.Hash, w.i.Settings.Reading(w.i.Name)
	sch, id, err := w.schemaOf(ctx, original, o)
	if err != nil {
		return err
	}
	if id != "" && w.i.Settings.CRS != NoCRS {
		var labels []string
		for _, f := range sch.Fields {
			labels = append(labels, f.Name)
		}
		o.Degrees = tabular.DegreesAmong(labels)
	}
	source := original
	w.i.Mended = blob.Ref{}
	repaired := 0
	if w.i.Settings.Onto.Mode != Replace {
		if w.reorder, err = w.otherOrder(ctx, original, o, sch); err != nil {
			return err
		}
	}
	if w.i.Settings.Mended() || w.reorder {
		if repaired, err = w.mendAll(ctx, sch, o); err != nil {
			return err
		}
		source, o = w.i.Mended.Hash, mendedReading(w.i.Name, w.brought)
		if w.i.Settings.Schema == "" && w.i.Settings.Onto.Mode == Replace {
			if sch, _, err = w.schemaOf(ctx, source, o); err != nil {
				return err
			}
		}
	}
	report, err := w.check(ctx, source, o, sch)
	if err != nil {
		return err
	}
	if w.i.Mended.Hash != "" { // what was brought is told, not what mending wrote
		w.i.Outcome.Info, report.File = w.brought, w.brought
	}
	w.i.Outcome.SchemaID, w.i.Outcome.Repaired = id, repaired
	if err := w.keepFindings(ctx, source, o, sch, report); err != nil {
		return err
	}
	return w.join(ctx)
}

// schemaOf finds the schema asked for, or infers one from all rows.
func (w *reading) schemaOf(ctx context.Context, source blob.Hash, o tabular.Options) (*schema.Schema, string, error) {
	if ref := w.i.Settings.Schema; ref != "" {
		sch, err := w.schemas(ctx, ref)
		if err != nil {
			return nil, "", err
		}
		return sch, ref, nil
	}
	if w.i.Settings.Onto.Mode != Replace { // the rows are of the types that the table has
		_, sch, err := w.base(ctx)
		return sch, "", err
	}
	f, closer, err := w.openTable(ctx, source, o)
	if err != nil {
		return nil, "", err
	}
	defer closer.Close()
	sch, err := check.Infer(ctx, f, check.InferOptions{Workers: w.workers, Types: w.i.Settings.Types})
	return sch, "", err
}

// mendAll makes the steps of repairs one after the other, the first on the
// original. It leaves the mended file in w.i.Mended.
func (w *reading) mendAll(ctx context.Context, sch *schema.Schema, o tabular.Options) (repaired int, err error) {
	steps := w.i.Settings.Steps
	if w.i.Settings.AllSafe {
		plan, err := w.plan(ctx, w.i.Original.Hash, o, sch)
		if err != nil {
			return 0, err
		}
		steps = append([][]check.Choice{plan.Safe()}, steps...)
	}
	if w.reorder {
		steps = append(slices.Clone(steps), []check.Choice{{ID: "column-order"}})
	}
	source := w.i.Original.Hash
	for _, step := range steps {
		n, err := w.mend(ctx, source, o, sch, step)
		if err != nil {
			return 0, err
		}
		repaired += n
		source, o = w.i.Mended.Hash, mendedReading(w.i.Name, w.brought)
	}
	return repaired, nil
}

// mend writes a file with the chosen repairs.
func (w *reading) mend(ctx context.Context, source blob.Hash, o tabular.Options, sch *schema.Schema, choices []check.Choice) (repaired int, err error) {
	f, closer, err := w.openTable(ctx, source, o)
	if err != nil {
		return 0, err
	}
	defer closer.Close()
	out, err := w.tempFile()
	if err != nil {
		return 0, err
	}
	fixed, err := check.Fix(ctx, f, sch, choices, out, check.FixOptions{Workers: w.workers})
	if source == w.i.Original.Hash {
		w.brought = f.Info
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return 0, err
	}
	w.i.Mended, err = w.blobs.PutFile(ctx, out.Name())
	return fixed.Count(), err
}

// plan finds the repairs to propose.
func (w *reading) plan(ctx context.Context, source blob.Hash, o tabular.Options, sch *schema.Schema) (*check.Plan, error) {
	closer := io.Closer(closers{})
	open := func() (*tabular.File, error) {
		f, c, err := w.openTable(ctx, source, o)
		if err == nil {
			closer = c
		}
		return f, err
	}
	plan, err := check.PlanRepairs(ctx, open, sch, check.PlanOptions{Workers: w.workers})
	return plan, errors.Join(err, closer.Close())
}

// check runs the checks over a file; the same pass writes the Parquet, which is
// kept when the file is valid.
func (w *reading) check(ctx context.Context, source blob.Hash, o tabular.Options, sch *schema.Schema) (*check.Report, error) {
	f, closer, err := w.openTableCounting(ctx, source, o)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	out, err := w.tempFile()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	fields := check.Fields(f, sch)
	columns := columnsOf(fields, sch)
	descriptor := columns.JSON()
	seen := detect.NewSampler(f.Header)
	opt := check.Options{Workers: w.workers, Clock: w.now, TempDir: w.temp, References: w.References(), Look: seen.Look}
	pq, err := tabular.NewParquetWriter(out, fields, tabular.ParquetOptions{Context: ctx, Metadata: map[string]string{tabular.ParquetSchemaKey: string(descriptor)}})
	dates := newCalendar(fields, columns)
	if err == nil {
		opt.Sink = func(seq int, fr *tabular.Frame) error {
			dates.take(fr)
			return pq.Put(seq, fr)
		}
	} else if !errs.Is(err, errs.Invalid) { // Invalid: columns of one name, which the report tells
		return nil, err
	}
	report, err := check.Run(ctx, f, sch, opt)
	if err != nil {
		return nil, err
	}
	w.i.State, w.i.Failure, w.i.Parquet = Checked, nil, blob.Ref{}
	w.i.Outcome = Outcome{Info: f.Info, Header: f.Header, Columns: seen.Columns(), Schema: descriptor, Rows: int64(report.Stats.Rows), Valid: report.Valid, Errors: report.Stats.Errors, Warnings: report.Stats.Warnings}
	if pq == nil || !report.Valid {
		return report, nil
	}
	if err := errors.Join(pq.Close(), out.Close()); err != nil {
		return nil, err
	}
	w.i.Outcome.Rows, w.i.Outcome.Spans = pq.Rows(), dates.spans()
	w.i.Parquet, err = w.blobs.PutFile(ctx, out.Name())
	return report, err
}

// keepFindings stores the report, with the repairs proposed.
func (w *reading) keepFindings(ctx context.Context, source blob.Hash, o tabular.Options, sch *schema.Schema, report *check.Report) error {
	found := Findings{Report: report}
	if report.Stats.Errors+report.Stats.Warnings > 0 {
		plan, err := w.plan(ctx, source, o, sch)
		if err != nil {
			return err
		}
		found.Plan = plan
	}
	b, err := json.Marshal(found)
	if err != nil {
		return err
	}
	ref, err := w.blobs.Put(ctx, bytes.NewReader(b))
	w.i.Report = ref.Hash
	return err
}

// record writes what the run found, unless the import has been revised since.
func (w *reading) record(ctx context.Context, tx *sqldb.Tx) error {
	outcome, err := json.Marshal(w.i.Outcome)
	if err != nil {
		return err
	}
	failure := []byte{}
	if w.i.Failure != nil {
		if failure, err = json.Marshal(w.i.Failure); err != nil {
			return err
		}
	}
	if w.i.Settings.Told {
		if err := jobs.Emit(ctx, tx, Read{w.i.ID}); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE imports SET state = $1, outcome = $2, failure = $3, report = $4, mended = $5, mended_size = $6, parquet = $7, parquet_size = $8, changed_at = $9,
		kept = $12, kept_size = $13 WHERE id = $10 AND revision = $11`,
		w.i.State, string(outcome), string(failure), w.i.Report, w.i.Mended.Hash, w.i.Mended.Size, w.i.Parquet.Hash, w.i.Parquet.Size, tx.Now(), w.i.ID, w.i.Revision, w.i.Kept.Hash, w.i.Kept.Size)
	return err
}

// mendedReading is how a file that check.Fix wrote is read; brought is what was
// mended: degrees that were added to it follow its coordinates.
func mendedReading(name string, brought tabular.Info) tabular.Options {
	one := 1
	o := tabular.Options{Name: name + ".csv", Format: "csv", Encoding: "utf-8", Delimiter: ",", HeaderRows: &one}
	if brought.Degrees != nil {
		o.CRS, o.Degrees, o.Recompute = brought.CRS, brought.Degrees, true
	}
	return o
}

// openTable opens a blob as a table. Close the closer when done.
func (s *Service) openTable(ctx context.Context, h blob.Hash, o tabular.Options) (*tabular.File, io.Closer, error) {
	return s.openTableWith(ctx, h, o, func(src tabular.Source) tabular.Source { return src })
}

func (w *reading) openTableCounting(ctx context.Context, h blob.Hash, o tabular.Options) (*tabular.File, io.Closer, error) {
	return w.openTableWith(ctx, h, o, func(src tabular.Source) tabular.Source {
		return &countingSource{Source: src, tell: func(done int64) {
			w.job.Progress(ctx, w.i.Subject(), min(done, src.Size()), src.Size(), "tables.import.reading")
		}}
	})
}

func (s *Service) openTableWith(ctx context.Context, h blob.Hash, o tabular.Options, wrap func(tabular.Source) tabular.Source) (*tabular.File, io.Closer, error) {
	local, err := s.blobs.File(ctx, h)
	if err != nil {
		return nil, nil, err
	}
	src, err := tabular.OpenFile(local.Path)
	if err != nil {
		return nil, nil, errors.Join(err, local.Close())
	}
	o.TempDir = s.temp
	all := closers{src, local}
	f, err := tabular.Open(ctx, wrap(src), o)
	if err != nil {
		_ = all.Close()
		return nil, nil, err
	}
	return f, append(closers{f}, all...), nil
}

type closers []io.Closer

func (c closers) Close() error {
	var err error
	for _, x := range c {
		err = errors.Join(err, x.Close())
	}
	return err
}

// countingSource tells how many bytes were read.
type countingSource struct {
	tabular.Source
	done atomic.Int64
	tell func(done int64)
}

func (c *countingSource) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Source.ReadAt(p, off)
	c.tell(c.done.Add(int64(n)))
	return n, err
}

// expireArgs forgets uploads that nobody took up again.
type expireArgs struct{}

func (expireArgs) Kind() string { return "tables.expire" }

// ExpireUploads is the job to run every hour.
func ExpireUploads() jobs.Args { return expireArgs{} }

func (s *Service) expireUploads(ctx context.Context, j *jobs.Job[expireArgs]) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM uploads WHERE changed_at < $1`, tx.Now().Add(-uploadLife)); err != nil {
			return err
		}
		if err := forgetSharedChecks(ctx, tx); err != nil {
			return err
		}
		return j.Complete(ctx, tx)
	})
}

// TempDir is a folder for the files that pass through, below the data folder.
func TempDir(data string) string { return filepath.Join(data, "tmp") }
