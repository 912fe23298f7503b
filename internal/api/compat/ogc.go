package compat

import (
	"bytes"
	"encoding/json"
	"net/http"

	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/interop/ogc"
	"socle/internal/web/shell"
)

const ogcPath = "/api/ogc"

// ogcRoutes are those of OGC API Features and Tiles.
func (api *API) ogcRoutes() []shell.Route {
	read := shell.Anyone.With(httpx.CORS(), httpx.WithRenderer(ogcFailure), api.o.Limit)
	get := func(path string, h httpx.HandlerFunc) shell.Route {
		return shell.Route{Pattern: "GET " + ogcPath + path, Who: read, Handler: ogcAnswer(h)}
	}
	return []shell.Route{
		get("", api.ogcLanding),
		get("/{$}", api.ogcLanding),
		get("/api", api.ogcDocument),
		get("/conformance", api.ogcConformance),
		get("/collections", api.ogcCollections),
		get("/collections/{id}", api.ogcCollection),
		get("/collections/{id}/queryables", api.ogcQueryables),
		get("/collections/{id}/items", api.ogcItems),
		get("/collections/{id}/items/{feature}", api.ogcItem),
		get("/collections/{id}/tiles", api.ogcTilesets),
		get("/collections/{id}/tiles/{set}", api.ogcTileset),
		get("/collections/{id}/tiles/{set}/{z}/{row}/{col}", api.ogcTile),
		get("/tileMatrixSets", api.ogcMatrixSets),
		get("/tileMatrixSets/{set}", api.ogcMatrixSet),
	}
}

func (api *API) ogcBase() string { return api.link(ogcPath) }

func (api *API) ogcLanding(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	l := language(r)
	v := ogc.NewLanding(api.ogcBase(), api.o.Name, i18n.T(l, "compat.ogc.lead", map[string]any{"Name": api.o.Name}))
	return api.ogcGive(w, r, ogc.JSON, v, func() ogcView { return ogcView{title: v.Title, lead: v.Description, links: v.Links} })
}

func (api *API) ogcDocument(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	doc, err := ogc.OpenAPIDocument(api.ogcBase(), api.o.Name, api.o.Version)
	if err != nil {
		return err
	}
	html, err := wantsHTML(r, ogc.OpenAPI)
	if err != nil {
		return err
	}
	if html {
		var b bytes.Buffer
		if err := json.Indent(&b, doc, "", "  "); err != nil {
			return err
		}
		return ogcView{title: i18n.T(language(r), "compat.ogc.document"), lead: i18n.T(language(r), "compat.ogc.document-lead"), code: b.String()}.show(w, r)
	}
	w.Header().Set("Content-Type", ogc.OpenAPI)
	return httpx.WriteBytes(w, r, http.StatusOK, doc)
}

func (api *API) ogcConformance(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	v := ogc.Conforms()
	return api.ogcGive(w, r, ogc.JSON, v, func() ogcView {
		page := ogcView{title: i18n.T(language(r), "compat.ogc.conformance")}
		for _, c := range v.ConformsTo {
			page.links = append(page.links, ogc.Link{Href: c, Title: c})
		}
		return page
	})
}
