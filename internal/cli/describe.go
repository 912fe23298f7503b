package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"socle/internal/detect"
	"socle/internal/i18n"
	"socle/internal/schema/national"
	"socle/internal/tabular"
)

type describeCommand struct {
	File    string `arg:"" placeholder:"FILE"`
	Format  string `enum:"text,json" default:"text"`
	Lang    string `placeholder:"fr|en"`
	Reading `embed:""`
	Typing  `embed:""`
}

// description is the JSON of `socle describe`, as the contract has it.
type description struct {
	Format       string              `json:"format"`
	Compression  *string             `json:"compression"`
	Encoding     *string             `json:"encoding"`
	BOM          bool                `json:"bom"`
	Delimiter    *string             `json:"delimiter"`
	Quote        *string             `json:"quote"`
	Escape       *string             `json:"escape"`
	Newline      *string             `json:"newline"`
	Sheet        *string             `json:"sheet"`
	Sheets       []string            `json:"sheets"`
	PreambleRows int                 `json:"preamble_rows"`
	HeaderRows   int                 `json:"header_rows"`
	FootnoteRows int                 `json:"footnote_rows"`
	Rows         int                 `json:"rows"`
	Geometry     *string             `json:"geometry"`    // column of the geometries
	CRS          *string             `json:"crs"`         // system of the coordinates in the file, when they are not degrees
	Coordinates  []string            `json:"coordinates"` // the two columns of projected coordinates
	Columns      []columnDescription `json:"columns"`
	Schemas      []schemaDescription `json:"schemas"`

	persons []detect.Finding // told in words
}

type columnDescription struct {
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Format     string   `json:"format"`
	Semantic   *string  `json:"semantic"`
	Confidence float64  `json:"confidence"`
	Nulls      int      `json:"nulls"`
	Distinct   int      `json:"distinct"`
	Min        *string  `json:"min"`
	Max        *string  `json:"max"`
	Examples   []string `json:"examples"`
	Personal   bool     `json:"personal"`
}

