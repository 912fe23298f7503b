package compat

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/interop/ckan"
	"socle/internal/web/shell"
)

var ckanSearchAsk = []string{"q", "fq", "fq_list", "sort", "rows", "limit", "start", "offset", "facet", "facet.field", "facet.limit", "facet.mincount", "fl", "include_drafts", "include_private", "include_deleted",
	"include_tracking", "use_default_schema", "df", "q.op", "defType", "bf", "boost", "mm", "tie", "qf"}

// packageOf is a dataset as a package.
func (api *API) packageOf(e entry, l i18n.Lang) ckan.Package {
	d := e.dataset
	licence, _ := catalogue.FindLicence(d.Licence)
	text := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	org := ckanOrganization(e.organisation, nil)
	p := ckan.Package{ID: string(d.ID), Name: d.Slug, Title: d.Title, URL: text(api.link("/datasets/" + d.Slug)), Author: text(e.organisation.Name), AuthorEmail: text(e.organisation.Email),
		Maintainer: text(cmp.Or(d.Contact.Name, e.organisation.Name)), MaintainerEmail: text(cmp.Or(d.Contact.Email, e.organisation.Email)), Notes: d.Description,
		LicenseID: string(d.Licence), LicenseTitle: licence.Name, LicenseURL: licence.URL, IsOpen: licence.Listed, OwnerOrg: string(d.Organisation), Organization: &org,
		MetadataCreated: d.CreatedAt.UTC().Format(ckan.Time), MetadataModified: d.ModifiedAt.UTC().Format(ckan.Time), Private: d.State != catalogue.Published}
	for _, k := range d.Keywords {
		p.Tags = append(p.Tags, ckan.NewTag(k))
	}
	for _, id := range d.Themes {
		p.Groups = append(p.Groups, ckanGroup(id, l, nil))
	}
	extra := func(key, value string) {
		if value != "" {
			p.Extras = append(p.Extras, ckan.Extra{Key: key, Value: value})
		}
	}
	extra("frequency", string(d.Frequency))
	extra("language", d.Language)
	extra("schema", d.Schema.ID)
	var zones []string
	for _, z := range d.Spatial.Zones {
		zones = append(zones, cmp.Or(z.Name, z.Code))
	}
	extra("spatial-text", strings.Join(zones, ", "))
	extra("temporal_start", d.Temporal.Start)
	extra("temporal_end", d.Temporal.End)
	for _, r := range d.Resources {
		p.Resources = append(p.Resources, api.ckanResource(e, r))
	}
	return p.Filled()
}

// ckanResource is a table, a file or a link as a resource. A table is its rows in CSV.
func (api *API) ckanResource(e entry, r catalogue.Resource) ckan.Resource {
	out := ckan.Resource{ID: string(r.ID), PackageID: string(e.dataset.ID), Name: r.Title, Description: r.Description, Format: strings.ToUpper(r.Format), URL: r.URL, Position: r.Position, State: "active",
		Created: r.CreatedAt.UTC().Format(ckan.Time), MetadataModified: r.ModifiedAt.UTC().Format(ckan.Time)}
	some := func(s string) *string { return &s }
	if r.MediaType != "" {
		out.MimeType = some(r.MediaType)
	}
	name := e.dataset.Slug + ".csv"
	switch r.Kind {
	case catalogue.Table:
		out.Format, out.MimeType, out.DatastoreActive = "CSV", some("text/csv"), r.Current != nil
	case catalogue.File:
		if r.Current != nil {
			size := r.Current.Original.Bytes
			name, out.Size, out.Hash = r.Current.Original.FileName, &size, r.Current.Original.Blob
		}
	case catalogue.Link:
		out.ResourceType = some("file")
		return out
	}
	out.URLType, out.ResourceType = some("upload"), some("file.upload")
	out.URL = api.link("/dataset/" + string(e.dataset.ID) + "/resource/" + string(r.ID) + "/download/" + url.PathEscape(name))
	if r.Current != nil {
		out.LastModified = some(r.Current.CreatedAt.UTC().Format(ckan.Time))
	}
	if e.dataset.Schema.ID != "" && r.Kind == catalogue.Table {
		out.Schema = some(e.dataset.Schema.String())
	}
	return out
}

