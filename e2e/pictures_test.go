package e2e

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var pictures = flag.String("pictures", "", "folder for a picture of every page: make screenshots OUT=DIR")

// shown is how each page is looked at.
var shown = []struct {
	name, theme, lang string
	width, height     int64
}{
	{"desk", "light", "fr", 1280, 900},
	{"desk-dark", "dark", "fr", 1280, 900},
	{"phone", "light", "fr", 390, 844},
	{"phone-dark", "dark", "fr", 390, 844},
	{"desk-en", "light", "en", 1280, 900},
}

// album is a folder of pictures.
type album struct {
	dir   string
	most  int // pages of each visitor
	index strings.Builder
}

// A picture of every page of the demonstration and of an empty portal: on a desk and
// on a phone, light and dark, and in English; index.html shows them together. Without a
// folder, of two pages of each visitor: making them works.
func TestPictures(t *testing.T) {
	p, accounts := demo(t)
	a := album{dir: *pictures, most: 1 << 20}
	if a.dir == "" {
		a.dir, a.most = t.TempDir(), 2
	}
	if err := os.MkdirAll(a.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	list := sights(t, p, accounts)
	empty := start(t)
	a.index.WriteString("<!doctype html><meta charset=utf-8><title>Pictures</title><style>body{font:14px sans-serif}figure{display:inline-block;margin:8px;vertical-align:top}img{display:block;border:1px solid #888;max-height:700px;max-width:700px}</style>\n")
	whos, of := byVisitor(list)
	for _, who := range whos {
		s := browseFor(t, p, time.Hour)
		s.enterAs(who, accounts)
		for _, g := range of[who][:min(a.most, len(of[who]))] {
			s.pictured(&a, g)
		}
	}
	s := browseFor(t, empty, time.Hour)
	s.open(strings.TrimPrefix(linkIn.FindString(empty.out.String()), empty.url))
	s.pictured(&a, sight{"first account", "new portal", s.text("location.pathname + location.search"), true})
	s.fill("#f-name", "Première Personne")
	s.fill("#f-email", "admin@essai.example")
	s.fill("#f-password", password)
	s.press("main form button[type=submit]")
	first := []string{"/", "/search", "/desk", "/organisations", "/schemas", "/admin", "/admin/organisations", "/admin/mail", "/admin/jobs", "/deposits/new"}
	for _, path := range first[:min(a.most, len(first))] {
		s.pictured(&a, sight{"empty " + path, "new portal", path, true})
	}
	if err := os.WriteFile(filepath.Join(a.dir, "index.html"), []byte(a.index.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// enterAs signs in as one of the demonstration.
func (s *screen) enterAs(who string, accounts []account) {
	s.t.Helper()
	switch who {
	case "host":
		s.signIn(accounts[0].email, accounts[0].password)
	case "editor":
		s.signIn(accounts[3].email, accounts[3].password)
	case "views":
		s.signIn("vues@essai.example", password)
	}
}

// pictured takes the pictures of a page.
func (s *screen) pictured(a *album, g sight) {
	s.t.Helper()
	fmt.Fprintf(&a.index, "<h2>%s (%s)</h2>\n", html.EscapeString(g.route), g.who)
	for _, v := range shown {
		path := g.path
		if v.lang == "en" {
			if !g.both {
				continue
			}
			path = "/en" + strings.TrimSuffix(path, "/")
		}
		s.inTheme(v.theme)
		s.size(v.width, v.height)
		s.open(path)
		if strings.Contains(g.path, "/map") {
			s.wait("the live map", `document.querySelector(".map-live[data-ready] canvas")`)
		}
		picture, err := chromedp.Run(s.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			s.t.Fatal(err)
		}
		if c, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil || int64(c.Width) != v.width || int64(c.Height) < v.height {
			s.t.Errorf("%s (%s): %d × %d, %v", path, v.name, c.Width, c.Height, err)
		}
		name := g.fileName() + "." + v.name + ".png"
		if err := os.WriteFile(filepath.Join(a.dir, name), picture, 0o644); err != nil {
			s.t.Fatal(err)
		}
		fmt.Fprintf(&a.index, "<figure><a href=%q><img loading=lazy alt=\"\" src=%q></a><figcaption>%s</figcaption></figure>\n", name, name, v.name)
	}
}
