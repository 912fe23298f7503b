package compat_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

// ogcItemsProofs are those of Features 1 "core" about features.
var ogcItemsProofs = proofs{
	// Each collection gives its features.
	"fc-op": func(t *testing.T, c *ogcClient) {
		for id, want := range map[string]int{"arbres": 3, "plan": 3, "lieux": 6, "points": manyPoints} {
			if n := c.items(t, ogcRoot+"/collections/"+id, "").JSON.Matched; n != want {
				t.Errorf("%s: %d instead of %d", id, n, want)
			}
		}
		c.refused(t, ogcRoot+"/collections/nulle-part/items", http.StatusNotFound)
	},
	// limit is described with its least, its greatest and its usual value; what is no such number is refused.
	"fc-limit-definition": func(t *testing.T, c *ogcClient) {
		schema := c.parameter(t, itemsPath, "limit")
		if schema["type"] != "integer" || schema["minimum"] != 1.0 || schema["maximum"] != 1000.0 || schema["default"] != 100.0 {
			t.Errorf("%v", schema)
		}
		for _, limit := range []string{"0", "-1", "-99999999999999999999", "abc", "1.5", "1e3", ""} {
			c.refused(t, points1+"/items"+asked("limit", limit), http.StatusBadRequest)
		}
	},
	// No more features come than were asked for, than there are, or than the greatest limit, which a greater one means.
	"fc-limit-response-1": func(t *testing.T, c *ogcClient) {
		for question, want := range map[string]int{"": 100, "?limit=1": 1, "?limit=1000": 1000, "?limit=1001": 1000, "?limit=99999999999999999999": 1000, "?limit=7&bbox=1,43,1.0002,44": 3} {
			if n := len(c.items(t, points1, question).JSON.Features); n != want {
				t.Errorf("%s: %d instead of %d", question, n, want)
			}
		}
	},
	// bbox is four or six numbers, lowest first; only the west may be greater than the east.
	"fc-bbox-definition": func(t *testing.T, c *ogcClient) {
		schema := c.parameter(t, itemsPath, "bbox")
		if schema["type"] != "array" || c.defined.in(schema, "items", "type") != "number" || fmt.Sprint(schema["oneOf"]) != "[map[maxItems:4 minItems:4] map[maxItems:6 minItems:6]]" {
			t.Errorf("%v", schema)
		}
		for _, box := range []string{"", "1", "1,2,3", "1,2,3,4,5", "1,2,3,4,5,6,7", "1,4,3,2", "a,2,3,4", "1,2,3,", "1,2,3,91", "181,2,182,3", "1;2;3;4", "NaN,1,2,3", "1,2,Inf,3"} {
			c.refused(t, places1+"/items"+asked("bbox", box), http.StatusBadRequest)
		}
	},
	// Features come that meet the box, not only their own box does, and those without place.
	"fc-bbox-response": func(t *testing.T, c *ogcClient) {
		for box, ids := range map[string][]int64{
			"1.05,43.3,1.06,43.35":       {1, 5},
			"1.05,43.3,0,1.06,43.35,100": {1, 5},
			"1.2,43.2,1.3,43.3":          {5}, // in the corner that the square leaves free
			"0.5,42,1.5,43.6":            {1, 5, 6},
			"1.4,43.1,1.5,43.2":          {1, 5}, // a corner in common
			"2.4,44.4,2.6,44.6":          {2, 5},
			"2.6,44.1,2.9,44.3":          {5}, // beside the line
			"179,-18,-179,-16":           {3, 4, 5},
			"-180,-90,180,90":            {1, 2, 3, 4, 5, 6},
			"1.36,43.5,1.36,43.5":        {5, 6},
			"10,10,11,11":                {5},
			"178,-90,-178,90":            {3, 4, 5},
			"1.05,43.3,-179,43.35":       {1, 5},
		} {
			c.finds(t, places1, asked("bbox", box), ids...)
		}
		c.finds(t, points1, asked("bbox", "1.00005,43,1.00035,44"), 2, 3, 4)
		c.finds(t, points1, asked("bbox", "1.00005,43.6,1.00035,44"))
		c.finds(t, points1, asked("bbox", "1.1098,43,-170,44"), 1099, 1100)
	},
	// datetime is an instant or an interval of RFC 3339; one end may be open.
	"fc-time-definition": func(t *testing.T, c *ogcClient) {
		if schema := c.parameter(t, itemsPath, "datetime"); schema["type"] != "string" {
			t.Errorf("%v", schema)
		}
		for _, at := range []string{"", "2025", "2025-01", "hier", "2025-13-01T00:00:00Z", "2025-01-32T00:00:00Z", "2025-01-01T25:00:00Z", "2025-01-01T00:00:00", "2025-01-31T00:00:00Z/2024-01-31T00:00:00Z", "/", "../..", "2025-01-01T00:00:00Z/x", "2025-01-01T00:00:00Z/2025-01-02T00:00:00Z/2025-01-03T00:00:00Z"} {
			c.refused(t, points1+"/items"+asked("datetime", at), http.StatusBadRequest)
			c.refused(t, trees1+"/items"+asked("datetime", at), http.StatusBadRequest)
		}
	},
	// Features come whose time is within, ends included, and those without time.
	"fc-time-response": func(t *testing.T, c *ogcClient) {
		for at, ids := range map[string][]int64{ // of days
			"2025-01-31T00:00:00Z":                      {1, 6},
			"2025-01-31T18:00:00Z":                      {1, 6},
			"2025-01-31":                                {1, 6},
			"2024-06-15T00:00:00Z/2025-01-31T23:59:59Z": {1, 2, 6},
			"../2024-01-01T00:00:00Z":                   {4, 5, 6},
			"/2024-01-01T00:00:00Z":                     {4, 5, 6},
			"2025-01-01T00:00:00Z/..":                   {1, 3, 6},
			"2025-01-01T00:00:00Z/":                     {1, 3, 6},
			"1999-01-01T00:00:00Z":                      {6},
		} {
			c.finds(t, places1, asked("datetime", at), ids...)
		}
		for at, ids := range map[string][]int64{ // of instants
			"2025-01-01T00:01:00Z":                              {2},
			"2025-01-01t00:01:00z":                              {2},
			"2025-01-01T01:01:00+01:00":                         {2},
			"2025-01-01T00:01:00.5Z":                            {},
			"2025-01-01T00:00:30Z/2025-01-01T00:03:00Z":         {2, 3, 4},
			"../2025-01-01T00:01:00Z":                           {1, 2},
			"2025-01-01T18:18:00Z/":                             {1099, 1100},
			"2025-01-01T00:00:59.999Z/2025-01-01T00:01:00.001Z": {2},
		} {
			c.finds(t, points1, asked("datetime", at), ids...)
		}
		c.finds(t, trees1, asked("datetime", "2025-01-31T00:00:00Z/.."), 1, 2, 3)
	},
	// The answer holds the features that all parameters find, and no other.
	"fc-response": func(t *testing.T, c *ogcClient) {
		c.finds(t, places1, "", 1, 2, 3, 4, 5, 6)
		c.finds(t, places1, asked("bbox", "-180,-90,180,90", "datetime", "2025-01-01T00:00:00Z/..", "actif", "true"), 1, 3)
		c.finds(t, places1, asked("nom", "Chemin d'Aran"), 2)
		c.finds(t, places1, asked("nom", "nulle part"))
		if a := c.items(t, places1, "?sortby=-hauteur&limit=2"); fmt.Sprint(a.ids()) != "[5 4]" || a.JSON.Matched != 6 {
			t.Errorf("%v of %d", a.ids(), a.JSON.Matched)
		}
		if a := c.items(t, places1, "?properties=nom&limit=1").JSON.Features[0]; len(a.Properties) != 1 || a.Geometry == nil {
			t.Errorf("%+v", a)
		}
	},
	// A page leads to itself, to its other form, to the next one while there is one, and back: all features, each once.
	"fc-links": func(t *testing.T, c *ogcClient) {
		links := c.items(t, points1, "?limit=2&offset=3").JSON.Links
		for rel, mediaType := range map[string]string{"self": geoT, "alternate": htmlT, "next": geoT, "prev": geoT, "collection": jsonT} {
			if links.to(rel, mediaType) == "" {
				t.Errorf("no %s as %s", rel, mediaType)
			}
		}
		c.follow(t, links)
		if a := c.good(t, links.to("self", ""), geoT); fmt.Sprint(a.ids()) != "[4 5]" {
			t.Errorf("self gives %v", a.ids())
		}
		wanted := make([]int64, manyPoints)
		for i := range wanted {
			wanted[i] = int64(i) + 1
		}
		ids, last := c.pages(t, points1+"/items?limit=400", "next")
		if !slices.Equal(ids, wanted) {
			t.Errorf("%d features by the links", len(ids))
		}
		back, _ := c.pages(t, last, "prev")
		slices.Sort(back)
		if !slices.Equal(back, wanted) {
			t.Errorf("%d features by the links back", len(back))
		}
		narrow, _ := c.pages(t, points1+"/items"+asked("limit", "2", "filter", "numero <= 5 OR numero = 9", "crs", epsg+"2154"), "next")
		if fmt.Sprint(narrow) != "[1 2 3 4 5 9]" {
			t.Errorf("%v by the links of a filter", narrow)
		}
		if a := c.items(t, points1, "?offset=5000"); len(a.ids()) != 0 || a.JSON.Links.to("next", "") != "" {
			t.Errorf("after the end: %v", a.JSON.Links)
		}
	},
	// Links have a type.
	"fc-rel-type": func(t *testing.T, c *ogcClient) {
		for _, l := range c.items(t, points1, "?limit=2&offset=2").JSON.Links {
			if l.Type == "" {
				t.Errorf("%s has no type", l.Rel)
			}
		}
	},
	// timeStamp is when the answer was made.
	"fc-timeStamp": func(t *testing.T, c *ogcClient) {
		if at, err := time.Parse(time.RFC3339, c.items(t, trees1, "").JSON.TimeStamp); err != nil || !at.Equal(time.Date(2025, 6, 15, 12, 0, 0, 0, time.UTC)) {
			t.Error(at, err)
		}
	},
	// numberMatched counts what the parameters find, whatever the page,
	"fc-numberMatched": func(t *testing.T, c *ogcClient) {
		for question, want := range map[string]int{"": manyPoints, "?limit=1": manyPoints, "?limit=10&offset=1095": manyPoints, "?bbox=1,43,1.0002,44&limit=1": 3, "?numero=7": 1, "?numero=0": 0} {
			if n := c.items(t, points1, question).JSON.Matched; n != want {
				t.Errorf("%s: %d instead of %d", question, n, want)
			}
		}
	},
	// and numberReturned what the page has.
	"fc-numberReturned": func(t *testing.T, c *ogcClient) {
		for question, want := range map[string]int{"": 100, "?limit=10": 10, "?limit=10&offset=1095": 5, "?numero=0": 0} {
			if n := c.items(t, points1, question).JSON.Returned; n != want {
				t.Errorf("%s: %d instead of %d", question, n, want)
			}
		}
	},
	// Each feature answers by its identifier.
	"f-op": func(t *testing.T, c *ogcClient) {
		for _, id := range c.items(t, places1, "").ids() {
			c.good(t, fmt.Sprint(places1, "/items/", id), geoT)
		}
		for _, path := range []string{places1 + "/items/7", places1 + "/items/0", places1 + "/items/-1", places1 + "/items/x", places1 + "/items/1.5", ogcRoot + "/collections/nulle-part/items/1", ogcRoot + "/collections/bancs-internes/items/1"} {
			c.refused(t, path, http.StatusNotFound)
		}
	},
	"f-success": func(t *testing.T, c *ogcClient) {
		a := c.good(t, trees1+"/items/2", geoT).JSON
		if a.Type != "Feature" || a.ID != 2.0 || a.Properties["essence"] != "Tilleul" || a.Geometry == nil {
			t.Errorf("%+v", a)
		}
	},
	// It leads to itself, to its other form and to its collection.
	"f-links": func(t *testing.T, c *ogcClient) {
		for _, question := range []string{"", asked("crs", epsg+"2154")} {
			a := c.good(t, trees1+"/items/2"+question, geoT)
			links := a.JSON.Links
			if links.to("alternate", htmlT) == "" || links.to("collection", jsonT) != "https://portail.example"+trees1 {
				t.Errorf("%+v", links)
			}
			c.follow(t, links)
			if again := c.good(t, links.to("self", geoT), geoT); again.body != a.body {
				t.Errorf("self of %q gives %s", question, again.body)
			}
		}
	},
}
