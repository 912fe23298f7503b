package openrosa

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"socle/internal/schema"
	"socle/internal/schema/form"
)

// decode turns an answer of an XForm into the text of a cell. What cannot be turned
// stays as it came: the check of the entry says what is wrong with it.
func (l *layout) decode(n *node, s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	it := n.item
	switch it.Control {
	case form.Number:
		if f := l.field(it); f != nil && f.DecimalChar != "" {
			return strings.Replace(s, ".", f.DecimalChar, 1)
		}
	case form.Date:
		if t, err := time.Parse(time.DateOnly, s[:min(len(s), 10)]); err == nil {
			return strptime(t, it.Format, time.DateOnly)
		}
	case form.Year:
		return s[:min(len(s), 4)]
	case form.Month:
		return s[:min(len(s), 7)]
	case form.Time:
		clock, _, _ := strings.Cut(s, ".")
		clock = strings.TrimSuffix(clock[:min(len(clock), 8)], "Z")
		for _, layout := range []string{time.TimeOnly, "15:04"} {
			if t, err := time.Parse(layout, clock); err == nil {
				return strptime(t, it.Format, time.TimeOnly)
			}
		}
	case form.Datetime:
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			if strings.HasPrefix(it.Format, "%") {
				return strptime(t, it.Format, time.RFC3339)
			}
			return t.UTC().Format("2006-01-02T15:04:05Z")
		}
	case form.Choices:
		return n.chosen(s)
	case form.Point:
		if lon, lat, ok := degrees(s); ok {
			return pointText(lon, lat, it)
		}
	case form.Shape:
		return shape(s)
	}
	return s
}

// field is the field of an item in the schema; nil inside repeated groups.
func (l *layout) field(it *form.Item) *schema.Field {
	if l.d.Schema == nil {
		return nil
	}
	if i := l.d.Schema.Field(it.Name); i >= 0 {
		return &l.d.Schema.Fields[i]
	}
	return nil
}

func (n *node) chosen(s string) string {
	back := make(map[string]string, len(n.choices))
	for value, token := range n.choices {
		back[token] = value
	}
	list := strings.Fields(s)
	for i, token := range list {
		if value, ok := back[token]; ok {
			list[i] = value
		}
	}
	text, err := n.item.Joins(list)
	if err != nil {
		return s
	}
	return text
}

// encode is decode backwards, for default values and bounds.
func (l *layout) encode(n *node, s string) string {
	it := n.item
	switch it.Control {
	case form.Number:
		return strings.Replace(s, ",", ".", 1)
	case form.Date:
		if strings.HasPrefix(it.Format, "%") {
			f := schema.Field{Name: "x", Type: schema.Date, Format: it.Format}
			var v schema.Value
			if f.Caster(schema.CastOptions{}).Cast([]byte(s), &v) && v.Class == schema.ClassDays {
				return time.Unix(v.Int*86400, 0).UTC().Format(time.DateOnly)
			}
		}
	case form.Year:
		return s + "-01-01"
	case form.Month:
		return s + "-01"
	case form.Choices:
		list := it.List(s)
		for i, value := range list {
			list[i] = or(n.choices[value], value)
		}
		return strings.Join(list, " ")
	case form.Point:
		if lon, lat, ok := strings.Cut(s, ","); ok {
			return strings.TrimSpace(lat) + " " + strings.TrimSpace(lon) + " 0 0"
		}
	}
	return s
}

// directives of strptime, as Go has them.
var directives = strings.NewReplacer("%Y", "2006", "%y", "06", "%m", "01", "%d", "02", "%H", "15", "%M", "04", "%S", "05", "%f", "000000", "%z", "-0700", "%I", "03", "%p", "PM", "%%", "%")

// strptime writes a moment in the format of a field; in its own for formats that are
// none.
func strptime(t time.Time, format, otherwise string) string {
	if strings.HasPrefix(format, "%") {
		return t.Format(directives.Replace(format))
	}
	return t.Format(otherwise)
}

// degrees reads "latitude longitude altitude accuracy".
func degrees(s string) (lon, lat float64, ok bool) {
	f := strings.Fields(s)
	if len(f) < 2 {
		return 0, 0, false
	}
	lat, err1 := strconv.ParseFloat(f[0], 64)
	lon, err2 := strconv.ParseFloat(f[1], 64)
	return lon, lat, err1 == nil && err2 == nil && math.Abs(lat) <= 90 && math.Abs(lon) <= 180
}

// number writes degrees to seven decimals: a centimetre.
func number(f float64) string {
	return strconv.FormatFloat(math.Round(f*1e7)/1e7, 'f', -1, 64)
}

func pointText(lon, lat float64, it *form.Item) string {
	switch it.Format {
	case "array":
		return "[" + number(lon) + ", " + number(lat) + "]"
	case "object":
		return `{"lon": ` + number(lon) + `, "lat": ` + number(lat) + "}"
	}
	return number(lon) + ", " + number(lat)
}

// shape makes GeoJSON of points: an area when the last is the first.
func shape(s string) string {
	var line [][]json.RawMessage
	for part := range strings.SplitSeq(s, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		lon, lat, ok := degrees(part)
		if !ok {
			return s
		}
		line = append(line, []json.RawMessage{json.RawMessage(number(lon)), json.RawMessage(number(lat))})
	}
	if len(line) < 2 {
		return s
	}
	var g any
	type geometry struct {
		Type        string `json:"type"`
		Coordinates any    `json:"coordinates"`
	}
	first, last := line[0], line[len(line)-1]
	if len(line) > 3 && string(first[0]) == string(last[0]) && string(first[1]) == string(last[1]) {
		g = geometry{"Polygon", [][][]json.RawMessage{line}}
	} else {
		g = geometry{"LineString", line}
	}
	b, err := json.Marshal(g)
	if err != nil {
		return s
	}
	return string(b)
}
