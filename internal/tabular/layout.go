package tabular

import (
	"slices"
	"strings"
)

// layout is where the table lies in its records: what comes before the header,
// the header, the width.
type layout struct {
	preamble int
	header   int
	columns  int
	labels   []string // one label per column; empty without header
}

const (
	layoutRecords = 600 // records looked at
	mostPreamble  = 40
	mostHeader    = 5
)

// profile is what a column of the sample holds.
type profile struct {
	counts [6]int
	filled int
	values map[string]int
	least  int // length of the shortest and longest values
	most   int
}

func (p *profile) see(cell string) {
	k := kindOf([]byte(cell))
	p.counts[k]++
	if k == kindEmpty {
		return
	}
	if p.filled == 0 || len(cell) < p.least {
		p.least = len(cell)
	}
	p.most = max(p.most, len(cell))
	p.filled++
	if len(p.values) < 200 {
		if p.values == nil {
			p.values = map[string]int{}
		}
		p.values[cell]++
	}
}

// typed is the kind of nearly all values, kindText when there is none.
func (p *profile) typed() kind {
	for _, k := range []kind{kindNumber, kindDate, kindLink} {
		if n := p.counts[k]; n > 0 && n*10 >= 8*(p.filled-p.counts[kindNone]) {
			return k
		}
	}
	return kindText
}

// findLayout recognises the layout of the first records of a table. fixed is the
// number of header rows when it is known.
func findLayout(raw [][]string, fixed *int, merges ...placedMerge) layout {
	if len(raw) > layoutRecords {
		raw = raw[:layoutRecords]
	}
	rows := make([][]string, len(raw))
	for i, r := range raw {
		rows[i] = make([]string, len(r))
		for j, c := range r {
			rows[i][j] = strings.TrimSpace(c)
		}
	}
	l := layout{columns: commonWidth(rows)}
	fills := make([]int, len(rows))
	for i, r := range rows {
		fills[i] = filled(r)
	}
	l.preamble = findStart(rows, fills, l.columns)
	if fixed != nil && *fixed == everything {
		l.preamble = 0
		return l
	}
	body := rows[l.preamble:]
	groupRows := 0
	if fixed != nil {
		l.header = min(*fixed, len(body))
	} else {
		if l.header = mergedHeader(body, l.preamble, merges); l.header == 0 {
			l.header = countHeader(body)
		}
		if l.header > 0 {
			for l.preamble > 0 && l.header < mostHeader && groups(rows[l.preamble-1], l.columns) {
				l.preamble--
				l.header++
				groupRows++
			}
			for _, m := range merges { // cells of the header that reach down
				if n := m.bottom + 1 - l.preamble; m.top == l.preamble && n > l.header && n <= mostHeader && n < len(body) {
					l.header = n
				}
			}
		}
	}
	for i := range groupRows {
		fillGroups(rows[l.preamble+i], rows[l.preamble+i+1])
	}
	switch {
	case l.header == 1:
		l.labels = raw[l.preamble]
	case l.header > 1:
		head := rows[l.preamble : l.preamble+l.header]
		spread(head, l.preamble, merges)
		l.labels = joinHeader(head, l.columns)
	}
	if l.header > 0 {
		l.columns = max(l.columns, len(l.labels))
	}
	return l
}

// commonWidth is the most frequent width of records, the larger of two.
func commonWidth(rows [][]string) int {
	widths := map[int]int{}
	best := 0
	for _, r := range rows {
		if len(r) > 0 {
			widths[len(r)]++
		}
	}
	for w, n := range widths {
		if n > widths[best] || n == widths[best] && w > best {
			best = w
		}
	}
	return best
}

func filled(r []string) int {
	n := 0
	for _, c := range r {
		if c != "" {
			n++
		}
	}
	return n
}

