package compat

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/interop/explore"
	"socle/internal/markup"
	"socle/internal/query"
	"socle/internal/web/shell"
)

const explorePath = "/api/explore/v2.1/catalog"

// exploreRoutes are those of the Explore API v2.1.
func (api *API) exploreRoutes() []shell.Route {
	read := shell.Anyone.With(httpx.CORS(), httpx.WithRenderer(api.exploreFailure), api.o.Limit)
	download := shell.Anyone.With(httpx.CORS(), httpx.Stream(), httpx.WithRenderer(api.exploreFailure), api.o.Limit)
	get := func(path string, who shell.Who, h httpx.HandlerFunc) shell.Route {
		return shell.Route{Pattern: "GET " + explorePath + path, Who: who, Handler: explored(h)}
	}
	return []shell.Route{
		get("/datasets", read, api.exploreDatasets),
		get("/datasets/{id}", read, api.exploreDataset),
		get("/datasets/{id}/records", read, api.exploreRecords),
		get("/datasets/{id}/records/{record}", read, api.exploreRecord),
		get("/datasets/{id}/facets", read, api.exploreRecordFacets),
		get("/datasets/{id}/attachments", read, api.exploreAttachments),
		get("/datasets/{id}/exports", read, api.exploreFormats),
		get("/datasets/{id}/exports/{format}", download, api.exploreExport),
		get("/facets", read, api.exploreFacets),
		get("/exports", read, api.exploreCatalogueFormats),
		get("/exports/{format}", download, api.exploreCatalogueExport),
		{Pattern: "GET /api/explore/v2.1/{rest...}", Who: read, Handler: api.exploreNothing},
	}
}

// exploreFailure shows failures as the API does.
func (api *API) exploreFailure(w http.ResponseWriter, r *http.Request, f httpx.Failure) {
	text := said(r, f.Error)
	var body any = explore.Error{Message: text, Code: exploreCode(r, f.Error)}
	if f.Status == http.StatusTooManyRequests {
		reset := api.o.Now().Add(f.RetryAfter).UTC()
		limit, err := strconv.Atoi(w.Header().Get("X-RateLimit-Limit"))
		if err != nil {
			limit = 1
		}
		w.Header().Set("X-RateLimit-Limit", strconv.Itoa(limit))
		w.Header().Set("X-RateLimit-Remaining", "0") // whichever limit refused
		w.Header().Set("X-RateLimit-Reset", reset.Format(time.RFC3339))
		body = explore.TooMany{Code: 10002, Reset: reset.Format(time.RFC3339), Unit: "second", Limit: limit, Error: text}
	}
	writeFailure(w, f.Status, body)
}

func exploreCode(r *http.Request, e *errs.Error) string {
	switch {
	case e.Kind == errs.NotFound && strings.HasPrefix(e.Key, "tables.row"):
		return explore.CodeUnknownRecord
	case e.Kind == errs.NotFound && strings.HasPrefix(r.URL.Path, explorePath+"/datasets/") && e.Key != "api.format":
		return explore.CodeUnknownDataset
	case e.Kind == errs.NotFound:
		return explore.CodeNotFound
	case e.Key == "api.unknown-parameter":
		return explore.CodeUnknownParameter
	case e.Kind == errs.Internal:
		return explore.CodeInternal
	}
	return explore.CodeInvalidParameter
}

// said is an error for people, in the language of the request.
func said(r *http.Request, e *errs.Error) string {
	l := language(r)
	text := i18n.T(l, e.Key, e.Args)
	if e.Hint != "" {
		text += " " + i18n.T(l, e.Hint, e.Args)
	}
	return text
}

// language is ?lang= if it is one of ours, else Accept-Language.
func language(r *http.Request) i18n.Lang {
	if l := i18n.Lang(r.URL.Query().Get("lang")); slices.Contains(i18n.Langs, l) {
		return l
	}
	return i18n.Match(r.Header.Get("Accept-Language"))
}

func writeFailure(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		data = []byte("{}") // structs of texts only
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n'))
}

// explored answers with what is wrong in a clause, and gives other faults of a
// request the status 400.
func explored(h httpx.HandlerFunc) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		var clause *query.ClauseError
		switch {
		case errors.As(err, &clause):
			writeFailure(w, http.StatusBadRequest, explore.ODSQLError(clause.Clause, said(r, errs.As(clause.Err))))
			return nil
		case errs.Is(err, errs.Invalid):
			return httpx.WithStatus(err, http.StatusBadRequest)
		}
		return err
	}
}

func (api *API) exploreNothing(http.ResponseWriter, *http.Request) error {
	return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
}

// knownOnly refuses parameters that an address does not have.
func knownOnly(r *http.Request, known ...string) error {
	v, err := parameters(r)
	if err != nil {
		return err
	}
	for name := range v {
		if !slices.Contains(known, name) {
			return errs.New(errs.Invalid, "api.unknown-parameter", errs.Args{"Name": name, "Known": strings.Join(known, ", ")}).WithHint("api.unknown-parameter.hint")
		}
	}
	return nil
}

