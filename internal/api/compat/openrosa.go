package compat

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"socle/internal/cog"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/interop/openrosa"
	"socle/internal/web/shell"
)

// OpenRosaPath is where the clients of OpenRosa find the forms: ODK Collect,
// KoboCollect, Enketo. With "/key/" and a key behind it they need no name and password:
// an app token, the key of a form's link, or the address of a public form.
const OpenRosaPath = "/openrosa"

// openRosaPost bounds one post of a submission; a client divides what is larger.
const openRosaPost = 100_000_000

// openRosaRoutes are those of the list of forms, of forms and of submissions.
func (api *API) openRosaRoutes() []shell.Route {
	read := shell.Anyone.With(httpx.WithRenderer(openRosaFailure), api.o.Limit)
	write := shell.Anyone.With(httpx.WithRenderer(openRosaFailure), httpx.Stream(), httpx.MaxBody(openRosaPost), api.o.Limit)
	var list []shell.Route
	for _, prefix := range []string{OpenRosaPath, OpenRosaPath + "/key/{key}"} {
		for _, r := range []struct {
			method, path string
			who          shell.Who
			answer       func(http.ResponseWriter, *http.Request, rosaVisit) error
		}{
			{"GET ", "/formList", read, api.rosaForms},
			{"GET ", "/forms/{id}/form.xml", read, api.rosaForm},
			{"GET ", "/forms/{id}/manifest", read, api.rosaManifest},
			{"GET ", "/forms/{id}/media/{file}", read, api.rosaMedia},
			{"HEAD ", "/submission", read, rosaReady},
			{"POST ", "/submission", write, api.rosaSubmit},
		} {
			list = append(list, shell.Route{Pattern: r.method + prefix + r.path, Who: r.who, Handler: api.rosa(r.answer)})
		}
	}
	return list
}

// rosaVisit is who asks, and through which address.
type rosaVisit struct {
	collect.Visitor
	base string        // address of the server, as the client has it
	only *collect.Form // of a key that opens one form; nil for all
	lang i18n.Lang
}

// rosa says what every answer says, and finds who asks.
func (api *API) rosa(answer func(http.ResponseWriter, *http.Request, rosaVisit) error) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		rosaHeaders(w, r, api.o.Now().UTC().Format(http.TimeFormat))
		v, err := api.rosaVisit(r)
		if errs.Is(err, errs.SignIn) {
			w.Header().Set("WWW-Authenticate", `Basic realm="Socle", charset="UTF-8"`)
		}
		if err != nil {
			return err
		}
		return answer(w, r, v)
	}
}

func rosaHeaders(w http.ResponseWriter, r *http.Request, date string) {
	h := w.Header()
	h.Set("X-OpenRosa-Version", openrosa.Version)
	h.Set("X-OpenRosa-Accept-Content-Length", strconv.Itoa(openRosaPost))
	h.Set("Date", date)
	h.Set("Content-Language", string(language(r)))
	h.Add("Vary", "Accept-Language")
	h.Set("Cache-Control", "no-store")
}

// rosaVisit finds who asks: by an app token (as the password of HTTP Basic, as bearer,
// or in the address), or by the key of a form. A person's password opens nothing.
func (api *API) rosaVisit(r *http.Request) (v rosaVisit, err error) {
	v.base = strings.TrimSuffix(api.o.BaseURL.String(), "/") + OpenRosaPath
	v.lang = language(r)
	var token string
	if key := r.PathValue("key"); key != "" {
		v.base += "/key/" + key
		if !strings.HasPrefix(key, identity.TokenPrefix) {
			return api.rosaKey(r.Context(), v, key)
		}
		token = key
	} else if a := shell.From(r).Actor; a.IsToken() {
		v.Actor = a
		return v, nil
	} else if _, password, ok := r.BasicAuth(); ok {
		token = strings.TrimSpace(password)
	} else {
		return v, errs.New(errs.SignIn, "openrosa.sign-in").WithHint("openrosa.sign-in.hint")
	}
	a, err := api.o.Identity.ActorOfToken(r.Context(), token)
	if err != nil {
		return v, err
	}
	v.Actor = a.From(httpx.ClientAddr(r.Context()))
	return v, nil
}

// rosaKey opens the one form of a key.
func (api *API) rosaKey(ctx context.Context, v rosaVisit, key string) (rosaVisit, error) {
	f, err := api.o.Collect.ByAddress(ctx, collect.Visitor{}, key)
	if err != nil {
		return v, err
	}
	v.only = &f
	if f.Access == collect.Link {
		v.Key = key
	}
	return v, nil
}

// openRosaFailure is what clients show when something was refused.
func openRosaFailure(w http.ResponseWriter, r *http.Request, f httpx.Failure) {
	l, text := language(r), said(r, f.Error)
	for _, p := range f.Error.Fields {
		text += "\n" + i18n.T(l, "openrosa.field", i18n.Args{"Name": p.Name, "Problem": i18n.T(l, p.Key, p.Args)})
	}
	h := w.Header()
	h.Set("Content-Type", "text/xml; charset=utf-8")
	h.Set("X-OpenRosa-Version", openrosa.Version)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(f.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(openrosa.Failure(text))
	}
}