func ckanOrganization(o identity.Organisation, count *int) ckan.Organization {
	return ckan.Organization{ID: string(o.ID), Name: o.Slug, Title: o.Name, Type: "organization", Description: o.Description, Created: o.CreatedAt.UTC().Format(ckan.Time),
		IsOrganization: true, ApprovalStatus: "approved", State: "active", PackageCount: count}
}

func ckanGroup(id catalogue.ThemeID, l i18n.Lang, count *int) ckan.Group {
	title := string(id)
	if t, ok := catalogue.FindTheme(id); ok {
		title = i18n.T(l, t.LabelKey())
	}
	return ckan.Group{ID: string(id), Name: string(id), Title: title, DisplayName: title, PackageCount: count}
}

// packages are the public datasets, by title.
func (api *API) packages(c ckanCall) ([]*ckan.Package, error) {
	list, err := api.published(c.r.Context())
	if err != nil {
		return nil, err
	}
	out := make([]*ckan.Package, len(list))
	for i, e := range list {
		p := api.packageOf(e, language(c.r))
		out[i] = &p
	}
	return out, nil
}

// window cuts a page of a list: limit and offset; limit 0 or none is all.
func window[T any](c ckanCall, list []T) ([]T, error) {
	limit, err := c.number("limit", len(list), len(list))
	if err != nil {
		return nil, err
	}
	offset, err := c.number("offset", 0, len(list))
	if err != nil {
		return nil, err
	}
	list = list[offset:]
	return append([]T{}, list[:min(limit, len(list))]...), nil
}

func (api *API) packageList(c ckanCall) (any, error) {
	list, err := api.published(c.r.Context())
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range list {
		names = append(names, e.dataset.Slug)
	}
	slices.Sort(names)
	return window(c, names)
}

func (api *API) packagesWithResources(c ckanCall) (any, error) {
	list, err := api.packages(c)
	if err != nil {
		return nil, err
	}
	if err := ckan.Sort(list, "metadata_modified desc", ckan.Condition{}); err != nil {
		return nil, err
	}
	return window(c, list)
}

// ckanFind is a dataset by its identifier or its name; what was withdrawn is not there.
func (api *API) ckanFind(c ckanCall, ref string) (entry, error) {
	if ref == "" {
		return entry{}, errs.New(errs.Invalid, "compat.ckan.missing", errs.Args{"Name": "id"}).WithHint("compat.ckan.missing.hint")
	}
	e, err := api.lookup(c.r.Context(), c.actor, ref)
	if err == nil && e.dataset.State == catalogue.Withdrawn {
		err = errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	return e, err
}

func (api *API) packageShow(c ckanCall) (any, error) {
	e, err := api.ckanFind(c, cmp.Or(c.text("id"), c.text("name_or_id")))
	if err != nil {
		return nil, err
	}
	return api.packageOf(e, language(c.r)), nil
}

func (api *API) resourceShow(c ckanCall) (any, error) {
	id := c.text("id")
	e, err := api.ckanFind(c, id)
	if err != nil {
		return nil, err
	}
	for _, r := range api.packageOf(e, language(c.r)).Resources {
		if r.ID == id {
			return r, nil
		}
	}
	return nil, errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
}

// packageSearch finds packages by q and fq.
func (api *API) packageSearch(c ckanCall) (any, error) {
	rows, err := c.number("rows", ckan.SearchRows, ckan.SearchMaxRows)
	if err == nil && c.given("limit") {
		rows, err = c.number("limit", rows, ckan.SearchMaxRows)
	}
	if err != nil {
		return nil, err
	}
	start, err := c.number(cmp.Or(map[bool]string{true: "offset"}[!c.given("start")], "start"), 0, 1<<30)
	if err != nil {
		return nil, err
	}
	asked, err := ckan.ParseCondition(c.text("q"), api.o.Now())
	if err != nil {
		return nil, err
	}
	filters := []ckan.Condition{asked}
	texts, err := c.list("fq_list")
	if err != nil {
		return nil, err
	}
	for _, text := range append(texts, c.text("fq")) {
		f, err := ckan.ParseCondition(text, api.o.Now())
		if err != nil {
			return nil, err
		}
		filters = append(filters, f)
	}
	list, err := api.packages(c)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(p *ckan.Package) bool {
		return slices.ContainsFunc(filters, func(f ckan.Condition) bool { return !f.Holds(p) })
	})
	if err := ckan.Sort(list, c.text("sort"), asked); err != nil {
		return nil, err
	}
	found := ckan.Found{Count: len(list), Results: []ckan.Package{}, Sort: cmp.Or(c.text("sort"), ckan.DefaultSort), Facets: map[string]map[string]int{}, SearchFacets: map[string]ckan.SearchFacet{}}
	if err := ckanFacets(c, &found, list); err != nil {
		return nil, err
	}
	list = list[min(start, len(list)):]
	for _, p := range list[:min(rows, len(list))] {
		found.Results = append(found.Results, *p)
	}
	return found, nil
}

