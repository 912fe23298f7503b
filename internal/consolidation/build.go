package consolidation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/sqldb"
	"socle/internal/tabular"
)

// builder is who makes the datasets of consolidations.
var builder = identity.System(MakerName)

// MakerName names who makes the versions of consolidated tables.
const MakerName = "consolidation"

// Maker makes the versions of consolidated tables: neither files nor entries have a
// place there.
func Maker() catalogue.Maker {
	return catalogue.Maker{Name: MakerName, Key: "consolidation.made", Among: made}
}

// made gives those of some tables that are consolidated.
func made(ctx context.Context, tx *sqldb.Tx, tables []catalogue.ResourceID) ([]catalogue.ResourceID, error) {
	rows, err := tx.Query(ctx, `SELECT resource FROM consolidations WHERE resource IN (`+sqldb.Marks(1, len(tables))+`)`, sqldb.AnySlice(tables)...)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, func(r sqldb.Scanner) (id catalogue.ResourceID, err error) { return id, r.Scan(&id) })
}

// Outcome says what a build did.
type Outcome struct {
	Sources int   // tables that give rows
	Aligned int   // read again
	Rows    int64 // of the dataset
	Version int   // number of the new version; 0 when nothing changed
}

// build is one run.
type build struct {
	*Service
	c    Consolidation
	t    target
	list []Source // in the order of the parts
	was  map[catalogue.ResourceID]Source
	gone []Source // that gave rows and are no longer public
	out  Outcome

	themes     []catalogue.ThemeID
	keys       []keyed
	resolution resolution
	duplicates []Duplicate
	blob       blob.Hash // of duplicates
	recipe     string
}

// Build makes the dataset of a schema anew where something changed. done, when it is
// not nil, is called in the transaction that records it. The system only. Kinds:
// NotFound (there is no such consolidation), Conflict (another build was first).
func (s *Service) Build(ctx context.Context, a identity.Actor, schemaID string, done func(ctx context.Context, tx *sqldb.Tx) error) (out Outcome, err error) {
	defer errs.Wrap(&err, "consolidation.Build(%s)", schemaID)
	if err := a.RequireSystem(); err != nil {
		return out, err
	}
	b := &build{Service: s}
	if b.c, err = s.Find(ctx, a, schemaID); err != nil {
		return out, err
	}
	sch, err := s.schemaOf(ctx, b.c)
	if err != nil {
		return out, err
	}
	b.t = newTarget(sch, b.c.Form)
	if err := b.gather(ctx); err != nil {
		return out, err
	}
	if err := b.solve(ctx); err != nil {
		return out, err
	}
	found := b.c
	err = s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		b.c = found // it may run again
		if err := b.record(ctx, tx); err != nil {
			return err
		}
		if done == nil {
			return nil
		}
		return done(ctx, tx)
	})
	return b.out, err
}

