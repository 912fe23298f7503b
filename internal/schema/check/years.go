package check

import (
	"socle/internal/i18n"
	"socle/internal/schema"
)

// yearInterval: "AAAA/AAAA" with the second year after the first; "AAAA" alone
// when the descriptor allows it.
func yearInterval(alone bool) func([]byte, *schema.Value) (string, i18n.Args) {
	return func(cell []byte, _ *schema.Value) (string, i18n.Args) {
		switch {
		case len(cell) == 4 && fourDigits(cell):
			if alone {
				return "", nil
			}
			return "check.year-interval-value.alone", nil
		case len(cell) != 9 || cell[4] != '/' || !fourDigits(cell[:4]) || !fourDigits(cell[5:]):
			return "check.year-interval-value", nil
		case string(cell[5:]) <= string(cell[:4]):
			return "check.year-interval-value.order", nil
		}
		return "", nil
	}
}

func fourDigits(b []byte) bool {
	for _, c := range b[:4] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
