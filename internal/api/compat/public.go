package compat

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/tables"
	"socle/internal/web/shell"
)

// public is the catalogue as everyone sees it, kept until it changes.
type public struct {
	mu   sync.Mutex
	seq  int64
	list []entry
}

// entry is a published dataset with its tables.
type entry struct {
	dataset      catalogue.Dataset
	organisation identity.Organisation
	table        *opened   // the first of them, or the one asked for; nil: the dataset has none
	tables       []*opened // in order
}

// each is one entry per table; a dataset without table is one, too.
func (e entry) each() []entry {
	if len(e.tables) < 2 {
		return []entry{e}
	}
	list := make([]entry, len(e.tables))
	for i, t := range e.tables {
		list[i] = e
		list[i].table = t
	}
	return list
}

// id is how a table is called where datasets are tables: the first one as its dataset,
// the others by the identifier of their resource.
func (e entry) id() string {
	if e.table == nil || e.table == e.tables[0] {
		return e.dataset.Slug
	}
	return string(e.table.resource.ID)
}

// uid is an identifier that never changes.
func (e entry) uid() string {
	if e.table == nil || e.table == e.tables[0] {
		return "da_" + string(e.dataset.ID)
	}
	return "da_" + string(e.table.resource.ID)
}

// title is that of the dataset, with that of the table when there are several.
func (e entry) title() string {
	if len(e.tables) > 1 && e.table.resource.Title != e.dataset.Title {
		return e.dataset.Title + " – " + e.table.resource.Title
	}
	return e.dataset.Title
}

// opened is a table that may be read.
type opened struct {
	dataset  catalogue.Dataset
	resource catalogue.Resource
	version  catalogue.Version
	tables.Table
}

// published lists the public datasets, by title.
func (api *API) published(ctx context.Context) ([]entry, error) {
	seq, err := api.o.Catalogue.LastChange(ctx, identity.Anonymous())
	if err != nil {
		return nil, err
	}
	p := &api.public
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.list != nil && p.seq == seq {
		return p.list, nil
	}
	list, err := api.load(ctx)
	if err != nil {
		return nil, err
	}
	p.seq, p.list = seq, list
	return list, nil
}

func (api *API) load(ctx context.Context) ([]entry, error) {
	anyone := identity.Anonymous()
	list := []entry{}
	orgs := map[identity.OrganisationID]identity.Organisation{}
	for after := catalogue.Cursor(""); ; {
		page, err := api.o.Catalogue.List(ctx, anyone, catalogue.Filter{States: []catalogue.State{catalogue.Published}}, catalogue.ByTitle, after, 200)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Datasets {
			e, err := api.entry(ctx, anyone, d.ID)
			if errs.Is(err, errs.NotFound) {
				continue // it was withdrawn meanwhile
			}
			if err != nil {
				return nil, err
			}
			o, known := orgs[d.Organisation]
			if !known {
				if o, err = api.o.Identity.Organisation(ctx, anyone, d.Organisation); err != nil {
					return nil, err
				}
				orgs[d.Organisation] = o
			}
			e.organisation = o
			list = append(list, e)
		}
		if after = page.Next; after == "" {
			return list, nil
		}
	}
}

// entry opens a dataset as an actor sees it; its organisation is left out.
func (api *API) entry(ctx context.Context, a identity.Actor, id catalogue.DatasetID) (e entry, err error) {
	if e.dataset, err = api.o.Catalogue.Get(ctx, a, id); err != nil {
		return e, err
	}
	for _, r := range e.dataset.Resources {
		if r.Kind != catalogue.Table || r.Current == nil {
			continue
		}
		o := opened{dataset: e.dataset, resource: r, version: *r.Current}
		if o.Table, err = api.o.Tables.Open(ctx, o.version); err != nil {
			return e, err
		}
		e.tables = append(e.tables, &o)
	}
	if len(e.tables) > 0 {
		e.table = e.tables[0]
	}
	return e, nil
}

// find is a dataset as the caller sees it: see lookup.
func (api *API) find(r *http.Request, ref string) (entry, error) {
	return api.lookup(r.Context(), shell.From(r).Actor, ref)
}

// lookup is a dataset by its address, former ones included, its identifier, or that of
// one of its tables, which is then the table of the entry.
func (api *API) lookup(ctx context.Context, a identity.Actor, ref string) (e entry, err error) {
	d, err := api.o.Catalogue.ByAddress(ctx, a, ref)
	if errs.Is(err, errs.NotFound) {
		d, err = api.o.Catalogue.Get(ctx, a, catalogue.DatasetID(ref))
	}
	if errs.Is(err, errs.NotFound) {
		_, d, err = api.o.Catalogue.Resource(ctx, a, catalogue.ResourceID(ref))
	}
	if err != nil {
		return e, err
	}
	if e, err = api.entry(ctx, a, d.ID); err != nil {
		return e, err
	}
	for _, t := range e.tables {
		if string(t.resource.ID) == ref {
			e.table = t
		}
	}
	e.organisation, err = api.o.Identity.Organisation(ctx, a, d.Organisation)
	return e, err
}

// openResource is the latest version of the table of a request.
func (api *API) openResource(r *http.Request) (*opened, error) {
	return api.openTable(r.Context(), shell.From(r).Actor, r.PathValue("id"))
}

// openTable is the latest version of a table by the identifier of its resource.
func (api *API) openTable(ctx context.Context, a identity.Actor, id string) (*opened, error) {
	resource, dataset, err := api.o.Catalogue.Resource(ctx, a, catalogue.ResourceID(id))
	if err != nil {
		return nil, err
	}
	o := &opened{dataset: dataset, resource: resource}
	if o.version, err = api.o.Catalogue.Version(ctx, a, resource.ID, resource.Latest); err != nil {
		return nil, err
	}
	o.Table, err = api.o.Tables.Open(ctx, o.version)
	return o, err
}

// client is a context in which queries wait their turn as the caller's.
func client(r *http.Request) context.Context {
	return tables.WithClient(r.Context(), httpx.ClientKey(r.Context()))
}

// fresh answers that nothing has changed since the caller's copy.
func fresh(w http.ResponseWriter, r *http.Request, parts ...string) bool {
	return httpx.NotModified(w, r, httpx.PageTag(append(parts, r.URL.Path, r.URL.RawQuery, r.Header.Get("Accept-Language"))...))
}

func (api *API) link(path string) string {
	return strings.TrimSuffix(api.o.BaseURL.String(), "/") + path
}
