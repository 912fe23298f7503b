package schema

import (
	"bytes"
	"unsafe"
)

// Class is the physical form of a cast value.
type Class uint8

const (
	Null        Class = iota // no value
	ClassText                // Text: string, any, yearmonth, duration, geopoint ("lon,lat")
	ClassInt                 // Int: integer, year
	ClassFloat               // Float: number
	ClassBool                // Int 0 or 1
	ClassDays                // Int: days since 1970-01-01
	ClassMicros              // Int: microseconds since 1970-01-01T00:00:00Z
	ClassTime                // Int: microseconds since midnight
	ClassJSON                // Text holds a JSON value: object, array, list, geojson
)

// Value is a cell cast to the type of its field. Text is valid as long as the
// cell is. Int also orders yearmonths (months since year 0), durations (seconds,
// months of 30 days) and counts the items of lists, arrays and objects.
type Value struct {
	Class Class
	Int   int64
	Float float64
	Text  []byte
}

// ClassOf returns the class that the values of a type have.
func ClassOf(t Type) Class {
	switch t {
	case Integer, Year:
		return ClassInt
	case Number:
		return ClassFloat
	case Boolean:
		return ClassBool
	case Date:
		return ClassDays
	case Datetime:
		return ClassMicros
	case Time:
		return ClassTime
	case Object, Array, List, GeoJSON:
		return ClassJSON
	}
	return ClassText
}

// CastOptions change how a Caster reads.
type CastOptions struct {
	// Native is true for sources whose cells have types of their own (workbooks,
	// Parquet, JSON): their dates come as ISO 8601 and their numbers with a
	// point, whatever the format of the field.
	Native bool
}

// Caster turns the text of a cell into a value. It may be used from several
// goroutines.
type Caster struct {
	field   *Field
	kind    Type
	way     way
	native  bool
	empty   bool     // "" is a missing value
	missing [][]byte // the other missing values
	truths  [][]byte
	falses  [][]byte
	plain   bool // a number without groups, units or decimal comma
	group   []byte
	decimal []byte
	pattern *strptime
	items   *rules // of array items and list items
}

// way is a Type as a number, for the loop over cells.
type way uint8

const (
	wayStructured way = iota
	wayString
	wayAny
	wayNumber
	wayInteger
	wayBoolean
	wayDate
	wayDatetime
	wayTime
	wayYear
	wayYearmonth
	wayDuration
	wayGeopoint
)

var ways = map[Type]way{String: wayString, Any: wayAny, Number: wayNumber, Integer: wayInteger, Boolean: wayBoolean, Date: wayDate, Datetime: wayDatetime,
	Time: wayTime, Year: wayYear, Yearmonth: wayYearmonth, Duration: wayDuration, Geopoint: wayGeopoint}

func wayOf(t Type) way { return ways[t] }

// Caster compiles the reading of field i.
func (s *Schema) Caster(i int, o CastOptions) *Caster {
	return newCaster(&s.Fields[i], s.Missing(i), o)
}

var (
	defaultTrue  = [][]byte{[]byte("true"), []byte("True"), []byte("TRUE"), []byte("1")}
	defaultFalse = [][]byte{[]byte("false"), []byte("False"), []byte("FALSE"), []byte("0")}
)

func newCaster(f *Field, missing []MissingValue, o CastOptions) *Caster {
	c := &Caster{field: f, kind: f.Type, way: wayOf(f.Type), native: o.Native}
	for _, m := range missing {
		if m.Value == "" {
			c.empty = true
			continue
		}
		c.missing = append(c.missing, []byte(m.Value))
	}
	c.truths, c.falses = defaultTrue, defaultFalse
	if f.TrueValues != nil {
		c.truths = asBytes(f.TrueValues)
	}
	if f.FalseValues != nil {
		c.falses = asBytes(f.FalseValues)
	}
	c.plain = f.GroupChar == "" && (f.DecimalChar == "" || f.DecimalChar == ".") && f.BareNumber
	c.group, c.decimal = []byte(f.GroupChar), []byte(f.DecimalChar)
	if len(c.decimal) == 0 {
		c.decimal = []byte(".")
	}
	switch f.Type {
	case Date, Datetime, Time:
		if f.Format != "" && f.Format != "any" {
			c.pattern = newStrptime(f.Format)
		}
	case Array:
		if f.ArrayItem != nil {
			c.items, _ = compile(f.ArrayItem, nil)
		}
	case List:
		item := &Field{Name: f.Name, Type: f.ItemType, BareNumber: true}
		if item.Type == "" {
			item.Type = String
		}
		c.items, _ = compile(item, nil)
	}
	return c
}

func asBytes(list []string) [][]byte {
	out := make([][]byte, len(list))
	for i, s := range list {
		out[i] = []byte(s)
	}
	return out
}

// IsMissing tells whether the text means "no value".
func (c *Caster) IsMissing(cell []byte) bool {
	if len(cell) == 0 {
		return c.empty
	}
	for _, m := range c.missing {
		if len(m) == len(cell) && bytes.Equal(m, cell) {
			return true
		}
	}
	return false
}

// Cast reads a cell into v. It returns false when the text is not of the type;
// v then holds no value.
func (c *Caster) Cast(cell []byte, v *Value) bool {
	if c.IsMissing(cell) {
		*v = Value{}
		return true
	}
	switch c.way {
	case wayString:
		v.Class, v.Text = ClassText, cell
		return c.field.Format == "" || textFormat(c.field.Format, cell)
	case wayAny:
		v.Class, v.Text = ClassText, cell
		return true
	case wayNumber:
		v.Class = ClassFloat
		return c.number(cell, v)
	case wayInteger:
		v.Class = ClassInt
		return c.integer(cell, v)
	case wayBoolean:
		v.Class = ClassBool
		return c.boolean(cell, v)
	case wayDate:
		v.Class = ClassDays
		return c.date(cell, v)
	case wayDatetime:
		v.Class = ClassMicros
		return c.datetime(cell, v)
	case wayTime:
		v.Class = ClassTime
		return c.time(cell, v)
	case wayYear:
		v.Class = ClassInt
		return year(cell, v)
	case wayYearmonth:
		v.Class, v.Text = ClassText, cell
		return yearmonth(cell, v)
	case wayDuration:
		v.Class, v.Text = ClassText, cell
		return duration(cell, v)
	case wayGeopoint:
		v.Class = ClassText
		return c.geopoint(cell, v)
	}
	v.Class, v.Text = ClassJSON, cell
	return c.structured(cell, v)
}

func (c *Caster) boolean(cell []byte, v *Value) bool {
	for _, t := range c.truths {
		if bytes.Equal(t, cell) {
			v.Int = 1
			return true
		}
	}
	for _, t := range c.falses {
		if bytes.Equal(t, cell) {
			v.Int = 0
			return true
		}
	}
	if c.native && (string(cell) == "true" || string(cell) == "false") {
		v.Int = 0
		if cell[0] == 't' {
			v.Int = 1
		}
		return true
	}
	return false
}

// view reads bytes as a string without copying; the string must not outlive them.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Caster compiles the reading of a field on its own: without the missing values
// of its schema.
func (f *Field) Caster(o CastOptions) *Caster { return newCaster(f, f.MissingValues, o) }
