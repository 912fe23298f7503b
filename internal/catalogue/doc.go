// Package catalogue knows what is catalogued: datasets, their resources (Table,
// File, Link) and the immutable versions of these; licences, themes,
// frequencies, coverage; addresses that survive renames; who may see what; how
// good a description is; what has changed since.
//
// It must not know how a file is read or checked (tabular, schema), where bytes
// are (it holds the SHA-256 of blobs), how rows are queried (tables), or how
// pages look.
//
// Start with dataset.go and resource.go (the shapes), then catalogue.go (the
// Service). What is not public is invisible: a reader without rights gets
// NotFound, and lists filter in their SQL (visible.go).
package catalogue
