package check

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"socle/internal/i18n"
	"socle/internal/schema"
)

// matchColumns decides which column holds which field, and what the header says
// wrong.
func (p *plan) matchColumns() {
	labels := p.file.Header
	if p.schema.Inferred {
		p.inferredRule(labels)
		return
	}
	if p.file.Info.HeaderRows == 0 {
		p.wrong(Fault{Code: CodeBlankHeader, Key: "check.blank-header", field: -1})
		p.byPosition(max(len(labels), p.file.Info.Columns), nil)
		return
	}
	p.labelFaults(labels)
	rule := p.schema.FieldsMatch
	if rule == schema.MatchDefault && p.standard {
		rule = schema.MatchExact
	}
	switch rule {
	case schema.MatchDefault:
		p.byName(labels, !p.options.Written)
		p.frenchRule(labels)
	case schema.MatchExact:
		p.byPosition(len(labels), labels)
		p.exactRule(labels)
	default:
		p.byName(labels, false)
		p.setRule(rule)
	}
}

func (p *plan) byPosition(n int, labels []string) {
	p.width = n
	for i := range n {
		c := column{number: i + 1, field: -1}
		if i < len(labels) {
			c.label, c.name = labels[i], labels[i]
		}
		if i < len(p.schema.Fields) {
			c.field, c.name = i, p.schema.Fields[i].Name
		}
		p.columns = append(p.columns, c)
	}
}

// byName matches labels with names: as written, then, where folded is true,
// case, accents and punctuation apart.
func (p *plan) byName(labels []string, folded bool) {
	p.width = len(labels)
	fields := p.schema.Fields
	taken := make([]bool, len(fields))
	byName := make(map[string]int, len(fields))
	for i := len(fields) - 1; i >= 0; i-- {
		byName[fields[i].Name] = i
	}
	for i, l := range labels {
		c := column{number: i + 1, label: l, name: l, field: -1}
		if f, ok := byName[l]; ok && !taken[f] {
			c.field, taken[f] = f, true
		}
		p.columns = append(p.columns, c)
	}
	if !folded {
		return
	}
	byFold := make(map[string]int, len(fields))
	for i := len(fields) - 1; i >= 0; i-- {
		if !taken[i] {
			byFold[foldLabel(fields[i].Name)] = i
		}
	}
	for i := range p.columns {
		c := &p.columns[i]
		if c.field >= 0 || c.label == "" {
			continue
		}
		if f, ok := byFold[foldLabel(c.label)]; ok && !taken[f] {
			c.field, c.name, taken[f] = f, fields[f].Name, true
		}
	}
}

