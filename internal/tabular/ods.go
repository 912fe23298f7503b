package tabular

import (
	"bytes"
	"context"
	"errors"
	"io"

	"socle/internal/errs"
)

// ods is a spreadsheet of OpenDocument (ISO/IEC 26300-1, section 9), read as a
// stream of rows. Rows and cells that are declared many times over and empty cost nothing.
type ods struct {
	zip    *archive
	sheets []sheetInfo
}

func openODS(a *archive) (*ods, error) {
	w := &ods{zip: a}
	if a.has("META-INF/manifest.xml") {
		if err := w.manifest(); err != nil {
			return nil, err
		}
	}
	if err := w.tables(); err != nil {
		return nil, err
	}
	if len(w.sheets) == 0 {
		return nil, fail(errs.Invalid, CodeSource, "tabular.no-sheet", nil)
	}
	return w, nil
}

// manifest tells encrypted documents.
func (w *ods) manifest() error {
	r, err := w.zip.open("META-INF/manifest.xml")
	if err != nil {
		return err
	}
	defer r.Close()
	for x := newXMLScanner(r); ; {
		if err := x.next(); err != nil {
			return nil // a document reads without it
		}
		if x.kind == xmlStart && x.is("encryption-data") {
			return fail(errs.Invalid, CodeSource, "tabular.encrypted", nil)
		}
	}
}

// tables lists the sheets.
func (w *ods) tables() error {
	r, err := w.zip.open("content.xml")
	if err != nil {
		return err
	}
	defer r.Close()
	x := newXMLScanner(r)
	hidden := map[string]bool{} // styles of hidden tables
	style := ""
	for {
		if err := x.next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return truncated(err)
		}
		if x.kind != xmlStart {
			continue
		}
		switch {
		case x.is("style"):
			style = string(x.attr("name"))
		case x.is("table-properties") && string(x.attr("display")) == "false":
			hidden[style] = true
		case x.is("table") && len(w.sheets) < maxSheets:
			w.sheets = append(w.sheets, sheetInfo{name: x.attrText("name"), hidden: hidden[string(x.attr("style-name"))]})
		}
	}
}

func (w *ods) list() []sheetInfo { return w.sheets }

func (w *ods) merged(ctx context.Context, s sheetInfo, last int) ([]mergedRange, error) {
	r, err := w.rows(s)
	if err != nil {
		return nil, err
	}
	defer r.close()
	t := r.(*odsRows)
	var b Batch
	for t.row < last {
		b.reset()
		if _, err := t.next(&b); err != nil {
			break
		}
	}
	return t.merges, ctx.Err()
}

// odsRows reads the rows of a table.
type odsRows struct {
	r      io.ReadCloser
	x      *xmlScanner
	row    int
	again  int // times that the record in last is still to be given
	last   Batch
	text   []byte
	merges []mergedRange
	done   bool

	repeats int // cells given by repetition
}

func (w *ods) rows(s sheetInfo) (rowReader, error) {
	r, err := w.zip.open("content.xml")
	if err != nil {
		return nil, err
	}
	x := newXMLScanner(r)
	for {
		if err := x.next(); err != nil {
			r.Close()
			return nil, truncated(err)
		}
		if x.kind == xmlStart && x.is("table") && x.attrText("name") == s.name {
			return &odsRows{r: r, x: x}, nil
		}
	}
}

func (t *odsRows) close() error { return t.r.Close() }

// next gives the next row; a row repeated many times is given each time if it
// holds something, else once.
func (t *odsRows) next(b *Batch) (int, error) {
	if t.again > 0 {
		t.again--
		t.row++
		for _, c := range t.last.cells {
			b.add(t.last.buf[c.start:c.end])
		}
		return t.row, nil
	}
	for !t.done {
		if err := t.x.next(); errors.Is(err, io.EOF) {
			return 0, truncated(io.ErrUnexpectedEOF)
		} else if err != nil {
			return 0, truncated(err)
		}
		switch {
		case t.x.kind == xmlEnd && t.x.is("table"):
			t.done = true
		case t.x.kind == xmlStart && t.x.is("table"): // a table within a cell
			if err := t.x.skip(); err != nil {
				return 0, truncated(err)
			}
		case t.x.kind == xmlStart && t.x.is("table-row"):
			times := 1
			if n, ok := atoi(t.x.attr("number-rows-repeated")); ok && n > 1 {
				times = n
			}
			if err := t.cells(b); err != nil {
				return 0, truncated(err)
			}
			t.row++
			if t.row > maxRows && !b.nothing() {
				return 0, tooManySheetRows()
			}
			if times > 1 {
				if t.repeats += times * len(b.cells); t.repeats > maxRepeats {
					return 0, bomb("content.xml")
				}
				if b.nothing() {
					t.row += times - 1
				} else {
					t.again = times - 1
					t.last.reset()
					for _, c := range b.cells {
						t.last.add(b.buf[c.start:c.end])
					}
				}
			}
			return t.row, nil
		}
	}
	return 0, io.EOF
}