// ckanFacets counts the values of the facets asked for.
func ckanFacets(c ckanCall, found *ckan.Found, list []*ckan.Package) error {
	wanted, err := c.boolean("facet", true)
	if err != nil || !wanted {
		return err
	}
	fields, err := c.list("facet.field")
	if err != nil {
		return err
	}
	limit := 1 << 30
	if c.text("facet.limit") != "-1" {
		if limit, err = c.number("facet.limit", ckan.FacetLimit, limit); err != nil {
			return err
		}
	}
	least, err := c.number("facet.mincount", 1, 1<<30)
	if err != nil {
		return err
	}
	for _, field := range fields {
		if !slices.Contains(ckan.FacetFields, field) && !strings.HasPrefix(field, "extras_") {
			return ckanFault("facet.field", field)
		}
		counts := map[string]*ckan.FacetItem{}
		for _, p := range list {
			for _, v := range ckan.Values(p, field) {
				if counts[v] == nil {
					counts[v] = &ckan.FacetItem{Name: v, DisplayName: ckanLabel(p, field, v)}
				}
				counts[v].Count++
			}
		}
		var items []ckan.FacetItem
		for _, i := range counts {
			if i.Count >= least {
				items = append(items, *i)
			}
		}
		slices.SortFunc(items, func(a, b ckan.FacetItem) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name))
		})
		found.AddFacet(field, items[:min(limit, len(items))])
	}
	return nil
}

// ckanLabel is what people call a value of a facet.
func ckanLabel(p *ckan.Package, field, value string) string {
	switch field {
	case "organization", "owner_org":
		return p.Organization.Title
	case "license_id":
		return p.LicenseTitle
	case "groups":
		for _, g := range p.Groups {
			if g.Name == value {
				return g.DisplayName
			}
		}
	}
	return value
}

