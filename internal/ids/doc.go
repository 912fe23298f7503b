// Package ids makes identifiers, secrets and slugs.
//
// It knows: identifiers that are short, sortable by time and safe in addresses
// and file names; random secrets for links and tokens; the readable part of an
// address made from a title.
//
// It must not know: what is identified.
//
// Start with ids.go.
package ids
