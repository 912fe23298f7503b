package collect_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/schema/form"
)

// lines writes rows of the wells' table and gives what came back, in words.
func (o *office) lines(f collect.Form, list ...collect.LineChange) []string {
	o.Helper()
	out, _, err := o.collect.PutLines(o.ctx, o.editor, f.Resource, "", list)
	o.must(err)
	told := make([]string, len(out))
	for i, x := range out {
		told[i] = o.told(x.Line)
		if x.Err != nil {
			told[i] += fmt.Sprint(" ", errs.KindOf(x.Err))
		}
	}
	return told
}

// page reads rows of the wells' table after a cursor.
func (o *office) page(f collect.Form, after collect.LineCursor, limit int) collect.LinePage {
	o.Helper()
	p, err := o.collect.Lines(o.ctx, o.helper, f.Resource, "", after, limit)
	o.must(err)
	return p
}

func (o *office) removed(f collect.Form, after collect.LineCursor, limit int) collect.LinePage {
	o.Helper()
	p, err := o.collect.RemovedLines(o.ctx, o.helper, f.Resource, "", after, limit)
	o.must(err)
	return p
}

func (o *office) told(l *collect.Line) string {
	if l == nil {
		return "nothing"
	}
	s := fmt.Sprintf("%s r%d %s", l.ID[33:], l.Revision, strings.Join(l.Cells, "|"))
	if l.Removed {
		s += " removed"
	}
	for _, x := range l.Faults {
		message, hint := x.Message(i18n.French)
		if message == "" || hint == "" {
			o.Errorf("a fault of column %d says %q, %q", x.Column, message, hint)
		}
		s += fmt.Sprintf(" !%d", x.Column)
		if x.Repair != nil {
			s += "→" + x.Repair.Value
		}
	}
	return s
}

