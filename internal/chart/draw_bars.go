package chart

import "math"

// bars draws lying bars: a line for each category, its name before the bar, or
// above it where there is no room.
func (g *drawing) bars() {
	const bar, gap, end = 20.0, 12.0, 8.0
	beside := g.w >= wideFrom
	names, room := 0.0, 0.0
	for i, l := range g.d.Labels {
		names = max(names, wide(l)+10)
		room = max(room, wide(g.total(i))+end)
	}
	if names = min(names, g.w*0.4); !beside {
		names = 0
	}
	each := bar // of a category, all its bars
	if n := len(g.d.Series); n > 1 && !g.c.Stacked() {
		each = float64(n) * 14
	}
	low, high := g.span()
	s := scale{low, high, 1}
	if low == high {
		s.high = low + 1
	}
	left, right := names, g.w-room
	if low < 0 {
		left += room
	}
	at := func(v float64) float64 { return left + s.at(v)*(right-left) }
	for i, l := range g.d.Labels {
		if beside {
			g.text(names-10, g.y+each/2+em*0.35, "end", "ink", cut(l, names-10))
		} else {
			g.y += em * 1.2
			g.text(0, g.y, "start", "ink", cut(l, g.w))
			g.y += 5
		}
		g.bar(i, g.y, each, at)
		g.y += each + gap
	}
	g.WriteString(`<path d="M` + num(at(0)) + ` ` + num(g.y-gap+2) + `V` + num(g.y-gap-float64(len(g.d.Labels))*(each+gap)+gap-2) + `"`)
	if !beside { // names stand in the way of a long line
		g.WriteString(` opacity="0"`)
	}
	g.WriteString(g.pen("edge") + `/>`)
}

// total is what is written at the end of the bar of a category.
func (g *drawing) total(i int) string {
	if len(g.d.Series) > 1 && !g.c.Stacked() {
		return ""
	}
	sum, some := 0.0, false
	for _, s := range g.d.Series {
		if v := s.Values[i]; !math.IsNaN(v) {
			sum, some = sum+v, true
		}
	}
	if !some {
		return Value(g.o.Lang, math.NaN())
	}
	return Value(g.o.Lang, sum)
}

// bar draws what belongs to one category.
func (g *drawing) bar(i int, y, each float64, at func(float64) float64) {
	from, to := g.stack(i)
	most := 0.0
	for k := range g.d.Series {
		top, bottom := y, y+each
		if len(g.d.Series) > 1 && !g.c.Stacked() {
			step := each / float64(len(g.d.Series))
			top = y + float64(k)*step
			bottom = top + step - 2
		}
		if from[k] == to[k] {
			continue
		}
		most = max(most, to[k])
		g.WriteString(`<g` + g.paint(g.role(k)) + `>`)
		g.rect(at(from[k]), top, at(to[k]), bottom, i, k)
		g.WriteString(`</g>`)
	}
	if t := g.total(i); t != "" {
		g.text(at(most)+6, y+each/2+em*0.35, "start", "ink-soft", t)
	}
}
