package detect

import (
	"math"
	"slices"
	"strings"

	"socle/internal/cog"
	"socle/internal/schema"
)

// markNames sees family names by the first names that stand beside them: "nom" says
// little alone, as places, bodies and things have names too. A column of family names
// says whose as that of first names does (nom_agent, prenom_agent); where none
// does, one of the two says nothing (nom, prenom_agent).
func markNames(columns []Column) {
	for f := range columns {
		first := &columns[f]
		owner, ok := whose(first.Name, "prenom")
		if !ok || !first.saysNames() && first.Semantic != "first-name" {
			continue
		}
		var same, other []*Column
		for i := range columns {
			c := &columns[i]
			of, ok := whose(c.Name, "nom")
			if !ok || i == f || !c.saysNames() || c.Distinct*mostFirstNames < first.Distinct {
				continue
			}
			switch {
			case of == owner:
				same = append(same, c)
			case (of == "" || owner == "") && !ofThing(c.Name):
				other = append(other, c)
			}
		}
		if len(same) == 0 {
			same = other
		}
		for _, c := range same {
			c.isName("last-name")
			first.isName("first-name")
		}
	}
}

// mostFirstNames is how many first names stand beside one family name on average:
// with more, it is the name of a commune or a maternity hospital that counts them.
const mostFirstNames = 4

// isName makes a column one of names of persons.
func (c *Column) isName(meaning Semantic) {
	if c.Semantic != meaning {
		c.Semantic, c.Confidence = meaning, math.Round(80*(1-1/float64(len(c.sample)+2)/2))/100
		c.Type, c.Format = schema.String, ""
	}
	c.Person = PersonName
}

// saysNames reports whether the values look like names of persons, in columns that
// have no other meaning: letters alone, mostly one word, none of a thing's.
func (c *Column) saysNames() bool {
	if c.Semantic != "" && c.Semantic != "last-name" && c.Semantic != "first-name" {
		return false
	}
	values := slices.DeleteFunc(slices.Clone(c.sample), nullWord)
	named, short := 0, 0
	for _, v := range values {
		list := strings.Fields(cog.FoldName(v))
		if !isNameText(v) || len(list) > 1 && slices.ContainsFunc(list, func(w string) bool { return things[w] }) {
			continue
		}
		named++
		if len(strings.Fields(v)) == 1 || particles[list[0]] {
			short++
		}
	}
	return named > 0 && named*10 >= len(values)*9 && short*10 >= len(values)*6
}

// whose tells of a label that has a word, apart or in front of another (nomagent), whose
// it is; "" when it does not say.
func whose(label, word string) (owner string, ok bool) {
	var rest []string
	for _, w := range strings.Fields(inFrench.Replace(strings.Join(labelWords(label), " "))) {
		fused, begins := strings.CutPrefix(w, word)
		switch {
		case begins && (fused == "" || fused == "s"):
			ok = true
		case begins && !notNames[w]:
			ok, rest = true, append(rest, fused)
		case !particles[w] && !familyWords[w]:
			rest = append(rest, w)
		}
	}
	return strings.Join(rest, " "), ok
}

// inFrench writes the English labels of names as the French ones.
var inFrench = strings.NewReplacer("first name", "prenom", "firstname", "prenom", "given name", "prenom", "last name", "nom", "lastname", "nom", "family name", "nom", "surname", "nom")

// notNames begin as a label of names does.
var notNames = map[string]bool{"nombre": true, "nombres": true, "nomenclature": true, "nomination": true, "nominal": true, "nominale": true}

// familyWords say which of the names of a person: nom d'usage, nom de naissance.
var familyWords = map[string]bool{"usage": true, "naissance": true, "famille": true, "jeune": true, "fille": true, "marital": true, "patronymique": true, "usuel": true}

// particles stand between the words of a label, and in front of family names.
var particles = map[string]bool{"de": true, "du": true, "d": true, "des": true, "la": true, "le": true, "les": true, "l": true, "el": true, "al": true, "ben": true,
	"da": true, "dos": true, "di": true, "van": true, "von": true, "saint": true, "sainte": true}

// things are words of what bears a name and is no person: in a label (nom_ecole), or
// in a value of several words (École Jean Jaurès).
var things = map[string]bool{
	"ecole": true, "college": true, "lycee": true, "creche": true, "maternelle": true, "primaire": true, "universite": true, "etablissement": true,
	"equipement": true, "gymnase": true, "stade": true, "piscine": true, "salle": true, "terrain": true, "complexe": true, "mairie": true,
	"mediatheque": true, "bibliotheque": true, "musee": true, "theatre": true, "cinema": true, "maternite": true, "clinique": true, "hopital": true,
	"ehpad": true, "centre": true, "maison": true, "espace": true, "batiment": true, "monument": true, "eglise": true, "site": true, "station": true,
	"arret": true, "ligne": true, "rue": true, "voie": true, "avenue": true, "boulevard": true, "allee": true, "square": true, "jardin": true, "parc": true,
	"quartier": true, "lieu": true, "zone": true, "commune": true, "ville": true, "coll": true, "collectivite": true, "communaute": true, "epci": true,
	"departement": true, "region": true, "pays": true, "canton": true, "territoire": true, "syndicat": true, "association": true, "asso": true,
	"amicale": true, "club": true, "comite": true, "organisme": true, "societe": true, "entreprise": true, "structure": true, "service": true,
	"direction": true, "sarl": true, "sas": true, "fichier": true, "produit": true, "projet": true, "espece": true, "scientifique": true,
	"commercial": true, "latin": true, "vernaculaire": true, "marque": true,
}

// ofThing reports whether a label says that the names are of things.
func ofThing(label string) bool {
	return slices.ContainsFunc(labelWords(label), func(w string) bool { return things[strings.TrimSuffix(w, "s")] || things[w] })
}
