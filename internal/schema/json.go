package schema

import (
	"bytes"
	"encoding/json"
	"sort"
)

// JSON writes the schema as a descriptor of Table Schema. Members that Parse
// did not understand come back as they were.
func (s *Schema) JSON() []byte {
	w := members{}
	w.extra(s.extra, "fields", "missingValues", "primaryKey", "uniqueKeys", "foreignKeys", "fieldsMatch", "custom_checks", "customChecks", "checks",
		"name", "title", "description", "version", "homepage", "$schema", inferredMember)
	w.text("$schema", s.Profile)
	w.text("name", s.Name)
	w.text("title", s.Title)
	w.text("description", s.Description)
	w.text("version", s.Version)
	w.text("homepage", s.Homepage)
	if len(s.extra) == 0 {
		w.text("$id", s.ID)
	}
	fields := make([]json.RawMessage, len(s.Fields))
	for i := range s.Fields {
		fields[i] = s.Fields[i].json()
	}
	w.put("fields", fields)
	if len(s.MissingValues) != 1 || s.MissingValues[0] != (MissingValue{}) {
		w.put("missingValues", missingJSON(s.MissingValues))
	}
	if len(s.PrimaryKey) > 0 {
		w.put("primaryKey", s.PrimaryKey)
	}
	if len(s.UniqueKeys) > 0 {
		w.put("uniqueKeys", s.UniqueKeys)
	}
	if len(s.ForeignKeys) > 0 {
		keys := make([]map[string]any, len(s.ForeignKeys))
		for i, k := range s.ForeignKeys {
			ref := map[string]any{"resource": k.Reference.Resource, "fields": k.Reference.Fields}
			if k.Reference.Package != "" {
				ref["datapackage"] = k.Reference.Package
			}
			keys[i] = map[string]any{"fields": k.Fields, "reference": ref}
		}
		w.put("foreignKeys", keys)
	}
	w.text("fieldsMatch", string(s.FieldsMatch))
	if s.Inferred {
		w.put(inferredMember, true)
	}
	if len(s.Checks) > 0 {
		checks := make([]map[string]any, len(s.Checks))
		for i, c := range s.Checks {
			checks[i] = map[string]any{"name": c.Name, "params": c.Params}
		}
		w.put("custom_checks", checks)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, w.json(), "", "  "); err != nil {
		return w.json()
	}
	return append(out.Bytes(), '\n')
}

func (f *Field) json() json.RawMessage {
	w := members{}
	known := []string{"name", "title", "description", "type", "format", "example", "examples", "rdfType", "constraints", "categories", "categoriesOrdered",
		"missingValues", "trueValues", "falseValues", "groupChar", "decimalChar", "bareNumber", "delimiter", "itemType", "arrayItem", "frFormat", "frenchFormat",
		"custom_checks", "customChecks"}
	w.extra(f.extra, append(known, constraintMembers...)...)
	w.text("name", f.Name)
	w.text("title", f.Title)
	w.text("description", f.Description)
	w.text("type", string(f.Type))
	if f.FrenchFormat != "" && f.Format == "" {
		w.text("format", f.FrenchFormat)
	} else {
		w.text("format", f.Format)
	}
	switch {
	case len(f.Examples) > 1:
		w.put("examples", f.Examples)
	default:
		w.text("example", f.Example)
	}
	w.text("rdfType", f.RDFType)
	if f.Categories != nil {
		list := make([]any, len(f.Categories))
		for i, c := range f.Categories {
			list[i] = c.Value
			if c.Label != "" {
				list[i] = map[string]string{"value": c.Value, "label": c.Label}
			}
		}
		w.put("categories", list)
	}
	if f.CategoriesOrdered {
		w.put("categoriesOrdered", true)
	}
	if f.MissingValues != nil {
		w.put("missingValues", missingJSON(f.MissingValues))
	}
	if f.TrueValues != nil {
		w.put("trueValues", f.TrueValues)
	}
	if f.FalseValues != nil {
		w.put("falseValues", f.FalseValues)
	}
	w.text("groupChar", f.GroupChar)
	w.text("decimalChar", f.DecimalChar)
	if !f.BareNumber && (f.Type == Number || f.Type == Integer) {
		w.put("bareNumber", false)
	}
	w.text("delimiter", f.Delimiter)
	w.text("itemType", string(f.ItemType))
	if f.ArrayItem != nil {
		w.put("arrayItem", f.ArrayItem.json())
	}
	if c := f.constraintsJSON(); len(c) > 0 {
		w.put("constraints", c)
	}
	return w.json()
}

func (f *Field) constraintsJSON() map[string]any {
	c, w := &f.Constraints, map[string]any{}
	if c.Required {
		w["required"] = true
	}
	if c.Unique {
		w["unique"] = true
	}
	if c.MinLength != nil {
		w["minLength"] = *c.MinLength
	}
	if c.MaxLength != nil {
		w["maxLength"] = *c.MaxLength
	}
	for name, text := range map[string]*string{"minimum": c.Minimum, "maximum": c.Maximum, "exclusiveMinimum": c.ExclusiveMinimum, "exclusiveMaximum": c.ExclusiveMaximum} {
		if text != nil {
			w[name] = f.scalar(*text)
		}
	}
	if c.Pattern != "" {
		w["pattern"] = c.Pattern
	}
	if c.Enum != nil {
		list := make([]any, len(c.Enum))
		for i, e := range c.Enum {
			list[i] = f.scalar(e)
		}
		w["enum"] = list
	}
	if c.JSONSchema != nil {
		w["jsonSchema"] = c.JSONSchema
	}
	return w
}

// scalar writes a number where the field holds numbers, JSON where it holds
// JSON, else a text.
func (f *Field) scalar(text string) any {
	switch f.Type {
	case Number, Integer, Year, Array, Object, List, GeoJSON:
		if json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
	}
	return text
}

func missingJSON(list []MissingValue) []any {
	out := make([]any, len(list))
	for i, m := range list {
		out[i] = m.Value
		if m.Label != "" {
			out[i] = map[string]string{"value": m.Value, "label": m.Label}
		}
	}
	return out
}

// members writes an object with its members in the order they were put.
type members struct {
	names  []string
	values []json.RawMessage
}

func (m *members) put(name string, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		return
	}
	m.names = append(m.names, name)
	m.values = append(m.values, raw)
}

func (m *members) text(name, v string) {
	if v != "" {
		m.put(name, v)
	}
}

// extra puts the members of o that are not among those written apart.
func (m *members) extra(o object, apart ...string) {
	skip := make(map[string]bool, len(apart))
	for _, a := range apart {
		skip[a] = true
	}
	var names []string
	for k := range o {
		if !skip[k] {
			names = append(names, k)
		}
	}
	sort.Strings(names)
	for _, k := range names {
		m.put(k, o[k])
	}
}

func (m *members) json() json.RawMessage {
	out := []byte{'{'}
	for i, n := range m.names {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendString(out, []byte(n))
		out = append(append(out, ':'), m.values[i]...)
	}
	return append(out, '}')
}
