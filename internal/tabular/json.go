package tabular

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"socle/internal/errs"
	"socle/internal/geo"
)

// jsonShape is how a JSON document holds its records.
type jsonShape struct {
	path    []string // keys down to the array of records; nil: the document is the array
	lines   bool     // one value per line
	loose   bool     // values one after the other, not one per line
	count   int      // records
	kind    jsonKind // of a record
	columns []string
	index   map[string]int
	system  string      // member crs of a collection, as before RFC 7946
	corners []orb.Point // of the first geometries
	heights bool        // they have some
	crs     *geo.CRS    // from which geometries are converted; nil: they are in degrees
}

type jsonKind uint8

const (
	jsonObjects  jsonKind = iota
	jsonFeatures          // of GeoJSON (RFC 7946): properties, then the geometry
	jsonFields            // objects whose cells are in "fields", as in answers of Explore v1
	jsonArrays            // lists of cells
	jsonScalars           // one cell
)

const geometryColumn = "geometry"

// recordKeys name the array of records in documents that wrap it.
var recordKeys = []string{"records", "results", "features", "data", "items", "rows", "resources", "donnees", "données", "resultats", "résultats", "values"}

// wrapKeys name objects around it.
var wrapKeys = []string{"result", "response", "payload", "content", "data"}

func isJSON(format string) bool {
	return format == "json" || format == "jsonl" || format == "geojson"
}

// openJSON recognises JSON with random access; false when the text is not JSON.
func (f *File) openJSON(ctx context.Context, src Source, magic []byte, o Options) (bool, error) {
	return f.readJSON(ctx, magic, o, func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(src, 0, src.Size())), nil
	})
}

// readJSON recognises a JSON document that is read from its beginning each time.
func (f *File) readJSON(ctx context.Context, magic []byte, o Options, again func(context.Context) (io.ReadCloser, error)) (bool, error) {
	start := bytes.TrimLeft(bytes.TrimPrefix(magic, boms[0].mark), " \t\r\n")
	if !looksJSON(start) && !isJSON(o.Format) {
		return false, nil
	}
	if len(start) == 0 {
		return true, fail(errs.Invalid, CodeSource, "tabular.no-records", nil)
	}
	shape, err := findShape(ctx, start, o, again)
	if err != nil {
		return true, err
	}
	f.Info.Format, f.Info.Encoding = "json", "utf-8"
	f.Info.BOM = bytes.HasPrefix(magic, boms[0].mark)
	switch {
	case (shape.lines || shape.loose) && shape.count > 1:
		f.Info.Format = "jsonl"
	case shape.kind == jsonFeatures:
		f.Info.Format = "geojson"
		if _, ok := shape.index[geometryColumn]; ok {
			if err := f.systemOf(shape, o); err != nil {
				return true, err
			}
		}
	}
	open := func(ctx context.Context) (rowReader, error) { return openRecords(ctx, shape, again) }
	if shape.kind == jsonArrays {
		return true, f.layArrays(ctx, o, open)
	}
	f.Header = shape.columns
	f.Info.HeaderRows, f.Info.Columns, f.firstLine = 1, len(shape.columns), 1
	f.open = func(ctx context.Context) (feed, error) {
		r, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return &rowsFeed{r: r, columns: len(shape.columns)}, nil
	}
	return true, nil
}

// layArrays recognises the layout of lists of cells, as of a sheet.
func (f *File) layArrays(ctx context.Context, o Options, open func(context.Context) (rowReader, error)) error {
	r, err := open(ctx)
	if err != nil {
		return err
	}
	rows, at, err := sample(ctx, r, layoutRecords)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fail(errs.Invalid, CodeSource, "tabular.no-records", nil)
	}
	skip, left, _ := f.laySheet(rows, at, o.headerRows(), nil)
	f.open = func(ctx context.Context) (feed, error) {
		r, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return &rowsFeed{r: r, skip: skip, left: left, columns: f.ownColumns()}, nil
	}
	return nil
}

