package ui

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"socle/internal/errs"
)

// Text has a contrast of 7 on every ground it stands on, everything else that is
// read 4.5, what is drawn (edges of controls, charts) 3.
func TestContrastOfRoles(t *testing.T) {
	grounds := []Role{"paper", "raised", "sunken", "accent-tint", "good-tint", "look-here-tint", "wrong-tint", "information-tint"}
	pages := []Role{"paper", "raised", "sunken"}
	for _, theme := range Themes {
		check := func(fg, bg Role, least float64) {
			t.Helper()
			if c := Contrast(RoleColour(theme, fg), RoleColour(theme, bg)); c < least {
				t.Errorf("%s: %s on %s has %.2f, needs %.1f", theme, fg, bg, c, least)
			}
		}
		for _, bg := range grounds {
			check("ink", bg, 7)
			check("ink-soft", bg, 7)
			check("accent", bg, 4.5)
			check("accent-deep", bg, 4.5)
		}
		check("on-accent", "accent", 4.5)
		check("on-accent", "accent-deep", 4.5)
		for _, kind := range []Role{"good", "look-here", "wrong", "information"} {
			check(kind, kind+"-tint", 4.5)
			for _, bg := range pages {
				check(kind, bg, 4.5)
			}
		}
		for _, bg := range pages {
			check("edge", bg, 4.5)
			check("focus", bg, 4.5)
		}
		for i := 1; i <= 8; i++ {
			check(Role(fmt.Sprintf("chart-%d", i)), "paper", 3)
		}
		for i := 1; i < 6; i++ { // a ramp goes one way
			a, b := RoleColour(theme, Role(fmt.Sprintf("ramp-%d", i))), RoleColour(theme, Role(fmt.Sprintf("ramp-%d", i+1)))
			if darkens := a.luminance() > b.luminance(); darkens != (theme == Light || theme == ContrastLight) {
				t.Errorf("%s: ramp-%d and ramp-%d go the wrong way", theme, i, i+1)
			}
		}
	}
}

// Every theme has every role, and the styles use no other.
func TestRolesAreComplete(t *testing.T) {
	for _, theme := range Themes {
		if len(tokens()[theme]) != len(tokens()[Light]) {
			t.Errorf("%s has %d roles, light has %d", theme, len(tokens()[theme]), len(tokens()[Light]))
		}
		for role := range tokens()[Light] {
			if _, ok := tokens()[theme][role]; !ok {
				t.Errorf("%s lacks %s", theme, role)
			}
		}
	}
	declared := regexp.MustCompile(`(?m)--([a-z0-9-]+)\s*:`)
	used := regexp.MustCompile(`var\(--([a-z0-9-]+)`)
	known := map[string]bool{}
	for role := range tokens()[Light] {
		known[string(role)] = true
	}
	var sheets []string
	err := filepath.WalkDir(filepath.Join("..", "..", "..", "web-src", "styles"), func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".css" {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(b), -1) {
			known[m[1]] = true
		}
		sheets = append(sheets, string(b))
		return err
	})
	if err != nil || len(sheets) == 0 {
		t.Fatal("no styles", err)
	}
	for _, s := range sheets {
		for _, m := range used.FindAllStringSubmatch(s, -1) {
			if !known[m[1]] {
				t.Errorf("the styles use --%s, which nothing declares", m[1])
			}
		}
	}
}

// Whatever colour the host has, its links and buttons can be read.
func TestAccentOfAnyColour(t *testing.T) {
	list := []string{"#ffffff", "#000000", "#ffff00", "#ff0000", "#00ff00", "#0000ff", "#808080", "#0b5c6b", "#8a1538", "#fde", "e30613"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		list = append(list, Colour{uint8(r.UintN(256)), uint8(r.UintN(256)), uint8(r.UintN(256))}.String())
	}
	for _, hex := range list {
		for _, theme := range Themes {
			a, err := Accent(theme, hex)
			if err != nil {
				t.Fatal(err)
			}
			least := 4.5
			if theme == ContrastLight || theme == ContrastDark {
				least = 7
			}
			for name, c := range map[string]Colour{"accent": a.Accent, "deep": a.Deep} {
				for _, bg := range []Colour{RoleColour(theme, "paper"), RoleColour(theme, "raised"), RoleColour(theme, "sunken"), a.Tint, a.On} {
					if got := Contrast(c, bg); got < least {
						t.Errorf("%s in %s: %s %s on %s has %.2f", hex, theme, name, c, bg, got)
					}
				}
			}
			for _, ink := range []Role{"ink", "ink-soft"} {
				if got := Contrast(RoleColour(theme, ink), a.Tint); got < 7 {
					t.Errorf("%s in %s: %s on tint %s has %.2f", hex, theme, ink, a.Tint, got)
				}
			}
		}
	}
}

