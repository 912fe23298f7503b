package schema

import (
	"regexp/syntax"
	"sort"
)

// maxStates bounds the automaton of a pattern; a pattern that needs more runs
// through package regexp.
const maxStates = 256

// automaton is a deterministic automaton over bytes of ASCII. A text with other
// bytes, or a pattern with word borders, is for package regexp.
type automaton struct {
	next   [][128]uint16 // state 0 refuses
	accept []bool
	line   [][2]uint64 // of patterns that are one character after another: the sets of characters
}

// newAutomaton builds the automaton of an anchored pattern; nil when it would
// be too large or uses what it does not know.
func newAutomaton(pattern string) *automaton {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil || len(prog.Inst) > 2000 {
		return nil
	}
	b := &automatonBuilder{prog: prog, states: map[string]uint16{}, a: &automaton{}}
	b.a.next = append(b.a.next, [128]uint16{})
	b.a.accept = append(b.a.accept, false)
	start := b.closure([]uint32{uint32(prog.Start)}, true)
	if b.failed {
		return nil
	}
	if _, ok := b.state(start); !ok {
		return nil
	}
	for i := 1; i < len(b.a.next); i++ {
		if !b.fill(i) {
			return nil
		}
	}
	b.a.line = b.a.straight()
	return b.a
}

// straight gives the sets of characters of a pattern of fixed length whose
// characters do not depend on one another, nil for others.
func (a *automaton) straight() (line [][2]uint64) {
	for s := 1; ; {
		var set [2]uint64
		to := uint16(0)
		for c, n := range a.next[s] {
			if n == 0 {
				continue
			}
			if to != 0 && n != to {
				return nil
			}
			to = n
			set[c>>6] |= 1 << (c & 63)
		}
		switch {
		case to == 0 && a.accept[s]:
			return line
		case to == 0, a.accept[s], int(to) <= s, len(line) > 64:
			return nil
		}
		line = append(line, set)
		s = int(to)
	}
}

type automatonBuilder struct {
	prog   *syntax.Prog
	a      *automaton
	states map[string]uint16
	sets   [][]uint32 // of instructions, by state
	failed bool
}

// closure follows the instructions that take no character. The end of the text
// is kept as an instruction: it is looked at when a state is asked to accept.
func (b *automatonBuilder) closure(from []uint32, begin bool) []uint32 {
	seen := map[uint32]bool{}
	var out []uint32
	stack := append([]uint32(nil), from...)
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		in := &b.prog.Inst[pc]
		switch in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, in.Out)
		case syntax.InstEmptyWidth:
			switch syntax.EmptyOp(in.Arg) {
			case syntax.EmptyBeginText:
				if begin {
					stack = append(stack, in.Out)
				}
			case syntax.EmptyEndText:
				out = append(out, pc)
			default:
				b.failed = true
			}
		case syntax.InstFail:
		default:
			out = append(out, pc)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

func (b *automatonBuilder) state(set []uint32) (uint16, bool) {
	if len(set) == 0 {
		return 0, true
	}
	key := make([]byte, 0, len(set)*2)
	for _, pc := range set {
		key = append(key, byte(pc), byte(pc>>8))
	}
	if s, ok := b.states[string(key)]; ok {
		return s, true
	}
	if len(b.a.next) >= maxStates {
		return 0, false
	}
	s := uint16(len(b.a.next))
	b.states[string(key)] = s
	b.sets = append(b.sets, set)
	b.a.next = append(b.a.next, [128]uint16{})
	b.a.accept = append(b.a.accept, b.accepts(set))
	return s, !b.failed
}

// accepts tells whether the end of the text may be here.
func (b *automatonBuilder) accepts(set []uint32) bool {
	seen := map[uint32]bool{}
	stack := append([]uint32(nil), set...)
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		in := &b.prog.Inst[pc]
		switch in.Op {
		case syntax.InstMatch:
			return true
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, in.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.Arg) == syntax.EmptyEndText {
				stack = append(stack, in.Out)
			}
		}
	}
	return false
}

func (b *automatonBuilder) fill(i int) bool {
	set := b.sets[i-1]
	for c := rune(0); c < 128; c++ {
		var out []uint32
		for _, pc := range set {
			in := &b.prog.Inst[pc]
			switch in.Op {
			case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
				if in.MatchRune(c) {
					out = append(out, in.Out)
				}
			}
		}
		if len(out) == 0 {
			continue
		}
		s, ok := b.state(b.closure(out, false))
		if !ok || b.failed {
			return false
		}
		b.a.next[i][c] = s
	}
	return true
}

// match runs over b; sure is false when b has bytes beyond ASCII before the
// outcome is known.
func (a *automaton) match(b []byte) (ok, sure bool) {
	if a.line != nil && len(a.line) == len(b) {
		good := uint64(1)
		for i, c := range b {
			if c >= 128 {
				return false, false
			}
			good &= a.line[i][c>>6] >> (c & 63)
		}
		return good == 1, true
	}
	s := uint16(1)
	for _, c := range b {
		if c >= 128 {
			return false, false
		}
		if s = a.next[s][c]; s == 0 {
			return false, true
		}
	}
	return a.accept[s], true
}
