package compat_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// ogcSaid is what the requirements look at in an answer.
type ogcSaid struct {
	status int
	header http.Header
	body   string
	JSON   struct {
		ID       any
		Type     string
		Title    string
		ItemType string
		Links    []struct {
			Href, Rel, Type string
			Templated       bool
		}
		ConformsTo  []string
		CRS         any // a list, or one
		StorageCRS  string
		Collections []map[string]any
		Extent      struct {
			Spatial struct {
				BBox [][]float64
				CRS  string
			}
		}
		Features []struct {
			Type       string
			ID         int64
			Geometry   *struct{ Coordinates []float64 }
			Properties map[string]any
			Links      []any
		}
		Geometry                      *struct{ Coordinates []float64 }
		Properties                    map[string]any
		NumberMatched, NumberReturned int
		TimeStamp                     string
		OpenAPI                       string
		Paths                         map[string]any
		Schema                        string `json:"$schema"`
		Tilesets                      []any
		TileMatrices                  []any
	}
}

func (a ogcSaid) systems() (list []string) {
	all, _ := a.JSON.CRS.([]any)
	for _, crs := range all {
		list = append(list, fmt.Sprint(crs))
	}
	return list
}

func (a ogcSaid) link(rel, mediaType string) string {
	for _, l := range a.JSON.Links {
		if l.Rel == rel && (mediaType == "" || l.Type == mediaType) {
			return l.Href
		}
	}
	return ""
}

// TestOGC goes through the requirements of OGC API Features part 1 (17-069r4), part 2 (18-058r1), part 3 (19-079r2) and of
// OGC API Tiles (20-057) under their names.
func TestOGC(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		p := openPortal(t, db)
		get := func(t *testing.T, path string, header ...string) (a ogcSaid) {
			t.Helper()
			path = strings.TrimPrefix(path, "https://portail.example")
			res, body := p.ask(t, path, header...)
			a.status, a.header, a.body = res.StatusCode, res.Header, body
			if strings.Contains(res.Header.Get("Content-Type"), "json") {
				if err := json.Unmarshal([]byte(body), &a.JSON); err != nil {
					t.Fatalf("%s: %v in %s", path, err, body)
				}
			}
			return a
		}
		good := func(t *testing.T, path, mediaType string, header ...string) ogcSaid {
			t.Helper()
			a := get(t, path, header...)
			if kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";"); a.status != http.StatusOK || kind != mediaType {
				t.Fatalf("%s: %d %s %.300s", path, a.status, a.header.Get("Content-Type"), a.body)
			}
			return a
		}
		refused := func(t *testing.T, path string, status int) {
			t.Helper()
			if a := get(t, path); a.status != status {
				t.Errorf("%s: %d instead of %d", path, a.status, status)
			}
		}
		for _, suite := range []map[string]func(*testing.T){ogcCore(get, good, refused), ogcItems(good, refused), ogcSystems(good, refused), ogcMore(get, good, refused)} {
			for name, test := range suite {
				t.Run(name, test)
			}
		}
	})
}

const (
	ogcRoot = "/api/ogc"
	trees1  = ogcRoot + "/collections/arbres"
	jsonT   = "application/json"
	geoT    = "application/geo+json"
	crs84   = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
	epsg    = "http://www.opengis.net/def/crs/EPSG/0/"
)

type (
	getting  func(*testing.T, string, ...string) ogcSaid
	gooding  func(*testing.T, string, string, ...string) ogcSaid
	refusing func(*testing.T, string, int)
)

