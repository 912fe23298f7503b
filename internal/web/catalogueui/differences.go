package catalogueui

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/tables"
	"socle/internal/tabular"
	"socle/internal/web/cells"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// differencesView shows what changed from a version to another.
type differencesView struct {
	datasetView
	Title     string
	Action    string
	Hidden    []ui.KeyValue
	From, To  ui.Select
	None      bool
	Said, Key string
	Columns   []string
	Cells     ui.Table
	Kinds     ui.Tabs
	Rows      ui.Table
	Pages     ui.Pages
	Limited   *ui.Notice
	Empty     string
	CSV, JSON string
}

// between are the versions that the page compares, among those that the visitor
// may see.
type between struct {
	found
	list          []catalogue.Version // the newest first
	from, to      catalogue.Version
	before, after tables.Table
	kind          tables.ChangeKind
	offset        int
}

func (b between) address(kind tables.ChangeKind, offset int) string {
	v := url.Values{"from": {strconv.Itoa(b.from.Number)}, "to": {strconv.Itoa(b.to.Number)}, "kind": {string(kind)}}
	if offset > 0 {
		v.Set("offset", strconv.Itoa(offset))
	}
	return b.at("/differences", v)
}

// hidden are the fields of a form about the same table.
func (f found) hidden() (list []ui.KeyValue) {
	for k, v := range f.state() {
		if k != versionParameter {
			list = append(list, ui.KeyValue{Key: k, Value: v[0]})
		}
	}
	return list
}

func (p *Pages) readBetween(r *http.Request, f found) (b between, err error) {
	v, ctx := shell.From(r), r.Context()
	b.found = f
	if b.list, err = p.o.Catalogue.Versions(ctx, v.Actor, f.resource.ID, 0, 200); err != nil {
		return b, err
	}
	values := r.URL.Query()
	number := func(name string, unsaid int) int {
		n, err := strconv.Atoi(values.Get(name))
		if values.Get(name) == "" {
			return unsaid
		}
		if err != nil {
			return -1
		}
		return n
	}
	to := number("to", f.resource.Latest)
	from := number("from", to-1)
	if from == 0 && values.Get("from") == "" {
		return b, errs.New(errs.NotFound, "diff.first").WithHint("diff.first.hint")
	}
	b.offset = max(0, number("offset", 0))
	if b.kind, err = tables.ParseChangeKind(values.Get("kind")); err != nil || from < 1 || to < 1 {
		return b, none()
	}
	for _, side := range []struct {
		number  int
		version *catalogue.Version
		table   *tables.Table
	}{{from, &b.from, &b.before}, {to, &b.to, &b.after}} {
		if *side.version, err = p.o.Catalogue.Version(ctx, v.Actor, f.resource.ID, side.number); err != nil {
			return b, err
		}
		if *side.table, err = p.o.Tables.Open(ctx, *side.version); err != nil {
			return b, err
		}
	}
	return b, nil
}

