package collectui

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/schema/form"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// editView is the editor of a form: one part per question, all sent together.
type editView struct {
	Head    ui.PageHead
	Tabs    ui.Tabs
	Form    ui.Form
	Version string
	Title   ui.Input
	About   ui.TextArea
	Screens ui.Radios
	Also    *ui.Button // to write the texts in the other language too; nil: they are there
	Items   []itemView
	Add     ui.Select
	Free    bool
	Note    *ui.Notice
}

// itemView is one question in the editor.
type itemView struct {
	Number   string // of its inputs
	Summary  string
	Legend   string
	Depth    string
	Open     bool
	JSON     string
	Label    templ.Component
	Name     ui.Input
	Help     ui.TextArea
	Other    []templ.Component // its words in the other language
	Choices  *ui.TextArea
	Calc     *ui.TextArea // of a value that is calculated
	Required *ui.Checkbox
	Last     *ui.Checkbox
	Rules    []templ.Component // what an answer must be
	Wrong    bool              // one of them is wrong
	Where    string            // "row" in a repeat, "entry" elsewhere
	Field    *ui.Select        // of the condition
	Op       ui.Select
	Value    ui.Input
	In       *ui.Select // the section or repeat that it is in
	First    bool
	LastOne  bool
	Section  bool
}

// editing is what the views of the questions are made with.
type editing struct {
	ctx      context.Context
	free     bool
	list     []line
	other    string // the language in which the texts are written too, "" for none
	problems ui.Problems
}

func (p *Pages) editForm(w http.ResponseWriter, r *http.Request) error {
	f, err := p.managed(r)
	if err != nil {
		return err
	}
	if err := shell.From(r).Actor.Require(identity.ActionEdit, f.Organisation); err != nil {
		return err
	}
	return p.editPage(w, r, f, *f.Definition, -1, http.StatusOK, nil)
}

// otherLanguage is the language in which a form is written besides its own, or may be.
func otherLanguage(d *form.Definition) string {
	for _, l := range i18n.Langs {
		if string(l) != d.Language {
			return string(l)
		}
	}
	return ""
}

// editPage shows the editor; open is the question that is unfolded, -1 for none.
func (p *Pages) editPage(w http.ResponseWriter, r *http.Request, f collect.Form, d form.Definition, open, status int, problems ui.Problems) error {
	ctx := r.Context()
	view := editView{
		Head: p.head(ctx, f), Tabs: p.tabs(ctx, shell.From(r).Actor, f, "/modifier"), Version: strconv.Itoa(f.Version), Free: f.Free(),
		Form:  ui.Form{ID: "editor", Action: "/formulaires/" + string(f.ID) + "/modifier", Wide: true, Problems: problems},
		Title: ui.Input{Field: ui.Field{Name: "title", Label: ui.T(ctx, "collectui.title"), Error: problems.Of("title")}, Value: d.Title, MaxLength: 200},
		About: ui.TextArea{Field: ui.Field{Name: "description", Label: ui.T(ctx, "collectui.about"), Help: ui.T(ctx, "collectui.about.help"), Optional: true}, Value: d.Description, Rows: 3, MaxLength: form.MaxText},
		Screens: ui.Radios{Field: ui.Field{Name: "screens", Label: ui.T(ctx, "collectui.screens")}, Value: string(d.Screens), Row: true, Options: []ui.Option{
			{Value: string(form.OneScreen), Label: ui.T(ctx, "collectui.screens.one")}, {Value: string(form.ManyScreens), Label: ui.T(ctx, "collectui.screens.many")}}},
		Add: ui.Select{Field: ui.Field{Name: "add", Label: ui.T(ctx, "collectui.add"), Either: true}, Options: kinds(ctx, f.Free())},
	}
	if !f.Free() {
		view.Note = &ui.Notice{Kind: ui.Information, Title: ui.T(ctx, "collectui.national"), Text: ui.T(ctx, "collectui.national.text")}
	}
	e := editing{ctx: ctx, free: f.Free(), list: flatten(d.Items), problems: problems}
	if len(d.Languages()) > 1 || r.PostForm.Get("also") != "" || r.PostForm.Get("act") == "also" {
		e.other = otherLanguage(&d)
	} else {
		view.Also = &ui.Button{Label: ui.T(ctx, "collectui.also."+otherLanguage(&d)), Icon: "languages", Style: ui.Quiet, Submit: true, Name: "act", Value: "also"}
	}
	for n := range e.list {
		it, err := e.item(n)
		if err != nil {
			return err
		}
		it.Open = it.Open || n == open
		view.Items = append(view.Items, it)
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: f.Definition.Title, NoIndex: true, Crumbs: p.crumbs(ctx, f.Definition.Title)}, editFormPage(view))
}

