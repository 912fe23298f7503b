package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// screen is a tab of a real browser with cookies of its own.
type screen struct {
	ctx context.Context
	t   *testing.T
	p   *portal
}

// browserOptions start Chromium on a profile.
func browserOptions(t *testing.T, profile string) []chromedp.ExecAllocatorOption {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("no Chromium: run scripts/setup")
	}
	if _, err := os.Stat(filepath.Join("..", "internal", "web", "ui", "static", "dist", "manifest.json")); err != nil {
		t.Fatalf("the pages' styles and scripts are not built: make web (%v)", err)
	}
	return append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.UserDataDir(profile))
}

// browse opens a fresh browser on a portal, for five minutes at most.
func browse(t *testing.T, p *portal) *screen {
	t.Helper()
	return browseFor(t, p, 5*time.Minute)
}

func browseFor(t *testing.T, p *portal, most time.Duration) *screen {
	t.Helper()
	alloc, stop := chromedp.NewExecAllocator(context.Background(), browserOptions(t, t.TempDir())...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // the first action starts the browser, without a time limit
		t.Fatal(err)
	}
	ctx, end := context.WithTimeout(ctx, most)
	t.Cleanup(end)
	s := &screen{ctx, t, p}
	s.size(1280, 900)
	return s
}

// size changes the window, in CSS pixels.
func (s *screen) size(width, height int64) {
	s.t.Helper()
	s.do(chromedp.EmulateViewport(width, height))
}

// noScripts turns the scripts of pages off.
func (s *screen) noScripts() {
	s.t.Helper()
	if _, err := chromedp.Call(s.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) do(steps ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	if err := chromedp.Do(s.ctx, steps...); err != nil {
		s.t.Fatal(err)
	}
}

// text evaluates an expression whose value is a string.
func (s *screen) text(js string) string {
	s.t.Helper()
	v, err := chromedp.Run(s.ctx, chromedp.Evaluate[string](js))
	if err != nil {
		s.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// wait waits until an expression is true, whatever pages come and go meanwhile.
func (s *screen) wait(what, js string) {
	s.t.Helper()
	var err error
	for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		var ok bool
		if ok, err = chromedp.Run(s.ctx, chromedp.Evaluate[bool]("document.readyState === 'complete' && !!("+js+")")); err == nil && ok {
			return
		}
	}
	s.t.Fatalf("%s did not come: %s (%v)\nat %s: %s", what, js, err, s.text("location.href"), s.text("document.body.innerText.slice(0, 3000)"))
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// open goes to an address of the portal.
func (s *screen) open(path string) {
	s.t.Helper()
	s.do(chromedp.Navigate(s.p.url + path))
	s.sane()
}

// at waits for a page whose path has an end.
func (s *screen) at(end string) {
	s.t.Helper()
	s.wait("the page "+end, "location.pathname.endsWith("+quote(end)+")")
	s.sane()
}

// sees waits for words on the page.
func (s *screen) sees(words string) {
	s.t.Helper()
	s.wait(words, "document.body.innerText.replace(/\\s+/g, ' ').includes("+quote(words)+")")
}

// fill writes into a field in place of what is there.
func (s *screen) fill(selector, value string) {
	s.t.Helper()
	s.do(chromedp.SetValue(chromedp.CSS(selector), value))
}

// press clicks on what a selector finds and waits for the page that it leads to.
func (s *screen) press(selector string) {
	s.t.Helper()
	s.text("window.e2eOld = '1'")
	s.do(chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
	s.wait("the page after "+selector, "window.e2eOld !== '1'")
	s.sane()
}

// tooWide lists what stands beyond the edge of a page that can be scrolled sideways.
const tooWide = `(() => {
	const root = document.documentElement;
	if (root.scrollWidth <= root.clientWidth) return "";
	return root.scrollWidth + " px: " + [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1).map((e) => e.outerHTML.slice(0, 120)).slice(0, 8).join("\n");
})()`

// sane looks at what each page must be: no sideways scrolling, one h1, a title,
// a language, no message without words.
func (s *screen) sane() {
	s.t.Helper()
	s.wait("the page", "document.querySelector('main')")
	if wide := s.text(tooWide); wide != "" {
		s.t.Errorf("%s scrolls sideways: %s", s.text("location.href"), wide)
	}
	if n := s.text("String(document.querySelectorAll('h1').length)"); n != "1" {
		s.t.Errorf("%s has %s h1", s.text("location.href"), n)
	}
	if m := wordless.FindString(s.text("document.body.innerText")); m != "" {
		s.t.Errorf("%s shows the message %s without words", s.text("location.href"), m)
	}
	if s.text("document.title") == "" || s.text("document.documentElement.lang") == "" {
		s.t.Errorf("%s has no title or no language", s.text("location.href"))
	}
}

// signIn goes through the form.
func (s *screen) signIn(email, password string) {
	s.t.Helper()
	s.open("/sign-in")
	s.fill("#f-email", email)
	s.fill("#f-password", password)
	s.press("main form button[type=submit]")
	s.at("/desk")
}

type violation struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, FailureSummary string }
}

// axeCore is the program that looks for faults in pages.
var axeCore = sync.OnceValues(func() (string, error) {
	script, err := os.ReadFile(filepath.Join("..", "web-src", "node_modules", "axe-core", "axe.min.js"))
	return string(script), err
})

const axeTags = `runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]`

// axe runs axe-core on the page shown and returns what it finds; with rules, only
// those are run, on the first rows of tables and lists.
func (s *screen) axe(rules ...string) []violation {
	s.t.Helper()
	if len(rules) == 0 {
		return s.axeRun("document", axeTags)
	}
	return s.axeRun(`{include: [["html"]], exclude: [["tbody tr:nth-child(n+4)"], [".items > :nth-child(n+4)"]]}`, // each has the colours of the first
		`runOnly: {type: "rule", values: `+quoteAll(rules)+`}`)
}

// axeWithout runs all of axe-core but some rules.
func (s *screen) axeWithout(rules ...string) []violation {
	s.t.Helper()
	return s.axeRun("document", axeTags+`, rules: Object.fromEntries(`+quoteAll(rules)+`.map((r) => [r, {enabled: false}]))`)
}

func quoteAll(list []string) string {
	b, _ := json.Marshal(list)
	return string(b)
}

func (s *screen) axeRun(context, options string) (found []violation) {
	s.t.Helper()
	if s.text("String(typeof window.axe)") == "undefined" {
		script, err := axeCore()
		if err != nil {
			s.t.Fatalf("axe-core is not installed: run scripts/setup (%v)", err)
		}
		if _, err := chromedp.Run(s.ctx, chromedp.Evaluate[float64](script+";0")); err != nil {
			s.t.Fatal(err)
		}
	}
	out, err := chromedp.Run(s.ctx, chromedp.Evaluate[string](`axe.run(`+context+`, {resultTypes: ["violations"], `+options+`}).then(r => JSON.stringify(r.violations))`, chromedp.EvalAwaitPromise))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		s.t.Fatal(err)
	}
	return found
}

func (v violation) String() string {
	var b strings.Builder
	b.WriteString(v.ID + " (" + v.Impact + "): " + v.Help)
	for i, n := range v.Nodes {
		if i == 3 {
			break
		}
		b.WriteString("\n\t" + n.HTML + "\n\t" + n.FailureSummary)
	}
	return b.String()
}
