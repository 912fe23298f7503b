package geo

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// CRS is a coordinate reference system: how the numbers of a file are places.
type CRS struct {
	Code int    // EPSG; 0 for the longitude and latitude of the web (OGC:CRS84)
	Name string // as its authority names it
	// Area is where it is used: west, south, east and north in degrees of WGS 84.
	Area orb.Bound

	ellipsoid  ellipsoid
	shift      shift
	projection projection
	shape      shape
}

// shape tells projections apart by their parameters: degrees and metres.
type shape struct {
	method                 string // lcc1, lcc2, tm, webmerc, lonlat
	lon0, lat0, lat1, lat2 float64
	scale, x0, y0          float64
}

// String is the code as files write it: EPSG:2154.
func (c *CRS) String() string {
	if c.Code == 0 {
		return "OGC:CRS84"
	}
	return "EPSG:" + strconv.Itoa(c.Code)
}

// Geographic: the numbers are degrees of WGS 84 already, or of a system that is
// the same within a few decimetres (RGF93, ETRS89): nothing needs converting.
func (c *CRS) Geographic() bool { return c.projection == angles{unit: rad} && c.shift == shift{} }

const rad = math.Pi / 180

// ToWGS84 returns longitude and latitude in degrees, not rounded. Numbers
// out of the projection's reach give NaN.
func (c *CRS) ToWGS84(p orb.Point) orb.Point {
	if c.Geographic() {
		return p
	}
	lon, lat := c.projection.inverse(p[0], p[1])
	if (c.shift != shift{}) {
		lon, lat = moved(c.ellipsoid, grs80, c.shift, lon, lat)
	}
	lon, lat = lon/rad, lat/rad
	if !(math.Abs(lat) <= 90) || math.Abs(lon) > 540 {
		return orb.Point{math.NaN(), math.NaN()}
	}
	if lon > 180 {
		lon -= 360
	} else if lon < -180 {
		lon += 360
	}
	return orb.Point{lon, lat}
}

// FromWGS84 is the opposite of ToWGS84.
func (c *CRS) FromWGS84(p orb.Point) orb.Point {
	if c.Geographic() {
		return p
	}
	lon, lat := p[0]*rad, p[1]*rad
	if (c.shift != shift{}) {
		lon, lat = moved(grs80, c.ellipsoid, shift{-c.shift.x, -c.shift.y, -c.shift.z}, lon, lat)
	}
	x, y := c.projection.forward(lon, lat)
	return orb.Point{x, y}
}

// around: how far out of the area of a system, in degrees, its positions are
// still taken for what they say. Zeros written for want of a place are not.
const around = 12

// Convert moves all positions of a geometry to WGS 84, in place where it can.
// Errors: ErrGeometry, when a position is far from where the system is used.
func (c *CRS) Convert(g orb.Geometry) (orb.Geometry, error) {
	if c.Geographic() {
		return g, nil
	}
	area := c.Area.Pad(around)
	line := func(l []orb.Point) error {
		for i, p := range l {
			if l[i] = c.ToWGS84(p); math.IsNaN(l[i][0]) || !area.Contains(l[i]) {
				return fmt.Errorf("%w: %v is out of %s", ErrGeometry, p, c)
			}
		}
		return nil
	}
	rings := func(p orb.Polygon) error {
		for _, r := range p {
			if err := line(r); err != nil {
				return err
			}
		}
		return nil
	}
	switch g := g.(type) {
	case orb.Point:
		l := []orb.Point{g}
		err := line(l)
		return l[0], err
	case orb.MultiPoint:
		return g, line(g)
	case orb.LineString:
		return g, line(g)
	case orb.MultiLineString:
		for _, l := range g {
			if err := line(l); err != nil {
				return nil, err
			}
		}
	case orb.Polygon:
		return g, rings(g)
	case orb.MultiPolygon:
		for _, p := range g {
			if err := rings(p); err != nil {
				return nil, err
			}
		}
	case orb.Collection:
		for i, e := range g {
			var err error
			if g[i], err = c.Convert(e); err != nil {
				return nil, err
			}
		}
	}
	return g, nil
}

// WGS84 is longitude and latitude in degrees, in this order.
func WGS84() *CRS { return lonlat(0, "WGS 84", grs80, shift{}) }

// EPSG finds a system by its number; false for those that are not known here.
func EPSG(code int) (*CRS, bool) {
	for _, s := range systems {
		if s.code == code {
			return s.make(), true
		}
		for _, same := range s.same {
			if same == code {
				c := s.make()
				c.Code = code
				return c, true
			}
		}
	}
	return nil, false
}

// Systems lists the systems known, the most frequent first.
func Systems() []*CRS {
	list := make([]*CRS, 0, len(systems))
	for _, s := range systems {
		list = append(list, s.make())
	}
	return list
}

