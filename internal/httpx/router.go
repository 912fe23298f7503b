package httpx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"socle/internal/errs"
	"socle/internal/ids"
)

// HandlerFunc answers a request or returns an error. After an error it has
// written nothing: the Router renders the failure. When part of the answer is
// already gone, the connection is cut so that nobody takes it for whole.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Options of a Router. Log and Render must be given.
type Options struct {
	Log            *slog.Logger
	Render         Renderer
	Metrics        *Metrics       // nil: not counted
	TrustedProxies []netip.Prefix // whose X-Forwarded-* headers are believed
	BaseURL        *url.URL       // public address; https adds Strict-Transport-Security
	CSP            CSP            // the policy of pages; zero: DefaultCSP
	MaxBody        int64          // bytes; zero: 1 MiB
	Timeout        time.Duration  // of a request; zero: 30 s
	Stall          time.Duration  // of a streamed body that does not move; zero: 60 s
	Now            func() time.Time
}

// Router is a table of routes: patterns of http.ServeMux, handlers that return
// errors. It is an http.Handler that holds everything every request needs.
type Router struct {
	o        Options
	mux      *http.ServeMux
	csrf     *http.CrossOriginProtection
	csp      *cspHeaders // of Options.CSP
	patterns []string
	open     map[string]bool // patterns of CORS
	handler  http.Handler
}

// GzipLevel is that of what is compressed while it is sent: a tenth heavier than the
// usual level and more than twice as fast.
const GzipLevel = 2

// NewRouter returns an empty Router.
func NewRouter(o Options) *Router {
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Stall == 0 {
		o.Stall = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CSP.isZero() {
		o.CSP = DefaultCSP()
	}
	rt := &Router{o: o, mux: http.NewServeMux(), open: map[string]bool{}, csrf: http.NewCrossOriginProtection(), csp: o.CSP.headers()}
	if o.BaseURL != nil {
		// A proxy may send another Host than the visitor's: the public address counts too.
		if err := rt.csrf.AddTrustedOrigin(o.BaseURL.Scheme + "://" + o.BaseURL.Host); err != nil {
			panic("httpx: base URL without scheme or host: " + o.BaseURL.String())
		}
	}
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.ContentTypeFilter(compressible), gzhttp.SuffixETag(""), gzhttp.EnableZstd(false),
		gzhttp.CompressionLevel(GzipLevel))
	if err != nil {
		panic("httpx: " + err.Error())
	}
	rt.handler = compress(http.HandlerFunc(rt.dispatch))
	return rt
}

// route is what its options say of one route.
type route struct {
	maxBody     int64
	timeout     time.Duration
	stream      bool
	crossOrigin bool
	cors        bool
	csp         *cspHeaders
	render      Renderer
	limiters    []*Limiter
}

// Option changes one route.
type Option func(*route)

// MaxBody sets how many bytes the request may have; -1: no limit (the handler
// counts by itself).
func MaxBody(n int64) Option { return func(r *route) { r.maxBody = n } }

// Timeout sets how long the whole request may take.
func Timeout(d time.Duration) Option { return func(r *route) { r.timeout = d } }

// Stream is for uploads and exports: they may take hours on a slow line, so only
// a body that stops moving for Options.Stall ends them.
func Stream() Option { return func(r *route) { r.stream = true } }

// AllowCrossOrigin lets pages of other sites send to this route (answers of a
// sign-in service, for example): the handler proves the sender otherwise.
func AllowCrossOrigin() Option { return func(r *route) { r.crossOrigin = true } }

// CORS lets scripts of any site read the route, without cookies; one that sends a token
// asks first whether it may (preflight).
func CORS() Option { return func(r *route) { r.cors = true } }

// WithCSP gives the route another content security policy (embeds).
func WithCSP(c CSP) Option {
	h := c.headers()
	return func(r *route) { r.csp = h }
}

// WithRenderer shows the route's failures otherwise (the API's JSON).
func WithRenderer(f Renderer) Option { return func(r *route) { r.render = f } }

// Limit holds the route to a rate per client address.
func Limit(l *Limiter) Option { return func(r *route) { r.limiters = append(r.limiters, l) } }

// Handle adds a route. The pattern is one of http.ServeMux, with its method:
// "GET /datasets/{slug}".
func (rt *Router) Handle(pattern string, h HandlerFunc, opts ...Option) {
	o := route{maxBody: rt.o.MaxBody, timeout: rt.o.Timeout, render: rt.o.Render}
	for _, f := range opts {
		f(&o)
	}
	rt.patterns = append(rt.patterns, pattern)
	if o.cors {
		rt.open[pattern] = true
	}
	rt.mux.Handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { rt.run(w, r, h, &o) }))
}

// Mount adds a plain handler (files, metrics).
func (rt *Router) Mount(pattern string, h http.Handler, opts ...Option) {
	rt.Handle(pattern, func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}, opts...)
}

