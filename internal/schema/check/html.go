package check

import (
	_ "embed"
	"html/template"
	"io"
	"sync"

	"socle/internal/i18n"
)

//go:embed report.gohtml
var reportHTML string

var reportPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("report").Parse(reportHTML))
})

type htmlReport struct {
	Lang, Title, Outcome   string
	Valid                  bool
	Warned, Rows, File     string
	Schema, Version        string
	Groups                 []htmlGroup
	Faults                 []htmlFault
	SchemaWarnings         []string
	Where, Value, Finding  string
	Proposal, SchemaTitle  string
	FileTitle, SchemaNotes string
}

type htmlGroup struct {
	Message, Hint, Why, Code, Column, Rows string
	Warning                                bool
}

type htmlFault struct {
	Place, Field, Cell, Message, Repair string
	HasCell, Warning                    bool
}

// htmlFaults bounds the faults listed one by one in a page.
const htmlFaults = 2000

// HTML writes a report as a page that stands by itself: no script, no other file.
func HTML(w io.Writer, r *Report, l i18n.Lang, fileName string) error {
	p := htmlReport{
		Lang: string(l), Title: i18n.T(l, "check.report.title"), Valid: r.Valid, Outcome: i18n.T(l, "check.report.valid"), File: fileName,
		Rows: i18n.T(l, "check.report.rows", i18n.Args{"Count": r.Stats.Rows}), SchemaWarnings: SchemaWarnings(r.Schema, l),
		Where: i18n.T(l, "check.report.place"), Value: i18n.T(l, "check.report.value"), Finding: i18n.T(l, "check.report.message"),
		Proposal: i18n.T(l, "check.report.proposal"), SchemaTitle: i18n.T(l, "check.report.schema"), FileTitle: i18n.T(l, "check.report.file"),
		SchemaNotes: i18n.T(l, "check.report.schema-warnings"),
	}
	if !r.Valid {
		p.Outcome = i18n.T(l, "check.report.invalid", i18n.Args{"Count": r.Stats.Errors})
	}
	if r.Stats.Warnings > 0 {
		p.Warned = i18n.T(l, "check.report.warnings", i18n.Args{"Count": r.Stats.Warnings})
	}
	if r.Schema != nil {
		p.Schema, p.Version = r.Schema.Title, r.Schema.Version
		if p.Schema == "" {
			p.Schema = r.Schema.Name
		}
	}
	for _, g := range r.Told() {
		p.Groups = append(p.Groups, htmlGroup{Message: r.GroupMessage(l, &g), Hint: r.GroupHint(l, &g), Why: Why(l, g.Code), Code: codeOfGroup(&g),
			Column: Letter(g.Column), Rows: rowList(l, &g), Warning: g.Warning})
	}
	for _, list := range [][]Fault{r.Errors, r.Warnings} {
		for i := range list {
			f := &list[i]
			if len(p.Faults) >= htmlFaults {
				break
			}
			h := htmlFault{Place: f.Place(l), Field: f.Field, Cell: visible(f.Cell), HasCell: f.HasCell, Message: r.Message(l, f)}
			if f.Repair != nil && f.Repair.Cell {
				h.Repair = visible(f.Repair.Value)
			}
			p.Faults = append(p.Faults, h)
		}
	}
	return reportPage().Execute(w, p)
}
