package catalogueui

import (
	"net/http"
	"strconv"
	"strings"

	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// producersPerPage is how many producers a page lists.
const producersPerPage = 60

// producersView is the page of all producers.
type producersView struct {
	Head   ui.PageHead
	Search ui.Search
	Kinds  ui.Tabs
	Items  ui.Items
	Pages  ui.Pages
	Empty  ui.Empty
}

// organisations lists the producers of the portal by name, those of a kind or with a word
// in their name, with what each has published.
func (p *Pages) organisations(w http.ResponseWriter, r *http.Request) error {
	const here = "/organisations"
	v, ctx, q := shell.From(r), r.Context(), r.URL.Query()
	kind, text := identity.OrganisationKind(q.Get("kind")), strings.TrimSpace(q.Get("q"))
	kinds, all := map[identity.OrganisationKind]int{}, 0
	var list []identity.Organisation
	for o, err := range p.o.Identity.AllOrganisations(ctx, v.Actor, identity.OrganisationQuery{Text: text}) {
		if err != nil {
			return err
		}
		all++
		kinds[o.Kind]++
		if kind == "" || o.Kind == kind {
			list = append(list, o)
		}
	}
	view := producersView{Head: ui.PageHead{Title: ui.T(ctx, "catalogueui.organisations"), Lead: ui.T(ctx, "catalogueui.organisations.lead")},
		Search: ui.Search{ID: "organisations-q", Action: here, Value: text, Label: ui.T(ctx, "catalogueui.organisations.search")},
		Empty:  ui.Empty{Icon: "building-2", Title: ui.T(ctx, "catalogueui.organisations.none")}}
	if text != "" || kind != "" {
		view.Empty = ui.Empty{Icon: "building-2", Title: ui.T(ctx, "catalogueui.organisations.nothing"), Actions: []ui.Button{{Label: ui.T(ctx, "catalogueui.organisations.all"), Href: here}}}
	}
	counted := func(k string, n int) string {
		return ui.T(ctx, "catalogueui.organisations.kind."+k, i18n.Args{"N": ui.Integer(ctx, int64(n))})
	}
	if len(kinds) > 1 || kind != "" {
		view.Kinds = ui.Tabs{Label: ui.T(ctx, "catalogueui.organisations.kinds"), Tabs: []ui.Tab{{Label: counted("every", all), Href: here + without(q, "kind"), Current: kind == ""}}}
		for _, k := range identity.OrganisationKinds {
			if kinds[k] > 0 || k == kind {
				view.Kinds.Tabs = append(view.Kinds.Tabs, ui.Tab{Label: counted(string(k), kinds[k]), Href: here + with(q, "kind", string(k)), Current: k == kind})
			}
		}
	}
	last := max(1, (len(list)+producersPerPage-1)/producersPerPage)
	n, err := strconv.Atoi(q.Get("page"))
	if err != nil || n < 1 {
		n = 1
	}
	n = min(n, last)
	view.Pages = ui.Pages{Current: n, Last: last, Href: func(n int) string { return here + with(q, "page", strconv.Itoa(n)) }}
	list = list[(n-1)*producersPerPage : min(n*producersPerPage, len(list))]
	ids := make([]identity.OrganisationID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	counts, err := p.o.Catalogue.PublicCounts(ctx, ids...)
	if err != nil {
		return err
	}
	view.Items.Level = 2
	for _, o := range list {
		it := ui.Item{Eyebrow: ui.T(ctx, o.Kind.LabelKey()), Title: o.Name, Href: here + "/" + o.Slug}
		if n := counts[o.ID]; n > 0 {
			it.Facts = []ui.Fact{{Icon: "database", Text: ui.T(ctx, "catalogueui.count", i18n.Args{"Count": n, "Number": ui.Integer(ctx, int64(n))})}}
		}
		view.Items.Items = append(view.Items.Items, it)
	}
	page := ui.Page{Title: view.Head.Title, Place: here, Description: view.Head.Lead, NoSearch: true, NoIndex: r.URL.RawQuery != ""}
	return shell.Page(w, r, page, producersPage(view))
}
