package query

import (
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

// CRS84 is longitude and latitude of WGS 84; EPSG4326 is the same, latitude first.
const (
	CRS84    = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
	EPSG4326 = "http://www.opengis.net/def/crs/EPSG/0/4326"
)

// Features is a request to OGC API Features.
type Features struct {
	Query Query
	CRS   string // of the answer: CRS84 or EPSG4326
}

// ParseOGC reads the parameters of /items: bbox, bbox-crs, crs, datetime, limit, offset,
// filter, filter-lang, filter-crs, properties, sortby, and COLUMN=VALUE. geometry and at are
// the columns that bbox and datetime are about, or "". Features without geometry or
// date are among the answers. Errors: Invalid, for unknown parameters too.
func ParseOGC(values url.Values, cols []Column, geometry, at string) (f Features, err error) {
	p := ogcParser{cols: index(cols), list: cols, values: values, geometry: geometry, at: at}
	f.CRS = CRS84
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
	cols         columnIndex
	list         []Column
	values       url.Values
	geometry, at string
}

func (p ogcParser) parameter(f *Features, key, value string) (And, error) {
	switch key {
	case "limit", "offset":
		n, err := strconv.Atoi(value)
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
		if value != CRS84 && (value != EPSG4326 || key == "filter-crs") {
			return nil, badValue(key, value)
		}
		if key == "crs" {
			f.CRS = value
		}
		return nil, nil
	case "bbox":
		return p.bbox(value)
	case "datetime":
		return p.datetime(value)
	case "filter":
		switch lang := p.values.Get("filter-lang"); lang {
		case "", "cql2-text":
			return alone(ParseCQL2(value, p.list))
		case "cql2-json":
			return alone(ParseCQL2JSON(value, p.list))
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
	if p.values.Get("bbox-crs") == EPSG4326 {
		n = []float64{n[1], n[0], n[3], n[2]}
	}
	if !degrees(n[0], n[1]) || !degrees(n[2], n[3]) || n[1] > n[3] {
		return nil, badValue("bbox", text)
	}
	if p.geometry == "" {
		return nil, nil
	}
	return And{Or{BBox{p.geometry, n[0], n[1], n[2], n[3]}, Null{Column: p.geometry}}}, nil
}

// datetime reads an instant of RFC 3339 or an interval, open ends being .. or nothing.
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
		t, err := time.Parse(time.RFC3339Nano, part)
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
	if open && interval && (first == "" && last == "") || !times[0].IsZero() && !times[1].IsZero() && times[0].After(times[1]) {
		return nil, badValue("datetime", text)
	}
	if p.at == "" || open {
		return nil, nil
	}
	col, err := p.cols.find(p.at)
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
	if i, ok := p.cols.by[p.at]; ok {
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
