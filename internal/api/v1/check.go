package v1

import (
	"errors"
	"net/http"
	"strconv"

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
}

// checkFields are the fields of a checkForm.
var checkFields = []string{"schema", "standard", "limit"}

// set takes one of checkFields. Kinds: Invalid (bad value).
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
	}
	if err != nil {
		return errs.New(errs.Invalid, "api.bad-value", errs.Args{"Name": name, "Value": value}).WithField(name, "api.bad-value", errs.Args{"Name": name, "Value": value})
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

// checkFile checks a file against a schema and answers with the report of the
// contract; of a data package without a schema, with that of each of its tables.
func (api *API) checkFile(w http.ResponseWriter, r *http.Request) error {
	form := checkForm{limit: 100}
	return api.lookAt(r, checkFields, form.set, func(b brought) error {
		if form.schema == "" {
			if done, err := api.checkPackage(w, r, form, b.path); done || err != nil {
				return err
			}
			return errs.New(errs.Invalid, "api.schema-missing").WithHint("api.schema-missing.hint").WithField("schema", "api.schema-missing")
		}
		sch, err := api.o.Schemas(r.Context(), form.schema)
		if err != nil {
			return err
		}
		return b.open(r.Context(), func(f *tabular.File) error {
			report, err := check.Run(r.Context(), f, sch, check.Options{Limit: form.limit, Standard: form.standard, Workers: api.o.Workers, Clock: api.o.Now, References: api.o.Tables.References(), TempDir: api.o.Temp})
			if err != nil {
				return err
			}
			w.Header().Set("Cache-Control", "no-store")
			return httpx.WriteJSON(w, r, http.StatusOK, check.Contract(report, lang(r)))
		})
	})
}
