package httpx

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"socle/internal/errs"
)

// records collects the log.
type records struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *records) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *records) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

func newRouter(t *testing.T, o Options) (*Router, *records) {
	t.Helper()
	log := &records{}
	o.Log = NewLogger(log, "json", slog.LevelDebug)
	if o.Render == nil {
		o.Render = JSONRenderer
	}
	return NewRouter(o), log
}

// get sends a request to a real server: deadlines, cut connections and chunks
// are those of the wire.
func get(t *testing.T, s *httptest.Server, method, path string, body io.Reader, header ...string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	c := s.Client()
	c.Transport.(*http.Transport).DisableCompression = true
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := c.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, string(b), err
}

func TestErrorsBecomeAnswersOfTheirKind(t *testing.T) {
	fail := map[string]error{
		"internal": errors.New("secret detail of the database"),
		"invalid":  errs.New(errs.Invalid, "httpx.json-field").WithField("title", "httpx.json-field"),
		"bad":      BadRequest("httpx.json", errs.Args{"Detail": "x"}),
		"missing":  errs.New(errs.NotFound, "errs.not-found"),
		"conflict": errs.New(errs.Conflict, "httpx.changed"),
		"denied":   errs.New(errs.Denied, "httpx.cross-origin"),
		"signin":   errs.New(errs.SignIn, "httpx.cross-origin"),
		"large":    errs.New(errs.TooLarge, "httpx.too-large"),
		"busy":     errs.New(errs.Busy, "errs.busy").WithHint("errs.busy.hint"),
		"wrapped":  fmt.Errorf("outside: %w", errs.New(errs.NotFound, "errs.not-found")),
		"toomany":  TooMany(90 * time.Second),
	}
	want := map[string]int{"internal": 500, "invalid": 422, "bad": 400, "missing": 404, "conflict": 409, "denied": 403, "signin": 401, "large": 413, "busy": 503, "wrapped": 404, "toomany": 429, "panic": 500}
	rt, log := newRouter(t, Options{})
	for name, err := range fail {
		rt.Handle("GET /"+name, func(http.ResponseWriter, *http.Request) error { return err })
	}
	rt.Handle("GET /panic", func(http.ResponseWriter, *http.Request) error { panic("secret detail of a bug") })
	s := httptest.NewServer(rt)
	defer s.Close()
	for name, status := range want {
		res, body, err := get(t, s, "GET", "/"+name, nil)
		if err != nil || res.StatusCode != status {
			t.Errorf("%s: %v %v, want %d", name, res, err, status)
			continue
		}
		var e ErrorBody
		if err := json.Unmarshal([]byte(body), &e); err != nil || e.Error.Message == "" || strings.Contains(e.Error.Message, "[") || e.Error.Request != res.Header.Get("X-Request-Id") {
			t.Errorf("%s: %s %v", name, body, err)
		}
		if strings.Contains(body, "secret detail") {
			t.Errorf("%s shows its cause: %s", name, body)
		}
		if n := strings.Count(log.String(), `"id":"`+res.Header.Get("X-Request-Id")+`"`); n != 1 {
			t.Errorf("%s is logged %d times", name, n)
		}
		if res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached", name)
		}
	}
	if l := log.String(); !strings.Contains(l, "secret detail of the database") || !strings.Contains(l, "secret detail of a bug") || !strings.Contains(l, "router_test.go") {
		t.Error("the log lacks the cause or the stack")
	}
	if res, _, _ := get(t, s, "GET", "/toomany", nil); res.Header.Get("Retry-After") != "90" {
		t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
	}
	if res, _, _ := get(t, s, "GET", "/busy", nil); res.Header.Get("Retry-After") == "" {
		t.Error("busy without Retry-After")
	}
}

