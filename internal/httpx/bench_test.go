package httpx

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// What the Router costs a page of 20 kB, log and compression included.
func BenchmarkPage(b *testing.B) {
	page := []byte(strings.Repeat("<p>Délibération du conseil municipal</p>\n", 500))
	rt := NewRouter(Options{Log: NewLogger(io.Discard, "json", slog.LevelInfo), Render: JSONRenderer, Metrics: NewMetrics(prometheus.NewRegistry())})
	rt.Handle("GET /datasets/{slug}", func(w http.ResponseWriter, r *http.Request) error { return WriteHTML(w, r, 200, page) })
	for _, enc := range []string{"identity", "gzip"} {
		b.Run(enc, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest("GET", "/datasets/a", nil)
				r.Header.Set("Accept-Encoding", enc)
				w := httptest.NewRecorder()
				rt.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
