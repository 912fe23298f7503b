package tabular

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"socle/internal/errs"
	"socle/internal/geo"
)

// Projected is a pair of columns that hold coordinates of a reference system in
// metres.
type Projected struct {
	X, Y   int // columns, from 0
	System string
	crs    *geo.CRS
}

// FindProjected looks for two columns of projected coordinates: by their labels,
// which say the same but for x and y (coord_x and coord_y, easting and northing),
// and by their numbers, all of which must lie where the system is used. asked names
// a system (EPSG:2154); then numbers that lie there are enough. false: there are
// none, or the table says its longitudes and latitudes, or has a geometry already.
// Errors: Invalid, for a system that is not known; those of reading.
func (f *File) FindProjected(ctx context.Context, asked string) (p Projected, ok bool, err error) {
	var crs *geo.CRS
	if asked != "" {
		if crs, ok = geo.Named(asked); !ok {
			return p, false, strangeCRS(asked)
		}
	}
	if f.Info.Geometry != "" || f.Info.HeaderRows == 0 || crs != nil && crs.Geographic() || f.degrees == nil && DegreesAmong(f.Header) != nil {
		return p, false, nil
	}
	pairs := axes(f.Header)
	if len(pairs) == 0 && crs == nil {
		return p, false, nil
	}
	rows, err := f.firstRows(ctx)
	if err != nil {
		return p, false, err
	}
	if p, ok = choosePair(pairs, rows, crs, f.Header, f.name); ok || crs == nil {
		return p, ok, nil
	}
	pairs = nil
	for j := range max(len(f.Header)-1, 0) {
		pairs = append(pairs, [2]int{j, j + 1})
	}
	p, ok = choosePair(pairs, rows, crs, f.Header, f.name)
	return p, ok, nil
}

// Words for the two directions, in labels. Those of one letter stand alone, but x
// and y.
var directions = [][2]string{{"x", "y"}, {"easting", "northing"}, {"est", "nord"}, {"east", "north"}, {"abscisse", "ordonnee"}, {"longitude", "latitude"},
	{"long", "lat"}, {"lon", "lat"}, {"e", "n"}}

