package collectui

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"socle/internal/cog"
	"socle/internal/collect"
	"socle/internal/markup"
	"socle/internal/proposal"
	"socle/internal/schema/form"
	"socle/internal/web/ui"
)

// block is one item as the page shows it.
type block struct {
	Says     string // names its texts, which cite answers; "" where they cite none
	Name     string // of the input; "" of sections and notes
	Control  string
	Title    string // of sections and repeats
	Level    int
	Field    templ.Component
	Kept     templ.Component // of a file that is there: whether it stays
	Note     templ.Component
	Children []block
	Rows     []rowBlock // of a repeat
	More     *ui.Button
	Last     bool // takes the value of the entry before, in this browser
	Place    bool
	Propose  proposal.Kind // what completes it; ""
}

// rowBlock is one row of a repeat.
type rowBlock struct {
	Blocks []block
	Remove *ui.Button // nil where there must be a row
}

// inputName is the name of an item's input: apart from what the page itself sends.
func inputName(name string) string { return "v-" + name }

// fieldsOf makes the fields of a form.
type fieldsOf struct {
	ctx      context.Context
	form     collect.Form
	asked    *form.Definition // of the form, in the language of who reads it
	values   form.Values
	problems ui.Problems
	zone     *time.Location
	files    []collect.File // that the entry has already
}

func (f fieldsOf) blocks(items []form.Item, at spot) []block {
	var out []block
	for i := range items {
		it := f.told(&items[i], at)
		b := block{}
		switch it.Kind {
		case form.Note:
			b.Note = templ.Raw(markup.HTML(it.Label, at.noteLevel()))
		case form.Section:
			b.Title, b.Level, b.Children = it.Title, at.level, f.blocks(it.Items, at.section(i))
		case form.Repeat:
			b = f.repeat(it, at, i)
		default:
			b = f.field(it, at.prefix, at.around[0][it.Name])
		}
		if cites(&items[i]) {
			b.Says = at.says(i)
		}
		out = append(out, b)
	}
	return out
}

// manyChoices is from how many on a list is a menu instead of buttons.
const manyChoices = 8

func (f fieldsOf) field(it *form.Item, prefix, value string) block {
	name := inputName(prefix + it.Name)
	base := ui.Field{Name: name, Label: it.Label, Help: help(f.ctx, it), Optional: !it.Required && it.Asked(), Error: f.problems.Of(name)}
	b := block{Name: name, Control: string(it.Control), Last: it.RepeatLast}
	in := ui.Input{Field: base, Value: value}
	switch it.Control {
	case form.LongText, form.Shape:
		t := ui.TextArea{Field: base, Value: value, Rows: 4}
		if it.MaxLength != nil {
			t.MaxLength = *it.MaxLength
		}
		b.Field = t
		return b
	case form.YesNo:
		b.Field = ui.Radios{Field: base, Value: value, Row: true, Options: f.yesNo(it)}
		return b
	case form.OneChoice:
		b.Field = f.choice(it, base, value)
		return b
	case form.Choices:
		b.Field = ui.Checkboxes{Field: base, Values: it.List(value), Options: options(it)}
		return b
	case form.Photo, form.File:
		file := ui.FileInput{Field: base}
		if it.Control == form.Photo {
			file.Accept = "image/*"
		}
		if value != "" && slices.ContainsFunc(f.files, func(x collect.File) bool { return x.Name == value }) {
			file.Either = true
			b.Kept = ui.Checkbox{Field: ui.Field{ID: ui.FieldID(name) + "-kept", Name: name, Label: ui.T(f.ctx, "collectui.correct.keep", map[string]any{"Name": value}), Either: true}, Value: value, Checked: true}
		}
		b.Field = file
		return b
	case form.Hidden:
		b.Field = hiddenInput(name, value)
		return b
	}
	f.input(it, &in, &b)
	b.Field = in
	return b
}

