package xlsform

import (
	"slices"
	"strconv"
	"strings"

	"socle/internal/errs"
	"socle/internal/schema/expression"
	"socle/internal/schema/form"
)

// expressionAt is an expression and where it is written.
type expressionAt struct {
	sheet      *sheet
	row        int
	column     string
	expression *expression.Expression
}

// known are the columns of the survey that are looked at.
var known = []string{"type", "name", "label", "hint", "guidance_hint", "required", "required_message", "relevant", "constraint", "constraint_message",
	"calculation", "default", "readonly", "appearance", "choice_filter", "repeat_count", "parameters", "image", "audio", "video", "big-image", "trigger"}

// level is a group that is open.
type level struct {
	item  form.Item
	begin *row
}

// survey reads the questions.
func (rd *reader) survey() {
	s := rd.book["survey"]
	for _, c := range s.columns {
		if !slices.Contains(known, c.base) {
			rd.tell(Left, s, 0, c.label, "xlsform.column", errs.Args{"Column": c.label})
		}
	}
	for _, name := range []string{"external_choices", "entities", "osm"} {
		if other := rd.book[name]; other != nil {
			rd.tell(Left, other, 0, "", "xlsform.sheet", errs.Args{"Sheet": other.name})
		}
	}
	stack := []level{{}}
	for _, r := range s.rows {
		q := rd.question(s, r)
		if q.kind == "" {
			continue
		}
		top := len(stack) - 1
		switch {
		case strings.HasPrefix(q.kind, "begin"):
			stack = append(stack, level{item: rd.group(q), begin: r})
			if len(stack) > form.MaxDepth+1 {
				rd.tell(Wrong, s, r.number, q.typeColumn, "xlsform.deep", errs.Args{"Most": form.MaxDepth})
				return
			}
		case strings.HasPrefix(q.kind, "end "):
			if top == 0 || strings.TrimPrefix(q.kind, "end ") != kindWord(stack[top].item.Kind) {
				rd.tell(Wrong, s, r.number, q.typeColumn, "xlsform.end", errs.Args{"Type": q.kind})
				return
			}
			stack[top-1].item.Items = append(stack[top-1].item.Items, stack[top].item)
			stack = stack[:top]
		default:
			stack[top].item.Items = append(stack[top].item.Items, rd.items(q)...)
		}
	}
	if len(stack) > 1 {
		open := stack[len(stack)-1]
		rd.tell(Wrong, s, open.begin.number, s.label("type"), "xlsform.open", errs.Args{"Name": open.item.Name})
	}
	rd.Definition.Items = stack[0].item.Items
}

func kindWord(k form.Kind) string {
	if k == form.Repeat {
		return "repeat"
	}
	return "group"
}

// question is a row of the survey.
type question struct {
	sheet                  *sheet
	row                    *row
	kind, rest             string // the type: its first word or words, and what follows
	typeColumn             string
	name                   string
	own                    form.Words
	words                  map[string]form.Words // in the other languages, by their code
	appearance, parameters string
}

// question reads what all rows have. A row whose kind is "" is told already.
func (rd *reader) question(s *sheet, r *row) question {
	q := question{sheet: s, row: r, typeColumn: s.label("type"), own: rd.words(s, r, rd.language), words: map[string]form.Words{}}
	for code, language := range rd.others {
		q.words[code] = rd.words(s, r, language)
	}
	kind, _ := s.cell(r, "type")
	q.name, _ = s.cell(r, "name")
	q.appearance, _ = s.cell(r, "appearance")
	q.parameters, _ = s.cell(r, "parameters")
	if kind == "" {
		rd.tell(Left, s, r.number, q.typeColumn, "xlsform.no-type")
		return q
	}
	words := strings.Fields(kind)
	first := strings.ToLower(strings.ReplaceAll(words[0], "_", " "))
	switch {
	case (first == "begin" || first == "end") && len(words) > 1:
		q.kind = first + " " + strings.ToLower(words[1])
	case strings.HasPrefix(first, "begin ") || strings.HasPrefix(first, "end "):
		q.kind = first
	case (first == "select one" || first == "select multiple") && len(words) > 1,
		first == "select one from file", first == "select multiple from file", first == "select one external", first == "rank":
		q.kind, q.rest = first, strings.Join(words[1:], " ")
	case first == "select" && len(words) > 2:
		q.kind, q.rest = "select "+strings.ToLower(words[1]), strings.Join(words[2:], " ")
	default:
		q.kind = strings.ToLower(strings.ReplaceAll(strings.Join(words, " "), "_", " "))
		q.kind = strings.ReplaceAll(q.kind, "-", " ")
	}
	rd.cited(s, r, "label", q.own.Label)
	rd.cited(s, r, "hint", q.own.Help)
	for _, c := range s.columns {
		if v := r.get(c.label); v != "" && slices.Contains([]string{"image", "audio", "video", "big-image"}, c.base) {
			rd.tell(Left, s, r.number, c.label, "xlsform.media", errs.Args{"File": v})
		}
	}
	if v, column := s.cell(r, "trigger"); v != "" {
		rd.tell(Changed, s, r.number, column, "xlsform.trigger")
	}
	return q
}

