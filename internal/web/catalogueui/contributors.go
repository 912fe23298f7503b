package catalogueui

import (
	"context"
	"net/http"
	"strconv"

	"socle/internal/catalogue"
	"socle/internal/consolidation"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/query"
	"socle/internal/web/cells"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// contributorsView says whose tables make a dataset of the territory, and whose do
// not yet.
type contributorsView struct {
	datasetView
	Lead       string
	Joined     ui.Table
	LeftOut    ui.Items
	Missing    []ui.Link
	More       string // organisations that are not listed
	Duplicates ui.Link
	Count      string
}

// merged finds the dataset of the territory of an address.
func (p *Pages) mergedOf(w http.ResponseWriter, r *http.Request, part string) (f found, c consolidation.Consolidation, done bool, err error) {
	f, done, err = p.withTable(w, r, part)
	if done || err != nil {
		return f, c, done, err
	}
	c, err = p.o.Merge.Of(r.Context(), shell.From(r).Actor, f.dataset.ID)
	if errs.Is(err, errs.NotFound) {
		err = none()
	}
	return f, c, false, err
}

// contributors shows who contributes and who does not yet.
func (p *Pages) contributors(w http.ResponseWriter, r *http.Request) error {
	f, c, done, err := p.mergedOf(w, r, "/contributors")
	if done || err != nil {
		return err
	}
	ctx, a := r.Context(), shell.From(r).Actor
	sources, err := p.o.Merge.Sources(ctx, a, c.Schema)
	if err != nil {
		return err
	}
	sets, err := p.datasetsOf(ctx, sources)
	if err != nil {
		return err
	}
	frame, page := p.frame(ctx, f, "/contributors")
	view := contributorsView{datasetView: frame, Joined: ui.Table{ID: "contributors", Caption: ui.T(ctx, "consolidationui.joined"), Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "consolidationui.producer")}, {Label: ui.T(ctx, "consolidationui.dataset"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "consolidationui.rows"), Kind: ui.ColumnNumber}, {Label: ui.T(ctx, "consolidationui.date"), Kind: ui.ColumnDate}}},
		Duplicates: ui.More(ui.T(ctx, "consolidationui.duplicates.see"), f.base()+"/duplicates")}
	view.LeftOut.Level = 3
	var ids []identity.OrganisationID
	for _, s := range sources {
		ids = append(ids, s.Organisation)
	}
	names, err := p.o.Identity.OrganisationsByID(ctx, a, ids...)
	if err != nil {
		return err
	}
	in := map[identity.OrganisationID]bool{}
	for _, s := range sources {
		d, ok := sets[s.Dataset]
		if !ok {
			continue // withdrawn a moment ago
		}
		o := names[s.Organisation]
		if s.Joined() {
			in[o.ID] = true
			view.Joined.Rows = append(view.Joined.Rows, ui.Row{Cells: []ui.Cell{{Text: o.Name, Href: "/organisations/" + o.Slug, Header: true}, {Text: d.Title, Href: "/datasets/" + d.Slug}, {Text: ui.Integer(ctx, s.Rows)}, {Text: ui.Day(ctx, s.VersionAt)}}})
		}
		if s.LeftOut != "" {
			view.LeftOut.Items = append(view.LeftOut.Items, ui.Item{Eyebrow: o.Name, Title: d.Title, Href: "/datasets/" + d.Slug, Text: ui.T(ctx, "returned.whole."+s.LeftOut)})
		}
		if s.Wrong > 0 {
			view.LeftOut.Items = append(view.LeftOut.Items, ui.Item{Eyebrow: o.Name, Title: d.Title, Href: consolidation.ReturnPath(s, ""), Text: ui.T(ctx, "returned.todo", i18n.Args{"Count": s.Wrong, "Rows": ui.Integer(ctx, s.Wrong)})})
		}
	}
	view.Lead = ui.T(ctx, "consolidationui.contributors.lead", i18n.Args{"Count": len(in)})
	view.Count = ui.T(ctx, "consolidationui.duplicates.count", i18n.Args{"Count": c.DuplicateKeys, "Keys": ui.Integer(ctx, c.DuplicateKeys)})
	if err := p.notYet(ctx, a, &view, in); err != nil {
		return err
	}
	page.Title = ui.T(ctx, "consolidationui.contributors.title", i18n.Args{"Title": f.dataset.Title})
	return shell.Page(w, r, page, contributorsPage(view))
}

// listedMissing is how many organisations that do not contribute are named.
const listedMissing = 600

// notYet lists the authorities of the territory that do not contribute.
func (p *Pages) notYet(ctx context.Context, a identity.Actor, view *contributorsView, in map[identity.OrganisationID]bool) error {
	more := 0
	for o, err := range p.o.Identity.AllOrganisations(ctx, a, identity.OrganisationQuery{}) {
		switch {
		case err != nil:
			return err
		case in[o.ID] || o.Kind == identity.KindOther || o.Kind == identity.KindRegion:
		case len(view.Missing) < listedMissing:
			view.Missing = append(view.Missing, ui.Link{Label: o.Name, Href: "/organisations/" + o.Slug})
		default:
			more++
		}
	}
	if more > 0 {
		view.More = ui.T(ctx, "consolidationui.missing.more", ui.Count(more))
	}
	return nil
}

// datasetsOf reads the datasets of sources, as everyone sees them.
func (p *Pages) datasetsOf(ctx context.Context, list []consolidation.Source) (map[catalogue.DatasetID]catalogue.Dataset, error) {
	out := map[catalogue.DatasetID]catalogue.Dataset{}
	var ids []catalogue.DatasetID
	for _, s := range list {
		ids = append(ids, s.Dataset)
	}
	found, err := p.o.Catalogue.GetMany(ctx, identity.Anonymous(), ids...)
	for id, d := range found {
		if d.State == catalogue.Published {
			out[id] = d
		}
	}
	return out, err
}

