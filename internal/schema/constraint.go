package schema

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"socle/internal/errs"
)

// Fails is the set of constraints that a value does not meet.
type Fails uint16

// The constraints, in the order of the standard.
const (
	FailRequired Fails = 1 << iota
	FailMinLength
	FailMaxLength
	FailMinimum
	FailMaximum
	FailExclusiveMinimum
	FailExclusiveMaximum
	FailPattern
	FailEnum
	FailJSONSchema
	FailSlow // the pattern could not be tried within its time
)

var failNames = []string{"required", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "pattern", "enum", "jsonSchema", "pattern"}

// Each calls yield with each constraint of the set.
func (f Fails) Each(yield func(bit Fails, name string)) {
	for i, name := range failNames {
		if f&(1<<i) != 0 {
			yield(1<<i, name)
		}
	}
}

// Rules reads and judges the cells of one field. It may be used from several
// goroutines.
type Rules struct{ rules }

type rules struct {
	field    *Field
	caster   *Caster
	required bool
	none     bool // no constraint on values: only casting
	minLen   *int
	maxLen   *int
	limits   []valueLimit
	pattern  *Pattern
	enum     *enum
	json     *jsonSchema
	items    *rules // constraints of array items
}

type valueLimit struct {
	bit   Fails
	value Value
}

// Rules compiles the reading and the constraints of field i.
func (s *Schema) Rules(i int, o CastOptions) *Rules {
	r, _ := compile(&s.Fields[i], s.Missing(i))
	r.caster.native = o.Native
	return &Rules{*r}
}

// Rules compiles the reading and the constraints of a field on its own: without
// the missing values of its schema.
func (f *Field) Rules(o CastOptions) *Rules {
	r, _ := compile(f, f.MissingValues)
	r.caster.native = o.Native
	return &Rules{*r}
}

// Anything tells whether every text is right: nothing need be looked at.
func (r *rules) Anything() bool {
	return r.none && !r.required && (r.field.Type == Any || r.field.Type == String && r.field.Format == "")
}

// Caster returns the reading part.
func (r *rules) Caster() *Caster { return r.caster }

// Pattern returns the compiled pattern, nil when there is none.
func (r *rules) Pattern() *Pattern { return r.pattern }

// compile prepares a field. What cannot be used is left out and told.
func compile(f *Field, missing []MissingValue) (*rules, []Warning) {
	r := &rules{field: f, caster: newCaster(f, missing, CastOptions{}), required: f.Constraints.Required}
	var faults []Warning
	refuse := func(key string, args errs.Args) {
		args["Field"] = f.Name
		faults = append(faults, Warning{Key: key, Args: args, Refused: true})
	}
	if p := r.caster.pattern; p != nil && p.bad {
		refuse("schema.warning.unknown-format", errs.Args{"Format": f.Format})
	}
	c := &f.Constraints
	r.minLen, r.maxLen = c.MinLength, c.MaxLength
	for _, l := range []struct {
		bit  Fails
		name string
		text *string
	}{{FailMinimum, "minimum", c.Minimum}, {FailMaximum, "maximum", c.Maximum},
		{FailExclusiveMinimum, "exclusiveMinimum", c.ExclusiveMinimum}, {FailExclusiveMaximum, "exclusiveMaximum", c.ExclusiveMaximum}} {
		if l.text == nil || !allowed(l.name, f.Type) {
			continue
		}
		var v Value
		if !r.caster.limit(*l.text, &v) {
			refuse("schema.warning.limit", errs.Args{"Constraint": l.name, "Value": *l.text})
			continue
		}
		r.limits = append(r.limits, valueLimit{l.bit, v})
	}
	if c.Pattern != "" {
		p, err := CompilePattern(c.Pattern)
		if err != nil {
			refuse("schema.warning.pattern", errs.Args{"Pattern": c.Pattern})
		} else {
			r.pattern = p
			if p.slow != nil {
				faults = append(faults, Warning{Key: "schema.warning.slow-pattern", Args: errs.Args{"Field": f.Name, "Pattern": c.Pattern}})
			}
		}
	}
	if c.Enum != nil || f.Categories != nil {
		values := append([]string(nil), c.Enum...)
		for _, g := range f.Categories {
			values = append(values, g.Value)
		}
		var bad []string
		r.enum, bad = newEnum(r.caster, values)
		for _, b := range bad {
			refuse("schema.warning.enum-value", errs.Args{"Value": b})
		}
	}
	if c.JSONSchema != nil && allowed("jsonSchema", f.Type) {
		s, err := newJSONSchema(c.JSONSchema)
		if err != nil {
			refuse("schema.warning.json-schema", errs.Args{})
		}
		r.json = s
	}
	if f.Type == Array && f.ArrayItem != nil {
		r.items = r.caster.items
		if r.items.none && !r.items.required {
			r.items = nil
		}
	}
	r.none = r.minLen == nil && r.maxLen == nil && len(r.limits) == 0 && r.pattern == nil && r.enum == nil && r.json == nil && r.items == nil
	return r, faults
}

// limit casts a limit or an enumerated value: by the field's own reading, or as
// plain JSON writes it.
func (c *Caster) limit(text string, v *Value) bool {
	bare := *c
	bare.missing, bare.empty, bare.native = nil, false, true
	if bare.Cast([]byte(text), v) {
		return true
	}
	if c.kind == Year && integer([]byte(text), &v.Int) {
		v.Class = ClassInt
		return true
	}
	if (c.kind == Array || c.kind == Object || c.kind == Geopoint || c.kind == Yearmonth) && json.Valid([]byte(text)) {
		if c.kind == Yearmonth {
			var pair []int64
			if json.Unmarshal([]byte(text), &pair) == nil && len(pair) == 2 {
				v.Class, v.Int = ClassText, pair[0]*12+pair[1]-1
				return true
			}
			return false
		}
		return bare.CastJSON(json.RawMessage(text), v)
	}
	return false
}

