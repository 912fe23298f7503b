package tabular

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"

	"socle/internal/errs"
)

// feature is a record of a document of places: cells with their labels, and where
// it lies, as GeoJSON.
type feature struct {
	elements []labelled // what the format has a word for: name, description
	data     []labelled // what the author added
	geometry []byte
}

type labelled struct {
	label string
	text  []byte
}

func (f *feature) reset() {
	f.elements, f.data, f.geometry = f.elements[:0], f.data[:0], f.geometry[:0]
}

func (f *feature) element(label string, text []byte) {
	if text = bytes.TrimSpace(text); len(text) > 0 {
		f.elements = append(f.elements, labelled{label, bytes.Clone(text)})
	}
}

func (f *feature) add(label string, text []byte) {
	f.data = append(f.data, labelled{label, bytes.Clone(text)})
}

// features reads the features of a document one by one.
type features interface {
	// read fills f with the next feature of a layer ("" is any) and returns its
	// layer and line; io.EOF at the end.
	read(f *feature, layer string) (at string, line int, err error)
}

// placesFormat is a way to write places in XML.
type placesFormat struct {
	name   string // of Formats
	root   string // of the document
	layers []string
	open   func(*xmlScanner) features
}

var placesFormats = []placesFormat{
	{name: "kml", root: "kml", open: func(x *xmlScanner) features { return &kmlFeatures{x: x} }},
	{name: "gpx", root: "gpx", layers: gpxLayers, open: func(x *xmlScanner) features { return &gpxFeatures{x: x} }},
}

// placesOf recognises a document of places by its beginning.
func placesOf(magic []byte) *placesFormat {
	dec := xmlDecoder(magic)
	if dec != nil {
		if text, err := dec.NewDecoder().Bytes(magic[:len(magic)&^1]); err == nil {
			magic = text
		}
	}
	x := newXMLScanner(bytes.NewReader(magic))
	for x.next() == nil {
		if x.kind == xmlStart {
			for i := range placesFormats {
				if strings.EqualFold(string(x.name), placesFormats[i].root) {
					return &placesFormats[i]
				}
			}
			return nil
		}
	}
	return nil
}

// xmlDecoder is that of the encoding that a document declares; nil for UTF-8.
func xmlDecoder(magic []byte) encoding.Encoding {
	name := ""
	switch {
	case bytes.HasPrefix(magic, boms[1].mark), bytes.HasPrefix(magic, boms[2].mark):
		name = "utf-16"
	case bytes.HasPrefix(magic, []byte("<\x00?\x00")):
		name = "utf-16le"
	case bytes.HasPrefix(magic, []byte("\x00<\x00?")):
		name = "utf-16be"
	default:
		head := bytes.TrimPrefix(magic, boms[0].mark)
		if !bytes.HasPrefix(head, []byte("<?xml")) {
			return nil
		}
		head = head[:max(0, bytes.Index(head, []byte("?>")))]
		_, after, _ := bytes.Cut(head, []byte("encoding"))
		after = bytes.TrimLeft(after, " =\t\r\n")
		if len(after) < 3 || after[0] != '"' && after[0] != '\'' {
			return nil
		}
		if end := bytes.IndexByte(after[1:], after[0]); end > 0 {
			name = string(after[1 : 1+end])
		}
		if strings.HasPrefix(strings.ToLower(name), "utf-16") {
			return nil // it could not have been read so far
		}
	}
	if name == "" || strings.EqualFold(name, "utf-8") {
		return nil
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return nil
	}
	return enc
}

// places is a document being read as a table.
type places struct {
	format  *placesFormat
	enc     encoding.Encoding
	layer   string
	columns []string
	index   map[string]int
	hidden  map[string]bool // elements that say again what a column says
	shapes  bool            // there is a geometry
	again   func(context.Context) (io.ReadCloser, error)
}

// openPlaces recognises a document of places, read from its beginning each time.
func (f *File) openPlaces(ctx context.Context, format *placesFormat, magic []byte, o Options, again func(context.Context) (io.ReadCloser, error)) error {
	p := &places{format: format, enc: xmlDecoder(magic), index: map[string]int{}, hidden: map[string]bool{}, again: again}
	f.Info.Format, f.Info.Encoding, f.Info.BOM = format.name, "utf-8", bytes.HasPrefix(magic, boms[0].mark)
	if p.enc != nil {
		if name, err := htmlindex.Name(p.enc); err == nil {
			f.Info.Encoding = name
		}
	}
	if err := p.chooseLayer(ctx, f, o.Sheet); err != nil {
		return err
	}
	if err := p.learn(ctx); err != nil {
		return err
	}
	f.Header = p.columns
	f.Info.HeaderRows, f.Info.Columns, f.firstLine = 1, len(p.columns), 1
	if p.shapes {
		f.Info.Geometry = geometryColumn
	}
	f.open = func(ctx context.Context) (feed, error) {
		r, err := p.records(ctx)
		if err != nil {
			return nil, err
		}
		return &rowsFeed{r: r, columns: len(p.columns)}, nil
	}
	return nil
}

// chooseLayer counts the features of each layer and takes the one named, else the
// one that has most, the first of two.
func (p *places) chooseLayer(ctx context.Context, f *File, named string) error {
	if len(p.format.layers) == 0 {
		return nil
	}
	counts := map[string]int{}
	if err := p.each(ctx, "", func(layer string, _ *feature) error {
		counts[layer]++
		return nil
	}); err != nil {
		return err
	}
	for _, layer := range p.format.layers {
		if n := counts[layer]; n > 0 {
			f.Info.Sheets = append(f.Info.Sheets, layer)
			if layer != gpxPoints && n > counts[p.layer] {
				p.layer = layer
			}
		}
	}
	if named != "" {
		if p.layer = named; !slices.Contains(f.Info.Sheets, named) {
			return fail(errs.Invalid, CodeSource, "tabular.unknown-sheet", errs.Args{"Option": "sheet", "Sheet": named, "Known": strings.Join(f.Info.Sheets, ", ")})
		}
	}
	f.Info.Sheet = p.layer
	return nil
}

