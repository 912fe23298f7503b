package catalogueui

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// atomFeed is a feed (RFC 4287).
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  atomAuthor  `xml:"author"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string     `xml:"id"`
	Title     string     `xml:"title"`
	Updated   string     `xml:"updated"`
	Published string     `xml:"published,omitempty"`
	Author    atomAuthor `xml:"author"`
	Link      atomLink   `xml:"link"`
	Summary   string     `xml:"summary,omitempty"`
}

// feedEntries is how many entries a feed has.
const feedEntries = 50

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// newFeed makes a feed of the page at a path. When it has no entry, it was updated at since.
func (p *Pages) newFeed(ctx context.Context, path, title, author string, since time.Time) atomFeed {
	lang := ui.LangOf(ctx)
	page := p.o.BaseURL + ui.Address(lang, path)
	self := feedOf(page)
	return atomFeed{Lang: string(lang), ID: self, Title: title, Updated: rfc3339(since), Author: atomAuthor{author},
		Links: []atomLink{{"self", "application/atom+xml", self}, {"alternate", "text/html", page}}}
}

// feedOf is the address of the feed of a page.
func feedOf(page string) string {
	address, asked, _ := strings.Cut(page, "?")
	feed := strings.TrimSuffix(address, "/") + "/feed.atom"
	if asked != "" {
		feed += "?" + asked
	}
	return feed
}

func (f *atomFeed) add(e atomEntry) {
	if len(f.Entries) == 0 || e.Updated > f.Updated {
		f.Updated = e.Updated
	}
	f.Entries = append(f.Entries, e)
}

func (f atomFeed) write(w http.ResponseWriter, r *http.Request) error {
	b, err := xml.Marshal(f)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	return httpx.WriteBytes(w, r, http.StatusOK, append([]byte(xml.Header), b...))
}

// portalFeed and organisationFeed tell of the datasets that changed last: the public
// ones only, whoever asks.
func (p *Pages) portalFeed(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := p.newFeed(ctx, "/", p.o.Host, p.o.Host, time.Unix(0, 0))
	if err := p.changed(ctx, &f, catalogue.Filter{}); err != nil {
		return err
	}
	return f.write(w, r)
}

func (p *Pages) organisationFeed(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o, err := p.o.Identity.OrganisationByAddress(ctx, identity.Anonymous(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	if o.Slug != r.PathValue("slug") {
		return shell.Redirect(w, r, "/organisations/"+o.Slug+"/feed.atom")
	}
	f := p.newFeed(ctx, "/organisations/"+o.Slug, o.Name, o.Name, o.CreatedAt)
	if err := p.changed(ctx, &f, catalogue.Filter{Organisation: o.ID}); err != nil {
		return err
	}
	return f.write(w, r)
}

func (p *Pages) changed(ctx context.Context, f *atomFeed, filter catalogue.Filter) error {
	filter.States = []catalogue.State{catalogue.Published}
	list, err := p.o.Catalogue.List(ctx, identity.Anonymous(), filter, catalogue.ByModified, "", feedEntries)
	if err != nil {
		return err
	}
	return p.tell(ctx, f, list.Datasets)
}

// searchFeed tells of the public datasets that a search finds, the last changed first.
func (p *Pages) searchFeed(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	sought, _, err := p.searchQuery(ctx, identity.Anonymous(), q)
	if err != nil {
		return err
	}
	sought.Order, sought.Offset, sought.Limit = find.ByModified, 0, feedEntries
	result, err := p.o.Find.Search(ctx, identity.Anonymous(), sought)
	if err != nil {
		return err
	}
	all, err := p.o.Catalogue.GetMany(ctx, identity.Anonymous(), result.Datasets...)
	if err != nil {
		return err
	}
	var list []catalogue.Dataset
	for _, id := range result.Datasets {
		if d, ok := all[id]; ok && d.State == catalogue.Published {
			list = append(list, d)
		}
	}
	title := p.o.Host
	if sought.Text != "" {
		title = ui.T(ctx, "share.feed.search", i18n.Args{"Host": p.o.Host, "Text": sought.Text})
	}
	f := p.newFeed(ctx, searchAddress(q), title, p.o.Host, time.Unix(0, 0))
	if err := p.tell(ctx, &f, list); err != nil {
		return err
	}
	return f.write(w, r)
}

// searchAddress is that of a search: its words and filters, whatever its order and page.
func searchAddress(q url.Values) string {
	out := url.Values{}
	for _, name := range append([]find.Dimension{"q"}, find.Dimensions...) {
		if v := q.Get(string(name)); v != "" {
			out.Set(string(name), v)
		}
	}
	if len(out) == 0 {
		return "/search"
	}
	return "/search?" + out.Encode()
}

// tell adds datasets to a feed.
func (p *Pages) tell(ctx context.Context, f *atomFeed, list []catalogue.Dataset) error {
	var ids []identity.OrganisationID
	for _, d := range list {
		ids = append(ids, d.Organisation)
	}
	orgs, err := p.o.Identity.OrganisationsByID(ctx, identity.Anonymous(), ids...)
	if err != nil {
		return err
	}
	for _, d := range list {
		f.add(atomEntry{ID: "urn:socle:dataset:" + string(d.ID), Title: d.Title, Updated: rfc3339(d.ModifiedAt), Published: rfc3339(d.PublishedAt), Author: atomAuthor{orgs[d.Organisation].Name},
			Link: atomLink{"alternate", "text/html", p.o.BaseURL + ui.Address(ui.LangOf(ctx), "/datasets/"+d.Slug)}, Summary: markup.Text(d.Description, 300)})
	}
	return nil
}

// datasetFeed tells of the versions of a dataset.
func (p *Pages) datasetFeed(w http.ResponseWriter, r *http.Request) error {
	f, moved, err := p.find(r)
	if err != nil {
		return err
	}
	if moved {
		return f.redirect(w, r, "/feed.atom")
	}
	ctx := r.Context()
	feed := p.newFeed(ctx, f.at("", nil), f.title(), f.org.Name, f.dataset.CreatedAt)
	if f.resource != nil {
		list, err := p.o.Catalogue.Versions(ctx, shell.From(r).Actor, f.resource.ID, 0, feedEntries)
		if err != nil {
			return err
		}
		for _, v := range list {
			feed.add(atomEntry{ID: "urn:socle:version:" + string(v.ID), Title: ui.T(ctx, "share.feed.version", i18n.Args{"Title": f.title(), "Number": v.Number}), Updated: rfc3339(v.CreatedAt),
				Author: atomAuthor{f.org.Name}, Link: atomLink{"alternate", "text/html", p.o.BaseURL + ui.Address(ui.LangOf(ctx), f.at("", url.Values{versionParameter: {strconv.Itoa(v.Number)}}))}, Summary: v.Note})
		}
	}
	return feed.write(w, r)
}

// llms tells programs that read for people where the data is (llmstxt.org).
func (p *Pages) llms(w http.ResponseWriter, r *http.Request) error {
	ctx, b := r.Context(), p.o.BaseURL
	text := "# " + strings.Join(strings.Fields(p.o.Host), " ") + "\n\n> " + ui.T(ctx, "share.llms") + "\n\n"
	for _, l := range [][2]string{{"share.llms.api", "/api/v1/openapi.json"}, {"share.llms.datasets", "/api/v1/datasets"}, {"share.llms.feed", "/feed.atom"}, {"share.llms.sitemap", "/sitemap.xml"}, {"share.llms.schemas", "/api/v1/schemas"}} {
		text += "- [" + ui.T(ctx, l[0]) + "](" + b + l[1] + ")\n"
	}
	text += "\n" + ui.T(ctx, "share.llms.export") + "\n"
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	return httpx.WriteBytes(w, r, http.StatusOK, []byte(text))
}

// oEmbed is how to show a table, a chart or a map elsewhere (oembed.com).
type oEmbed struct {
	Version      string `json:"version"`
	Type         string `json:"type"`
	Title        string `json:"title"`
	AuthorName   string `json:"author_name"`
	AuthorURL    string `json:"author_url"`
	ProviderName string `json:"provider_name"`
	ProviderURL  string `json:"provider_url"`
	HTML         string `json:"html"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
	CacheAge     int    `json:"cache_age"`
}

