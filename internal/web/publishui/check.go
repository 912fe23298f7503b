package publishui

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/schemas"
	"socle/internal/tables"
	"socle/internal/tabular"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// checkView is the public page that checks a file. A report that is not to be kept
// comes on the same page.
type checkView struct {
	Head     ui.PageHead
	Schema   schemaView
	File     ui.FileInput
	Address  ui.Input
	Reading  readingView
	ByHand   bool // something was said of how the file is read
	Keep     ui.Checkbox
	Problems ui.Problems
	Max      string
	Found    *foundView
}

// checkRequest is what the form asks for.
type checkRequest struct {
	schema  schemaAsked
	address string // of the file, when none is sent
	keep    bool
	name    string          // of the file
	reading tabular.Options // as the form says that the file is read
}

// badField is a problem with what a field of the form holds.
type badField struct {
	field string
	error
}

func (b *badField) Unwrap() error { return b.error }

func (p *Pages) checkForm(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	c := checkRequest{schema: schemaAsked{listed: q.Get("schema")}, address: q.Get("url"), keep: true}
	if httpx.IsAddress(c.schema.listed) {
		c.schema = schemaAsked{address: c.schema.listed}
	}
	return p.checkPage(w, r, c, nil, nil)
}

func (p *Pages) checkPage(w http.ResponseWriter, r *http.Request, c checkRequest, report *check.Report, problem error) error {
	ctx, status := r.Context(), http.StatusOK
	fields, err := p.schemaFields(ctx, c.schema)
	if err != nil {
		return err
	}
	view := checkView{
		Head: ui.PageHead{Title: ui.T(ctx, "publishui.check"), Lead: ui.T(ctx, "publishui.check.lead")}, Schema: fields, Max: ui.Bytes(ctx, p.o.MaxCheck),
		File:    ui.FileInput{Field: ui.Field{Name: "file", Label: ui.T(ctx, "publishui.check.file"), Help: ui.T(ctx, "publishui.file.help")}, Accept: accepted, Large: report == nil},
		Address: ui.Input{Field: ui.Field{Name: "url", Label: ui.T(ctx, "publishui.check.address"), Help: ui.T(ctx, "publishui.check.address.help")}, Type: "url", Value: c.address, Autocomplete: "off"},
		Keep:    ui.Checkbox{Field: ui.Field{Name: "keep", Label: ui.T(ctx, "publishui.check.keep"), Help: ui.T(ctx, "publishui.check.keep.help"), Optional: true}, Value: "1", Checked: c.keep},
	}
	view.Reading, view.ByHand = readingOf(ctx, c.reading), !reflect.DeepEqual(c.reading, tabular.Options{})
	view.Reading.Named = &ui.Input{Field: ui.Field{Name: "sheet", Label: ui.T(ctx, "publishui.said.sheet"), Help: ui.T(ctx, "publishui.sheet.help"), Optional: true}, Value: c.reading.Sheet, Autocomplete: "off"}
	view.Schema.List.Optional, view.Schema.List.Either = false, true
	view.File.Either, view.Address.Either = true, true // the address of the file does as well
	view.Schema.List.Empty, view.Schema.List.Help = ui.T(ctx, "publishui.choose"), ""
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
	switch {
	case v.Schema.fault(field, message):
	case v.Reading.fault(field, message):
		v.ByHand = true
	case field == v.Address.Name:
		v.Address.Error = message
	case field == v.Keep.Name:
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
	set := tables.ReadAs(c.reading)
	set.Schema = found.Ref
	kept, err := p.o.Tables.ShareCheck(r.Context(), shell.From(r).Actor, temp.Name(), c.name, set, report)
	if err != nil {
		return p.checkPage(w, r, c, report, &badField{"keep", err})
	}
	return shell.Redirect(w, r, "/check/"+kept.ID)
}

// byHand are the fields of readingFields.
var byHand = []string{"encoding", "delimiter", "header_rows", "sheet", "format"}

// receive reads the form, and the file at the address when none was sent.
func (p *Pages) receive(r *http.Request, temp *os.File) (c checkRequest, err error) {
	var said error // what is wrong with what is said of the file: told when all is read
	f, err := httpx.ReceiveFile(r, temp, p.o.MaxCheck, func(name, value string) error {
		if slices.Contains(byHand, name) {
			if _, err := c.reading.Say(name, value); err != nil && said == nil {
				said = &badField{name, err}
			}
			return nil
		}
		if c.schema.set(name, value) {
			return nil
		}
		switch value = strings.TrimSpace(value); name {
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
	case said != nil:
		return c, said
	case c.name == "" && c.address == "":
		return c, errs.New(errs.Invalid, "publishui.check.no-file")
	case c.schema.none():
		return c, &badField{"schema", errs.New(errs.Invalid, "publishui.no-schema")}
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
	ctx := r.Context()
	s, found, err := p.schemaOf(ctx, c.schema)
	if err != nil {
		return nil, found, err
	}
	src, err := tabular.OpenFile(path)
	if err != nil {
		return nil, found, err
	}
	defer src.Close()
	if err := tabular.RefusePackage(src); err != nil {
		return nil, found, err
	}
	reading := c.reading
	reading.Name, reading.TempDir = c.name, p.o.Temp
	f, err := tabular.OpenSaid(ctx, src, reading)
	if err != nil {
		if option, ok := errs.As(err).Args["Option"].(string); ok {
			err = &badField{option, err}
		}
		return nil, found, err
	}
	defer f.Close()
	report, err = check.Run(ctx, f, s, check.Options{Limit: keptFaults, Workers: 2, References: p.o.Tables.References(), TempDir: p.o.Temp})
	return report, found, err
}

// schemaOf is the schema that a check asks for; that of a file is not kept, and has its
// title for a reference.
func (p *Pages) schemaOf(ctx context.Context, asked schemaAsked) (s *schema.Schema, found schemas.Schema, err error) {
	if asked.file != "" {
		if s, err = schemas.Brought([]byte(asked.file)); err != nil {
			return nil, found, &badField{asked.field(), err}
		}
		return s, schemas.Schema{Ref: cmp.Or(s.Title, s.ID, ui.T(ctx, "publishui.schema.brought"))}, nil
	}
	if found, err = p.lookup(ctx, asked); err != nil {
		return nil, found, err
	}
	if s, err = p.o.Schemas.Find(ctx, found.Ref); err != nil {
		err = &badField{asked.field(), err}
	}
	return s, found, err
}
