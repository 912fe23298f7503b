package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// auditView is the last acts, of all or of one organisation.
type auditView struct {
	frame
	Filter  auditFilter
	Verify  string // address that verifies the chain; "" where that is not allowed
	Verdict *ui.Notice
	Table   ui.Table
	Empty   ui.Empty
	Older   string
}

// audit is the host's page.
func (p *Pages) audit(w http.ResponseWriter, r *http.Request) error {
	v, ctx, q := shell.From(r), r.Context(), r.URL.Query()
	var org identity.OrganisationID
	if ref := q.Get("organisation"); ref != "" {
		o, err := p.o.Identity.FindOrganisation(ctx, v.Actor, ref)
		if err != nil {
			return err
		}
		org = o.ID
	}
	view := auditView{frame: frame{tabs(ctx, v.Actor, "/admin/audit"), ui.PageHead{Title: ui.T(ctx, "admin.audit"), Lead: ui.T(ctx, "admin.audit.lead")}}, Verify: "/admin/audit"}
	if q.Get("verify") != "" {
		c, err := p.o.Identity.VerifyAudit(ctx, v.Actor)
		if err != nil {
			return err
		}
		view.Verdict = &ui.Notice{Kind: ui.Good, Title: ui.T(ctx, "admin.audit.holds", ui.Count(int(c.Lines))), Live: true}
		if c.Broken > 0 {
			view.Verdict = &ui.Notice{Kind: ui.Wrong, Title: ui.T(ctx, "admin.audit.broken", i18n.Args{"Line": c.Broken}), Text: ui.T(ctx, "admin.audit.broken.do"), Live: true}
		}
	}
	choice, err := p.auditOrganisations(ctx, v.Actor, org, true)
	if err != nil {
		return err
	}
	view.Filter = auditFilter{Action: "/admin/audit", Organisation: &choice}
	view.Head.Actions = exportButtons(ctx, "/admin/audit/")
	return p.auditPage(w, r, view, org, ui.Page{Title: view.Head.Title, NoIndex: true})
}

// journal is the page of an organisation, for its administrators.
func (p *Pages) journal(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	o, err := p.organisation(r, identity.ActionReadAudit)
	if err != nil {
		return err
	}
	view := auditView{frame: frame{tabs(ctx, v.Actor, ""), ui.PageHead{Eyebrow: o.Name, Title: ui.T(ctx, "admin.audit"), Lead: ui.T(ctx, "admin.audit.lead-one")}}}
	view.Filter = auditFilter{Action: "/organisations/" + o.Slug + "/journal"}
	view.Head.Actions = exportButtons(ctx, "/organisations/"+o.Slug+"/journal/")
	return p.auditPage(w, r, view, o.ID, ui.Page{Title: view.Head.Title + " – " + o.Name, NoIndex: true, Place: "/organisations",
		Crumbs: []ui.Crumb{{Label: ui.T(ctx, "admin.producers"), Href: "/organisations"}, {Label: o.Name, Href: "/organisations/" + o.Slug}, {Label: view.Head.Title}}})
}

func exportButtons(ctx context.Context, path string) []ui.Button {
	return []ui.Button{{Label: "CSV", Icon: "download", Href: path + "journal.csv", Download: true}, {Label: "JSON Lines", Icon: "download", Href: path + "journal.jsonl", Download: true}}
}

func (p *Pages) auditOrganisations(ctx context.Context, a identity.Actor, chosen identity.OrganisationID, merged bool) (ui.Select, error) {
	s := ui.Select{Field: ui.Field{Name: "organisation", Label: ui.T(ctx, "admin.audit.organisation"), Optional: true}, Value: string(chosen), Empty: ui.T(ctx, "admin.audit.everywhere")}
	for o, err := range p.o.Identity.AllOrganisations(ctx, a, identity.OrganisationQuery{Merged: merged}) {
		if err != nil {
			return s, err
		}
		s.Options = append(s.Options, ui.Option{Value: string(o.ID), Label: o.Name})
	}
	return s, nil
}

