package check

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"socle/internal/schema"
)

// repairMoment writes dates, times, years and months as the field wants them.
func repairMoment(m *mender, s string) []proposal {
	switch m.field.Type {
	case schema.Year:
		return repairYear(s)
	case schema.Yearmonth:
		if y, month, ok := readMonth(s); ok {
			return []proposal{{"date-format", true, yearmonth(y, month)}}
		}
		return nil
	case schema.Time:
		var t moment
		if readClock(s, &t) {
			return m.writeMoment("date-format", true, t)
		}
		if d, ok := readDate(s); ok && d.timed {
			return m.writeMoment("date-time-part", false, d)
		}
		return nil
	}
	d, ok := readDate(s)
	if !ok {
		return nil
	}
	id, safe := "date-format", true
	switch {
	case d.serial:
		id = "date-serial"
	case d.order == orderEither:
		if m.monthIsFirst() {
			d = d.swapped()
		}
		id, safe = "date-order", m.orderIsSure(d)
		if safe {
			id = "date-format"
		}
	case d.guessed:
		id, safe = "date-order", false
	case d.shortYear:
		id = "date-short-year"
	}
	if m.field.Type == schema.Date && d.timed {
		if d.hour+d.minute+d.second > 0 {
			id, safe = "date-time-part", false
		}
	}
	return m.writeMoment(id, safe, d)
}

func (m *mender) monthIsFirst() bool {
	return m.seen != nil && m.seen.monthFirst > 0 && m.seen.dayFirst == 0
}

// orderIsSure tells whether the column decides the order of day and month.
func (m *mender) orderIsSure(d moment) bool {
	if d.order != orderEither {
		return !d.guessed
	}
	return m.seen != nil && (m.seen.monthFirst == 0) != (m.seen.dayFirst == 0)
}

// writeMoment writes a moment in the forms that the field may accept.
func (m *mender) writeMoment(id string, safe bool, d moment) []proposal {
	var out []proposal
	if f := m.field.Format; f != "" && f != "any" {
		if text, ok := d.in(f); ok {
			return []proposal{{id, safe, text}}
		}
		return nil
	}
	switch m.field.Type {
	case schema.Time:
		return []proposal{{id, safe, d.clock() + d.zone}, {id, safe, d.clock()}}
	case schema.Date:
		return []proposal{{id, safe, d.date()}}
	}
	stamp := d.date() + "T" + d.clock()
	out = append(out, proposal{id, safe, stamp + d.zone})
	if d.zone == "" { // a schema that wants a zone: the one to write is not known
		out = append(out, proposal{"date-zone", false, stamp + "Z"})
	}
	return out
}

func yearmonth(y, m int) string {
	text := strconv.Itoa(y) + "-"
	if m < 10 {
		text += "0"
	}
	return text + strconv.Itoa(m)
}

func repairYear(s string) []proposal {
	if whole, decimals, found := cutDecimals(s); found && strings.Trim(decimals, "0") == "" {
		return []proposal{{"date-format", true, whole}}
	}
	if d, ok := readDate(s); ok && !d.serial && !d.shortYear {
		return []proposal{{"date-part", false, strconv.Itoa(d.year)}}
	}
	words := strings.Fields(fold(s))
	if len(words) == 2 && (words[0] == "annee" || words[0] == "exercice" || words[0] == "en") {
		return []proposal{{"date-format", true, words[1]}}
	}
	return nil
}

