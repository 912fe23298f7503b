package ogc

import (
	"encoding/json"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"socle/internal/geo"
	"socle/internal/interop/jsonrow"
	"socle/internal/query"
	"socle/internal/tabular"
)

// Media types of links.
const (
	JSON       = "application/json"
	GeoJSON    = "application/geo+json"
	HTML       = "text/html"
	OpenAPI    = "application/vnd.oai.openapi+json;version=3.0"
	JSONSchema = "application/schema+json"
)

const relQueryables = "http://www.opengis.net/def/rel/ogc/1.0/queryables"

// Link leads to another answer; links to self, alternate, items and collection bear a type.
type Link struct {
	Href      string `json:"href"`
	Rel       string `json:"rel"`
	Type      string `json:"type,omitempty"`
	Title     string `json:"title,omitempty"`
	Templated bool   `json:"templated,omitempty"` // {tileMatrix}, {tileRow}, {tileCol} are to be filled in
}

// Landing is the answer to the root.
type Landing struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Links       []Link `json:"links"`
}

// NewLanding is the root of the API at base.
func NewLanding(base, title, description string) Landing {
	return Landing{Title: title, Description: description, Links: []Link{
		{Href: base, Rel: "self", Type: JSON, Title: title},
		{Href: base + "?f=html", Rel: "alternate", Type: HTML, Title: title},
		{Href: base + "/api", Rel: "service-desc", Type: OpenAPI, Title: "OpenAPI"},
		{Href: base + "/api?f=html", Rel: "service-doc", Type: HTML, Title: "API"},
		{Href: base + "/conformance", Rel: "conformance", Type: JSON, Title: "Conformance"},
		{Href: base + "/collections", Rel: "data", Type: JSON, Title: "Collections"},
		{Href: base + "/tileMatrixSets", Rel: relMatrices, Type: JSON, Title: "Tile matrix sets"},
	}}
}

// Conformance is the answer to /conformance.
type Conformance struct {
	ConformsTo []string `json:"conformsTo"`
}

// Conforms lists the classes that the API keeps.
func Conforms() Conformance {
	const core, two, filter, cql = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/", "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/",
		"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/", "http://www.opengis.net/spec/cql2/1.0/conf/"
	const tiles = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
	return Conformance{[]string{core + "core", core + "oas30", core + "geojson", core + "html", two + "crs",
		filter + "queryables", filter + "queryables-query-parameters", filter + "filter", filter + "features-filter", cql + "cql2-text", cql + "cql2-json", cql + "basic-cql2",
		tiles + "core", tiles + "tileset", tiles + "tilesets-list", tiles + "geodata-tilesets", tiles + "mvt"}}
}

// Collections is the answer to /collections.
type Collections struct {
	Links       []Link       `json:"links"`
	Collections []Collection `json:"collections"`
	CRS         []string     `json:"crs"`
}

// Collection is a table with geometry.
type Collection struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Extent      *Extent  `json:"extent,omitempty"`
	ItemType    string   `json:"itemType"`
	CRS         []string `json:"crs"`
	StorageCRS  string   `json:"storageCrs"`
	Links       []Link   `json:"links"`
}

// Extent is where and when; nil when unknown.
type Extent struct {
	Spatial  *Spatial  `json:"spatial,omitempty"`
	Temporal *Temporal `json:"temporal,omitempty"`
}

// Spatial has boxes west, south, east, north.
type Spatial struct {
	BBox [][]float64 `json:"bbox"`
	CRS  string      `json:"crs"`
}

// Temporal has intervals; null is an open end.
type Temporal struct {
	Interval [][2]*string `json:"interval"`
	TRS      string       `json:"trs"`
}

