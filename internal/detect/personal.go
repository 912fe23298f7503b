package detect

import (
	"slices"
)

// Personal is why a column is about persons; "" when it is not known to be.
type Personal string

// What makes data personal. The first five identify a person by themselves.
const (
	PersonNIR       Personal = "nir"
	PersonIBAN      Personal = "iban"
	PersonTax       Personal = "tax-number"
	PersonEmail     Personal = "e-mail"
	PersonPhone     Personal = "phone"
	PersonName      Personal = "name"
	PersonBirth     Personal = "birth-date"
	PersonAddress   Personal = "address"
	PersonAccount   Personal = "account"
	PersonCombined  Personal = "combination" // a finding of several columns, never of one
	PersonNotPerson Personal = ""
)

// WayOut is something to do about personal data before publishing. Its message has
// the key "detect.way.ID".
type WayOut string

// Ways out, from the surest to the weakest.
const (
	WayRemove     WayOut = "remove"
	WayGeneralise WayOut = "generalise"
	WayFunctional WayOut = "functional" // a service's address or number instead
	WayPseudonym  WayOut = "pseudonym"  // remains personal data
	WayLegalBasis WayOut = "legal-basis"
)

// Finding is personal data met in a table: which columns, why, and what to do.
// Messages: "detect.personal.KIND" says what was seen, "detect.personal.KIND.rule"
// the rule of law, "detect.way.ID" each way out.
type Finding struct {
	Kind    Personal
	Columns []string // names, in the order of the file
	Direct  bool     // it identifies a person by itself
	Ways    []WayOut
}

// Rule is the message key of the rule behind a finding.
func (f Finding) Rule() string { return "detect.personal." + string(f.Kind) + ".rule" }

// Message is the message key of what was seen.
func (f Finding) Message() string { return "detect.personal." + string(f.Kind) }

// markPersonal sets Personal and Person on columns, each by its values and label, names and
// addresses also by what stands beside them.
func markPersonal(columns []Column) {
	for i := range columns {
		c := &columns[i]
		switch c.Semantic {
		case "nir":
			c.Person = PersonNIR
		case "iban":
			c.Person = PersonIBAN
		case "tax-number":
			c.Person = PersonTax
		case "e-mail":
			if namedEmails(c.sample) {
				c.Person = PersonEmail
			}
		case "phone":
			if mobiles(c.sample) {
				c.Person = PersonPhone
			}
		case "birth-date":
			c.Person = PersonBirth
		case "full-name":
			if !ofThing(c.Name) || kindOf("full-name").fits(labelWords(c.Name)) > 0 {
				c.Person = PersonName
			}
		case "account-name":
			c.Person = PersonAccount
		case "last-name":
			if c.Confidence >= 0.6 {
				c.Person = PersonName
			}
		}
	}
	markNames(columns)
	persons := slices.ContainsFunc(columns, func(c Column) bool { return c.Person == PersonName })
	defer func() {
		for i := range columns {
			columns[i].Personal = columns[i].Person != PersonNotPerson
		}
	}()
	if !persons {
		return
	}
	for i := range columns {
		c := &columns[i]
		switch c.Semantic {
		case "address":
			c.Person = PersonAddress
		case "phone":
			c.Person = PersonPhone
		case "e-mail":
			c.Person = PersonEmail
		}
	}
}

func namedEmails(values []string) bool {
	n := 0
	for _, v := range values {
		if namedEmail(v) {
			n++
		}
	}
	return n > 0 && n*10 >= len(values)
}

func mobiles(values []string) bool {
	n := 0
	for _, v := range values {
		if isMobile(v) {
			n++
		}
	}
	return n > 0 && n*3 >= len(values)
}

// traits are the meanings that do not name a person but, together, single one out.
var traits = []Semantic{"birth-date", "sex", "postal-code", "commune", "commune-code", "occupation-code", "country", "first-name", "address", "year"}

// Findings tells what of a table is personal data: each kind once, with its
// columns, then combinations of traits that leave few persons alike (opinion 05/2014
// of the European data protection authorities: singling out, linking, inferring).
func Findings(columns []Column) []Finding {
	var out []Finding
	for _, k := range []struct {
		kind   Personal
		direct bool
		ways   []WayOut
	}{
		{PersonNIR, true, []WayOut{WayRemove}},
		{PersonIBAN, true, []WayOut{WayRemove}},
		{PersonTax, true, []WayOut{WayRemove}},
		{PersonName, true, []WayOut{WayRemove, WayPseudonym, WayLegalBasis}},
		{PersonEmail, true, []WayOut{WayRemove, WayFunctional, WayLegalBasis}},
		{PersonPhone, true, []WayOut{WayRemove, WayFunctional, WayLegalBasis}},
		{PersonAccount, true, []WayOut{WayRemove, WayPseudonym}},
		{PersonBirth, false, []WayOut{WayGeneralise, WayRemove}},
		{PersonAddress, false, []WayOut{WayGeneralise, WayRemove}},
	} {
		f := Finding{Kind: k.kind, Direct: k.direct, Ways: k.ways}
		for _, c := range columns {
			if c.Person == k.kind {
				f.Columns = append(f.Columns, c.Name)
			}
		}
		if len(f.Columns) > 0 {
			out = append(out, f)
		}
	}
	if f, ok := combination(columns); ok {
		out = append(out, f)
	}
	return out
}

// combination sees a birth date or sex beside at least two other traits.
func combination(columns []Column) (Finding, bool) {
	f := Finding{Kind: PersonCombined, Ways: []WayOut{WayGeneralise, WayRemove}}
	person := false
	kindsSeen := map[Semantic]bool{}
	for _, c := range columns {
		if !slices.Contains(traits, c.Semantic) || c.Distinct < 2 && c.Semantic != "birth-date" {
			continue
		}
		if c.Semantic == "birth-date" || c.Semantic == "sex" {
			person = true
		}
		f.Columns = append(f.Columns, c.Name)
		kindsSeen[c.Semantic] = true
	}
	return f, person && len(kindsSeen) >= 3
}
