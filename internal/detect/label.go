package detect

import (
	"strings"
	"unicode"

	"socle/internal/cog"
)

// foldText is a text in small letters without accents, spaces single.
func foldText(s string) string {
	if strings.HasSuffix(s, ".") {
		return cog.FoldName(s) + "."
	}
	return cog.FoldName(s)
}

// labelWords parts a label into words: at marks, between small letters and
// capitals, between letters and digits; accents and case apart.
func labelWords(s string) []string {
	var b strings.Builder
	var before rune
	for _, r := range s {
		switch {
		case unicode.IsUpper(r) && unicode.IsLower(before), unicode.IsDigit(r) != unicode.IsDigit(before) && unicode.IsLetter(before):
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return strings.Fields(cog.FoldName(b.String()))
}

// words gives each label the weight 1.
func words(labels ...string) map[string]float64 {
	m := make(map[string]float64, len(labels))
	for _, l := range labels {
		m[l] = 1
	}
	return m
}

// weigh takes labels and weights by turns.
func weigh(pairs ...any) map[string]float64 {
	m := make(map[string]float64, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		label, _ := pairs[i].(string)
		switch w := pairs[i+1].(type) {
		case int:
			m[label] = float64(w)
		case float64:
			m[label] = w
		}
	}
	return m
}

// fits tells how well a label suits a meaning: the weight of the label when it is
// one of its words, three quarters of it when the words are part of the label.
func (k *kind) fits(label []string) float64 {
	whole := strings.Join(label, " ")
	best := 0.0
	for l, w := range k.labels {
		switch {
		case l == whole, strings.ReplaceAll(l, " ", "") == strings.ReplaceAll(whole, " ", ""):
			best = max(best, w)
		case len(l) > 2 && strings.Contains(" "+whole+" ", " "+l+" "):
			best = max(best, 0.75*w)
		case len(l) > 4 && strings.Contains(strings.ReplaceAll(whole, " ", ""), strings.ReplaceAll(l, " ", "")):
			best = max(best, 0.6*w)
		}
	}
	return best
}