type schemaDescription struct {
	ID      string   `json:"id"`
	Version string   `json:"version"`
	Score   float64  `json:"score"`
	Missing []string `json:"missing"`
	Extra   []string `json:"extra"`
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func list(s []string) []string { return append([]string{}, s...) }

// Run describes a file.
func (c *describeCommand) Run(ctx context.Context, r *run) (err error) {
	r.json = c.Format == "json"
	f, done, err := r.openTable(ctx, c.File, c.Reading)
	if err != nil {
		return err
	}
	table, err := detect.Table(ctx, f, detect.Options{})
	found := f.Info.Coordinates
	system := f.Info.CRS
	if err == nil && len(found) == 0 {
		var p tabular.Projected
		var ok bool
		if p, ok, err = f.FindProjected(ctx, ""); ok {
			found, system = []string{f.Header[p.X], f.Header[p.Y]}, p.System
		}
	}
	if e := done(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if err := c.retype(table.Columns); err != nil {
		return err
	}
	i := f.Info
	d := description{
		Format: i.Format, Compression: orNull(i.Compression), Encoding: orNull(i.Encoding), BOM: i.BOM, Delimiter: orNull(i.Delimiter), Quote: orNull(i.Quote),
		Escape: orNull(i.Escape), Newline: orNull(i.Newline), Sheet: orNull(i.Sheet), Sheets: list(i.Sheets), PreambleRows: i.PreambleRows, HeaderRows: i.HeaderRows,
		FootnoteRows: i.FootnoteRows, Rows: table.Rows, Geometry: orNull(i.Geometry), CRS: orNull(system), Coordinates: list(found), Columns: []columnDescription{}, Schemas: []schemaDescription{},
	}
	for _, col := range table.Columns {
		d.Columns = append(d.Columns, columnDescription{col.Name, string(col.Type), col.Format, orNull(string(col.Semantic)), col.Confidence, col.Nulls, col.Distinct,
			orNull(col.Min), orNull(col.Max), list(col.Examples), col.Personal})
	}
	d.persons = detect.Findings(table.Columns)
	for _, m := range detect.Schemas(table.Columns, national.List()) {
		d.Schemas = append(d.Schemas, schemaDescription{m.ID, m.Version, m.Score, list(m.Missing), list(m.Extra)})
	}
	if r.json {
		enc := json.NewEncoder(r.Stdout)
		enc.SetEscapeHTML(false)
		return enc.Encode(d)
	}
	return d.print(r)
}

// retype gives columns the types said by hand.
func (c *describeCommand) retype(columns []detect.Column) error {
	names := make([]string, len(columns))
	for j := range columns {
		names[j] = columns[j].Name
	}
	types, err := c.types(names)
	if err != nil {
		return err
	}
	for j := range columns {
		if t, ok := types[names[j]]; ok && t != columns[j].Type {
			columns[j].Type, columns[j].Format = t, ""
			columns[j].Semantic, columns[j].Confidence = "", 0
		}
	}
	return nil
}

// print writes the description for people.
func (d description) print(r *run) error {
	said := func(key string, args i18n.Args) { r.printf("%s\n", r.t(key, args)) }
	said("cli.describe.format", i18n.Args{"Format": strings.ToUpper(d.Format), "Compression": text(d.Compression)})
	if d.Encoding != nil {
		said("cli.describe.encoding", i18n.Args{"Encoding": *d.Encoding, "BOM": d.BOM})
	}
	if d.Delimiter != nil {
		shown := *d.Delimiter
		if shown == "\t" {
			shown = r.t("cli.describe.tab")
		}
		said("cli.describe.delimiter", i18n.Args{"Delimiter": shown, "Quote": text(d.Quote), "Newline": text(d.Newline)})
	}
	if d.Sheet != nil {
		said("cli.describe.sheet", i18n.Args{"Sheet": *d.Sheet, "Sheets": strings.Join(d.Sheets, ", ")})
	}
	r.printf("%s, %s\n", r.t("cli.describe.rows", i18n.Args{"Count": d.Rows, "Rows": i18n.Int(r.lang, int64(d.Rows))}), r.t("cli.describe.columns", i18n.Args{"Count": len(d.Columns)}))
	if d.PreambleRows+d.FootnoteRows > 0 {
		said("cli.describe.around", i18n.Args{"Preamble": d.PreambleRows, "Footnotes": d.FootnoteRows})
	}
	switch {
	case len(d.Coordinates) == 2:
		said("cli.describe.coordinates", i18n.Args{"X": d.Coordinates[0], "Y": d.Coordinates[1], "System": text(d.CRS)})
	case d.Geometry != nil:
		said("cli.describe.geometry", i18n.Args{"Column": *d.Geometry, "System": text(d.CRS)})
	}
	r.printf("\n")
	w := tabwriter.NewWriter(r.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, r.t("cli.describe.header"))
	for i, c := range d.Columns {
		kind := c.Type
		if c.Format != "" {
			kind += " " + c.Format
		}
		example := ""
		if len(c.Examples) > 0 {
			example = shorten(c.Examples[0], 40)
		}
		personal := ""
		if c.Personal {
			personal = r.t("cli.describe.personal")
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", i+1, shorten(c.Name, 40), kind, text(c.Semantic), c.Nulls, c.Distinct, example, personal)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range d.persons {
		r.printf("\n%s\n  %s\n", r.t(f.Message(), i18n.Args{"Columns": strings.Join(f.Columns, ", ")}), r.t(f.Rule()))
		for _, w := range f.Ways {
			r.printf("  – %s\n", r.t("detect.way."+string(w)))
		}
	}
	for _, s := range d.Schemas {
		r.printf("\n")
		said("cli.describe.schema", i18n.Args{"ID": s.ID, "Version": s.Version, "Percent": int(s.Score*100 + .5)})
		if len(s.Missing) > 0 {
			said("cli.describe.missing", i18n.Args{"List": strings.Join(s.Missing, ", ")})
		}
		if len(s.Extra) > 0 {
			said("cli.describe.extra", i18n.Args{"List": strings.Join(s.Extra, ", ")})
		}
	}
	return nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// shorten keeps the first characters of a text, on one line.
func shorten(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
