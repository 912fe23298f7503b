package collectui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/schema/form"
)

// outlined reads "a s(b r[c] t(d))": sections are s and t, repeats r, the others questions.
func outlined(t *testing.T, text string) []form.Item {
	t.Helper()
	items, rest := readOutline(text)
	if rest != "" {
		t.Fatalf("%q is left of %q", rest, text)
	}
	return items
}

func readOutline(text string) (items []form.Item, rest string) {
	for text != "" {
		c := text[0]
		text = text[1:]
		switch c {
		case ')', ']':
			return items, text
		case ' ':
			continue
		}
		it := form.Item{Kind: form.Field, Name: string(c)}
		if text != "" && (text[0] == '(' || text[0] == '[') {
			it.Kind = map[byte]form.Kind{'(': form.Section, '[': form.Repeat}[text[0]]
			it.Items, text = readOutline(text[1:])
		}
		items = append(items, it)
	}
	return items, ""
}

func writtenOutline(items []form.Item) string {
	var parts []string
	for _, it := range items {
		text := it.Name
		switch it.Kind {
		case form.Section:
			text += "(" + writtenOutline(it.Items) + ")"
		case form.Repeat:
			text += "[" + writtenOutline(it.Items) + "]"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

func at(list []line, name string) int {
	for n, l := range list {
		if l.Name == name {
			return n
		}
	}
	return -1
}

const deep = "a s(b t(c r[d u(e)]) f) g"

func TestOutlineKeepsEveryLevel(t *testing.T) {
	items := outlined(t, deep)
	if diff := cmp.Diff(items, gather(flatten(items))); diff != "" {
		t.Error(diff)
	}
	if got := writtenOutline(gather([]line{{Item: form.Item{Kind: form.Field, Name: "a"}, depth: 3}, {Item: form.Item{Kind: form.Section, Name: "s"}, depth: 1}, {Item: form.Item{Kind: form.Field, Name: "b"}, depth: 5}})); got != "a s(b)" {
		t.Errorf("depths that cannot be: %s", got)
	}
}

// Steps up and down go through every level; a step back undoes a step.
func TestOutlineMoves(t *testing.T) {
	for _, c := range []struct{ from, name, up, down string }{
		{deep, "g", "a s(b t(c r[d u(e)]) f g)", deep},
		{deep, "b", "a b s(t(c r[d u(e)]) f) g", "a s(t(b c r[d u(e)]) f) g"},
		{deep, "f", "a s(b t(c r[d u(e)] f)) g", "a s(b t(c r[d u(e)])) f g"},
		{deep, "e", "a s(b t(c r[d e u()]) f) g", "a s(b t(c r[d u() e]) f) g"},
		{deep, "t", "a s(t(c r[d u(e)]) b f) g", "a s(b f t(c r[d u(e)])) g"},
		{deep, "a", deep, "s(a b t(c r[d u(e)]) f) g"},
		{"a s() b", "b", "a s(b)", "a s() b"},
	} {
		list := flatten(outlined(t, c.from))
		upper, u := up(list, at(list, c.name))
		lower, d := down(list, at(list, c.name))
		if got := writtenOutline(gather(upper)); got != c.up || upper[u].Name != c.name {
			t.Errorf("%s, %s up: %s, want %s", c.from, c.name, got, c.up)
		}
		if got := writtenOutline(gather(lower)); got != c.down || lower[d].Name != c.name {
			t.Errorf("%s, %s down: %s, want %s", c.from, c.name, got, c.down)
		}
		if back, _ := down(upper, u); c.up != c.from && writtenOutline(gather(back)) != c.from {
			t.Errorf("%s, %s up and down: %s", c.from, c.name, writtenOutline(gather(back)))
		}
	}
}

// However items are moved, none is lost, and what is listed is what is kept.
func TestOutlineNeverLoses(t *testing.T) {
	list := flatten(outlined(t, "s(t(u(v(w(x(a)))))) b y[c]"))
	for n := range 400 {
		before := len(list)
		at := n * 7 % len(list)
		switch n % 3 {
		case 0:
			list, _ = up(list, at)
		case 1:
			list, _ = down(list, at)
		default:
			list, _ = into(list, at, n%(len(list)+1)-1)
		}
		seen := map[string]bool{}
		for _, l := range flatten(gather(list)) {
			seen[l.Name] = true
		}
		if len(list) != before || len(seen) != before {
			t.Fatalf("step %d: %s", n, writtenOutline(gather(list)))
		}
		if diff := cmp.Diff(fmt.Sprint(list), fmt.Sprint(flatten(gather(list)))); diff != "" {
			t.Fatalf("step %d: %s", n, diff)
		}
	}
}

func TestOutlineIntoAndOut(t *testing.T) {
	list := flatten(outlined(t, deep))
	for _, c := range []struct{ name, in, want string }{
		{"a", "u", "s(b t(c r[d u(e a)]) f) g"}, {"e", "", "a s(b t(c r[d u()]) f) g e"}, {"t", "", "a s(b f) g t(c r[d u(e)])"},
		{"s", "t", deep}, {"b", "s", deep}, {"a", "b", deep},
	} {
		moved, n := into(list, at(list, c.name), at(list, c.in))
		if got := writtenOutline(gather(moved)); got != c.want || moved[n].Name != c.name {
			t.Errorf("%s into %q: %s, want %s", c.name, c.in, got, c.want)
		}
	}
	for name, want := range map[string]string{"s": "a b t(c r[d u(e)]) f g", "r": "a s(b t(c) f) g", "c": "a s(b t(r[d u(e)]) f) g"} {
		if got := writtenOutline(gather(takeOut(list, at(list, name)))); got != want {
			t.Errorf("without %s: %s, want %s", name, got, want)
		}
	}
	if got := writtenOutline(gather(added(flatten(outlined(t, "a s(b)")), form.Item{Kind: form.Field, Name: "n"}))); got != "a s(b n)" {
		t.Error(got)
	}
}
