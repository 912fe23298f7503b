package schema

import (
	"regexp/syntax"
	"strings"
)

// Sample writes a short text that the pattern matches; false when it finds none.
func (p *Pattern) Sample() (string, bool) {
	if p.fast == nil {
		return "", false
	}
	re, err := syntax.Parse(p.fast.String(), syntax.Perl)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	sample(re.Simplify(), &b)
	s := b.String()
	return s, s != "" && len(s) <= 100 && p.Match([]byte(s)) == Yes
}

func sample(re *syntax.Regexp, b *strings.Builder) {
	if b.Len() > 200 {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(usual(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpAlternate:
		sample(re.Sub[0], b)
	case syntax.OpStar, syntax.OpQuest:
		return // none is enough
	case syntax.OpRepeat:
		for range max(re.Min, 1) {
			sample(re.Sub[0], b)
		}
	default:
		for _, s := range re.Sub {
			sample(s, b)
		}
	}
}

// usual picks a character of a class that people would write.
func usual(ranges []rune) rune {
	for _, want := range "1aAé" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if want >= ranges[i] && want <= ranges[i+1] {
				return want
			}
		}
	}
	if len(ranges) == 0 {
		return 'a'
	}
	return ranges[0]
}
