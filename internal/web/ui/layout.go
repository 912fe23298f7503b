package ui

import (
	"io"

	"context"

	"github.com/a-h/templ"

	"socle/internal/i18n"
)

// Host is who runs the instance, as pages show it.
type Host struct {
	Name    string
	Slogan  string    // under the name; may be ""
	Style   HostStyle // colour and logo
	BaseURL string    // "https://data.example.fr", no slash at the end
}

// Account is who has signed in.
type Account struct {
	Name  string
	Links []Link // the places of this person: desk, account, administration
}

// Place is an entry of the main navigation.
type Place struct {
	Label string
	Href  string
	Icon  Icon
}

// Frame is what stands around every page; web/shell fills it.
type Frame struct {
	Host      Host
	Assets    *Assets
	Lang      i18n.Lang
	Path      string // of the page, without the prefix of the language
	Query     string // with its "?", or ""
	Places    []Place
	Footer    []Link
	Account   *Account // nil: nobody has signed in
	SignInURL string   // leads back to this page
	SignOut   string   // address of the form
	Demo      bool     // the instance is a demonstration: said on every page, not indexed
	Notices   []Notice // what the last act answered
	Search    string   // what was searched, to be shown in the field
}

// Page is what a handler says of its page. Title has no host's name; Canonical is the
// French path without query, Path of the request unless said.
type Page struct {
	Title       string
	Description string
	Canonical   string
	NoIndex     bool   // pages of forms, of accounts, results of a search
	OneLanguage bool   // the page exists only in the language of its request
	Place       string // Href of the Place it belongs to
	Crumbs      []Crumb
	NoSearch    bool              // the page has its own search field
	Picture     string            // address of the Open Graph picture
	Head        []templ.Component // feeds, oEmbed, JSON-LD
}

func (f Frame) title(p Page) string {
	switch {
	case p.Title == "" || p.Title == f.Host.Name:
		return f.Host.Name
	case f.Demo:
		return p.Title + " – " + i18n.T(f.Lang, "ui.demo.word") + " – " + f.Host.Name
	}
	return p.Title + " – " + f.Host.Name
}

func (f Frame) canonical(p Page, l i18n.Lang) string {
	path := p.Canonical
	if path == "" {
		path = f.Path
	}
	return f.Host.BaseURL + Address(l, path)
}

func (f Frame) other() i18n.Lang {
	if f.Lang == i18n.English {
		return i18n.French
	}
	return i18n.English
}

// Layout is a whole page around its body.
func Layout(f Frame, p Page, body templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return layout(f, p, body).Render(WithLang(ctx, f.Lang), w)
	})
}