func writeRosa(w http.ResponseWriter, r *http.Request, status int, body []byte) error {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	return httpx.WriteBytes(w, r, status, body)
}

// rosaForms lists the forms that the client may fill in now.
func (api *API) rosaForms(w http.ResponseWriter, r *http.Request, v rosaVisit) error {
	var forms []collect.Form
	if v.only != nil {
		forms = []collect.Form{*v.only}
	} else {
		var err error
		if forms, err = api.o.Collect.Fillable(r.Context(), v.Visitor); err != nil {
			return err
		}
		// Not the public ones of others: a phone shows all that it gets.
		forms = slices.DeleteFunc(forms, func(f collect.Form) bool { return !v.Actor.Can(identity.ActionFill, f.Organisation) })
	}
	wanted := r.URL.Query().Get("formID")
	var list []openrosa.Listed
	for _, f := range forms {
		if !f.Open(api.o.Now()) || wanted != "" && wanted != string(f.ID) {
			continue
		}
		x := rosaXForm(f)
		body, err := openrosa.XForm(x)
		if err != nil {
			return err
		}
		at := v.base + "/forms/" + string(f.ID)
		l := openrosa.Listed{ID: x.ID, Name: f.Definition.Title, Version: strconv.Itoa(f.Version), Hash: openrosa.Fingerprint(body), Description: f.Definition.Description, Download: at + "/form.xml"}
		if len(x.Media()) > 0 {
			l.Manifest = at + "/manifest"
		}
		list = append(list, l)
	}
	return writeRosa(w, r, http.StatusOK, openrosa.FormList(list))
}

func rosaXForm(f collect.Form) *openrosa.Form {
	return &openrosa.Form{ID: string(f.ID), Version: f.Version, Definition: f.Definition}
}

// rosaFind finds the form of an address.
func (api *API) rosaFind(r *http.Request, v rosaVisit) (collect.Form, error) {
	return api.o.Collect.Find(r.Context(), v.Visitor, collect.FormID(r.PathValue("id")))
}

func (api *API) rosaForm(w http.ResponseWriter, r *http.Request, v rosaVisit) error {
	f, err := api.rosaFind(r, v)
	if err != nil {
		return err
	}
	body, err := openrosa.XForm(rosaXForm(f))
	if err != nil {
		return err
	}
	return writeRosa(w, r, http.StatusOK, body)
}

func (api *API) rosaManifest(w http.ResponseWriter, r *http.Request, v rosaVisit) error {
	f, err := api.rosaFind(r, v)
	if err != nil {
		return err
	}
	var list []openrosa.Media
	for _, name := range rosaXForm(f).Media() {
		list = append(list, openrosa.Media{Name: name, Hash: openrosa.Fingerprint(api.communes(name)), Download: v.base + "/forms/" + string(f.ID) + "/media/" + name})
	}
	return writeRosa(w, r, http.StatusOK, openrosa.Manifest(list))
}

func (api *API) rosaMedia(w http.ResponseWriter, r *http.Request, v rosaVisit) error {
	f, err := api.rosaFind(r, v)
	if err != nil {
		return err
	}
	name := r.PathValue("file")
	if !slices.Contains(rosaXForm(f).Media(), name) {
		return errs.New(errs.NotFound, "errs.not-found")
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	return httpx.WriteBytes(w, r, http.StatusOK, api.communes(name))
}

// communeLists are the lists of communes, made once.
type communeLists struct {
	once         sync.Once
	codes, names []byte
}

// communes is a list of communes: those of the territory, else all.
func (api *API) communes(name string) []byte {
	l := &api.communeLists
	l.once.Do(func() {
		_, known := cog.Departement(api.o.Territory)
		var codes, names bytes.Buffer
		c, n := csv.NewWriter(&codes), csv.NewWriter(&names)
		row := func(w *csv.Writer, value, label string) { _ = w.Write([]string{value, label}) } // to memory
		row(c, "name", "label")
		row(n, "name", "label")
		for p := range cog.Communes() {
			if p.Kind != cog.Municipality || known && p.Departement != api.o.Territory {
				continue
			}
			row(c, p.Code, p.Name+" ("+p.Departement+")")
			row(n, p.Name, p.Name+" ("+p.Departement+")")
		}
		c.Flush()
		n.Flush()
		l.codes, l.names = codes.Bytes(), names.Bytes()
	})
	if name == openrosa.CommuneNames {
		return l.names
	}
	return l.codes
}

// rosaReady tells a client that it may send: it needs the status 204 exactly.
func rosaReady(w http.ResponseWriter, _ *http.Request, _ rosaVisit) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}
