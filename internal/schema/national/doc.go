// Package national holds the schemas that Socle carries: descriptors of the
// common core and of other national formats, one JSON file each under
// descriptors/, and their index.
//
// Column names, types, constraints and French checks are the facts of the
// published formats (each descriptor names its homepage, its publisher and the
// licence of the format). Titles, descriptions and examples are Socle's own, in
// French, with the English text beside it in members that end in ":en".
//
// To add a schema: put descriptors/PUBLISHER__NAME@VERSION.json and at least
// five files in testdata/cases; nothing else. The package knows nothing of
// networks: other schemas come from a file or an address and are the caller's work.
//
// Start with Find in national.go.
package national
