// Package collect knows forms and what people enter with them: who may fill a form
// in and when, the entries of a table with their history, their photos, moderation,
// and the cutting of versions from them.
//
// It must not know pages nor wire formats. What a form asks is a value of
// schema/form; a table and its versions are the catalogue's.
//
// Start with form.go (Form), access.go (who may do what), arrive.go and write.go (an entry
// arrives, once), waiting.go (who is told), cut.go (from entries to a version).
package collect
