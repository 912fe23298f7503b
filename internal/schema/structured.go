package schema

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// structured casts object, array, list and geojson.
func (c *Caster) structured(cell []byte, v *Value) bool {
	switch c.kind {
	case List:
		return c.list(cell, v)
	case GeoJSON:
		if c.field.Format == "topojson" {
			return topojson(cell)
		}
		return geojson(cell)
	}
	b := bytes.TrimSpace(cell)
	if len(b) < 2 || !json.Valid(b) {
		return false
	}
	if c.kind == Object {
		var o object
		if b[0] != '{' || json.Unmarshal(b, &o) != nil {
			return false
		}
		v.Int = int64(len(o))
		return true
	}
	var items []json.RawMessage
	if b[0] != '[' || json.Unmarshal(b, &items) != nil {
		return false
	}
	v.Int = int64(len(items))
	if c.items == nil {
		return true
	}
	return c.castItems(items, v)
}

// castItems reads each item of an array by the field of arrayItem: its type
// only, its constraints are for Rules.
func (c *Caster) castItems(items []json.RawMessage, v *Value) bool {
	out := []byte{'['}
	for i, raw := range items {
		var item Value
		if !c.items.caster.CastJSON(raw, &item) {
			return false
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = item.AppendJSON(out)
	}
	v.Text = append(out, ']')
	return true
}

// list splits a cell at the delimiter of the field and casts each item.
func (c *Caster) list(cell []byte, v *Value) bool {
	delimiter := []byte(",")
	if c.field.Delimiter != "" {
		delimiter = []byte(c.field.Delimiter)
	}
	out := []byte{'['}
	rest, n := cell, int64(0)
	for more := true; more; n++ {
		var item []byte
		item, rest, more = bytes.Cut(rest, delimiter)
		var iv Value
		if !c.items.caster.Cast(item, &iv) {
			return false
		}
		if n > 0 {
			out = append(out, ',')
		}
		out = iv.AppendJSON(out)
	}
	v.Text, v.Int = append(out, ']'), n
	return true
}

// AppendJSON writes the value as JSON.
func (v *Value) AppendJSON(b []byte) []byte {
	switch v.Class {
	case Null:
		return append(b, "null"...)
	case ClassInt:
		return strconv.AppendInt(b, v.Int, 10)
	case ClassFloat:
		if f, err := json.Marshal(v.Float); err == nil {
			return append(b, f...)
		}
		return append(b, "null"...) // NaN and infinities have no JSON
	case ClassBool:
		return strconv.AppendBool(b, v.Int == 1)
	case ClassJSON:
		return append(b, v.Text...)
	case ClassText:
		return appendString(b, v.Text)
	}
	return appendString(b, AppendTime(nil, v))
}

func appendString(b, text []byte) []byte {
	s, err := json.Marshal(string(text))
	if err != nil {
		return append(b, `""`...)
	}
	return append(b, s...)
}

// AppendTime writes a date, datetime or time in ISO 8601.
func AppendTime(b []byte, v *Value) []byte {
	days, micros := v.Int, int64(0)
	switch v.Class {
	case ClassMicros:
		days, micros = floorDiv(v.Int, dayMicros)
	case ClassTime:
		days, micros = 0, v.Int
	}
	if v.Class != ClassTime {
		y, m, d := Civil(days)
		b = appendPadded(b, y, 4)
		b = appendPadded(append(b, '-'), m, 2)
		b = appendPadded(append(b, '-'), d, 2)
	}
	if v.Class == ClassDays {
		return b
	}
	if v.Class == ClassMicros {
		b = append(b, 'T')
	}
	seconds := int(micros / 1_000_000)
	b = appendPadded(b, seconds/3600, 2)
	b = appendPadded(append(b, ':'), seconds/60%60, 2)
	b = appendPadded(append(b, ':'), seconds%60, 2)
	if f := int(micros % 1_000_000); f > 0 {
		b = appendPadded(append(b, '.'), f, 6)
	}
	if v.Class == ClassMicros {
		b = append(b, 'Z')
	}
	return b
}

func appendPadded(b []byte, n, width int) []byte {
	digits := strconv.Itoa(n)
	for i := len(digits); i < width; i++ {
		b = append(b, '0')
	}
	return append(b, digits...)
}

func topojson(cell []byte) bool {
	var o struct {
		Type       string
		Arcs       json.RawMessage
		Objects    object
		Geometries json.RawMessage
		Coords     json.RawMessage `json:"coordinates"`
	}
	b := bytes.TrimSpace(cell)
	if len(b) == 0 || b[0] != '{' || json.Unmarshal(b, &o) != nil {
		return false
	}
	list := func(raw json.RawMessage) bool {
		var l []json.RawMessage
		return json.Unmarshal(raw, &l) == nil && l != nil
	}
	switch o.Type {
	case "Topology":
		return o.Objects != nil && list(o.Arcs)
	case "LineString", "MultiLineString", "Polygon", "MultiPolygon":
		return list(o.Arcs)
	case "Point", "MultiPoint":
		return list(o.Coords)
	case "GeometryCollection":
		return list(o.Geometries)
	}
	return false
}
