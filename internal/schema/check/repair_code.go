package check

import (
	"strconv"
	"strings"
	"unicode"

	"socle/internal/cog"
	"socle/internal/i18n"
	"socle/internal/phone"
	"socle/internal/schema"
)

// codeKind is an official code that a column holds.
type codeKind string

const (
	kindNone        codeKind = ""
	kindSIRET       codeKind = "siret"
	kindSIREN       codeKind = "siren"
	kindCommune     codeKind = "commune"
	kindPostal      codeKind = "postal"
	kindDepartement codeKind = "departement"
	kindRegion      codeKind = "region"
	kindPhone       codeKind = "phone"
)

// codeLengths gives how many characters a code has, and how many zeros in front
// a spreadsheet can have eaten.
var codeLengths = map[codeKind]struct{ length, zeros int }{
	kindSIRET: {14, 3}, kindSIREN: {9, 3}, kindCommune: {5, 1}, kindPostal: {5, 1}, kindDepartement: {2, 1}, kindRegion: {2, 1},
}

// codeOf tells the code of a field: by the checks that the schema asks for, by
// the French format, else by the words of its name.
func codeOf(s *schema.Schema, f *schema.Field) codeKind {
	for _, c := range s.Checks {
		if column, _ := c.Params["column"].(string); column != f.Name {
			continue
		}
		switch c.Name {
		case "french-siret-value":
			return kindSIRET
		case "french-siren-value":
			return kindSIREN
		case "phone-number-value":
			return kindPhone
		}
	}
	switch f.FrenchFormat {
	case "siret":
		return kindSIRET
	case "siren":
		return kindSIREN
	case "code-commune-insee":
		return kindCommune
	case "code-postal":
		return kindPostal
	case "code-departement":
		return kindDepartement
	case "code-region":
		return kindRegion
	}
	if f.Type != schema.String && f.Type != schema.Any {
		return kindNone
	}
	return codeNamed(f.Name)
}

func codeNamed(name string) codeKind {
	k := key(name)
	switch {
	case strings.Contains(k, "siret"):
		return kindSIRET
	case strings.Contains(k, "siren"):
		return kindSIREN
	case strings.Contains(k, "codepostal"), strings.HasSuffix(k, "postcode"):
		return kindPostal
	case strings.Contains(k, "insee"), k == "codecommune", k == "codecom":
		return kindCommune
	case k == "codedepartement", k == "codedep", k == "departementcode":
		return kindDepartement
	case k == "coderegion", k == "codereg", k == "regioncode":
		return kindRegion
	case strings.HasSuffix(k, "telephone"), strings.HasSuffix(k, "tel"):
		return kindPhone
	}
	return kindNone
}

// knownCode reports whether a value is a code of the kind that can exist.
func knownCode(k codeKind, s string) bool {
	switch k {
	case kindSIRET:
		return allDigits(s, 14) && passes(siret, s)
	case kindSIREN:
		return allDigits(s, 9) && passes(siren, s)
	case kindCommune:
		return cog.IsCommune(s) || cog.IsFormer(s)
	case kindPostal:
		return cog.IsPostalCode(s)
	case kindDepartement:
		_, ok := cog.Departement(s)
		return ok
	case kindRegion:
		_, ok := cog.Region(s)
		return ok
	case kindPhone:
		n, ok := phone.Parse(s)
		return ok && n.Valid()
	}
	return true
}

// passes tells whether a check of one cell finds nothing wrong.
func passes(judge func([]byte, *schema.Value) (string, i18n.Args), s string) bool {
	wrong, _ := judge([]byte(s), nil)
	return wrong == ""
}

func allDigits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

// codeMarks takes away what people put between the characters of a code.
var codeMarks = strings.NewReplacer(" ", "", ".", "", "-", "", "'", "", "_", "", "\"", "")