// axes lists the pairs of labels that differ by the direction alone.
func axes(labels []string) (pairs [][2]int) {
	keys := make([]string, len(labels))
	for j, l := range labels {
		keys[j] = labelKey(l)
	}
	for j, key := range keys {
		for _, d := range directions {
			for at := 0; at < len(key); at++ {
				k := strings.Index(key[at:], d[0])
				if k < 0 {
					break
				}
				at += k
				end := at + len(d[0])
				if d[0] == "e" && (at > 0 && letter(key[at-1]) || end < len(key) && letter(key[end])) {
					continue
				}
				if other := slices.Index(keys, key[:at]+d[1]+key[end:]); other >= 0 && !slices.Contains(pairs, [2]int{j, other}) {
					pairs = append(pairs, [2]int{j, other})
				}
			}
		}
	}
	return pairs
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' }

// firstRows copies the first records that hold something.
func (f *File) firstRows(ctx context.Context) (rows [][]string, err error) {
	for b, err := range f.Batches(ctx) {
		if err != nil {
			return nil, err
		}
		for i := range b.Len() {
			if !b.Blank(i) {
				rows = append(rows, b.row(i))
			}
			if len(rows) == sampledCorners {
				return rows, nil
			}
		}
	}
	return rows, nil
}

// choosePair returns the first pair whose numbers are coordinates of a system,
// the one given or one that is recognised. Numbers may be the wrong way round.
func choosePair(pairs [][2]int, rows [][]string, crs *geo.CRS, labels []string, file string) (Projected, bool) {
	for _, pair := range pairs {
		for _, turned := range []bool{false, true} {
			x, y := pair[0], pair[1]
			if turned {
				x, y = y, x
			}
			points := pointsOf(rows, x, y)
			if len(points) == 0 {
				continue
			}
			hint := strings.Join([]string{labels[x], labels[y], file}, " ")
			if crs != nil {
				if liesIn(crs, points) {
					return Projected{x, y, crs.String(), crs}, true
				}
			} else if found, ok := geo.Guess(points, hint); ok {
				return Projected{x, y, found.String(), found}, true
			}
		}
	}
	return Projected{}, false
}

// liesIn: all positions lie where the system is used, or within two degrees.
func liesIn(crs *geo.CRS, points []orb.Point) bool {
	area := crs.Area.Pad(2)
	for _, p := range points {
		if !area.Contains(crs.ToWGS84(p)) {
			return false
		}
	}
	return !geo.InDegrees(points)
}

// Of the positions of a table, some may be mistakes: so many hundredths, one of few,
// do not count at either end when its system is recognised.
const (
	strays    = 3
	tooFew    = 4 // positions, to leave any out
	numbersOf = 5 // one cell in so many may be no number
)

// pointsOf reads two columns; nil when they do not hold numbers. Positions far
// from the others are left out.
func pointsOf(rows [][]string, x, y int) (points []orb.Point) {
	filled := 0
	for _, r := range rows {
		if x >= len(r) || y >= len(r) || strings.TrimSpace(r[x]) == "" || strings.TrimSpace(r[y]) == "" {
			continue
		}
		filled++
		if p, ok := metres([]byte(r[x]), []byte(r[y])); ok {
			points = append(points, p)
		} else if nothing([]byte(r[x])) && nothing([]byte(r[y])) {
			filled--
		}
	}
	if len(points)*numbersOf < filled*(numbersOf-1) {
		return nil
	}
	cut := 0
	if len(points) >= tooFew {
		cut = max(1, len(points)*strays/100)
	}
	for axis := range 2 {
		if len(points) <= 2*cut {
			break
		}
		slices.SortFunc(points, func(a, b orb.Point) int {
			switch {
			case a[axis] < b[axis]:
				return -1
			case a[axis] > b[axis]:
				return 1
			}
			return 0
		})
		points = points[cut : len(points)-cut]
	}
	return points
}

// metres reads two cells: with a decimal point or comma, and spaces between thousands.
// false: not numbers, or zeros, which are written for want of a place.
func metres(x, y []byte) (orb.Point, bool) {
	a, okA := metre(x)
	b, okB := metre(y)
	return orb.Point{a, b}, okA && okB && (a != 0 || b != 0)
}

// nothing: the cell says that there is no place.
func nothing(cell []byte) bool {
	cell = bytes.TrimSpace(cell)
	v, ok := metre(cell)
	return len(cell) == 0 || isNone(cell) || ok && v == 0
}

func metre(cell []byte) (float64, bool) {
	if !isNumber(bytes.TrimSpace(cell)) {
		return 0, false
	}
	text := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "").Replace(string(cell))
	switch commas := strings.Count(text, ","); {
	case commas == 1 && !strings.Contains(text, "."):
		text = strings.Replace(text, ",", ".", 1)
	case strings.LastIndexByte(text, ',') > strings.LastIndexByte(text, '.') && commas == 1: // 652.381,5
		text = strings.Replace(strings.ReplaceAll(text, ".", ""), ",", ".", 1)
	default:
		text = strings.ReplaceAll(text, ",", "")
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return v, err == nil
}

// added says which columns are written behind those of the file.
type added struct {
	Projected
	at    int  // where they stand
	again bool // they are there, and are computed again
}

// addDegrees adds columns of longitude and latitude to a table of projected
// coordinates, as the options say. Errors: Invalid, when a system was asked for and
// no columns hold its coordinates.
func (f *File) addDegrees(ctx context.Context, o Options) error {
	if o.Degrees == nil || f.Info.Geometry != "" {
		return nil
	}
	n := len(f.Header)
	again := o.Recompute && n >= 2 && f.Header[n-2] == o.Degrees.Longitude && f.Header[n-1] == o.Degrees.Latitude
	if o.Recompute && !again {
		return nil
	}
	if !again && columnNamed(f.Header, []string{labelKey(o.Degrees.Longitude), labelKey(o.Degrees.Latitude)}) >= 0 {
		return nil
	}
	a := &added{at: n, again: again}
	if again {
		a.at = n - 2
		f.degrees = a // so that its own columns are not in the way
	}
	p, ok, err := f.FindProjected(ctx, o.CRS)
	f.degrees = nil
	if err != nil {
		return err
	}
	if !ok {
		if o.CRS == "" || again {
			return nil
		}
		if c, known := geo.Named(o.CRS); known && c.Geographic() {
			return nil
		}
		return fail(errs.Invalid, CodeSource, "tabular.no-coordinates", errs.Args{"System": o.CRS})
	}
	a.Projected = p
	f.Info.Coordinates = []string{f.Header[p.X], f.Header[p.Y]}
	f.Info.CRS, f.Info.Degrees = p.System, o.Degrees
	f.degrees = a
	if !again {
		f.Header = append(slices.Clip(f.Header), o.Degrees.Longitude, o.Degrees.Latitude)
		f.Info.Columns = max(f.Info.Columns, n) + 2
	}
	return nil
}

// ownColumns is the width of the table in the file.
func (f *File) ownColumns() int {
	if f.degrees != nil && !f.degrees.again {
		return f.Info.Columns - 2
	}
	return f.Info.Columns
}

// widen adds the two cells to each record of a batch. Records that are too short
// stay so.
func (a *added) widen(b *Batch) {
	cells := make([]extent, 0, len(b.cells)+2*b.Len())
	faults := make([]Fault, 0, len(b.Faults))
	next := 0
	for i := range b.Len() {
		for ; next < len(b.Faults) && b.Faults[next].Index <= i; next++ {
			faults = append(faults, b.Faults[next])
		}
		row := b.cells[b.first[i]:b.first[i+1]]
		b.first[i] = uint32(len(cells))
		n := a.at
		if a.again {
			n += 2
		}
		if len(row) < n {
			cells = append(cells, row...)
			continue
		}
		text := func(k int) []byte { return b.buf[row[k].start:row[k].end] }
		cells = append(cells, row[:a.at]...)
		p, ok := metres(text(a.X), text(a.Y))
		if ok {
			if g, err := a.crs.Convert(p); err == nil {
				p, _ = g.(orb.Point)
			} else {
				ok = false
				faults = append(faults, a.fault(i))
			}
		} else if !nothing(text(a.X)) || !nothing(text(a.Y)) {
			faults = append(faults, a.fault(i))
		}
		for axis := range 2 {
			start := uint32(len(b.buf))
			if ok {
				b.buf = geo.AppendDegrees(b.buf, p[axis], degreeDecimals)
			}
			cells = append(cells, extent{start, uint32(len(b.buf))})
		}
		cells = append(cells, row[n:]...)
	}
	b.first[len(b.first)-1] = uint32(len(cells))
	b.cells, b.Faults = cells, append(faults, b.Faults[next:]...)
}

func (a *added) fault(i int) Fault {
	return Fault{Index: i, Column: a.X + 1, Code: CodeSource, Key: "tabular.fault.projected", Args: map[string]any{"System": a.System}}
}