// parameters are those of an address. What is written so that it cannot be read is an error, not
// left out: a filter that were left out would find all rows.
func parameters(r *http.Request) (url.Values, error) {
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errs.New(errs.Invalid, "compat.parameters").WithHint("compat.parameters.hint").Because(err)
	}
	return v, nil
}

func badParameter(name, value string) error {
	return errs.New(errs.Invalid, "query.parameter.value", errs.Args{"Name": name, "Value": value}).WithHint("query.parameter.value.hint")
}

// Parameters of all of the API, then those of questions.
var (
	exploreAlways = []string{"lang", "timezone", "apikey"}
	exploreAsk    = append([]string{"select", "where", "group_by", "order_by", "limit", "offset", "refine", "exclude", "include_links", "include_app_metas"}, exploreAlways...)
)

// exploreClauses reads the clauses of a request over columns.
func (api *API) exploreClauses(r *http.Request, cols []query.Column) (query.Exploration, error) {
	v := r.URL.Query()
	zone := time.UTC
	if name := v.Get("timezone"); name != "" {
		var err error
		if zone, err = time.LoadLocation(name); err != nil || strings.EqualFold(name, "local") {
			return query.Exploration{}, badParameter("timezone", name)
		}
	}
	if l := v.Get("lang"); l != "" && !slices.Contains([]string{"en", "fr", "nl", "pt", "it", "ar", "de", "es", "ca", "eu", "sv"}, l) {
		return query.Exploration{}, badParameter("lang", l)
	}
	return query.ParseODSQL(query.ODSQL{Select: strings.Join(v["select"], ","), Where: v["where"], GroupBy: v["group_by"], OrderBy: v["order_by"],
		Facets: v["facet"], Refine: v["refine"], Exclude: v["exclude"], Zone: zone, Now: api.o.Now()}, cols)
}

// explorePage reads limit and offset; an export has no limits of its own, and -1 for
// all it has (0 here).
func explorePage(v url.Values, grouped, export bool) (limit, offset int, err error) {
	number := func(name string, otherwise int) int {
		text := v.Get(name)
		if text == "" || err != nil {
			return otherwise
		}
		n, bad := strconv.Atoi(text)
		if bad != nil || n < -1 || n < 0 && name == "offset" {
			err = badParameter(name, text)
		}
		return n
	}
	most, depth, usual := explore.MaxLimit, explore.MaxDepth, explore.DefaultLimit
	switch {
	case export:
		most, depth, usual = 1<<40, 1<<40, -1
	case grouped:
		most, depth, usual = explore.MaxGroups, explore.MaxGroups, explore.DefaultGroups
	}
	limit, offset = number("limit", usual), number("offset", 0)
	if err != nil {
		return 0, 0, err
	}
	if limit > most {
		return 0, 0, errs.New(errs.Invalid, "compat.explore.limit", errs.Args{"Max": most}).WithHint("compat.explore.limit.hint")
	}
	if limit == -1 {
		limit = 0
		if !export {
			limit = most
		}
	}
	if limit+offset > depth {
		return 0, 0, errs.New(errs.Invalid, "compat.explore.depth", errs.Args{"Max": depth}).WithHint("compat.explore.depth.hint")
	}
	return limit, offset, nil
}

// exploreOf is a table of a dataset in the shape of the catalogue, where each table is a dataset.
func (api *API) exploreOf(e entry, l i18n.Lang, links bool) explore.Dataset {
	d := e.dataset
	out := explore.Dataset{ID: e.id(), UID: e.uid(), Attachments: api.exploreFiles(d), DataVisible: true, Features: []string{}, Fields: []explore.Field{}}
	licence, _ := catalogue.FindLicence(d.Licence)
	m := &out.Metas.Default
	out.Metas.DCAT = map[string]any{"created": d.CreatedAt, "issued": d.PublishedAt, "creator": e.organisation.Name, "contact_name": d.Contact.Name, "contact_email": d.Contact.Email}
	*m = explore.Default{Title: e.title(), Description: markup.HTML(d.Description, 2), Theme: []string{}, Keyword: append([]string{}, d.Keywords...), License: licence.Name, LicenseURL: licence.URL,
		Language: "fr", MetadataLanguages: []string{"fr"}, Modified: d.ModifiedAt.UTC(), ModifiedUpdatesOnMetadata: true, ModifiedUpdatesOnDataChange: true, MetadataProcessed: d.ModifiedAt.UTC(),
		GeographicReference: []string{}, Territory: []string{}, GeometryTypes: []string{}, Publisher: e.organisation.Name, Attributions: []string{}}
	if d.Language != "" {
		m.Language, m.MetadataLanguages = d.Language, []string{d.Language}
	}
	for _, id := range d.Themes {
		if t, ok := catalogue.FindTheme(id); ok {
			m.Theme = append(m.Theme, i18n.T(l, t.LabelKey()))
		}
	}
	for _, z := range d.Spatial.Zones {
		m.Territory = append(m.Territory, z.Name)
		m.GeographicReference = append(m.GeographicReference, "fr_"+string(z.Kind)+"_"+z.Code)
	}
	if !d.DataAt.IsZero() {
		at := d.DataAt.UTC()
		m.DataProcessed = &at
	}
	if d.Frequency != "" {
		f := string(d.Frequency)
		m.UpdateFrequency = &f
	}
	if t := e.table; t != nil {
		out.HasRecords, m.RecordsCount, out.Features = true, t.version.Rows, explore.Features(t.Snapshot.Fields)
		for i, f := range t.Snapshot.Fields {
			out.Fields = append(out.Fields, explore.FieldOf(f, t.Columns[i].Title, t.Schema.Fields[i].Description))
		}
	}
	if links {
		self := api.link(explorePath + "/datasets/" + url.PathEscape(e.id()))
		out.Links = &[]explore.Link{{Rel: "self", Href: self}, {Rel: "records", Href: self + "/records"}, {Rel: "exports", Href: self + "/exports"}, {Rel: "facets", Href: self + "/facets"}}
	}
	return out
}

