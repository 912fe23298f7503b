package e2e

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
// descriptions, names of files, files beside tables, columns, cells, what is pasted, addresses and mails,
// reasons of a withdrawal, organisations, people, tokens, texts of the host, searches,
// filters, the host's logo. A browser visits them all; nothing
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
	set := ""
	for i, a := range attacks[:6] {
		name := regexp.MustCompile(`[/\x00]`).ReplaceAllString(a, "_") + ".csv"
		d, err := tryPublish(t.Context(), c, name, hostileTable(), fmt.Sprintf("%s %d", a, i))
		if err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		set = "/datasets/" + d.Slug
	}
	for i, a := range attacks[:6] { // files beside the tables, hostile in name, title and description
		pg := agent.attach(agent.get(set+"/files/new"), regexp.MustCompile(`[/\\\x00]`).ReplaceAllString(a, "_")+".svg", []byte(hostileLogo), "title", a, "description", a, "note", a)
		if pg.status != http.StatusOK || pg.doc.Find("main h2 a[href*='/files/']").Length() != i+1 {
			t.Fatalf("%s: %d %s", a, pg.status, pg.text())
		}
	}
	filled := 0
	var withdrawn []string
	for _, v := range []*visitor{agent, host, agent} { // the agent again: now there is a deposit of what was pasted
		n, gone := v.attacked(t, q)
		filled, withdrawn = filled+n, append(withdrawn, gone...)
	}
	if filled < 100 || len(withdrawn) == 0 {
		t.Errorf("only %d fields were filled in, %d datasets withdrawn", filled, len(withdrawn))
	}
	t.Logf("%d fields, %d datasets withdrawn", filled, len(withdrawn))

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
		paths := append(v.everywhere(t), withdrawn...)
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
// sends it, then its addresses and mails too, which are mostly refused and shown again. It
// returns how many fields that were, and the datasets that were withdrawn by the way: the
// reason given stands at their address.
func (v *visitor) attacked(t *testing.T, q *quiver) (filled int, withdrawn []string) {
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
			if sent[action] || dangerous.MatchString(action) {
				continue
			}
			sent[action] = true
			at, values := formOf(t, pg, form)
			texts := q.texts(form, values)
			if texts > 0 {
				v.struck(t, form, at, values)
			}
			addresses := q.addresses(form, values)
			if addresses > 0 {
				values.Del("pasted") // an address is looked at when no text was pasted
				v.struck(t, form, at, values)
			}
			filled += texts + addresses
			if dataset, ok := strings.CutSuffix(action, "/publication"); ok && v.p.visitor(t).get(dataset).status == http.StatusGone {
				withdrawn = append(withdrawn, dataset)
			}
		}
	}
	if pg := v.get("/desk"); pg.status != http.StatusOK || pg.url.Path != "/desk" {
		t.Errorf("an attack ended the session: %d %s", pg.status, pg.url)
	}
	return filled, withdrawn
}

// texts puts an attack into each text of a form, and says into how many.
func (q *quiver) texts(form *goquery.Selection, values url.Values) (n int) {
	form.Find("input[type=text], input:not([type]), input[type=search], textarea").Each(func(_ int, f *goquery.Selection) {
		name := f.AttrOr("name", "")
		if name == "" || strings.Contains(name, "password") || strings.Contains(name, "code") {
			return
		}
		n++
		all := strings.ReplaceAll(strings.Join(attacks, "\n\n"), "\x00", "")
		most, err := strconv.Atoi(f.AttrOr("maxlength", "4000"))
		if err == nil && goquery.NodeName(f) == "textarea" && len([]rune(all)) <= most {
			values.Set(name, all)
			return
		}
		values.Set(name, q.draw(min(most, 150)))
	})
	return n
}

// addressed are attacks that have the form of an address or a mail, more or less.
var addressed = map[string][]string{
	"url":   {`https://essai.example/"><x-attaque>`, `https://essai.example/?'onmouseover='attaque(40)`, `javascript:attaque(41)//https://essai.example`, `https://essai.example/</textarea><script>attaque(42)</script>`},
	"email": {`"><x-attaque>"@essai.example`, `<x-attaque>@essai.example`, `a@essai.example" onfocus="attaque(43)" autofocus x="`},
}

// addresses puts an attack into each address and mail of a form.
func (q *quiver) addresses(form *goquery.Selection, values url.Values) (n int) {
	for kind, list := range addressed {
		form.Find("input[type=" + kind + "][name]").Each(func(_ int, f *goquery.Selection) {
			values.Set(f.AttrOr("name", ""), list[q.next%len(list)])
			q.next++
			n++
		})
	}
	return n
}

// struck sends a form: the answer is a page, without an element of an attack. An address
// that nobody answers at may be told as such.
func (v *visitor) struck(t *testing.T, form *goquery.Selection, at string, values url.Values) {
	t.Helper()
	send := v.post
	if form.AttrOr("enctype", "") == "multipart/form-data" {
		send = func(at string, values url.Values) *page {
			var pairs []string
			for _, name := range slices.Sorted(maps.Keys(values)) { // the organisation before what is pasted, as on the page
				for _, value := range values[name] {
					pairs = append(pairs, name, value)
				}
			}
			return v.postParts(strings.TrimPrefix(at, v.p.url), pairs...)
		}
	}
	unanswered := form.Find("input[type=url]").Length() > 0
	if pg := send(at, values); pg.status >= http.StatusInternalServerError && !(unanswered && pg.status == http.StatusServiceUnavailable) {
		t.Errorf("POST %s: %d", at, pg.status)
	} else if pg.doc != nil && pg.doc.Find("x-attaque").Length() > 0 {
		t.Errorf("POST %s comes back with an element of an attack", at)
	}
}

// dangerous are forms that end the visit: signing out, closing an account, sessions.
var dangerous = regexp.MustCompile(`sign-out|close|sessions|revoke|merge|password|new-address|language|first-account|/mail/|/jobs/`)

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