// kinds are what can be added: of a national schema only texts to read and sections.
func kinds(ctx context.Context, free bool) []ui.Option {
	var out []ui.Option
	if free {
		for _, c := range form.Controls {
			if c != form.Hidden {
				out = append(out, ui.Option{Value: string(c), Label: ui.T(ctx, "collectui.control."+string(c)), Group: ui.T(ctx, "collectui.questions")})
			}
		}
		out = append(out, ui.Option{Value: "repeat", Label: ui.T(ctx, "collectui.repeat"), Group: ui.T(ctx, "collectui.layout")})
	}
	return append(out, ui.Option{Value: "section", Label: ui.T(ctx, "collectui.section"), Group: ui.T(ctx, "collectui.layout")}, ui.Option{Value: "note", Label: ui.T(ctx, "collectui.note"), Group: ui.T(ctx, "collectui.layout")})
}

// item is the view of the question of line n.
func (e *editing) item(n int) (v itemView, err error) {
	ctx, it := e.ctx, &e.list[n]
	at := func(what string) string { return fmt.Sprintf("i%d-%s", n, what) }
	b, err := json.Marshal(struct {
		form.Item
		Depth int `json:"depth,omitempty"`
	}{it.Item, it.depth})
	if err != nil {
		return v, err
	}
	wrong := e.problems.Of(at("label"))
	v = itemView{
		Number: strconv.Itoa(n), JSON: string(b), First: n == 0, LastOne: it.depth == 0 && end(e.list, n) == len(e.list), Section: holds(&it.Item), Open: wrong != "",
		Summary: shorten(orElse(it.Title, it.Label)), Depth: strconv.Itoa(it.depth), Legend: ui.T(ctx, kindOf(&it.Item)),
	}
	if in := parent(e.list, n); in >= 0 {
		v.Legend = ui.T(ctx, "collectui.inside", i18n.Args{"Kind": v.Legend, "Section": e.list[in].Title})
	}
	v.Label = e.label(it, ui.Field{Name: at("label"), Label: ui.T(ctx, "collectui.label"), Error: wrong}, orElse(it.Title, it.Label))
	if it.Kind != form.Section && it.Kind != form.Note && e.free {
		v.Name = ui.Input{Field: ui.Field{Name: at("name"), Label: ui.T(ctx, "collectui.name"), Help: ui.T(ctx, "collectui.name.help"), Either: true}, Value: it.Item.Name, MaxLength: 100, Short: true}
	}
	if it.Kind == form.Field {
		v.Help = ui.TextArea{Field: ui.Field{Name: at("help"), Label: ui.T(ctx, "collectui.help"), Optional: true}, Value: it.Help, Rows: 2}
	}
	if it.Kind == form.Field && it.Control == form.Calculated && e.free {
		v.Calc = &ui.TextArea{Field: ui.Field{Name: at("calculation"), Label: ui.T(ctx, "collectui.calculation"), Help: ui.T(ctx, "collectui.calculation.help", i18n.Args{"Names": e.names(n)}), Error: e.problems.Of(at("calculation"))}, Value: it.Calculation, Rows: 2}
		v.Open = v.Open || v.Calc.Error != ""
	}
	if it.Asked() {
		v.Last = &ui.Checkbox{Field: ui.Field{Name: at("last"), Label: ui.T(ctx, "collectui.repeat-last")}, Checked: it.RepeatLast}
		if e.free {
			v.Required = &ui.Checkbox{Field: ui.Field{Name: at("required"), Label: ui.T(ctx, "collectui.required")}, Checked: it.Required}
		}
	}
	if e.free && (it.Control == form.OneChoice || it.Control == form.Choices) {
		help := "collectui.choices.help"
		if e.other != "" {
			help = "collectui.choices.help.two"
		}
		v.Choices = &ui.TextArea{Field: ui.Field{Name: at("choices"), Label: ui.T(ctx, "collectui.choices"), Help: ui.T(ctx, help)}, Value: choicesText(it.Choices, e.other), Rows: 4}
	}
	if e.other != "" {
		w := it.Translations[e.other]
		v.Other = append(v.Other, e.label(it, ui.Field{Name: at("label-other"), Label: ui.T(ctx, "collectui.label."+e.other), Optional: true}, orElse(w.Title, w.Label)))
		if it.Kind == form.Field {
			v.Other = append(v.Other, ui.TextArea{Field: ui.Field{Name: at("help-other"), Label: ui.T(ctx, "collectui.help."+e.other), Optional: true}, Value: w.Help, Rows: 2})
		}
	}
	if e.free {
		v.Rules = e.rulesOf(n, at)
		if v.Where = "entry"; repeatOf(e.list, n) >= 0 {
			v.Where = "row"
		}
		v.Wrong = len(v.Rules) > 0 && slices.ContainsFunc(e.problems, func(p ui.Problem) bool {
			what, ok := strings.CutPrefix(p.Name, at(""))
			return ok && what != "label" && what != "calculation"
		})
		v.Open = v.Open || v.Wrong
	}
	v.condition(ctx, e.list, n, at)
	v.In = e.places(n, at("in"))
	return v, nil
}

