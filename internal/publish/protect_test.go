package publish_test

import (
	"strings"
	"testing"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/publish"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
)

// What has no deposit is published with columns about persons for a reason only, which
// is kept where the pages keep it.
func TestPersonsAskForAReason(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		imported := func(text string) tables.Import {
			u, err := w.tables.Upload(ctx, w.editor, w.org, "aides.csv", strings.NewReader(text))
			w.must(err)
			i, err := w.tables.StartImport(ctx, w.editor, u.ID, tables.Settings{})
			w.must(err)
			return w.read(w.editor, i.ID)
		}
		kept := func(set catalogue.DatasetID) (reasons []string) {
			w.must(db.Read(ctx, func(tx *sqldb.Tx) error {
				rows, err := tx.Query(ctx, `SELECT kept FROM deposits WHERE dataset = $1 AND state = $2 AND protected > 0`, set, publish.Published)
				if err != nil {
					return err
				}
				reasons, err = sqldb.Collect(rows, func(r sqldb.Scanner) (s string, err error) { return s, r.Scan(&s) })
				return err
			}))
			return reasons
		}
		target := publish.Target{Description: catalogue.Metadata{Title: "Aides", Description: "What it is.", Licence: catalogue.LicenceOuverte, Language: "fr"}}
		i := imported("Nom;Prénom;Montant\nAbrelou;Jeanne;10\nBertouze;Paul;20\nCazenart;Zoé;30\n")
		for reason, kind := range map[string]errs.Kind{"": errs.Conflict, " \n": errs.Conflict, strings.Repeat("x", 3000): errs.Invalid} {
			target.Kept = reason
			_, err := w.publish.PublishImport(ctx, w.editor, i.ID, target)
			w.wants(err, kind)
			if e := errs.As(err); kind == errs.Conflict && (e.Key != "publish.personal" || e.Args["Columns"] != "Nom, Prénom") {
				t.Errorf("refused by %s %v", e.Key, e.Args)
			}
		}
		if list, err := w.catalogue.List(ctx, w.editor, catalogue.Filter{Organisation: w.org}, catalogue.ByTitle, "", 10); err != nil || len(list.Datasets) > 0 {
			t.Errorf("%d datasets were made, %v", len(list.Datasets), err)
		}
		target.Kept = " Décret n° 2017-779 "
		set, err := w.publish.PublishImport(ctx, w.editor, i.ID, target)
		w.must(err)
		if got := kept(set.ID); len(got) != 1 || got[0] != "Décret n° 2017-779" {
			t.Errorf("kept: %q", got)
		}
		list, err := w.publish.Pending(ctx, w.editor)
		w.must(err)
		if len(list) > 0 {
			t.Errorf("%d deposits wait", len(list))
		}
		// Nobody is in it: there is nothing to keep a reason for.
		target.Dataset = set.ID
		_, err = w.publish.PublishImport(ctx, w.editor, imported(places).ID, target)
		w.must(err)
		if got := kept(set.ID); len(got) != 1 {
			t.Errorf("kept: %q", got)
		}
	})
}
