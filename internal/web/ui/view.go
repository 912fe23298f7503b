package ui

import (
	"context"
	"strconv"

	"github.com/a-h/templ"
)

// Kind is one of the four meanings of colour; Plain has none.
type Kind string

const (
	Plain       Kind = ""
	Good        Kind = "good"
	LookHere    Kind = "look-here"
	Wrong       Kind = "wrong"
	Information Kind = "information"
)

func (k Kind) icon() Icon {
	switch k {
	case Good:
		return "circle-check"
	case LookHere:
		return "triangle-alert"
	case Wrong:
		return "circle-alert"
	}
	return "info"
}

func (k Kind) class(base string) string {
	if k == Plain {
		return base
	}
	return base + " " + base + "-" + string(k)
}

// HX is what htmx adds to a control that also works without it.
type HX struct {
	Get, Post string // address asked; one of them
	Target    string // CSS selector of what is replaced
	Swap      string // how: "outerHTML", "innerHTML"…
	Trigger   string // when: "change", "keyup changed delay:300ms"…
	Select    string // the part of the answer that is taken
	Include   string // further fields sent
	Sync      string // what becomes of a request that another overtakes: "this:replace"…
	PushURL   bool   // the state becomes the address
}

func (h HX) attrs(ctx context.Context) templ.OrderedAttributes {
	var a templ.OrderedAttributes
	add := func(k, v string) {
		if v != "" {
			a = append(a, templ.KeyValue[string, any]{Key: k, Value: v})
		}
	}
	add("hx-get", Address(LangOf(ctx), h.Get))
	add("hx-post", Address(LangOf(ctx), h.Post))
	add("hx-target", h.Target)
	add("hx-swap", h.Swap)
	add("hx-trigger", h.Trigger)
	add("hx-select", h.Select)
	add("hx-include", h.Include)
	add("hx-sync", h.Sync)
	if h.PushURL {
		add("hx-push-url", "true")
	}
	return a
}

// ButtonStyle is the weight of a button: one primary button per screen.
type ButtonStyle string

const (
	Secondary ButtonStyle = ""
	Primary   ButtonStyle = "primary"
	Quiet     ButtonStyle = "quiet"
	Danger    ButtonStyle = "danger" // destroys something: say what in a Dialog
)

// Button is an act, named by its verb. With Href it is a link of that look, else a
// <button>: Submit of its form, or Opens of a dialog.
type Button struct {
	Label    string
	Icon     Icon
	Style    ButtonStyle
	Href     string // a page; with Opens, the page that asks the same without a script
	Opens    string // id of a Dialog
	Submit   bool
	Form     string // id of the form, when the button stands outside it
	Name     string
	Value    string
	Disabled bool
	Download bool // the link gives a file
	HX       HX
}

func (b Button) class() string {
	if b.Style == Secondary {
		return "button"
	}
	return "button button-" + string(b.Style)
}

func (b Button) kind() string {
	if b.Submit {
		return "submit"
	}
	return "button"
}

// Link is a link with an icon. External opens another site, and says so.
type Link struct {
	Label    string
	Href     string
	Icon     Icon
	Icon2    Icon // after the label: "arrow-right" for "more"
	Language string
	External bool
}

// More is a link that leads further.
func More(label, href string) Link { return Link{Label: label, Href: href, Icon2: "arrow-right"} }

// Menu is a button that unfolds links; its children come after the Items.
type Menu struct {
	Label string
	Icon  Icon
	Items []Link
	Start bool // unfolds towards the end of the line instead of its start
	Tool  bool // looks like a word of the header, not like a button
}

// Fold is what would push the content off a narrow screen: closed there until it is
// asked for, always open on a wide one. Its children are the content.
type Fold struct {
	Label string
	Icon  Icon
	Open  bool // on narrow screens too
}

// Crumb is a step of the way to a page; the last one is the page itself.
type Crumb struct{ Label, Href string }

// PageHead opens a page: its title is the only h1.
type PageHead struct {
	Picture string // address of a logo, "" without
	Eyebrow string
	Title   string
	Lead    string
	Badges  []Badge
	Actions []Button
}

// Field is what all fields of a form share.
type Field struct {
	Name     string
	Label    string
	Help     string
	Error    string // Problems.Of(Name)
	Optional bool
	Either   bool // it or another field is needed: neither required nor said optional
	Disabled bool
	ID       string // "f-" + Name unless said
}

func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return FieldID(f.Name)
}

// FieldID is the id of the field of a name, for links to it.
func FieldID(name string) string { return "f-" + name }

func (f Field) class() string {
	if f.Error != "" {
		return "field field-wrong"
	}
	return "field"
}

func (f Field) describedBy() string {
	s := ""
	if f.Help != "" {
		s = f.id() + "-help"
	}
	if f.Error != "" {
		if s != "" {
			s += " "
		}
		s += f.id() + "-error"
	}
	return s
}

