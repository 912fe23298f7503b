package publishui

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"socle/internal/geo"
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tables"
	"socle/internal/tabular"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// readingView asks how a file is to be read, for when it was not read right.
type readingView struct {
	Encoding ui.Select
	Delim    ui.Select
	Header   ui.Select
	Sheet    *ui.Select // of the sheets that the file has; nil when there is no choice
	Named    *ui.Input  // the name of a sheet, when the file was not read yet
	Format   *ui.Select
}

// readingOf offers what can be said by hand of any file. The fields have the names that
// tabular.Options.Say knows.
func readingOf(ctx context.Context, o tabular.Options) (v readingView) {
	field := func(name, label string) ui.Field {
		return ui.Field{Name: name, Label: ui.T(ctx, label), Optional: true}
	}
	detected := ui.T(ctx, "publishui.detected")
	v.Encoding = ui.Select{Field: field("encoding", "publishui.said.encoding"), Value: o.Encoding, Empty: detected,
		Options: readingOptions(ctx, o.Encoding, "utf-8", "windows-1252", "iso-8859-15", "iso-8859-1", "utf-16le", "ibm850", "macintosh")}
	v.Delim = ui.Select{Field: field("delimiter", "publishui.said.delimiter"), Value: o.Delimiter, Empty: detected, Options: readingOptions(ctx, o.Delimiter, ";", ",", "\t", "|")}
	header := ""
	if o.HeaderRows != nil {
		header = strconv.Itoa(*o.HeaderRows)
	}
	v.Header = ui.Select{Field: field("header_rows", "publishui.header"), Value: header, Empty: detected, Options: readingOptions(ctx, header, "0", "1", "2", "3")}
	v.Format = &ui.Select{Field: field("format", "publishui.layout"), Value: o.Format, Empty: detected,
		Options: []ui.Option{{Value: "csv", Label: ui.T(ctx, "publishui.layout.csv")}, {Value: "fixed", Label: ui.T(ctx, "publishui.layout.fixed")}}}
	return v
}

// readingOptions offers values, and the one that was said when it is none of them.
func readingOptions(ctx context.Context, said string, values ...string) (list []ui.Option) {
	if said != "" && !slices.Contains(values, said) {
		values = append(values, said)
	}
	for _, v := range values {
		list = append(list, ui.Option{Value: v, Label: delimiterName(ctx, v)})
	}
	return list
}

// fault tells what is wrong with one of the fields; false when it is of none.
func (v *readingView) fault(name, message string) bool {
	fields := []*ui.Field{&v.Encoding.Field, &v.Delim.Field, &v.Header.Field}
	if v.Named != nil {
		fields = append(fields, &v.Named.Field)
	}
	if v.Format != nil {
		fields = append(fields, &v.Format.Field)
	}
	for _, f := range fields {
		if f.Name == name {
			f.Error = message
			return true
		}
	}
	return false
}

// readingForm offers what can be said by hand of the file of a deposit.
func (p *Pages) readingForm(ctx context.Context, t path, view *understandView) error {
	set := t.i.Settings
	var err error
	if view.Schema, err = p.schemaFields(ctx, schemaAsked{listed: p.schemaID(ctx, set.Schema)}); err != nil {
		return err
	}
	view.Reading = readingOf(ctx, set.Reading(t.i.Name))
	if sheets := t.i.Outcome.Info.Sheets; len(sheets) > 1 {
		view.Reading.Sheet = &ui.Select{Field: ui.Field{Name: "sheet", Label: ui.T(ctx, "publishui.said.sheet"), Optional: true}, Value: set.Sheet, Empty: ui.T(ctx, "publishui.detected"), Options: readingOptions(ctx, set.Sheet, sheets...)}
	}
	if f := t.i.Outcome.Info.Format; set.Format == "" && f != "csv" && f != "fixed" && t.i.State != tables.Failed {
		view.Reading.Format = nil
	}
	view.System = systemSelect(ctx, set.CRS)
	view.Types, view.TypesOpen = typeSelects(ctx, t.i), len(set.Types) > 0
	return nil
}