// Patterns lists the routes in the order they were added.
func (rt *Router) Patterns() []string { return append([]string(nil), rt.patterns...) }

// ServeHTTP answers a request: it names it, finds who asks, answers, then logs
// and counts it once.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := rt.o.Now()
	st := &state{id: ids.New()}
	st.client, st.secure = clientOf(r, rt.o.TrustedProxies)
	r = r.WithContext(context.WithValue(r.Context(), stateKey{}, st))
	_, pattern := rt.mux.Handler(r)
	cw := &countingWriter{ResponseWriter: w}
	done := rt.o.Metrics.start()
	rt.headers(cw.Header(), st)
	defer func() {
		took := rt.o.Now().Sub(start)
		gone := recover()
		status := cw.status
		if status == 0 {
			status = http.StatusOK
		}
		if st.err != nil && Status(st.err) == statusClientGone {
			status = statusClientGone
		}
		done(pattern, r.Method, status, took)
		rt.log(r, st, pattern, status, cw.bytes, took)
		if gone != nil {
			panic(http.ErrAbortHandler)
		}
	}()
	rt.handler.ServeHTTP(cw, r)
}

// dispatch finds the route; the mux's own plain answers become rendered failures.
func (rt *Router) dispatch(w http.ResponseWriter, r *http.Request) {
	h, pattern := rt.mux.Handler(r)
	if pattern != "" {
		rt.mux.ServeHTTP(w, r)
		return
	}
	if rt.preflight(w, r) {
		return
	}
	probe := &probeWriter{header: http.Header{}}
	h.ServeHTTP(probe, r)
	err := error(errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint"))
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		err = WithStatus(errs.New(errs.Invalid, "httpx.method", errs.Args{"Method": r.Method}), probe.status)
	}
	rt.fail(w, r, rt.o.Render, err)
}

// preflight answers a browser that asks whether a script of another site may send a
// request: those of open routes, with any header (Fetch, CORS-preflight fetch).
func (rt *Router) preflight(w http.ResponseWriter, r *http.Request) bool {
	method := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || method == "" {
		return false
	}
	asked := r.Clone(r.Context())
	asked.Method = method
	if _, pattern := rt.mux.Handler(asked); !rt.open[pattern] {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", method)
	h.Set("Access-Control-Allow-Headers", "*, Authorization") // the star leaves that one out
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
	return true
}

var errTimeout = errors.New("the request took too long")

// run holds one request to its route's limits and answers it.
func (rt *Router) run(w http.ResponseWriter, r *http.Request, h HandlerFunc, o *route) {
	policy := rt.csp
	if o.csp != nil {
		policy = o.csp
		policy.set(w.Header())
	}
	if o.cors {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", "ETag, Content-Disposition, Link, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id")
	}
	if err := rt.admit(w.Header(), r, o); err != nil {
		rt.fail(w, r, o.render, err)
		return
	}
	rc := http.NewResponseController(w)
	if o.stream {
		r.Body = &movingBody{ReadCloser: r.Body, rc: rc, stall: rt.o.Stall}
		w = &movingWriter{ResponseWriter: w, rc: rc, stall: rt.o.Stall}
	} else {
		// Deadlines are of the connection: each request sets its own. Writers that
		// have none (tests) answer ErrNotSupported, which changes nothing.
		// They come after the time of the request, which is told politely.
		end := time.Now().Add(o.timeout + 5*time.Second)
		_ = rc.SetReadDeadline(end)
		_ = rc.SetWriteDeadline(end)
		ctx, cancel := context.WithTimeoutCause(r.Context(), o.timeout, errTimeout)
		defer cancel()
		r = r.WithContext(ctx)
	}
	if o.maxBody >= 0 {
		r.Body = http.MaxBytesReader(w, r.Body, o.maxBody)
	}
	tw := &touchedWriter{ResponseWriter: w}
	err := safely(h, tw, r)
	if err == nil {
		return
	}
	err = normalise(r, err)
	if tw.touched {
		stateOf(r.Context()).err = err
		panic(http.ErrAbortHandler) // half an answer must not look whole
	}
	policy.set(w.Header()) // a download that failed is a page again
	rt.fail(w, r, o.render, err)
}

// admit refuses what must not reach the handler. Of several limits, the headers h
// tell the one that leaves least.
func (rt *Router) admit(h http.Header, r *http.Request, o *route) error {
	if !o.crossOrigin {
		if err := rt.sameOrigin(r); err != nil {
			return errs.New(errs.Denied, "httpx.cross-origin").WithHint("httpx.cross-origin.hint").Because(err)
		}
	}
	least := -1
	for _, l := range o.limiters {
		a := l.Take(clientKey(ClientAddr(r.Context())))
		if least < 0 || a.Remaining < least {
			least = a.Remaining
			a.set(h)
		}
		if !a.OK {
			a.set(h)
			return TooMany(a.Wait)
		}
	}
	return nil
}

var errReferer = errors.New("the request comes from a page of another origin, says its Referer")

// sameOrigin refuses what pages of other origins send. Browsers say where a request
// comes from in Sec-Fetch-Site or Origin; for one that says neither, its Referer
// counts. A program that says nothing has no visitor's cookie to misuse.
func (rt *Router) sameOrigin(r *http.Request) error {
	if err := rt.csrf.Check(r); err != nil {
		return err
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	referer := r.Header.Get("Referer")
	if referer == "" || r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != "" {
		return nil
	}
	u, err := url.Parse(referer)
	if err != nil || u.Host != r.Host && (rt.o.BaseURL == nil || u.Host != rt.o.BaseURL.Host) {
		return errReferer
	}
	return nil
}

// safely turns a panic into an Internal error with its stack.
func safely(h HandlerFunc, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h(w, r)
}

// fail renders an error and leaves it for the log.
func (rt *Router) fail(w http.ResponseWriter, r *http.Request, render Renderer, err error) {
	st := stateOf(r.Context())
	st.err = err
	f := Failure{Status: Status(err), Error: errs.As(err), RequestID: st.id}
	if f.Status == statusClientGone {
		return
	}
	f.RetryAfter = RetryAfter(err)
	if f.RetryAfter == 0 && f.Error.Kind == errs.Busy {
		f.RetryAfter = 5 * time.Second
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(int64((f.RetryAfter+time.Second-1)/time.Second)))
	}
	for _, name := range []string{"ETag", "Last-Modified", "Content-Disposition", "Content-Length", "Content-Encoding", "Content-Type"} {
		w.Header().Del(name) // meant for the answer that failed
	}
	w.Header().Set("Cache-Control", "no-store")
	render(w, r, f)
}

// log writes the one record of a request.
func (rt *Router) log(r *http.Request, st *state, pattern string, status int, bytes int64, took time.Duration) {
	level, msg := slog.LevelInfo, "request"
	if st.err == nil && !rt.o.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("id", st.id), slog.String("method", r.Method), slog.String("url", redactPath(r)), slog.String("route", pattern),
		slog.Int("status", status), slog.Int64("bytes", bytes), slog.Duration("took", took), slog.String("client", st.client.String()),
	}
	if st.err != nil {
		attrs = append(attrs, slog.String("err", st.err.Error()))
		switch {
		case status >= 500 && status != http.StatusServiceUnavailable:
			level, msg = slog.LevelError, "request failed"
		case status == http.StatusServiceUnavailable:
			level, msg = slog.LevelWarn, "request refused, busy"
		}
	}
	rt.o.Log.LogAttrs(r.Context(), level, msg, attrs...)
}

