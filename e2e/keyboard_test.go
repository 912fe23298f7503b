package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keys types as on a keyboard, wherever the focus is.
func (s *screen) keys(keys string) {
	s.t.Helper()
	s.do(chromedp.KeyEvent(keys))
}

// tab presses Tab until the focus is on what a selector finds. Each stop on the way
// is within sight and shows that it has the focus.
func (s *screen) tab(selector string) {
	s.t.Helper()
	var stops []string
	for range 120 {
		s.keys(kb.Tab)
		at := s.text(`(() => {
			const e = document.activeElement;
			if (!e || e === document.body) return "";
			if (e.matches(` + quote(selector) + `)) return "there";
			const s = getComputedStyle(e), box = e.getBoundingClientRect();
			const ring = (x) => x && getComputedStyle(x).outlineStyle !== "none";
			if (!ring(e) && !ring(e.nextElementSibling) && !ring(e.closest("label, .drop")) && s.boxShadow === "none") return "unseen: " + e.outerHTML.slice(0, 150);
			if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) return "out of sight: " + e.outerHTML.slice(0, 150);
			return e.tagName + " " + (e.textContent || e.getAttribute("name") || "").trim().slice(0, 30);
		})()`)
		if at == "there" {
			return
		}
		if strings.HasPrefix(at, "unseen") || strings.HasPrefix(at, "out of sight") {
			s.t.Errorf("%s: the focus is %s", s.text("location.href"), at)
		}
		stops = append(stops, at)
	}
	s.t.Fatalf("%s: Tab does not lead to %s but to %q", s.text("location.href"), selector, stops)
}

// option takes an option of the list that has the focus, with the arrows.
func (s *screen) option(value string) {
	s.t.Helper()
	s.keys(kb.Home)
	for range 80 {
		if s.text("document.activeElement.value") == value {
			return
		}
		s.keys(kb.ArrowDown)
	}
	s.t.Fatalf("%s: the list has no %q: %s", s.text("location.href"), value, s.text("document.activeElement.outerHTML.slice(0, 600)"))
}

// all selects what the field that has the focus holds: Control and A.
func (s *screen) all() {
	s.t.Helper()
	s.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl), func(k *input.DispatchKeyEventParams) { k.Commands = []string{"selectAll"} }))
}

// enterKey presses Enter and waits for the page that it leads to.
func (s *screen) enterKey() {
	s.t.Helper()
	s.text("window.e2eOld = '1'")
	s.keys(kb.Enter)
	s.wait("the page after Enter", "window.e2eOld !== '1'")
	s.sane()
}

// downloads makes downloads go to a folder; the function waits for the next one and
// returns its file.
func (s *screen) downloads() (next func() (name string, content []byte)) {
	s.t.Helper()
	dir := s.t.TempDir()
	yes := true
	if _, err := chromedp.CallBrowser(s.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, EventsEnabled: &yes}); err != nil {
		s.t.Fatal(err)
	}
	known := map[string]bool{}
	return func() (string, []byte) {
		s.t.Helper()
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			files, err := os.ReadDir(dir)
			if err != nil {
				s.t.Fatal(err)
			}
			for _, f := range files {
				if known[f.Name()] || strings.HasSuffix(f.Name(), ".crdownload") || strings.HasPrefix(f.Name(), ".") {
					continue
				}
				content, err := os.ReadFile(filepath.Join(dir, f.Name()))
				if err != nil {
					s.t.Fatal(err)
				}
				if len(content) == 0 { // its name is taken before its bytes are there
					continue
				}
				known[f.Name()] = true
				return f.Name(), content
			}
		}
		s.t.Fatalf("nothing is downloaded from %s", s.text("location.href"))
		return "", nil
	}
}

