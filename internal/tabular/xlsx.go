package tabular

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"socle/internal/errs"
)

// xlsx is a workbook of Office Open XML (ECMA-376, part 1, section 18), read as a
// stream of rows: sheets are not held in memory, shared strings are.
type xlsx struct {
	zip     *archive
	sheets  []sheetInfo
	strings sharedStrings
	formats []numberKind // by cell style
	base    int          // day of serial 0 since 1970-01-01
	mac     bool         // days are counted from 1904
}

// sheetInfo is a sheet of a workbook.
type sheetInfo struct {
	name   string
	part   string
	hidden bool
	size   uint64 // of its part, unpacked
}

const (
	maxSharedStrings = 256 << 20 // bytes
	maxSheets        = 2000
	dayOf1900        = -25569 // 1899-12-30
	dayOf1904        = -24107 // 1904-01-01
)

// openXLSX reads what all sheets need.
func openXLSX(a *archive) (*xlsx, error) {
	w := &xlsx{zip: a, base: dayOf1900}
	book := "xl/workbook.xml"
	if rels, err := w.relations("_rels/.rels", ""); err == nil {
		for _, r := range rels {
			if strings.HasSuffix(r.kind, "/officeDocument") && a.has(r.target) {
				book = r.target
			}
		}
	}
	if strings.HasSuffix(book, ".bin") {
		return nil, fail(errs.Invalid, CodeFormat, "tabular.xlsb", nil)
	}
	rels, err := w.relations(path.Join(path.Dir(book), "_rels", path.Base(book)+".rels"), path.Dir(book))
	if err != nil {
		return nil, err
	}
	if err := w.workbook(book, rels); err != nil {
		return nil, err
	}
	for _, r := range rels {
		switch {
		case strings.HasSuffix(r.kind, "/styles") && a.has(r.target):
			err = w.styles(r.target)
		case strings.HasSuffix(r.kind, "/sharedStrings") && a.has(r.target):
			err = w.strings.read(a, r.target)
		}
		if err != nil {
			return nil, err
		}
	}
	return w, nil
}

// relation links a part to another.
type relation struct{ id, kind, target string }

