package schema

import (
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dlclark/regexp2"
)

// Verdict is what trying a pattern gives.
type Verdict uint8

const (
	No Verdict = iota
	Yes
	TooSlow
)

const (
	patternTime  = 50 * time.Millisecond // for one cell, with a backtracking pattern
	patternTries = 10                    // cells that may pass it; then the pattern is given up
	maxPattern   = 64 << 10              // bytes
	maxBacktrack = 64 << 10              // bytes of a cell that a backtracking pattern is tried on
)

// Pattern is a regular expression that a whole text must match. Patterns that
// linear time allows run as an automaton; the others (looking ahead, back
// references) through a backtracking engine with a time limit. It may be used
// from several goroutines.
type Pattern struct {
	dfa   *automaton
	fast  *regexp.Regexp
	slow  *regexp2.Regexp
	tries atomic.Int32
}

// CompilePattern reads a pattern of a descriptor. \w and \s mean what they mean
// in XML Schema and Python: letters of any script, every space.
func CompilePattern(p string) (*Pattern, error) {
	if len(p) > maxPattern {
		return nil, fmt.Errorf("pattern of %d bytes", len(p))
	}
	whole := `^(?:` + scripts(p) + `)$`
	fast, err := regexp.Compile(whole)
	if err == nil {
		return &Pattern{fast: fast, dfa: newAutomaton(whole)}, nil
	}
	slow, err := regexp2.Compile(`^(?:`+p+`)\z`, regexp2.None)
	if err != nil {
		return nil, err
	}
	slow.MatchTimeout = patternTime
	return &Pattern{slow: slow}, nil
}

// scripts widens \w, \W and \s to all scripts.
func scripts(p string) string {
	if !strings.Contains(p, `\w`) && !strings.Contains(p, `\s`) && !strings.Contains(p, `\W`) {
		return p
	}
	var b strings.Builder
	class := false
	for i := 0; i < len(p); i++ {
		c := p[i]
		if c != '\\' || i+1 == len(p) {
			if c == '[' && !class {
				class = true
			} else if c == ']' {
				class = false
			}
			b.WriteByte(c)
			continue
		}
		i++
		switch {
		case p[i] == 'w' && class:
			b.WriteString(`\p{L}\p{M}\p{N}_`)
		case p[i] == 'w':
			b.WriteString(`[\p{L}\p{M}\p{N}_]`)
		case p[i] == 'W' && !class:
			b.WriteString(`[^\p{L}\p{M}\p{N}_]`)
		case p[i] == 's' && class:
			b.WriteString(`\s\p{Z}`)
		case p[i] == 's':
			b.WriteString(`[\s\p{Z}]`)
		default:
			b.WriteByte('\\')
			b.WriteByte(p[i])
		}
	}
	return b.String()
}

// Match tries the pattern on the whole of a text.
func (p *Pattern) Match(b []byte) Verdict {
	if p.dfa != nil {
		if ok, sure := p.dfa.match(b); sure {
			if ok {
				return Yes
			}
			return No
		}
	}
	if p.fast != nil {
		if p.fast.Match(b) {
			return Yes
		}
		return No
	}
	if len(b) > maxBacktrack || p.tries.Load() >= patternTries {
		return TooSlow
	}
	ok, err := p.slow.MatchString(string(b))
	switch {
	case err != nil:
		p.tries.Add(1)
		return TooSlow
	case ok:
		return Yes
	}
	return No
}
