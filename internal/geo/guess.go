package geo

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// Guess recognises the system of positions by where they would lie, when nothing
// else says it. hint is what surrounds them: labels of columns, the name of the
// file; a name or number of a system in it decides, if the positions agree. All
// positions must lie in the territory of the system. Degrees are not guessed:
// false, as for what could be several systems (UTM of the Antilles and Lambert
// zone II, without a hint; UTM zones of metropolitan France).
func Guess(points []orb.Point, hint string) (*CRS, bool) {
	if len(points) == 0 || InDegrees(points) {
		return nil, false
	}
	hint = strings.ToLower(hint)
	if code, ok := hinted(hint); ok {
		for _, g := range guesses {
			if c, known := EPSG(code); known && (g.code == c.Code || sameSystem(g.code, code)) && g.holds(c, points) {
				return c, true
			}
		}
		return nil, false
	}
	antilles := allIn(antillesUTM, points)
	for _, g := range guesses {
		if g.hinted != "" && !strings.Contains(hint, g.hinted) || g.code == 27572 && antilles && !strings.Contains(hint, "lambert") {
			continue
		}
		if c, ok := EPSG(g.code); ok && g.holds(c, points) {
			return c, true
		}
	}
	return nil, false
}

// InDegrees: all positions could be longitude and latitude, in either order.
func InDegrees(points []orb.Point) bool {
	return allIn([]orb.Bound{box(-180, -180, 180, 180)}, points)
}

func allIn(boxes []orb.Bound, points []orb.Point) bool {
next:
	for _, p := range points {
		for _, b := range boxes {
			if b.Contains(p) {
				continue next
			}
		}
		return false
	}
	return true
}

var (
	mainland = box(-5.5, 41.2, 9.7, 51.3)
	corsica  = box(8.4, 41.2, 9.7, 43.2)
	// coast is a rough outline of metropolitan France but Corsica, with its islands
	// and a margin of 20 km: the sea around it is where the numbers of other systems lie.
	coast = orb.Ring{
		{2, 51.3}, {2.6, 51.3}, {4.4, 50.4}, {6.4, 49.8}, {8.5, 49.2}, {8.1, 48}, {7.9, 47.2}, {7.4, 46}, {7.4, 45.2}, {8, 44}, {7.7, 43.4},
		{6.5, 42.7}, {4.5, 43}, {3.5, 42.9}, {3.5, 42.1}, {1.5, 42.1}, {0, 42.4}, {-2.1, 42.9}, {-1.9, 43.6}, {-1.6, 44.6}, {-1.5, 45.3}, {-1.6, 46.1},
		{-2.6, 46.5}, {-3.6, 47.1}, {-5.2, 47.8}, {-5.4, 48.6}, {-3.5, 49.1}, {-2.2, 49.1}, {-2.2, 49.9}, {-1.1, 49.9}, {0, 49.8}, {1, 50.2}, {1.3, 51}, {2, 51.3},
	}
	islands = box(-63.2, 14.3, -60.7, 18.2)
	// antillesUTM: where the islands lie in UTM zone 20N, which is the south of
	// France in Lambert zone II.
	antillesUTM = []orb.Bound{box(470e3, 1.97e6, 540e3, 2.01e6), box(620e3, 1.74e6, 720e3, 1.85e6), box(680e3, 1.58e6, 750e3, 1.66e6)}
)

// guess is a system and the land that its users describe; hinted: it is only
// guessed with this word in the hint.
type guess struct {
	code   int
	land   orb.Bound
	hinted string
	coast  bool // the land ends at the coast of metropolitan France
}

var guesses = listGuesses()

func listGuesses() []guess {
	list := []guess{{code: 2154, land: mainland, coast: true}}
	for zone := range 9 {
		lat := float64(42 + zone)
		list = append(list, guess{code: 3942 + zone, land: box(mainland.Left(), lat-1.2, mainland.Right(), lat+1.2), coast: true})
	}
	return append(list,
		guess{code: 2972, land: box(-54.7, 2, -51.5, 6)},
		guess{code: 2975, land: box(55.1, -21.5, 55.9, -20.8)},
		guess{code: 4471, land: box(44.9, -13.1, 45.4, -12.5)},
		guess{code: 5490, land: islands, hinted: "utm"},
		guess{code: 4559, land: islands, hinted: "rraf"},
		guess{code: 5490, land: islands, hinted: "rgaf"},
		guess{code: 27572, land: mainland, coast: true},
		guess{code: 32630, land: box(-6.1, 41, 0.1, 51.2), hinted: "30n"},
		guess{code: 32631, land: box(-1, 41, 7, 51.2), hinted: "31n"},
		guess{code: 32632, land: box(5.5, 41, 9.7, 51.2), hinted: "32n"},
		guess{code: 3857, land: mainland, coast: true},
	)
}

func sameSystem(code, other int) bool {
	a, _ := EPSG(code)
	b, ok := EPSG(other)
	return ok && a.Name == b.Name
}

// holds: all positions of the system lie in the land.
func (g *guess) holds(c *CRS, points []orb.Point) bool {
	for _, p := range points {
		p = c.ToWGS84(p)
		if !g.land.Contains(p) || g.coast && !corsica.Contains(p) && !planar.RingContains(coast, p) {
			return false
		}
	}
	return true
}

var (
	hintCode = regexp.MustCompile(`(?:epsg|srid)[^0-9a-z]{0,3}([0-9]{4,5})`)
	hintCC   = regexp.MustCompile(`cc[ _-]?(4[2-9]|50)(?:[^0-9]|$)`)
	hint93   = regexp.MustCompile(`(?:lambert|l|rgf)[ _-]?93(?:[^0-9]|$)|2154`)
	hintII   = regexp.MustCompile(`(?:lambert|l)[ _-]?(?:ii|2)[ _-]?e|lambert[ _-]?(?:ii|2)(?:[^0-9]|$)|27572`)
	hintWeb  = regexp.MustCompile(`mercator|3857`)
)

// hinted finds the name of a system.
func hinted(hint string) (code int, ok bool) {
	if m := hintCode.FindStringSubmatch(hint); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			_, known := EPSG(n)
			return n, known
		}
	}
	if m := hintCC.FindStringSubmatch(hint); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			return 3900 + n, true
		}
	}
	switch {
	case hint93.MatchString(hint):
		return 2154, true
	case hintII.MatchString(hint):
		return 27572, true
	case hintWeb.MatchString(hint):
		return 3857, true
	}
	return 0, false
}
