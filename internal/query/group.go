package query

import (
	"math"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/tabular"
)

// maxClasses bounds the classes of Group.Bounds.
const maxClasses = 100

// groupText writes a group: COLUMN, COLUMN.year, COLUMN.step:10,
// COLUMN.classes:|10|50| (from minus infinity to plus infinity).
func groupText(g Group) string {
	name := escapeName(g.Column)
	switch {
	case g.Step != 0:
		return name + ".step:" + escapeDots(formatNumber(g.Step))
	case len(g.Bounds) > 0:
		parts := make([]string, len(g.Bounds))
		for i, b := range g.Bounds {
			if !math.IsInf(b, 0) {
				parts[i] = escapeDots(formatNumber(b))
			}
		}
		return name + ".classes:" + strings.Join(parts, "|")
	case g.Unit != Exact:
		return name + "." + string(g.Unit)
	}
	return name
}

func formatNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// parseGroup reads what comes after the full stop of groupText.
func parseGroup(column, how string) (g Group, ok bool) {
	g.Column = column
	if text, found := strings.CutPrefix(how, "step:"); found {
		v, ok := ParseValue(tabular.Float, unescape(text))
		g.Step = v.Float
		return g, ok && g.Step != 0
	}
	text, found := strings.CutPrefix(how, "classes:")
	if !found {
		g.Unit = Unit(how)
		return g, true
	}
	parts := strings.Split(text, "|")
	for i, part := range parts {
		if part == "" && i == 0 {
			g.Bounds = append(g.Bounds, math.Inf(-1))
			continue
		}
		if part == "" && i == len(parts)-1 {
			g.Bounds = append(g.Bounds, math.Inf(1))
			continue
		}
		v, ok := ParseValue(tabular.Float, unescape(part))
		if !ok {
			return g, false
		}
		g.Bounds = append(g.Bounds, v.Float)
	}
	return g, true
}

// group checks how rows are grouped by a column.
func (c *checker) group(g Group, col Column) error {
	set := 0
	for _, has := range []bool{g.Unit != Exact, g.Step != 0, len(g.Bounds) > 0} {
		if has {
			set++
		}
	}
	number := col.Kind == tabular.Int || col.Kind == tabular.Float
	switch {
	case set > 1:
		return badValue("group", g.Column)
	case g.Step != 0:
		if !number {
			return unknownOperation(g.Column, "step")
		}
		if !(g.Step > 0 && g.Step < 1e300) {
			return badValue("group", formatNumber(g.Step))
		}
	case len(g.Bounds) > 0:
		if !number {
			return unknownOperation(g.Column, "classes")
		}
		return goodBounds(g.Bounds)
	case g.Unit != Exact:
		return unitOf(g.Unit, col)
	}
	return nil
}

func goodBounds(list []float64) error {
	if len(list) < 2 || len(list) > maxClasses+1 {
		return badValue("group", "classes")
	}
	for i, b := range list {
		if math.IsNaN(b) || i > 0 && !(b > list[i-1]) {
			return badValue("group", formatNumber(b))
		}
	}
	return nil
}

// unitOf checks that a column has such a unit.
func unitOf(u Unit, col Column) error {
	switch u {
	case Year, Month, Daily, MonthOfYear, DayOfMonth, Weekday:
		if col.Kind == tabular.Date || col.Kind == tabular.Timestamp {
			return nil
		}
	case Hourly, Hour, Minute, Second:
		if col.Kind == tabular.Timestamp {
			return nil
		}
	}
	return unknownOperation(col.Name, string(u))
}

func wrongArea(name, text string) error {
	const most = 80
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return errs.New(errs.Invalid, "query.area", errs.Args{"Name": name, "Value": text, "Max": maxCorners}).WithHint("query.area.hint")
}
