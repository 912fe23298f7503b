package check

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"socle/internal/i18n"
	"socle/internal/schema"
)

// Message says what is wrong, in one sentence.
func (r *Report) Message(l i18n.Lang, f *Fault) string {
	return i18n.T(l, r.keyOf(f.Key, f.field), r.faultArgs(l, f))
}

// keyOf is the message of a key: that of a pattern has no example to give when none
// was found, and the pattern itself says nothing to who mends a table.
func (r *Report) keyOf(key string, field int) string {
	if key == patternKey && r.Schema != nil && field >= 0 && field < len(r.Schema.Fields) && r.examples.of(&r.Schema.Fields[field]) == r.Schema.Fields[field].Constraints.Pattern {
		return key + ".bare"
	}
	return key
}

var patternKey = constraintKeys[schema.FailPattern]

// Hint says what to do, "" when there is nothing to say.
func (r *Report) Hint(l i18n.Lang, f *Fault) string {
	args := r.faultArgs(l, f)
	if hint, ok := told(l, r.keyOf(f.Key, f.field)+".hint", args); ok {
		return hint
	}
	hint, _ := told(l, hintsOfCodes[f.Code], args)
	return hint
}

// told returns a message, false when there is none of the key.
func told(l i18n.Lang, key string, args i18n.Args) (string, bool) {
	s := i18n.T(l, key, args)
	if s == "["+key+"]" {
		return "", false
	}
	return s, true
}

var hintsOfCodes = map[string]string{CodeEncoding: "check.encoding-error.hint", CodeSource: "check.source-error.hint", CodeSchema: "schema.warning.hint"}

// GroupMessage says what a group of faults has in common, and how many there are.
func (r *Report) GroupMessage(l i18n.Lang, g *Group) string {
	args := r.groupArgs(l, g)
	text, ok := told(l, r.keyOf(g.Key, g.field)+".group", args)
	if !ok {
		return i18n.T(l, g.Key, args)
	}
	if g.Repair == nil || !r.twin(g) {
		return text
	}
	if why, ok := told(l, "check.because."+g.Repair.ID, nil); ok {
		return i18n.T(l, "check.because", i18n.Args{"Text": text, "Why": why})
	}
	return text
}

// twin says whether another group has the same sentence: its cells are mended in
// another way.
func (r *Report) twin(g *Group) bool {
	n := 0
	for i := range r.Groups {
		if o := &r.Groups[i]; o.Key == g.Key && o.Column == g.Column && o.Field == g.Field && o.Warning == g.Warning {
			n++
		}
	}
	return n > 1
}

// GroupHint says what to do about a group.
func (r *Report) GroupHint(l i18n.Lang, g *Group) string {
	f := Fault{Code: g.Code, Constraint: g.Constraint, Column: g.Column, Field: g.Field, Key: g.Key, Args: g.Args, field: g.field}
	return r.Hint(l, &f)
}

func (r *Report) groupArgs(l i18n.Lang, g *Group) i18n.Args {
	f := Fault{Code: g.Code, Constraint: g.Constraint, Column: g.Column, Field: g.Field, Key: g.Key, Args: g.Args, field: g.field}
	args := r.faultArgs(l, &f)
	args["Count"] = g.Count
	return args
}

// Name is the title of a check.
func Name(l i18n.Lang, code string) string {
	if s, ok := told(l, "check.name."+code, nil); ok {
		return s
	}
	return code
}

// Why says why a check exists, "" when it has no reason of its own.
func Why(l i18n.Lang, code string) string {
	s, _ := told(l, "check.why."+code, nil)
	return s
}

