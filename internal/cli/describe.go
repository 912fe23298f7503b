package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"socle/internal/detect"
	"socle/internal/i18n"
)

type describeCommand struct {
	File    string `arg:"" placeholder:"FILE"`
	Format  string `enum:"text,json" default:"text"`
	Reading `embed:""`
	Typing  `embed:""`
}

// Run describes a file.
func (c *describeCommand) Run(ctx context.Context, r *run) (err error) {
	r.json = c.Format == "json"
	f, done, err := r.openTable(ctx, c.File, c.Reading)
	if err != nil {
		return err
	}
	d, err := detect.Describe(ctx, f, detect.Options{}, c.types())
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	if r.json {
		enc := json.NewEncoder(r.Stdout)
		enc.SetEscapeHTML(false)
		return enc.Encode(d.Wire())
	}
	return printDescription(r, d)
}

// printDescription writes a description for people.
func printDescription(r *run, d detect.Description) error {
	i := d.Info
	said := func(key string, args i18n.Args) { r.printf("%s\n", r.t(key, args)) }
	said("cli.describe.format", i18n.Args{"Format": strings.ToUpper(i.Format), "Compression": i.Compression})
	if i.Encoding != "" {
		said("cli.describe.encoding", i18n.Args{"Encoding": i.Encoding, "BOM": i.BOM})
	}
	if i.Delimiter != "" {
		shown := i.Delimiter
		if shown == "\t" {
			shown = r.t("cli.describe.tab")
		}
		said("cli.describe.delimiter", i18n.Args{"Delimiter": shown, "Quote": i.Quote, "Newline": i.Newline})
	}
	if i.Sheet != "" {
		said("cli.describe.sheet", i18n.Args{"Sheet": i.Sheet, "Sheets": strings.Join(i.Sheets, ", ")})
	}
	r.printf("%s, %s\n", r.t("cli.describe.rows", i18n.Args{"Count": d.Rows, "Rows": i18n.Int(r.lang, int64(d.Rows))}), r.t("cli.describe.columns", i18n.Args{"Count": len(d.Columns)}))
	if i.PreambleRows+i.FootnoteRows > 0 {
		said("cli.describe.around", i18n.Args{"Preamble": i.PreambleRows, "Footnotes": i.FootnoteRows})
	}
	switch {
	case len(d.Coordinates) == 2:
		said("cli.describe.coordinates", i18n.Args{"X": d.Coordinates[0], "Y": d.Coordinates[1], "System": d.System})
	case i.Geometry != "":
		said("cli.describe.geometry", i18n.Args{"Column": i.Geometry, "System": d.System})
	}
	r.printf("\n")
	w := tabwriter.NewWriter(r.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, r.t("cli.describe.header"))
	for j, c := range d.Columns {
		kind := string(c.Type)
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
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", j+1, shorten(c.Name, 40), kind, c.Semantic, c.Nulls, c.Distinct, example, personal)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range d.Persons {
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

// shorten keeps the first characters of a text, on one line.
func shorten(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
