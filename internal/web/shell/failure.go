package shell

import (
	"net/http"
	"strings"

	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/web/ui"
)

// Render shows a failure: as JSON for the API and for scripts that ask for it, as a
// notice for htmx, by the way of signing in, or as a page that says what happened,
// what is safe and what to do. It is the Renderer of the router.
func (s *Shell) Render(w http.ResponseWriter, r *http.Request, f httpx.Failure) {
	if strings.HasPrefix(r.URL.Path, "/api/") || wantsJSON(r) {
		httpx.JSONRenderer(w, r, f)
		return
	}
	v := s.visitOfFailure(w, r, f)
	r = v.in(r)
	e := f.Error
	if e.Kind == errs.SignIn && v.Actor.IsAnonymous() && (r.Method == http.MethodGet || r.Method == http.MethodHead) && !Partial(r) && v.Path != SignInPath {
		if v.over {
			Flash(w, r, ui.Information, e.Key, e.Args)
		}
		_ = redirect(w, r, ui.Address(v.Lang, SignInURL(v, r)))
		return
	}
	ctx := r.Context()
	var err error
	if Partial(r) {
		err = FragmentStatus(w, r, f.Status, ui.Failed(ctx, e))
	} else {
		view := s.failureView(r, v, f)
		err = s.page(w, r, v, f.Status, ui.Page{Title: view.Title, NoIndex: true}, failurePage(view))
	}
	if err != nil {
		s.o.Log.ErrorContext(ctx, "the page of an error failed", "err", err, "id", f.RequestID)
	}
}

// wantsJSON tells scripts from browsers: they ask for JSON and not for pages.
func wantsJSON(r *http.Request) bool {
	a := r.Header.Get("Accept")
	return strings.Contains(a, "application/json") && !strings.Contains(a, "text/html")
}

// visitOfFailure is the visit of the request, or one made for the page of the error:
// without the database when that is what may have failed.
func (s *Shell) visitOfFailure(w http.ResponseWriter, r *http.Request, f httpx.Failure) *Visit {
	if v, ok := r.Context().Value(visitKey{}).(*Visit); ok {
		return v
	}
	if f.Status < 500 {
		if v, err := s.visit(w, r); err == nil {
			return v
		}
	}
	v := &Visit{shell: s}
	v.Lang, v.Path = SplitLang(r.URL.Path)
	return v
}

// failureView is what the page of an error shows.
type failureView struct {
	Title     string
	Happened  string // may say the same as the title: then ""
	Fields    []string
	Safe      string
	ToDo      string
	RequestID string
	Actions   []ui.Button
	Resend    *resendView
}

// resendView keeps what was typed into a form whose session ended.
type resendView struct {
	Action  string
	SignIn  string
	Fields  []ui.KeyValue
	Parts   bool // the form is sent in parts
	NoFiles bool // it had files, which are not kept
}

func (s *Shell) failureView(r *http.Request, v *Visit, f httpx.Failure) failureView {
	ctx := r.Context()
	e := f.Error
	view := failureView{Title: title(v.Lang, e.Kind), Happened: ui.T(ctx, e.Key, e.Args), Safe: safe(v.Lang, e.Kind)}
	if f.Status >= 500 {
		view.RequestID = f.RequestID // the host finds it in the log
	}
	if e.Hint != "" {
		view.ToDo = ui.T(ctx, e.Hint, e.Args)
	}
	for _, x := range e.Fields {
		view.Fields = append(view.Fields, ui.T(ctx, x.Key, x.Args))
	}
	home := ui.Button{Label: ui.T(ctx, "shell.home"), Icon: "house", Href: "/"}
	search := ui.Button{Label: ui.T(ctx, "ui.search"), Icon: "search", Href: "/search"}
	switch e.Kind {
	case errs.NotFound:
		search.Style = ui.Primary
		view.Actions = []ui.Button{search, home}
	case errs.SignIn:
		view.Actions = []ui.Button{{Label: ui.T(ctx, "ui.sign-in"), Icon: "log-in", Style: ui.Primary, Href: SignInURL(v, r)}, home}
		view.Resend = resend(v, r)
	case errs.Conflict, errs.Busy, errs.Internal:
		if r.Method == http.MethodGet {
			view.Actions = []ui.Button{{Label: ui.T(ctx, "shell.again"), Icon: "refresh-cw", Style: ui.Primary, Href: v.Path + query(r)}}
		}
		view.Actions = append(view.Actions, home)
	default:
		view.Actions = []ui.Button{home}
	}
	if view.Resend != nil {
		view.Actions = nil
		view.Safe = i18n.T(v.Lang, "shell.resend.safe")
	}
	return view
}

func query(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return ""
	}
	return "?" + r.URL.RawQuery
}

// title names the kind of failure in large.
func title(l i18n.Lang, k errs.Kind) string {
	switch k {
	case errs.Invalid:
		return i18n.T(l, "shell.title.invalid")
	case errs.NotFound:
		return i18n.T(l, "shell.title.not-found")
	case errs.Conflict:
		return i18n.T(l, "shell.title.conflict")
	case errs.Denied:
		return i18n.T(l, "shell.title.denied")
	case errs.SignIn:
		return i18n.T(l, "shell.title.sign-in")
	case errs.TooLarge:
		return i18n.T(l, "shell.title.too-large")
	case errs.Busy:
		return i18n.T(l, "shell.title.busy")
	}
	return i18n.T(l, "shell.title.internal")
}

// safe says what is not lost; "" where there is nothing to fear.
func safe(l i18n.Lang, k errs.Kind) string {
	switch k {
	case errs.Invalid, errs.TooLarge:
		return i18n.T(l, "shell.safe.nothing-changed")
	case errs.Conflict:
		return i18n.T(l, "shell.safe.conflict")
	case errs.Internal, errs.Busy:
		return i18n.T(l, "shell.safe.saved")
	}
	return ""
}
