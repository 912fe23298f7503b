package ui

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"socle/internal/errs"
)

func TestSafePicture(t *testing.T) {
	picture := func(w, h int) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, c := range map[string]struct{ data, kind string }{
		"png":      {string(picture(40, 40)), "image/png"},
		"drawing":  {`<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><defs><linearGradient id="a"/></defs><style>.x{fill:url(#a)}</style><path class="x" style="fill:url('#a')" d="M0 0h8v8z"/><use href="#a"/></svg>`, "image/svg+xml"},
		"notes":    {`<svg xmlns="http://www.w3.org/2000/svg" xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"><sodipodi:namedview id="x"/><path d="M0 0"/></svg>`, "image/svg+xml"},
		"embedded": {`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="data:image/png;base64,AAAA"/></svg>`, "image/svg+xml"},
	} {
		if kind, err := SafePicture([]byte(c.data)); err != nil || kind != c.kind {
			t.Errorf("%s: %q %v", name, kind, err)
		}
	}
	svg := func(inner string) string {
		return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">` + inner + `</svg>`
	}
	for name, data := range map[string]string{
		"script":          svg(`<script>alert(1)</script>`),
		"script in case":  svg(`<SCRIPT>alert(1)</SCRIPT>`),
		"event":           svg(`<rect onload="alert(1)"/>`),
		"event on root":   `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
		"foreign":         svg(`<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script>1</script></body></foreignObject>`),
		"html":            svg(`<x:script xmlns:x="http://www.w3.org/1999/xhtml">1</x:script>`),
		"html in a note":  svg(`<x:y xmlns:x="urn:x"><script xmlns="http://www.w3.org/1999/xhtml">1</script></x:y>`),
		"svg in a note":   svg(`<x:y xmlns:x="urn:x"><script xmlns="http://www.w3.org/2000/svg">1</script></x:y>`),
		"animation":       svg(`<a><animate attributeName="href" to="javascript:alert(1)"/></a>`),
		"set":             svg(`<set attributeName="onmouseover" to="alert(1)"/>`),
		"link":            svg(`<a href="javascript:alert(1)"><path d="M0 0"/></a>`),
		"address":         svg(`<image href="https://elsewhere.example/x.png"/>`),
		"address of old":  svg(`<use xlink:href="https://elsewhere.example/x.svg#a"/>`),
		"page inside":     svg(`<image href="data:text/html;base64,AAAA"/>`),
		"svg inside":      svg(`<image href="data:image/svg+xml;base64,AAAA"/>`),
		"spaces":          svg("<use href=\" java\tscript:alert(1)\"/>"),
		"style":           svg(`<style>@import url(https://elsewhere.example/x.css)</style>`),
		"style in parts":  svg(`<style>.a{background:u\72l(https://elsewhere.example)}</style>`),
		"attribute style": svg(`<rect style="fill:url(https://elsewhere.example/x.svg#a)"/>`),
		"attribute fill":  svg(`<rect fill="url(https://elsewhere.example/x.svg#a)"/>`),
		"entity":          `<!DOCTYPE svg [<!ENTITY a "aaaa">]>` + svg(`<text>&a;</text>`),
		"stylesheet":      `<?xml-stylesheet href="https://elsewhere.example/x.css"?>` + svg(``),
		"not one":         `<html><svg/></html>`,
		"cut":             `<svg xmlns="http://www.w3.org/2000/svg"><g>`,
		"deep":            svg(strings.Repeat("<g>", 100) + strings.Repeat("</g>", 100)),
		"nothing":         "",
		"pdf":             "%PDF-1.4",
		"false png":       "\x89PNG\r\n\x1a\n....",
		"huge png":        string(picture(5000, 2)),
	} {
		if kind, err := SafePicture([]byte(data)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s is taken for %q: %v", name, kind, err)
		}
	}
	if _, err := SafePicture(make([]byte, MaxLogo+1)); !errs.Is(err, errs.TooLarge) {
		t.Errorf("a large one: %v", err)
	}
}
