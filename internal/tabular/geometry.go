package tabular

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"socle/internal/errs"
	"socle/internal/geo"
)

// Geometries of all formats become cells of GeoJSON, in degrees of WGS 84
// (RFC 7946), in a last column with the label geometryColumn.

// Places after the point of degrees that were converted: a centimetre.
const degreeDecimals = 7

// located turns the positions of a layer into cells.
type located struct {
	crs *geo.CRS
	row int
}

// cell appends a geometry as a cell; "" or the key of a fault when it has no place.
func (l *located) cell(to []byte, g orb.Geometry) ([]byte, string) {
	if l.crs.Geographic() {
		return geo.AppendGeoJSON(to, g, -1), ""
	}
	g, err := l.crs.Convert(g)
	if err != nil {
		return to, "tabular.fault.position"
	}
	return geo.AppendGeoJSON(to, g, degreeDecimals), ""
}

// addGeometry adds the cell of a geometry that was read, or of the failure to.
func (l *located) addGeometry(b *Batch, text []byte, g orb.Geometry, err error) []byte {
	text = text[:0]
	key := ""
	switch {
	case err == nil:
		text, key = l.cell(text, g)
	case !errors.Is(err, geo.ErrEmpty):
		key = "tabular.fault.geometry"
	}
	b.add(text)
	if key != "" {
		b.fault(Fault{Column: len(b.cells), Code: CodeSource, Key: key, Args: map[string]any{"System": l.crs.String()}})
	}
	return text
}

// crsOf chooses the system of a layer: as asked, as its definition says, as its
// extent looks. Errors: Invalid, for a definition that is not known.
func crsOf(definition, asked string, corners []orb.Point, hint string) (*geo.CRS, error) {
	if asked != "" {
		if c, ok := geo.Named(asked); ok {
			return c, nil
		}
		return nil, strangeCRS(asked)
	}
	if strings.TrimSpace(definition) != "" {
		c, err := geo.ParseWKT(definition)
		if unknown := (*geo.ErrUnknownCRS)(nil); errors.As(err, &unknown) {
			if name := path.Base(hint); geo.InDegrees(corners) && unknown.Name == "" {
				return geo.WGS84(), nil
			} else if unknown.Name == "" {
				unknown.Name = name
			}
			return nil, strangeCRS(unknown.Name)
		}
		return c, err
	}
	if c, ok := geo.Guess(corners, hint); ok {
		return c, nil
	}
	if len(corners) == 0 || geo.InDegrees(corners) {
		return geo.WGS84(), nil
	}
	return nil, fail(errs.Invalid, CodeSource, "tabular.no-crs", nil)
}

func strangeCRS(name string) error {
	return fail(errs.Invalid, CodeSource, "tabular.unknown-crs", errs.Args{"System": name})
}

const sampledCorners = 400 // of the first geometries, to recognise their system

// systemOf finds the reference system of a document of GeoJSON. Degrees is what
// the format wants (RFC 7946, section 4); a member crs (GeoJSON 2008, section 3)
// or numbers that cannot be degrees say otherwise.
func (f *File) systemOf(s *jsonShape, o Options) error {
	f.Info.Geometry, f.Info.Heights = geometryColumn, s.heights
	degrees := 0
	for _, p := range s.corners {
		if geo.InDegrees([]orb.Point{p}) {
			degrees++
		}
	}
	if o.CRS == "" && degrees*2 >= len(s.corners) {
		return nil
	}
	asked := o.CRS
	if asked == "" {
		asked = s.system
	}
	crs, err := crsOf("", asked, s.corners, o.Name)
	if err != nil {
		return err
	}
	f.tellCRS(crs)
	if !crs.Geographic() {
		s.crs = crs
	}
	return nil
}

// systemName reads the member crs of a collection.
func (w *walker) systemName() (string, error) {
	var crs struct {
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	}
	w.cap.n = 0
	err := w.dec.Decode(&crs)
	return crs.Properties.Name, err
}

// systemAfter looks for the member crs behind the records.
func (w *walker) systemAfter() string {
	for w != nil && w.dec.More() {
		key, err := w.token()
		if err != nil {
			break
		}
		if key == "crs" {
			name, err := w.systemName()
			if err != nil {
				break
			}
			return name
		}
		if _, err := w.skipValue(); err != nil {
			break
		}
	}
	return ""
}

// tellCRS notes what geometries were converted from.
func (f *File) tellCRS(c *geo.CRS) {
	f.Info.Geometry = geometryColumn
	if !c.Geographic() {
		f.Info.CRS = c.String()
	}
}

// layer is a table of a file of several.
type layer struct {
	name string
	size int64 // of two without a name asked for, the larger is read
}

// chooseLayer finds the layer asked for, or the largest; it names them in f.Info.
func (f *File) chooseLayer(layers []layer, asked string) (int, error) {
	best := 0
	for i, l := range layers {
		f.Info.Sheets = append(f.Info.Sheets, l.name)
		if l.size > layers[best].size {
			best = i
		}
	}
	if asked != "" {
		best = slices.IndexFunc(layers, func(l layer) bool { return strings.EqualFold(l.name, strings.TrimSpace(asked)) })
		if best < 0 {
			return 0, fail(errs.Invalid, CodeSource, "tabular.unknown-sheet", errs.Args{"Option": "sheet", "Sheet": asked, "Known": strings.Join(f.Info.Sheets, ", ")})
		}
	}
	f.Info.Sheet = layers[best].name
	return best, nil
}

// setFeatures fills f for records of attributes and, last, a geometry.
func (f *File) setFeatures(labels []string, shape bool) {
	for i, l := range labels {
		if shape && l == geometryColumn {
			labels[i] = "properties." + l
		}
	}
	if shape {
		labels = append(labels, geometryColumn)
	}
	f.Header = labels
	f.Info.HeaderRows, f.Info.Columns, f.firstLine = 1, len(labels), 1
}

// openRows makes f.open of a way to read records.
func (f *File) openRows(open func(context.Context) (rowReader, error)) {
	f.open = func(ctx context.Context) (feed, error) {
		r, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return &rowsFeed{r: r, columns: f.ownColumns()}, nil
	}
}
