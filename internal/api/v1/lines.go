package v1

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
)

// lineAnswer is a row of a table whose rows are entered, as a grid has it.
type lineAnswer struct {
	ID       string      `json:"id"`
	Revision int         `json:"revision"`
	Place    int64       `json:"place"` // order of first arrival
	Removed  bool        `json:"removed"`
	Cells    []string    `json:"cells"` // of the columns of the schema, in its order
	Faults   []lineFault `json:"faults"`
	By       string      `json:"by"`
	At       time.Time   `json:"at"`
}

// lineFault is what is wrong with a cell; such a row stands in no version.
type lineFault struct {
	Column  int     `json:"column"` // from 0
	Message string  `json:"message"`
	Hint    string  `json:"hint"`
	Repair  *string `json:"repair"` // the cell as it could be
	Safe    bool    `json:"safe"`   // nothing can be lost or misread by the repair
}

type linesAnswer struct {
	Lines  []lineAnswer `json:"lines"`
	Layout string       `json:"layout"` // which columns the cells are of, and in which order
	Next   string       `json:"next"`
	More   bool         `json:"more"` // there are others now
}

func lineAnswerOf(l i18n.Lang, x *collect.Line, n names) lineAnswer {
	out := lineAnswer{ID: x.ID, Revision: x.Revision, Place: x.Place, Removed: x.Removed, Cells: x.Cells, Faults: []lineFault{}, By: n.of(x.Changer), At: x.Changed.UTC()}
	for _, f := range x.Faults {
		fault := lineFault{Column: f.Column}
		fault.Message, fault.Hint = f.Message(l)
		if f.Repair != nil {
			fault.Repair, fault.Safe = &f.Repair.Value, f.Repair.Safe
		}
		out.Faults = append(out.Faults, fault)
	}
	return out
}

func (api *API) namesOfLines(r *http.Request, list []collect.Line) (names, error) {
	refs := make([]string, len(list))
	for i := range list {
		refs[i] = list[i].Changer
	}
	return api.names(r, refs)
}

func (api *API) listLines(w http.ResponseWriter, r *http.Request) error {
	return api.linesOf(w, r, api.o.Collect.Lines)
}

func (api *API) listRemovedLines(w http.ResponseWriter, r *http.Request) error {
	return api.linesOf(w, r, api.o.Collect.RemovedLines)
}

func (api *API) linesOf(w http.ResponseWriter, r *http.Request, list func(context.Context, identity.Actor, catalogue.ResourceID, collect.Layout, collect.LineCursor, int) (collect.LinePage, error)) error {
	if err := only(r, "after", "limit", "layout"); err != nil {
		return err
	}
	var after collect.LineCursor
	var limit int
	var err error
	p := r.URL.Query()
	if t := p.Get("after"); t != "" {
		var ok bool
		if after, ok = collect.ParseLineCursor(t); !ok {
			return badParameter("after", t)
		}
	}
	if t := p.Get("limit"); t != "" {
		if limit, err = strconv.Atoi(t); err != nil || limit < 1 {
			return badParameter("limit", t)
		}
	}
	page, err := list(r.Context(), actor(r), resourceID(r), collect.Layout(p.Get("layout")), after, limit)
	if err != nil {
		return err
	}
	n, err := api.namesOfLines(r, page.Lines)
	if err != nil {
		return err
	}
	out := linesAnswer{Lines: make([]lineAnswer, len(page.Lines)), Layout: string(page.Layout), Next: page.Next.String(), More: page.More}
	for i := range page.Lines {
		out.Lines[i] = lineAnswerOf(lang(r), &page.Lines[i], n)
	}
	w.Header().Set("Cache-Control", "private, no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, out)
}

// linesRequest says in layout what the cells are of, as it was read with them: all is
// refused when the columns have changed since. Without it, cells are those of the
// columns of now, and all is refused when their count is another.
type linesRequest struct {
	Layout string        `json:"layout,omitempty"`
	Lines  []lineRequest `json:"lines"`
}

// lineRequest is a row as it shall be.
type lineRequest struct {
	ID       string   `json:"id"`       // a UUID in lower case
	Revision int      `json:"revision"` // the one that it changes; 0 for a new row
	Removed  bool     `json:"removed"`
	Cells    []string `json:"cells"`
}

// lineResults has in after and next the cursors around these changes: who has read up
// to the one may go on from the other. They are empty when others wrote in between.
type lineResults struct {
	Results []lineResult `json:"results"`
	After   string       `json:"after"`
	Next    string       `json:"next"`
}

// lineResult is what became of one row; with a conflict, line is another than was sent.
type lineResult struct {
	ID      string      `json:"id"`
	Status  int         `json:"status"`
	Line    *lineAnswer `json:"line,omitempty"`
	Message string      `json:"message,omitempty"`
}

func (api *API) sendLines(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	var q linesRequest
	if err := httpx.ReadJSON(r, &q); err != nil {
		return err
	}
	list := make([]collect.LineChange, len(q.Lines))
	for i, x := range q.Lines {
		list[i] = collect.LineChange{ID: x.ID, Revision: x.Revision, Removed: x.Removed, Cells: x.Cells}
	}
	outcomes, span, err := api.o.Collect.PutLines(r.Context(), actor(r), resourceID(r), collect.Layout(q.Layout), list)
	if err != nil {
		return err
	}
	var rows []collect.Line
	for _, o := range outcomes {
		if o.Line != nil {
			rows = append(rows, *o.Line)
		}
	}
	n, err := api.namesOfLines(r, rows)
	if err != nil {
		return err
	}
	l := lang(r)
	out := lineResults{Results: make([]lineResult, len(outcomes))}
	if span.Next > 0 {
		out.After, out.Next = strconv.FormatInt(span.After, 10), strconv.FormatInt(span.Next, 10)
	}
	for i, o := range outcomes {
		result := lineResult{ID: list[i].ID, Status: http.StatusOK}
		if o.Line != nil {
			line := lineAnswerOf(l, o.Line, n)
			result.Line = &line
		}
		if o.Err != nil {
			e := errs.As(o.Err)
			result.Status, result.Message = httpx.Status(e), i18n.T(l, e.Key, e.Args)
			if e.Hint != "" {
				result.Message += " " + i18n.T(l, e.Hint, e.Args)
			}
		}
		out.Results[i] = result
	}
	w.Header().Set("Cache-Control", "private, no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, out)
}

type lineHistory struct {
	Versions []lineVersion `json:"versions"`
}

// lineVersion is what a row was, or is.
type lineVersion struct {
	Revision int       `json:"revision"`
	Cells    []string  `json:"cells"`
	Removed  bool      `json:"removed"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
}

func (api *API) showLineHistory(w http.ResponseWriter, r *http.Request) error {
	if err := only(r, "layout"); err != nil {
		return err
	}
	list, err := api.o.Collect.LineHistory(r.Context(), actor(r), resourceID(r), collect.Layout(r.URL.Query().Get("layout")), r.PathValue("entry"))
	if err != nil {
		return err
	}
	refs := make([]string, len(list))
	for i := range list {
		refs[i] = list[i].By
	}
	n, err := api.names(r, refs)
	if err != nil {
		return err
	}
	out := lineHistory{Versions: make([]lineVersion, len(list))}
	for i, x := range list {
		out.Versions[i] = lineVersion{Revision: x.Number, Cells: x.Cells, Removed: x.Removed, By: n.of(x.By), At: x.At.UTC()}
	}
	w.Header().Set("Cache-Control", "private, no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, out)
}
