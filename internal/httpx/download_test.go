package httpx_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"socle/internal/errs"
	"socle/internal/httpx"
)

func TestDownload(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/named":
			w.Header().Set("Content-Disposition", `attachment; filename="../fontaines.csv"`)
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/unwell":
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = io.WriteString(w, "a;b\n1;2\n")
	}))
	t.Cleanup(site.Close)
	client := httpx.Client(httpx.ClientOptions{AllowHosts: []string{site.Listener.Addr().String()}})
	for _, c := range []struct {
		address string
		limit   int64
		name    string
		kind    errs.Kind
	}{
		{site.URL + "/data/arbres.csv?x=1", 8, "arbres.csv", 0},
		{site.URL + "/named", 8, "fontaines.csv", 0},
		{site.URL, 8, "127.0.0.1", 0},
		{site.URL + "/arbres.csv", 7, "", errs.TooLarge},
		{site.URL + "/gone", 8, "", errs.NotFound},
		{site.URL + "/unwell", 8, "", errs.Busy},
		{"http://127.0.0.1:1/arbres.csv", 8, "", errs.Invalid},
		{"file:///etc/passwd", 8, "", errs.Invalid},
		{"http://[::1", 8, "", errs.Invalid},
	} {
		var b bytes.Buffer
		name, err := httpx.Download(t.Context(), client, c.address, &b, c.limit)
		switch {
		case c.name != "":
			if err != nil || name != c.name || b.String() != "a;b\n1;2\n" {
				t.Errorf("%s: %q %q %v", c.address, name, b.String(), err)
			}
		case !errs.Is(err, c.kind):
			t.Errorf("%s: %v", c.address, err)
		}
	}
}

func TestVisitor(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, "a;b\n1;2\n")
	}))
	t.Cleanup(site.Close)
	visit := httpx.Visitor(httpx.Client(httpx.ClientOptions{AllowHosts: []string{site.Listener.Addr().String()}}))
	for _, c := range []struct {
		etag, name, text string
		limit            int64
		changed          bool
		kind             errs.Kind
	}{
		{"", "arbres.csv", "a;b\n1;2\n", 8, true, 0},
		{`"v0"`, "arbres.csv", "a;b\n1;2\n", 8, true, 0},
		{`"v1"`, "", "", 8, false, 0},
		{"", "", "a;b\n1;2\n", 7, false, errs.TooLarge},
	} {
		var b bytes.Buffer
		name, etag, changed, err := visit(t.Context(), site.URL+"/arbres.csv", c.etag, &b, c.limit)
		if c.kind != 0 {
			if !errs.Is(err, c.kind) || changed {
				t.Errorf("%+v: %v, changed %v", c, err, changed)
			}
			continue
		}
		if err != nil || name != c.name || etag != `"v1"` || changed != c.changed || b.String() != c.text {
			t.Errorf("%+v: %q %q %v %q %v", c, name, etag, changed, b.String(), err)
		}
	}
}

func TestFetch(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		switch {
		case r.URL.Path == "/gone":
			w.WriteHeader(http.StatusGone)
		case r.Header.Get("If-None-Match") == `"v1"`:
			w.WriteHeader(http.StatusNotModified)
		default:
			_, _ = io.WriteString(w, "a;b\n1;2\n")
		}
	}))
	t.Cleanup(site.Close)
	fetch := httpx.Fetcher(httpx.Client(httpx.ClientOptions{AllowHosts: []string{site.Listener.Addr().String()}}), 8)
	d, err := fetch(t.Context(), " "+site.URL+"/a.json ", "")
	if err != nil || string(d.Body) != "a;b\n1;2\n" || d.ETag != `"v1"` || d.Unchanged {
		t.Errorf("first: %+v %v", d, err)
	}
	if d, err = fetch(t.Context(), site.URL+"/a.json", d.ETag); err != nil || !d.Unchanged || d.ETag != `"v1"` {
		t.Errorf("again: %+v %v", d, err)
	}
	if d, err = fetch(t.Context(), site.URL+"/a.json", `"v0"`); err != nil || d.Unchanged || len(d.Body) == 0 {
		t.Errorf("changed: %+v %v", d, err)
	}
	if _, err = fetch(t.Context(), site.URL+"/gone", ""); !errs.Is(err, errs.NotFound) {
		t.Errorf("gone: %v", err)
	}
	if _, err = httpx.Fetch(t.Context(), httpx.Client(httpx.ClientOptions{AllowHosts: []string{site.Listener.Addr().String()}}), site.URL, "", 7); !errs.Is(err, errs.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err = fetch(t.Context(), "http://127.0.0.1:1/", ""); !errs.Is(err, errs.Invalid) {
		t.Errorf("a private address: %v", err)
	}
}

// A link answers whatever its server thinks of heads, and however large what it gives is.
func TestReacher(t *testing.T) {
	var got []string
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method)
		switch head := r.Method == http.MethodHead; r.URL.Path {
		case "/headless":
			if head {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
		case "/confused":
			if head {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
		case "/large":
			w.Header().Set("Content-Length", "1000000")
			if !head {
				panic(http.ErrAbortHandler)
			}
		case "/moved":
			http.Redirect(w, r, "/there", http.StatusFound)
			return
		case "/inside":
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
			return
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/private":
			w.WriteHeader(http.StatusForbidden)
		case "/unwell":
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = io.WriteString(w, "a;b\n")
	}))
	t.Cleanup(site.Close)
	reach := httpx.Reacher(httpx.Client(httpx.ClientOptions{AllowHosts: []string{site.Listener.Addr().String()}, MaxBytes: 1000}))
	for _, c := range []struct {
		address string
		kind    errs.Kind
		asks    string
	}{
		{site.URL + "/there", 0, "HEAD"},
		{site.URL + "/headless", 0, "HEAD GET"},
		{site.URL + "/confused", 0, "HEAD GET"},
		{site.URL + "/large", 0, "HEAD"},
		{site.URL + "/moved", 0, "HEAD HEAD"},
		{site.URL + "/inside", errs.Invalid, "HEAD"},
		{site.URL + "/gone", errs.NotFound, "HEAD GET"},
		{site.URL + "/private", errs.NotFound, "HEAD GET"},
		{site.URL + "/unwell", errs.Busy, "HEAD GET"},
		{"http://127.0.0.1:1/x", errs.Invalid, ""},
		{"mailto:mairie@example.org", errs.Invalid, ""},
		{"http://[::1", errs.Invalid, ""},
	} {
		got = nil
		found, err := reach(t.Context(), c.address)
		if err == nil && found.MediaType != "text/plain" && !strings.HasSuffix(c.address, "/large") {
			t.Errorf("%s is %+v", c.address, found)
		}
		if asks := strings.Join(got, " "); asks != c.asks || c.kind == 0 && err != nil || c.kind != 0 && !errs.Is(err, c.kind) {
			t.Errorf("%s: asked %q, %v", c.address, asks, err)
		}
	}
}
