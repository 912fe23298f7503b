package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"socle/bench/run"
	"socle/client"
)

// view is what the browser noted of one page, in milliseconds since it was asked for.
type view struct {
	Painted     float64 // the first text
	Rows        float64 // the table is in the document
	Interactive float64 // the scripts have run and nothing keeps the page busy
	Bytes       float64 // that came over the network
}

// looked waits until a page rests, and reads what the browser noted: interactive is
// the end of the last long task, or of loading.
const looked = `new Promise((done) => {
	const long = [];
	new PerformanceObserver((list) => long.push(...list.getEntries())).observe({type: "longtask", buffered: true});
	const finish = () => requestIdleCallback(() => setTimeout(() => {
		const page = performance.getEntriesByType("navigation")[0];
		if (document.querySelectorAll("main table tbody tr").length < 20) return done("");
		const paint = performance.getEntriesByName("first-contentful-paint")[0];
		const last = long.reduce((end, t) => Math.max(end, t.startTime + t.duration), 0);
		done(JSON.stringify({
			Painted: paint ? paint.startTime : 0, Rows: page.domInteractive, Interactive: Math.max(page.loadEventEnd, last),
			Bytes: page.transferSize + performance.getEntriesByType("resource").reduce((n, e) => n + e.transferSize, 0),
		}));
	}, 300));
	if (document.readyState === "complete") finish(); else addEventListener("load", finish);
})`

// BenchmarkFirstView: the page of the table of a million rows in Chromium whose
// processor is four times slower, with nothing in the browser's cache.
func BenchmarkFirstView(b *testing.B) {
	base, id, pid := published(b)
	run.Rest(b, pid)
	address := addressOf(b, base, id)
	const tries = 5
	var views []view
	for range tries {
		views = append(views, firstView(b, address))
	}
	middle := func(of func(view) float64) float64 {
		var list []float64
		for _, v := range views {
			list = append(list, of(v))
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	fmt.Printf("server: first view of %d rows, processor 4 times slower, median of %d: first text after %.0f ms, rows after %.0f ms, interactive after %.0f ms, %.0f KB; promised: interactive within 1000 ms\n",
		servedRows, tries, middle(func(v view) float64 { return v.Painted }), middle(func(v view) float64 { return v.Rows }), middle(func(v view) float64 { return v.Interactive }), middle(func(v view) float64 { return v.Bytes })/1e3)
	b.ReportMetric(0, "ns/op")
}

// addressOf is the page of the dataset that has a resource.
func addressOf(b *testing.B, base, id string) string {
	b.Helper()
	res, err := http.Get(base + "/api/v1/datasets?limit=100")
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	var list struct {
		Datasets []client.Dataset `json:"datasets"`
	}
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		b.Fatal(err)
	}
	for _, d := range list.Datasets {
		if slices.ContainsFunc(d.Resources, func(r client.Resource) bool { return r.ID == id }) {
			return base + "/datasets/" + d.Slug
		}
	}
	b.Fatalf("no dataset of %s has the resource %s", base, id)
	return ""
}

// firstView opens a page in a browser of its own.
func firstView(b *testing.B, address string) (v view) {
	b.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		b.Fatal("no Chromium: run scripts/setup")
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(b.TempDir()))...)
	defer stop()
	ctx, cancel := chromedp.NewContext(alloc)
	defer cancel()
	ctx, end := context.WithTimeout(ctx, 2*time.Minute)
	defer end()
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank"), chromedp.EmulateViewport(1280, 900)); err != nil {
		b.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 4}); err != nil {
		b.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		b.Fatal(err)
	}
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](looked, chromedp.EvalAwaitPromise))
	if err != nil || strings.TrimSpace(said) == "" {
		b.Fatalf("%s shows no rows: %v", address, err)
	}
	if err := json.Unmarshal([]byte(said), &v); err != nil {
		b.Fatal(err)
	}
	return v
}
