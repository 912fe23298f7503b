package collectui

import (
	"strconv"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/cog"
	"socle/internal/collect"
	"socle/internal/schema/form"
	"socle/internal/web/ui"
)

// placeMap is what the map of a point is opened with.
type placeMap struct {
	Worker, Style string
	Base, Credit  string // of the basemap
	Bounds        string // west, south, east, north: what it shows at first
	Tiles         string // of the rows that are there already, "" for none
	Places        string // the communes of the territory, "" for none
}

// territoryPath answers the communes of the territory, as the field application has them.
const territoryPath = "/terrain/territory.json"

func (p *Pages) placeMap(f collect.Form) placeMap {
	m := placeMap{Worker: ui.Embedded().URL("mapworker.js"), Style: ui.Embedded().URL("map.css"), Base: p.o.Basemap.URL, Credit: p.o.Basemap.Attribution, Bounds: p.bounds()}
	if p.o.Territory != "" {
		m.Places = territoryPath
	}
	if f.State == catalogue.Published && f.Definition.Place != "" {
		m.Tiles = "/api/v1/resources/" + string(f.Resource) + "/tiles/{z}/{x}/{y}.mvt"
	}
	return m
}

// mainland is what maps show where no territory is set.
const mainland = "-5.2,41.3,9.6,51.1"

// boundsOf is the rectangle around the communes of a département.
func boundsOf(departement string) string {
	var b cog.Box
	for c := range cog.Communes() {
		switch {
		case departement == "" || c.Departement != departement || !c.Box.Known():
		case !b.Known():
			b = c.Box
		default:
			b = cog.Box{West: min(b.West, c.Box.West), South: min(b.South, c.Box.South), East: max(b.East, c.Box.East), North: max(b.North, c.Box.North)}
		}
	}
	if !b.Known() {
		return mainland
	}
	texts := make([]string, 0, 4)
	for _, v := range []float64{b.West, b.South, b.East, b.North} {
		texts = append(texts, strconv.FormatFloat(v, 'f', 4, 64))
	}
	return strings.Join(texts, ",")
}

// writtenPlace is a point as its field shows it, "longitude, latitude"; what is no point
// stays as it is.
func writtenPlace(it *form.Item, text string) string { return placeAs("", it, text) }

// readPlace is writtenPlace backwards: the point as its column holds it.
func readPlace(it *form.Item, text string) string { return placeAs(it.Format, it, text) }

func placeAs(format string, it *form.Item, text string) string {
	if it.Format == "" {
		return text
	}
	lon, lat, ok := form.ReadPoint(text)
	if !ok {
		return text
	}
	return form.WritePoint(format, lon, lat)
}
