package compat_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

const (
	wantsAPI   = "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json"
	wantsItems = "application/geo+json, application/json"
)

// TestViewers goes through the portal as programs of maps do.
func TestViewers(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		c := openOGC(t, db)
		t.Run("QGIS", func(t *testing.T) { c.qgis(t) })
		t.Run("GDAL", func(t *testing.T) { c.gdal(t) })
	})
}

// qgis opens a layer and reads it, as the OAPIF provider of QGIS 3.x does (src/providers/wfs/oapif).
func (c *ogcClient) qgis(t *testing.T) {
	landing := c.good(t, ogcRoot, jsonT, "Accept", jsonT).JSON.Links
	limits := c.good(t, landing.to("service-desc", openapiT), openapiT, "Accept", wantsAPI)
	limit, _ := readDefinition(t, limits.body).in(c.defined.doc, "components", "parameters", "limit", "schema").(object)
	most, _ := limit["maximum"].(float64)
	usual, _ := limit["default"].(float64)
	page := fmt.Sprint(min(max(1000, usual), most))
	if page == "0" {
		t.Fatalf("the pages have no limit: %v", limit)
	}

	// A layer is found by the address of the list and its identifier.
	data := landing.to("data", jsonT)
	var layers []string
	for _, one := range c.good(t, data, jsonT, "Accept", jsonT).JSON.Collections {
		layers = append(layers, one.ID)
	}
	if !slices.Equal(layers, ogcPublic) {
		t.Fatalf("%v", layers)
	}
	collection := data + "/points"
	said := c.collection(t, collection)
	if said.StorageCRS != crs84 || !slices.Contains(said.CRS, epsg+"2154") || said.Extent == nil || said.Extent.Spatial == nil || said.Links.to("license", "") == "" {
		t.Errorf("%+v", said)
	}

	// The server filters only when all of these are declared.
	classes := c.good(t, landing.to("conformance", jsonT), jsonT, "Accept", jsonT).JSON.ConformsTo
	for _, class := range []string{"ogcapi-features-2/1.0/conf/crs", "cql2/1.0/conf/cql2-text", "cql2/1.0/conf/basic-cql2", "ogcapi-features-3/1.0/conf/filter", "ogcapi-features-3/1.0/conf/features-filter"} {
		if !slices.Contains(classes, "http://www.opengis.net/spec/"+class) {
			t.Errorf("%s is not declared", class)
		}
	}
	if q := c.queryables(t, "points"); q["numero"].Type != "integer" || q["vu"].Format != "date-time" {
		t.Errorf("%+v", q)
	}

	// The first ten tell the fields, one the count; then pages, in the system and the box of the map.
	first := c.good(t, collection+"/items?limit=10", geoT, "Accept", wantsItems).JSON
	if len(first.Features) != 10 || first.Matched != manyPoints || first.Features[0].Properties["numero"] != 1.0 {
		t.Errorf("%d of %d: %+v", len(first.Features), first.Matched, first.Features)
	}
	if n := c.good(t, collection+"/items?limit=1", geoT, "Accept", wantsItems).JSON.Matched; n != manyPoints {
		t.Error(n)
	}
	lambert := asked("limit", page, "crs", epsg+"2154", "bbox", "500000,6200000,700000,6300000", "bbox-crs", epsg+"2154")
	ids, last := c.pages(t, collection+"/items"+lambert, "next", "Accept", wantsItems)
	slices.Sort(ids)
	if len(slices.Compact(ids)) != manyPoints || last == collection+"/items"+lambert {
		t.Errorf("%d points, the last of %s", len(ids), last)
	}
	if a := c.good(t, last, geoT); a.header.Get("Content-Crs") != "<"+epsg+"2154>" || a.JSON.Features[0].point(t)[0] < 500_000 {
		t.Errorf("the last page is in %s", a.header.Get("Content-Crs"))
	}
	one := c.good(t, collection+"/items/7"+asked("crs", epsg+"2154"), geoT, "Accept", "application/geo+json, application/json")
	if one.JSON.ID != 7.0 || one.JSON.point(t)[0] < 500_000 {
		t.Errorf("%v", one.body)
	}

	// Conditions come with names and literals so written.
	for text, want := range map[string]int{
		`("numero" > 10) AND ("numero" <= 15)`: 5,
		`(NOT ("numero" > 10))`:                10,
		`("vu" = TIMESTAMP('2025-01-01T00:05:00.000Z')) OR ("vu" < TIMESTAMP('2025-01-01T00:01:00Z'))`: 2,
		`("numero" IS NULL)`: 0,
	} {
		if n := c.good(t, collection+"/items"+asked("limit", page, "filter", text, "filter-lang", "cql2-text"), geoT, "Accept", wantsItems).JSON.Matched; n != want {
			t.Errorf("%s: %d instead of %d", text, n, want)
		}
	}

	// What may be written is asked with OPTIONS; nothing may.
	res, _ := c.send(t, http.MethodOptions, local(collection+"/items"), "")
	if allow := res.Header.Get("Allow"); allow != "GET, HEAD" {
		t.Errorf("allowed: %q", allow)
	}
}

