package check

import (
	"bytes"

	"socle/internal/tabular"
)

// Keys of what is told of a text that was read well, and may still not be what
// was meant.
const (
	keyOpenQuote = "check.source-error.open-quote"
	keyNoRows    = "check.source-error.no-rows"
)

// quotesAreText tells whether the marks of a delimited text are read as text,
// since they do not surround cells.
func quotesAreText(i tabular.Info) bool { return i.Delimiter != "" && i.Quote == "" }

// lookForQuotes warns of cells that open a quotation mark and do not close it.
func (p *plan) lookForQuotes(b *tabular.Batch, t *part) {
	for i := range b.Len() {
		for j := range b.Width(i) {
			cell := b.Cell(i, j)
			if len(cell) == 0 || cell[0] != '"' || bytes.Count(cell, []byte{'"'})%2 == 0 {
				continue
			}
			t.add(p, b, i, Fault{Code: CodeSource, Column: j + 1, Field: p.columnName(j + 1), Cell: string(cell), HasCell: true, Key: keyOpenQuote, field: -1})
		}
	}
}