func TestUnknownAddressesAreRendered(t *testing.T) {
	rt, _ := newRouter(t, Options{})
	rt.Handle("POST /only", func(http.ResponseWriter, *http.Request) error { return nil })
	rt.Handle("GET /folder/", func(http.ResponseWriter, *http.Request) error { return nil })
	s := httptest.NewServer(rt)
	defer s.Close()
	if res, body, _ := get(t, s, "GET", "/none", nil); res.StatusCode != 404 || !strings.Contains(body, "errs.not-found") {
		t.Error(res.StatusCode, body)
	}
	if res, body, _ := get(t, s, "GET", "/only", nil); res.StatusCode != 405 || res.Header.Get("Allow") != "POST" || !strings.Contains(body, "httpx.method") {
		t.Error(res.StatusCode, res.Header, body)
	}
	if res, _, _ := get(t, s, "GET", "/folder", nil); res.StatusCode != 307 && res.StatusCode != 301 {
		t.Error(res.StatusCode)
	}
}

// After half an answer the connection is cut: nobody takes it for whole.
func TestHalfAnAnswerIsCut(t *testing.T) {
	rt, log := newRouter(t, Options{})
	for name, size := range map[string]int{"small": 10, "large": 1 << 20} {
		rt.Handle("GET /"+name, func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "text/csv")
			_, _ = io.WriteString(w, strings.Repeat("a", size))
			return errors.New("lost the disk")
		})
	}
	s := httptest.NewServer(rt)
	defer s.Close()
	for _, name := range []string{"small", "large"} {
		for _, enc := range []string{"identity", "gzip"} {
			if _, _, err := get(t, s, "GET", "/"+name, nil, "Accept-Encoding", enc); err == nil {
				t.Errorf("%s, %s: half an answer passes for whole", name, enc)
			}
		}
	}
	if n := strings.Count(log.String(), "lost the disk"); n != 4 {
		t.Errorf("logged %d times", n)
	}
}

func TestBodyLimitPerRoute(t *testing.T) {
	rt, _ := newRouter(t, Options{MaxBody: 100})
	read := func(w http.ResponseWriter, r *http.Request) error {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		_, err = fmt.Fprint(w, len(b))
		return err
	}
	rt.Handle("POST /small", read)
	rt.Handle("POST /large", read, MaxBody(1000))
	rt.Handle("POST /free", read, MaxBody(-1))
	s := httptest.NewServer(rt)
	defer s.Close()
	for _, x := range []struct {
		path   string
		size   int
		status int
	}{{"/small", 100, 200}, {"/small", 101, 413}, {"/large", 1000, 200}, {"/large", 1001, 413}, {"/free", 5000, 200}} {
		res, body, err := get(t, s, "POST", x.path, io.MultiReader(strings.NewReader(strings.Repeat("x", x.size))))
		if err != nil || res.StatusCode != x.status {
			t.Errorf("%s %d: %v %v", x.path, x.size, res, err)
		}
		if x.status == 413 && !strings.Contains(body, "httpx.too-large") {
			t.Errorf("%s", body)
		}
	}
}

func TestTimeoutIsBusy(t *testing.T) {
	rt, _ := newRouter(t, Options{})
	rt.Handle("GET /slow", func(_ http.ResponseWriter, r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	}, Timeout(20*time.Millisecond))
	s := httptest.NewServer(rt)
	defer s.Close()
	if res, body, err := get(t, s, "GET", "/slow", nil); err != nil || res.StatusCode != 503 || !strings.Contains(body, "errs.busy") {
		t.Error(res, body, err)
	}
}

// A body that no longer comes ends the request; the answer may then take longer
// than the stall.
func TestStreamedBodyThatStalls(t *testing.T) {
	rt, _ := newRouter(t, Options{Stall: 100 * time.Millisecond})
	ended := make(chan error, 1)
	rt.Handle("POST /upload", func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.ReadAll(r.Body)
		ended <- err
		if err != nil {
			return err
		}
		select { // the work after the upload is not cut by the body's deadline
		case <-r.Context().Done():
			return r.Context().Err()
		case <-time.After(300 * time.Millisecond):
		}
		_, err = io.WriteString(w, "done")
		return err
	}, Stream(), MaxBody(-1))
	s := httptest.NewServer(rt)
	defer s.Close()
	body, feed := io.Pipe()
	go func() { _, _ = feed.Write([]byte("half")) }()
	go func() { _, _, _ = get(t, s, "POST", "/upload", body) }()
	if err := <-ended; err == nil {
		t.Error("a stalled body ended without error")
	}
	_ = feed.Close()
	if res, text, err := get(t, s, "POST", "/upload", strings.NewReader("whole")); err != nil || res.StatusCode != 200 || text != "done" {
		t.Error(res, text, err)
	}
	<-ended
}

