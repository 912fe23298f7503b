package v1

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/tables"
)

type datasetAnswer struct {
	ID            string           `json:"id"`
	Slug          string           `json:"slug"`
	URL           string           `json:"url"`
	Title         string           `json:"title"`
	Description   string           `json:"description"`
	Organisation  string           `json:"organisation"`
	State         string           `json:"state"`
	Licence       string           `json:"licence"`
	Themes        []string         `json:"themes"`
	Keywords      []string         `json:"keywords"`
	Frequency     string           `json:"frequency"`
	Schema        string           `json:"schema"`
	Demonstration bool             `json:"demonstration"`
	Modified      time.Time        `json:"modified_at"`
	Published     *time.Time       `json:"published_at"`
	Resources     []resourceAnswer `json:"resources"`
}

type datasetsAnswer struct {
	Datasets []datasetAnswer `json:"datasets"`
	Next     string          `json:"next"`
}

type versionsAnswer struct {
	Versions []versionAnswer `json:"versions"`
}

type organisationsAnswer struct {
	Organisations []organisationAnswer `json:"organisations"`
	Next          string               `json:"next"`
}

type meAnswer struct {
	Name          string               `json:"name"`
	Organisations []organisationAnswer `json:"organisations"`
}

type resourceAnswer struct {
	ID          string         `json:"id"`
	Kind        string         `json:"kind"`
	Title       string         `json:"title"`
	Description string         `json:"description"`
	Format      string         `json:"format"`
	MediaType   string         `json:"media_type"`
	URL         string         `json:"url"`
	Version     int            `json:"version"`
	Rows        *int64         `json:"rows"` // null in lists, and of what is no table
	Current     *versionAnswer `json:"current,omitempty"`
}

type versionAnswer struct {
	Number   int       `json:"number"`
	Rows     int64     `json:"rows"`
	Created  time.Time `json:"created_at"`
	Note     string    `json:"note"`
	Schema   string    `json:"schema"`
	Valid    bool      `json:"valid"`
	FileName string    `json:"file_name"`
	Bytes    int64     `json:"bytes"`
	SHA256   string    `json:"sha256"`
}

func (api *API) datasetAnswer(d catalogue.Dataset) datasetAnswer {
	ans := datasetAnswer{
		ID: string(d.ID), Slug: d.Slug, URL: api.link("datasets", d.Slug), Title: d.Title, Description: d.Description, Organisation: string(d.Organisation),
		State: string(d.State), Licence: string(d.Licence), Themes: []string{}, Keywords: append([]string{}, d.Keywords...), Frequency: string(d.Frequency),
		Schema: d.Schema.String(), Demonstration: d.Demonstration, Modified: d.ModifiedAt, Resources: []resourceAnswer{},
	}
	for _, t := range d.Themes {
		ans.Themes = append(ans.Themes, string(t))
	}
	if !d.PublishedAt.IsZero() {
		ans.Published = &d.PublishedAt
	}
	for _, r := range d.Resources {
		ans.Resources = append(ans.Resources, api.resourceAnswer(r))
	}
	return ans
}

func (api *API) resourceAnswer(r catalogue.Resource) resourceAnswer {
	ans := resourceAnswer{ID: string(r.ID), Kind: string(r.Kind), Title: r.Title, Description: r.Description, Format: r.Format, MediaType: r.MediaType, URL: r.URL, Version: r.Latest}
	switch r.Kind {
	case catalogue.Table:
		ans.URL = api.link("api/v1/resources", string(r.ID), "rows")
	case catalogue.File:
		ans.URL = api.link("api/v1/resources", string(r.ID), "original")
	case catalogue.Link:
	}
	if r.Current != nil {
		if r.Kind == catalogue.Table {
			ans.Rows = &r.Current.Rows
		}
		v := versionOf(*r.Current)
		ans.Current = &v
	}
	return ans
}

func versionOf(v catalogue.Version) versionAnswer {
	return versionAnswer{Number: v.Number, Rows: v.Rows, Created: v.CreatedAt, Note: v.Note, Schema: v.Schema.String(), Valid: v.Report.Valid,
		FileName: v.Original.FileName, Bytes: v.Original.Bytes, SHA256: v.Original.Blob}
}

// find returns a dataset by id or address.
func (api *API) find(r *http.Request, a identity.Actor, ref string) (catalogue.Dataset, error) {
	d, err := api.o.Catalogue.Get(r.Context(), a, catalogue.DatasetID(ref))
	if errs.Is(err, errs.NotFound) {
		return api.o.Catalogue.ByAddress(r.Context(), a, ref)
	}
	return d, err
}

