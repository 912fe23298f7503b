package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"socle/internal/i18n"
)

// Each view type is a templ.Component.

// Render writes the component.
func (b Button) Render(ctx context.Context, w io.Writer) error { return b.view().Render(ctx, w) }

// Render writes the component.
func (l Link) Render(ctx context.Context, w io.Writer) error { return l.view().Render(ctx, w) }

// Render writes the component.
func (m Menu) Render(ctx context.Context, w io.Writer) error { return m.view().Render(ctx, w) }

// Render writes the component.
func (p PageHead) Render(ctx context.Context, w io.Writer) error { return p.view().Render(ctx, w) }

// Render writes the component.
func (n Notice) Render(ctx context.Context, w io.Writer) error { return n.view().Render(ctx, w) }

// Render writes the component.
func (b Badge) Render(ctx context.Context, w io.Writer) error { return b.view().Render(ctx, w) }

// Render writes the component.
func (e Empty) Render(ctx context.Context, w io.Writer) error { return e.view().Render(ctx, w) }

// Render writes the component.
func (s Skeleton) Render(ctx context.Context, w io.Writer) error { return s.view().Render(ctx, w) }

// Render writes the component.
func (p Progress) Render(ctx context.Context, w io.Writer) error { return p.view().Render(ctx, w) }

// Render writes the component.
func (s Steps) Render(ctx context.Context, w io.Writer) error { return s.view().Render(ctx, w) }

// Render writes the component.
func (t Tabs) Render(ctx context.Context, w io.Writer) error { return t.view().Render(ctx, w) }

// Render writes the component.
func (d Dialog) Render(ctx context.Context, w io.Writer) error { return d.view().Render(ctx, w) }

// Render writes the component.
func (c Code) Render(ctx context.Context, w io.Writer) error { return c.view().Render(ctx, w) }

// Render writes the component.
func (q QR) Render(ctx context.Context, w io.Writer) error { return q.view().Render(ctx, w) }

// Render writes the component.
func (k KeyValues) Render(ctx context.Context, w io.Writer) error { return k.view().Render(ctx, w) }

// Render writes the component.
func (l Items) Render(ctx context.Context, w io.Writer) error { return l.view().Render(ctx, w) }

// Render writes the component.
func (f Facts) Render(ctx context.Context, w io.Writer) error { return f.view().Render(ctx, w) }

// Render writes the component.
func (c Card) Render(ctx context.Context, w io.Writer) error { return c.view().Render(ctx, w) }

// Render writes the component.
func (c Chips) Render(ctx context.Context, w io.Writer) error { return c.view().Render(ctx, w) }

// Render writes the component.
func (f Facet) Render(ctx context.Context, w io.Writer) error { return f.view().Render(ctx, w) }

// Render writes the component.
func (p Pages) Render(ctx context.Context, w io.Writer) error { return p.view().Render(ctx, w) }

// Render writes the component.
func (t Table) Render(ctx context.Context, w io.Writer) error { return t.view().Render(ctx, w) }

// Render writes the component.
func (f Form) Render(ctx context.Context, w io.Writer) error { return f.view().Render(ctx, w) }

// Render writes the component.
func (i Input) Render(ctx context.Context, w io.Writer) error { return i.view().Render(ctx, w) }

// Render writes the component.
func (t TextArea) Render(ctx context.Context, w io.Writer) error { return t.view().Render(ctx, w) }

// Render writes the component.
func (s Select) Render(ctx context.Context, w io.Writer) error { return s.view().Render(ctx, w) }

// Render writes the component.
func (r Radios) Render(ctx context.Context, w io.Writer) error { return r.view().Render(ctx, w) }

// Render writes the component.
func (c Checkboxes) Render(ctx context.Context, w io.Writer) error { return c.view().Render(ctx, w) }

// Render writes the component.
func (c Checkbox) Render(ctx context.Context, w io.Writer) error { return c.view().Render(ctx, w) }

// Render writes the component.
func (f FileInput) Render(ctx context.Context, w io.Writer) error { return f.view().Render(ctx, w) }

// Render writes the component.
func (s Search) Render(ctx context.Context, w io.Writer) error { return s.view().Render(ctx, w) }

// Count is the argument that chooses a plural form.
func Count(n int) i18n.Args { return i18n.Args{"Count": n} }

func (n Notice) kind() Kind {
	if n.Kind == Plain {
		return Information
	}
	return n.Kind
}

func (c Checkbox) value() string {
	if c.Value == "" {
		return "1"
	}
	return c.Value
}

func (s Search) name() string {
	if s.Name == "" {
		return "q"
	}
	return s.Name
}

// suggests has the island offer what may be meant by what is typed.
func (s Search) suggests(ctx context.Context) templ.Attributes {
	if s.Suggest == "" {
		return nil
	}
	return templ.Attributes{"data-island": "suggest", "data-from": string(Href(ctx, s.Suggest)), "data-label": T(ctx, "search.suggest.label"), "data-some": T(ctx, "search.suggest.some"), "data-none": T(ctx, "search.suggest.none")}
}

func (s Search) label(ctx context.Context) string {
	if s.Label == "" {
		return T(ctx, "ui.search.label")
	}
	return s.Label
}
