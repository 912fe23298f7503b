package compat_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type (
	tilesetSaid struct {
		Title, DataType, CRS string
		Matrices             string                                      `json:"tileMatrixSetURI"`
		Box                  *struct{ LowerLeft, UpperRight [2]float64 } `json:"boundingBox"`
		Layers               []struct{ ID, DataType string }
		Links                ogcLinksSaid
	}
	matrixSaid struct {
		ID                                               string
		ScaleDenominator, CellSize                       float64
		PointOfOrigin                                    [2]float64
		TileWidth, TileHeight, MatrixWidth, MatrixHeight int
	}
)

const (
	relScheme  = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
	relVector  = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
	quadURI    = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
	treesTiles = trees1 + "/tiles/WebMercatorQuad"
	tilePath   = "/collections/{collectionId}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"
)

func decoded[T any](t *testing.T, a ogcSaid) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// matrices are the zooms that a tileset leads to.
func (c *ogcClient) matrices(t *testing.T) []matrixSaid {
	t.Helper()
	tileset := decoded[tilesetSaid](t, c.good(t, treesTiles, jsonT))
	return decoded[struct{ TileMatrices []matrixSaid }](t, c.good(t, tileset.Links.to(relScheme, jsonT), jsonT)).TileMatrices
}

// tile is the one with the first tree at a zoom, computed from the matrix: cells from its corner, row from the north.
func (m matrixSaid) tile() (row, col int) {
	at := firstTree[epsg+"3857"]
	size := m.CellSize * float64(m.TileWidth)
	return int(math.Floor((m.PointOfOrigin[1] - at[1]) / size)), int(math.Floor((at[0] - m.PointOfOrigin[0]) / size))
}

func (m matrixSaid) fill(template string) string {
	row, col := m.tile()
	return strings.NewReplacer("{tileMatrix}", m.ID, "{tileRow}", fmt.Sprint(row), "{tileCol}", fmt.Sprint(col)).Replace(template)
}

func wholeParameter(name string) func(*testing.T, *ogcClient) {
	return func(t *testing.T, c *ogcClient) {
		p := c.defined.parameters(c.defined.operations()[tilePath])[name]
		want := object{"type": "integer", "minimum": 0.0}
		if name == "tileMatrix" {
			want = object{"type": "string"}
		}
		if d := cmp.Diff(want, p["schema"]); d != "" || p["in"] != "path" || p["required"] != true {
			t.Errorf("%v: %s", p, d)
		}
	}
}

var ogcTilesProofs = proofs{
	// The classes of tiles are declared.
	"conformance-success": func(t *testing.T, c *ogcClient) {
		list := strings.Join(c.good(t, ogcRoot+"/conformance", jsonT).JSON.ConformsTo, " ")
		for _, class := range []string{"core", "tileset", "tilesets-list", "geodata-tilesets", "mvt"} {
			if !strings.Contains(list, "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"+class) {
				t.Errorf("%s is not declared", class)
			}
		}
	},
	// A template is given, of which zoom, row and column of the tile matrix set make the address of a tile.
	"tc-op": func(t *testing.T, c *ogcClient) {
		template := ""
		for _, l := range decoded[tilesetSaid](t, c.good(t, treesTiles, jsonT)).Links {
			if l.Templated {
				template = l.Href
			}
		}
		for _, m := range c.matrices(t) {
			if a := c.good(t, m.fill(template), mvtT); len(a.body) == 0 {
				t.Errorf("no tile at %s", m.ID)
			}
		}
	},
	"tc-tilematrix-definition": wholeParameter("tileMatrix"),
	"tc-tilerow-definition":    wholeParameter("tileRow"),
	"tc-tilecol-definition":    wholeParameter("tileCol"),
	// A tile comes in the form that is asked for, with what lies in it.
	"tc-success": func(t *testing.T, c *ogcClient) {
		m := c.matrices(t)[16]
		c.good(t, m.fill(treesTiles+"/{tileMatrix}/{tileRow}/{tileCol}"), mvtT, "Accept", mvtT)
		for _, layer := range c.layers(t, m) {
			if len(layer.points) != 1 || !slices.Contains(layer.texts, "Platane") {
				t.Errorf("%+v", layer)
			}
		}
		c.refused(t, m.fill(treesTiles+"/{tileMatrix}/{tileRow}/{tileCol}"), http.StatusNotAcceptable, "Accept", "image/png")
	},
	// What lies outside the matrices is refused; where nothing is, the tile is empty.
	"tc-error": func(t *testing.T, c *ogcClient) {
		for _, at := range []string{"1/2/0", "1/0/2", "99/0/0", "-1/0/0", "x/0/0", "1/x/0", "1/-1/0", "0/0/1"} {
			if a := c.get(t, treesTiles+"/"+at); a.status != http.StatusBadRequest && a.status != http.StatusNotFound {
				t.Errorf("%s: %d", at, a.status)
			}
		}
		c.refused(t, trees1+"/tiles/Autre/1/0/0", http.StatusNotFound)
		c.refused(t, ogcRoot+"/collections/bancs-internes/tiles/WebMercatorQuad/0/0/0", http.StatusNotFound)
		c.good(t, treesTiles+"/10/0/0", mvtT)
	},
}