func (api *API) listDatasets(w http.ResponseWriter, r *http.Request) error {
	if err := only(r, "organisation", "theme", "keyword", "licence", "schema", "q", "sort", "limit", "after"); err != nil {
		return err
	}
	a := actor(r)
	p := r.URL.Query()
	var err error
	f := catalogue.Filter{Theme: catalogue.ThemeID(p.Get("theme")), Keyword: p.Get("keyword"), Licence: catalogue.LicenceID(p.Get("licence")), Schema: p.Get("schema")}
	if ref := p.Get("organisation"); ref != "" {
		if f.Organisation, err = api.organisation(r, a, ref); err != nil {
			return err
		}
	}
	limit, err := limitOf(p, 50)
	if err != nil {
		return err
	}
	list, err := api.datasets(r.Context(), a, p, f, limit)
	if err != nil {
		return err
	}
	ans := datasetsAnswer{Datasets: []datasetAnswer{}}
	for _, d := range list.Datasets {
		ans.Datasets = append(ans.Datasets, api.datasetAnswer(d))
	}
	if list.Next != "" {
		p.Set("after", string(list.Next))
		ans.Next = api.link("api/v1/datasets") + "?" + p.Encode()
	}
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}

// limitOf reads how many a page lists: at most 200, and usual when nothing is said.
func limitOf(p url.Values, usual int) (int, error) {
	s := p.Get("limit")
	if s == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 200 {
		return 0, httpx.BadRequest("api.bad-value", errs.Args{"Name": "limit", "Value": s})
	}
	return n, nil
}

// datasets is a page of all that a filter lets through, or, with words, of what
// the search finds among that.
func (api *API) datasets(ctx context.Context, a identity.Actor, p url.Values, f catalogue.Filter, limit int) (list catalogue.List, err error) {
	sort := p.Get("sort")
	bad := func(name string) error {
		return httpx.BadRequest("api.bad-value", errs.Args{"Name": name, "Value": p.Get(name)})
	}
	if strings.TrimSpace(p.Get("q")) == "" {
		order := cmp.Or(catalogue.Order(sort), catalogue.ByModified)
		if order != catalogue.ByModified && order != catalogue.ByTitle {
			return list, bad("sort")
		}
		return api.o.Catalogue.List(ctx, a, f, order, catalogue.Cursor(p.Get("after")), limit)
	}
	q := find.Query{Text: p.Get("q"), Order: cmp.Or(find.Order(sort), find.ByRelevance), Limit: limit, Where: map[find.Dimension]string{
		find.Producer: string(f.Organisation), find.Theme: string(f.Theme), find.Keyword: identity.Fold(f.Keyword), find.Licence: string(f.Licence), find.Schema: f.Schema,
	}}
	if !slices.Contains(find.Orders, q.Order) {
		return list, bad("sort")
	}
	if after := p.Get("after"); after != "" { // how many came before
		if q.Offset, err = strconv.Atoi(after); err != nil || q.Offset < 0 || q.Offset > find.MaxOffset {
			return list, bad("after")
		}
	}
	found, err := api.o.Find.Search(ctx, a, q)
	if err != nil {
		return list, err
	}
	all, err := api.o.Catalogue.GetMany(ctx, a, found.Datasets...)
	if err != nil {
		return list, err
	}
	for _, id := range found.Datasets {
		if d, ok := all[id]; ok {
			list.Datasets = append(list.Datasets, d)
		}
	}
	if next := q.Offset + limit; next < found.Total && next <= find.MaxOffset {
		list.Next = catalogue.Cursor(strconv.Itoa(next))
	}
	return list, nil
}

func (api *API) showDataset(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	a := actor(r)
	d, err := api.find(r, a, r.PathValue("ref"))
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, r, http.StatusOK, api.datasetAnswer(d))
}

func (api *API) listVersions(w http.ResponseWriter, r *http.Request) error {
	if err := only(r, "before"); err != nil {
		return err
	}
	a := actor(r)
	before := 0
	if s := r.URL.Query().Get("before"); s != "" {
		var err error
		if before, err = strconv.Atoi(s); err != nil {
			return httpx.BadRequest("api.bad-value", errs.Args{"Name": "before", "Value": s})
		}
	}
	list, err := api.o.Catalogue.Versions(r.Context(), a, catalogue.ResourceID(r.PathValue("id")), before, 0)
	if err != nil {
		return err
	}
	ans := versionsAnswer{Versions: []versionAnswer{}}
	for _, v := range list {
		ans.Versions = append(ans.Versions, versionOf(v))
	}
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}

