package fieldui

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"
)

// borders are the lines between surfaces, each of which two neighbours have: simplified
// alike for both, so that no gap opens between them and neither lies on the other.
type borders struct {
	corners map[orb.Point]neighbours
}

// neighbours are the corners next to a corner, as far as two; more is true where more
// than two borders meet.
type neighbours struct {
	points [2]orb.Point
	count  int
	more   bool
}

func (n *neighbours) add(p orb.Point) {
	switch {
	case slices.Contains(n.points[:n.count], p):
	case n.count == len(n.points):
		n.more = true
	default:
		n.points[n.count] = p
		n.count++
	}
}

// newBorders learns where the rings of all surfaces meet. Each is closed: its last corner
// is its first.
func newBorders(rings []orb.Ring) *borders {
	b := &borders{corners: map[orb.Point]neighbours{}}
	for _, r := range rings {
		for i := 0; i+1 < len(r); i++ {
			for _, way := range [2][2]orb.Point{{r[i], r[i+1]}, {r[i+1], r[i]}} {
				n := b.corners[way[0]]
				n.add(way[1])
				b.corners[way[0]] = n
			}
		}
	}
	return b
}

// simplified is a ring without the corners that lie within a tolerance, in degrees. The
// corners where borders meet stay.
func (b *borders) simplified(r orb.Ring, tolerance float64) orb.Ring {
	if len(r) < 4 {
		return r
	}
	open := r[:len(r)-1]
	from := slices.IndexFunc(open, func(p orb.Point) bool { return b.corners[p].more })
	if from < 0 { // one border goes all the way: both neighbours begin at the same corner
		from = slices.Index(open, slices.MinFunc(open, compare))
	}
	turned := append(append(orb.Ring{}, open[from:]...), open[:from+1]...)
	out := orb.Ring{turned[0]}
	for begin, i := 0, 1; i < len(turned); i++ {
		if i+1 == len(turned) || b.corners[turned[i]].more {
			out = append(out, simplifiedLine(turned[begin:i+1], tolerance)[1:]...)
			begin = i
		}
	}
	return out
}

// simplifiedLine simplifies a border, in the same direction for whoever has it.
func simplifiedLine(border orb.Ring, tolerance float64) orb.LineString {
	l := orb.LineString(slices.Clone(border))
	last := len(l) - 1
	back := compare(l[0], l[last]) > 0 || l[0] == l[last] && compare(l[1], l[last-1]) > 0
	if back {
		slices.Reverse(l)
	}
	l = simplify.DouglasPeucker(tolerance).LineString(l)
	if back {
		slices.Reverse(l)
	}
	return l
}

func compare(a, b orb.Point) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }
