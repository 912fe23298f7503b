package collectui

import (
	"context"
	"strings"
	"time"

	"socle/internal/cog"
	"socle/internal/collect"
	"socle/internal/schema/form"
	"socle/internal/tabular"
	"socle/internal/web/cells"
	"socle/internal/web/ui"
)

// answer is what was answered as people of the page's language write it.
func (p *Pages) answer(ctx context.Context, it *form.Item, text string) string {
	if text == "" {
		return ""
	}
	switch it.Control {
	case form.YesNo:
		for _, o := range (fieldsOf{ctx: ctx}).yesNo(it) {
			if o.Value == text {
				return o.Label
			}
		}
	case form.Integer:
		return cells.Text(ctx, tabular.Field{Name: it.Name, Kind: tabular.Int}, []byte(text))
	case form.Number:
		return cells.Text(ctx, tabular.Field{Name: it.Name, Kind: tabular.Float}, []byte(text))
	case form.Date:
		if t, err := time.Parse(time.DateOnly, text); err == nil {
			return ui.Day(ctx, t)
		}
	case form.Datetime:
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return ui.Moment(ctx, t.In(p.o.Zone))
		}
	case form.Commune:
		if c, ok := cog.Commune(text); ok {
			return c.Name + " (" + c.Code + ")"
		}
	}
	return it.InWords(text)
}

// answers are those of an entry, each under its question.
func (p *Pages) answers(ctx context.Context, d *form.Definition, v form.Values) (out ui.KeyValues) {
	for it := range d.Fields() {
		if text := p.answer(ctx, it, v[it.Name]); text != "" {
			out.Rows = append(out.Rows, ui.KeyValue{Key: d.Say(orElse(it.Label, it.Title), v), Value: text})
		}
	}
	return out
}

// nameOf is what an entry is called: the answers that name it, or the beginning of its number.
func (p *Pages) nameOf(ctx context.Context, d *form.Definition, e collect.Entry) string {
	var parts []string
	for _, name := range d.Names {
		if it := d.Find(name); it != nil && e.Values[name] != "" {
			parts = append(parts, p.answer(ctx, it, e.Values[name]))
		}
	}
	if len(parts) == 0 {
		return e.ID[:8]
	}
	return shorten(strings.Join(parts, " · "))
}
