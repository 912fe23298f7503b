package check

import (
	"socle/internal/i18n"
	"socle/internal/schema"
)

// frenchBoxes hold metropolitan France, Guadeloupe, Martinique, Guyane, La
// Réunion and Mayotte: west, south, east, north in degrees.
var frenchBoxes = [...][4]float64{
	{-5.141277, 41.333571, 9.560091, 51.088989},
	{-61.8099, 15.8320, -61.0003, 16.5145},
	{-61.2291, 14.3882, -60.8096, 14.8788},
	{-54.6028, 2.1093, -51.6139, 5.7510},
	{55.2164, -21.3896, 55.8367, -20.8717},
	{45.0182, -13.0060, 45.3001, -12.6364},
}

func inFrenchBox(lon, lat float64) bool {
	for _, b := range frenchBoxes {
		if lon > b[0] && lat > b[1] && lon < b[2] && lat < b[3] {
			return true
		}
	}
	return false
}

const keyReversed = "check.reversed-french-gps-coordinates"

// frenchGPS: the point lies in France. One that would, were its coordinates
// swapped, is told apart.
func frenchGPS(_ []byte, v *schema.Value) (string, i18n.Args) {
	lon, lat, ok := v.Point()
	switch {
	case !ok, inFrenchBox(lon, lat):
		return "", nil
	case inFrenchBox(lat, lon):
		return keyReversed, nil
	}
	return "check.french-gps-coordinates", nil
}