func (p *Pages) differences(w http.ResponseWriter, r *http.Request) error {
	f, moved, err := p.find(r)
	if err != nil {
		return err
	}
	if moved {
		return f.redirect(w, r, "/differences")
	}
	if f.resource == nil {
		return none()
	}
	b, err := p.readBetween(r, f)
	if err != nil {
		return err
	}
	ctx := tables.WithClient(r.Context(), httpx.ClientKey(r.Context()))
	d, err := p.o.Tables.Difference(ctx, p.o.Engine, b.from, b.to)
	if err != nil {
		return err
	}
	if values := r.URL.Query(); values.Get("kind") == "" && d.Counts.Changed == 0 { // show what there is
		switch {
		case d.Counts.Added > 0:
			b.kind = tables.Added
		case d.Counts.Removed > 0:
			b.kind = tables.Removed
		}
	}
	rows, err := tables.DifferenceRows(ctx, p.o.Engine, d, b.before, b.after, b.kind, b.offset, tablePage)
	if err != nil {
		return err
	}
	frame, page := p.frame(ctx, f, "/history")
	page.Title, page.Canonical, page.NoIndex = ui.T(ctx, "diff.title", map[string]any{"From": b.from.Number, "To": b.to.Number})+" · "+f.title(), "", true
	view := differencesView{
		datasetView: frame, Hidden: b.hidden(), Title: ui.T(ctx, "diff.title", map[string]any{"From": b.from.Number, "To": b.to.Number}), Action: f.base() + "/differences", None: d.None(),
		From: versionChoice(ctx, "from", ui.T(ctx, "diff.from"), b.list, b.from.Number), To: versionChoice(ctx, "to", ui.T(ctx, "diff.to"), b.list, b.to.Number),
		Said: said(ctx, d), Key: ui.T(ctx, "diff.by-row"), Empty: ui.T(ctx, "diff.empty."+string(b.kind)),
	}
	if len(d.Key) > 0 {
		view.Key = ui.T(ctx, "diff.by-key", map[string]any{"Columns": strings.Join(d.Key, ", ")})
	}
	api := "/api/v1/resources/" + string(f.resource.ID) + "/differences"
	versions := "?from=" + strconv.Itoa(b.from.Number) + "&to=" + strconv.Itoa(b.to.Number)
	view.CSV, view.JSON = api+".csv"+versions, api+versions
	view.fill(ctx, b, d, rows)
	return shell.Page(w, r, page, differencesPage(view))
}

// fill makes the lists of the page.
func (v *differencesView) fill(ctx context.Context, b between, d *tables.Difference, rows []tables.RowDifference) {
	for _, c := range d.Columns {
		v.Columns = append(v.Columns, ui.T(ctx, "diff.column."+string(c.Kind), map[string]any{"Name": c.Name, "From": kindName(ctx, c.From), "To": kindName(ctx, c.To)}))
	}
	v.Cells = ui.Table{ID: "cells", Caption: ui.T(ctx, "diff.cells"), CaptionHidden: true, Dense: true, Columns: []ui.Column{{Label: ui.T(ctx, "diff.cells.column")}, {Label: ui.T(ctx, "diff.cells.rows"), Kind: ui.ColumnNumber}}}
	for _, c := range d.Cells {
		v.Cells.Rows = append(v.Cells.Rows, ui.Row{Cells: []ui.Cell{{Text: cells.Label(b.after.Columns, c.Column), Header: true}, {Text: ui.Integer(ctx, c.Rows)}}})
	}
	v.Kinds.Label = ui.T(ctx, "diff.kinds")
	for _, k := range tables.ChangeKinds {
		v.Kinds.Tabs = append(v.Kinds.Tabs, ui.Tab{Label: ui.T(ctx, "diff.kind."+string(k), map[string]any{"Rows": ui.Integer(ctx, d.Count(k))}), Href: b.address(k, 0), Current: k == b.kind})
	}
	listed := d.Listed(b.kind)
	if int64(listed) < d.Count(b.kind) {
		v.Limited = &ui.Notice{Kind: ui.Information, Title: ui.T(ctx, "diff.limited", map[string]any{"Listed": ui.Integer(ctx, int64(listed))}), Text: ui.T(ctx, "diff.limited.text")}
	}
	cols := tables.DifferenceColumns(b.before, b.after)
	v.Rows = ui.Table{ID: "changes", Caption: ui.T(ctx, "diff.rows"), CaptionHidden: true, Dense: true, Columns: []ui.Column{{Label: ui.T(ctx, "diff.row"), Kind: ui.ColumnNumber}}}
	for _, c := range cols {
		from := b.after.Columns
		if c.After < 0 {
			from = b.before.Columns
		}
		v.Rows.Columns = append(v.Rows.Columns, ui.Column{Label: cells.Label(from, c.Field.Name), Kind: cells.Kind(c.Field.Kind)})
	}
	for _, row := range rows {
		v.Rows.Rows = append(v.Rows.Rows, changedRow(ctx, b, row, cols))
	}
	v.Pages = ui.Pages{Current: b.offset/tablePage + 1, Last: max(1, (listed+tablePage-1)/tablePage), Href: func(n int) string { return b.address(b.kind, (n-1)*tablePage) },
		Summary: ui.T(ctx, "catalogueui.range", map[string]any{"From": ui.Integer(ctx, int64(min(b.offset+1, listed))), "To": ui.Integer(ctx, int64(b.offset+len(rows))), "Of": ui.Integer(ctx, int64(listed))})}
}