// exploreCatalogue is the catalogue as it is asked.
func (api *API) exploreCatalogue(r *http.Request) (list []explore.Dataset, x query.Exploration, err error) {
	if x, err = api.exploreClauses(r, explore.CatalogueColumns); err != nil {
		return nil, x, err
	}
	if x.Grouped() {
		return nil, x, &query.ClauseError{Clause: "group_by", Err: errs.New(errs.Invalid, "compat.explore.catalogue-group").WithHint("compat.explore.catalogue-group.hint")}
	}
	entries, err := api.published(r.Context())
	if err != nil {
		return nil, x, err
	}
	all := make([]explore.Dataset, 0, len(entries))
	for _, set := range entries {
		for _, e := range set.each() {
			all = append(all, api.exploreOf(e, language(r), r.URL.Query().Get("include_links") == "true"))
		}
	}
	return explore.Asked(all, x.Query), x, nil
}

func (api *API) exploreDatasets(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, exploreAsk...); err != nil {
		return err
	}
	limit, offset, err := explorePage(r.URL.Query(), false, false)
	if err != nil {
		return err
	}
	list, x, err := api.exploreCatalogue(r)
	if err != nil {
		return err
	}
	total := int64(len(list))
	list = list[min(offset, len(list)):min(offset+limit, len(list))]
	if len(x.Outputs) == 0 {
		return httpx.WriteJSON(w, r, http.StatusOK, explore.Records[explore.Dataset]{Total: &total, Results: append([]explore.Dataset{}, list...)})
	}
	rows, err := exploreSelected(list, x)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, r, http.StatusOK, explore.Records[json.RawMessage]{Total: &total, Results: rows})
}

func (api *API) exploreDataset(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, append([]string{"select", "include_links", "include_app_metas"}, exploreAlways...)...); err != nil {
		return err
	}
	e, err := api.find(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	x, err := api.exploreClauses(r, explore.CatalogueColumns)
	if err != nil {
		return err
	}
	d := api.exploreOf(e, language(r), r.URL.Query().Get("include_links") == "true")
	if len(x.Outputs) == 0 {
		return httpx.WriteJSON(w, r, http.StatusOK, d)
	}
	rows, err := exploreSelected([]explore.Dataset{d}, x)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, r, http.StatusOK, rows[0])
}

func (api *API) exploreAttachments(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, exploreAlways...); err != nil {
		return err
	}
	e, err := api.find(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	list := []explore.Attached{}
	for _, a := range api.exploreFiles(e.dataset) {
		list = append(list, a.Attached())
	}
	return httpx.WriteJSON(w, r, http.StatusOK, struct {
		Links       []explore.Link     `json:"_links"`
		Attachments []explore.Attached `json:"attachments"`
	}{[]explore.Link{}, list})
}

// exploreFiles are the files of a dataset, which each of its tables has.
func (api *API) exploreFiles(d catalogue.Dataset) []explore.Attachment {
	list := []explore.Attachment{}
	for _, r := range d.Resources {
		if r.Kind == catalogue.File && r.Current != nil {
			list = append(list, explore.Attachment{MediaType: r.MediaType, Title: r.Title, URL: api.link("/api/v1/resources/" + string(r.ID) + "/original"), ID: string(r.ID), Format: r.Format})
		}
	}
	return list
}

func (api *API) exploreFacets(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, append([]string{"facet", "where", "refine", "exclude"}, exploreAlways...)...); err != nil {
		return err
	}
	list, x, err := api.exploreCatalogue(r)
	if err != nil {
		return err
	}
	if len(x.Facets) == 0 {
		for _, name := range explore.CatalogueFacets {
			x.Facets = append(x.Facets, query.FacetWanted{Column: name, Sort: "-count", Limit: 100})
		}
	}
	refined := r.URL.Query()["refine"]
	out := explore.Facets{Links: []explore.Link{}, Facets: []explore.FacetGroup{}}
	for _, f := range x.Facets {
		group := explore.Count(list, f.Column, func(value string) bool { return slices.Contains(refined, f.Column+":"+value) })
		sortFacet(group.Facets, f.Sort)
		group.Facets = group.Facets[:min(len(group.Facets), f.Limit)]
		out.Facets = append(out.Facets, group)
	}
	return httpx.WriteJSON(w, r, http.StatusOK, out)
}