func (api *API) packageAutocomplete(c ckanCall) (any, error) {
	limit, err := c.number("limit", 10, 100)
	if err != nil {
		return nil, err
	}
	list, err := api.packages(c)
	if err != nil {
		return nil, err
	}
	cond, err := ckan.ParseCondition(`"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(c.text("q"))+`"`, api.o.Now())
	if err != nil {
		return nil, err
	}
	type match struct {
		Name  string `json:"name"`
		Title string `json:"title"`
		Field string `json:"match_field"`
		Shown string `json:"match_displayed"`
	}
	out := []match{}
	for _, p := range list {
		if len(out) < limit && cond.Score(p) >= ckan.TitleScore {
			out = append(out, match{p.Name, p.Title, "title", p.Title + " (" + p.Name + ")"})
		}
	}
	return out, nil
}

// counted are the values of a field of all packages, with how many have them.
func (api *API) counted(c ckanCall, field string) (names []string, counts map[string]int, err error) {
	list, err := api.packages(c)
	if err != nil {
		return nil, nil, err
	}
	counts = map[string]int{}
	for _, p := range list {
		for _, v := range ckan.Values(p, field) {
			if counts[v] == 0 {
				names = append(names, v)
			}
			counts[v]++
		}
	}
	slices.Sort(names)
	return names, counts, nil
}

func (api *API) formatAutocomplete(c ckanCall) (any, error) {
	limit, err := c.number("limit", 5, 100)
	if err != nil {
		return nil, err
	}
	names, _, err := api.counted(c, "res_format")
	out := []string{}
	for _, n := range names {
		if n = strings.ToLower(n); strings.Contains(n, strings.ToLower(c.text("q"))) && len(out) < limit {
			out = append(out, n)
		}
	}
	return out, err
}

func (api *API) tagList(c ckanCall) (any, error) {
	names, _, err := api.counted(c, "tags")
	if err != nil {
		return nil, err
	}
	if c.given("vocabulary_id") {
		return nil, errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	full, err := c.boolean("all_fields", false)
	if err != nil {
		return nil, err
	}
	plain, tags := []string{}, []ckan.Tag{}
	for _, n := range names {
		if strings.Contains(strings.ToLower(n), strings.ToLower(c.text("query"))) {
			plain, tags = append(plain, n), append(tags, ckan.NewTag(n))
		}
	}
	if full {
		return tags, nil
	}
	return plain, nil
}

func (api *API) licenseList(ckanCall) (any, error) {
	out := []ckan.License{}
	for _, l := range catalogue.Licences {
		conforms := map[bool]string{true: "approved", false: "not reviewed"}[l.Listed]
		out = append(out, ckan.License{ID: string(l.ID), Title: l.Name, URL: l.URL, Status: "active", OSDConformance: map[bool]string{true: "approved", false: "not reviewed"}[l.Software], ODConformance: conforms,
			DomainContent: !l.Software && l.Listed, DomainData: !l.Software && l.Listed, DomainSoftware: l.Software, IsGeneric: !l.Listed, IsOKDCompliant: l.Listed && !l.Software, IsOSICompliant: l.Software})
	}
	return out, nil
}

func (api *API) statusShow(c ckanCall) (any, error) {
	l := language(c.r)
	return ckan.Status{SiteTitle: api.o.Name, SiteDescription: i18n.T(l, "compat.ckan.site", map[string]any{"Name": api.o.Name}), SiteURL: api.link(""), LocaleDefault: string(i18n.French),
		Extensions: []string{"datastore"}, Version: ckan.CKANVersion}, nil
}

func (api *API) helpShow(c ckanCall) (any, error) {
	name := c.text("name")
	act, ok := api.ckanActions()[name]
	if !ok {
		return nil, errs.New(errs.NotFound, "compat.ckan.action", errs.Args{"Action": name}).WithHint("compat.ckan.action.hint")
	}
	l := language(c.r)
	text := i18n.T(l, act.help)
	if len(act.params) > 0 {
		text += "\n\n" + i18n.T(l, "compat.ckan.params", map[string]any{"List": strings.Join(act.params, ", ")})
	}
	return text, nil
}

// ckanPage leads from the address of a dataset in CKAN to its page.
func (api *API) ckanPage(w http.ResponseWriter, r *http.Request) error {
	e, err := api.find(r, r.PathValue("ref"))
	if err != nil {
		return err
	}
	return shell.Redirect(w, r, "/datasets/"+e.dataset.Slug)
}

// ckanDownload leads to what a resource holds. The extension of the name says which format a table
// is wanted in.
func (api *API) ckanDownload(w http.ResponseWriter, r *http.Request) error {
	e, err := api.find(r, r.PathValue("ref"))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(e.dataset.Resources, func(x catalogue.Resource) bool { return string(x.ID) == r.PathValue("id") })
	if at < 0 {
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	res := e.dataset.Resources[at]
	to := "/api/v1/resources/" + string(res.ID) + "/original"
	switch res.Kind {
	case catalogue.Link:
		to = res.URL
	case catalogue.Table:
		extension := "csv"
		if dot := strings.LastIndexByte(r.PathValue("file"), '.'); dot >= 0 {
			extension = r.PathValue("file")[dot+1:]
		}
		to = "/api/v1/resources/" + string(res.ID) + "/export." + url.PathEscape(extension)
	}
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}
