package consolidation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"socle/internal/blob"
	"socle/internal/collect"
	"socle/internal/consolidation"
	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/publish"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
)

// A consolidated table is made of its sources alone: no file, no address and no entry
// comes to it.
func TestTakesNothingElse(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		own := w.publishes("Auterive", "Actes d’Auterive", "acts@2.0", "ACTE_ID\nA1\n", "")
		c := w.starts(nil)
		w.must(w.publish.TakesFiles(ctx, w.editors["Auterive"], own.ID, ""))
		w.wants(w.publish.TakesFiles(ctx, w.host, c.Dataset, ""), errs.Conflict)
		_, err := w.publish.Start(ctx, w.host, w.orgs["Département"], c.Dataset)
		w.wants(err, errs.Conflict)
		w.wants(w.publish.SetWatch(ctx, w.host, c.Dataset, "https://exemple.fr/actes.csv", publish.Daily), errs.Conflict)
		u, err := w.tables.Upload(ctx, sys, w.orgs["Département"], "actes.csv", strings.NewReader("ACTE_ID\nX\n"))
		w.must(err)
		i, err := w.tables.StartImport(ctx, sys, u.ID, tables.Settings{Schema: "acts@2.0"})
		w.must(err)
		w.drain()
		_, err = w.publish.PublishImport(ctx, w.host, i.ID, publish.Target{Dataset: c.Dataset})
		w.wants(err, errs.Conflict)
		forms := collect.New(collect.Options{DB: db, Blobs: w.blobs, Catalogue: w.catalogue, Rows: w.tables.EachRow, Temp: t.TempDir()})
		w.wants(forms.OpenTable(ctx, w.host, c.Resource), errs.Conflict)
		w.same(w.rows(), "A1|-|-|-|-|Auterive|-|https://donnees.example.org/datasets/actes-d-auterive")
		makers, err := w.catalogue.Makers(ctx, w.host, c.Resource, own.Resources[0].ID)
		w.must(err)
		if len(makers) != 1 || makers[c.Resource] != consolidation.MakerName {
			t.Errorf("%v", makers)
		}
	})
}

// What the store holds for consolidations is named, so that it is not collected.
func TestBlobsAreNamed(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		w.publishes("Auterive", "Actes d’Auterive", "acts@1.0", "NUM,voix\nA1,5\nA2,-1\n", "")
		w.publishes("Roques", "Actes de Roques", "acts@2.0", "ACTE_ID,voix\nA1,5\n", "")
		w.starts(func(f *consolidation.Form) { f.Rule, f.Key = consolidation.Newest, []string{"ACTE_ID"} })
		named := map[blob.Hash]bool{}
		w.must(w.merge.ReferencedBlobs(t.Context(), func(h blob.Hash) { named[h] = true }))
		for h := range named {
			if _, err := w.blobs.Stat(t.Context(), h); err != nil {
				t.Error(err)
			}
		}
		if len(named) < 7 { // two parts and one cut, two of keys, a report with its file, duplicates
			t.Errorf("%d blobs", len(named))
		}
	})
}

// Of old versions one a month stays, with the latest and the first public one.
func TestThinned(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d := w.publishes("Auterive", "Actes d’Auterive", "acts@2.0", "ACTE_ID\nA1\n", "")
		c := w.starts(nil)
		for _, id := range []string{"A2", "A3", "A4"} {
			w.publishes("Auterive", "", "acts@2.0", "ACTE_ID\n"+id+"\n", d.ID)
			w.build()
		}
		numbers := func() (list []int) {
			all, err := w.catalogue.Versions(ctx, sys, c.Resource, 0, 0)
			w.must(err)
			for _, v := range all {
				list = append(list, v.Number)
			}
			return list
		}
		refresh := func() {
			w.must(db.Write(ctx, func(tx *sqldb.Tx) error { return jobs.Add(ctx, tx, consolidation.Refresh()) }))
			w.drain()
		}
		if refresh(); !slices.Equal(numbers(), []int{4, 3, 2, 1}) {
			t.Fatalf("%v", numbers())
		}
		const old = 200 * 24 * time.Hour
		w.must(db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE versions SET created_at = created_at - $2 WHERE resource = $1`, c.Resource, old.Microseconds())
			return err
		}))
		if refresh(); !slices.Equal(numbers(), []int{4, 1}) {
			t.Fatalf("%v", numbers())
		}
		w.same(w.rows(), "A4|-|-|-|-|Auterive|-|https://donnees.example.org/datasets/actes-d-auterive")
	})
}

// Of builds at the same time one makes the version; the others change nothing.
func TestOvertaken(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		w.publishes("Auterive", "Actes d’Auterive", "acts@2.0", "ACTE_ID,voix\nA1,1\n", "")
		w.publishes("Roques", "Actes de Roques", "acts@2.0", "ACTE_ID,voix\nA1,2\n", "")
		c := w.starts(nil)
		f := c.Form
		f.Rule, f.Key = consolidation.Newest, []string{"ACTE_ID"}
		_, err := w.merge.Change(ctx, w.host, "acts", c.Revision, f)
		w.must(err)
		var g errgroup.Group
		for range 4 {
			g.Go(func() error {
				if _, err := w.merge.Build(ctx, sys, "acts", nil); err != nil && !errs.Is(err, errs.Conflict) {
					return err
				}
				return nil
			})
		}
		w.must(g.Wait())
		list, err := w.catalogue.Versions(ctx, sys, c.Resource, 0, 0)
		w.must(err)
		if len(list) != 2 || list[0].Rows != 1 || list[1].Rows != 2 {
			t.Fatalf("%+v", list)
		}
	})
}