// repairNumber writes numbers with the separators of the field, without unit.
func repairNumber(m *mender, s string) []proposal {
	if whole, ok := integral(s); ok && m.field.Type == schema.Integer {
		return []proposal{{"number-format", true, whole}}
	}
	if p := m.about(s); p != nil {
		return p
	}
	f, ok := readNumber(s)
	if !ok {
		return nil
	}
	id, safe := "number-format", true
	switch {
	case f.guessed:
		comma := f.comma
		if m.seen != nil {
			switch {
			case comma && m.seen.thousandsComma > 0 && m.seen.decimalComma == 0, !comma && m.seen.thousandsPoint > 0:
				f.text = f.swapped
			case comma && m.seen.decimalComma > 0 && m.seen.thousandsComma == 0:
			default:
				safe = false
			}
		} else {
			safe = false
		}
		if m.field.Type == schema.Integer {
			f.text = f.swapped
		}
		if !safe {
			id = "number-separator"
		}
	}
	switch {
	case f.unit == "":
	case f.unit == "%" || fold(f.unit) == "pourcent" || fold(f.unit) == "pour cent":
		return m.percent(f, safe)
	case currency(f.unit):
		id = "currency"
	default:
		id = "unit"
		safe = safe && m.seen != nil && len(m.seen.units) == 1
	}
	out := []proposal{{id, safe, m.figure(f.text)}}
	if whole, ok := integral(f.text); ok && m.field.Type == schema.Integer {
		out = append(out, proposal{id, safe, whole})
	}
	return out
}

// about keeps the number of « env. 12 » or "12 environ"; a person confirms.
func (m *mender) about(s string) []proposal {
	if !strings.ContainsAny(s, "eEaA~≈") {
		return nil
	}
	text := fold(s)
	bare := text
	for _, word := range []string{"environ", "env.", "env", "approx.", "approx", "a peu pres", "~", "≈"} {
		if rest, ok := strings.CutSuffix(text, word); ok {
			bare = rest
			break
		}
		if rest, ok := strings.CutPrefix(text, word); ok {
			bare = rest
			break
		}
	}
	f, ok := readNumber(strings.TrimSpace(bare))
	if bare == text || !ok || f.guessed || f.unit != "" {
		return nil
	}
	return []proposal{{"approximate", false, m.figure(f.text)}}
}

// figure writes a number with the separators that the field asks for.
func (m *mender) figure(text string) string {
	if d := m.field.DecimalChar; d != "" {
		return strings.Replace(text, ".", d, 1)
	}
	return text
}

// percent writes a percentage as the limits of the field want it: a share of 1
// when it may not pass 1, else the figure itself, which a person must confirm
// when nothing limits it.
func (m *mender) percent(f figure, safe bool) []proposal {
	r, ok := new(big.Rat).SetString(f.text)
	if !ok {
		return nil
	}
	share := trimZeros(r.Quo(r, big.NewRat(100, 1)).FloatString(8))
	limit := m.field.Constraints.Maximum
	if limit != nil {
		if top, err := strconv.ParseFloat(*limit, 64); err == nil && top <= 1 {
			return []proposal{{"percent", safe, m.figure(share)}}
		}
		return []proposal{{"percent", safe, m.figure(f.text)}}
	}
	if m.seen != nil && m.seen.fractions > 0 && m.seen.over == 0 {
		return []proposal{{"percent", false, m.figure(share)}}
	}
	return []proposal{{"percent", false, m.figure(f.text)}}
}

