package ui

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	_ "image/jpeg" // read by SafePicture
	_ "image/png"  // the same
	"io"
	"net/http"
	"slices"
	"strings"

	_ "golang.org/x/image/webp" // the same

	"socle/internal/errs"
)

// Bounds of a picture that somebody gives.
const (
	maxSide     = 4096   // pixels
	maxElements = 20_000 // of an SVG
	maxDepth    = 64
)

// SafePicture tells the media type of a picture that somebody gives, to be shown
// to others: PNG, JPEG or WebP that can be read, of at most 4096 pixels a side, or an
// SVG that draws and does nothing else: no script, no event, no style from elsewhere, no
// address but its own parts. Kinds: TooLarge, Invalid.
func SafePicture(data []byte) (mediaType string, err error) {
	if len(data) > MaxLogo {
		return "", errs.New(errs.TooLarge, "ui.logo.too-large", errs.Args{"Limit": MaxLogo / 1024}).WithHint("ui.logo.hint")
	}
	switch t := http.DetectContentType(data); t {
	case "image/png", "image/jpeg", "image/webp":
		c, _, err := image.DecodeConfig(bytes.NewReader(data))
		if err != nil || c.Width > maxSide || c.Height > maxSide || c.Width == 0 || c.Height == 0 {
			return "", errs.New(errs.Invalid, "ui.logo.format").WithHint("ui.logo.hint").Because(err)
		}
		return t, nil
	}
	if err := safeSVG(data); err != nil {
		return "", err
	}
	return "image/svg+xml", nil
}

// OrganisationLogo is the address of the picture of an organisation, which changes
// with it; "" for none.
func OrganisationLogo(slug, hash string) string {
	if hash == "" {
		return ""
	}
	return "/organisations/" + slug + "/logo?v=" + hash[:min(len(hash), 8)]
}

// drawing are the elements that an SVG may have: those that draw, and what they
// are drawn with.
var drawing = strings.Fields(`svg g defs symbol use title desc metadata path rect circle ellipse line polyline polygon text tspan textPath
	linearGradient radialGradient stop clipPath mask pattern marker switch view image style filter feGaussianBlur feOffset feBlend feColorMatrix feComposite feFlood feMerge feMergeNode feMorphology feDropShadow`)

// foreign are the languages that browsers run inside an SVG.
var foreign = []string{"http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML", "http://www.w3.org/2001/xml-events"}

func safeSVG(data []byte) error {
	wrong := func(what string) error {
		return errs.New(errs.Invalid, "ui.logo.active", errs.Args{"What": what}).WithHint("ui.logo.active.hint")
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = true
	depth, count, style := 0, 0, 0
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && count > 0 && depth == 0 {
			return nil
		}
		if err != nil {
			return errs.New(errs.Invalid, "ui.logo.format").WithHint("ui.logo.hint").Because(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			count++
			depth++
			name := t.Name.Local
			switch {
			case count == 1 && name != "svg", count > maxElements, depth > maxDepth:
				return errs.New(errs.Invalid, "ui.logo.format").WithHint("ui.logo.hint")
			case t.Name.Space != "" && t.Name.Space != "http://www.w3.org/2000/svg":
				if slices.Contains(foreign, t.Name.Space) {
					return wrong("<" + name + ">")
				} // what drawing programs note for themselves draws nothing; what is in it is looked at
			case !slices.Contains(drawing, name):
				return wrong("<" + name + ">")
			case name == "style":
				style = depth
			}
			for _, a := range t.Attr {
				if unsafeAttribute(a) {
					return wrong(a.Name.Local)
				}
			}
		case xml.EndElement:
			if depth == style {
				style = 0
			}
			depth--
		case xml.CharData:
			if style > 0 && unsafeStyle(string(t)) {
				return wrong("style")
			}
		case xml.Directive: // a document type may declare entities
			if text := strings.ToUpper(string(t)); strings.Contains(text, "ENTITY") || strings.Contains(text, "[") {
				return wrong("<!DOCTYPE>")
			}
		case xml.ProcInst:
			if t.Target != "xml" {
				return wrong("<?" + t.Target + "?>")
			}
		}
	}
}

// unsafeAttribute: events, and addresses of anything but a part of the picture or a
// picture that is in it.
func unsafeAttribute(a xml.Attr) bool {
	name, value := strings.ToLower(a.Name.Local), strings.ToLower(strings.Join(strings.Fields(a.Value), ""))
	switch {
	case strings.HasPrefix(name, "on"):
		return true
	case name == "href" || name == "src":
		inside := strings.HasPrefix(value, "#") || strings.HasPrefix(value, "data:image/png;base64,") || strings.HasPrefix(value, "data:image/jpeg;base64,")
		return !inside && value != ""
	case strings.Contains(value, "javascript:"):
		return true
	}
	return name != "xmlns" && a.Name.Space != "xmlns" && unsafeStyle(value)
}

// unsafeStyle: rules that fetch something, or say it in other letters.
func unsafeStyle(text string) bool {
	text = strings.ToLower(text)
	if strings.Contains(text, `\`) || strings.Contains(text, "@import") || strings.Contains(text, "expression(") {
		return true
	}
	for rest := text; ; {
		_, after, found := strings.Cut(rest, "url(")
		if !found {
			return false
		}
		if inner := strings.TrimLeft(after, ` "'`); !strings.HasPrefix(inner, "#") {
			return true
		}
		rest = after
	}
}
