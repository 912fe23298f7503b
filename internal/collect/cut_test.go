package collect_test

import (
	"fmt"
	"slices"
	"testing"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/identity"
	"socle/internal/schema/form"
)

// A version is made of the parts of the one before, but for those of which an entry has
// changed; its rows stay in the order of their arrival.
func TestVersionInParts(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		put := func(n, revision int, depth string) {
			o.Helper()
			o.put(as(o.editor), f, collect.Sent{ID: id(n), Revision: revision, Values: form.Values{"nom": fmt.Sprint(n), "profondeur": depth}})
		}
		parts := func() []catalogue.VersionPart {
			o.Helper()
			o.rows(f.Resource)
			v, err := o.catalogue.Version(o.ctx, identity.System("test"), f.Resource, 0)
			o.must(err)
			return v.Parts
		}
		differ := func(a, b []catalogue.VersionPart) (at []int) {
			for i := range max(len(a), len(b)) {
				if i >= len(a) || i >= len(b) || a[i] != b[i] {
					at = append(at, i)
				}
			}
			return at
		}
		for n := 1; n <= 2*part+1; n++ {
			put(n, 0, "1")
		}
		first := parts()
		if len(first) != 3 || first[0].Rows != part || first[2].Rows != 1 {
			t.Fatalf("%+v", first)
		}
		put(part+1, 1, "2") // the first of the second part
		second := parts()
		if at := differ(first, second); !slices.Equal(at, []int{1}) {
			t.Errorf("parts %v were written anew: %+v", at, second)
		}
		_, rows := o.rows(f.Resource)
		if len(rows) != 2*part+1 || rows[part-1] != fmt.Sprintf("%d|1||", part) || rows[part] != fmt.Sprintf("%d|2||", part+1) || rows[2*part] != fmt.Sprintf("%d|1||", 2*part+1) {
			t.Errorf("%d rows: %v", len(rows), rows)
		}
		for n := 1; n <= part; n++ { // all of the first
			revision := 1
			_, err := o.collect.Remove(o.ctx, as(o.editor), f.ID, id(n), revision)
			o.must(err)
		}
		third := parts()
		if at := differ(second[1:], third); len(at) > 0 {
			t.Errorf("a part without rows stays, or others were written: %+v", third)
		}
		put(2*part+2, 0, "3")
		fourth := parts()
		if at := differ(third, fourth); !slices.Equal(at, []int{1}) {
			t.Errorf("the new entry is not in the last part alone: %v of %+v", at, fourth)
		}
		d := *f.Definition
		d.Items = append(slices.Clone(d.Items), form.Item{Kind: form.Field, Name: "note", Label: "Note", Control: form.Text})
		_, err := o.collect.Design(o.ctx, o.editor, f.ID, f.Version, &d)
		o.must(err)
		if at := differ(fourth, parts()); !slices.Equal(at, []int{0, 1}) {
			t.Errorf("with another column, parts %v were written anew", at)
		}
	})
}
