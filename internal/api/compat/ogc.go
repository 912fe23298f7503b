package compat

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/interop/explore"
	"socle/internal/interop/ogc"
	"socle/internal/query"
	"socle/internal/tables/tile"
	"socle/internal/tabular"
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

// ogcAnswer gives faults of a request the status 400.
func ogcAnswer(h httpx.HandlerFunc) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Add("Vary", "Accept")
		err := h(w, r)
		if errs.Is(err, errs.Invalid) {
			return httpx.WithStatus(err, http.StatusBadRequest)
		}
		return err
	}
}

// ogcFailure shows failures as RFC 7807 says.
func ogcFailure(w http.ResponseWriter, r *http.Request, f httpx.Failure) {
	body, err := json.Marshal(ogc.Exception{Title: http.StatusText(f.Status), Status: f.Status, Detail: said(r, f.Error)})
	if err != nil {
		body = []byte("{}") // texts only
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(f.Status)
	_, _ = w.Write(append(body, '\n'))
}

// wantsHTML: f=html, or a browser that asks without f.
func wantsHTML(r *http.Request) (bool, error) {
	switch f := r.URL.Query().Get("f"); f {
	case "html":
		return true, nil
	case "json", "geojson":
		return false, nil
	case "":
		return strings.HasPrefix(r.Header.Get("Accept"), "text/html"), nil
	default:
		return false, badParameter("f", f)
	}
}

// ogcGive answers with JSON, or with a page of the same.
func (api *API) ogcGive(w http.ResponseWriter, r *http.Request, mediaType string, v any, page func() ogcView) error {
	html, err := wantsHTML(r)
	if err != nil {
		return err
	}
	if html {
		return page().show(w, r)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", mediaType)
	return httpx.WriteBytes(w, r, http.StatusOK, b.Bytes())
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
	html, err := wantsHTML(r)
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

// located is a table that has places.
type located struct {
	entry
	place  tile.Place
	ask    query.Located
	fields []tabular.Field
}

// locate finds the places of the table of an entry.
func locate(e entry) (l located, ok bool) {
	if e.table == nil {
		return l, false
	}
	l = located{entry: e, fields: e.table.Snapshot.Fields}
	if l.place, ok = tile.Find(l.fields); !ok {
		return l, false
	}
	if l.place.Column >= 0 {
		l.ask.Geometry = l.fields[l.place.Column].Name
	} else {
		for _, at := range l.place.Columns() {
			if k := l.fields[at].Kind; k != tabular.Int && k != tabular.Float {
				return l, false
			}
		}
		l.ask.Lon, l.ask.Lat = l.fields[l.place.Lon].Name, l.fields[l.place.Lat].Name
	}
	for _, f := range l.fields {
		if f.Kind == tabular.Date || f.Kind == tabular.Timestamp {
			l.ask.At = f.Name
			break
		}
	}
	return l, true
}

// ogcFind is the collection of a request.
func (api *API) ogcFind(r *http.Request) (located, error) {
	e, err := api.find(r, r.PathValue("id"))
	if err != nil {
		return located{}, err
	}
	l, ok := locate(e)
	if !ok || e.dataset.State == catalogue.Withdrawn {
		return l, errs.New(errs.NotFound, "compat.ogc.nowhere").WithHint("compat.ogc.nowhere.hint")
	}
	return l, nil
}

// extents keeps where the rows of versions are, which never changes.
type extents struct {
	mu    sync.Mutex
	known map[catalogue.VersionID]*orb.Bound
}

// Limits of extents: how many are kept, and how long a list of collections waits for those that
// are not known yet.
const (
	mostExtents = 10_000
	extentWait  = 2 * time.Second
)

// extent is where the rows of a collection are; nil when none has a place.
func (api *API) extent(r *http.Request, l located) (*orb.Bound, error) {
	x := &api.extents
	x.mu.Lock()
	box, ok := x.known[l.table.version.ID]
	x.mu.Unlock()
	if ok {
		return box, nil
	}
	found, err := api.o.Engine.Extent(client(r), l.table.Snapshot)
	if err != nil {
		return nil, err
	}
	if b := found.Bounds; found.Rows > 0 {
		box = &orb.Bound{Min: orb.Point{micro(b[0], math.Floor), micro(b[1], math.Floor)}, Max: orb.Point{micro(b[2], math.Ceil), micro(b[3], math.Ceil)}}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.known == nil || len(x.known) >= mostExtents {
		x.known = map[catalogue.VersionID]*orb.Bound{}
	}
	x.known[l.table.version.ID] = box
	return box, nil
}

// micro cuts a number after its sixth decimal.
func micro(n float64, cut func(float64) float64) float64 { return cut(n*1e6) / 1e6 }

func (api *API) ogcCollections(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	list, err := api.published(r.Context())
	if err != nil {
		return err
	}
	var all []ogc.Collection
	until := api.o.Now().Add(extentWait)
	for _, set := range list {
		for _, e := range set.each() {
			l, ok := locate(e)
			if !ok {
				continue
			}
			var box *orb.Bound
			if api.o.Now().Before(until) {
				if box, err = api.extent(r, l); err != nil && !errs.Is(err, errs.Busy) {
					return err
				}
			}
			all = append(all, api.ogcDescribe(l, box))
		}
	}
	v := ogc.NewCollections(api.ogcBase(), all)
	return api.ogcGive(w, r, ogc.JSON, v, func() ogcView {
		page := ogcView{title: i18n.T(language(r), "compat.ogc.collections"), links: v.Links}
		for _, c := range v.Collections {
			page.parts = append(page.parts, ogcPart{c.Title, c.Links[1].Href, c.Description})
		}
		return page
	})
}

func (api *API) ogcDescribe(l located, box *orb.Bound) ogc.Collection {
	c := ogc.NewCollection(api.ogcBase(), l.id(), l.title(), l.dataset.Description, box, nil)
	c.Links = append(c.Links, ogc.Link{Href: api.link("/datasets/" + l.dataset.Slug), Rel: "describedby", Type: ogc.HTML, Title: l.dataset.Title})
	if licence, ok := catalogue.FindLicence(l.dataset.Licence); ok && licence.URL != "" {
		c.Links = append(c.Links, ogc.Link{Href: licence.URL, Rel: "license", Type: ogc.HTML, Title: licence.Name})
	}
	return c
}

func (api *API) ogcCollection(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	l, err := api.ogcFind(r)
	if err != nil {
		return err
	}
	box, err := api.extent(r, l)
	if err != nil {
		return err
	}
	v := api.ogcDescribe(l, box)
	return api.ogcGive(w, r, ogc.JSON, v, func() ogcView {
		page := ogcView{title: v.Title, lead: v.Description, links: v.Links, crumbs: l.crumbs(r)}
		if box != nil {
			page.facts = append(page.facts, [2]string{"bbox", pairs(v.Extent.Spatial.BBox[0])})
		}
		page.facts = append(page.facts, [2]string{"id", v.ID}, [2]string{"itemType", v.ItemType}, [2]string{"storageCrs", v.StorageCRS}, [2]string{"crs", strings.Join(v.CRS, ", ")})
		return page
	})
}

func (api *API) ogcQueryables(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	l, err := api.ogcFind(r)
	if err != nil {
		return err
	}
	v := ogc.Queryables(api.ogcBase(), l.id(), l.title(), l.table.Columns)
	return api.ogcGive(w, r, ogc.JSONSchema, v, func() ogcView {
		page := ogcView{title: i18n.T(language(r), "compat.ogc.queryables", map[string]any{"Title": l.title()}), crumbs: l.crumbs(r), head: []string{"name", "title", "type"}}
		for i, c := range l.table.Columns {
			page.rows = append(page.rows, []string{c.Name, c.Label(), explore.Type(l.fields[i])})
		}
		return page
	})
}

// ogcSet refuses tile matrix sets other than the one.
func ogcSet(r *http.Request) error {
	if r.PathValue("set") != ogc.Quad {
		return errs.New(errs.NotFound, "compat.ogc.matrix-set", errs.Args{"Set": ogc.Quad}).WithHint("compat.ogc.matrix-set.hint")
	}
	return nil
}

func (api *API) tileset(r *http.Request) (l located, t ogc.Tileset, err error) {
	if err := knownOnly(r, "f"); err != nil {
		return l, t, err
	}
	if l, err = api.ogcFind(r); err != nil {
		return l, t, err
	}
	box, err := api.extent(r, l)
	if err != nil {
		return l, t, err
	}
	var corners *[4]float64
	if box != nil {
		corners = &[4]float64{box.Min[0], box.Min[1], box.Max[0], box.Max[1]}
	}
	return l, ogc.NewTileset(api.ogcBase(), l.id(), l.title(), corners, []string{tile.RowsLayer, tile.ClustersLayer}), nil
}

func (api *API) ogcTilesets(w http.ResponseWriter, r *http.Request) error {
	l, t, err := api.tileset(r)
	if err != nil {
		return err
	}
	return api.ogcGive(w, r, ogc.JSON, ogc.NewTilesets(api.ogcBase(), l.id(), t), func() ogcView { return ogcView{title: t.Title, links: t.Links, crumbs: l.crumbs(r)} })
}

func (api *API) ogcTileset(w http.ResponseWriter, r *http.Request) error {
	if err := ogcSet(r); err != nil {
		return err
	}
	l, t, err := api.tileset(r)
	if err != nil {
		return err
	}
	return api.ogcGive(w, r, ogc.JSON, t, func() ogcView { return ogcView{title: t.Title, links: t.Links, crumbs: l.crumbs(r)} })
}

func (api *API) ogcTile(w http.ResponseWriter, r *http.Request) error {
	if err := ogcSet(r); err != nil {
		return err
	}
	if err := knownOnly(r); err != nil {
		return err
	}
	a, err := tile.ParseAddress(r.PathValue("z"), r.PathValue("col"), r.PathValue("row"))
	if err != nil {
		return err
	}
	l, err := api.ogcFind(r)
	if err != nil {
		return err
	}
	if fresh(w, r, tile.Version, string(l.table.version.ID)) {
		return nil
	}
	data, err := api.o.Engine.Tile(client(r), l.table.Snapshot, query.Query{}, a)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", ogc.MVT)
	return httpx.WriteBytes(w, r, http.StatusOK, data)
}

func (api *API) ogcMatrixSets(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	v := ogc.NewMatrixSets(api.ogcBase())
	return api.ogcGive(w, r, ogc.JSON, v, func() ogcView { return ogcView{title: ogc.Quad, links: v.Sets[0].Links} })
}

func (api *API) ogcMatrixSet(w http.ResponseWriter, r *http.Request) error {
	if err := ogcSet(r); err != nil {
		return err
	}
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	v := ogc.QuadSet(tile.MaxZoom)
	return api.ogcGive(w, r, ogc.JSON, v, func() ogcView {
		return ogcView{title: v.Title, links: slices.Clone(v.Links), facts: [][2]string{{"id", v.ID}, {"uri", v.URI}, {"crs", v.CRS}}}
	})
}
