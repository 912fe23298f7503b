package catalogueui

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"socle/internal/query"
	"socle/internal/schema"
	"socle/internal/tables"
	"socle/internal/tabular"
	"socle/internal/web/cells"
	"socle/internal/web/ui"
)

// longest is how much of a cell the table shows; the row's own page has all of it.
const longest = 240

// tableView is the part that shows rows.
type tableView struct {
	datasetView
	selectionView
	None    *ui.Empty
	Table   ui.Table
	Total   int64 // rows that the address selects
	Offset  int   // of the first one shown
	Limit   int   // most rows of a page
	Pages   ui.Pages
	Embed   *ui.Code // of a selection that is public
	Columns ui.Table
	Events  string // what tells of new versions; "" when none comes by itself
	Version string
}

// filterForm adds a condition without a script: column, operation, value.
type filterForm struct {
	Action  string
	Hidden  []ui.KeyValue
	Column  ui.Select
	Op      ui.Select
	Value   ui.Input
	Problem string
}

// typed reads a value as French people write it: a decimal comma, 31/12/2025.
func typed(cols []query.Column, column, value string) string {
	value = strings.TrimSpace(value)
	for _, c := range cols {
		if c.Name != column {
			continue
		}
		switch c.Kind {
		case tabular.Int, tabular.Float:
			return strings.NewReplacer(",", ".", " ", "", "\u00a0", "", "\u202f", "").Replace(value)
		case tabular.Date, tabular.Timestamp:
			if t, err := time.Parse("02/01/2006", value); err == nil {
				return t.Format(time.DateOnly)
			}
		case tabular.Bool:
			switch strings.ToLower(value) {
			case "oui", "vrai", "yes":
				return "true"
			case "non", "faux", "no":
				return "false"
			}
		case tabular.Text, tabular.TimeOfDay, tabular.JSON:
		}
	}
	return value
}

// fillTable makes the table, its filters and its pages of what the engine found.
func (p *Pages) fillTable(ctx context.Context, view *tableView, f found, q query.Query, rows *tables.Page) {
	at := func(q query.Query) string { return f.address("", q, nil) }
	view.selectionView = f.selection(ctx, "", q, nil)
	if q.Filtered() {
		values := q.URL()
		for _, own := range []string{"limit", "offset", "after"} {
			values.Del(own)
		}
		for _, format := range []string{"csv", "xlsx"} {
			view.Downloads.Items = append(view.Downloads.Items, ui.Link{Label: ui.T(ctx, "catalogueui.download.filtered", map[string]any{"Format": strings.ToUpper(format), "Count": rows.Total, "Rows": ui.Integer(ctx, rows.Total)}), Href: f.export(format, values)})
		}
	}
	view.Table, view.Total, view.Offset = p.table(ctx, f, q, rows), rows.Total, q.Offset
	view.Limit = q.Limit
	abouts := p.abouts(ctx, f)
	for i, field := range rows.Fields {
		view.Table.Columns[i].About = abouts[field.Name]
	}
	view.Table.Caption = ui.T(ctx, "catalogueui.caption", map[string]any{"Sentence": view.Sentence, "Count": rows.Total, "Rows": ui.Integer(ctx, rows.Total)})
	last := max(1, int((rows.Total+int64(q.Limit)-1)/int64(q.Limit)))
	view.Pages = ui.Pages{Current: q.Offset/q.Limit + 1, Last: last, Href: func(n int) string {
		n2 := q
		n2.After, n2.Offset = 0, (n-1)*q.Limit
		return at(n2)
	}, Summary: ui.T(ctx, "catalogueui.range", map[string]any{"From": ui.Integer(ctx, int64(min(q.Offset+1, int(rows.Total)))), "To": ui.Integer(ctx, int64(q.Offset+len(rows.Records))), "Of": ui.Integer(ctx, rows.Total)})}
	view.Columns = columnsTable(ctx, f.Schema)
	view.Events, view.Version = f.events(), strconv.Itoa(f.version.Number)
}

