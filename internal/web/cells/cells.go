package cells

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"socle/internal/query"
	"socle/internal/tabular"
	"socle/internal/web/ui"
)

// Label is what people call a column: its name when it is not among cols.
func Label(cols []query.Column, name string) string {
	for _, c := range cols {
		if c.Name == name {
			return c.Label()
		}
	}
	return name
}

// Kind is how the cells of a column stand.
func Kind(k tabular.Kind) ui.ColumnKind {
	switch k {
	case tabular.Int, tabular.Float:
		return ui.ColumnNumber
	case tabular.Date, tabular.Timestamp, tabular.TimeOfDay:
		return ui.ColumnDate
	case tabular.Text, tabular.JSON:
		return ui.ColumnText
	case tabular.Bool:
	}
	return ui.ColumnAny
}

// Text is a value as people of the page's language write it; dates stay as they are
// in the data, to be copied. A nil cell holds nothing.
func Text(ctx context.Context, f tabular.Field, cell []byte) string {
	if cell == nil {
		return ""
	}
	switch f.Kind {
	case tabular.Bool:
		if string(cell) == "true" {
			return ui.T(ctx, "cells.yes")
		}
		return ui.T(ctx, "cells.no")
	case tabular.Float:
		if x, err := strconv.ParseFloat(string(cell), 64); err == nil {
			return ui.Decimal(ctx, x, 6)
		}
	case tabular.Int:
		if n, err := strconv.ParseInt(string(cell), 10, 64); err == nil && !isYear(f.Name, n) {
			return ui.Integer(ctx, n)
		}
	case tabular.JSON:
		return list(string(cell))
	case tabular.Text, tabular.Date, tabular.Timestamp, tabular.TimeOfDay:
	}
	return string(cell)
}

// list writes a JSON list of texts with commas; other text stays as it is.
func list(text string) string {
	var parts []string
	if !strings.HasPrefix(text, "[") || json.Unmarshal([]byte(text), &parts) != nil {
		return text
	}
	return strings.Join(parts, ", ")
}

// Cut shortens a text to so many characters, where a longer one would fill the page.
func Cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// isYear keeps years without a separator of thousands.
func isYear(column string, n int64) bool {
	c := strings.ToLower(column)
	return n >= 1000 && n < 3000 && slices.ContainsFunc([]string{"annee", "année", "year", "date", "naissance", "birth"}, func(word string) bool { return strings.Contains(c, word) })
}
