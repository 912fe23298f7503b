package v1

import (
	"errors"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/schema/check"
	"socle/internal/tabular"
)

// checkForm is what POST /check takes besides its file: the flags of `socle check`.
type checkForm struct {
	schema   string
	standard bool
	limit    int
	reading  tabular.Options
}

// set takes one field of the form. Kinds: Invalid (unknown field, bad value).
func (f *checkForm) set(name, value string) (err error) {
	switch name {
	case "schema":
		f.schema = value
	case "standard":
		f.standard, err = strconv.ParseBool(value)
	case "limit":
		if f.limit, err = strconv.Atoi(value); f.limit == 0 {
			f.limit = -1 // all
		}
	case "sheet":
		f.reading.Sheet = value
	case "delimiter":
		f.reading.Delimiter = value
	case "encoding":
		f.reading.Encoding = value
	case "format":
		f.reading.Format = value
	case "crs":
		f.reading.CRS, f.reading.Degrees = value, tabular.AddedDegrees()
	case "header_rows":
		var n int
		n, err = strconv.Atoi(value)
		f.reading.HeaderRows = &n
	default:
		err = errors.ErrUnsupported
	}
	if err != nil {
		known := []string{"file", "schema", "standard", "limit", "sheet", "delimiter", "encoding", "format", "header_rows", "crs"}
		if slices.Contains(known, name) {
			return errs.New(errs.Invalid, "api.bad-value", errs.Args{"Name": name, "Value": value}).WithField(name, "api.bad-value", errs.Args{"Name": name, "Value": value})
		}
		return errs.New(errs.Invalid, "api.unknown-parameter", errs.Args{"Name": name, "Known": strings.Join(known, ", ")}).WithHint("api.unknown-parameter.hint")
	}
	return nil
}

// checkPackage checks all tables of a data package in a zip file, which names their
// schemas itself: done says that the file is one and the answer given.
func (api *API) checkPackage(w http.ResponseWriter, r *http.Request, form checkForm, file string) (done bool, err error) {
	src, err := tabular.OpenFile(file)
	if err != nil {
		return false, err
	}
	defer src.Close()
	bundle, ok := tabular.OpenBundle(src, api.o.Temp, api.o.MaxBytes)
	if !ok {
		return false, nil
	}
	defer func() { err = errors.Join(err, bundle.Close()) }()
	p, err := check.PackageOf(bundle, api.o.Schemas)
	if err != nil {
		return true, err
	}
	report, err := check.ContractPackage(r.Context(), p, check.Options{Limit: form.limit, Standard: form.standard, Workers: api.o.Workers, Clock: api.o.Now, TempDir: api.o.Temp}, lang(r))
	if err != nil {
		return true, err
	}
	w.Header().Set("Cache-Control", "no-store")
	return true, httpx.WriteJSON(w, r, http.StatusOK, report)
}

// checkFile checks the file of a multipart form against a schema and answers
// with the report of the contract; of a data package without a schema, with that
// of each of its tables. Nothing is kept.
func (api *API) checkFile(w http.ResponseWriter, r *http.Request) error {
	form := checkForm{limit: 100}
	temp, err := os.CreateTemp(api.o.Temp, "check-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	file, err := httpx.ReceiveFile(r, temp, api.o.MaxBytes, form.set)
	if err != nil {
		return err
	}
	if !file.Sent {
		return errs.New(errs.Invalid, "api.file-missing").WithHint("httpx.multipart.hint").WithField("file", "api.file-missing")
	}
	if form.schema == "" {
		if done, err := api.checkPackage(w, r, form, temp.Name()); done || err != nil {
			return err
		}
		return errs.New(errs.Invalid, "api.schema-missing").WithHint("api.schema-missing.hint").WithField("schema", "api.schema-missing")
	}
	sch, err := api.o.Schemas(r.Context(), form.schema)
	if err != nil {
		return err
	}
	src, err := tabular.OpenFile(temp.Name())
	if err != nil {
		return err
	}
	defer src.Close()
	if err := tabular.RefusePackage(src); err != nil {
		return err
	}
	form.reading.Name, form.reading.TempDir = file.Name, api.o.Temp
	f, err := tabular.Open(r.Context(), src, form.reading)
	if err != nil {
		return err
	}
	defer f.Close()
	report, err := check.Run(r.Context(), f, sch, check.Options{Limit: form.limit, Standard: form.standard, Workers: api.o.Workers, Clock: api.o.Now, References: api.o.Tables.References(), TempDir: api.o.Temp})
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, check.Contract(report, lang(r)))
}
