package ui

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"socle/internal/errs"
)

// MaxLogo is the largest logo, in bytes.
const MaxLogo = 512 << 10

// WithLogo adds the host's logo: a picture in SVG, PNG, JPEG or WebP, shown 48 pixels
// high. An SVG is shown as a picture only, and what it may do when opened alone is
// taken from it by its own policy. Kinds: TooLarge, Invalid.
func (s HostStyle) WithLogo(data []byte) (HostStyle, error) {
	if len(data) > MaxLogo {
		return s, errs.New(errs.TooLarge, "ui.logo.too-large", errs.Args{"Limit": MaxLogo / 1024}).WithHint("ui.logo.hint")
	}
	var ext string
	switch t := http.DetectContentType(data); {
	case t == "image/png":
		ext = ".png"
	case t == "image/jpeg":
		ext = ".jpg"
	case t == "image/webp":
		ext = ".webp"
	case bytes.Contains(data[:min(len(data), 1024)], []byte("<svg")):
		ext = ".logo.svg"
	default:
		return s, errs.New(errs.Invalid, "ui.logo.format").WithHint("ui.logo.hint")
	}
	sum := sha256.Sum256(data)
	s.logo, s.LogoPath = data, HostPath+hex.EncodeToString(sum[:4])+ext
	return s, nil
}

// logoTypes are the types that a logo is served as.
var logoTypes = map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".svg": "image/svg+xml"}
