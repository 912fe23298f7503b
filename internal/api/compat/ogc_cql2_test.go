package compat_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// both asks with a filter in text and in JSON.
func (c *ogcClient) both(t *testing.T, text, written string, ids ...int64) {
	t.Helper()
	c.filtered(t, places1, text, ids...)
	c.finds(t, places1, asked("filter", written, "filter-lang", "cql2-json"), ids...)
}

// cql2Values are the properties of places of each type, the value of the first feature, and the features with a greater one.
var cql2Values = []struct {
	name, text, written string
	less, same, greater []int64
}{
	{"nom", "'Est'", `"Est"`, []int64{2, 6}, []int64{3}, []int64{1, 4, 5}},
	{"nombre", "3", "3", []int64{2, 3}, []int64{1}, []int64{4, 5}},
	{"hauteur", "2.25", "2.25", []int64{1}, []int64{2}, []int64{3, 4, 5}},
	{"pose", "DATE('2024-06-15')", `{"date":"2024-06-15"}`, []int64{4, 5}, []int64{2}, []int64{1, 3}},
	{"releve", "TIMESTAMP('2025-01-31T08:30:00Z')", `{"timestamp":"2025-01-31T08:30:00Z"}`, []int64{2, 4, 5}, []int64{1}, []int64{3}},
}

func together(lists ...[]int64) []int64 {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return all
}

var cql2Proofs = proofs{
	// Conditions join with AND, OR, NOT and parentheses, TRUE and FALSE among them; rows of which a condition is neither true nor
	// false, for lack of a value, come with neither it nor its opposite.
	"cql2-filter": func(t *testing.T, c *ogcClient) {
		c.filtered(t, places1, "nombre > 3 OR hauteur < 2 AND actif = true", 1, 4, 5)
		c.filtered(t, places1, "(nombre > 3 OR hauteur < 2) AND actif = true", 1, 5)
		c.filtered(t, places1, "not (nombre > 3 or hauteur < 2) and actif = true", 3)
		c.filtered(t, places1, "(NOT (nombre < 3) AND actif = true) OR (hauteur = 3 and nom <> 'x') or not (nombre > 1 OR nombre = 1)", 1, 3, 5)
		c.filtered(t, places1, "NOT (NOT (nombre > 3))", 4, 5)
		c.filtered(t, places1, "NOT (nombre > 3 AND nom IS NULL)", 1, 2, 3, 4, 5, 6)
		c.filtered(t, places1, "NOT (nombre > 3 OR nom IS NULL)", 1, 2, 3)
		all := []int64{1, 2, 3, 4, 5, 6}
		c.both(t, "true", "true", all...)
		c.both(t, "FALSE", "false")
		c.both(t, "NOT FALSE", `{"op":"not","args":[false]}`, all...)
		c.both(t, "nombre = 3 OR true", `{"op":"or","args":[{"op":"=","args":[{"property":"nombre"},3]},true]}`, all...)
		c.both(t, "nombre > 1 AND NOT (actif = true OR nombre > 4)", `{"op":"and","args":[{"op":">","args":[{"property":"nombre"},1]},{"op":"not","args":[{"op":"or","args":[{"op":"=","args":[{"property":"actif"},true]},{"op":">","args":[{"property":"nombre"},4]}]}]}]}`, 4)
	},
	// A property is a queryable, by its name or between quotation marks; where it is not set, it is NULL.
	"property": func(t *testing.T, c *ogcClient) {
		c.both(t, `"nom" = 'Est'`, `{"op":"=","args":[{"property":"nom"},"Est"]}`, 3)
		c.refusedFilter(t, "couleur = 3", "cql2-text")
		c.refusedFilter(t, `{"op":"=","args":[{"property":"couleur"},3]}`, "cql2-json")
		for name := range c.queryables(t, "lieux") {
			if name != "nom" && name != "geometry" {
				c.filtered(t, places1, `"`+name+`" IS NULL`, 6)
			}
		}
		c.filtered(t, places1, "geometry IS NULL", 5)
	},
	// = <> < > <= >= compare values of one type; of NULL, none of them is true, and neither is its opposite.
	"binary-comparison-predicate": func(t *testing.T, c *ogcClient) {
		for _, v := range cql2Values {
			for op, ids := range map[string][]int64{
				"=": v.same, "<>": together(v.less, v.greater), "<": v.less, ">": v.greater, "<=": together(v.less, v.same), ">=": together(v.same, v.greater),
			} {
				rest := []int64{}
				for _, id := range together(v.less, v.same, v.greater) {
					if !slices.Contains(ids, id) {
						rest = append(rest, id)
					}
				}
				written := fmt.Sprintf(`{"op":%q,"args":[{"property":%q},%s]}`, op, v.name, v.written)
				c.both(t, v.name+" "+op+" "+v.text, written, ids...)
				c.both(t, "NOT "+v.name+op+v.text, `{"op":"not","args":[`+written+`]}`, rest...)
			}
		}
		c.both(t, "actif = true", `{"op":"=","args":[{"property":"actif"},true]}`, 1, 3, 5)
		c.both(t, "actif <> TRUE", `{"op":"<>","args":[{"property":"actif"},true]}`, 2, 4)
		c.filtered(t, places1, "nombre > -1.5e0", 1, 2, 3, 4, 5)
		for _, text := range []string{"nombre = 'trois'", "actif = 'oui-non'", "pose = DATE('demain')", "nom > "} {
			c.refusedFilter(t, text, "cql2-text")
		}
	},
	// IS NULL and IS NOT NULL share the rows between them.
	"null-predicate": func(t *testing.T, c *ogcClient) {
		for _, v := range cql2Values {
			null := []int64{6}
			if v.name == "nom" {
				null = nil
			}
			written := fmt.Sprintf(`{"op":"isNull","args":[{"property":%q}]}`, v.name)
			c.both(t, v.name+" IS NULL", written, null...)
			present := together(v.less, v.same, v.greater)
			c.both(t, v.name+" is not null", `{"op":"not","args":[`+written+`]}`, present...)
			c.filtered(t, places1, "NOT "+v.name+" IS NULL", present...)
			c.filtered(t, places1, "NOT ("+v.name+" IS NOT NULL)", null...)
		}
	},
}

