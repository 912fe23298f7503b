package schema

import (
	"bytes"
	"encoding/json"
)

// CastJSON reads a JSON value, as sources with types of their own give it (an
// entry posted as JSON): null is no value, a string is cast as a cell, the rest
// must be of the field's type already. It returns false when it is not.
func (c *Caster) CastJSON(raw json.RawMessage, v *Value) bool {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		*v = Value{}
		return true
	}
	if raw[0] == '"' {
		var s string
		return json.Unmarshal(raw, &s) == nil && c.Cast([]byte(s), v)
	}
	switch c.kind {
	case Any:
		v.Class, v.Text = ClassText, raw
		return true
	case String, Date, Datetime, Time, Duration, Yearmonth:
		return false
	case Boolean:
		return c.jsonBoolean(raw, v)
	case Number, Integer, Year:
		return c.jsonNumber(raw, v)
	case Geopoint:
		return c.jsonGeopoint(raw, v)
	case List:
		var items []json.RawMessage
		if raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
			return false
		}
		v.Class, v.Int = ClassJSON, int64(len(items))
		return c.castItems(items, v)
	}
	v.Class, v.Text = ClassJSON, raw
	return c.structured(raw, v)
}

func (c *Caster) jsonBoolean(raw []byte, v *Value) bool {
	v.Class = ClassBool
	switch string(raw) {
	case "true":
		v.Int = 1
		return true
	case "false":
		v.Int = 0
		return true
	}
	// a number only where the field names its own values
	return (c.field.TrueValues != nil || c.field.FalseValues != nil) && c.boolean(raw, v)
}

func (c *Caster) jsonNumber(raw []byte, v *Value) bool {
	switch c.kind {
	case Number:
		v.Class = ClassFloat
		return float(raw, &v.Float)
	case Year:
		v.Class = ClassInt
		return year(raw, v)
	}
	v.Class = ClassInt
	if integer(raw, &v.Int) {
		return true
	}
	var f float64 // 1.0 is an integer in JSON
	if !float(raw, &f) || f != float64(int64(f)) || f > 1<<53 || f < -(1<<53) {
		return false
	}
	v.Int = int64(f)
	return true
}

func (c *Caster) jsonGeopoint(raw []byte, v *Value) bool {
	v.Class = ClassText
	format := c.field.Format
	if format == "" {
		format = "array"
	}
	lon, lat, ok := jsonPoint(format, raw)
	if ok {
		v.Text = appendPoint(nil, lon, lat)
	}
	return ok
}
