package account

import (
	"context"
	"io"
)

// Render makes the form of a passkey a templ.Component.
func (v passkeyView) Render(ctx context.Context, w io.Writer) error { return v.view().Render(ctx, w) }