// looksJSON: an object or an array begins, not a cell in brackets.
func looksJSON(start []byte) bool {
	if len(start) == 0 || start[0] != '{' && start[0] != '[' {
		return false
	}
	rest := bytes.TrimLeft(start[1:], " \t\r\n")
	if len(rest) == 0 {
		return false
	}
	if start[0] == '{' {
		return rest[0] == '"' || rest[0] == '}'
	}
	return bytes.IndexByte([]byte("{[\"]"), rest[0]) >= 0 || bytes.IndexByte([]byte("-0123456789ntf"), rest[0]) >= 0 && bytes.IndexByte(rest, ',') > 0
}

func badJSON(err error) error {
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooLarge) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		if syntax == nil {
			return fail(errs.Invalid, CodeSource, "tabular.json-cut", nil).Because(io.ErrUnexpectedEOF)
		}
		return fail(errs.Invalid, CodeSource, "tabular.bad-json", errs.Args{"Offset": syntax.Offset}).Because(err)
	}
	return err
}

// findShape reads the document once: where its records are, and their keys.
func findShape(ctx context.Context, start []byte, o Options, again func(context.Context) (io.ReadCloser, error)) (*jsonShape, error) {
	shape := &jsonShape{index: map[string]int{}}
	if start[0] == '{' || o.Format == "jsonl" {
		r, err := again(ctx)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		found, err := newWalker(r).findArray(&shape.path, &shape.system, 0)
		switch {
		case found:
		case shape.maybeLines(ctx, again):
			shape.path, shape.lines = nil, true
		case err != nil:
			return nil, badJSON(err)
		default:
			shape.path, shape.loose = nil, true
		}
	}
	if err := shape.learn(ctx, again); err != nil {
		return nil, badJSON(err)
	}
	return shape, nil
}

// maybeLines: the first line is a value by itself.
func (s *jsonShape) maybeLines(ctx context.Context, again func(context.Context) (io.ReadCloser, error)) bool {
	r, err := again(ctx)
	if err != nil {
		return false
	}
	defer r.Close()
	line, err := bufio.NewReaderSize(skipBOM(r), 1<<20).ReadSlice('\n')
	return (err == nil || errors.Is(err, io.EOF)) && json.Valid(bytes.TrimSpace(line))
}

// findArray goes down an object to the array of records. Arrays with other names
// count when they hold objects and no better one follows.
func (w *walker) findArray(path *[]string, system *string, depth int) (bool, error) {
	if t, err := w.token(); err != nil {
		return false, err
	} else if t != json.Delim('{') {
		return false, nil
	}
	var other []string
	for w.dec.More() {
		t, err := w.token()
		if err != nil {
			return false, err
		}
		key, _ := t.(string)
		start, err := w.firstByte()
		if err != nil {
			return false, err
		}
		switch {
		case depth == 0 && key == "crs" && start == '{':
			if *system, err = w.systemName(); err != nil {
				return false, err
			}
		case start == '[' && slices.Contains(recordKeys, strings.ToLower(key)):
			*path = append(*path, key)
			return true, nil
		case start == '{' && depth < 4 && slices.Contains(wrapKeys, strings.ToLower(key)):
			below := append(slices.Clone(*path), key)
			found, err := w.findArray(&below, system, depth+1)
			if err != nil {
				return false, err
			}
			if found {
				*path = below
				return true, nil
			}
		default:
			objects, err := w.skipValue()
			if err != nil {
				return false, err
			}
			if objects && other == nil {
				other = append(slices.Clone(*path), key)
			}
		}
	}
	if _, err := w.token(); err != nil {
		return false, err
	}
	if depth == 0 {
		if next, err := w.firstByte(); err == nil && next == '{' {
			return false, nil // another object follows: lines
		}
	}
	if other != nil {
		*path = other
		return true, nil
	}
	return false, nil
}

