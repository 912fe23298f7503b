package compat_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ogcMetadataProofs are those of Features 1 "core" about all that is not features.
var ogcMetadataProofs = proofs{
	// The root answers.
	"root-op": func(t *testing.T, c *ogcClient) { c.good(t, ogcRoot, jsonT); c.good(t, ogcRoot+"/", jsonT) },
	// It leads to the description, the conformance and the data; links are good, and of the type that they say.
	"root-success": func(t *testing.T, c *ogcClient) {
		links := c.good(t, ogcRoot, jsonT).JSON.Links
		for _, rel := range []string{"self", "alternate", "service-desc", "service-doc", "conformance", "data"} {
			if links.to(rel, "") == "" {
				t.Errorf("no link %s", rel)
			}
		}
		c.follow(t, links)
	},
	// The description is at the address of service-desc,
	"api-definition-op": func(t *testing.T, c *ogcClient) {
		c.good(t, c.good(t, ogcRoot, jsonT).JSON.Links.to("service-desc", ""), openapiT)
	},
	// in the form that is asked for.
	"api-definition-success": func(t *testing.T, c *ogcClient) {
		address := c.good(t, ogcRoot, jsonT).JSON.Links.to("service-desc", "")
		for accept, mediaType := range map[string]string{"application/vnd.oai.openapi+json;version=3.0": openapiT, jsonT: openapiT, "*/*": openapiT, htmlT: htmlT} {
			c.good(t, address, mediaType, "Accept", accept)
		}
	},
	"conformance-op": func(t *testing.T, c *ogcClient) {
		c.good(t, c.good(t, ogcRoot, jsonT).JSON.Links.to("conformance", ""), jsonT)
	},
	// It lists the classes that are kept, this one among them, each once.
	"conformance-success": func(t *testing.T, c *ogcClient) {
		list := c.good(t, ogcRoot+"/conformance", jsonT).JSON.ConformsTo
		if !slices.Contains(list, "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core") {
			t.Errorf("%v", list)
		}
		slices.Sort(list)
		if len(slices.Compact(slices.Clone(list))) != len(list) {
			t.Errorf("twice in %v", list)
		}
	},
	// The rules of HTTP/1.1 hold: methods, copies, forms, what there is not.
	"http": func(t *testing.T, c *ogcClient) {
		for _, path := range c.defined.filled() {
			get := c.get(t, path)
			res, body := c.send(t, http.MethodHead, path, "")
			if res.StatusCode != http.StatusOK || body != "" || !res.ProtoAtLeast(1, 1) {
				t.Errorf("HEAD %s: %s %d %q", path, res.Proto, res.StatusCode, body)
			}
			for _, name := range []string{"Content-Type", "Content-Crs", "ETag", "Link", "Vary"} {
				if res.Header.Get(name) != get.header.Get(name) {
					t.Errorf("HEAD %s: %s is %q, of GET %q", path, name, res.Header.Get(name), get.header.Get(name))
				}
			}
			if !strings.Contains(get.header.Get("Vary"), "Accept") || get.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s: caches and scripts of other sites: %v", path, get.header)
			}
			for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
				res, _ := c.send(t, method, path, "")
				if allow := res.Header.Get("Allow"); res.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(allow, "GET") || !strings.Contains(allow, "HEAD") {
					t.Errorf("%s %s: %d, allowed %q", method, path, res.StatusCode, allow)
				}
			}
		}
		if a := c.get(t, ogcRoot+"/nothing"); a.status != http.StatusNotFound {
			t.Errorf("%d for what there is not", a.status)
		}
	},
	// A parameter that is not described is refused everywhere,
	"query-param-unknown": func(t *testing.T, c *ogcClient) {
		for _, path := range c.defined.filled() {
			c.refused(t, path+"?unknownQueryParameter=1", http.StatusBadRequest)
		}
	},
	// and so is a value that is none of a parameter.
	"query-param-invalid": func(t *testing.T, c *ogcClient) {
		for _, question := range []string{
			"limit=abc", "limit=-1", "limit=1.5", "limit=", "limit=1&limit=2", "offset=-1", "offset=x", "bbox=a,b,c,d", "datetime=demain", "crs=lambert",
			"bbox=1,2,3,4&bbox-crs=4326", "hauteur=haut", "properties=couleur", "sortby=couleur", "filter-lang=sql", "filter-crs=0",
		} {
			c.refused(t, trees1+"/items?"+question, http.StatusBadRequest)
		}
		for _, path := range c.defined.documents() {
			c.refused(t, path+"?f=pdf", http.StatusBadRequest)
		}
	},
	// Without another wish, coordinates are longitude and latitude of WGS 84.
	"crs84": func(t *testing.T, c *ogcClient) {
		a := c.items(t, trees1, "")
		if at := a.JSON.Features[0].point(t); at != [2]float64{1.3601, 43.5046} || a.header.Get("Content-Crs") != "<"+crs84+">" {
			t.Errorf("%v in %s", at, a.header.Get("Content-Crs"))
		}
		if at := c.items(t, points1, "?limit=1").JSON.Features[0].point(t); at != [2]float64{1, 43.5} {
			t.Errorf("%v", at)
		}
	},
	"fc-md-op": func(t *testing.T, c *ogcClient) {
		c.good(t, c.good(t, ogcRoot, jsonT).JSON.Links.to("data", ""), jsonT)
	},
	// The list has the form of the standard: that of the description, which c.get holds it to.
	"fc-md-success": func(t *testing.T, c *ogcClient) {
		a := c.good(t, ogcRoot+"/collections", jsonT)
		schema, _ := c.defined.in(c.defined.doc, "components", "schemas", "collections").(object)
		if d := cmp.Diff([]any{"links", "collections"}, schema["required"]); d != "" || len(a.JSON.Collections) == 0 {
			t.Error(d, a.body)
		}
	},
	// It leads to itself and to its other form, with their types.
	"fc-md-links": func(t *testing.T, c *ogcClient) {
		links := c.good(t, ogcRoot+"/collections", jsonT).JSON.Links
		if links.to("self", jsonT) == "" || links.to("alternate", htmlT) == "" {
			t.Errorf("%+v", links)
		}
		c.follow(t, links)
	},
	// Each public table that has places is there, and no other.
	"fc-md-items": func(t *testing.T, c *ogcClient) {
		var ids []string
		for _, one := range c.good(t, ogcRoot+"/collections", jsonT).JSON.Collections {
			ids = append(ids, one.ID)
		}
		if d := cmp.Diff(ogcPublic, ids); d != "" {
			t.Error(d)
		}
	},
	// Each leads to its features in each form, with its type.
	"fc-md-items-links": func(t *testing.T, c *ogcClient) {
		for _, one := range c.good(t, ogcRoot+"/collections", jsonT).JSON.Collections {
			for _, mediaType := range []string{geoT, htmlT} {
				if href := one.Links.to("items", mediaType); href == "" {
					t.Errorf("%s: no items as %s", one.ID, mediaType)
				} else {
					c.good(t, href, mediaType)
				}
			}
			for _, l := range one.Links {
				if l.Rel == "" || l.Type == "" {
					t.Errorf("%s: %+v", one.ID, l)
				}
			}
		}
	},
	// Extents hold all places and all times of the features.
	"fc-md-extent": func(t *testing.T, c *ogcClient) {
		for _, one := range c.good(t, ogcRoot+"/collections", jsonT).JSON.Collections {
			x := one.Extent
			if x == nil || x.Spatial == nil || len(x.Spatial.BBox) == 0 || x.Spatial.CRS != crs84 {
				t.Fatalf("%s: %+v", one.ID, x)
			}
			box := x.Spatial.BBox[0]
			ids, _ := c.pages(t, ogcRoot+"/collections/"+one.ID+"/items"+asked("limit", "1000"), "next")
			inside := c.items(t, ogcRoot+"/collections/"+one.ID, asked("bbox", fmt.Sprintf("%v,%v,%v,%v", box[0], box[1], box[2], box[3])))
			if inside.JSON.Matched != len(ids) {
				t.Errorf("%s: %d of %d are in %v", one.ID, inside.JSON.Matched, len(ids), box)
			}
		}
		for path, want := range map[string][2]string{places1: {"2022-05-05T00:00:00Z", "2025-02-01T23:59:59Z"}, points1: {"2025-01-01T00:00:00Z", "2025-01-01T18:19:00Z"}} {
			times := c.collection(t, path).Extent.Temporal
			if times == nil || len(times.Interval) != 1 || *times.Interval[0][0] != want[0] || *times.Interval[0][1] != want[1] {
				t.Errorf("%s: %+v", path, times)
				continue
			}
			for _, end := range want {
				if _, err := time.Parse(time.RFC3339, end); err != nil {
					t.Error(err)
				}
			}
		}
		if x := c.collection(t, trees1).Extent; x.Temporal != nil {
			t.Errorf("trees have no dates, and %v", x.Temporal)
		}
	},
	// The first box is that of all, to a metre or so; there is one only, as the standard recommends.
	"fc-md-extent-multi": func(t *testing.T, c *ogcClient) {
		boxes := c.collection(t, places1).Extent.Spatial.BBox
		if len(boxes) != 1 || len(boxes[0]) != 4 {
			t.Fatal(boxes)
		}
		for i, want := range []float64{-179.9, -17, 179.9, 45} {
			if math.Abs(boxes[0][i]-want) > 1e-5 {
				t.Errorf("%v: %v instead of %v", boxes, boxes[0][i], want)
			}
		}
	},
	// Each collection of the list answers by its identifier,
	"sfc-md-op": func(t *testing.T, c *ogcClient) {
		for _, id := range ogcPublic {
			if one := c.collection(t, ogcRoot+"/collections/"+id); one.ID != id {
				t.Errorf("%s is called %s", id, one.ID)
			}
		}
		for _, id := range []string{"nulle-part", "bancs-publics", "bancs-internes"} {
			c.refused(t, ogcRoot+"/collections/"+id, http.StatusNotFound)
		}
	},
	// with what the list says of it.
	"sfc-md-success": func(t *testing.T, c *ogcClient) {
		var list struct{ Collections []object }
		if err := json.Unmarshal([]byte(c.good(t, ogcRoot+"/collections", jsonT).body), &list); err != nil {
			t.Fatal(err)
		}
		for _, listed := range list.Collections {
			var one object
			if err := json.Unmarshal([]byte(c.good(t, fmt.Sprint(ogcRoot+"/collections/", listed["id"]), jsonT).body), &one); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(listed, one); d != "" {
				t.Error(d)
			}
		}
	},
}

