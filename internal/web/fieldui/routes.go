package fieldui

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"socle/internal/chart"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// Path is the address of the application, and the scope of its worker.
const Path = "/terrain"

// Options are what the pages work with.
type Options struct {
	Assets    *ui.Assets
	Host      ui.Host
	Accent    string // the host's colour, "#rrggbb" or ""
	Territory string // code of the département whose communes the application keeps, or ""
	Contours  []*chart.Areas
}

// Pages answers the addresses of this area. What it serves is made once: it changes
// with the program and the settings of the host.
type Pages struct {
	page, worker, manifest, communes []byte
	icons                            map[string][]byte
}

// New makes the pages.
func New(o Options) (p *Pages, err error) {
	defer errs.Wrap(&err, "fieldui.New")
	p = &Pages{icons: map[string][]byte{}}
	for name, size := range iconSizes {
		if p.icons[name], err = drawIcon(o.Accent, size); err != nil {
			return nil, err
		}
	}
	if p.manifest, err = manifest(o); err != nil {
		return nil, err
	}
	if p.communes, err = communes(o.Territory, contours(o.Contours, o.Territory)); err != nil {
		return nil, err
	}
	v := pageView{Assets: o.Assets, Host: o.Host, Words: words(), Files: loaded(o)}
	// The version is that of everything the application consists of; the page shows it.
	if v.Version, err = version(v, o.Assets.URL("terrainworker.js"), p.manifest); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := page(v).Render(ui.WithLang(context.Background(), i18n.French), &b); err != nil {
		return nil, err
	}
	p.page = b.Bytes()
	p.worker, err = worker(o.Assets, v)
	return p, err
}

// Routes lists the addresses of this area.
func (p *Pages) Routes() []shell.Route {
	return []shell.Route{
		{Pattern: "GET " + Path, Who: shell.Anyone, Handler: p.showPage},
		{Pattern: "GET " + Path + "/worker.js", Who: shell.Anyone, Handler: p.showWorker},
		{Pattern: "GET " + manifestPath, Who: shell.Anyone, Handler: serve("application/manifest+json", p.manifest)},
		{Pattern: "GET " + Path + "/icons/{file}", Who: shell.Anyone, Handler: p.showIcon},
		{Pattern: "GET " + Path + "/territory.json", Who: shell.Anyone, Handler: serve("application/json", p.communes)},
		{Pattern: "GET " + Path + "/account", Who: shell.Anyone, Handler: account},
	}
}

func serve(contentType string, body []byte) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", contentType)
		return httpx.WriteBytes(w, r, http.StatusOK, body)
	}
}

// showPage is the same for everyone: nothing of a person is in it.
func (p *Pages) showPage(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "public, no-cache")
	return httpx.WriteHTML(w, r, http.StatusOK, p.page)
}

func (p *Pages) showWorker(w http.ResponseWriter, r *http.Request) error {
	if p.worker == nil {
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	w.Header().Set("Service-Worker-Allowed", Path)
	return serve("text/javascript; charset=utf-8", p.worker)(w, r)
}

func (p *Pages) showIcon(w http.ResponseWriter, r *http.Request) error {
	icon, ok := p.icons[r.PathValue("file")]
	if !ok {
		return errs.New(errs.NotFound, "errs.not-found").WithHint("httpx.not-found.hint")
	}
	return serve("image/png", icon)(w, r)
}

type accountAnswer struct {
	Account *accountLine `json:"account"` // null: nobody has signed in
}

type accountLine struct {
	ID      identity.PersonID `json:"id"`
	Name    string            `json:"name"`
	Session string            `json:"session"` // which of their sessions: for the application to end the one of who has left
}

// account says who has signed in, for the application to part what it keeps.
func account(w http.ResponseWriter, r *http.Request) error {
	var ans accountAnswer
	if p := shell.From(r).Person; p.ID != "" {
		ans.Account = &accountLine{p.ID, p.Name, shell.From(r).Session.ID}
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}

// message is one text, or the two forms of a plural.
type message struct{ one, other string }

// MarshalJSON writes a text, or {"one", "other"}.
func (m message) MarshalJSON() ([]byte, error) {
	if m.one == "" {
		return json.Marshal(m.other)
	}
	return json.Marshal(map[string]string{"one": m.one, "other": m.other})
}

const wordsPrefix = "field."

// words are the messages of the application, without their prefix, by language.
func words() map[string]map[string]message {
	out := map[string]map[string]message{}
	for _, l := range i18n.Langs {
		out[string(l)] = map[string]message{}
		for _, m := range i18n.Messages(l) {
			if key, ok := strings.CutPrefix(m.ID, wordsPrefix); ok {
				out[string(l)][key] = message{m.One, m.Other}
			}
		}
	}
	return out
}

const manifestPath = Path + "/app.webmanifest"

type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose"`
}

// manifest is the web application manifest (W3C), which makes it installable.
func manifest(o Options) ([]byte, error) {
	accent, err := ui.Accent(ui.Light, cmp.Or(o.Accent, ui.RoleColour(ui.Light, "accent").String()))
	if err != nil {
		return nil, err
	}
	title := i18n.T(i18n.French, "fieldui.title")
	name := title
	if o.Host.Name != "" {
		name += " – " + o.Host.Name
	}
	icons := []manifestIcon{}
	for _, file := range []string{"192.png", "512.png"} {
		for _, purpose := range []string{"any", "maskable"} {
			icons = append(icons, manifestIcon{Path + "/icons/" + file, fmt.Sprintf("%[1]dx%[1]d", iconSizes[file]), "image/png", purpose})
		}
	}
	return json.Marshal(map[string]any{
		"id": Path, "name": name, "short_name": i18n.T(i18n.French, "fieldui.short"), "description": i18n.T(i18n.French, "fieldui.description"), "lang": string(i18n.French),
		"start_url": Path, "scope": Path, "display": "standalone", "background_color": ui.RoleColour(ui.Light, "paper").String(), "theme_color": accent.Accent.String(), "icons": icons,
	})
}
