package tabular

import (
	"slices"
	"strings"
	"unicode"
)

// Labels of columns of degrees, as labelKey writes them, the surest first. Those
// after the empty one may hold numbers of any system.
var (
	longitudes = []string{"longitude", "lon", "lng", "long", "xlong", "x_long", "xlon", "longitude_wgs84", "lon_wgs84", "long_wgs84", "wgs84_lon",
		"x_wgs84", "coord_x_wgs84", "coord_lon", "coord_long", "coordonnees_lon", "", "coordonneesx", "geo_x", "x", "coord_x"}
	latitudes = []string{"latitude", "lat", "ylat", "y_lat", "latitude_wgs84", "lat_wgs84", "wgs84_lat",
		"y_wgs84", "coord_y_wgs84", "coord_lat", "coordonnees_lat", "", "coordonneesy", "geo_y", "y", "coord_y"}
)

// labelKey is a label without what people write in several ways: small letters
// without accents and digits, _ for all else.
func labelKey(label string) string {
	var b []byte
	for _, r := range plainLetters(strings.ToLower(label)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b = append(b, byte(r))
		case unicode.Is(unicode.Mn, r): // an accent
		case len(b) > 0 && b[len(b)-1] != '_':
			b = append(b, '_')
		}
	}
	return strings.TrimSuffix(string(b), "_")
}

// Degrees finds the column of longitudes and that of latitudes by their labels,
// among the columns that can hold degrees. false: one of them is missing.
func Degrees(fields []Field) (lon, lat int, ok bool) {
	labels := make([]string, len(fields))
	for j, f := range fields {
		if f.Geometry == "" && (f.Kind == Float || f.Kind == Int || f.Kind == Text) {
			labels[j] = f.Name
		}
	}
	lon, lat = columnNamed(labels, longitudes), columnNamed(labels, latitudes)
	return lon, lat, lon >= 0 && lat >= 0
}

// DegreesAmong finds the labels that can only mean longitude and latitude; nil when
// one of them is missing.
func DegreesAmong(labels []string) *DegreeLabels {
	lon, lat := columnNamed(labels, sure(longitudes)), columnNamed(labels, sure(latitudes))
	if lon < 0 || lat < 0 {
		return nil
	}
	return &DegreeLabels{labels[lon], labels[lat]}
}

// columnNamed is the position of the label that comes first in known, or -1.
func columnNamed(labels, known []string) int {
	best, at := len(known), -1
	for j, l := range labels {
		key := labelKey(l)
		if key == "" {
			continue
		}
		if i := slices.Index(known, key); i >= 0 && i < best {
			best, at = i, j
		}
	}
	return at
}

// sure is the part of longitudes or latitudes that can only be degrees.
func sure(known []string) []string { return known[:slices.Index(known, "")] }
