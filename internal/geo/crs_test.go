package geo

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"golang.org/x/tools/txtar"
)

// TestPlaces converts the places of testdata/places.txt both ways: within a
// millimetre; on old datums, whose parameters differ by source, within metres.
func TestPlaces(t *testing.T) {
	f, err := os.Open("testdata/places.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		var code int
		var lon, lat, x, y float64
		if _, err := fmt.Sscan(s.Text(), &code, &lon, &lat, &x, &y); err != nil {
			t.Fatal(err)
		}
		c, ok := EPSG(code)
		if !ok {
			t.Fatalf("%d is not known", code)
		}
		n++
		tolerance := 0.001
		if c.shift == guadeloupe || c.shift == martinique || strings.HasPrefix(c.Name, "RGPF") {
			tolerance = 1.5
		}
		p := c.FromWGS84(orb.Point{lon, lat})
		if math.Hypot(p[0]-x, p[1]-y) > tolerance {
			t.Errorf("%d: %v is at %v, want %v %v", code, orb.Point{lon, lat}, p, x, y)
		}
		if q := c.ToWGS84(p); math.Hypot(q[0]-lon, q[1]-lat) > 1e-7 {
			t.Errorf("%d: %v comes back as %v", code, orb.Point{lon, lat}, q)
		}
		if !c.Area.Pad(0.5).Contains(orb.Point{lon, lat}) {
			t.Errorf("%d: %v is out of its area", code, orb.Point{lon, lat})
		}
	}
	if n < 50 {
		t.Errorf("only %d places", n)
	}
}

// TestIsometric holds the examples of IGN's note NT/G 71 (ALG0001 and ALG0002).
func TestIsometric(t *testing.T) {
	const e = 0.08199188998
	for lat, want := range map[float64]float64{0.872664626: 1.00552653648, -0.3: -0.30261690060, 0.1999890337: 0.2} {
		got := math.Asinh(isometric(math.Tan(lat), e))
		if math.Abs(got-want) > 1e-10 {
			t.Errorf("%v: %.11f, want %.11f", lat, got, want)
		}
		if back := math.Atan(conformal(math.Sinh(want), e)); math.Abs(back-lat) > 1e-10 {
			t.Errorf("%v: %v", want, back)
		}
	}
}

func TestParseWKT(t *testing.T) {
	ar, err := txtar.ParseFile("testdata/wkt.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range ar.Files {
		want, _, _ := strings.Cut(f.Name, " ")
		c, err := ParseWKT(string(f.Data))
		var unknown *ErrUnknownCRS
		switch {
		case want == "unknown":
			if !errors.As(err, &unknown) {
				t.Errorf("%s: %v %v", f.Name, c, err)
			}
		case err != nil || strconv.Itoa(c.Code) != want:
			t.Errorf("%s: %v %v", f.Name, c, err)
		}
	}
	if c, err := ParseWKT(WGS84WKT); err != nil || !c.Geographic() {
		t.Errorf("%v %v", c, err)
	}
}

func TestNamed(t *testing.T) {
	for name, want := range map[string]string{
		"EPSG:2154": "EPSG:2154", "urn:ogc:def:crs:EPSG::3945": "EPSG:3945", "urn:ogc:def:crs:EPSG:6.9:27572": "EPSG:27572", "http://www.opengis.net/def/crs/EPSG/0/2975": "EPSG:2975",
		"2154": "EPSG:2154", " epsg:3857 ": "EPSG:3857", "urn:ogc:def:crs:OGC:1.3:CRS84": "OGC:CRS84", "EPSG:4559": "EPSG:4559", "EPSG:9844": "EPSG:9844",
		"EPSG:27700": "", "IGNF:LAMB93": "", "": "", "ESRI:102110": "",
	} {
		c, ok := Named(name)
		if ok != (want != "") || ok && c.String() != want {
			t.Errorf("%q: %v %v", name, c, ok)
		}
	}
}

