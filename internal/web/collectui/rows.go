package collectui

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"socle/internal/i18n"
	"socle/internal/schema/form"
	"socle/internal/web/ui"
)

// The rows of a repeat on a page. A question in one has the name of its input after the
// rows that it is in, counted from 0: v-arbres[2].nids[0].photo. The input that bears the
// name of the repeat itself says how many rows the page shows.

// rowPrefix stands before the names of what is in row n.
func rowPrefix(prefix, repeat string, n int) string {
	return fmt.Sprintf("%s%s[%d].", prefix, repeat, n)
}

// find is the question at a path, and the one of the form that it is or is in; nil when
// there is none.
func find(items []form.Item, path string) (it, top *form.Item) {
	d := form.Definition{Items: items}
	for it := range d.Fields() {
		rest, ok := strings.CutPrefix(path, it.Name)
		switch {
		case ok && rest == "":
			return it, it
		case ok && it.Kind == form.Repeat:
			if _, inner, ok := row(rest); ok {
				if found, _ := find(it.Items, inner); found != nil {
					return found, it
				}
			}
		}
	}
	return nil, nil
}

// row reads "[2].photo".
func row(rest string) (n int, inner string, ok bool) {
	number, inner, ok := strings.Cut(rest, "].")
	number, opened := strings.CutPrefix(number, "[")
	n, err := strconv.Atoi(number)
	return n, inner, ok && opened && err == nil && n >= 0
}

// rowsOf are the rows of a repeat, from its value.
func rowsOf(text string) (rows []form.Values) {
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return nil
	}
	return rows
}

func putRows(v form.Values, name string, rows []form.Values) {
	b, err := json.Marshal(rows)
	if err != nil || len(rows) == 0 {
		delete(v, name)
		return
	}
	v[name] = string(b)
}

// change adds a row to a repeat or removes one: add:arbres[0].nids, remove:arbres[1].
// Another act leaves the rows as they are.
func change(items []form.Item, v form.Values, act string) {
	what, path, _ := strings.Cut(act, ":")
	switch what {
	case "add":
		changeRows(items, v, path, func(rows []form.Values) []form.Values { return append(rows, form.Values{}) })
	case "remove":
		at := strings.LastIndexByte(path, '[')
		if at < 0 {
			return
		}
		n, _, ok := row(path[at:] + ".")
		if !ok {
			return
		}
		changeRows(items, v, path[:at], func(rows []form.Values) []form.Values {
			if n >= len(rows) {
				return rows
			}
			return append(rows[:n], rows[n+1:]...)
		})
	}
}

func changeRows(items []form.Item, v form.Values, path string, do func([]form.Values) []form.Values) {
	d := form.Definition{Items: items}
	for it := range d.Fields() {
		rest, ok := strings.CutPrefix(path, it.Name)
		if !ok || it.Kind != form.Repeat {
			continue
		}
		rows := rowsOf(v[it.Name])
		if rest == "" {
			putRows(v, it.Name, do(rows))
			return
		}
		if n, inner, ok := row(rest); ok && n < len(rows) {
			changeRows(it.Items, rows[n], inner, do)
			putRows(v, it.Name, rows)
		}
	}
}

// blanks says which rows in which nothing is typed are read.
type blanks int

const (
	noBlanks     blanks = iota // of an entry
	blanksBefore               // those that stand before others: these keep their number
	allBlanks                  // the page is shown again
)

func (r reading) repeat(v form.Values, it *form.Item, prefix string) {
	shown, err := strconv.Atoi(r.form.Get(inputName(prefix + it.Name)))
	if err != nil {
		return
	}
	var rows []form.Values
	last := 0
	for n := range min(shown, form.MaxRepeats) {
		row := r.values(it.Items, rowPrefix(prefix, it.Name, n))
		if len(row) > 0 || r.blanks != noBlanks {
			rows = append(rows, row)
		}
		if len(row) > 0 {
			last = len(rows)
		}
	}
	if r.blanks == blanksBefore {
		rows = rows[:last]
	}
	putRows(v, it.Name, rows)
}

// repeat is a repeat, the item i of its group, with its rows, at least one.
func (f fieldsOf) repeat(it *form.Item, at spot, i int) block {
	path := at.prefix + it.Name
	b := block{Name: inputName(path), Title: it.Title, Level: at.level}
	rows := rowsOf(at.around[0][it.Name])
	least := max(1, it.Min)
	for len(rows) < least {
		rows = append(rows, form.Values{})
	}
	for n, values := range rows {
		r := rowBlock{Blocks: f.blocks(it.Items, at.row(it, i, n, values))}
		if len(rows) > least {
			r.Remove = &ui.Button{Label: ui.T(f.ctx, "collectui.less", i18n.Args{"Number": n + 1}), Icon: "trash-2", Style: ui.Quiet, Submit: true, Name: "act", Value: fmt.Sprintf("remove:%s[%d]", path, n)}
		}
		b.Rows = append(b.Rows, r)
	}
	if most := it.Max; len(rows) < form.MaxRepeats && (most == 0 || len(rows) < most) {
		b.More = &ui.Button{Label: ui.T(f.ctx, "collectui.more"), Icon: "plus", Submit: true, Name: "act", Value: "add:" + path}
	}
	return b
}

// made adds what the form calculates, by input.
func made(to map[string]string, items []form.Item, v form.Values, prefix string) {
	d := form.Definition{Items: items}
	for it := range d.Fields() {
		if it.Kind == form.Repeat {
			for n, row := range rowsOf(v[it.Name]) {
				made(to, it.Items, row, rowPrefix(prefix, it.Name, n))
			}
			continue
		}
		if it.Control == form.Calculated || it.Calculation != "" {
			to[inputName(prefix+it.Name)] = v[it.Name]
		}
	}
}
