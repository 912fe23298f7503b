package e2e

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/cdproto/network"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// attacks are texts that a page which forgets to escape them runs: each calls
// attaque, which the browser of the test counts, or leaves an element x-attaque.
var attacks = []string{
	`<script>attaque(1)</script>`,
	`"><img src=x onerror=attaque(2)>`,
	`'><svg onload=attaque(3)>`,
	`</title><script>attaque(4)</script>`,
	`</textarea><x-attaque>`,
	`</script><script>attaque(5)</script>`,
	`" onmouseover="attaque(6)" autofocus onfocus="attaque(6)`,
	`' onfocus='attaque(7)' autofocus tabindex=1 x='`,
	`javascript:attaque(8)`,
	`[lien](javascript:attaque(9))`,
	`![image](x" onerror="attaque(10))`,
	`<a href="data:text/html,<script>attaque(11)</script>">x</a>`,
	`<iframe srcdoc="<script>parent.attaque(12)</script>"></iframe>`,
	`<math><mtext><table><mglyph><style><img src=x onerror=attaque(13)>`,
	`<form action=https://evil.example><button>envoyer</button></form><x-attaque>`,
	`{{constructor.constructor('attaque(14)')()}}${attaque(14)}`,
	`<style>@import 'https://evil.example/x.css';</style><x-attaque>`,
	`<base href="https://evil.example/"><meta http-equiv=refresh content="0;url=https://evil.example">`,
	`<object data="javascript:attaque(15)"></object><embed src="javascript:attaque(15)">`,
	"<scr\u0000ipt>attaque(16)</scr\u0000ipt><x-attaque>",
	`<!--><img src=x onerror=attaque(17)>-->`,
	`\u003cimg src=x onerror=attaque(18)\u003e`,
	`&lt;img src=x onerror=attaque(19)&gt;`,
	`=HYPERLINK("javascript:attaque(20)")`,
	`<details open ontoggle=attaque(21)><x-attaque>`,
	`<noscript><p title="</noscript><img src=x onerror=attaque(22)>">`,
	"\u202egnp.<x-attaque>",
}

// quiver holds the attacks.
type quiver struct{ next int }

// draw is an attack of at most so many characters, another one each time.
func (q *quiver) draw(most int) string {
	for range attacks {
		a := strings.ReplaceAll(attacks[q.next%len(attacks)], "\x00", "")
		q.next++
		if len([]rune(a)) <= most {
			return a
		}
	}
	return "<x-attaque>"
}

// hostileTable has an attack as each column's name and in each cell.
func hostileTable() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	head := []string{"longitude", "latitude"}
	for _, a := range attacks[:8] {
		head = append(head, strings.ReplaceAll(a, "\x00", ""))
	}
	_ = w.Write(head)
	for i, a := range attacks {
		a = strings.ReplaceAll(a, "\x00", "")
		row := []string{fmt.Sprintf("%.4f", 1.4+float64(i)/1000), "43.6"}
		for range attacks[:8] {
			row = append(row, a)
		}
		_ = w.Write(row)
	}
	w.Flush()
	return b.Bytes()
}

// Whatever is written into any field comes back as text on every page: titles,
// descriptions, names of files, columns, cells, organisations, people, tokens, texts
// of the host, searches, filters, the host's logo. A browser visits them all; nothing
// runs, nothing is refused by the policy of the pages (which would mean that it got
// into them), and no element of an attack is in a page.
func TestAttackStrings(t *testing.T) {
	t.Parallel()
	logo := filepath.Join(t.TempDir(), "logo.svg")
	hostileLogo := `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" onload="attaque(90)"><script>attaque(91)</script><foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><img src="x" onerror="attaque(92)"/></body></foreignObject><circle r="20" cx="24" cy="24"/></svg>`
	if err := os.WriteFile(logo, []byte(hostileLogo), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "--host-logo", logo, "--host-name", `Hôte <x-attaque>"'`)
	q := &quiver{}
	host := p.visitor(t)
	host.send(host.get(linkIn.FindString(p.out.String())), `form[action="/first-account"]`, "name", `<img src=x onerror=attaque(30)>`, "email", "hote@essai.example", "password", password)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	agent := p.join(t, "mairie-d-essai", "agent@essai.example", "administrator")
	c := p.client(t, agent.token("read,write,publish"))
	for i, a := range attacks[:6] {
		name := regexp.MustCompile(`[/\x00]`).ReplaceAllString(a, "_") + ".csv"
		if _, err := tryPublish(t.Context(), c, name, hostileTable(), fmt.Sprintf("%s %d", a, i)); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
	}
	filled := 0
	for _, v := range []*visitor{agent, host} {
		filled += v.attacked(t, q)
	}
	if filled < 30 {
		t.Errorf("only %d fields were filled in", filled)
	}
	t.Logf("%d fields", filled)

	s := browseFor(t, p, 10*time.Minute)
	ran := s.watched()
	visit := func(path string) {
		t.Helper()
		s.do(chromedp.Navigate(p.url + path))
		s.wait("the page", "document.querySelector('main, h1')")
		s.none("elements of an attack", intruders)
	}
	for _, v := range []*visitor{p.visitor(t), agent, host} {
		for _, cookie := range v.cookies(t) {
			s.cookie(cookie)
		}
		paths := v.everywhere(t)
		for _, path := range paths {
			visit(path)
		}
		t.Logf("%d pages", len(paths))
	}
	others := []string{"/datasets/%s", "/en/%s", "/search?theme=%s&organisation=%s", "/sign-in?next=%s", "/check?schema=%s", "/deposits/new?schema=%s&dataset="}
	for i, a := range attacks {
		for _, path := range []string{"/search?q=%s", others[i%len(others)]} {
			visit(strings.ReplaceAll(path, "%s", escaped(a)))
		}
	}
	for _, e := range ran() {
		t.Error(e)
	}
}

