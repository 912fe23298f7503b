package tabular

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sort"

	"socle/internal/errs"
)

// File is a table that was recognised and can be read, more than once but not by
// two readers at the same time.
type File struct {
	Info   Info
	Header []string // labels as read, several rows joined by a space; empty without header
	Faults []Fault  // met in the header

	name      string // of the file, a hint
	degrees   *added // columns behind those of the file
	firstLine int    // physical line, from 1, of the first record after the header
	open      func(context.Context) (feed, error)
	closers   []io.Closer
}

// Open recognises a file. Only its beginning, its end and a few samples are read.
// Errors are of kind Invalid or TooLarge, with Code and what to do, or those of src.
func Open(ctx context.Context, src Source, o Options) (*File, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	f := &File{name: o.Name}
	err := f.recognise(ctx, src, o)
	if err == nil {
		err = f.addDegrees(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Close frees what Open and reading hold; it does not close the Source.
func (f *File) Close() error {
	var first error
	held := f.closers
	f.closers = nil // what the file owns may close the file in its turn
	for i := len(held) - 1; i >= 0; i-- {
		if err := held[i].Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Own makes Close close c too, after all that reading holds.
func (f *File) Own(c io.Closer) { f.closers = append([]io.Closer{c}, f.closers...) }

// firstRow is the contract row of the first record.
func (f *File) firstRow() int {
	if f.Info.HeaderRows > 0 {
		return 2
	}
	return 1
}

// finish keeps what was learnt at the end.
func (f *File) finish(e End) { f.Info.FootnoteRows = e.FootnoteRows }

// openText recognises delimited text with random access.
func (f *File) openText(src Source, o Options) error {
	size := src.Size()
	head := make([]byte, min(size, maxHead))
	if err := readFull(src, head, 0); err != nil {
		return err
	}
	samples := [][]byte{head}
	for k := int64(1); k <= 8 && size > 2*maxHead; k++ {
		s := make([]byte, maxTail)
		if err := readFull(src, s, (size-maxTail)/8*k); err != nil {
			return err
		}
		samples = append(samples, s)
	}
	if size > maxHead && o.Encoding == "" {
		s, err := firstAccents(src, samples)
		if err != nil {
			return err
		}
		samples = append(samples, s...)
	}
	t, err := newText(samples, size <= int64(len(head)), o)
	if err != nil {
		return err
	}
	if t.charset.wide != nil {
		return f.readText(t, o, func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.NewSectionReader(src, 0, size)), nil
		})
	}
	if err := f.lay(t, o); err != nil {
		return err
	}
	f.open = func(context.Context) (feed, error) {
		s := t.splitter(f)
		s.src, s.size, s.pos = src, size, t.dataStart
		return &s, nil
	}
	return nil
}

// firstAccents returns the block of the file that holds its first bytes beyond
// ASCII, when the samples have none.
func firstAccents(src Source, samples [][]byte) ([][]byte, error) {
	for _, s := range samples {
		if !ascii(s) {
			return nil, nil
		}
	}
	block := make([]byte, maxHead)
	for at, size := int64(maxHead), src.Size(); at < size; at += int64(len(block)) {
		block = block[:min(int64(len(block)), size-at)]
		if err := readFull(src, block, at); err != nil {
			return nil, err
		}
		if !ascii(block) {
			return [][]byte{block}, nil
		}
	}
	return nil, nil
}

// text is delimited text being recognised.
type text struct {
	charset   *charset
	bom       int
	head      []byte // decoded where the charset is wide
	whole     bool   // head is all there is
	sniffed   sniffed
	newline   string
	dataStart int64 // of the first record after the header, in the decoded text if it is wide
	typical   int   // cells filled in most records

	everything bool // Options.Whole
}

// newText recognises the encoding and checks that this is text.
func newText(samples [][]byte, whole bool, o Options) (*text, error) {
	t := &text{head: samples[0], whole: whole, everything: o.Whole}
	t.charset, t.bom = sniffCharset(samples)
	if o.Encoding != "" {
		c, err := charsetNamed(o.Encoding)
		if err != nil {
			return nil, err
		}
		if c.name != t.charset.name {
			t.charset, t.bom = c, 0
		}
	}
	t.head = t.head[t.bom:]
	if t.charset.wide != nil {
		t.head = t.head[:len(t.head)&^1]
		dec, err := t.charset.wide.NewDecoder().Bytes(t.head)
		if err != nil {
			return nil, fail(errs.Invalid, CodeEncoding, "tabular.bad-encoding", errs.Args{"Encoding": t.charset.name}).Because(err)
		}
		t.head = dec
	}
	if notText(t.head) {
		return nil, fail(errs.Invalid, CodeFormat, "tabular.binary", nil)
	}
	return t, nil
}

// notText: bytes that no text holds are common.
func notText(head []byte) bool {
	head = head[:min(len(head), 64<<10)]
	controls, nuls := 0, 0
	for _, c := range head {
		switch {
		case c == 0:
			nuls++
		case c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0x1f && c != 0x01 && c != 0x1e && c != 0x0b && c != 0x0c && c != 0x1a:
			controls++
		}
	}
	return nuls*10 > len(head)+100 || controls*33 > len(head)+32 || controls*200 > len(head)+400
}

// lay recognises dialect and layout and fills f.
func (f *File) lay(t *text, o Options) error {
	t.newline = sniffNewline(t.head)
	cr := t.newline == "cr" || t.newline == "mixed"
	delim, skip := o.Delimiter, 0
	if delim == "" && o.Format == "tsv" {
		delim = "\t"
	}
	if d, n := sepLine(t.head); n > 0 {
		skip = 1
		if delim == "" {
			delim = d
		}
	}
	t.sniffed = sniffDialect(afterLines(t.head, skip), t.whole, delim, cr)
	j := job{data: append([]byte(nil), t.head...)}
	j.parser = parser{dialect: t.sniffed.dialect, width: t.sniffed.width, want: true}
	j.out = j.parser.parse(&j.batch, j.data, t.whole)
	if j.out.err != nil {
		return atLine(j.out.err, 1)
	}
	if j.batch.Len() == 0 {
		if !t.whole {
			return f.oneLongLine(t)
		}
		return fail(errs.Invalid, CodeSource, "tabular.blank", nil)
	}
	offsets := j.parser.offsets
	if t.charset.wide == nil {
		t.charset.decode(&j)
	} else {
		(&charset{name: t.charset.name}).decode(&j)
	}
	b := &j.batch
	rows := make([][]string, 0, min(b.Len(), layoutRecords))
	for i := range min(b.Len(), layoutRecords) {
		rows = append(rows, b.row(i))
	}
	l := findLayout(rows[min(skip, len(rows)):], o.headerRows())
	l.preamble += skip
	if blankRows(rows) || t.whole && len(bytes.Trim(t.head, " \t\r\n;,|\"")) == 0 {
		return fail(errs.Invalid, CodeSource, "tabular.blank", nil)
	}
	used := l.preamble + l.header
	if used < len(offsets) {
		t.dataStart = int64(offsets[used])
		f.firstLine = int(b.lines[used]) + 1
	} else {
		t.dataStart = int64(j.out.used)
		f.firstLine = int(b.span) + 1
	}
	t.dataStart += int64(t.bom)
	if t.charset.wide != nil {
		t.dataStart -= int64(t.bom)
	}
	for _, ft := range b.Faults {
		if ft.Index >= l.preamble && ft.Index < used {
			f.Faults = append(f.Faults, ft)
		}
	}
	t.typical = typical(rows[min(used, len(rows)):])
	f.Header = l.labels
	f.Info.PreambleRows, f.Info.HeaderRows, f.Info.Columns = l.preamble, l.header, l.columns
	f.say(t)
	return nil
}

// say fills Info with what was recognised of a text.
func (f *File) say(t *text) {
	i := &f.Info
	i.Format, i.Encoding, i.BOM = "csv", t.charset.name, t.bom > 0
	i.Reencoded, i.Newline = t.charset.twice, t.newline
	i.Delimiter = string(t.sniffed.delim)
	if t.sniffed.pad {
		i.Delimiter += " "
	}
	if t.sniffed.quotes {
		i.Quote = string(t.sniffed.quote)
		switch {
		case t.sniffed.escape == '\\':
			i.Escape = `\`
		case t.sniffed.doubled:
			i.Escape = i.Quote
		}
	}
}

// blankRows: no cell holds anything.
func blankRows(rows [][]string) bool {
	for _, r := range rows {
		if filled(r) > 0 {
			return false
		}
	}
	return true
}

// typical is the median number of filled cells.
func typical(rows [][]string) int {
	fills := make([]int, 0, len(rows))
	for _, r := range rows {
		if n := filled(r); n > 0 {
			fills = append(fills, n)
		}
	}
	if len(fills) == 0 {
		return 0
	}
	sort.Ints(fills)
	return fills[len(fills)/2]
}

// oneLongLine is the error for a beginning without the end of a record.
func (f *File) oneLongLine(t *text) error {
	if d := t.sniffed.delim; len(d) > 0 && bytes.Count(t.head, d) > maxColumns {
		return tooManyColumns(1)
	}
	return fail(errs.TooLarge, CodeSource, "tabular.no-lines", errs.Args{"Megabytes": len(t.head) >> 20})
}

// sepLine reads the line "sep=;" by which Excel is told the delimiter.
func sepLine(head []byte) (delim string, n int) {
	if len(head) < 6 || string(head[:4]) != "sep=" && string(head[:4]) != "SEP=" {
		return "", 0
	}
	if c := head[5]; c != '\r' && c != '\n' {
		return "", 0
	}
	return string(head[4:5]), 6
}

// afterLines skips lines.
func afterLines(head []byte, n int) []byte {
	for ; n > 0; n-- {
		for i, c := range head {
			if c == '\n' || c == '\r' && (i+1 == len(head) || head[i+1] != '\n') {
				head = head[i+1:]
				break
			}
		}
	}
	return head
}

// splitter makes the feed of a text.
func (t *text) splitter(f *File) splitter {
	c := t.charset
	if c.wide != nil {
		c = &charset{name: c.name}
	}
	return splitter{
		dialect: t.sniffed.dialect, charset: c, width: t.sniffed.width, want: chunkSize, chunk: chunkSize, tail: maxTail,
		foot: &footnotes{columns: f.ownColumns(), typical: t.typical, off: t.everything},
	}
}

// readText recognises text that is only read forward: transcoded or unpacked.
// Its records after the header are reached by reading again.
func (f *File) readText(t *text, o Options, again func(context.Context) (io.ReadCloser, error)) error {
	if err := f.lay(t, o); err != nil {
		return err
	}
	f.open = func(ctx context.Context) (feed, error) {
		raw, err := again(ctx)
		if err != nil {
			return nil, err
		}
		var r io.Reader = raw
		if t.charset.wide != nil {
			if _, err := io.CopyN(io.Discard, raw, int64(t.bom)); err != nil {
				raw.Close()
				return nil, err
			}
			r = t.charset.wide.NewDecoder().Reader(raw)
		}
		if _, err := io.CopyN(io.Discard, r, t.dataStart); err != nil && !errors.Is(err, io.EOF) {
			raw.Close()
			return nil, err
		}
		return &stream{splitter: t.splitter(f), r: readCloser{r, raw}}, nil
	}
	return nil
}

type readCloser struct {
	io.Reader
	io.Closer
}
