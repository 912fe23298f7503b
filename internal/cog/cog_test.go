package cog

import (
	"slices"
	"strings"
	"testing"
)

func TestCommune(t *testing.T) {
	for _, c := range []struct{ code, name, departement, region string }{
		{"31555", "Toulouse", "31", "76"},
		{"2A004", "Ajaccio", "2A", "94"},
		{"75056", "Paris", "75", "11"},
		{"97411", "Saint-Denis", "974", "04"},
		{"97501", "Miquelon-Langlade", "975", "975"},
		{"98735", "Papeete", "987", "987"},
	} {
		p, ok := Commune(c.code)
		if !ok || p.Name != c.name || p.Departement != c.departement || p.Region != c.region || p.Kind != Municipality {
			t.Errorf("Commune(%s) = %+v, %v", c.code, p, ok)
		}
		if !IsCommune(c.code) {
			t.Errorf("IsCommune(%s) is false", c.code)
		}
	}
	for _, code := range []string{"", "31", "31999", "2A00", "2a004", "ABCDE", "20004", "315555", "00000", "A2004"} {
		if _, ok := Commune(code); ok || IsCommune(code) {
			t.Errorf("%q is taken for a commune", code)
		}
	}
}

func TestCommuneMembers(t *testing.T) {
	p, _ := Commune("31555")
	if p.SIREN != "213105554" || p.EPCI != "243100518" || p.Arrondissement != "313" || p.Population < 400_000 || !slices.Contains(p.PostalCodes, "31500") {
		t.Errorf("Toulouse: %+v", p)
	}
	if lon, lat, ok := p.Centre(); !ok || lon < 1.3 || lon > 1.6 || lat < 43.5 || lat > 43.7 {
		t.Errorf("centre of Toulouse: %v %v %v", lon, lat, ok)
	}
	sd, _ := Commune("93066")
	if g, ok := EPCI(sd.EPT); !ok || g.Name != "Plaine Commune" || g.Type != "EPT" {
		t.Errorf("EPT of Saint-Denis: %+v", g)
	}
	if _, _, ok := (Place{}).Centre(); ok {
		t.Error("a place without box has a centre")
	}
	if p, _ := Commune("98901"); p.Population != -1 {
		t.Errorf("Clipperton has %d inhabitants", p.Population)
	}
}

func TestFormer(t *testing.T) {
	for _, c := range []struct {
		code, name string
		kind       Kind
		successor  string
	}{
		{"13201", "Marseille 1er Arrondissement", District, "13055"},
		{"01039", "Béon", Delegated, "01138"},
		{"20004", "", Former, "2A004"},
	} {
		p, ok := FormerCommune(c.code)
		if !ok || p.Name != c.name || p.Kind != c.kind || p.Parent != c.successor || !IsFormer(c.code) {
			t.Errorf("FormerCommune(%s) = %+v, %v", c.code, p, ok)
		}
		if s, ok := Successor(c.code); !ok || s.Code != c.successor {
			t.Errorf("Successor(%s) = %+v, %v", c.code, s, ok)
		}
	}
	if p, ok := FormerCommune("20004"); !ok || p.Departement != "2A" || p.Region != "94" {
		t.Errorf("the old code of Ajaccio: %+v", p)
	}
	if s, ok := Successor("31555"); !ok || s.Code != "31555" {
		t.Errorf("a commune of today succeeds itself: %+v", s)
	}
	if _, ok := Successor("00000"); ok {
		t.Error("00000 has a successor")
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ name, departement, code string }{
		{"toulouse", "", "31555"},
		{"TOULOUSE", "31", "31555"},
		{"L'isle jourdain", "32", "32160"},
		{"L’Isle-Jourdain", "86", "86112"},
		{"St Étienne", "42", "42218"},
		{"Ile de Sein", "", "29083"},
		{"œuilly", "02", "02565"},
		{"Saint-Denis", "93", "93066"},
	} {
		if p, ok := CommuneNamed(c.name, c.departement); !ok || p.Code != c.code {
			t.Errorf("CommuneNamed(%q, %q) = %s %v, want %s", c.name, c.departement, p.Code, ok, c.code)
		}
	}
	if _, ok := CommuneNamed("Saint-Denis", ""); ok {
		t.Error("there are several Saint-Denis")
	}
	if n := len(CommunesNamed("saint denis")); n < 2 {
		t.Errorf("%d Saint-Denis", n)
	}
	if _, ok := CommuneNamed("", "31"); ok {
		t.Error("a commune without name")
	}
}

