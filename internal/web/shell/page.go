package shell

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/a-h/templ"

	"socle/internal/httpx"
	"socle/internal/web/ui"
)

// Page answers with a page of status 200. Pages of visitors who have not signed in
// may be kept by caches, which ask again each time (weak ETag).
func Page(w http.ResponseWriter, r *http.Request, p ui.Page, body templ.Component) error {
	return PageStatus(w, r, http.StatusOK, p, body)
}

// PageStatus is Page with another status: 422 for a form that comes back.
func PageStatus(w http.ResponseWriter, r *http.Request, status int, p ui.Page, body templ.Component) error {
	v := From(r)
	return v.shell.page(w, r, v, status, p, body)
}

func (s *Shell) page(w http.ResponseWriter, r *http.Request, v *Visit, status int, p ui.Page, body templ.Component) error {
	f := s.frame(w, r, v, p)
	var buf bytes.Buffer
	if err := ui.Layout(f, p, body).Render(r.Context(), &buf); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Language", string(v.Lang))
	h.Add("Vary", "Cookie")
	if h.Get("Cache-Control") == "" {
		switch {
		case len(f.Notices) > 0 || status != http.StatusOK:
			h.Set("Cache-Control", "no-store")
		case !v.Actor.IsAnonymous():
			h.Set("Cache-Control", "private, no-cache")
		default:
			h.Set("Cache-Control", "public, no-cache")
		}
	}
	return httpx.WriteHTML(w, r, status, buf.Bytes())
}

// Ask asks before something is lost; problem is why it was not done, nil the first time.
func Ask(w http.ResponseWriter, r *http.Request, a ui.Ask, problem error) error {
	status := http.StatusOK
	if problem != nil {
		status, a.Wrong = httpx.Status(problem), ui.Failed(r.Context(), problem)
	}
	return PageStatus(w, r, status, ui.Page{Title: a.Title, NoIndex: true}, a)
}

// Fragment answers with a part of a page, for htmx.
func Fragment(w http.ResponseWriter, r *http.Request, body templ.Component) error {
	return FragmentStatus(w, r, http.StatusOK, body)
}

// FragmentStatus is Fragment with another status; htmx shows 422 too.
func FragmentStatus(w http.ResponseWriter, r *http.Request, status int, body templ.Component) error {
	var buf bytes.Buffer
	if err := body.Render(r.Context(), &buf); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "HX-Request")
	return httpx.WriteHTML(w, r, status, buf.Bytes())
}

// Partial reports whether htmx asks for a part of the page, so that the handler
// answers with a Fragment.
func Partial(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// Redirect answers with 303 to a path of the French page, in the visit's language.
// htmx follows it as a whole page.
func Redirect(w http.ResponseWriter, r *http.Request, path string) error {
	to := ui.Address(From(r).Lang, path)
	return redirect(w, r, to)
}

// RedirectNext is Redirect to an address that the visitor brought, as it is, if it
// is one of this portal.
func RedirectNext(w http.ResponseWriter, r *http.Request, next string) error {
	if next = SafeNext(next); next == "/" {
		next = ui.Address(From(r).Lang, "/")
	}
	return redirect(w, r, next)
}

// inHeader writes control characters, which a path of the visitor may hold, as a
// header bears them.
func inHeader(to string) string {
	if !strings.ContainsFunc(to, unicode.IsControl) {
		return to
	}
	var b strings.Builder
	for _, c := range []byte(to) {
		if c < ' ' || c == 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func redirect(w http.ResponseWriter, r *http.Request, to string) error {
	to = inHeader(to)
	w.Header().Set("Cache-Control", "no-store")
	if Partial(r) {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// frame fills what stands around the page.
func (s *Shell) frame(w http.ResponseWriter, r *http.Request, v *Visit, p ui.Page) ui.Frame {
	ctx := ui.WithLang(r.Context(), v.Lang)
	host := s.o.Host(ctx)
	host.BaseURL = strings.TrimSuffix(s.o.BaseURL.String(), "/")
	f := ui.Frame{Host: host, Assets: s.assets, Lang: v.Lang, Path: v.Path, Demo: s.o.Demo, SignOut: SignOutPath, Notices: s.takeFlash(ctx, w, r)}
	if r.URL.RawQuery != "" {
		f.Query = "?" + r.URL.RawQuery
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		f.Query = "" // the other language shows the page, not the act
	}
	if v.Path == "/search" {
		f.Search = r.URL.Query().Get("q")
	}
	if s.o.Places != nil {
		f.Places = s.o.Places(ctx)
	}
	if s.o.Footer != nil {
		f.Footer = s.o.Footer(ctx)
	}
	if v.Person.ID != "" {
		f.Account = &ui.Account{Name: v.Person.Name}
		if s.o.AccountLinks != nil {
			f.Account.Links = s.o.AccountLinks(ctx, v.Actor)
		}
	} else {
		f.SignInURL = SignInURL(v, r)
	}
	return f
}