// duplicatesView shows the rows that several producers publish.
type duplicatesView struct {
	datasetView
	Lead  string
	Rule  string
	Key   string
	Items []duplicateView
	Pages ui.Pages
}

type duplicateView struct {
	Title string
	Rows  ui.Table
	More  string
}

const duplicatesPage = 20

// duplicates shows the keys that several tables have, page by page.
func (p *Pages) duplicates(w http.ResponseWriter, r *http.Request) error {
	f, c, done, err := p.mergedOf(w, r, "/duplicates")
	if done || err != nil {
		return err
	}
	ctx, a := asking(r), shell.From(r).Actor
	list, err := p.o.Merge.Duplicates(ctx, a, c.Schema)
	if err != nil {
		return err
	}
	frame, page := p.frame(ctx, f, "/contributors")
	view := duplicatesView{datasetView: frame, Lead: ui.T(ctx, "consolidationui.duplicates.count", i18n.Args{"Count": c.DuplicateKeys, "Keys": ui.Integer(ctx, c.DuplicateKeys)}),
		Rule: ui.T(ctx, "consolidationui.duplicates.rule", i18n.Args{"Rule": ui.T(ctx, c.Rule.LabelKey())})}
	key := consolidation.Key(f.Schema, c.Key)
	view.Key = ui.T(ctx, "consolidationui.help.key-all")
	if len(key) > 0 && len(c.Key) > 0 {
		view.Key = ui.T(ctx, "consolidationui.duplicates.key", i18n.Args{"Names": namesOf(f.Columns, key)})
	}
	last := max(1, (len(list)+duplicatesPage-1)/duplicatesPage)
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 || n > last {
		n = 1
	}
	some := list[min(len(list), (n-1)*duplicatesPage):min(len(list), n*duplicatesPage)]
	view.Pages = ui.Pages{Current: n, Last: last, Href: func(n int) string { return f.base() + "/duplicates?page=" + strconv.Itoa(n) }}
	if view.Items, err = p.duplicateRows(ctx, f, c, some, key); err != nil {
		return err
	}
	page.Title, page.NoIndex = ui.T(ctx, "consolidationui.duplicates.title", i18n.Args{"Title": f.dataset.Title}), true
	return shell.Page(w, r, page, duplicatesTemplate(view))
}

func namesOf(cols []query.Column, names []string) string {
	out := ""
	for i, name := range names {
		if i > 0 {
			out += ", "
		}
		out += cells.Label(cols, name)
	}
	return out
}

func (p *Pages) duplicateRows(ctx context.Context, f found, c consolidation.Consolidation, list []consolidation.Duplicate, key []string) (out []duplicateView, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	sources, err := p.o.Merge.Sources(ctx, identity.Anonymous(), c.Schema)
	if err != nil {
		return nil, err
	}
	sets, err := p.datasetsOf(ctx, sources)
	if err != nil {
		return nil, err
	}
	of := map[catalogue.ResourceID]catalogue.Dataset{}
	for _, s := range sources {
		if d, ok := sets[s.Dataset]; ok {
			of[s.Resource] = d
		}
	}
	var ids []identity.OrganisationID
	for _, d := range sets {
		ids = append(ids, d.Organisation)
	}
	orgs, err := p.o.Identity.OrganisationsByID(ctx, identity.Anonymous(), ids...)
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(list))
	for i, d := range list {
		numbers[i] = d.Number
	}
	if len(key) == 0 || len(c.Key) == 0 && len(f.Schema.PrimaryKey) == 0 { // all columns: the first ones name the row
		key = nil
		for _, col := range f.Columns[:min(len(f.Columns), 4)] {
			key = append(key, col.Name)
		}
	}
	rows, err := p.o.Engine.Numbers(ctx, f.Snapshot, numbers, key)
	if err != nil {
		return nil, err
	}
	for i, d := range list {
		v := duplicateView{Rows: ui.Table{ID: "duplicate-" + strconv.Itoa(i), CaptionHidden: true, Dense: true, Columns: []ui.Column{{Label: ui.T(ctx, "consolidationui.producer")}, {Label: ui.T(ctx, "consolidationui.dataset"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "consolidationui.row")}, {Label: ui.T(ctx, "consolidationui.fate")}}}}
		for j, cell := range rows.Records[i].Cells {
			if j > 0 {
				v.Title += " · "
			}
			v.Title += cells.Cut(cells.Text(ctx, rows.Fields[j], cell), longest)
		}
		v.Rows.Caption = v.Title
		for _, row := range d.Rows {
			set := of[row.Resource]
			fate := ui.T(ctx, "consolidationui.kept")
			if !row.Kept {
				fate = ui.T(ctx, "consolidationui.dropped")
			}
			number := strconv.FormatInt(row.Row, 10)
			v.Rows.Rows = append(v.Rows.Rows, ui.Row{Cells: []ui.Cell{{Text: orgs[set.Organisation].Name, Header: true}, {Text: set.Title, Href: "/datasets/" + set.Slug}, {Text: number, Href: "/datasets/" + set.Slug + "/rows/" + number}, {Text: fate}}})
		}
		if d.More > 0 {
			v.More = ui.T(ctx, "consolidationui.duplicates.more", ui.Count(d.More))
		}
		out = append(out, v)
	}
	return out, nil
}
