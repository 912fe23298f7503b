package compat

import (
	"net/http"
	"strconv"
	"strings"

	"socle/internal/i18n"
	"socle/internal/interop/ogc"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// ogcView is an answer of OGC API as a page.
type ogcView struct {
	title, lead string
	crumbs      []ui.Crumb
	facts       [][2]string // name and value
	parts       []ogcPart
	head        []string // columns of rows
	rows        [][]string
	hrefs       []string // of rows; none: they lead nowhere
	code        string
	links       []ogc.Link
}

// ogcPart is a collection of a list.
type ogcPart struct {
	title, href, text string
	facts             [][2]string
	links             []ogc.Link
}

// line tells its facts.
func (p ogcPart) line() (list ui.Facts) {
	for _, f := range p.facts {
		list = append(list, ui.Fact{Text: f[0] + " " + f[1]})
	}
	return list
}

// ogcLink is a link of an answer as people read it.
type ogcLink struct{ Label, Href, Detail string }

// shown leaves out links to be filled in first.
func shown(links []ogc.Link) (list []ogcLink) {
	for _, l := range links {
		if l.Templated {
			continue
		}
		label := l.Title
		if label == "" {
			label = l.Rel
		}
		list = append(list, ogcLink{label, l.Href, strings.TrimSpace(l.Rel[strings.LastIndexByte(l.Rel, '/')+1:] + " " + l.Type)})
	}
	return list
}

func (v ogcView) table() ui.Table {
	t := ui.Table{ID: "items", Caption: v.title, CaptionHidden: true, Dense: true}
	for _, name := range v.head {
		t.Columns = append(t.Columns, ui.Column{Label: name})
	}
	for i, cells := range v.rows {
		row := ui.Row{}
		for j, text := range cells {
			if r := []rune(text); len(r) > mostShown {
				text = string(r[:mostShown]) + "…"
			}
			c := ui.Cell{Text: text, Header: j == 0}
			if j == 0 && i < len(v.hrefs) {
				c.Href = v.hrefs[i]
			}
			row.Cells = append(row.Cells, c)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// mostShown is how many characters of a cell a page shows.
const mostShown = 120

func (v ogcView) list() (k ui.KeyValues) {
	for _, f := range v.facts {
		k.Rows = append(k.Rows, ui.KeyValue{Key: f[0], Value: f[1]})
	}
	return k
}

// show writes the page in the language of the answer, its frame too.
func (v ogcView) show(w http.ResponseWriter, r *http.Request) error {
	r = shell.In(r, language(r))
	return shell.Page(w, r, ui.Page{Title: v.title, Description: v.lead, Canonical: r.URL.Path, NoIndex: true, OneLanguage: true, Crumbs: v.crumbs}, ogcPage(v))
}

func (l located) crumbs(r *http.Request) []ui.Crumb {
	return []ui.Crumb{{Label: i18n.T(language(r), "compat.ogc.collections"), Href: ogcPath + "/collections?f=html"}, {Label: l.title(), Href: ogcPath + "/collections/" + l.id() + "?f=html"}}
}

func pairs(numbers []float64) string {
	var list []string
	for _, n := range numbers {
		list = append(list, strconv.FormatFloat(n, 'f', -1, 64))
	}
	return strings.Join(list, ", ")
}
