package httpx

import (
	"mime"
	"net/http"
)

// attachedCSP is the policy of downloads: should a browser show one all the same,
// it is nobody's page, without scripts, cookies or forms.
const attachedCSP = "default-src 'none'; sandbox"

// Attach makes an answer a download under a name (RFC 6266): never a page of the
// portal, whatever the file holds.
func Attach(h http.Header, name string) {
	h.Set("Content-Security-Policy", attachedCSP)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}
