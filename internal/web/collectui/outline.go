package collectui

import (
	"slices"

	"socle/internal/schema/form"
)

// line is an item as the editor lists it: what is in a section or a repeat follows it,
// one step deeper.
type line struct {
	form.Item // without what is in it
	depth     int
	number    int // of the line on the page that was sent
}

// holds reports whether other items may be in an item.
func holds(it *form.Item) bool { return it.Kind == form.Section || it.Kind == form.Repeat }

func flatten(items []form.Item) []line { return flattened(nil, items, 0) }

func flattened(out []line, items []form.Item, depth int) []line {
	for _, it := range items {
		inside := it.Items
		it.Items = nil
		out = flattened(append(out, line{Item: it, depth: depth}), inside, depth+1)
	}
	return out
}

// gather is flatten backwards. What is deeper than what stands before it allows comes
// as deep as that does.
func gather(list []line) []form.Item {
	items, _ := gatherFrom(list, 0)
	return items
}

func gatherFrom(list []line, depth int) (items []form.Item, rest []line) {
	for len(list) > 0 && list[0].depth >= depth {
		it := list[0].Item
		list = list[1:]
		if holds(&it) {
			it.Items, list = gatherFrom(list, depth+1)
		}
		items = append(items, it)
	}
	return items, list
}

// end is behind the last line that is in the item of line n: list[n:end] is the item
// with all that is in it.
func end(list []line, n int) int {
	for i := n + 1; i < len(list); i++ {
		if list[i].depth <= list[n].depth {
			return i
		}
	}
	return len(list)
}

// parent is the line of the section or repeat that holds line n, -1 for none.
func parent(list []line, n int) int {
	for i := n - 1; i >= 0; i-- {
		if list[i].depth < list[n].depth {
			return i
		}
	}
	return -1
}

// repeatOf is the line of the innermost repeat that line n is in, -1 for none.
func repeatOf(list []line, n int) int {
	for n = parent(list, n); n >= 0 && list[n].Kind != form.Repeat; n = parent(list, n) {
	}
	return n
}

// put takes the item of line n, with what is in it, to the line before which it is to
// stand, as many steps deeper; it returns where it is then.
func put(list []line, n, before, deeper int) ([]line, int) {
	stop := end(list, n)
	block := slices.Clone(list[n:stop])
	for i := range block {
		block[i].depth += deeper
	}
	if before >= stop {
		before -= len(block)
	}
	list = slices.Delete(slices.Clone(list), n, stop)
	return slices.Insert(list, before, block...), before
}

// fits reports whether the item of line n may be one step deeper.
func fits(list []line, n int) bool {
	for _, l := range list[n:end(list, n)] {
		if l.depth >= form.MaxDepth {
			return false
		}
	}
	return true
}

// up takes the item of line n one step up: before its neighbour, to the end of the
// section that stands before it, or out of the one that it begins.
func up(list []line, n int) ([]line, int) {
	if n <= 0 || n >= len(list) {
		return list, n
	}
	depth, before := list[n].depth, n-1
	if list[before].depth < depth {
		return put(list, n, before, -1)
	}
	for list[before].depth > depth {
		before--
	}
	if holds(&list[before].Item) && fits(list, n) {
		return put(list, n, n, 1)
	}
	return put(list, n, before, 0)
}

// down is up backwards.
func down(list []line, n int) ([]line, int) {
	if n < 0 || n >= len(list) {
		return list, n
	}
	next := end(list, n)
	switch {
	case next < len(list) && list[next].depth == list[n].depth:
		if holds(&list[next].Item) && fits(list, n) {
			return put(list, n, next+1, 1)
		}
		return put(list, n, end(list, next), 0)
	case list[n].depth > 0:
		return put(list, n, next, -1)
	}
	return list, n
}

// into takes the item of line n to the end of the section or repeat of line in, -1 for
// the end of the form. It stays when it is there, or would be in itself.
func into(list []line, n, in int) ([]line, int) {
	switch {
	case in == parent(list, n) || in >= n && in < end(list, n):
		return list, n
	case in < 0:
		return put(list, n, len(list), -list[n].depth)
	case in >= len(list) || !holds(&list[in].Item):
		return list, n
	}
	return put(list, n, end(list, in), list[in].depth+1-list[n].depth)
}

// takeOut removes the item of line n. What is in a section stays, in its place; what is
// in a repeat goes with it.
func takeOut(list []line, n int) []line {
	list = slices.Clone(list)
	stop := end(list, n)
	if list[n].Kind == form.Repeat {
		return slices.Delete(list, n, stop)
	}
	for i := n + 1; i < stop; i++ {
		list[i].depth--
	}
	return slices.Delete(list, n, n+1)
}

// added puts a new item at the end: into the section that ends the form, when there is
// one and the item is none itself.
func added(list []line, it form.Item) []line {
	depth := 0
	for n := len(list) - 1; n >= 0 && it.Kind != form.Section; n-- {
		if list[n].depth == 0 {
			if list[n].Kind == form.Section {
				depth = 1
			}
			break
		}
	}
	return append(list, line{Item: it, depth: depth})
}
