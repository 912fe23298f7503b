// Package check holds a file against a schema: the structure of the table, the
// types and constraints of its cells, its keys and the French checks. It knows
// what is wrong, where, why the rule exists, what to do, and which repairs can be
// proposed.
//
// It must not know where files come from, who asks, or how a page looks: it
// takes an open tabular.File and gives a Report, with renderings as the JSON of
// the contract, as text, HTML, CSV and workbook.
//
// Start with check.go (Run), plan.go (columns of the file and fields of the
// schema), rows.go (the pass over the cells) and checks.go (the list of all checks,
// one file each).
package check