func (o *office) same(got []string, want ...string) {
	o.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		o.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLines(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		sch, err := o.collect.Columns(o.ctx, o.editor, f.Resource)
		o.must(err)
		if n := len(sch.Fields); n != 4 {
			o.Fatalf("%d columns: %s", n, sch.JSON())
		}
		line := func(n, revision int, cells ...string) collect.LineChange {
			return collect.LineChange{ID: id(n), Revision: revision, Cells: append(cells, "", "", "")[:4]}
		}
		// What is wrong is kept, told by cell with what it could be, and in no version.
		o.same(o.lines(f, line(1, 0, "Puits vieux", "12.5"), line(2, 0, "Puits neuf", "3,5 m"), line(3, 0, "", "4")),
			"001 r1 Puits vieux|12.5||", "002 r1 Puits neuf|3,5 m|| !1→3.5", "003 r1 |4|| !0")
		o.hasRows(f.Resource, "Puits vieux|12.5||")
		// Mended, it is in.
		o.same(o.lines(f, line(2, 1, "Puits neuf", "3.5")), "002 r2 Puits neuf|3.5||")
		o.hasRows(f.Resource, "Puits vieux|12.5||", "Puits neuf|3.5||")
		// A name that another row has.
		o.same(o.lines(f, line(3, 1, "Puits neuf", "4")), "003 r2 Puits neuf|4|| !0")
		o.same(o.lines(f, line(3, 2, "Puits d’en bas", "4")), "003 r3 Puits d’en bas|4||")
		// The same again is the same; another revision is a conflict that tells the row.
		o.same(o.lines(f, line(3, 2, "Puits d’en bas", "4")), "003 r3 Puits d’en bas|4||")
		o.same(o.lines(f, line(3, 1, "Puits d’en haut", "4")), "003 r3 Puits d’en bas|4|| conflict")
		// Removed, and taken back.
		o.same(o.lines(f, collect.LineChange{ID: id(1), Revision: 1, Removed: true}), "001 r2 Puits vieux|12.5|| removed")
		o.hasRows(f.Resource, "Puits neuf|3.5||", "Puits d’en bas|4||")
		removed := o.removed(f, collect.LineCursor{}, 10)
		if len(removed.Lines) != 1 || removed.Lines[0].Changer != "person:editor" || o.told(&removed.Lines[0]) != "001 r2 Puits vieux|12.5|| removed" {
			o.Errorf("removed: %+v", removed)
		}
		o.same(o.lines(f, line(1, 2, "Puits vieux", "12.5")), "001 r3 Puits vieux|12.5||")
		if removed = o.removed(f, collect.LineCursor{}, 10); len(removed.Lines) != 0 || removed.More {
			o.Errorf("removed: %+v", removed)
		}
		o.hasRows(f.Resource, "Puits vieux|12.5||", "Puits neuf|3.5||", "Puits d’en bas|4||")
		o.same(o.lines(f, collect.LineChange{ID: id(9), Revision: 1, Removed: true}), "nothing not-found")

		history, err := o.collect.LineHistory(o.ctx, o.editor, f.Resource, "", id(3))
		o.must(err)
		var told []string
		for _, h := range history {
			told = append(told, fmt.Sprintf("%d %s %t", h.Number, strings.Join(h.Cells, "|"), h.Removed))
		}
		o.same(told, "3 Puits d’en bas|4|| false", "2 Puits neuf|4|| false", "1 |4|| false")

		// A page, then what changed since.
		list := o.page(f, collect.LineCursor{}, 2)
		rest := o.page(f, list.Next, 2)
		if len(list.Lines) != 2 || !list.More || len(rest.Lines) != 1 {
			o.Errorf("pages of %d (more %t) and %d", len(list.Lines), list.More, len(rest.Lines))
		}
		if list.Lines[0].ID != id(1) || list.Lines[1].ID != id(2) || rest.Lines[0].ID != id(3) { // as they came, whenever they were changed
			o.Errorf("%s, %s, %s", list.Lines[0].ID, list.Lines[1].ID, rest.Lines[0].ID)
		}
		o.lines(f, line(2, 2, "Puits neuf", "0"))
		if news := o.page(f, rest.Next, 100); len(news.Lines) != 1 || news.More || o.told(&news.Lines[0]) != "002 r3 Puits neuf|0||" {
			o.Errorf("news: %v", news)
		}

		_, err = o.collect.Lines(o.ctx, o.stranger, f.Resource, "", collect.LineCursor{}, 10)
		o.fails(errs.NotFound, err)
		_, _, err = o.collect.PutLines(o.ctx, o.stranger, f.Resource, "", []collect.LineChange{line(1, 3, "mine")})
		o.fails(errs.NotFound, err)
		_, _, err = o.collect.PutLines(o.ctx, o.nobody, f.Resource, "", []collect.LineChange{line(1, 3, "mine")})
		if err == nil {
			o.Error("nobody writes")
		}
	})
}

// Removed rows are found long after, the last one first, by members.
func TestRemovedLines(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		var all, gone []collect.LineChange
		for n := range 5 {
			all = append(all, collect.LineChange{ID: id(n), Cells: []string{fmt.Sprint("Puits ", n), "1", "", ""}})
		}
		for _, n := range []int{3, 0, 4} {
			gone = append(gone, collect.LineChange{ID: id(n), Revision: 1, Removed: true})
		}
		o.lines(f, all...)
		o.lines(f, gone...)
		o.lines(f, collect.LineChange{ID: id(1), Revision: 1, Cells: []string{"Puits neuf", "1", "", ""}})
		first := o.removed(f, collect.LineCursor{}, 2)
		rest := o.removed(f, first.Next, 2)
		var told []string
		for _, l := range append(first.Lines, rest.Lines...) {
			told = append(told, o.told(&l))
		}
		o.same(told, "004 r2 Puits 4|1|| removed", "000 r2 Puits 0|1|| removed", "003 r2 Puits 3|1|| removed")
		if !first.More || rest.More || first.Layout == "" {
			o.Errorf("%+v, %+v", first, rest)
		}
		// Meanwhile another row took its name: it comes back, to be corrected.
		o.lines(f, collect.LineChange{ID: id(7), Cells: []string{"Puits 4", "1", "", ""}})
		o.same(o.lines(f, collect.LineChange{ID: id(4), Revision: 2, Cells: first.Lines[0].Cells}), "004 r3 Puits 4|1|| !0")
		o.hasRows(f.Resource, "Puits neuf|1||", "Puits 2|1||", "Puits 4|1||")
		_, err := o.collect.RemovedLines(o.ctx, o.stranger, f.Resource, "", collect.LineCursor{}, 10)
		o.fails(errs.NotFound, err)
		_, err = o.collect.RemovedLines(o.ctx, o.editor, f.Resource, "another", collect.LineCursor{}, 10)
		o.fails(errs.Conflict, err)
	})
}

