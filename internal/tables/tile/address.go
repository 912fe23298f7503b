package tile

import (
	"math"
	"strconv"

	"socle/internal/errs"
)

// MaxZoom is the deepest level of the pyramid.
const MaxZoom = 22

// Address names a tile of the Web Mercator pyramid (the XYZ scheme: row 0 is the
// northernmost).
type Address struct{ Z, X, Y uint32 }

// ParseAddress reads the three numbers of an address. Kinds: Invalid.
func ParseAddress(z, x, y string) (a Address, err error) {
	level, bad := strconv.ParseUint(z, 10, 32)
	if bad != nil || level > MaxZoom {
		return a, errs.New(errs.Invalid, "tiles.zoom", errs.Args{"Value": z, "Max": MaxZoom}).WithHint("tiles.zoom.hint")
	}
	last := uint64(1)<<level - 1
	for _, n := range []struct {
		name, text string
		to         *uint32
	}{{"x", x, &a.X}, {"y", y, &a.Y}} {
		v, bad := strconv.ParseUint(n.text, 10, 32)
		if bad != nil || v > last {
			return a, errs.New(errs.Invalid, "tiles.place", errs.Args{"Name": n.name, "Value": n.text, "Zoom": level, "Max": last}).WithHint("tiles.place.hint")
		}
		*n.to = uint32(v)
	}
	a.Z = uint32(level)
	return a, nil
}

// Box is a rectangle on the square of Web Mercator, of which a side has 2^32
// units and the origin is in the north-west; all sides included.
type Box struct{ West, North, East, South uint32 }

func (b Box) meets(o Box) bool {
	return b.West <= o.East && b.East >= o.West && b.North <= o.South && b.South >= o.North
}

func (b Box) join(o Box) Box {
	return Box{min(b.West, o.West), min(b.North, o.North), max(b.East, o.East), max(b.South, o.South)}
}

// nothing meets no box, and joined with a box is the box.
var nothing = Box{math.MaxUint32, math.MaxUint32, 0, 0}

const world = 1 << 32

// mercator projects degrees on the square; what is beyond its edges is put on them.
func mercator(lon, lat float64) (x, y float64) {
	x = (lon + 180) / 360 * world
	sin := math.Sin(lat * math.Pi / 180)
	y = (0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi)) * world
	return clamp(x), clamp(y)
}

func clamp(v float64) float64 { return max(0, min(world-1, v)) }

// degreesOf is the opposite of mercator.
func degreesOf(x, y float64) (lon, lat float64) {
	return x/world*360 - 180, math.Atan(math.Sinh(math.Pi*(1-2*y/world))) * 180 / math.Pi
}

// BoxOf is the box of degrees; false when it is not one on Earth.
func BoxOf(west, south, east, north float64) (Box, bool) {
	if !(west >= -180 && east <= 180 && south >= -90 && north <= 90 && west <= east && south <= north) {
		return Box{}, false
	}
	x0, y1 := mercator(west, south)
	x1, y0 := mercator(east, north)
	return Box{uint32(x0), uint32(y0), uint32(x1), uint32(y1)}, true
}

// size is the side of the tiles of a level.
func (a Address) size() float64 { return math.Ldexp(world, -int(a.Z)) }

// box is the tile with a margin around it, a share of its side.
func (a Address) box(margin float64) Box {
	s := a.size()
	x, y := float64(a.X)*s, float64(a.Y)*s
	return Box{uint32(clamp(x - margin*s)), uint32(clamp(y - margin*s)), uint32(clamp(x + s + margin*s)), uint32(clamp(y + s + margin*s))}
}
