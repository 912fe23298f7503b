package shell

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"time"

	"socle/internal/identity"
	"socle/internal/web/ui"
)

// Addresses that the shell sends visitors to; web/account answers them.
const (
	SignInPath  = "/sign-in"
	SignOutPath = "/sign-out" // POST
	// EnrolPath begins the addresses that are open to someone who must set up a
	// second factor first.
	EnrolPath = "/account/security"
)

// Options of a Shell. Identity, Host, BaseURL and Log must be given.
type Options struct {
	Identity *identity.Service
	BaseURL  *url.URL // decides the cookie's name and its Secure flag
	Log      *slog.Logger

	// Host is who runs the instance now; its BaseURL is filled in by the shell.
	Host func(context.Context) ui.Host
	// Places, Footer and AccountLinks say the links of the frame in the language of
	// the context (ui.T). AccountLinks are of someone who has signed in.
	Places       func(context.Context) []ui.Place
	Footer       func(context.Context) []ui.Link
	AccountLinks func(context.Context, identity.Actor) []ui.Link

	Demo        bool   // a demonstration: said on every page, not indexed
	Development bool   // serves the living page of the design
	FlashKey    []byte // signs the answers of acts, shared by replicas; empty: of this process
	Now         func() time.Time
}

// Shell holds what all pages share. It is made before the router, whose Renderer
// is Render; then Mount adds the routes.
type Shell struct {
	o      Options
	assets *ui.Assets
	cookie string
	secure bool
	table  []Route
}

// New makes the shell and says in the log when the assets are not built.
func New(o Options) *Shell {
	if o.Now == nil {
		o.Now = time.Now
	}
	if len(o.FlashKey) == 0 {
		o.FlashKey = make([]byte, 32)
		if _, err := rand.Read(o.FlashKey); err != nil {
			panic("shell: no randomness: " + err.Error())
		}
	}
	s := &Shell{o: o, assets: ui.Embedded(), secure: o.BaseURL.Scheme == "https", cookie: "socle"}
	if s.secure {
		s.cookie = "__Host-socle"
	}
	if !s.assets.Built() {
		o.Log.Warn("assets are not built: pages are plain; run \"npm ci && npm run build\" in web-src, then build socle again")
	}
	return s
}

// CookieName is the name of the session's cookie: "__Host-socle" on https, "socle" on http.
func (s *Shell) CookieName() string { return s.cookie }
