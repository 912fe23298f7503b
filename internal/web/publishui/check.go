package publishui

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/schema/check"
	"socle/internal/schemas"
	"socle/internal/tabular"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// checkView is the public page that checks a file. A report that is not to be kept
// comes on the same page.
type checkView struct {
	Head     ui.PageHead
	Schema   ui.Select
	Other    ui.Input
	File     ui.FileInput
	Address  ui.Input
	Keep     ui.Checkbox
	Problems ui.Problems
	Max      string
	Found    *foundView
}

// checkRequest is what the form asks for.
type checkRequest struct {
	schema  string // chosen in the list
	other   string // address of a schema, which goes before the one of the list
	address string // of the file, when none is sent
	keep    bool
	name    string // of the file
}

// ref is the reference of the schema asked for.
func (c checkRequest) ref() string {
	if c.other != "" {
		return c.other
	}
	return c.schema
}

// badField is a problem with what a field of the form holds.
type badField struct {
	field string
	error
}

func (b *badField) Unwrap() error { return b.error }

func (p *Pages) checkForm(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	c := checkRequest{schema: q.Get("schema"), address: q.Get("url"), keep: true}
	if httpx.IsAddress(c.schema) {
		c.schema, c.other = "", c.schema
	}
	return p.checkPage(w, r, c, nil, nil)
}

func (p *Pages) checkPage(w http.ResponseWriter, r *http.Request, c checkRequest, report *check.Report, problem error) error {
	ctx, status := r.Context(), http.StatusOK
	list, err := p.schemaSelect(ctx, c.schema)
	if err != nil {
		return err
	}
	view := checkView{
		Head: ui.PageHead{Title: ui.T(ctx, "publishui.check"), Lead: ui.T(ctx, "publishui.check.lead")}, Schema: list, Max: ui.Bytes(ctx, p.o.MaxCheck),
		Other:   ui.Input{Field: ui.Field{Name: "schema-url", Label: ui.T(ctx, "publishui.check.other"), Help: ui.T(ctx, "publishui.check.other.help"), Either: true}, Type: "url", Value: c.other, Autocomplete: "off"},
		File:    ui.FileInput{Field: ui.Field{Name: "file", Label: ui.T(ctx, "publishui.check.file"), Help: ui.T(ctx, "publishui.file.help")}, Accept: accepted, Large: report == nil},
		Address: ui.Input{Field: ui.Field{Name: "url", Label: ui.T(ctx, "publishui.check.address"), Help: ui.T(ctx, "publishui.check.address.help")}, Type: "url", Value: c.address, Autocomplete: "off"},
		Keep:    ui.Checkbox{Field: ui.Field{Name: "keep", Label: ui.T(ctx, "publishui.check.keep"), Help: ui.T(ctx, "publishui.check.keep.help"), Optional: true}, Value: "1", Checked: c.keep},
	}
	view.Schema.Optional, view.Schema.Either = false, true
	view.File.Either, view.Address.Either = true, true // the address of the file does as well
	view.Schema.Empty, view.Schema.Help = ui.T(ctx, "publishui.choose"), ""
	if problem != nil {
		e := errs.As(problem)
		if e.Kind == errs.Internal {
			return problem
		}
		status = httpx.Status(problem)
		view.problem(ctx, fieldOf(problem), e)
	}
	if report != nil {
		found := foundIn(ctx, report, c.name)
		view.Found = &found
	}
	w.Header().Set("Cache-Control", "no-store")
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, Place: "/check", Description: view.Head.Lead}, checkFormPage(view))
}

// fieldOf is the field that a problem is told at: that of the file unless it says
// otherwise.
func fieldOf(problem error) string {
	var b *badField
	if errors.As(problem, &b) {
		return b.field
	}
	return "file"
}

