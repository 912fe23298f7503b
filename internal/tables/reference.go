package tables

import (
	"context"
	"iter"
	"net/url"
	"strings"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tabular"
)

// References gives foreign keys the rows of the datasets that this portal
// publishes: the reference names the address of a dataset's page as its package
// (or as its resource) and, when it has several tables, the title of one.
// Everyone sees what a report says of them: only what is public is found.
func (s *Service) References() check.References { return published{s} }

type published struct{ *Service }

// Rows yields the cells of the named fields of the latest version.
func (p published) Rows(ctx context.Context, r schema.Reference) (rows iter.Seq2[[]string, error], err error) {
	defer errs.Wrap(&err, "tables.References")
	address, table := r.Package, r.Resource
	if address == "" {
		address, table = r.Resource, ""
	}
	v, err := p.publishedTable(ctx, address, table)
	if err != nil {
		return nil, err
	}
	read := func(ctx context.Context, part catalogue.VersionPart) (iter.Seq2[[]string, error], error) {
		one := check.Tables{"": func(ctx context.Context) (*tabular.File, error) { return p.openPart(ctx, blob.Hash(part.Blob)) }}
		return one.Rows(ctx, schema.Reference{Fields: r.Fields})
	}
	first, err := read(ctx, v.Parts[0])
	if err != nil {
		return nil, err
	}
	return func(yield func([]string, error) bool) {
		for i, part := range v.Parts {
			rows := first
			if i > 0 {
				var err error
				if rows, err = read(ctx, part); err != nil {
					yield(nil, err)
					return
				}
			}
			for cells, err := range rows {
				if !yield(cells, err) {
					return
				}
			}
		}
	}, nil
}

// publishedTable finds the latest version of the table of a dataset. Kinds:
// NotFound (another portal's address, not public, no such table).
func (p published) publishedTable(ctx context.Context, address, table string) (v catalogue.Version, err error) {
	none := errs.New(errs.NotFound, "tables.no-table").WithHint("tables.no-table.hint")
	slug, ok := p.slugOf(address)
	if p.catalogue == nil || !ok {
		return v, none
	}
	d, err := p.catalogue.ByAddress(ctx, identity.Actor{}, slug)
	if err != nil {
		return v, err
	}
	var found []catalogue.Resource
	for _, r := range d.Resources {
		if r.Kind == catalogue.Table && r.Latest > 0 && (table == "" || r.Title == table || string(r.ID) == table) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return v, none
	}
	if v, err = p.catalogue.Version(ctx, identity.Actor{}, found[0].ID, found[0].Latest); err == nil && len(v.Parts) == 0 {
		err = none
	}
	return v, err
}

// slugOf reads the address of a dataset's page, in any language.
func (p published) slugOf(address string) (slug string, ok bool) {
	u, err := url.Parse(address)
	if err != nil || p.baseURL == "" || u.Scheme+"://"+u.Host != p.baseURL {
		return "", false
	}
	path := strings.TrimPrefix(u.Path, "/en")
	slug, ok = strings.CutPrefix(path, "/datasets/")
	slug = strings.TrimSuffix(slug, "/")
	return slug, ok && slug != "" && !strings.Contains(slug, "/")
}

// openPart opens a Parquet part as rows of text; closing the file releases all.
func (p published) openPart(ctx context.Context, h blob.Hash) (*tabular.File, error) {
	f, closer, err := p.openTable(ctx, h, tabular.Options{Name: "part.parquet", Format: "parquet", TempDir: p.temp})
	if err != nil {
		return nil, err
	}
	f.Own(closer)
	return f, nil
}

// EachRow gives the rows of a version as text, the cells of the columns asked, in
// their order; cells is valid during the call.
func (s *Service) EachRow(ctx context.Context, v catalogue.Version, columns []string, give func(cells []string) error) (err error) {
	defer errs.Wrap(&err, "tables.EachRow(%s)", v.ID)
	p := published{s}
	for _, part := range v.Parts {
		one := check.Tables{"": func(ctx context.Context) (*tabular.File, error) { return p.openPart(ctx, blob.Hash(part.Blob)) }}
		rows, err := one.Rows(ctx, schema.Reference{Fields: columns})
		if err != nil {
			return err
		}
		for cells, err := range rows {
			if err == nil {
				err = give(cells)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
