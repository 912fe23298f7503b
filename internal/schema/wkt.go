package schema

import (
	"bytes"
	"strings"
)

// wktShapes gives, for each geometry of Well-Known Text (OGC 06-103r4), how
// deep its parentheses go: 1 a list of positions, 2 a list of such lists, 3 more.
// Zero: a collection of geometries. Minus one: a list of positions or of
// one-position lists (MULTIPOINT).
var wktShapes = map[string]int{
	"POINT": 1, "LINESTRING": 1, "CIRCULARSTRING": 1, "POLYGON": 2, "TRIANGLE": 2, "MULTILINESTRING": 2,
	"MULTIPOLYGON": 3, "POLYHEDRALSURFACE": 3, "TIN": 3, "MULTIPOINT": -1,
	"GEOMETRYCOLLECTION": 0, "COMPOUNDCURVE": 0, "CURVEPOLYGON": 0, "MULTICURVE": 0, "MULTISURFACE": 0,
}

type wktScan struct{ b []byte }

func wkt(b []byte) bool {
	if len(b) > 5 && strings.EqualFold(view(b[:5]), "SRID=") {
		if i := bytes.IndexByte(b, ';'); i > 0 {
			b = b[i+1:]
		}
	}
	s := &wktScan{b}
	if !s.geometry(0) {
		return false
	}
	s.space()
	return len(s.b) == 0
}

func (s *wktScan) space() {
	s.b = bytes.TrimLeft(s.b, " \t\r\n")
}

func (s *wktScan) word() string {
	s.space()
	n := 0
	for n < len(s.b) && (s.b[n]|0x20 >= 'a' && s.b[n]|0x20 <= 'z') {
		n++
	}
	w := strings.ToUpper(string(s.b[:n]))
	s.b = s.b[n:]
	return w
}

func (s *wktScan) take(c byte) bool {
	s.space()
	if len(s.b) == 0 || s.b[0] != c {
		return false
	}
	s.b = s.b[1:]
	return true
}

func (s *wktScan) geometry(depth int) bool {
	if depth > 32 {
		return false
	}
	name := s.word()
	for _, d := range []string{"ZM", "Z", "M"} {
		if _, whole := wktShapes[name]; !whole && strings.HasSuffix(name, d) {
			name = strings.TrimSuffix(name, d)
			break
		}
	}
	shape, ok := wktShapes[name]
	if !ok {
		return false
	}
	before := s.b
	switch s.word() {
	case "EMPTY":
		return true
	case "Z", "M", "ZM":
		before = s.b
		if s.word() == "EMPTY" {
			return true
		}
		s.b = before
	default:
		s.b = before
	}
	switch shape {
	case 0:
		return s.list(func() bool {
			s.space()
			if len(s.b) > 0 && s.b[0] == '(' {
				return s.positions(1)
			}
			return s.geometry(depth + 1)
		})
	case -1:
		return s.list(func() bool {
			s.space()
			if len(s.b) > 0 && s.b[0] == '(' {
				return s.positions(1)
			}
			return s.position()
		})
	}
	return s.positions(shape)
}

func (s *wktScan) list(item func() bool) bool {
	if !s.take('(') {
		return false
	}
	for {
		if !item() {
			return false
		}
		if s.take(')') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *wktScan) positions(depth int) bool {
	if depth > 1 {
		return s.list(func() bool { return s.positions(depth - 1) })
	}
	return s.list(s.position)
}

// position reads two to four numbers.
func (s *wktScan) position() bool {
	n := 0
	for {
		s.space()
		i := 0
		for i < len(s.b) && (s.b[i] >= '0' && s.b[i] <= '9' || bytes.IndexByte([]byte("+-.eE"), s.b[i]) >= 0) {
			i++
		}
		if i == 0 {
			break
		}
		var f float64
		if !float(s.b[:i], &f) {
			return false
		}
		s.b = s.b[i:]
		n++
	}
	return n >= 2 && n <= 4
}