// faultArgs gathers what a message may say: where, what, and what the field asks
// for.
func (r *Report) faultArgs(l i18n.Lang, f *Fault) i18n.Args {
	args := i18n.Args{"Field": strings.TrimSpace(f.Field), "Letter": Letter(f.Column), "Row": f.Row, "Cell": visible(f.Cell)}
	for k, v := range f.Args {
		switch v := v.(type) {
		case []string:
			args[k] = joined(l, quoted(l, v), "check.word.and")
		case []any: // a list that was kept as JSON
			list := make([]string, len(v))
			for i, x := range v {
				list[i] = fmt.Sprint(x)
			}
			args[k] = joined(l, quoted(l, list), "check.word.and")
		case int:
			args[k] = i18n.Int(l, int64(v))
		default:
			args[k] = v
		}
	}
	if op, ok := f.Args["Op"].(string); ok {
		args["Relation"] = i18n.T(l, relationKeys[op])
	}
	if f.field < 0 || r.Schema == nil || f.field >= len(r.Schema.Fields) {
		return args
	}
	fieldArgs(l, args, &r.Schema.Fields[f.field], f)
	args["Example"] = quote(l, r.examples.of(&r.Schema.Fields[f.field]))
	return args
}

// exampleCache keeps the examples of fields: finding one compiles the field.
type exampleCache struct {
	mu    sync.Mutex
	found map[string]string // by name of the field
}

func (c *exampleCache) of(field *schema.Field) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.found[field.Name]
	if !ok {
		if c.found == nil {
			c.found = map[string]string{}
		}
		e = ExampleOf(field)
		c.found[field.Name] = e
	}
	return e
}

var relationKeys = map[string]string{">": "check.relation.gt", ">=": "check.relation.ge", "==": "check.relation.eq", "<=": "check.relation.le", "<": "check.relation.lt"}

// visible makes line breaks and control characters of a cell visible.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return '↵'
		case r == '\r':
			return -1
		case r == '\t':
			return '⇥'
		case r < ' ' || r == 0x7f:
			return '�'
		}
		return r
	}, s)
}

