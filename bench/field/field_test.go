package field

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"socle/bench/run"
)

// promised is how long a form may take to open, in milliseconds.
const promised = 300

// Opening a form, in milliseconds from the navigation to the form on the screen: the
// median and the worst of twenty, beside what is promised.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		p := run.Start(b, b.TempDir())
		s := run.Browser(b, 390, 844)
		s.Do(chromedp.Navigate(p.Base + "/terrain?lang=fr"))
		s.Wait(`document.getElementById("terrain")?.dataset.settled !== undefined && navigator.serviceWorker.controller`)
		report(b, "online", times(s, p.Base))
		p.Stop()
		report(b, "offline", times(s, p.Base))
	}
}

func report(b *testing.B, name string, ms []float64) {
	slices.Sort(ms)
	b.ReportMetric(ms[len(ms)/2], name+"-median-ms")
	b.ReportMetric(ms[len(ms)-1], name+"-worst-ms")
	b.ReportMetric(promised, "promised-ms")
}

// times opens the form twenty times, each as a page of its own. The form is kept anew
// before each: the portal does not offer it, so the application lets it go when it asks.
func times(s *run.Screen, base string) (ms []float64) {
	for range 20 {
		s.Do(chromedp.Navigate(base + "/terrain/icons/192.png")) // kept by the worker, and nothing else runs there
		s.Number(keepForm())
		s.Do(chromedp.Navigate(base + "/terrain#new/f1"))
		s.Wait(`performance.getEntriesByName("terrain-page").length > 0 && document.querySelector(".terrain-form")`)
		ms = append(ms, s.Number(`performance.getEntriesByName("terrain-page")[0].startTime`))
	}
	return ms
}

const questions = 60

// keepForm puts a form of sixty questions, and 2,000 entries that are known of it,
// where the application keeps them.
func keepForm() string {
	items := []map[string]any{{"kind": "field", "name": "position", "label": "Position", "control": "point"}}
	for i := range questions {
		item := map[string]any{"kind": "field", "name": fmt.Sprintf("q%d", i), "label": fmt.Sprintf("Question %d", i), "control": "text"}
		switch i % 4 {
		case 1:
			item["control"], item["choices"] = "choice", []map[string]string{{"value": "a", "label": "Un"}, {"value": "b", "label": "Deux"}, {"value": "c", "label": "Trois"}}
		case 2:
			item["control"], item["relevant"] = "number", fmt.Sprintf("${q%d} = 'a'", i-1)
		case 3:
			item["control"], item["calculation"] = "calculated", fmt.Sprintf("${q%d} * 2", i-1)
		}
		items = append(items, item)
	}
	form, _ := json.Marshal(map[string]any{
		"account": "", "id": "f1", "key": "k", "tag": "", "fetched": 0, "cursor": "", "gone": false, "used": 0,
		"definition": map[string]any{"id": "f1", "version": 1, "title": "Mesure", "organisation": map[string]string{"id": "o", "name": "O"}, "open": true, "place": "position", "names": []string{"q0"}, "screens": "one", "items": items},
	})
	return fmt.Sprintf(`new Promise((done, failed) => {
		const open = indexedDB.open("socle-terrain");
		open.onsuccess = () => {
			const tx = open.result.transaction(["forms", "seen"], "readwrite");
			tx.objectStore("forms").put(%s);
			for (let i = 0; i < 2000; i++) tx.objectStore("seen").put({account: "", form: "f1", id: "e" + i, entry: {id: "e" + i, revision: 1, state: "accepted", values: {q0: "Point " + i, position: (1 + i / 5000) + ", 43.5"}}});
			tx.oncomplete = () => (open.result.close(), done(0));
			tx.onabort = () => failed(tx.error);
		};
	})`, form)
}
