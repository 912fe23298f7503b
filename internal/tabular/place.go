package tabular

import (
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"socle/internal/errs"
	"socle/internal/geo"
)

// place finds where the rows of a table lie: in its first column of geometry, else
// in a column of latitudes and one of longitudes.
type place struct {
	fields   []Field
	shape    int // column of geometry, -1 without
	lat, lon int // columns of coordinates, -1 without
	text     []byte
}

func placeIn(fields []Field) place {
	p := place{fields: fields, shape: -1}
	p.lon, p.lat, _ = Degrees(fields)
	p.shape = slices.IndexFunc(fields, func(f Field) bool { return f.Geometry != "" })
	return p
}

// Located reports whether rows of these columns say where they lie, so that they
// can be written in formats of places.
func Located(fields []Field) bool {
	p := placeIn(fields)
	return p.known()
}

// known: the table has places.
func (p *place) known() bool { return p.shape >= 0 || p.lat >= 0 && p.lon >= 0 }

// noPlaces is the error for a format of places that is asked of a table without.
func noPlaces(format string) error {
	return fail(errs.Invalid, CodeFormat, "tabular.no-geometry", errs.Args{"Format": format})
}

// of returns the geometry of a row; nil when it has none that can be read.
func (p *place) of(fr *Frame, i int) orb.Geometry {
	if p.shape < 0 {
		if g, ok := position(p.cell(fr, p.lon, i), p.cell(fr, p.lat, i)); ok {
			return g
		}
		return nil
	}
	c := &fr.Columns[p.shape]
	if c.Null[i] {
		return nil
	}
	if p.fields[p.shape].Geometry == "point-lonlat" {
		lon, lat, _ := strings.Cut(string(c.Bytes[i]), ",")
		if g, ok := position(lon, lat); ok {
			return g
		}
		return nil
	}
	g, err := geo.ParseGeoJSON(c.Bytes[i])
	if err != nil {
		return nil
	}
	return g
}

func (p *place) cell(fr *Frame, column, i int) string {
	p.text = appendText(p.text[:0], &p.fields[column], &fr.Columns[column], i)
	return strings.Replace(string(p.text), ",", ".", 1)
}

// titles are labels of columns that name what a row is about.
var titles = []string{"name", "nom", "title", "titre", "libelle", "libellé", "intitule", "intitulé", "denomination", "dénomination", "label"}

// title is the column that names the rows, -1 without.
func title(fields []Field) int {
	for _, t := range titles {
		for j, f := range fields {
			label := strings.ToLower(f.Name)
			if f.Geometry == "" && (label == t || strings.HasPrefix(label, t+"_") || strings.HasPrefix(label, t+" ")) {
				return j
			}
		}
	}
	for j, f := range fields {
		if f.Kind == Text && f.Geometry == "" {
			return j
		}
	}
	return -1
}