func trimZeros(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// integral writes 12.0, 12,00 and 1.2E+3 as whole numbers when they are.
func integral(s string) (string, bool) {
	if len(s) > 40 {
		return "", false
	}
	text := strings.Replace(s, ",", ".", 1)
	if _, exponent, found := strings.Cut(strings.ToUpper(text), "E"); found {
		if n, err := strconv.Atoi(exponent); err != nil || n < 0 || n > 18 {
			return "", false
		}
	} else if _, decimals, found := strings.Cut(text, "."); !found || strings.Trim(decimals, "0") != "" {
		return "", false
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || !r.IsInt() {
		return "", false
	}
	return r.Num().String(), true
}

var yesWords = map[string]bool{"oui": true, "o": true, "yes": true, "y": true, "vrai": true, "v": true, "true": true, "t": true, "1": true, "x": true, "ok": true, "✓": true, "✔": true, "☑": true, "on": true}
var noWords = map[string]bool{"non": true, "n": true, "no": true, "faux": true, "f": true, "false": true, "0": true, "✗": true, "✘": true, "☐": true, "ko": true, "off": true}

// repairBoolean writes yes and no with the values of the field.
func repairBoolean(m *mender, s string) []proposal {
	yes, no := "true", "false"
	if len(m.field.TrueValues) > 0 {
		yes = m.field.TrueValues[0]
	}
	if len(m.field.FalseValues) > 0 {
		no = m.field.FalseValues[0]
	}
	word := strings.Trim(fold(s), ".")
	if whole, ok := integral(word); ok {
		word = whole
	}
	switch {
	case yesWords[word] || word == fold(yes):
		return []proposal{{"boolean", true, yes}}
	case noWords[word] || word == fold(no):
		return []proposal{{"boolean", true, no}}
	}
	return nil
}

// repairEnum finds the one allowed value that differs by case, accents or
// punctuation, or, for a person to confirm, by one letter.
func repairEnum(m *mender, s string) []proposal {
	if len(m.enum) == 0 {
		return nil
	}
	k := key(s)
	if same := m.enum[k]; len(same) == 1 {
		return []proposal{{"value-spelling", true, same[0]}}
	} else if len(same) > 1 || len([]rune(k)) < 4 || strings.Trim(k, "0123456789") == "" {
		return nil
	}
	near := ""
	for other, values := range m.enum {
		if !oneSlip(k, other) {
			continue
		}
		if near != "" || len(values) > 1 {
			return nil
		}
		near = values[0]
	}
	if near == "" {
		return nil
	}
	return []proposal{{"value-typo", false, near}}
}

// repairAddress mends e-mail and web addresses.
func repairAddress(m *mender, s string) []proposal {
	switch m.field.Format {
	case "email":
		v := strings.TrimRight(strings.TrimPrefix(strings.TrimPrefix(s, "mailto:"), "MAILTO:"), " .;,>")
		if i := strings.LastIndexByte(v, '<'); i >= 0 {
			v = v[i+1:]
		}
		return []proposal{
			{"e-mail", true, v},
			{"e-mail", true, strings.ReplaceAll(v, " ", "")},
			{"e-mail-sign", false, strings.NewReplacer("(at)", "@", "[at]", "@", " at ", "@", "[dot]", ".", "(dot)", ".", " ", "").Replace(v)},
		}
	case "uri":
		v := strings.Trim(s, " <>\"'")
		out := []proposal{{"web-address", true, v}, {"web-address", true, strings.ReplaceAll(v, " ", "%20")}}
		for _, slip := range []string{"http//", "http:/", "https//", "https:/"} {
			if rest, ok := strings.CutPrefix(v, slip); ok && !strings.HasPrefix(rest, "/") {
				out = append(out, proposal{"web-address", true, strings.TrimRight(slip, ":/") + "://" + rest})
			}
		}
		if !strings.Contains(v, "://") && strings.Contains(v, ".") && !strings.ContainsAny(v, " @") {
			out = append(out, proposal{"web-scheme", false, "https://" + v})
		}
		return out
	}
	return nil
}

// repairList writes what is parted by semicolons, commas or bars as the list
// that the field wants.
func repairList(m *mender, s string) []proposal {
	inner := strings.Trim(s, "[]")
	var out []proposal
	for _, sep := range []string{";", "|", ",", "\n"} {
		if !strings.Contains(inner, sep) && sep != ";" {
			continue
		}
		var items []string
		for _, item := range strings.Split(inner, sep) {
			if item = strings.Trim(item, " \"'"); item != "" {
				items = append(items, m.item(item))
			}
		}
		if len(items) == 0 {
			continue
		}
		if m.field.Type == schema.List {
			delimiter := m.field.Delimiter
			if delimiter == "" {
				delimiter = ","
			}
			out = append(out, proposal{"list", true, strings.Join(items, delimiter)})
			continue
		}
		if text, err := json.Marshal(items); err == nil {
			out = append(out, proposal{"list", true, string(text)})
		}
	}
	return out
}

// item writes an item of an array as its enumeration spells it.
func (m *mender) item(s string) string {
	if m.field.ArrayItem == nil {
		return s
	}
	for _, v := range m.field.ArrayItem.Constraints.Enum {
		if key(v) == key(s) {
			return v
		}
	}
	return s
}
