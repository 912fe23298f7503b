package form

import (
	"encoding/json"
	"strconv"
	"strings"

	"socle/internal/cog"
	"socle/internal/schema"
)

// Values are what an entry holds: the text of each field as a cell of its column
// would have it; a field that is missing is empty.
type Values map[string]string

// Split gives the values as columns: the points that have two columns are put
// into them. The values are not changed.
func (d *Definition) Split(v Values) Values {
	out := make(Values, len(v))
	for k, text := range v {
		out[k] = text
	}
	for it := range d.Fields() {
		if it.Longitude == "" {
			continue
		}
		text, sent := out[it.Name]
		delete(out, it.Name)
		if !sent {
			continue
		}
		if lon, lat, ok := strings.Cut(text, ","); ok {
			out[it.Longitude], out[it.Latitude] = strings.TrimSpace(lon), strings.TrimSpace(lat)
		} else {
			out[it.Longitude], out[it.Latitude] = strings.TrimSpace(text), ""
		}
	}
	for k, text := range out {
		if text == "" {
			delete(out, k)
		}
	}
	return out
}

// Join is Split backwards: two columns become the point that they are.
func (d *Definition) Join(v Values) Values {
	out := make(Values, len(v))
	for k, text := range v {
		out[k] = text
	}
	for it := range d.Fields() {
		if it.Longitude == "" {
			continue
		}
		lon, lat := out[it.Longitude], out[it.Latitude]
		delete(out, it.Longitude)
		delete(out, it.Latitude)
		if lon != "" || lat != "" {
			out[it.Name] = lon + ", " + lat
		}
	}
	return out
}

// Position returns where an entry lies, in degrees, by the values of its columns;
// ok is false when it says none.
func (d *Definition) Position(v Values) (lon, lat float64, ok bool) {
	it := d.Find(d.Place)
	if it == nil {
		return 0, 0, false
	}
	if it.Longitude != "" {
		lon, err1 := strconv.ParseFloat(v[it.Longitude], 64)
		lat, err2 := strconv.ParseFloat(v[it.Latitude], 64)
		return lon, lat, err1 == nil && err2 == nil && within(lon, lat)
	}
	return ReadPoint(v[it.Name])
}

// WritePoint writes a point, in degrees, as a geopoint of the format holds it: "" is
// "longitude, latitude", array and object are JSON.
func WritePoint(format string, lon, lat float64) string {
	x, y := strconv.FormatFloat(lon, 'f', -1, 64), strconv.FormatFloat(lat, 'f', -1, 64)
	switch format {
	case "array":
		return "[" + x + "," + y + "]"
	case "object":
		return `{"lon":` + x + `,"lat":` + y + "}"
	}
	return x + ", " + y
}

// ReadPoint reads a geopoint in any of the three ways the standard writes it.
func ReadPoint(text string) (lon, lat float64, ok bool) {
	for _, format := range []string{"", "array", "object"} {
		f := schema.Field{Name: "p", Type: schema.Geopoint, Format: format}
		var v schema.Value
		if text == "" || !f.Caster(schema.CastOptions{}).Cast([]byte(text), &v) || v.Class != schema.ClassText {
			continue
		}
		x, y, _ := strings.Cut(string(v.Text), ",")
		lon, err1 := strconv.ParseFloat(strings.TrimSpace(x), 64)
		lat, err2 := strconv.ParseFloat(strings.TrimSpace(y), 64)
		return lon, lat, err1 == nil && err2 == nil && within(lon, lat)
	}
	return 0, 0, false
}

// communeCode is the code that a text stands for: "Roques (31458)", or a name that one
// commune bears. Another text stays as it is.
func communeCode(text string) string {
	if at := strings.LastIndexByte(text, '('); at >= 0 {
		code := strings.TrimSuffix(text[at+1:], ")")
		if _, ok := cog.Commune(code); ok {
			return code
		}
	}
	if named := cog.CommunesNamed(text); len(named) == 1 {
		return named[0].Code
	}
	return text
}

func within(lon, lat float64) bool { return lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90 }

// List returns the values of a field of several.
func (i *Item) List(text string) []string {
	if text == "" {
		return nil
	}
	if i.Joiner() == JSONArray {
		var list []string
		if json.Unmarshal([]byte(text), &list) == nil {
			return list
		}
		return []string{text}
	}
	list := strings.Split(text, i.Joiner())
	for n := range list {
		list[n] = strings.TrimSpace(list[n])
	}
	return list
}

// Joins writes several values as the cell holds them.
func (i *Item) Joins(list []string) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	if i.Joiner() != JSONArray {
		return strings.Join(list, i.Joiner()), nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}