func TestVisitorWhoLeavesIsNoFailure(t *testing.T) {
	rt, log := newRouter(t, Options{})
	in := make(chan struct{})
	out := make(chan struct{})
	rt.Handle("GET /wait", func(_ http.ResponseWriter, r *http.Request) error {
		close(in)
		<-r.Context().Done()
		defer close(out)
		return fmt.Errorf("query: %w", r.Context().Err())
	})
	s := httptest.NewServer(rt)
	c := &http.Client{Timeout: 0}
	r, _ := http.NewRequest("GET", s.URL+"/wait", nil)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		res, err := c.Do(r.WithContext(ctx))
		if err == nil {
			_ = res.Body.Close()
		}
	}()
	<-in
	cancel()
	<-out
	s.Close() // waits for the request's end
	if l := log.String(); !strings.Contains(l, `"status":499`) || strings.Contains(l, "ERROR") {
		t.Error(l)
	}
}

func TestCompression(t *testing.T) {
	rt, _ := newRouter(t, Options{})
	big := strings.Repeat("délibération ", 500)
	serve := func(contentType, tag string) HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("ETag", tag)
			return WriteBytes(w, r, 200, []byte(big))
		}
	}
	rt.Handle("GET /csv", serve("text/csv; charset=utf-8", FileTag("abc")))
	rt.Handle("GET /parquet", serve("application/vnd.apache.parquet", FileTag("abc")))
	rt.Handle("GET /short", func(w http.ResponseWriter, r *http.Request) error { return WriteHTML(w, r, 200, []byte("short")) })
	s := httptest.NewServer(rt)
	defer s.Close()
	res, body, _ := get(t, s, "GET", "/csv", nil, "Accept-Encoding", "gzip")
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("ETag") != `W/"abc"` || !strings.Contains(res.Header.Get("Vary"), "Accept-Encoding") {
		t.Error(res.Header)
	}
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(z); err != nil || string(plain) != big {
		t.Error("not the same text", err)
	}
	if res, _, _ := get(t, s, "GET", "/csv", nil, "Accept-Encoding", "gzip", "If-None-Match", `W/"abc"`); res.StatusCode != 304 || res.Header.Get("Content-Encoding") != "" {
		t.Error(res.StatusCode, res.Header)
	}
	for _, path := range []string{"/parquet", "/short"} {
		if res, _, _ := get(t, s, "GET", path, nil, "Accept-Encoding", "gzip"); res.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s is compressed", path)
		}
	}
	if res, body, _ := get(t, s, "GET", "/csv", nil); res.Header.Get("Content-Encoding") != "" || body != big || res.Header.Get("ETag") != `"abc"` {
		t.Error(res.Header)
	}
}

func TestSecurityHeaders(t *testing.T) {
	base, _ := url.Parse("https://data.example.org")
	rt, _ := newRouter(t, Options{BaseURL: base})
	page := func(w http.ResponseWriter, r *http.Request) error { return WriteHTML(w, r, 200, []byte("<p>")) }
	rt.Handle("GET /page", page)
	rt.Handle("GET /embed", page, WithCSP(DefaultCSP().FramedBy("*")))
	rt.Handle("GET /api", page, CORS())
	s := httptest.NewServer(rt)
	defer s.Close()
	for _, path := range []string{"/page", "/none"} {
		res, _, _ := get(t, s, "GET", path, nil)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Strict-Transport-Security": "max-age=31536000",
			"Content-Security-Policy": DefaultCSP().String(), "Access-Control-Allow-Origin": "",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", path, name, got, want)
			}
		}
	}
	res, _, _ := get(t, s, "GET", "/embed", nil)
	if res.Header.Get("X-Frame-Options") != "" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "frame-ancestors *") {
		t.Error(res.Header)
	}
	if res, _, _ = get(t, s, "GET", "/api", nil); res.Header.Get("Access-Control-Allow-Origin") != "*" || res.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Error(res.Header)
	}
}

