package query

import (
	"cmp"

	"socle/internal/tabular"
)

// Matches reports whether a text, as the cell is written, has the form of the pattern.
func (e Like) Matches(text string) bool {
	return like([]rune(string(Fold(nil, []byte(text)))), likeParts(e.Pattern))
}

// likeParts are the runes of a folded pattern; anyText and anyRune stand for the wildcards.
const (
	anyText rune = -1
	anyRune rune = -2
)

func likeParts(pattern string) (out []rune) {
	runes := []rune(pattern)
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; {
		case r == '%':
			out = append(out, anyText)
			continue
		case r == '_':
			out = append(out, anyRune)
			continue
		case r == '\\' && i+1 < len(runes):
			i++
		}
		out = append(out, []rune(string(Fold(nil, []byte(string(runes[i])))))...)
	}
	return out
}

// like walks the text once for each run between wildcards.
func like(text, pattern []rune) bool {
	t, p, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == anyText:
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == anyRune || pattern[p] == text[t]):
			t++
			p++
		case star >= 0:
			from++
			t, p = from, star+1
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == anyText {
		p++
	}
	return p == len(pattern)
}

// Matches reports whether a date or a timestamp has such a part.
func (e Part) Matches(v Value) bool {
	t, ok := v.instant()
	if !ok {
		return false
	}
	n := map[Unit]int{MonthOfYear: int(t.Month()), DayOfMonth: t.Day(), Weekday: (int(t.Weekday())+6)%7 + 1, Hour: t.Hour(), Minute: t.Minute(), Second: t.Second()}[e.Part]
	order := cmp.Compare(int64(n), e.Value)
	return v.Kind != tabular.Text && map[Op]bool{Eq: order == 0, Ne: order != 0, Lt: order < 0, Le: order <= 0, Gt: order > 0, Ge: order >= 0}[e.Op]
}