// foldLabel removes case, accents, and all that is neither letter nor digit.
func foldLabel(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// labelFaults tells blank and duplicate labels, whatever the rule.
func (p *plan) labelFaults(labels []string) {
	seen := map[string]int{}
	for i, l := range labels {
		if strings.TrimSpace(l) == "" {
			p.wrong(Fault{Code: CodeBlankLabel, Column: i + 1, Key: "check.blank-label", field: -1})
			p.told[i+1] = true
			continue
		}
		if first, ok := seen[l]; ok {
			p.wrong(Fault{Code: CodeDuplicateLabel, Column: i + 1, Field: l, Key: "check.duplicate-label", Args: i18n.Args{"First": Letter(first)}, field: -1})
			p.told[i+1] = true
			continue
		}
		seen[l] = i + 1
	}
	for _, ft := range p.file.Faults {
		tell := p.wrong
		if lost(ft.Key) {
			tell = p.odd
		}
		tell(Fault{Code: ft.Code, Column: ft.Column, Key: ft.Key, Args: ft.Args, field: -1})
	}
}

// maxHeader bounds the faults of a header that are told, errors and warnings
// each: a million columns have as many.
const maxHeader = 5_000

// encoding warns of a file that others may not read: in another encoding than
// UTF-8, or encoded twice.
func (p *plan) encoding() {
	info := &p.file.Info
	switch {
	case p.standard:
	case info.Reencoded:
		p.odd(Fault{Code: CodeEncoding, Key: "check.encoding-error.twice", field: -1, Repair: &Repair{ID: "encoding", Safe: true}})
	case info.Encoding != "" && info.Encoding != "utf-8":
		p.odd(Fault{Code: CodeEncoding, Key: "check.encoding-error.other", Args: i18n.Args{"Encoding": info.Encoding}, field: -1, Repair: &Repair{ID: "encoding", Safe: true}})
	}
}

// wrong adds an error of the header. Beyond maxHeader one more is not told.
func (p *plan) wrong(f Fault) {
	if len(p.head) < maxHeader {
		p.head = append(p.head, f)
	}
}

// odd adds a warning of the header, counted even when it is not told.
func (p *plan) odd(f Fault) {
	if len(p.warn) >= maxHeader {
		p.unlisted++
		return
	}
	p.warn = append(p.warn, f)
}

// frenchRule: order is free; only a missing required column is an error.
func (p *plan) frenchRule(labels []string) {
	fields := p.schema.Fields
	found := make([]bool, len(fields))
	last, disordered := -1, false
	for i := range p.columns {
		c := &p.columns[i]
		if c.field < 0 {
			if !p.told[c.number] {
				p.odd(Fault{Code: CodeExtraLabel, Column: c.number, Field: c.label, Key: "check.extra-label", field: -1})
			}
			continue
		}
		found[c.field] = true
		if c.label != fields[c.field].Name {
			key := "check.incorrect-label.written"
			if strings.TrimSpace(c.label) == fields[c.field].Name {
				key = "check.incorrect-label.spaces"
			}
			p.odd(Fault{Code: CodeIncorrectLabel, Column: c.number, Field: c.label, Key: key, Args: i18n.Args{"Expected": fields[c.field].Name}, field: c.field,
				Repair: &Repair{ID: "header-spelling", Safe: true}})
		}
		disordered = disordered || c.field < last
		last = c.field
	}
	p.absentFields(len(labels), found)
	p.meet(labels)
	if disordered {
		p.odd(Fault{Code: CodeIncorrectLabel, Key: "check.incorrect-label.order", field: -1, Repair: &Repair{ID: "column-order", Safe: true}})
	}
}

// maxMet bounds the work of meeting unknown labels with absent fields.
const maxMet = 1_000

// meet proposes a label for an absent field where one of the unknown columns is
// likely to hold it: by its title, a synonym, a slip.
func (p *plan) meet(labels []string) {
	if len(labels) > maxMet || len(p.schema.Fields) > maxMet {
		return
	}
	repairs := map[int]*Repair{} // by field
	likely := map[int]string{}   // the label, by field
	columns := map[int]*Repair{} // by column
	for j, h := range matchHeader(p.schema, labels) {
		if h.field >= 0 && h.id != "" && p.columns[j].field < 0 {
			r := &Repair{ID: h.id, Safe: h.safe}
			repairs[h.field], columns[j+1], likely[h.field] = r, r, labels[j]
		}
	}
	for _, list := range [][]Fault{p.head, p.warn} {
		for i := range list {
			switch f := &list[i]; {
			case f.Code == CodeMissingLabel && repairs[f.field] != nil:
				f.Repair, f.Key, f.Args = repairs[f.field], "check.missing-label.likely", i18n.Args{"Likely": likely[f.field]}
			case f.Code == CodeExtraLabel && columns[f.Column] != nil:
				f.Repair = columns[f.Column]
			}
		}
	}
}

// absentFields tells the fields that no column holds: an error for the required
// ones and those of the primary key, a warning for the others.
func (p *plan) absentFields(next int, found []bool) {
	keys := map[string]bool{}
	for _, k := range p.schema.PrimaryKey {
		keys[k] = true
	}
	for i := range p.schema.Fields {
		f := &p.schema.Fields[i]
		if found[i] {
			continue
		}
		next++
		ft := Fault{Code: CodeMissingLabel, Column: next, Field: f.Name, Key: "check.missing-label", field: i}
		switch {
		case f.Constraints.Required:
			p.wrong(ft)
		case keys[f.Name]:
			ft.Code, ft.Key = CodeSchema, "check.missing-label.key"
			p.wrong(ft)
		default:
			ft.Key = "check.missing-label.optional"
			p.odd(ft)
		}
	}
}

// exactRule: the same columns in the same order.
func (p *plan) exactRule(labels []string) {
	fields := p.schema.Fields
	for i, l := range labels {
		switch {
		case i >= len(fields):
			if !p.told[i+1] {
				p.wrong(Fault{Code: CodeExtraLabel, Column: i + 1, Field: l, Key: "check.extra-label.standard", field: -1})
			}
		case l != fields[i].Name && !p.told[i+1]:
			p.wrong(Fault{Code: CodeIncorrectLabel, Column: i + 1, Field: l, Key: "check.incorrect-label", Args: i18n.Args{"Expected": fields[i].Name}, field: i})
		}
	}
	for i := len(labels); i < len(fields); i++ {
		p.wrong(Fault{Code: CodeMissingLabel, Column: i + 1, Field: fields[i].Name, Key: "check.missing-label.standard", field: i})
		c := column{number: i + 1, field: i, name: fields[i].Name}
		p.judge(&c)
		p.absent = append(p.absent, c)
	}
	p.width = len(fields)
}

// setRule: columns in any order, more or fewer as the rule allows.
func (p *plan) setRule(rule schema.Match) {
	fields := p.schema.Fields
	found, some := make([]bool, len(fields)), false
	for i := range p.columns {
		c := &p.columns[i]
		if c.field >= 0 {
			found[c.field], some = true, true
			continue
		}
		if (rule == schema.MatchEqual || rule == schema.MatchSuperset) && !p.told[c.number] {
			p.wrong(Fault{Code: CodeExtraLabel, Column: c.number, Field: c.label, Key: "check.extra-label.standard", field: -1})
		}
	}
	next := len(p.columns)
	for i := range fields {
		if found[i] {
			continue
		}
		next++
		needed := rule == schema.MatchEqual || rule == schema.MatchSubset || fields[i].Constraints.Required
		if rule == schema.MatchPartial {
			needed = !some
		}
		if needed {
			p.wrong(Fault{Code: CodeMissingLabel, Column: next, Field: fields[i].Name, Key: "check.missing-label.standard", field: i})
		}
	}
}

// inferredRule: the schema was made from such a file, column by column; what its
// header says wrong is a warning.
func (p *plan) inferredRule(labels []string) {
	n := len(labels)
	if p.file.Info.HeaderRows == 0 {
		p.wrong(Fault{Code: CodeBlankHeader, Key: "check.blank-header", field: -1})
		n = max(n, p.file.Info.Columns)
	}
	p.labelFaults(labels)
	p.byPosition(n, labels)
	p.warn, p.head = append(p.warn, p.head...), nil
}
