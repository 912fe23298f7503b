package check

import (
	"strings"

	"socle/internal/tabular"
)

// A row that is no record is proposed for removal by one of these.
const (
	rowKept     = ""
	rowBlank    = "empty-rows"
	rowHeader   = "repeated-header"
	rowTotal    = "total-lines"
	rowFootnote = "footnotes"
)

// rowRepair tells why a row should go, rowKept when it should stay.
func (d *desk) rowRepair(b *tabular.Batch, i int) string {
	filled, first, firstAt := 0, "", -1
	for j := range b.Width(i) {
		if cell := b.Cell(i, j); !blankCell(cell) {
			if filled++; firstAt < 0 {
				firstAt, first = j, string(cell[:min(len(cell), 200)])
			}
		}
	}
	switch {
	case filled == 0:
		return rowBlank
	case filled > 1 && first == d.label(firstAt) && d.sameAsHeader(b, i):
		return rowHeader
	case d.isTotal(b, i, firstAt, first):
		return rowTotal
	case filled == 1 && firstAt == 0 && len(d.columns) > 2 && footnote(first):
		return rowFootnote
	}
	return rowKept
}

func blankCell(cell []byte) bool {
	for _, c := range cell {
		switch {
		case c == ' ' || c == '\t':
		case c < 0x80:
			return false
		default: // perhaps a fixed space
			return len(cell) < 64 && clean(string(cell)) == ""
		}
	}
	return true
}

func (d *desk) label(j int) string {
	if j < 0 || j >= len(d.columns) {
		return ""
	}
	return d.columns[j].label
}

func (d *desk) sameAsHeader(b *tabular.Batch, i int) bool {
	if d.headless {
		return false
	}
	for j := range d.columns {
		if string(b.Cell(i, j)) != d.columns[j].label {
			return false
		}
	}
	return true
}

// isTotal sees a line that sums the others up: its first word says so, its other
// cells are numbers or empty, and a value that the schema requires is missing or wrong.
func (d *desk) isTotal(b *tabular.Batch, i, firstAt int, first string) bool {
	switch c := first[0]; {
	case len(first) > 40, c != 'T' && c != 't' && c != 'S' && c != 's' && c != 'E' && c != 'e' && c != ' ':
		return false
	}
	k := key(first)
	if !strings.HasPrefix(k, "total") && !strings.HasPrefix(k, "soustotal") && k != "ensemble" {
		return false
	}
	for j := firstAt + 1; j < b.Width(i); j++ {
		if cell := b.Cell(i, j); !blankCell(cell) {
			if _, ok := readNumber(clean(string(cell))); !ok {
				return false
			}
		}
	}
	for j := range d.columns {
		if m := d.columns[j].mend; m != nil && !m.obeys(b.Cell(i, j)) {
			return true
		}
	}
	return false
}

var noteWords = []string{"source", "note", "nb", "legende", "champ", "lecture", "remarque", "attention", "donnees", "mise a jour", "extraction", "edite le", "fin de", "(1)", "*"}

func footnote(s string) bool {
	text := fold(s)
	for _, w := range noteWords {
		if rest, ok := strings.CutPrefix(text, w); ok && (rest == "" || strings.HasPrefix(w, "*") || strings.HasPrefix(w, "(") || !isLetter(rest[0])) {
			return true
		}
	}
	return false
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }

// joined mends a row with too many cells, where a delimiter inside a text was
// not quoted: it finds the one place where joining neighbours makes every cell
// right. The cells after the last column must be filled: empty ones are no shift.
func (d *desk) joined(b *tabular.Batch, i int) (cells []string, column int, ok bool) {
	width, n := b.Width(i), len(d.columns)
	extra := width - n
	if extra < 1 || extra > 8 || n > 400 || d.delimiter == "" || blankCell(b.Cell(i, width-1)) && d.rightAt(b, i, -1, 0) {
		return nil, 0, false
	}
	at := -1
	for p := range n {
		if !d.textual(p) || !d.rightAt(b, i, p, extra) {
			continue
		}
		if at >= 0 {
			return nil, 0, false
		}
		at = p
	}
	if at < 0 {
		return nil, 0, false
	}
	for j := range n {
		cells = append(cells, d.shifted(b, i, j, at, extra))
	}
	return cells, at, true
}

// textual tells whether a column may hold a text with a delimiter in it.
func (d *desk) textual(j int) bool {
	m := d.columns[j].mend
	return m == nil || typeIn(textTypes, m.field.Type) && m.code == kindNone
}

// shifted is the cell of column j when the cells from at to at+extra are one.
func (d *desk) shifted(b *tabular.Batch, i, j, at, extra int) string {
	switch {
	case at < 0 || j < at:
		return string(b.Cell(i, j))
	case j > at:
		return string(b.Cell(i, j+extra))
	}
	parts := make([]string, extra+1)
	for k := range parts {
		parts[k] = string(b.Cell(i, j+k))
	}
	return strings.Join(parts, d.delimiter)
}

func (d *desk) rightAt(b *tabular.Batch, i, at, extra int) bool {
	for j := range d.columns {
		m := d.columns[j].mend
		if m == nil {
			continue
		}
		if cell := d.shifted(b, i, j, at, extra); !m.obeys([]byte(cell)) {
			if _, mendable := m.propose(cell); !mendable {
				return false
			}
		}
	}
	return true
}
