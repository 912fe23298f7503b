package duck

import (
	"bytes"
	"context"
	"unicode/utf8"

	"socle/internal/query"
)

// pattern is query.Like's: what comes between its % signs, each a list of
// characters of which some may be any.
type pattern struct {
	pieces [][]rune // anyRune: one character, whichever
	needle []byte   // the longest text that what matches must have
}

const anyRune rune = -1

// newPattern reads a pattern and folds its texts.
func newPattern(text string) *pattern {
	p := &pattern{}
	var piece []rune
	var plain []byte
	end := func() { // of a text
		folded := query.Fold(nil, plain)
		if len(folded) > len(p.needle) {
			p.needle = folded
		}
		piece = append(piece, []rune(string(folded))...)
		plain = plain[:0]
	}
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			plain = utf8.AppendRune(plain, r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '%':
			end()
			p.pieces = append(p.pieces, piece)
			piece = nil
		case r == '_':
			end()
			piece = append(piece, anyRune)
		default:
			plain = utf8.AppendRune(plain, r)
		}
	}
	end()
	p.pieces = append(p.pieces, piece)
	return p
}

// match reports whether the whole of a folded text is as the pattern says.
func (p *pattern) match(text []byte) bool {
	rest, ok := eat(p.pieces[0], text)
	if !ok || len(p.pieces) == 1 {
		return ok && len(rest) == 0
	}
	last := p.pieces[len(p.pieces)-1]
	for _, piece := range p.pieces[1 : len(p.pieces)-1] {
		if rest, ok = seek(piece, rest); !ok {
			return false
		}
	}
	// The last one ends the text: as many characters as it has.
	n := utf8.RuneCount(rest) - len(last)
	for ; n > 0; n-- {
		_, w := utf8.DecodeRune(rest)
		rest = rest[w:]
	}
	if n < 0 {
		return false
	}
	rest, ok = eat(last, rest)
	return ok && len(rest) == 0
}

// eat takes a piece from the beginning of a text.
func eat(piece []rune, text []byte) (rest []byte, ok bool) {
	for _, want := range piece {
		r, w := utf8.DecodeRune(text)
		if w == 0 || want != anyRune && r != want {
			return nil, false
		}
		text = text[w:]
	}
	return text, true
}

// seek takes the first place in the text that is as the piece says.
func seek(piece []rune, text []byte) (rest []byte, ok bool) {
	for {
		if rest, ok := eat(piece, text); ok {
			return rest, true
		}
		_, w := utf8.DecodeRune(text)
		if w == 0 {
			return nil, false
		}
		text = text[w:]
	}
}

// likeText finds the rows of which the cell of one column, the cell-th of
// text.bin, is as a pattern says; cells without value are as empty ones.
func likeText(ctx context.Context, dir string, rows int64, cell int, like *pattern) (bitset, error) {
	return eachLine(ctx, dir, rows, like.needle, func(line []byte) bool { return like.match(cellOf(line, cell)) })
}

// cellOf is the cell-th text of a line of text.bin.
func cellOf(line []byte, cell int) []byte {
	for range cell {
		_, line, _ = bytes.Cut(line, []byte{cellEnd})
	}
	if end := bytes.IndexByte(line, cellEnd); end >= 0 {
		return line[:end]
	}
	return line
}