// nothing: all cells are empty.
func (b *Batch) nothing() bool {
	for _, c := range b.cells {
		if c.end > c.start {
			return false
		}
	}
	return true
}

// cells reads the cells of a row; those empty up to its end are left out.
func (t *odsRows) cells(b *Batch) error {
	empty := 0
	for {
		if err := t.x.next(); err != nil {
			return err
		}
		if t.x.kind == xmlEnd && t.x.is("table-row") {
			return nil
		}
		if t.x.kind != xmlStart || !t.x.is("table-cell") && !t.x.is("covered-table-cell") {
			continue
		}
		times := 1
		if n, ok := atoi(t.x.attr("number-columns-repeated")); ok && n > 1 {
			times = n
		}
		covered := t.x.is("covered-table-cell")
		if n, ok := atoi(t.x.attr("number-columns-spanned")); ok && n > 1 {
			down, _ := atoi(t.x.attr("number-rows-spanned"))
			at := len(b.cells) + empty
			t.merges = append(t.merges, mergedRange{at, at + n - 1, t.row + 1, t.row + max(down, 1)})
		}
		if err := t.cell(covered); err != nil {
			return err
		}
		if len(t.text) == 0 {
			empty += times
			continue
		}
		if len(b.cells)+empty+times > maxColumns {
			return tooManyColumns(t.row + 1)
		}
		for ; empty > 0; empty-- {
			b.add(nil)
		}
		for range times {
			b.add(t.text)
		}
		if len(b.buf) > maxRecord {
			return tooLongRecord(t.row + 1)
		}
	}
}

// cell reads one cell into t.text.
func (t *odsRows) cell(covered bool) error {
	x := t.x
	t.text = t.text[:0]
	typed := true
	switch string(x.attr("value-type")) {
	case "float", "percentage", "currency":
		t.text = appendSerial(t.text, x.attr("value"), plainNumber, 0, false)
	case "date":
		t.text = append(t.text, x.attr("date-value")...)
		if day, clock, ok := bytes.Cut(t.text, []byte("T")); ok && len(bytes.Trim(clock, "0:.")) == 0 && len(day) == 10 {
			t.text = t.text[:10]
		}
	case "time":
		t.text = isoClock(t.text, x.attr("time-value"))
	case "boolean":
		t.text = append(t.text, x.attr("boolean-value")...)
	default:
		typed = false
	}
	paragraphs := 0
	for depth := 1; depth > 0; {
		if err := x.next(); err != nil {
			return err
		}
		switch x.kind {
		case xmlStart:
			switch {
			case x.is("annotation") || x.is("shape") || x.is("frame") || x.is("table"):
				if err := x.skip(); err != nil {
					return err
				}
				continue
			case typed:
			case x.is("p") || x.is("h"):
				if paragraphs++; paragraphs > 1 {
					t.text = append(t.text, '\n')
				}
			case x.is("s"):
				n, ok := atoi(x.attr("c"))
				if !ok {
					n = 1
				}
				t.text = append(t.text, bytes.Repeat([]byte{' '}, min(n, 1000))...)
			case x.is("tab"):
				t.text = append(t.text, '\t')
			case x.is("line-break"):
				t.text = append(t.text, '\n')
			}
			depth++
		case xmlText:
			if !typed && paragraphs > 0 && depth > 1 {
				t.text = appendSpaces(t.text, x)
			}
		case xmlEnd:
			depth--
		}
	}
	if covered {
		t.text = t.text[:0]
	}
	return nil
}

// appendSpaces appends text with its white space collapsed (ISO/IEC 26300-1,
// section 6.1.2).
func appendSpaces(to []byte, x *xmlScanner) []byte {
	from := len(to)
	to = x.appendText(to)
	out := to[:from]
	for _, c := range to[from:] {
		if c == '\n' || c == '\t' || c == '\r' {
			c = ' '
		}
		if c == ' ' && (len(out) == 0 || out[len(out)-1] == ' ' || out[len(out)-1] == '\n') {
			continue
		}
		out = append(out, c)
	}
	return out
}