func (f Field) attrs() templ.OrderedAttributes {
	a := templ.OrderedAttributes{{Key: "id", Value: f.id()}, {Key: "name", Value: f.Name}}
	if d := f.describedBy(); d != "" {
		a = append(a, templ.KeyValue[string, any]{Key: "aria-describedby", Value: d})
	}
	if f.Error != "" {
		a = append(a, templ.KeyValue[string, any]{Key: "aria-invalid", Value: "true"})
	}
	if !f.Optional && !f.Either {
		a = append(a, templ.KeyValue[string, any]{Key: "required", Value: true})
	}
	if f.Disabled {
		a = append(a, templ.KeyValue[string, any]{Key: "disabled", Value: true})
	}
	return a
}

// Input is a field of one line. Type is that of HTML: "text" (default), "email",
// "password", "url", "number", "date", "time", "tel", "search".
type Input struct {
	Field
	Type         string
	Value        string
	Placeholder  string // an example, never the label
	Autocomplete string // "email", "current-password", "new-password"…
	Mode         string // keyboard of a phone: "numeric", "decimal"
	Min          string
	Max          string
	Step         string
	Unit         string // after the field: "€", "ha"
	MaxLength    int
	Short        bool
	ReadOnly     bool
	Autofocus    bool
	Suggestions  []string
	HX           HX
}

func (i Input) kind() string {
	if i.Type == "" {
		return "text"
	}
	return i.Type
}

func (i Input) class() string {
	switch {
	case i.kind() == "number":
		return "input input-number"
	case i.Short || i.kind() == "date" || i.kind() == "time":
		return "input input-short"
	}
	return "input"
}

func (i Input) extra() templ.OrderedAttributes {
	var a templ.OrderedAttributes
	for _, kv := range [][2]string{{"placeholder", i.Placeholder}, {"autocomplete", i.Autocomplete}, {"inputmode", i.Mode}, {"min", i.Min}, {"max", i.Max}, {"step", i.Step}} {
		if kv[1] != "" {
			a = append(a, templ.KeyValue[string, any]{Key: kv[0], Value: kv[1]})
		}
	}
	if i.MaxLength > 0 {
		a = append(a, templ.KeyValue[string, any]{Key: "maxlength", Value: strconv.Itoa(i.MaxLength)})
	}
	if len(i.Suggestions) > 0 {
		a = append(a, templ.KeyValue[string, any]{Key: "list", Value: i.id() + "-list"})
	}
	return a
}

// TextArea is a field of several lines.
type TextArea struct {
	Field
	Value     string
	Rows      int
	MaxLength int
}

// Option is a choice of a Select, Radios or Checkboxes.
type Option struct {
	Value, Label, Help string

	Group string // of a Select: options of one group that follow each other are under its label
}

// Select is a choice in a long list; Empty is the label of "nothing chosen".
type Select struct {
	Field
	Value   string
	Empty   string
	Options []Option
	HX      HX
}

// optionGroup is a run of options with one label, "" for none.
type optionGroup struct {
	label   string
	options []Option
}

func (s Select) groups() (out []optionGroup) {
	for i, o := range s.Options {
		if i == 0 || o.Group != s.Options[i-1].Group {
			out = append(out, optionGroup{label: o.Group})
		}
		g := &out[len(out)-1]
		g.options = append(g.options, o)
	}
	return out
}

// Radios is a choice of one among a few.
type Radios struct {
	Field
	Value   string
	Options []Option
	Row     bool
}

// Checkboxes is a choice of any among a few, all of one name.
type Checkboxes struct {
	Field
	Values  []string
	Options []Option
	Row     bool
}

// Checkbox is a yes or no. Its Value is "1" unless said.
type Checkbox struct {
	Field
	Value   string
	Checked bool
}

// FileInput takes files; they can be dropped on it. Large makes it the page's subject.
type FileInput struct {
	Field
	Accept   string // ".csv,.xlsx"
	Multiple bool
	Large    bool
}

// Form sends to Action; a summary of its problems comes first. Children are its
// fields and buttons.
type Form struct {
	ID       string
	Action   string
	Get      bool // the state becomes an address
	Files    bool
	Wide     bool
	Problems Problems
	HX       HX
}

func (f Form) method() string {
	if f.Get {
		return "get"
	}
	return "post"
}

func (f Form) attrs() templ.OrderedAttributes {
	var a templ.OrderedAttributes
	if f.ID != "" {
		a = append(a, templ.KeyValue[string, any]{Key: "id", Value: f.ID})
	}
	if f.Files {
		a = append(a, templ.KeyValue[string, any]{Key: "enctype", Value: "multipart/form-data"})
	}
	return a
}

