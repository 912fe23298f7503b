package collectui

import (
	"fmt"

	"github.com/a-h/templ"

	"socle/internal/markup"
	"socle/internal/schema/form"
)

// spot is where items stand in a form that is filled in.
type spot struct {
	prefix string        // before the names of fields: "trees[0]."
	place  string        // of the group among the items of the form: "2.0."
	around []form.Values // the answers of this instance of a repeated group, then those around it
	level  int           // of headings
}

func (at spot) section(i int) spot {
	at.place, at.level = fmt.Sprintf("%s%d.", at.place, i), at.level+1
	return at
}

func (at spot) row(it *form.Item, i, n int, row form.Values) spot {
	return spot{rowPrefix(at.prefix, it.Name, n), fmt.Sprintf("%s%d[%d].", at.place, i, n), append([]form.Values{row}, at.around...), at.level + 1}
}

// says names the texts of an item: items may have no name themselves.
func (at spot) says(i int) string { return fmt.Sprintf("%s%d", at.place, i) }

// noteLevel is the level of the first headings in a note.
func (at spot) noteLevel() int { return min(at.level+1, 5) }

// said are the texts of an item that cites answers, as they are now.
type said struct {
	Label string `json:"label,omitempty"` // of a field, or the title of a group
	Help  string `json:"help,omitempty"`
	Note  string `json:"note,omitempty"` // HTML
}

func cites(it *form.Item) bool {
	return form.Cites(it.Title) || form.Cites(it.Label) || form.Cites(it.Help)
}

// says marks an element whose texts cite answers.
func says(name string) templ.OrderedAttributes {
	if name == "" {
		return nil
	}
	return templ.OrderedAttributes{{Key: "data-says", Value: name}}
}

// told is an item with the answers that its texts cite.
func (f fieldsOf) told(it *form.Item, at spot) *form.Item {
	if !cites(it) {
		return it
	}
	out, d := *it, f.asked
	out.Title, out.Label, out.Help = d.Say(it.Title, at.around...), d.Say(it.Label, at.around...), d.Say(it.Help, at.around...)
	return &out
}

// says collects the texts that cite answers, by their names.
func (f fieldsOf) says(out map[string]said, items []form.Item, at spot) {
	for i := range items {
		it := f.told(&items[i], at)
		if cites(&items[i]) {
			s := said{Label: orElse(it.Title, it.Label), Help: help(f.ctx, it)}
			if it.Kind == form.Note {
				s = said{Note: markup.HTML(it.Label, at.noteLevel())}
			}
			out[at.says(i)] = s
		}
		switch it.Kind {
		case form.Section:
			f.says(out, it.Items, at.section(i))
		case form.Repeat:
			for n, row := range rowsOf(at.around[0][it.Name]) {
				f.says(out, it.Items, at.row(it, i, n, row))
			}
		}
	}
}