// showSchema answers with the Table Schema of a version's columns.
func (api *API) showSchema(w http.ResponseWriter, r *http.Request) error {
	if err := only(r, "version"); err != nil {
		return err
	}
	o, err := api.open(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return httpx.WriteBytes(w, r, http.StatusOK, o.version.Columns)
}

// publicationRequest makes an import public.
type publicationRequest struct {
	Import      string   `json:"import"`
	Dataset     string   `json:"dataset"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Licence     string   `json:"licence"`
	Themes      []string `json:"themes"`
	Keywords    []string `json:"keywords"`
	Frequency   string   `json:"frequency"`
	Note        string   `json:"note"`
	Visibility  string   `json:"visibility"`
	Personal    string   `json:"personal"` // why columns that seem to be about persons may be published
}

func (api *API) createPublication(w http.ResponseWriter, r *http.Request) error {
	a := actor(r)
	var q publicationRequest
	if err := httpx.ReadJSON(r, &q); err != nil {
		return err
	}
	t := publish.Target{Visibility: publish.Visibility(q.Visibility), Note: q.Note, Kept: q.Personal}
	switch t.Visibility {
	case "", publish.Public, publish.Internal:
	default:
		return errs.New(errs.Invalid, "api.bad-value", errs.Args{"Name": "visibility", "Value": q.Visibility}).WithField("visibility", "api.bad-value", errs.Args{"Name": "visibility", "Value": q.Visibility})
	}
	if q.Dataset != "" {
		d, err := api.find(r, a, q.Dataset)
		if err != nil {
			return err
		}
		t.Dataset = d.ID
	} else {
		t.Description = catalogue.Metadata{Title: q.Title, Description: q.Description, Licence: catalogue.LicenceID(q.Licence), Keywords: q.Keywords, Frequency: catalogue.FrequencyID(q.Frequency), Language: string(i18n.French)}
		if t.Description.Licence == "" {
			t.Description.Licence = catalogue.LicenceOuverte
		}
		for _, id := range q.Themes {
			t.Description.Themes = append(t.Description.Themes, catalogue.ThemeID(id))
		}
	}
	d, err := api.o.Publish.PublishImport(r.Context(), a, tables.ImportID(q.Import), t)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/datasets/"+string(d.ID))
	return httpx.WriteJSON(w, r, http.StatusCreated, api.datasetAnswer(d))
}

type organisationAnswer struct {
	ID    string `json:"id"`
	Slug  string `json:"slug"`
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	SIREN string `json:"siren"`
	INSEE string `json:"insee"`
	Role  string `json:"role,omitempty"`
}

func organisationOf(o identity.Organisation) organisationAnswer {
	return organisationAnswer{ID: string(o.ID), Slug: o.Slug, Name: o.Name, Kind: string(o.Kind), SIREN: o.SIREN, INSEE: o.INSEE}
}

func (api *API) listOrganisations(w http.ResponseWriter, r *http.Request) error {
	if err := only(r, "q", "kind", "insee", "limit", "after"); err != nil {
		return err
	}
	a := actor(r)
	p := r.URL.Query()
	limit, err := limitOf(p, 200)
	if err != nil {
		return err
	}
	q := identity.OrganisationQuery{Text: p.Get("q"), Kind: identity.OrganisationKind(p.Get("kind")), INSEE: p.Get("insee"), Limit: limit}
	if id := p.Get("after"); id != "" {
		last, err := api.o.Identity.Organisation(r.Context(), a, identity.OrganisationID(id))
		if errs.Is(err, errs.NotFound) {
			return httpx.BadRequest("api.bad-value", errs.Args{"Name": "after", "Value": id})
		}
		if err != nil {
			return err
		}
		q.After = &last
	}
	list, err := api.o.Identity.Organisations(r.Context(), a, q)
	if err != nil {
		return err
	}
	ans := organisationsAnswer{Organisations: []organisationAnswer{}}
	for _, o := range list {
		ans.Organisations = append(ans.Organisations, organisationOf(o))
	}
	if len(list) == limit {
		p.Set("after", string(list[limit-1].ID))
		ans.Next = api.link("api/v1/organisations") + "?" + p.Encode()
	}
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}

// me says who the token or the session is, and where it may act.
func (api *API) me(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	a := actor(r)
	if a.IsAnonymous() {
		return a.Require(identity.ActionContribute, "")
	}
	ids := []identity.OrganisationID{}
	for _, m := range a.Memberships() {
		ids = append(ids, m.Organisation)
	}
	orgs, err := api.o.Identity.OrganisationsByID(r.Context(), a, ids...)
	if err != nil {
		return err
	}
	ans := meAnswer{Name: a.Name(), Organisations: []organisationAnswer{}}
	for _, m := range a.Memberships() {
		o := organisationOf(orgs[m.Organisation])
		o.Role = m.Role.String()
		ans.Organisations = append(ans.Organisations, o)
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}
