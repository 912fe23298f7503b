package httpx

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// CSP is a content security policy of own files and of hashes of inline
// snippets. It holds no nonce, so that a page can be cached. It is a value: its
// methods return another one.
type CSP struct {
	sources   map[string][]string
	ancestors []string
}

// the order in which directives are written
var directives = []string{"default-src", "script-src", "style-src", "img-src", "font-src", "connect-src", "worker-src", "manifest-src", "frame-src", "media-src", "form-action", "base-uri", "object-src"}

// DefaultCSP allows what the server itself serves, images that scripts draw
// (data:, blob:), and no frame around the page.
func DefaultCSP() CSP {
	own := []string{"'self'"}
	return CSP{sources: map[string][]string{
		"default-src": {"'none'"}, "script-src": own, "style-src": own, "img-src": {"'self'", "data:", "blob:"}, "font-src": own,
		"connect-src": own, "worker-src": {"'self'", "blob:"}, "manifest-src": own, "frame-src": own, "media-src": {"'self'", "blob:"},
		"form-action": own, "base-uri": {"'none'"}, "object-src": {"'none'"},
	}, ancestors: []string{"'none'"}}
}

func (c CSP) isZero() bool { return c.sources == nil }

// With adds sources to a directive: With("img-src", "https://tile.example.org").
// A directive that was 'none' opens to the sources alone.
func (c CSP) With(directive string, sources ...string) CSP {
	n := CSP{sources: map[string][]string{}, ancestors: c.ancestors}
	for d, s := range c.sources {
		n.sources[d] = s
	}
	old := slices.DeleteFunc(slices.Clone(n.sources[directive]), func(s string) bool { return s == "'none'" })
	for _, s := range sources {
		if !slices.Contains(old, s) {
			old = append(old, s)
		}
	}
	n.sources[directive] = old
	return n
}

// Tiles allows the server of a basemap, and nothing else: address is that of its
// tiles, with {z}, {x} and {y}; "" for none.
func (c CSP) Tiles(address string) CSP {
	u, err := url.Parse(strings.NewReplacer("{z}", "0", "{x}", "0", "{y}", "0").Replace(address))
	if err != nil || u.Host == "" {
		return c
	}
	origin := u.Scheme + "://" + u.Host
	return c.With("img-src", origin).With("connect-src", origin)
}

// Script allows inline scripts, byte for byte what stands between the tags.
func (c CSP) Script(snippets ...string) CSP { return c.With("script-src", hashes(snippets)...) }

// Style allows inline style elements, byte for byte.
func (c CSP) Style(snippets ...string) CSP { return c.With("style-src", hashes(snippets)...) }

// FramedBy lets other sites show the page in a frame: "*" for all.
func (c CSP) FramedBy(origins ...string) CSP {
	n := c.With("default-src")
	n.sources["default-src"] = c.sources["default-src"]
	n.ancestors = slices.Clone(origins)
	return n
}

// String is the value of the header.
func (c CSP) String() string {
	var b strings.Builder
	for _, d := range directives {
		if s := c.sources[d]; len(s) > 0 {
			b.WriteString(d + " " + strings.Join(s, " ") + "; ")
		}
	}
	// Browsers that have Trusted Types give text to the parser or to a worker only
	// through the policy that the scripts of the pages make (web-src/trusted.ts).
	b.WriteString("require-trusted-types-for 'script'; trusted-types default look; ")
	b.WriteString("frame-ancestors " + strings.Join(c.ancestors, " "))
	return b.String()
}

// cspHeaders are the headers of a policy.
type cspHeaders struct {
	policy string
	alone  bool // in no frame
}

func (c CSP) headers() *cspHeaders {
	return &cspHeaders{c.String(), slices.Equal(c.ancestors, []string{"'none'"})}
}

func (c *cspHeaders) set(h http.Header) {
	h.Set("Content-Security-Policy", c.policy)
	if c.alone {
		h.Set("X-Frame-Options", "DENY")
	} else {
		h.Del("X-Frame-Options")
	}
}

func hashes(snippets []string) []string {
	out := make([]string, len(snippets))
	for i, s := range snippets {
		sum := sha256.Sum256([]byte(s))
		out[i] = "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return out
}
