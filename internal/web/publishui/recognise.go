package publishui

import (
	"context"
	"strings"

	"socle/internal/detect"
	"socle/internal/i18n"
	"socle/internal/schema/national"
	"socle/internal/tables"
	"socle/internal/web/ui"
)

// resembling is a national schema that a free table looks like.
type resembling struct {
	Ref    string // of the schema
	Notice ui.Notice
	Act    string
}

// recognise proposes the schema that a free table resembles most; nil when there
// is none.
func recognise(ctx context.Context, i tables.Import) *resembling {
	if i.Settings.Schema != "" {
		return nil
	}
	matches := detect.Schemas(i.Outcome.Columns, national.List())
	if len(matches) == 0 {
		return nil
	}
	m := matches[0]
	e, err := national.Lookup(m.ID)
	if err != nil {
		return nil
	}
	name := e.Name(ui.LangOf(ctx))
	out := &resembling{Ref: e.ID, Act: ui.T(ctx, "publishui.resembles.act", i18n.Args{"Schema": name}), Notice: ui.Notice{Kind: ui.Information,
		Title: ui.T(ctx, "publishui.resembles", i18n.Args{"Schema": name, "Percent": ui.Percent(ctx, m.Score)})}}
	if len(m.Missing) > 0 {
		out.Notice.Text = ui.T(ctx, "publishui.resembles.missing", i18n.Args{"List": strings.Join(m.Missing, ", ")})
	}
	return out
}

// personal tells of columns that seem to be about persons: which, by what rule,
// and the ways out.
func personal(ctx context.Context, findings []detect.Finding) (out []groupView) {
	for _, f := range findings {
		g := groupView{Warning: true, Message: ui.T(ctx, f.Message(), i18n.Args{"Columns": strings.Join(f.Columns, ", ")}), Why: ui.T(ctx, f.Rule())}
		var ways []string
		for _, w := range f.Ways {
			ways = append(ways, ui.T(ctx, "detect.way."+string(w)))
		}
		g.Hint = strings.Join(ways, " ")
		out = append(out, g)
	}
	return out
}
