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
	"socle/internal/web/ui"
)

// readingForm offers what can be said by hand.
func (p *Pages) readingForm(ctx context.Context, t path, view *understandView) error {
	set := t.i.Settings
	var err error
	if view.Schema, err = p.schemaSelect(ctx, p.schemaID(ctx, set.Schema)); err != nil {
		return err
	}
	detected := ui.T(ctx, "publishui.detected")
	options := func(values ...string) (list []ui.Option) {
		for _, v := range values {
			label := v
			if v == "\t" {
				label = ui.T(ctx, "publishui.tab")
			}
			list = append(list, ui.Option{Value: v, Label: label})
		}
		return list
	}
	view.Encoding = ui.Select{Field: ui.Field{Name: "encoding", Label: ui.T(ctx, "publishui.said.encoding"), Optional: true}, Value: set.Encoding, Empty: detected,
		Options: options("utf-8", "windows-1252", "iso-8859-15", "iso-8859-1", "utf-16le", "ibm850", "macintosh")}
	view.Delim = ui.Select{Field: ui.Field{Name: "delimiter", Label: ui.T(ctx, "publishui.said.delimiter"), Optional: true}, Value: set.Delimiter, Empty: detected, Options: options(";", ",", "\t", "|")}
	header := ""
	if set.HeaderRows != nil {
		header = strconv.Itoa(*set.HeaderRows)
	}
	view.Header = ui.Select{Field: ui.Field{Name: "header", Label: ui.T(ctx, "publishui.header"), Optional: true}, Value: header, Empty: detected, Options: options("0", "1", "2", "3")}
	if sheets := t.i.Outcome.Info.Sheets; len(sheets) > 1 {
		view.Sheet = &ui.Select{Field: ui.Field{Name: "sheet", Label: ui.T(ctx, "publishui.said.sheet"), Optional: true}, Value: set.Sheet, Empty: detected, Options: options(sheets...)}
	}
	if f := t.i.Outcome.Info.Format; set.Format != "" || f == "csv" || f == "fixed" || t.i.State == tables.Failed {
		view.Format = &ui.Select{Field: ui.Field{Name: "format", Label: ui.T(ctx, "publishui.layout"), Optional: true}, Value: set.Format, Empty: detected,
			Options: []ui.Option{{Value: "csv", Label: ui.T(ctx, "publishui.layout.csv")}, {Value: "fixed", Label: ui.T(ctx, "publishui.layout.fixed")}}}
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
	set := tables.Settings{Format: r.PostFormValue("format"), CRS: r.PostFormValue("crs"), Encoding: r.PostFormValue("encoding"), Delimiter: r.PostFormValue("delimiter"), Sheet: r.PostFormValue("sheet")}
	if h, err := strconv.Atoi(r.PostFormValue("header")); err == nil {
		set.HeaderRows = &h
	}
	if ref := r.PostFormValue("schema"); ref != "" {
		found, err := p.o.Schemas.Lookup(r.Context(), ref)
		if err != nil {
			return err
		}
		set.Schema = found.Ref
	}
	set.Onto, set.Told = t.i.Settings.Onto, t.i.Settings.Told
	set.Types = typesAsked(r, t.i, set)
	return p.reread(w, r, t, set)
}
