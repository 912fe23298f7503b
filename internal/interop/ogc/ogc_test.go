package ogc_test

import (
	"net/url"
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

func TestRoot(t *testing.T) {
	golden(t, "landing.json", ogc.NewLanding(base, "Portail", "Données"))
	golden(t, "conformance.json", ogc.Conforms())
}

func TestCollections(t *testing.T) {
	box := orb.Bound{Min: orb.Point{1, 43}, Max: orb.Point{2, 44.5}}
	times := [2]time.Time{time.Date(2025, 1, 31, 0, 0, 0, 0, time.UTC)}
	golden(t, "collections.json", ogc.NewCollections(base, []ogc.Collection{ogc.NewCollection(base, "bancs publics", "Bancs", "", &box, &times), ogc.NewCollection(base, "vide", "Vide", "", nil, nil)}))
	golden(t, "queryables.json", ogc.Queryables(base, "bancs", "Bancs", []query.Column{{Name: "nom", Title: "Nom"}, {Name: "lieu", Geometry: "geojson"}, {Name: "pose", Kind: tabular.Date}, {Name: "places", Kind: tabular.Int}}))
}

func TestItems(t *testing.T) {
	now := time.Date(2025, 6, 15, 12, 0, 0, 0, time.UTC)
	list := []ogc.Feature{
		ogc.NewFeature(7, fields, cells(`{"type":"Point","coordinates":[1.36,43.5]}`), 1, query.CRS84),
		ogc.NewFeature(8, fields, cells(`{"type":"Polygon","coordinates":[[[1,43],[2,43],[1.5,44],[1,43]]]}`), 1, query.EPSG4326),
		ogc.NewFeature(9, fields, cells(""), 1, query.CRS84),
	}
	golden(t, "items.json", ogc.NewItems(base, "bancs", list, 12, url.Values{"limit": {"3"}, "nom": {"Banc"}, "offset": {"3"}}, 3, now))
	golden(t, "item.json", ogc.Item(base, "bancs", list[0]))
	last := ogc.NewItems(base, "bancs", list, 3, url.Values{}, 0, now)
	for _, l := range last.Links {
		if l.Rel == "next" {
			t.Error("the last page has a next one")
		}
		if l.Type == "" {
			t.Errorf("%s has no type", l.Rel)
		}
	}
}
