package publish_test

import (
	"strings"
	"testing"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/publish"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
)

// A table whose rows are entered takes no file: neither a new deposit, nor one that
// was begun before.
func TestEnteredTablesTakeNoFile(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d, _ := w.bring(w.editor, "lieux.csv", places, "")
		d = w.describe(w.editor, d, "Lieux")
		set, err := w.publish.Finish(ctx, w.editor, d.ID, d.Revision, publish.Public, "")
		w.must(err)
		w.must(w.publish.TakesFiles(ctx, w.editor, set.ID, ""))
		begun, err := w.publish.Start(ctx, w.editor, w.org, set.ID)
		w.must(err)
		u, err := w.tables.Upload(ctx, w.editor, w.org, "lieux-2.csv", strings.NewReader(places+"Mairie;12;oui\n"))
		w.must(err)
		begun, err = w.publish.BringUpload(ctx, w.editor, begun.ID, begun.Revision, u.ID, tables.Settings{})
		w.must(err)
		w.read(w.editor, begun.Import)

		forms := collect.New(collect.Options{DB: db, Blobs: w.blobs, Catalogue: w.catalogue, Rows: w.tables.EachRow, Temp: t.TempDir()})
		w.must(forms.OpenTable(ctx, w.editor, set.Resources[0].ID))
		w.wants(w.publish.TakesFiles(ctx, w.editor, set.ID, ""), errs.Conflict)
		_, err = w.publish.Start(ctx, w.editor, w.org, set.ID)
		w.wants(err, errs.Conflict)
		_, err = w.publish.Finish(ctx, w.editor, begun.ID, begun.Revision, "", "")
		w.wants(err, errs.Conflict)
		_, err = w.publish.PublishImport(ctx, w.editor, begun.Import, publish.Target{Dataset: set.ID})
		w.wants(err, errs.Conflict)
		again, err := w.catalogue.Get(ctx, w.editor, set.ID)
		w.must(err)
		if again.Resources[0].Latest != 1 {
			t.Errorf("a file became version %d", again.Resources[0].Latest)
		}
		w.wants(w.publish.SetWatch(ctx, w.editor, set.ID, "https://exemple.fr/lieux.csv", publish.Daily), errs.Conflict)
		makers, err := w.catalogue.Makers(ctx, w.editor, set.Resources[0].ID, "another")
		w.must(err)
		if len(makers) != 1 || makers[set.Resources[0].ID] != collect.MakerName {
			t.Errorf("%v", makers)
		}
		w.wants(w.publish.TakesFiles(ctx, w.stranger, catalogue.DatasetID("none"), ""), errs.NotFound)
	})
}
