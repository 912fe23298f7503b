package ui_test

import (
	"net/http/httptest"
	"testing"

	"socle/internal/web/ui"
)

// The living page is heavier than any page of the portal.
func BenchmarkLivingPage(b *testing.B) {
	f := ui.Frame{Host: ui.Host{Name: "Portail"}, Assets: ui.Embedded(), Lang: "fr", Path: "/"}
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		if err := ui.Layout(f, ui.DesignPage(), ui.Design()).Render(b.Context(), w); err != nil {
			b.Fatal(err)
		}
	}
}
