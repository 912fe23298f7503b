package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// cut lists texts that their box hides a part of, without a way to scroll to it: not the
// cells of a grid, whose text stands whole above it where one is.
const cut = `(() => [...document.querySelectorAll("main *, header *, footer *")].filter((e) => {
	if (e.closest(".visually-hidden, .skip, svg, [hidden], .maplibregl-map, .grid:has([data-whole]) [role=gridcell]") || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) return false;
	const style = getComputedStyle(e), box = e.getBoundingClientRect();
	if (box.width <= 1 || style.overflowX === "visible" || style.overflowX === "auto" || style.overflowX === "scroll") return false;
	return e.scrollWidth > e.clientWidth + 1;
}).map((e) => e.outerHTML.slice(0, 160)).slice(0, 5).join("\n"))()`

// moving lists what still moves for those who asked for less motion.
const moving = `(() => [...document.querySelectorAll("*")].filter((e) => {
	const s = getComputedStyle(e);
	return (s.transitionDuration + "," + s.animationDuration).split(",").some((d) => parseFloat(d) > 0.001) || s.scrollBehavior === "smooth";
}).map((e) => e.outerHTML.slice(0, 120)).slice(0, 5).join("\n"))()`

// unbound lists the controls that nothing shows when the system chooses the colours:
// backgrounds are gone then, borders stay.
const unbound = `(() => [...document.querySelectorAll("main .button, main input:not([type=hidden]):not([type=radio]):not([type=checkbox]):not([type=file]), main select, main textarea")].filter((e) => {
	const s = getComputedStyle(e);
	return e.getClientRects().length > 0 && !e.closest(".visually-hidden") && parseFloat(s.borderTopWidth) === 0 && s.textDecorationLine !== "underline";
}).map((e) => e.outerHTML.slice(0, 160)).slice(0, 5).join("\n"))()`

