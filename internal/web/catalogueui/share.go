package catalogueui

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// manage is what those who look after a dataset do with it; nil for others.
func manage(ctx context.Context, a identity.Actor, d catalogue.Dataset, e entering) *ui.Menu {
	base, with := "/datasets/"+d.Slug, func(first string) string {
		if e.table == "" {
			return ""
		}
		return first + tableParameter + "=" + e.table
	}
	m := &ui.Menu{Label: ui.T(ctx, "share.manage"), Icon: "settings"}
	add := func(key, href string, icon ui.Icon) {
		m.Items = append(m.Items, ui.Link{Label: ui.T(ctx, key), Href: href, Icon: icon})
	}
	describes := a.Can(catalogue.DescribeAction(d.State), d.Organisation)
	if describes {
		add("share.manage.edit", base+"/edit", "pencil")
	}
	if a.Can(identity.ActionContribute, d.Organisation) && d.State != catalogue.Withdrawn {
		if e.files {
			add("share.manage.data", "/deposits/new?dataset="+string(d.ID)+with("&"), "refresh-cw")
			if a.Can(identity.ActionPublish, d.Organisation) {
				add("share.manage.link", base+"/link", "link")
			}
		}
		if describes {
			add("contents.title", base+"/links", "folder-open")
		}
		if e.grid {
			add("gridui.title", base+"/grid"+with("?"), "table-2")
		}
		if e.forms != "" {
			add("collectui.desk", e.forms, "clipboard-list")
		}
		if e.form != "" {
			add("collectui.table", e.form, "plus")
		}
	}
	if a.Can(identity.ActionReadDraft, d.Organisation) {
		add("share.manage.state", base+"/publication", "globe")
		add("share.manage.use", base+"/statistics", "chart-column")
	}
	if len(m.Items) == 0 {
		return nil
	}
	return m
}

// shared is what machines read in the head of the page of a public dataset: its
// description for search engines, its feed, the way to embed it.
func (p *Pages) shared(ctx context.Context, f found, page *ui.Page) {
	if f.dataset.State != catalogue.Published {
		return
	}
	page.Head = append(page.Head, alternate("application/atom+xml", f.at("/feed.atom", nil), f.title()), jsonLD{p.described(ctx, f)})
}

// discover lets other sites find how to embed what the page at an address shows.
func (p *Pages) discover(f found, page *ui.Page, address string) {
	if f.resource != nil && f.dataset.State == catalogue.Published {
		page.Head = append(page.Head, alternate("application/json+oembed", "/oembed?url="+url.QueryEscape(p.o.BaseURL+address), f.title()))
	}
}

// alternate is a link of the head to another form of the page.
func alternate(mediaType, href, title string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `<link rel="alternate" type="`+templ.EscapeString(mediaType)+`" href="`+templ.EscapeString(href)+`" title="`+templ.EscapeString(title)+`">`)
		return err
	})
}

// jsonLD writes a description as a block of data: browsers do not run it. The
// characters that could end the block are escaped by encoding/json.
type jsonLD struct{ value schemaDataset }

func (j jsonLD) Render(_ context.Context, w io.Writer) error {
	b, err := json.Marshal(j.value)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, `<script type="application/ld+json">`+string(b)+`</script>`)
	return err
}

// schemaDataset is a dataset in the words of schema.org.
type schemaDataset struct {
	Context      string            `json:"@context"`
	Type         string            `json:"@type"`
	ID           string            `json:"@id"`
	Name         string            `json:"name"`
	Description  string            `json:"description,omitempty"`
	URL          string            `json:"url"`
	Identifier   string            `json:"identifier"`
	License      string            `json:"license,omitempty"`
	Keywords     []string          `json:"keywords,omitempty"`
	Language     string            `json:"inLanguage,omitempty"`
	Free         bool              `json:"isAccessibleForFree"`
	Published    string            `json:"datePublished,omitempty"`
	Modified     string            `json:"dateModified,omitempty"`
	Version      string            `json:"version,omitempty"`
	Period       string            `json:"temporalCoverage,omitempty"`
	Places       []schemaPlace     `json:"spatialCoverage,omitempty"`
	Creator      schemaAgent       `json:"creator"`
	Variables    []string          `json:"variableMeasured,omitempty"`
	Distribution []schemaDownload  `json:"distribution,omitempty"`
	Catalogue    schemaDataCatalog `json:"includedInDataCatalog"`
}

type schemaPlace struct {
	Type string `json:"@type"`
	Name string `json:"name"`
}

