package schema

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf8"
)

// maxNumber bounds the length of the text of a number.
const maxNumber = 400

func (c *Caster) number(cell []byte, v *Value) bool {
	if c.plain {
		return float(cell, &v.Float)
	}
	var buf [maxNumber]byte
	if plain, ok := c.plainNumber(cell, buf[:0], true); ok && float(plain, &v.Float) {
		return true
	}
	return c.native && float(cell, &v.Float)
}

func (c *Caster) integer(cell []byte, v *Value) bool {
	if c.plain || c.field.GroupChar == "" && c.field.BareNumber {
		return integer(cell, &v.Int)
	}
	var buf [maxNumber]byte
	if plain, ok := c.plainNumber(cell, buf[:0], false); ok && integer(plain, &v.Int) {
		return true
	}
	return c.native && integer(cell, &v.Int)
}

// plainNumber removes what surrounds a number that need not be bare, its
// thousands separators, and writes its decimal mark as a point.
func (c *Caster) plainNumber(cell, buf []byte, decimals bool) ([]byte, bool) {
	cell = trim(cell)
	if !c.field.BareNumber {
		cell = unwrap(cell)
	}
	if len(cell) > maxNumber {
		return nil, false
	}
	marks := 0
	for len(cell) > 0 {
		switch {
		case len(c.group) > 0 && bytes.HasPrefix(cell, c.group):
			cell = cell[len(c.group):]
		case len(c.group) == 1 && c.group[0] == ' ' && spaceLen(cell) > 0:
			cell = cell[spaceLen(cell):]
		case decimals && bytes.HasPrefix(cell, c.decimal):
			cell = cell[len(c.decimal):]
			buf = append(buf, '.')
			marks++
		case cell[0] == '.':
			return nil, false
		default:
			buf = append(buf, cell[0])
			cell = cell[1:]
		}
	}
	return buf, marks <= 1
}

// spaceLen returns the length of the space that b begins with: a group
// separator declared as a space also reads the non-breaking ones.
func spaceLen(b []byte) int {
	switch {
	case b[0] == ' ':
		return 1
	case len(b) >= 2 && b[0] == 0xc2 && b[1] == 0xa0:
		return 2
	case len(b) >= 3 && b[0] == 0xe2 && b[1] == 0x80 && (b[2] == 0xaf || b[2] == 0x89):
		return 3
	}
	return 0
}

// unwrap removes the text before and after a number: units, currency signs.
func unwrap(b []byte) []byte {
	start := bytes.IndexAny(b, "0123456789")
	if start < 0 {
		return b
	}
	end := bytes.LastIndexAny(b, "0123456789") + 1
	if start > 0 && (b[start-1] == '-' || b[start-1] == '+') {
		start--
	}
	if start == 0 || b[0] != '-' {
		return b[start:end]
	}
	// a sign before the unit: -€12
	if gap := b[1:start]; utf8.RuneCount(gap) <= 2 {
		return append([]byte{'-'}, b[start:end]...)
	}
	return b[start:end]
}

func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// integer reads an optional sign and decimal digits within 64 bits.
func integer(b []byte, out *int64) bool {
	if len(b) > 0 && (b[0] == ' ' || b[len(b)-1] == ' ' || b[0] == '\t' || b[len(b)-1] == '\t') {
		b = trim(b)
	}
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 {
		return false
	}
	if len(b) > 18 {
		return longInteger(b, neg, out)
	}
	n := int64(0)
	for _, d := range b {
		d -= '0'
		if d > 9 {
			return false
		}
		n = n*10 + int64(d)
	}
	if neg {
		n = -n
	}
	*out = n
	return true
}

func longInteger(b []byte, neg bool, out *int64) bool {
	for len(b) > 1 && b[0] == '0' {
		b = b[1:]
	}
	if len(b) > 19 {
		return false
	}
	for _, d := range b {
		if d < '0' || d > '9' {
			return false
		}
	}
	n, err := strconv.ParseUint(view(b), 10, 64)
	switch {
	case err != nil, !neg && n > math.MaxInt64, neg && n > 1<<63:
		return false
	case neg:
		*out = -int64(n)
	default:
		*out = int64(n)
	}
	return true
}

var pow10 = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// float reads a decimal number with a point, or NaN, INF, -INF. Numbers of 15
// digits or less are exact products; the others go to strconv.
func float(b []byte, out *float64) bool {
	if len(b) > 0 && (b[0] == ' ' || b[len(b)-1] == ' ' || b[0] == '\t' || b[len(b)-1] == '\t') {
		b = trim(b)
	}
	i, neg := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		i = 1
	}
	n, digits, scale, point := uint64(0), 0, 0, false
	for ; i < len(b); i++ {
		d := b[i] - '0'
		switch {
		case d <= 9:
			if digits++; digits > 18 {
				return longFloat(b, out)
			}
			n = n*10 + uint64(d)
			if point {
				scale++
			}
		case b[i] == '.' && !point:
			point = true
		default:
			return longFloat(b, out)
		}
	}
	if digits == 0 {
		return false
	}
	if n >= 1<<53 {
		return longFloat(b, out)
	}
	f := float64(n) / pow10[scale]
	if neg {
		f = -f
	}
	*out = f
	return true
}

func longFloat(b []byte, out *float64) bool {
	switch string(b) {
	case "NaN", "nan":
		*out = math.NaN()
		return true
	case "INF", "inf", "Infinity":
		*out = math.Inf(1)
		return true
	case "-INF", "-inf", "-Infinity":
		*out = math.Inf(-1)
		return true
	}
	if len(b) > maxNumber {
		return false
	}
	for _, x := range b {
		if (x < '0' || x > '9') && x != '.' && x != 'e' && x != 'E' && x != '-' && x != '+' {
			return false
		}
	}
	f, err := strconv.ParseFloat(view(b), 64)
	*out = f
	return err == nil // an error: not a number, or beyond 64-bit floats
}