// repairCode mends codes that a spreadsheet or a careful typist changed: spaces
// and points inside, decimals behind, zeros lost in front, scientific notation
// that kept every digit, small letters. A code whose digits are lost has no repair.
func repairCode(m *mender, s string) []proposal {
	var out []proposal
	bare := codeMarks.Replace(s)
	if whole, decimals, found := cutDecimals(s); found && strings.Trim(decimals, "0") == "" && strings.Trim(whole, "0123456789") == "" && whole != "" {
		out = append(out, proposal{"code-decimals", true, whole}, proposal{"leading-zero", true, padCode(m.code, whole)})
	}
	if m.code == kindPhone {
		return append(out, repairPhone(s)...)
	}
	if digits, ok := unscientific(s, codeLengths[m.code].length); ok {
		out = append(out, proposal{"code-scientific", true, digits})
	}
	switch {
	case m.code != kindNone:
		out = append(out, proposal{"code-spaces", true, bare})
	case m.tight() && strings.ContainsAny(s, "0123456789"): // a code by its pattern: only spaces may go
		out = append(out, proposal{"code-spaces", true, strings.ReplaceAll(s, " ", "")})
	}
	if padded := padCode(m.code, bare); padded != bare {
		out = append(out, proposal{"leading-zero", true, padded})
	}
	if m.code != kindNone {
		for _, v := range []string{strings.ToUpper(bare), padCode(m.code, strings.ToUpper(bare))} {
			out = append(out, proposal{"letter-case", true, v})
		}
	}
	if m.field.Constraints.Pattern != "" {
		for _, v := range []string{strings.ToUpper(s), strings.ToLower(s), capitals(s)} {
			out = append(out, proposal{"letter-case", true, v})
		}
		if m.tight() {
			out = append(out, proposal{"letter-case", true, strings.ToUpper(strings.ReplaceAll(s, " ", ""))})
		}
	}
	return out
}

// tight tells that the pattern of the field admits no space: its values are codes,
// not words.
func (m *mender) tight() bool {
	p := m.field.Constraints.Pattern
	return p != "" && !strings.Contains(p, " ") && !strings.Contains(p, `\s`)
}

// capitals writes a name with a capital at the start of each of its parts only.
func capitals(s string) string {
	start := true
	return strings.Map(func(r rune) rune {
		defer func() { start = !unicode.IsLetter(r) }()
		if start {
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, s)
}

// cutDecimals parts "21310988700017.0" at the point or comma.
func cutDecimals(s string) (whole, decimals string, found bool) {
	if whole, decimals, found = strings.Cut(s, "."); found {
		return whole, decimals, true
	}
	return strings.Cut(s, ",")
}

// padCode puts back the zeros that a code lost in front; the text itself when it
// has lost none or too many.
func padCode(k codeKind, s string) string {
	l, ok := codeLengths[k]
	if !ok || s == "" || len(s) >= l.length || len(s) < l.length-l.zeros || !isDigit(s[0]) {
		return s
	}
	return strings.Repeat("0", l.length-len(s)) + s
}

// unscientific writes 2.1310988700017E+13 in full when no digit is lost: the
// mantissa holds as many digits as the code.
func unscientific(s string, length int) (string, bool) {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(s), "E")
	exponent = strings.TrimPrefix(exponent, "+")
	if !found || length == 0 || strings.Trim(exponent, "0123456789") != "" || exponent == "" {
		return "", false
	}
	whole, decimals, _ := cutDecimals(mantissa)
	digits := whole + decimals
	if len(whole) != 1 || strings.Trim(digits, "0123456789") != "" || len(digits) != length {
		return "", false
	}
	if n := strings.TrimLeft(exponent, "0"); n != strconv.Itoa(length-1) {
		return "", false
	}
	return digits, true
}

// repairPhone gives back the zero or the plus sign that a spreadsheet took.
func repairPhone(s string) []proposal {
	bare := strings.NewReplacer(" ", "", ".", "", "-", "", "/", "", "(0)", "").Replace(s)
	var out []proposal
	switch {
	case allDigits(bare, 9) && bare[0] != '0':
		out = append(out, proposal{"leading-zero", true, "0" + bare})
	case allDigits(bare, 11) && strings.HasPrefix(bare, "33"):
		out = append(out, proposal{"phone", true, "+" + bare})
	case strings.HasPrefix(bare, "0033"):
		out = append(out, proposal{"phone", true, "+" + bare[2:]})
	}
	out = append(out, proposal{"phone", true, bare})
	// Two numbers in one cell: the first is kept, and a person is asked.
	for _, sep := range []string{"/", " ou ", ";", ","} {
		if first, _, found := strings.Cut(s, sep); found {
			out = append(out, proposal{"phone-first", false, strings.TrimSpace(first)})
		}
	}
	if n, ok := phone.Parse(s); ok && n.Valid() {
		out = append(out, proposal{"phone", true, n.E164()})
	}
	return out
}
