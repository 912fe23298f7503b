package v1

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/schema/form"
)

// Headers of devices without an account.
const (
	formKeyHeader     = "Socle-Form-Key"     // of the form's link
	entrySecretHeader = "Socle-Entry-Secret" // of the entry that it made
)

// visitor says who fills a form in.
func visitor(r *http.Request) collect.Visitor {
	return collect.Visitor{Actor: actor(r), Key: r.Header.Get(formKeyHeader), Secret: r.Header.Get(entrySecretHeader)}
}

type formsAnswer struct {
	Forms []formLine `json:"forms"`
}

// formLine is a form in a list.
type formLine struct {
	ID           string      `json:"id"`
	Version      int         `json:"version"`
	Title        string      `json:"title"`
	Organisation formOwner   `json:"organisation"`
	Dataset      formDataset `json:"dataset"`
	Resource     string      `json:"resource"`
	Access       string      `json:"access"`
	Open         bool        `json:"open"`
	Closes       *time.Time  `json:"closes"`
	Place        string      `json:"place"`
	Page         string      `json:"page"`
}

type formOwner struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type formDataset struct {
	ID    string `json:"id"`
	Slug  string `json:"slug"`
	Title string `json:"title"`
}

// formAnswer is a form with all that it asks.
type formAnswer struct {
	ID           string      `json:"id"`
	Version      int         `json:"version"`
	Organisation formOwner   `json:"organisation"`
	Dataset      formDataset `json:"dataset"`
	Resource     string      `json:"resource"`
	Access       string      `json:"access"`
	Moderated    bool        `json:"moderated"`
	Entries      string      `json:"entries"`
	Opens        *time.Time  `json:"opens"`
	Closes       *time.Time  `json:"closes"`
	Open         bool        `json:"open"`
	Page         string      `json:"page"`
	Title        string      `json:"title"`
	Description  string      `json:"description"`
	Language     string      `json:"language"`
	Place        string      `json:"place"`
	Names        []string    `json:"names"`
	Screens      string      `json:"screens"`
	// Items are sections, repeats, notes and fields, each with the members of its kind.
	Items  []map[string]any `json:"items"`
	Schema map[string]any   `json:"schema"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (api *API) formsOf(r *http.Request, list []collect.Form) ([]formLine, error) {
	names := map[string]string{}
	out := make([]formLine, len(list))
	for i, f := range list {
		name, known := names[string(f.Organisation)]
		if !known {
			o, err := api.o.Identity.Organisation(r.Context(), actor(r), f.Organisation)
			if err != nil {
				return nil, err
			}
			name = o.Name
			names[string(f.Organisation)] = name
		}
		out[i] = formLine{
			ID: string(f.ID), Version: f.Version, Title: f.Definition.Title, Organisation: formOwner{string(f.Organisation), name},
			Dataset: formDataset{string(f.Dataset), f.DatasetSlug, f.DatasetTitle}, Resource: string(f.Resource), Access: string(f.Access),
			Open: f.Open(api.o.Now()), Closes: moment(f.Closes), Place: f.Definition.Place, Page: api.link("f", f.Slug),
		}
	}
	return out, nil
}

func (api *API) listForms(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	list, err := api.o.Collect.Fillable(r.Context(), visitor(r))
	if err != nil {
		return err
	}
	lines, err := api.formsOf(r, list)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "private, no-cache")
	return httpx.WriteJSON(w, r, http.StatusOK, formsAnswer{lines})
}

func (api *API) showForm(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	f, err := api.o.Collect.Find(r.Context(), visitor(r), formID(r))
	if err != nil {
		return err
	}
	lines, err := api.formsOf(r, []collect.Form{f})
	if err != nil {
		return err
	}
	d, line := f.Definition, lines[0]
	out := formAnswer{
		ID: line.ID, Version: f.Version, Organisation: line.Organisation, Dataset: line.Dataset, Resource: line.Resource, Access: line.Access, Moderated: f.Moderated,
		Entries: string(f.Sight), Opens: moment(f.Opens), Closes: line.Closes, Open: line.Open, Page: line.Page,
		Title: d.Title, Description: d.Description, Language: d.Language, Place: d.Place, Names: d.Names, Screens: string(d.Screens),
	}
	if err := remarshal(d.Items, &out.Items); err != nil {
		return err
	}
	if err := json.Unmarshal(d.Schema.JSON(), &out.Schema); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "private, no-cache")
	return httpx.WriteJSON(w, r, http.StatusOK, out)
}

func remarshal(from, to any) error {
	b, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, to)
}

// entryRequest is an entry that a device sends.
type entryRequest struct {
	ID       string            `json:"id,omitempty"` // in a batch
	Revision int               `json:"revision"`
	Version  int               `json:"version"` // of the form that it was made with
	MadeAt   time.Time         `json:"made_at"`
	Values   map[string]string `json:"values"`
	Files    []entryFile       `json:"files,omitempty"`
	Revisits string            `json:"revisits,omitempty"`
}

type entryFile struct {
	Field    string `json:"field"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`
	Received bool   `json:"received"`
}

func (q entryRequest) sent(id string) collect.Sent {
	e := collect.Sent{ID: id, Revision: q.Revision, MadeAt: q.MadeAt, Values: form.Values(q.Values), Revisits: q.Revisits}
	for _, f := range q.Files {
		e.Files = append(e.Files, collect.File{Field: f.Field, Name: f.Name, Type: f.Type, Size: f.Size, Hash: f.SHA256})
	}
	return e
}

// entryAnswer is an entry as who asks may see it.
type entryAnswer struct {
	ID       string            `json:"id"`
	Form     string            `json:"form"`
	Revision int               `json:"revision"`
	State    string            `json:"state"`
	Reason   string            `json:"reason"`
	Values   map[string]string `json:"values"`
	Files    []entryFile       `json:"files"`
	MadeAt   time.Time         `json:"made_at"`
	Received time.Time         `json:"received_at"`
	Changed  time.Time         `json:"changed_at"`
	By       string            `json:"by"`
	Mine     bool              `json:"mine"`
	Revisits string            `json:"revisits"`
	Secret   string            `json:"secret,omitempty"` // once, to a device without an account
}

// entryAnswerOf writes an entry; names are of people.
func entryAnswerOf(e collect.Entry, names names) *entryAnswer {
	out := &entryAnswer{
		ID: e.ID, Form: string(e.Form), Revision: e.Revision, State: string(e.State), Reason: e.Reason, Values: e.Values, Files: []entryFile{},
		MadeAt: e.MadeAt.UTC(), Received: e.Received.UTC(), Changed: e.Changed.UTC(), By: names.of(e.By), Mine: e.Mine, Revisits: e.Revisits,
	}
	if out.Values == nil {
		out.Values = map[string]string{}
	}
	for _, f := range e.Files {
		out.Files = append(out.Files, entryFile{f.Field, f.Name, f.Type, f.Size, f.Hash, f.Received})
	}
	return out
}

type entriesAnswer struct {
	Entries []*entryAnswer `json:"entries"`
	Next    string         `json:"next"`
}

type conflictAnswer struct {
	httpx.ErrorBody
	Entry *entryAnswer `json:"entry"`
}

func resourceID(r *http.Request) catalogue.ResourceID {
	return catalogue.ResourceID(r.PathValue("id"))
}

func formID(r *http.Request) collect.FormID {
	return collect.FormID(r.PathValue("id"))
}

func (api *API) listEntries(w http.ResponseWriter, r *http.Request) error {
	if err := only(r, "after", "limit", "mine", "state", "box"); err != nil {
		return err
	}
	q, err := entryQuery(r)
	if err != nil {
		return err
	}
	list, next, err := api.o.Collect.Entries(r.Context(), visitor(r), formID(r), q)
	if err != nil {
		return err
	}
	names, err := api.namesOf(r, list)
	if err != nil {
		return err
	}
	out := entriesAnswer{Entries: make([]*entryAnswer, len(list)), Next: strconv.FormatInt(next, 10)}
	for i := range list {
		out.Entries[i] = entryAnswerOf(list[i], names)
	}
	w.Header().Set("Cache-Control", "private, no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, out)
}

func entryQuery(r *http.Request) (q collect.EntryQuery, err error) {
	p := r.URL.Query()
	if t := p.Get("after"); t != "" {
		if q.After, err = strconv.ParseInt(t, 10, 64); err != nil || q.After < 0 {
			return q, badParameter("after", t)
		}
	}
	if t := p.Get("limit"); t != "" {
		if q.Limit, err = strconv.Atoi(t); err != nil || q.Limit < 1 || q.Limit > 1000 {
			return q, badParameter("limit", t)
		}
	}
	q.Mine = p.Get("mine") == "1" || p.Get("mine") == "true"
	q.State = collect.State(p.Get("state"))
	if t := p.Get("box"); t != "" {
		parts := strings.Split(t, ",")
		if len(parts) != 4 {
			return q, badParameter("box", t)
		}
		for i, x := range parts {
			if q.Box[i], err = strconv.ParseFloat(strings.TrimSpace(x), 64); err != nil || q.Box[i] < -180 || q.Box[i] > 180 {
				return q, badParameter("box", t)
			}
		}
	}
	return q, nil
}

func badParameter(name, value string) error {
	return httpx.BadRequest("api.bad-value", errs.Args{"Name": name, "Value": value})
}

func (api *API) showEntry(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	e, err := api.o.Collect.Entry(r.Context(), visitor(r), formID(r), r.PathValue("entry"))
	if err != nil {
		return err
	}
	return api.writeEntry(w, r, http.StatusOK, collect.Outcome{Entry: e})
}

func (api *API) writeEntry(w http.ResponseWriter, r *http.Request, status int, o collect.Outcome) error {
	names, err := api.namesOf(r, []collect.Entry{o.Entry})
	if err != nil {
		return err
	}
	out := entryAnswerOf(o.Entry, names)
	out.Secret = o.Secret
	w.Header().Set("Cache-Control", "private, no-store")
	return httpx.WriteJSON(w, r, status, out)
}

// closed gives the status of forms that take no entries now.
func closed(err error) error {
	if e := errs.As(err); e != nil && (e.Key == "collect.closed" || e.Key == "collect.not-open") {
		return httpx.WithStatus(err, http.StatusGone)
	}
	return err
}

func (api *API) putEntry(w http.ResponseWriter, r *http.Request) error {
	var q entryRequest
	if err := httpx.ReadJSON(r, &q); err != nil {
		return err
	}
	o, err := api.o.Collect.Put(r.Context(), visitor(r), formID(r), q.sent(r.PathValue("entry")))
	switch {
	case err != nil:
		return api.entryFailure(w, r, err)
	case o.Created:
		return api.writeEntry(w, r, http.StatusCreated, o)
	}
	return api.writeEntry(w, r, http.StatusOK, o)
}

// entryFailure answers a conflict with the entry as it is now.
func (api *API) entryFailure(w http.ResponseWriter, r *http.Request, err error) error {
	var stale *collect.Stale
	if !errors.As(err, &stale) {
		return closed(err)
	}
	out, err := api.conflict(r, err, stale)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, r, http.StatusConflict, out)
}

func (api *API) conflict(r *http.Request, err error, stale *collect.Stale) (conflictAnswer, error) {
	names, failed := api.namesOf(r, []collect.Entry{stale.Entry})
	if failed != nil {
		return conflictAnswer{}, failed
	}
	return conflictAnswer{
		ErrorBody: httpx.NewErrorBody(lang(r), httpx.Failure{Status: http.StatusConflict, Error: errs.As(err), RequestID: httpx.RequestID(r.Context())}),
		Entry:     entryAnswerOf(stale.Entry, names),
	}, nil
}

func (api *API) deleteEntry(w http.ResponseWriter, r *http.Request) error {
	if err := only(r, "revision"); err != nil {
		return err
	}
	revision, err := strconv.Atoi(r.URL.Query().Get("revision"))
	if err != nil {
		return badParameter("revision", r.URL.Query().Get("revision"))
	}
	e, err := api.o.Collect.Remove(r.Context(), visitor(r), formID(r), r.PathValue("entry"), revision)
	if err != nil {
		return api.entryFailure(w, r, err)
	}
	return api.writeEntry(w, r, http.StatusOK, collect.Outcome{Entry: e})
}

type entriesRequest struct {
	Entries []entryRequest `json:"entries"`
}

type entryResults struct {
	Results []entryResult `json:"results"`
}

// entryResult is what became of one entry of a batch.
type entryResult struct {
	ID     string       `json:"id"`
	Status int          `json:"status"`
	Entry  *entryAnswer `json:"entry,omitempty"`
	Error  any          `json:"error,omitempty"`
}

// maxFormBatch is how many entries a form takes at once.
const maxFormBatch = 500

func (api *API) postEntries(w http.ResponseWriter, r *http.Request) error {
	var q entriesRequest
	if err := httpx.ReadJSON(r, &q); err != nil {
		return err
	}
	if len(q.Entries) > maxFormBatch {
		return errs.New(errs.TooLarge, "collect.batch", errs.Args{"Count": maxFormBatch}).WithHint("collect.batch.hint")
	}
	list := make([]collect.Sent, len(q.Entries))
	for i, e := range q.Entries {
		list[i] = e.sent(e.ID)
	}
	out, err := api.o.Collect.PutMany(r.Context(), visitor(r), formID(r), list)
	if err != nil {
		return closed(err)
	}
	entries := make([]collect.Entry, len(out))
	for i := range out {
		entries[i] = out[i].Entry
	}
	names, err := api.namesOf(r, entries)
	if err != nil {
		return err
	}
	ans := entryResults{Results: make([]entryResult, len(out))}
	for i, o := range out {
		x := entryResult{ID: list[i].ID, Status: http.StatusOK}
		switch {
		case o.Err != nil:
			x.Status = httpx.Status(o.Err)
			x.Error = httpx.NewErrorBody(lang(r), httpx.Failure{Status: x.Status, Error: errs.As(o.Err)}).Error
			var stale *collect.Stale
			if errors.As(o.Err, &stale) {
				x.Entry = entryAnswerOf(stale.Entry, names)
			}
		case o.Created:
			x.Status = http.StatusCreated
			fallthrough
		default:
			x.Entry = entryAnswerOf(o.Entry, names)
			x.Entry.Secret = o.Secret
		}
		ans.Results[i] = x
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}

func (api *API) putEntryFile(w http.ResponseWriter, r *http.Request) error {
	_, err := api.o.Collect.PutFile(r.Context(), visitor(r), formID(r), r.PathValue("entry"), r.PathValue("sha256"), r.Body)
	if err != nil {
		return closed(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (api *API) showEntryFile(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	f, body, err := api.o.Collect.OpenFile(r.Context(), visitor(r), formID(r), r.PathValue("entry"), r.PathValue("sha256"))
	if err != nil {
		return err
	}
	return writeFile(w, r, f, body)
}

// showPublicFile gives the photo that a row of a table names.
func (api *API) showPublicFile(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	f, body, err := api.o.Collect.PublicFile(r.Context(), actor(r), resourceID(r), r.PathValue("entry"), r.PathValue("sha256"))
	if err != nil {
		return err
	}
	return writeFile(w, r, f, body)
}

// shownTypes are the types that a browser may show: none of them runs anything.
var shownTypes = map[string]bool{"image/jpeg": true, "image/png": true, "image/webp": true, "image/gif": true}

func writeFile(w http.ResponseWriter, r *http.Request, f collect.File, body io.ReadCloser) error {
	defer body.Close()
	h := w.Header()
	tag := httpx.FileTag(f.Hash)
	h.Set("Cache-Control", "private, max-age=3600")
	if httpx.NotModified(w, r, tag) {
		return nil
	}
	h.Set("ETag", tag)
	if shownTypes[f.Type] {
		h.Set("Content-Type", f.Type)
	} else {
		h.Set("Content-Type", "application/octet-stream")
		httpx.Attach(h, f.Name)
	}
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	_, err := io.Copy(w, body)
	return err
}

type historyAnswer struct {
	Revisions []revisionAnswer `json:"revisions"`
}

type revisionAnswer struct {
	Revision int               `json:"revision"`
	State    string            `json:"state"`
	Reason   string            `json:"reason"`
	Values   map[string]string `json:"values"`
	By       string            `json:"by"`
	At       time.Time         `json:"at"`
}

func (api *API) showHistory(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	list, err := api.o.Collect.History(r.Context(), actor(r), formID(r), r.PathValue("entry"))
	if err != nil {
		return err
	}
	refs := make([]string, len(list))
	for i, x := range list {
		refs[i] = x.By
	}
	names, err := api.names(r, refs)
	if err != nil {
		return err
	}
	out := historyAnswer{Revisions: make([]revisionAnswer, len(list))}
	for i, x := range list {
		out.Revisions[i] = revisionAnswer{x.Number, string(x.State), x.Reason, x.Values, names.of(x.By), x.At.UTC()}
	}
	w.Header().Set("Cache-Control", "private, no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, out)
}

type restoreRequest struct {
	Revision int `json:"revision"`
}

func (api *API) restoreEntry(w http.ResponseWriter, r *http.Request) error {
	var q restoreRequest
	if err := httpx.ReadJSON(r, &q); err != nil {
		return err
	}
	e, err := api.o.Collect.Restore(r.Context(), actor(r), formID(r), r.PathValue("entry"), q.Revision)
	if err != nil {
		return api.entryFailure(w, r, err)
	}
	return api.writeEntry(w, r, http.StatusOK, collect.Outcome{Entry: e})
}

type decisionRequest struct {
	Entries []string `json:"entries"`
	Accept  bool     `json:"accept"`
	Reason  string   `json:"reason"`
}

type decisionAnswer struct {
	Decided int `json:"decided"`
}

func (api *API) decideEntries(w http.ResponseWriter, r *http.Request) error {
	var q decisionRequest
	if err := httpx.ReadJSON(r, &q); err != nil {
		return err
	}
	n, err := api.o.Collect.Decide(r.Context(), actor(r), formID(r), q.Entries, q.Accept, q.Reason)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, r, http.StatusOK, decisionAnswer{n})
}