// learn reads all records for their kind and keys.
func (s *jsonShape) learn(ctx context.Context, again func(context.Context) (io.ReadCloser, error)) error {
	r, err := openRecords(ctx, s, again)
	if err != nil {
		return err
	}
	defer r.close()
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		raw, _, err := r.value()
		if errors.Is(err, io.EOF) {
			if n == 0 {
				return fail(errs.Invalid, CodeSource, "tabular.no-records", nil)
			}
			if s.kind == jsonFeatures && s.system == "" && len(s.path) == 1 {
				s.system = r.systemAfter()
			}
			return nil
		}
		if err != nil {
			return err
		}
		s.count++
		if n == 0 {
			s.kind = kindOfRecord(raw)
			if s.kind == jsonScalars {
				s.column("value")
			}
		}
		if s.kind == jsonArrays {
			return nil
		}
		s.members(raw, func(key string, value []byte) {
			s.column(key)
			if s.kind == jsonFeatures && key == geometryColumn && len(s.corners) < sampledCorners {
				if g, err := geo.ParseGeoJSON(value); err == nil {
					b := g.Bound()
					s.corners = append(s.corners, b.Min, b.Max)
					s.heights = s.heights || geo.HasHeights(value)
				}
			}
		})
		if len(s.columns) > maxColumns {
			return tooManyColumns(n + 1)
		}
	}
}

func (s *jsonShape) column(key string) {
	if _, ok := s.index[key]; !ok {
		s.index[key] = len(s.columns)
		s.columns = append(s.columns, key)
	}
}

// kindOfRecord looks at the first record.
func kindOfRecord(raw []byte) jsonKind {
	switch raw[0] {
	case '[':
		return jsonArrays
	case '{':
		var feature, fields, id bool
		eachMember(raw, func(key string, value []byte) {
			switch key {
			case "type":
				feature = string(value) == `"Feature"`
			case "fields":
				fields = value[0] == '{'
			case "recordid":
				id = true
			}
		})
		switch {
		case feature:
			return jsonFeatures
		case fields && id:
			return jsonFields
		}
		return jsonObjects
	}
	return jsonScalars
}

// members gives the cells of a record that is an object, by column.
func (s *jsonShape) members(raw []byte, give func(key string, value []byte)) {
	if len(raw) == 0 || raw[0] != '{' {
		if s.kind == jsonScalars {
			give("value", raw)
		}
		return
	}
	switch s.kind {
	case jsonObjects:
		eachMember(raw, give)
	case jsonFields:
		eachMember(raw, func(key string, value []byte) {
			if key == "fields" && value[0] == '{' {
				eachMember(value, give)
			}
		})
	case jsonFeatures:
		var geometry []byte
		eachMember(raw, func(key string, value []byte) {
			switch {
			case key == "id":
				give(key, value)
			case key == "properties" && value[0] == '{':
				eachMember(value, func(k string, v []byte) {
					if k == geometryColumn || k == "id" {
						k = "properties." + k
					}
					give(k, v)
				})
			case key == geometryColumn:
				geometry = value
			}
		})
		if geometry != nil {
			give(geometryColumn, geometry)
		}
	}
}

// eachMember calls give for the members of an object that is valid JSON.
func eachMember(raw []byte, give func(key string, value []byte)) {
	p := raw[1:]
	for {
		p = bytes.TrimLeft(p, " \t\r\n,")
		if len(p) == 0 || p[0] != '"' {
			return
		}
		n := valueLength(p)
		key := unquoteJSON(p[:n])
		p = bytes.TrimLeft(p[n:], " \t\r\n:")
		n = valueLength(p)
		if n == 0 {
			return
		}
		give(key, p[:n])
		p = p[n:]
	}
}

// valueLength is the length of the value at the start of valid JSON.
func valueLength(p []byte) int {
	if len(p) == 0 {
		return 0
	}
	if p[0] == '"' {
		for i := 1; i < len(p); i++ {
			switch p[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return len(p)
	}
	if p[0] != '{' && p[0] != '[' {
		n := bytes.IndexAny(p, ",]} \t\r\n")
		if n < 0 {
			return len(p)
		}
		return n
	}
	depth := 0
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '"':
			i += valueLength(p[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(p)
}

func unquoteJSON(p []byte) string {
	if bytes.IndexByte(p, '\\') < 0 && len(p) >= 2 {
		return string(p[1 : len(p)-1])
	}
	var s string
	if json.Unmarshal(p, &s) != nil {
		return string(p)
	}
	return s
}
