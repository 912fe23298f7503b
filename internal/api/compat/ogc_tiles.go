package compat

import (
	"net/http"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/interop/ogc"
	"socle/internal/query"
	"socle/internal/tables/tile"
)

// ogcSet refuses tile matrix sets other than the one.
func ogcSet(r *http.Request) error {
	if r.PathValue("set") != ogc.Quad {
		return errs.New(errs.NotFound, "compat.ogc.matrix-set", errs.Args{"Set": ogc.Quad}).WithHint("compat.ogc.matrix-set.hint")
	}
	return nil
}

func (api *API) tileset(r *http.Request) (l located, t ogc.Tileset, err error) {
	if err := knownOnly(r, "f"); err != nil {
		return l, t, err
	}
	if l, err = api.ogcFind(r); err != nil {
		return l, t, err
	}
	x, err := api.extent(r, l)
	if err != nil {
		return l, t, err
	}
	var corners *[4]float64
	if x.box != nil {
		corners = &[4]float64{x.box.Min[0], x.box.Min[1], x.box.Max[0], x.box.Max[1]}
	}
	return l, ogc.NewTileset(api.ogcBase(), l.id(), l.title(), corners, []string{tile.RowsLayer, tile.ClustersLayer}), nil
}

func (api *API) ogcTilesets(w http.ResponseWriter, r *http.Request) error {
	l, t, err := api.tileset(r)
	if err != nil {
		return err
	}
	return api.ogcGive(w, r, ogc.JSON, ogc.NewTilesets(api.ogcBase(), l.id(), t), func() ogcView { return tilesetPage(r, l, t) })
}

func (api *API) ogcTileset(w http.ResponseWriter, r *http.Request) error {
	if err := ogcSet(r); err != nil {
		return err
	}
	l, t, err := api.tileset(r)
	if err != nil {
		return err
	}
	return api.ogcGive(w, r, ogc.JSON, t, func() ogcView { return tilesetPage(r, l, t) })
}

func tilesetPage(r *http.Request, l located, t ogc.Tileset) ogcView {
	page := ogcView{title: t.Title, links: t.Links, crumbs: l.crumbs(r), facts: [][2]string{{"dataType", t.DataType}, {"crs", t.CRS}, {"tileMatrixSetURI", t.Matrices}}}
	if t.Box != nil {
		page.facts = append(page.facts, [2]string{"boundingBox", pairs(append(t.Box.Lower[:], t.Box.Upper[:]...))})
	}
	for _, layer := range t.Layers {
		page.facts = append(page.facts, [2]string{"layer", layer.ID})
	}
	return page
}

func (api *API) ogcTile(w http.ResponseWriter, r *http.Request) error {
	if err := ogcSet(r); err != nil {
		return err
	}
	if err := knownOnly(r); err != nil {
		return err
	}
	if liked(r, ogc.MVT) == 0 {
		return notAcceptable(ogc.MVT)
	}
	a, err := tile.ParseAddress(r.PathValue("z"), r.PathValue("col"), r.PathValue("row"))
	if err != nil {
		return err
	}
	l, err := api.ogcFind(r)
	if err != nil {
		return err
	}
	if fresh(w, r, tile.Version, string(l.table.version.ID)) {
		return nil
	}
	data, err := api.o.Engine.Tile(client(r), l.table.Snapshot, query.Query{}, a)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", ogc.MVT)
	return httpx.WriteBytes(w, r, http.StatusOK, data)
}

func (api *API) ogcMatrixSets(w http.ResponseWriter, r *http.Request) error {
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	v := ogc.NewMatrixSets(api.ogcBase())
	return api.ogcGive(w, r, ogc.JSON, v, func() ogcView { return ogcView{title: ogc.Quad, links: v.Sets[0].Links} })
}

func (api *API) ogcMatrixSet(w http.ResponseWriter, r *http.Request) error {
	if err := ogcSet(r); err != nil {
		return err
	}
	if err := knownOnly(r, "f"); err != nil {
		return err
	}
	v := ogc.QuadSet(tile.MaxZoom)
	return api.ogcGive(w, r, ogc.JSON, v, func() ogcView {
		page := ogcView{title: v.Title, facts: [][2]string{{"id", v.ID}, {"uri", v.URI}, {"crs", v.CRS}, {"orderedAxes", strings.Join(v.Axes, ", ")}, {"wellKnownScaleSet", v.Known}}}
		page.head = []string{"id", "scaleDenominator", "cellSize", "pointOfOrigin", "matrixWidth", "matrixHeight"}
		for _, m := range v.Matrices {
			page.rows = append(page.rows, []string{m.ID, pairs([]float64{m.Scale}), pairs([]float64{m.Cell}), pairs(m.Origin[:]), strconv.Itoa(m.Across), strconv.Itoa(m.Down)})
		}
		return page
	})
}