// A colour that needs no correction stays what it is.
func TestAccentKeepsAGoodColour(t *testing.T) {
	a, err := Accent(Light, "#2a4b86")
	if err != nil || a.Accent.String() != "#2a4b86" {
		t.Errorf("got %s, %v", a.Accent, err)
	}
}

func TestHostStyle(t *testing.T) {
	if s, err := NewHostStyle(""); err != nil || !strings.Contains(string(s.CSS), "--accent:"+RoleColour(Light, "accent").String()) {
		t.Errorf("without a colour: %s %v", s.CSS, err)
	}
	for _, bad := range []string{"red", "#12345", "#gggggg", `#fff;}body{display:none`} {
		if _, err := NewHostStyle(bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
	a, _ := NewHostStyle("#8a1538")
	b, _ := NewHostStyle("#8a1539")
	if a.CSSPath == b.CSSPath || !strings.HasPrefix(a.CSSPath, "/host/") {
		t.Errorf("addresses: %s %s", a.CSSPath, b.CSSPath)
	}
	if !strings.Contains(string(a.CSS), "--accent:#8a1538") {
		t.Errorf("stylesheet: %s", a.CSS)
	}
}

// The reference values of WCAG: black on white is 21, #767676 on white just passes 4.5.
func TestContrastReference(t *testing.T) {
	for _, c := range []struct {
		a, b      string
		low, high float64
	}{{"#000000", "#ffffff", 21, 21.01}, {"#767676", "#ffffff", 4.5, 4.6}, {"#777777", "#ffffff", 4.4, 4.5}, {"#123456", "#123456", 1, 1}} {
		x, _ := ParseColour(c.a)
		y, _ := ParseColour(c.b)
		if got := Contrast(x, y); got < c.low || got > c.high {
			t.Errorf("%s on %s: %.3f", c.a, c.b, got)
		}
	}
}

func TestLogo(t *testing.T) {
	style, err := NewHostStyle("#8a1538")
	if err != nil {
		t.Fatal(err)
	}
	hostile := `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	for name, c := range map[string]struct{ data, kind, ext string }{
		"png":  {"\x89PNG\x0d\x0a\x1a\x0a....", "image/png", ".png"},
		"svg":  {hostile, "image/svg+xml", ".svg"},
		"jpeg": {"\xff\xd8\xff....", "image/jpeg", ".jpg"},
	} {
		s, err := style.WithLogo([]byte(c.data))
		if err != nil || !strings.HasSuffix(s.LogoPath, c.ext) {
			t.Fatalf("%s: %q %v", name, s.LogoPath, err)
		}
		w := httptest.NewRecorder()
		if err := s.Serve(w, httptest.NewRequest("GET", s.LogoPath, nil)); err != nil || w.Body.String() != c.data || w.Header().Get("Content-Type") != c.kind ||
			!strings.Contains(w.Header().Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %v %v", name, w.Header(), err)
		}
		w = httptest.NewRecorder()
		if err := s.Serve(w, httptest.NewRequest("GET", s.IconPath, nil)); err != nil || w.Body.String() != string(style.Icon) {
			t.Errorf("%s: the icon of the tab is lost: %v", name, err)
		}
	}
	if _, err := style.WithLogo([]byte("%PDF-1.4")); !errs.Is(err, errs.Invalid) {
		t.Errorf("a PDF: %v", err)
	}
	if _, err := style.WithLogo(make([]byte, MaxLogo+1)); !errs.Is(err, errs.TooLarge) {
		t.Errorf("a large one: %v", err)
	}
	if err := style.Serve(httptest.NewRecorder(), httptest.NewRequest("GET", "/host/x.html", nil)); !errs.Is(err, errs.NotFound) {
		t.Errorf("something else: %v", err)
	}
}
