package proposal

import (
	"regexp"
	"slices"
	"strings"

	"socle/internal/query"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// pair is a column of SIRET or SIREN and the one that names what it numbers.
type pair struct{ number, name string }

// numberWords and nameWords are what stands at an end of the names of such columns:
// idBeneficiaire and nomBeneficiaire, COLL_SIRET and COLL_NOM.
var (
	numberWords = []string{"siret", "siren", "numero", "num", "id", "code"}
	nameWords   = []string{"raisonsociale", "denomination", "nom", "name", "libelle", "intitule"}
)

// aloneWords may stay of the name of a column when the table has one number only.
var aloneWords = []string{"", "usuel", "structure", "organisme", "etablissement", "entreprise", "association", "exploitant", "titulaire", "service"}

var (
	siretDigits = regexp.MustCompile(`(\\d|\[0-9\])\{14\}`)
	notLetters  = regexp.MustCompile(`[^a-z0-9]+`)
)

// pairs finds the companies of a table: numbers of establishments, and of companies.
// A column that only its name tells (idBeneficiaire beside nomBeneficiaire) is one too:
// what its cells hold decides later.
func pairs(s *schema.Schema, columns []query.Column) (sirets, sirens []pair) {
	var numbers, perhaps []int
	names := map[string]string{} // by what stays of the name of the column
	for i, c := range columns {
		f := &s.Fields[i]
		if c.Kind != tabular.Text {
			continue
		}
		if isNumber(s, f) {
			numbers = append(numbers, i)
			continue
		}
		if stem, ok := stemOf(c.Name, numberWords); ok && stem != "" {
			perhaps = append(perhaps, i)
		}
		if stem, ok := stemOf(c.Name, nameWords); ok {
			if _, twice := names[stem]; !twice {
				names[stem] = c.Name
			}
		}
	}
	for _, i := range perhaps {
		if stem, _ := stemOf(columns[i].Name, numberWords); names[stem] != "" {
			numbers = append(numbers, i)
		}
	}
	for _, i := range numbers {
		stem, _ := stemOf(columns[i].Name, numberWords)
		name := names[stem]
		if name == "" && len(numbers) == 1 {
			for _, alone := range aloneWords {
				if name == "" {
					name = names[alone]
				}
			}
		}
		if name == "" {
			continue
		}
		p := pair{columns[i].Name, name}
		if isSIREN(&s.Fields[i]) {
			sirens = append(sirens, p)
		} else {
			sirets = append(sirets, p)
		}
	}
	return sirets, sirens
}

func isNumber(s *schema.Schema, f *schema.Field) bool {
	name := strings.ToLower(f.Name)
	asked := slices.ContainsFunc(s.Checks, func(c schema.CustomCheck) bool {
		return (c.Name == "french-siret-value" || c.Name == "french-siren-value") && c.Params["column"] == f.Name
	})
	return asked || f.FrenchFormat == "siret" || f.FrenchFormat == "siren" || siretDigits.MatchString(f.Constraints.Pattern) || strings.Contains(name, "siret") || strings.Contains(name, "siren")
}

func isSIREN(f *schema.Field) bool {
	return f.FrenchFormat == "siren" || f.FrenchFormat != "siret" && strings.Contains(strings.ToLower(f.Name), "siren")
}

// stemOf takes words off the ends of a name of a column; ok says that there was one.
func stemOf(name string, words []string) (stem string, ok bool) {
	stem = notLetters.ReplaceAllString(strings.ToLower(name), "")
	for again := true; again; {
		again = false
		for _, w := range words {
			rest, front := strings.CutPrefix(stem, w)
			if !front {
				var back bool
				if rest, back = strings.CutSuffix(stem, w); !back {
					continue
				}
			}
			stem, ok, again = rest, true, true
		}
	}
	return stem, ok
}

// place is the columns of an address: the whole of it in one, or its parts.
type place struct {
	whole                  string
	number, repeated, road string
	postal, commune        string
}

var (
	wholeNames   = regexp.MustCompile(`^(adresse|address|adresse_.*|.*_adresse|adr_voie|adresse\d)$`)
	notAddresses = regexp.MustCompile(`mail|courriel|electronique|web|site|url|internet|cle|code|postal|insee|commune|ville|num`)
	roadNames    = []string{"voie_nom", "nom_voie", "voie", "libelle_voie"}
	numberNames  = []string{"numero", "numero_voie", "num_voie"}
	repeatNames  = []string{"suffixe", "rep", "indice_repetition"}
	postalNames  = []string{"code_postal", "cp", "codepostal"}
	communeNames = []string{"commune_nom", "nom_commune", "commune", "ville", "nom_com"}
)

// placeOf finds the address in the rows of a table.
func placeOf(columns []query.Column) (p place, ok bool) {
	named := func(list []string, kinds ...tabular.Kind) string {
		for _, name := range list {
			for _, c := range columns {
				if strings.EqualFold(c.Name, name) && slices.Contains(kinds, c.Kind) {
					return c.Name
				}
			}
		}
		return ""
	}
	p.postal = named(postalNames, tabular.Text, tabular.Int)
	p.commune = named(communeNames, tabular.Text)
	if p.number, p.road = named(numberNames, tabular.Text, tabular.Int), named(roadNames, tabular.Text); p.road != "" && p.number != "" {
		p.repeated = named(repeatNames, tabular.Text)
		return p, true
	}
	p.number, p.road = "", ""
	for _, c := range columns {
		name := strings.ToLower(c.Name)
		if c.Kind == tabular.Text && wholeNames.MatchString(name) && !notAddresses.MatchString(name) {
			p.whole = c.Name
			return p, true
		}
	}
	return p, false
}
