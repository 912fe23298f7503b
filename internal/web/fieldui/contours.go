package fieldui

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/paulmach/orb"

	"socle/internal/chart"
	"socle/internal/cog"
	"socle/internal/geo"
)

// Bounds of the contours that a phone keeps. Lines are simplified until they fit.
const (
	contoursBytes = 512 << 10
	finest        = 0.0003 // degrees, some thirty metres
	coarsest      = 0.02
)

// line is a ring of a contour: longitude and latitude of its first corner, then the way
// from each corner to the next, in ten-thousandths of a degree.
type line []int

// contours are the outlines of the territory's communes, by their code, as far as the
// host's contours have them: of all communes where no territory is set. They are nil
// where there are none, or where even the coarsest are too many.
func contours(files []*chart.Areas, territory string) map[string][]line {
	shapes := map[string]orb.Geometry{}
	for _, f := range files {
		for name, shape := range f.All() {
			if _, twice := shapes[name[0]]; !twice && within(name[0], territory) {
				shapes[name[0]] = shape
			}
		}
	}
	if len(shapes) == 0 {
		return nil
	}
	var rings []orb.Ring
	for _, shape := range shapes {
		rings = append(rings, geo.Rings(shape)...)
	}
	b := newBorders(rings)
	for tolerance := finest; tolerance <= coarsest; tolerance *= 2 {
		out, size := map[string][]line{}, 0
		for code, shape := range shapes {
			if out[code] = lines(b, shape, tolerance); len(out[code]) == 0 {
				delete(out, code)
				continue
			}
			text, _ := json.Marshal(out[code]) // numbers
			if size += len(code) + len(text); size > contoursBytes {
				break
			}
		}
		if size <= contoursBytes {
			return out
		}
	}
	return nil
}

// within reports that a code is of a commune of the territory.
func within(code, territory string) bool {
	p, ok := cog.Commune(code)
	return ok && (territory == "" || strings.EqualFold(p.Departement, territory))
}

// lines are the rings of a surface, simplified; those of less than three corners are
// left out.
func lines(b *borders, shape orb.Geometry, tolerance float64) (out []line) {
	for _, r := range geo.Rings(shape) {
		l := line{}
		x, y := 0, 0
		for _, p := range b.simplified(r, tolerance) {
			nx, ny := tenThousandths(p[0]), tenThousandths(p[1])
			if len(l) > 0 && nx == x && ny == y {
				continue
			}
			l = append(l, nx-x, ny-y)
			x, y = nx, ny
		}
		if len(l) >= 8 { // three corners, and the first one again
			out = append(out, l)
		}
	}
	return out
}

func tenThousandths(degrees float64) int { return int(math.Round(degrees * 1e4)) }
