package check

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"socle/internal/schema"
)

// heading is how a column of a file meets the schema.
type heading struct {
	label string
	field int    // of the schema; -1: none
	id    string // repair that writes the label as the field's name; "" when it is
	safe  bool
}

// ColumnMatch is the field that a column of a file stands for.
type ColumnMatch struct {
	Field  int    // of the schema; -1: none
	Repair string // repair that writes the label as the field's name; "" when it is
	Sure   bool   // no one needs to confirm
}

// MatchColumns meets the labels of a file with the fields of a schema: by name, by
// spelling, by title, and, to be confirmed, by synonym, slip or common words.
func MatchColumns(s *schema.Schema, labels []string) []ColumnMatch {
	out := make([]ColumnMatch, len(labels))
	for j, h := range matchHeader(s, labels) {
		out[j] = ColumnMatch{Field: h.field, Repair: h.id, Sure: h.field >= 0 && (h.id == "" || h.safe)}
	}
	return out
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
	{"identifiant", "id", "identification", "ident", "uid"},
	{"code", "numero", "num", "no", "n"},
	{"reference", "ref"},
}

var synonymSet = sync.OnceValue(func() map[string]int {
	m := map[string]int{}
	for i, set := range synonyms {
		for _, w := range set {
			m[w] = i + 1
		}
	}
	return m
})

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
			set := synonymSet()[k]
			return set > 0 && (set == synonymSet()[key(f.Name)] || set == synonymSet()[key(f.Title)] || set == synonymSet()[lastWord(f.Name)])
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
	matchWords(s, out, taken)
	return out
}

// alikeWords is how much of the words of a label and of a field must be common, and
// by how much the best field must be ahead of the next.
const (
	alikeWords = 0.6
	aheadWords = 0.1
)

// matchWords finds fields for the labels left over by the words they share:
// "Montant total de la subvention" and "Montant total (€)". The best pairs first; a
// pair that another nearly equals is left to a person.
func matchWords(s *schema.Schema, out []heading, taken []bool) {
	type pair struct {
		column, field int
		score         float64
	}
	var pairs []pair
	for j := range out {
		if out[j].field >= 0 {
			continue
		}
		words := headerWords(out[j].label)
		for i := range s.Fields {
			if taken[i] {
				continue
			}
			f := &s.Fields[i]
			if score := max(common(words, headerWords(f.Name)), common(words, headerWords(f.Title))); score >= alikeWords-aheadWords {
				pairs = append(pairs, pair{j, i, score})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(b.score, a.score) })
	for n, p := range pairs {
		if p.score < alikeWords || out[p.column].field >= 0 || taken[p.field] {
			continue
		}
		rival := slices.ContainsFunc(pairs[n+1:], func(q pair) bool {
			return p.score-q.score < aheadWords && (q.column == p.column && !taken[q.field] || q.field == p.field && out[q.column].field < 0)
		})
		if !rival {
			out[p.column].field, out[p.column].id = p.field, "header-words"
			taken[p.field] = true
		}
	}
}

// headerWords are the words of a label, each in the form that synonyms share.
func headerWords(label string) []string {
	out := labelWords(label)
	for i, w := range out {
		if set := synonymSet()[w]; set > 0 {
			out[i] = synonyms[set-1][0]
		}
	}
	return out
}

// labelWords parts a label into words at marks and at capitals, without the small
// words of French and the marks of plurals.
func labelWords(label string) []string {
	var b strings.Builder
	var before rune
	for _, r := range label {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	var out []string
	for _, w := range strings.FieldsFunc(fold(b.String()), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		switch w {
		case "de", "la", "le", "les", "du", "des", "l", "d", "au", "aux", "en", "et", "ou", "a", "par", "pour", "sur", "un", "une", "s", "the", "of":
			continue
		}
		if len(w) > 3 {
			w = strings.TrimSuffix(w, "s")
		}
		out = append(out, w)
	}
	return out
}

// common is twice the number of words that two labels share, over the number of
// words of both; words that begin alike are the same (attribuant, attributaire).
func common(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	n := 0
	left := slices.Clone(b)
	for _, w := range a {
		if i := slices.IndexFunc(left, func(o string) bool { return sameWord(w, o) }); i >= 0 {
			left = slices.Delete(left, i, i+1)
			n++
		}
	}
	return 2 * float64(n) / float64(len(a)+len(b))
}

func sameWord(a, b string) bool {
	if a == b {
		return true
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n >= 6 && 2*n >= max(len(a), len(b))
}

// lastWord is what comes after the last mark in EQUIP_LAT or adr-ville.
func lastWord(name string) string {
	if i := strings.LastIndexAny(name, "_-. "); i >= 0 {
		return key(name[i+1:])
	}
	return ""
}
