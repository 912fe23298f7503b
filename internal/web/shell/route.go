package shell

import (
	"net/http"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/ui"
)

// Who says who may call a route. Services check rights themselves; this is the
// door before them, and what the table of routes shows.
type Who struct {
	name string
	may  func(identity.Actor) bool
	sign bool // who is nobody is sent to sign in
	opts []httpx.Option
}

// Anyone may call: the handler's services decide what the visitor sees.
var Anyone = Who{name: "anyone", may: func(identity.Actor) bool { return true }}

// SignedIn is a person with a session, or a token of the API.
var SignedIn = Who{name: "signed in", sign: true, may: func(a identity.Actor) bool { return !a.IsAnonymous() }}

// Person is someone with a session: no token of the API.
var Person = Who{name: "person", sign: true, may: func(a identity.Actor) bool { return a.Person() != "" && !a.IsToken() }}

// Host is anyone with a role of the host.
var Host = host("host", identity.HostRoleList...)

// HostAdmin is the host's administrator.
var HostAdmin = host("host administrator", identity.HostAdministrator)

// HostAnimator is the host's animator or administrator.
var HostAnimator = host("host animator", identity.HostAnimator, identity.HostAdministrator)

// HostAuditor is who may read the audit.
var HostAuditor = host("host auditor", identity.HostAuditor, identity.HostAdministrator)

// host is the door of those with one of the host's roles; a token needs the scope of
// administration too.
func host(name string, roles ...identity.HostRole) Who {
	return Who{name: name, sign: true, may: func(a identity.Actor) bool {
		return a.HasScope(identity.ScopeAdmin) && slices.ContainsFunc(roles, a.IsHost)
	}}
}

// With adds options of the router to a route: limits, streams, a policy.
func (w Who) With(opts ...httpx.Option) Who {
	w.opts = append(slices.Clone(w.opts), opts...)
	return w
}

// String is the name in the table of routes.
func (w Who) String() string { return w.name }

// Route is one line of an area's table. The pattern is one of http.ServeMux with
// its method, of the French page; the English one is mounted with it under /en.
type Route struct {
	Pattern string
	Who     Who
	Handler httpx.HandlerFunc
}

// Mount adds routes to the router, each page in both languages.
func (s *Shell) Mount(rt *httpx.Router, routes ...Route) {
	for _, r := range routes {
		s.table = append(s.table, r)
		opts := slices.Clone(r.Who.opts)
		method, path, ok := strings.Cut(r.Pattern, " ")
		if !ok {
			panic("shell: the pattern has no method: " + r.Pattern)
		}
		if strings.HasPrefix(path, "/api/") {
			opts = append([]httpx.Option{httpx.WithRenderer(httpx.JSONRenderer)}, opts...)
		}
		rt.Handle(r.Pattern, s.gate(r), opts...)
		switch english := ui.Address(i18n.English, strings.TrimSuffix(path, "{$}")); {
		case english == strings.TrimSuffix(path, "{$}"):
		case path == "/{$}":
			rt.Handle(method+" /en", s.gate(r), opts...)
			rt.Handle(method+" /en/{$}", func(w http.ResponseWriter, r *http.Request) error {
				http.Redirect(w, r, "/en", http.StatusPermanentRedirect)
				return nil
			})
		default:
			rt.Handle(method+" /en"+path, s.gate(r), opts...)
		}
	}
}

// Own are the routes of the shell itself: the files that pages load.
func (s *Shell) Own() []Route {
	own := []Route{
		{"GET " + ui.StaticPath + "{file...}", Anyone, s.assets.Serve},
		{"GET " + ui.HostPath + "{file}", Anyone, func(w http.ResponseWriter, r *http.Request) error {
			return s.o.Host(r.Context()).Style.Serve(w, r)
		}},
	}
	if s.o.Development {
		own = append(own, Route{"GET " + ui.DesignPath, Anyone, func(w http.ResponseWriter, r *http.Request) error {
			return Page(w, r, ui.DesignPage(), ui.Design())
		}})
	}
	return own
}

// Table lists the routes as "METHOD pattern who", sorted, for the golden of who
// may call what.
func (s *Shell) Table() string {
	var lines []string
	for _, r := range s.table {
		method, path, _ := strings.Cut(r.Pattern, " ")
		lines = append(lines, path+"\x00"+method+"\x00"+r.Who.name)
	}
	slices.Sort(lines)
	var b strings.Builder
	for _, l := range lines {
		f := strings.Split(l, "\x00")
		b.WriteString(f[1] + " " + f[0] + " " + f[2] + "\n")
	}
	return b.String()
}

// enrol leads to the page where a second factor is set up, as the host asks.
func (s *Shell) enrol(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodGet && !Partial(r) && !strings.HasPrefix(r.URL.Path, "/api/") {
		return Redirect(w, r, EnrolPath)
	}
	return errs.New(errs.Denied, "identity.enrol").WithHint("identity.enrol.hint")
}

// gate loads the visit and lets in who may.
func (s *Shell) gate(route Route) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if strings.HasPrefix(r.URL.Path, ui.StaticPath) || strings.HasPrefix(r.URL.Path, ui.HostPath) {
			return route.Handler(w, r) // the same for everyone, whoever asks
		}
		v, err := s.visit(w, r)
		if err != nil {
			return err
		}
		r = v.in(r)
		switch {
		case v.enrol && route.Who.sign && !strings.HasPrefix(v.Path, EnrolPath):
			return s.enrol(w, r)
		case route.Who.may(v.Actor):
			return route.Handler(w, r)
		case !v.Actor.IsAnonymous():
			return errs.New(errs.Denied, "identity.denied").WithHint("identity.denied.hint")
		case v.over:
			return errs.New(errs.SignIn, "identity.session-over").WithHint("identity.session-over.hint")
		}
		return errs.New(errs.SignIn, "identity.sign-in-first").WithHint("identity.sign-in-first.hint")
	}
}
