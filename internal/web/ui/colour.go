package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Colour is an opaque sRGB colour, components 0 to 255.
type Colour struct{ R, G, B uint8 }

// ParseColour reads "#rrggbb" or "#rgb", with or without the "#".
func ParseColour(s string) (Colour, error) {
	h := strings.TrimPrefix(strings.TrimSpace(s), "#")
	if len(h) == 3 {
		h = string([]byte{h[0], h[0], h[1], h[1], h[2], h[2]})
	}
	v, err := strconv.ParseUint(h, 16, 32)
	if len(h) != 6 || err != nil {
		return Colour{}, fmt.Errorf("colour %q is not of the form #rrggbb", s)
	}
	return Colour{uint8(v >> 16), uint8(v >> 8), uint8(v)}, nil
}

// String is "#rrggbb".
func (c Colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

func linear(v uint8) float64 {
	x := float64(v) / 255
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

func gamma(x float64) float64 {
	if x <= 0.0031308 {
		return 12.92 * x
	}
	return 1.055*math.Pow(x, 1/2.4) - 0.055
}

// luminance is the relative luminance of WCAG 2.2.
func (c Colour) luminance() float64 {
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// Contrast is the contrast ratio of WCAG 2.2, from 1 to 21.
func Contrast(a, b Colour) float64 {
	x, y := a.luminance(), b.luminance()
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

// lch is a colour in OKLCH (Björn Ottosson, 2020): lightness 0 to 1, chroma, hue in radians.
type lch struct{ l, c, h float64 }

func (c Colour) lch() lch {
	r, g, b := linear(c.R), linear(c.G), linear(c.B)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	a, bb := 1.9779984951*l-2.4285922050*m+0.4505937099*s, 0.0259040371*l+0.7827717662*m-0.8086757660*s
	return lch{0.2104542553*l + 0.7936177850*m - 0.0040720468*s, math.Hypot(a, bb), math.Atan2(bb, a)}
}

// colour gives the nearest sRGB colour of the same lightness and hue: chroma
// gives way until it fits.
func (k lch) colour() Colour {
	for c := k.c; ; c -= 0.004 {
		c = max(c, 0)
		a, b := c*math.Cos(k.h), c*math.Sin(k.h)
		l := cube(k.l + 0.3963377774*a + 0.2158037573*b)
		m := cube(k.l - 0.1055613458*a - 0.0638541728*b)
		s := cube(k.l - 0.0894841775*a - 1.2914855480*b)
		r, g, bb := 4.0767416621*l-3.3077115913*m+0.2309699292*s, -1.2684380046*l+2.6097574011*m-0.3413193965*s, -0.0041960863*l-0.7034186147*m+1.7076147010*s
		if c == 0 || inside(r) && inside(g) && inside(bb) {
			return Colour{channel(r), channel(g), channel(bb)}
		}
	}
}

func cube(x float64) float64   { return x * x * x }
func inside(x float64) bool    { return x >= -0.0005 && x <= 1.0005 }
func channel(x float64) uint8  { return uint8(math.Round(255 * gamma(min(max(x, 0), 1)))) }
func (k lch) at(l float64) lch { return lch{min(max(l, 0), 1), k.c, k.h} }

// reach changes the lightness of k step by step, darker or lighter, until its
// contrast against every ground is at least ratio. Black and white are the ends.
func (k lch) reach(ratio float64, darker bool, grounds ...Colour) Colour {
	step := 0.005
	if darker {
		step = -step
	}
	for ; ; k.l += step {
		c := k.at(k.l).colour()
		enough := k.l <= 0 || k.l >= 1
		if !enough {
			enough = true
			for _, g := range grounds {
				enough = enough && Contrast(c, g) >= ratio
			}
		}
		if enough {
			return c
		}
	}
}
