package compat

import (
	"net/http"
	"strconv"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/interop/datapackage"
	"socle/internal/web/shell"
)

// packageRoutes are those of data packages.
func (api *API) packageRoutes() []shell.Route {
	read := shell.Anyone.With(httpx.CORS(), httpx.WithRenderer(httpx.JSONRenderer), api.o.Limit)
	return []shell.Route{
		{Pattern: "GET /datasets/{slug}/datapackage.json", Who: read, Handler: api.dataPackage},
		{Pattern: "GET /dataset/{slug}/datapackage.json", Who: read, Handler: api.dataPackage},
	}
}

// dataPackage describes a dataset for programs: its tables with their schemas, its files, its links.
func (api *API) dataPackage(w http.ResponseWriter, r *http.Request) error {
	e, err := api.find(r, r.PathValue("slug"))
	if err != nil {
		return err
	}
	d := e.dataset
	if d.State == catalogue.Withdrawn || len(d.Resources) == 0 {
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	if fresh(w, r, string(d.ID), d.ModifiedAt.UTC().Format(time.RFC3339Nano), strconv.Itoa(d.Revision)) {
		return nil
	}
	p := datapackage.Package{Name: d.Slug, ID: api.link("/datasets/" + d.Slug), Title: d.Title, Description: d.Description, Homepage: api.link("/datasets/" + d.Slug), Created: d.CreatedAt.UTC().Format(time.RFC3339),
		Keywords: d.Keywords, Contributors: []datapackage.Contributor{{Title: e.organisation.Name, Path: e.organisation.Website, Email: d.Contact.Email, Roles: []string{"publisher"}}}}
	if l, ok := catalogue.FindLicence(d.Licence); ok && l.ID != catalogue.NotSpecified {
		p.Licenses = []datapackage.License{{Name: string(l.ID), Title: l.Name, Path: l.URL}}
	}
	if e.table != nil {
		p.Version = strconv.Itoa(e.table.version.Number) + ".0.0"
	}
	for _, res := range d.Resources {
		p.Resources = append(p.Resources, api.packaged(d, res))
	}
	body, err := p.JSON()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return httpx.WriteBytes(w, r, http.StatusOK, body)
}

// packaged is a resource of a data package: a table is its rows in CSV.
func (api *API) packaged(d catalogue.Dataset, res catalogue.Resource) datapackage.Resource {
	at := api.link("/api/v1/resources/" + string(res.ID))
	out := datapackage.Resource{Name: d.Slug, Title: res.Title, Description: res.Description, Format: res.Format, MediaType: res.MediaType}
	switch {
	case res.Kind == catalogue.Link:
		out.Path = res.URL
	case res.Kind == catalogue.Table && res.Current != nil:
		return datapackage.Table(d.Slug, at+"/export.csv", res.Title, res.Description, res.Current.Columns)
	default:
		out.Path = at + "/original"
		if res.Current != nil {
			bytes := res.Current.Original.Bytes
			out.Bytes, out.Hash = &bytes, "sha256:"+res.Current.Original.Blob
		}
	}
	return out
}
