package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"socle/internal/errs"
)

// Limits on a descriptor: a hostile one ends in a clear error.
const (
	MaxDescriptor = 16 << 20 // bytes
	MaxFields     = 10_000
	maxListed     = 100_000 // items of an enumeration, missing values, keys
	maxNesting    = 16      // arrayItem in arrayItem
	maxWarnings   = 1_000
	maxSlow       = 50 // patterns that go back
)

// Parse reads a Table Schema descriptor. What can be understood is, with a
// Warning; what cannot is an Invalid error with a message for people.
func Parse(data []byte) (*Schema, error) {
	root, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	return parseSchema(root)
}

func parseObject(data []byte) (object, error) {
	if len(data) > MaxDescriptor {
		return nil, errs.New(errs.TooLarge, "schema.too-large", errs.Args{"Megabytes": MaxDescriptor >> 20}).WithHint("schema.too-large.hint")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var root object
	if err := json.Unmarshal(data, &root); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			line, col := place(data, int(syntax.Offset))
			return nil, errs.New(errs.Invalid, "schema.not-json", errs.Args{"Line": line, "Column": col}).WithHint("schema.not-json.hint").Because(err)
		}
		return nil, errs.New(errs.Invalid, "schema.not-object").WithHint("schema.not-object.hint").Because(err)
	}
	if root == nil {
		return nil, errs.New(errs.Invalid, "schema.not-object").WithHint("schema.not-object.hint")
	}
	return root, nil
}

func place(data []byte, offset int) (line, column int) {
	offset = min(max(offset, 0), len(data))
	before := data[:offset]
	return bytes.Count(before, []byte("\n")) + 1, offset - bytes.LastIndexByte(before, '\n')
}

type object = map[string]json.RawMessage

// reader gathers what reading a descriptor meets.
type reader struct {
	warnings []Warning
	slow     int // patterns that go back
}

func (r *reader) warn(path, key string, args errs.Args) {
	r.add(Warning{Key: key, Args: args, Path: path})
}

func (r *reader) refuse(path, key string, args errs.Args) {
	r.add(Warning{Key: key, Args: args, Path: path, Refused: true})
}

func (r *reader) add(w Warning) {
	if len(r.warnings) < maxWarnings {
		r.warnings = append(r.warnings, w)
	}
}

func parseSchema(root object) (*Schema, error) {
	r := &reader{}
	raw, ok := root["fields"]
	if !ok {
		return nil, errs.New(errs.Invalid, "schema.no-fields").WithHint("schema.no-fields.hint")
	}
	var fields []json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return nil, errs.New(errs.Invalid, "schema.fields-not-list").WithHint("schema.no-fields.hint")
	}
	if len(fields) > MaxFields {
		return nil, errs.New(errs.TooLarge, "schema.too-many-fields", errs.Args{"Count": len(fields), "Max": MaxFields}).WithHint("schema.too-many-fields.hint")
	}
	s := &Schema{
		Name: text(root["name"]), Title: text(root["title"]), Description: text(root["description"]),
		Version: text(root["version"]), Homepage: text(root["homepage"]), Profile: text(root["$schema"]),
		extra: root,
	}
	for _, k := range []string{"$id", "id", "uri", "path"} {
		if s.ID = text(root[k]); s.ID != "" {
			break
		}
	}
	s.Inferred = text(root[inferredMember]) == "true"
	if s.Version == "" {
		s.Version = text(root["schemaVersion"])
	}
	s.MissingValues = []MissingValue{{}}
	if raw, ok := present(root, "missingValues"); ok {
		s.MissingValues = r.missing("missingValues", raw, s.version1())
	}
	s.Fields = make([]Field, 0, len(fields))
	seen := make(map[string]bool, len(fields))
	for i, raw := range fields {
		f, err := r.field(fmt.Sprintf("fields[%d]", i), raw, s.version1(), 0)
		if err != nil {
			return nil, err
		}
		if f.Name == "" {
			f.Name = "field" + strconv.Itoa(i+1)
			r.refuse(fmt.Sprintf("fields[%d]", i), "schema.warning.no-name", errs.Args{"Number": i + 1})
		}
		if seen[f.Name] {
			r.refuse(fmt.Sprintf("fields[%d]", i), "schema.warning.same-name", errs.Args{"Field": f.Name})
		}
		seen[f.Name] = true
		s.Fields = append(s.Fields, f)
	}
	r.keys(s, root, seen)
	r.matchRule(s, root)
	r.checks(s, root)
	r.resources(s, root)
	for i := range s.Fields {
		r.verify(fmt.Sprintf("fields[%d]", i), &s.Fields[i], s.Missing(i))
	}
	s.Warnings = r.warnings
	return s, nil
}

