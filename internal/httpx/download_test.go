package httpx_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
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
