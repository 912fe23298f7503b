package httpx

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"socle/internal/errs"
)

func TestIfNoneMatch(t *testing.T) {
	for _, x := range []struct {
		header, tag string
		want        bool
	}{
		{`"a"`, `"a"`, true}, {`W/"a"`, `"a"`, true}, {`"a"`, `W/"a"`, true}, {`"b", W/"a"`, `"a"`, true}, {`"b","c"`, `"a"`, false},
		{`*`, `"a"`, true}, {``, `"a"`, false}, {`a`, `"a"`, false}, {`"a`, `"a"`, false}, {`"a,b"`, `"a,b"`, true}, {`W/`, `"a"`, false},
	} {
		if got := matches(x.header, x.tag); got != x.want {
			t.Errorf("%s against %s: %v", x.header, x.tag, got)
		}
	}
}

func TestNotModifiedIsForReads(t *testing.T) {
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("If-None-Match", "*")
	if NotModified(httptest.NewRecorder(), r, `"a"`) {
		t.Error("a POST was answered 304")
	}
}

func TestPagesAreRevalidated(t *testing.T) {
	w := httptest.NewRecorder()
	if err := WriteHTML(w, httptest.NewRequest("GET", "/", nil), 200, []byte("page")); err != nil {
		t.Fatal(err)
	}
	tag := w.Header().Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) || w.Header().Get("Cache-Control") != "no-cache" {
		t.Fatal(w.Header())
	}
	for body, want := range map[string]int{"page": 304, "other": 200} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("If-None-Match", tag)
		w = httptest.NewRecorder()
		if err := WriteHTML(w, r, 200, []byte(body)); err != nil || w.Code != want || (want == 304) != (w.Body.Len() == 0) {
			t.Errorf("%s: %d %q %v", body, w.Code, w.Body, err)
		}
	}
	w = httptest.NewRecorder()
	if err := WriteHTML(w, httptest.NewRequest("HEAD", "/", nil), 200, []byte("page")); err != nil || w.Body.Len() > 0 || w.Header().Get("Content-Length") != "4" {
		t.Error(w.Header(), w.Body)
	}
}

func TestPageTagPartsDoNotRun(t *testing.T) {
	if PageTag("ab", "c") == PageTag("a", "bc") || PageTag("a") == PageTag("a", "") {
		t.Error("different parts give one tag")
	}
}

func TestIfMatch(t *testing.T) {
	r := httptest.NewRequest("PUT", "/", nil)
	if err := IfMatch(r, `"2"`); err != nil {
		t.Error(err)
	}
	r.Header.Set("If-Match", `"1"`)
	if err := IfMatch(r, `"2"`); !errs.Is(err, errs.Conflict) || Status(err) != http.StatusPreconditionFailed {
		t.Error(err)
	}
}

func TestReadJSON(t *testing.T) {
	type form struct {
		Title string `json:"title"`
		Count int    `json:"count"`
	}
	for _, x := range []struct {
		name, typ, body string
		status          int
	}{
		{"good", "application/json; charset=utf-8", `{"title": "a", "count": 1}`, 0},
		{"form", "application/x-www-form-urlencoded", `title=a`, 415},
		{"no type", "", `{}`, 415},
		{"broken", "application/json", `{"title": `, 400},
		{"empty", "application/json", ``, 400},
		{"unknown member", "application/json", `{"titel": "a"}`, 400},
		{"wrong type", "application/json", `{"count": "many"}`, 400},
		{"two values", "application/json", `{} {}`, 400},
		{"not an object", "application/json", `[]`, 400},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(x.body))
		r.Header.Set("Content-Type", x.typ)
		var f form
		err := ReadJSON(r, &f)
		switch {
		case x.status == 0 && (err != nil || f.Title != "a"):
			t.Errorf("%s: %v", x.name, err)
		case x.status != 0 && (err == nil || Status(err) != x.status || !errs.Is(err, errs.Invalid)):
			t.Errorf("%s: %v", x.name, err)
		}
	}
}

func TestCSP(t *testing.T) {
	base := DefaultCSP()
	c := base.With("img-src", "https://tile.example.org").Script("document.documentElement.dataset.js = 1").With("frame-src", "https://a.example")
	s := c.String()
	for _, want := range []string{"img-src 'self' data: blob: https://tile.example.org;", "script-src 'self' 'sha256-", "frame-ancestors 'none'", "default-src 'none'", "base-uri 'none'"} {
		if !strings.Contains(s, want) {
			t.Errorf("%s lacks %s", s, want)
		}
	}
	for _, never := range []string{"unsafe-inline", "unsafe-eval", "nonce-"} {
		if strings.Contains(s, never) {
			t.Errorf("%s has %s", s, never)
		}
	}
	if base.String() != DefaultCSP().String() {
		t.Error("the policy it was made from has changed")
	}
	tiles := base.Tiles("https://tile.example.org/{z}/{x}/{y}.png").String()
	if !strings.Contains(tiles, "img-src 'self' data: blob: https://tile.example.org;") || !strings.Contains(tiles, "connect-src 'self' https://tile.example.org;") {
		t.Errorf("a basemap: %s", tiles)
	}
	if base.Tiles("").String() != base.String() {
		t.Error("without a basemap the policy opens")
	}
	// The hash of an example of CSP level 2: alert('Hello, world.');
	if h := base.Script("alert('Hello, world.');").String(); !strings.Contains(h, "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='") {
		t.Error(h)
	}
}
