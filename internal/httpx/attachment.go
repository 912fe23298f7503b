package httpx

import (
	"mime"
	"net/http"
)

// Attach makes an answer a download under a name (RFC 6266).
func Attach(h http.Header, name string) {
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}