// systemSelect offers the reference systems of coordinates, or to leave them as
// they are.
func systemSelect(ctx context.Context, asked string) ui.Select {
	s := ui.Select{Field: ui.Field{Name: "crs", Label: ui.T(ctx, "publishui.crs"), Help: ui.T(ctx, "publishui.crs.help"), Optional: true}, Value: asked, Empty: ui.T(ctx, "publishui.detected"),
		Options: []ui.Option{{Value: tables.NoCRS, Label: ui.T(ctx, "publishui.crs.none")}}}
	for _, c := range geo.Systems() {
		s.Options = append(s.Options, ui.Option{Value: c.String(), Label: c.Name + " (" + c.String() + ")"})
	}
	return s
}

// systemSaid tells from which system places were converted, and in which columns.
func systemSaid(ctx context.Context, info tabular.Info) string {
	switch {
	case info.CRS == "":
		return ""
	case info.Degrees == nil:
		return info.CRS
	}
	return ui.T(ctx, "publishui.said.crs.columns", i18n.Args{"System": info.CRS, "Columns": strings.Join(info.Coordinates, ", "), "Added": info.Degrees.Longitude + ", " + info.Degrees.Latitude})
}

// mostTypes is how many columns can be given a type by hand on the page.
const mostTypes = 300

// typeSelects offers a type for each column of a free table.
func typeSelects(ctx context.Context, i tables.Import) (list []ui.Select) {
	fields := freeFields(i)
	var options []ui.Option
	for _, t := range check.TypesByHand {
		options = append(options, ui.Option{Value: string(t), Label: typeLabel(ctx, t)})
	}
	for j, f := range fields[:min(len(fields), mostTypes)] {
		s := ui.Select{Field: ui.Field{Name: typeField + strconv.Itoa(j), Label: f.Name, Optional: true}, Value: string(i.Settings.Types[f.Name]), Options: options}
		if s.Empty = ui.T(ctx, "publishui.detected"); s.Value == "" {
			s.Empty = ui.T(ctx, "publishui.types.detected", i18n.Args{"Type": typeLabel(ctx, f.Type)})
		}
		list = append(list, s)
	}
	return list
}

// typeField begins the names of the fields of types; the number of the column follows.
const typeField = "type-"

func typeLabel(ctx context.Context, t schema.Type) string {
	return ui.T(ctx, "catalogueui.type."+string(t))
}

// freeFields are the columns of a file read without schema.
func freeFields(i tables.Import) []schema.Field {
	if i.State != tables.Checked || i.Settings.Schema != "" {
		return nil
	}
	s, err := schema.Parse(i.Outcome.Schema)
	if err != nil {
		return nil // what was recorded is always a descriptor
	}
	return s.Fields
}

// typesAsked are the types that the form gives to columns, by label. None when the
// file is to be read otherwise, as its columns may be others then.
func typesAsked(r *http.Request, i tables.Import, set tables.Settings) map[string]schema.Type {
	old := i.Settings
	same := old.Format == set.Format && old.Encoding == set.Encoding && old.Delimiter == set.Delimiter && old.Sheet == set.Sheet && old.CRS == set.CRS && set.Schema == "" &&
		(old.HeaderRows == nil) == (set.HeaderRows == nil) && (old.HeaderRows == nil || *old.HeaderRows == *set.HeaderRows)
	if !same {
		return nil
	}
	types := map[string]schema.Type{}
	for j, f := range freeFields(i) {
		if t := schema.Type(r.PostFormValue(typeField + strconv.Itoa(j))); slices.Contains(check.TypesByHand, t) {
			types[f.Name] = t
		}
	}
	return types
}

// reading reads the file again as the form says.
func (p *Pages) reading(w http.ResponseWriter, r *http.Request) error {
	t, err := p.find(r)
	if err != nil {
		return err
	}
	var o tabular.Options
	for _, name := range tabular.Said {
		if _, err := o.Say(name, r.PostFormValue(name)); err != nil {
			return err
		}
	}
	set := tables.ReadAs(o)
	asked, err := schemaIn(r)
	if err != nil {
		return err
	}
	if set.Schema, err = p.chosen(r.Context(), shell.From(r).Actor, t.deposit.Organisation, asked); err != nil {
		return err
	}
	set.Onto, set.Told = t.i.Settings.Onto, t.i.Settings.Told
	set.Types = typesAsked(r, t.i, set)
	return p.reread(w, r, t, set)
}