func ogcCore(get getting, good gooding, refused refusing) map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"/req/core/root-op": func(t *testing.T) { good(t, ogcRoot, jsonT); good(t, ogcRoot+"/", jsonT) },
		"/req/core/root-success": func(t *testing.T) {
			a := good(t, ogcRoot, jsonT)
			if a.link("service-desc", "")+a.link("service-doc", "") == "" || a.link("conformance", "") == "" || a.link("data", "") == "" || a.link("self", jsonT) == "" {
				t.Errorf("%+v", a.JSON.Links)
			}
			for _, l := range a.JSON.Links {
				if b := get(t, l.Href); b.status != http.StatusOK {
					t.Errorf("%s: %d", l.Href, b.status)
				}
			}
		},
		"/req/core/api-definition-op": func(t *testing.T) {
			good(t, good(t, ogcRoot, jsonT).link("service-desc", ""), "application/vnd.oai.openapi+json")
		},
		"/req/core/api-definition-success": func(t *testing.T) {
			a := good(t, ogcRoot+"/api", "application/vnd.oai.openapi+json")
			if !strings.HasPrefix(a.JSON.OpenAPI, "3.0") {
				t.Errorf("OpenAPI %q", a.JSON.OpenAPI)
			}
			for _, path := range []string{"/", "/conformance", "/collections", "/collections/{collectionId}", "/collections/{collectionId}/items", "/collections/{collectionId}/items/{featureId}"} {
				if a.JSON.Paths[path] == nil {
					t.Errorf("%s is not described", path)
				}
			}
		},
		"/req/core/conformance-op": func(t *testing.T) { good(t, ogcRoot+"/conformance", jsonT) },
		"/req/core/conformance-success": func(t *testing.T) {
			a := good(t, ogcRoot+"/conformance", jsonT)
			for _, class := range []string{"ogcapi-features-1/1.0/conf/core", "ogcapi-features-1/1.0/conf/oas30", "ogcapi-features-1/1.0/conf/geojson", "ogcapi-features-1/1.0/conf/html", "ogcapi-features-2/1.0/conf/crs"} {
				if !slices.Contains(a.JSON.ConformsTo, "http://www.opengis.net/spec/"+class) {
					t.Errorf("%s is not there", class)
				}
			}
		},
		"/req/core/http": func(t *testing.T) {
			if a := get(t, ogcRoot+"/nothing"); a.status != http.StatusNotFound {
				t.Errorf("%d", a.status)
			}
		},
		"/req/core/query-param-unknown": func(t *testing.T) {
			for _, path := range []string{"", "/conformance", "/collections", "/collections/arbres", "/collections/arbres/items", "/collections/arbres/items/1", "/collections/arbres/queryables"} {
				refused(t, ogcRoot+path+"?unknownQueryParameter=1", http.StatusBadRequest)
			}
		},
		"/req/core/query-param-invalid": func(t *testing.T) {
			for _, q := range []string{"limit=abc", "limit=-1", "bbox=a,b,c,d", "datetime=demain", "offset=-1", "hauteur=haut", "f=pdf"} {
				refused(t, trees1+"/items?"+q, http.StatusBadRequest)
			}
		},
		"/req/core/fc-md-op": func(t *testing.T) { good(t, ogcRoot+"/collections", jsonT) },
		"/req/core/fc-md-links": func(t *testing.T) {
			a := good(t, ogcRoot+"/collections", jsonT)
			if a.link("self", jsonT) == "" || a.link("alternate", "text/html") == "" {
				t.Errorf("%+v", a.JSON.Links)
			}
		},
		"/req/core/fc-md-items": func(t *testing.T) {
			if a := good(t, ogcRoot+"/collections", jsonT); len(a.JSON.Collections) != 2 || a.JSON.Collections[0]["id"] != "arbres" || a.JSON.Collections[1]["id"] != "plan" {
				t.Errorf("%v", a.JSON.Collections)
			}
		},
		"/req/core/fc-md-items-links": func(t *testing.T) {
			a := good(t, trees1, jsonT)
			if href := a.link("items", geoT); href == "" {
				t.Error("no link to the items")
			} else {
				good(t, href, geoT)
			}
		},
		"/req/core/fc-md-extent": func(t *testing.T) {
			x := good(t, trees1, jsonT).JSON.Extent.Spatial
			if len(x.BBox) != 1 || len(x.BBox[0]) != 4 || x.CRS != crs84 || math.Abs(x.BBox[0][0]-1.3267) > 1e-6 || math.Abs(x.BBox[0][3]-43.5046) > 1e-6 {
				t.Errorf("%+v", x)
			}
		},
		"/req/core/sfc-md-op": func(t *testing.T) {
			good(t, trees1, jsonT)
			refused(t, ogcRoot+"/collections/none", http.StatusNotFound)
		},
		"/req/core/sfc-md-success": func(t *testing.T) {
			var one map[string]any
			if err := json.Unmarshal([]byte(good(t, trees1, jsonT).body), &one); err != nil {
				t.Fatal(err)
			}
			listed := good(t, ogcRoot+"/collections", jsonT).JSON.Collections[0]
			for _, name := range []string{"id", "title", "description", "extent"} {
				if fmt.Sprint(one[name]) != fmt.Sprint(listed[name]) {
					t.Errorf("%s: %v in the list, %v alone", name, listed[name], one[name])
				}
			}
		},
	}
}

