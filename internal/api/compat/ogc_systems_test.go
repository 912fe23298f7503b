package compat_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Where the first tree stands, longitude and latitude 1.3601 43.5046, in other systems, first axis first: computed apart with the
// formulas of EPSG guidance note 7-2. Metres to the centimetre, degrees to a ten-millionth.
var firstTree = map[string][2]float64{
	crs84:         {1.3601, 43.5046},
	epsg + "4326": {43.5046, 1.3601},
	epsg + "3857": {151405.639, 5389095.238},
	epsg + "2154": {567336.045, 6268657.311},
}

// stands wants the first feature of an answer, or the only one, to be the first tree in a system.
func (c *ogcClient) stands(t *testing.T, path, system string) {
	t.Helper()
	a := c.good(t, path, geoT)
	f := a.JSON.ogcFeatureSaid
	if len(a.JSON.Features) > 0 {
		f = a.JSON.Features[0]
	}
	tolerance := 0.01
	if system == crs84 || system == epsg+"4326" {
		tolerance = 1e-7
	}
	at, want := f.point(t), firstTree[system]
	if math.Abs(at[0]-want[0]) > tolerance || math.Abs(at[1]-want[1]) > tolerance {
		t.Errorf("%s: %v instead of %v", path, at, want)
	}
}

// boxes are around the first tree, a hundred metres or so, in other systems.
func boxAround(system string) string {
	at, half := firstTree[system], 100.0
	if at[0] < 100 {
		half = 0.001
	}
	return fmt.Sprintf("%f,%f,%f,%f", at[0]-half, at[1]-half, at[0]+half, at[1]+half)
}