func (p *Pages) table(ctx context.Context, f found, q query.Query, rows *tables.Page) ui.Table {
	t := ui.Table{ID: "rows", Dense: true}
	for _, field := range rows.Fields {
		c := ui.Column{Label: cells.Label(f.Columns, field.Name), Kind: cells.Kind(field.Kind)}
		n := q
		n.Offset, n.After = 0, 0
		n.Sort = []query.SortKey{{Column: field.Name}}
		if len(q.Sort) > 0 && q.Sort[0].Column == field.Name {
			c.Sorted = ui.Ascending
			if n.Sort[0].Desc = !q.Sort[0].Desc; q.Sort[0].Desc {
				c.Sorted = ui.Descending
				n.Sort = nil
			}
		}
		c.SortHref = f.address("", n, nil)
		t.Columns = append(t.Columns, c)
	}
	for _, rec := range rows.Records {
		number := strconv.FormatInt(rec.Number, 10)
		row := ui.Row{Number: ui.Integer(ctx, rec.Number), Href: f.address("/rows/"+number, query.Query{}, nil)}
		for i, cell := range rec.Cells {
			row.Cells = append(row.Cells, ui.Cell{Text: cells.Cut(cells.Text(ctx, rows.Fields[i], cell), longest)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (ff *filterForm) fill(ctx context.Context, f found, q query.Query) {
	ff.Action = f.base()
	n := q
	n.Offset, n.After, n.Text = 0, 0, ""
	if n.Limit == tablePage {
		n.Limit = 0
	}
	for k, list := range n.URL() {
		for _, v := range list {
			ff.Hidden = append(ff.Hidden, ui.KeyValue{Key: k, Value: v})
		}
	}
	for k, list := range f.state() {
		ff.Hidden = append(ff.Hidden, ui.KeyValue{Key: k, Value: list[0]})
	}
	ff.Column = ui.Select{Field: ui.Field{Name: "filter-column", Label: ui.T(ctx, "catalogueui.filter.column"), Optional: true}, Empty: ui.T(ctx, "catalogueui.filter.choose")}
	for _, c := range f.Columns {
		ff.Column.Options = append(ff.Column.Options, ui.Option{Value: c.Name, Label: c.Label()})
	}
	ff.Op = ui.Select{Field: ui.Field{Name: "filter-op", Label: ui.T(ctx, "catalogueui.filter.op"), Optional: true}, Value: "eq"}
	for _, op := range []string{"eq", "contains", "starts", "ne", "ge", "le", "null", "notnull"} {
		ff.Op.Options = append(ff.Op.Options, ui.Option{Value: op, Label: ui.T(ctx, "catalogueui.op."+op)})
	}
	ff.Value = ui.Input{Field: ui.Field{Name: "filter-value", Label: ui.T(ctx, "catalogueui.filter.value"), Optional: true}}
}

// columnsTable says what each column is.
func columnsTable(ctx context.Context, s *schema.Schema) ui.Table {
	t := ui.Table{ID: "columns", Caption: ui.T(ctx, "catalogueui.columns"), CaptionHidden: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "catalogueui.column")}, {Label: ui.T(ctx, "catalogueui.meaning"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "catalogueui.type")}}}
	explained := false
	for i := range s.Fields {
		f := &s.Fields[i]
		meaning := meaning(f)
		explained = explained || meaning != ""
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: f.Name, Header: true}, {Text: meaning}, {Text: ui.T(ctx, "catalogueui.type."+string(f.Type))}}})
	}
	if !explained { // a free table: an empty column would say nothing
		t.Columns = slices.Delete(t.Columns, 1, 2)
		for i := range t.Rows {
			t.Rows[i].Cells = slices.Delete(t.Rows[i].Cells, 1, 2)
		}
	}
	return t
}

// meaning is what a column is: its title and its description, which often begins
// with the same words.
func meaning(f *schema.Field) string {
	switch {
	case f.Title == "" || strings.HasPrefix(strings.ToLower(f.Description), strings.ToLower(f.Title)):
		return f.Description
	case f.Description == "":
		return f.Title
	}
	return strings.TrimSuffix(f.Title, ".") + ". " + f.Description
}
