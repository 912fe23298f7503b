package catalogue_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/sqldb"
)

func TestVersion(t *testing.T) {
	run(t, func(w world) {
		d := w.draft("Délibérations")
		r := w.table(d)
		n := newVersion(r.ID, "two")
		w.clock.pass(time.Hour)
		v, err := w.AddVersion(ctx, w.contributor, n)
		w.ok(err)
		w.same(v, catalogue.Version{
			ID: v.ID, Resource: r.ID, Number: 2, Parts: n.Parts, Original: n.Original, Columns: n.Columns, Rows: 7, Schema: n.Schema, Report: n.Report,
			Note: "Mars", CreatedBy: "person:contributor", CreatedAt: start.Add(time.Hour),
		})
		for _, number := range []int{0, 2} {
			got, err := w.Version(ctx, w.reader, r.ID, number)
			w.ok(err)
			w.same(got, v)
		}
		got, err := w.VersionByID(ctx, w.reader, v.ID)
		w.ok(err)
		w.same(got, v)
		whole, err := w.Get(ctx, w.reader, d.ID)
		w.ok(err)
		w.same(*whole.Resources[0].Current, v)
		w.same([]time.Time{whole.DataAt, whole.ModifiedAt}, []time.Time{v.CreatedAt, v.CreatedAt})
		list, err := w.Versions(ctx, w.reader, r.ID, 0, 0)
		w.ok(err)
		w.same([]int{list[0].Number, list[1].Number, len(list)}, []int{2, 1, 2})
		list, err = w.Versions(ctx, w.reader, r.ID, 2, 1)
		w.ok(err)
		w.same([]int{list[0].Number, len(list)}, []int{1, 1})
		for _, number := range []int{3, -1} {
			_, err := w.Version(ctx, w.reader, r.ID, number)
			w.fails(err, errs.NotFound)
		}
		_, err = w.VersionByID(ctx, w.reader, "nobody")
		w.fails(err, errs.NotFound)

		n.Expect = 1
		_, err = w.AddVersion(ctx, w.editor, n)
		w.fails(err, errs.Conflict, "catalogue.new-version-meanwhile")
		n.Expect = 2
		_, err = w.AddVersion(ctx, w.editor, n)
		w.ok(err)
		w.ok(w.Pin(ctx, w.editor, v.ID, true))
		got, err = w.VersionByID(ctx, w.reader, v.ID)
		w.ok(err)
		w.same(got.Pinned, true)
	})
}

func TestVersionOfAFile(t *testing.T) {
	run(t, func(w world) {
		d := w.draft("Plan")
		r, err := w.AddResource(ctx, w.editor, d.ID, catalogue.File, catalogue.ResourceMetadata{Title: "Plan", Format: "pdf"})
		w.ok(err)
		n := catalogue.NewVersion{Resource: r.ID, Original: catalogue.Original{Blob: hash("pdf"), Bytes: 1, FileName: "plan.pdf"}, Report: catalogue.ReportSummary{Valid: true}}
		v, err := w.AddVersion(ctx, w.editor, n)
		w.ok(err)
		got, err := w.Version(ctx, w.editor, r.ID, 0)
		w.ok(err)
		w.same(got, v)
		w.same(got.Columns, json.RawMessage(nil))
	})
}

