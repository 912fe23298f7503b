package check

import (
	"strings"
)

// figure is a number read from a cell as people write it.
type figure struct {
	text    string // digits, perhaps "-" in front and a point: what Table Schema reads
	unit    string // what stood around it: €, kg, %
	comma   bool   // a comma was read as the decimal separator
	grouped bool   // thousands were parted
	guessed bool   // "1,234" or "1.234": a decimal separator or thousands
	swapped string // the other reading when guessed
}

// readNumber reads numbers with a decimal comma, parted thousands (spaces of any
// kind, apostrophes, points, commas), a sign before or behind, brackets for a
// negative amount, a currency or a unit. The text has been through clean.
func readNumber(s string) (figure, bool) {
	f := figure{}
	negative := false
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		negative, s = true, strings.TrimSpace(s[1:len(s)-1])
	}
	s, f.unit = cutUnit(s)
	switch {
	case strings.HasPrefix(s, "-"):
		negative, s = !negative, s[1:]
	case strings.HasPrefix(s, "+"):
		s = s[1:]
	case len(s) > 1 && strings.HasSuffix(s, "-"):
		negative, s = !negative, s[:len(s)-1]
	}
	s = strings.TrimSpace(s)
	if s == "" || !isDigit(s[len(s)-1]) && s[len(s)-1] != ',' || !isDigit(s[0]) && s[0] != ',' && s[0] != '.' {
		return figure{}, false
	}
	for i := range len(s) {
		if !isDigit(s[i]) && !strings.ContainsRune(" .,'_", rune(s[i])) {
			return figure{}, false
		}
	}
	if !f.digits(s) {
		return figure{}, false
	}
	if negative {
		f.text = "-" + f.text
		if f.swapped != "" {
			f.swapped = "-" + f.swapped
		}
	}
	return f, true
}

// digits decides what the separators of a number are.
func (f *figure) digits(s string) bool {
	for _, sep := range []string{" ", "'", "_"} {
		if !strings.Contains(s, sep) {
			continue
		}
		whole, decimals := s, ""
		if i := strings.LastIndexAny(s, ".,"); i >= 0 {
			whole, decimals = s[:i], s[i:]
		}
		if !groups(whole, sep) {
			return false
		}
		f.grouped = true
		s = strings.ReplaceAll(whole, sep, "") + decimals
	}
	if strings.ContainsAny(s, " '_") {
		return false
	}
	points, commas := strings.Count(s, "."), strings.Count(s, ",")
	switch {
	case points+commas == 0:
		f.text = s
		return true
	case points > 0 && commas > 0:
		decimal, thousands := ",", "."
		if strings.LastIndex(s, ".") > strings.LastIndex(s, ",") {
			decimal, thousands = ".", ","
		}
		if f.grouped || strings.Count(s, decimal) > 1 {
			return false
		}
		whole, rest, _ := strings.Cut(s, decimal)
		if !groups(whole, thousands) {
			return false
		}
		f.grouped, f.comma = true, decimal == ","
		f.text = decimalText(strings.ReplaceAll(whole, thousands, ""), rest)
		return true
	case points+commas > 1:
		sep := ","
		if points > 0 {
			sep = "."
		}
		if f.grouped || !groups(s, sep) {
			return false
		}
		f.grouped = true
		f.text = strings.ReplaceAll(s, sep, "")
		return true
	}
	whole, rest, _ := strings.Cut(strings.ReplaceAll(s, ",", "."), ".")
	f.comma = commas == 1
	f.text = decimalText(whole, rest)
	if !f.grouped && len(rest) == 3 && len(whole) >= 1 && len(whole) <= 3 && whole[0] != '0' {
		f.guessed, f.swapped = true, whole+rest
	}
	return true
}

func decimalText(whole, rest string) string {
	if whole == "" {
		whole = "0"
	}
	if rest == "" {
		return whole
	}
	return whole + "." + rest
}

// groups reports whether the digits are parted by threes from the right.
func groups(s, sep string) bool {
	parts := strings.Split(s, sep)
	if len(parts) < 2 || len(parts[0]) < 1 || len(parts[0]) > 3 {
		return false
	}
	for _, p := range parts[1:] {
		if len(p) != 3 {
			return false
		}
	}
	return true
}

// cutUnit parts a number from the currency or unit before or behind it. A unit
// is at most ten characters without digit.
func cutUnit(s string) (number, unit string) {
	end := len(s)
	for end > 0 && !isDigit(s[end-1]) && s[end-1] != ',' && s[end-1] != '.' {
		end--
	}
	tail := strings.TrimSpace(s[end:])
	if tail == "-" || len([]rune(tail)) > 10 || strings.ContainsAny(tail, " ") && len(strings.Fields(tail)) > 2 {
		return s, ""
	}
	start := 0
	for start < end && !isDigit(s[start]) && !strings.ContainsRune("-+.,", rune(s[start])) {
		start++
	}
	head := strings.TrimSpace(s[:start])
	if head != "" && !currencies[fold(head)] || head != "" && tail != "" {
		return s, ""
	}
	return strings.TrimSpace(s[start:end]), head + tail
}

var currencies = map[string]bool{"€": true, "eur": true, "euro": true, "euros": true, "$": true, "usd": true, "£": true, "gbp": true, "chf": true}

// currency reports whether a unit is a sign or name of money that changes no digit.
func currency(unit string) bool {
	u := fold(unit)
	return currencies[u] || u == "€ ttc" || u == "€ ht" || u == "euros ttc" || u == "euros ht"
}