// unique gives a question a name that no other has.
func (rd *reader) unique(q question, wanted string) string {
	name := wanted
	for i := 2; rd.names[name]; i++ {
		name = wanted + "_" + strconv.Itoa(i)
	}
	if name != wanted {
		rd.tell(Changed, q.sheet, q.row.number, q.sheet.label("name"), "xlsform.name-twice", errs.Args{"Name": wanted, "New": name})
	}
	rd.names[name] = true
	return name
}

// named is unique for what must have a name.
func (rd *reader) named(q question) string {
	if q.name == "" || strings.ContainsAny(q.name, "${} \t\n'\"") || len(q.name) > 100 {
		rd.tell(Wrong, q.sheet, q.row.number, q.sheet.label("name"), "xlsform.name", errs.Args{"Name": q.name})
		return ""
	}
	return rd.unique(q, q.name)
}

// group begins a section or a repeated group.
func (rd *reader) group(q question) form.Item {
	it := form.Item{Kind: form.Section, Name: q.name, Title: q.own.Label, Relevant: rd.taken(q, "relevant"), Translations: q.translations(ofGroup)}
	rd.Questions++
	switch q.kind {
	case "begin repeat":
		it.Kind, it.Name = form.Repeat, rd.named(q)
		if it.Title == "" {
			it.Title = it.Name
		}
		rd.count(q, &it)
	case "begin group":
		if it.Name != "" {
			it.Name = rd.unique(q, q.name)
		}
	default:
		rd.tell(Changed, q.sheet, q.row.number, q.typeColumn, "xlsform.group", errs.Args{"Type": q.kind})
	}
	words := strings.Fields(q.appearance)
	rd.onOne = rd.onOne || slices.Contains(words, "field-list")
	if len(words) > 0 && !(len(words) == 1 && words[0] == "field-list") {
		rd.tell(Noted, q.sheet, q.row.number, q.sheet.label("appearance"), "xlsform.appearance", errs.Args{"Appearance": q.appearance})
	}
	return it
}

// count reads how many times a group is repeated.
func (rd *reader) count(q question, it *form.Item) {
	v, column := q.sheet.cell(q.row, "repeat_count")
	if v == "" {
		return
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > form.MaxRepeats {
		rd.tell(Left, q.sheet, q.row.number, column, "xlsform.repeat-count", errs.Args{"Value": v, "Most": form.MaxRepeats})
		return
	}
	it.Min, it.Max = n, n
}

// expression understands an expression; nil when it is told that it does not.
func (rd *reader) expression(s *sheet, r *row, column, text string) *expression.Expression {
	e, err := expression.Parse(text)
	if err != nil {
		bad := errs.As(err)
		rd.tell(Left, s, r.number, column, bad.Key, bad.Args)
		return nil
	}
	rd.asked = append(rd.asked, expressionAt{s, r.number, column, e})
	return e
}

// cited has the questions looked for whose answers a text cites.
func (rd *reader) cited(s *sheet, r *row, column, text string) {
	for _, p := range form.Parts(text) {
		if p.Question != "" {
			rd.expression(s, r, column, "${"+p.Question+"}")
		}
	}
}

// taken gives the expression of a column when it is understood.
func (rd *reader) taken(q question, base string) string {
	v, column := q.sheet.cell(q.row, base)
	if v == "" || rd.expression(q.sheet, q.row, column, v) == nil {
		return ""
	}
	return v
}

// yes reads the ways to say yes in a cell.
func yes(s string) bool {
	switch strings.ToLower(strings.TrimSuffix(s, "()")) {
	case "yes", "true", "oui", "vrai", "1":
		return true
	}
	return false
}

func no(s string) bool {
	switch strings.ToLower(strings.TrimSuffix(s, "()")) {
	case "", "no", "false", "non", "faux", "0":
		return true
	}
	return false
}
