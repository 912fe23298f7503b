package ui_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"socle/internal/web/ui"
)

func is(ctx context.Context, t *testing.T, what, js string) {
	t.Helper()
	ok, err := chromedp.Run(ctx, chromedp.Poll[bool](js, chromedp.WithPollingTimeout(30*time.Second)))
	if err != nil || !ok {
		t.Errorf("%s: %s (%v)", what, js, err)
	}
}

func do(ctx context.Context, t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func eval(ctx context.Context, t *testing.T, js string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("(()=>{"+js+"})();true")); err != nil {
		t.Fatal(err)
	}
}

// Menus, dialogs, reasons of cells and the choice of appearance, with the keyboard.
func TestControlsInTheBrowser(t *testing.T) {
	ctx := browser(t)
	url := site(t)
	do(ctx, t, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(url+ui.DesignPath))
	picture := func(name string) {
		if *shots != "" {
			png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(*shots, name+".png"), png)
		}
	}

	eval(ctx, t, `document.querySelector(".skip a").focus()`)
	is(ctx, t, "the skip link shows itself", `document.querySelector(".skip a").getBoundingClientRect().top >= 0`)
	picture("state-skip")

	eval(ctx, t, `document.querySelector(".site-tools .menu summary").focus()`)
	do(ctx, t, chromedp.KeyEvent(kb.Enter))
	is(ctx, t, "the menu opens", `document.querySelector(".site-tools .menu").open && !document.querySelector("[data-appearance]").hidden`)
	picture("state-menu")
	eval(ctx, t, `document.querySelector("input[value=dark]").click()`)
	is(ctx, t, "the appearance changes", `document.documentElement.dataset.theme === "dark" && getComputedStyle(document.documentElement).backgroundColor === "rgb(25, 23, 20)"`)
	picture("state-dark")
	do(ctx, t, chromedp.KeyEvent(kb.Escape))
	is(ctx, t, "Escape closes the menu", `!document.querySelector(".site-tools .menu").open && document.activeElement.tagName === "SUMMARY"`)
	do(ctx, t, chromedp.Navigate(url+ui.DesignPath))
	is(ctx, t, "the appearance is remembered", `document.documentElement.dataset.theme === "dark" && document.querySelector("input[value=dark]").checked`)
	eval(ctx, t, `document.querySelector("input[value=auto]").click()`)
	is(ctx, t, "and forgotten", `!document.documentElement.dataset.theme && localStorage.length === 0`)

	eval(ctx, t, `document.querySelector(".cell-wrong .cell-mark").focus()`)
	do(ctx, t, chromedp.KeyEvent(kb.Enter))
	is(ctx, t, "the reason shows", `document.querySelector(".cell-reason:popover-open")?.textContent.includes("14 chiffres")`)
	picture("state-reason")
	do(ctx, t, chromedp.KeyEvent(kb.Escape))
	is(ctx, t, "and hides", `!document.querySelector(".cell-reason:popover-open")`)

	eval(ctx, t, `document.querySelector("button[data-opens]").focus()`)
	do(ctx, t, chromedp.KeyEvent(kb.Enter))
	is(ctx, t, "the dialog opens", `document.getElementById("supprimer").matches(":modal")`)
	for _, v := range axe(ctx, t) {
		t.Errorf("dialog: %s: %s", v.ID, v.Help)
	}
	picture("state-dialog")
	do(ctx, t, chromedp.KeyEvent(kb.Escape))
	is(ctx, t, "and closes, the focus comes back", `!document.getElementById("supprimer").open && document.activeElement.dataset.opens === "supprimer"`)

	eval(ctx, t, `const d = new DataTransfer(); d.items.add(new File(["a;b"], "menus d’été.csv", {type: "text/csv"}));
		document.querySelector("[data-island=drop]").dispatchEvent(new DragEvent("drop", {dataTransfer: d, bubbles: true, cancelable: true}))`)
	is(ctx, t, "a dropped file is named", `/^menus d’été.csv \(3\so\)$/.test(document.querySelector("[data-chosen]").textContent) && document.querySelector("#f-file").files.length === 1`)
	is(ctx, t, "code can be copied", `!document.querySelector("[data-island=copy]").hidden`)
	is(ctx, t, "the summary of mistakes has the focus when the page opens", `document.querySelector("[data-focus]").tabIndex === -1`)
}

// On a phone the reason of a cell stays inside the screen.
func TestReasonsOnAPhone(t *testing.T) {
	ctx := browser(t)
	do(ctx, t, chromedp.EmulateViewport(390, 844), chromedp.Navigate(site(t)+ui.DesignPath))
	eval(ctx, t, `const c = document.querySelectorAll(".cell-mark"); c[c.length - 1].scrollIntoView({block: "center"}); c[c.length - 1].click()`)
	is(ctx, t, "inside the screen", `(() => { const r = document.querySelector(".cell-reason:popover-open").getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth && r.top >= 0 && r.bottom <= innerHeight })()`)
	if *shots != "" {
		png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(*shots, "state-reason-phone.png"), png)
	}
}
