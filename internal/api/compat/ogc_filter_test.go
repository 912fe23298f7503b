package compat_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// filtered wants the features of a filter in CQL2 text.
func (c *ogcClient) filtered(t *testing.T, collection, text string, ids ...int64) {
	t.Helper()
	c.finds(t, collection, asked("filter", text), ids...)
}

// refusedFilter wants a filter to be refused.
func (c *ogcClient) refusedFilter(t *testing.T, text, lang string) {
	t.Helper()
	c.refused(t, places1+"/items"+asked("filter", text, "filter-lang", lang), http.StatusBadRequest)
}

// queryables are the properties that filters may ask about.
func (c *ogcClient) queryables(t *testing.T, id string) (all map[string]struct{ Type, Format, Title string }) {
	t.Helper()
	var schema struct {
		Properties map[string]struct{ Type, Format, Title string }
	}
	if err := json.Unmarshal([]byte(c.good(t, ogcRoot+"/collections/"+id+"/queryables", schemaT, "Accept", schemaT).body), &schema); err != nil {
		t.Fatal(err)
	}
	return schema.Properties
}

var ogcQueryablesProofs = proofs{
	// What can be filtered leads to its queryables in a header.
	"queryables-link": func(t *testing.T, c *ogcClient) {
		for _, id := range ogcPublic {
			link := c.items(t, ogcRoot+"/collections/"+id, "?limit=1").header.Get("Link")
			address, rest, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
			if !strings.Contains(rest, `rel="`+relQueryables+`"`) {
				t.Fatalf("%s: Link is %q", id, link)
			}
			c.good(t, address, schemaT)
		}
	},
	// Each collection has them, and leads to them.
	"get-queryables-op": func(t *testing.T, c *ogcClient) {
		for _, one := range c.good(t, ogcRoot+"/collections", jsonT).JSON.Collections {
			href := one.Links.to(relQueryables, schemaT)
			if local(href) != ogcRoot+"/collections/"+one.ID+"/queryables" {
				t.Errorf("%s: %s", one.ID, href)
			}
			c.good(t, href, schemaT, "Accept", schemaT)
		}
	},
	// They are a JSON Schema of an object: each property has a type and, of times, a format; places have a format only; others than
	// these are refused.
	"get-queryables-response": func(t *testing.T, c *ogcClient) {
		a := c.good(t, places1+"/queryables?f=json", schemaT).JSON
		if a.Schema != "https://json-schema.org/draft/2020-12/schema" || local(a.Self) != places1+"/queryables" || a.Type != "object" || a.Additional == nil || *a.Additional {
			t.Errorf("%+v", a)
		}
		for name, want := range map[string][2]string{"nom": {"string"}, "pose": {"string", "date"}, "releve": {"string", "date-time"}, "actif": {"boolean"}, "nombre": {"integer"}, "hauteur": {"number"}, "geometry": {"", "geometry-any"}} {
			q := c.queryables(t, "lieux")[name]
			if q.Type != want[0] || q.Format != want[1] || q.Title == "" {
				t.Errorf("%s: %+v", name, q)
			}
		}
		for _, property := range a.Properties {
			if property.(object)["$ref"] != nil {
				t.Errorf("%v", property)
			}
		}
		c.refusedFilter(t, "couleur IS NULL", "cql2-text")
	},
	// Filters may ask about each of them, and about nothing else.
	"expression-construction": func(t *testing.T, c *ogcClient) {
		for _, id := range ogcPublic {
			for name := range c.queryables(t, id) {
				c.items(t, ogcRoot+"/collections/"+id, asked("filter", `"`+name+`" IS NULL`))
			}
		}
		for _, text := range []string{"this_is_not_a_queryable IS NULL", `"NOM" = 'Est'`, "couleur = 'vert'"} {
			c.refusedFilter(t, text, "cql2-text")
		}
	},
}