// TestGuess: what positions without any mention of a system are taken for.
func TestGuess(t *testing.T) {
	for _, c := range []struct {
		name   string
		points []orb.Point
		hint   string
		want   int // 0: not guessed
	}{
		{"Lambert-93", []orb.Point{{574350, 6279650}, {1187000, 6100000}}, "x y", 2154},
		{"Paris", []orb.Point{{652381, 6862047}}, "", 2154},
		{"CC43", []orb.Point{{1574350, 2279650}}, "", 3943},
		{"CC50", []orb.Point{{1704350, 9279650}}, "x_cc50", 3950},
		{"named after another zone", []orb.Point{{1704350, 9279650}}, "x_cc43", 0},
		{"Lambert II", []orb.Point{{600000, 2428000}}, "x y", 27572},
		{"Roussillon in Lambert II", []orb.Point{{650000, 1760000}}, "x y", 0},
		{"Roussillon in Lambert II, named", []orb.Point{{650000, 1760000}}, "x_lambert2e", 27572},
		{"Guadeloupe", []orb.Point{{650000, 1790000}}, "x_utm20n", 5490},
		{"Guadeloupe by number", []orb.Point{{650000, 1790000}}, "epsg:4559", 4559},
		{"Guyane", []orb.Point{{350000, 545000}}, "", 2972},
		{"La Réunion", []orb.Point{{338000, 7690000}}, "", 2975},
		{"Mayotte", []orb.Point{{520000, 8590000}}, "", 4471},
		{"web, in the west", []orb.Point{{-450000, 6150000}, {-400000, 6170000}}, "", 3857},
		{"web, in Paris", []orb.Point{{261000, 6250000}, {262000, 6251000}}, "x y", 3857},
		{"web, in Strasbourg", []orb.Point{{863000, 6190000}}, "x y", 3857},
		{"web, named", []orb.Point{{261000, 6250000}}, "x_3857", 3857},
		{"UTM", []orb.Point{{374000, 4828000}}, "x", 0},
		{"UTM, named", []orb.Point{{374000, 4828000}}, "utm 31n", 32631},
		{"degrees", []orb.Point{{1.44, 43.6}}, "lambert 93", 0},
		{"one astray", []orb.Point{{574350, 6279650}, {0, 0}}, "", 0},
		{"counts", []orb.Point{{1200, 5000}, {3000, 900}}, "", 0},
		{"nothing", nil, "x_l93", 0},
	} {
		got, ok := Guess(c.points, c.hint)
		if ok != (c.want != 0) || ok && got.Code != c.want {
			t.Errorf("%s: %v %v, want %d", c.name, got, ok, c.want)
		}
	}
}

func TestConvert(t *testing.T) {
	c, _ := EPSG(2154)
	for _, text := range shapes {
		g, err := ParseGeoJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		// The numbers are taken as kilometres around the system's origin.
		blown, err := c.Convert(blow(g))
		if err != nil || !orb.Equal(c.roundTrip(t, blown), blow(g)) {
			t.Errorf("%s: %v %v", text, blown, err)
		}
	}
	if g, err := c.Convert(orb.LineString{{700000, 6600000}, {math.NaN(), 1}}); !errors.Is(err, ErrGeometry) {
		t.Error(g, err)
	}
}

// blow makes places in France of small numbers.
func blow(g orb.Geometry) orb.Geometry {
	return each(orb.Clone(g), func(p orb.Point) orb.Point { return orb.Point{700000 + 1000*p[0], 6600000 + 1000*p[1]} })
}

func (c *CRS) roundTrip(t *testing.T, g orb.Geometry) orb.Geometry {
	t.Helper()
	return each(orb.Clone(g), func(p orb.Point) orb.Point {
		if !c.Area.Contains(p) {
			t.Errorf("%v is not in France", p)
		}
		q := c.FromWGS84(p)
		return orb.Point{math.Round(q[0]*1000) / 1000, math.Round(q[1]*1000) / 1000}
	})
}

func each(g orb.Geometry, f func(orb.Point) orb.Point) orb.Geometry {
	line := func(l []orb.Point) {
		for i := range l {
			l[i] = f(l[i])
		}
	}
	switch g := g.(type) {
	case orb.Point:
		return f(g)
	case orb.MultiPoint:
		line(g)
	case orb.LineString:
		line(g)
	case orb.MultiLineString:
		for _, l := range g {
			line(l)
		}
	case orb.Polygon:
		for _, r := range g {
			line(r)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			each(p, f)
		}
	case orb.Collection:
		for i := range g {
			g[i] = each(g[i], f)
		}
	}
	return g
}

func BenchmarkToWGS84(b *testing.B) {
	c, _ := EPSG(2154)
	p := orb.Point{574350, 6279650}
	for b.Loop() {
		c.ToWGS84(p)
	}
}
