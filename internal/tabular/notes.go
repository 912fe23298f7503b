package tabular

import (
	"bytes"
	"strings"
)

// footnotes recognises the records after the data that are none: sources, notes,
// dates of edition. Lines of totals are data.
type footnotes struct {
	columns int
	off     bool
	typical int // cells filled in most records
}

const mostFootnotes = 25

// trim cuts blank lines and footnotes from the end of the last batch.
func (f *footnotes) trim(j *job) {
	b := &j.batch
	n := b.Len()
	for n > 0 && (b.Width(n-1) == 0 || b.Width(n-1) == 1 && string(b.Cell(n-1, 0)) == "\x1a") { // the end of file of DOS
		n--
	}
	if f == nil || f.off || f.columns < 2 {
		b.cut(n)
		return
	}
	keep := n
search:
	for i := n - 1; i >= 0 && n-i <= mostFootnotes; i-- {
		text, at, cells, words := b.only(i)
		if cells == 0 {
			continue
		}
		apart := i > 0 && b.Blank(i-1) || keep < n // of the data
		switch {
		case cells == 1 && (at == 0 || f.columns <= 2) && f.note(text, apart, b.Width(i)):
		case cells <= 3 && at == 0 && words && apart && f.typical >= 2 && noted(text):
		case cells <= 2 && words && apart && f.typical >= 4 && !total(text):
		default:
			break search // data
		}
		keep = i
	}
	for keep < n && keep > 0 && b.Blank(keep-1) {
		keep--
	}
	j.foot = n - keep
	b.cut(keep)
}

// only returns the first filled cell of a record, where it is, how many are
// filled, and whether all of them are words.
func (b *Batch) only(i int) (text []byte, at, cells int, words bool) {
	words = true
	for k := range b.Width(i) {
		if c := bytes.TrimSpace(b.Cell(i, k)); len(c) > 0 {
			if cells == 0 {
				at, text = k, c
			}
			cells++
			words = words && kindOf(c) == kindText
		}
	}
	return text, at, cells, words
}

// Blank reports whether all cells of a record are empty.
func (b *Batch) Blank(i int) bool {
	for k := range b.Width(i) {
		if len(bytes.TrimSpace(b.Cell(i, k))) > 0 {
			return false
		}
	}
	return true
}

var noteWords = []string{"source", "note", "nb ", "nb:", "n.b", "remarque", "champ", "lecture", "légende", "legende", "(1)", "(2)", "(3)", "(*)", "*", "©", "mise à jour", "mis à jour", "maj ", "édité", "edite", "extrait", "extraction", "export", "généré", "données", "attention", "pour plus", "voir ", "copyright", "licence", "auteur", "producteur", "contact", "footnote", "notes"}

// total: the text begins a line that sums up others, which is data.
func total(text []byte) bool {
	low := strings.ToLower(string(text))
	for _, w := range []string{"total", "sous-total", "somme", "moyenne", "ensemble"} {
		if strings.HasPrefix(low, w) {
			return true
		}
	}
	return false
}

// noted: the text begins as notes do.
func noted(text []byte) bool {
	low := strings.ToLower(string(text))
	for _, w := range noteWords {
		if strings.HasPrefix(low, w) && (strings.HasPrefix(low, "*") || len(strings.Fields(low)) > 1) {
			return true
		}
	}
	return false
}

// note reports whether a text that is alone in its record is a footnote. alone:
// a blank record stands between it and the data.
func (f *footnotes) note(text []byte, alone bool, width int) bool {
	low := strings.ToLower(string(text))
	if total(text) {
		return false
	}
	if k := kindOf(text); k == kindNumber || k == kindDate {
		return false
	}
	if f.typical < 2 {
		return false
	}
	words := len(strings.Fields(low))
	if noted(text) {
		return true
	}
	return (width == 1 && f.columns > 2 || f.typical > 2) && (alone && words >= 2 || words >= 4)
}
