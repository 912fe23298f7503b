package collect_test

import (
	"slices"
	"testing"

	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/schema/form"
)

// The questions of a free form are put in another order while a grid is open: what it
// writes by place goes nowhere rather than into other columns.
func TestLinesOfOtherColumns(t *testing.T) {
	run(t, func(o *office) {
		asks := func(names ...string) *form.Definition {
			d := &form.Definition{Title: "Puits"}
			for _, n := range names {
				d.Items = append(d.Items, form.Item{Kind: form.Field, Name: n, Label: n, Control: form.Text})
			}
			return d
		}
		f, err := o.collect.Create(o.ctx, o.editor, collect.NewForm{Organisation: o.org, Definition: asks("nom", "commune")})
		o.must(err)
		sch, err := o.collect.Columns(o.ctx, o.editor, f.Resource)
		o.must(err)
		before := collect.LayoutOf(sch)
		put := func(layout collect.Layout, list ...collect.LineChange) error {
			_, _, err := o.collect.PutLines(o.ctx, o.editor, f.Resource, layout, list)
			return err
		}
		line := func(n, revision int, cells ...string) collect.LineChange {
			return collect.LineChange{ID: id(n), Revision: revision, Cells: cells}
		}
		o.must(put(before, line(1, 0, "Puits vieux", "Roques")))
		if p := o.page(f, collect.LineCursor{}, 10); p.Layout != before {
			o.Errorf("the layout is %q and %q", p.Layout, before)
		}

		f, err = o.collect.Design(o.ctx, o.editor, f.ID, f.Version, asks("commune", "nom"))
		o.must(err)
		o.fails(errs.Conflict, put(before, line(1, 1, "Puits neuf", "Roques"), line(2, 0, "Source", "Labège")))
		o.fails(errs.Conflict, put(before, collect.LineChange{ID: id(1), Revision: 1, Removed: true}))
		_, err = o.collect.Lines(o.ctx, o.editor, f.Resource, before, collect.LineCursor{}, 10)
		o.fails(errs.Conflict, err)
		_, err = o.collect.LineHistory(o.ctx, o.editor, f.Resource, before, id(1))
		o.fails(errs.Conflict, err)
		o.hasRows(f.Resource, "Roques|Puits vieux")

		// What is read now is of the columns of now, and written with their layout.
		p := o.page(f, collect.LineCursor{}, 10)
		if len(p.Lines) != 1 || p.Layout == before || !slices.Equal(p.Lines[0].Cells, []string{"Roques", "Puits vieux"}) {
			o.Fatalf("%+v", p)
		}
		o.must(put(p.Layout, line(1, 1, "Roques", "Puits neuf")))

		// Who says nothing of columns means those of now; another count is refused whole.
		o.must(put("", line(2, 0, "Labège", "Source")))
		o.fails(errs.Conflict, put("", line(3, 0, "Toulouse", "Fontaine"), line(4, 0, "Toulouse")))
		o.hasRows(f.Resource, "Roques|Puits neuf", "Labège|Source")

		// A label that changes moves nothing.
		d := asks("commune", "nom")
		d.Items[0].Label = "Commune du puits"
		_, err = o.collect.Design(o.ctx, o.editor, f.ID, f.Version, d)
		o.must(err)
		o.must(put(p.Layout, line(2, 1, "Labège", "Source froide")))
	})
}