func TestLineCursor(t *testing.T) {
	for _, c := range []collect.LineCursor{{}, {Seq: 12}, {Seq: 12, Place: 7}} {
		if got, ok := collect.ParseLineCursor(c.String()); !ok || got != c {
			t.Errorf("%v is written %q and read %v", c, c, got)
		}
	}
	for _, text := range []string{"", "-", "1-", "-1", "0-4", "a", "1-2-3", "+1", "01", "-1-2", "99999999999999999999"} {
		if c, ok := collect.ParseLineCursor(text); ok {
			t.Errorf("%q is read as %v", text, c)
		}
	}
}

// Rows that are changed, added and removed while a grid lists them: it misses nothing,
// and is told in which changes there are only its own.
func TestLinesWhileListed(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		line := func(n, revision int, name string) collect.LineChange {
			return collect.LineChange{ID: id(n), Revision: revision, Cells: []string{name, "1", "", ""}}
		}
		put := func(list ...collect.LineChange) collect.LineSpan {
			o.Helper()
			_, span, err := o.collect.PutLines(o.ctx, o.editor, f.Resource, "", list)
			o.must(err)
			return span
		}
		put(line(1, 0, "A"), line(2, 0, "B"), line(3, 0, "C"), line(4, 0, "D"))
		page := o.page(f, collect.LineCursor{}, 2)
		if len(page.Lines) != 2 || !page.More {
			o.Fatalf("%d rows, more %t", len(page.Lines), page.More)
		}
		put(line(1, 1, "A2"), collect.LineChange{ID: id(2), Revision: 1, Removed: true}, line(5, 0, "E"))
		seen := map[string]string{id(1): "A", id(2): "B"}
		for page.More {
			page = o.page(f, page.Next, 2)
			for _, l := range page.Lines {
				if seen[l.ID] = l.Cells[0]; l.Removed {
					delete(seen, l.ID)
				}
			}
		}
		if got := fmt.Sprint(seen[id(1)], seen[id(3)], seen[id(4)], seen[id(5)], len(seen)); got != "A2CDE4" {
			o.Errorf("the grid has %v", seen)
		}
		// One's own changes begin where the list ended, and nobody else's is among them.
		span := put(line(1, 2, "A3"), collect.LineChange{ID: id(3), Revision: 1, Removed: true})
		if at := page.Next; at.Place != 0 || span.After != at.Seq || span.Next <= span.After {
			o.Errorf("%+v after %v", span, at)
		}
		if page = o.page(f, collect.LineCursor{Seq: span.Next}, 10); len(page.Lines) != 0 || page.More {
			o.Errorf("%d changes after one's own", len(page.Lines))
		}
		if next := put(line(4, 1, "D2")); next.After != span.Next {
			o.Errorf("%+v after %+v", next, span)
		}
	})
}

