package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// phone is a browser whose profile outlives it: it can be killed and opened again.
type phone struct {
	*screen
	dir  string
	stop func()
}

// openPhone opens a browser on a profile; "" makes a new one.
func openPhone(t *testing.T, p *portal, dir string) *phone {
	t.Helper()
	if dir == "" {
		dir = t.TempDir()
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), browserOptions(t, dir)...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithTimeout(ctx, 8*time.Minute)
	t.Cleanup(end)
	ph := &phone{&screen{ctx, t, p}, dir, func() { end(); stop() }}
	ph.size(390, 844)
	if _, err := chromedp.Call(ctx, browser.SetPermission, browser.SetPermissionParams{Permission: &browser.PermissionDescriptor{Name: "geolocation"}, Setting: browser.PermissionSettingGranted}); err != nil {
		t.Fatal(err)
	}
	return ph
}

// kill ends the browser without any warning and opens it again.
func (ph *phone) kill() *phone {
	ph.t.Helper()
	ph.stop()
	time.Sleep(200 * time.Millisecond) // the profile is let go
	for _, lock := range []string{"SingletonLock", "SingletonSocket", "SingletonCookie"} {
		_ = os.Remove(filepath.Join(ph.dir, lock))
	}
	return openPhone(ph.t, ph.p, ph.dir)
}

// at puts the phone somewhere.
func (ph *phone) at(lon, lat float64) {
	ph.t.Helper()
	accuracy := 4.0
	if _, err := chromedp.Call(ph.ctx, emulation.SetGeolocationOverride, emulation.SetGeolocationOverrideParams{Longitude: &lon, Latitude: &lat, Accuracy: &accuracy}); err != nil {
		ph.t.Fatal(err)
	}
}

// ahead sets the clock that pages see, from the next one on.
func (ph *phone) ahead(by time.Duration) {
	ph.t.Helper()
	script := fmt.Sprintf("{ const real = Date.now; Date.now = () => real() + %d; }", by.Milliseconds())
	if _, err := chromedp.Call(ph.ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		ph.t.Fatal(err)
	}
}

// terrain opens the application and waits until it shows something.
func (ph *phone) terrain() {
	ph.t.Helper()
	ph.do(chromedp.Navigate(ph.p.url + "/terrain?lang=fr"))
	ph.wait("the application", "document.getElementById('terrain')?.dataset.ready !== undefined")
}

// online waits until the application has asked the portal, sent and fetched once.
func (ph *phone) online() {
	ph.t.Helper()
	ph.wait("the application at rest", "document.getElementById('terrain')?.dataset.settled !== undefined && navigator.serviceWorker.controller")
}

// known opens the application with a session: a browser that is killed within half a
// minute of signing in has not written its cookie down.
func (ph *phone) known(email string) {
	ph.t.Helper()
	ph.terrain()
	if ph.await(`fetch("/terrain/account").then((a) => a.json()).then((a) => a.account ? "in" : "")`) == "" {
		ph.signIn(email, password)
		ph.terrain()
	}
	ph.online()
}

// goes to a page of the application.
func (ph *phone) goes(hash string) {
	ph.t.Helper()
	ph.text(fmt.Sprintf(`(location.hash = %s, "")`, quote(hash)))
	ph.wait("the page "+hash, "document.getElementById('terrain').dataset.ready === "+quote("#"+hash))
	ph.sane()
}

const asked = `((label) => {
	for (const l of document.querySelectorAll("#terrain label, #terrain legend")) {
		if (!l.textContent.startsWith(label) || l.closest("[hidden]")) continue;
		return l.tagName === "LABEL" ? document.getElementById(l.htmlFor) : l.parentElement;
	}
	throw new Error("no question " + label);
})`

// types an answer.
func (ph *phone) types(label, value string) {
	ph.t.Helper()
	ph.text(fmt.Sprintf(`(() => { const e = %s(%s); e.value = %s; e.dispatchEvent(new Event("input", {bubbles: true})); return ""; })()`, asked, quote(label), quote(value)))
}

// picks a choice.
func (ph *phone) picks(label, choice string) {
	ph.t.Helper()
	ph.text(fmt.Sprintf(`(() => { [...%s(%s).querySelectorAll("label")].find((l) => l.textContent === %s).click(); return ""; })()`, asked, quote(label), quote(choice)))
}

// presses a button or a link by a part of its words.
func (ph *phone) presses(words string) {
	ph.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(".terrain-body button, .terrain-body a")].find((x) => x.offsetParent !== null && !x.disabled && x.textContent.includes(%s))`, quote(words))
	ph.wait(words, find)
	ph.text("(" + find + `.click(), "")`)
}

// photographs puts a file into the question for a photo.
func (ph *phone) photographs(file string) {
	ph.t.Helper()
	ph.do(chromedp.SetUploadFiles(chromedp.CSS("input[type=file][capture]"), []string{file}))
	ph.wait("the photo", "document.querySelector('.terrain-photo img')")
}

// picture is a photo of 2,400 × 1,800 pixels, each different.
func picture(t *testing.T, n int) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 2400, 1800))
	for y := range 1800 {
		for x := range 2400 {
			img.Set(x, y, color.RGBA{uint8(x*n) ^ uint8(y), uint8(y + 40*n), uint8(x / 10), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), fmt.Sprintf("photo-%d.jpg", n))
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// records fills in the form of the hydrants: where, name, state, and a photo if any.
func (ph *phone) records(form, name string, lon, lat float64, photo string) {
	ph.t.Helper()
	ph.goes("new/" + form)
	ph.wait("the question of the place", "document.querySelector('.terrain-position')")
	ph.at(lon, lat)
	ph.sees("à 4 m près")
	ph.types("Nom", name)
	ph.picks("État", "Fuite")
	ph.types("Débit", "12,5")
	if photo != "" {
		ph.photographs(photo)
	}
	ph.presses("Terminer et envoyer")
	ph.sees("« " + name + " » est gardée sur ce téléphone")
}

// kept counts the entries of this phone by state, as the application stores them.
func (ph *phone) kept() map[string]int {
	ph.t.Helper()
	list := ph.await(`new Promise((done, failed) => {
		const open = indexedDB.open("socle-terrain");
		open.onerror = () => failed(open.error);
		open.onsuccess = () => {
			const all = open.result.transaction("entries").objectStore("entries").getAll();
			all.onsuccess = () => (open.result.close(), done(all.result.map((e) => e.state + " " + e.id).join("\n")));
		};
	})`)
	out := map[string]int{}
	for line := range strings.Lines(list) {
		state, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if state != "" {
			out[state]++
		}
	}
	return out
}

// await evaluates a promise of a string.
func (s *screen) await(js string) string {
	s.t.Helper()
	v, err := chromedp.Run(s.ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
	if err != nil {
		s.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// allSent waits until nothing waits on the phone.
func (ph *phone) allSent(n int) {
	ph.t.Helper()
	var got map[string]int
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(300 * time.Millisecond) {
		if got = ph.kept(); got["sent"] == n && len(got) == 1 {
			return
		}
		ph.text(`(document.querySelector(".terrain-page button.terrain-main:not(:disabled)")?.textContent.includes("Envoyer maintenant") && document.querySelector(".terrain-page button.terrain-main").click(), "")`)
	}
	ph.t.Fatalf("entries on the phone: %v, want %d sent\n%s", got, n, ph.text("document.body.innerText"))
}
