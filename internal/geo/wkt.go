package geo

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// ErrUnknownCRS is the error for a reference system that is not known here; Name is
// what the file calls it.
type ErrUnknownCRS struct{ Name string }

func (e *ErrUnknownCRS) Error() string {
	return fmt.Sprintf("unknown coordinate reference system %q", e.Name)
}

// ParseWKT finds the system that a text describes: well-known text of OGC (01-009),
// of ESRI (files .prj) or of ISO 19162 with an identifier. A number of EPSG decides;
// without one, the projection's parameters do. Errors: ErrUnknownCRS.
func ParseWKT(text string) (*CRS, error) {
	p := wktParser{text: text}
	root := p.node(0)
	if root == nil || root.keyword == "" {
		return nil, &ErrUnknownCRS{Name: shorten(text)}
	}
	if root.keyword == "COMPD_CS" || root.keyword == "COMPOUNDCRS" || root.keyword == "BOUNDCRS" || root.keyword == "SOURCECRS" {
		if inner := root.find("PROJCS", "PROJCRS", "PROJECTEDCRS", "GEOGCS", "GEOGCRS", "GEODCRS"); inner != nil {
			root = inner
		}
	}
	if id := root.child("AUTHORITY", "ID"); id != nil && strings.EqualFold(id.text(0), "EPSG") {
		if code, err := strconv.Atoi(id.text(1)); err == nil {
			if c, ok := EPSG(code); ok {
				return c, nil
			}
		}
	}
	if c := root.match(); c != nil {
		return c, nil
	}
	return nil, &ErrUnknownCRS{Name: shorten(root.text(0))}
}

func shorten(s string) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) > 80 {
		r = append(r[:80], '…')
	}
	return string(r)
}

// wktNode is KEYWORD[value, …], a value a text, a number or a node.
type wktNode struct {
	keyword string
	values  []wktValue
}

type wktValue struct {
	text string
	node *wktNode
}

func (n *wktNode) text(i int) string {
	for _, v := range n.values {
		if v.node != nil {
			continue
		}
		if i == 0 {
			return v.text
		}
		i--
	}
	return ""
}

