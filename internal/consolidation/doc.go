// Package consolidation makes one dataset of the territory from all published
// tables of a schema: columns aligned by name, each row with its producer; what does
// not follow the schema is left out and goes back to its producer with a report.
//
// It knows which schemas the host chose, what each table gave, and which rows are
// there twice. It must not know how rows are checked (schema/check) or queried
// (tables), nor how pages look.
//
// A version of the dataset is a list of parts, one for each table. A table that
// changed is aligned again (align.go) and its part alone is written; the others are
// taken as they are. Keys of rows are kept beside each part, so that duplicates
// (duplicate.go) are found without reading the rows of all. What is read is what
// everyone sees: a table that is withdrawn, or kept inside, is gone at the next
// build, and the versions that held it are no longer public.
//
// Start at consolidation.go (the shapes and the Service), then build.go.
package consolidation