func ogcItems(good gooding, refused refusing) map[string]func(*testing.T) {
	count := func(t *testing.T, question string) int {
		t.Helper()
		a := good(t, trees1+"/items"+question, geoT)
		if a.JSON.NumberReturned != len(a.JSON.Features) {
			t.Errorf("%s: %d features, numberReturned %d", question, len(a.JSON.Features), a.JSON.NumberReturned)
		}
		return a.JSON.NumberMatched
	}
	number := func(question string, want int) func(*testing.T) {
		return func(t *testing.T) {
			if n := count(t, question); n != want {
				t.Errorf("%s: %d instead of %d", question, n, want)
			}
		}
	}
	return map[string]func(*testing.T){
		"/req/core/fc-op":               number("", 3),
		"/req/core/fc-limit-definition": func(t *testing.T) { refused(t, trees1+"/items?limit=0", http.StatusBadRequest) },
		"/req/core/fc-limit-response-1": func(t *testing.T) {
			for question, want := range map[string]int{"?limit=1": 1, "?limit=1000000": 3, "": 3} {
				if a := good(t, trees1+"/items"+question, geoT); len(a.JSON.Features) != want {
					t.Errorf("%s: %d features", question, len(a.JSON.Features))
				}
			}
		},
		"/req/core/fc-bbox-definition": func(t *testing.T) {
			for _, box := range []string{"1,2,3", "1,2,3,4,5", "1,4,3,2", ""} {
				refused(t, trees1+"/items?bbox="+box, http.StatusBadRequest)
			}
		},
		"/req/core/fc-bbox-response":      number("?bbox=1.35,43.5,1.37,43.51", 2), // the tree without place, too
		"/req/core/fc-bbox-response/six":  number("?bbox=1.35,43.5,0,1.37,43.51,100", 2),
		"/req/core/fc-bbox-response/void": number("?bbox=10,10,11,11", 1),
		"/req/core/fc-time-definition": func(t *testing.T) {
			for _, at := range []string{"2025", "2025-01-31T00:00:00Z/2024-01-31T00:00:00Z", "/", "2025-13-01T00:00:00Z"} {
				refused(t, trees1+"/items?datetime="+url.QueryEscape(at), http.StatusBadRequest)
			}
		},
		"/req/core/fc-time-response": number("?datetime=2025-01-31T00:00:00Z/..", 3), // trees have no date: all of them
		"/rec/core/fc-filters":       number("?essence=Tilleul", 1),
		"/req/core/fc-response": func(t *testing.T) {
			a := good(t, trees1+"/items", geoT)
			if a.JSON.Type != "FeatureCollection" || a.JSON.Features[0].Type != "Feature" || a.JSON.Features[0].Properties["essence"] != "Platane" || a.JSON.Features[2].Geometry != nil {
				t.Error(a.body)
			}
		},
		"/req/core/fc-links": func(t *testing.T) {
			a := good(t, trees1+"/items?limit=2", geoT)
			if a.link("self", geoT) == "" || a.link("alternate", "text/html") == "" || a.link("next", geoT) == "" {
				t.Errorf("%+v", a.JSON.Links)
			}
			seen := map[int64]bool{}
			for next := trees1 + "/items?limit=1"; next != ""; {
				page := good(t, next, geoT)
				for _, f := range page.JSON.Features {
					if seen[f.ID] {
						t.Errorf("%d comes twice", f.ID)
					}
					seen[f.ID] = true
				}
				next = page.link("next", geoT)
			}
			if len(seen) != 3 {
				t.Errorf("%d features by the links", len(seen))
			}
		},
		"/req/core/fc-rel-type": func(t *testing.T) {
			for _, l := range good(t, trees1+"/items?limit=2", geoT).JSON.Links {
				if l.Type == "" {
					t.Errorf("%s has no type", l.Rel)
				}
			}
		},
		"/req/core/fc-timeStamp": func(t *testing.T) {
			if at := good(t, trees1+"/items", geoT).JSON.TimeStamp; at == "" {
				t.Error("no timeStamp")
			} else if _, err := time.Parse(time.RFC3339, at); err != nil {
				t.Error(err)
			}
		},
		"/req/core/fc-numberMatched":  number("?limit=1", 3),
		"/req/core/fc-numberReturned": number("?limit=2", 3),
		"/req/core/f-op": func(t *testing.T) {
			good(t, trees1+"/items/1", geoT)
			refused(t, trees1+"/items/4", http.StatusNotFound)
			refused(t, trees1+"/items/x", http.StatusNotFound)
		},
		"/req/core/f-success": func(t *testing.T) {
			a := good(t, trees1+"/items/2", geoT)
			if a.JSON.Type != "Feature" || a.JSON.ID != 2.0 || a.JSON.Properties["essence"] != "Tilleul" {
				t.Error(a.body)
			}
		},
		"/req/core/f-links": func(t *testing.T) {
			a := good(t, trees1+"/items/2", geoT)
			if a.link("self", geoT) == "" || a.link("alternate", "text/html") == "" || a.link("collection", jsonT) == "" {
				t.Errorf("%+v", a.JSON.Links)
			}
			good(t, a.link("collection", ""), jsonT)
		},
		"/req/geojson/content": func(t *testing.T) {
			for _, f := range good(t, trees1+"/items", geoT).JSON.Features {
				if f.Type != "Feature" || f.ID == 0 {
					t.Errorf("%+v", f)
				}
			}
		},
		"/req/geojson/definition": func(t *testing.T) {
			good(t, trees1+"/items", geoT, "Accept", "application/geo+json")
			good(t, trees1, jsonT, "Accept", "application/json")
		},
		"/req/html/definition": func(t *testing.T) {
			for _, path := range []string{ogcRoot, ogcRoot + "/api", ogcRoot + "/conformance", ogcRoot + "/collections", trees1, trees1 + "/queryables", trees1 + "/items", trees1 + "/items/1", trees1 + "/tiles"} {
				good(t, path, "text/html", "Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
				good(t, path+"?f=html", "text/html")
				good(t, path+"?f=html", "text/html", "Accept", "application/json")
			}
		},
		"/req/html/content": func(t *testing.T) {
			if a := good(t, trees1+"/items?f=html", "text/html"); !strings.Contains(a.body, "Tilleul") || !strings.Contains(a.body, "12.5") {
				t.Error(a.body)
			}
		},
	}
}

func ogcSystems(good gooding, refused refusing) map[string]func(*testing.T) {
	at := func(t *testing.T, path string, x, y, tolerance float64) {
		t.Helper()
		a := good(t, path, geoT)
		place := a.JSON.Geometry
		if len(a.JSON.Features) > 0 {
			place = a.JSON.Features[0].Geometry
		}
		if place == nil || math.Abs(place.Coordinates[0]-x) > tolerance || math.Abs(place.Coordinates[1]-y) > tolerance {
			t.Errorf("%s: %+v instead of %v, %v", path, place, x, y)
		}
	}
	return map[string]func(*testing.T){
		"/req/crs/crs-uri": func(t *testing.T) {
			for _, crs := range good(t, trees1, jsonT).systems() {
				if !strings.HasPrefix(crs, "http://www.opengis.net/def/crs/") {
					t.Error(crs)
				}
			}
		},
		"/req/crs/fc-md-crs-list": func(t *testing.T) {
			list := good(t, trees1, jsonT).systems()
			for _, crs := range []string{crs84, epsg + "4326", epsg + "3857", epsg + "2154"} {
				if !slices.Contains(list, crs) {
					t.Errorf("%s is not among %v", crs, list)
				}
			}
		},
		"/req/crs/fc-md-storageCrs": func(t *testing.T) {
			if crs := good(t, trees1, jsonT).JSON.StorageCRS; crs != crs84 {
				t.Error(crs)
			}
		},
		"/req/crs/fc-md-crs-list-global": func(t *testing.T) {
			if list := good(t, ogcRoot+"/collections", jsonT).systems(); len(list) == 0 || list[0] != crs84 {
				t.Error(list)
			}
		},
		"/req/crs/fc-bbox-crs-definition":  func(t *testing.T) { good(t, trees1+"/items?bbox=43.5,1.35,43.51,1.37&bbox-crs="+epsg+"4326", geoT) },
		"/req/crs/fc-bbox-crs-valid-value": func(t *testing.T) { refused(t, trees1+"/items?bbox=1,2,3,4&bbox-crs="+epsg+"0", http.StatusBadRequest) },
		"/req/crs/fc-bbox-crs-action": func(t *testing.T) {
			for _, q := range []string{"bbox=43.5,1.35,43.51,1.37&bbox-crs=" + epsg + "4326", "bbox=151000,5386000,152000,5390000&bbox-crs=" + epsg + "3857"} {
				if a := good(t, trees1+"/items?"+q, geoT); a.JSON.NumberMatched != 2 {
					t.Errorf("%s: %d", q, a.JSON.NumberMatched)
				}
			}
		},
		"/req/crs/fc-crs-definition": func(t *testing.T) { at(t, trees1+"/items?crs="+epsg+"4326&limit=1", 43.5046, 1.3601, 1e-7) },
		"/req/crs/fc-crs-valid-value": func(t *testing.T) {
			refused(t, trees1+"/items?crs=lambert", http.StatusBadRequest)
			refused(t, trees1+"/items/1?crs=lambert", http.StatusBadRequest)
		},
		"/req/crs/fc-crs-action": func(t *testing.T) {
			// Computed apart, with the formulas of EPSG guidance note 7-2.
			at(t, trees1+"/items/1?crs="+epsg+"3857", 151405.639, 5389095.238, 0.002)
			at(t, trees1+"/items/1?crs="+epsg+"2154", 567336.045, 6268657.311, 0.002)
			at(t, trees1+"/items/1?crs="+epsg+"4326", 43.5046, 1.3601, 1e-7)
			at(t, trees1+"/items/1", 1.3601, 43.5046, 1e-7)
		},
		"/req/crs/fc-crs-default-value": func(t *testing.T) { at(t, trees1+"/items?limit=1", 1.3601, 43.5046, 1e-7) },
		"/req/crs/ogc-crs-header": func(t *testing.T) {
			for path, crs := range map[string]string{trees1 + "/items": crs84, trees1 + "/items?crs=" + epsg + "2154": epsg + "2154", trees1 + "/items/1?crs=" + epsg + "4326": epsg + "4326"} {
				if got := good(t, path, geoT).header.Get("Content-Crs"); got != "<"+crs+">" {
					t.Errorf("%s: %s", path, got)
				}
			}
		},
	}
}

func ogcMore(get getting, good gooding, refused refusing) map[string]func(*testing.T) {
	found := func(question string, want int) func(*testing.T) {
		return func(t *testing.T) {
			if n := good(t, trees1+"/items?"+question, geoT).JSON.NumberMatched; n != want {
				t.Errorf("%s: %d instead of %d", question, n, want)
			}
		}
	}
	filter := func(text string) string { return "filter=" + url.QueryEscape(text) }
	return map[string]func(*testing.T){
		"/req/queryables/get-queryables-op": func(t *testing.T) { good(t, trees1+"/queryables", "application/schema+json") },
		"/req/queryables/get-queryables-response": func(t *testing.T) {
			a := good(t, trees1+"/queryables", "application/schema+json")
			if a.JSON.Schema == "" || a.JSON.Properties["essence"] == nil || a.JSON.Properties["hauteur"] == nil {
				t.Error(a.body)
			}
		},
		"/req/queryables/queryables-link": func(t *testing.T) {
			good(t, good(t, trees1, jsonT).link("http://www.opengis.net/def/rel/ogc/1.0/queryables", ""), "application/schema+json")
		},
		"/req/filter/filter-param":              found(filter("hauteur > 10"), 2),
		"/req/filter/mixing-expressions":        found("essence=Platane&"+filter("hauteur > 10"), 1),
		"/req/filter/filter-lang-param":         found("filter-lang=cql2-json&"+filter(`{"op":"=","args":[{"property":"essence"},"Tilleul"]}`), 1),
		"/req/filter/filter-crs-wgs84":          found(filter("S_INTERSECTS(geometry, BBOX(1.35, 43.5, 1.37, 43.51))"), 1),
		"/req/filter/filter-crs-param":          found("filter-crs="+epsg+"4326&"+filter("S_INTERSECTS(geometry, BBOX(43.5, 1.35, 43.51, 1.37))"), 1),
		"/req/filter/filter-crs-param/lambert":  found("filter-crs="+epsg+"2154&"+filter("S_INTERSECTS(geometry, BBOX(567000, 6268000, 568000, 6269500))"), 1),
		"/req/filter/response":                  func(t *testing.T) { refused(t, trees1+"/items?"+filter("hauteur >"), http.StatusBadRequest) },
		"/req/features-filter/unknown-property": func(t *testing.T) { refused(t, trees1+"/items?"+filter("couleur = 'vert'"), http.StatusBadRequest) },
		"/req/basic-cql2/cql2-filter":           found(filter("essence LIKE 'Pla%' OR (hauteur BETWEEN 7 AND 9 AND NOT essence IS NULL)"), 2),
		"ogcapi-tiles-1/req/core/tc-op": func(t *testing.T) {
			a := get(t, trees1+"/tiles/WebMercatorQuad/6/23/32")
			if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/vnd.mapbox-vector-tile" || len(a.body) == 0 {
				t.Errorf("%d %s %d bytes", a.status, a.header.Get("Content-Type"), len(a.body))
			}
		},
		"ogcapi-tiles-1/req/core/tc-error": func(t *testing.T) {
			refused(t, trees1+"/tiles/WebMercatorQuad/1/9/9", http.StatusBadRequest)
			refused(t, trees1+"/tiles/Other/1/0/0", http.StatusNotFound)
			refused(t, ogcRoot+"/collections/bancs-internes/tiles/WebMercatorQuad/0/0/0", http.StatusNotFound)
		},
		"ogcapi-tiles-1/req/tileset/description": func(t *testing.T) {
			a := good(t, trees1+"/tiles/WebMercatorQuad", jsonT)
			for _, l := range a.JSON.Links {
				if l.Rel == "item" {
					if !l.Templated {
						t.Error("the link to tiles is not templated")
					}
					tile := strings.NewReplacer("{tileMatrix}", "6", "{tileRow}", "23", "{tileCol}", "32").Replace(l.Href)
					good(t, tile, "application/vnd.mapbox-vector-tile")
					return
				}
			}
			t.Error("no link to tiles")
		},
		"ogcapi-tiles-1/req/tilesets-list/success": func(t *testing.T) {
			if a := good(t, good(t, trees1, jsonT).link("http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", ""), jsonT); len(a.JSON.Tilesets) != 1 {
				t.Error(a.body)
			}
		},
		"tms/req/tilematrixset": func(t *testing.T) {
			good(t, ogcRoot+"/tileMatrixSets", jsonT)
			if a := good(t, ogcRoot+"/tileMatrixSets/WebMercatorQuad", jsonT); len(a.JSON.TileMatrices) < 20 {
				t.Error(a.body)
			}
		},
	}
}
