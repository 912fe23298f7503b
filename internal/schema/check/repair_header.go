package check

import (
	"strings"

	"socle/internal/schema"
)

// heading is how a column of a file meets the schema.
type heading struct {
	label string
	field int    // of the schema; -1: none
	id    string // repair that writes the label as the field's name; "" when it is
	safe  bool
}

// synonyms are words that stand for one another in headers. A word belongs to
// one set.
var synonyms = [][]string{
	{"siret", "numsiret", "numerosiret", "nsiret", "nosiret", "siretcode", "codesiret", "idsiret"},
	{"siren", "numsiren", "numerosiren", "nsiren", "codesiren"},
	{"insee", "codeinsee", "codecommune", "codecom", "codecommuneinsee", "codeinseecommune", "depcom", "inseecommune", "cominsee"},
	{"codepostal", "cp", "postcode", "codepost", "zip", "zipcode"},
	{"latitude", "lat", "ylat", "ywgs84", "coordy", "coordonneey", "y"},
	{"longitude", "lon", "long", "lng", "xlong", "xwgs84", "coordx", "coordonneex", "x"},
	{"adresse", "address", "adr", "adressepostale"},
	{"telephone", "tel", "phone", "numtel", "numerotelephone"},
	{"email", "mail", "courriel", "mel", "adressemail", "adresseelectronique"},
	{"url", "lien", "siteweb", "siteinternet", "web", "site", "adresseweb"},
	{"nom", "name", "libelle", "intitule", "denomination", "designation"},
	{"description", "descriptif", "commentaire", "observations", "remarques", "details"},
	{"date", "jour", "datedujour"},
	{"annee", "exercice", "year", "an", "millesime"},
	{"montant", "somme", "amount", "valeur", "prix"},
	{"commune", "ville", "city", "nomcommune", "municipalite", "libellecommune"},
	{"departement", "dep", "dept", "nomdepartement"},
	{"objet", "motif", "subject", "object", "sujet"},
	{"nombre", "nb", "nbre", "effectif", "quantite", "count"},
	{"horaires", "horairesouverture", "openinghours", "ouverture"},
	{"identifiant", "id", "code", "reference", "ref", "numero", "num", "no", "uid"},
	{"beneficiaire", "attributaire", "nombeneficiaire"},
}

var synonymSet = func() map[string]int {
	m := map[string]int{}
	for i, set := range synonyms {
		for _, w := range set {
			m[w] = i + 1
		}
	}
	return m
}()

// matchHeader finds the field of each label: the same name; the same but for
// case, accents and punctuation; the field's title; then, for a person to
// confirm, a synonym or a slip of one letter, when one field alone can be meant.
// A field belongs to one column.
func matchHeader(s *schema.Schema, labels []string) []heading {
	out := make([]heading, len(labels))
	taken := make([]bool, len(s.Fields))
	for j, label := range labels {
		out[j] = heading{label: label, field: -1}
		if i := s.Field(label); i >= 0 && !taken[i] {
			out[j].field, taken[i] = i, true
		}
	}
	type way struct {
		id   string
		safe bool
		same func(label string, f *schema.Field) bool
	}
	ways := []way{
		{"header-spelling", true, func(k string, f *schema.Field) bool { return k == key(f.Name) }},
		{"header-title", true, func(k string, f *schema.Field) bool { return k == key(f.Title) }},
		{"header-synonym", false, func(k string, f *schema.Field) bool {
			set := synonymSet[k]
			return set > 0 && (set == synonymSet[key(f.Name)] || set == synonymSet[key(f.Title)] || set == synonymSet[lastWord(f.Name)])
		}},
		{"header-typo", false, func(k string, f *schema.Field) bool { return len(k) >= 5 && oneSlip(k, key(f.Name)) }},
	}
	for _, w := range ways {
		wanted := map[int][]int{} // field → columns
		alone := map[int]int{}    // column → fields
		for j := range out {
			if out[j].field >= 0 {
				continue
			}
			k := key(out[j].label)
			if k == "" {
				continue
			}
			for i := range s.Fields {
				if !taken[i] && w.same(k, &s.Fields[i]) {
					wanted[i] = append(wanted[i], j)
					alone[j]++
				}
			}
		}
		for i, columns := range wanted {
			if len(columns) == 1 && alone[columns[0]] == 1 {
				out[columns[0]].field, out[columns[0]].id, out[columns[0]].safe = i, w.id, w.safe
				taken[i] = true
			}
		}
	}
	return out
}

// lastWord is what comes after the last mark in EQUIP_LAT or adr-ville.
func lastWord(name string) string {
	if i := strings.LastIndexAny(name, "_-. "); i >= 0 {
		return key(name[i+1:])
	}
	return ""
}
