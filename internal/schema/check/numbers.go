package check

import (
	"bytes"
	"strings"

	"socle/internal/i18n"
	"socle/internal/schema"
)

// compact removes spaces, and the given punctuation, from a short text.
func compact(cell []byte, punctuation string) string {
	if len(cell) > 80 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\u202f' || strings.ContainsRune(punctuation, r) {
			return -1
		}
		return r
	}, string(cell))
}

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// remainder is the number that digits spell, modulo m.
func remainder(digits string, m int) int {
	n := 0
	for i := range len(digits) {
		n = (n*10 + int(digits[i]-'0')) % m
	}
	return n
}

// nir: the number of a person at the INSEE: thirteen characters and a key, 97
// less the rest of the number by 97; Corsica's 2A and 2B count as 19 and 18.
func nir(cell []byte, _ *schema.Value) (string, i18n.Args) {
	s := compact(cell, "")
	if len(s) == 15 {
		number := s[:13]
		switch s[5:7] {
		case "2A":
			number = s[:5] + "19" + s[7:13]
		case "2B":
			number = s[:5] + "18" + s[7:13]
		}
		if onlyDigits(number) && onlyDigits(s[13:]) && s[0] >= '1' && s[0] <= '8' && 97-remainder(number, 97) == remainder(s[13:], 1000) {
			return "", nil
		}
	}
	return "check.nir", nil
}

// ibanLengths are the lengths of account numbers by country (ISO 13616 registry).
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24,
	"DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
	"HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
	"LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
	"QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29,
	"VA": 22, "VG": 24, "XK": 20,
}

// ibanLetters are the countries whose accounts begin with four letters, the bank's.
var ibanLetters = map[string]bool{"BH": true, "GB": true, "GI": true, "IE": true, "JO": true, "KW": true, "LC": true, "LV": true, "MT": true, "NL": true, "PK": true, "PS": true, "QA": true, "RO": true, "SC": true, "VG": true}

func onlyLetters(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

// iban: country, two digits of control, account; 1 modulo 97 once the first four
// characters are put last and letters are read as 10 to 35 (ISO 13616).
func iban(cell []byte, _ *schema.Value) (string, i18n.Args) {
	s := strings.ToUpper(compact(cell, "-"))
	if len(s) < 8 || ibanLengths[s[:2]] != len(s) || ibanLetters[s[:2]] && !onlyLetters(s[4:8]) {
		return "check.iban", nil
	}
	var digits strings.Builder
	for _, r := range s[4:] + s[:4] {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case r >= 'A' && r <= 'Z':
			n := int(r-'A') + 10
			digits.WriteByte(byte('0' + n/10))
			digits.WriteByte(byte('0' + n%10))
		default:
			return "check.iban", nil
		}
	}
	if remainder(digits.String(), 97) != 1 {
		return "check.iban", nil
	}
	return "", nil
}

// bic: bank, country, place, and branch perhaps (ISO 9362).
func bic(cell []byte, _ *schema.Value) (string, i18n.Args) {
	ok := len(cell) == 8 || len(cell) == 11
	for i, c := range cell {
		letter := c >= 'A' && c <= 'Z'
		ok = ok && (letter || c >= '0' && c <= '9' && (i < 4 || i > 5))
	}
	if ok {
		return "", nil
	}
	return "check.bic", nil
}

const vatLetters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// vat: the French number for value added tax: FR perhaps, a key of two
// characters, the SIREN (CGI, article 286 ter).
func vat(cell []byte, _ *schema.Value) (string, i18n.Args) {
	s := strings.TrimPrefix(strings.ToUpper(compact(cell, ".-")), "FR")
	if len(s) != 11 || !onlyDigits(s[2:]) || luhnRest([]byte(s[2:])) != 0 {
		return "check.numero-tva", nil
	}
	number := remainder(s[2:], 1_000_000_000)
	if onlyDigits(s[:2]) {
		if remainder(s[2:]+"12", 97) == remainder(s[:2], 100) {
			return "", nil
		}
		return "check.numero-tva", nil
	}
	a, b := strings.IndexByte(vatLetters, s[0]), strings.IndexByte(vatLetters, s[1])
	if a < 0 || b < 0 {
		return "check.numero-tva", nil
	}
	key := a*34 + b - 100
	if a < 10 {
		key = a*24 + b - 10
	}
	if (number+1+key/11)%11 != key%11 {
		return "check.numero-tva", nil
	}
	return "", nil
}

// taxNumber: the number of a tax payer: thirteen digits of which the last three
// are the rest of the others by 511.
func taxNumber(cell []byte, _ *schema.Value) (string, i18n.Args) {
	s := compact(cell, "")
	if len(s) == 13 && onlyDigits(s) && s[0] <= '3' && remainder(s[:10], 511) == remainder(s[10:], 1000) {
		return "", nil
	}
	return "check.numero-fiscal", nil
}

// tradeRegister: "RCS", the town of the registry, A or B perhaps, a SIREN.
func tradeRegister(cell []byte, _ *schema.Value) (string, i18n.Args) {
	rest, ok := bytes.CutPrefix(cell, []byte("RCS"))
	if ok && len(cell) <= 100 {
		start := bytes.IndexAny(rest, "0123456789")
		if start > 1 {
			town := strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(string(rest[:start])), " A"), " B"))
			key, _ := siren(rest[start:], nil)
			if town != "" && key == "" {
				return "", nil
			}
		}
	}
	return "check.rcs", nil
}

// mobilePhone: a French number of a mobile phone: 06 or 07, or 33 in front.
func mobilePhone(cell []byte, _ *schema.Value) (string, i18n.Args) {
	s := compact(cell, ".-()")
	switch {
	case strings.HasPrefix(s, "+33"):
		s = "0" + strings.TrimPrefix(s[3:], "0")
	case strings.HasPrefix(s, "0033"):
		s = "0" + s[4:]
	case strings.HasPrefix(s, "33") && len(s) == 11:
		s = "0" + s[2:]
	}
	if len(s) == 10 && onlyDigits(s) && s[0] == '0' && (s[1] == '6' || s[1] == '7') {
		return "", nil
	}
	return "check.telephone-mobile", nil
}