// names are how expressions write the answers to the other questions: ${nom}, ${hauteur}.
// A question is named once it is kept.
func (e *editing) names(n int) string {
	var list []string
	for i, x := range e.list {
		if i != n && x.Kind == form.Field && x.Item.Name != "" {
			list = append(list, "${"+x.Item.Name+"}")
		}
	}
	return strings.Join(list[:min(len(list), 30)], ", ")
}

// label is the field of a text: of one line, but where it may have several.
func (e *editing) label(it *line, f ui.Field, value string) templ.Component {
	if it.Kind == form.Note || strings.Contains(value, "\n") {
		return ui.TextArea{Field: f, Value: value, Rows: 3, MaxLength: form.MaxText}
	}
	return ui.Input{Field: f, Value: value, MaxLength: max(500, len(value))}
}

func kindOf(it *form.Item) string {
	switch it.Kind {
	case form.Section:
		return "collectui.section"
	case form.Note:
		return "collectui.note"
	case form.Repeat:
		return "collectui.repeat"
	}
	return "collectui.control." + string(it.Control)
}

// places are the sections and repeats that the item of line n may be in; nil when there
// are none.
func (e *editing) places(n int, name string) *ui.Select {
	sel := &ui.Select{Field: ui.Field{Name: name, Label: ui.T(e.ctx, "collectui.in"), Either: true}, Value: strconv.Itoa(parent(e.list, n)), Options: []ui.Option{{Value: "-1", Label: ui.T(e.ctx, "collectui.in.none")}}}
	for i := range e.list {
		if !holds(&e.list[i].Item) || i >= n && i < end(e.list, n) {
			continue
		}
		path := e.list[i].Title
		for up := parent(e.list, i); up >= 0; up = parent(e.list, up) {
			path = e.list[up].Title + " › " + path
		}
		sel.Options = append(sel.Options, ui.Option{Value: strconv.Itoa(i), Label: shorten(path)})
	}
	if len(sel.Options) < 2 {
		return nil
	}
	return sel
}

