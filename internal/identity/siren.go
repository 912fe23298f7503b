package identity

import (
	"regexp"
	"strings"
)

// validSIREN reports whether s is nine digits whose Luhn sum is a multiple of
// ten, as INSEE numbers legal units.
func validSIREN(s string) bool {
	if len(s) != 9 {
		return false
	}
	sum := 0
	for i := range 9 {
		d := int(s[8-i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && s != "000000000"
}

// compact removes the spaces that people write in numbers.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\u00a0', '\u202f':
			return -1
		}
		return r
	}, s)
}

// Codes of the official geographic code: communes (2A004, 31433), départements
// (31, 2A, 974), regions (76).
var (
	communeCode     = regexp.MustCompile(`^(\d{2}|2[AB])\d{3}$`)
	departementCode = regexp.MustCompile(`^(\d{2}|2[AB]|97\d)$`)
	regionCode      = regexp.MustCompile(`^\d{2}$`)
)
