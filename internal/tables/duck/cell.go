package duck

import (
	"errors"
	"math"
	"strconv"
	"unsafe"

	"socle/internal/tabular"
)

var errCell = errors.New("a cell cannot be read back")

// appendCell writes a value as in tables.Record; the value is not null.
func appendCell(dst []byte, f *tabular.Field, c *tabular.Column, i int) []byte {
	switch f.Kind {
	case tabular.Int:
		return strconv.AppendInt(dst, c.Int64[i], 10)
	case tabular.Float:
		return appendFloat(dst, c.Float64[i])
	case tabular.Bool:
		return strconv.AppendBool(dst, c.Int64[i] != 0)
	case tabular.Date:
		return appendDate(dst, c.Int64[i])
	case tabular.Timestamp:
		return appendTimestamp(dst, c.Int64[i], f.Local)
	case tabular.TimeOfDay:
		return appendClock(dst, c.Int64[i])
	}
	return append(dst, c.Bytes[i]...)
}

// appendFloat writes plain decimals, or an exponent where those would be long,
// as JSON writers do.
func appendFloat(dst []byte, v float64) []byte {
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(dst, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

func append2(dst []byte, n int64) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// appendDate writes 2025-01-31 of days since 1970-01-01, in the Gregorian
// calendar; a year has four digits or more.
func appendDate(dst []byte, days int64) []byte {
	y, m, d := civil(days)
	if y < 0 {
		dst = append(dst, '-')
		y = -y
	}
	if y > 9999 {
		dst = strconv.AppendInt(dst, y, 10)
	} else {
		dst = append2(append2(dst, y/100), y%100)
	}
	dst = append2(append(dst, '-'), m)
	return append2(append(dst, '-'), d)
}

// civil and days turn days since 1970-01-01 into a date of the proleptic
// Gregorian calendar and back (eras of 400 years that begin in March).
func civil(days int64) (y, m, d int64) {
	z := days + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	m = mp + 3
	if m > 12 {
		m -= 12
	}
	y = yoe + era*400
	if m <= 2 {
		y++
	}
	return y, m, d
}

func daysOf(y, m, d int64) int64 {
	if m <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	mp := m - 3
	if m <= 2 {
		mp = m + 9
	}
	doy := (153*mp+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

const dayMicros = 86400 * 1e6

// appendTimestamp writes 2025-01-31T08:30:00Z, with a fraction where there is one.
func appendTimestamp(dst []byte, micros int64, local bool) []byte {
	days := floorDiv(micros, dayMicros)
	dst = append(appendDate(dst, days), 'T')
	dst = appendClock(dst, micros-days*dayMicros)
	if !local {
		dst = append(dst, 'Z')
	}
	return dst
}

func appendClock(dst []byte, micros int64) []byte {
	seconds, fraction := micros/1e6, micros%1e6
	dst = append(append2(dst, seconds/3600), ':')
	dst = append(append2(dst, seconds/60%60), ':')
	dst = append2(dst, seconds%60)
	if fraction > 0 {
		dst = append(dst, '.')
		for unit := int64(1e5); fraction > 0; unit /= 10 {
			dst = append(dst, byte('0'+fraction/unit))
			fraction %= unit
		}
	}
	return dst
}

// parseCell is the opposite of appendCell: it sets row i of the column. Text and
// JSON keep the bytes given.
func parseCell(f *tabular.Field, c *tabular.Column, i int, cell []byte) (err error) {
	switch f.Kind {
	case tabular.Text, tabular.JSON:
		c.Bytes[i] = cell
	case tabular.Int:
		c.Int64[i], err = strconv.ParseInt(view(cell), 10, 64)
	case tabular.Float:
		c.Float64[i], err = strconv.ParseFloat(view(cell), 64)
	case tabular.Bool:
		c.Int64[i] = 0
		if len(cell) == 4 {
			c.Int64[i] = 1
		}
	case tabular.Date:
		c.Int64[i], err = parseDate(cell)
	case tabular.Timestamp:
		c.Int64[i], err = parseTimestamp(cell)
	case tabular.TimeOfDay:
		c.Int64[i], err = parseClock(cell)
	}
	return err
}

// view is the bytes as a string, for parsers that do not keep it.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func digits(b []byte) (n int64, err error) {
	if len(b) == 0 {
		return 0, errCell
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, errCell
		}
		n = n*10 + int64(c-'0')
	}
	return n, nil
}

func parseDate(cell []byte) (int64, error) {
	n := len(cell)
	if n < 8 || cell[n-3] != '-' || cell[n-6] != '-' {
		return 0, errCell
	}
	year, sign := cell[:n-6], int64(1)
	if year[0] == '-' {
		year, sign = year[1:], -1
	}
	y, err1 := digits(year)
	m, err2 := digits(cell[n-5 : n-3])
	d, err3 := digits(cell[n-2:])
	if err := errors.Join(err1, err2, err3); err != nil {
		return 0, err
	}
	return daysOf(sign*y, m, d), nil
}

func parseTimestamp(cell []byte) (int64, error) {
	at := len(cell) - 1
	for at >= 0 && cell[at] != 'T' {
		at--
	}
	if at < 0 {
		return 0, errCell
	}
	clock := cell[at+1:]
	if n := len(clock); n > 0 && clock[n-1] == 'Z' {
		clock = clock[:n-1]
	}
	days, err1 := parseDate(cell[:at])
	micros, err2 := parseClock(clock)
	return days*dayMicros + micros, errors.Join(err1, err2)
}

func parseClock(cell []byte) (int64, error) {
	if len(cell) < 8 || cell[2] != ':' || cell[5] != ':' {
		return 0, errCell
	}
	h, err1 := digits(cell[:2])
	m, err2 := digits(cell[3:5])
	s, err3 := digits(cell[6:8])
	micros := ((h*60+m)*60 + s) * 1e6
	if err := errors.Join(err1, err2, err3); err != nil || len(cell) == 8 {
		return micros, err
	}
	if cell[8] != '.' || len(cell) > 15 {
		return 0, errCell
	}
	unit := int64(1e5)
	for _, c := range cell[9:] {
		if c < '0' || c > '9' {
			return 0, errCell
		}
		micros += int64(c-'0') * unit
		unit /= 10
	}
	return micros, nil
}
