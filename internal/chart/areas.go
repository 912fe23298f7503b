package chart

import (
	"encoding/json"
	"errors"
	"io"
	"iter"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"socle/internal/errs"
	"socle/internal/geo"
	"socle/internal/i18n"
	"socle/internal/tabular"
)

// Areas are the contours of communes or intercommunalities, by their code.
type Areas struct {
	list []area
	by   map[string]int
}

type area struct {
	code, name string
	shape      orb.Geometry
}

// Bounds of what is read of contours.
const (
	maxAreas     = 50_000
	areasBytes   = 64 << 20
	fewestShared = 3   // areas that a chart must know to be drawn on a map
	areasDrawn   = 400 // kilobytes of a drawing
)

// areaCodes and areaNames are what files of contours call the code and the name of
// an area.
var (
	areaCodes = []string{"code", "insee", "insee_com", "codgeo", "code_insee", "siren", "siren_epci", "code_siren"}
	areaNames = []string{"nom", "name", "nom_com", "libelle", "nom_epci", "nom_commune"}
)

// ReadAreas reads contours: a FeatureCollection of GeoJSON in degrees, each feature
// with a code and a name. Kinds: Invalid, TooLarge.
func ReadAreas(r io.Reader) (*Areas, error) {
	limited := &io.LimitedReader{R: r, N: areasBytes + 1}
	d := json.NewDecoder(limited)
	wrong := func(cause error) error {
		if limited.N <= 0 {
			return errs.New(errs.TooLarge, "areas.large", errs.Args{"Limit": i18n.Bytes(areasBytes)}).WithHint("areas.hint")
		}
		return errs.New(errs.Invalid, "areas.format").WithHint("areas.hint").Because(cause)
	}
	if err := toFeatures(d); err != nil {
		return nil, wrong(err)
	}
	a := &Areas{by: map[string]int{}}
	for d.More() {
		var f struct {
			Properties map[string]any  `json:"properties"`
			Geometry   json.RawMessage `json:"geometry"`
		}
		if err := d.Decode(&f); err != nil {
			return nil, wrong(err)
		}
		code, name := property(f.Properties, areaCodes), property(f.Properties, areaNames)
		if code == "" || len(a.list) >= maxAreas {
			continue
		}
		g, err := geo.ParseGeoJSON(f.Geometry)
		if errors.Is(err, geo.ErrEmpty) {
			continue
		}
		if err != nil {
			return nil, wrong(err)
		}
		if _, twice := a.by[code]; !twice {
			a.by[code] = len(a.list)
			a.list = append(a.list, area{code, name, g})
		}
	}
	if len(a.list) == 0 {
		return nil, wrong(nil)
	}
	return a, nil
}

// All gives each contour with its code and name, in the order of the file.
func (a *Areas) All() iter.Seq2[[2]string, orb.Geometry] {
	return func(yield func([2]string, orb.Geometry) bool) {
		for _, x := range a.list {
			if !yield([2]string{x.code, x.name}, x.shape) {
				return
			}
		}
	}
}

// toFeatures reads up to the beginning of the list of features.
func toFeatures(d *json.Decoder) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(err, errors.New("no object"))
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if name == "features" {
			if t, err := d.Token(); err != nil || t != json.Delim('[') {
				return errors.Join(err, errors.New("no list of features"))
			}
			return nil
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return err
		}
	}
	return errors.New("no features")
}

func property(all map[string]any, names []string) string {
	for _, n := range names {
		for k, v := range all {
			if strings.EqualFold(k, n) {
				switch v := v.(type) {
				case string:
					return v
				case float64:
					return strconv.FormatFloat(v, 'f', -1, 64)
				}
			}
		}
	}
	return ""
}

// Figures are the values of a chart without series, by the text of its groups, all
// of them.
func Figures(fr *tabular.Frame) map[string]float64 {
	out := map[string]float64{}
	if len(fr.Columns) != 2 {
		return out
	}
	for row := range fr.Rows {
		text, _, null := cell(fr.Fields[0], &fr.Columns[0], row)
		_, v, none := cell(fr.Fields[1], &fr.Columns[1], row)
		if !null && !none && !math.IsNaN(v) && !math.IsInf(v, 0) {
			out[text] = v
		}
	}
	return out
}

// Choose returns the contours that know most of the codes of some figures: at least
// three, and half of them; nil when none does.
func Choose(all []*Areas, figures map[string]float64) *Areas {
	var best *Areas
	most := max(fewestShared, (len(figures)+1)/2) - 1
	for _, a := range all {
		n := 0
		for code := range figures {
			if _, ok := a.by[code]; ok {
				n++
			}
		}
		if n > most {
			best, most = a, n
		}
	}
	return best
}

