package ui

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"

	"socle/internal/errs"
	"socle/internal/httpx"
)

// Theme is one of the four appearances of a page.
type Theme string

const (
	Light         Theme = "light"
	Dark          Theme = "dark"
	ContrastLight Theme = "contrast-light"
	ContrastDark  Theme = "contrast-dark"
)

// Themes lists the appearances.
var Themes = []Theme{Light, Dark, ContrastLight, ContrastDark}

// Role is what a colour means; the styles know it as a custom property of the
// same name ("--ink-soft").
type Role string

//go:embed tokens.json
var tokensJSON []byte

var tokens = sync.OnceValue(func() map[Theme]map[Role]string {
	out := map[Theme]map[Role]string{}
	if err := json.Unmarshal(tokensJSON, &out); err != nil {
		panic("ui: tokens.json: " + err.Error())
	}
	return out
})

// RoleColour is the colour of a role in a theme, for what is drawn on the server
// (pictures, charts). It panics on an unknown role.
func RoleColour(t Theme, r Role) Colour {
	c, err := ParseColour(tokens()[t][r])
	if err != nil {
		panic(fmt.Sprintf("ui: role %s of theme %s: %v", r, t, err))
	}
	return c
}

// AccentRoles are the colours that follow from the host's own.
type AccentRoles struct{ Accent, Deep, Tint, On Colour }

// Accent corrects the host's colour ("#rrggbb") for a theme: links and buttons in
// it have a contrast of at least 4.5 (7 in the high-contrast themes) against
// paper, raised and sunken grounds and its own tint, and so has the text on it.
func Accent(t Theme, hex string) (AccentRoles, error) {
	c, err := ParseColour(hex)
	if err != nil {
		return AccentRoles{}, err
	}
	k := c.lch()
	darker := t == Light || t == ContrastLight
	ratio := 4.5
	if t == ContrastLight || t == ContrastDark {
		ratio = 7
	}
	a := AccentRoles{}
	switch t {
	case Light:
		a.Tint = lch{0.945, min(k.c, 0.02), k.h}.colour()
	case Dark:
		a.Tint = lch{0.30, min(k.c, 0.035), k.h}.colour()
	default:
		a.Tint = RoleColour(t, "paper")
	}
	grounds := []Colour{RoleColour(t, "paper"), RoleColour(t, "raised"), RoleColour(t, "sunken"), a.Tint, RoleColour(t, "on-accent")}
	a.On = RoleColour(t, "on-accent")
	if darker {
		k.l = min(k.l, 0.55)
	} else {
		k.l, k.c = max(k.l, 0.78), min(k.c, 0.12)
	}
	a.Accent = k.reach(ratio, darker, grounds...)
	deep := a.Accent.lch()
	if darker {
		deep.l -= 0.08
	} else {
		deep.l += 0.07
	}
	a.Deep = deep.reach(ratio, darker, grounds...)
	return a, nil
}

// HostPath is where what follows from the host's colour is served.
const HostPath = "/host/"

// HostStyle is what follows from the host's colour: a small stylesheet and the icon
// of the browser's tab, at addresses that change with it. The zero value has none.
type HostStyle struct {
	CSS, Icon         []byte
	CSSPath, IconPath string // "/host/1a2b3c4d.css", "/host/1a2b3c4d.svg"
	LogoPath          string // "" without a logo
	logo              []byte
}

// Sheets are the stylesheets of a page alone in the frame of another site: that of the
// design, then the host's.
func (s HostStyle) Sheets() []string {
	list := []string{Embedded().URL("app.css")}
	if s.CSSPath != "" && Embedded().Built() {
		list = append(list, s.CSSPath)
	}
	return list
}

// Serve answers GET /host/{file}. A page of the colour before still finds the new one.
func (s HostStyle) Serve(w http.ResponseWriter, r *http.Request) error {
	var body []byte
	var current string
	switch ext := path.Ext(r.URL.Path); {
	case ext == ".css":
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		body, current = s.CSS, s.CSSPath
	case r.URL.Path == s.LogoPath:
		w.Header().Set("Content-Type", logoTypes[ext])
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
		body, current = s.logo, s.LogoPath
	case ext == ".svg":
		w.Header().Set("Content-Type", "image/svg+xml")
		body, current = s.Icon, s.IconPath
	}
	if body == nil {
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	if r.URL.Path == current {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	return httpx.WriteBytes(w, r, http.StatusOK, body)
}

// tabIcon is three rows of a table on a base, in the accent.
const tabIcon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="%s"/>` +
	`<path d="M9 9h14M9 15h14M6 23h20" stroke="%s" stroke-width="3" stroke-linecap="round"/></svg>`

// NewHostStyle makes what follows from the host's colour ("#rrggbb"); "" is the
// default accent.
func NewHostStyle(accent string) (HostStyle, error) {
	if accent == "" {
		accent = RoleColour(Light, "accent").String()
	}
	rules := map[Theme]string{}
	for _, t := range Themes {
		a, err := Accent(t, accent)
		if err != nil {
			return HostStyle{}, err
		}
		rules[t] = fmt.Sprintf("--accent:%s;--accent-deep:%s;--accent-tint:%s;--on-accent:%s", a.Accent, a.Deep, a.Tint, a.On)
	}
	var b strings.Builder
	for _, r := range []struct {
		media, selector string
		theme           Theme
	}{ // the same cascade as web-src/build.mjs writes for all roles
		{"", ":root", Light},
		{"(prefers-color-scheme:dark)", ":root", Dark},
		{"(prefers-contrast:more)", ":root", ContrastLight},
		{"(prefers-contrast:more) and (prefers-color-scheme:dark)", ":root", ContrastDark},
		{"", `:root[data-theme="light"]`, Light},
		{"", `:root[data-theme="dark"]`, Dark},
		{"", `:root[data-theme="contrast"]`, ContrastLight},
		{"(prefers-color-scheme:dark)", `:root[data-theme="contrast"]`, ContrastDark},
	} {
		rule := r.selector + "{" + rules[r.theme] + "}"
		if r.media != "" {
			rule = "@media " + r.media + "{" + rule + "}"
		}
		b.WriteString("@media screen{" + rule + "}\n")
	}
	light, err := Accent(Light, accent)
	if err != nil {
		return HostStyle{}, err
	}
	sum := sha256.Sum256([]byte(b.String()))
	name := HostPath + hex.EncodeToString(sum[:4])
	return HostStyle{CSS: []byte(b.String()), CSSPath: name + ".css", Icon: fmt.Appendf(nil, tabIcon, light.Accent, light.On), IconPath: name + ".svg"}, nil
}
