package ui

import (
	"fmt"
	"html"
	"net/http"
	"unicode/utf8"

	"socle/internal/httpx"
)

// Mark is a verdict as a picture that pages of other sites show: what it is of, and what
// is said of it. The kind colours the words: Good, Wrong, anything else grey.
type Mark struct {
	Subject string
	Words   string
	Kind    Kind
}

// SVG draws the two side by side, 20 pixels high. The widths of letters are an average;
// textLength makes the text fit wherever the font is another.
func (m Mark) SVG() []byte {
	const letter, gap = 7, 10
	colour := "#6b655b"
	switch m.Kind {
	case Good:
		colour = "#175c33"
	case Wrong:
		colour = "#96201a"
	}
	a, b := letter*utf8.RuneCountInString(m.Subject), letter*utf8.RuneCountInString(m.Words)
	wa, wb := a+2*gap, b+2*gap
	left, right := html.EscapeString(m.Subject), html.EscapeString(m.Words)
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="20" role="img" aria-label="%s: %s"><title>%s: %s</title>`+
		`<clipPath id="r"><rect width="%d" height="20" rx="3"/></clipPath><g clip-path="url(#r)"><rect width="%d" height="20" fill="#3b3730"/><rect x="%d" width="%d" height="20" fill="%s"/></g>`+
		`<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="%d" y="14" textLength="%d">%s</text><text x="%d" y="14" textLength="%d">%s</text></g></svg>`,
		wa+wb, left, right, left, right, wa+wb, wa, wa, wb, colour, gap, a, left, wa+gap, b, right)
}

// Serve answers with the picture, which other sites may show and keep for five minutes.
func (m Mark) Serve(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	return httpx.WriteBytes(w, r, http.StatusOK, m.SVG())
}
