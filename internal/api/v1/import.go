package v1

import (
	"net/http"
	"strings"
	"time"

	"socle/internal/detect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tables"
)

// importRequest says how an upload is read.
type importRequest struct {
	Upload     string                 `json:"upload"`
	Schema     string                 `json:"schema"`
	Format     string                 `json:"format"`
	Encoding   string                 `json:"encoding"`
	Delimiter  string                 `json:"delimiter"`
	Sheet      string                 `json:"sheet"`
	HeaderRows *int                   `json:"header_rows"`
	CRS        string                 `json:"crs"`    // of the coordinates: EPSG:2154; "none" adds no columns of degrees
	Types      map[string]schema.Type `json:"types"`  // of columns of a table without schema, by label
	Repair     string                 `json:"repair"` // "" or "safe"
}

func (q importRequest) settings() (tables.Settings, error) {
	set := tables.Settings{Format: q.Format, Encoding: q.Encoding, Delimiter: q.Delimiter, Sheet: q.Sheet, HeaderRows: q.HeaderRows, CRS: q.CRS, Types: q.Types, Schema: q.Schema}
	switch q.Repair {
	case "":
	case "safe":
		set.AllSafe = true
	default:
		return set, errs.New(errs.Invalid, "api.repair").WithField("repair", "api.repair")
	}
	return set, nil
}

type importAnswer struct {
	ID       string          `json:"id"`
	Revision int             `json:"revision"`
	State    string          `json:"state"`
	Name     string          `json:"name"`
	Schema   string          `json:"schema"`
	Progress *importProgress `json:"progress"`
	Outcome  *importOutcome  `json:"outcome"`
	Failure  *importFailure  `json:"failure"`
	Report   string          `json:"report_url,omitempty"`
	Created  time.Time       `json:"created_at"`
	Changed  time.Time       `json:"changed_at"`
}

type importProgress struct {
	Done  int64 `json:"done"`
	Total int64 `json:"total"`
}

type importOutcome struct {
	Valid    bool             `json:"valid"`
	Rows     int64            `json:"rows"`
	Columns  []string         `json:"columns"`
	Errors   int              `json:"errors"`
	Warnings int              `json:"warnings"`
	Repaired int              `json:"repaired"`
	Personal []personalAnswer `json:"personal"`
}

// personalAnswer tells of columns that seem to be about persons.
type personalAnswer struct {
	Kind    string   `json:"kind"` // detect.Personal
	Columns []string `json:"columns"`
	Message string   `json:"message"`
	Rule    string   `json:"rule"`
	Ways    []string `json:"ways"`
}

func personalOf(findings []detect.Finding, l i18n.Lang) []personalAnswer {
	out := []personalAnswer{}
	for _, f := range findings {
		p := personalAnswer{Kind: string(f.Kind), Columns: f.Columns, Message: i18n.T(l, f.Message(), i18n.Args{"Columns": strings.Join(f.Columns, ", ")}), Rule: i18n.T(l, f.Rule())}
		for _, w := range f.Ways {
			p.Ways = append(p.Ways, i18n.T(l, "detect.way."+string(w)))
		}
		out = append(out, p)
	}
	return out
}

type importFailure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

func (api *API) createImport(w http.ResponseWriter, r *http.Request) error {
	a := actor(r)
	var q importRequest
	if err := httpx.ReadJSON(r, &q); err != nil {
		return err
	}
	set, err := q.settings()
	if err != nil {
		return err
	}
	if set.Schema != "" {
		if _, err := api.o.Schemas(r.Context(), set.Schema); err != nil {
			return err
		}
	}
	i, err := api.o.Tables.StartImport(r.Context(), a, tables.UploadID(q.Upload), set)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/imports/"+string(i.ID))
	return httpx.WriteJSON(w, r, http.StatusAccepted, api.importAnswer(i, nil, lang(r)))
}

func (api *API) importAnswer(i tables.Import, p *importProgress, l i18n.Lang) importAnswer {
	ans := importAnswer{ID: string(i.ID), Revision: i.Revision, State: string(i.State), Name: i.Name, Schema: i.Settings.Schema, Progress: p, Created: i.CreatedAt, Changed: i.ChangedAt}
	switch i.State {
	case tables.Checked:
		o := i.Outcome
		ans.Outcome = &importOutcome{Valid: o.Valid, Rows: o.Rows, Columns: o.Header, Errors: o.Errors, Warnings: o.Warnings, Repaired: o.Repaired, Personal: personalOf(o.Personal(), l)}
		ans.Report = api.link("api/v1/imports", string(i.ID), "report")
	case tables.Failed:
		f := i.Failure
		ans.Failure = &importFailure{Code: f.Key, Message: i18n.T(l, f.Key, f.Args), Hint: i18n.T(l, f.Hint, f.Args)}
	case tables.Queued:
	}
	return ans
}

func (api *API) showImport(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	a := actor(r)
	i, err := api.o.Tables.FindImport(r.Context(), a, tables.ImportID(r.PathValue("id")))
	if err != nil {
		return err
	}
	var p *importProgress
	if done, total, ok := api.o.Tables.Progress(r.Context(), i); ok {
		p = &importProgress{done, total}
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, api.importAnswer(i, p, lang(r)))
}

func (api *API) showReport(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	a := actor(r)
	i, err := api.o.Tables.FindImport(r.Context(), a, tables.ImportID(r.PathValue("id")))
	if err != nil {
		return err
	}
	found, err := api.o.Tables.Findings(r.Context(), i)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, check.Contract(found.Report, lang(r)))
}