func (p *Pages) auditPage(w http.ResponseWriter, r *http.Request, view auditView, org identity.OrganisationID, page ui.Page) error {
	v, ctx := shell.From(r), r.Context()
	q, err := p.auditQuery(r, org, &view.Filter)
	if err != nil {
		return err
	}
	list, err := p.o.Identity.Audit(ctx, v.Actor, q)
	if err != nil {
		return err
	}
	view.Empty = ui.Empty{Icon: "history", Title: ui.T(ctx, "admin.audit.none"), Text: ui.T(ctx, "admin.audit.none.text")}
	if view.Table, err = p.auditTable(r, list, org == ""); err != nil {
		return err
	}
	if len(list) == pageSize {
		view.Older = after(r, "before", strconv.FormatInt(list[len(list)-1].Seq, 10))
	}
	return shell.Page(w, r, page, auditPage(view))
}

// auditTable shows lines; who acted and what it was about lead to their other lines,
// and what it was about to its page where the reader may see it.
func (p *Pages) auditTable(r *http.Request, list []identity.AuditEntry, everywhere bool) (ui.Table, error) {
	ctx := r.Context()
	t := ui.Table{ID: "audit", Caption: ui.T(ctx, "admin.audit.caption"), CaptionHidden: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "admin.audit.what")}, {Label: ui.T(ctx, "admin.audit.on")}, {Label: ui.T(ctx, "admin.audit.who")}, {Label: ui.T(ctx, "admin.audit.when"), Kind: ui.ColumnDate}}}
	if everywhere {
		t.Columns = append(t.Columns, ui.Column{Label: ui.T(ctx, "admin.audit.organisation")})
	}
	t.Columns = append(t.Columns, ui.Column{Label: ui.T(ctx, "admin.audit.detail"), Kind: ui.ColumnText})
	known, err := p.auditNames(ctx, shell.From(r).Actor, list)
	if err != nil {
		return t, err
	}
	for _, e := range list {
		who := ui.Cell{Text: actorName(ctx, e.Actor, known.people)}
		if x := identity.PersonOfRef(e.Actor); x != "" {
			who.Href = narrowed(r, "person", string(x))
		}
		row := ui.Row{Cells: []ui.Cell{{Text: named(ctx, "admin.verb.", e.Verb), Header: true}, known.object(ctx, e.Object), who, {Text: ui.Moment(ctx, e.At)}}}
		if everywhere {
			row.Cells = append(row.Cells, ui.Cell{Text: known.organisations[e.Organisation].Name})
		}
		row.Cells = append(row.Cells, ui.Cell{Content: auditDetail(detailView{Object: e.Object, Same: narrowed(r, "object", e.Object), Network: e.Network, Before: pretty(e.Before), After: pretty(e.After), Line: e.Seq})})
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// detailView is what a line of the audit holds besides who and when.
type detailView struct {
	Line          int64
	Object        string
	Same          string // address of the lines about the same object
	Network       string
	Before, After string // JSON in lines; "" for nothing
}

func pretty(raw json.RawMessage) string {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return ""
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return string(raw)
	}
	return out.String()
}

// actorName says who acted: a name where there is one.
func actorName(ctx context.Context, ref string, names map[identity.PersonID]string) string {
	if x := identity.PersonOfRef(ref); x != "" {
		name := names[x]
		if name == "" {
			name = ui.T(ctx, "admin.person.nameless")
		}
		if strings.Contains(ref, "/token:") {
			return ui.T(ctx, "admin.audit.by-token", i18n.Args{"Name": name})
		}
		return name
	}
	switch kind, name, _ := strings.Cut(ref, ":"); kind {
	case "system":
		return ui.T(ctx, "admin.audit.system", i18n.Args{"Name": named(ctx, "admin.system.", strings.ReplaceAll(name, " ", "-"))})
	case "token":
		return ui.T(ctx, "admin.audit.token")
	case "anonymous":
		return ui.T(ctx, "admin.audit.anonymous")
	}
	return ref
}