// Rebuild reads all tables of all consolidations again. tell, when it is not nil, is
// told of each dataset that was made. The system only.
func (s *Service) Rebuild(ctx context.Context, a identity.Actor, tell func(Consolidation, Outcome)) (err error) {
	defer errs.Wrap(&err, "consolidation.Rebuild")
	list, err := s.List(ctx, a)
	if err != nil {
		return err
	}
	for _, c := range list {
		err := s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE consolidation_sources SET recipe = '', part_recipe = '' WHERE schema_id = $1`, c.Schema)
			return err
		})
		if err != nil {
			return err
		}
		out, err := s.Build(ctx, a, c.Schema, nil)
		if err != nil {
			return err
		}
		if tell != nil {
			tell(c, out)
		}
	}
	return nil
}

// gather finds the tables of the schema and aligns those that changed.
func (b *build) gather(ctx context.Context) error {
	tables, err := b.o.Catalogue.Bearing(ctx, identity.Anonymous(), b.c.Schema)
	if err != nil {
		return err
	}
	tables = slices.DeleteFunc(tables, func(x catalogue.Bearing) bool { return x.Dataset.ID == b.c.Dataset || x.Resource.Current == nil })
	if err := b.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		old, err := sources(ctx, tx, `schema_id = $1`, b.c.Schema)
		b.was = make(map[catalogue.ResourceID]Source, len(old))
		for _, x := range old {
			b.was[x.Resource] = x
		}
		return err
	}); err != nil {
		return err
	}
	var ids []identity.OrganisationID
	for _, x := range tables {
		if !slices.Contains(ids, x.Dataset.Organisation) {
			ids = append(ids, x.Dataset.Organisation)
		}
	}
	orgs, err := b.organisations(ctx, ids)
	if err != nil {
		return err
	}
	slices.SortStableFunc(tables, func(x, y catalogue.Bearing) int {
		return strings.Compare(identity.Fold(orgs[x.Dataset.Organisation].Name), identity.Fold(orgs[y.Dataset.Organisation].Name))
	})
	b.list = make([]Source, len(tables))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(b.o.Workers)
	for i, x := range tables {
		if len(b.themes) == 0 {
			b.themes = x.Dataset.Themes
		}
		in := &brought{x.Dataset, x.Resource, orgs[x.Dataset.Organisation], *x.Resource.Current}
		address := b.o.BaseURL + "/datasets/" + x.Dataset.Slug
		recipe := in.recipe(&b.t, address)
		if old, ok := b.was[x.Resource.ID]; ok && old.recipe == recipe {
			b.list[i] = old
			continue
		}
		b.out.Aligned++
		g.Go(func() error {
			got, err := b.align(gctx, &b.t, in, address)
			b.list[i] = Source{
				Schema: b.c.Schema, Resource: in.resource.ID, Dataset: in.dataset.ID, Organisation: in.organisation.ID, Version: in.version.ID, VersionAt: in.version.CreatedAt,
				Right: got.rows, Wrong: got.wrong, LeftOut: got.leftOut, ToldAt: b.was[in.resource.ID].ToldAt,
				recipe: recipe, aligned: got.part, keys: got.keys, report: got.report, file: got.file,
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	b.missing()
	return nil
}

// organisations reads those of a list, however long it is.
func (b *build) organisations(ctx context.Context, ids []identity.OrganisationID) (map[identity.OrganisationID]identity.Organisation, error) {
	out := make(map[identity.OrganisationID]identity.Organisation, len(ids))
	for some := range slices.Chunk(ids, 500) {
		found, err := b.o.Identity.OrganisationsByID(ctx, builder, some...)
		if err != nil {
			return nil, err
		}
		for id, o := range found {
			out[id] = o
		}
	}
	return out, nil
}

// missing finds the sources of the build before that are not there any more.
func (b *build) missing() {
	there := make(map[catalogue.ResourceID]bool, len(b.list))
	for _, x := range b.list {
		there[x.Resource] = true
	}
	for id, x := range b.was {
		if !there[id] {
			b.gone = append(b.gone, x)
		}
	}
}

// solve finds duplicates, and writes the parts that lose rows to the rule.
func (b *build) solve(ctx context.Context) (err error) {
	b.keys = make([]keyed, len(b.list))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for i, x := range b.list {
		if x.Right > 0 {
			g.Go(func() (err error) {
				b.keys[i], err = b.keysOf(gctx, x.keys, x.Right)
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	b.resolution = resolve(b.c.Form, b.list, repeats(b.keys))
	g, gctx = errgroup.WithContext(ctx)
	g.SetLimit(b.o.Workers)
	for i := range b.list {
		g.Go(func() error { return b.cut(gctx, &b.list[i], b.resolution.leave[i]) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", b.t.recipe, b.t.columns.JSON())
	for _, x := range b.list {
		if x.Joined() {
			b.out.Sources++
			b.out.Rows += x.Rows
			fmt.Fprintf(h, "%s %s %d\n", x.Resource, x.part.Hash, x.Rows)
		}
	}
	b.recipe = hex.EncodeToString(h.Sum(nil)[:16])
	if b.duplicates = b.resolution.shown(b.list, b.keys); len(b.duplicates) > 0 {
		text, err := json.Marshal(b.duplicates)
		if err != nil {
			return err
		}
		if b.blob, err = b.putBytes(ctx, text); err != nil {
			return err
		}
	}
	if b.out.Rows == 0 && b.c.Dataset != "" {
		return b.empty(ctx)
	}
	return nil
}

// cut gives a source its part: its right rows, but those that leave for the rule.
func (b *build) cut(ctx context.Context, x *Source, leave []int) error {
	h := sha256.New()
	fmt.Fprintf(h, "%s %v", x.aligned.Hash, leave)
	recipe := hex.EncodeToString(h.Sum(nil)[:16])
	if x.partRecipe == recipe {
		return nil
	}
	x.partRecipe, x.part, x.Rows = recipe, x.aligned, x.Right
	if len(leave) == 0 || x.LeftOut != "" {
		return nil
	}
	w := &aligner{Service: b.Service, t: &b.t}
	defer w.cleanUp()
	p, err := w.newPart(ctx, nil)
	if err != nil {
		return err
	}
	first := 0
	err = b.o.Tables.Frames(ctx, x.aligned.Hash, func(fr *tabular.Frame) error {
		kept := make([]int, 0, fr.Rows)
		for i := range fr.Rows {
			if _, leaves := slices.BinarySearch(leave, first+i); !leaves {
				kept = append(kept, i)
			}
		}
		first += fr.Rows
		return p.pq.Write(fr.Take(kept))
	})
	if err = errors.Join(err, p.pq.Close(), p.file.Close()); err != nil {
		return err
	}
	x.Rows = p.pq.Rows()
	x.part, err = b.o.Blobs.PutFile(ctx, p.file.Name())
	return err
}

// empty makes the part of a dataset to which no table gives rows any more.
func (b *build) empty(ctx context.Context) error {
	w := &aligner{Service: b.Service, t: &b.t}
	defer w.cleanUp()
	p, err := w.newPart(ctx, nil)
	if err != nil {
		return err
	}
	if err := errors.Join(p.pq.Close(), p.file.Close()); err != nil {
		return err
	}
	ref, err := b.o.Blobs.PutFile(ctx, p.file.Name())
	b.list = append(b.list, Source{part: ref})
	return err
}

// record writes what was built, unless another build has done so since.
func (b *build) record(ctx context.Context, tx *sqldb.Tx) error {
	now, err := one(ctx, tx, `schema_id = $1`, b.c.Schema)
	if err != nil {
		return err
	}
	if now.Revision != b.c.Revision || now.recipe != b.c.recipe {
		return errs.New(errs.Conflict, "consolidation.changed").WithHint("consolidation.changed.hint")
	}
	for _, x := range b.list {
		was := b.was[x.Resource]
		news := x.news(was)
		if x.Resource == "" || x == was && news == nil {
			continue
		}
		if news != nil {
			x.ToldAt = tx.Now()
			if err := jobs.Emit(ctx, tx, news); err != nil {
				return err
			}
		}
		if err := x.put(ctx, tx); err != nil {
			return err
		}
	}
	for _, x := range b.gone {
		if _, err := tx.Exec(ctx, `DELETE FROM consolidation_sources WHERE schema_id = $1 AND resource = $2`, x.Schema, x.Resource); err != nil {
			return err
		}
	}
	b.out.Version = 0
	if b.recipe != b.c.recipe && (b.c.Dataset != "" || b.out.Rows > 0) {
		if err := b.version(ctx, tx); err != nil {
			return err
		}
	}
	left := int64(0)
	for _, l := range b.resolution.leave {
		left += int64(len(l))
	}
	_, err = tx.Exec(ctx, `UPDATE consolidations SET dataset = $2, resource = $3, recipe = $4, row_count = $5, duplicate_keys = $6, duplicate_rows = $7, duplicates_blob = $8, built_at = $9 WHERE schema_id = $1`,
		b.c.Schema, b.c.Dataset, b.c.Resource, b.recipe, b.out.Rows, len(b.resolution.groups), left, b.blob, tx.Now())
	return err
}

// news is what the producer of a source is told, nil for nothing: it is left out whole,
// for another reason than before, or other rows of it are.
func (s Source) news(was Source) jobs.Event {
	switch {
	case s.LeftOut != "" && (s.LeftOut != was.LeftOut || was.ToldAt.IsZero()):
		return TableLeftOut{s.Schema, s.Resource}
	case s.report != "" && s.report != was.report:
		return RowsLeftOut{s.Schema, s.Resource}
	}
	return nil
}

// version adds the version, making the dataset when it is the first one.
func (b *build) version(ctx context.Context, tx *sqldb.Tx) error {
	fresh := b.c.Dataset == ""
	if fresh {
		if err := b.create(ctx, tx); err != nil {
			return err
		}
	}
	n := catalogue.NewVersion{Resource: b.c.Resource, Expect: catalogue.AnyVersion, Columns: b.t.columns.JSON(), Schema: catalogue.SchemaRef{ID: b.c.Schema, Version: b.t.schema.Version}, Report: catalogue.ReportSummary{Valid: true}}
	for _, x := range b.list {
		if x.Joined() || x.Resource == "" {
			n.Parts = append(n.Parts, catalogue.VersionPart{Blob: string(x.part.Hash), Bytes: x.part.Size, Rows: x.Rows, Source: string(x.Resource)})
		}
	}
	v, err := b.o.Catalogue.AddVersionTx(ctx, tx, builder, n)
	if err != nil {
		return err
	}
	b.out.Version = v.Number
	if fresh {
		_, err = b.o.Catalogue.PublishTx(ctx, tx, builder, b.c.Dataset, catalogue.AnyRevision)
		return err
	}
	if slices.ContainsFunc(b.gone, Source.Joined) { // what was withdrawn is in the versions before
		return b.o.Catalogue.HideBeforeTx(ctx, tx, builder, b.c.Resource)
	}
	return nil
}

func (b *build) create(ctx context.Context, tx *sqldb.Tx) error {
	d, err := b.o.Catalogue.CreateTx(ctx, tx, builder, catalogue.NewDataset{Organisation: b.c.Organisation, Demonstration: b.o.Demo, Metadata: catalogue.Metadata{
		Title: b.c.Title, Description: b.c.Description, Licence: catalogue.LicenceOuverte, Themes: b.themes, Keywords: []string{i18n.T(i18n.French, "consolidation.keyword")},
		Language: "fr", Schema: catalogue.SchemaRef{ID: b.c.Schema, Version: b.t.schema.Version},
	}})
	if err != nil {
		return err
	}
	r, err := b.o.Catalogue.AddResourceTx(ctx, tx, builder, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: i18n.T(i18n.French, "consolidation.table"), Format: "csv"})
	b.c.Dataset, b.c.Resource = d.ID, r.ID
	return err
}
