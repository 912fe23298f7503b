package tabular

import (
	"math"
	"strconv"
	"time"
)

// appendText appends the value of a column as a cell: dates and times as ISO
// 8601, numbers with a point and without exponent as far as that stays short,
// true and false, nothing for no value.
func appendText(to []byte, f *Field, c *Column, i int) []byte {
	if i < len(c.Null) && c.Null[i] {
		return to
	}
	switch f.Kind {
	case Int:
		return strconv.AppendInt(to, c.Int64[i], 10)
	case Float:
		return appendFloat(to, c.Float64[i])
	case Bool:
		return strconv.AppendBool(to, c.Int64[i] != 0)
	case Date:
		return Day(c.Int64[i]).AppendFormat(to, "2006-01-02")
	case Timestamp:
		to = Instant(c.Int64[i]).AppendFormat(to, "2006-01-02T15:04:05.999999")
		if !f.Local {
			to = append(to, 'Z')
		}
		return to
	case TimeOfDay:
		return time.UnixMicro(c.Int64[i]).UTC().AppendFormat(to, "15:04:05.999999")
	}
	return append(to, c.Bytes[i]...)
}

// appendFloat appends the shortest number that reads back as v.
func appendFloat(to []byte, v float64) []byte {
	if a := math.Abs(v); v != 0 && (a < 1e-9 || a >= 1e21) || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.AppendFloat(to, v, 'g', -1, 64)
	}
	return strconv.AppendFloat(to, v, 'f', -1, 64)
}
