package ogc_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"socle/internal/interop/ogc"
	"socle/internal/query"
	"socle/internal/tabular"
)

const base = "https://portail.example/api/ogc"

var fields = []tabular.Field{{Name: "nom"}, {Name: "lieu", Geometry: "geojson"}, {Name: "places", Kind: tabular.Int}}

func cells(place string) [][]byte {
	c := [][]byte{[]byte("Banc"), nil, []byte("3")}
	if place != "" {
		c[1] = []byte(place)
	}
	return c
}

func feature(t *testing.T, number int64, place, system string) ogc.Feature {
	t.Helper()
	crs, ok := query.SystemOf(system)
	if !ok {
		t.Fatal(system)
	}
	g, _ := query.GeometryOf("geojson", []byte(place))
	return ogc.NewFeature(number, fields, cells(place), g, []int{1}, crs)
}

func TestRoot(t *testing.T) {
	golden(t, "landing.json", ogc.NewLanding(base, "Portail", "Données"))
	golden(t, "conformance.json", ogc.Conforms())
	golden(t, "tileset.json", ogc.NewTilesets(base, "bancs", ogc.NewTileset(base, "bancs", "Bancs", &[4]float64{1, 43, 2, 44}, []string{"rows"})))
	golden(t, "matrices.json", []any{ogc.NewMatrixSets(base), ogc.QuadSet(2)})
}

func TestCollections(t *testing.T) {
	box := orb.Bound{Min: orb.Point{1, 43}, Max: orb.Point{2, 44.5}}
	times := [2]time.Time{time.Date(2025, 1, 31, 0, 0, 0, 0, time.UTC)}
	golden(t, "collections.json", ogc.NewCollections(base, []ogc.Collection{ogc.NewCollection(base, "bancs publics", "Bancs", "", &box, &times), ogc.NewCollection(base, "vide", "Vide", "", nil, nil)}))
	golden(t, "queryables.json", ogc.Queryables(base, "bancs", "Bancs", []query.Column{{Name: "nom", Title: "Nom"}, {Name: "lieu", Geometry: "geojson"}, {Name: "entree", Geometry: "point-lonlat"}, {Name: "pose", Kind: tabular.Date}, {Name: "places", Kind: tabular.Int}}))
}

func TestItems(t *testing.T) {
	now := time.Date(2025, 6, 15, 12, 0, 0, 0, time.UTC)
	list := []ogc.Feature{
		feature(t, 7, `{"type":"Point","coordinates":[1.36,43.5]}`, query.CRS84),
		feature(t, 8, `{"type":"Polygon","coordinates":[[[1,43],[2,43],[1.5,44],[1,43]]]}`, query.EPSG4326),
		feature(t, 9, "", query.CRS84),
		feature(t, 10, `{"type":"Point","coordinates":[3,46.5]}`, "EPSG:2154"),
		feature(t, 11, `{"type":"MultiPoint","coordinates":[[0,0],[180,0]]}`, "EPSG:3857"),
		feature(t, 12, `{"type":"Point","coordinates":[0,-90]}`, "EPSG:3857"),
	}
	golden(t, "items.json", ogc.NewItems(base, "bancs", list, ogc.Page{Matched: 16, Offset: 3, Limit: 6}, url.Values{"limit": {"6"}, "nom": {"Banc"}, "offset": {"3"}}, now))
	golden(t, "item.json", ogc.Item(base, "bancs", list[0], url.Values{"f": {"json"}, "crs": {query.EPSG4326}}))
}

// Pages lead to those beside them, without a feature twice.
func TestPages(t *testing.T) {
	list := make([]ogc.Feature, 2)
	for _, c := range []struct {
		page       ogc.Page
		given      int
		next, prev string
	}{
		{ogc.Page{Matched: 2, Limit: 2}, 2, "", ""},
		{ogc.Page{Matched: 5, Limit: 2}, 2, "?limit=2&offset=2", ""},
		{ogc.Page{Matched: 5, Offset: 2, Limit: 2}, 2, "?limit=2&offset=4", "?limit=2"},
		{ogc.Page{Matched: 5, Offset: 3, Limit: 2}, 2, "", "?limit=2&offset=1"},
		{ogc.Page{Matched: 5, Offset: 1, Limit: 2}, 2, "?limit=2&offset=3", "?limit=1"},
		{ogc.Page{Matched: 5, Offset: 9, Limit: 2}, 0, "", "?limit=2&offset=3"},
		{ogc.Page{Offset: 9, Limit: 2}, 0, "", ""},
	} {
		v := ogc.NewItems(base, "bancs", list[:c.given], c.page, url.Values{"limit": {"2"}, "offset": {"7"}}, time.Time{})
		for rel, want := range map[string]string{"next": c.next, "prev": c.prev} {
			got := ""
			for _, l := range v.Links {
				if l.Type == "" {
					t.Errorf("%s has no type", l.Rel)
				}
				if l.Rel == rel {
					got = strings.TrimPrefix(l.Href, base+"/collections/bancs/items")
				}
			}
			if got != want {
				t.Errorf("%+v: %s is %q instead of %q", c.page, rel, got, want)
			}
		}
	}
}
