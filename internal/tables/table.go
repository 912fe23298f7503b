package tables

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/query"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/sqldb"
	"socle/internal/tabular"
)

// Table is a version opened for queries: its rows, what queries may name, and the
// schema that describes them.
type Table struct {
	Snapshot Snapshot
	Columns  []query.Column
	Schema   *schema.Schema
}

// Open opens a version of a Table. The caller has checked that the actor may see
// the dataset. Kinds: NotFound (the version is of a File).
func (s *Service) Open(ctx context.Context, v catalogue.Version) (t Table, err error) {
	defer errs.Wrap(&err, "tables.Open(%s)", v.ID)
	if len(v.Columns) == 0 {
		return t, errs.New(errs.NotFound, "tables.no-table").WithHint("tables.no-table.hint")
	}
	if t.Schema, err = schema.Parse(v.Columns); err != nil {
		return t, err
	}
	fields := fieldsOf(t.Schema)
	parts := make([]Part, len(v.Parts))
	for i, p := range v.Parts {
		parts[i] = Part{Key: p.Blob, Rows: p.Rows, File: s.localFile(blob.Hash(p.Blob))}
	}
	t.Snapshot = NewSnapshot(fields, parts)
	t.Columns = query.Columns(fields)
	for i := range t.Columns {
		t.Columns[i].Title = t.Schema.Fields[i].Title
	}
	return t, nil
}

func (s *Service) localFile(h blob.Hash) func(context.Context) (string, func(), error) {
	return func(ctx context.Context) (string, func(), error) {
		local, err := s.blobs.File(ctx, h)
		if err != nil {
			return "", nil, err
		}
		return local.Path, func() { _ = local.Close() }, nil
	}
}

// Original opens the bytes that a version was made from, as they were brought.
// Kinds: NotFound (rows were typed in).
func (s *Service) Original(ctx context.Context, v catalogue.Version) (r io.ReadCloser, err error) {
	defer errs.Wrap(&err, "tables.Original(%s)", v.ID)
	if v.Original.Blob == "" {
		return nil, errs.New(errs.NotFound, "tables.no-original").WithHint("tables.no-original.hint")
	}
	return s.blobs.Open(ctx, blob.Hash(v.Original.Blob))
}

// Report returns the report of the check that a version passed. Kinds: NotFound.
func (s *Service) Report(ctx context.Context, v catalogue.Version) (*check.Report, error) {
	f, err := s.Findings(ctx, Import{Report: blob.Hash(v.Report.Blob)})
	return f.Report, err
}

// NewVersion is the version that an import becomes. Kinds: Conflict (the import
// has no valid outcome yet, or no row).
func NewVersion(i Import, resource catalogue.ResourceID, expect int) (catalogue.NewVersion, error) {
	if i.NoRows() {
		return catalogue.NewVersion{}, errs.New(errs.Conflict, "tables.import.no-rows").WithHint("tables.import.no-rows.hint")
	}
	if !i.Ready() {
		return catalogue.NewVersion{}, errs.New(errs.Conflict, "tables.import.not-valid").WithHint("tables.import.not-valid.hint")
	}
	original := catalogue.Original{Blob: string(i.Original.Hash), Bytes: i.Original.Size, FileName: i.Name, MediaType: mediaType(i.Outcome.Info.Format)}
	if i.Settings.Protected() { // what was brought holds what must not be published
		original = catalogue.Original{Blob: string(i.Mended.Hash), Bytes: i.Mended.Size, FileName: strings.TrimSuffix(i.Name, path.Ext(i.Name)) + ".csv", MediaType: mediaType("csv")}
	}
	if o := i.Settings.Onto; o.Mode != Replace {
		if o.Resource != resource {
			return catalogue.NewVersion{}, errs.New(errs.Conflict, "onto.gone").WithHint("onto.gone.hint")
		}
		expect = o.Version // rows come to the version that they were compared with, or to none
	}
	return catalogue.NewVersion{
		Resource: resource,
		Expect:   expect,
		Parts:    append(slices.Clone(i.Outcome.Joined.Parts), catalogue.VersionPart{Blob: string(i.Parquet.Hash), Bytes: i.Parquet.Size, Rows: i.Outcome.Rows}),
		Original: original,
		Columns:  i.Outcome.Schema,
		Schema:   ParseSchemaRef(i.Outcome.SchemaID),
		Report:   catalogue.ReportSummary{Valid: true, Blob: string(i.Report)},
	}, nil
}

func mediaType(format string) string {
	if f, ok := tabular.FormatNamed(format); ok {
		return f.MediaType
	}
	return "application/octet-stream"
}

// ParseSchemaRef reads id@version; an address or a path is an id.
func ParseSchemaRef(ref string) catalogue.SchemaRef {
	for i := len(ref) - 1; i > 0; i-- {
		switch ref[i] {
		case '@':
			return catalogue.SchemaRef{ID: ref[:i], Version: ref[i+1:]}
		case '/':
			return catalogue.SchemaRef{ID: ref}
		}
	}
	return catalogue.SchemaRef{ID: ref}
}

// ReferencedBlobs gives every blob that uploads, imports and shared checks name.
func (s *Service) ReferencedBlobs(ctx context.Context, give func(h blob.Hash)) (err error) {
	defer errs.Wrap(&err, "tables.ReferencedBlobs")
	return s.db.Read(ctx, func(tx *sqldb.Tx) error {
		for _, q := range []string{
			`SELECT blob FROM uploads WHERE blob <> ''`, `SELECT blob FROM upload_chunks`, `SELECT original FROM imports`,
			`SELECT report FROM imports WHERE report <> ''`, `SELECT mended FROM imports WHERE mended <> ''`, `SELECT parquet FROM imports WHERE parquet <> ''`, `SELECT kept FROM imports WHERE kept <> ''`,
			`SELECT details FROM version_differences`, `SELECT file FROM shared_checks`, `SELECT report FROM shared_checks`,
		} {
			rows, err := tx.Query(ctx, q)
			if err != nil {
				return err
			}
			list, err := sqldb.Collect(rows, func(r sqldb.Scanner) (h blob.Hash, err error) { return h, r.Scan(&h) })
			if err != nil {
				return err
			}
			for _, h := range list {
				if _, err := hex.DecodeString(string(h)); err != nil {
					return fmt.Errorf("not a hash: %q", h)
				}
				give(h)
			}
		}
		return nil
	})
}
