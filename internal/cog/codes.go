package cog

import _ "embed"

//go:embed codes.bin
var codes []byte

// SetBytes is the size of one set of bits in codes.bin; the sets are, in order,
// communes, former codes (delegated, associated, districts, merged), postal codes.
const SetBytes = (setBits + 7) / 8

const setBits = 100_000 + 2*1000 // five digits, then 2A000–2A999, then 2B000–2B999

// CodeNumber gives the place of a code of five characters in a set of bits. Any
// five digits have one; of letters only 2A and 2B in front have. It does not say
// that the code exists.
func CodeNumber[T ~string | ~[]byte](code T) (int, bool) {
	if len(code) != 5 {
		return 0, false
	}
	n := 0
	for i := range 5 {
		c := code[i]
		switch {
		case c >= '0' && c <= '9':
			n = n*10 + int(c-'0')
		case i == 1 && code[0] == '2' && (c == 'A' || c == 'B'):
			n = 0 // the digits before are counted by base
		default:
			return 0, false
		}
	}
	switch code[1] {
	case 'A':
		n += 100_000
	case 'B':
		n += 101_000
	}
	return n, true
}

func inSet[T ~string | ~[]byte](set int, code T) bool {
	n, ok := CodeNumber(code)
	return ok && codes[set*SetBytes+n/8]&(1<<(n%8)) != 0
}

// IsCommune reports whether code is the INSEE code of a commune of today, as
// written: five characters, capital letter.
func IsCommune[T ~string | ~[]byte](code T) bool { return inSet(0, code) }

// IsFormer reports whether code is that of a delegated, associated or former
// commune or of a municipal district. A code can be this and a commune's too.
func IsFormer[T ~string | ~[]byte](code T) bool { return inSet(1, code) }

// IsPostalCode reports whether code is a postal code of five digits in use by a
// commune. Special codes of large recipients (CEDEX) are not in the list.
func IsPostalCode[T ~string | ~[]byte](code T) bool { return inSet(2, code) }

// UsualSIREN is the SIREN that most communes have: 21, the département, 0, the
// commune's three digits, a check digit. Overseas and merged communes differ.
func UsualSIREN(code string) string {
	if len(code) != 5 {
		return ""
	}
	digits := []byte("21" + code[:2] + "0" + code[2:])
	sum := 0
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i]) - '0'
		if d < 0 || d > 9 {
			return ""
		}
		if (len(digits)-i)%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return string(digits) + string(rune('0'+(10-sum%10)%10))
}
