package collectui

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

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
	Items   []itemView
	Add     ui.Select
	Free    bool
	Note    *ui.Notice
}

// itemView is one question in the editor.
type itemView struct {
	Number   string // of its inputs
	Legend   string
	Open     bool
	JSON     string
	Label    ui.Input
	Name     ui.Input
	Help     ui.TextArea
	Choices  *ui.TextArea
	Required *ui.Checkbox
	Last     *ui.Checkbox
	Field    *ui.Select // of the condition
	Op       ui.Select
	Value    ui.Input
	First    bool
	LastOne  bool
	Section  bool
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

// flatItem is an item as the editor lists it: a section is followed by what is in it.
type flatItem struct {
	form.Item
	inside bool // of the section above
}

func flatten(items []form.Item) (out []flatItem) {
	for _, it := range items {
		inside := it.Items
		if it.Kind == form.Section {
			it.Items = nil
		}
		out = append(out, flatItem{Item: it})
		if it.Kind == form.Section {
			for _, x := range inside {
				out = append(out, flatItem{Item: x, inside: true})
			}
		}
	}
	return out
}

// gather is flatten backwards.
func gather(list []flatItem) (out []form.Item) {
	for _, x := range list {
		if n := len(out); x.inside && n > 0 && out[n-1].Kind == form.Section && x.Kind != form.Section {
			out[n-1].Items = append(out[n-1].Items, x.Item)
			continue
		}
		out = append(out, x.Item)
	}
	return out
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
	list := flatten(d.Items)
	for n := range list {
		it, err := p.itemView(ctx, f, list, n, problems)
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
			if c != form.Hidden && c != form.Calculated {
				out = append(out, ui.Option{Value: string(c), Label: ui.T(ctx, "collectui.control."+string(c)), Group: ui.T(ctx, "collectui.questions")})
			}
		}
	}
	return append(out, ui.Option{Value: "section", Label: ui.T(ctx, "collectui.section"), Group: ui.T(ctx, "collectui.layout")}, ui.Option{Value: "note", Label: ui.T(ctx, "collectui.note"), Group: ui.T(ctx, "collectui.layout")})
}

func (p *Pages) itemView(ctx context.Context, f collect.Form, list []flatItem, n int, problems ui.Problems) (v itemView, err error) {
	it := list[n]
	at := func(what string) string { return fmt.Sprintf("i%d-%s", n, what) }
	bare := it.Item
	b, err := json.Marshal(struct {
		form.Item
		Inside bool `json:"inside,omitempty"`
	}{bare, it.inside})
	if err != nil {
		return v, err
	}
	wrong := problems.Of(at("label"))
	v = itemView{Number: strconv.Itoa(n), JSON: string(b), First: n == 0, LastOne: n == len(list)-1, Section: it.Kind == form.Section, Open: wrong != ""}
	kind := "collectui.control." + string(it.Control)
	switch it.Kind {
	case form.Section:
		kind = "collectui.section"
	case form.Note:
		kind = "collectui.note"
	case form.Repeat:
		kind = "collectui.repeat"
	}
	text := orElse(it.Title, it.Label)
	v.Legend = ui.T(ctx, kind)
	v.Label = ui.Input{Field: ui.Field{Name: at("label"), Label: ui.T(ctx, "collectui.label"), Error: wrong}, Value: text, MaxLength: 500}
	if it.Kind != form.Section && it.Kind != form.Note && f.Free() {
		v.Name = ui.Input{Field: ui.Field{Name: at("name"), Label: ui.T(ctx, "collectui.name"), Help: ui.T(ctx, "collectui.name.help"), Either: true}, Value: it.Item.Name, MaxLength: 100, Short: true}
	}
	if it.Kind == form.Field {
		v.Help = ui.TextArea{Field: ui.Field{Name: at("help"), Label: ui.T(ctx, "collectui.help"), Optional: true}, Value: it.Help, Rows: 2}
		v.Last = &ui.Checkbox{Field: ui.Field{Name: at("last"), Label: ui.T(ctx, "collectui.repeat-last")}, Checked: it.RepeatLast}
		if f.Free() {
			v.Required = &ui.Checkbox{Field: ui.Field{Name: at("required"), Label: ui.T(ctx, "collectui.required")}, Checked: it.Required}
		}
	}
	if f.Free() && (it.Control == form.OneChoice || it.Control == form.Choices) {
		v.Choices = &ui.TextArea{Field: ui.Field{Name: at("choices"), Label: ui.T(ctx, "collectui.choices"), Help: ui.T(ctx, "collectui.choices.help")}, Value: choicesText(it.Choices), Rows: 4}
	}
	v.condition(ctx, list, n, at)
	return v, nil
}

