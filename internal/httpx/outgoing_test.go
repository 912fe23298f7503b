package httpx

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"socle/internal/errs"
)

func fetch(t *testing.T, c *http.Client, address string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

func kind(t *testing.T, err error, key string) {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) || e.Key != key {
		t.Errorf("%v, want %s", err, key)
	}
}

// However the address is written, a private one is refused before a byte is sent.
func TestPrivateAddressesAreRefused(t *testing.T) {
	asked := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer s.Close()
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1.2.3", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "[fe80::1]", "[fd00::1]", "224.0.0.1", "255.255.255.255", "198.18.0.1"} {
		_, err := fetch(t, Client(ClientOptions{Timeout: 5 * time.Second}), "http://"+host+port+"/")
		kind(t, err, "httpx.forbidden-address")
	}
	if asked {
		t.Error("a private server was reached")
	}
}

func TestPublicAddresses(t *testing.T) {
	for a, want := range map[string]bool{"1.1.1.1": true, "2606:4700:4700::1111": true, "192.0.2.1": false, "203.0.113.9": false, "2001:db8::1": false, "2002:7f00:1::": false, "::": false} {
		if got := public(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: %v", a, got)
		}
	}
}

func TestAllowedNetworkAndHost(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.UserAgent()) }))
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "http://")
	for _, o := range []ClientOptions{{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, {AllowHosts: []string{host}}} {
		if body, err := fetch(t, Client(o), s.URL); err != nil || body != "Socle" {
			t.Error(body, err)
		}
	}
}

// A public server may send the visitor on to a private one: each hop is checked.
func TestRedirectsAreChecked(t *testing.T) {
	private := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "secret") }))
	defer private.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{"/private": private.URL, "/loop": "/loop", "/file": "file:///etc/passwd", "/user": "http://a:b@" + r.Host + "/"}[r.URL.Path]
		http.Redirect(w, r, to, http.StatusFound)
	}))
	defer s.Close()
	c := Client(ClientOptions{AllowHosts: []string{strings.TrimPrefix(s.URL, "http://")}})
	for path, key := range map[string]string{"/private": "httpx.forbidden-address", "/loop": "httpx.redirects", "/file": "httpx.address", "/user": "httpx.address"} {
		body, err := fetch(t, c, s.URL+path)
		if body != "" {
			t.Errorf("%s gave %q", path, body)
		}
		kind(t, err, key)
	}
}

func TestAnswersAreLimited(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size := map[string]int{"/at": 100, "/over": 101, "/told": 101}[r.URL.Path]
		if r.URL.Path == "/told" {
			w.Header().Set("Content-Length", "101")
		} else {
			w.(http.Flusher).Flush()
		}
		_, _ = io.WriteString(w, strings.Repeat("x", size))
	}))
	defer s.Close()
	c := Client(ClientOptions{MaxBytes: 100, AllowHosts: []string{strings.TrimPrefix(s.URL, "http://")}})
	if body, err := fetch(t, c, s.URL+"/at"); err != nil || len(body) != 100 {
		t.Error(len(body), err)
	}
	for _, path := range []string{"/over", "/told"} {
		body, err := fetch(t, c, s.URL+path)
		if len(body) > 100 {
			t.Errorf("%s: %d bytes", path, len(body))
		}
		kind(t, err, "httpx.answer-too-large")
	}
}

func TestTotalTime(t *testing.T) {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/on" {
			time.Sleep(20 * time.Millisecond)
			http.Redirect(w, r, "/on", http.StatusFound)
			return
		}
		if r.URL.Path == "/trickle" {
			_, _ = io.WriteString(w, "a")
			w.(http.Flusher).Flush()
		}
		<-release
	}))
	defer s.Close()
	defer close(release)
	c := Client(ClientOptions{Timeout: 50 * time.Millisecond, AllowHosts: []string{strings.TrimPrefix(s.URL, "http://")}})
	_, err := fetch(t, c, s.URL+"/silent")
	kind(t, err, "httpx.unreachable")
	if !errors.Is(err, ErrUnreachable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	for _, path := range []string{"/trickle", "/on"} { // /on leads on for ever, each hop in time
		_, err = fetch(t, c, s.URL+path)
		kind(t, err, "httpx.unreachable")
	}
}

func TestAddressForms(t *testing.T) {
	for s, want := range map[string]bool{
		"https://example.org/a?b=c": true, "http://example.org": true, "ftp://example.org": false, "//example.org": false, "file:///etc/passwd": false,
		"http://": false, "https://user:pass@example.org": false, "javascript:alert(1)": false, "gopher://x": false,
	} {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckURL(u); (err == nil) != want {
			t.Errorf("%s: %v", s, err)
		}
	}
	if CheckURL(nil) == nil {
		t.Error("no address passes")
	}
}