type schemaAgent struct {
	Type string `json:"@type"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

type schemaDownload struct {
	Type   string `json:"@type"`
	Name   string `json:"name,omitempty"` // where it is not that of the dataset
	URL    string `json:"contentUrl"`
	Format string `json:"encodingFormat,omitempty"`
	Size   string `json:"contentSize,omitempty"` // bytes
	SHA256 string `json:"sha256,omitempty"`
}

type schemaDataCatalog struct {
	Type string `json:"@type"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

func (p *Pages) described(_ context.Context, f found) schemaDataset {
	d, address := f.dataset, p.o.BaseURL+f.base()
	s := schemaDataset{Context: "https://schema.org/", Type: "Dataset", ID: address, Name: d.Title, Description: markup.Text(d.Description, 5000), URL: address, Identifier: string(d.ID),
		Keywords: d.Keywords, Language: d.Language, Free: true, Published: d.PublishedAt.UTC().Format(time.DateOnly),
		Creator:   schemaAgent{"Organization", f.org.Name, p.o.BaseURL + "/organisations/" + f.org.Slug},
		Catalogue: schemaDataCatalog{"DataCatalog", p.o.Host, p.o.BaseURL}}
	if l, ok := catalogue.FindLicence(d.Licence); ok {
		s.License = l.URL
	}
	if !d.DataAt.IsZero() {
		s.Modified = d.DataAt.UTC().Format(time.DateOnly)
	}
	if !d.Temporal.IsZero() {
		s.Period = orDots(d.Temporal.Start) + "/" + orDots(d.Temporal.End)
	}
	for _, z := range d.Spatial.Zones {
		if z.Name != "" {
			s.Places = append(s.Places, schemaPlace{"Place", z.Name})
		}
	}
	if f.resource != nil {
		s.Version = strconv.Itoa(f.resource.Latest)
		for _, c := range f.Snapshot.Fields {
			s.Variables = append(s.Variables, c.Name)
		}
	}
	for _, x := range d.Resources {
		s.Distribution = append(s.Distribution, p.distributions(f, x)...)
	}
	return s
}

// distributions are the ways to get a part of a dataset: a table in each of some formats,
// a file and a link as they are.
func (p *Pages) distributions(f found, x catalogue.Resource) (list []schemaDownload) {
	at := p.o.BaseURL + "/api/v1/resources/" + string(x.ID)
	switch {
	case x.Kind == catalogue.Link:
		return []schemaDownload{{Type: "DataDownload", Name: x.Title, URL: x.URL, Format: x.MediaType}}
	case x.Current == nil:
		return nil
	case x.Kind == catalogue.File:
		o := x.Current.Original
		return []schemaDownload{{Type: "DataDownload", Name: x.Title, URL: at + "/original", Format: x.MediaType, Size: strconv.FormatInt(o.Bytes, 10), SHA256: o.Blob}}
	}
	formats := [][2]string{{"csv", "text/csv"}, {"json", "application/json"}, {"parquet", "application/vnd.apache.parquet"}}
	if tables.Located(*x.Current) {
		formats = append(formats, [2]string{"geojson", "application/geo+json"})
	}
	name := ""
	if len(f.tables) > 1 {
		name = x.Title
	}
	for _, format := range formats {
		list = append(list, schemaDownload{Type: "DataDownload", Name: name, URL: at + "/export." + format[0], Format: format[1]})
	}
	return list
}

func orDots(s string) string {
	if s == "" {
		return ".."
	}
	return s
}

// citations are the ways to name a dataset in a paper.
func (p *Pages) citations(ctx context.Context, f found) []ui.Code {
	d := f.dataset
	at := d.DataAt
	if at.IsZero() {
		at = d.PublishedAt
	}
	if d.State != catalogue.Published || at.IsZero() {
		return nil
	}
	year, address := strconv.Itoa(at.Year()), p.o.BaseURL+f.base()
	version := ""
	if f.resource != nil {
		version = strconv.Itoa(f.version.Number)
	}
	apa := f.org.Name + ". (" + year + "). " + d.Title
	if version != "" {
		apa += " (" + ui.T(ctx, "share.cite.version", i18n.Args{"Number": version}) + ")"
	}
	apa += " [" + ui.T(ctx, "share.cite.kind") + "]. " + p.o.Host + ". " + address
	bib := "@misc{" + strings.ReplaceAll(d.Slug, "-", "_") + "_" + year + ",\n  author = {{" + bibtex(f.org.Name) + "}},\n  title = {" + bibtex(d.Title) + "},\n  year = {" + year + "},\n  publisher = {" + bibtex(p.o.Host) + "},\n"
	if version != "" {
		bib += "  version = {" + version + "},\n"
	}
	bib += "  url = {" + address + "}\n}"
	return []ui.Code{{ID: "cite-apa", Title: "APA", Text: apa}, {ID: "cite-bibtex", Title: "BibTeX", Text: bib}}
}

var bibtexer = strings.NewReplacer(`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "&", `\&`, "%", `\%`, "$", `\$`, "#", `\#`, "_", `\_`, "~", `\textasciitilde{}`, "^", `\textasciicircum{}`)

// bibtex writes a text so that TeX reads it as it is.
func bibtex(s string) string { return bibtexer.Replace(s) }

// maxSimilar is how many similar datasets a page shows.
const maxSimilar = 4

// similar lists other public datasets of the same schema, else of the same themes, else of
// the same producer.
func (p *Pages) similar(ctx context.Context, a identity.Actor, d catalogue.Dataset) (ui.Items, error) {
	var filters []catalogue.Filter
	if !d.Schema.IsZero() {
		filters = append(filters, catalogue.Filter{Schema: d.Schema.ID})
	}
	for _, t := range d.Themes {
		filters = append(filters, catalogue.Filter{Theme: t})
	}
	var others []catalogue.Dataset
	for _, filter := range append(filters, catalogue.Filter{Organisation: d.Organisation}) {
		filter.States = []catalogue.State{catalogue.Published}
		list, err := p.o.Catalogue.List(ctx, a, filter, catalogue.ByModified, "", maxSimilar+1)
		if err != nil {
			return ui.Items{}, err
		}
		for _, x := range list.Datasets {
			if x.ID != d.ID && len(others) < maxSimilar {
				others = append(others, x)
			}
		}
		if len(others) > 0 {
			break
		}
	}
	return p.items(ctx, a, others, 3)
}

// traceView is what is left of a dataset at its address.
type traceView struct {
	Head  ui.PageHead
	State ui.Notice
	Facts ui.KeyValues
	More  ui.Link
}

// gone is the error at the address of a dataset that was withdrawn or deleted, for
// those who see only its trace; err else.
func (p *Pages) gone(ctx context.Context, a identity.Actor, slug string, d catalogue.Dataset, err error) error {
	if err == nil && (d.State != catalogue.Withdrawn || a.Can(identity.ActionReadDraft, d.Organisation)) {
		return nil
	}
	if err != nil {
		if !errs.Is(err, errs.NotFound) {
			return err
		}
		if _, missing := p.o.Catalogue.TraceOf(ctx, a, slug); missing != nil {
			return err
		}
	}
	return httpx.WithStatus(errs.New(errs.NotFound, "share.gone").WithHint("share.gone.hint"), http.StatusGone)
}

// trace shows what is left of a dataset, with status 410.
func (p *Pages) trace(w http.ResponseWriter, r *http.Request) error {
	v, ctx, slug := shell.From(r), r.Context(), r.PathValue("slug")
	var view traceView
	var org identity.OrganisationID
	d, err := p.o.Catalogue.ByAddress(ctx, v.Actor, slug)
	switch {
	case err == nil:
		org = d.Organisation
		view.Head.Title = d.Title
		view.State = ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "catalogueui.withdrawn", i18n.Args{"Day": ui.Day(ctx, d.WithdrawnAt)}), Text: d.WithdrawnReason}
		view.fact(ctx, "share.published", ui.Day(ctx, d.PublishedAt))
	case errs.Is(err, errs.NotFound):
		t, err := p.o.Catalogue.TraceOf(ctx, v.Actor, slug)
		if err != nil {
			return err
		}
		org = t.Organisation
		view.Head.Title = t.Title
		view.State = ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "share.deleted", i18n.Args{"Day": ui.Day(ctx, t.DeletedAt)}), Text: t.Reason}
		view.fact(ctx, "share.published", ui.Day(ctx, t.PublishedAt))
	default:
		return err
	}
	o, err := p.o.Identity.Organisation(ctx, v.Actor, org)
	if err != nil {
		return err
	}
	view.Head.Eyebrow = o.Name
	view.fact(ctx, "share.by", o.Name)
	view.More = ui.More(ui.T(ctx, "share.others", i18n.Args{"Name": o.Name}), "/organisations/"+o.Slug)
	return shell.PageStatus(w, r, http.StatusGone, ui.Page{Title: view.Head.Title, NoIndex: true, Place: "/search"}, tracePage(view))
}

func (v *traceView) fact(ctx context.Context, key, value string) {
	v.Facts.Rows = append(v.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: value})
}

// The two halves of an embed's height: the frame says it, the page that holds the
// frame follows. Only frames of this portal are listened to.
const (
	frameScript = `"use strict";
const say = () => parent.postMessage({ socle: "height", height: document.documentElement.scrollHeight }, "*");
new ResizeObserver(say).observe(document.body);
say();
`
	hostScript = `"use strict";
addEventListener("message", (e) => {
  if (!e.data || e.data.socle !== "height" || !(e.data.height > 0 && e.data.height < 20000)) return;
  for (const f of document.querySelectorAll("iframe[data-socle]")) {
    if (f.contentWindow === e.source) f.style.height = e.data.height + "px";
  }
});
`
)

func script(text string) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		w.Header().Set("Cache-Control", "public, max-age=86400")
		return httpx.WriteBytes(w, r, http.StatusOK, []byte(text))
	}
}