func (n *wktNode) number(i int) float64 {
	v, err := strconv.ParseFloat(n.text(i), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

func (n *wktNode) child(keywords ...string) *wktNode {
	for _, v := range n.values {
		for _, k := range keywords {
			if v.node != nil && v.node.keyword == k {
				return v.node
			}
		}
	}
	return nil
}

// find is child at any depth.
func (n *wktNode) find(keywords ...string) *wktNode {
	if c := n.child(keywords...); c != nil {
		return c
	}
	for _, v := range n.values {
		if v.node != nil {
			if c := v.node.find(keywords...); c != nil {
				return c
			}
		}
	}
	return nil
}

type wktParser struct {
	text string
	at   int
}

func (p *wktParser) space() {
	for p.at < len(p.text) && unicode.IsSpace(rune(p.text[p.at])) {
		p.at++
	}
}

func (p *wktParser) node(depth int) *wktNode {
	p.space()
	start := p.at
	for p.at < len(p.text) && (p.text[p.at] == '_' || p.text[p.at] >= 'A' && p.text[p.at] <= 'Z' || p.text[p.at] >= 'a' && p.text[p.at] <= 'z' || p.text[p.at] >= '0' && p.text[p.at] <= '9') {
		p.at++
	}
	n := &wktNode{keyword: strings.ToUpper(p.text[start:p.at])}
	if p.space(); p.at >= len(p.text) || p.text[p.at] != '[' && p.text[p.at] != '(' || depth > maxDepth || n.keyword == "" {
		return nil
	}
	p.at++
	for p.at < len(p.text) {
		p.space()
		if p.at >= len(p.text) {
			break
		}
		switch c := p.text[p.at]; {
		case c == ']' || c == ')':
			p.at++
			return n
		case c == ',':
			p.at++
		case c == '"':
			end := strings.IndexByte(p.text[p.at+1:], '"')
			if end < 0 {
				return nil
			}
			n.values = append(n.values, wktValue{text: p.text[p.at+1 : p.at+1+end]})
			p.at += end + 2
		case c == '-' || c == '+' || c == '.' || c >= '0' && c <= '9':
			end := strings.IndexAny(p.text[p.at:], ",]) \t\r\n")
			if end < 0 {
				return nil
			}
			n.values = append(n.values, wktValue{text: p.text[p.at : p.at+end]})
			p.at += end
		default:
			from := p.at
			inner := p.node(depth + 1)
			if inner == nil {
				word := strings.IndexAny(p.text[from:], ",])") // as in AXIS["X",EAST]
				if word <= 0 || p.at > from+word {
					return nil
				}
				p.at = from + word
				continue
			}
			n.values = append(n.values, wktValue{node: inner})
		}
	}
	return nil
}

// match finds the system by its parameters.
func (n *wktNode) match() *CRS {
	spheroid := n.find("SPHEROID", "ELLIPSOID")
	if spheroid == nil {
		return nil
	}
	a := spheroid.number(1)
	datum := ""
	if d := n.find("DATUM"); d != nil {
		datum = strings.ToUpper(d.text(0))
	}
	meridian := 0.0
	if m := n.find("PRIMEM"); m != nil && strings.Contains(strings.ToUpper(m.text(0)), "PARIS") {
		meridian = paris
	}
	switch n.keyword {
	case "GEOGCS":
		return matchGeographic(a, datum, meridian)
	case "PROJCS":
	default:
		return nil
	}
	want, ok := n.shape(meridian)
	if !ok {
		return nil
	}
	for _, s := range systems {
		c := s.make()
		if math.Abs(c.ellipsoid.a-a) < 0.5 && c.shape.like(want) && c.datum(datum) {
			return c
		}
	}
	return nil
}

func matchGeographic(a float64, datum string, meridian float64) *CRS {
	var code int
	switch {
	case math.Abs(a-grs80.a) < 0.5 && meridian == 0:
		code = 4326
	case math.Abs(a-clarke1880IGN.a) < 0.5 && (strings.Contains(datum, "NTF") || strings.Contains(datum, "NOUVELLE_TRIANGULATION")):
		if code = 4275; meridian != 0 {
			code = 4807
		}
	default:
		return nil
	}
	c, _ := EPSG(code)
	return c
}

// datum: systems on the old ellipsoids are told apart by the names of their datum.
func (c *CRS) datum(name string) bool {
	switch c.shift {
	case guadeloupe:
		return strings.Contains(name, "GUADELOUPE") || strings.Contains(name, "SAINTE_ANNE") || strings.Contains(name, "STE_ANNE")
	case martinique:
		return strings.Contains(name, "MARTINIQUE") || strings.Contains(name, "FORT_DESAIX")
	}
	return true
}

// shape reads projection and parameters, angles made degrees from Greenwich.
func (n *wktNode) shape(meridian float64) (shape, bool) {
	method := n.child("PROJECTION")
	if method == nil {
		return shape{}, false
	}
	unit := 1.0 // degrees
	if g := n.child("GEOGCS"); g != nil {
		if u := g.child("UNIT"); u != nil && u.number(1) > 0 {
			unit = u.number(1) / rad
		}
	}
	if u := n.child("UNIT"); u != nil && math.Abs(u.number(1)-1) > 1e-9 {
		return shape{}, false // not metres
	}
	nan := math.NaN()
	s := shape{scale: 1, lat1: nan, lat2: nan, lat0: nan}
	for _, v := range n.values {
		if v.node == nil || v.node.keyword != "PARAMETER" {
			continue
		}
		x := v.node.number(1)
		switch strings.ToLower(strings.ReplaceAll(v.node.text(0), " ", "_")) {
		case "false_easting":
			s.x0 = x
		case "false_northing":
			s.y0 = x
		case "central_meridian", "longitude_of_center", "longitude_of_origin":
			s.lon0 = x*unit + meridian
		case "latitude_of_origin", "latitude_of_center":
			s.lat0 = x * unit
		case "standard_parallel_1":
			s.lat1 = x * unit
		case "standard_parallel_2":
			s.lat2 = x * unit
		case "scale_factor":
			s.scale = x
		}
	}
	name := strings.ToLower(method.text(0))
	switch {
	case strings.HasPrefix(name, "lambert_conformal_conic"):
		s.method = "lcc2"
		if math.IsNaN(s.lat0) {
			s.lat0 = s.lat1
		}
		if math.IsNaN(s.lat2) || s.lat1 == s.lat2 {
			s.method, s.lat1, s.lat2 = "lcc1", 0, 0
		}
		s.lat1, s.lat2 = min(s.lat1, s.lat2), max(s.lat1, s.lat2)
	case name == "transverse_mercator" || name == "gauss_kruger":
		s.method, s.lat1, s.lat2 = "tm", 0, 0
		if math.IsNaN(s.lat0) {
			s.lat0 = 0
		}
	case strings.Contains(name, "auxiliary_sphere"), strings.Contains(name, "popular_visualisation"),
		strings.HasPrefix(name, "mercator") && strings.Contains(strings.ToLower(n.text(0)), "pseudo"):
		return shape{method: "webmerc"}, true
	default:
		return shape{}, false
	}
	return s, true
}

// like compares the parameters of a known system with those of a file, which are
// often rounded. A cone given by two parallels, where ours is given by one and a
// scale, is told by its origin: no two known cones share it.
func (s shape) like(o shape) bool {
	if s.method == "webmerc" || o.method == "webmerc" {
		return s.method == o.method
	}
	near := func(a, b, d float64) bool { return math.Abs(a-b) <= d }
	if !near(s.lon0, o.lon0, 1e-4) || !near(s.lat0, o.lat0, 1e-4) || !near(s.x0, o.x0, 1) || !near(s.y0, o.y0, 1) {
		return false
	}
	switch {
	case s.method == "lcc1" && o.method == "lcc2":
		return true
	case s.method != o.method:
		return false
	}
	return near(s.scale, o.scale, 1e-6) && near(s.lat1, o.lat1, 1e-4) && near(s.lat2, o.lat2, 1e-4)
}

// WGS84WKT is longitude and latitude of WGS 84 as files .prj and GeoPackages say it.
const WGS84WKT = `GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]`