// Check returns the constraints that the value of a cell does not meet. v is
// what the Caster made of the cell.
func (r *rules) Check(cell []byte, v *Value) (fails Fails) {
	if v.Class == Null {
		if r.required {
			return FailRequired
		}
		return 0
	}
	if r.none {
		return 0
	}
	if r.minLen != nil || r.maxLen != nil {
		n := r.length(cell, v)
		if r.minLen != nil && n < *r.minLen {
			fails |= FailMinLength
		}
		if r.maxLen != nil && n > *r.maxLen {
			fails |= FailMaxLength
		}
	}
	for i := range r.limits {
		l := &r.limits[i]
		if !within(l, v) {
			fails |= l.bit
		}
	}
	if r.pattern != nil {
		switch r.pattern.Match(cell) {
		case No:
			fails |= FailPattern
		case TooSlow:
			fails |= FailSlow
		}
	}
	if r.enum != nil && !r.enum.has(v) {
		fails |= FailEnum
	}
	if r.json != nil && !r.json.valid(v.Text) {
		fails |= FailJSONSchema
	}
	if r.items != nil {
		fails |= r.checkItems(v)
	}
	return fails
}

// length counts characters of texts and items of lists. Where the standard has
// no length for the type, it counts the characters of the cell.
func (r *rules) length(cell []byte, v *Value) int {
	if v.Class == ClassJSON && r.field.Type != GeoJSON {
		return int(v.Int)
	}
	if r.maxLen != nil && r.minLen == nil && len(cell) <= *r.maxLen {
		return len(cell) // no longer in characters than in bytes
	}
	return utf8.RuneCount(cell)
}

func within(l *valueLimit, v *Value) bool {
	if v.Class == ClassFloat {
		switch l.bit {
		case FailMinimum:
			return v.Float >= l.value.Float
		case FailMaximum:
			return v.Float <= l.value.Float
		case FailExclusiveMinimum:
			return v.Float > l.value.Float
		}
		return v.Float < l.value.Float
	}
	switch l.bit {
	case FailMinimum:
		return v.Int >= l.value.Int
	case FailMaximum:
		return v.Int <= l.value.Int
	case FailExclusiveMinimum:
		return v.Int > l.value.Int
	}
	return v.Int < l.value.Int
}

func (r *rules) checkItems(v *Value) (fails Fails) {
	var items []json.RawMessage
	if json.Unmarshal(v.Text, &items) != nil {
		return 0
	}
	for _, raw := range items {
		var item Value
		if !r.items.caster.CastJSON(raw, &item) {
			continue
		}
		cell := []byte(text(raw))
		fails |= r.items.Check(cell, &item)
	}
	return fails
}

// enum holds the allowed values, by the class of the field.
type enum struct {
	caster *Caster
	texts  map[string]struct{}
	sized  [][][]byte // short texts by length
	ints   map[int64]struct{}
	floats map[float64]struct{}
}

func newEnum(c *Caster, values []string) (e *enum, bad []string) {
	e = &enum{caster: c, texts: map[string]struct{}{}, ints: map[int64]struct{}{}, floats: map[float64]struct{}{}}
	for _, text := range values {
		var v Value
		if !c.limit(text, &v) {
			bad = append(bad, text)
			continue
		}
		switch v.Class {
		case ClassFloat:
			e.floats[v.Float] = struct{}{}
		case ClassText:
			if c.kind == Yearmonth {
				e.ints[v.Int] = struct{}{}
				continue
			}
			e.texts[string(v.Text)] = struct{}{}
		case ClassJSON:
			e.texts[string(canonical(v.Text))] = struct{}{}
		default:
			e.ints[v.Int] = struct{}{}
		}
	}
	if len(e.texts) <= 64 {
		for t := range e.texts {
			for len(e.sized) <= len(t) && len(t) < 256 {
				e.sized = append(e.sized, nil)
			}
			if len(t) < 256 {
				e.sized[len(t)] = append(e.sized[len(t)], []byte(t))
			}
		}
	}
	return e, bad
}

func (e *enum) has(v *Value) bool {
	switch v.Class {
	case ClassFloat:
		_, ok := e.floats[v.Float]
		return ok
	case ClassText:
		if e.caster.kind == Yearmonth {
			_, ok := e.ints[v.Int]
			return ok
		}
		if len(v.Text) < len(e.sized) {
			for _, t := range e.sized[len(v.Text)] {
				if len(t) == 0 || t[0] == v.Text[0] && t[len(t)-1] == v.Text[len(t)-1] && bytes.Equal(t, v.Text) {
					return true
				}
			}
			return false
		}
		_, ok := e.texts[string(v.Text)]
		return ok
	case ClassJSON:
		_, ok := e.texts[string(canonical(v.Text))]
		return ok
	}
	_, ok := e.ints[v.Int]
	return ok
}

// canonical writes JSON with sorted members and without spaces.
func canonical(b []byte) []byte {
	var x any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if d.Decode(&x) != nil {
		return b
	}
	out, err := json.Marshal(x)
	if err != nil {
		return b
	}
	return out
}