// emulated sets what the system tells pages about its person.
func (s *screen) emulated(features ...string) {
	s.t.Helper()
	media := emulation.SetEmulatedMediaParams{}
	for i := 0; i < len(features); i += 2 {
		media.Features = append(media.Features, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	if _, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, media); err != nil {
		s.t.Fatal(err)
	}
	frames := `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(""))))`
	s.awaited(frames + `.then(() => Promise.allSettled(document.getAnimations().map((a) => a.finished))).then(() => ` + frames + `)`)
}

// awaited evaluates a promise of a string.
func (s *screen) awaited(js string) string {
	s.t.Helper()
	v, err := chromedp.Run(s.ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
	if err != nil {
		s.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// none fails when an expression lists something.
func (s *screen) none(what, js string) {
	s.t.Helper()
	if found := s.text(js); found != "" {
		s.t.Errorf("%s: %s:\n%s", s.text("location.href"), what, found)
	}
}

// together is how many pages a browser looks at before another one begins.
const together = 20

// Every page, in both languages: axe-core finds nothing, light and dark; in the
// appearance of strong contrasts texts have 7:1; at 200 % and at 320 px nothing is
// cut off and the page does not scroll sideways; nothing moves for those who asked
// for less motion; when the system chooses the colours, controls keep their edges.
// What does not depend on the words is looked at in French only. Strong contrasts, and
// the widths of the English pages, belong to the long campaign (make soak).
func TestEveryPage(t *testing.T) {
	p, accounts := demo(t)
	begun := time.Now()
	list := sights(t, p, accounts)
	t.Logf("%d pages, found in %.0f s", len(list), time.Since(begun).Seconds())
	whos, of := byVisitor(list)
	for _, who := range whos {
		n := 0
		for part := range slices.Chunk(of[who], together) {
			n++
			t.Run(fmt.Sprint(who, "-", n), func(t *testing.T) {
				t.Parallel() // a browser each
				s := browseFor(t, p, 14*time.Minute)
				s.enterAs(who, accounts)
				for _, g := range part {
					s.accessible(g.path)
					if g.both {
						s.worded("/en" + strings.TrimSuffix(g.path, "/"))
					}
				}
				t.Logf("%d pages", len(part))
			})
		}
	}
}

// The pages behind the links of messages: an invitation, a new password, signing in by
// mail, a new address, following without an account.
func TestLinkPages(t *testing.T) {
	t.Parallel()
	p := start(t)
	host := hostOf(t, p)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "lea@essai.example", "editor")
	links := []string{
		linkIn.FindString(p.must(t, "admin", "invite", "nouvelle@essai.example", "--organisation", "mairie-d-essai", "--role", "reader")),
		linkIn.FindString(p.must(t, "admin", "reset", "lea@essai.example")),
	}
	other := p.visitor(t)
	other.send(other.get("/sign-in/link"), `main form[action="/sign-in/link"]`, "email", "lea@essai.example")
	links = append(links, mailed(t, host, "lea@essai.example"))
	v.send(v.get("/account/security"), `form[action="/account/security/email"]`, "email", "lea.martin@essai.example")
	links = append(links, mailed(t, host, "lea.martin@essai.example"))
	other.send(other.get("/follow?what=portal"), `main form[action="/follow"]`, "email", "eve@essai.example", "pace", "daily")
	links = append(links, mailed(t, host, "eve@essai.example"))
	s := browse(t, p)
	for _, link := range links {
		path, found := strings.CutPrefix(link, p.url)
		if !found {
			t.Fatalf("no link: %q", link)
		}
		s.accessible(path)
		s.wait("a form", `document.querySelector("main form button[type=submit]")`)
	}
}

// accessible looks at one page in all its appearances and widths.
func (s *screen) accessible(path string) {
	s.t.Helper()
	s.size(1280, 900)
	s.emulated("prefers-color-scheme", "light", "prefers-reduced-motion", "reduce")
	s.open(path)
	s.wait("the page, written by its script", "!document.querySelector('#terrain:not([data-ready])')")
	s.faultless(path+", light", s.axe())
	s.none("moves although less motion was asked for", moving)
	s.emulated("prefers-color-scheme", "dark", "prefers-reduced-motion", "reduce")
	s.faultless(path+", dark", s.axe("color-contrast", "link-in-text-block"))
	if *soak {
		s.text(`(document.documentElement.dataset.theme = "contrast", "")`)
		s.faultless(path+", strong contrasts", s.axe("color-contrast-enhanced"))
		s.text(`(delete document.documentElement.dataset.theme, "")`)
	}
	s.emulated("forced-colors", "active", "prefers-reduced-motion", "reduce")
	s.none("controls without edges in forced colours", unbound)
	s.narrow()
}

// worded looks at what the words of a page may change: all but its colours, which are
// those of the page in the other language.
func (s *screen) worded(path string) {
	s.t.Helper()
	s.size(1280, 900)
	s.open(path)
	s.faultless(path, s.axeWithout("color-contrast", "link-in-text-block"))
	if *soak {
		s.narrow()
	}
}

// narrow looks at the page shown at 200 % of 1280 px, and at its narrowest.
func (s *screen) narrow() {
	s.t.Helper()
	for _, width := range []int64{640, 320} {
		s.size(width, 900)
		s.none("scrolls sideways", tooWide)
		s.none("texts are cut off", cut)
	}
}

// faultless fails for each thing that axe-core has found.
func (s *screen) faultless(where string, found []violation) {
	s.t.Helper()
	for _, v := range found {
		s.t.Errorf("%s: %s", where, v)
	}
}

// named are the names that assistive technology is given for what has a role.
func (s *screen) named(roles ...string) (names map[string][]string) {
	s.t.Helper()
	tree, err := chromedp.Call(s.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		s.t.Fatal(err)
	}
	names = map[string][]string{}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		role := strings.Trim(string(n.Role.Value), `"`)
		for _, wanted := range roles {
			if role == wanted {
				name := ""
				if n.Name != nil {
					name = strings.Trim(string(n.Name.Value), `"`)
				}
				names[role] = append(names[role], name)
			}
		}
	}
	return names
}

// What assistive technology is told of a table, a map and a chart: what each is, by
// its sentence; the headers of columns, sorted or not; and the same as a table.
func TestNames(t *testing.T) {
	p, _ := demo(t)
	base := "/datasets/points-d-apport-volontaire-demonstration"
	s := browse(t, p)
	s.open(base + "?flux=verre&sort=-flux")
	names := s.named("table", "columnheader", "region", "navigation", "main", "heading")
	if n := names["table"]; len(n) == 0 || !strings.Contains(n[0], "verre") {
		t.Errorf("the table is called %q: its filter is not said", n)
	}
	for _, role := range []string{"columnheader", "region", "navigation", "heading"} {
		for _, name := range names[role] {
			if strings.TrimSpace(name) == "" {
				t.Errorf("a %s without a name on the table: %q", role, names[role])
			}
		}
	}
	if len(names["columnheader"]) < 5 || s.text(`document.querySelector("th[aria-sort]").getAttribute("aria-sort")`) != "descending" {
		t.Errorf("headers %q", names["columnheader"])
	}
	s.open(base + "/map?flux=verre")
	s.wait("the live map", `document.querySelector(".map-live[data-ready] canvas")`)
	s.wait("the rows nearest to its middle", `document.querySelectorAll("#nearest tbody tr").length > 0`)
	names = s.named("region", "button", "table", "Canvas")
	if all := strings.Join(append(names["region"], names["Canvas"]...), "|"); !strings.Contains(strings.ToLower(all), "carte") {
		t.Errorf("no region is called a map: %q", all)
	}
	if len(names["table"]) == 0 || names["table"][0] == "" {
		t.Errorf("the map has no table beside it: %q", names["table"])
	}
	for _, name := range names["button"] {
		if name == "" {
			t.Errorf("a button of the map has no name: %q", names["button"])
		}
	}
	s.open(base + "/chart?chart-x=flux")
	s.text(`(document.querySelector("details:has(#chart-values)").open = true, "")`)
	names = s.named("image", "img", "table", "combobox")
	if all := strings.Join(append(names["image"], names["img"]...), "|"); !strings.Contains(all, "flux") {
		t.Errorf("the chart is called %q", all)
	}
	if len(names["table"]) == 0 || names["table"][0] == "" || len(names["combobox"]) < 3 {
		t.Errorf("tables %q, choices %q", names["table"], names["combobox"])
	}
}