// each calls do for the features of a layer, each valid during the call.
func (p *places) each(ctx context.Context, layer string, do func(layer string, f *feature) error) error {
	r, err := p.open(ctx, layer)
	if err != nil {
		return err
	}
	defer r.close()
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		at, _, err := r.step()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(at, &r.f); err != nil {
			return err
		}
	}
}

// learn reads all features for their labels. An element that says the same as a
// datum of its feature all the way says nothing.
func (p *places) learn(ctx context.Context) error {
	echoes := map[string][]string{} // by element, the data that say the same so far
	met := map[string]bool{}
	var elements, data []string
	note := func(list *[]string, label string) {
		if !slices.Contains(*list, label) {
			*list = append(*list, label)
		}
	}
	err := p.each(ctx, p.layer, func(_ string, f *feature) error {
		p.shapes = p.shapes || len(f.geometry) > 0
		for _, d := range f.data {
			if _, ok := p.index[d.label]; !ok {
				p.index[d.label] = len(data)
				data = append(data, d.label)
			}
		}
		for _, e := range f.elements {
			note(&elements, e.label)
			same := func(label string) bool {
				return slices.ContainsFunc(f.data, func(d labelled) bool {
					return d.label == label && bytes.Equal(bytes.TrimSpace(d.text), e.text)
				})
			}
			if !met[e.label] {
				met[e.label] = true
				for _, d := range f.data {
					if same(d.label) {
						echoes[e.label] = append(echoes[e.label], d.label)
					}
				}
				continue
			}
			echoes[e.label] = slices.DeleteFunc(echoes[e.label], func(label string) bool { return !same(label) })
		}
		if len(elements)+len(data) > maxColumns {
			return tooManyColumns(1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(elements)+len(data) == 0 && !p.shapes {
		return fail(errs.Invalid, CodeSource, "tabular.no-records", nil)
	}
	for _, label := range elements {
		if _, taken := p.index[label]; taken || len(echoes[label]) > 0 {
			p.hidden[label] = true
			continue
		}
		p.columns = append(p.columns, label)
	}
	p.columns = append(p.columns, data...)
	if p.shapes {
		p.columns = append(p.columns, geometryColumn)
	}
	clear(p.index)
	for i, label := range p.columns {
		if _, ok := p.index[label]; !ok {
			p.index[label] = i
		}
	}
	return nil
}

func (p *places) open(ctx context.Context, layer string) (*placeRows, error) {
	raw, err := p.again(ctx)
	if err != nil {
		return nil, err
	}
	var r io.Reader = raw
	if p.enc != nil {
		r = p.enc.NewDecoder().Reader(raw)
	}
	x := newXMLScanner(r)
	return &placeRows{p: p, layer: layer, x: x, in: p.format.open(x), raw: raw}, nil
}

func (p *places) records(ctx context.Context) (*placeRows, error) { return p.open(ctx, p.layer) }

// placeRows reads features as records.
type placeRows struct {
	p     *places
	layer string
	x     *xmlScanner
	in    features
	raw   io.Closer
	f     feature
	row   int
	cells [][]byte
}

// step reads a feature.
func (r *placeRows) step() (layer string, row int, err error) {
	r.f.reset()
	layer, _, err = r.in.read(&r.f, r.layer)
	switch {
	case r.x.entities:
		return "", 0, fail(errs.Invalid, CodeSource, "tabular.entities", nil)
	case errors.Is(err, io.EOF) && r.x.open > 0:
		err = io.ErrUnexpectedEOF
	}
	if err != nil && !errors.Is(err, io.EOF) {
		if errors.Is(err, errXMLTooLong) {
			err = tooLongRecord(r.row + 1)
		}
		return "", 0, truncated(err)
	}
	r.row++
	return layer, r.row, err
}

// next puts the cells of a feature in their columns.
func (r *placeRows) next(b *Batch) (int, error) {
	_, row, err := r.step()
	if err != nil {
		return 0, err
	}
	if r.cells == nil {
		r.cells = make([][]byte, len(r.p.columns))
	}
	clear(r.cells)
	for _, e := range r.f.elements {
		if !r.p.hidden[e.label] {
			r.cells[r.p.index[e.label]] = e.text
		}
	}
	for _, d := range r.f.data {
		r.cells[r.p.index[d.label]] = d.text
	}
	if r.p.shapes {
		r.cells[len(r.cells)-1] = r.f.geometry
	}
	for _, c := range r.cells {
		b.add(c)
	}
	if len(b.buf) > maxRecord {
		return 0, tooLongRecord(row)
	}
	return row, nil
}

func (r *placeRows) close() error { return r.raw.Close() }

// childText reads the text of the element whose start tag was just read, its
// children left out, up to its end tag.
func (x *xmlScanner) childText(to []byte) ([]byte, error) {
	for depth := 1; depth > 0; {
		if err := x.next(); err != nil {
			return to, err
		}
		switch x.kind {
		case xmlStart:
			depth++
		case xmlEnd:
			depth--
		case xmlText:
			if depth == 1 {
				to = x.appendText(to)
			}
			if len(to) > maxRecord {
				return to, errXMLTooLong
			}
		}
	}
	return to, nil
}
