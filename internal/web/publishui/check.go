package publishui

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/schema/check"
	"socle/internal/schema/national"
	"socle/internal/tabular"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// checkView is the public page that checks a file. A report that is not to be kept
// comes on the same page.
type checkView struct {
	Head     ui.PageHead
	Schema   ui.Select
	File     ui.FileInput
	Address  ui.Input
	Keep     ui.Checkbox
	Problems ui.Problems
	Max      string
	Found    *foundView
}

// checkRequest is what the form asks for.
type checkRequest struct {
	schema  string
	address string // of the file, when none is sent
	keep    bool
	name    string // of the file
}

func (p *Pages) checkForm(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	return p.checkPage(w, r, checkRequest{schema: q.Get("schema"), address: q.Get("url"), keep: true}, nil, nil)
}

func (p *Pages) checkPage(w http.ResponseWriter, r *http.Request, c checkRequest, report *check.Report, problem error) error {
	ctx, status := r.Context(), http.StatusOK
	view := checkView{
		Head: ui.PageHead{Title: ui.T(ctx, "publishui.check"), Lead: ui.T(ctx, "publishui.check.lead")}, Schema: schemaSelect(ctx, c.schema), Max: ui.Bytes(ctx, p.o.MaxCheck),
		File:    ui.FileInput{Field: ui.Field{Name: "file", Label: ui.T(ctx, "publishui.file"), Help: ui.T(ctx, "publishui.file.help")}, Accept: accepted, Large: report == nil},
		Address: ui.Input{Field: ui.Field{Name: "url", Label: ui.T(ctx, "publishui.check.address"), Help: ui.T(ctx, "publishui.check.address.help"), Optional: true}, Type: "url", Value: c.address, Autocomplete: "off"},
		Keep:    ui.Checkbox{Field: ui.Field{Name: "keep", Label: ui.T(ctx, "publishui.check.keep"), Help: ui.T(ctx, "publishui.check.keep.help"), Optional: true}, Value: "1", Checked: c.keep},
	}
	view.File.Optional = true // the address of the file does as well
	view.Schema.Empty, view.Schema.Optional, view.Schema.Help = ui.T(ctx, "publishui.choose"), false, ""
	if problem != nil {
		e := errs.As(problem)
		if e.Kind == errs.Internal {
			return problem
		}
		status = httpx.Status(problem)
		view.problem(ctx, c, e)
	}
	if report != nil {
		found := foundIn(ctx, report, c.name)
		view.Found = &found
	}
	w.Header().Set("Cache-Control", "no-store")
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, Place: "/check", Description: view.Head.Lead}, checkFormPage(view))
}

// problem tells an error at the field that it is of.
func (v *checkView) problem(ctx context.Context, c checkRequest, e *errs.Error) {
	message := ui.T(ctx, e.Key, e.Args)
	if e.Hint != "" {
		message += " " + ui.T(ctx, e.Hint, e.Args)
	}
	field := "file"
	switch {
	case e.Key == "publishui.no-schema" || strings.HasPrefix(e.Key, "national."):
		field, v.Schema.Error = "schema", message
	case e.Key == "tables.check.full":
		field, v.Keep.Error = "keep", message
	case c.address != "" && c.name == "" || strings.HasPrefix(e.Key, "httpx."):
		field, v.Address.Error = "url", message
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
	report, ref, err := p.run(r, temp.Name(), c)
	if err != nil || !c.keep {
		return p.checkPage(w, r, c, report, err)
	}
	kept, err := p.o.Tables.ShareCheck(r.Context(), shell.From(r).Actor, temp.Name(), c.name, ref, report)
	if err != nil {
		return p.checkPage(w, r, c, report, err)
	}
	return shell.Redirect(w, r, "/check/"+kept.ID)
}

func (p *Pages) receive(r *http.Request, temp io.Writer) (c checkRequest, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return c, errs.New(errs.Invalid, "publishui.no-file")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return c, cutShort(err)
		}
		if part.FormName() == "file" {
			if c.name = part.FileName(); c.name == "" {
				continue
			}
			n, err := io.Copy(temp, io.LimitReader(part, p.o.MaxCheck+1))
			if err != nil {
				return c, cutShort(err)
			}
			if n > p.o.MaxCheck {
				return c, errs.New(errs.TooLarge, "tables.upload.too-large", errs.Args{"Limit": i18n.Bytes(p.o.MaxCheck)}).WithHint("tables.upload.too-large.hint")
			}
			continue
		}
		b, err := io.ReadAll(io.LimitReader(part, 4096))
		if err != nil {
			return c, cutShort(err)
		}
		switch text := strings.TrimSpace(string(b)); part.FormName() {
		case "schema":
			c.schema = text
		case "url":
			c.address = text
		case "keep":
			c.keep = text != ""
		}
	}
	switch {
	case c.name == "" && c.address == "":
		return c, errs.New(errs.Invalid, "publishui.check.no-file")
	case c.schema == "":
		return c, errs.New(errs.Invalid, "publishui.no-schema")
	case c.name == "":
		c.name, err = httpx.Download(r.Context(), p.o.Fetch, c.address, temp, p.o.MaxCheck)
	}
	return c, err
}

func cutShort(cause error) error {
	return errs.New(errs.Busy, "tables.upload.cut").WithHint("tables.import.none.hint").Because(cause)
}

// keptFaults is how many errors of a group a kept report lists: its page shows a
// few, its downloads all.
const keptFaults = 1000

// run checks the file and says which schema it was checked against.
func (p *Pages) run(r *http.Request, path string, c checkRequest) (*check.Report, string, error) {
	ctx := r.Context()
	e, err := national.Lookup(c.schema)
	if err != nil {
		return nil, "", err
	}
	s, err := e.Schema()
	if err != nil {
		return nil, "", err
	}
	src, err := tabular.OpenFile(path)
	if err != nil {
		return nil, "", err
	}
	defer src.Close()
	f, err := tabular.Open(ctx, src, tabular.Options{Name: c.name, TempDir: p.o.Temp})
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	report, err := check.Run(ctx, f, s, check.Options{Limit: keptFaults, Workers: 2, TempDir: p.o.Temp})
	return report, e.Ref(), err
}
