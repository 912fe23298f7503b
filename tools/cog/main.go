// Command cog makes the compact file of internal/cog from the JSON of two npm
// packages, unpacked side by side:
//
//	npm pack @etalab/decoupage-administratif@6.0.0   (COG of 2026, Licence Ouverte)
//	npm pack @etalab/fr-bounding-boxes@0.1.3         (boxes of 2017 from IGN ADMIN EXPRESS)
//	go run ./tools/cog -data DIR/data -boxes DIR/dist -out internal/cog
//
// It writes cog.txt.zst (what is known of every place, see internal/cog/decode.go
// for its lines) and codes.bin (three sets of bits: communes, former codes, postal
// codes). The same input gives the same bytes.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"socle/internal/cog"
)

type commune struct {
	Code, Nom, Type, Arrondissement, Departement, Region string
	SIREN                                                string `json:"siren"`
	ChefLieu, Commune                                    string
	AnciensCodes, CodesPostaux                           []string
	Population                                           *int
}

type group struct {
	Code, Nom, Type, ModeFinancement string
	PopulationMunicipale             int
	Membres                          []struct{ Code string }
}

type area struct{ Code, Nom, Region, Departement, ChefLieu, Zone string }

type box struct {
	Name, ID string
	BBox     [4]float64
}

func main() {
	data := flag.String("data", "", "folder data/ of @etalab/decoupage-administratif")
	boxes := flag.String("boxes", "", "folder dist/ of @etalab/fr-bounding-boxes")
	out := flag.String("out", "internal/cog", "where to write")
	flag.Parse()
	if err := run(*data, *boxes, *out); err != nil {
		log.Fatal(err)
	}
}

type input struct {
	communes           []commune
	epcis, epts        []group
	departements, regs []area
	arrondissements    []area
	boxes              map[string]box // by INSEE code
}

func run(data, boxes, out string) error {
	in, err := read(data, boxes)
	if err != nil {
		return err
	}
	text := in.text()
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(8<<20))
	if err != nil {
		return err
	}
	packed := enc.EncodeAll(text, nil)
	if err := os.WriteFile(filepath.Join(out, "cog.txt.zst"), packed, 0o644); err != nil {
		return err
	}
	codes, err := in.codes()
	if err != nil {
		return err
	}
	log.Printf("%d bytes of text, %d packed, %d of codes", len(text), len(packed), len(codes))
	return os.WriteFile(filepath.Join(out, "codes.bin"), codes, 0o644)
}

func read(data, boxes string) (*input, error) {
	in := &input{boxes: map[string]box{}}
	var bs []box
	for _, f := range []struct {
		path string
		into any
	}{
		{filepath.Join(data, "communes.json"), &in.communes},
		{filepath.Join(data, "epci.json"), &in.epcis},
		{filepath.Join(data, "ept.json"), &in.epts},
		{filepath.Join(data, "departements.json"), &in.departements},
		{filepath.Join(data, "regions.json"), &in.regs},
		{filepath.Join(data, "arrondissements.json"), &in.arrondissements},
		{filepath.Join(boxes, "communes.json"), &bs},
	} {
		raw, err := os.ReadFile(f.path)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, f.into); err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
	}
	for _, b := range bs {
		in.boxes[strings.TrimPrefix(b.ID, "fr:commune:")] = b
	}
	slices.SortFunc(in.communes, func(a, b commune) int { return strings.Compare(a.Code, b.Code) })
	for _, g := range [][]group{in.epcis, in.epts} {
		slices.SortFunc(g, func(a, b group) int { return strings.Compare(a.Code, b.Code) })
	}
	for _, a := range [][]area{in.departements, in.regs, in.arrondissements} {
		slices.SortFunc(a, func(a, b area) int { return strings.Compare(a.Code, b.Code) })
	}
	return in, nil
}

