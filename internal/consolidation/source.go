package consolidation

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/tables"
)

// Source is a table of a consolidation, as it was last read.
type Source struct {
	Schema       string
	Resource     catalogue.ResourceID
	Dataset      catalogue.DatasetID
	Organisation identity.OrganisationID
	Version      catalogue.VersionID
	VersionAt    time.Time // when that version was published
	Rows         int64     // in the dataset of the territory
	Right        int64     // that follow the schema: more than Rows when duplicates were left out
	Wrong        int64     // left out, and sent back
	LeftOut      string    // why the whole table is, "" when it is not
	ToldAt       time.Time // when its producer was last written to; zero when never

	recipe     string
	aligned    blob.Ref
	keys       blob.Hash
	partRecipe string
	part       blob.Ref
	report     blob.Hash
	file       blob.Hash
}

// Joined reports that the source gives rows.
func (s Source) Joined() bool { return s.Rows > 0 }

const sourceColumns = `schema_id, resource, dataset, organisation, version, version_at, recipe, aligned_blob, aligned_bytes, aligned_rows, keys_blob,
	part_recipe, part_blob, part_bytes, part_rows, wrong_rows, report_blob, rows_blob, left_out, told_at`

func scanSource(r sqldb.Scanner) (s Source, err error) {
	var told sqldb.NullTime
	err = r.Scan(&s.Schema, &s.Resource, &s.Dataset, &s.Organisation, &s.Version, &s.VersionAt, &s.recipe, &s.aligned.Hash, &s.aligned.Size, &s.Right, &s.keys,
		&s.partRecipe, &s.part.Hash, &s.part.Size, &s.Rows, &s.Wrong, &s.report, &s.file, &s.LeftOut, &told)
	s.ToldAt = told.Time
	return s, err
}