// intruders lists what only an attack brings into a page.
const intruders = `[...document.querySelectorAll("x-attaque, base, iframe, object, embed, form[action^=https], meta[http-equiv=refresh i], script:not([src]):not([type='application/ld+json']):not([type='application/json']), main style, a[href^='javascript:' i], a[href^='data:' i]")].concat([...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on")))).map((e) => e.outerHTML.slice(0, 200)).slice(0, 5).join("\n")`

// watched counts what runs and what the pages' policy refuses, until it is asked.
func (s *screen) watched() (ran func() []string) {
	s.t.Helper()
	if _, err := chromedp.Call(s.ctx, runtime.AddBinding, runtime.AddBindingParams{Name: "attaque"}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := chromedp.Call(s.ctx, runtime.AddBinding, runtime.AddBindingParams{Name: "e2eRefused"}); err != nil {
		s.t.Fatal(err)
	}
	script := `addEventListener("securitypolicyviolation", (e) => e2eRefused(location.href + ": " + e.violatedDirective + " " + e.blockedURI + " " + e.sample)); window.alert = window.prompt = window.confirm = () => attaque("dialog")`
	if _, err := chromedp.Call(s.ctx, cdpage.AddScriptToEvaluateOnNewDocument, cdpage.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		s.t.Fatal(err)
	}
	var mu sync.Mutex
	var list []string
	err := chromedp.Listen(s.ctx, func(ev any) {
		if e, ok := ev.(*runtime.EventBindingCalled); ok && (e.Name == "attaque" || e.Name == "e2eRefused") {
			mu.Lock()
			defer mu.Unlock()
			list = append(list, e.Name+": "+e.Payload)
		}
	})
	if err != nil {
		s.t.Fatal(err)
	}
	// What is counted is counted: an attack that does run is seen.
	s.do(chromedp.Navigate("data:text/html,<img src=x onerror=\"attaque('seen')\">"))
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(30 * time.Millisecond) {
		mu.Lock()
		n := len(list)
		list = nil
		mu.Unlock()
		if n > 0 {
			break
		}
		if time.Now().After(deadline) {
			s.t.Fatal("an attack that runs is not seen, so the test proves nothing")
		}
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return list
	}
}

// attacked fills every text of every form that a visitor is shown with attacks and
// sends it, and returns how many fields that were.
func (v *visitor) attacked(t *testing.T, q *quiver) (filled int) {
	t.Helper()
	v.t = t
	sent := map[string]bool{}
	for _, path := range v.everywhere(t) {
		pg := v.get(path)
		if pg.doc == nil {
			continue
		}
		for i := range pg.doc.Find("main form[method=post]").Length() {
			form := pg.doc.Find("main form[method=post]").Eq(i)
			action := regexp.MustCompile(`[0-9a-z]{20}`).ReplaceAllString(form.AttrOr("action", ""), "{id}")
			if sent[action] || dangerous.MatchString(action) || form.Find("input[type=file]").Length() > 0 {
				continue
			}
			sent[action] = true
			at, values := formOf(t, pg, form)
			n := 0
			form.Find("input[type=text], input:not([type]), input[type=search], textarea").Each(func(_ int, f *goquery.Selection) {
				name := f.AttrOr("name", "")
				if name == "" || strings.Contains(name, "password") || strings.Contains(name, "code") {
					return
				}
				most := 150
				if goquery.NodeName(f) == "textarea" {
					most = 4000
				}
				text := q.draw(most)
				if most > 150 {
					text = strings.ReplaceAll(strings.Join(attacks, "\n\n"), "\x00", "")
				}
				values.Set(name, text)
				n++
			})
			if n == 0 {
				continue
			}
			filled += n
			if pg := v.post(at, values); pg.status >= http.StatusInternalServerError {
				t.Errorf("POST %s: %d", at, pg.status)
			} else if pg.doc != nil && pg.doc.Find("x-attaque").Length() > 0 {
				t.Errorf("POST %s comes back with an element of an attack", at)
			}
		}
	}
	return filled
}

// dangerous are forms that end the visit: signing out, closing an account, sessions.
var dangerous = regexp.MustCompile(`sign-out|close|sessions|revoke|remove|withdraw|merge|/publication$|password|new-address|security|language|first-account|/mail/|/jobs/`)

// escaped is an attack as a part of an address.
func escaped(attack string) string {
	return strings.ReplaceAll(url.QueryEscape(attack), "+", "%20")
}

// cookies are those of a visitor.
func (v *visitor) cookies(t *testing.T) []*http.Cookie {
	t.Helper()
	base, err := url.Parse(v.p.url)
	if err != nil {
		t.Fatal(err)
	}
	return v.http.Jar.Cookies(base)
}

// cookie puts a cookie of a visitor into the browser.
func (s *screen) cookie(c *http.Cookie) {
	s.t.Helper()
	if _, err := chromedp.Call(s.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: s.p.url}); err != nil {
		s.t.Fatal(err)
	}
}
