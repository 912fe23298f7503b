package catalogueui

import (
	"context"
	"image/color"
	"net/http"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/chart"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/query"
	"socle/internal/web/ui"
)

// pictureOf is the address of the picture that links to a dataset show elsewhere;
// it changes with the version, so that what keeps pictures asks again. "" for what
// is not public.
func pictureOf(f found, d *drawn) string {
	if f.dataset.State != catalogue.Published {
		return ""
	}
	if d == nil || d.chart.IsZero() {
		return f.address("/picture.png", query.Query{}, nil)
	}
	return f.address("/picture.png", query.Query{}, d.chart.Values())
}

// picture draws what a link to a dataset shows elsewhere: its title and producer,
// and the chart of the address, or the first sensible one, as bars.
func (p *Pages) picture(w http.ResponseWriter, r *http.Request) error {
	f, moved, err := p.find(r)
	if err != nil {
		return err
	}
	if moved || f.dataset.State != catalogue.Published {
		return none()
	}
	ctx := asking(r)
	view := chart.Picture{Host: p.o.Host, Title: f.title(), Producer: f.org.Name, Accent: p.accent()}
	if f.resource != nil {
		view.Facts = ui.T(ctx, "catalogueui.rows", i18n.Args{"Count": f.version.Rows, "Rows": ui.Integer(ctx, f.version.Rows)})
		if err := p.figures(ctx, r, f, &view); err != nil {
			return err
		}
	}
	if l, ok := catalogue.FindLicence(f.dataset.Licence); ok && f.dataset.Licence != catalogue.NotSpecified {
		view.Facts = strings.TrimPrefix(view.Facts+" · "+l.Name, " · ")
	}
	b, err := view.PNG()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	return httpx.WriteBytes(w, r, http.StatusOK, b)
}

// figures fills the bars of a picture.
func (p *Pages) figures(ctx context.Context, r *http.Request, f found, view *chart.Picture) error {
	d, err := p.plotted(ctx, r, f, query.Query{})
	if err != nil {
		return err
	}
	if d.chart.IsZero() || d.data.Empty() {
		return nil
	}
	view.Caption, view.Labels = d.sentence(ctx, f), d.data.Labels
	view.Values = make([]float64, len(d.data.Labels))
	for _, s := range d.data.Series {
		for i, v := range s.Values[:min(len(s.Values), len(view.Values))] {
			view.Values[i] += v
		}
	}
	return nil
}

// accent is the host's colour.
func (p *Pages) accent() color.RGBA {
	c, err := ui.ParseColour(p.o.Accent)
	if err != nil {
		c = ui.RoleColour(ui.Light, "accent")
	}
	return color.RGBA{R: c.R, G: c.G, B: c.B, A: 0xff}
}