var condition = regexp.MustCompile(`^\$\{([^}]+)\} (=|!=|>|<) '([^']*)'$`)

// condition shows "only if", when it is one that the editor can write.
func (v *itemView) condition(ctx context.Context, list []flatItem, n int, at func(string) string) {
	it := list[n]
	m := condition.FindStringSubmatch(it.Relevant)
	if it.Relevant != "" && m == nil {
		return // written elsewhere: it stays as it is
	}
	if m == nil {
		m = []string{"", "", "=", ""}
	}
	sel := ui.Select{Field: ui.Field{Name: at("if"), Label: ui.T(ctx, "collectui.if"), Either: true}, Value: m[1], Empty: ui.T(ctx, "collectui.if.always")}
	for _, x := range list {
		if x.Kind == form.Field && x.Item.Name != "" && x.Item.Name != it.Item.Name { // named once it is kept
			sel.Options = append(sel.Options, ui.Option{Value: x.Item.Name, Label: x.Label})
		}
	}
	v.Field = &sel
	v.Op = ui.Select{Field: ui.Field{Name: at("op"), Label: ui.T(ctx, "collectui.if.op"), Either: true}, Value: m[2], Options: []ui.Option{
		{Value: "=", Label: ui.T(ctx, "collectui.if.is")}, {Value: "!=", Label: ui.T(ctx, "collectui.if.not")}, {Value: ">", Label: ui.T(ctx, "collectui.if.more")}, {Value: "<", Label: ui.T(ctx, "collectui.if.less")}}}
	v.Value = ui.Input{Field: ui.Field{Name: at("value"), Label: ui.T(ctx, "collectui.if.value"), Either: true}, Value: m[3], Short: true}
}

