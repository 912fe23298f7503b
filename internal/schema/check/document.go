package check

import (
	"fmt"
	"strings"

	"socle/internal/i18n"
)

// kindKeys title the parts of the documentation.
var kindKeys = map[Kind]string{
	Structure: "check.doc.kind.structure", Values: "check.doc.kind.values", Keys: "check.doc.kind.keys",
	Custom: "check.doc.kind.custom", Format: "check.doc.kind.format",
}

// Explained is the documentation of the checks of one kind, in one language.
type Explained struct {
	Title  string
	Checks []Explanation
}

// Explanation says what a check looks at, why, an example and what reports say.
type Explanation struct {
	Code   string
	Name   string
	Why    string
	Params []string // a list ends with []; one that may be left out is in parentheses
	Bad    string
	Good   string
	Says   []string // message, then what to do
}

// Explain gives the documentation of all checks, by kind.
func Explain(l i18n.Lang) (out []Explained) {
	for _, kind := range []Kind{Structure, Values, Keys, Custom, Format} {
		e := Explained{Title: i18n.T(l, kindKeys[kind])}
		for i := range Checks {
			if c := &Checks[i]; c.Kind == kind {
				e.Checks = append(e.Checks, c.explain(l))
			}
		}
		out = append(out, e)
	}
	return out
}

func (c *Check) explain(l i18n.Lang) Explanation {
	e := Explanation{Code: c.Name, Name: Name(l, c.Name), Why: Why(l, c.Name), Bad: c.Bad, Good: c.Good}
	for _, p := range c.Params {
		name := p.Name
		if p.List {
			name += "[]"
		}
		if !p.Must {
			name = "(" + name + ")"
		}
		e.Params = append(e.Params, name)
	}
	for _, k := range c.Keys {
		f := Fault{Code: c.Name, Column: 2, Field: "x", Row: 12, Cell: c.Bad, Key: k, Args: sampleArgs, field: -1}
		r := &Report{}
		e.Says = append(e.Says, r.Message(l, &f)+" "+r.Hint(l, &f))
	}
	return e
}

// IsDocumented tells whether Explain tells of a code of a report.
func IsDocumented(code string) bool {
	for i := range Checks {
		if Checks[i].Name == code {
			return true
		}
	}
	return false
}

// Document writes the documentation of all checks in Markdown: what each looks
// at, why, its parameters, an example, and what reports say.
func Document(l i18n.Lang) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", i18n.T(l, "check.doc.title"), i18n.T(l, "check.doc.intro"))
	for _, kind := range Explain(l) {
		fmt.Fprintf(&b, "\n## %s\n", kind.Title)
		for _, e := range kind.Checks {
			e.markdown(&b, l)
		}
	}
	return b.String()
}

func (e *Explanation) markdown(b *strings.Builder, l i18n.Lang) {
	colon := colonOf(l)
	fmt.Fprintf(b, "\n### `%s` — %s\n\n%s\n\n", e.Code, e.Name, e.Why)
	if len(e.Params) > 0 {
		names := make([]string, len(e.Params))
		for i, p := range e.Params {
			if inner, ok := strings.CutPrefix(p, "("); ok {
				names[i] = "(`" + strings.TrimSuffix(inner, ")") + "`)"
				continue
			}
			names[i] = "`" + p + "`"
		}
		fmt.Fprintf(b, "- %s%s %s\n", i18n.T(l, "check.doc.params"), colon, strings.Join(names, ", "))
	}
	fmt.Fprintf(b, "- %s%s `%s`\n- %s%s `%s`\n", i18n.T(l, "check.doc.bad"), colon, e.Bad, i18n.T(l, "check.doc.good"), colon, e.Good)
	fmt.Fprintf(b, "\n%s%s\n\n", i18n.T(l, "check.doc.says"), colon)
	for _, s := range e.Says {
		fmt.Fprintf(b, "- %s\n", documented(s))
	}
}

// colonOf is the colon of a language: French sets a no-break space before it.
func colonOf(l i18n.Lang) string {
	if l == i18n.French {
		return "\u00a0:"
	}
	return ":"
}

// sampleArgs stand for what depends on the file in the documented messages.
var sampleArgs = i18n.Args{
	"Expected": "…", "Example": "…", "Limit": "…", "Length": "…", "Values": "…", "True": "…", "False": "…", "Decimal": "…",
	"First": "…", "Cells": "…", "Fields": "…", "Resource": "…", "Check": "…", "Param": "…", "Digits": "…", "Prefix": "…", "Relation": "…",
	"Other": "…", "OtherValue": "…", "Columns": "…", "Sum": "…", "Absent": "…", "Cut": "…", "Likely": "…", "Encoding": "…", "System": "…",
}

// documented keeps Markdown from reading what a message quotes.
func documented(s string) string {
	return strings.NewReplacer("*", `\*`, "_", `\_`, "<", "&lt;", "[", `\[`).Replace(s)
}