// fieldArgs tells what the field asks for.
func fieldArgs(l i18n.Lang, args i18n.Args, field *schema.Field, f *Fault) {
	c := &field.Constraints
	args["Decimal"] = markName(l, field.DecimalChar)
	if _, has := args["Expected"]; !has {
		args["Expected"] = dateWords(l, field)
	}
	args["Values"] = valueList(l, field)
	args["True"], args["False"] = truthWords(l, field)
	args["Length"] = lengthWords(l, field, utf8.RuneCountInString(f.Cell))
	switch f.Constraint {
	case "minLength":
		if c.MinLength != nil {
			args["Limit"] = lengthWords(l, field, *c.MinLength)
		}
	case "maxLength":
		if c.MaxLength != nil {
			args["Limit"] = lengthWords(l, field, *c.MaxLength)
		}
	case "minimum":
		args["Limit"] = deref(c.Minimum)
	case "maximum":
		args["Limit"] = deref(c.Maximum)
	case "exclusiveMinimum":
		args["Limit"] = deref(c.ExclusiveMinimum)
	case "exclusiveMaximum":
		args["Limit"] = deref(c.ExclusiveMaximum)
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func lengthWords(l i18n.Lang, field *schema.Field, n int) string {
	switch field.Type {
	case schema.Array, schema.List, schema.Object:
		return i18n.T(l, "check.word.items", i18n.Args{"Count": n})
	}
	return i18n.T(l, "check.word.characters", i18n.Args{"Count": n})
}

func markName(l i18n.Lang, mark string) string {
	switch mark {
	case "", ".":
		return i18n.T(l, "check.word.point")
	case ",":
		return i18n.T(l, "check.word.comma")
	}
	return i18n.T(l, "check.word.mark", i18n.Args{"Mark": mark})
}

func quote(l i18n.Lang, s string) string {
	if s == "" {
		return i18n.T(l, "check.word.empty")
	}
	return i18n.T(l, "check.word.quoted", i18n.Args{"Text": visible(s)})
}

func quoted(l i18n.Lang, list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = quote(l, s)
	}
	return out
}

// joined writes a list in words: a, b and c.
func joined(l i18n.Lang, list []string, word string) string {
	if len(list) <= 1 {
		return strings.Join(list, "")
	}
	n := len(list) - 1
	return i18n.T(l, word, i18n.Args{"List": strings.Join(list[:n], ", "), "Last": list[n]})
}

const valuesTold = 15

func valueList(l i18n.Lang, field *schema.Field) string {
	total := len(field.Constraints.Enum) + len(field.Categories)
	list := append([]string(nil), field.Constraints.Enum[:min(valuesTold, len(field.Constraints.Enum))]...)
	for i := 0; i < len(field.Categories) && len(list) < valuesTold; i++ {
		list = append(list, field.Categories[i].Value)
	}
	if total > len(list) {
		return i18n.T(l, "check.word.more-values", i18n.Args{"List": strings.Join(quoted(l, list), ", "), "Total": total})
	}
	return joined(l, quoted(l, list), "check.word.or")
}

func truthWords(l i18n.Lang, field *schema.Field) (yes, no string) {
	trues, falses := field.TrueValues, field.FalseValues
	if len(trues) == 0 {
		trues = []string{"true", "1"}
	}
	if len(falses) == 0 {
		falses = []string{"false", "0"}
	}
	return joined(l, quoted(l, trues[:min(4, len(trues))]), "check.word.or"), joined(l, quoted(l, falses[:min(4, len(falses))]), "check.word.or")
}

// directiveKeys name the parts of a date in words.
var directiveKeys = map[byte]string{
	'Y': "check.date.year", 'y': "check.date.short-year", 'm': "check.date.month", 'd': "check.date.day", 'H': "check.date.hour", 'I': "check.date.hour",
	'M': "check.date.minute", 'S': "check.date.second", 'b': "check.date.month-name", 'B': "check.date.month-name", 'a': "check.date.weekday", 'A': "check.date.weekday",
}

// dateWords writes the form of dates that a field asks for: aaaa-mm-jj.
func dateWords(l i18n.Lang, field *schema.Field) string {
	pattern := field.Format
	switch {
	case pattern == "any":
		return i18n.T(l, "check.date.any")
	case pattern != "":
	case field.Type == schema.Date:
		pattern = "%Y-%m-%d"
	case field.Type == schema.Datetime:
		pattern = "%Y-%m-%dT%H:%M:%SZ"
	case field.Type == schema.Time:
		pattern = "%H:%M:%S"
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '%' || i+1 == len(pattern) {
			b.WriteByte(pattern[i])
			continue
		}
		i++
		if key, ok := directiveKeys[pattern[i]]; ok {
			b.WriteString(i18n.T(l, key))
		} else {
			b.WriteString(pattern[i-1 : i+1])
		}
	}
	return b.String()
}

// ExampleOf gives a right value for a field: its own example where it is one,
// the first of its values, else one of its type.
func ExampleOf(field *schema.Field) string {
	rules := field.Rules(schema.CastOptions{})
	right := func(s string) bool {
		var v schema.Value
		return s != "" && rules.Caster().Cast([]byte(s), &v) && v.Class != schema.Null && rules.Check([]byte(s), &v) == 0
	}
	for _, e := range field.Examples {
		if right(e) {
			return e
		}
	}
	if e := field.Constraints.Enum; len(e) > 0 {
		return e[0]
	}
	if len(field.Categories) > 0 {
		return field.Categories[0].Value
	}
	if c, ok := Named(Format, field.FrenchFormat); ok {
		return c.Good
	}
	if e := field.Constraints.Minimum; e != nil && right(*e) {
		return *e
	}
	if e := typeExample(field); right(e) {
		return e
	}
	for _, n := range []*int{field.Constraints.MinLength, field.Constraints.MaxLength} {
		if n == nil || *n > 100 {
			continue
		}
		for _, c := range []string{"0", "a"} {
			if e := strings.Repeat(c, *n); right(e) {
				return e
			}
		}
	}
	if p := rules.Pattern(); p != nil {
		if e, ok := p.Sample(); ok {
			return e
		}
		return field.Constraints.Pattern
	}
	return typeExample(field)
}

func typeExample(field *schema.Field) string {
	switch field.Type {
	case schema.Date, schema.Datetime, schema.Time:
		return momentExample(field)
	case schema.Boolean:
		if len(field.TrueValues) > 0 {
			return field.TrueValues[0]
		}
		return "true"
	case schema.Number:
		if field.DecimalChar != "" {
			return "12" + field.DecimalChar + "5"
		}
		return "12.5"
	case schema.String:
		if e, ok := formatExamples[field.Format]; ok {
			return e
		}
		return "texte"
	case schema.Geopoint:
		switch field.Format {
		case "array":
			return "[1.4442, 43.6045]"
		case "object":
			return `{"lon": 1.4442, "lat": 43.6045}`
		}
	case schema.List:
		d := field.Delimiter
		if d == "" {
			d = ","
		}
		return "a" + d + "b"
	}
	return typeExamples[field.Type]
}

var formatExamples = map[string]string{"email": "mairie@exemple.fr", "uri": "https://www.exemple.fr/page", "uuid": "3f2a9c1e-5b7d-4e86-9a10-c4d2e8f6b013", "binary": "U29jbGU=", "wkt": "POINT (1.4442 43.6045)"}

var typeExamples = map[schema.Type]string{
	schema.Integer: "12", schema.Year: "2024", schema.Yearmonth: "2024-05", schema.Duration: "PT1H30M", schema.Geopoint: "1.4442,43.6045",
	schema.GeoJSON: `{"type": "Point", "coordinates": [1.4442, 43.6045]}`, schema.Object: `{"nom": "Toulouse"}`, schema.Array: `["a", "b"]`, schema.Any: "texte",
}

// momentExample writes 31 May 2024, 14:30, in the form of the field.
func momentExample(field *schema.Field) string {
	pattern := field.Format
	switch {
	case pattern != "" && pattern != "any":
	case field.Type == schema.Date:
		return "2024-05-31"
	case field.Type == schema.Datetime:
		return "2024-05-31T14:30:00Z"
	default:
		return "14:30:00"
	}
	parts := map[byte]string{'Y': "2024", 'y': "24", 'm': "05", 'd': "31", 'H': "14", 'I': "02", 'M': "30", 'S': "00", 'f': "0", 'p': "PM", 'b': "mai", 'B': "mai", 'a': "ven", 'A': "vendredi", 'j': "152", 'z': "+0200"}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '%' && i+1 < len(pattern) {
			i++
			b.WriteString(parts[pattern[i]])
			continue
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

// Place says where a fault is: "Ligne 12, colonne C".
func (f *Fault) Place(l i18n.Lang) string {
	args := i18n.Args{"Row": f.Row, "Letter": Letter(f.Column)}
	switch {
	case f.Row > 0 && f.Column > 0:
		return i18n.T(l, "check.report.cell", args)
	case f.Row > 0:
		return i18n.T(l, "check.report.row", args)
	case f.Column > 0 && f.Code != CodeMissingLabel: // its place is that of the schema, not of the file
		return i18n.T(l, "check.report.column", args)
	}
	return ""
}

func rowList(l i18n.Lang, g *Group) string {
	if len(g.Rows) == 0 {
		return ""
	}
	if len(g.Rows) == 1 && g.Count == 1 {
		return i18n.T(l, "check.report.row", i18n.Args{"Row": g.Rows[0]})
	}
	list := make([]string, len(g.Rows))
	for i, r := range g.Rows {
		list[i] = strconv.Itoa(r)
	}
	text := strings.Join(list, ", ")
	if g.Count > len(g.Rows) {
		text += fmt.Sprintf("… (%s)", i18n.T(l, "check.report.more", i18n.Args{"Count": g.Count - len(g.Rows)}))
	}
	return i18n.T(l, "check.report.example-rows", i18n.Args{"Rows": text})
}
