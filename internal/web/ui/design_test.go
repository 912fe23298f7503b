package ui_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/web/ui"
)

// go test ./internal/web/ui -run Design -shots DIR writes pictures of the living page.
var shots = flag.String("shots", "", "folder for screenshots of the living page")

func frame(t *testing.T, l i18n.Lang) ui.Frame {
	t.Helper()
	style, err := ui.NewHostStyle("#8a1538")
	if err != nil {
		t.Fatal(err)
	}
	return ui.Frame{
		Host:   ui.Host{Name: "Données de la Haute-Garonne", Slogan: "Le portail des communes et des intercommunalités", Style: style, BaseURL: "https://donnees.exemple.fr"},
		Assets: ui.Embedded(), Lang: l, Path: ui.DesignPath,
		Places:    []ui.Place{{Label: "Données", Href: "/search"}, {Label: "Territoire", Href: "/territory"}, {Label: "Prendre part", Href: "/community"}, {Label: "Apprendre", Href: "/learning"}},
		Footer:    []ui.Link{{Label: "Mentions légales", Href: "/legal"}, {Label: "Accessibilité : partiellement conforme", Href: "/accessibility"}, {Label: "Comprendre", Href: "/about"}},
		SignInURL: "/sign-in", Demo: true,
	}
}

// site serves the living page with the policy of real pages.
func site(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	handle := func(pattern string, h httpx.HandlerFunc) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", httpx.DefaultCSP().String())
			if err := h(w, r); err != nil {
				http.Error(w, err.Error(), httpx.Status(err))
			}
		})
	}
	handle("GET /static/", ui.Embedded().Serve)
	handle("GET /", func(w http.ResponseWriter, r *http.Request) error {
		f, l := frame(t, i18n.French), i18n.French
		if strings.HasPrefix(r.URL.Path, ui.HostPath) {
			return f.Host.Style.Serve(w, r)
		}
		if strings.HasPrefix(r.URL.Path, "/en/") {
			l = i18n.English
		}
		if r.URL.Query().Has("default") {
			f.Host.Style = ui.HostStyle{}
		}
		f.Lang = l
		f.Account = &ui.Account{Name: "Camille Dupont", Links: []ui.Link{{Label: "Mon bureau", Href: "/desk", Icon: "clipboard-list"}, {Label: "Mon compte", Href: "/account", Icon: "settings"}}}
		return ui.Layout(f, ui.DesignPage(), ui.Design()).Render(r.Context(), w)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func browser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Fatal("no Chromium: run scripts/setup")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // the first action starts the browser, without a time limit
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(end)
	return ctx
}

type violation struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string
	}
}

// axe runs axe-core on the page that the browser shows.
func axe(ctx context.Context, t *testing.T) []violation {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("..", "..", "..", "web-src", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("axe-core is not installed: run scripts/setup (%v)", err)
	}
	run := `axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]}).then(r => JSON.stringify(r.violations))`
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[float64](string(script)+";0")); err != nil {
		t.Fatal(err)
	}
	out, err := chromedp.Run(ctx, chromedp.Evaluate[string](run, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	var v []violation
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// tooWide lists what stands beyond the edge of a page that can be scrolled sideways.
const tooWide = `(() => {
	const root = document.documentElement;
	if (root.scrollWidth <= root.clientWidth) return "";
	const inScroller = (e) => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) if (getComputedStyle(p).overflowX !== "visible") return true; return false; };
	return root.scrollWidth + " px\n" + [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !inScroller(e)).map((e) => e.outerHTML.slice(0, 120)).slice(0, 8).join("\n");
})()`

// The living page has no violation in any theme, on a desk and on a phone, and
// nothing that the content policy refuses.
func TestDesignPageInTheBrowser(t *testing.T) {
	if !ui.Embedded().Built() {
		t.Fatal("assets are not built: run scripts/setup, or npm ci && npm run build in web-src")
	}
	url := site(t)
	ctx := browser(t)
	logs := console(ctx, t)
	for _, c := range []struct {
		name, theme, query string
		width, height      int64
	}{
		{"desk-light", "light", "", 1280, 900},
		{"desk-default", "light", "?default", 1280, 900},
		{"desk-dark", "dark", "", 1280, 900},
		{"desk-contrast", "contrast", "", 1280, 900},
		{"phone-light", "light", "", 390, 844},
		{"phone-dark", "dark", "", 390, 844},
		{"narrow", "light", "", 320, 640},
	} {
		t.Run(c.name, func(t *testing.T) {
			quiet := func(ctx context.Context, _ *chromedp.Target) (v chromedp.Void, err error) {
				_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "prefers-color-scheme", Value: "light"}}})
				return v, err
			}
			err := chromedp.Do(ctx, chromedp.EmulateViewport(c.width, c.height), quiet, chromedp.Navigate(url+ui.DesignPath+c.query))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf("document.documentElement.dataset.theme = %q", c.theme))); err != nil {
				t.Fatal(err)
			}
			is(ctx, t, "transitions and the skeleton's delay are over", `document.fonts.status === "loaded" && document.getAnimations().every((a) => a.playState === "finished")`)
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[string](tooWide))
			if err != nil {
				t.Fatal(err)
			}
			if wide != "" {
				t.Errorf("the page is wider than the screen:\n%s", wide)
			}
			for _, v := range axe(ctx, t) {
				for _, n := range v.Nodes {
					t.Errorf("%s (%s): %s\n\t%s\n\t%s", v.ID, v.Impact, v.Help, n.HTML, n.FailureSummary)
				}
			}
			if *shots != "" {
				shoot(ctx, t, c.width, filepath.Join(*shots, c.name+".png"))
			}
		})
	}
	for _, line := range logs() {
		t.Errorf("the console says: %s", line)
	}
}

func shoot(ctx context.Context, t *testing.T, width int64, file string) {
	t.Helper()
	height, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("document.documentElement.scrollHeight"))
	if err == nil {
		err = chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Sleep(300*time.Millisecond))
	}
	var png []byte
	if err == nil {
		png, err = chromedp.Run(ctx, chromedp.CaptureScreenshot())
	}
	if err == nil {
		err = os.WriteFile(file, png, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
