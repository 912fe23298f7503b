package detect

import (
	"context"

	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/schema/national"
	"socle/internal/tabular"
)

// Description is what a file is and what it holds.
type Description struct {
	Info        tabular.Info
	Rows        int
	Columns     []Column
	Schemas     []Match   // that the columns look like, the nearest first
	Persons     []Finding // what may be about persons
	System      string    // of the coordinates in the file, when they are not degrees
	Coordinates []string  // labels of the two columns of projected coordinates; none without
}

// Describe reads a file once. types are those given by hand to columns, by label.
// Kinds: Invalid (a type or column that is none), those of reading.
func Describe(ctx context.Context, f *tabular.File, o Options, types map[string]schema.Type) (d Description, err error) {
	table, err := Table(ctx, f, o)
	if err != nil {
		return d, err
	}
	d = Description{Rows: table.Rows, Columns: table.Columns, System: f.Info.CRS, Coordinates: f.Info.Coordinates}
	if len(d.Coordinates) == 0 {
		p, found, err := f.FindProjected(ctx, "")
		if err != nil {
			return d, err
		}
		if found {
			d.Coordinates, d.System = []string{f.Header[p.X], f.Header[p.Y]}, p.System
		}
	}
	d.Info = f.Info // what is at the end of the file is known now
	if err := retype(d.Columns, types); err != nil {
		return d, err
	}
	d.Persons, d.Schemas = Findings(d.Columns), Schemas(d.Columns, national.List())
	return d, nil
}

// retype gives columns the types said by hand.
func retype(columns []Column, types map[string]schema.Type) error {
	names := make([]string, len(columns))
	for j := range columns {
		names[j] = columns[j].Name
	}
	if err := check.KnownTypes(types, names); err != nil {
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

// Wire is a description in the JSON of the contract: members may be added, never
// renamed or retyped. What a format has not is null.
type Wire struct {
	Format       string       `json:"format"`
	Compression  *string      `json:"compression"`
	Encoding     *string      `json:"encoding"`
	BOM          bool         `json:"bom"`
	Delimiter    *string      `json:"delimiter"`
	Quote        *string      `json:"quote"`
	Escape       *string      `json:"escape"`
	Newline      *string      `json:"newline"`
	Sheet        *string      `json:"sheet"`
	Sheets       []string     `json:"sheets"`
	PreambleRows int          `json:"preamble_rows"`
	HeaderRows   int          `json:"header_rows"`
	FootnoteRows int          `json:"footnote_rows"`
	Rows         int          `json:"rows"`
	Geometry     *string      `json:"geometry"`    // column of the geometries
	CRS          *string      `json:"crs"`         // system of the coordinates in the file, when they are not degrees
	Coordinates  []string     `json:"coordinates"` // the two columns of projected coordinates
	Columns      []WireColumn `json:"columns"`
	Schemas      []WireLike   `json:"schemas"`
}

// WireColumn is one column.
type WireColumn struct {
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

// WireLike is a schema that the columns look like.
type WireLike struct {
	ID      string   `json:"id"`
	Version string   `json:"version"`
	Score   float64  `json:"score"`
	Missing []string `json:"missing"`
	Extra   []string `json:"extra"`
}

// Wire writes the description as the contract has it.
func (d Description) Wire() Wire {
	i := d.Info
	w := Wire{
		Format: i.Format, Compression: orNull(i.Compression), Encoding: orNull(i.Encoding), BOM: i.BOM, Delimiter: orNull(i.Delimiter), Quote: orNull(i.Quote),
		Escape: orNull(i.Escape), Newline: orNull(i.Newline), Sheet: orNull(i.Sheet), Sheets: list(i.Sheets), PreambleRows: i.PreambleRows, HeaderRows: i.HeaderRows,
		FootnoteRows: i.FootnoteRows, Rows: d.Rows, Geometry: orNull(i.Geometry), CRS: orNull(d.System), Coordinates: list(d.Coordinates), Columns: []WireColumn{}, Schemas: []WireLike{},
	}
	for _, c := range d.Columns {
		w.Columns = append(w.Columns, WireColumn{c.Name, string(c.Type), c.Format, orNull(string(c.Semantic)), c.Confidence, c.Nulls, c.Distinct,
			orNull(c.Min), orNull(c.Max), list(c.Examples), c.Personal})
	}
	for _, m := range d.Schemas {
		w.Schemas = append(w.Schemas, WireLike{m.ID, m.Version, m.Score, list(m.Missing), list(m.Extra)})
	}
	return w
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func list(s []string) []string { return append([]string{}, s...) }
