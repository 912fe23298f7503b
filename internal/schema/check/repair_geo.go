package check

import (
	"encoding/json"
	"strconv"
	"strings"

	"socle/internal/schema"
)

// Where France is, in degrees of longitude and latitude: metropolitan territory
// and overseas, generously.
var france = [][4]float64{
	{-5.5, 41.2, 9.8, 51.3}, {-61.9, 15.7, -60.9, 16.6}, {-61.3, 14.3, -60.7, 15}, {-54.7, 2, -51.5, 5.9},
	{55.1, -21.5, 55.9, -20.8}, {44.9, -13.1, 45.4, -12.5}, {-56.6, 46.7, -56, 47.2}, {-63.3, 17.8, -62.7, 18.2},
	{163.4, -22.9, 168.3, -19.4}, {-155, -28, -134, -7.5}, {-178.4, -14.5, -176, -13},
}

func inFrance(lon, lat float64) bool {
	for _, b := range france {
		if lon >= b[0] && lon <= b[2] && lat >= b[1] && lat <= b[3] {
			return true
		}
	}
	return false
}

// readPoint reads two coordinates in the forms of files: "2.35, 48.85",
// "2,35;48,85", "48.85 / 2.35", "[2.35 48.85]", "(48.85;2.35)", "POINT(2.35 48.85)".
func readPoint(s string) (a, b string, ok bool) {
	s = strings.TrimSpace(s)
	if rest, found := strings.CutPrefix(strings.ToUpper(s), "POINT"); found {
		s = rest
	}
	s = strings.Trim(s, " ()[]")
	var parts []string
	switch {
	case strings.Contains(s, ";"):
		parts = strings.Split(s, ";")
	case strings.Contains(s, "/"):
		parts = strings.Split(s, "/")
	case strings.Count(s, ",") == 1 && !strings.Contains(strings.Trim(strings.ReplaceAll(s, ", ", ","), " "), " "):
		parts = strings.Split(s, ",")
	case strings.Count(s, ",") == 3:
		p := strings.Split(s, ",")
		parts = []string{p[0] + "." + strings.TrimSpace(p[1]), p[2] + "." + strings.TrimSpace(p[3])}
	default:
		parts = strings.Fields(s)
	}
	if len(parts) != 2 {
		return "", "", false
	}
	for i, p := range parts {
		p = strings.Replace(strings.Trim(p, " °'\"NE"), ",", ".", 1)
		if _, err := strconv.ParseFloat(p, 64); err != nil {
			return "", "", false
		}
		parts[i] = p
	}
	return parts[0], parts[1], true
}

// repairGeopoint writes a point as the field wants it, longitude first; a
// latitude in front is seen where only so the point lies in France.
func repairGeopoint(m *mender, s string) []proposal {
	a, b, ok := readPoint(s)
	if !ok {
		return nil
	}
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	if !inFrance(x, y) && inFrance(y, x) {
		return []proposal{{"swapped-coordinates", true, m.point(b, a)}}
	}
	return []proposal{{"coordinates", true, m.point(a, b)}}
}

func (m *mender) point(lon, lat string) string {
	switch m.field.Format {
	case "array":
		return "[" + lon + ", " + lat + "]"
	case "object":
		text, _ := json.Marshal(struct { // strings of digits always marshal
			Lon json.Number `json:"lon"`
			Lat json.Number `json:"lat"`
		}{json.Number(lon), json.Number(lat)})
		return string(text)
	}
	return lon + "," + lat
}

// axis is what a column of numbers holds of a position.
type axis uint8

const (
	axisNone axis = iota
	axisLongitude
	axisLatitude
)

// axisOf tells by its name whether a field is a longitude or a latitude.
func axisOf(f *schema.Field) axis {
	if f.Type != schema.Number {
		return axisNone
	}
	k := key(f.Name)
	switch {
	case strings.Contains(k, "longitude"), strings.HasSuffix(k, "long"), strings.HasSuffix(k, "lon"), k == "xlong", k == "lng", k == "xwgs84":
		return axisLongitude
	case strings.Contains(k, "latitude"), strings.HasSuffix(k, "lat"), k == "ylat", k == "ywgs84":
		return axisLatitude
	}
	return axisNone
}
