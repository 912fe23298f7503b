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

// Document writes the documentation of all checks in Markdown: what each looks
// at, why, its parameters, an example, and what reports say.
func Document(l i18n.Lang) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", i18n.T(l, "check.doc.title"), i18n.T(l, "check.doc.intro"))
	for _, kind := range []Kind{Structure, Values, Keys, Custom, Format} {
		fmt.Fprintf(&b, "\n## %s\n", i18n.T(l, kindKeys[kind]))
		for i := range Checks {
			if c := &Checks[i]; c.Kind == kind {
				c.document(&b, l)
			}
		}
	}
	return b.String()
}

func (c *Check) document(b *strings.Builder, l i18n.Lang) {
	fmt.Fprintf(b, "\n### `%s` — %s\n\n%s\n\n", c.Name, Name(l, c.Name), Why(l, c.Name))
	if len(c.Params) > 0 {
		names := make([]string, len(c.Params))
		for i, p := range c.Params {
			names[i] = "`" + p.Name + "`"
			if p.List {
				names[i] = "`" + p.Name + "[]`"
			}
			if !p.Must {
				names[i] = "(" + names[i] + ")"
			}
		}
		fmt.Fprintf(b, "- %s%s %s\n", i18n.T(l, "check.doc.params"), colonOf(l), strings.Join(names, ", "))
	}
	colon := colonOf(l)
	fmt.Fprintf(b, "- %s%s `%s`\n- %s%s `%s`\n", i18n.T(l, "check.doc.bad"), colon, c.Bad, i18n.T(l, "check.doc.good"), colon, c.Good)
	fmt.Fprintf(b, "\n%s%s\n\n", i18n.T(l, "check.doc.says"), colon)
	for _, k := range c.Keys {
		f := Fault{Code: c.Name, Column: 2, Field: "x", Row: 12, Cell: c.Bad, Key: k, Args: sampleArgs, field: -1}
		r := &Report{}
		fmt.Fprintf(b, "- %s %s\n", documented(r.Message(l, &f)), documented(r.Hint(l, &f)))
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
	"Expected": "…", "Example": "…", "Limit": "…", "Length": "…", "Pattern": "…", "Values": "…", "True": "…", "False": "…", "Decimal": "…",
	"First": "…", "Cells": "…", "Fields": "…", "Resource": "…", "Check": "…", "Param": "…", "Digits": "…", "Prefix": "…", "Relation": "…",
	"Other": "…", "OtherValue": "…", "Columns": "…", "Sum": "…", "Absent": "…", "Cut": "…", "Likely": "…", "Encoding": "…",
}

// documented keeps Markdown from reading what a message quotes.
func documented(s string) string {
	return strings.NewReplacer("*", `\*`, "_", `\_`, "<", "&lt;", "[", `\[`).Replace(s)
}
