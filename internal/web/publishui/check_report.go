package publishui

import (
	"bytes"
	"context"
	"html"
	"net/http"
	"path/filepath"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/schema/check"
	"socle/internal/tables"
	"socle/internal/tabular"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// foundView is what a check found.
type foundView struct {
	Verdict  ui.Notice
	Groups   []groupView
	Warnings []groupView
	Cells    ui.Table
	More     int
}

// listed is how many cells of a report a page lists.
const listed = 100

func foundIn(ctx context.Context, report *check.Report, name string) (v foundView) {
	l := ui.LangOf(ctx)
	m := mendView{}
	m.groups(ctx, report)
	v.Groups, v.Warnings = m.Groups, m.Warnings
	counts := ui.T(ctx, "check.report.rows", ui.Count(report.Stats.Rows))
	if report.Stats.Warnings > 0 {
		counts += " · " + ui.T(ctx, "check.report.warnings", ui.Count(report.Stats.Warnings))
	}
	if report.Valid {
		v.Verdict = ui.Notice{Kind: ui.Good, Live: true, Title: ui.T(ctx, "publishui.check.valid", i18n.Args{"Name": name}), Text: counts}
	} else {
		v.Verdict = ui.Notice{Kind: ui.Wrong, Live: true, Title: ui.T(ctx, "publishui.check.invalid", i18n.Args{"Name": name, "Count": report.Stats.Errors, "Errors": ui.Integer(ctx, int64(report.Stats.Errors))}), Text: counts}
	}
	v.Cells = ui.Table{ID: "cells", Caption: ui.T(ctx, "publishui.check.cells"), CaptionHidden: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "publishui.place")}, {Label: ui.T(ctx, "publishui.read"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "publishui.what"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "publishui.proposal"), Kind: ui.ColumnText}}}
	whole := 0 // errors that are of no row: told above
	for i := range report.Errors {
		f := &report.Errors[i]
		if f.Row == 0 {
			whole++
			continue
		}
		if len(v.Cells.Rows) == listed {
			continue
		}
		proposal := ""
		if f.Repair != nil && f.Repair.Cell {
			proposal = f.Repair.Value
		}
		what := ui.Cell{Text: report.Message(l, f)}
		if rule := ruleOf(ctx, f.Code); rule != nil {
			what.Href = rule.Href
		}
		v.Cells.Rows = append(v.Cells.Rows, ui.Row{Cells: []ui.Cell{{Text: unbroken(f.Place(l)), Header: true}, {Text: f.Cell}, what, {Text: proposal}}})
	}
	v.More = max(0, report.Stats.Errors-whole-len(v.Cells.Rows))
	return v
}

// checkReportView is the page of a report that is kept for a day.
type checkReportView struct {
	Head      ui.PageHead
	URL       string
	Found     foundView
	Downloads []ui.Button
	Expires   string
	Link      ui.Code
	Badge     ui.Code
	BadgeSrc  string
	BadgeAlt  string
}

func (p *Pages) checkReport(w http.ResponseWriter, r *http.Request) error {
	ctx, l := r.Context(), ui.LangOf(r.Context())
	c, report, err := p.kept(r)
	if err != nil {
		return err
	}
	schema := c.Schema
	if found, err := p.o.Schemas.Lookup(ctx, c.Schema); err == nil {
		schema = found.Name(l)
	}
	url := "/check/" + c.ID
	full := p.o.BaseURL + ui.Address(l, url)
	alt := verdictWords(l, c)
	view := checkReportView{
		Head:     ui.PageHead{Title: ui.T(ctx, "publishui.report", i18n.Args{"Name": c.Name}), Lead: ui.T(ctx, "publishui.report.lead", i18n.Args{"Schema": schema, "When": ui.Moment(ctx, c.CreatedAt)})},
		URL:      url,
		Found:    foundIn(ctx, report, c.Name),
		Expires:  ui.T(ctx, "publishui.report.expires", i18n.Args{"When": ui.Moment(ctx, c.ExpiresAt)}),
		Link:     ui.Code{ID: "check-link", Title: ui.T(ctx, "publishui.report.link"), Text: full},
		Badge:    ui.Code{ID: "check-badge", Title: ui.T(ctx, "publishui.report.badge.code"), Text: `<a href="` + full + `"><img src="` + full + `/badge.svg" alt="` + html.EscapeString(alt) + `"></a>`},
		BadgeSrc: ui.Address(l, url+"/badge.svg"), BadgeAlt: alt,
	}
	if !c.Valid() {
		view.Downloads = []ui.Button{
			{Label: ui.T(ctx, "publishui.report.xlsx"), Icon: "file-spreadsheet", Style: ui.Primary, Href: url + "/report.xlsx", Download: true},
			{Label: ui.T(ctx, "publishui.report.csv"), Icon: "download", Href: url + "/report.csv", Download: true},
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, Place: "/check", NoIndex: true}, checkReportPage(view))
}