func TestManyLines(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		var list []collect.LineChange
		for n := range 1200 {
			list = append(list, collect.LineChange{ID: id(n), Cells: []string{fmt.Sprintf("Puits %d", n%1199), "1", "", ""}})
		}
		list = append(list, list[0]) // twice in one list
		out, _, err := o.collect.PutLines(o.ctx, o.editor, f.Resource, "", list)
		o.must(err)
		faults := 0
		for i, x := range out {
			if x.Err != nil || x.Line == nil {
				if i != 0 || x.Err != nil { // the row of a line sent twice is told once
					o.Fatalf("row %d: %v, %v", i, x.Line, x.Err)
				}
				continue
			}
			faults += len(x.Line.Faults)
		}
		if faults != 1 {
			o.Errorf("%d faults, want that of the name that comes twice", faults)
		}
		if _, rows := o.rows(f.Resource); len(rows) != 1199 {
			o.Errorf("%d rows in the version, want 1199", len(rows))
		}
	})
}

// Rows without a key, more than one statement inserts, of which one comes twice and is
// mended by the second.
func TestManyLinesWithoutKey(t *testing.T) {
	run(t, func(o *office) {
		d := &form.Definition{Title: "Relevés", Description: "Les relevés.", Items: []form.Item{
			{Kind: form.Field, Name: "lieu", Label: "Lieu", Control: form.Point},
			{Kind: form.Field, Name: "hauteur", Label: "Hauteur", Control: form.Number, Required: true},
		}}
		f, err := o.collect.Create(o.ctx, o.editor, collect.NewForm{Organisation: o.org, Definition: d})
		o.must(err)
		var list []collect.LineChange
		for n := range 130 {
			list = append(list, collect.LineChange{ID: id(n), Cells: []string{[]string{"", "1.44, 43.6"}[n%2], fmt.Sprint(n)}})
		}
		list[7].Cells[1] = ""
		list = append(list, collect.LineChange{ID: id(7), Revision: 1, Cells: []string{"", "7"}})
		out, _, err := o.collect.PutLines(o.ctx, o.editor, f.Resource, "", list)
		o.must(err)
		for i, x := range out {
			if x.Err != nil || x.Line != nil && len(x.Line.Faults) > 0 {
				o.Errorf("row %d: %v, %v", i, x.Line, x.Err)
			}
		}
		if l := out[130].Line; l == nil || l.Revision != 2 || l.Cells[1] != "7" {
			o.Errorf("the row that comes twice is %+v", l)
		}
		_, rows := o.rows(f.Resource)
		if len(rows) != 130 {
			o.Errorf("%d rows in the version, want 130: %q", len(rows), rows)
		}
	})
}

// What only a form would refuse is told in the grid too: nothing is set aside without a
// word.
func TestLineFaultsOfForms(t *testing.T) {
	run(t, func(o *office) {
		d := &form.Definition{Title: "Fuites", Items: []form.Item{
			{Kind: form.Field, Name: "etat", Label: "État", Control: form.OneChoice, Choices: []form.Choice{{Value: "bon", Label: "Bon"}, {Value: "fuite", Label: "Fuite"}}},
			{Kind: form.Field, Name: "note", Label: "Note", Control: form.Text},
			{Kind: form.Field, Name: "trace", Label: "Tracé", Control: form.Shape},
		}}
		f, err := o.collect.Create(o.ctx, o.editor, collect.NewForm{Organisation: o.org, Definition: d})
		o.must(err)
		line := func(n, revision int, cells ...string) collect.LineChange {
			return collect.LineChange{ID: id(n), Revision: revision, Cells: cells}
		}
		o.same(o.lines(f, line(1, 0, "bon", "", ""), line(2, 0, "cassé", "", "")), "001 r1 bon||", "002 r1 cassé|| !0")
		o.hasRows(f.Resource, "bon||")
		long := strings.Repeat("a", form.MaxText+1)
		o.same(o.lines(f, line(2, 1, "fuite", long, "")), "002 r2 fuite|"+long+"| !1") // kept as it came
		shape := `{"type":"LineString","coordinates":[[1.4,43.6]` + strings.Repeat(",[1.4,43.6]", 3000) + "]}"
		o.same(o.lines(f, line(2, 2, "fuite", "", shape)), "002 r3 fuite||"+shape)
		o.hasRows(f.Resource, "bon||", "fuite||"+shape)
		// What was right and is wrong now is out, until it is mended.
		o.same(o.lines(f, line(1, 1, "mauvais", "", "")), "001 r2 mauvais|| !0")
		o.hasRows(f.Resource, "fuite||"+shape)
		o.same(o.lines(f, line(1, 2, "bon", "", "")), "001 r3 bon||")
		o.hasRows(f.Resource, "bon||", "fuite||"+shape)
	})
}

