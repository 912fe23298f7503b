package tabular

import (
	"archive/zip"
	"encoding/xml"
	"io"
	"unicode/utf8"

	"github.com/paulmach/orb"
)

// kmlWriter writes a Placemark per row (OGC 12-007r2): all its cells as extended
// data, the one that names it as its name too. Rows without place have none.
type kmlWriter struct {
	w      io.Writer
	fields []Field
	place  place
	title  int
	labels [][]byte // start of the data of each column
	buf    []byte
	cell   []byte
}

const (
	kmlStart = xml.Header + `<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>`
	kmlEnd   = "</Document></kml>\n"
)

func newKMLWriter(w io.Writer, fields []Field, o WriteOptions) (*kmlWriter, error) {
	k := &kmlWriter{w: w, fields: fields, place: placeIn(fields), title: title(fields)}
	if !k.place.known() {
		return nil, noPlaces("KML")
	}
	for _, f := range fields {
		k.labels = append(k.labels, append(appendXMLText([]byte(`<Data name="`), []byte(f.Name)), `"><value>`...))
	}
	k.buf = append(appendXMLText(append(k.buf, kmlStart...), []byte(sheetName(o.Sheet))), "</name>\n"...)
	return k, k.flush()
}

func (k *kmlWriter) flush() error {
	_, err := k.w.Write(k.buf)
	k.buf = k.buf[:0]
	return err
}

func (k *kmlWriter) Write(fr *Frame) error {
	for i := range fr.Rows {
		k.buf = append(k.buf, "<Placemark>"...)
		if k.title >= 0 && !fr.Columns[k.title].Null[i] {
			k.buf = append(k.buf, "<name>"...)
			k.text(fr, k.title, i)
			k.buf = append(k.buf, "</name>"...)
		}
		k.buf = append(k.buf, "<ExtendedData>"...)
		for j := range k.fields {
			if j != k.place.shape {
				k.buf = append(k.buf, k.labels[j]...)
				k.text(fr, j, i)
				k.buf = append(k.buf, "</value></Data>"...)
			}
		}
		k.buf = append(k.buf, "</ExtendedData>"...)
		if g := k.place.of(fr, i); g != nil {
			k.geometry(g)
		}
		k.buf = append(k.buf, "</Placemark>\n"...)
		if len(k.buf) > flushBytes {
			if err := k.flush(); err != nil {
				return err
			}
		}
	}
	return k.flush()
}

func (k *kmlWriter) text(fr *Frame, j, i int) {
	k.cell = appendText(k.cell[:0], &k.fields[j], &fr.Columns[j], i)
	k.buf = appendXMLText(k.buf, k.cell)
}

func (k *kmlWriter) geometry(g orb.Geometry) {
	open := func(name string) { k.buf = append(append(append(k.buf, '<'), name...), '>') }
	shut := func(name string) { k.buf = append(append(append(k.buf, "</"...), name...), '>') }
	switch g := g.(type) {
	case orb.Point:
		open("Point")
		k.positions([]orb.Point{g})
		shut("Point")
	case orb.LineString:
		open("LineString")
		k.positions(g)
		shut("LineString")
	case orb.Polygon:
		open("Polygon")
		for i, ring := range g {
			side := "outerBoundaryIs"
			if i > 0 {
				side = "innerBoundaryIs"
			}
			open(side)
			open("LinearRing")
			k.positions(ring)
			shut("LinearRing")
			shut(side)
		}
		shut("Polygon")
	default:
		open("MultiGeometry")
		for part := range parts(g) {
			k.geometry(part)
		}
		shut("MultiGeometry")
	}
}

// parts gives the parts of a geometry that is of several.
func parts(g orb.Geometry) func(func(orb.Geometry) bool) {
	return func(yield func(orb.Geometry) bool) {
		var all []orb.Geometry
		switch g := g.(type) {
		case orb.MultiPoint:
			for _, p := range g {
				all = append(all, p)
			}
		case orb.MultiLineString:
			for _, l := range g {
				all = append(all, l)
			}
		case orb.MultiPolygon:
			for _, p := range g {
				all = append(all, p)
			}
		case orb.Collection:
			all = g
		}
		for _, part := range all {
			if !yield(part) {
				return
			}
		}
	}
}

func (k *kmlWriter) positions(points []orb.Point) {
	k.buf = append(k.buf, "<coordinates>"...)
	for i, p := range points {
		if i > 0 {
			k.buf = append(k.buf, ' ')
		}
		k.buf = appendFloat(k.buf, p[0])
		k.buf = append(k.buf, ',')
		k.buf = appendFloat(k.buf, p[1])
	}
	k.buf = append(k.buf, "</coordinates>"...)
}

func (k *kmlWriter) Close() error {
	k.buf = append(k.buf, kmlEnd...)
	return k.flush()
}

// kmzWriter packs a KML document.
type kmzWriter struct {
	*kmlWriter
	zip *zip.Writer
}

func newKMZWriter(w io.Writer, fields []Field, o WriteOptions) (*kmzWriter, error) {
	z := &kmzWriter{zip: newZip(w)}
	if p := placeIn(fields); !p.known() {
		return nil, noPlaces("KMZ")
	}
	doc, err := z.zip.Create("doc.kml")
	if err == nil {
		z.kmlWriter, err = newKMLWriter(doc, fields, o)
	}
	return z, err
}

func (z *kmzWriter) Close() error {
	if err := z.kmlWriter.Close(); err != nil {
		return err
	}
	return z.zip.Close()
}

// appendXMLText escapes text; characters that XML forbids become U+FFFD (XML 1.0,
// section 2.2), carriage returns a reference, as readers would change them.
func appendXMLText(to, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '\r':
			to = append(to, "&#13;"...)
		case r == '\n' || r == '\t' || r >= ' ' && r != utf8.RuneError && r != 0xFFFE && r != 0xFFFF:
			to = appendXMLRune(to, r)
		default:
			to = append(to, "\uFFFD"...)
		}
		text = text[size:]
	}
	return to
}
