package geo

import "math"

// ellipsoid: semi-major axis in metres and square of the first eccentricity.
type ellipsoid struct{ a, e2 float64 }

func flattened(a, inverse float64) ellipsoid {
	f := 1 / inverse
	return ellipsoid{a, f * (2 - f)}
}

var (
	grs80         = flattened(6378137, 298.257222101)
	clarke1880IGN = ellipsoid{6378249.2, 1 - 6356515.0/6378249.2*6356515.0/6378249.2}
	international = flattened(6378388, 297)
)

// projection turns longitude and latitude on an ellipsoid, in radians, into
// metres and back.
type projection interface {
	forward(lon, lat float64) (x, y float64)
	inverse(x, y float64) (lon, lat float64)
}

// isometric is sinh of the isometric latitude, conformal its opposite (C. Karney,
// Transverse Mercator with an accuracy of a few nanometers, 2011, equations 7–21).
func isometric(tau, e float64) float64 {
	sigma := math.Sinh(e * math.Atanh(e*tau/math.Hypot(1, tau)))
	return tau*math.Hypot(1, sigma) - sigma*math.Hypot(1, tau)
}

func conformal(want, e float64) (tau float64) {
	e2 := e * e
	tau = want / (1 - e2)
	if math.Abs(want) > 70 {
		tau = want * math.Exp(e*math.Atanh(e))
	}
	for range 6 {
		got := isometric(tau, e)
		step := (want - got) / math.Hypot(1, got) * (1 + (1-e2)*tau*tau) / ((1 - e2) * math.Hypot(1, tau))
		tau += step
		if math.Abs(step) < 1e-14*max(1, math.Abs(tau)) {
			break
		}
	}
	return tau
}

// lambert is the conic conformal projection (EPSG methods 9801 and 9802; IGN
// NT/G 71).
type lambert struct {
	e, n, c, lon0, xs, ys float64
}

// lambert2 is given by two standard parallels.
func lambert2(el ellipsoid, lon0, lat0, lat1, lat2, x0, y0 float64) *lambert {
	e := math.Sqrt(el.e2)
	m := func(lat float64) float64 {
		s := math.Sin(lat)
		return math.Cos(lat) / math.Sqrt(1-el.e2*s*s)
	}
	q := func(lat float64) float64 { return math.Asinh(isometric(math.Tan(lat), e)) }
	n := (math.Log(m(lat1)) - math.Log(m(lat2))) / (q(lat2) - q(lat1))
	c := el.a * m(lat1) / n * math.Exp(n*q(lat1))
	return &lambert{e, n, c, lon0, x0, y0 + c*math.Exp(-n*q(lat0))}
}

// lambert1 is given by one parallel and the scale on it.
func lambert1(el ellipsoid, lon0, lat0, scale, x0, y0 float64) *lambert {
	e := math.Sqrt(el.e2)
	s := math.Sin(lat0)
	n := s
	r0 := scale * el.a / math.Sqrt(1-el.e2*s*s) / math.Tan(lat0)
	return &lambert{e, n, r0 * math.Exp(n*math.Asinh(isometric(math.Tan(lat0), e))), lon0, x0, y0 + r0}
}

func (l *lambert) forward(lon, lat float64) (x, y float64) {
	r := l.c * math.Exp(-l.n*math.Asinh(isometric(math.Tan(lat), l.e)))
	sin, cos := math.Sincos(l.n * (lon - l.lon0))
	return l.xs + r*sin, l.ys - r*cos
}

func (l *lambert) inverse(x, y float64) (lon, lat float64) {
	dx, dy := x-l.xs, l.ys-y
	r := math.Hypot(dx, dy)
	if l.n < 0 {
		dx, dy, r = -dx, -dy, -r
	}
	lon = l.lon0 + math.Atan2(dx, dy)/l.n
	q := -math.Log(math.Abs(r/l.c)) / l.n
	return lon, math.Atan(conformal(math.Sinh(q), l.e))
}

// mercator is the transverse Mercator projection by Krüger's series to the sixth
// order: better than a micrometre within 3,000 km of its meridian.
type mercator struct {
	e, k, lon0, x0, y0 float64
	alpha, beta        [6]float64
}