// follow goes to each link of the portal and wants what its type says.
func (c *ogcClient) follow(t *testing.T, links ogcLinksSaid) {
	t.Helper()
	for _, l := range links {
		kind, _, _ := strings.Cut(l.Type, ";")
		switch {
		case kind == "":
			t.Errorf("%s: no type", l.Rel)
		case !l.Templated && strings.HasPrefix(local(l.Href), ogcRoot):
			c.good(t, l.Href, kind)
		}
	}
}

var ogcHTMLProofs = proofs{
	// Each document is a page, too, for who asks so: by f, or as browsers do.
	"definition": func(t *testing.T, c *ogcClient) {
		for _, path := range c.defined.documents() {
			c.good(t, path, htmlT, "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
			c.good(t, path, htmlT, "Accept", "application/json;q=0.5, text/*")
			c.good(t, path+"?f=html", htmlT, "Accept", jsonT)
			for _, accept := range []string{"", "*/*", "application/*", "text/html;q=0.9, application/json", "text/html;q=0, */*;q=0.1"} {
				if a := c.get(t, path, "Accept", accept); a.status != http.StatusOK || mediaOf(a.header) == htmlT {
					t.Errorf("%s for %q: %d %s", path, accept, a.status, mediaOf(a.header))
				}
			}
			c.good(t, path+"?f=json", mediaOf(c.get(t, path).header), "Accept", htmlT)
		}
	},
	// A page is HTML 5, in the language of who asks, and says what the JSON says, its links as <a>; texts longer than a cell of a list are whole on the page of
	// their feature.
	"content": func(t *testing.T, c *ogcClient) {
		for _, path := range c.defined.documents() {
			for _, lang := range []string{"fr", "en"} {
				if page := c.good(t, path+"?f=html", htmlT, "Accept-Language", lang); !strings.Contains(page.body, `<html lang="`+lang+`"`) {
					t.Errorf("%s: not in %s", path, lang)
				}
			}
			page := c.good(t, path+"?f=html", htmlT)
			if !strings.HasPrefix(strings.ToLower(page.body), "<!doctype html>") || !strings.Contains(page.body, "</body>") {
				t.Errorf("%s: %.100s", path, page.body)
			}
			a := c.get(t, path)
			links := slices.Clone(a.JSON.Links)
			for _, one := range a.JSON.Collections {
				links = append(links, one.Links...)
			}
			for _, l := range links {
				if !l.Templated && !strings.Contains(page.body, `href="`+strings.ReplaceAll(l.Href, "&", "&amp;")+`"`) {
					t.Errorf("%s does not lead to %s", path, l.Href)
				}
			}
		}
		for path, texts := range map[string][]string{
			ogcRoot:                           {"Essai"},
			ogcRoot + "/conformance":          {"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt"},
			ogcRoot + "/collections":          {"Arbres", "Lieux", "Points", "2022-05-05T00:00:00Z", "bbox", "-179.9", "45", epsg + "2154", "Les bancs."},
			places1:                           {"Lieux", "2022-05-05T00:00:00Z", "bbox", "-179.9", "45", epsg + "2154", crs84, "feature"},
			places1 + "/queryables":           {"nom", "pose", "hauteur"},
			trees1 + "/items":                 {"Tilleul", "12.5", "1.3267", "3 rows of 3", "2025-06-15T12:00:00Z"},
			trees1 + "/items/2":               {"Tilleul", "8", "[1.3267,43.4613]"},
			trees1 + "/tiles/WebMercatorQuad": {"vector", epsg + "3857", "rows", "43.4613"},
			ogcRoot + "/tileMatrixSets/WebMercatorQuad": {"559082264", "4194304"},
		} {
			page := c.good(t, path+"?f=html", htmlT)
			for _, text := range texts {
				if !strings.Contains(page.body, text) {
					t.Errorf("%s does not say %q", path, text)
				}
			}
		}
	},
}

var ogcGeoJSONProofs = proofs{
	// Features come as GeoJSON to who asks for it, the rest as JSON.
	"definition": func(t *testing.T, c *ogcClient) {
		for _, accept := range []string{geoT, "application/geo+json;q=0.9, text/html;q=0.1", jsonT} {
			c.good(t, trees1+"/items", geoT, "Accept", accept)
			c.good(t, trees1+"/items/1", geoT, "Accept", accept)
		}
		for _, path := range []string{ogcRoot, ogcRoot + "/conformance", ogcRoot + "/collections", trees1} {
			c.good(t, path, jsonT, "Accept", jsonT)
		}
	},
	// They are a FeatureCollection and Features (RFC 7946), with their links beside; the rest is as described, which c.get looks at.
	"content": func(t *testing.T, c *ogcClient) {
		a := c.items(t, places1, "")
		if a.JSON.Type != "FeatureCollection" || len(a.JSON.Links) == 0 {
			t.Error(a.body)
		}
		for i, kind := range []string{"Polygon", "LineString", "Point", "Point", "", "Point"} {
			f := a.JSON.Features[i]
			one := c.good(t, fmt.Sprint(places1, "/items/", f.ID), geoT).JSON
			if one.Type != "Feature" || len(one.Links) == 0 || fmt.Sprint(one.ID) != fmt.Sprint(f.ID) {
				t.Errorf("%d: %+v", f.ID, one)
			}
			if d := cmp.Diff(f.Geometry, one.Geometry) + cmp.Diff(f.Properties, one.Properties); d != "" || f.Type != "Feature" {
				t.Errorf("%d: %s", f.ID, d)
			}
			if kind == "" && f.Geometry != nil || kind != "" && (f.Geometry == nil || f.Geometry.Type != kind) {
				t.Errorf("%d: %+v instead of %s", f.ID, f.Geometry, kind)
			}
		}
		want := map[string]any{"nom": "Équerre", "pose": "2025-01-31", "releve": "2025-01-31T08:30:00Z", "actif": true, "nombre": 3.0, "hauteur": 1.5}
		if d := cmp.Diff(want, a.JSON.Features[0].Properties); d != "" {
			t.Error(d)
		}
	},
}
