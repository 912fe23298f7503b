package publish_test

import (
	"strings"
	"testing"

	"socle/internal/errs"
	"socle/internal/publish"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
	"socle/internal/tabular"
)

// A foreign key may name the page of a published dataset: its latest version is
// read; a dataset that is not public is as one that does not exist.
func TestForeignKeyToAPublishedDataset(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		const base = "https://donnees.example.org"
		s := tables.New(tables.Options{DB: db, Blobs: w.blobs, Temp: t.TempDir(), Catalogue: w.catalogue, BaseURL: base})
		published := func(title string, as publish.Visibility) string {
			d, i := w.bring(w.editor, "lieux.csv", places, "")
			if !i.Ready() {
				t.Fatalf("import %+v", i)
			}
			d = w.describe(w.editor, d, title)
			set, err := w.publish.Finish(ctx, w.editor, d.ID, d.Revision, as, "")
			w.must(err)
			return base + "/datasets/" + set.Slug
		}
		public, private := published("Lieux", publish.Public), published("Lieux internes", publish.Internal)

		faults := func(address, field string) (out []string) {
			sc, err := schema.Parse([]byte(`{"fields": [{"name": "lieu"}], "foreignKeys": [{"fields": "lieu", "reference": {"resource": "` + address + `", "fields": "` + field + `"}}]}`))
			w.must(err)
			f, err := tabular.Open(ctx, tabular.Bytes([]byte("lieu\nPiscine\nMairie\nStade\n")), tabular.Options{Name: "visites.csv"})
			w.must(err)
			defer f.Close()
			r, err := check.Run(ctx, f, sc, check.Options{References: s.References()})
			w.must(err)
			for _, e := range append(r.Errors, r.Warnings...) {
				out = append(out, e.Code+" "+e.Cell)
			}
			return out
		}
		for _, c := range []struct{ name, address, field, want string }{
			{"a published dataset", public, "nom", "foreign-key Mairie"},
			{"in another language", strings.Replace(public, "/datasets/", "/en/datasets/", 1), "nom", "foreign-key Mairie"},
		} {
			if got := strings.Join(faults(c.address, c.field), ", "); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
		for name, address := range map[string]string{
			"a dataset for members": private, "no such dataset": base + "/datasets/nothing", "another portal": "https://other.example.org/datasets/lieux",
		} {
			if _, err := s.References().Rows(ctx, schema.Reference{Resource: address, Fields: []string{"nom"}}); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
			if got := strings.Join(faults(address, "nom"), ", "); got != "foreign-key " { // a warning, of no cell
				t.Errorf("%s is said to be %q", name, got)
			}
		}
	})
}