var ogcSystemsProofs = proofs{
	// Systems are called by addresses, those of the OGC's register.
	"crs-uri": func(t *testing.T, c *ogcClient) {
		for _, one := range c.good(t, ogcRoot+"/collections", jsonT).JSON.Collections {
			for _, uri := range append(one.CRS, one.StorageCRS) {
				if !strings.HasPrefix(uri, "http://www.opengis.net/def/crs/") {
					t.Errorf("%s: %s", one.ID, uri)
				}
			}
		}
	},
	// Each collection lists its systems, the usual one among them; features come in each of them.
	"fc-md-crs-list": func(t *testing.T, c *ogcClient) {
		for _, one := range c.good(t, ogcRoot+"/collections", jsonT).JSON.Collections {
			if !slices.Contains(one.CRS, crs84) || len(one.CRS) < 10 {
				t.Errorf("%s: %v", one.ID, one.CRS)
			}
			for _, uri := range one.CRS {
				c.items(t, ogcRoot+"/collections/"+one.ID, asked("crs", uri, "limit", "1"))
			}
		}
	},
	// It tells in which system features are kept,
	"fc-md-storageCrs": func(t *testing.T, c *ogcClient) {
		if crs := c.collection(t, trees1).StorageCRS; crs != crs84 {
			t.Error(crs)
		}
	},
	// which is one of those of the list.
	"fc-md-storageCrs-valid-value": func(t *testing.T, c *ogcClient) {
		for _, one := range c.good(t, ogcRoot+"/collections", jsonT).JSON.Collections {
			if !slices.Contains(one.CRS, one.StorageCRS) {
				t.Errorf("%s: %s", one.ID, one.StorageCRS)
			}
		}
	},
	// A list for all may stand beside the collections; theirs are whole without it, so none refers to it.
	"fc-md-crs-list-global": func(t *testing.T, c *ogcClient) {
		var all struct{ CRS []string }
		a := c.good(t, ogcRoot+"/collections", jsonT)
		if err := json.Unmarshal([]byte(a.body), &all); err != nil {
			t.Fatal(err)
		}
		for _, one := range a.JSON.Collections {
			if slices.Contains(one.CRS, "#/crs") || !slices.Equal(all.CRS, one.CRS) {
				t.Errorf("%s: %v", one.ID, one.CRS)
			}
		}
	},
	"fc-bbox-crs-definition": func(t *testing.T, c *ogcClient) {
		if schema := c.parameter(t, itemsPath, "bbox-crs"); schema["type"] != "string" || schema["format"] != "uri" {
			t.Errorf("%v", schema)
		}
	},
	// Another system than those of the list is refused, with bbox or without.
	"fc-bbox-crs-valid-value": func(t *testing.T, c *ogcClient) {
		for _, crs := range []string{epsg + "0", epsg + "27572", "http://www.opengis.net/def/crs/EPSG/9.9/2154", "lambert", ""} {
			c.refused(t, trees1+"/items"+asked("bbox", "1,2,3,4", "bbox-crs", crs), http.StatusBadRequest)
			c.refused(t, trees1+"/items"+asked("bbox-crs", crs), http.StatusBadRequest)
		}
		for _, crs := range c.collection(t, trees1).CRS {
			c.items(t, trees1, asked("bbox-crs", crs))
		}
	},
	// Without it, a box is of longitudes and latitudes, whatever the system of the answer.
	"fc-bbox-crs-default-value": func(t *testing.T, c *ogcClient) {
		c.finds(t, trees1, asked("bbox", boxAround(crs84)), 1, 3)
		c.finds(t, trees1, asked("bbox", boxAround(crs84), "crs", epsg+"2154"), 1, 3)
		c.finds(t, trees1, asked("bbox", boxAround(epsg+"4326")), 3)
	},
	// With it, the box is of that system, in the order of its axes.
	"fc-bbox-crs-action": func(t *testing.T, c *ogcClient) {
		for crs := range firstTree {
			c.finds(t, trees1, asked("bbox", boxAround(crs), "bbox-crs", crs), 1, 3)
		}
		c.finds(t, trees1, asked("bbox", boxAround(crs84), "bbox-crs", epsg+"4326"), 3)
		c.finds(t, trees1, asked("bbox", "500000,6200000,600000,6300000", "bbox-crs", epsg+"2154"), 1, 2, 3)
		c.finds(t, points1, asked("bbox", "43,1.00005,44,1.00035", "bbox-crs", epsg+"4326"), 2, 3, 4)
	},
	"fc-crs-definition": func(t *testing.T, c *ogcClient) {
		for _, path := range []string{itemsPath, itemsPath + "/{featureId}"} {
			if schema := c.parameter(t, path, "crs"); schema["type"] != "string" || schema["format"] != "uri" {
				t.Errorf("%s: %v", path, schema)
			}
		}
	},
	// Another system than those of the list is refused.
	"fc-crs-valid-value": func(t *testing.T, c *ogcClient) {
		for _, crs := range []string{epsg + "0", epsg + "27572", "lambert"} {
			c.refused(t, trees1+"/items"+asked("crs", crs), http.StatusBadRequest)
			c.refused(t, trees1+"/items/1"+asked("crs", crs), http.StatusBadRequest)
		}
	},
	// Without it, features come in longitudes and latitudes.
	"fc-crs-default-value": func(t *testing.T, c *ogcClient) {
		c.stands(t, trees1+"/items", crs84)
		c.stands(t, trees1+"/items/1", crs84)
		c.stands(t, trees1+"/items"+asked("bbox", boxAround(epsg+"2154"), "bbox-crs", epsg+"2154"), crs84)
	},
	// With it, they come in that system, in the order of its axes, right to the centimetre.
	"fc-crs-action": func(t *testing.T, c *ogcClient) {
		for crs := range firstTree {
			c.stands(t, trees1+"/items"+asked("crs", crs), crs)
			c.stands(t, trees1+"/items/1"+asked("crs", crs), crs)
		}
		line := c.items(t, places1, asked("crs", epsg+"4326", "nombre", "1")).JSON.Features[0]
		if string(line.Geometry.Coordinates) != "[[44,2],[45,3]]" {
			t.Errorf("%s", line.Geometry.Coordinates)
		}
	},
	// GeoJSON in another system than its own comes to who asked for that system only.
	"geojson": func(t *testing.T, c *ogcClient) {
		c.stands(t, trees1+"/items"+asked("crs", epsg+"2154"), epsg+"2154")
		c.stands(t, trees1+"/items?f=json", crs84)
		c.stands(t, trees1+"/items?f=geojson", crs84)
	},
	// Answers with geometries tell their system in a header, to scripts of other sites too,
	"ogc-crs-header": func(t *testing.T, c *ogcClient) {
		for _, path := range []string{trees1 + "/items", trees1 + "/items/1", trees1 + "/items?f=html", points1 + "/items?numero=0"} {
			a := c.get(t, path)
			if a.header.Get("Content-Crs") == "" || !strings.Contains(strings.Join(a.header.Values("Access-Control-Expose-Headers"), ","), "Content-Crs") {
				t.Errorf("%s: %v", path, a.header)
			}
		}
	},
	// as an address between < and >.
	"ogc-crs-header-value": func(t *testing.T, c *ogcClient) {
		for crs := range firstTree {
			for _, path := range []string{trees1 + "/items", trees1 + "/items/1"} {
				if got := c.good(t, path+asked("crs", crs), geoT).header.Get("Content-Crs"); got != "<"+crs+">" {
					t.Errorf("%s in %s: %s", path, crs, got)
				}
			}
		}
		if got := c.good(t, trees1+"/items", geoT).header.Get("Content-Crs"); got != "<"+crs84+">" {
			t.Error(got)
		}
	},
}