// findStart returns the index of the first record of the table: header or data.
func findStart(rows [][]string, fills []int, columns int) int {
	if columns <= 1 {
		for i := range rows {
			if fills[i] > 0 {
				return i
			}
		}
		return 0
	}
	used := make([]bool, columns)
	for _, r := range rows {
		for j, c := range r {
			if j < columns && c != "" {
				used[j] = true
			}
		}
	}
	width := 0
	for _, u := range used {
		if u {
			width++
		}
	}
	body := slices.DeleteFunc(slices.Clone(fills), func(n int) bool { return n == 0 })
	slices.Sort(body)
	median := 0
	if len(body) > 0 {
		median = body[len(body)/2]
	}
	need := max(2, (width+1)/2)
	if median < need {
		need = max(2, min(need, median+1))
	}
	profiles := profile2(rows, columns)
	for i, r := range rows {
		if i > mostPreamble {
			break
		}
		if fills[i] >= need || len(r) == columns && columns == 2 && fills[i] == 2 {
			return laterHeader(rows, fills, i, columns)
		}
		if fills[i] > 0 && len(r) >= columns && fits(r, profiles) {
			return i
		}
	}
	for i := range rows {
		if fills[i] > 0 {
			return i
		}
	}
	return 0
}

// laterHeader returns the record after a blank one that is a fuller header than
// the record at first, as below a block that describes the columns; else first.
func laterHeader(rows [][]string, fills []int, first, columns int) int {
	for i := first + 2; i < min(len(rows)-1, mostPreamble); i++ {
		if fills[i-1] == 0 && fills[i] > fills[first] && fills[i+1] > 0 && isHeader(rows[i:], columns) {
			return i
		}
	}
	return first
}

// profile2 describes the columns of the records after the first ones.
func profile2(rows [][]string, columns int) []profile {
	p := make([]profile, columns)
	for i, r := range rows {
		if i == 0 && len(rows) > 1 {
			continue
		}
		for j, c := range r {
			if j < columns {
				p[j].see(c)
			}
		}
	}
	return p
}

// fits: a sparse record whose figures stand in columns of figures is data.
func fits(r []string, p []profile) bool {
	good := 0
	for j, c := range r {
		if c == "" || j >= len(p) {
			continue
		}
		k := kindOf([]byte(c))
		if k == kindText || k == kindNone {
			continue
		}
		if p[j].typed() != k {
			return false
		}
		good++
	}
	return good > 0
}

// countHeader returns how many records at the start of body are header.
func countHeader(body [][]string) int {
	if len(body) == 0 {
		return 0
	}
	columns := commonWidth(body)
	if !isHeader(body, columns) {
		return 0
	}
	n := 1
	for n < mostHeader && n+1 < len(body) && moreHeader(body, n, columns) {
		n++
	}
	return n
}

// mergedHeader returns how many records at the start of body are a header whose
// cells are merged: those that merged cells reach down to, and the one below cells
// merged sideways, which names the parts; 0 when there are none.
func mergedHeader(body [][]string, first int, merges []placedMerge) int {
	n, sideways := 0, false
	for _, m := range merges {
		if m.top == first {
			n = max(n, m.bottom-m.top+1)
			sideways = sideways || m.right > m.left
		}
	}
	if !sideways {
		return 0
	}
	n = max(n, 2)
	if n > mostHeader || n >= len(body) {
		return 0
	}
	for i, r := range body[:n] {
		if i > 0 && filled(r) < 2 {
			return 0
		}
		for _, c := range r {
			if k := kindOf([]byte(c)); k != kindText && k != kindEmpty && !isYear(c) {
				return 0
			}
		}
	}
	return n
}

// isHeader compares the first record with those below it.
func isHeader(body [][]string, columns int) bool {
	head := body[0]
	rest := [][]string{head}
	for _, r := range body[1:] {
		if !repeats(head, r) {
			rest = append(rest, r)
		}
	}
	body = rest
	below := profile2(body, columns)
	score, texts, numbers := 0.0, 0, 0
	distinct := map[string]bool{}
	for j, label := range head {
		k := kindOf([]byte(label))
		if k == kindNumber && isYear(label) && j < columns && !below[j].years() {
			score += 0.3
			continue
		}
		switch k {
		case kindText:
			texts++
		case kindNumber, kindDate, kindLink:
			numbers++
		case kindEmpty:
			score -= 0.2
		}
		distinct[label] = true
		if j >= columns || len(body) == 1 {
			continue
		}
		p := &below[j]
		if p.filled == 0 || k == kindEmpty {
			continue
		}
		switch t := p.typed(); {
		case t != kindText && k == kindText:
			score++
		case t != kindText && k == t:
			score -= 1.5
		case t == kindText && (k == kindNumber || k == kindDate || k == kindLink):
			score -= 0.3
		case t == kindText && k == kindText:
			score += compareText(label, p)
		}
	}
	if len(body) == 1 {
		return texts > 0 && numbers == 0 && len(distinct) == len(head)
	}
	if score > 0.05 {
		return true
	}
	return score > -0.5 && numbers == 0 && texts > 0 && texts*10 >= len(head)*9 && len(distinct) >= texts
}

