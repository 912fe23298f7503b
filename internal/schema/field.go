package schema

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"socle/internal/errs"
)

func (r *reader) field(path string, raw json.RawMessage, version1 bool, depth int) (Field, error) {
	f := Field{Type: String, BareNumber: true}
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		var name string
		if json.Unmarshal(raw, &name) == nil && name != "" {
			f.Name = name
			r.refuse(path, "schema.warning.field-is-text", errs.Args{"Field": name})
			return f, nil
		}
		return f, errs.New(errs.Invalid, "schema.field-not-object", errs.Args{"Path": path}).WithHint("schema.field-not-object.hint")
	}
	if depth > maxNesting {
		return f, errs.New(errs.Invalid, "schema.too-deep", errs.Args{"Path": path}).WithHint("schema.too-deep.hint")
	}
	o = r.misspelt(path, o)
	f.extra = o
	f.Name, f.Title, f.Description = text(o["name"]), text(o["title"]), text(o["description"])
	f.RDFType = text(o["rdfType"])
	r.fieldType(path, &f, o)
	r.fieldFormat(path, &f, o)
	r.fieldExamples(&f, o)
	if raw, ok := present(o, "missingValues"); ok {
		f.MissingValues = r.missing(path+".missingValues", raw, version1)
	}
	if raw, ok := present(o, "trueValues"); ok {
		f.TrueValues = texts(raw)
	}
	if raw, ok := present(o, "falseValues"); ok {
		f.FalseValues = texts(raw)
	}
	f.GroupChar, f.DecimalChar, f.Delimiter = text(o["groupChar"]), text(o["decimalChar"]), text(o["delimiter"])
	if raw, ok := present(o, "bareNumber"); ok {
		f.BareNumber = r.truth(path+".bareNumber", raw)
	}
	if t := Type(text(o["itemType"])); t != "" {
		if known(t) {
			f.ItemType = t
		} else {
			r.refuse(path, "schema.warning.unknown-type", errs.Args{"Field": f.Name, "Type": string(t)})
		}
	}
	if raw, ok := present(o, "arrayItem"); ok {
		item, err := r.field(path+".arrayItem", raw, version1, depth+1)
		if err != nil {
			return f, err
		}
		f.ArrayItem = &item
	}
	r.categories(path, &f, o)
	r.constraints(path, &f, o)
	return f, nil
}

func known(t Type) bool {
	for _, k := range Types {
		if k == t {
			return true
		}
	}
	return false
}

func (r *reader) fieldType(path string, f *Field, o object) {
	raw, ok := present(o, "type")
	if !ok {
		return
	}
	f.typed = true
	written := text(raw)
	if known(Type(written)) {
		f.Type = Type(written)
		return
	}
	read, ok := typeSlips[strings.ToLower(strings.TrimSpace(written))]
	if !ok && known(Type(strings.ToLower(written))) {
		read, ok = Type(strings.ToLower(written)), true
	}
	if !ok {
		read = Any
	}
	f.Type = read
	r.refuse(path+".type", "schema.warning.unknown-type", errs.Args{"Field": f.Name, "Type": written, "Read": string(read)})
}

func (r *reader) fieldFormat(path string, f *Field, o object) {
	for _, key := range []string{"frFormat", "frenchFormat"} {
		raw, ok := present(o, key)
		if !ok {
			continue
		}
		var named object
		if json.Unmarshal(raw, &named) == nil && named != nil {
			f.FrenchFormat = text(named["name"])
		} else {
			f.FrenchFormat = text(raw)
		}
	}
	raw, ok := present(o, "format")
	if !ok {
		return
	}
	if raw[0] != '"' {
		r.refuse(path+".format", "schema.warning.format-not-text", errs.Args{"Field": f.Name})
		r.formatObject(f, raw)
		return
	}
	f.Format = text(raw)
	if f.Format == "default" {
		f.Format = ""
	}
	switch f.Type {
	case String:
		switch f.Format {
		case "", "email", "uri", "binary", "uuid", "wkt":
		case "url":
			f.Format = "uri"
			r.warn(path+".format", "schema.warning.format-slip", errs.Args{"Field": f.Name, "Format": "url", "Read": "uri"})
		default:
			f.FrenchFormat, f.Format = f.Format, ""
		}
	case Date, Datetime, Time:
		f.Format = strings.TrimPrefix(f.Format, "fmt:")
		if f.Format != "" && f.Format != "any" && !strings.Contains(f.Format, "%") {
			if p, ok := wordyDates[strings.ToLower(f.Format)]; ok {
				r.warn(path+".format", "schema.warning.format-slip", errs.Args{"Field": f.Name, "Format": f.Format, "Read": p})
				f.Format = p
			}
		}
	case Geopoint:
		if f.Format != "" && f.Format != "array" && f.Format != "object" {
			r.refuse(path+".format", "schema.warning.unknown-format", errs.Args{"Field": f.Name, "Format": f.Format})
			f.Format = ""
		}
	case GeoJSON:
		if f.Format != "" && f.Format != "topojson" {
			r.refuse(path+".format", "schema.warning.unknown-format", errs.Args{"Field": f.Name, "Format": f.Format})
			f.Format = ""
		}
	}
}

