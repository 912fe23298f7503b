package grid

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	rows   = 100_000
	pasted = 10_000
	faulty = 25 // one row of so many is wrong
)

// What is promised. A pause is what a person notices of one frame.
const (
	pausePromised = 100  // ms
	pastePromised = 1000 // ms
)

var columns = strings.Split("COLL_NOM,COLL_SIRET,DELIB_ID,DELIB_DATE,DELIB_MATIERE_CODE,DELIB_MATIERE_NOM,DELIB_OBJET,BUDGET_ANNEE,BUDGET_NOM,PREF_ID,PREF_DATE,VOTE_EFFECTIF,VOTE_REEL,VOTE_POUR,VOTE_CONTRE,VOTE_ABSTENTION,DELIB_URL", ",")

// act is an invented délibération; wrong makes its date one that the schema refuses.
func act(r *rand.Rand, n int, wrong bool) []string {
	matters := [][2]string{{"7.5", "Finances locales/Subventions"}, {"2.1", "Urbanisme/Documents d’urbanisme"}, {"4.1", "Fonction publique/Personnel titulaire"}, {"9.1", "Autres domaines de compétences/Autres domaines de compétences des communes"}}
	m := matters[r.IntN(len(matters))]
	day := fmt.Sprintf("%d-%02d-%02d", 2015+n%11, 1+r.IntN(12), 1+r.IntN(28))
	if wrong {
		day = fmt.Sprintf("%02d/%02d/2025", 1+r.IntN(28), 1+r.IntN(12))
	}
	against := r.IntN(5)
	return []string{"Commune de Valbrenne", "21310988700017", fmt.Sprintf("V-%06d", n), day, m[0], m[1], fmt.Sprintf("Décision d’essai n° %d du conseil", n), "", "", fmt.Sprintf("PREF-%06d", n), "",
		"29", "27", fmt.Sprint(27 - against), fmt.Sprint(against), "0", ""}
}

// csv writes n rows of a generator.
func csv(head []string, n int, row func(n int) []string) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, strings.Join(head, ","))
	for i := range n {
		fmt.Fprintln(&b, strings.Join(row(i), ","))
	}
	return b.Bytes()
}

// BenchmarkGrid: the grid of 100,000 délibérations.
func BenchmarkGrid(b *testing.B) {
	p := start(b)
	r := rand.New(rand.NewPCG(6, 2026))
	p.publish(b, "actes", "scdl/deliberations", csv(columns, rows, func(n int) []string { return act(r, n, false) }))
	for b.Loop() {
		s := p.browser(b)
		s.open(b, "actes", rows)
		b.ReportMetric(s.Number(`performance.getEntriesByName("grid-usable")[0].startTime`), "ms_usable")
		b.ReportMetric(s.Number(`performance.getEntriesByName("grid-all")[0].startTime`), "ms_all_rows")
		s.scrolls(b, "rows", "top")
		s.acts(b)
		s.pastes(b, r)
		b.ReportMetric(0, "ns/op")
	}
}

// BenchmarkWide: the grid of a table of 120 columns.
func BenchmarkWide(b *testing.B) {
	const wide = 120
	head := make([]string, wide)
	for i := range head {
		head[i] = fmt.Sprintf("mesure_%d", i)
	}
	p := start(b)
	p.publish(b, "mesures", "", csv(head, 5000, func(n int) []string {
		cells := make([]string, wide)
		for i := range cells {
			cells[i] = fmt.Sprint(n*wide + i)
		}
		return cells
	}))
	for b.Loop() {
		s := p.browser(b)
		s.open(b, "mesures", 5000)
		b.ReportMetric(s.Number(`performance.getEntriesByName("grid-usable")[0].startTime`), "ms_usable")
		s.scrolls(b, "down", "top")
		s.scrolls(b, "across", "left")
		b.ReportMetric(s.Number(`document.querySelectorAll("#sheet .grid-cell").length`), "cells_drawn")
		b.ReportMetric(0, "ns/op")
	}
}

// open opens the grid of a dataset and waits until it has all rows.
func (s *screen) open(b *testing.B, slug string, n int) {
	b.Helper()
	s.Do(chromedp.Navigate(s.p.Base + "/datasets/" + slug + "/grid?lang=fr"))
	s.Wait(`document.querySelector(".grid[data-all]")`)
	if got := s.Number(`Number(document.querySelector("#sheet").getAttribute("aria-rowcount"))`); int(got) != n+2 {
		b.Fatalf("%v rows in the grid, want %d", got, n+2) // the head and the new row are two
	}
}