func transverse(el ellipsoid, lon0, scale, x0, y0 float64) *mercator {
	f := 1 - math.Sqrt(1-el.e2)
	n := f / (2 - f)
	p := [7]float64{1}
	for i := 1; i < 7; i++ {
		p[i] = p[i-1] * n
	}
	m := &mercator{e: math.Sqrt(el.e2), lon0: lon0, x0: x0, y0: y0}
	m.k = scale * el.a / (1 + n) * (1 + p[2]/4 + p[4]/64 + p[6]/256)
	m.alpha = [6]float64{
		p[1]/2 - 2*p[2]/3 + 5*p[3]/16 + 41*p[4]/180 - 127*p[5]/288 + 7891*p[6]/37800,
		13*p[2]/48 - 3*p[3]/5 + 557*p[4]/1440 + 281*p[5]/630 - 1983433*p[6]/1935360,
		61*p[3]/240 - 103*p[4]/140 + 15061*p[5]/26880 + 167603*p[6]/181440,
		49561*p[4]/161280 - 179*p[5]/168 + 6601661*p[6]/7257600,
		34729*p[5]/80640 - 3418889*p[6]/1995840,
		212378941 * p[6] / 319334400,
	}
	m.beta = [6]float64{
		p[1]/2 - 2*p[2]/3 + 37*p[3]/96 - p[4]/360 - 81*p[5]/512 + 96199*p[6]/604800,
		p[2]/48 + p[3]/15 - 437*p[4]/1440 + 46*p[5]/105 - 1118711*p[6]/3870720,
		17*p[3]/480 - 37*p[4]/840 - 209*p[5]/4480 + 5569*p[6]/90720,
		4397*p[4]/161280 - 11*p[5]/504 - 830251*p[6]/7257600,
		4583*p[5]/161280 - 108847*p[6]/3991680,
		20648693 * p[6] / 638668800,
	}
	return m
}

func (m *mercator) forward(lon, lat float64) (x, y float64) {
	tau := isometric(math.Tan(lat), m.e)
	sin, cos := math.Sincos(lon - m.lon0)
	xi, eta := math.Atan2(tau, cos), math.Asinh(sin/math.Hypot(tau, cos))
	u, v := xi, eta
	for i, a := range m.alpha {
		k := float64(2 * (i + 1))
		u += a * math.Sin(k*xi) * math.Cosh(k*eta)
		v += a * math.Cos(k*xi) * math.Sinh(k*eta)
	}
	return m.x0 + m.k*v, m.y0 + m.k*u
}

func (m *mercator) inverse(x, y float64) (lon, lat float64) {
	u, v := (y-m.y0)/m.k, (x-m.x0)/m.k
	xi, eta := u, v
	for i, b := range m.beta {
		k := float64(2 * (i + 1))
		xi -= b * math.Sin(k*u) * math.Cosh(k*v)
		eta -= b * math.Cos(k*u) * math.Sinh(k*v)
	}
	sin, cos := math.Sincos(xi)
	tau := conformal(sin/math.Hypot(math.Sinh(eta), cos), m.e)
	return m.lon0 + math.Atan2(math.Sinh(eta), cos), math.Atan(tau)
}

// spherical is the Mercator projection of the web (EPSG method 1024).
type spherical struct{}

const webRadius = 6378137

func (spherical) forward(lon, lat float64) (x, y float64) {
	return webRadius * lon, webRadius * math.Asinh(math.Tan(lat))
}

func (spherical) inverse(x, y float64) (lon, lat float64) {
	return x / webRadius, math.Atan(math.Sinh(y / webRadius))
}

// angles is no projection: longitude and latitude in a unit, from a meridian.
type angles struct{ unit, meridian float64 }

func (a angles) forward(lon, lat float64) (x, y float64) {
	return (lon - a.meridian) / a.unit, lat / a.unit
}

func (a angles) inverse(x, y float64) (lon, lat float64) {
	return x*a.unit + a.meridian, y * a.unit
}

// shift is the way from a geodetic system to WGS 84: a translation of the centre
// of its ellipsoid (EPSG method 9603), in metres.
type shift struct{ x, y, z float64 }

// moved turns a place on one ellipsoid into one on another, at height 0.
func moved(from, to ellipsoid, s shift, lon, lat float64) (float64, float64) {
	sinLat, cosLat := math.Sincos(lat)
	sinLon, cosLon := math.Sincos(lon)
	n := from.a / math.Sqrt(1-from.e2*sinLat*sinLat)
	x, y, z := n*cosLat*cosLon+s.x, n*cosLat*sinLon+s.y, n*(1-from.e2)*sinLat+s.z
	p := math.Hypot(x, y)
	lat = math.Atan2(z, p*(1-to.e2))
	for range 4 {
		sin := math.Sin(lat)
		n = to.a / math.Sqrt(1-to.e2*sin*sin)
		lat = math.Atan2(z+to.e2*n*sin, p)
	}
	return math.Atan2(y, x), lat
}
