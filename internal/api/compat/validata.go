package compat

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tabular"
)

// answer is what /validate says: a report (200) or an error (400).
type answer struct {
	Schema  string   `json:"schema"`
	URL     string   `json:"url"`
	Options options  `json:"options"`
	Version string   `json:"version,omitempty"`
	Date    string   `json:"date,omitempty"`
	Report  *report  `json:"report,omitempty"`
	Error   *problem `json:"error,omitempty"`

	reading tabular.Options // as the caller says that the file is read
}

type options struct {
	IgnoreHeaderCase    bool `json:"ignore_header_case"`
	IncludeResourceData bool `json:"include_resource_data"`
}

type problem struct {
	Message string `json:"message"`
	Type    string `json:"type"`
}

// Types of problem of a request; those of a file are the codes of tabular.
const (
	typeRequest = "request-error"
	typeSource  = tabular.CodeSource
	typeSchema  = check.CodeSchema
	typeJSON    = "json-format-error"
)

// unusable is a request that cannot be answered with a report.
type unusable struct {
	kind string
	err  error
}

func (u *unusable) Error() string { return u.kind + ": " + u.err.Error() }
func (u *unusable) Unwrap() error { return u.err }

// refuse says why a request is unusable. What is no fault of the caller stays as
// it is: the router tells it.
func refuse(kind string, err error) error {
	var already *unusable
	if errors.As(err, &already) {
		return err
	}
	if e := errs.As(err); e.Kind == errs.Internal || errors.Is(err, context.Canceled) {
		return err
	}
	return &unusable{kind: kind, err: err}
}

func missing(name string) error {
	return refuse(typeRequest, errs.New(errs.Invalid, "compat.missing", errs.Args{"Name": name}).WithHint("compat.missing.hint"))
}

// validateURL checks the file at an address:
// GET /validate?schema=…&url=…&ignore_header_case=…&include_resource_data=…, and how the
// file is read where that is not detected: encoding, delimiter, header_rows, sheet, format.
func (api *API) validateURL(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	a := &answer{Schema: q.Get("schema"), URL: q.Get("url")}
	return api.validate(w, r, a, func(temp *os.File) (string, error) {
		for _, name := range append([]string{"ignore_header_case", "include_resource_data"}, byHand...) {
			if err := a.set(name, q.Get(name)); err != nil {
				return "", err
			}
		}
		switch {
		case a.Schema == "":
			return "", missing("schema")
		case a.URL == "":
			return "", missing("url")
		}
		name, err := httpx.Download(r.Context(), api.o.Fetch, a.URL, temp, api.o.MaxBytes)
		if err != nil {
			return "", refuse(typeSource, err)
		}
		return name, nil
	})
}

// validateFile checks the file of a multipart form: schema and file, and the
// options of validateURL.
func (api *API) validateFile(w http.ResponseWriter, r *http.Request) error {
	a := &answer{}
	return api.validate(w, r, a, func(temp *os.File) (string, error) {
		name, err := api.receive(r, a, temp)
		switch {
		case err != nil:
			return "", err
		case a.Schema == "":
			return "", missing("schema")
		case name == "":
			return "", missing("file")
		}
		return name, nil
	})
}

// byHand are the options that say how the file is read.
var byHand = []string{"encoding", "delimiter", "header_rows", "sheet", "format"}

// set reads an option: true or false, as Python and others write them.
func (a *answer) set(name, value string) error {
	switch name {
	case "schema":
		a.Schema = strings.TrimSpace(value)
		return nil
	case "ignore_header_case", "include_resource_data":
	default:
		if slices.Contains(byHand, name) {
			if _, err := a.reading.Say(name, value); err != nil {
				return refuse(typeRequest, err)
			}
		}
		return nil // clients send more than is needed
	}
	yes := false
	if value != "" {
		var err error
		if yes, err = strconv.ParseBool(strings.ToLower(value)); err != nil {
			return refuse(typeRequest, errs.New(errs.Invalid, "compat.boolean", errs.Args{"Name": name, "Value": value}).WithHint("compat.boolean.hint"))
		}
	}
	if name == "ignore_header_case" {
		a.Options.IgnoreHeaderCase = yes
	} else {
		a.Options.IncludeResourceData = yes
	}
	return nil
}