// scrolls goes from one end to the other in 240 frames and tells the longest one.
func (s *screen) scrolls(b *testing.B, name, side string) {
	b.Helper()
	length := map[string]string{"top": "scrollHeight - e.clientHeight", "left": "scrollWidth - e.clientWidth"}[side]
	var list []float64
	s.Value(fmt.Sprintf(`new Promise((done) => {
		const e = document.querySelector("#sheet .grid-scroll"), all = e.%s, times = [];
		let n = 0, last = 0;
		const turn = (now) => {
			if (n > 1) times.push(now - last);
			last = now;
			if (n++ === 240) return done(JSON.stringify(times));
			e[%q] = all * n / 240;
			requestAnimationFrame(turn);
		};
		requestAnimationFrame(turn);
	})`, length, "scroll"+strings.ToUpper(side[:1])+side[1:]), &list)
	slices.Sort(list)
	b.ReportMetric(list[len(list)-1], "ms_longest_frame_"+name)
	b.ReportMetric(pausePromised, "ms_pause")
}

// acts sorts, filters and takes the filter back: each until it is on the screen.
func (s *screen) acts(b *testing.B) {
	b.Helper()
	painted := func(act string) float64 {
		return s.Number(`new Promise((done) => { const t = performance.now(); ` + act + `; requestAnimationFrame(() => setTimeout(() => done(performance.now() - t))); })`)
	}
	b.ReportMetric(painted(`document.querySelectorAll("#sheet .grid-title")[2].click()`), "ms_sort")
	b.ReportMetric(painted(`document.querySelectorAll("#sheet .grid-title")[2].click(); document.querySelectorAll("#sheet .grid-title")[2].click()`), "ms_unsort")
	filter := func(text string) string {
		return `(() => { const f = document.querySelector("[data-filter]"); f.value = ` + text + `; f.dispatchEvent(new Event("input", {bubbles: true})); })()`
	}
	b.ReportMetric(painted(filter(`"valbrenne"`)), "ms_filter")
	painted(filter(`""`))
}

// pastes puts 10,000 rows below the last one: until every one of them is checked, what
// is wrong is shown, and all is saved.
func (s *screen) pastes(b *testing.B, r *rand.Rand) {
	b.Helper()
	lines := make([]string, pasted)
	wrong := 0
	for i := range lines {
		bad := i%faulty == 3
		if bad {
			wrong++
		}
		lines[i] = strings.Join(act(r, rows+i, bad), "\t")
	}
	text, err := json.Marshal(strings.Join(lines, "\n") + "\n")
	if err != nil {
		b.Fatal(err)
	}
	if got := s.Number(`(window.benchPaste = ` + string(text) + `).length`); got == 0 {
		b.Fatal("nothing to paste")
	}
	var took struct {
		Drawn, Saved float64
		Failed       string
	}
	s.Value(`new Promise((done) => {
		const sheet = document.querySelector("#sheet"), state = document.querySelector("[data-state]"), out = {};
		const key = (k, more) => sheet.dispatchEvent(new KeyboardEvent("keydown", {key: k, bubbles: true, ...more}));
		key("End", {ctrlKey: true}); key("ArrowDown", {}); key("Home", {});
		sheet.querySelector(".grid-scroll").scrollLeft = 0;
		const data = new DataTransfer();
		data.setData("text/plain", window.benchPaste);
		const t = performance.now();
		const look = () => {
			const now = performance.now() - t;
			if (state.dataset.waiting === "0" && sheet.querySelector("[aria-invalid=true]")) return done(JSON.stringify({...out, saved: now}));
			if (now > 60000) return done(JSON.stringify({...out, failed: state.dataset.waiting + " " + document.querySelector(".grid").innerText.slice(0, 2000)}));
			requestAnimationFrame(look);
		};
		sheet.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
		out.drawn = performance.now() - t;
		look();
	})`, &took)
	if took.Failed != "" {
		b.Fatalf("a minute after the paste: %+v", took)
	}
	if got := s.Number(`Number(document.querySelector("#sheet").getAttribute("aria-rowcount"))`); int(got) != rows+pasted+2 {
		b.Fatalf("%v rows after the paste", got)
	}
	b.ReportMetric(took.Drawn, "ms_paste_drawn")
	b.ReportMetric(took.Saved, "ms_paste_checked_and_saved")
	b.ReportMetric(pastePromised, "ms_paste_promised")
	b.ReportMetric(float64(wrong), "rows_wrong")
}
