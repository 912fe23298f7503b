package publishui

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/schemas"
	"socle/internal/web/ui"
)

// schemaView asks for a schema: one of the list, or another by its address or its file.
type schemaView struct {
	List    ui.Select
	Address ui.Input
	File    ui.FileInput
	Open    bool // something was said of another one
}

func (p *Pages) schemaFields(ctx context.Context, asked schemaAsked) (v schemaView, err error) {
	if v.List, err = p.schemaSelect(ctx, asked.listed); err != nil {
		return v, err
	}
	v.Address = ui.Input{Field: ui.Field{Name: "schema-url", Label: ui.T(ctx, "publishui.check.other"), Help: ui.T(ctx, "publishui.check.other.help"), Optional: true}, Type: "url", Value: asked.address, Autocomplete: "off"}
	v.File = ui.FileInput{Field: ui.Field{Name: "schema-file", Label: ui.T(ctx, "publishui.schema.file"), Help: ui.T(ctx, "publishui.schema.file.help"), Optional: true}, Accept: ".json"}
	v.Open = asked.address != ""
	return v, nil
}

// fault tells what is wrong with one of the fields; false when it is of none.
func (v *schemaView) fault(name, message string) bool {
	switch name {
	case v.List.Name:
		v.List.Error = message
	case v.Address.Name:
		v.Address.Error, v.Open = message, true
	case v.File.Name:
		v.File.Error, v.Open = message, true
	default:
		return false
	}
	return true
}

// schemaAsked is what schemaFields were filled with: the file goes before the address,
// the address before the list.
type schemaAsked struct {
	listed  string
	address string
	file    string // its bytes
}

// set takes one of the fields; false when it is another.
func (s *schemaAsked) set(name, value string) bool {
	switch name {
	case "schema":
		s.listed = strings.TrimSpace(value)
	case "schema-url":
		s.address = strings.TrimSpace(value)
	case "schema-file":
		s.file = value
	default:
		return false
	}
	return true
}

// schemaIn reads the fields in a form that does not stream.
func schemaIn(r *http.Request) (s schemaAsked, err error) {
	s = schemaAsked{listed: r.PostFormValue("schema"), address: strings.TrimSpace(r.PostFormValue("schema-url"))}
	f, _, err := r.FormFile("schema-file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return s, nil
	}
	if err != nil {
		return s, httpx.BadRequest("httpx.form-cut")
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, schemas.MaxKept+1))
	s.file = string(b)
	return s, err
}

// none: no schema is asked for.
func (s schemaAsked) none() bool { return s == schemaAsked{} }

// field is the one that counts.
func (s schemaAsked) field() string {
	switch {
	case s.file != "":
		return "schema-file"
	case s.address != "":
		return "schema-url"
	}
	return "schema"
}

// lookup says which schema of the list or at an address is asked for. Kinds: those of
// schemas.Lookup, Invalid (no address), each at its field.
func (p *Pages) lookup(ctx context.Context, s schemaAsked) (found schemas.Schema, err error) {
	ref := s.listed
	if s.address != "" {
		if ref = s.address; !httpx.IsAddress(ref) {
			return found, &badField{s.field(), errs.New(errs.Invalid, "httpx.address", errs.Args{"Address": ref}).WithHint("httpx.address.hint")}
		}
	}
	if found, err = p.o.Schemas.Lookup(ctx, ref); err != nil {
		err = &badField{s.field(), err}
	}
	return found, err
}

// chosen is the reference of the schema that a deposit asks for, "" for a free table:
// another than those of the list is read first, so that what is wrong with it is told
// here, and a file is kept. Kinds: those of schemas.Find and Keep, each at its field.
func (p *Pages) chosen(ctx context.Context, a identity.Actor, org identity.OrganisationID, s schemaAsked) (string, error) {
	if s.none() {
		return "", nil
	}
	if s.file != "" {
		found, err := p.o.Schemas.Keep(ctx, a, org, []byte(s.file))
		if err != nil {
			return "", &badField{s.field(), err}
		}
		return found.Ref, nil
	}
	found, err := p.lookup(ctx, s)
	if err == nil && s.address != "" {
		if _, err = p.o.Schemas.Find(ctx, found.Ref); err != nil {
			err = &badField{s.field(), err}
		}
	}
	return found.Ref, err
}
