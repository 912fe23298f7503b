package ui

import (
	"context"
	_ "embed"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed icons.svg
var iconsSVG string

var icons = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`<symbol id="([a-z0-9-]+)">(.*)</symbol>`).FindAllStringSubmatch(iconsSVG, -1) {
		out[m[1]] = m[2]
	}
	return out
})

// Icon is a drawing of web-src/icons.txt (Lucide), always beside a word: screen
// readers do not see it. An unknown name draws nothing, which a test finds.
type Icon string

// Render writes the icon as inline SVG.
func (i Icon) Render(_ context.Context, w io.Writer) error {
	d, ok := icons()[string(i)]
	if !ok {
		return nil
	}
	var b strings.Builder
	b.WriteString(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">`)
	b.WriteString(d)
	b.WriteString(`</svg>`)
	_, err := io.WriteString(w, b.String())
	return err
}

// iconNames lists the icons, sorted.
func iconNames() []string { return slices.Sorted(maps.Keys(icons())) }
