package query

import "github.com/paulmach/orb"

// Expr is a condition on a row: And, Or, Not, Compare, In, Between, Match, Like,
// Null, Part, Search, BBox, Near or Inside.
type Expr interface{ expr() }

// And holds when all hold, Or when one does. Both have at least one condition.
type (
	And []Expr
	Or  []Expr
)

// Not holds when the condition does not, cells without value included.
type Not struct{ Expr Expr }

// Op compares a cell with a value.
type Op string

const (
	Eq Op = "eq"
	Ne Op = "ne" // also holds for cells without value
	Lt Op = "lt"
	Le Op = "le"
	Gt Op = "gt"
	Ge Op = "ge"
)

// Compare compares a cell with a value. Texts are compared exactly, by code point.
type Compare struct {
	Column string
	Op     Op
	Value  Value
}

// In holds when the cell is one of the values; at least one.
type In struct {
	Column string
	Values []Value
}

// Between holds from Low to High, both included.
type Between struct {
	Column    string
	Low, High Value
}

// Match looks for a piece of text in a cell, case and accents set aside. Cells
// that are no texts are looked at as they are written (2025-01-31, 12.5, true).
type Match struct {
	Column string
	Start  bool // at the beginning of the cell
	Text   string
}

// Like holds when the whole cell is as the pattern says, case and accents set
// aside: % stands for any text, _ for one character, and a backslash takes the character
// after it as it is. Cells that are no texts are looked at as in Match.
type Like struct {
	Column  string
	Pattern string
}

// Part compares a part of a date or a timestamp, on the clock that the cell is
// written with.
type Part struct {
	Column string
	Part   Unit // one of Parts
	Op     Op
	Value  int64
}

// Null holds when the cell has no value; Present, when it has one.
type Null struct {
	Column  string
	Present bool
}

// Search holds when all the words are found in the row's texts, as Query.Text.
type Search struct{ Text string }

// BBox holds when the geometry's own box meets this one; degrees of WGS 84. A
// West greater than East crosses the antimeridian.
type BBox struct {
	Column                   string
	West, South, East, North float64
}

// Near holds when the geometry (its box's centre, if it is no point) is within a
// distance of a place; degrees of WGS 84, metres on the sphere.
type Near struct {
	Column   string
	Lon, Lat float64
	Metres   float64
}

// Inside holds when the geometry lies within an area, its edge included; with Meets, when
// it has a point in common with it. Degrees of WGS 84, straight edges in that plane. See Inside.Test.
type Inside struct {
	Column string
	Area   orb.MultiPolygon // rings closed, the outer one first
	Meets  bool
}

func (And) expr()     {}
func (Or) expr()      {}
func (Not) expr()     {}
func (Compare) expr() {}
func (In) expr()      {}
func (Between) expr() {}
func (Match) expr()   {}
func (Null) expr()    {}
func (Search) expr()  {}
func (BBox) expr()    {}
func (Near) expr()    {}
func (Like) expr()    {}
func (Part) expr()    {}
func (Inside) expr()  {}

// columnOf returns the column of a condition on one column.
func columnOf(e Expr) (string, bool) {
	switch e := e.(type) {
	case Compare:
		return e.Column, true
	case In:
		return e.Column, true
	case Between:
		return e.Column, true
	case Match:
		return e.Column, true
	case Null:
		return e.Column, true
	case BBox:
		return e.Column, true
	case Near:
		return e.Column, true
	case Like:
		return e.Column, true
	case Part:
		return e.Column, true
	case Inside:
		return e.Column, true
	}
	return "", false
}
