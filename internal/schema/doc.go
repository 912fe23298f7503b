// Package schema knows what a table should be: Table Schema descriptors
// (versions 1 and 2 of the standard), the types of fields, how the text of a
// cell becomes a typed value, the constraints on values, and Data Packages of
// several tables.
//
// It must not know files, rows of a file, reports or the French checks: those
// are in schema/check, which runs a Schema over a file of package tabular.
//
// Start with schema.go (the types), parse.go (from JSON, with the slips of
// published schemas in quirks.go), cast.go (from text to values) and
// constraint.go.
package schema
