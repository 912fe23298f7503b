package chart

import (
	"math"
	"strings"

	"socle/internal/i18n"
)

// plane is where an upright chart is drawn.
type plane struct {
	left, right, top, bottom float64
	y                        scale
	each                     float64 // width of a place
}

func (p plane) x(i int) float64      { return p.left + (float64(i)+0.5)*p.each }
func (p plane) at(v float64) float64 { return p.bottom - p.y.at(v)*(p.bottom-p.top) }

// upright draws what stands on an axis: columns, lines, areas.
func (g *drawing) upright() {
	height := 300.0
	if g.w < wideFrom {
		height = 240
	}
	low, high := g.span()
	p := plane{y: newScale(low, high, 5, g.d.whole), right: g.w - 4}
	for _, t := range p.y.ticks() {
		p.left = max(p.left, wide(g.tickText(p.y, t))+8)
	}
	g.y += em * 1.2
	g.text(0, g.y, "start", "ink-soft", cut(g.o.YName, g.w))
	p.top, p.bottom = g.y+14, g.y+14+height
	p.each = (p.right - p.left) / float64(len(g.d.Labels))
	for _, t := range p.y.ticks() {
		role := "line"
		if math.Abs(t) < p.y.step/1e6 {
			role = "edge"
		}
		y := math.Round(p.at(t)) + 0.5
		g.WriteString(`<path d="M` + num(p.left) + ` ` + num(y) + `H` + num(p.right) + `"` + g.pen(role) + `/>`)
		g.text(p.left-8, y+em*0.35, "end", "ink-soft", g.tickText(p.y, t))
	}
	switch g.c.Kind {
	case Line:
		g.linesOf(p)
	case Area:
		g.areas(p)
	default:
		g.columns(p)
	}
	g.y = p.bottom
	g.names(p)
	g.y += em * 1.7
	g.text((p.left+p.right)/2, g.y, "middle", "ink-soft", cut(g.o.XName, g.w))
	g.y += 8
}

// names writes the names of places under the axis, as many as there is room for.
func (g *drawing) names(p plane) {
	if g.c.X.Step != 0 {
		g.edges(p)
		return
	}
	widest := 0.0
	for _, l := range g.d.Labels {
		widest = max(widest, min(wide(l), g.w/4)+12)
	}
	if !continuous(g.c.X) && widest > p.each && p.each > em*1.2 {
		g.slanted(p)
		return
	}
	every := int(math.Ceil(widest / p.each))
	last := math.Inf(-1)
	for i, l := range g.d.Labels {
		if i%max(every, 1) != 0 {
			continue
		}
		text := cut(l, g.w/4)
		half := wide(text) / 2
		x := min(max(p.x(i), half), g.w-half)
		if x-half < last+6 {
			continue
		}
		last = x + half
		g.text(x, p.bottom+em*1.5, "middle", "ink-soft", text)
	}
	g.y += em * 1.5
}

// slanted writes long names of categories turned, so that all are there.
func (g *drawing) slanted(p plane) {
	long := 0.0
	for i, l := range g.d.Labels {
		text := cut(l, 130)
		long = max(long, wide(text))
		x, y := p.x(i)+4, p.bottom+em
		g.WriteString(`<g transform="rotate(-50 ` + num(x) + ` ` + num(y) + `)">`)
		g.text(x, y, "end", "ink-soft", text)
		g.WriteString(`</g>`)
	}
	g.y += em + long*0.77
}

// edges writes the bounds between classes.
func (g *drawing) edges(p plane) {
	last := math.Inf(-1)
	for i := range len(g.d.Starts) + 1 {
		var v float64
		if i < len(g.d.Starts) {
			v = g.d.Starts[i]
		} else {
			v = g.d.Starts[i-1] + g.c.X.Step
		}
		text := i18n.Decimal(g.o.Lang, v, 6)
		half := wide(text) / 2
		x := min(max(p.left+float64(i)*p.each, half), g.w-half)
		if x-half < last+10 {
			continue
		}
		last = x + half
		g.text(x, p.bottom+em*1.5, "middle", "ink-soft", text)
	}
	g.y += em * 1.5
}

func (g *drawing) columns(p plane) {
	margin := p.each * 0.15
	if g.c.X.Step != 0 {
		margin = min(1, p.each*0.1) // classes touch: nothing lies between them
	}
	n := len(g.d.Series)
	for k := range g.d.Series {
		g.WriteString(`<g` + g.paint(g.role(k)) + `>`)
		for i := range g.d.Labels {
			from, to := g.stack(i)
			if from[k] == to[k] {
				continue
			}
			x0, x1 := p.x(i)-p.each/2+margin, p.x(i)+p.each/2-margin
			if n > 1 && !g.c.Stacked() {
				w := (x1 - x0) / float64(n)
				x0 += float64(k) * w
				x1 = x0 + w*0.92
			}
			g.rect(x0, p.at(from[k]), x1, p.at(to[k]), i, k)
		}
		g.WriteString(`</g>`)
	}
}

func (g *drawing) linesOf(p plane) {
	for k, s := range g.d.Series {
		var d strings.Builder
		drawn := false // the one before has a value
		for i, v := range s.Values {
			if math.IsNaN(v) {
				drawn = false
				continue
			}
			if drawn {
				d.WriteString("L")
			} else {
				d.WriteString("M")
			}
			drawn = true
			d.WriteString(num(p.x(i)) + " " + num(p.at(v)))
		}
		g.WriteString(`<path stroke-width="2.5" stroke-linejoin="round" d="` + d.String() + `"` + g.pen(g.role(k)) + `/>`)
		for i, v := range s.Values {
			alone := (i == 0 || math.IsNaN(s.Values[i-1])) && (i+1 == len(s.Values) || math.IsNaN(s.Values[i+1]))
			if math.IsNaN(v) || p.each < 12 && !alone {
				continue
			}
			g.WriteString(`<g>` + g.hint(i, k))
			g.marker(k, p.x(i), p.at(v), 3.5)
			g.WriteString(`</g>`)
		}
	}
}

// areas draws surfaces, one on another when figures add up.
func (g *drawing) areas(p plane) {
	for k := range g.d.Series {
		var top, bottom []string
		flush := func() {
			if len(top) == 0 {
				return
			}
			for i, j := 0, len(bottom)-1; i < j; i, j = i+1, j-1 {
				bottom[i], bottom[j] = bottom[j], bottom[i]
			}
			opacity := ""
			if !g.c.Stacked() && len(g.d.Series) > 1 {
				opacity = ` fill-opacity="0.25"`
			}
			g.WriteString(`<path d="M` + strings.Join(append(top, bottom...), "L") + `Z"` + opacity + g.paint(g.role(k)) + `/>`)
			g.WriteString(`<path stroke-width="2" d="M` + strings.Join(top, "L") + `"` + g.pen(g.role(k)) + `/>`)
			top, bottom = nil, nil
		}
		for i, v := range g.d.Series[k].Values {
			if math.IsNaN(v) {
				flush()
				continue
			}
			from, to := g.stack(i)
			top = append(top, num(p.x(i))+" "+num(p.at(to[k])))
			bottom = append(bottom, num(p.x(i))+" "+num(p.at(from[k])))
		}
		flush()
	}
}