// movingBody ends a request whose body stops coming.
type movingBody struct {
	io.ReadCloser
	rc    *http.ResponseController
	stall time.Duration
}

// Read sets a deadline for this read alone: one that stayed would cut the
// connection while the answer is being made.
func (b *movingBody) Read(p []byte) (int, error) {
	_ = b.rc.SetReadDeadline(time.Now().Add(b.stall))
	n, err := b.ReadCloser.Read(p)
	_ = b.rc.SetReadDeadline(time.Time{})
	return n, err
}

// movingWriter ends an answer that its reader stops taking.
type movingWriter struct {
	http.ResponseWriter
	rc    *http.ResponseController
	stall time.Duration
}

func (w *movingWriter) Write(p []byte) (int, error) {
	_ = w.rc.SetWriteDeadline(time.Now().Add(w.stall))
	return w.ResponseWriter.Write(p)
}

func (w *movingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// touchedWriter knows whether the answer has begun.
type touchedWriter struct {
	http.ResponseWriter
	touched bool
}

func (w *touchedWriter) WriteHeader(status int) {
	w.touched = w.touched || status >= 200
	w.ResponseWriter.WriteHeader(status)
}

func (w *touchedWriter) Write(p []byte) (int, error) {
	w.touched = true
	return w.ResponseWriter.Write(p)
}

func (w *touchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// countingWriter remembers status and size for log and metrics.
type countingWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *countingWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
		// Compressed, the bytes are others than those the strong tag names.
		if tag := w.Header().Get("ETag"); w.Header().Get("Content-Encoding") != "" && tag != "" && tag[0] == '"' {
			w.Header().Set("ETag", "W/"+tag)
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *countingWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

func (w *countingWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// probeWriter takes the mux's plain answer, to be rendered instead.
type probeWriter struct {
	header http.Header
	status int
}

func (w *probeWriter) Header() http.Header         { return w.header }
func (w *probeWriter) WriteHeader(status int)      { w.status = status }
func (w *probeWriter) Write(p []byte) (int, error) { return len(p), nil }