func choicesText(list []form.Choice) string {
	var b strings.Builder
	for _, c := range list {
		b.WriteString(c.Value)
		if c.Label != c.Value {
			b.WriteString(" | " + c.Label)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func readChoices(text string) (out []form.Choice) {
	for _, line := range strings.Split(text, "\n") {
		value, label, ok := strings.Cut(line, "|")
		value, label = strings.TrimSpace(value), strings.TrimSpace(label)
		if value == "" {
			continue
		}
		if !ok || label == "" {
			label = value
		}
		out = append(out, form.Choice{Value: value, Label: label})
	}
	return out
}

// maxEdited bounds the questions of the editor.
const maxEdited = 300

// readItems reads the questions as they stand in the editor.
func readItems(in url.Values, free bool) ([]flatItem, error) {
	var out []flatItem
	for n := range maxEdited {
		at := func(what string) string { return fmt.Sprintf("i%d-%s", n, what) }
		text := in.Get(at("json"))
		if text == "" {
			return out, nil
		}
		var x struct {
			form.Item
			Inside bool `json:"inside"`
		}
		if err := json.Unmarshal([]byte(text), &x); err != nil {
			return nil, httpx.BadRequest("collectui.form.cut")
		}
		it := flatItem{Item: x.Item, inside: x.Inside}
		label := strings.TrimSpace(in.Get(at("label")))
		switch it.Kind {
		case form.Section, form.Repeat:
			it.Title = label
		default:
			it.Label = label
		}
		if in.Has(at("if")) {
			it.Relevant = ""
			if q := in.Get(at("if")); q != "" {
				it.Relevant = fmt.Sprintf("${%s} %s '%s'", q, operator(in.Get(at("op"))), strings.ReplaceAll(in.Get(at("value")), "'", "’"))
			}
		}
		if it.Kind == form.Field {
			it.Help, it.RepeatLast = strings.TrimSpace(in.Get(at("help"))), in.Get(at("last")) != ""
			if free {
				it.Required = in.Get(at("required")) != ""
			}
		}
		if in.Has(at("choices")) {
			it.Choices = readChoices(in.Get(at("choices")))
		}
		if free && in.Has(at("name")) {
			it.Item.Name = strings.TrimSpace(in.Get(at("name")))
		}
		out = append(out, it)
	}
	return out, nil
}

func operator(s string) string {
	if slices.Contains([]string{"=", "!=", ">", "<"}, s) {
		return s
	}
	return "="
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
	list, err := readItems(r.PostForm, f.Free())
	if err != nil {
		return err
	}
	d := *f.Definition
	d.Title, d.Description, d.Screens = r.PostForm.Get("title"), r.PostForm.Get("description"), form.Screens(r.PostForm.Get("screens"))
	open := -1
	act, arg, _ := strings.Cut(r.PostForm.Get("act"), ":")
	n, _ := strconv.Atoi(arg)
	switch {
	case act == "add" && len(list) < maxEdited:
		list = append(list, newItem(ctx, r.PostForm.Get("add")))
		open = len(list) - 1
	case act == "up" && n > 0 && n < len(list):
		list[n-1], list[n] = list[n], list[n-1]
		open = n - 1
	case act == "down" && n >= 0 && n < len(list)-1:
		list[n+1], list[n] = list[n], list[n+1]
		open = n + 1
	case act == "remove" && n >= 0 && n < len(list):
		list = slices.Delete(list, n, n+1)
	default:
		d.Items = nameItems(gather(list))
		return p.keep(w, r, f, &d)
	}
	regroup(list)
	d.Items = gather(list)
	return p.editPage(w, r, f, d, open, http.StatusOK, nil)
}

// regroup puts what follows a section into it.
func regroup(list []flatItem) {
	inside := false
	for i := range list {
		if list[i].Kind == form.Section {
			inside = true
			continue
		}
		list[i].inside = inside
	}
}

func newItem(ctx context.Context, kind string) flatItem {
	switch kind {
	case "section":
		return flatItem{Item: form.Item{Kind: form.Section, Title: ui.T(ctx, "collectui.section")}}
	case "note":
		return flatItem{Item: form.Item{Kind: form.Note, Label: ui.T(ctx, "collectui.note")}}
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
	return flatItem{Item: it}
}

// nameItems gives a column's name to the questions that have none: made from their
// words.
func nameItems(items []form.Item) []form.Item {
	seen := map[string]bool{}
	var walk func(list []form.Item)
	walk = func(list []form.Item) {
		for i := range list {
			it := &list[i]
			if it.Kind == form.Section {
				walk(it.Items)
				continue
			}
			if it.Kind == form.Note || it.Name != "" {
				seen[it.Name] = true
				continue
			}
			base := strings.ReplaceAll(ids.Slug(it.Label), "-", "_")
			if base[0] >= '0' && base[0] <= '9' {
				base = "q_" + base
			}
			it.Name = base
			for n := 2; seen[it.Name]; n++ {
				it.Name = base + "_" + strconv.Itoa(n)
			}
			seen[it.Name] = true
		}
	}
	for i := range items { // the names that are given first
		if items[i].Name != "" {
			seen[items[i].Name] = true
		}
	}
	walk(items)
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
func atQuestions(list []flatItem, problems ui.Problems) ui.Problems {
	for i := range problems {
		p := &problems[i]
		if p.Name == "title" || p.Name == "description" {
			continue
		}
		n := slices.IndexFunc(list, func(x flatItem) bool { return x.Item.Name == p.Name && p.Name != "" })
		if n < 0 {
			p.Name = ""
			continue
		}
		p.Name = fmt.Sprintf("i%d-label", n)
	}
	return problems
}
