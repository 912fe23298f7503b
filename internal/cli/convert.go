package cli

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/schema/check"
	"socle/internal/tabular"
)

type convertCommand struct {
	In      string `arg:"" placeholder:"IN"`
	To      string `placeholder:"FORMAT"`
	Output  string `short:"o" default:"-" placeholder:"OUT"`
	Variant string `enum:",fr" default:"" placeholder:"fr"`
	Reading `embed:""`
	Typing  `embed:""`
}

// ofPlaces: a table with coordinates is better off in the format with places.
func ofPlaces(format string) bool {
	f, ok := tabular.FormatNamed(format)
	return ok && (f.Places || format == "geojson" || format == "gpkg")
}

// Run writes a file in another format: its cells verbatim in formats of text,
// unless types or a variant are asked for, typed in those that have types.
func (c *convertCommand) Run(ctx context.Context, r *run) error {
	to, err := c.format()
	if err != nil {
		return err
	}
	if c.Variant != "" && to != "csv" {
		return errs.New(errs.Invalid, "cli.convert.variant", errs.Args{"Format": to}).WithHint("cli.convert.variant.hint")
	}
	c.places = ofPlaces(to)
	f, done, err := r.openTable(ctx, c.In, c.Reading)
	if err != nil {
		return err
	}
	w, finish, err := r.create(c.Output)
	if err == nil && packed(c.Output) {
		w, finish = squeezed(w, finish)
	}
	if err == nil {
		known, ok := tabular.FormatNamed(to)
		if ok && known.Write && (!known.Text() || c.Variant != "" || len(c.Type) > 0) {
			err = finish(c.typed(ctx, r, f, to, w))
		} else {
			err = finish(tabular.Convert(ctx, f, to, w))
		}
	}
	if e := done(); err == nil {
		err = e
	}
	return err
}

// format is the one to write: as said, else as the name of the file tells.
func (c *convertCommand) format() (string, error) {
	name := c.Output
	if packed(name) {
		name = name[:len(name)-len(".gz")]
	}
	if c.To != "" {
		return c.To, nil
	}
	if f, ok := tabular.FormatOf(name); ok && name != "-" {
		return f.Name, nil
	}
	if name != "-" && filepath.Ext(name) != "" {
		return "", errs.New(errs.Invalid, "cli.convert.name", errs.Args{"Path": c.Output}).WithHint("cli.convert.name.hint")
	}
	return "csv", nil
}

// packed reports whether a file is to be compressed, as its name says.
func packed(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".gz") }

// squeezed compresses what is written.
func squeezed(w io.Writer, finish func(error) error) (io.Writer, func(error) error) {
	z := gzip.NewWriter(w)
	return z, func(err error) error {
		if err == nil {
			err = z.Close()
		}
		return finish(err)
	}
}

// typed writes a table whose columns have the types said, or those that all their
// cells have. Kinds: Invalid (a cell is not of the type said).
func (c *convertCommand) typed(ctx context.Context, r *run, f *tabular.File, to string, w io.Writer) error {
	types := c.types()
	if err := check.KnownTypes(types, f.Header); err != nil {
		return err
	}
	sch, err := check.Infer(ctx, f, check.InferOptions{Types: types})
	if err != nil {
		return err
	}
	fields := check.Fields(f, sch)
	for j := range min(len(fields), len(sch.Fields)) {
		fields[j].Name = sch.Fields[j].Name // of two columns of one name, the second has another
	}
	o := tabular.WriteOptions{Sheet: f.Info.Sheet}
	if o.Sheet == "" && c.In != "-" {
		name := filepath.Base(c.In)
		o.Sheet = strings.TrimSuffix(name, filepath.Ext(name))
	}
	if c.Variant == "fr" {
		o.Delimiter, o.BOM, o.DecimalComma, o.CRLF = ';', true, true, true
	}
	out, err := tabular.NewWriter(to, w, fields, o)
	if err != nil {
		return err
	}
	workers, write := 1, func(_ int, fr *tabular.Frame) error { return out.Write(fr) }
	if p, ok := out.(*tabular.ParquetWriter); ok { // which puts frames in order itself
		workers, write = 0, p.Put
	}
	report, err := check.Run(ctx, f, sch, check.Options{Workers: workers, Sink: func(seq int, fr *tabular.Frame) error {
		named := *fr
		named.Fields = fields
		return write(seq, &named)
	}})
	if err != nil {
		return err
	}
	for _, g := range report.Groups {
		switch g.Code {
		case "type-error":
			return errs.New(errs.Invalid, "cli.convert.type", errs.Args{"Column": g.Field, "Count": g.Count}).WithHint("cli.convert.type.hint")
		case "extra-cell":
			fmt.Fprintln(r.Stderr, r.t("cli.convert.extra", i18n.Args{"Count": g.Count}))
		}
	}
	return out.Close()
}
