package query

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"socle/internal/tabular"
)

// Pages of OGC API Features; a larger limit is not an error.
const (
	OGCLimit    = 100
	OGCMaxLimit = 1000
)

// Features is a request to OGC API Features.
type Features struct {
	Query Query
	CRS   System // of the answer
}

// Located says where and when the rows of a table are: the column of geometries, or those of
// longitudes and latitudes (numbers), and that of dates. "" is none.
type Located struct {
	Geometry string
	Lon, Lat string
	At       string
}

// ParseOGC reads the parameters of /items: bbox, bbox-crs, crs, datetime, limit, offset,
// filter, filter-lang, filter-crs, properties, sortby, and COLUMN=VALUE; at says what bbox and
// datetime are about. Features without geometry or date are among the answers. Errors: Invalid, for
// unknown parameters too.
func ParseOGC(values url.Values, cols []Column, at Located) (f Features, err error) {
	p := ogcParser{cols: index(cols), list: cols, values: values, at: at}
	f.CRS.URI = CRS84
	var where And
	for _, key := range sortedKeys(values) {
		if len(values[key]) > 1 {
			return f, badValue(key, strings.Join(values[key], ", "))
		}
		e, err := p.parameter(&f, key, values[key][0])
		if err != nil {
			return f, err
		}
		where = append(where, e...)
	}
	if f.Query.Limit == 0 {
		f.Query.Limit = OGCLimit
	}
	f.Query.Where = join(where)
	return f, f.Query.Validate(cols)
}

type ogcParser struct {
	cols   columnIndex
	list   []Column
	values url.Values
	at     Located
}

func (p ogcParser) parameter(f *Features, key, value string) (And, error) {
	switch key {
	case "limit", "offset":
		n, err := strconv.Atoi(value)
		if errors.Is(err, strconv.ErrRange) && n > 0 { // more than a number holds: the greatest
			err = nil
		}
		if err != nil || n < 0 || n == 0 && key == "limit" {
			return nil, badValue(key, value)
		}
		if key == "limit" {
			f.Query.Limit = min(n, OGCMaxLimit)
		} else {
			f.Query.Offset = n
		}
		return nil, nil
	case "crs", "bbox-crs", "filter-crs":
		system, ok := SystemOf(value)
		if !ok {
			return nil, badValue(key, value)
		}
		if key == "crs" {
			f.CRS = system
		}
		return nil, nil
	case "bbox":
		return p.bbox(value)
	case "datetime":
		return p.datetime(value)
	case "filter":
		system, _ := SystemOf(p.values.Get("filter-crs")) // a wrong one is told under its own name
		switch lang := p.values.Get("filter-lang"); lang {
		case "", "cql2-text":
			return alone(parseCQL2(value, p.list, system))
		case "cql2-json":
			return alone(parseCQL2JSON(value, p.list, system))
		}
		return nil, nil
	case "filter-lang":
		if value != "cql2-text" && value != "cql2-json" {
			return nil, badValue(key, value)
		}
		return nil, nil
	case "properties":
		for _, name := range strings.Split(value, ",") {
			f.Query.Select = append(f.Query.Select, strings.TrimSpace(name))
		}
		return nil, nil
	case "sortby":
		for _, name := range strings.Split(value, ",") {
			name = strings.TrimSpace(name)
			bare := strings.TrimLeft(name, "+- ")
			f.Query.Sort = append(f.Query.Sort, SortKey{Column: bare, Desc: strings.HasPrefix(name, "-")})
		}
		return nil, nil
	}
	i := slices.IndexFunc(p.list, func(c Column) bool { return c.Name == key })
	if i < 0 {
		return nil, unknownParameter(key)
	}
	return alone(comparison(p.list[i], Eq, Text(value), time.UTC))
}

// alone is a list of one condition.
func alone(e Expr, err error) (And, error) { return And{e}, err }

// bbox reads 4 or 6 numbers, in the order of bbox-crs.
func (p ogcParser) bbox(text string) (And, error) {
	n, ok := parseNumbers(text, 4)
	if !ok {
		if n, ok = parseNumbers(text, 6); !ok {
			return nil, badValue("bbox", text)
		}
		n = []float64{n[0], n[1], n[3], n[4]}
	}
	system := System{URI: CRS84}
	if text := p.values.Get("bbox-crs"); text != "" {
		if system, ok = SystemOf(text); !ok {
			return nil, badValue("bbox-crs", text)
		}
	}
	west, south, east, north, ok := system.Box([4]float64(n))
	switch {
	case !ok:
		return nil, badValue("bbox", text)
	case p.at.Geometry != "":
		return p.shapes(west, south, east, north)
	case p.at.Lon != "" && p.at.Lat != "":
		return p.pair(west, south, east, north)
	}
	return nil, nil
}