// layers is what the tile of the first tree holds at a zoom.
func (c *ogcClient) layers(t *testing.T, m matrixSaid) []mvtLayer {
	t.Helper()
	layers := readTile(t, c.good(t, m.fill(treesTiles+"/{tileMatrix}/{tileRow}/{tileCol}"), mvtT).body)
	if len(layers) == 0 {
		t.Fatal("the tile is empty")
	}
	return layers
}

var ogcTilesetProofs = proofs{
	// A tileset tells what it is of, by its names in the registers; it leads to its tile matrix set, which is whole, and by a
	// template with a media type to its tiles.
	"description": func(t *testing.T, c *ogcClient) {
		tileset := decoded[tilesetSaid](t, c.good(t, treesTiles, jsonT, "Accept", jsonT))
		if tileset.DataType != "vector" || tileset.CRS != epsg+"3857" || tileset.Matrices != quadURI || tileset.Box == nil || len(tileset.Layers) == 0 {
			t.Errorf("%+v", tileset)
		}
		c.follow(t, tileset.Links)
		if local(tileset.Links.to("self", jsonT)) != treesTiles {
			t.Errorf("%+v", tileset.Links)
		}
		item := tileset.Links.to("item", mvtT)
		for _, name := range []string{"{tileMatrix}", "{tileRow}", "{tileCol}"} {
			if !strings.Contains(item, name) {
				t.Errorf("%s has no %s", item, name)
			}
		}
		for _, l := range tileset.Links {
			if l.Templated != (l.Rel == "item") {
				t.Errorf("%+v", l)
			}
		}
		list := c.matrices(t)
		if len(list) < 20 || list[0].ID != "0" || list[0].TileWidth != 256 || list[0].MatrixWidth != 1 || math.Abs(list[0].ScaleDenominator-559082264.0287178) > 1e-3 {
			t.Errorf("%d: %+v", len(list), list[0])
		}
		for i, m := range list {
			if m.MatrixWidth != 1<<i || m.MatrixHeight != 1<<i || math.Abs(m.CellSize-list[0].CellSize/float64(int(1)<<i)) > 1e-9 {
				t.Errorf("%+v", m)
			}
		}
		sets := decoded[struct {
			TileMatrixSets []struct {
				ID, URI string
				Links   ogcLinksSaid
			}
		}](t, c.good(t, c.good(t, ogcRoot, jsonT).JSON.Links.to(relScheme+"s", jsonT), jsonT))
		if len(sets.TileMatrixSets) != 1 || sets.TileMatrixSets[0].URI != quadURI {
			t.Errorf("%+v", sets)
		}
		c.follow(t, sets.TileMatrixSets[0].Links)
		c.refused(t, ogcRoot+"/tileMatrixSets/Autre", http.StatusNotFound)
	},
}

var ogcTilesetsProofs = proofs{
	// The list has each tileset with what it is of and links to all of it, and to its tile matrix set.
	"tileset-links": func(t *testing.T, c *ogcClient) {
		list := decoded[struct{ Tilesets []tilesetSaid }](t, c.good(t, trees1+"/tiles", jsonT, "Accept", jsonT)).Tilesets
		if len(list) != 1 {
			t.Fatalf("%d tilesets", len(list))
		}
		one := list[0]
		if one.DataType != "vector" || one.CRS == "" || one.Matrices != quadURI || one.Links.to(relScheme, jsonT) == "" {
			t.Errorf("%+v", one)
		}
		if d := cmp.Diff(one, decoded[tilesetSaid](t, c.good(t, one.Links.to("self", jsonT), jsonT))); d != "" {
			t.Error(d)
		}
	},
}

var ogcGeodataTilesProofs = proofs{
	// Each collection has a list of tilesets under its own address,
	"operation": func(t *testing.T, c *ogcClient) {
		for _, id := range ogcPublic {
			if list := decoded[struct{ Tilesets []tilesetSaid }](t, c.good(t, ogcRoot+"/collections/"+id+"/tiles", jsonT)).Tilesets; len(list) == 0 {
				t.Errorf("%s has no tiles", id)
			}
		}
	},
	// and leads to it.
	"desc-links": func(t *testing.T, c *ogcClient) {
		for _, one := range c.good(t, ogcRoot+"/collections", jsonT).JSON.Collections {
			if href := one.Links.to(relVector, jsonT); local(href) != ogcRoot+"/collections/"+one.ID+"/tiles" {
				t.Errorf("%s: %q", one.ID, href)
			}
		}
	},
}

var ogcMVTProofs = proofs{
	// A tile is one vector tile; each feature has a geometry, whose numbers run evenly from the upper left corner of the tile to the
	// lower right one: a tree is found where it stands, to a cell of the grid of the tile.
	"content": func(t *testing.T, c *ogcClient) {
		for _, zoom := range []int{0, 6, 16} {
			m := c.matrices(t)[zoom]
			row, col := m.tile()
			found := false
			want := firstTree[epsg+"3857"]
			for _, layer := range c.layers(t, m) {
				cell := m.CellSize * float64(m.TileWidth) / float64(layer.extent)
				for _, at := range layer.points {
					x := m.PointOfOrigin[0] + float64(col)*m.CellSize*256 + float64(at[0])*cell
					y := m.PointOfOrigin[1] - float64(row)*m.CellSize*256 - float64(at[1])*cell
					found = found || math.Abs(x-want[0]) <= cell && math.Abs(y-want[1]) <= cell
				}
			}
			if !found {
				t.Errorf("no tree at zoom %d", zoom)
			}
		}
	},
}
