package schema

import (
	"socle/internal/errs"
)

// lengths and others say which types a constraint of the standard is for.
var constraintTypes = map[string][]Type{
	"minLength": {String, Array, Object, List}, "maxLength": {String, Array, Object, List}, "pattern": {String},
	"minimum":          {Number, Integer, Date, Time, Datetime, Year, Yearmonth, Duration},
	"maximum":          {Number, Integer, Date, Time, Datetime, Year, Yearmonth, Duration},
	"exclusiveMinimum": {Number, Integer, Date, Time, Datetime, Year, Yearmonth, Duration},
	"exclusiveMaximum": {Number, Integer, Date, Time, Datetime, Year, Yearmonth, Duration},
	"jsonSchema":       {Object, Array, GeoJSON},
}

func allowed(constraint string, t Type) bool {
	for _, k := range constraintTypes[constraint] {
		if k == t {
			return true
		}
	}
	return false
}

// verify tells what in a field contradicts the standard or itself: constraints
// that its type does not have, limits and enumerations that do not cast,
// patterns that do not compile, examples that are not valid.
func (r *reader) verify(path string, f *Field, missing []MissingValue) {
	for _, name := range f.Constraints.names() {
		if _, typed := constraintTypes[name]; typed && !allowed(name, f.Type) {
			r.refuse(path+".constraints."+name, "schema.warning.constraint-of-type", errs.Args{"Field": f.Name, "Constraint": name, "Type": string(f.Type)})
		}
	}
	rules, faults := compile(f, missing)
	for _, w := range faults {
		w.Path = path
		r.add(w)
	}
	if rules.pattern != nil && rules.pattern.slow != nil {
		if r.slow++; r.slow > maxSlow {
			f.Constraints.Pattern = ""
			r.refuse(path+".constraints.pattern", "schema.warning.many-slow-patterns", errs.Args{"Field": f.Name, "Max": maxSlow})
		}
	}
	if f.Example == "" {
		return
	}
	var v Value
	if !rules.caster.Cast([]byte(f.Example), &v) {
		r.refuse(path+".example", "schema.warning.example", errs.Args{"Field": f.Name, "Example": f.Example})
	}
}

// names lists the constraints that are set.
func (c *Constraints) names() []string {
	var out []string
	add := func(set bool, name string) {
		if set {
			out = append(out, name)
		}
	}
	add(c.Required, "required")
	add(c.Unique, "unique")
	add(c.MinLength != nil, "minLength")
	add(c.MaxLength != nil, "maxLength")
	add(c.Minimum != nil, "minimum")
	add(c.Maximum != nil, "maximum")
	add(c.ExclusiveMinimum != nil, "exclusiveMinimum")
	add(c.ExclusiveMaximum != nil, "exclusiveMaximum")
	add(c.Pattern != "", "pattern")
	add(c.Enum != nil, "enum")
	add(c.JSONSchema != nil, "jsonSchema")
	return out
}

// Names lists the constraints that are set, by their names in the standard.
func (c *Constraints) Names() []string { return c.names() }