// Named finds a system by one of the ways to write a code: EPSG:2154,
// urn:ogc:def:crs:EPSG::2154, http://www.opengis.net/def/crs/EPSG/0/2154, 2154,
// urn:ogc:def:crs:OGC:1.3:CRS84.
func Named(name string) (*CRS, bool) {
	name = strings.TrimSpace(name)
	if strings.HasSuffix(strings.ToUpper(name), "CRS84") || strings.HasSuffix(strings.ToUpper(name), "CRS84H") {
		return WGS84(), true
	}
	digits := name
	if k := strings.LastIndexAny(name, ":/#"); k >= 0 {
		if up := strings.ToUpper(name[:k]); !strings.Contains(up, "EPSG") {
			return nil, false
		}
		digits = name[k+1:]
	}
	code, err := strconv.Atoi(digits)
	if err != nil {
		return nil, false
	}
	return EPSG(code)
}

// system is a line of the list of those in use in France.
type system struct {
	code int
	same []int // of other realisations of the same, which differ by centimetres
	make func() *CRS
}

const paris = 2.337229166666667 // degrees east of Greenwich

var (
	ntf        = shift{-168, -60, 320}  // EPSG:1193 (IGN)
	guadeloupe = shift{-467, -16, -300} // EPSG:1577
	martinique = shift{186, 482, 151}   // EPSG:1578
)

// systems lists all that is known, the most frequent first.
var systems = listSystems()

func listSystems() []system {
	metropole := box(-9.86, 41.15, 10.38, 51.56)
	list := []system{
		{2154, []int{9793, 9794}, func() *CRS {
			return conic2(2154, "RGF93 / Lambert-93", box(-9.86, 41.15, 10.38, 51.56), 3, 46.5, 44, 49, 700000, 6600000)
		}},
		{3857, []int{900913, 102100, 102113}, func() *CRS {
			return &CRS{Code: 3857, Name: "WGS 84 / Pseudo-Mercator", Area: box(-180, -85.06, 180, 85.06), ellipsoid: grs80, projection: spherical{}, shape: shape{method: "webmerc", scale: 1}}
		}},
		{4326, []int{4171, 4258, 4979, 4937, 4965, 9777, 9782, 5489, 4558, 4627, 4470, 4463, 4624, 4687, 4749}, func() *CRS {
			return lonlat(4326, "WGS 84", grs80, shift{})
		}},
		{27572, nil, func() *CRS {
			return conic1(27572, "NTF (Paris) / Lambert zone II", metropole, 46.8, 0.99987742, 600000, 2200000)
		}},
		{27571, nil, func() *CRS {
			return conic1(27571, "NTF (Paris) / Lambert zone I", box(-4.87, 48.14, 8.23, 51.14), 49.5, 0.999877341, 600000, 1200000)
		}},
		{27573, nil, func() *CRS {
			return conic1(27573, "NTF (Paris) / Lambert zone III", box(-1.79, 42.33, 7.71, 45.46), 44.1, 0.999877499, 600000, 3200000)
		}},
		{27574, nil, func() *CRS {
			return conic1(27574, "NTF (Paris) / Lambert zone IV", box(8.5, 41.31, 9.63, 43.07), 42.165, 0.99994471, 234.358, 4185861.369)
		}},
		{27561, nil, func() *CRS {
			return conic1(27561, "NTF (Paris) / Lambert Nord France", box(-4.87, 48.14, 8.23, 51.14), 49.5, 0.999877341, 600000, 200000)
		}},
		{27562, nil, func() *CRS {
			return conic1(27562, "NTF (Paris) / Lambert Centre France", box(-4.8, 45.44, 7.63, 48.15), 46.8, 0.99987742, 600000, 200000)
		}},
		{27563, nil, func() *CRS {
			return conic1(27563, "NTF (Paris) / Lambert Sud France", box(-1.79, 42.33, 7.71, 45.46), 44.1, 0.999877499, 600000, 200000)
		}},
		{27564, nil, func() *CRS {
			return conic1(27564, "NTF (Paris) / Lambert Corse", box(8.5, 41.31, 9.63, 43.07), 42.165, 0.99994471, 234.358, 185861.369)
		}},
		{4275, nil, func() *CRS { return lonlat(4275, "NTF", clarke1880IGN, ntf) }},
		{4807, nil, func() *CRS {
			return &CRS{Code: 4807, Name: "NTF (Paris)", Area: metropole, ellipsoid: clarke1880IGN, shift: ntf, projection: angles{math.Pi / 200, paris * rad}, shape: shape{method: "grads"}}
		}},
		{3163, nil, func() *CRS {
			return conic2(3163, "RGNC91-93 / Lambert New Caledonia", box(156.25, -26.45, 174.28, -14.83), 166, -21.5, -20.666666666666668, -22.333333333333332, 400000, 300000)
		}},
		{2970, nil, func() *CRS {
			return utm(2970, "Guadeloupe 1948 / UTM zone 20N", 20, false, box(-61.85, 15.8, -60.97, 16.55), international, guadeloupe)
		}},
		{2973, nil, func() *CRS {
			return utm(2973, "Martinique 1938 / UTM zone 20N", 20, false, box(-61.29, 14.35, -60.76, 14.93), international, martinique)
		}},
	}
	for zone := range 9 {
		n := zone + 1
		list = append(list, system{3942 + zone, []int{9822 + zone, 9842 + zone}, func() *CRS {
			lat := float64(41 + n)
			return conic2(3941+n, fmt.Sprintf("RGF93 / CC%d", 41+n), box(-9.86, lat-1, 10.38, lat+1), 3, lat, lat-0.75, lat+0.75, 1700000, float64(n)*1e6+200000)
		}})
	}
	for _, z := range []struct {
		code, zone int
		south      bool
		name       string
		same       []int
		area       orb.Bound
	}{
		{32630, 30, false, "WGS 84 / UTM zone 30N", []int{25830}, box(-6, 41, 0, 52)},
		{32631, 31, false, "WGS 84 / UTM zone 31N", []int{25831}, box(0, 41, 6, 52)},
		{32632, 32, false, "WGS 84 / UTM zone 32N", []int{25832}, box(6, 41, 12, 52)},
		{5490, 20, false, "RGAF09 / UTM zone 20N", []int{4559, 32620}, box(-63.66, 14.08, -57.52, 18.54)},
		{4467, 21, false, "RGSPM06 / UTM zone 21N", []int{32621}, box(-57.1, 43.41, -55.9, 47.37)},
		{2972, 22, false, "RGFG95 / UTM zone 22N", []int{32622}, box(-54.61, 2.11, -49.45, 8.88)},
		{4471, 38, true, "RGM04 / UTM zone 38S", []int{32738}, box(43.68, -14.49, 46.7, -11.33)},
		{2975, 40, true, "RGR92 / UTM zone 40S", []int{32740}, box(51.83, -24.72, 58.24, -18.28)},
		{3296, 5, true, "RGPF / UTM zone 5S", []int{32705}, box(-156, -31.24, -150, -4.52)},
		{3297, 6, true, "RGPF / UTM zone 6S", []int{32706}, box(-150, -31.24, -144, -4.52)},
		{3298, 7, true, "RGPF / UTM zone 7S", []int{32707}, box(-144, -31.24, -138, -4.52)},
		{3299, 8, true, "RGPF / UTM zone 8S", []int{32708}, box(-138, -31.24, -131.97, -4.52)},
		{8903, 1, true, "RGWF96 / UTM zone 1S", []int{32701}, box(-179.49, -15.94, -174.27, -9.84)},
	} {
		list = append(list, system{z.code, z.same, func() *CRS { return utm(z.code, z.name, z.zone, z.south, z.area, grs80, shift{}) }})
	}
	return list
}

