package consolidation

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"socle/internal/schema"
	"socle/internal/tabular"
)

// writing says how the values of a column are written as the cells that a field
// asks for.
type writing struct {
	from  tabular.Field
	field schema.Field // what is asked for
	was   schema.Field // what the column followed
}

// appendCell writes a value of a column as a cell of the field: what casting reads
// back. A value that the field cannot hold is written as a person reads it.
func (w *writing) appendCell(dst []byte, c *tabular.Column, row int) []byte {
	if c.Null[row] {
		return dst
	}
	switch w.from.Kind {
	case tabular.Int:
		return strconv.AppendInt(dst, c.Int64[row], 10)
	case tabular.Float:
		start := len(dst)
		dst = strconv.AppendFloat(dst, c.Float64[row], 'f', -1, 64)
		if w.field.DecimalChar != "" && w.field.DecimalChar != "." && w.field.Type == schema.Number {
			if i := bytes.IndexByte(dst[start:], '.'); i >= 0 {
				rest := string(dst[start+i+1:])
				dst = append(append(dst[:start+i], w.field.DecimalChar...), rest...)
			}
		}
		return dst
	case tabular.Bool:
		return append(dst, w.truth(c.Int64[row] != 0)...)
	case tabular.Date:
		return w.appendTime(dst, tabular.Day(c.Int64[row]), time.DateOnly)
	case tabular.Timestamp:
		layout := "2006-01-02T15:04:05"
		if w.field.Type == schema.Date {
			layout = time.DateOnly
		} else if !w.from.Local {
			layout += "Z"
		}
		return w.appendTime(dst, tabular.Instant(c.Int64[row]), layout)
	case tabular.TimeOfDay:
		return w.appendTime(dst, tabular.Instant(c.Int64[row]), time.TimeOnly)
	case tabular.JSON:
		if w.field.Type == schema.List {
			return w.appendList(dst, c.Bytes[row])
		}
	case tabular.Text:
		if w.field.Type == schema.Geopoint && w.from.Geometry != "" {
			return w.appendPoint(dst, c.Bytes[row])
		}
	}
	return append(dst, c.Bytes[row]...)
}

// truth is yes or no in the words of the field, or of the field before.
func (w *writing) truth(yes bool) string {
	f := &w.field
	if f.Type != schema.Boolean {
		f = &w.was
	}
	list, word := f.FalseValues, "false"
	if yes {
		list, word = f.TrueValues, "true"
	}
	if len(list) > 0 {
		return list[0]
	}
	return word
}

// directives are those of a date's format that are written; a format with others is
// written as ISO 8601.
var directives = strings.NewReplacer("%Y", "2006", "%m", "01", "%d", "02", "%H", "15", "%M", "04", "%S", "05", "%y", "06", "%%", "%")

func (w *writing) appendTime(dst []byte, t time.Time, layout string) []byte {
	switch w.field.Type {
	case schema.Date, schema.Datetime, schema.Time:
		if strings.Contains(w.field.Format, "%") {
			if l := directives.Replace(w.field.Format); !strings.Contains(l, "%") {
				layout = l
			}
		}
	case schema.Year:
		layout = "2006"
	case schema.Yearmonth:
		layout = "2006-01"
	}
	return t.AppendFormat(dst, layout)
}

// appendList writes a JSON array as the items of a list.
func (w *writing) appendList(dst, text []byte) []byte {
	var items []any
	if err := json.Unmarshal(text, &items); err != nil {
		return append(dst, text...)
	}
	delimiter := w.field.Delimiter
	if delimiter == "" {
		delimiter = ","
	}
	for i, item := range items {
		if i > 0 {
			dst = append(dst, delimiter...)
		}
		if s, ok := item.(string); ok {
			dst = append(dst, s...)
			continue
		}
		b, err := json.Marshal(item)
		if err != nil {
			return append(dst, text...)
		}
		dst = append(dst, b...)
	}
	return dst
}

// appendPoint writes "lon,lat" in the form that the field asks for.
func (w *writing) appendPoint(dst, text []byte) []byte {
	lon, lat, ok := bytes.Cut(text, []byte(","))
	switch {
	case ok && w.field.Format == "array":
		return append(append(append(dst, '['), text...), ']')
	case ok && w.field.Format == "object":
		dst = append(append(dst, `{"lon": `...), lon...)
		return append(append(append(dst, `, "lat": `...), lat...), '}')
	}
	return append(dst, text...)
}