// A photo that came with a form stays when another cell of its row is changed.
func TestLineKeepsPhoto(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		photo := []byte("a photo")
		sum := sha256.Sum256(photo)
		hash := hex.EncodeToString(sum[:])
		o.put(as(o.editor), f, collect.Sent{
			ID: id(1), Values: form.Values{"nom": "A", "photo": "puits.jpg"}, Revisits: id(9),
			Files: []collect.File{{Field: "photo", Name: "puits.jpg", Type: "image/jpeg", Size: int64(len(photo)), Hash: hash}},
		})
		_, err := o.collect.PutFile(o.ctx, as(o.editor), f.ID, id(1), hash, bytes.NewReader(photo))
		o.must(err)
		address := "https://donnees.example.org" + collect.FilePath(f.Resource, id(1), hash)
		o.same(o.lines(f, collect.LineChange{ID: id(1), Revision: 1, Cells: []string{"A", "3", "", "puits.jpg"}}), "001 r2 A|3||puits.jpg")
		o.hasRows(f.Resource, "A|3||"+address)
		e, err := o.collect.Entry(o.ctx, as(o.editor), f.ID, id(1))
		o.must(err)
		if e.Revisits != id(9) || len(e.Files) != 1 {
			o.Errorf("%+v", e)
		}
		o.same(o.lines(f, collect.LineChange{ID: id(1), Revision: 2, Cells: []string{"A", "3", "", ""}}), "001 r3 A|3||")
		o.hasRows(f.Resource, "A|3||")
	})
}

// What is public is written by who may publish it; others read it.
func TestLinesOfPublicTable(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		line := func(n int) collect.LineChange {
			return collect.LineChange{ID: id(n), Cells: []string{fmt.Sprint("Puits ", n), "1", "", ""}}
		}
		write := func(a identity.Actor, c collect.LineChange) error {
			_, _, err := o.collect.PutLines(o.ctx, a, f.Resource, "", []collect.LineChange{c})
			return err
		}
		o.must(write(o.helper, line(1))) // a draft
		o.hasRows(f.Resource, "Puits 1|1||")
		d, err := o.catalogue.Get(o.ctx, o.editor, f.Dataset)
		o.must(err)
		_, err = o.catalogue.Publish(o.ctx, o.editor, d.ID, d.Revision)
		o.must(err)
		gone := collect.LineChange{ID: id(1), Revision: 1, Removed: true}
		refused := func(a identity.Actor) {
			o.Helper()
			o.fails(errs.Denied, write(a, line(2)))
			o.fails(errs.Denied, write(a, gone))
			_, err := o.collect.Columns(o.ctx, a, f.Resource)
			o.fails(errs.Denied, err)
			page, err := o.collect.Lines(o.ctx, a, f.Resource, "", collect.LineCursor{}, 0)
			o.must(err)
			if len(page.Lines) != 1 {
				o.Errorf("%d lines are read", len(page.Lines))
			}
		}
		refused(o.helper)
		chief := identity.PersonActor("chief", "chief", 0, identity.Membership{Organisation: o.org, Role: identity.Administrator})
		o.must(o.catalogue.RequireApproval(o.ctx, chief, o.org, true))
		refused(o.editor)
		o.must(write(chief, line(2)))
		o.hasRows(f.Resource, "Puits 1|1||", "Puits 2|1||")
	})
}
