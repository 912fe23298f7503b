package tabular

import (
	"encoding/json"
	"io"
	"math"
	"unicode/utf8"

	"socle/internal/geo"
)

type jsonForm uint8

const (
	jsonList  jsonForm = iota // an array of objects
	jsonLines                 // one object per line
	jsonGeo                   // a FeatureCollection (RFC 7946)
)

// jsonWriter writes objects, one per row, on a line each.
type jsonWriter struct {
	w      io.Writer
	fields []Field
	keys   [][]byte // quoted, with the colon
	form   jsonForm
	shape  int // column of the geometry of a feature, -1 without
	place  place
	rows   int
	buf    []byte
	cell   []byte
}

func newJSONWriter(w io.Writer, fields []Field, form jsonForm) *jsonWriter {
	j := &jsonWriter{w: w, fields: fields, form: form, shape: -1}
	for _, f := range fields {
		j.keys = append(j.keys, append(appendJSONString(nil, []byte(f.Name)), ':'))
	}
	if form == jsonGeo {
		j.place = placeIn(fields)
		j.shape = j.place.shape
	}
	switch form {
	case jsonList:
		j.buf = append(j.buf, '[')
	case jsonGeo:
		j.buf = append(j.buf, `{"type":"FeatureCollection","features":[`...)
	}
	return j
}

func (j *jsonWriter) Write(fr *Frame) error {
	for i := range fr.Rows {
		if j.form != jsonLines {
			if j.rows > 0 {
				j.buf = append(j.buf, ',')
			}
			j.buf = append(j.buf, '\n')
		}
		j.rows++
		if j.form == jsonGeo {
			j.feature(fr, i)
		} else {
			j.object(fr, i)
		}
		if j.form == jsonLines {
			j.buf = append(j.buf, '\n')
		}
		if len(j.buf) > flushBytes {
			if err := j.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (j *jsonWriter) flush() error {
	_, err := j.w.Write(j.buf)
	j.buf = j.buf[:0]
	return err
}

// object appends a row without its geometry.
func (j *jsonWriter) object(fr *Frame, i int) {
	j.buf = append(j.buf, '{')
	first := true
	for k := range j.fields {
		if k == j.shape {
			continue
		}
		if !first {
			j.buf = append(j.buf, ',')
		}
		first = false
		j.buf = append(j.buf, j.keys[k]...)
		j.value(&j.fields[k], &fr.Columns[k], i)
	}
	j.buf = append(j.buf, '}')
}

func (j *jsonWriter) value(f *Field, c *Column, i int) {
	if c.Null[i] {
		j.buf = append(j.buf, "null"...)
		return
	}
	switch f.Kind {
	case Int, Bool:
		j.buf = appendText(j.buf, f, c, i)
	case Float:
		if v := c.Float64[i]; math.IsNaN(v) || math.IsInf(v, 0) {
			j.buf = append(j.buf, "null"...)
		} else {
			j.buf = appendFloat(j.buf, v)
		}
	case JSON:
		if json.Valid(c.Bytes[i]) {
			j.buf = append(j.buf, c.Bytes[i]...)
		} else {
			j.buf = appendJSONString(j.buf, c.Bytes[i])
		}
	default:
		j.cell = appendText(j.cell[:0], f, c, i)
		j.buf = appendJSONString(j.buf, j.cell)
	}
}

// feature appends a row as a Feature.
func (j *jsonWriter) feature(fr *Frame, i int) {
	j.buf = append(j.buf, `{"type":"Feature","geometry":`...)
	j.buf = j.geometry(j.buf, fr, i)
	j.buf = append(j.buf, `,"properties":`...)
	j.object(fr, i)
	j.buf = append(j.buf, '}')
}

// geometry appends the geometry of a row, null if it has none that can be read.
func (j *jsonWriter) geometry(to []byte, fr *Frame, i int) []byte {
	if j.shape >= 0 && !fr.Columns[j.shape].Null[i] {
		text := fr.Columns[j.shape].Bytes[i]
		if j.fields[j.shape].Geometry == "geojson" {
			if len(text) > 0 && text[0] == '{' && json.Valid(text) {
				return append(to, text...)
			}
			return append(to, "null"...)
		}
	}
	if j.place.known() {
		if g := j.place.of(fr, i); g != nil {
			return geo.AppendGeoJSON(to, g, -1)
		}
	}
	return append(to, "null"...)
}

func (j *jsonWriter) Close() error {
	switch j.form {
	case jsonList:
		j.buf = append(j.buf, "\n]\n"...)
	case jsonGeo:
		j.buf = append(j.buf, "\n]}\n"...)
	}
	return j.flush()
}

const hexDigits = "0123456789abcdef"

// appendJSONString appends text as a JSON string; bytes that are no UTF-8 become U+FFFD.
func appendJSONString(to, text []byte) []byte {
	to = append(to, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			to = append(to, text[start:i]...)
			switch c {
			case '"', '\\':
				to = append(to, '\\', c)
			case '\n':
				to = append(to, '\\', 'n')
			case '\r':
				to = append(to, '\\', 'r')
			case '\t':
				to = append(to, '\\', 't')
			default:
				to = append(to, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			to = append(append(to, text[start:i]...), "\uFFFD"...)
			i++
			start = i
			continue
		}
		i += size
	}
	return append(append(to, text[start:]...), '"')
}