// A browser that asks first is told what scripts of other sites may send, and where.
func TestPreflight(t *testing.T) {
	rt, _ := newRouter(t, Options{})
	read := func(w http.ResponseWriter, r *http.Request) error { return WriteHTML(w, r, 200, []byte("<p>")) }
	rt.Handle("GET /api", read, CORS())
	rt.Handle("POST /api", read)
	rt.Handle("GET /page", read)
	s := httptest.NewServer(rt)
	defer s.Close()
	for _, c := range []struct {
		path, method string
		status       int
	}{{"/api", "GET", 204}, {"/api", "HEAD", 204}, {"/api", "POST", 405}, {"/api", "", 405}, {"/page", "GET", 405}, {"/none", "GET", 404}} {
		asks := []string{"Origin", "https://elsewhere.example", "Access-Control-Request-Headers", "authorization"}
		if c.method != "" {
			asks = append(asks, "Access-Control-Request-Method", c.method)
		}
		res, _, err := get(t, s, "OPTIONS", c.path, nil, asks...)
		if err != nil || res.StatusCode != c.status {
			t.Fatalf("%s %s: %v %v", c.method, c.path, res, err)
		}
		h := res.Header
		if open := c.status == 204; (h.Get("Access-Control-Allow-Origin") == "*") != open || (h.Get("Access-Control-Allow-Methods") == c.method && open) != open ||
			strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") != open || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s %s: %v", c.method, c.path, h)
		}
	}
}

func TestForgedRequests(t *testing.T) {
	base, _ := url.Parse("https://data.example.org")
	rt, _ := newRouter(t, Options{BaseURL: base})
	ok := func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(204); return nil }
	rt.Handle("POST /act", ok)
	rt.Handle("GET /act", ok)
	rt.Handle("POST /callback", ok, AllowCrossOrigin())
	s := httptest.NewServer(rt)
	defer s.Close()
	for _, x := range []struct {
		method, path string
		header       []string
		want         int
	}{
		{"POST", "/act", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", "/act", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"POST", "/act", []string{"Origin", "https://evil.example"}, 403},
		{"POST", "/act", []string{"Origin", "null"}, 403},
		{"POST", "/act", []string{"Sec-Fetch-Site", "same-origin"}, 204},
		{"POST", "/act", []string{"Origin", "https://data.example.org"}, 204},
		{"POST", "/act", nil, 204}, // no browser
		{"GET", "/act", []string{"Sec-Fetch-Site", "cross-site"}, 204},
		{"POST", "/callback", []string{"Sec-Fetch-Site", "cross-site"}, 204},
	} {
		if res, _, err := get(t, s, x.method, x.path, nil, x.header...); err != nil || res.StatusCode != x.want {
			t.Errorf("%s %s %v: %v %v", x.method, x.path, x.header, res, err)
		}
	}
}

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, x := range []struct {
		remote string
		xff    []string
		proto  string
		want   string
		secure bool
	}{
		{"203.0.113.7:1", []string{"1.2.3.4"}, "https", "203.0.113.7", false}, // not a proxy of ours: its word is nothing
		{"10.0.0.1:1", []string{"1.2.3.4"}, "https", "1.2.3.4", true},
		{"10.0.0.1:1", []string{"6.6.6.6, 1.2.3.4"}, "http", "1.2.3.4", false}, // what the visitor wrote himself stands first
		{"10.0.0.1:1", []string{"6.6.6.6, 1.2.3.4, 10.1.1.1"}, "", "1.2.3.4", false},
		{"10.0.0.1:1", []string{"6.6.6.6", "1.2.3.4"}, "", "1.2.3.4", false},
		{"10.0.0.1:1", []string{"10.2.2.2"}, "", "10.2.2.2", false},
		{"10.0.0.1:1", []string{"1.2.3.4, nonsense"}, "", "10.0.0.1", false},
		{"10.0.0.1:1", nil, "", "10.0.0.1", false},
		{"[::1]:1", []string{"[2001:db8::1]:4000"}, "", "2001:db8::1", false},
		{"[::ffff:10.0.0.1]:1", []string{"1.2.3.4:80"}, "", "1.2.3.4", false},
		{"@", nil, "", "invalid IP", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = x.remote
		r.Header["X-Forwarded-For"] = x.xff
		r.Header.Set("X-Forwarded-Proto", x.proto)
		if a, secure := clientOf(r, trusted); a.String() != x.want || secure != x.secure {
			t.Errorf("%+v: %s %v", x, a, secure)
		}
	}
}