// gdal lists the layers, counts and reads one, as the OAPIF driver of GDAL does (ogr/ogrsf_frmts/oapif). It insists on the media
// types that it asked for.
func (c *ogcClient) gdal(t *testing.T) {
	landing := c.good(t, ogcRoot, jsonT, "Accept", jsonT).JSON.Links
	c.good(t, landing.to("service-desc", openapiT), openapiT, "Accept", wantsAPI)
	for _, one := range c.good(t, ogcRoot+"/collections", jsonT, "Accept", jsonT).JSON.Collections {
		items := one.Links.to("items", geoT)
		if items == "" || len(one.Extent.Spatial.BBox[0]) != 4 || !slices.Contains(one.CRS, one.StorageCRS) {
			t.Fatalf("%+v", one)
		}
		// The fields are those of a first page; the count is numberMatched.
		a := c.good(t, items+"?limit=10", geoT, "Accept", wantsItems)
		if a.JSON.Matched == 0 || a.JSON.Features[0].Properties == nil {
			t.Errorf("%s: %s", one.ID, a.body)
		}
		ids, _ := c.pages(t, items+"?limit=1000", "next", "Accept", wantsItems)
		if len(ids) != a.JSON.Matched {
			t.Errorf("%s: %d of %d", one.ID, len(ids), a.JSON.Matched)
		}
		c.good(t, one.Links.to(relQueryables, schemaT), schemaT, "Accept", schemaT)
	}

	// A window on a layer, in the system that -oo CRS chose, and conditions of SQL.
	window := asked("limit", "1000", "bbox", boxAround(epsg+"2154"), "bbox-crs", epsg+"2154", "crs", epsg+"2154")
	a := c.good(t, trees1+"/items"+window, geoT, "Accept", wantsItems)
	if a.JSON.Matched != 2 || a.header.Get("Content-Crs") != "<"+epsg+"2154>" {
		t.Errorf("%s in %s", a.body, a.header.Get("Content-Crs"))
	}
	c.stands(t, trees1+"/items"+window, epsg+"2154")
	for text, ids := range map[string][]int64{
		`((nombre >= 2) AND (nombre < 5))`:      {1, 3, 4},
		`(nom = 'Chemin d''Aran')`:              {2},
		`(pose >= DATE('2025-01-31'))`:          {1, 3},
		`(NOT (nom = 'Est' OR nombre IS NULL))`: {1, 2, 4, 5},
	} {
		c.finds(t, places1, asked("limit", "1000", "filter", text, "filter-lang", "cql2-text"), ids...)
	}
	c.finds(t, places1, "?limit=1000&datetime=2025-01-31T00%3A00%3A00Z%2F..", 1, 3, 6)
	c.finds(t, places1, "?limit=1000&nom=Est", 3)
}
