package check

import (
	"socle/internal/i18n"
	"socle/internal/schema"
)

// siren reads a SIREN: nine digits, spaces and dots apart, the last a control by
// Luhn's formula (décret 97-497, article 2).
func siren(cell []byte, _ *schema.Value) (string, i18n.Args) {
	return frenchNumber(cell, 9, "check.french-siren-value")
}

// siret reads a SIRET: fourteen digits, spaces and dots apart, of which the
// first nine are a SIREN. La Poste's establishments other than its seat follow
// another rule: the sum of their digits is a multiple of five.
func siret(cell []byte, _ *schema.Value) (string, i18n.Args) {
	return frenchNumber(cell, 14, "check.french-siret-value")
}

const (
	laPoste     = "356000000"
	laPosteSeat = "35600000000048"
)

func frenchNumber(cell []byte, length int, key string) (string, i18n.Args) {
	var buf [14]byte
	n, strange := 0, false
	for _, c := range cell {
		switch {
		case c == ' ' || c == '.':
		case c < '0' || c > '9':
			strange = true
		default:
			if n < len(buf) {
				buf[n] = c
			}
			n++
		}
	}
	switch {
	case strange:
		return key + ".characters", nil
	case n != length:
		return key + ".length", i18n.Args{"Digits": n}
	case luhnRest(buf[:9]) != 0:
		return key, nil
	case length == 9:
		return "", nil
	}
	number := buf[:14]
	if string(number[:9]) == laPoste && string(number) != laPosteSeat {
		sum := 0
		for _, c := range number {
			sum += int(c - '0')
		}
		if sum%5 == 0 {
			return "", nil
		}
		return key, nil
	}
	if luhnRest(number) != 0 {
		return key, nil
	}
	return "", nil
}

// luhnRest is zero for digits that fulfil Luhn's formula.
func luhnRest(b []byte) int {
	sum := 0
	for i := range b {
		d := int(b[len(b)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum % 10
}
