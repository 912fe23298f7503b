package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// jsonSchema is the part of JSON Schema (2020-12, validation) that the
// constraint jsonSchema needs: types, enumerations, limits, members, items,
// combinations and references inside the schema.
type jsonSchema struct {
	root  map[string]any
	regex map[string]*Pattern
}

const maxJSONSteps = 10_000 // sub-schemas tried for one value

func newJSONSchema(raw json.RawMessage) (*jsonSchema, error) {
	var root any
	if err := json.Unmarshal(raw, &root); err != nil {
		return nil, err
	}
	o, ok := root.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("jsonSchema is no object")
	}
	s := &jsonSchema{root: o, regex: map[string]*Pattern{}}
	return s, s.prepare(root, 0)
}

// prepare compiles the patterns and refuses references that lead nowhere.
func (s *jsonSchema) prepare(x any, depth int) error {
	if depth > 64 {
		return fmt.Errorf("nested too deep")
	}
	switch x := x.(type) {
	case []any:
		for _, v := range x {
			if err := s.prepare(v, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		if p, ok := x["pattern"].(string); ok {
			if err := s.pattern(p); err != nil {
				return err
			}
		}
		if pp, ok := x["patternProperties"].(map[string]any); ok {
			for p := range pp {
				if err := s.pattern(p); err != nil {
					return err
				}
			}
		}
		if ref, ok := x["$ref"].(string); ok && s.resolve(ref) == nil {
			return fmt.Errorf("reference to %q", ref)
		}
		for _, v := range x {
			if err := s.prepare(v, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// pattern compiles a search (JSON Schema does not anchor patterns).
func (s *jsonSchema) pattern(p string) error {
	c, err := CompilePattern(`(?:[\s\S]*?)(?:` + p + `)(?:[\s\S]*)`)
	s.regex[p] = c
	return err
}

func (s *jsonSchema) resolve(ref string) any {
	if ref == "#" {
		return s.root
	}
	if !strings.HasPrefix(ref, "#/") {
		return nil
	}
	var at any = s.root
	for _, step := range strings.Split(ref[2:], "/") {
		o, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		if at, ok = o[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]; !ok {
			return nil
		}
	}
	return at
}

func (s *jsonSchema) valid(b []byte) bool {
	var x any
	if json.Unmarshal(b, &x) != nil {
		return false
	}
	run := &jsonRun{s: s}
	return run.check(s.root, x, 0)
}

type jsonRun struct {
	s     *jsonSchema
	steps int
}

func (r *jsonRun) check(schema, x any, depth int) bool {
	if r.steps++; depth > 200 || r.steps > maxJSONSteps {
		return false
	}
	switch sc := schema.(type) {
	case bool:
		return sc
	case map[string]any:
		return r.object(sc, x, depth+1)
	}
	return true
}

func (r *jsonRun) object(sc map[string]any, x any, depth int) bool {
	if ref, ok := sc["$ref"].(string); ok && !r.check(r.s.resolve(ref), x, depth) {
		return false
	}
	if t, ok := sc["type"]; ok && !jsonTypes(t, x) {
		return false
	}
	if e, ok := sc["enum"].([]any); ok && !among(e, x) {
		return false
	}
	if c, ok := sc["const"]; ok && !jsonEqual(c, x) {
		return false
	}
	return r.combined(sc, x, depth) && r.sized(sc, x, depth)
}

func (r *jsonRun) combined(sc map[string]any, x any, depth int) bool {
	if all, ok := sc["allOf"].([]any); ok {
		for _, s := range all {
			if !r.check(s, x, depth) {
				return false
			}
		}
	}
	matching := func(list []any) (n int) {
		for _, s := range list {
			if r.check(s, x, depth) {
				n++
			}
		}
		return n
	}
	if any, ok := sc["anyOf"].([]any); ok && matching(any) == 0 {
		return false
	}
	if one, ok := sc["oneOf"].([]any); ok && matching(one) != 1 {
		return false
	}
	if not, ok := sc["not"]; ok && r.check(not, x, depth) {
		return false
	}
	if cond, ok := sc["if"]; ok {
		branch := sc["else"]
		if r.check(cond, x, depth) {
			branch = sc["then"]
		}
		return branch == nil || r.check(branch, x, depth)
	}
	return true
}

func (r *jsonRun) sized(sc map[string]any, x any, depth int) bool {
	switch x := x.(type) {
	case string:
		n := float64(utf8.RuneCountInString(x))
		if p, ok := sc["pattern"].(string); ok && r.s.regex[p].Match([]byte(x)) != Yes {
			return false
		}
		return bounded(sc, n, "minLength", "maxLength")
	case float64:
		if !bounded(sc, x, "minimum", "maximum") {
			return false
		}
		if m, ok := sc["exclusiveMinimum"].(float64); ok && x <= m {
			return false
		}
		if m, ok := sc["exclusiveMaximum"].(float64); ok && x >= m {
			return false
		}
		if m, ok := sc["multipleOf"].(float64); ok && m > 0 {
			q := x / m
			return math.Abs(q-math.Round(q)) < 1e-9
		}
	case []any:
		return bounded(sc, float64(len(x)), "minItems", "maxItems") && r.itemsOf(sc, x, depth)
	case map[string]any:
		return bounded(sc, float64(len(x)), "minProperties", "maxProperties") && r.members(sc, x, depth)
	}
	return true
}

func bounded(sc map[string]any, n float64, lowest, highest string) bool {
	if m, ok := sc[lowest].(float64); ok && n < m {
		return false
	}
	m, ok := sc[highest].(float64)
	return !ok || n <= m
}

func (r *jsonRun) itemsOf(sc map[string]any, x []any, depth int) bool {
	prefix, _ := sc["prefixItems"].([]any)
	for i, v := range x {
		switch {
		case i < len(prefix):
			if !r.check(prefix[i], v, depth) {
				return false
			}
		case sc["items"] != nil:
			if !r.check(sc["items"], v, depth) {
				return false
			}
		}
	}
	if unique, _ := sc["uniqueItems"].(bool); unique && len(x) <= 1000 {
		for i := range x {
			if among(x[:i], x[i]) {
				return false
			}
		}
	}
	if c, ok := sc["contains"]; ok {
		for _, v := range x {
			if r.check(c, v, depth) {
				return true
			}
		}
		return false
	}
	return true
}

func (r *jsonRun) members(sc map[string]any, x map[string]any, depth int) bool {
	if required, ok := sc["required"].([]any); ok {
		for _, k := range required {
			if name, ok := k.(string); ok {
				if _, has := x[name]; !has {
					return false
				}
			}
		}
	}
	props, _ := sc["properties"].(map[string]any)
	patterns, _ := sc["patternProperties"].(map[string]any)
	more, limited := sc["additionalProperties"]
	for k, v := range x {
		told := false
		if s, ok := props[k]; ok {
			told = true
			if !r.check(s, v, depth) {
				return false
			}
		}
		for p, s := range patterns {
			if r.s.regex[p].Match([]byte(k)) == Yes {
				told = true
				if !r.check(s, v, depth) {
					return false
				}
			}
		}
		if !told && limited && !r.check(more, v, depth) {
			return false
		}
		if n, ok := sc["propertyNames"]; ok && !r.check(n, k, depth) {
			return false
		}
	}
	return true
}

func jsonTypes(t, x any) bool {
	if list, ok := t.([]any); ok {
		for _, one := range list {
			if jsonTypes(one, x) {
				return true
			}
		}
		return false
	}
	switch v := x.(type) {
	case nil:
		return t == "null"
	case bool:
		return t == "boolean"
	case string:
		return t == "string"
	case float64:
		return t == "number" || t == "integer" && v == math.Trunc(v)
	case []any:
		return t == "array"
	case map[string]any:
		return t == "object"
	}
	return false
}

func among(list []any, x any) bool {
	for _, v := range list {
		if jsonEqual(v, x) {
			return true
		}
	}
	return false
}

func jsonEqual(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}
