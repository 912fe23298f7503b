package tables

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"socle/internal/blob"
	"socle/internal/detect"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/jobs"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/sqldb"
	"socle/internal/tabular"
)

// ImportID identifies an import.
type ImportID string

// ImportState says how far an import is.
type ImportState string

const (
	Queued  ImportState = "queued"  // its job will run, or runs
	Checked ImportState = "checked" // there is an outcome, valid or not
	Failed  ImportState = "failed"  // the file could not be read as a table
)

// Settings say how a file is read, against what, and what is mended in it.
type Settings struct {
	Format     string // as in tabular.Options; "" detects
	Encoding   string
	Delimiter  string
	Sheet      string
	HeaderRows *int
	CRS        string                 // system of the coordinates, as EPSG:2154; "" detects it, NoCRS adds no columns of degrees
	Types      map[string]schema.Type // of columns of a free table, given by hand, by label
	Schema     string                 // reference of a schema; "" is a free table
	AllSafe    bool                   // first of all, every repair that loses nothing, as the plan finds them
	Steps      [][]check.Choice       // repairs chosen and cells edited by hand, each step on what the one before wrote
	Onto       Onto                   `json:",omitzero"`  // the table that the rows come to, and how
	Told       bool                   `json:",omitempty"` // Read is emitted when the file has been read
}

// NoCRS says of projected coordinates that they stay as they are.
const NoCRS = "none"

// ReadAs are the settings of a file that is read as the options say.
func ReadAs(o tabular.Options) Settings {
	return Settings{Format: o.Format, Encoding: o.Encoding, Delimiter: o.Delimiter, Sheet: o.Sheet, HeaderRows: o.HeaderRows, CRS: o.CRS}
}

// Reading returns the part of the settings that concerns the reader: a table
// without schema gets columns of degrees when its coordinates are projected.
func (s Settings) Reading(name string) tabular.Options {
	o := tabular.Options{Name: name, Format: s.Format, Encoding: s.Encoding, Delimiter: s.Delimiter, Sheet: s.Sheet, HeaderRows: s.HeaderRows}
	if s.CRS != NoCRS {
		if o.CRS = s.CRS; s.Schema == "" {
			o.Degrees = tabular.AddedDegrees()
		}
	}
	return o
}

// Mended reports whether something is to be changed in the file.
func (s Settings) Mended() bool { return s.AllSafe || len(s.Steps) > 0 }

// Protected reports whether something is kept from being published.
func (s Settings) Protected() bool {
	return slices.ContainsFunc(s.Steps, func(step []check.Choice) bool { return slices.ContainsFunc(step, check.Choice.Protects) })
}

// With returns the settings with one more step of repairs. An edit joins the
// edits just before it, since edits move no row.
func (s Settings) With(choices ...check.Choice) Settings {
	steps := append([][]check.Choice(nil), s.Steps...)
	if n := len(steps); n > 0 && onlyEdits(steps[n-1]) && onlyEdits(choices) {
		steps[n-1] = append(append([]check.Choice(nil), steps[n-1]...), choices...)
	} else if len(choices) > 0 {
		steps = append(steps, choices)
	}
	s.Steps = steps
	return s
}

// Undone returns the settings without the last act: the last edit, or the last
// step of repairs.
func (s Settings) Undone() Settings {
	n := len(s.Steps)
	if n == 0 {
		s.AllSafe = false
		return s
	}
	steps := append([][]check.Choice(nil), s.Steps[:n-1]...)
	if last := s.Steps[n-1]; onlyEdits(last) && len(last) > 1 {
		steps = append(steps, last[:len(last)-1])
	}
	s.Steps = steps
	return s
}

// Edited are the cells written by hand last, the latest value of each; their rows are
// those of the file as it is now. None when something else was mended after.
func (s Settings) Edited() (list []check.Choice) {
	n := len(s.Steps)
	if n == 0 || !onlyEdits(s.Steps[n-1]) {
		return nil
	}
	for _, c := range s.Steps[n-1] {
		list = slices.DeleteFunc(list, func(old check.Choice) bool { return old.Row == c.Row && old.Field == c.Field })
		list = append(list, c)
	}
	return list
}

func onlyEdits(choices []check.Choice) bool {
	for _, c := range choices {
		if c.ID != check.Edit {
			return false
		}
	}
	return true
}

// Outcome is what an import found.
type Outcome struct {
	Info     tabular.Info
	Header   []string
	Schema   json.RawMessage // descriptor of the columns, in the file's order
	SchemaID string          // of the reference, as id@version; "" for a free table
	Rows     int64
	Valid    bool
	Errors   int
	Warnings int
	Repaired int // cells, headers and rows that the choices changed
	// Columns says what each column is, by cells of the whole file; none is quoted.
	Columns []detect.Column
	Spans   []Span `json:",omitempty"` // of the columns of dates; none unless Valid
	Joined  Joined `json:",omitzero"`  // what stays of the table that the rows come to
}

