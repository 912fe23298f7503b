package ui

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// ColumnKind decides how the cells of a column stand.
type ColumnKind string

const (
	ColumnAny    ColumnKind = ""
	ColumnText   ColumnKind = "text"   // long: wraps
	ColumnNumber ColumnKind = "number" // to the end of the cell, tabular figures
	ColumnDate   ColumnKind = "date"
	ColumnCode   ColumnKind = "code" // SIRET, INSEE: never broken
)

func (k ColumnKind) class() string {
	if k == ColumnAny {
		return ""
	}
	return "col-" + string(k)
}

// Sorting of a column.
type Sorting string

const (
	Unsorted   Sorting = ""
	Ascending  Sorting = "ascending"
	Descending Sorting = "descending"
)

func (s Sorting) icon() Icon {
	switch s {
	case Ascending:
		return "arrow-up"
	case Descending:
		return "arrow-down"
	}
	return "arrow-up-down"
}

// Column of a Table. With SortHref its header is a link that sorts.
type Column struct {
	Label    string
	Kind     ColumnKind
	SortHref string
	Sorted   Sorting
	About    ColumnAbout
}

// ColumnAbout is what a header shows of the values of its column: how they spread,
// as small bars, and a link to them. The zero value shows nothing.
type ColumnAbout struct {
	Href string
	Text string // "64 valeurs"
	Bars []float64
}

// path draws the bars in a box of 60 by 16.
func (a ColumnAbout) path() string {
	most := 0.0
	for _, v := range a.Bars {
		most = max(most, v)
	}
	if most == 0 {
		return ""
	}
	var b strings.Builder
	w := min(60/float64(len(a.Bars)), 8)
	for i, v := range a.Bars {
		if v > 0 {
			h := max(1, v/most*16)
			fmt.Fprintf(&b, "M%.1f 16V%.1fH%.1fV16z", float64(i)*w, 16-h, (float64(i)+0.85)*w)
		}
	}
	return b.String()
}

// CellState is what checking found in a cell.
type CellState string

const (
	CellPlain    CellState = ""
	CellLookHere CellState = "look-here"
	CellWrong    CellState = "wrong"
	CellRepaired CellState = "repaired"
)

func (s CellState) class(kind ColumnKind) string {
	c := kind.class()
	if s == CellPlain {
		return c
	}
	if c != "" {
		c += " "
	}
	return c + "cell-" + string(s)
}

func (s CellState) icon() Icon {
	switch s {
	case CellLookHere:
		return "triangle-alert"
	case CellRepaired:
		return "wrench"
	}
	return "circle-alert"
}

func (s CellState) said(ctx context.Context) string {
	switch s {
	case CellLookHere:
		return T(ctx, "ui.cell.look-here")
	case CellRepaired:
		return T(ctx, "ui.cell.repaired")
	}
	return T(ctx, "ui.cell.wrong")
}

// Cell of a Table. A cell in a state has a Reason, shown on its button, and perhaps
// a Remedy and a form to Mend it in its place; a repaired one has what it Was.
type Cell struct {
	Text    string
	Href    string
	Content templ.Component // replaces Text
	State   CellState
	Reason  string
	Remedy  string
	Was     string
	Mend    templ.Component // a form of class "cell-form": stands over the cell when that is activated
	Header  bool            // names the row
}

// Row of a Table. Number is the line of the file, "" for none.
type Row struct {
	Number string
	Href   string // of the row on its own, on Number
	Cells  []Cell
}

// Table shows rows. Caption names it for everyone; CaptionHidden only for screen
// readers, where a heading above says it already. It scrolls inside itself, and the
// keyboard can reach it.
type Table struct {
	ID            string
	Caption       string
	CaptionHidden bool
	Columns       []Column
	Rows          []Row
	Dense         bool
}

func (t Table) numbered() bool {
	for _, r := range t.Rows {
		if r.Number != "" {
			return true
		}
	}
	return false
}

func (t Table) class() string {
	if t.Dense {
		return "table table-dense"
	}
	return "table"
}

func (t Table) column(i int) Column {
	if i < len(t.Columns) {
		return t.Columns[i]
	}
	return Column{}
}

func (t Table) reasonID(row, col int) string {
	return t.ID + "-" + strconv.Itoa(row) + "-" + strconv.Itoa(col)
}
