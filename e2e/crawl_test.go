package e2e

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// wordless is a message that has no words: i18n shows its key in brackets.
var wordless = regexp.MustCompile(`\[[a-z0-9-]+(\.[a-z0-9-]+)+\]`)

// oneRow is the end of the address of one row of a table; there are thousands.
var oneRow = regexp.MustCompile(`/rows/[0-9]+$`)

// crawl visits every page that a link leads to from the start, at most once, and
// gives each. Pages of one form that differ by their parameters (facets, sorts,
// pages of rows) are visited a few times each.
func crawl(t *testing.T, v *visitor, starts ...string) (pages []*page) {
	t.Helper()
	const most = 6 // of one path with other parameters
	seen, kinds := map[string]string{}, map[string]int{}
	var queue []string
	push := func(from string, u *url.URL) {
		u.Fragment = ""
		if u.Host != strings.TrimPrefix(v.p.url, "http://") {
			return
		}
		if _, ok := seen[u.String()]; ok {
			return
		}
		if kind := oneRow.ReplaceAllString(u.Path, "/rows/{number}"); u.RawQuery != "" || kind != u.Path {
			if kinds[kind]++; kinds[kind] > most {
				return
			}
		}
		seen[u.String()] = from
		queue = append(queue, u.String())
	}
	for _, s := range starts {
		u, err := url.Parse(v.p.url + s)
		if err != nil {
			t.Fatal(err)
		}
		push("the start", u)
	}
	for len(queue) > 0 {
		address := queue[0]
		queue = queue[1:]
		pg := v.get(address)
		if pg.status >= 400 {
			t.Errorf("%s, linked from %s: status %d", address, seen[address], pg.status)
			continue
		}
		if pg.doc == nil {
			continue
		}
		pages = append(pages, pg)
		inspect(t, address, pg)
		pg.doc.Find("a[href], link[href], script[src], img[src], form[method=get][action], [hx-get]").Each(func(_ int, s *goquery.Selection) {
			for _, name := range []string{"href", "src", "action", "hx-get"} {
				link := s.AttrOr(name, "")
				if link == "" || strings.HasPrefix(link, "mailto:") || strings.HasPrefix(link, "data:") {
					continue
				}
				u, err := pg.url.Parse(link)
				if err != nil {
					t.Errorf("%s has the link %q: %v", address, link, err)
					continue
				}
				push(address, u)
			}
		})
	}
	return pages
}

// inspect looks at what every page has.
func inspect(t *testing.T, address string, pg *page) {
	t.Helper()
	if n := pg.doc.Find("h1").Length(); n != 1 {
		t.Errorf("%s has %d h1", address, n)
	}
	if strings.TrimSpace(pg.doc.Find("head title").Text()) == "" {
		t.Errorf("%s has no title", address)
	}
	lang := "fr"
	if path := pg.url.Path; path == "/en" || strings.HasPrefix(path, "/en/") {
		lang = "en"
	}
	if got := pg.doc.Find("html").AttrOr("lang", ""); got != lang {
		t.Errorf("%s is in %q, not %q", address, got, lang)
	}
	if m := wordless.Find(pg.body); m != nil {
		t.Errorf("%s shows the message %s without words", address, m)
	}
	ids := map[string]bool{}
	pg.doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if ids[id] {
			t.Errorf("%s has two elements with the id %q", address, id)
		}
		ids[id] = true
	})
}

// visitors of the crawlers: nobody, a person, the host's administrator.
func crawlers(t *testing.T, p *portal, accounts []account) map[string]*visitor {
	list := map[string]*visitor{"anonymous": p.visitor(t), "editor": p.visitor(t), "administrator": p.visitor(t)}
	list["editor"].signIn(accounts[3].email, accounts[3].password)
	list["administrator"].signIn(accounts[0].email, accounts[0].password)
	return list
}

var starts = []string{"/", "/en", "/sign-in", "/forgotten-password", "/check", "/robots.txt", "/desk", "/account", "/deposits/new", "/en/desk"}

// No link leads nowhere, no page lacks what pages have.
func TestLinks(t *testing.T) {
	p, accounts := demo(t)
	for who, v := range crawlers(t, p, accounts) {
		t.Run(who, func(t *testing.T) {
			v.t = t
			from := starts
			if who == "anonymous" {
				from = starts[:6]
			}
			if pages := crawl(t, v, from...); len(pages) < 60 {
				t.Errorf("only %d pages were found", len(pages))
			}
		})
	}
}
