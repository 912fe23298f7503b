package chart

import (
	"html"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"socle/internal/i18n"
)

// Options are how a chart is drawn.
type Options struct {
	Lang  i18n.Lang
	ID    string // of the drawing in its page, unique there
	Width int    // CSS pixels: 720 for desks, 340 for phones
	Title string // what is drawn, in a sentence; for screen readers and downloads
	Desc  string // what one sees of it; for screen readers
	// Colour is the value of a colour role ("chart-1", "ink", "line"), written as
	// an attribute, so that the drawing is whole without a stylesheet; a stylesheet
	// of the page replaces it by the classes.
	Colour func(role string) string
	// Alone makes a file of it: with a namespace, a background and its title written above.
	Alone bool
	XName string // of the first axis
	YName string // of the figures
}

const (
	em       = 13.0 // size of the texts of a drawing
	wideFrom = 480  // from here on, names stand beside bars
)

// drawing is an SVG in the making.
type drawing struct {
	strings.Builder
	o   Options
	c   Chart
	d   Data
	w   float64
	y   float64 // where the next thing goes
	say bool    // marks say their value to the pointer
}

// Draw draws a chart as SVG. Data must not be Empty.
func Draw(c Chart, d Data, o Options) []byte {
	g := &drawing{o: o, c: c, d: d, w: float64(o.Width), say: len(d.Labels)*len(d.Series) <= 400}
	if o.Alone {
		g.heading()
	}
	g.legend()
	if c.Kind == Bars {
		g.bars()
	} else {
		g.upright()
	}
	return []byte(g.frame())
}

// frame puts the root around what was drawn.
func (g *drawing) frame() string {
	var b strings.Builder
	h := num(math.Ceil(g.y))
	b.WriteString(`<svg class="chart" role="img" viewBox="0 0 ` + num(g.w) + ` ` + h + `" width="` + num(g.w) + `" height="` + h + `"`)
	b.WriteString(` aria-labelledby="` + esc(g.o.ID) + `-title ` + esc(g.o.ID) + `-desc"`)
	if g.o.Alone {
		b.WriteString(` xmlns="http://www.w3.org/2000/svg"`)
	}
	b.WriteString(` font-family="'Atkinson Hyperlegible Next', 'Atkinson Hyperlegible', Verdana, sans-serif" font-size="` + num(em) + `">`)
	b.WriteString(`<title id="` + esc(g.o.ID) + `-title">` + esc(g.o.Title) + `</title><desc id="` + esc(g.o.ID) + `-desc">` + esc(g.o.Desc) + `</desc>`)
	if g.o.Alone {
		b.WriteString(`<rect width="100%" height="100%" fill="` + g.o.Colour("paper") + `"/>`)
	}
	b.WriteString(g.String() + `</svg>`)
	return b.String()
}

// paint are the class and the attribute of a filled role.
func (g *drawing) paint(role string) string {
	return ` class="fill-` + role + `" fill="` + g.o.Colour(role) + `"`
}

// pen are those of a line.
func (g *drawing) pen(role string) string {
	return ` class="line-` + role + `" fill="none" stroke="` + g.o.Colour(role) + `"`
}

// role is the colour of a series.
func (g *drawing) role(i int) string {
	if g.d.Series[i].Others {
		return "edge"
	}
	return "chart-" + strconv.Itoa((max(1, g.c.Colour)-1+i)%colours+1)
}

func esc(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, s)
	return html.EscapeString(s)
}

// num writes a coordinate, to a tenth of a pixel.
func num(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10+0, 'f', -1, 64)
}

// wide is about how wide a text is.
func wide(s string) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune(" .,:;'’ijlI|!()\u00a0\u202f", r):
			w += 0.3
		case r >= 'A' && r <= 'Z' || strings.ContainsRune("mw–—%", r):
			w += 0.7
		case r >= 0x1100: // full-width
			w++
		default:
			w += 0.58
		}
	}
	return w * em
}

// cut shortens a text to a width.
func cut(s string, width float64) string {
	if wide(s) <= width {
		return s
	}
	out := ""
	for _, r := range s {
		if wide(out+string(r)+"…") > width {
			break
		}
		out += string(r)
	}
	return strings.TrimRight(out, " ") + "…"
}

// text writes a text; anchor is "start", "middle" or "end".
func (g *drawing) text(x, y float64, anchor, role, s string) {
	g.WriteString(`<text x="` + num(x) + `" y="` + num(y) + `"`)
	if anchor != "start" {
		g.WriteString(` text-anchor="` + anchor + `"`)
	}
	g.WriteString(g.paint(role) + `>` + esc(s) + `</text>`)
}

