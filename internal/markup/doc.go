// Package markup turns the Markdown that people write (descriptions, messages,
// pages) into HTML that is safe in any page, and into plain text.
//
// It knows: CommonMark with tables, strikethrough and bare addresses; what may
// stay (a list, not a filter of bad things).
//
// It must not know: who wrote, or where the text is shown.
//
// Start with HTML.
package markup
