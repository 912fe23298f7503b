package check

import (
	"bytes"
	"slices"
	"strings"
)

// identifiers are words of labels whose numbers are names, not quantities.
var identifiers = []string{"insee", "siret", "siren", "codepostal", "telephone", "numtel", "codecommune", "codegeo", "codeiris", "uai", "finess", "rna", "codedepartement", "codedep", "coderegion"}

func identifier(name string) bool {
	folded := foldLabel(name)
	if folded == "cp" || folded == "tel" || folded == "dep" || folded == "reg" {
		return true
	}
	for _, w := range identifiers {
		if strings.Contains(folded, w) {
			return true
		}
	}
	return false
}

// codes are words of labels whose figures with a point are the parts of a code: 8.10
// is not 8.1. quantities are words of labels whose figures are amounts: 8.10 is 8.1.
var (
	codes = []string{"code", "article", "art", "version", "lot", "chapitre", "matiere", "nomenclature", "num", "numero",
		"rubrique", "paragraphe", "alinea", "annexe"}
	quantities = []string{"valeur", "montant", "prix", "cout", "tarif", "taux", "total", "somme", "quantite", "qte", "nombre", "nb", "surface", "superficie", "aire",
		"longueur", "largeur", "hauteur", "profondeur", "diametre", "distance", "poid", "masse", "volume", "debit", "temperature", "pourcentage", "pct", "part", "ratio",
		"moyenne", "mediane", "mesure", "latitude", "longitude", "lat", "lon", "lng", "long", "x", "y", "z", "altitude", "duree", "temp", "vitesse", "puissance",
		"energie", "consommation", "tonnage", "population", "densite", "budget", "depense", "recette", "salaire", "remuneration", "loyer", "subvention", "credit", "solde",
		"concentration", "ph", "pluie", "niveau", "score", "note", "value", "amount", "price", "rate", "euro", "eur", "kg", "tonne", "km", "ha", "m2", "m3", "kwh", "mw"}
)

func says(label string, words []string) bool {
	return slices.ContainsFunc(labelWords(label), func(w string) bool { return slices.Contains(words, w) })
}

func quantity(label string) bool { return says(label, quantities) }

// NumbersAreCodes reports whether the numbers of a column are parts of a code (8.1,
// 8.10), to be kept as they are written.
func NumbersAreCodes(label string, values []string) bool {
	var p parts
	looks := true
	for _, v := range values {
		looks = looks && p.add([]byte(v))
	}
	return numbersAreCodes(label, looks && p.twins)
}

// numbersAreCodes goes by the label, or by two texts of one number (twins) where the
// label is of no quantity.
func numbersAreCodes(label string, twins bool) bool {
	return !quantity(label) && (twins || says(label, codes))
}

// parts are the numbers of a column, as long as all may be those of a code: up to
// six figures, a point or comma, up to three figures.
type parts struct {
	written map[int]uint8 // thousandths → bits of how many figures follow the point
	twins   bool          // two texts of one number were seen
}

// mostParts is how many different numbers may be parts of a code.
const mostParts = 4096

// add takes a cell, and reports whether the column may still be one of codes.
func (p *parts) add(cell []byte) bool {
	whole, rest, pointed := cell, []byte(nil), false
	if i := bytes.IndexAny(cell, ".,"); i >= 0 {
		whole, rest, pointed = cell[:i], cell[i+1:], true
	}
	if len(whole) == 0 || len(whole) > 6 || len(rest) > 3 || pointed && len(rest) == 0 {
		return false
	}
	key := 0
	for _, digits := range [][]byte{whole, rest} {
		for _, c := range digits {
			if c < '0' || c > '9' {
				return false
			}
			key = key*10 + int(c-'0')
		}
	}
	if !pointed {
		return true
	}
	for range 3 - len(rest) {
		key *= 10
	}
	return p.see(key, 1<<len(rest))
}

func (p *parts) see(key int, bits uint8) bool {
	if p.twins {
		return true
	}
	if p.written == nil {
		p.written = map[int]uint8{}
	}
	bits |= p.written[key]
	p.written[key] = bits
	p.twins = bits&(bits-1) != 0
	return len(p.written) <= mostParts
}

// merge adds the parts of other rows.
func (p *parts) merge(other parts) bool {
	p.twins = p.twins || other.twins
	for key, bits := range other.written {
		if !p.see(key, bits) {
			return false
		}
	}
	return true
}