// lines breaks a text at its spaces into lines of a width.
func lines(s string, width float64) (out []string) {
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && wide(line+" "+word) > width {
			out = append(out, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(out, line)
}

func (g *drawing) heading() {
	g.y += 8
	for _, l := range lines(g.o.Title, g.w-24) {
		g.y += em * 1.4
		g.text(12, g.y, "start", "ink", l)
	}
	g.y += 12
}

// legend names the series, with the mark that each has.
func (g *drawing) legend() {
	if g.c.By == nil {
		return
	}
	x, row := 0.0, em*1.7
	g.y += row
	for i, s := range g.d.Series {
		name := cut(s.Name, g.w-30)
		w := 20 + wide(name) + 16
		if x > 0 && x+w > g.w {
			x = 0
			g.y += row
		}
		if g.c.Kind == Line {
			g.marker(i, x+7, g.y-em*0.35, 4.5)
		} else {
			g.WriteString(`<rect x="` + num(x) + `" y="` + num(g.y-em*0.85) + `" width="13" height="13" rx="2"` + g.paint(g.role(i)) + `/>`)
		}
		g.text(x+20, g.y, "start", "ink", name)
		x += w
	}
	g.y += 12
}

// marker is the mark of a series on a line: forms differ, not colours alone.
func (g *drawing) marker(i int, x, y, r float64) {
	p := func(dx, dy float64) string { return num(x+dx*r) + "," + num(y+dy*r) + " " }
	var form string
	switch i % 4 {
	case 0:
		g.WriteString(`<circle cx="` + num(x) + `" cy="` + num(y) + `" r="` + num(r) + `"` + g.paint(g.role(i)) + `/>`)
		return
	case 1:
		form = p(-.9, -.9) + p(.9, -.9) + p(.9, .9) + p(-.9, .9)
	case 2:
		form = p(0, -1.2) + p(1.1, .9) + p(-1.1, .9)
	default:
		form = p(0, -1.3) + p(1.3, 0) + p(0, 1.3) + p(-1.3, 0)
	}
	g.WriteString(`<polygon points="` + strings.TrimSpace(form) + `"` + g.paint(g.role(i)) + `/>`)
}

// Value is a figure as people of the language write it.
func Value(lang i18n.Lang, v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	decimals := 2
	if a := math.Abs(v); a > 0 && a < 0.1 {
		decimals = min(12, 1-int(math.Floor(math.Log10(a))))
	} else if a >= 1e15 {
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	return i18n.Decimal(lang, v, decimals)
}

// tickText is a value beside an axis.
func (g *drawing) tickText(s scale, v float64) string {
	if math.Abs(v) < s.step/1e6 {
		v = 0
	}
	return Value(g.o.Lang, v)
}

// hint says a mark's value to the pointer.
func (g *drawing) hint(i, s int) string {
	if !g.say {
		return ""
	}
	t := g.d.Labels[i]
	if name := g.d.Series[s].Name; name != "" {
		t += ", " + name
	}
	return `<title>` + esc(t+" : "+Value(g.o.Lang, g.d.Series[s].Values[i])) + `</title>`
}

// rect is a mark between two corners.
func (g *drawing) rect(x0, y0, x1, y1 float64, i, s int) {
	if x0 > x1 {
		x0, x1 = x1, x0
	}
	if y0 > y1 {
		y0, y1 = y1, y0
	}
	g.WriteString(`<rect x="` + num(x0) + `" y="` + num(y0) + `" width="` + num(max(x1-x0, 0)) + `" height="` + num(max(y1-y0, 0)) + `"`)
	if t := g.hint(i, s); t != "" {
		g.WriteString(`>` + t + `</rect>`)
	} else {
		g.WriteString(`/>`)
	}
}

// span is the least and the most that is drawn at one place: sums when stacked.
func (g *drawing) span() (low, high float64) {
	for i := range g.d.Labels {
		up, down := 0.0, 0.0
		for _, s := range g.d.Series {
			v := s.Values[i]
			if math.IsNaN(v) {
				continue
			}
			if g.c.Stacked() {
				if v > 0 {
					up += v
				} else {
					down += v
				}
			} else {
				up, down = max(up, v), min(down, v)
			}
		}
		low, high = min(low, down), max(high, up)
	}
	return low, high
}

// stack gives where each value of a place begins and ends.
func (g *drawing) stack(i int) (from, to []float64) {
	up, down := 0.0, 0.0
	for _, s := range g.d.Series {
		v := s.Values[i]
		switch {
		case math.IsNaN(v):
			from, to = append(from, 0), append(to, 0)
		case !g.c.Stacked():
			from, to = append(from, 0), append(to, v)
		case v >= 0:
			from, to = append(from, up), append(to, up+v)
			up += v
		default:
			from, to = append(from, down), append(to, down+v)
			down += v
		}
	}
	return from, to
}