// formatObject reads what some schemas of before version 1 put in format.
func (r *reader) formatObject(f *Field, raw json.RawMessage) {
	var o object
	if json.Unmarshal(raw, &o) != nil {
		return
	}
	if v, ok := o["trueValues"]; ok && f.Type == Boolean {
		f.TrueValues = texts(v)
	}
	if v, ok := o["falseValues"]; ok && f.Type == Boolean {
		f.FalseValues = texts(v)
	}
}

func (r *reader) fieldExamples(f *Field, o object) {
	if raw, ok := present(o, "example"); ok {
		f.Examples = []string{text(raw)}
	}
	if raw, ok := present(o, "examples"); ok {
		for _, e := range texts(raw) {
			if len(f.Examples) == 0 || f.Examples[0] != e {
				f.Examples = append(f.Examples, e)
			}
		}
	}
	if len(f.Examples) > 0 {
		f.Example = f.Examples[0]
	}
}

func (r *reader) categories(path string, f *Field, o object) {
	raw, ok := present(o, "categories")
	if !ok {
		return
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		r.refuse(path, "schema.warning.not-list", errs.Args{"Member": "categories"})
		return
	}
	f.Categories = []Category{}
	for _, v := range list[:min(len(list), maxListed)] {
		var labelled object
		if json.Unmarshal(v, &labelled) == nil && labelled != nil {
			f.Categories = append(f.Categories, Category{Value: text(labelled["value"]), Label: text(labelled["label"])})
		} else {
			f.Categories = append(f.Categories, Category{Value: text(v)})
		}
	}
	if raw, ok := present(o, "categoriesOrdered"); ok {
		f.CategoriesOrdered = r.truth(path+".categoriesOrdered", raw)
	}
}

// truth reads a boolean, also written as text or number.
func (r *reader) truth(path string, raw json.RawMessage) bool {
	switch strings.ToLower(text(raw)) {
	case "true", "1", "yes", "oui":
		if raw[0] == '"' || raw[0] == '1' {
			r.warn(path, "schema.warning.boolean-as-text", errs.Args{"Path": path})
		}
		return true
	case "false", "0", "no", "non", "":
		return false
	}
	r.refuse(path, "schema.warning.not-boolean", errs.Args{"Path": path, "Value": text(raw)})
	return false
}

// count reads a length.
func (r *reader) count(path string, raw json.RawMessage) *int {
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(text(raw)), ".0"))
	if err != nil || n < 0 {
		r.refuse(path, "schema.warning.not-count", errs.Args{"Path": path, "Value": text(raw)})
		return nil
	}
	return &n
}

// constraintMembers are the constraints of the standard.
var constraintMembers = []string{"required", "unique", "minLength", "maxLength", "minimum", "maximum",
	"exclusiveMinimum", "exclusiveMaximum", "pattern", "enum", "jsonSchema"}

func (r *reader) constraints(path string, f *Field, o object) {
	all := object{}
	if raw, ok := present(o, "constraints"); ok {
		if json.Unmarshal(raw, &all) != nil || all == nil {
			r.refuse(path+".constraints", "schema.warning.constraints-not-object", errs.Args{"Field": f.Name})
			all = object{}
		}
	}
	for _, m := range constraintMembers {
		raw, ok := present(o, m)
		if !ok {
			continue
		}
		r.warn(path, "schema.warning.constraint-beside", errs.Args{"Field": f.Name, "Constraint": m})
		if _, has := all[m]; !has {
			all[m] = raw
		}
	}
	all = r.misspeltConstraints(path, f, all)
	c := &f.Constraints
	for m, raw := range all {
		if bytes.Equal(raw, []byte("null")) {
			continue
		}
		at := path + ".constraints." + m
		switch m {
		case "required":
			c.Required = r.truth(at, raw)
		case "unique":
			c.Unique = r.truth(at, raw)
		case "minLength":
			c.MinLength = r.count(at, raw)
		case "maxLength":
			c.MaxLength = r.count(at, raw)
		case "minimum":
			c.Minimum = limit(raw)
		case "maximum":
			c.Maximum = limit(raw)
		case "exclusiveMinimum":
			c.ExclusiveMinimum = limit(raw)
		case "exclusiveMaximum":
			c.ExclusiveMaximum = limit(raw)
		case "pattern":
			c.Pattern = text(raw)
		case "enum":
			var list []json.RawMessage
			if json.Unmarshal(raw, &list) != nil {
				r.refuse(at, "schema.warning.not-list", errs.Args{"Member": "enum"})
				continue
			}
			c.Enum = texts(raw)
		case "jsonSchema":
			c.JSONSchema = raw
		}
	}
}

func limit(raw json.RawMessage) *string {
	s := text(raw)
	return &s
}