func (w *xlsx) relations(part, dir string) (map[string]relation, error) {
	out := map[string]relation{}
	err := w.eachTag(part, func(x *xmlScanner) error {
		if x.is("Relationship") {
			target := strings.ReplaceAll(x.attrText("Target"), `\`, "/")
			if strings.HasPrefix(target, "/") {
				target = target[1:]
			} else {
				target = path.Join(dir, target)
			}
			id := x.attrText("Id")
			out[id] = relation{id, x.attrText("Type"), target}
		}
		return nil
	})
	return out, err
}

// eachTag calls do for each start tag of a part.
func (w *xlsx) eachTag(part string, do func(*xmlScanner) error) error {
	r, err := w.zip.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	x := newXMLScanner(r)
	for {
		if err := x.next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return truncated(err)
		}
		if x.kind == xmlStart {
			if err := do(x); err != nil {
				return err
			}
		}
	}
}

func (w *xlsx) workbook(part string, rels map[string]relation) error {
	err := w.eachTag(part, func(x *xmlScanner) error {
		switch {
		case x.is("workbookPr"):
			if v := string(x.attr("date1904")); v == "1" || v == "true" {
				w.base, w.mac = dayOf1904, true
			}
		case x.is("sheet") && len(w.sheets) < maxSheets:
			r := rels[x.attrText("id")]
			s := sheetInfo{name: x.attrText("name"), part: r.target, hidden: len(x.attr("state")) > 0 && string(x.attr("state")) != "visible"}
			if strings.HasSuffix(r.kind, "/worksheet") && w.zip.has(s.part) {
				s.size = w.zip.names[strings.ToLower(s.part)].UncompressedSize64
				w.sheets = append(w.sheets, s)
			}
		}
		return nil
	})
	if err == nil && len(w.sheets) == 0 {
		return fail(errs.Invalid, CodeSource, "tabular.no-sheet", nil)
	}
	return err
}

// styles reads which cell styles show dates and times.
func (w *xlsx) styles(part string) error {
	custom := map[string]numberKind{}
	inside := false
	return w.eachTag(part, func(x *xmlScanner) error {
		switch {
		case x.is("numFmt"):
			custom[string(x.attr("numFmtId"))] = kindOfFormat(x.attrText("formatCode"))
		case x.is("cellXfs"):
			inside = true
		case x.is("cellStyles"), x.is("dxfs"), x.is("cellStyleXfs"):
			inside = false
		case x.is("xf") && inside && len(w.formats) < 1<<17:
			id := string(x.attr("numFmtId"))
			k, ok := custom[id]
			if !ok {
				n, _ := strconv.Atoi(id)
				k = kindOfBuiltin(n)
			}
			w.formats = append(w.formats, k)
		}
		return nil
	})
}

// sharedStrings is the table of strings, end to end.
type sharedStrings struct {
	text []byte
	ends []uint32
}

func (s *sharedStrings) read(a *archive, part string) error {
	r, err := a.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	x := newXMLScanner(r)
	for {
		if err := x.next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return truncated(err)
		}
		if x.kind != xmlStart || !x.is("si") {
			continue
		}
		if s.text, err = richText(x, s.text, "si"); err != nil {
			return truncated(err)
		}
		if len(s.text) > maxSharedStrings {
			return bomb("sharedStrings.xml")
		}
		s.ends = append(s.ends, uint32(len(s.text)))
	}
}

func (s *sharedStrings) at(i int) []byte {
	if i < 0 || i >= len(s.ends) {
		return nil
	}
	start := uint32(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.text[start:s.ends[i]]
}

// richText appends the runs of text up to the end of an element; phonetic runs
// are left out.
func richText(x *xmlScanner, to []byte, element string) ([]byte, error) {
	start := len(to)
	inside := false
	for {
		if err := x.next(); err != nil {
			return to, err
		}
		switch x.kind {
		case xmlStart:
			if x.is("rPh") {
				if err := x.skip(); err != nil {
					return to, err
				}
			} else {
				inside = x.is("t")
			}
		case xmlText:
			if inside {
				to = x.appendText(to)
			}
		case xmlEnd:
			inside = false
			if x.is(element) {
				return unescapeX(to, start), nil
			}
		}
	}
}

// unescapeX resolves _xHHHH_ in place from start on (ECMA-376, part 1, section
// 22.9.2.19, ST_Xstring); control characters that are no line break go.
func unescapeX(text []byte, start int) []byte {
	k := bytes.Index(text[start:], []byte("_x"))
	if k < 0 {
		return text
	}
	out := text[:start+k]
	for i := start + k; i < len(text); {
		if i+7 <= len(text) && text[i] == '_' && text[i+1] == 'x' && text[i+6] == '_' {
			if n, err := strconv.ParseUint(string(text[i+2:i+6]), 16, 16); err == nil {
				switch {
				case n >= 0x20 && n < 0xD800 || n > 0xDFFF:
					out = utf8.AppendRune(out, rune(n))
				case n == '\n' || n == '\r' || n == '\t':
					out = append(out, byte(n))
				}
				i += 7
				continue
			}
		}
		out = append(out, text[i])
		i++
	}
	return out
}

// sheetRows reads the rows of a sheet.
type sheetRows struct {
	w    *xlsx
	r    io.ReadCloser
	x    *xmlScanner
	row  int
	text []byte
	done bool
}

func (w *xlsx) rows(s sheetInfo) (rowReader, error) {
	r, err := w.zip.open(s.part)
	if err != nil {
		return nil, err
	}
	return &sheetRows{w: w, r: r, x: newXMLScanner(r)}, nil
}

func (s *sheetRows) close() error { return s.r.Close() }

// next reads up to the end of a row.
func (s *sheetRows) next(b *Batch) (int, error) {
	for !s.done {
		if err := s.x.next(); errors.Is(err, io.EOF) {
			return 0, truncated(io.ErrUnexpectedEOF)
		} else if err != nil {
			return 0, truncated(err)
		}
		switch {
		case s.x.kind == xmlEnd && s.x.is("sheetData"):
			s.done = true
		case s.x.kind == xmlStart && s.x.is("row"):
			row := s.row + 1
			if n, ok := atoi(s.x.attr("r")); ok && n > s.row {
				row = n
			}
			if row > maxRows {
				return 0, tooManySheetRows()
			}
			s.row = row
			if err := s.cells(b); err != nil {
				return 0, truncated(err)
			}
			return row, nil
		}
	}
	return 0, io.EOF
}

// cells reads the cells of a row.
func (s *sheetRows) cells(b *Batch) error {
	for {
		if err := s.x.next(); err != nil {
			return err
		}
		if s.x.kind == xmlEnd && s.x.is("row") {
			return nil
		}
		if s.x.kind != xmlStart || !s.x.is("c") {
			continue
		}
		column := len(b.cells)
		if n := columnOf(s.x.attr("r")); n >= 0 {
			column = n
		}
		if column >= maxColumns {
			return tooManyColumns(s.row)
		}
		for len(b.cells) < column {
			b.add(nil)
		}
		var kind [12]byte
		t := append(kind[:0], s.x.attr("t")...)
		style, _ := atoi(s.x.attr("s"))
		if err := s.cell(b, string(t), style, column); err != nil {
			return err
		}
	}
}

// cell reads one cell to its end tag.
func (s *sheetRows) cell(b *Batch, kind string, style, column int) error {
	s.text = s.text[:0]
	inside := false
	for {
		if err := s.x.next(); err != nil {
			return err
		}
		switch s.x.kind {
		case xmlStart:
			inside = s.x.is("v")
			if s.x.is("is") {
				text, err := richText(s.x, s.text[:0], "is")
				if err != nil {
					return err
				}
				s.text, kind = text, "inlineStr"
			}
		case xmlText:
			if inside {
				s.text = s.x.appendText(s.text)
			}
		case xmlEnd:
			inside = false
			if s.x.is("c") {
				if len(b.cells) > column { // a column twice: the first stays
					return nil
				}
				s.value(b, kind, style)
				return nil
			}
		}
	}
}

// value adds the cell as text.
func (s *sheetRows) value(b *Batch, kind string, style int) {
	switch kind {
	case "s":
		if n, ok := atoi(s.text); ok {
			b.add(s.w.strings.at(n))
			return
		}
		b.add(nil)
	case "b":
		switch string(s.text) {
		case "1", "true":
			b.addString("true")
		case "0", "false":
			b.addString("false")
		default:
			b.add(s.text)
		}
	case "str":
		b.add(unescapeX(s.text, 0))
	case "inlineStr", "e", "d":
		b.add(s.text)
	default:
		k := plainNumber
		if style < len(s.w.formats) {
			k = s.w.formats[style]
		}
		start := uint32(len(b.buf))
		b.buf = appendSerial(b.buf, bytes.TrimSpace(s.text), k, s.w.base, s.w.mac)
		b.cells = append(b.cells, extent{start, uint32(len(b.buf))})
	}
}

// atoi reads a small number without sign.
func atoi(p []byte) (int, bool) {
	n := 0
	for _, c := range p {
		if c < '0' || c > '9' || n > 1<<30 {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, len(p) > 0
}

// columnOf is the index of the column of a reference such as "AB12"; -1 without one.
func columnOf(ref []byte) int {
	n := 0
	for _, c := range ref {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c < 'A' || c > 'Z' || n > maxColumns {
			break
		}
		n = 26*n + int(c-'A'+1)
	}
	return n - 1
}

// merged lists the ranges of a sheet that are merged in the rows up to last.
func (w *xlsx) merged(ctx context.Context, s sheetInfo, last int) (out []mergedRange, err error) {
	err = w.eachTag(s.part, func(x *xmlScanner) error {
		if x.is("mergeCell") && len(out) < 10_000 {
			from, to, _ := bytes.Cut(x.attr("ref"), []byte(":"))
			m := mergedRange{columnOf(from), columnOf(to), rowOf(from), rowOf(to)}
			if m.top <= last && m.left >= 0 && m.right >= m.left && m.right < maxColumns {
				out = append(out, m)
			}
		}
		return ctx.Err()
	})
	return out, err
}

// mergedRange is a rectangle of cells, from 0 for columns, from 1 for rows.
type mergedRange struct{ left, right, top, bottom int }

// rowOf is the row of a reference such as "AB12"; 0 without one.
func rowOf(ref []byte) int {
	n, _ := atoi(bytes.TrimLeft(ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz$"))
	return n
}