// steps of the ramp that figures are told by.
const rampSteps = 6

// Draw draws figures by area as a map, as SVG: darker is more. Classes have about as
// many areas each. unknown is how many figures are of no area.
func (a *Areas) Draw(figures map[string]float64, o Options) (svg []byte, unknown int) {
	g := &drawing{o: o, w: float64(o.Width)}
	var values []float64
	var all orb.Bound
	known := 0
	for code, v := range figures {
		at, ok := a.by[code]
		if !ok {
			unknown++
			continue
		}
		values = append(values, v)
		if b := a.list[at].shape.Bound(); known == 0 {
			all = b
		} else {
			all = all.Union(b)
		}
		known++
	}
	limits := classLimits(values)
	if o.Alone {
		g.heading()
	}
	g.rampLegend(limits, values, known < len(a.list))
	top := g.y
	g.WriteString(`<g transform="translate(0 ` + num(top) + `)">`)
	m := g.ground([4]float64{all.Min[0], all.Min[1], all.Max[0], all.Max[1]})
	around := orb.Bound{Min: m.box.Min, Max: m.box.Max}
	for _, x := range a.list {
		if g.Len() > areasDrawn<<10 {
			break
		}
		if !x.shape.Bound().Intersects(around) {
			continue
		}
		role, said := "raised", i18n.T(o.Lang, "areas.none")
		if v, ok := figures[x.code]; ok {
			role = "ramp-" + strconv.Itoa(classOf(limits, v)+1)
			said = Value(o.Lang, v)
		}
		g.area(m, x.shape, role, x.name+" : "+said)
	}
	g.WriteString(`</g>`)
	g.y += top
	return []byte(g.frame()), unknown
}

// classLimits are the values at which classes after the first begin.
func classLimits(values []float64) (limits []float64) {
	sorted := slices.Clone(values)
	sort.Float64s(sorted)
	for i := 1; i < rampSteps; i++ {
		v := sorted[min(len(sorted)-1, i*len(sorted)/rampSteps)]
		if v > sorted[0] && (len(limits) == 0 || v > limits[len(limits)-1]) {
			limits = append(limits, v)
		}
	}
	return limits
}

// classOf is the step of the ramp of a value: the last steps, when there are few.
func classOf(limits []float64, v float64) int {
	n := sort.SearchFloat64s(limits, v)
	if n < len(limits) && limits[n] == v {
		n++
	}
	return rampSteps - 1 - len(limits) + n
}

// rampLegend says what the colours stand for; some areas may have no figure.
func (g *drawing) rampLegend(limits, values []float64, some bool) {
	x := 0.0
	const box, gap, high = 14.0, 6.0, 22.0
	low, most := slices.Min(values), slices.Max(values)
	entry := func(role, said string) {
		if x > 0 && x+box+gap+wide(said) > g.w {
			x = 0
			g.y += high
		}
		g.WriteString(`<rect x="` + num(x) + `" y="` + num(g.y+4) + `" width="` + num(box) + `" height="` + num(box) + `" stroke-width="1" stroke="` + g.o.Colour("edge") + `"` + g.paint(role) + `/>`)
		g.text(x+box+gap, g.y+15, "start", "ink", said)
		x += box + gap + wide(said) + 18
	}
	for i := 0; i <= len(limits); i++ {
		from, to := low, most
		if i > 0 {
			from = limits[i-1]
		}
		if i < len(limits) {
			to = limits[i]
		}
		said := Value(g.o.Lang, from)
		if to > from {
			said += " – " + Value(g.o.Lang, to)
		}
		entry("ramp-"+strconv.Itoa(rampSteps-len(limits)+i), said)
	}
	if some {
		entry("raised", i18n.T(g.o.Lang, "areas.none"))
	}
	g.y += high + 8
}

// area fills a surface, which says its name and value to the pointer.
func (g *drawing) area(m ground, s orb.Geometry, role, said string) {
	rings := geo.Rings(s)
	if len(rings) == 0 {
		return
	}
	var d strings.Builder
	for _, ring := range rings {
		m.trace(&d, ring, 1.2)
		d.WriteString("Z")
	}
	g.WriteString(`<path fill-rule="evenodd" stroke-width="0.8" stroke="` + g.o.Colour("edge") + `" d="` + d.String() + `"` + g.paint(role) + `><title>` + esc(said) + `</title></path>`)
}
