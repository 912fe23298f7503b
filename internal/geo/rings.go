package geo

import "github.com/paulmach/orb"

// Rings are those of a surface, of all its polygons, holes too; none of other shapes.
func Rings(g orb.Geometry) (rings []orb.Ring) {
	switch s := g.(type) {
	case orb.Polygon:
		rings = s
	case orb.MultiPolygon:
		for _, p := range s {
			rings = append(rings, p...)
		}
	}
	return rings
}