// Search is a search field; Action is its page.
type Search struct {
	ID     string // unique on the page
	Action string
	Name   string // "q" unless said
	Value  string
	Label  string // ui.search.label unless said
	// Suggest is the address that says what may be meant by the beginning q of a
	// query (groups of links); "" for none.
	Suggest string
	Large   bool
}

// Notice says something between the parts of a page; children come after Text.
type Notice struct {
	Kind  Kind
	Title string
	Text  string
	Live  bool // announced to screen readers when it appears
}

// Badge is a state in a word.
type Badge struct {
	Label string
	Kind  Kind
	Icon  Icon
	Href  string // where it leads; "" for nowhere
}

// Empty is a list without entries: what would be there, and the next step.
type Empty struct {
	Icon    Icon
	Title   string
	Text    string
	Actions []Button
}

// Skeleton holds the place of what is being fetched; it appears after 300 ms.
type Skeleton struct{ Lines int }

// Progress of long work. Max 0: how much is left is unknown. With Poll, the answer
// of that address replaces it each second (htmx), and a link does without a script.
type Progress struct {
	ID     string
	Label  string
	Detail string // "12 000 lignes sur 60 000"
	Value  int64
	Max    int64
	Poll   string
}

// StepState of the publishing path.
type StepState string

const (
	StepToDo    StepState = ""
	StepDone    StepState = "done"
	StepCurrent StepState = "current"
	StepWrong   StepState = "wrong"
)

// Step of a path; with Href one can go there.
type Step struct {
	Label string
	Href  string
	State StepState
}

// Steps shows where one is on a path that can be left and resumed.
type Steps struct {
	Label string
	Steps []Step
}

// Tab is an address of a part of a page.
type Tab struct {
	Label   string
	Href    string
	Icon    Icon
	Current bool
}

// Tabs are links: each part has its address.
type Tabs struct {
	Label string
	Tabs  []Tab
}

// Dialog asks something before going on; a Button with Opens shows it. Children
// are its content, with buttons in <form method="dialog"> to leave.
type Dialog struct {
	ID    string
	Title string
	Open  bool // shown on load, for pages that ask without a script
}

// Fact is a short property of an item; Icon may be "".
type Fact struct {
	Icon Icon
	Text string
}

// Facts is a line of facts.
type Facts []Fact

// Item is an entry of a list: title, one sentence, facts.
type Item struct {
	Eyebrow string
	Title   string
	Href    string
	Text    string
	Badges  []Badge
	Facts   []Fact
	Actions []Button
}

// Items is a list of entries parted by lines. Level is that of the titles: 2 or 3.
type Items struct {
	Items []Item
	Level int
}

// Card is one entry of a grid; the whole of it is the link. A Door has a pictogram
// and leads to a part of the site.
type Card struct {
	Title  string
	Level  int // of its heading: 2, or 3
	Href   string
	Text   string
	Icon   Icon
	Badges []Badge
	Facts  []Fact
}

// KeyValue is a line of KeyValues; Content replaces Value.
type KeyValue struct {
	Key     string
	Value   string
	Content templ.Component
}

// KeyValues is a list of properties.
type KeyValues struct {
	Rows   []KeyValue
	Narrow bool // in a side column: each value under its key
}

// Code is a block of code that can be copied. ID must be unique on the page.
type Code struct {
	ID    string
	Title string
	Text  string
}

// Chip is a filter said as a sentence; its link removes it.
type Chip struct{ Label, RemoveHref string }

// Chips are the filters in force.
type Chips struct{ Chips []Chip }

// FacetItem is a value of a facet with how many entries it has.
type FacetItem struct {
	Label   string
	Href    string
	Count   int64
	Current bool
}

// Facet narrows a search by one property.
type Facet struct {
	Title string
	Items []FacetItem
	More  Link
}

// Pages are links to the pages of a list. Href gives the address of a page, from 1.
type Pages struct {
	Current int
	Last    int
	Href    func(page int) string
	Summary string // "Résultats 21 à 40 sur 1 243"
}

// numbers lists the pages shown: first, last, the neighbours; 0 is a gap.
func (p Pages) numbers() []int {
	var out []int
	for n := 1; n <= p.Last; n++ {
		near := n >= p.Current-1 && n <= p.Current+1
		switch {
		case n == 1 || n == p.Last || near:
			out = append(out, n)
		case n == p.Current-2 && n == 2 || n == p.Current+2 && n == p.Last-1: // a gap of one page is that page
			out = append(out, n)
		case out[len(out)-1] != 0:
			out = append(out, 0)
		}
	}
	return out
}

// Basemap is the picture under the maps: the address of its tiles, with {z}, {x} and
// {y}, and who made it. The zero value is none: maps have a plain ground.
type Basemap struct{ URL, Attribution string }
