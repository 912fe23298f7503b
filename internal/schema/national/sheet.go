package national

import (
	"cmp"
	"path"
	"strconv"
	"strings"
	"time"

	"socle/internal/i18n"
	"socle/internal/schema"
)

// sheet is a model file before it is a workbook of one kind or the other.
type sheet struct {
	name    string
	columns []sheetColumn
	help    string     // name of the sheet of explanations
	intro   []string   // lines above its table
	rows    [][]string // its table, header first
}

// sheetColumn is a column of the model: what a cell may hold.
type sheetColumn struct {
	name    string
	example string
	kind    sheetKind
	allowed []string // drop-down list; nil: none
	note    string   // shown when the cell is chosen
	width   float64  // characters
}

type sheetKind uint8

const (
	sheetText sheetKind = iota // kept as typed: zeros in front stay
	sheetNumber
	sheetDate // yyyy-mm-dd
)

// sheet lays out the model of a schema in a language.
func (e Entry) sheet(l i18n.Lang) (*sheet, error) {
	s, err := e.Schema()
	if err != nil {
		return nil, err
	}
	t := func(key string, args ...i18n.Args) string { return i18n.T(l, "national.model."+key, args...) }
	out := &sheet{name: sheetName(cmp.Or(s.Name, path.Base(e.ID))), help: t("help"), intro: []string{e.Name(l), e.About(l), t("version", i18n.Args{"Version": e.Version, "Homepage": e.Homepage}), t("how")}}
	out.rows = [][]string{{t("column"), t("title"), t("about"), t("type"), t("required"), t("allowed"), t("example")}}
	for i := range s.Fields {
		f, told := &s.Fields[i], e.Fields[i]
		c := sheetColumn{name: f.Name, example: told.Example, allowed: allowed(f), note: told.About(l), width: float64(min(max(len([]rune(f.Name))+2, 12), 32))}
		switch f.Type {
		case schema.Number, schema.Integer, schema.Year:
			if f.DecimalChar == "" && f.GroupChar == "" {
				c.kind = sheetNumber
			}
		case schema.Date:
			if f.Format == "" || f.Format == "any" || f.Format == "%Y-%m-%d" {
				c.kind = sheetDate
			}
		}
		if !c.fits(c.example) {
			c.example = ""
		}
		required := t("no")
		if f.Constraints.Required {
			required = t("yes")
		}
		out.columns = append(out.columns, c)
		out.rows = append(out.rows, []string{f.Name, told.Label(l), told.About(l), t("type." + string(f.Type)), required, limits(f), told.Example})
	}
	return out, nil
}

// fits reports whether a cell of the column can hold a text; the examples of schemas
// that are not bundled may be anything.
func (c sheetColumn) fits(text string) bool {
	var err error
	switch c.kind {
	case sheetNumber:
		_, err = strconv.ParseFloat(text, 64)
	case sheetDate:
		_, err = time.Parse(time.DateOnly, text)
	case sheetText:
	}
	return err == nil
}

// sheetName keeps what every spreadsheet takes for the name of a sheet.
func sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) {
			return '-'
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 31 {
		return string(r[:31])
	}
	return s
}

// allowed lists the only values that a cell may hold, nil when they are not a list.
func allowed(f *schema.Field) []string {
	switch {
	case len(f.Constraints.Enum) > 0 && f.Type == schema.String:
		return f.Constraints.Enum
	case f.Type == schema.Boolean:
		out := []string{"true", "false"}
		if len(f.TrueValues) > 0 {
			out[0] = f.TrueValues[0]
		}
		if len(f.FalseValues) > 0 {
			out[1] = f.FalseValues[0]
		}
		return out
	}
	return nil
}

// limits tells the constraints of a field in the short signs of the standard.
func limits(f *schema.Field) string {
	var out []string
	c := &f.Constraints
	if list := allowed(f); list != nil {
		out = append(out, strings.Join(list, " ; "))
	}
	if f.ArrayItem != nil && len(f.ArrayItem.Constraints.Enum) > 0 {
		out = append(out, strings.Join(f.ArrayItem.Constraints.Enum, " ; "))
	}
	if c.Minimum != nil {
		out = append(out, "≥ "+*c.Minimum)
	}
	if c.Maximum != nil {
		out = append(out, "≤ "+*c.Maximum)
	}
	if c.MinLength != nil {
		out = append(out, "min. "+strconv.Itoa(*c.MinLength))
	}
	if c.MaxLength != nil {
		out = append(out, "max. "+strconv.Itoa(*c.MaxLength))
	}
	if c.Pattern != "" {
		out = append(out, c.Pattern)
	}
	return strings.Join(out, " · ")
}
