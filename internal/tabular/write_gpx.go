package tabular

import (
	"encoding/xml"
	"io"
	"strconv"

	"github.com/paulmach/orb"

	"socle/internal/errs"
)

// gpxWriter writes a waypoint per row of a table of points, a track per row of a
// table of lines (GPX 1.1, which wants points before lines: a file has one of
// them). All cells are extensions, the one that names the row its name too. Rows
// without place cannot be in the format: their number is in a comment at the end.
type gpxWriter struct {
	w      io.Writer
	fields []Field
	place  place
	title  int
	labels [][]byte
	lines  bool
	some   bool
	left   int // rows without place
	rows   int
	buf    []byte
	cell   []byte
}

const gpxStart = xml.Header + `<gpx version="1.1" creator="Socle" xmlns="http://www.topografix.com/GPX/1/1" xmlns:s="urn:socle:table">` + "\n"

func newGPXWriter(w io.Writer, fields []Field, _ WriteOptions) (*gpxWriter, error) {
	g := &gpxWriter{w: w, fields: fields, place: placeIn(fields), title: title(fields)}
	if !g.place.known() {
		return nil, noPlaces("GPX")
	}
	for _, f := range fields {
		g.labels = append(g.labels, append(appendXMLText([]byte(`<s:data name="`), []byte(f.Name)), `">`...))
	}
	g.buf = append(g.buf, gpxStart...)
	return g, nil
}

func (g *gpxWriter) flush() error {
	_, err := g.w.Write(g.buf)
	g.buf = g.buf[:0]
	return err
}

func (g *gpxWriter) Write(fr *Frame) error {
	for i := range fr.Rows {
		g.rows++
		shape := g.place.of(fr, i)
		if shape == nil {
			g.left++
			continue
		}
		if err := g.row(fr, i, shape); err != nil {
			return err
		}
		if len(g.buf) > flushBytes {
			if err := g.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// row appends a row; a multipoint of one point is a point.
func (g *gpxWriter) row(fr *Frame, i int, shape orb.Geometry) error {
	var segments orb.MultiLineString
	switch s := shape.(type) {
	case orb.Point:
	case orb.MultiPoint:
		if len(s) != 1 {
			return g.refuse(shape)
		}
		shape = s[0]
	case orb.LineString:
		segments = orb.MultiLineString{s}
	case orb.MultiLineString:
		segments = s
	default:
		return g.refuse(shape)
	}
	lines := segments != nil
	if g.some && lines != g.lines {
		return fail(errs.Invalid, CodeFormat, "tabular.gpx-mixed", errs.Args{"Row": g.rows})
	}
	g.some, g.lines = true, lines
	if p, ok := shape.(orb.Point); ok {
		g.point("<wpt", p)
		g.cells(fr, i)
		g.buf = append(g.buf, "</wpt>\n"...)
		return nil
	}
	g.buf = append(g.buf, "<trk>"...)
	g.cells(fr, i)
	for _, line := range segments {
		g.buf = append(g.buf, "<trkseg>"...)
		for _, p := range line {
			g.point("<trkpt", p)
			g.buf = append(g.buf, "</trkpt>"...)
		}
		g.buf = append(g.buf, "</trkseg>"...)
	}
	g.buf = append(g.buf, "</trk>\n"...)
	return nil
}

// refuse is the error for a geometry that GPX cannot hold.
func (g *gpxWriter) refuse(shape orb.Geometry) error {
	return fail(errs.Invalid, CodeFormat, "tabular.gpx-shape", errs.Args{"Row": g.rows, "Kind": shape.GeoJSONType()})
}

func (g *gpxWriter) point(tag string, p orb.Point) {
	g.buf = append(append(g.buf, tag...), ` lat="`...)
	g.buf = append(appendFloat(g.buf, p[1]), `" lon="`...)
	g.buf = append(appendFloat(g.buf, p[0]), `">`...)
}

func (g *gpxWriter) cells(fr *Frame, i int) {
	if g.title >= 0 && !fr.Columns[g.title].Null[i] {
		g.buf = append(g.buf, "<name>"...)
		g.text(fr, g.title, i)
		g.buf = append(g.buf, "</name>"...)
	}
	g.buf = append(g.buf, "<extensions>"...)
	for j := range g.fields {
		if j != g.place.shape {
			g.buf = append(g.buf, g.labels[j]...)
			g.text(fr, j, i)
			g.buf = append(g.buf, "</s:data>"...)
		}
	}
	g.buf = append(g.buf, "</extensions>"...)
}

func (g *gpxWriter) text(fr *Frame, j, i int) {
	g.cell = appendText(g.cell[:0], &g.fields[j], &fr.Columns[j], i)
	g.buf = appendXMLText(g.buf, g.cell)
}

func (g *gpxWriter) Close() error {
	if g.left > 0 {
		g.buf = append(append(strconv.AppendInt(append(g.buf, "<!-- "...), int64(g.left), 10), " rows have no place -->"...), '\n')
	}
	g.buf = append(g.buf, "</gpx>\n"...)
	return g.flush()
}
