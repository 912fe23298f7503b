// Package publish knows the path from a file to a public page: deposits, which
// an agent starts, leaves, and a colleague ends.
//
// A deposit brings an upload, has it read (tables.Import), keeps the
// description while it is a draft, and publishes dataset and version in one
// transaction. It does not read files, nor check them; it does not know pages.
//
// Start with Deposit and Service.
package publish