var ogcParametersProofs = proofs{
	// Each simple queryable is a parameter, too, of the same type; rows that lack the value are not found.
	"parameters": func(t *testing.T, c *ogcClient) {
		first := c.items(t, places1, "?limit=1").JSON.Features[0].Properties
		for name, q := range c.queryables(t, "lieux") {
			if q.Type == "" {
				continue
			}
			a := c.items(t, places1, asked(name, fmt.Sprint(first[name])))
			if !slices.Contains(a.ids(), 1) || slices.Contains(a.ids(), 6) {
				t.Errorf("%s: %v", name, a.ids())
			}
			for _, f := range a.JSON.Features {
				if f.Properties[name] != first[name] {
					t.Errorf("%s: %v", name, f.Properties)
				}
			}
			if q.Type != "string" || q.Format != "" {
				c.refused(t, places1+"/items"+asked(name, "étrange"), http.StatusBadRequest)
			}
		}
		p := c.defined.parameters(c.defined.operations()[itemsPath])["columns"]
		if p["explode"] != true || c.defined.in(p, "schema", "type") != "object" {
			t.Errorf("%v", p)
		}
	},
}

// filterParameters holds the description of the parameters of filters to what both classes say of them.
func filterParameters(name string) func(*testing.T, *ogcClient) {
	return func(t *testing.T, c *ogcClient) {
		schema := c.parameter(t, itemsPath, name)
		if schema["type"] != "string" || name == "filter-crs" && schema["format"] != "uri" {
			t.Errorf("%v", schema)
		}
		if name == "filter-lang" && (fmt.Sprint(schema["enum"]) != "[cql2-text cql2-json]" || schema["default"] != "cql2-text") {
			t.Errorf("%v", schema)
		}
	}
}

var ogcFilterProofs = proofs{
	"filter-param": func(t *testing.T, c *ogcClient) {
		filterParameters("filter")(t, c)
		c.filtered(t, places1, "nombre IS NULL", 6)
		for _, text := range []string{"THIS IS NOT A FILTER", "nombre >", "nombre = 'x'", "", "(nombre = 1", "nombre = 1)", "nombre == 1", "nombre = 1 nom = 'x'"} {
			c.refusedFilter(t, text, "cql2-text")
		}
	},
	// Filters are text unless filter-lang says otherwise.
	"filter-lang-param": func(t *testing.T, c *ogcClient) {
		filterParameters("filter-lang")(t, c)
		const written = `{"op":"=","args":[{"property":"nom"},"Est"]}`
		c.filtered(t, places1, "nom = 'Est'", 3)
		c.finds(t, places1, asked("filter", "nom = 'Est'", "filter-lang", "cql2-text"), 3)
		c.finds(t, places1, asked("filter", written, "filter-lang", "cql2-json"), 3)
		c.refusedFilter(t, written, "cql2-text")
		c.refusedFilter(t, "nom = 'Est'", "cql2-json")
		c.refusedFilter(t, "nom = 'Est'", "sql")
	},
	// Places in filters are longitudes and latitudes,
	"filter-crs-wgs84": func(t *testing.T, c *ogcClient) {
		c.filtered(t, trees1, "S_INTERSECTS(geometry, BBOX("+boxAround(crs84)+"))", 1)
		c.filtered(t, trees1, "S_INTERSECTS(geometry, POINT(1.3601 43.5046))", 1)
		c.filtered(t, trees1, "S_INTERSECTS(geometry, BBOX("+boxAround(epsg+"4326")+"))")
		c.refused(t, trees1+"/items"+asked("filter", "S_INTERSECTS(geometry, BBOX(1000000,1000000,2000000,2000000))"), http.StatusBadRequest)
	},
	// or in the system of filter-crs, in the order of its axes; another than those of the collection is refused.
	"filter-crs-param": func(t *testing.T, c *ogcClient) {
		filterParameters("filter-crs")(t, c)
		for crs := range firstTree {
			c.finds(t, trees1, asked("filter", "S_INTERSECTS(geometry, BBOX("+boxAround(crs)+"))", "filter-crs", crs), 1)
		}
		for _, crs := range []string{"http://www.opengis.net/def/crs/OGC/0/does_not_exist", epsg + "0", ""} {
			c.refused(t, trees1+"/items"+asked("filter", "S_INTERSECTS(geometry, BBOX(1,43,2,44))", "filter-crs", crs), http.StatusBadRequest)
			c.refused(t, trees1+"/items"+asked("filter-crs", crs), http.StatusBadRequest)
		}
	},
	// A filter and other parameters hold together.
	"mixing-expressions": func(t *testing.T, c *ogcClient) {
		c.finds(t, places1, asked("filter", "actif = true", "bbox", "0.5,42,1.5,43.6"), 1, 5)
		c.finds(t, places1, asked("filter", "actif = true", "datetime", "2025-01-01T00:00:00Z/.."), 1, 3)
		c.finds(t, places1, asked("filter", "actif = true", "nombre", "2"), 3)
		c.finds(t, places1, asked("filter", "actif = true OR actif = false", "nombre", "2", "bbox", "0.5,42,1.5,43.6"))
	},
	// Functions of servers would be listed: there are none, and what looks like one is refused.
	"get-functions-operation":     func(t *testing.T, c *ogcClient) { noFunctions(t, c) },
	"get-functions-response-json": func(t *testing.T, c *ogcClient) { noFunctions(t, c) },
	// Features come of which the filter is true, and no others.
	"response": func(t *testing.T, c *ogcClient) {
		c.filtered(t, places1, "nombre >= 3 AND actif = true", 1, 5)
		c.filtered(t, places1, "nombre >= 30")
		c.filtered(t, places1, "NOT nombre IN (1, 2)", 1, 4, 5)
		c.filtered(t, places1, "NOT T_BEFORE(pose, DATE('2024-01-01'))", 1, 2, 3)
		c.filtered(t, places1, "NOT S_INTERSECTS(geometry, BBOX(0, 42, 1.5, 44))", 2, 3, 4)
		c.filtered(t, places1, "S_INTERSECTS(geometry, POINT(1.05 43.3))", 1)
		c.filtered(t, places1, "S_INTERSECTS(geometry, POINT(1.2 43.2))") // in the box of the first, beside it
		c.filtered(t, places1, "S_DISJOINT(geometry, POINT(1.36 43.5))", 1, 2, 3, 4)
	},
}

