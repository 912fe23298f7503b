package form

import (
	"regexp"
	"strings"
)

// The texts of a form (labels, helps, notes, titles of groups) may cite answers:
// "How many trees in ${commune}?". A name that no question has stays as it is written.

// Part is a part of a text: words, or the question whose answer stands there.
type Part struct {
	Words    string
	Question string
}

// cite is a question named in a text, as XLSForm writes it.
var cite = regexp.MustCompile(`\$\{\s*([^{}\s]+)\s*\}`)

// Missing stands for an answer that is not there.
const Missing = "…"

// Parts splits a text at the answers that it cites.
func Parts(text string) (list []Part) {
	at := 0
	for _, m := range cite.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > at {
			list = append(list, Part{Words: text[at:m[0]]})
		}
		list = append(list, Part{Question: text[m[2]:m[3]]})
		at = m[1]
	}
	if at < len(text) {
		list = append(list, Part{Words: text[at:]})
	}
	return list
}

// Cites reports whether a text cites answers.
func Cites(text string) bool { return cite.MatchString(text) }

// Say is a text with the answers that it cites, in words: each is looked for in the
// answers of its instance of a repeated group, then in those around it (near to far).
func (d *Definition) Say(text string, around ...Values) string {
	return cite.ReplaceAllStringFunc(text, func(written string) string {
		name := cite.FindStringSubmatch(written)[1]
		it := deep(d.Items, name)
		if it == nil {
			return written
		}
		for _, v := range around {
			if v[name] != "" {
				return it.InWords(v[name])
			}
		}
		return Missing
	})
}

// deep finds a question wherever it stands.
func deep(items []Item, name string) *Item {
	for i := range items {
		if items[i].Kind != Section && items[i].Name == name {
			return &items[i]
		}
		if it := deep(items[i].Items, name); it != nil {
			return it
		}
	}
	return nil
}

// InWords is an answer as one reads it: choices by their labels.
func (i *Item) InWords(text string) string {
	words := func(value string) string {
		for _, c := range i.Choices {
			if c.Value == value {
				return c.Label
			}
		}
		return value
	}
	if !i.Several() {
		return words(text)
	}
	list := i.List(text)
	for n := range list {
		list[n] = words(list[n])
	}
	return strings.Join(list, ", ")
}
