package proposal_test

import (
	"slices"
	"testing"

	"socle/internal/catalogue"
	"socle/internal/proposal"
)

// Territories are found by a part of their name or by their code, each kind of them.
func TestTerritories(t *testing.T) {
	s := proposal.New(proposal.Options{Territory: "31"})
	for q, want := range map[string]string{
		"roqu":           "commune:Roques (31458)",
		"31458":          "commune:Roques (31458)",
		"haute gar":      "departement:Haute-Garonne (31)",
		"31":             "departement:Haute-Garonne (31)",
		"occit":          "region:Occitanie (76)",
		"toulouse":       "commune:Toulouse (31555)",
		"toulouse metro": "epci:Toulouse Métropole (243100518)",
	} {
		found := s.Territories(q)
		var written []string
		for _, z := range found {
			written = append(written, string(z.Kind)+":"+proposal.TerritoryText(z))
		}
		if !slices.Contains(written, want) || len(written) > proposal.Most {
			t.Errorf("%q: %q without %q", q, written, want)
		}
	}
	for _, q := range []string{"", "x", "-- --", "zzzzzz"} {
		if found := s.Territories(q); len(found) > 0 {
			t.Errorf("%q: %v", q, found)
		}
	}
}

// What is proposed is read back as it was, and so is what a person writes by herself.
func TestTerritory(t *testing.T) {
	s := proposal.New(proposal.Options{Territory: "31"})
	for _, q := range []string{"roques", "toulouse", "seine", "76", "ile", "saint", "guadeloupe", "paris", "muretain"} {
		for _, z := range s.Territories(q) {
			if got := s.Territory(proposal.TerritoryText(z)); got != z {
				t.Errorf("%q is read as %+v, not %+v", proposal.TerritoryText(z), got, z)
			}
		}
	}
	for text, want := range map[string]catalogue.Zone{
		"  roques ":          {Kind: "commune", Code: "31458", Name: "Roques"},
		"roques (31458)":     {Kind: "commune", Code: "31458", Name: "Roques"},
		"31":                 {Kind: "departement", Code: "31", Name: "Haute-Garonne"},
		"2a":                 {Kind: "departement", Code: "2A", Name: "Corse-du-Sud"},
		"Occitanie":          {Kind: "region", Code: "76", Name: "Occitanie"},
		"occitanie (76)":     {Kind: "region", Code: "76", Name: "Occitanie"},
		"Toulouse Métropole": {Kind: "epci", Code: "243100518", Name: "Toulouse Métropole"},
		"France":             {Kind: "country", Code: "FR", Name: "France"},
		"Espagne (ES)":       {Kind: "country", Code: "ES", Name: "Espagne"},
		"nulle part":         {Code: "nulle part"},
		"Nulle part (99999)": {Code: "Nulle part (99999)"},
	} {
		if got := s.Territory(text); got != want {
			t.Errorf("%q is read as %+v, not %+v", text, got, want)
		}
	}
}