func noFunctions(t *testing.T, c *ogcClient) {
	t.Helper()
	if classes := c.good(t, ogcRoot+"/conformance", jsonT).JSON.ConformsTo; slices.Contains(classes, "http://www.opengis.net/spec/cql2/1.0/conf/functions") {
		t.Error("functions are declared, and not listed")
	}
	if a := c.get(t, ogcRoot+"/functions"); a.status != http.StatusNotFound {
		t.Errorf("%d", a.status)
	}
	c.refusedFilter(t, "avg(nombre) > 3", "cql2-text")
	c.refusedFilter(t, `{"op":"avg","args":[{"property":"nombre"}]}`, "cql2-json")
}

var ogcFeaturesFilterProofs = proofs{
	"get-queryables-op": func(t *testing.T, c *ogcClient) { ogcQueryablesProofs["get-queryables-op"](t, c) },
	// Each collection leads to its queryables.
	"queryables-link": func(t *testing.T, c *ogcClient) {
		for _, id := range ogcPublic {
			c.good(t, c.collection(t, ogcRoot+"/collections/"+id).Links.to(relQueryables, schemaT), schemaT)
		}
	},
	"filter-param":      filterParameters("filter"),
	"filter-lang-param": filterParameters("filter-lang"),
	"filter-crs-param":  filterParameters("filter-crs"),
	// All of filter, bbox, datetime and columns hold of each feature that comes; what is wrong with one of them is refused.
	"response": func(t *testing.T, c *ogcClient) {
		c.finds(t, places1, asked("filter", "nombre < 5", "bbox", "-180,-90,180,90", "datetime", "2024-01-01T00:00:00Z/..", "actif", "true"), 1, 3)
		c.finds(t, places1, asked("filter", "nombre = 4", "bbox", "-180,-90,180,90", "datetime", "2024-01-01T00:00:00Z/..", "actif", "true"))
		c.refused(t, places1+"/items"+asked("filter", "nombre < x", "actif", "true"), http.StatusBadRequest)
		c.refused(t, places1+"/items"+asked("filter", "nombre < 5", "filter-lang", "x"), http.StatusBadRequest)
		c.refused(t, places1+"/items"+asked("filter", "nombre < 5", "filter-crs", "x"), http.StatusBadRequest)
	},
}
