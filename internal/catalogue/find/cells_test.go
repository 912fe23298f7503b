package find_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/identity"
)

// sheet gives a dataset a table of these rows, by the number of its version.
func (w *world) sheet(title string, rows map[int][][]string) catalogue.ResourceID {
	w.t.Helper()
	r, err := w.cat.AddResource(ctx, root, w.ids[title], catalogue.Table, catalogue.ResourceMetadata{Title: "Tableau"})
	w.ok(err)
	w.rows[r.ID] = rows
	w.version(r.ID)
	return r.ID
}

func (w *world) version(id catalogue.ResourceID) {
	w.t.Helper()
	columns := json.RawMessage(`{"fields":[{"name":"siret","type":"string"},{"name":"voie","title":"Adresse","type":"string"},{"name":"etat","type":"string"}]}`)
	_, err := w.cat.AddVersion(ctx, root, catalogue.NewVersion{Resource: id, Expect: catalogue.AnyVersion, Columns: columns, Report: catalogue.ReportSummary{Valid: true},
		Parts: []catalogue.VersionPart{{Blob: strings.Repeat("ab", 32), Bytes: 1, Rows: 1}}})
	w.ok(err)
}

func (w *world) cells(_ context.Context, v catalogue.Version, give func(int, []byte) error) error {
	for _, row := range w.rows[v.Resource][v.Number] {
		for column, text := range row {
			if err := give(column, []byte(text)); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestTables: which tables have words in their cells, for whom, as versions and
// states change, after a restart too.
func TestTables(t *testing.T) {
	run(t, func(w *world) {
		w.ok(w.Close())
		w.rows = map[catalogue.ResourceID]map[int][][]string{}
		w.o.Cells = w.cells
		w.open()
		const siret = "21310458100011"
		trees := w.sheet("Arbres remarquables", map[int][][]string{
			1: {{siret, "12 rue Pasteur", "sain"}, {"123 456 782", "Allée des Érables", "sain"}, {"", "Rue Pasteur", "malade"}, {"", "Place d'Armes", "malade"}},
			2: {{siret, "Quai de Tounis", "abattu"}},
		})
		many := make([][]string, 50_000)
		for i := range many {
			many[i] = []string{fmt.Sprintf("9%013d", i), fmt.Sprintf("Chemin numéro%d", i), ""}
		}
		stops := w.sheet("Points d'apport volontaire", map[int][][]string{1: many})
		draft := w.sheet("Registre secret des chrysanthèmes", map[int][][]string{1: {{siret, "Rue cachée", "ici"}}})
		w.ok(w.SyncCells(ctx))
		reader := identity.PersonActor("p", "p", 0, identity.Membership{Organisation: w.orgs["Roques"], Role: identity.Reader})
		check := func(a identity.Actor, text string, want ...catalogue.ResourceID) {
			w.t.Helper()
			list, err := w.Tables(ctx, a, text)
			w.ok(err)
			var got []catalogue.ResourceID
			for _, p := range list {
				got = append(got, p.Resource)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				w.t.Errorf("%q: %v, want %v", text, got, want)
			}
		}
		visitor := identity.Anonymous()
		check(visitor, siret, trees)
		check(visitor, "SIRET "+siret, trees)
		check(visitor, "213 104 581 00011", trees)
		check(visitor, "123456782", trees)
		check(visitor, "rue pasteur", trees)
		check(visitor, "RUE PAST", trees)
		check(visitor, "erables", trees)
		check(visitor, "adresse") // the name of a column alone is no answer
		check(visitor, "90000000049999", stops)
		check(visitor, "numéro123", stops)
		check(visitor, "rue cachee")
		check(reader, "rue cachee", draft)
		check(reader, siret, trees, draft)
		if list, err := w.Tables(ctx, visitor, "siret "+siret); err != nil || len(list) != 1 || list[0].Text != siret {
			w.t.Errorf("%+v %v", list, err)
		}
		if got := w.titles(w.search(visitor, find.Query{Text: "malades"})); !slices.Equal(got, []string{"Arbres remarquables"}) {
			w.t.Errorf("a frequent value finds %q", got)
		}

		w.version(trees)
		w.ok(w.SyncCells(ctx))
		check(visitor, "pasteur")
		check(visitor, "quai tounis", trees)
		w.ok(w.Close())
		w.open()
		w.ok(w.SyncCells(ctx))
		check(visitor, "quai tounis", trees)
		check(visitor, "90000000000001", stops)
		_, err := w.cat.Withdraw(ctx, root, w.ids["Arbres remarquables"], catalogue.AnyRevision, "Essai")
		w.ok(err)
		check(visitor, "quai tounis") // at once, before its words are gone
		w.ok(w.SyncCells(ctx))
		check(root, "quai tounis")
	})
}
