package v1

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/tabular"
)

// brought is a file that is looked at and not kept.
type brought struct {
	path    string          // of the temporary file
	reading tabular.Options // as its sender says it is read
}

// lookAt takes the file of a multipart form, or that at its url, shows it to do, and
// keeps nothing. set takes the fields of own; those of reading are the flags of the
// command line. Kinds: Invalid (no file, an unknown field, a bad value), TooLarge, those
// of set, of httpx.Download and of do.
func (api *API) lookAt(r *http.Request, own []string, set func(name, value string) error, do func(brought) error) error {
	temp, err := os.CreateTemp(api.o.Temp, "check-*")
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(temp.Close(), os.Remove(temp.Name())) }()
	b, address := brought{path: temp.Name()}, ""
	file, err := httpx.ReceiveFile(r, temp, api.o.MaxBytes, func(name, value string) error {
		switch {
		case name == "url":
			address = value
			return nil
		case slices.Contains(own, name):
			return set(name, value)
		}
		known, err := b.reading.Say(name, value)
		if err != nil {
			e := errs.As(err)
			return e.WithField(name, e.Key, e.Args)
		}
		if !known {
			return errs.New(errs.Invalid, "api.unknown-parameter", errs.Args{"Name": name, "Known": strings.Join(fileFields(own), ", ")}).WithHint("api.unknown-parameter.hint")
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case file.Sent:
		b.reading.Name = file.Name
	case address == "":
		return errs.New(errs.Invalid, "api.file-missing").WithHint("httpx.multipart.hint").WithField("file", "api.file-missing")
	default:
		if b.reading.Name, err = httpx.Download(r.Context(), api.o.Fetch, address, temp, api.o.MaxBytes); err != nil {
			return err
		}
	}
	b.reading.TempDir = api.o.Temp
	return do(b)
}

// fileFields lists the fields of a form that brings a file.
func fileFields(own []string) []string {
	return slices.Concat([]string{"file", "url"}, own, tabular.Said)
}

// open shows the table of the file.
func (b brought) open(ctx context.Context, do func(*tabular.File) error) error {
	src, err := tabular.OpenFile(b.path)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := tabular.RefusePackage(src); err != nil {
		return err
	}
	f, err := tabular.OpenSaid(ctx, src, b.reading)
	if err != nil {
		return err
	}
	defer f.Close()
	return do(f)
}
