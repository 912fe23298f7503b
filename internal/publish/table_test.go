package publish_test

import (
	"strings"
	"testing"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
)

// A second table comes into a dataset by a deposit, and is renewed by itself: the first
// keeps its versions, whatever their order.
func TestSecondTable(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d, _ := w.bring(w.editor, "lieux.csv", places, "")
		set, err := w.publish.Finish(ctx, w.editor, w.describe(w.editor, d, "Lieux").ID, d.Revision+1, publish.Public, "")
		w.must(err)
		bring := func(table publish.Table, text string) (catalogue.Dataset, publish.Deposit) {
			t.Helper()
			d, err := w.publish.StartTable(ctx, w.helper, w.org, set.ID, table)
			w.must(err)
			d, err = w.publish.BringUpload(ctx, w.helper, d.ID, d.Revision, w.upload(w.helper, "rues.csv", text), tables.Settings{})
			w.must(err)
			w.read(w.helper, d.Import)
			d, err = w.publish.Find(ctx, w.helper, d.ID)
			w.must(err)
			set, err := w.publish.Finish(ctx, w.editor, d.ID, d.Revision, "", "")
			w.must(err)
			d, err = w.publish.Find(ctx, w.editor, d.ID)
			w.must(err)
			return set, d
		}
		rows := func(i, version int) int64 {
			t.Helper()
			v, err := w.catalogue.Version(ctx, identity.Anonymous(), set.Resources[i].ID, version)
			w.must(err)
			return v.Rows
		}
		set, d = bring(publish.Table{New: "Rues"}, "rue;longueur\nHaute;120\n")
		if len(set.Resources) != 2 || set.Resources[1].Title != "Rues" || set.Resources[1].Kind != catalogue.Table || d.Resource != set.Resources[1].ID || set.Title != "Lieux" {
			t.Fatalf("%+v, deposit %+v", set, d)
		}
		w.must(w.catalogue.Reorder(ctx, w.editor, set.ID, set.Revision, []catalogue.ResourceID{set.Resources[1].ID, set.Resources[0].ID}))
		set, _ = bring(publish.Table{Resource: d.Resource}, "rue;longueur\nHaute;120\nBasse;80\nNeuve;40\n")
		if len(set.Resources) != 2 || set.Resources[0].Title != "Rues" || rows(0, 0) != 3 || rows(0, 1) != 1 || rows(1, 0) != 2 || set.Resources[1].Latest != 1 {
			t.Fatalf("%+v", set.Resources)
		}
		set, _ = bring(publish.Table{Resource: set.Resources[1].ID}, places+"Mairie;12;oui\n")
		if rows(1, 0) != 3 || set.Resources[1].Latest != 2 || rows(0, 0) != 3 || set.Resources[0].Latest != 2 {
			t.Fatalf("%+v", set.Resources)
		}
		w.must(w.publish.TakesFiles(ctx, w.editor, set.ID, set.Resources[1].ID))
		w.wants(w.publish.TakesFiles(ctx, w.editor, set.ID, "none"), errs.NotFound)
		_, err = w.publish.StartTable(ctx, w.editor, w.org, set.ID, publish.Table{Resource: "none"})
		w.wants(err, errs.NotFound)
		_, err = w.publish.StartTable(ctx, w.editor, w.org, set.ID, publish.Table{New: strings.Repeat("x", 201)})
		w.wants(err, errs.Invalid)
	})
}
