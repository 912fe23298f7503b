package check

import (
	"socle/internal/i18n"
	"socle/internal/schema"
)

// codeRNA: the number of an association in the national register: W, then nine
// digits or letters after the département.
func codeRNA(cell []byte, _ *schema.Value) (string, i18n.Args) {
	ok := len(cell) == 10 && cell[0] == 'W'
	for i := 1; ok && i < 10; i++ {
		ok = cell[i] >= '0' && cell[i] <= '9'
		if i == 2 { // 2A, 2B, and overseas: 9G, 9M, 9C, 9R, 9T…
			ok = ok || cell[1] == '2' && (cell[i] == 'A' || cell[i] == 'B') || cell[1] == '9' && cell[i] >= 'A' && cell[i] <= 'Z'
		}
	}
	if ok {
		return "", nil
	}
	return "check.code-rna", nil
}

// rnbLetters are the characters of identifiers of the national register of
// buildings: digits and capitals that cannot be taken for one another.
const rnbLetters = "123456789ABCDEFGHJKMNPQRSTVWXYZ"

// idRNB: twelve characters of rnbLetters, hyphens between groups of four allowed.
func idRNB(cell []byte, _ *schema.Value) (string, i18n.Args) {
	n := 0
	for i, c := range cell {
		if c == '-' && len(cell) == 14 && (i == 4 || i == 9) {
			continue
		}
		found := false
		for j := range len(rnbLetters) {
			found = found || rnbLetters[j] == c
		}
		if !found {
			return "check.id-rnb", nil
		}
		n++
	}
	if n != 12 {
		return "check.id-rnb", nil
	}
	return "", nil
}
