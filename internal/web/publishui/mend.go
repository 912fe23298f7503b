package publishui

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"socle/internal/i18n"
	"socle/internal/publish"
	"socle/internal/schema/check"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// mendView puts the report beside the table: what is wrong in groups, the repairs
// that are proposed, the cells to mend by hand.
type mendView struct {
	frameView
	Verdict  *ui.Notice
	Next     *ui.Button
	SafeAll  int // changes that lose nothing, made at once
	Repairs  []repairView
	Groups   []groupView
	Warnings []groupView
	Cells    []cellView
	More     int // errors that are not listed
	Table    ui.Table
	CanUndo  bool
	Repaired int
	Free     bool // a free table can be made
}

// repairView is a repair that is proposed.
type repairView struct {
	ID, Field string
	Title     string
	Why       string
	Safe      bool
	Label     string
	Examples  ui.Table
}

// groupView is a kind of error.
type groupView struct {
	Message string
	Hint    string
	Why     string
	Where   string
	Read    string // some of the cells
	Warning bool
	Rule    *ui.Link // to the explanation of its check; nil when there is none
}

// cellView is a cell to mend by hand.
type cellView struct {
	Row      int
	Field    string
	Place    string
	Message  string
	Was      string
	Proposal ui.Input
}

const (
	handCells     = 25  // cells offered to be mended by hand at a time
	faultyRows    = 25  // rows shown with their faults
	editableCells = 250 // of them, cells that can be written in their place
	editsShown    = 25  // cells shown that were just mended
)

func (p *Pages) mend(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	if gone, err := waiting(w, r, t); gone {
		return err
	}
	if t.i.State != tables.Checked {
		return shell.Redirect(w, r, t.url("/understand"))
	}
	ctx := r.Context()
	found, err := p.o.Tables.Findings(ctx, t.i)
	if err != nil {
		return err
	}
	view := mendView{frameView: p.frame(ctx, t, publish.Mend, ui.T(ctx, "publishui.mend")), CanUndo: t.i.Settings.Mended(), Repaired: t.i.Outcome.Repaired, Free: t.i.Settings.Schema != "" && !t.i.Outcome.Valid}
	view.Verdict, view.Next = p.verdict(ctx, t)
	if !t.i.Ready() {
		view.Next = nil
	}
	view.repairs(ctx, found.Plan)
	view.groups(ctx, found.Report)
	view.cells(ctx, found.Report)
	if view.Table, err = p.faultyTable(ctx, t, view.frameView, found.Report); err != nil {
		return err
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, mendPage(view))
}

func (v *mendView) repairs(ctx context.Context, plan *check.Plan) {
	if plan == nil {
		return
	}
	for _, g := range plan.Groups {
		if g.Safe {
			v.SafeAll += g.Count
		}
		rv := repairView{ID: g.ID, Field: g.Field, Safe: g.Safe, Title: ui.T(ctx, "repair."+g.ID), Why: ui.T(ctx, "repair."+g.ID+".why"),
			Label: ui.T(ctx, "publishui.repair.act", ui.Count(g.Count)), Examples: ui.Table{ID: "examples-" + strconv.Itoa(len(v.Repairs)), Caption: ui.T(ctx, "publishui.examples"), CaptionHidden: true, Dense: true,
				Columns: []ui.Column{{Label: ui.T(ctx, "publishui.row")}, {Label: ui.T(ctx, "publishui.before"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "publishui.after"), Kind: ui.ColumnText}}}}
		for _, c := range g.Examples {
			row := ""
			if c.Row > 0 {
				row = strconv.Itoa(c.Row)
			}
			rv.Examples.Rows = append(rv.Examples.Rows, ui.Row{Cells: []ui.Cell{{Text: row}, {Text: c.Before}, {Text: c.After}}})
		}
		v.Repairs = append(v.Repairs, rv)
	}
}

func (v *mendView) groups(ctx context.Context, r *check.Report) {
	l := ui.LangOf(ctx)
	for _, g := range r.Told() {
		gv := groupView{Message: r.GroupMessage(l, &g), Hint: r.GroupHint(l, &g), Why: check.Why(l, g.Code), Read: r.Sample(l, &g), Warning: g.Warning, Rule: ruleOf(ctx, g.Code)}
		if len(g.Rows) > 0 && g.Rows[0] > 0 {
			list := ""
			for k, row := range g.Rows {
				if k == 5 {
					list += "…"
					break
				}
				if k > 0 {
					list += ", "
				}
				list += strconv.Itoa(row)
			}
			gv.Where = ui.T(ctx, "publishui.rows", i18n.Args{"Count": len(g.Rows), "List": list})
		}
		if g.Warning {
			v.Warnings = append(v.Warnings, gv)
		} else {
			v.Groups = append(v.Groups, gv)
		}
	}
}