// isYear: the label of a column of counts by year.
func isYear(s string) bool {
	return len(s) == 4 && (s[:2] == "19" || s[:2] == "20") && digits([]byte(s))
}

// years: most values are years themselves.
func (p *profile) years() bool {
	n, all := 0, 0
	for v, times := range p.values {
		all += times
		if isYear(v) {
			n += times
		}
	}
	return n*2 >= all
}

// repeats: the record says again what the header says, as printed lists do on
// each page.
func repeats(head, r []string) bool {
	same, n := 0, 0
	for j, c := range r {
		if c == "" {
			continue
		}
		n++
		if j < len(head) && head[j] == c {
			same++
		}
	}
	return n >= 2 && same*10 >= n*8
}

// compareText tells whether a text is a label rather than one of the values below.
func compareText(label string, p *profile) float64 {
	score := 0.0
	if n := p.values[label]; n > 0 {
		score -= 1
	}
	if strings.Contains(label, "_") && !strings.Contains(label, " ") {
		score += 0.4
	}
	if p.filled >= 3 && p.least == p.most && len(label) != p.least {
		score += 0.6
	}
	if p.filled >= 5 && len(p.values) <= 1+p.filled/4 && p.values[label] == 0 {
		score += 0.4
	}
	if strings.ContainsAny(label, "0123456789") && !strings.Contains(label, "_") {
		score -= 0.1
	}
	return score
}

// moreHeader: the record at n continues the header, by repeating it or by naming
// (a unit, a part) what the records below count.
func moreHeader(body [][]string, n, columns int) bool {
	r, above := body[n], body[n-1]
	if filled(r) < 2 {
		return false
	}
	if repeats(above, r) {
		return true
	}
	if len(body) < n+3 {
		return false
	}
	below := profile2(body[n:], columns)
	typed, named := 0, 0
	for j := range below {
		if below[j].typed() == kindText || below[j].filled < 2 {
			continue
		}
		typed++
		if j >= len(r) {
			continue
		}
		switch kindOf([]byte(r[j])) {
		case kindText:
			named++
		case kindEmpty:
		default:
			return false
		}
	}
	return typed >= 2 && named >= 2 && named*2 >= typed
}

// groups: a record just above the header names groups of columns: several
// texts, not all at the left.
func groups(r []string, columns int) bool {
	n := filled(r)
	if n < 2 || len(r) < columns {
		return false
	}
	for _, c := range r {
		if k := kindOf([]byte(c)); k != kindEmpty && k != kindText && !(k == kindNumber && len(c) == 4) { // years
			return false
		}
	}
	return !(n == 2 && r[0] != "" && len(r) > 1 && r[1] != "")
}

// fillGroups repeats the name of a group over the columns that follow, as long
// as the record below names them.
func fillGroups(r, below []string) {
	for j := 1; j < len(r); j++ {
		if r[j] == "" && j < len(below) && below[j] != "" {
			r[j] = r[j-1]
		}
	}
}

// placedMerge is a range of merged cells, by indexes of records and columns.
type placedMerge struct{ top, bottom, left, right int }

// spread repeats the text of cells merged sideways in the columns that they cover.
func spread(head [][]string, first int, merges []placedMerge) {
	for _, m := range merges {
		i := m.top - first
		if i < 0 || i >= len(head) || m.left >= len(head[i]) {
			continue
		}
		for k := m.left + 1; k <= m.right && k < len(head[i]); k++ {
			if head[i][k] == "" {
				head[i][k] = head[i][m.left]
			}
		}
	}
}

// joinHeader makes one label per column of several header rows.
func joinHeader(rows [][]string, columns int) []string {
	width := 0
	for _, r := range rows {
		width = max(width, len(r))
	}
	width = max(width, columns)
	out := make([]string, width)
	for j := range out {
		parts := []string{}
		for _, r := range rows {
			if j < len(r) && r[j] != "" {
				parts = append(parts, r[j])
			}
		}
		out[j] = strings.Join(parts, " ")
	}
	return out
}