// Personal tells what of the columns seems to be about persons.
func (o Outcome) Personal() []detect.Finding { return detect.Findings(o.Columns) }

// Failure says why a file could not be read, in message keys.
type Failure struct {
	Key  string
	Args map[string]any
	Hint string
}

// FailureOf is what is kept of an error.
func FailureOf(err error) *Failure {
	e := errs.As(err)
	return &Failure{Key: e.Key, Args: e.Args, Hint: e.Hint}
}

// InWords is the failure as a sentence, and what to do.
func (f *Failure) InWords(l i18n.Lang) string {
	text := i18n.T(l, f.Key, f.Args)
	if f.Hint != "" {
		text += " " + i18n.T(l, f.Hint, f.Args)
	}
	return text
}

// Import is one reading of a file: its settings and, once its job has run, its
// outcome. Changing the settings makes the next revision, from the original again.
type Import struct {
	ID           ImportID
	Organisation identity.OrganisationID
	By           string // identity.Actor.Ref
	Name         string // of the file
	Original     blob.Ref
	Settings     Settings
	Revision     int
	State        ImportState
	Outcome      Outcome  // zero unless Checked
	Failure      *Failure // why it Failed, or what a Queued one waits for; nil otherwise
	Report       blob.Hash
	Mended       blob.Ref // the mended file; zero when nothing was chosen
	Parquet      blob.Ref // zero unless the outcome is valid
	Kept         blob.Ref // rows of the version before that stay, when some are replaced; zero otherwise
	CreatedAt    time.Time
	ChangedAt    time.Time
}

// Read tells that the file of an import whose Settings ask for it was read.
type Read struct{ Import ImportID }

// Event names the event.
func (Read) Event() string { return "tables.read" }

// Ready reports whether a version can be cut from the import.
func (i Import) Ready() bool {
	return i.State == Checked && i.Outcome.Valid && i.Parquet.Hash != "" && !i.NoRows()
}

// NoRows reports whether the file was read and has a header alone: nobody means to
// publish that.
func (i Import) NoRows() bool { return i.State == Checked && i.Outcome.Rows == 0 }

// Subject names the import's progress (jobs.ReadProgress).
func (i Import) Subject() string { return "import:" + string(i.ID) }

// Findings is what the check of an import said: the report and, when cells are
// wrong, the repairs that are proposed.
type Findings struct {
	Report *check.Report
	Plan   *check.Plan
}

// importArgs runs a revision of an import.
type importArgs struct {
	Import   ImportID `json:"import"`
	Revision int      `json:"revision"`
}

func (importArgs) Kind() string { return "tables.import" }

// StartImport reads an upload that is done; the outcome comes by a job. Asked
// again, it returns the import that the upload became.
// Contributors. Kinds: Denied, NotFound, Conflict (the upload is not done).
func (s *Service) StartImport(ctx context.Context, a identity.Actor, upload UploadID, set Settings) (i Import, err error) {
	defer errs.Wrap(&err, "tables.StartImport(%s)", upload)
	u, err := s.FindUpload(ctx, a, upload)
	if errs.Is(err, errs.NotFound) { // it may have become an import whose answer was lost
		if i, found := s.importOf(ctx, a, upload); found == nil {
			return i, nil
		}
	}
	if err != nil {
		return Import{}, err
	}
	if !u.Done() {
		return Import{}, errs.New(errs.Conflict, "tables.upload.unfinished").WithHint("tables.upload.cut.hint")
	}
	i = Import{ID: ImportID(ids.New()), Organisation: u.Organisation, By: a.Ref(), Name: u.Name, Original: blob.Ref{Hash: u.Blob, Size: u.Size}, Settings: set, Revision: 1, State: Queued}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		i.CreatedAt, i.ChangedAt = tx.Now(), tx.Now()
		settings, err := json.Marshal(set)
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, `INSERT INTO imports (id, upload, organisation, person, name, original, original_size, settings, revision, state, created_at, changed_at)
			VALUES ($1, $10, $2, $3, $4, $5, $6, $7, 1, $8, $9, $9)`, i.ID, i.Organisation, i.By, i.Name, i.Original.Hash, i.Original.Size, string(settings), Queued, tx.Now(), u.ID); err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, `DELETE FROM uploads WHERE id = $1`, u.ID); err != nil {
			return err
		}
		return jobs.Add(ctx, tx, importArgs{i.ID, 1})
	})
	return i, err
}

// importOf returns the import that an upload became. Kinds: NotFound.
func (s *Service) importOf(ctx context.Context, a identity.Actor, upload UploadID) (i Import, err error) {
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		var id ImportID
		if err := tx.QueryRow(ctx, `SELECT id FROM imports WHERE upload = $1`, upload).Scan(&id); err != nil {
			return err
		}
		i, err = s.FindImportTx(ctx, tx, a, id)
		return err
	})
	return i, err
}