// kept finds the report of the address.
func (p *Pages) kept(r *http.Request) (c tables.SharedCheck, report *check.Report, err error) {
	ctx := r.Context()
	if c, err = p.o.Tables.FindSharedCheck(ctx, shell.From(r).Actor, r.PathValue("id")); err != nil {
		return c, nil, err
	}
	report, err = p.o.Tables.SharedReport(ctx, c)
	return c, report, err
}

// checkCSV gives the errors of a kept report, one line each.
func (p *Pages) checkCSV(w http.ResponseWriter, r *http.Request) error {
	c, report, err := p.kept(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := check.Lines(&b, report, ui.LangOf(r.Context())); err != nil {
		return err
	}
	return p.sendReport(w, r, c, "csv", b.Bytes())
}

// checkXLSX gives the rows of a checked file with the faulty cells marked.
func (p *Pages) checkXLSX(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, report, err := p.kept(r)
	if err != nil {
		return err
	}
	f, closer, err := p.o.Tables.SharedFile(ctx, c)
	if err != nil {
		return err
	}
	defer closer.Close()
	var b bytes.Buffer
	if err := check.Marked(ctx, &b, report, f, ui.LangOf(ctx), c.Name); err != nil {
		return err
	}
	return p.sendReport(w, r, c, "xlsx", b.Bytes())
}

func (p *Pages) sendReport(w http.ResponseWriter, r *http.Request, c tables.SharedCheck, format string, body []byte) error {
	f, _ := tabular.FormatNamed(format)
	name := strings.TrimSuffix(c.Name, filepath.Ext(c.Name)) + "-" + ui.T(r.Context(), "publishui.report.file") + "." + format
	w.Header().Set("Content-Type", f.MediaType)
	httpx.Attach(w.Header(), name)
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteBytes(w, r, http.StatusOK, body)
}

// forgetCheck ends a report before its time.
func (p *Pages) forgetCheck(w http.ResponseWriter, r *http.Request) error {
	if err := p.o.Tables.ForgetSharedCheck(r.Context(), shell.From(r).Actor, r.PathValue("id")); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "publishui.report.forgotten")
	return shell.Redirect(w, r, "/check")
}

func verdictWords(l i18n.Lang, c tables.SharedCheck) string {
	if c.Valid() {
		return i18n.T(l, "publishui.badge.valid")
	}
	return i18n.T(l, "publishui.badge.errors", i18n.Args{"Count": c.Errors, "Errors": i18n.Int(l, int64(c.Errors))})
}

// checkBadge draws the verdict of a kept report, for pages of other sites; after its time
// it says so, where an error would leave a broken picture.
func (p *Pages) checkBadge(w http.ResponseWriter, r *http.Request) error {
	l := ui.LangOf(r.Context())
	mark := ui.Mark{Subject: i18n.T(l, "publishui.badge.subject")}
	c, err := p.o.Tables.FindSharedCheck(r.Context(), shell.From(r).Actor, r.PathValue("id"))
	switch {
	case errs.Is(err, errs.NotFound):
		mark.Words = i18n.T(l, "publishui.badge.expired")
	case err != nil:
		return err
	case c.Valid():
		mark.Words, mark.Kind = verdictWords(l, c), ui.Good
	default:
		mark.Words, mark.Kind = verdictWords(l, c), ui.Wrong
	}
	return mark.Serve(w, r)
}

// unbroken keeps the parts of a place whole in a narrow column: it breaks after its
// comma only.
func unbroken(place string) string {
	return strings.NewReplacer(", ", ", ", " ", "\u00a0").Replace(place)
}