func changedRow(ctx context.Context, b between, row tables.RowDifference, cols []tables.DifferenceColumn) ui.Row {
	number := row.New
	if row.Kind == tables.Removed {
		number = row.Old
	}
	out := ui.Row{Cells: []ui.Cell{{Text: ui.Integer(ctx, number), Header: true}}}
	for i, c := range cols {
		was, is := "", ""
		if c.Before >= 0 {
			was = cells.Text(ctx, b.before.Snapshot.Fields[c.Before], row.Before[i])
		}
		if c.After >= 0 {
			is = cells.Text(ctx, b.after.Snapshot.Fields[c.After], row.After[i])
		}
		cell := ui.Cell{Text: is}
		switch {
		case row.Kind == tables.Removed:
			cell.Text = was
		case row.Differs(i):
			cell.Content = changedCell(was, is)
		}
		out.Cells = append(out.Cells, cell)
	}
	return out
}

func orEmpty(ctx context.Context, s string) string {
	if s == "" {
		return ui.T(ctx, "diff.nothing")
	}
	return s
}

// said is a Difference in a sentence.
func said(ctx context.Context, d *tables.Difference) string {
	var parts []string
	for _, n := range []struct {
		key   string
		count int64
	}{{"changed", d.Counts.Changed}, {"added", d.Counts.Added}, {"removed", d.Counts.Removed}, {"same", d.Counts.Same}} {
		if n.count > 0 {
			parts = append(parts, ui.T(ctx, "diff.summary."+n.key, map[string]any{"Count": n.count, "Rows": ui.Integer(ctx, n.count)}))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ", ") + "."
}

// shortly is a Summary in a few signs, for a list of versions.
func shortly(ctx context.Context, s tables.Summary) string {
	var parts []string
	for _, n := range []struct {
		sign  string
		count int64
	}{{"+", s.Added}, {"−", s.Removed}, {"~", s.Changed}} {
		if n.count > 0 {
			parts = append(parts, n.sign+ui.Integer(ctx, n.count))
		}
	}
	if s.Columns > 0 {
		parts = append(parts, ui.T(ctx, "diff.short.columns", map[string]any{"Count": s.Columns}))
	}
	if len(parts) == 0 {
		return ui.T(ctx, "diff.short.none")
	}
	return strings.Join(parts, " ")
}

func versionChoice(ctx context.Context, name, label string, list []catalogue.Version, chosen int) ui.Select {
	s := ui.Select{Field: ui.Field{Name: name, Label: label}, Value: strconv.Itoa(chosen)}
	for _, v := range list {
		s.Options = append(s.Options, ui.Option{Value: strconv.Itoa(v.Number), Label: strconv.Itoa(v.Number) + " · " + ui.Moment(ctx, v.CreatedAt)})
	}
	return s
}

// kindName says what values of a type are.
func kindName(ctx context.Context, k tabular.Kind) string {
	name := "text"
	switch k {
	case tabular.Int:
		name = "int"
	case tabular.Float:
		name = "float"
	case tabular.Bool:
		name = "bool"
	case tabular.Date:
		name = "date"
	case tabular.Timestamp:
		name = "timestamp"
	case tabular.TimeOfDay:
		name = "time"
	case tabular.JSON:
		name = "json"
	case tabular.Text:
	}
	return ui.T(ctx, "diff.type."+name)
}