// meeting finds the geometries that have a point in common with a rectangle; of points, their box says it all.
func meeting(col Column, r orb.Bound) Expr {
	if col.Geometry == "point-lonlat" {
		return BBox{col.Name, r.Min[0], r.Min[1], r.Max[0], r.Max[1]}
	}
	return Inside{Column: col.Name, Area: orb.MultiPolygon{r.ToPolygon()}, Meets: true}
}

// shapes is bbox over a column of geometries. Over the antimeridian, it is two boxes.
func (p ogcParser) shapes(west, south, east, north float64) (And, error) {
	col, err := p.cols.find(p.at.Geometry)
	if err != nil {
		return nil, err
	}
	var any Or
	spans := [][2]float64{{west, east}}
	if west > east {
		spans = [][2]float64{{west, 180}, {-180, east}}
	}
	for _, s := range spans {
		any = append(any, meeting(col, orb.Bound{Min: orb.Point{s[0], south}, Max: orb.Point{s[1], north}}))
	}
	return And{append(any, Null{Column: col.Name})}, nil
}

// pair is bbox over a column of longitudes and one of latitudes.
func (p ogcParser) pair(west, south, east, north float64) (And, error) {
	bound := func(column string, op Op, value float64) (Expr, error) {
		col, err := p.cols.find(column)
		if err != nil {
			return nil, err
		}
		return comparison(col, op, Float(value), time.UTC)
	}
	var list []Expr
	for _, b := range []struct {
		column string
		op     Op
		value  float64
	}{{p.at.Lon, Ge, west}, {p.at.Lon, Le, east}, {p.at.Lat, Ge, south}, {p.at.Lat, Le, north}} {
		e, err := bound(b.column, b.op, b.value)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	across := Expr(And{list[0], list[1]})
	if west > east { // over the antimeridian
		across = Or{list[0], list[1]}
	}
	return And{Or{And{across, list[2], list[3]}, Null{Column: p.at.Lon}, Null{Column: p.at.Lat}}}, nil
}

// datetime reads an instant of RFC 3339 or an interval, of which one end may be open, .. or nothing; a date alone is
// a day.
func (p ogcParser) datetime(text string) (And, error) {
	first, last, interval := strings.Cut(text, "/")
	if !interval {
		last = first
	}
	var times [2]time.Time
	for i, part := range []string{first, last} {
		if interval && (part == "" || part == "..") {
			continue
		}
		t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(part)) // t and z are as good as T and Z
		if err != nil {
			if t, err = time.Parse(time.DateOnly, part); err != nil {
				return nil, badValue("datetime", text)
			}
			if i == 1 && p.kind() == tabular.Timestamp {
				t = t.AddDate(0, 0, 1).Add(-time.Microsecond)
			}
		}
		times[i] = t
	}
	open := times[0].IsZero() && times[1].IsZero()
	if open || !times[0].IsZero() && !times[1].IsZero() && times[0].After(times[1]) {
		return nil, badValue("datetime", text)
	}
	if p.at.At == "" {
		return nil, nil
	}
	col, err := p.cols.find(p.at.At)
	if err != nil {
		return nil, err
	}
	var all And
	for i, op := range []Op{Ge, Le} {
		if times[i].IsZero() {
			continue
		}
		day := ofTime(tabular.Timestamp, times[i])
		if col.Kind == tabular.Date { // the day that an instant lies in
			day = ofTime(tabular.Date, times[i])
		}
		e, err := comparison(col, op, day, time.UTC)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return And{Or{join(all), Null{Column: col.Name}}}, nil
}

func (p ogcParser) kind() tabular.Kind {
	if i, ok := p.cols.by[p.at.At]; ok {
		return p.list[i].Kind
	}
	return tabular.Text
}

// GeometryOf reads a cell of a column that holds geometries in one of the ways of
// tabular.Field.Geometry; false when it holds none.
func GeometryOf(way string, cell []byte) (orb.Geometry, bool) {
	if way == "point-lonlat" {
		n, ok := parseNumbers(string(cell), 2)
		if !ok {
			return nil, false
		}
		return orb.Point{n[0], n[1]}, true
	}
	return ParseGeometry(string(cell))
}