// Revise changes the settings of an import, whose revision the caller has seen,
// and reads the file again. Contributors. Kinds: NotFound, Conflict (somebody else changed it).
func (s *Service) Revise(ctx context.Context, a identity.Actor, id ImportID, revision int, set Settings) (i Import, err error) {
	defer errs.Wrap(&err, "tables.Revise(%s, %d)", id, revision)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if i, err = s.FindImportTx(ctx, tx, a, id); err != nil {
			return err
		}
		if i.Revision != revision {
			return errs.New(errs.Conflict, "tables.import.changed").WithHint("tables.import.changed.hint")
		}
		settings, err := json.Marshal(set)
		if err != nil {
			return err
		}
		i.Settings, i.State, i.ChangedAt = set, Queued, tx.Now()
		i.Revision++
		if _, err = tx.Exec(ctx, `UPDATE imports SET settings = $1, revision = $2, state = $3, changed_at = $4 WHERE id = $5`, string(settings), i.Revision, Queued, tx.Now(), id); err != nil {
			return err
		}
		return jobs.Add(ctx, tx, importArgs{id, i.Revision})
	})
	return i, err
}

// FindImport returns an import of the actor's organisation. Kinds: NotFound.
func (s *Service) FindImport(ctx context.Context, a identity.Actor, id ImportID) (i Import, err error) {
	defer errs.Wrap(&err, "tables.FindImport(%s)", id)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		i, err = s.FindImportTx(ctx, tx, a, id)
		return err
	})
	return i, err
}

// FindImportTx is FindImport inside a transaction.
func (s *Service) FindImportTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id ImportID) (Import, error) {
	i := Import{ID: id}
	var settings, outcome, failure string
	err := tx.QueryRow(ctx, `SELECT organisation, person, name, original, original_size, settings, revision, state, outcome, failure,
		report, mended, mended_size, parquet, parquet_size, kept, kept_size, created_at, changed_at FROM imports WHERE id = $1`, id).
		Scan(&i.Organisation, &i.By, &i.Name, &i.Original.Hash, &i.Original.Size, &settings, &i.Revision, &i.State, &outcome, &failure,
			&i.Report, &i.Mended.Hash, &i.Mended.Size, &i.Parquet.Hash, &i.Parquet.Size, &i.Kept.Hash, &i.Kept.Size, &i.CreatedAt, &i.ChangedAt)
	if errs.Is(err, errs.NotFound) || err == nil && !a.Can(identity.ActionContribute, i.Organisation) {
		return i, errs.New(errs.NotFound, "tables.import.none").WithHint("tables.import.none.hint")
	}
	if err != nil {
		return i, err
	}
	for _, part := range []struct {
		text string
		into any
	}{{settings, &i.Settings}, {outcome, &i.Outcome}, {failure, &i.Failure}} {
		if part.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(part.text), part.into); err != nil {
			return i, err
		}
	}
	return i, nil
}

// Findings returns what the check of an import said. Kinds: NotFound (no
// outcome yet).
func (s *Service) Findings(ctx context.Context, i Import) (f Findings, err error) {
	defer errs.Wrap(&err, "tables.Findings(%s)", i.ID)
	if i.Report == "" {
		return f, errs.New(errs.NotFound, "tables.import.no-outcome").WithHint("tables.import.no-outcome.hint")
	}
	r, err := s.blobs.Open(ctx, i.Report)
	if err != nil {
		return f, err
	}
	defer r.Close()
	return f, json.NewDecoder(r).Decode(&f)
}

// OpenSource opens the bytes that the outcome speaks of: the mended file, else
// the original, with the options to read it by.
func (s *Service) OpenSource(ctx context.Context, i Import) (*tabular.File, io.Closer, error) {
	ref, o := i.Original, i.Settings.Reading(i.Name)
	if info := i.Outcome.Info; i.Mended.Hash != "" {
		ref, o = i.Mended, mendedReading(i.Name, info)
	} else {
		o.Degrees = info.Degrees
	}
	return s.openTable(ctx, ref.Hash, o)
}

// Forget removes an import; its blobs are collected later.
func (s *Service) Forget(ctx context.Context, tx *sqldb.Tx, id ImportID) error {
	_, err := tx.Exec(ctx, `DELETE FROM imports WHERE id = $1`, id)
	return err
}

// Progress returns how many bytes of a queued import were read, of how many.
func (s *Service) Progress(ctx context.Context, i Import) (done, total int64, ok bool) {
	if i.State != Queued {
		return 0, 0, false
	}
	err := s.db.Read(ctx, func(tx *sqldb.Tx) error {
		p, err := jobs.ReadProgress(ctx, tx, i.Subject())
		done, total = p.Done, p.Total
		return err
	})
	return done, total, err == nil && total > 0
}
