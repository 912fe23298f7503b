package cog

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

//go:embed cog.txt.zst
var packed []byte

// table is the decoded file. Its lines stay text; a place is read from its line
// when asked for. Sections begin with "[name count]"; cells are parted by tabs:
//
//	regions          code, name, chief town
//	departements     code, name, chief town, region
//	arrondissements  code, name, chief town
//	epci, ept        SIREN, name, type, financing, population
//	communes         code, name, arrondissement (after the département), SIREN ("=": the
//	                 usual one), number of EPCI, number of EPT (from 1), population,
//	                 postal codes, former codes, box
//	others           code, name, kind (d a m f), commune of today, population, postal codes, box
//
// A box is west, south, width, height in thousandths of a degree.
type table struct {
	regions, departements, arrondissements []Area
	epcis, epts                            []Group
	communes, others                       lines
	byName                                 func() map[string][]uint32
}

// lines is a section whose first cell is a code of five characters, sorted.
type lines struct {
	text  string
	start []uint32 // where each line begins, and one past the last
}

func (l lines) len() int { return len(l.start) - 1 }

func (l lines) cells(i int) []string {
	return strings.Split(l.text[l.start[i]:l.start[i+1]-1], "\t")
}

// cell returns cell k of line i alone.
func (l lines) cell(i, k int) string {
	rest := l.text[l.start[i] : l.start[i+1]-1]
	for ; k > 0; k-- {
		_, rest, _ = strings.Cut(rest, "\t")
	}
	first, _, _ := strings.Cut(rest, "\t")
	return first
}

func (l lines) code(i int) string { return l.text[l.start[i] : l.start[i]+5] }