// text writes the sections that internal/cog decodes.
func (in *input) text() []byte {
	var b bytes.Buffer
	section := func(name string, n int) { fmt.Fprintf(&b, "[%s %d]\n", name, n) }
	line := func(cells ...string) { b.WriteString(strings.Join(cells, "\t") + "\n") }

	section("regions", len(in.regs))
	for _, r := range in.regs {
		line(r.Code, r.Nom, r.ChefLieu)
	}
	section("departements", len(in.departements))
	for _, d := range in.departements {
		line(d.Code, d.Nom, d.ChefLieu, d.Region)
	}
	section("arrondissements", len(in.arrondissements))
	for _, a := range in.arrondissements {
		line(a.Code, a.Nom, a.ChefLieu)
	}
	member := map[string][2]int{} // 1-based numbers of EPCI and EPT
	for kind, groups := range [][]group{in.epcis, in.epts} {
		section([]string{"epci", "ept"}[kind], len(groups))
		for i, g := range groups {
			line(g.Code, g.Nom, g.Type, g.ModeFinancement, strconv.Itoa(g.PopulationMunicipale))
			for _, m := range g.Membres {
				of := member[m.Code]
				of[kind] = i + 1
				member[m.Code] = of
			}
		}
	}
	in.places(section, line, member)
	return b.Bytes()
}

func (in *input) places(section func(string, int), line func(...string), member map[string][2]int) {
	var current, others []commune
	named := map[string]bool{} // former codes that have a line of their own
	for _, c := range in.communes {
		if c.Type == "commune-actuelle" {
			current = append(current, c)
		} else {
			others = append(others, c)
			named[c.Code] = true
		}
	}
	for _, c := range current {
		for _, old := range c.AnciensCodes {
			if !named[old] {
				others = append(others, commune{Code: old, Nom: in.boxes[old].Name, Type: "ancienne", ChefLieu: c.Code})
			}
		}
	}
	slices.SortFunc(others, func(a, b commune) int { return strings.Compare(a.Code, b.Code) })

	section("communes", len(current))
	for _, c := range current {
		of := member[c.Code]
		siren := c.SIREN
		if siren == cog.UsualSIREN(c.Code) {
			siren = "="
		}
		population := ""
		if c.Population != nil {
			population = strconv.Itoa(*c.Population)
		}
		arrondissement := strings.TrimPrefix(c.Arrondissement, c.Departement)
		line(c.Code, c.Nom, arrondissement, siren, number(of[0]), number(of[1]), population,
			strings.Join(c.CodesPostaux, " "), strings.Join(c.AnciensCodes, " "), in.box(append([]string{c.Code}, c.AnciensCodes...)...))
	}
	section("others", len(others))
	letter := map[string]string{"commune-deleguee": "d", "commune-associee": "a", "arrondissement-municipal": "m", "ancienne": "f"}
	for _, c := range others {
		parent := c.ChefLieu
		if c.Type == "arrondissement-municipal" {
			parent = c.Commune
		}
		population := ""
		if c.Population != nil {
			population = strconv.Itoa(*c.Population)
		}
		line(c.Code, c.Nom, letter[c.Type], parent, population, strings.Join(c.CodesPostaux, " "), in.box(c.Code))
	}
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// box joins the boxes of the codes: west, south, width, height in thousandths
// of a degree; "" when none is known.
func (in *input) box(codes ...string) string {
	w, s, e, n := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, c := range codes {
		if b, ok := in.boxes[c]; ok {
			w, s, e, n = min(w, b.BBox[0]), min(s, b.BBox[1]), max(e, b.BBox[2]), max(n, b.BBox[3])
		}
	}
	if w > e {
		return ""
	}
	k := func(x float64) int { return int(math.Round(x * 1000)) }
	return fmt.Sprintf("%d %d %d %d", k(w), k(s), k(e)-k(w), k(n)-k(s))
}

// codes writes the three sets of bits, in the order of cog.Sets.
func (in *input) codes() ([]byte, error) {
	sets := make([][]byte, 3)
	for i := range sets {
		sets[i] = make([]byte, cog.SetBytes)
	}
	put := func(set int, code string) error {
		n, ok := cog.CodeNumber(code)
		if !ok {
			return fmt.Errorf("code %q is not one of the COG", code)
		}
		sets[set][n/8] |= 1 << (n % 8)
		return nil
	}
	for _, c := range in.communes {
		set := 1
		if c.Type == "commune-actuelle" {
			set = 0
		}
		if err := put(set, c.Code); err != nil {
			return nil, err
		}
		for _, old := range c.AnciensCodes {
			if err := put(1, old); err != nil {
				return nil, err
			}
		}
		for _, p := range c.CodesPostaux {
			if err := put(2, p); err != nil {
				return nil, err
			}
		}
	}
	return slices.Concat(sets...), nil
}