// input gives a field of one line its type, keyboard and bounds.
func (f fieldsOf) input(it *form.Item, in *ui.Input, b *block) {
	in.ReadOnly = it.ReadOnly
	example := it.Example
	b.Propose = proposes(it)
	if it.MaxLength != nil {
		in.MaxLength = *it.MaxLength
	}
	switch it.Control {
	case form.Integer, form.Year:
		in.Mode, in.Short = "numeric", true
	case form.Number:
		in.Mode, in.Short = "decimal", true
	case form.Date:
		in.Type, example, in.Min, in.Max = "date", "", it.Minimum, it.Maximum
	case form.Time:
		in.Type, example = "time", ""
	case form.Month:
		in.Type, example, in.Short = "month", "", true
	case form.Datetime:
		in.Type, example, in.Short = "datetime-local", "", true
		if t, err := time.Parse(time.RFC3339, in.Value); err == nil {
			in.Value = t.In(f.zone).Format("2006-01-02T15:04")
		}
	case form.Commune:
		in.Autocomplete = "off"
		if c, ok := cog.Commune(in.Value); ok && b.Propose == proposal.Commune {
			in.Value = c.Name + " (" + c.Code + ")"
		}
	case form.SIRET, form.Address:
		in.Autocomplete = "off"
	case form.Email:
		in.Type, in.Autocomplete = "email", "email"
	case form.Phone:
		in.Type, in.Autocomplete = "tel", "tel"
	case form.URL:
		in.Type = "url"
	case form.Point:
		b.Place = !it.ReadOnly
		in.Value = writtenPlace(it, in.Value)
		example = orElse(example, "1.4442, 43.6045")
	case form.Calculated:
		in.ReadOnly, example = true, ""
	}
	if example != "" {
		in.Placeholder = ui.T(f.ctx, "collectui.placeholder", map[string]any{"Example": example})
	}
}

func help(ctx context.Context, it *form.Item) string {
	text := it.Help
	if it.Control == form.Point {
		text = strings.TrimSpace(text + " " + ui.T(ctx, "collectui.point.help"))
	}
	if it.Example != "" && (it.Control == form.OneChoice || it.Control == form.LongText) {
		text = strings.TrimSpace(text + " " + ui.T(ctx, "collectui.example", map[string]any{"Example": it.Example}))
	}
	return text
}

func options(it *form.Item) []ui.Option {
	out := make([]ui.Option, len(it.Choices))
	for i, c := range it.Choices {
		out[i] = ui.Option{Value: c.Value, Label: c.Label}
	}
	return out
}

func (f fieldsOf) choice(it *form.Item, base ui.Field, value string) templ.Component {
	if len(it.Choices) >= manyChoices {
		return ui.Select{Field: base, Value: value, Empty: ui.T(f.ctx, "collectui.choose"), Options: options(it)}
	}
	list := options(it)
	if !it.Required {
		list = append(list, ui.Option{Value: "", Label: ui.T(f.ctx, "collectui.no-answer")})
	}
	return ui.Radios{Field: base, Value: value, Options: list}
}

func (f fieldsOf) yesNo(it *form.Item) []ui.Option {
	list := []ui.Option{{Value: orElse(it.TrueValue, "true"), Label: ui.T(f.ctx, "collectui.yes")}, {Value: orElse(it.FalseValue, "false"), Label: ui.T(f.ctx, "collectui.no")}}
	if !it.Required {
		list = append(list, ui.Option{Value: "", Label: ui.T(f.ctx, "collectui.no-answer")})
	}
	return list
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// reading turns what a page sent into the values of an entry.
type reading struct {
	form   url.Values
	zone   *time.Location
	blanks blanks
}

func (r reading) values(items []form.Item, prefix string) form.Values {
	v := form.Values{}
	r.into(v, items, prefix)
	return v
}

func (r reading) into(v form.Values, items []form.Item, prefix string) {
	for i := range items {
		it := &items[i]
		switch it.Kind {
		case form.Section:
			r.into(v, it.Items, prefix)
		case form.Repeat:
			r.repeat(v, it, prefix)
		case form.Field:
			if text := r.value(it, r.form[inputName(prefix+it.Name)]); text != "" {
				v[it.Name] = text
			}
		}
	}
}

// value is the text of a cell, from what the control sent.
func (r reading) value(it *form.Item, sent []string) string {
	if len(sent) == 0 {
		return ""
	}
	text := strings.TrimSpace(sent[0])
	switch it.Control {
	case form.Choices:
		joined, err := it.Joins(sent)
		if err != nil {
			return ""
		}
		return joined
	case form.Number:
		plain := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ",", ".").Replace(text)
		if _, err := strconv.ParseFloat(plain, 64); err == nil {
			return plain
		}
	case form.Integer:
		plain := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "").Replace(text)
		if _, err := strconv.ParseInt(plain, 10, 64); err == nil {
			return plain
		}
	case form.Time:
		if len(text) == len("15:04") {
			return text + ":00"
		}
	case form.Datetime:
		for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
			if t, err := time.ParseInLocation(layout, text, r.zone); err == nil {
				return t.UTC().Format(time.RFC3339)
			}
		}
	case form.Point:
		return readPlace(it, text)
	case form.SIRET:
		return strings.ReplaceAll(text, " ", "")
	}
	return text
}