func (l lines) find(code string) (int, bool) {
	if len(code) != 5 {
		return 0, false
	}
	lo, hi := 0, l.len()
	for lo < hi {
		mid := (lo + hi) / 2
		if l.code(mid) < code {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < l.len() && l.code(lo) == code
}

var load = sync.OnceValue(func() *table {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(fmt.Sprintf("cog: %v", err))
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(packed, nil)
	if err != nil {
		panic(fmt.Sprintf("cog: the embedded file is damaged: %v", err))
	}
	t := &table{}
	rest := string(raw)
	for rest != "" {
		head, body, _ := strings.Cut(rest, "\n")
		name, count, _ := strings.Cut(strings.Trim(head, "[]"), " ")
		n, err := strconv.Atoi(count)
		if err != nil {
			panic(fmt.Sprintf("cog: section %q: %v", head, err))
		}
		l := lines{text: body, start: make([]uint32, 1, n+1)}
		at := 0
		for range n {
			at += strings.IndexByte(body[at:], '\n') + 1
			l.start = append(l.start, uint32(at))
		}
		l.text, rest = body[:at], body[at:]
		t.section(name, l)
	}
	t.byName = sync.OnceValue(t.indexNames)
	return t
})

func (t *table) section(name string, l lines) {
	areas := func() (out []Area) {
		for i := range l.len() {
			c := append(l.cells(i), "")
			out = append(out, Area{Code: c[0], Name: c[1], Chief: c[2], Region: c[3]})
		}
		return out
	}
	groups := func() (out []Group) {
		for i := range l.len() {
			c := l.cells(i)
			out = append(out, Group{SIREN: c[0], Name: c[1], Type: c[2], Financing: c[3], Population: atoi(c[4])})
		}
		return out
	}
	switch name {
	case "regions":
		t.regions = areas()
	case "departements":
		t.departements = areas()
	case "arrondissements":
		t.arrondissements = areas()
	case "epci":
		t.epcis = groups()
	case "ept":
		t.epts = groups()
	case "communes":
		t.communes = l
	case "others":
		t.others = l
	default:
		panic("cog: unknown section " + name)
	}
}

func (t *table) commune(i int) Place {
	c := t.communes.cells(i)
	p := t.place(c[0], c[1], c[6], c[7], c[9])
	if c[2] != "" {
		p.Arrondissement = p.Departement + c[2]
	}
	if p.SIREN = c[3]; p.SIREN == "=" {
		p.SIREN = UsualSIREN(p.Code)
	}
	if n := atoi(c[4]); n > 0 {
		p.EPCI = t.epcis[n-1].SIREN
	}
	if n := atoi(c[5]); n > 0 {
		p.EPT = t.epts[n-1].SIREN
	}
	p.Former = strings.Fields(c[8])
	return p
}

func (t *table) other(i int) Place {
	c := t.others.cells(i)
	p := t.place(c[0], c[1], c[4], c[5], c[6])
	p.Parent = c[3]
	switch c[2] {
	case "d":
		p.Kind = Delegated
	case "a":
		p.Kind = Associated
	case "m":
		p.Kind = District
	default:
		p.Kind = Former
		p.Departement = DepartementOf(p.Parent) // 20xxx was Corsica before 1976
		d, _ := areaOf(t.departements, p.Departement)
		p.Region = d.Region
	}
	return p
}

func (t *table) place(code, name, population, postal, box string) Place {
	p := Place{Code: code, Name: name, Departement: DepartementOf(code), Population: -1, PostalCodes: strings.Fields(postal)}
	if d, ok := areaOf(t.departements, p.Departement); ok {
		p.Region = d.Region
	}
	if population != "" {
		p.Population = atoi(population)
	}
	if box != "" {
		var k [4]float64
		for i, s := range strings.Fields(box) {
			k[i] = float64(atoi(s)) / 1000
		}
		p.Box = Box{West: k[0], South: k[1], East: k[0] + k[2], North: k[1] + k[3]}
	}
	return p
}

func (t *table) named(folded string) []Place {
	var out []Place
	for _, i := range t.byName()[folded] {
		out = append(out, t.commune(int(i)))
	}
	return out
}

// Cells of a line of communes.
const (
	cellName   = 1
	cellEPCI   = 4
	cellEPT    = 5
	cellPostal = 7
)

// where gives the communes whose cell passes.
func (t *table) where(cell int, pass func(string) bool) []Place {
	var out []Place
	for i := range t.communes.len() {
		if pass(t.communes.cell(i, cell)) {
			out = append(out, t.commune(i))
		}
	}
	return out
}

func (t *table) indexNames() map[string][]uint32 {
	m := make(map[string][]uint32, t.communes.len())
	for i := range t.communes.len() {
		name := FoldName(t.communes.cell(i, cellName))
		m[name] = append(m[name], uint32(i))
	}
	return m
}

// atoi reads a number of the embedded file; "" is 0.
func atoi(s string) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("cog: %v", err))
	}
	return n
}

// FoldName writes a name of place without what people write differently:
// capitals, accents, hyphens and apostrophes, St and Ste for Saint and Sainte.
func FoldName(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if s, ok := folds[r]; ok {
			b.WriteString(s)
		} else if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if r == '\u0301' || r == '\u0300' || r == '\u0302' || r == '\u0308' || r == '\u0327' {
			continue // accents written apart
		} else {
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(b.String())
	for i, w := range words {
		switch w {
		case "st":
			words[i] = "saint"
		case "ste":
			words[i] = "sainte"
		}
	}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

var folds = map[rune]string{
	'à': "a", 'á': "a", 'â': "a", 'ä': "a", 'ã': "a", 'å': "a", 'ā': "a", 'ç': "c", 'é': "e", 'è': "e", 'ê': "e", 'ë': "e", 'ē': "e",
	'í': "i", 'ì': "i", 'î': "i", 'ï': "i", 'ī': "i", 'ñ': "n", 'ó': "o", 'ò': "o", 'ô': "o", 'ö': "o", 'õ': "o", 'ō': "o",
	'ú': "u", 'ù': "u", 'û': "u", 'ü': "u", 'ū': "u", 'ÿ': "y", 'ý': "y", 'œ': "oe", 'æ': "ae", 'ß': "ss",
}