// Without a mouse: skip to the content, search, choose a suggestion, filter a
// column, take the filter away, go to a cell's row and back.
func TestKeyboardReading(t *testing.T) {
	p, _ := demo(t)
	p.visitor(t).eventually("/search", "Délibérations")
	s := browse(t, p)
	s.emulated("prefers-reduced-motion", "reduce")
	s.open("/")
	s.keys(kb.Tab)
	s.wait("the skip link first", `document.activeElement.matches(".skip a[href='#content']") && document.activeElement.getBoundingClientRect().top >= 0`)
	s.keys(kb.Enter)
	s.wait("the content has the focus", `document.activeElement.id === "content"`)
	s.tab("main input[type=search]")
	s.keys("points d’apport")
	s.wait("suggestions", `document.querySelectorAll("[role=option]").length > 0`)
	s.text("window.e2eOld = '1'")
	s.keys(kb.ArrowDown + kb.Enter)
	s.wait("the dataset", `window.e2eOld !== '1' && location.pathname.startsWith("/datasets/points-d-apport")`)
	all := s.text(`document.querySelector(".pages p").textContent`)

	s.tab("form.filters select[name=filter-column]")
	s.option("flux")
	s.tab("form.filters input[name=filter-value]")
	s.keys("verre")
	s.enterKey()
	s.wait("the filter as a sentence", `document.querySelector(".chips a")?.textContent.includes("verre") && document.querySelector(".table-sentence").textContent.includes("verre")`)
	if now := s.text(`document.querySelector(".pages p").textContent`); now == all {
		t.Errorf("the filter changes nothing: %s", now)
	}
	s.tab("thead th a:not(.column-about)")
	s.enterKey()
	s.wait("a sorted column", `document.querySelector("th[aria-sort]")`)
	s.tab(".table-scroll")
	s.keys(kb.ArrowRight + kb.ArrowDown)
	s.tab("tbody .row-number a")
	s.enterKey()
	s.wait("the page of the row", `/\/rows\/[0-9]+$/.test(location.pathname)`)
	s.text(`(history.back(), "")`)
	s.wait("the table again", `document.querySelector(".chips a")`)
	s.tab(".chips a")
	s.enterKey()
	s.wait("the whole table again", `document.querySelector(".pages p").textContent === `+quote(all))
	s.tab("summary.button")
	s.keys(kb.Enter)
	s.wait("the menu of downloads", `document.activeElement.parentElement.open`)
	next := s.downloads()
	s.tab(`.menu-panel a[href*="export.csv"]`)
	s.keys(kb.Enter)
	if name, content := next(); !strings.HasSuffix(name, ".csv") || len(content) < 100 {
		t.Errorf("%s: %d bytes", name, len(content))
	}
}

// A chart is chosen, drawn, kept as an address and saved as a file without a mouse.
func TestKeyboardChart(t *testing.T) {
	p, _ := demo(t)
	s := browse(t, p)
	s.open("/datasets/points-d-apport-volontaire-demonstration/chart")
	s.tab("#f-chart-x")
	s.option("flux")
	s.wait("the chart by kind", `new URLSearchParams(location.search).get("chart-x") === "flux" && document.querySelector("#chart-title").textContent.includes("flux")`)
	address := s.text("location.pathname + location.search")
	next := s.downloads()
	s.text(`(document.querySelector("#content").focus(), "")`)
	s.tab(`a[href*="chart.svg"]`)
	s.keys(kb.Enter)
	name, content := next()
	if !strings.HasSuffix(name, ".svg") || !strings.Contains(string(content), "<svg") || !strings.Contains(string(content), "verre") {
		t.Errorf("%s: %.200s", name, content)
	}
	s.tab(`a[href*="chart.csv"]`)
	s.keys(kb.Enter)
	if name, content = next(); !strings.HasSuffix(name, ".csv") || !strings.Contains(string(content), "verre") {
		t.Errorf("%s: %.200s", name, content)
	}
	s.open("/")
	s.open(address)
	s.wait("the same chart", `document.querySelector("#chart-title").textContent.includes("flux")`)
}