func TestLimitPerClient(t *testing.T) {
	now := time.Unix(0, 0)
	rt, _ := newRouter(t, Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	rt.Handle("GET /", func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(204); return nil }, Limit(NewLimiter(1, 2, 100, func() time.Time { return now })))
	s := httptest.NewServer(rt)
	defer s.Close()
	status := func(client string) int {
		res, _, err := get(t, s, "GET", "/", nil, "X-Forwarded-For", client)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode == 429 && res.Header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
		}
		return res.StatusCode
	}
	for _, x := range []struct {
		client string
		want   int
	}{{"1.1.1.1", 204}, {"1.1.1.1", 204}, {"1.1.1.1", 429}, {"2.2.2.2", 204}, {"2001:db8::1", 204}, {"2001:db8::2", 204}, {"2001:db8::3", 429}, {"2001:db8:0:1::1", 204}} {
		if got := status(x.client); got != x.want {
			t.Errorf("%s: %d, want %d", x.client, got, x.want)
		}
	}
	now = now.Add(time.Second)
	if got := status("1.1.1.1"); got != 204 {
		t.Errorf("after a second: %d", got)
	}
}

func TestLimitIsTold(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	clock := func() time.Time { return now }
	rt, _ := newRouter(t, Options{})
	rt.Handle("GET /", func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(204); return nil },
		Limit(NewLimiter(1, 3, 100, clock)), Limit(NewLimiter(0.5, 2, 100, clock)))
	rt.Handle("GET /free", func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(204); return nil })
	s := httptest.NewServer(rt)
	defer s.Close()
	for i, want := range []string{"204 2 1 1970-01-12T13:46:42Z", "204 2 0 1970-01-12T13:46:44Z", "429 2 0 1970-01-12T13:46:44Z"} {
		res, _, err := get(t, s, "GET", "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(res.StatusCode, " ", res.Header.Get("X-RateLimit-Limit"), " ", res.Header.Get("X-RateLimit-Remaining"), " ", res.Header.Get("X-RateLimit-Reset")); got != want {
			t.Errorf("request %d: %s, want %s", i, got, want)
		}
	}
	if res, _, err := get(t, s, "GET", "/free", nil); err != nil || res.Header.Get("X-RateLimit-Limit") != "" {
		t.Errorf("a route without limit: %v %v", res.Header, err)
	}
}

func TestLimiterMemoryIsBounded(t *testing.T) {
	l := NewLimiter(1, 1, 10, func() time.Time { return time.Unix(0, 0) })
	l.Take("kept")
	for i := range 1000 {
		l.Take(fmt.Sprint(i))
		l.Take("kept")
	}
	if l.Keys() != 10 {
		t.Errorf("%d keys", l.Keys())
	}
	if l.Take("kept").OK {
		t.Error("a busy key was forgotten")
	}
}

func TestMetricsCountByRoute(t *testing.T) {
	reg := prometheus.NewRegistry()
	rt, _ := newRouter(t, Options{Metrics: NewMetrics(reg)})
	rt.Handle("GET /datasets/{slug}", func(w http.ResponseWriter, r *http.Request) error { return WriteHTML(w, r, 200, []byte("x")) })
	rt.Handle("GET /metrics", MetricsHandler(reg, "open"))
	s := httptest.NewServer(rt)
	defer s.Close()
	for _, p := range []string{"/datasets/a", "/datasets/b", "/random1", "/random2"} {
		_, _, _ = get(t, s, "GET", p, nil)
	}
	if res, _, _ := get(t, s, "GET", "/metrics", nil); res.StatusCode != 404 {
		t.Error("metrics without token", res.StatusCode)
	}
	res, body, _ := get(t, s, "GET", "/metrics", nil, "Authorization", "Bearer open")
	if res.StatusCode != 200 || !strings.Contains(body, `socle_http_requests_total{route="GET /datasets/{slug}",status="200"} 2`) ||
		!strings.Contains(body, `socle_http_requests_total{route="none",status="404"} 2`) {
		t.Error(res.StatusCode, body)
	}
}
