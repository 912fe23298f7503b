package catalogueui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/markup"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// attached are the files that a dataset gives as they are, and the addresses that it
// leads to.
func (p *Pages) attached(ctx context.Context, d catalogue.Dataset) (items ui.Items) {
	items.Level = 3
	for _, x := range d.Resources {
		if x.Kind == catalogue.Table || !x.Usable() || d.State == catalogue.Withdrawn {
			continue
		}
		it := ui.Item{Title: x.Title, Href: x.URL, Text: markup.Text(x.Description, 300), Eyebrow: strings.ToUpper(x.Format)}
		if x.Kind == catalogue.File && x.Current != nil {
			it.Href = filePath(d, x)
			it.Facts = []ui.Fact{{Icon: "file", Text: ui.Bytes(ctx, x.Current.Original.Bytes)}, {Icon: "clock", Text: ui.T(ctx, "catalogueui.updated", i18n.Args{"When": ui.Ago(ctx, x.Current.CreatedAt, p.o.Now())})}}
			it.Actions = []ui.Button{downloadFile(ctx, x)}
		} else if u, err := url.Parse(x.URL); err == nil {
			it.Facts = []ui.Fact{{Icon: "external-link", Text: u.Hostname()}}
		}
		items.Items = append(items.Items, it)
	}
	return items
}

func filePath(d catalogue.Dataset, x catalogue.Resource) string {
	return "/datasets/" + d.Slug + "/files/" + string(x.ID)
}

// downloadFile gives the bytes of a file as they were brought.
func downloadFile(ctx context.Context, x catalogue.Resource) ui.Button {
	return ui.Button{Label: ui.T(ctx, "catalogueui.download"), Icon: "download", Href: "/api/v1/resources/" + string(x.ID) + "/original", Download: true}
}

// fileView is the page of one file.
type fileView struct {
	Head     ui.PageHead
	Text     templ.Component // nil without a description
	Facts    ui.KeyValues
	Versions ui.Table // no rows when there is one version
	Back     ui.Link
}

// file shows what a file is, and those whose place it took.
func (p *Pages) file(w http.ResponseWriter, r *http.Request) error {
	v, ctx, slug := shell.From(r), r.Context(), r.PathValue("slug")
	d, err := p.o.Catalogue.ByAddress(ctx, v.Actor, slug)
	if err := p.gone(ctx, v.Actor, slug, d, err); err != nil {
		return err
	}
	id := catalogue.ResourceID(r.PathValue("resource"))
	if d.Slug != slug {
		return shell.Redirect(w, r, filePath(d, catalogue.Resource{ID: id}))
	}
	at := slices.IndexFunc(d.Resources, func(x catalogue.Resource) bool {
		return x.ID == id && x.Kind == catalogue.File && x.Current != nil
	})
	if at < 0 {
		_, _, err := p.o.Catalogue.Head(ctx, v.Actor, id)
		if errs.Is(err, errs.NotFound) && errs.As(err).Key == catalogue.RemovedKey {
			return httpx.WithStatus(err, http.StatusGone)
		}
		return none()
	}
	x := d.Resources[at]
	list, err := p.o.Catalogue.Versions(ctx, v.Actor, id, 0, versionsPerPage)
	if err != nil {
		return err
	}
	org, err := p.o.Identity.Organisation(ctx, v.Actor, d.Organisation)
	if err != nil {
		return err
	}
	view := fileView{Head: ui.PageHead{Eyebrow: d.Title, Title: x.Title}, Facts: fileFacts(ctx, x), Versions: fileVersions(ctx, x, list),
		Back: ui.Link{Label: d.Title, Href: "/datasets/" + d.Slug, Icon: "arrow-left"}}
	download := downloadFile(ctx, x)
	download.Style = ui.Primary
	view.Head.Actions = []ui.Button{download}
	if x.Description != "" {
		view.Text = templ.Raw(markup.HTML(x.Description, 1))
	}
	return shell.Page(w, r, ui.Page{Title: x.Title + " – " + d.Title, Description: markup.Text(x.Description, 280), Place: "/search", Canonical: filePath(d, x), NoIndex: d.Demonstration || d.State != catalogue.Published,
		Crumbs: []ui.Crumb{{Label: ui.T(ctx, "catalogueui.search.title"), Href: "/search"}, {Label: org.Name, Href: "/organisations/" + org.Slug}, {Label: d.Title, Href: "/datasets/" + d.Slug}, {Label: x.Title}}}, filePage(view))
}

func fileFacts(ctx context.Context, x catalogue.Resource) (out ui.KeyValues) {
	add := func(key, value string) {
		if value != "" {
			out.Rows = append(out.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: value})
		}
	}
	add("catalogueui.file.name", x.Current.Original.FileName)
	add("catalogueui.file.format", strings.ToUpper(x.Format))
	add("catalogueui.file.size", ui.Bytes(ctx, x.Current.Original.Bytes))
	add("catalogueui.versions.date", ui.Moment(ctx, x.Current.CreatedAt))
	add("catalogueui.versions.number", strconv.Itoa(x.Current.Number))
	out.Rows = append(out.Rows, ui.KeyValue{Key: "SHA-256", Content: checksum(x.Current.Original.Blob)})
	return out
}

// fileVersions lists the files that were here, the newest first.
func fileVersions(ctx context.Context, x catalogue.Resource, list []catalogue.Version) ui.Table {
	t := ui.Table{ID: "versions", Caption: ui.T(ctx, "catalogueui.versions"), CaptionHidden: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "catalogueui.versions.number"), Kind: ui.ColumnNumber}, {Label: ui.T(ctx, "catalogueui.versions.date"), Kind: ui.ColumnDate}, {Label: ui.T(ctx, "catalogueui.file.size"), Kind: ui.ColumnNumber},
		{Label: ui.T(ctx, "catalogueui.versions.note"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "catalogueui.file.name"), Kind: ui.ColumnText}}}
	if len(list) < 2 {
		return t
	}
	for _, v := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: strconv.Itoa(v.Number), Header: true}, {Text: ui.Moment(ctx, v.CreatedAt)}, {Text: ui.Bytes(ctx, v.Original.Bytes)}, {Text: v.Note},
			{Text: v.Original.FileName, Href: "/api/v1/resources/" + string(x.ID) + "/original?version=" + strconv.Itoa(v.Number)}}})
	}
	return t
}