// problem tells an error at the field that it is of.
func (v *checkView) problem(ctx context.Context, field string, e *errs.Error) {
	message := ui.T(ctx, e.Key, e.Args)
	if e.Hint != "" {
		message += " " + ui.T(ctx, e.Hint, e.Args)
	}
	switch field {
	case v.Schema.Name:
		v.Schema.Error = message
	case v.Other.Name:
		v.Other.Error = message
	case v.Address.Name:
		v.Address.Error = message
	case v.Keep.Name:
		v.Keep.Error = message
	default:
		v.File.Error = message
	}
	v.Problems = ui.Problems{{Name: field, Message: message}}
}

// check checks the file of a form, sent or at an address. The report has its own
// page for a day; or nothing is kept.
func (p *Pages) check(w http.ResponseWriter, r *http.Request) error {
	temp, err := os.CreateTemp(p.o.Temp, "check-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	c, err := p.receive(r, temp)
	if err != nil {
		return p.checkPage(w, r, c, nil, err)
	}
	report, found, err := p.run(r, temp.Name(), c)
	if err != nil || !c.keep {
		return p.checkPage(w, r, c, report, err)
	}
	kept, err := p.o.Tables.ShareCheck(r.Context(), shell.From(r).Actor, temp.Name(), c.name, found.Ref, report)
	if err != nil {
		return p.checkPage(w, r, c, report, &badField{"keep", err})
	}
	return shell.Redirect(w, r, "/check/"+kept.ID)
}

// receive reads the form, and the file at the address when none was sent.
func (p *Pages) receive(r *http.Request, temp *os.File) (c checkRequest, err error) {
	f, err := httpx.ReceiveFile(r, temp, p.o.MaxCheck, func(name, value string) error {
		switch value = strings.TrimSpace(value); name {
		case "schema":
			c.schema = value
		case "schema-url":
			c.other = value
		case "url":
			c.address = value
		case "keep":
			c.keep = value != ""
		}
		return nil
	})
	c.name = f.Name
	switch {
	case err != nil:
		return c, err
	case c.name == "" && c.address == "":
		return c, errs.New(errs.Invalid, "publishui.check.no-file")
	case c.ref() == "":
		return c, &badField{"schema", errs.New(errs.Invalid, "publishui.no-schema")}
	case c.other != "" && !httpx.IsAddress(c.other):
		return c, &badField{"schema-url", errs.New(errs.Invalid, "httpx.address", errs.Args{"Address": c.other}).WithHint("httpx.address.hint")}
	case c.name == "":
		if c.name, err = httpx.Download(r.Context(), p.o.Fetch, c.address, temp, p.o.MaxCheck); err != nil {
			return c, &badField{"url", err}
		}
	}
	return c, nil
}

// keptFaults is how many errors of a group a kept report lists: its page shows a
// few, its downloads all.
const keptFaults = 1000

// run checks the file and says which schema it was checked against.
func (p *Pages) run(r *http.Request, path string, c checkRequest) (report *check.Report, found schemas.Schema, err error) {
	ctx, field := r.Context(), "schema"
	if c.other != "" {
		field = "schema-url"
	}
	if found, err = p.o.Schemas.Lookup(ctx, c.ref()); err != nil {
		return nil, found, &badField{field, err}
	}
	s, err := p.o.Schemas.Find(ctx, found.Ref)
	if err != nil {
		return nil, found, &badField{field, err}
	}
	src, err := tabular.OpenFile(path)
	if err != nil {
		return nil, found, err
	}
	defer src.Close()
	if err := tabular.RefusePackage(src); err != nil {
		return nil, found, err
	}
	f, err := tabular.Open(ctx, src, tabular.Options{Name: c.name, TempDir: p.o.Temp})
	if err != nil {
		return nil, found, err
	}
	defer f.Close()
	report, err = check.Run(ctx, f, s, check.Options{Limit: keptFaults, Workers: 2, References: p.o.Tables.References(), TempDir: p.o.Temp})
	return report, found, err
}