func sources(ctx context.Context, tx *sqldb.Tx, where string, args ...any) ([]Source, error) {
	rows, err := tx.Query(ctx, `SELECT `+sourceColumns+` FROM consolidation_sources WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, scanSource)
}

func (s Source) put(ctx context.Context, tx *sqldb.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO consolidation_sources (`+sourceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
		ON CONFLICT (schema_id, resource) DO UPDATE SET dataset = excluded.dataset, organisation = excluded.organisation, version = excluded.version, version_at = excluded.version_at,
		recipe = excluded.recipe, aligned_blob = excluded.aligned_blob, aligned_bytes = excluded.aligned_bytes, aligned_rows = excluded.aligned_rows, keys_blob = excluded.keys_blob,
		part_recipe = excluded.part_recipe, part_blob = excluded.part_blob, part_bytes = excluded.part_bytes, part_rows = excluded.part_rows, wrong_rows = excluded.wrong_rows,
		report_blob = excluded.report_blob, rows_blob = excluded.rows_blob, left_out = excluded.left_out, told_at = excluded.told_at`,
		s.Schema, s.Resource, s.Dataset, s.Organisation, s.Version, s.VersionAt, s.recipe, s.aligned.Hash, s.aligned.Size, s.Right, s.keys,
		s.partRecipe, s.part.Hash, s.part.Size, s.Rows, s.Wrong, s.report, s.file, s.LeftOut, sqldb.SomeTime(s.ToldAt))
	return err
}

// Sources lists the tables of a consolidation as it was last built: what is public,
// by organisation. How many rows are wrong is for those who contribute there, and
// for the host. Anyone. Kinds: NotFound.
func (s *Service) Sources(ctx context.Context, a identity.Actor, schemaID string) (list []Source, err error) {
	defer errs.Wrap(&err, "consolidation.Sources(%s)", schemaID)
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		if _, err := one(ctx, tx, `schema_id = $1`, schemaID); err != nil {
			return err
		}
		list, err = sources(ctx, tx, `schema_id = $1 ORDER BY organisation, resource`, schemaID)
		return err
	})
	for i := range list {
		if !a.Can(identity.ActionTerritory, "") && !a.Can(identity.ActionContribute, list[i].Organisation) {
			list[i].Wrong, list[i].ToldAt = 0, time.Time{}
		}
	}
	return list, err
}

// Returned lists the tables of which rows were left out, or which were left out
// whole, in the organisations where the actor contributes, the most rows first.
func (s *Service) Returned(ctx context.Context, a identity.Actor) (list []Source, err error) {
	defer errs.Wrap(&err, "consolidation.Returned")
	everywhere, orgs := a.Where(identity.ActionContribute)
	if !everywhere && len(orgs) == 0 {
		return nil, nil
	}
	where, args := `(wrong_rows > 0 OR left_out <> '')`, []any{}
	if !everywhere {
		where += ` AND organisation IN (` + sqldb.Marks(1, len(orgs)) + `)`
		args = sqldb.AnySlice(orgs)
	}
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		list, err = sources(ctx, tx, where+` ORDER BY wrong_rows DESC, schema_id, resource LIMIT 200`, args...)
		return err
	})
	return list, err
}

// Return is what goes back to the producer of one table. Contributors there, and the
// host. Kinds: NotFound (also what the actor may not see).
func (s *Service) Return(ctx context.Context, a identity.Actor, schemaID string, r catalogue.ResourceID) (out Source, err error) {
	defer errs.Wrap(&err, "consolidation.Return(%s, %s)", schemaID, r)
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		out, err = scanSource(tx.QueryRow(ctx, `SELECT `+sourceColumns+` FROM consolidation_sources WHERE schema_id = $1 AND resource = $2`, schemaID, r))
		return err
	})
	if errs.Is(err, errs.NotFound) || err == nil && !a.Can(identity.ActionContribute, out.Organisation) && !a.Can(identity.ActionTerritory, "") {
		return Source{}, errs.New(errs.NotFound, "consolidation.no-return").WithHint("consolidation.no-return.hint")
	}
	return out, err
}

// ReferencedBlobs gives every blob that a consolidation names, beside those of its
// versions.
func (s *Service) ReferencedBlobs(ctx context.Context, give func(blob.Hash)) (err error) {
	defer errs.Wrap(&err, "consolidation.ReferencedBlobs")
	return s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT duplicates_blob FROM consolidations WHERE duplicates_blob <> ''`)
		if err != nil {
			return err
		}
		list, err := sqldb.Collect(rows, func(r sqldb.Scanner) (h blob.Hash, err error) { return h, r.Scan(&h) })
		if err != nil {
			return err
		}
		all, err := sources(ctx, tx, `TRUE`)
		if err != nil {
			return err
		}
		for _, x := range all {
			list = append(list, x.aligned.Hash, x.keys, x.part.Hash, x.report, x.file)
		}
		for _, h := range list {
			if h != "" {
				give(h)
			}
		}
		return nil
	})
}

// Findings is what is wrong with the rows that were left out, and how they may be
// repaired. The caller has the source from Return. Kinds: NotFound (none is wrong).
func (s *Service) Findings(ctx context.Context, x Source) (f tables.Findings, err error) {
	defer errs.Wrap(&err, "consolidation.Findings(%s)", x.Resource)
	if x.report == "" {
		return f, errs.New(errs.NotFound, "consolidation.no-return").WithHint("consolidation.no-return.hint")
	}
	r, err := s.o.Blobs.Open(ctx, x.report)
	if err != nil {
		return f, err
	}
	defer r.Close()
	return f, json.NewDecoder(r).Decode(&f)
}

// File opens the whole table as the file that its report speaks of: CSV, the columns
// under the names of the schema. The caller has the source from Return. Kinds: NotFound.
func (s *Service) File(ctx context.Context, x Source) (r io.ReadCloser, err error) {
	defer errs.Wrap(&err, "consolidation.File(%s)", x.Resource)
	if x.file == "" {
		return nil, errs.New(errs.NotFound, "consolidation.no-return").WithHint("consolidation.no-return.hint")
	}
	return s.o.Blobs.Open(ctx, x.file)
}
