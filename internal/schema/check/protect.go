package check

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Protections are choices that keep persons from being recognised: Fix applies
// them to the column of Choice.Field after repairs and edits, so that nothing that
// was chosen to disappear is written. A cell that a protection cannot read is
// emptied, never left. Messages: "repair.ID" and "repair.ID.why".
const (
	RemoveColumn   = "remove-column"
	KeepYear       = "keep-year"       // of a date
	DropNumber     = "drop-number"     // of a street address
	KeepDepartment = "keep-department" // of a postal code or the code of a commune
)

// Protections lists them, from the surest.
var Protections = []string{RemoveColumn, KeepYear, DropNumber, KeepDepartment}

// Protects reports whether a choice keeps something from being published.
func (c Choice) Protects() bool { return slices.Contains(Protections, c.ID) }

// protected is the protection chosen for a column, by its label or its field; ""
// for none. The surest wins.
func (x *fixer) protected(j int) string {
	names := []string{x.headings[j].label}
	if f := x.headings[j].field; f >= 0 {
		names = append(names, x.schema.Fields[f].Name)
	}
	for _, id := range Protections {
		for _, n := range names {
			if x.chosen[groupKey{id, n}] {
				return id
			}
		}
	}
	return ""
}

// Coarser is what is published of a value under a protection.
func Coarser(id, value string) string {
	switch id {
	case KeepYear:
		return yearOf(value)
	case DropNumber:
		return withoutNumber(value)
	case KeepDepartment:
		return departmentOf(value)
	}
	return value
}

func yearOf(value string) string {
	s := clean(value)
	if n, err := strconv.Atoi(s); err == nil && len(s) == 4 && n >= 1800 && n < 2200 {
		return s
	}
	d, ok := readDate(s)
	if !ok {
		return ""
	}
	return strconv.Itoa(d.year)
}

// repeats stand after the number of a house: 12 bis.
var repeats = []string{"bis", "ter", "quater", "a", "b", "c", "d"}

// withoutNumber leaves out what of an address names one building: the numbers
// before the street, and flats and floors after it.
func withoutNumber(value string) string {
	parts := strings.Split(value, ",")
	kept := parts[:0]
	for _, part := range parts {
		words := strings.Fields(part)
		n := 0
		for n < len(words) && isHouse(words[n], n > 0) {
			n++
		}
		words = words[n:]
		if len(words) == 0 || slices.Contains(within, fold(strings.Trim(words[0], ".:"))) {
			continue
		}
		kept = append(kept, strings.Join(words, " "))
	}
	return strings.Join(kept, ", ")
}

// within begin the parts of an address that are inside a building.
var within = []string{"appartement", "appt", "apt", "app", "etage", "escalier", "esc", "batiment", "bat", "porte", "residence"}

// isHouse: 12, 12bis, 12-14, no, and "bis" after one. Five digits are a postal code.
func isHouse(word string, after bool) bool {
	w := fold(strings.Trim(word, ".;"))
	if after && slices.Contains(repeats, w) || w == "n°" || w == "no" {
		return true
	}
	digits := strings.TrimRightFunc(w, unicode.IsLetter)
	if digits == "" || len(w)-len(digits) > 6 {
		return false
	}
	count := 0
	for _, r := range digits {
		if r >= '0' && r <= '9' {
			count++
		} else if r != '-' && r != '/' {
			return false
		}
	}
	return count > 0 && count != 5
}

func departmentOf(value string) string {
	s := strings.ToUpper(strings.ReplaceAll(clean(value), " ", ""))
	if len(s) == 4 && s[0] != '0' { // a leading zero that a spreadsheet took
		s = "0" + s
	}
	digits := strings.TrimLeft(s, "0123456789AB")
	switch {
	case len(s) != 5 || digits != "":
		return ""
	case strings.HasPrefix(s, "97") || strings.HasPrefix(s, "98"):
		return s[:3]
	}
	return s[:2]
}
