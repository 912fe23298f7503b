package ui

import (
	"context"
	"io"
)

// Drawing is a picture made of the same data at two widths, of which the page
// shows the one that has room. Both are SVG written by the server, with a title
// and a description; texts in them are escaped already.
type Drawing struct{ Wide, Narrow []byte }

// Render writes the component.
func (d Drawing) Render(_ context.Context, w io.Writer) error {
	for _, part := range []string{`<div class="drawing"><div class="drawing-wide">`, string(d.Wide), `</div><div class="drawing-narrow">`, string(d.Narrow), `</div></div>`} {
		if _, err := io.WriteString(w, part); err != nil {
			return err
		}
	}
	return nil
}