// inferredMember marks a descriptor that was made from a file.
const inferredMember = "socle:inferred"

// version1 tells whether the descriptor claims version 1 of the standard.
func (s *Schema) version1() bool {
	return strings.Contains(s.Profile, "/1.") && strings.Contains(s.Profile, "datapackage.org")
}

func present(o object, key string) (json.RawMessage, bool) {
	raw, ok := o[key]
	if !ok || string(raw) == "null" {
		return nil, false
	}
	return raw, true
}

// text returns a scalar of JSON as text: strings unquoted, numbers and booleans
// as written, null as nothing, lists and objects as their JSON.
func text(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	if raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return s
		}
	}
	if raw[0] == '{' || raw[0] == '[' {
		var b bytes.Buffer
		if json.Compact(&b, raw) == nil {
			return b.String()
		}
	}
	return string(raw)
}

// texts reads a list of scalars, or one scalar alone.
func texts(raw json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return []string{text(raw)}
	}
	out := make([]string, 0, min(len(list), maxListed))
	for _, v := range list[:min(len(list), maxListed)] {
		out = append(out, text(v))
	}
	return out
}

func (r *reader) missing(path string, raw json.RawMessage, version1 bool) []MissingValue {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		r.refuse(path, "schema.warning.not-list", errs.Args{"Member": "missingValues"})
		return []MissingValue{{Value: text(raw)}}
	}
	out := []MissingValue{}
	seen := map[string]bool{}
	for i, v := range list[:min(len(list), maxListed)] {
		m := MissingValue{}
		var o object
		if json.Unmarshal(v, &o) == nil && o != nil {
			m = MissingValue{Value: text(o["value"]), Label: text(o["label"])}
			if version1 {
				r.refuse(path, "schema.warning.labelled-missing-v1", nil)
			}
		} else {
			m.Value = text(v)
		}
		if seen[m.Value] {
			r.refuse(fmt.Sprintf("%s[%d]", path, i), "schema.warning.same-missing", errs.Args{"Value": m.Value})
			continue
		}
		seen[m.Value] = true
		out = append(out, m)
	}
	return out
}

func (r *reader) keys(s *Schema, root object, known map[string]bool) {
	names := func(path string, raw json.RawMessage) []string {
		list := texts(raw)
		for _, n := range list {
			if !known[n] {
				r.refuse(path, "schema.warning.key-of-no-field", errs.Args{"Field": n})
				return nil
			}
		}
		return list
	}
	if raw, ok := present(root, "primaryKey"); ok && len(texts(raw)) > 0 && texts(raw)[0] != "" {
		s.PrimaryKey = names("primaryKey", raw)
	}
	if raw, ok := present(root, "uniqueKeys"); ok {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			r.refuse("uniqueKeys", "schema.warning.not-list", errs.Args{"Member": "uniqueKeys"})
		}
		for i, raw := range list[:min(len(list), MaxFields)] {
			if k := names(fmt.Sprintf("uniqueKeys[%d]", i), raw); len(k) > 0 {
				s.UniqueKeys = append(s.UniqueKeys, k)
			}
		}
	}
	raw, ok := present(root, "foreignKeys")
	if !ok {
		return
	}
	var list []object
	if json.Unmarshal(raw, &list) != nil {
		r.refuse("foreignKeys", "schema.warning.not-list", errs.Args{"Member": "foreignKeys"})
	}
	for i, o := range list[:min(len(list), MaxFields)] {
		path := fmt.Sprintf("foreignKeys[%d]", i)
		k := ForeignKey{Fields: names(path, o["fields"])}
		var ref object
		if json.Unmarshal(o["reference"], &ref) != nil || ref == nil {
			r.refuse(path, "schema.warning.foreign-key-no-reference", nil)
			continue
		}
		k.Reference = Reference{Package: text(ref["datapackage"]), Resource: text(ref["resource"]), Fields: texts(ref["fields"])}
		if k.Reference.Package == "" {
			k.Reference.Package = text(ref["package"])
		}
		if len(k.Fields) == 0 {
			continue
		}
		if len(k.Fields) != len(k.Reference.Fields) {
			r.refuse(path, "schema.warning.foreign-key-lengths", nil)
			continue
		}
		if k.Reference.Resource == "" && k.Reference.Package == "" {
			if names(path, ref["fields"]) == nil {
				continue
			}
		}
		s.ForeignKeys = append(s.ForeignKeys, k)
	}
}

