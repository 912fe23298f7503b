package ogc

import "strconv"

// Quad is the one tile matrix set: Web Mercator, as web maps cut the world.
const (
	Quad    = "WebMercatorQuad"
	quadURI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
	quadCRS = "http://www.opengis.net/def/crs/EPSG/0/3857"

	relTilesets = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
	relMatrices = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
	relMatrix   = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"

	// MVT is the media type of tiles.
	MVT = "application/vnd.mapbox-vector-tile"
)

// Tilesets is the answer to …/tiles.
type Tilesets struct {
	Tilesets []Tileset `json:"tilesets"`
	Links    []Link    `json:"links"`
}

// Tileset is the tiles of a collection in a tile matrix set.
type Tileset struct {
	Title    string      `json:"title"`
	DataType string      `json:"dataType"` // "vector"
	CRS      string      `json:"crs"`
	Matrices string      `json:"tileMatrixSetURI"`
	Box      *TileBox    `json:"boundingBox,omitempty"`
	Layers   []TileLayer `json:"layers,omitempty"`
	Links    []Link      `json:"links"`
}

// TileBox has corners west, south and east, north in degrees.
type TileBox struct {
	Lower [2]float64 `json:"lowerLeft"`
	Upper [2]float64 `json:"upperRight"`
	CRS   string     `json:"crs"`
}

// TileLayer is a layer of the tiles.
type TileLayer struct {
	ID       string `json:"id"`
	DataType string `json:"dataType"`
}

// NewTileset describes the tiles of a collection at base. box is west, south, east, north, or nil.
func NewTileset(base, id, title string, box *[4]float64, layers []string) Tileset {
	self := collectionURL(base, id) + "/tiles/" + Quad
	t := Tileset{Title: title, DataType: "vector", CRS: quadCRS, Matrices: quadURI, Links: []Link{
		{Href: self, Rel: "self", Type: JSON, Title: title},
		{Href: self + "/{tileMatrix}/{tileRow}/{tileCol}", Rel: "item", Type: MVT, Title: title, Templated: true},
		{Href: base + "/tileMatrixSets/" + Quad, Rel: relMatrix, Type: JSON, Title: Quad},
		{Href: collectionURL(base, id), Rel: "http://www.opengis.net/def/rel/ogc/1.0/geodata", Type: JSON, Title: title},
	}}
	if box != nil {
		t.Box = &TileBox{Lower: [2]float64{box[0], box[1]}, Upper: [2]float64{box[2], box[3]}, CRS: "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}
	}
	for _, l := range layers {
		t.Layers = append(t.Layers, TileLayer{l, "vector"})
	}
	return t
}

// NewTilesets lists the tilesets of a collection: one.
func NewTilesets(base, id string, t Tileset) Tilesets {
	return Tilesets{Tilesets: []Tileset{t}, Links: []Link{{Href: collectionURL(base, id) + "/tiles", Rel: "self", Type: JSON}}}
}

// MatrixSets is the answer to /tileMatrixSets.
type MatrixSets struct {
	Sets []MatrixSet `json:"tileMatrixSets"`
}

// MatrixSet is a way to cut the world.
type MatrixSet struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	URI      string   `json:"uri"`
	CRS      string   `json:"crs,omitempty"`
	Axes     []string `json:"orderedAxes,omitempty"`
	Known    string   `json:"wellKnownScaleSet,omitempty"`
	Matrices []Matrix `json:"tileMatrices,omitempty"`
	Links    []Link   `json:"links,omitempty"`
}

// Matrix is a zoom.
type Matrix struct {
	ID     string     `json:"id"`
	Scale  float64    `json:"scaleDenominator"`
	Cell   float64    `json:"cellSize"` // metres
	Corner string     `json:"cornerOfOrigin"`
	Origin [2]float64 `json:"pointOfOrigin"`
	Width  int        `json:"tileWidth"`
	Height int        `json:"tileHeight"`
	Across int        `json:"matrixWidth"`
	Down   int        `json:"matrixHeight"`
}

// NewMatrixSets lists the one set.
func NewMatrixSets(base string) MatrixSets {
	return MatrixSets{[]MatrixSet{{ID: Quad, Title: "Google Maps Compatible for the World", URI: quadURI, CRS: quadCRS,
		Links: []Link{{Href: base + "/tileMatrixSets/" + Quad, Rel: "self", Type: JSON, Title: Quad}}}}}
}

// Half of the width of Web Mercator in metres, and the size of a pixel in metres that scales are of.
const (
	halfWorld = 20037508.342789244
	pixel     = 0.00028
)

// QuadSet describes the set, to a zoom.
func QuadSet(zooms int) MatrixSet {
	s := MatrixSet{ID: Quad, Title: "Google Maps Compatible for the World", URI: quadURI, CRS: quadCRS, Axes: []string{"X", "Y"},
		Known: "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"}
	for z := range zooms + 1 {
		cell := 2 * halfWorld / float64(int(256)<<z)
		s.Matrices = append(s.Matrices, Matrix{strconv.Itoa(z), cell / pixel, cell, "topLeft", [2]float64{-halfWorld, halfWorld}, 256, 256, 1 << z, 1 << z})
	}
	return s
}
