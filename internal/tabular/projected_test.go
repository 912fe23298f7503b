package tabular

import (
	"fmt"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"socle/internal/geo"
)

// TestProjectedSystems: the coordinates of a table are recognised in every system
// of France that they can be told from.
func TestProjectedSystems(t *testing.T) {
	for _, c := range []struct {
		code  int
		place orb.Point // longitude and latitude
		x, y  string    // labels
	}{
		{2154, orb.Point{1.44, 43.6}, "x", "y"},
		{2154, orb.Point{8.74, 41.92}, "coordonnees_x", "coordonnees_y"},
		{3942, orb.Point{9.1, 41.9}, "coordx", "coordy"},
		{3943, orb.Point{1.44, 43.1}, "X_CC43", "Y_CC43"},
		{3944, orb.Point{3.87, 43.61}, "lambert_x", "lambert_y"},
		{3946, orb.Point{4.83, 45.75}, "xcoord", "ycoord"},
		{3948, orb.Point{-1.67, 48.11}, "Coord. X", "Coord. Y"},
		{3950, orb.Point{3.06, 50.63}, "easting", "northing"},
		{5490, orb.Point{-61.55, 16.24}, "x_utm20", "y_utm20"},
		{2972, orb.Point{-52.33, 4.93}, "Est", "Nord"},
		{2975, orb.Point{55.45, -20.88}, "abscisse", "ordonnée"},
		{4471, orb.Point{45.23, -12.78}, "e", "n"},
		{27572, orb.Point{2.35, 48.85}, "x_l2e", "y_l2e"},
		{27572, orb.Point{2.35, 48.85}, "x", "y"},
		{3857, orb.Point{2.35, 48.85}, "x", "y"},
		{32631, orb.Point{2.35, 48.85}, "x_utm_31n", "y_utm_31n"},
	} {
		crs, ok := geo.EPSG(c.code)
		if !ok {
			t.Fatal(c.code)
		}
		var b strings.Builder
		fmt.Fprintf(&b, "nom;%s;%s\n", c.x, c.y)
		for i := range 20 {
			p := crs.FromWGS84(orb.Point{c.place[0] + float64(i)/1000, c.place[1] - float64(i)/1000})
			b.WriteString(strings.ReplaceAll(fmt.Sprintf("lieu %d;%.3f;%.3f\n", i, p[0], p[1]), ".", ","))
		}
		f, err := Open(t.Context(), Bytes([]byte(b.String())), Options{Degrees: AddedDegrees()})
		if err != nil {
			t.Fatal(err)
		}
		if f.Info.CRS != crs.String() || len(f.Header) != 5 {
			t.Errorf("%d: %q, %v", c.code, f.Info.CRS, f.Header)
			continue
		}
		for batch, err := range f.Batches(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range batch.Len() {
				p, ok := position(string(batch.Cell(i, 3)), string(batch.Cell(i, 4)))
				if want := (orb.Point{c.place[0] + float64(i)/1000, c.place[1] - float64(i)/1000}); !ok || distance(p, want) > 1e-7 {
					t.Errorf("%d: %v, want %v", c.code, p, want)
				}
			}
		}
		f.Close()
	}
}

func distance(a, b orb.Point) float64 { return max(abs(a[0]-b[0]), abs(a[1]-b[1])) }

func abs(v float64) float64 { return max(v, -v) }

// TestProjectedLong: added columns stand behind those of the file, whose records
// are as wide as its header, and batches beyond the first have them too.
func TestProjectedLong(t *testing.T) {
	var b strings.Builder
	b.WriteString("[")
	for i := range 3 * rowsRecords {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"id":%d,"x":%d,"y":%d}`, i, 574000+i, 6279000-i)
	}
	b.WriteString("]")
	f, err := Open(t.Context(), Bytes([]byte(b.String())), Options{Degrees: &DegreeLabels{"lon", "lat"}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	end, err := Scan(t.Context(), f, 2, func(b *Batch) (int, error) {
		for i := range b.Len() {
			if b.Width(i) != 5 || len(b.Cell(i, 3)) < 5 || len(b.Cell(i, 4)) < 5 {
				return 0, fmt.Errorf("%q", b.row(i))
			}
		}
		return b.Len(), nil
	}, func(_ Position, rows int) error { n += rows; return nil })
	if err != nil || n != 3*rowsRecords || end.Columns != 5 {
		t.Error(n, end, err)
	}
}
