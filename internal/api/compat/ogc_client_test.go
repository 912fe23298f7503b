package compat_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	ogcRoot  = "/api/ogc"
	trees1   = ogcRoot + "/collections/arbres"
	places1  = ogcRoot + "/collections/lieux"
	points1  = ogcRoot + "/collections/points"
	jsonT    = "application/json"
	geoT     = "application/geo+json"
	htmlT    = "text/html"
	schemaT  = "application/schema+json"
	openapiT = "application/vnd.oai.openapi+json"
	mvtT     = "application/vnd.mapbox-vector-tile"
	problemT = "application/problem+json"
	crs84    = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
	epsg     = "http://www.opengis.net/def/crs/EPSG/0/"

	relQueryables = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
)

// ogcPublic are the collections that everyone sees, in order.
var ogcPublic = []string{"arbres", "lieux", "plan", "points"}

// pointsFile is the table "Points".
func pointsFile() string {
	var b strings.Builder
	b.WriteString("numero;vu;longitude;latitude\n")
	for i := range manyPoints {
		at := time.Date(2025, 1, 1, 0, i, 0, 0, time.UTC)
		fmt.Fprintf(&b, "%d;%s;%.4f;43.5\n", i+1, at.Format("2006-01-02T15:04:05Z"), 1+float64(i)/1e4)
	}
	return b.String()
}

type (
	ogcLinkSaid struct {
		Href, Rel, Type, Title string
		Templated              bool
	}
	ogcCollectionSaid struct {
		ID, Title, Description, ItemType, StorageCRS string
		CRS                                          []string
		Links                                        ogcLinksSaid
		Extent                                       *struct {
			Spatial *struct {
				BBox [][]float64
				CRS  string
			}
			Temporal *struct{ Interval [][2]*string }
		}
	}
	ogcFeatureSaid struct {
		Type     string
		ID       int64
		Geometry *struct {
			Type        string
			Coordinates json.RawMessage
		}
		Properties map[string]any
		Links      ogcLinksSaid
	}
	// ogcBody is what answers say, all of them together.
	ogcBody struct {
		ogcFeatureSaid
		ID          any // a number, or the name of a collection
		Title       string
		ConformsTo  []string
		Collections []ogcCollectionSaid
		Features    []ogcFeatureSaid
		TimeStamp   string
		Matched     int    `json:"numberMatched"`
		Returned    int    `json:"numberReturned"`
		Schema      string `json:"$schema"`
		Self        string `json:"$id"`
		Additional  *bool  `json:"additionalProperties"`
		OpenAPI     string
		Status      int
		Detail      string
	}
	ogcLinksSaid []ogcLinkSaid
)

// ogcSaid is an answer.
type ogcSaid struct {
	status int
	header http.Header
	body   string
	JSON   ogcBody
}

// to is the address of a link, "" without; of any type when none is said.
func (l ogcLinksSaid) to(rel, mediaType string) string {
	for _, one := range l {
		if kind, _, _ := strings.Cut(one.Type, ";"); one.Rel == rel && (mediaType == "" || kind == mediaType) {
			return one.Href
		}
	}
	return ""
}

// ids are those of the features, in order.
func (a ogcSaid) ids() []int64 {
	list := []int64{}
	for _, f := range a.JSON.Features {
		list = append(list, f.ID)
	}
	return list
}

// ogcClient asks the portal, and holds each answer to the description of the API.
type ogcClient struct {
	*territory
	defined definition
}

func newOGCClient(t *testing.T, p *territory) *ogcClient {
	t.Helper()
	c := &ogcClient{territory: p}
	_, body := p.ask(t, ogcRoot+"/api", "Accept", openapiT)
	c.defined = readDefinition(t, body)
	return c
}

// local is an address of the portal without its host.
func local(address string) string { return strings.TrimPrefix(address, "https://portail.example") }

// get asks for a path, or an address of the portal.
func (c *ogcClient) get(t *testing.T, path string, header ...string) ogcSaid {
	t.Helper()
	path = local(path)
	res, body := c.ask(t, path, header...)
	a := ogcSaid{status: res.StatusCode, header: res.Header, body: body}
	if kind := mediaOf(res.Header); kind == jsonT || kind == geoT || kind == schemaT || kind == problemT || kind == openapiT {
		if err := json.Unmarshal([]byte(body), &a.JSON); err != nil {
			t.Fatalf("%s: %v in %.300s", path, err, body)
		}
	}
	for _, fault := range c.defined.faults(path, a) {
		t.Errorf("%s: %s", path, fault)
	}
	return a
}

// good wants the status 200 and a media type.
func (c *ogcClient) good(t *testing.T, path, mediaType string, header ...string) ogcSaid {
	t.Helper()
	a := c.get(t, path, header...)
	if kind := mediaOf(a.header); a.status != http.StatusOK || kind != mediaType {
		t.Fatalf("%s: %d %s %.300s", path, a.status, kind, a.body)
	}
	return a
}

// refused wants a status and why, as RFC 7807 says.
func (c *ogcClient) refused(t *testing.T, path string, status int, header ...string) {
	t.Helper()
	a := c.get(t, path, header...)
	if a.status != status {
		t.Errorf("%s: %d instead of %d", path, a.status, status)
		return
	}
	if mediaOf(a.header) != problemT || a.JSON.Status != status || a.JSON.Detail == "" {
		t.Errorf("%s: %s %s", path, mediaOf(a.header), a.body)
	}
}

// collection is what is said of a collection.
func (c *ogcClient) collection(t *testing.T, path string) (said ogcCollectionSaid) {
	t.Helper()
	if err := json.Unmarshal([]byte(c.good(t, path, jsonT).body), &said); err != nil {
		t.Fatal(err)
	}
	return said
}

// items is the page of features of a question to a collection.
func (c *ogcClient) items(t *testing.T, collection, question string) ogcSaid {
	t.Helper()
	a := c.good(t, collection+"/items"+question, geoT)
	if a.JSON.Returned != len(a.JSON.Features) {
		t.Errorf("%s: %d features, numberReturned %d", question, len(a.JSON.Features), a.JSON.Returned)
	}
	return a
}

// finds wants the features of some numbers.
func (c *ogcClient) finds(t *testing.T, collection, question string, ids ...int64) {
	t.Helper()
	a := c.items(t, collection, question)
	if fmt.Sprint(a.ids()) != fmt.Sprint(ids) || a.JSON.Matched != len(ids) {
		t.Errorf("%s: %v of %d instead of %v", question, a.ids(), a.JSON.Matched, ids)
	}
}

// pages follows the links of a relation, and gives the features in the order in which they come.
func (c *ogcClient) pages(t *testing.T, first, rel string, header ...string) (ids []int64, last string) {
	t.Helper()
	for next := first; next != ""; {
		a := c.good(t, next, geoT, header...)
		ids, last = append(ids, a.ids()...), next
		if next = a.JSON.Links.to(rel, geoT); len(ids) > 5*manyPoints {
			t.Fatalf("%s: the pages have no end", first)
		}
	}
	return ids, last
}

func mediaOf(h http.Header) string {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return kind
}

// asked writes parameters as an address has them, names and values in turn.
func asked(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return "?" + v.Encode()
}

// point are the coordinates of a geometry that is one.
func (f ogcFeatureSaid) point(t *testing.T) (at [2]float64) {
	t.Helper()
	if f.Geometry == nil || json.Unmarshal(f.Geometry.Coordinates, &at) != nil {
		t.Fatalf("%d is no point: %+v", f.ID, f.Geometry)
	}
	return at
}