func TestVersionIsChecked(t *testing.T) {
	run(t, func(w world) {
		d := w.draft("Tout")
		add := func(k catalogue.Kind, url string) catalogue.ResourceID {
			r, err := w.AddResource(ctx, w.editor, d.ID, k, catalogue.ResourceMetadata{Title: string(k), URL: url})
			w.ok(err)
			return r.ID
		}
		table, file, link := add(catalogue.Table, ""), add(catalogue.File, ""), add(catalogue.Link, "https://example.org")
		for name, c := range map[string]struct {
			to     catalogue.ResourceID
			change func(*catalogue.NewVersion)
		}{
			"rows of a link":        {link, func(*catalogue.NewVersion) {}},
			"rows of a file":        {file, func(*catalogue.NewVersion) {}},
			"file without bytes":    {file, func(n *catalogue.NewVersion) { *n = catalogue.NewVersion{} }},
			"table without part":    {table, func(n *catalogue.NewVersion) { n.Parts = nil }},
			"blob that is a path":   {table, func(n *catalogue.NewVersion) { n.Parts[0].Blob = "../../etc/passwd" }},
			"blob in capitals":      {table, func(n *catalogue.NewVersion) { n.Report.Blob = "AB" }},
			"negative rows":         {table, func(n *catalogue.NewVersion) { n.Parts[0].Rows = -1 }},
			"columns not JSON":      {table, func(n *catalogue.NewVersion) { n.Columns = json.RawMessage("{") }},
			"columns not an object": {table, func(n *catalogue.NewVersion) { n.Columns = json.RawMessage("[]") }},
			"no columns":            {table, func(n *catalogue.NewVersion) { n.Columns = nil }},
		} {
			n := newVersion(c.to, "x")
			c.change(&n)
			n.Resource, n.Expect = c.to, catalogue.AnyVersion
			if _, err := w.AddVersion(ctx, w.editor, n); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Versions added at once get each their number; with Expect, one of them wins.
func TestVersionsAtOnce(t *testing.T) {
	run(t, func(w world) {
		r := w.table(w.draft("Mesures"))
		list := atOnce(8, func(int) error { _, err := w.AddVersion(ctx, w.editor, newVersion(r.ID, "x")); return err })
		for _, err := range list {
			w.ok(err)
		}
		w.same(w.resource(r.ID).Latest, 9)
		list = atOnce(8, func(int) error {
			n := newVersion(r.ID, "y")
			n.Expect = 9
			_, err := w.AddVersion(ctx, w.editor, n)
			return err
		})
		w.same(succeeded(list), 1)
		w.same(w.resource(r.ID).Latest, 10)
	})
}

// A job cuts a version and publishes in one transaction, or neither.
func TestVersionAndPublicationAreOne(t *testing.T) {
	run(t, func(w world) {
		failure := errors.New("power cut")
		cut := func(end error) (id catalogue.DatasetID, err error) {
			err = w.db.Write(ctx, func(tx *sqldb.Tx) error {
				d, err := w.CreateTx(ctx, tx, w.editor, catalogue.NewDataset{Organisation: w.ours, Metadata: metadata("Subventions")})
				if err != nil {
					return err
				}
				id = d.ID
				r, err := w.AddResourceTx(ctx, tx, w.editor, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "2025"})
				if err != nil {
					return err
				}
				if _, err := w.AddVersionTx(ctx, tx, w.editor, newVersion(r.ID, "x")); err != nil {
					return err
				}
				if _, err := w.PublishTx(ctx, tx, w.editor, d.ID, catalogue.AnyRevision); err != nil {
					return err
				}
				return end
			})
			return id, err
		}
		id, err := cut(failure)
		if !errors.Is(err, failure) {
			t.Fatal(err)
		}
		_, err = w.Get(ctx, w.editor, id)
		w.fails(err, errs.NotFound)
		_, err = w.ByAddress(ctx, w.editor, "subventions")
		w.fails(err, errs.NotFound)
		id, err = cut(nil)
		w.ok(err)
		d, err := w.Get(ctx, w.anonymous, id)
		w.ok(err)
		w.same(d.Slug, "subventions")
		w.same(d.Resources[0].Current.Rows, int64(7))
	})
}

// What a draft went through, perhaps with personal data, does not come out at
// its publication; nor what was corrected while withdrawn.
func TestHistoryBeginsAtPublication(t *testing.T) {
	run(t, func(w world) {
		d := w.draft("Bénéficiaires")
		r := w.table(d) // 1
		w.version(r, "two")
		_, err := w.Publish(ctx, w.editor, d.ID, catalogue.AnyRevision)
		w.ok(err)
		w.version(r, "three")
		seen := func(want ...int) {
			w.t.Helper()
			list, err := w.Versions(ctx, w.anonymous, r.ID, 0, 0)
			w.ok(err)
			var got []int
			for _, v := range list {
				got = append(got, v.Number)
				byID, err := w.VersionByID(ctx, w.anonymous, v.ID)
				w.ok(err)
				w.same(byID.Number, v.Number)
			}
			w.same(got, want)
		}
		seen(3, 2)
		hidden, err := w.Version(ctx, w.reader, r.ID, 1) // members see all
		w.ok(err)
		_, err = w.Version(ctx, w.anonymous, r.ID, 1)
		w.fails(err, errs.NotFound)
		_, err = w.VersionByID(ctx, w.stranger, hidden.ID)
		w.fails(err, errs.NotFound)
		_, err = w.VersionByID(ctx, w.admin, hidden.ID) // the host helps without taking
		w.fails(err, errs.NotFound)

		_, err = w.Withdraw(ctx, w.editor, d.ID, catalogue.AnyRevision, "Des noms y étaient")
		w.ok(err)
		_, err = w.Versions(ctx, w.anonymous, r.ID, 0, 0)
		w.fails(err, errs.NotFound)
		w.version(r, "four")
		_, err = w.Publish(ctx, w.editor, d.ID, catalogue.AnyRevision)
		w.ok(err)
		seen(4)

		// A table added to what is public shows from its first version on.
		late, err := w.AddResource(ctx, w.editor, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "2026"})
		w.ok(err)
		_, err = w.Version(ctx, w.anonymous, late.ID, 0)
		w.fails(err, errs.NotFound)
		w.version(late, "one")
		w.version(late, "two")
		r = late
		seen(2, 1)
	})
}