func (r *reader) matchRule(s *Schema, root object) {
	raw, ok := present(root, "fieldsMatch")
	if !ok {
		return
	}
	list := texts(raw)
	if len(list) == 1 {
		switch m := Match(list[0]); m {
		case MatchExact, MatchEqual, MatchSubset, MatchSuperset, MatchPartial:
			s.FieldsMatch = m
			return
		}
	}
	r.refuse("fieldsMatch", "schema.warning.unknown-fields-match", errs.Args{"Value": text(raw)})
}

func (r *reader) checks(s *Schema, root object) {
	for _, key := range []string{"custom_checks", "customChecks", "checks"} {
		raw, ok := present(root, key)
		if !ok {
			continue
		}
		var list []object
		if json.Unmarshal(raw, &list) != nil {
			r.warn(key, "schema.warning.not-list", errs.Args{"Member": key})
			continue
		}
		for i, o := range list[:min(len(list), MaxFields)] {
			if c, ok := r.check(fmt.Sprintf("%s[%d]", key, i), o); ok {
				s.Checks = append(s.Checks, c)
			}
		}
	}
	for i := range s.Fields {
		f := &s.Fields[i]
		for _, key := range []string{"custom_checks", "customChecks"} {
			var list []object
			if raw, ok := present(f.extra, key); ok && json.Unmarshal(raw, &list) == nil {
				for j, o := range list[:min(len(list), 100)] {
					if c, ok := r.check(fmt.Sprintf("fields[%d].%s[%d]", i, key, j), o); ok {
						if _, has := c.Params["column"]; !has {
							c.Params["column"] = f.Name
						}
						s.Checks = append(s.Checks, c)
					}
				}
			}
		}
	}
}

func (r *reader) check(path string, o object) (CustomCheck, bool) {
	name := text(o["name"])
	if name == "" {
		name = text(o["type"])
	}
	if name == "" {
		r.warn(path, "schema.warning.check-no-name", nil)
		return CustomCheck{}, false
	}
	c := CustomCheck{Name: name, Params: map[string]any{}}
	if known, changed := checkName(name); changed {
		r.warn(path, "schema.warning.misspelt-check", errs.Args{"Written": name, "Read": known})
		c.Name = known
	}
	params := object{}
	if json.Unmarshal(o["params"], &params) != nil || params == nil {
		params = object{}
		for k, v := range o {
			if k != "name" && k != "type" {
				params[k] = v
			}
		}
	}
	for k, v := range params {
		var list []json.RawMessage
		if json.Unmarshal(v, &list) == nil && list != nil {
			c.Params[k] = texts(v)
		} else {
			c.Params[k] = text(v)
		}
	}
	return c, true
}

func (r *reader) resources(s *Schema, root object) {
	var list []object
	if raw, ok := present(root, "resources"); !ok || json.Unmarshal(raw, &list) != nil {
		return
	}
	for _, o := range list[:min(len(list), 1000)] {
		e := Example{Title: text(o["title"]), Path: text(o["path"])}
		if e.Title == "" {
			e.Title = text(o["name"])
		}
		if e.Path != "" {
			s.Examples = append(s.Examples, e)
		}
	}
}