func box(west, south, east, north float64) orb.Bound {
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}
}

func lonlat(code int, name string, el ellipsoid, s shift) *CRS {
	return &CRS{Code: code, Name: name, Area: box(-180, -90, 180, 90), ellipsoid: el, shift: s, projection: angles{unit: rad}, shape: shape{method: "lonlat"}}
}

func conic2(code int, name string, area orb.Bound, lon0, lat0, lat1, lat2, x0, y0 float64) *CRS {
	return &CRS{
		Code: code, Name: name, Area: area, ellipsoid: grs80,
		projection: lambert2(grs80, lon0*rad, lat0*rad, lat1*rad, lat2*rad, x0, y0),
		shape:      shape{method: "lcc2", lon0: lon0, lat0: lat0, lat1: min(lat1, lat2), lat2: max(lat1, lat2), scale: 1, x0: x0, y0: y0},
	}
}

func conic1(code int, name string, area orb.Bound, lat0, scale, x0, y0 float64) *CRS {
	return &CRS{
		Code: code, Name: name, Area: area, ellipsoid: clarke1880IGN, shift: ntf,
		projection: lambert1(clarke1880IGN, paris*rad, lat0*rad, scale, x0, y0),
		shape:      shape{method: "lcc1", lon0: paris, lat0: lat0, scale: scale, x0: x0, y0: y0},
	}
}

func utm(code int, name string, zone int, south bool, area orb.Bound, el ellipsoid, s shift) *CRS {
	lon0, y0 := float64(zone*6-183), 0.0
	if south {
		y0 = 1e7
	}
	return &CRS{
		Code: code, Name: name, Area: area, ellipsoid: el, shift: s,
		projection: transverse(el, lon0*rad, 0.9996, 500000, y0),
		shape:      shape{method: "tm", lon0: lon0, scale: 0.9996, x0: 500000, y0: y0},
	}
}
