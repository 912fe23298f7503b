package ui

import (
	"context"
	"io"
)

// Ask asks before something is lost: what it is about, what happens, and the act, which
// a POST to Action does.
type Ask struct {
	Title  string
	About  string   // quoted
	Losses []string // what happens, one sentence each
	Wrong  *Notice  // why it was not done
	Action string
	Hidden []KeyValue
	Reason *Input    // why, in the words of who does it; nil where nobody asks
	Sure   *Checkbox // to be ticked first; nil where the button is enough
	Act    string
	Back   string
}

// Render writes the component.
func (a Ask) Render(ctx context.Context, w io.Writer) error { return a.view().Render(ctx, w) }
