package check

import (
	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Kind says what a check looks at.
type Kind string

const (
	Structure Kind = "structure" // the table: header, rows, bytes
	Values    Kind = "values"    // cells, by the type and constraints of their field
	Keys      Kind = "keys"      // values over the whole file
	Custom    Kind = "custom"    // asked for by custom_checks
	Format    Kind = "format"    // asked for by the format of a field
)

// Param is a parameter of a custom check.
type Param struct {
	Name string
	List bool // a list of columns
	Must bool
}

// Check is one check. All of them are in Checks, which the run, the messages
// and the documentation read.
type Check struct {
	Name   string // code of its faults, and name in descriptors
	Kind   Kind
	Params []Param
	Keys   []string // messages; each has KEY.hint, and KEY.group where cells can share it
	Bad    string   // an example that it finds
	Good   string   // the same, right

	cell judge                                               // of one column
	make func(p *plan, q schema.CustomCheck) (judge, *Fault) // of one column, with parameters
	rows func(*plan, schema.CustomCheck) (*rowCheck, *Fault) // of several columns
}

// judge returns the key of what is wrong with a cell that casts and is not
// empty, "" when nothing is.
type judge func(cell []byte, v *schema.Value) (key string, args i18n.Args)

// cellCheck is a judge with the code of its faults.
type cellCheck struct {
	name  string
	judge judge
}

// code returns the code of a fault: the name of the check, but for coordinates
// that are merely swapped.
func (c *cellCheck) code(key string) string {
	if key == keyReversed {
		return "reversed-french-gps-coordinates"
	}
	return c.name
}

// rowCheck judges rows over several columns.
type rowCheck struct {
	name   string
	number int // of the checks of the schema, from 1
	at     int // the column told, from 0; -1 for none
	judge  func(b *tabular.Batch, i int) (key string, args i18n.Args)
}

var (
	oneColumn = []Param{{Name: "column", Must: true}}
	two       = []Param{{Name: "column", Must: true}, {Name: "op", Must: true}, {Name: "column2", Must: true}}
)

// Checks lists all checks, in the order of the documentation.
var Checks = []Check{
	{Name: CodeEncoding, Kind: Structure, Keys: []string{"check.encoding-error", "check.encoding-error.other", "check.encoding-error.twice"}, Bad: "Ville de N�mes", Good: "Ville de Nîmes"},
	{Name: CodeSource, Kind: Structure, Keys: []string{"check.source-error", keyOpenQuote, keyNoRows, keyConverted}, Bad: `"Toulouse;31`, Good: `"Toulouse";31`},
	{Name: CodeBlankHeader, Kind: Structure, Keys: []string{"check.blank-header"}, Bad: "31555;Toulouse", Good: "code;nom ↵ 31555;Toulouse"},
	{Name: CodeBlankLabel, Kind: Structure, Keys: []string{"check.blank-label"}, Bad: "code;;nom", Good: "code;adresse;nom"},
	{Name: CodeDuplicateLabel, Kind: Structure, Keys: []string{"check.duplicate-label"}, Bad: "code;nom;nom", Good: "code;nom;nom_usuel"},
	{Name: CodeMissingLabel, Kind: Structure, Keys: []string{"check.missing-label", "check.missing-label.likely", "check.missing-label.standard", "check.missing-label.optional", "check.missing-label.key"}, Bad: "nom", Good: "code;nom"},
	{Name: CodeExtraLabel, Kind: Structure, Keys: []string{"check.extra-label", "check.extra-label.standard"}, Bad: "code;nom;remarque", Good: "code;nom"},
	{Name: CodeIncorrectLabel, Kind: Structure, Keys: []string{"check.incorrect-label", "check.incorrect-label.written", "check.incorrect-label.spaces", "check.incorrect-label.order"}, Bad: "Code ;NOM", Good: "code;nom"},
	{Name: CodeBlankRow, Kind: Structure, Keys: []string{"check.blank-row"}, Bad: ";;", Good: "31555;Toulouse;Occitanie"},
	{Name: CodeMissingCell, Kind: Structure, Keys: []string{"check.missing-cell"}, Bad: "31555;Toulouse", Good: "31555;Toulouse;Occitanie"},
	{Name: CodeExtraCell, Kind: Structure, Keys: []string{"check.extra-cell"}, Bad: "31555;Toulouse;Occitanie;?", Good: "31555;Toulouse;Occitanie"},
	{Name: CodeTruncated, Kind: Structure, Keys: []string{"check.truncated-value"}, Bad: "Le conseil municipal, réuni en séance publi", Good: "Le conseil municipal, réuni en séance publique"},
	{Name: CodeType, Kind: Values, Keys: typeKeys(), Bad: "31/12/2024", Good: "2024-12-31"},
	{Name: CodeConstraint, Kind: Values, Keys: allConstraintKeys(), Bad: "fermer", Good: "fermé"},
	{Name: CodeUnique, Kind: Keys, Keys: []string{"check.unique-error"}, Bad: "A1, A2, A1", Good: "A1, A2, A3"},
	{Name: CodePrimaryKey, Kind: Keys, Keys: []string{"check.primary-key", "check.primary-key.null"}, Bad: "A1, A2, A1", Good: "A1, A2, A3"},
	{Name: CodeForeignKey, Kind: Keys, Keys: []string{"check.foreign-key", "check.foreign-key.no-table"}, Bad: "Z9", Good: "A1"},
	{Name: CodeSchema, Kind: Structure, Keys: []string{"check.missing-label.key"}, Bad: `"type": "entier"`, Good: `"type": "integer"`},
	{Name: CodeCheck, Kind: Custom, Keys: []string{"check.check-error.unknown", "check.check-error.param", "check.check-error.slow-pattern"}, Bad: "french-iban-value", Good: "french-siret-value"},

	{Name: "french-siret-value", Kind: Custom, Params: oneColumn, cell: siret, Bad: "21310555400018", Good: "21310555400017",
		Keys: []string{"check.french-siret-value", "check.french-siret-value.length", "check.french-siret-value.characters"}},
	{Name: "french-siren-value", Kind: Custom, Params: oneColumn, cell: siren, Bad: "213105555", Good: "213105554",
		Keys: []string{"check.french-siren-value", "check.french-siren-value.length", "check.french-siren-value.characters"}},
	{Name: "nomenclature-actes-value", Kind: Custom, Params: oneColumn, cell: nomenclatureActes, Bad: "Urbanisme", Good: "Urbanisme/Documents d’urbanisme",
		Keys: []string{"check.nomenclature-actes-value", "check.nomenclature-actes-value.no-slash", "check.nomenclature-actes-value.space"}},
	{Name: "year-interval-value", Kind: Custom, Params: []Param{{Name: "column", Must: true}, {Name: "allow-year-only"}}, Bad: "2024/2023", Good: "2023/2024",
		Keys: []string{"check.year-interval-value", "check.year-interval-value.order", "check.year-interval-value.alone"},
		make: func(_ *plan, q schema.CustomCheck) (judge, *Fault) {
			allow := param(q, "allow-year-only")
			return yearInterval(allow == "true" || allow == "yes"), nil
		}},
	{Name: "compare-columns-value", Kind: Custom, Params: two, rows: compareColumns, Bad: "début 2024-05-02, fin 2024-05-01", Good: "début 2024-05-01, fin 2024-05-02",
		Keys: []string{"check.compare-columns-value", "check.compare-columns-value.kinds"}},
	{Name: "sum-columns-value", Kind: Custom, Params: []Param{{Name: "column", Must: true}, {Name: "columns", List: true, Must: true}}, rows: sumColumns,
		Bad: "total 12, pour 7, contre 4", Good: "total 11, pour 7, contre 4", Keys: []string{"check.sum-columns-value"}},
	{Name: "cohesive-columns-value", Kind: Custom, Params: []Param{{Name: "column", Must: true}, {Name: "othercolumns", List: true, Must: true}}, rows: cohesiveColumns,
		Bad: "x = 1.44, y vide", Good: "x = 1.44, y = 43.6", Keys: []string{"check.cohesive-columns-value", "check.cohesive-columns-value.absent"}},
	{Name: "one-of-required", Kind: Custom, Params: []Param{{Name: "column1", Must: true}, {Name: "column2", Must: true}}, rows: oneOfRequired,
		Bad: "SIRET vide, RNA vide", Good: "SIRET vide, RNA W313001234", Keys: []string{"check.one-of-required", "check.one-of-required.absent"}},
	{Name: "french-gps-coordinates", Kind: Custom, Params: oneColumn, cell: frenchGPS, Bad: "144.44,43.60", Good: "1.44,43.60",
		Keys: []string{"check.french-gps-coordinates"}},
	{Name: "reversed-french-gps-coordinates", Kind: Custom, Bad: "43.60,1.44", Good: "1.44,43.60", Keys: []string{keyReversed}},
	{Name: "opening-hours-value", Kind: Custom, Params: oneColumn, cell: openingHours, Bad: "du lundi au vendredi", Good: "Mo-Fr 08:30-12:00,13:30-17:00",
		Keys: []string{"check.opening-hours-value"}},
	{Name: "phone-number-value", Kind: Custom, Params: oneColumn, cell: phoneNumber, Bad: "05 61 22", Good: "05 61 22 29 22", Keys: []string{"check.phone-number-value"}},

	{Name: "siret", Kind: Format, cell: siret, Bad: "21310555400018", Good: "21310555400017", Keys: []string{"check.french-siret-value"}},
	{Name: "siren", Kind: Format, cell: siren, Bad: "213105555", Good: "213105554", Keys: []string{"check.french-siren-value"}},
	{Name: "nomenclature-acte", Kind: Format, cell: nomenclatureActes, Bad: "Urbanisme", Good: "Urbanisme/Documents d’urbanisme", Keys: []string{"check.nomenclature-actes-value"}},
	{Name: "code-rna", Kind: Format, cell: codeRNA, Bad: "313001234", Good: "W313001234", Keys: []string{"check.code-rna"}},
	{Name: "id-rnb", Kind: Format, cell: idRNB, Bad: "QBAAG16VCJ", Good: "QBAAG16VCJWA", Keys: []string{"check.id-rnb"}},
	{Name: "code-commune-insee", Kind: Format, cell: codeCommune, Bad: "31000", Good: "31555",
		Keys: []string{"check.code-commune-insee", "check.code-commune-insee.postal", "check.code-commune-insee.length"}},
	{Name: "code-postal", Kind: Format, cell: postalCode, Bad: "1000", Good: "01000", Keys: []string{"check.code-postal", "check.code-postal.length"}},
	{Name: "departement", Kind: Format, cell: departementName, Bad: "Haute Garonne", Good: "Haute-Garonne", Keys: []string{"check.departement"}},
	{Name: "code-departement", Kind: Format, cell: departementCode, Bad: "1", Good: "01", Keys: []string{"check.code-departement"}},
	{Name: "region", Kind: Format, cell: regionName, Bad: "Midi-Pyrénées", Good: "Occitanie", Keys: []string{"check.region"}},
	{Name: "code-region", Kind: Format, cell: regionCode, Bad: "73", Good: "76", Keys: []string{"check.code-region"}},
	{Name: "commune", Kind: Format, cell: communeName, Bad: "TOULOUSE", Good: "Toulouse", Keys: []string{"check.commune"}},
	{Name: "pays", Kind: Format, cell: countryName, Bad: "france", Good: "France", Keys: []string{"check.pays"}},
	{Name: "code-pays-iso2", Kind: Format, cell: countryCode2, Bad: "FRA", Good: "FR", Keys: []string{"check.code-pays-iso2"}},
	{Name: "code-pays-iso3", Kind: Format, cell: countryCode3, Bad: "FR", Good: "FRA", Keys: []string{"check.code-pays-iso3"}},
	{Name: "opening-hours", Kind: Format, cell: openingHours, Bad: "9h-12h", Good: "09:00-12:00", Keys: []string{"check.opening-hours-value"}},
	{Name: "telephone-mobile", Kind: Format, cell: mobilePhone, Bad: "05 61 22 29 22", Good: "06 12 34 56 78", Keys: []string{"check.telephone-mobile"}},
	{Name: "nir", Kind: Format, cell: nir, Bad: "1 90 07 31 555 001 87", Good: "1 90 07 31 555 001 86", Keys: []string{"check.nir"}},
	{Name: "iban", Kind: Format, cell: iban, Bad: "FR36 1010 7001 2304 1234 5678 955", Good: "FR36 1010 7001 2304 1234 5678 954", Keys: []string{"check.iban"}},
	{Name: "bic", Kind: Format, cell: bic, Bad: "PSSTFRPPT", Good: "PSSTFRPPTOU", Keys: []string{"check.bic"}},
	{Name: "numero-tva", Kind: Format, cell: vat, Bad: "FR04552081317", Good: "FR03552081317", Keys: []string{"check.numero-tva"}},
	{Name: "numero-fiscal", Kind: Format, cell: taxNumber, Bad: "0123456789212", Good: "0123456789211", Keys: []string{"check.numero-fiscal"}},
	{Name: "rcs", Kind: Format, cell: tradeRegister, Bad: "Toulouse B 552 081 317", Good: "RCS Toulouse B 552 081 317", Keys: []string{"check.rcs"}},
	{Name: "phone-number", Kind: Format, cell: phoneNumber, Bad: "05 61 22", Good: "05 61 22 29 22", Keys: []string{"check.phone-number-value"}},
}

// Named returns the check of a name and kind.
func Named(kind Kind, name string) (*Check, bool) {
	for i := range Checks {
		if Checks[i].Kind == kind && Checks[i].Name == name {
			return &Checks[i], true
		}
	}
	return nil, false
}

// Accepts tells whether a text has a French format of Checks; ok is false when
// there is no format of this name.
func Accepts(format, text string) (valid, ok bool) {
	c, ok := Named(Format, format)
	if !ok {
		return false, false
	}
	key, _ := c.cell([]byte(text), &schema.Value{Class: schema.ClassText, Text: []byte(text)})
	return text != "" && key == "", true
}

func param(q schema.CustomCheck, name string) string {
	s, _ := q.Params[name].(string)
	return s
}

func params(q schema.CustomCheck, name string) []string {
	if list, ok := q.Params[name].([]string); ok {
		return list
	}
	if s := param(q, name); s != "" {
		return []string{s}
	}
	return nil
}

func badParam(name, value string) *Fault {
	return &Fault{Code: CodeCheck, Key: "check.check-error.param", Args: i18n.Args{"Param": name, "Value": value}, field: -1}
}

// planChecks lays the checks that the schema asks for over the columns.
func (p *plan) planChecks() {
	for i := range p.columns {
		c := &p.columns[i]
		if c.field < 0 {
			continue
		}
		name := p.schema.Fields[c.field].FrenchFormat
		if name == "" {
			continue
		}
		if k, ok := Named(Format, name); ok {
			c.judges = append(c.judges, &cellCheck{name: name, judge: k.cell})
		} else {
			p.warn = append(p.warn, Fault{Code: CodeCheck, Column: c.number, Field: c.name, Key: "check.check-error.format", Args: i18n.Args{"Check": cellText([]byte(name))}, field: c.field})
		}
	}
	for n, q := range p.schema.Checks {
		k, ok := Named(Custom, q.Name)
		if !ok || k.cell == nil && k.make == nil && k.rows == nil {
			p.head = append(p.head, Fault{Code: CodeCheck, Key: "check.check-error.unknown", Args: i18n.Args{"Check": cellText([]byte(q.Name))}, field: -1, check: n + 1})
			continue
		}
		if f := p.planCheck(k, q, n+1); f != nil {
			f.check = n + 1
			if f.Code == CodeCheck {
				f.Args["Check"] = q.Name
			}
			p.head = append(p.head, *f)
		}
	}
}

// planCheck lays one check, the number n of the schema.
func (p *plan) planCheck(k *Check, q schema.CustomCheck, n int) *Fault {
	if k.rows != nil {
		r, f := k.rows(p, q)
		if r != nil {
			r.name, r.number = q.Name, n
			p.rows = append(p.rows, r)
		}
		return f
	}
	name := param(q, "column")
	if name == "" {
		return badParam("column", "")
	}
	j := k.cell
	if k.make != nil {
		made, f := k.make(p, q)
		if f != nil {
			return f
		}
		j = made
	}
	at := p.place(name)
	if at < 0 {
		return nil
	}
	c := &p.columns[at]
	if k.Name == "french-gps-coordinates" && (c.field < 0 || p.schema.Fields[c.field].Type != schema.Geopoint) {
		j = pointOfText(j)
	}
	c.judges = append(c.judges, &cellCheck{name: q.Name, judge: j})
	return nil
}

// pointOfText lets a judge of points read "lon,lat" in a column of texts.
func pointOfText(j judge) judge {
	return func(cell []byte, _ *schema.Value) (string, i18n.Args) {
		return j(cell, &schema.Value{Class: schema.ClassText, Text: cell})
	}
}