func (v *mendView) cells(ctx context.Context, r *check.Report) {
	l := ui.LangOf(ctx)
	covered := 0
	for i := range r.Errors {
		f := &r.Errors[i]
		if f.Row == 0 || f.Field == "" {
			continue
		}
		if f.Repair != nil && f.Repair.Cell && f.Repair.Safe && v.SafeAll > 0 {
			covered++ // one button does them all
			continue
		}
		if len(v.Cells) >= handCells {
			break
		}
		value := f.Cell
		if f.Repair != nil && f.Repair.Cell {
			value = f.Repair.Value
		}
		v.Cells = append(v.Cells, cellView{Row: f.Row, Field: f.Field, Place: f.Place(l), Message: r.Message(l, f), Was: f.Cell,
			Proposal: ui.Input{Field: ui.Field{Name: "value", ID: "f-value-" + strconv.Itoa(i), Label: ui.T(ctx, "publishui.new-value"), Optional: true}, Value: value}})
	}
	v.More = max(0, r.Stats.Errors-covered-len(v.Cells))
}

// cellForm writes a cell anew in its place in the table.
type cellForm struct {
	frame    frameView
	ID       string
	Row      int
	Field    string
	Label    string
	Was      string
	Proposal string
}

// faultyTable shows the first rows with faults, each faulty cell with its reason and a
// form to mend it, and the cells that were mended last.
func (p *Pages) faultyTable(ctx context.Context, t path, frame frameView, r *check.Report) (ui.Table, error) {
	out := ui.Table{ID: "faulty", Caption: ui.T(ctx, "publishui.faulty"), Dense: true}
	rows, faults := faultsByCell(r)
	edits := t.i.Settings.Edited()
	edits = edits[max(0, len(edits)-editsShown):]
	mended := map[[2]int]bool{}
	for _, c := range edits {
		if j := slices.Index(t.i.Outcome.Header, c.Field); j >= 0 {
			mended[[2]int{c.Row, j + 1}] = true
			rows = append(rows, c.Row)
		}
	}
	slices.Sort(rows)
	lines, err := p.o.Tables.RowsOf(ctx, t.i, slices.Compact(rows))
	if err != nil {
		return out, err
	}
	for _, h := range t.i.Outcome.Header {
		out.Columns = append(out.Columns, ui.Column{Label: h, Kind: ui.ColumnText})
	}
	left := editableCells
	for _, line := range lines {
		row := ui.Row{Number: strconv.Itoa(line.Row)}
		for j, text := range line.Cells {
			at := [2]int{line.Row, j + 1}
			cell, field := ui.Cell{Text: text}, ""
			if f := faults[at]; f != nil {
				cell, field = faultyCell(ctx, r, f, text), f.Field
			} else if mended[at] {
				cell.State, cell.Reason, field = ui.CellRepaired, ui.T(ctx, "publishui.cell.mended"), t.i.Outcome.Header[j]
			}
			if field != "" && left > 0 {
				left--
				form := cellForm{frame: frame, ID: "cell-" + strconv.Itoa(line.Row) + "-" + strconv.Itoa(j), Row: line.Row, Field: field, Proposal: text,
					Label: ui.T(ctx, "publishui.cell", i18n.Args{"Field": field, "Row": line.Row})}
				if f := faults[at]; f != nil && f.Repair != nil && f.Repair.Cell {
					form.Proposal, form.Was = f.Repair.Value, text
				}
				cell.Mend = form.view()
			}
			row.Cells = append(row.Cells, cell)
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// faultsByCell are the first rows with faults and the first fault of each of their cells.
func faultsByCell(r *check.Report) (rows []int, faults map[[2]int]*check.Fault) {
	faults = map[[2]int]*check.Fault{}
	for i := range r.Errors {
		f := &r.Errors[i]
		if f.Row == 0 {
			continue
		}
		if len(rows) == 0 || rows[len(rows)-1] != f.Row {
			if len(rows) == faultyRows {
				break
			}
			rows = append(rows, f.Row)
		}
		if key := [2]int{f.Row, f.Column}; faults[key] == nil {
			faults[key] = f
		}
	}
	return rows, faults
}

func faultyCell(ctx context.Context, r *check.Report, f *check.Fault, text string) ui.Cell {
	cell := ui.Cell{Text: text, State: ui.CellWrong, Reason: r.Message(ui.LangOf(ctx), f)}
	if f.Repair != nil && f.Repair.Cell {
		cell.Remedy = ui.T(ctx, "publishui.proposed", i18n.Args{"Value": f.Repair.Value})
	}
	return cell
}