func choicesText(list []form.Choice, other string) string {
	var b strings.Builder
	for _, c := range list {
		b.WriteString(c.Value)
		if text := c.Labels[other]; text != "" {
			b.WriteString(" | " + c.Label + " | " + text)
		} else if c.Label != c.Value {
			b.WriteString(" | " + c.Label)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// readChoices reads choices as choicesText writes them. What else they had before, they
// keep, by their value.
func readChoices(text string, before []form.Choice, other string) (out []form.Choice) {
	known := map[string]form.Choice{}
	for _, c := range before {
		known[c.Value] = c
	}
	for _, row := range strings.Split(text, "\n") {
		parts := strings.SplitN(row, "|", 3)
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		if parts[0] == "" {
			continue
		}
		c := form.Choice{Value: parts[0], Label: parts[0], Columns: known[parts[0]].Columns, Labels: maps.Clone(known[parts[0]].Labels)}
		if len(parts) > 1 && parts[1] != "" {
			c.Label = parts[1]
		}
		if other != "" {
			delete(c.Labels, other)
			if len(parts) > 2 && parts[2] != "" {
				c.Labels = map[string]string{other: parts[2]}
			}
		}
		out = append(out, c)
	}
	return out
}

// readItems reads the questions as they stand in the editor. The other words are read
// where the page had fields for them.
func readItems(in url.Values, free bool, other string) (out []line, err error) {
	asked := map[int]condition{}
	for n := range form.MaxItems {
		at := func(what string) string { return fmt.Sprintf("i%d-%s", n, what) }
		said := func(what string) string { return strings.TrimSpace(strings.ReplaceAll(in.Get(at(what)), "\r\n", "\n")) }
		text := in.Get(at("json"))
		if text == "" {
			break
		}
		var x struct {
			form.Item
			Depth int `json:"depth"`
		}
		if err := json.Unmarshal([]byte(text), &x); err != nil {
			return nil, httpx.BadRequest("collectui.form.cut")
		}
		it := line{Item: x.Item, depth: x.Depth, number: n}
		if holds(&it.Item) {
			it.Title = said("label")
		} else {
			it.Label = said("label")
		}
		if in.Has(at("if")) {
			asked[n] = condition{in.Get(at("if")), operator(in.Get(at("op"))), in.Get(at("value"))}
		}
		if it.Kind == form.Field {
			it.Help = said("help")
		}
		if it.Asked() {
			it.RepeatLast = in.Get(at("last")) != ""
			if free {
				it.Required = in.Get(at("required")) != ""
			}
		}
		if free && in.Has(at("calculation")) {
			it.Calculation = said("calculation")
		}
		two := in.Has(at("label-other"))
		if two {
			readOther(&it.Item, other, said("label-other"), said("help-other"))
		}
		if in.Has(at("choices")) {
			it.Choices = readChoices(in.Get(at("choices")), it.Choices, map[bool]string{true: other}[two])
		}
		if free && in.Has(at("rules")) {
			readRules(&it.Item, said, in.Get(at("rules")) == "row")
		}
		if free && in.Has(at("name")) {
			it.Item.Name = strings.TrimSpace(in.Get(at("name")))
		}
		out = append(out, it)
	}
	for n, c := range asked {
		out[n].Relevant = c.expression(out)
	}
	return replaced(out, in), nil
}

// readOther puts the words of an item in another language.
func readOther(it *form.Item, language, label, help string) {
	w := it.Translations[language]
	w.Label, w.Title, w.Help = label, "", help
	if holds(it) {
		w.Label, w.Title = "", label
	}
	others := maps.Clone(it.Translations)
	delete(others, language)
	if w != (form.Words{}) {
		if others == nil {
			others = map[string]form.Words{}
		}
		others[language] = w
	}
	it.Translations = others
}

// replaced takes questions to the sections that were chosen for them.
func replaced(list []line, in url.Values) []line {
	sent := list
	for n := range sent {
		chosen, err := strconv.Atoi(in.Get(fmt.Sprintf("i%d-in", n)))
		if err != nil || chosen == parent(sent, n) || chosen < -1 || chosen >= len(sent) {
			continue
		}
		if chosen >= 0 {
			chosen = lineOf(list, chosen)
		}
		list, _ = into(list, lineOf(list, n), chosen)
	}
	return list
}

// lineOf is where the line is that had a number on the page that was sent, -1 for nowhere.
func lineOf(list []line, number int) int {
	return slices.IndexFunc(list, func(l line) bool { return l.number == number })
}

// edit keeps the form, or changes the list of its questions and shows it again.
func (p *Pages) edit(w http.ResponseWriter, r *http.Request) error {
	f, err := p.managed(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := r.ParseForm(); err != nil {
		return httpx.BadRequest("collectui.form.cut")
	}
	d := *f.Definition
	list, err := readItems(r.PostForm, f.Free(), otherLanguage(&d))
	if err != nil {
		return err
	}
	d.Title, d.Description, d.Screens = r.PostForm.Get("title"), r.PostForm.Get("description"), form.Screens(r.PostForm.Get("screens"))
	open := -1
	act, arg, _ := strings.Cut(r.PostForm.Get("act"), ":")
	n := -1
	if number, err := strconv.Atoi(arg); err == nil {
		n = lineOf(list, number)
	}
	switch {
	case act == "add" && len(list) < form.MaxItems:
		list = added(list, newItem(ctx, r.PostForm.Get("add")))
		open = len(list) - 1
		if list[open].Kind == form.Repeat { // it asks something from the start
			list = append(list, line{Item: newItem(ctx, string(form.Text)), depth: list[open].depth + 1, number: -1})
		}
	case act == "up" && n >= 0:
		list, open = up(list, n)
	case act == "down" && n >= 0:
		list, open = down(list, n)
	case act == "remove" && n >= 0:
		list = takeOut(list, n)
	case act == "also": // the page has its fields now
	default:
		d.Items = nameItems(gather(list))
		if f.Free() {
			if problems := ruleProblems(ctx, d.Items); len(problems) > 0 {
				return p.editPage(w, r, f, d, -1, http.StatusUnprocessableEntity, problems)
			}
		}
		return p.keep(w, r, f, &d)
	}
	d.Items = gather(list)
	return p.editPage(w, r, f, d, open, http.StatusOK, nil)
}

func newItem(ctx context.Context, kind string) form.Item {
	switch kind {
	case "section":
		return form.Item{Kind: form.Section, Title: ui.T(ctx, "collectui.section")}
	case "repeat":
		return form.Item{Kind: form.Repeat, Title: ui.T(ctx, "collectui.repeat")}
	case "note":
		return form.Item{Kind: form.Note, Label: ui.T(ctx, "collectui.note")}
	}
	it := form.Item{Kind: form.Field, Control: form.Control(kind), Label: ui.T(ctx, "collectui.control."+kind)}
	if !slices.Contains(form.Controls, it.Control) {
		it.Control, it.Label = form.Text, ui.T(ctx, "collectui.control.text")
	}
	switch it.Control {
	case form.Choices:
		it.Joined = ";"
	case form.YesNo:
		it.TrueValue, it.FalseValue = "oui", "non"
	case form.SIRET:
		it.Format = "siret"
	case form.Commune:
		it.Format = "code-commune-insee"
	}
	if it.Control == form.OneChoice || it.Control == form.Choices {
		it.Choices = []form.Choice{{Value: "a", Label: ui.T(ctx, "collectui.choice.first")}, {Value: "b", Label: ui.T(ctx, "collectui.choice.second")}}
	}
	return it
}

// nameItems gives a column's name to the questions that have none: made from their
// words, in the order of the form, apart from the names that are there.
func nameItems(items []form.Item) []form.Item {
	seen := map[string]bool{}
	var each func(list []form.Item, do func(*form.Item))
	each = func(list []form.Item, do func(*form.Item)) {
		for i := range list {
			do(&list[i])
			each(list[i].Items, do)
		}
	}
	each(items, func(it *form.Item) { seen[it.Name] = true })
	each(items, func(it *form.Item) {
		if it.Kind == form.Section || it.Kind == form.Note || it.Name != "" {
			return
		}
		base := strings.ReplaceAll(ids.Slug(orElse(it.Label, it.Title)), "-", "_")
		if base[0] >= '0' && base[0] <= '9' {
			base = "q_" + base
		}
		it.Name = base
		for n := 2; seen[it.Name]; n++ {
			it.Name = base + "_" + strconv.Itoa(n)
		}
		seen[it.Name] = true
	})
	return items
}

func (p *Pages) keep(w http.ResponseWriter, r *http.Request, f collect.Form, d *form.Definition) error {
	ctx := r.Context()
	version, err := strconv.Atoi(r.PostForm.Get("version"))
	if err != nil {
		return httpx.BadRequest("collectui.form.cut")
	}
	if _, err := p.o.Collect.Design(ctx, shell.From(r).Actor, f.ID, version, d); err != nil {
		if problems := ui.ProblemsOf(ctx, err); len(problems) > 0 && errs.Is(err, errs.Invalid) {
			return p.editPage(w, r, f, *d, -1, httpx.Status(err), atQuestions(flatten(d.Items), problems))
		}
		return err
	}
	shell.Flash(w, r, ui.Good, "collectui.kept", i18n.Args{"Title": d.Title})
	return shell.Redirect(w, r, "/formulaires/"+string(f.ID)+"/modifier")
}

// atQuestions leads what is wrong with a question, told by its name, to its place in
// the editor.
func atQuestions(list []line, problems ui.Problems) ui.Problems {
	for i := range problems {
		p := &problems[i]
		if p.Name == "title" || p.Name == "description" {
			continue
		}
		n := slices.IndexFunc(list, func(x line) bool { return x.Item.Name == p.Name && p.Name != "" })
		if n < 0 {
			p.Name = ""
			continue
		}
		p.Name = fmt.Sprintf("i%d-label", n)
	}
	return problems
}
