// Package i18n holds what Socle says: French first, English complete.
//
// It knows: the messages of locales/AREA.fr.toml and AREA.en.toml (one pair per
// area of the code; flat quoted keys that begin with the area), plurals, and how
// numbers, sizes, dates and durations are written.
//
// It must not know: who reads, or what a message is for. A message is chosen by
// its key where the language is known: in pages, the API and the CLI.
//
// Start with T. The tests keep both languages complete, every key in use, and
// French typography; dynamic.txt lists the keys that code puts together.
package i18n