// NewCollection describes a table at base/collections/id.
func NewCollection(base, id, title, description string, box *orb.Bound, times *[2]time.Time) Collection {
	c := Collection{ID: id, Title: title, Description: description, ItemType: "feature", CRS: query.Systems(), StorageCRS: query.CRS84}
	if box != nil || times != nil {
		c.Extent = &Extent{}
	}
	if box != nil {
		c.Extent.Spatial = &Spatial{BBox: [][]float64{{box.Min[0], box.Min[1], box.Max[0], box.Max[1]}}, CRS: query.CRS84}
	}
	if times != nil {
		var ends [2]*string
		for i, t := range times {
			if !t.IsZero() {
				text := t.UTC().Format(time.RFC3339Nano)
				ends[i] = &text
			}
		}
		c.Extent.Temporal = &Temporal{Interval: [][2]*string{ends}, TRS: "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}
	}
	self := collectionURL(base, id)
	c.Links = []Link{
		{Href: self, Rel: "self", Type: JSON, Title: title},
		{Href: self + "?f=html", Rel: "alternate", Type: HTML, Title: title},
		{Href: self + "/items", Rel: "items", Type: GeoJSON, Title: title},
		{Href: self + "/items?f=html", Rel: "items", Type: HTML, Title: title},
		{Href: self + "/queryables", Rel: relQueryables, Type: JSONSchema, Title: title},
		{Href: self + "/tiles", Rel: relTilesets, Type: JSON, Title: title},
	}
	return c
}

func collectionURL(base, id string) string { return base + "/collections/" + url.PathEscape(id) }

// NewCollections lists collections.
func NewCollections(base string, list []Collection) Collections {
	if list == nil {
		list = []Collection{}
	}
	return Collections{Collections: list, CRS: query.Systems(), Links: []Link{
		{Href: base + "/collections", Rel: "self", Type: JSON, Title: "Collections"}, {Href: base + "/collections?f=html", Rel: "alternate", Type: HTML, Title: "Collections"},
	}}
}

// Feature is a row.
type Feature struct {
	Type       string          `json:"type"`
	ID         int64           `json:"id"`
	Geometry   json.RawMessage `json:"geometry"`
	Properties jsonrow.Object  `json:"properties"`
	Links      []Link          `json:"links,omitempty"`
}

// FeatureCollection is the answer to …/items.
type FeatureCollection struct {
	Type           string    `json:"type"`
	Features       []Feature `json:"features"`
	Links          []Link    `json:"links"`
	TimeStamp      string    `json:"timeStamp"`
	NumberMatched  int64     `json:"numberMatched"`
	NumberReturned int       `json:"numberReturned"`
}

// NewFeature makes a feature of a record, its geometry in a system; hidden are
// the positions of the cells that are no properties. It may change the geometry.
func NewFeature(number int64, fields []tabular.Field, cells [][]byte, geometry orb.Geometry, hidden []int, system query.System) Feature {
	f := Feature{Type: "Feature", ID: number, Geometry: jsonrow.Null, Properties: jsonrow.Object{}}
	for i, cell := range cells {
		if !slices.Contains(hidden, i) {
			f.Properties = append(f.Properties, jsonrow.Member{Name: fields[i].Name, Value: jsonrow.Cell(fields[i].Kind, cell)})
		}
	}
	if geometry != nil {
		places := decimals
		if !system.Degrees() {
			places = decimalsOfMetres
		}
		if moved := system.From(geometry); finite(moved.Bound()) {
			f.Geometry = geo.AppendGeoJSON(nil, moved, places)
		}
	}
	return f
}

// finite: a place out of the reach of a projection has no numbers there.
func finite(b orb.Bound) bool {
	for _, n := range []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} {
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return false
		}
	}
	return true
}

// Decimals of coordinates: a centimetre, a millimetre.
const (
	decimals         = 7
	decimalsOfMetres = 3
)

// Page is which features of those that a request finds are given.
type Page struct {
	Matched       int64
	Offset, Limit int
}