// oembed answers the address of a dataset's page with the frame
// that shows its table, or the chart or map of that address.
func (p *Pages) oembed(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if f := q.Get("format"); f != "" && f != "json" {
		return httpx.WithStatus(errs.New(errs.Invalid, "share.oembed.format").WithHint("share.oembed.format.hint"), http.StatusNotImplemented)
	}
	path, ok := strings.CutPrefix(q.Get("url"), p.o.BaseURL)
	path, asked, _ := strings.Cut(path, "?")
	_, path = shell.SplitLang(path)
	slug, isSet := strings.CutPrefix(path, "/datasets/")
	slug, part, _ := strings.Cut(slug, "/")
	if part != "chart" && part != "map" { // the other parts of the page are about the table
		part = "table"
	}
	if !ok || !isSet || slug == "" {
		return none()
	}
	r.SetPathValue("slug", slug)
	r.URL.RawQuery = asked
	f, _, err := p.find(r)
	if err != nil {
		return err
	}
	if f.resource == nil || f.dataset.State != catalogue.Published || part == "map" && !f.placed() {
		return none()
	}
	address := f.base() + embeddable[part].part
	if part == "table" { // as the page does, all of it when its address asks for nothing that is there
		table, _ := f.selected(r.Context(), r)
		address = f.address("", lasting(table), nil)
	} else if asked != "" {
		address += "?" + asked
	}
	width, height := bounded(q.Get("maxwidth"), 800), bounded(q.Get("maxheight"), embeddable[part].height)
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return httpx.WriteJSON(w, r, http.StatusOK, oEmbed{Version: "1.0", Type: "rich", Title: f.title(), AuthorName: f.org.Name, AuthorURL: p.o.BaseURL + "/organisations/" + f.org.Slug,
		ProviderName: p.o.Host, ProviderURL: p.o.BaseURL, HTML: p.frameCode(f, part, address, strconv.Itoa(width), height), Width: width, Height: height, CacheAge: 3600})
}

// bounded reads the greatest width or height that a page has room for.
func bounded(text string, usual int) int {
	if n, err := strconv.Atoi(text); err == nil && n >= 100 && n < usual {
		return n
	}
	return usual
}
