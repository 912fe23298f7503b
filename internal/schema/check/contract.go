package check

import (
	"socle/internal/i18n"
	"socle/internal/schema"
)

// Wire is a report in the JSON of the contract: members may be added, never
// renamed or retyped.
type Wire struct {
	Valid    bool        `json:"valid"`
	Schema   WireSchema  `json:"schema"`
	File     WireFile    `json:"file"`
	Errors   []WireFault `json:"errors"`
	Warnings []WireFault `json:"warnings"`
	Groups   []WireGroup `json:"groups"`
	Stats    WireStats   `json:"stats"`
}

// WireSchema names the schema; Warnings are what reading it met, in words.
type WireSchema struct {
	ID       string   `json:"id"`
	Version  string   `json:"version"`
	Title    string   `json:"title"`
	Warnings []string `json:"warnings"`
}

// WireFile tells how the file was read; what a format has not is null.
type WireFile struct {
	Format     string  `json:"format"`
	Encoding   *string `json:"encoding"`
	BOM        bool    `json:"bom"`
	Delimiter  *string `json:"delimiter"`
	Quote      *string `json:"quote"`
	Newline    *string `json:"newline"`
	Sheet      *string `json:"sheet"`
	HeaderRows int     `json:"header_rows"`
	Rows       int     `json:"rows"`
	Columns    int     `json:"columns"`
}

// WireFault is one error or warning; what it has not is null.
type WireFault struct {
	Code       string      `json:"code"`
	Constraint *string     `json:"constraint"`
	Row        *int        `json:"row"`
	Line       *int        `json:"line"`
	Column     *int        `json:"column"`
	Field      *string     `json:"field"`
	Cell       *string     `json:"cell"`
	Message    string      `json:"message"`
	Hint       string      `json:"hint"`
	Repair     *WireRepair `json:"repair"`
}

// WireRepair is a proposed change; Value is null when it is not of one cell.
type WireRepair struct {
	ID    string  `json:"id"`
	Safe  bool    `json:"safe"`
	Value *string `json:"value"`
}

// WireGroup is a group of faults that are alike. Severity is "error" or "warning".
type WireGroup struct {
	Code       string      `json:"code"`
	Constraint *string     `json:"constraint"`
	Column     *int        `json:"column"`
	Field      *string     `json:"field"`
	Count      int         `json:"count"`
	Examples   []int       `json:"examples"`
	Message    string      `json:"message"`
	Hint       string      `json:"hint"`
	Why        string      `json:"why"`
	Severity   string      `json:"severity"`
	Repair     *WireRepair `json:"repair"`
}

// WireStats counts.
type WireStats struct {
	Rows      int     `json:"rows"`
	Errors    int     `json:"errors"`
	Warnings  int     `json:"warnings"`
	Truncated bool    `json:"truncated"`
	Seconds   float64 `json:"seconds"`
}

// Contract writes a report in the words of a language.
func Contract(r *Report, l i18n.Lang) *Wire {
	w := &Wire{
		Valid:  r.Valid,
		Schema: WireSchema{Warnings: SchemaWarnings(r.Schema, l)},
		File: WireFile{
			Format: r.File.Format, Encoding: some(r.File.Encoding), BOM: r.File.BOM, Delimiter: some(r.File.Delimiter), Quote: some(r.File.Quote),
			Newline: some(r.File.Newline), Sheet: some(r.File.Sheet), HeaderRows: r.File.HeaderRows, Rows: r.Stats.Rows, Columns: r.Columns,
		},
		Errors: r.wireFaults(l, r.Errors), Warnings: r.wireFaults(l, r.Warnings), Groups: make([]WireGroup, len(r.Groups)),
		Stats: WireStats{Rows: r.Stats.Rows, Errors: r.Stats.Errors, Warnings: r.Stats.Warnings, Truncated: r.Stats.Truncated, Seconds: r.Stats.Seconds},
	}
	if r.Schema != nil {
		w.Schema.ID, w.Schema.Version, w.Schema.Title = r.Schema.ID, r.Schema.Version, r.Schema.Title
		if w.Schema.ID == "" {
			w.Schema.ID = r.Schema.Name
		}
	}
	for i := range r.Groups {
		g := &r.Groups[i]
		out := WireGroup{
			Code: g.Code, Constraint: some(g.Constraint), Column: number(g.Column), Field: some(g.Field), Count: g.Count, Examples: append([]int{}, g.Rows...),
			Message: r.GroupMessage(l, g), Hint: r.GroupHint(l, g), Why: Why(l, g.Code), Severity: "error", Repair: wireRepair(g.Repair, false),
		}
		if g.Warning {
			out.Severity = "warning"
		}
		w.Groups[i] = out
	}
	return w
}

// SchemaWarnings says what reading a descriptor met.
func SchemaWarnings(s *schema.Schema, l i18n.Lang) []string {
	out := []string{}
	if s == nil {
		return out
	}
	for _, w := range s.Warnings {
		out = append(out, i18n.T(l, w.Key, w.Args))
	}
	return out
}

func (r *Report) wireFaults(l i18n.Lang, list []Fault) []WireFault {
	out := make([]WireFault, len(list))
	for i := range list {
		f := &list[i]
		out[i] = WireFault{
			Code: f.Code, Constraint: some(f.Constraint), Row: number(f.Row), Line: number(f.Line), Column: number(f.Column), Field: some(f.Field),
			Message: r.Message(l, f), Hint: r.Hint(l, f), Repair: wireRepair(f.Repair, true),
		}
		if f.HasCell {
			out[i].Cell = &f.Cell
		}
	}
	return out
}

func wireRepair(r *Repair, value bool) *WireRepair {
	if r == nil {
		return nil
	}
	w := &WireRepair{ID: r.ID, Safe: r.Safe}
	if r.Cell && value {
		w.Value = &r.Value
	}
	return w
}

func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func number(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