var cql2TextProofs = proofs{
	// Basic CQL2 is understood in text, words in capitals or not: see cql2Proofs, which ask all in text.
	"basic-cql2": func(t *testing.T, c *ogcClient) {
		c.filtered(t, places1, "nombre Is Not Null aNd nOt nombre=1", 1, 3, 4, 5)
	},
	// In a text, a quotation mark is doubled or has a backslash before it, and a backslash with a letter is a control character.
	"escaping": func(t *testing.T, c *ogcClient) {
		c.filtered(t, places1, "nom = 'Chemin d''Aran'", 2)
		c.filtered(t, places1, `nom = 'Chemin d\'Aran'`, 2)
		c.filtered(t, places1, `nom = 'C:\\dir'`, 6)
		for _, letter := range "abtnvfr" {
			c.filtered(t, places1, `nom = 'x\`+string(letter)+`'`)
		}
		c.refusedFilter(t, `nom = 'Est\'`, "cql2-text")
	},
}

var cql2JSONProofs = proofs{
	// Basic CQL2 is understood in JSON: see cql2Proofs, which ask all in JSON, too.
	"basic-cql2": func(t *testing.T, c *ogcClient) {
		c.finds(t, places1, asked("filter", `{"op":"=","args":[{"property":"nom"},"Chemin d'Aran"]}`, "filter-lang", "cql2-json"), 2)
		c.finds(t, places1, asked("filter", `{"op":"=","args":[{"property":"nom"},"C:\\dir"]}`, "filter-lang", "cql2-json"), 6)
		for _, written := range []string{"", "{", "[]", "{}", "3", `"nom"`, "null", `{"op":"and"}`, `{"op":"not","args":[true,false]}`, `{"op":"=","args":[{"property":"nom"}]}`} {
			c.refused(t, places1+"/items"+asked("filter", written, "filter-lang", "cql2-json"), http.StatusBadRequest)
		}
	},
}

// notDeclared proves requirements that hold for who declares another class of CQL2: the class is not declared. What of it is
// understood all the same is in testdata/ogc.txt of package query.
func notDeclared() proofs {
	all := proofs{}
	for _, class := range cql2More {
		all[class] = func(t *testing.T, c *ogcClient) {
			if slices.Contains(c.good(t, ogcRoot+"/conformance", jsonT).JSON.ConformsTo, "http://www.opengis.net/spec/cql2/1.0/conf/"+class) {
				t.Errorf("%s is declared: this encoding of it is to be proven", class)
			}
		}
	}
	return all
}