func TestPostal(t *testing.T) {
	for code, want := range map[string]bool{"31000": true, "75116": true, "20000": true, "97500": true, "77777": false, "3100": false, "2A004": false, "": false} {
		if IsPostalCode(code) != want {
			t.Errorf("IsPostalCode(%q) = %v", code, !want)
		}
	}
	if got := PostalCodes("13201"); !slices.Equal(got, []string{"13001"}) {
		t.Errorf("postal codes of the first district of Marseille: %v", got)
	}
	if len(CommunesAt("31000")) != 1 || CommunesAt("77777") != nil {
		t.Error("communes of postal codes")
	}
}

func TestGroupsAndAreas(t *testing.T) {
	g, ok := EPCI("243100518")
	if !ok || g.Type != "METRO" || g.Population < 700_000 {
		t.Errorf("Toulouse Métropole: %+v", g)
	}
	if n := len(CommunesOf("243100518")); n != 37 {
		t.Errorf("Toulouse Métropole has %d communes", n)
	}
	if CommunesOf("123456789") != nil {
		t.Error("an unknown EPCI has members")
	}
	if d, ok := Departement("31"); !ok || d.Name != "Haute-Garonne" || d.Region != "76" || d.Chief != "31555" {
		t.Errorf("%+v", d)
	}
	if d, ok := DepartementNamed("COTES D'ARMOR"); !ok || d.Code != "22" {
		t.Errorf("%+v", d)
	}
	if r, ok := RegionNamed("provence alpes cote d’azur"); !ok || r.Code != "93" {
		t.Errorf("%+v", r)
	}
	if _, ok := Region("55"); ok {
		t.Error("there is no région 55")
	}
	if a, ok := Arrondissement("313"); !ok || a.Name != "Toulouse" {
		t.Errorf("%+v", a)
	}
}

// The whole file holds together: every code leads to a commune of today, every
// group and area exists, and the sets of bits say what the lines say.
func TestWhole(t *testing.T) {
	n := 0
	last := ""
	for p := range Communes() {
		n++
		if p.Code <= last {
			t.Fatalf("%s after %s", p.Code, last)
		}
		last = p.Code
		if !IsCommune(p.Code) || p.Name == "" || p.Region == "" {
			t.Errorf("%+v", p)
		}
		if p.EPCI != "" {
			if _, ok := EPCI(p.EPCI); !ok {
				t.Errorf("%s: EPCI %s is unknown", p.Code, p.EPCI)
			}
		}
		for _, c := range p.PostalCodes {
			if !IsPostalCode(c) {
				t.Errorf("%s: postal code %s is not in the set", p.Code, c)
			}
		}
		for _, c := range p.Former {
			s, ok := Successor(c)
			if shared := c == "55273" || c == "60455"; !ok || s.Code != p.Code && !shared { // two that were split again
				t.Errorf("%s was %s, which leads to %s", p.Code, c, s.Code)
			}
		}
		if p.Box.Known() && (p.Box.West > p.Box.East || p.Box.South > p.Box.North) {
			t.Errorf("%s: box %v", p.Code, p.Box)
		}
	}
	if n != 34969 {
		t.Errorf("%d communes", n)
	}
	table := load()
	for i := range table.others.len() {
		p := table.other(i)
		if i > 0 && table.others.code(i-1) >= p.Code {
			t.Errorf("%s after %s", p.Code, table.others.code(i-1))
		}
		if _, ok := Commune(p.Parent); !ok || !IsFormer(p.Code) || p.Kind == Municipality {
			t.Errorf("%+v", p)
		}
	}
	if len(EPCIs()) != 1255 || len(Regions()) != 26 || len(Departements()) != 109 {
		t.Errorf("%d EPCI, %d régions, %d départements", len(EPCIs()), len(Regions()), len(Departements()))
	}
	if size := len(packed) + len(codes); size > 1_500_000 {
		t.Errorf("the embedded files weigh %d bytes", size)
	}
}

func TestFoldName(t *testing.T) {
	for in, want := range map[string]string{
		"Saint-Étienne": "saint etienne", "STE-FOY": "sainte foy", "L'Haÿ-les-Roses": "l hay les roses",
		"Œuilly": "oeuilly", "  a  b ": "a b", "": "", "É\u0301": "e", "Cœur de Ville": "coeur de ville",
	} {
		if got := FoldName(in); got != want {
			t.Errorf("FoldName(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("Toulouse", "31")
	f.Add("\xff\x00", "97")
	f.Fuzz(func(t *testing.T, name, code string) {
		folded := FoldName(name)
		if FoldName(folded) != folded || strings.Contains(folded, "  ") {
			t.Errorf("FoldName(%q) = %q is not stable", name, folded)
		}
		CommuneNamed(name, code)
		if _, ok := Commune(code); ok != IsCommune(code) {
			t.Errorf("%q: the list and the set differ", code)
		}
	})
}

func BenchmarkIsCommune(b *testing.B) {
	code := []byte("31555")
	for b.Loop() {
		if !IsCommune(code) {
			b.Fatal("lost")
		}
	}
}