// receive streams the form; the name of the file is "" when there is none.
func (api *API) receive(r *http.Request, a *answer, temp *os.File) (name string, err error) {
	file, err := httpx.ReceiveFile(r, temp, api.o.MaxBytes, a.set)
	switch {
	case errs.Is(err, errs.TooLarge):
		return "", refuse(typeSource, err)
	case err != nil:
		return "", refuse(typeRequest, err)
	case file.Sent && file.Name == "":
		return "data", nil
	}
	return file.Name, nil
}

// validate runs a check on the file that get puts in a temporary file, whose name
// it returns. Nothing is kept.
func (api *API) validate(w http.ResponseWriter, r *http.Request, a *answer, get func(*os.File) (string, error)) error {
	temp, err := os.CreateTemp(api.o.Temp, "validate-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	name, err := get(temp)
	if err == nil {
		a.Report, err = api.check(r.Context(), a, temp.Name(), name)
	}
	w.Header().Set("Cache-Control", "no-store")
	var u *unusable
	switch {
	case errors.As(err, &u):
		a.Error = &problem{Message: says(u.err), Type: u.kind}
		return httpx.WriteJSON(w, r, http.StatusBadRequest, a)
	case err != nil:
		return err
	}
	a.Version, a.Date = api.o.Version, api.o.Now().UTC().Format(time.RFC3339)
	return httpx.WriteJSON(w, r, http.StatusOK, a)
}

// says writes an error for the person behind the client, in French.
func says(err error) string {
	e := errs.As(err)
	text := i18n.T(i18n.French, e.Key, e.Args)
	if e.Hint != "" {
		text += "\n\n" + i18n.T(i18n.French, e.Hint, e.Args)
	}
	return text
}

// listed is how many errors of a group a report lists; all are counted.
const listed = 1000

func (api *API) check(ctx context.Context, a *answer, path, name string) (*report, error) {
	s, err := api.schema(ctx, a.Schema)
	if err != nil {
		return nil, err
	}
	src, err := tabular.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	a.reading.Name, a.reading.TempDir = name, api.o.Temp
	f, err := tabular.OpenSaid(ctx, src, a.reading)
	if err != nil {
		return nil, refuse(tabular.Code(err), err)
	}
	defer f.Close()
	found, err := check.Run(ctx, f, s, check.Options{Limit: listed, Written: !a.Options.IgnoreHeaderCase, Workers: api.o.Workers, Clock: api.o.Now, References: api.o.References, TempDir: api.o.Temp})
	if err != nil {
		return nil, refuse(tabular.Code(err), err)
	}
	rep := newReport(found)
	if a.Options.IncludeResourceData {
		if rep.Data, err = rows(ctx, f); err != nil {
			return nil, refuse(tabular.Code(err), err)
		}
	}
	return rep, nil
}

func (api *API) schema(ctx context.Context, ref string) (*schema.Schema, error) {
	s, err := api.o.Schemas(ctx, ref)
	if err == nil {
		return s, nil
	}
	kind := typeSchema
	switch errs.As(err).Key {
	case "schema.not-json", "schema.not-object":
		kind = typeJSON
	}
	return nil, refuse(kind, err)
}

// What a report may hold of the file's own rows.
const (
	maxRows  = 100_000
	maxBytes = 32 << 20
)

// rows gives the table as it was read, its header first, up to maxRows rows and
// maxBytes bytes.
func rows(ctx context.Context, f *tabular.File) ([][]string, error) {
	out, size := [][]string{}, 0
	if f.Info.HeaderRows > 0 {
		out = append(out, f.Header)
	}
	for b, err := range f.Batches(ctx) {
		if err != nil {
			return nil, err
		}
		for i := range b.Len() {
			row := make([]string, b.Width(i))
			for j := range row {
				row[j] = string(b.Cell(i, j))
				size += len(row[j]) + 16
			}
			if out = append(out, row); len(out) > maxRows || size > maxBytes {
				return out, nil
			}
		}
	}
	return out, nil
}
