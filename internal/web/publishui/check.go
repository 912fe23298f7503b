package publishui

import (
	"errors"
	"io"
	"net/http"
	"os"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/schema/check"
	"socle/internal/schema/national"
	"socle/internal/tabular"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// checkView is the public page that checks a file; after a check, its report.
type checkView struct {
	Head     ui.PageHead
	Schema   ui.Select
	File     ui.FileInput
	Problems ui.Problems
	Max      string
	Verdict  *ui.Notice
	Groups   []groupView
	Warnings []groupView
	Cells    ui.Table
	More     int
}

func (p *Pages) checkForm(w http.ResponseWriter, r *http.Request) error {
	return p.checkPage(w, r, r.URL.Query().Get("schema"), nil, "", nil)
}

func (p *Pages) checkPage(w http.ResponseWriter, r *http.Request, schema string, report *check.Report, name string, problem error) error {
	ctx, status := r.Context(), http.StatusOK
	view := checkView{Head: ui.PageHead{Title: ui.T(ctx, "publishui.check"), Lead: ui.T(ctx, "publishui.check.lead")}, Schema: schemaSelect(ctx, schema), Max: ui.Bytes(ctx, p.o.MaxCheck),
		File: ui.FileInput{Field: ui.Field{Name: "file", Label: ui.T(ctx, "publishui.file"), Help: ui.T(ctx, "publishui.file.help")}, Accept: accepted, Large: report == nil}}
	view.Schema.Empty, view.Schema.Optional, view.Schema.Help = ui.T(ctx, "publishui.choose"), false, ""
	if problem != nil {
		e := errs.As(problem)
		if e.Kind == errs.Internal {
			return problem
		}
		status = httpx.Status(problem)
		message := ui.T(ctx, e.Key, e.Args)
		if e.Hint != "" {
			message += " " + ui.T(ctx, e.Hint, e.Args)
		}
		field := "file"
		if e.Key == "publishui.no-schema" {
			field = "schema"
			view.Schema.Error = message
		} else {
			view.File.Error = message
		}
		view.Problems = ui.Problems{{Name: field, Message: message}}
	}
	if report != nil {
		view.fill(r, report, name)
	}
	w.Header().Set("Cache-Control", "no-store")
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, Place: "/check", Description: view.Head.Lead}, checkFormPage(view))
}

// listed is how many cells of a report the page lists.
const listed = 100

func (v *checkView) fill(r *http.Request, report *check.Report, name string) {
	ctx, l := r.Context(), ui.LangOf(r.Context())
	m := mendView{}
	m.groups(ctx, report)
	v.Groups, v.Warnings = m.Groups, m.Warnings
	if report.Valid {
		v.Verdict = &ui.Notice{Kind: ui.Good, Live: true, Title: ui.T(ctx, "publishui.check.valid", i18n.Args{"Name": name}), Text: ui.T(ctx, "publishui.check.counts", i18n.Args{"Count": report.Stats.Rows, "Rows": ui.Integer(ctx, int64(report.Stats.Rows)), "Warnings": report.Stats.Warnings})}
	} else {
		v.Verdict = &ui.Notice{Kind: ui.Wrong, Live: true, Title: ui.T(ctx, "publishui.check.invalid", i18n.Args{"Name": name, "Count": report.Stats.Errors, "Errors": ui.Integer(ctx, int64(report.Stats.Errors))}), Text: ui.T(ctx, "publishui.check.counts", i18n.Args{"Count": report.Stats.Rows, "Rows": ui.Integer(ctx, int64(report.Stats.Rows)), "Warnings": report.Stats.Warnings})}
	}
	v.Cells = ui.Table{ID: "cells", Caption: ui.T(ctx, "publishui.check.cells"), CaptionHidden: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "publishui.place")}, {Label: ui.T(ctx, "publishui.read"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "publishui.what"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "publishui.proposal"), Kind: ui.ColumnText}}}
	for i := range report.Errors {
		f := &report.Errors[i]
		if i == listed {
			break
		}
		proposal := ""
		if f.Repair != nil && f.Repair.Cell {
			proposal = f.Repair.Value
		}
		v.Cells.Rows = append(v.Cells.Rows, ui.Row{Cells: []ui.Cell{{Text: f.Place(l), Header: true}, {Text: f.Cell}, {Text: report.Message(l, f)}, {Text: proposal}}})
	}
	v.More = max(0, report.Stats.Errors-len(v.Cells.Rows))
}

// check checks a file of a form; nothing is kept.
func (p *Pages) check(w http.ResponseWriter, r *http.Request) error {
	temp, err := os.CreateTemp(p.o.Temp, "check-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	ref, name, err := p.receive(r, temp)
	if err != nil {
		return p.checkPage(w, r, ref, nil, "", err)
	}
	report, err := p.run(r, temp.Name(), name, ref)
	return p.checkPage(w, r, ref, report, name, err)
}

func (p *Pages) receive(r *http.Request, temp io.Writer) (ref, name string, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return "", "", errs.New(errs.Invalid, "publishui.no-file")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return ref, "", errs.New(errs.Busy, "tables.upload.cut").WithHint("tables.import.none.hint").Because(err)
		}
		switch part.FormName() {
		case "schema":
			b, err := io.ReadAll(io.LimitReader(part, 4096))
			if err != nil {
				return ref, "", err
			}
			ref = string(b)
		case "file":
			name = part.FileName()
			n, err := io.Copy(temp, io.LimitReader(part, p.o.MaxCheck+1))
			if err != nil {
				return ref, "", errs.New(errs.Busy, "tables.upload.cut").WithHint("tables.import.none.hint").Because(err)
			}
			if n > p.o.MaxCheck {
				return ref, "", errs.New(errs.TooLarge, "tables.upload.too-large", errs.Args{"Limit": i18n.Bytes(p.o.MaxCheck)}).WithHint("tables.upload.too-large.hint")
			}
		}
	}
	switch {
	case name == "":
		return ref, "", errs.New(errs.Invalid, "publishui.no-file")
	case ref == "":
		return "", "", errs.New(errs.Invalid, "publishui.no-schema")
	}
	return ref, name, nil
}

func (p *Pages) run(r *http.Request, path, name, ref string) (*check.Report, error) {
	ctx := r.Context()
	e, err := national.Lookup(ref)
	if err != nil {
		return nil, err
	}
	s, err := e.Schema()
	if err != nil {
		return nil, err
	}
	src, err := tabular.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	f, err := tabular.Open(ctx, src, tabular.Options{Name: name, TempDir: p.o.Temp})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return check.Run(ctx, f, s, check.Options{Workers: 2, TempDir: p.o.Temp})
}