// NewItems is a page of features. parameters are those of the request, from which the pages beside it
// are made.
func NewItems(base, id string, features []Feature, page Page, parameters url.Values, now time.Time) FeatureCollection {
	if features == nil {
		features = []Feature{}
	}
	c := FeatureCollection{Type: "FeatureCollection", Features: features, TimeStamp: now.UTC().Format(time.RFC3339), NumberMatched: page.Matched, NumberReturned: len(features)}
	collection := collectionURL(base, id)
	self := collection + "/items"
	c.Links = []Link{
		{Href: address(self, parameters, "f", "json"), Rel: "self", Type: GeoJSON},
		{Href: address(self, parameters, "f", "html"), Rel: "alternate", Type: HTML},
		{Href: collection, Rel: "collection", Type: JSON},
	}
	if next := page.Offset + len(features); int64(next) < page.Matched && len(features) > 0 {
		c.Links = append(c.Links, Link{Href: address(self, parameters, "offset", strconv.Itoa(next)), Rel: "next", Type: GeoJSON})
	}
	if end := int(min(int64(page.Offset), page.Matched)); end > page.Limit {
		c.Links = append(c.Links, Link{Href: address(self, parameters, "offset", strconv.Itoa(end-page.Limit)), Rel: "prev", Type: GeoJSON})
	} else if end > 0 {
		c.Links = append(c.Links, Link{Href: address(self, parameters, "offset", "", "limit", strconv.Itoa(end)), Rel: "prev", Type: GeoJSON})
	}
	return c
}

// address is a path with parameters, of which some are changed: names and values in turn, "" taking one away.
func address(path string, parameters url.Values, changes ...string) string {
	v := url.Values{}
	maps.Copy(v, parameters)
	for pair := range slices.Chunk(changes, 2) {
		if v.Del(pair[0]); pair[1] != "" {
			v.Set(pair[0], pair[1])
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// Item is the answer to …/items/{id}. parameters are those of the request.
func Item(base, id string, f Feature, parameters url.Values) Feature {
	self := collectionURL(base, id) + "/items/" + strconv.FormatInt(f.ID, 10)
	f.Links = []Link{
		{Href: address(self, parameters, "f", ""), Rel: "self", Type: GeoJSON},
		{Href: address(self, parameters, "f", "html"), Rel: "alternate", Type: HTML},
		{Href: collectionURL(base, id), Rel: "collection", Type: JSON},
	}
	return f
}

// QueryablesLink is the header Link of what can be filtered.
func QueryablesLink(base, id string) string {
	return "<" + collectionURL(base, id) + `/queryables>; rel="` + relQueryables + `"; type="` + JSONSchema + `"`
}

// Queryables is the JSON Schema of what can be asked of a collection.
func Queryables(base, id, title string, columns []query.Column) jsonrow.Object {
	var properties jsonrow.Object
	for _, c := range columns {
		member := map[string]any{"title": c.Label()}
		switch {
		case c.Geometry == "point-lonlat":
			member["format"] = "geometry-point"
		case c.Geometry != "":
			member["format"] = "geometry-any"
		case c.Kind == tabular.Int:
			member["type"] = "integer"
		case c.Kind == tabular.Float:
			member["type"] = "number"
		case c.Kind == tabular.Bool:
			member["type"] = "boolean"
		case c.Kind == tabular.Date:
			member["type"], member["format"] = "string", "date"
		case c.Kind == tabular.Timestamp:
			member["type"], member["format"] = "string", "date-time"
		default:
			member["type"] = "string"
		}
		raw, err := json.Marshal(member)
		if err != nil {
			continue // texts only
		}
		properties = append(properties, jsonrow.Member{Name: c.Name, Value: raw})
	}
	raw, err := properties.MarshalJSON()
	if err != nil {
		raw = []byte("{}")
	}
	return jsonrow.Object{
		{Name: "$schema", Value: jsonrow.Text("https://json-schema.org/draft/2020-12/schema")},
		{Name: "$id", Value: jsonrow.Text(collectionURL(base, id) + "/queryables")},
		{Name: "type", Value: jsonrow.Text("object")},
		{Name: "title", Value: jsonrow.Text(title)},
		{Name: "properties", Value: raw},
		{Name: "additionalProperties", Value: json.RawMessage("false")},
	}
}

// Exception is the answer to what cannot be answered (RFC 7807).
type Exception struct {
	Type   string `json:"type,omitempty"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}
