package server

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"socle/bench/run"
)

// weight is what came over the network once a page rests, in KB, compressed.
const weight = `new Promise((done) => setTimeout(() => {
	const size = (list) => list.reduce((n, e) => n + e.encodedBodySize, 0) / 1000, loaded = performance.getEntriesByType("resource");
	done(JSON.stringify({
		Page: size(performance.getEntriesByType("navigation")) + size(loaded.filter((e) => e.name.endsWith(".css"))),
		Script: size(loaded.filter((e) => e.name.endsWith(".js"))),
	}));
}, 1000))`

// BenchmarkWeight: what pages for readers weigh before a map, a chart or a grid is opened.
func BenchmarkWeight(b *testing.B) {
	p := run.Start(b, b.TempDir(), "--demo")
	waitDatasets(b, p, demoDatasets)
	for _, path := range []string{"/", "/search", "/datasets/points-d-apport-volontaire-demonstration", "/datasets/points-d-apport-volontaire-demonstration/about", "/organisations/roques", "/themes/finance", "/schemas/scdl/deliberations", "/board", "/check"} {
		s := run.Browser(b, 1280, 900)
		s.Do(chromedp.Navigate(p.Base + path))
		s.Wait(`document.readyState === "complete"`)
		var w struct{ Page, Script float64 }
		s.Value(weight, &w)
		fmt.Printf("server: %-60s %5.1f KB of HTML and styles, %5.1f KB of scripts, compressed; promised: 60 KB, 40 KB\n", path, w.Page, w.Script)
	}
	b.ReportMetric(0, "ns/op")
}
