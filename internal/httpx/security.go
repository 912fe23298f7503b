package httpx

import (
	"mime"
	"net/http"
	"net/netip"
	"strings"
)

// headers sets what every answer carries; a handler may change its own.
func (rt *Router) headers(h http.Header, st *state) {
	h.Set("X-Request-Id", st.id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	// Field forms ask for the position and take photos, the quiz reads cards; nothing else is used.
	h.Set("Permissions-Policy", "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()")
	rt.csp.set(h)
	if rt.o.BaseURL != nil && rt.o.BaseURL.Scheme == "https" {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// compressible tells the types that shrink. Images, archives, Parquet and
// workbooks are compressed already.
func compressible(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch t {
	case "text/event-stream": // each event must leave at once
		return false
	case "application/json", "application/x-ndjson", "application/javascript", "application/xml", "application/manifest+json", "image/svg+xml", "application/wasm", "application/yaml", "application/vnd.mapbox-vector-tile":
		return true
	}
	return strings.HasPrefix(t, "text/") || strings.HasSuffix(t, "+json") || strings.HasSuffix(t, "+xml")
}

// clientOf finds the visitor's address and whether he came by https. The
// X-Forwarded-* headers count only as far as each hop is trusted: the list is
// read from its end, and the first address that is no trusted proxy is the
// visitor's.
func clientOf(r *http.Request, trusted []netip.Prefix) (netip.Addr, bool) {
	secure := r.TLS != nil
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, secure
	}
	addr := peer.Addr().Unmap().WithZone("")
	if !within(addr, trusted) {
		return addr, secure
	}
	if proto := r.Header.Get("X-Forwarded-Proto"); proto != "" {
		secure = strings.EqualFold(proto, "https")
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := parseHop(strings.TrimSpace(hops[i]))
		if err != nil {
			break // an unreadable hop: what stands before it proves nothing
		}
		addr = hop
		if !within(addr, trusted) {
			break
		}
	}
	return addr, secure
}

// parseHop reads an address that some proxies write with a port.
func parseHop(s string) (netip.Addr, error) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), nil
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return a.Unmap().WithZone(""), err
}

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
