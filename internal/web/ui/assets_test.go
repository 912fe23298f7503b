package ui

import (
	"io/fs"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"socle/internal/errs"
)

func folder(files map[string]string) fs.FS {
	m := fstest.MapFS{"fallback/app.css": {Data: []byte("body{}")}, "dist/PLACEHOLDER": {Data: []byte("x")}}
	for name, body := range files {
		m[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return m
}

func TestAssetsThatAreBuilt(t *testing.T) {
	a, err := newAssets(folder(map[string]string{
		"dist/manifest.json": `{"app.css": "app-1.css"}`, "dist/app-1.css": "plain", "dist/app-1.css.gz": "zipped", "dist/f.woff2": "font",
	}))
	if err != nil || !a.Built() || a.URL("app.css") != "/static/app-1.css" || a.URL("app.js") != "" {
		t.Fatalf("%v %v", a, err)
	}
	for _, c := range []struct{ path, accept, body, encoding, kind string }{
		{"app-1.css", "gzip", "zipped", "gzip", "text/css; charset=utf-8"},
		{"app-1.css", "br;q=1, gzip;q=0.5", "zipped", "gzip", "text/css; charset=utf-8"},
		{"app-1.css", "gzip;q=0", "plain", "", "text/css; charset=utf-8"},
		{"app-1.css", "", "plain", "", "text/css; charset=utf-8"},
		{"f.woff2", "gzip", "font", "", "font/woff2"},
	} {
		r := httptest.NewRequest("GET", "/static/"+c.path, nil)
		r.Header.Set("Accept-Encoding", c.accept)
		w := httptest.NewRecorder()
		if err := a.Serve(w, r); err != nil {
			t.Fatal(err)
		}
		h := w.Header()
		if w.Body.String() != c.body || h.Get("Content-Encoding") != c.encoding || h.Get("Content-Type") != c.kind || !strings.Contains(h.Get("Cache-Control"), "immutable") {
			t.Errorf("%s, %q: %q %v", c.path, c.accept, w.Body.String(), h)
		}
		r.Header.Set("If-None-Match", h.Get("ETag"))
		w = httptest.NewRecorder()
		if err := a.Serve(w, r); err != nil || w.Code != 304 {
			t.Errorf("%s again: %d %v", c.path, w.Code, err)
		}
	}
	for _, path := range []string{"manifest.json", "PLACEHOLDER", "app-1.css.gz", "nothing.css", "../assets.go", ""} {
		if err := a.Serve(httptest.NewRecorder(), httptest.NewRequest("GET", "/static/"+path, nil)); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Without a build, pages have the fallback stylesheet, no script, and say so.
func TestAssetsThatAreNotBuilt(t *testing.T) {
	a, err := newAssets(folder(nil))
	if err != nil || a.Built() || a.URL("app.css") != "/static/fallback/app.css" || a.URL("app.js") != "" {
		t.Fatalf("%v %v", a, err)
	}
	w := httptest.NewRecorder()
	if err := a.Serve(w, httptest.NewRequest("GET", a.URL("app.css"), nil)); err != nil || w.Body.String() != "body{}" || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%v %v", w.Header(), err)
	}
	var b strings.Builder
	if err := Layout(Frame{Assets: a, Lang: "fr"}, Page{Title: "x"}, Badge{Label: "y"}).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<script") || !strings.Contains(b.String(), "npm run build") {
		t.Errorf("the page: %s", b.String())
	}
}

func TestAssetsThatAreHalfBuilt(t *testing.T) {
	if _, err := newAssets(folder(map[string]string{"dist/manifest.json": `{"app.css": "app-2.css"}`})); err == nil {
		t.Error("a manifest without its file passes")
	}
}