// From the desk to the public page without a mouse: choose the file, mend, describe,
// publish.
func TestKeyboardPublishing(t *testing.T) {
	p, accounts := demo(t)
	s := browseFor(t, p, 8*time.Minute)
	s.signIn(accounts[3].email, accounts[3].password)
	s.tab(`main a[href^="/deposits/new"]`)
	s.enterKey()
	s.tab("select[name=schema]")
	s.option("scdl/deliberations")
	s.chosen(asFile(t, "clavier.csv", messy(t)), "input[type=file][name=file]")
	s.tab(`form[action="/deposits"] button[type=submit]`)
	s.enterKey()
	s.read(true)
	s.at("/mend")
	s.tab(`form[action$="/repair"]:not(:has(input[name=repair])) button`)
	s.text("window.e2eOld = '1'")
	s.keys(kb.Enter)
	s.wait("the page after the repairs", "window.e2eOld !== '1'")
	s.read(true)
	s.at("/mend")
	s.tab(`.cell-wrong:has(input[name=field][value=COLL_SIRET]) .cell-mark`)
	s.keys(kb.Enter)
	s.wait("the field in the cell", `document.activeElement.matches(".cell-editor:popover-open input[name=value]")`)
	s.all()
	s.keys(siret)
	s.text("window.e2eOld = '1'")
	s.keys(kb.Enter)
	s.wait("the reading after the edit", "window.e2eOld !== '1'")
	s.read(true)
	s.at("/describe")
	s.tab("#f-title")
	s.all()
	s.keys("Délibérations au clavier")
	s.tab("#f-description")
	s.all()
	s.keys("Publiées sans souris.")
	s.tab(`form[action$="/describe"] .actions button[type=submit]`)
	s.enterKey()
	s.at("/publish")
	s.tab(`form[action$="/publish"] button[type=submit]`)
	s.enterKey()
	s.at("/datasets/deliberations-au-clavier")
	s.sees("2026-001")
}

// chosen opens the file chooser of an input with the keyboard and takes a file in it.
func (s *screen) chosen(path, selector string) {
	s.t.Helper()
	if _, err := chromedp.Call(s.ctx, cdpage.SetInterceptFileChooserDialog, cdpage.SetInterceptFileChooserDialogParams{Enabled: true}); err != nil {
		s.t.Fatal(err)
	}
	opened := chromedp.Events(s.ctx, cdpage.FileChooserOpened)
	s.tab(selector)
	s.keys(" ")
	for e, err := range opened {
		if err == nil {
			_, err = chromedp.Call(s.ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{path}, BackendNodeID: e.BackendNodeID})
		}
		if err != nil {
			s.t.Fatal(err)
		}
		break
	}
	s.wait("the name of the file", `document.querySelector(`+quote(selector)+`).files.length === 1`)
}

// On a phone's width the places open from a button, by keys too, and without script.
func TestMenuOfAPhone(t *testing.T) {
	t.Parallel()
	s := browse(t, start(t))
	s.size(390, 844)
	s.open("/search")
	if got := s.text(`String(document.querySelector('.site-header').offsetHeight)`); len(got) > 2 && got > "180" {
		t.Errorf("the head of a page is %s px high", got)
	}
	const shown = `document.querySelector('.site-places a').checkVisibility()`
	if s.text(`String(`+shown+`)`) != "false" {
		t.Error("the places are there before they are asked for")
	}
	s.tab(".site-nav > .site-menu")
	s.keys(kb.Enter)
	s.wait("the places", shown)
	if bad := s.axe(); len(bad) > 0 {
		t.Errorf("the open menu: %v", bad)
	}
	s.keys(kb.Escape)
	s.wait("the places gone", `!`+shown)
	s.keys(kb.Enter)
	s.tab(`.site-places a[href$="/organisations"]`)
	s.keys(kb.Enter)
	s.at("/organisations")
	s.size(1280, 900)
	s.open("/search")
	if s.text(`String(`+shown+` && !document.querySelector('.site-menu').checkVisibility())`) != "true" {
		t.Error("where there is room, the places do not stand in a line")
	}
}
