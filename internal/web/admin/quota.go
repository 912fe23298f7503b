package admin

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// quotaView is what an organisation holds, and the form of its quota.
type quotaView struct {
	frame
	URL      string
	Held     string
	Problems ui.Problems
	Bytes    ui.Input
	Rows     ui.Input
}

func idsOf(list []identity.Organisation) (out []identity.OrganisationID) {
	for _, o := range list {
		out = append(out, o.ID)
	}
	return out
}

// gigabyte is the unit of the form.
const gigabyte = 1_000_000_000

func (p *Pages) quotaForm(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionSettings)
	if err != nil {
		return err
	}
	return p.quotaPage(w, r, o, nil)
}

func (p *Pages) quotaPage(w http.ResponseWriter, r *http.Request, o identity.Organisation, problem error) error {
	v, ctx, status := shell.From(r), r.Context(), http.StatusOK
	all, err := p.o.Catalogue.Storage(ctx, v.Actor, o.ID)
	if err != nil {
		return err
	}
	held := all[o.ID]
	view := quotaView{frame: frame{tabs(ctx, v.Actor, "/admin/organisations"), ui.PageHead{Eyebrow: o.Name, Title: ui.T(ctx, "quota.title"), Lead: ui.T(ctx, "quota.lead")}},
		URL: "/organisations/" + o.Slug + "/quota", Held: held.InWords(ui.LangOf(ctx)),
		Bytes: ui.Input{Field: ui.Field{Name: "gigabytes", Label: ui.T(ctx, "quota.field.bytes"), Help: ui.T(ctx, "quota.field.help"), Optional: true}, Mode: "decimal", Unit: ui.T(ctx, "quota.unit"), Short: true},
		Rows:  ui.Input{Field: ui.Field{Name: "rows", Label: ui.T(ctx, "quota.field.rows"), Optional: true}, Mode: "numeric", Short: true}}
	if held.Own {
		view.Bytes.Value, view.Rows.Value = strconv.FormatFloat(float64(held.Quota.Bytes)/gigabyte, 'f', -1, 64), strconv.FormatInt(held.Quota.Rows, 10)
	}
	if problem != nil {
		if errs.As(problem).Kind == errs.Internal {
			return problem
		}
		status, view.Problems = httpx.Status(problem), ui.ProblemsOf(ctx, problem)
		view.Bytes.Value, view.Rows.Value = r.PostFormValue("gigabytes"), r.PostFormValue("rows")
		view.Bytes.Error, view.Rows.Error = view.Problems.Of("gigabytes"), view.Problems.Of("rows")
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true}, quotaPage(view))
}

func (p *Pages) quota(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organisation(r, identity.ActionSettings)
	if err != nil {
		return err
	}
	q, own, err := readQuota(r.PostFormValue("gigabytes"), r.PostFormValue("rows"))
	if err != nil {
		return p.quotaPage(w, r, o, err)
	}
	set := &q
	if !own {
		set = nil
	}
	if err := p.o.Catalogue.SetQuota(r.Context(), shell.From(r).Actor, o.ID, set); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "admin.saved")
	return shell.Redirect(w, r, "/admin/organisations")
}

// readQuota reads the form; both fields empty stand for the quota of the portal, which
// is none of its own.
func readQuota(gigabytes, rows string) (q catalogue.Quota, own bool, err error) {
	gigabytes, rows = strings.ReplaceAll(strings.TrimSpace(gigabytes), ",", "."), strings.TrimSpace(rows)
	if gigabytes == "" && rows == "" {
		return q, false, nil
	}
	e := errs.New(errs.Invalid, "identity.invalid").WithHint("identity.invalid.hint")
	if gigabytes != "" {
		g, err := strconv.ParseFloat(gigabytes, 64)
		if err != nil || g < 0 || g > 1e9 || math.IsNaN(g) {
			e.WithField("gigabytes", "catalogue.quota.negative")
		}
		q.Bytes = int64(g * gigabyte)
	}
	if rows != "" {
		n, err := strconv.ParseInt(rows, 10, 64)
		if err != nil || n < 0 {
			e.WithField("rows", "catalogue.quota.negative")
		}
		q.Rows = n
	}
	if len(e.Fields) > 0 {
		return q, false, e
	}
	return q, true, nil
}
