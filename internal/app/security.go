package app

import (
	"net/http"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/httpx"
)

// securityLife is how far ahead the file says that it is good: RFC 9116 asks for
// less than a year.
const securityLife = 180 * day

// security says to whom a weakness of the portal is told (RFC 9116). Without a
// contact in the settings there is nobody to name, and no file.
func (a *App) security(w http.ResponseWriter, r *http.Request) error {
	if a.Config.Host.Contact == "" {
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	return httpx.WriteBytes(w, r, http.StatusOK, []byte(securityText(a.Config.Host.Contact, a.Config.Base().String(), time.Now())))
}

func securityText(contact, base string, now time.Time) string {
	if !strings.Contains(contact, ":") {
		contact = "mailto:" + contact
	}
	return "Contact: " + contact +
		"\nExpires: " + now.UTC().Add(securityLife).Truncate(day).Format(time.RFC3339) +
		"\nPreferred-Languages: fr, en\nCanonical: " + strings.TrimSuffix(base, "/") + "/.well-known/security.txt\n"
}
