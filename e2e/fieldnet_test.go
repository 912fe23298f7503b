package e2e

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// weather is what a network does to requests of the API and the pages of forms, in chances of 1.
type weather struct {
	down  bool
	slow  time.Duration // before a request leaves, up to
	lost  float64       // it does not arrive
	deaf  float64       // it arrives, its answer does not come back
	twice float64       // it arrives again, later, behind others
	cut   float64       // its body stops in the middle
}

// air stands between phones and the portal. The addresses of the portal are its own.
type air struct {
	*httptest.Server
	p      *portal
	mu     sync.Mutex
	now    weather
	dice   *rand.Rand
	late   []*http.Request
	bodies map[*http.Request][]byte
	faults map[string]int // how often each was done
	client *http.Client
	plain  *httputil.ReverseProxy // of what is no form
}

// overTheAir runs a portal that is reached through a network of the test.
func overTheAir(t *testing.T, args ...string) (*portal, *air) {
	t.Helper()
	a := &air{dice: rand.New(rand.NewPCG(7, 31)), faults: map[string]int{}, bodies: map[*http.Request][]byte{}}
	a.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{DisableCompression: true}}
	a.plain = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", a.p.addr, r.In.Host
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, FlushInterval: -1,
	}
	a.Server = httptest.NewServer(a)
	t.Cleanup(func() {
		a.CloseClientConnections()
		a.Close()
		a.client.CloseIdleConnections()
	})
	u, err := url.Parse(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	outside := "http://localhost:" + u.Port()
	a.p = start(t, append(args, "--base-url", outside)...)
	a.p.url = outside
	return a.p, a
}

func (a *air) set(w weather) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = w
}

// chance throws the dice for one fault.
func (a *air) chance(name string, of float64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dice.Float64() >= of {
		return false
	}
	a.faults[name]++
	return true
}

func (a *air) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	now := a.now
	a.mu.Unlock()
	if now.down {
		panic(http.ErrAbortHandler)
	}
	if !strings.HasPrefix(r.URL.Path, "/api/v1/forms") && !strings.HasPrefix(r.URL.Path, "/f/") {
		a.plain.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if now.slow > 0 {
		time.Sleep(time.Duration(a.random() * float64(now.slow)))
	}
	if a.chance("lost", now.lost) {
		panic(http.ErrAbortHandler)
	}
	if len(body) > 1 && a.chance("cut", now.cut) {
		body = body[:len(body)/2]
	}
	res, err := a.pass(r, body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if a.chance("twice", now.twice) {
		a.keepForLater(r, body)
	} else if a.random() < 0.5 {
		a.deliverLate()
	}
	answer, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil || a.chance("deaf", now.deaf) {
		panic(http.ErrAbortHandler)
	}
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(res.StatusCode)
	_, _ = w.Write(answer)
}

func (a *air) random() float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.dice.Float64()
}

// pass brings a request to the portal, as it is.
func (a *air) pass(r *http.Request, body []byte) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.RequestURI, out.URL.Scheme, out.URL.Host = "", "http", a.p.addr
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return a.client.Transport.RoundTrip(out)
}

func (a *air) keepForLater(r *http.Request, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	again := r.Clone(context.WithoutCancel(r.Context()))
	a.late = append(a.late, again)
	a.bodies[again] = body
}

// deliverLate brings the oldest repeated request, behind those that came after it.
func (a *air) deliverLate() {
	a.mu.Lock()
	if len(a.late) == 0 {
		a.mu.Unlock()
		return
	}
	r := a.late[0]
	a.late = a.late[1:]
	body := a.bodies[r]
	delete(a.bodies, r)
	a.mu.Unlock()
	if res, err := a.pass(r, body); err == nil {
		_ = res.Body.Close()
	}
}
