package shell

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/ui"
)

// Visit is what is known of the request in progress.
type Visit struct {
	Actor   identity.Actor   // who asks; anonymous is its zero value
	Person  identity.Person  // of the session; zero for tokens and anonymous
	Session identity.Session // zero without a cookie
	Lang    i18n.Lang        // of the address
	Path    string           // of the French page: "/datasets/x" for "/en/datasets/x" too

	shell  *Shell
	secret string // of the cookie
	over   bool   // a cookie came whose session has ended
	enrol  bool   // a second factor must be set up before anything else
}

type visitKey struct{}

// From returns the visit of a request that came through Mount. It panics outside.
func From(r *http.Request) *Visit {
	v, ok := r.Context().Value(visitKey{}).(*Visit)
	if !ok {
		panic("shell: no visit: the route was not mounted by the shell")
	}
	return v
}

// Secret is what the session's cookie holds, for identity.SignOut; "" without one.
func (v *Visit) Secret() string { return v.secret }

// SplitLang takes the prefix of the language off a path.
func SplitLang(path string) (i18n.Lang, string) {
	switch rest, ok := strings.CutPrefix(path, "/en"); {
	case ok && rest == "":
		return i18n.English, "/"
	case ok && rest[0] == '/':
		return i18n.English, rest
	}
	return i18n.French, path
}

// visit finds who asks. A token that is no good is an error; a session that is over
// makes the visitor anonymous and takes the cookie back.
func (s *Shell) visit(w http.ResponseWriter, r *http.Request) (*Visit, error) {
	v := &Visit{shell: s}
	v.Lang, v.Path = SplitLang(r.URL.Path)
	network := httpx.ClientAddr(r.Context())
	if secret, ok := bearer(r); ok {
		a, err := s.o.Identity.ActorOfToken(r.Context(), secret)
		if err != nil {
			if errs.Is(err, errs.SignIn) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="socle"`)
			}
			return nil, err
		}
		v.Actor = a.From(network)
		return v, nil
	}
	c, err := r.Cookie(s.cookie)
	if err != nil || c.Value == "" {
		return v, nil
	}
	got, err := s.o.Identity.Resume(r.Context(), c.Value)
	switch {
	case errs.Is(err, errs.SignIn):
		v.over = true
		s.forget(w)
		return v, nil
	case err != nil:
		return nil, err
	}
	v.Actor, v.Person, v.Session, v.secret, v.enrol = got.Actor.From(network), got.Person, got.Session, c.Value, got.Enrol
	if got.Rotate {
		fresh, err := s.o.Identity.RotateSession(r.Context(), c.Value)
		switch {
		case err == nil:
			v.secret = fresh
			s.remember(w, got.Session, fresh)
		case !errs.Is(err, errs.Conflict): // another request of this browser has just done it
			return nil, err
		}
	}
	return v, nil
}

func bearer(r *http.Request) (string, bool) {
	scheme, secret, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(secret), ok && strings.EqualFold(scheme, "Bearer")
}

// in puts the visit and the page's language into the request.
func (v *Visit) in(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(ui.WithLang(r.Context(), v.Lang), visitKey{}, v))
}

// In is a request whose page is in another language than its address says: of an address
// that clients ask with Accept-Language.
func In(r *http.Request, l i18n.Lang) *http.Request {
	v := *From(r)
	v.Lang = l
	return v.in(r)
}

// Revision is the one that a form was drawn from, as its field revision says; -1, which is
// never the latest, when it says none.
func Revision(r *http.Request) int {
	n, err := strconv.Atoi(r.PostFormValue("revision"))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// Remember sets the cookie of a session that has just been opened.
func Remember(w http.ResponseWriter, r *http.Request, session identity.Session, secret string) {
	From(r).shell.remember(w, session, secret)
}

// Renew gives the session another secret, after an act that changes what it may do
// or how one signs in.
func Renew(w http.ResponseWriter, r *http.Request) error {
	v := From(r)
	if v.secret == "" {
		return nil
	}
	fresh, err := v.shell.o.Identity.RotateSession(r.Context(), v.secret)
	if errs.Is(err, errs.Conflict) { // another request of this browser has just done it
		return nil
	}
	if err != nil {
		return err
	}
	v.secret = fresh
	v.shell.remember(w, v.Session, fresh)
	return nil
}

const stepSeconds = 600

// RememberStep keeps, for ten minutes, the secret of a journey to an identity
// provider: only the browser that left may come back.
func RememberStep(w http.ResponseWriter, r *http.Request, secret string) {
	s := From(r).shell
	http.SetCookie(w, &http.Cookie{Name: s.cookie + "-step", Value: secret, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, MaxAge: stepSeconds})
}

// TakeStep returns what RememberStep kept, once; "" for another browser.
func TakeStep(w http.ResponseWriter, r *http.Request) string {
	s := From(r).shell
	c, err := r.Cookie(s.cookie + "-step")
	if err != nil {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookie + "-step", Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, MaxAge: -1})
	return c.Value
}

// Forget takes the session's cookie back, and what the browser has kept of pages.
func Forget(w http.ResponseWriter, r *http.Request) {
	From(r).shell.forget(w)
	w.Header().Set("Clear-Site-Data", `"cache"`)
}

func (s *Shell) remember(w http.ResponseWriter, session identity.Session, secret string) {
	http.SetCookie(w, &http.Cookie{Name: s.cookie, Value: secret, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, Expires: session.ExpiresAt})
}

func (s *Shell) forget(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: s.cookie, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, MaxAge: -1})
}

// SafeNext returns where to go after signing in: next when it is a path of this
// portal, else "/". A path with another host, a scheme, a backslash or a control
// character is refused, and so are the addresses of signing in and out.
func SafeNext(next string) string {
	if len(next) > 2000 || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsFunc(next, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return "/"
	}
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || u.User != nil || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, "\\") {
		return "/"
	}
	if _, path := SplitLang(u.Path); path == SignInPath || path == SignOutPath {
		return "/"
	}
	return next
}

// SignInURL is the page of signing in, which leads back to the page of the request.
// The prefix of the language is added by ui.Href.
func SignInURL(v *Visit, r *http.Request) string {
	next := r.URL.RequestURI()
	if r.Method != http.MethodGet && r.Method != http.MethodHead || v.Path == SignInPath || v.Path == "/" || SafeNext(next) != next {
		return SignInPath
	}
	return SignInPath + "?next=" + url.QueryEscape(next)
}
