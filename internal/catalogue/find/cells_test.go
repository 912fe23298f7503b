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
			list, err := w.Tables(ctx, a, find.Query{Text: text})
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
		if list, err := w.Tables(ctx, visitor, find.Query{Text: "siret " + siret}); err != nil || len(list) != 1 || list[0].Text != siret {
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

// TestTablesNarrowed: what narrows datasets narrows their tables.
func TestTablesNarrowed(t *testing.T) {
	run(t, func(w *world) {
		w.ok(w.Close())
		w.rows = map[catalogue.ResourceID]map[int][][]string{}
		w.o.Cells = w.cells
		w.open()
		trees := w.sheet("Arbres remarquables", map[int][][]string{1: {{"", "Rue Pasteur", ""}}})
		stops := w.sheet("Points d'apport volontaire", map[int][][]string{1: {{"", "Rue Pasteur", ""}}})
		w.ok(w.SyncCells(ctx))
		d, err := w.cat.Get(ctx, root, w.ids["Arbres remarquables"])
		w.ok(err)
		for _, c := range []struct {
			where map[find.Dimension]string
			want  []catalogue.ResourceID
		}{
			{nil, []catalogue.ResourceID{trees, stops}},
			{map[find.Dimension]string{find.Producer: string(d.Organisation), find.Freshness: "week"}, []catalogue.ResourceID{trees}},
			{map[find.Dimension]string{find.Theme: "nothing"}, nil},
			{map[find.Dimension]string{find.Freshness: "older"}, nil},
		} {
			list, err := w.Tables(ctx, identity.Anonymous(), find.Query{Text: "rue pasteur", Where: c.where})
			w.ok(err)
			var got []catalogue.ResourceID
			for _, p := range list {
				got = append(got, p.Resource)
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				w.t.Errorf("%v: %v, want %v", c.where, got, c.want)
			}
		}
	})
}

// TestTablesInPart: words that come again count once; a table that has more words than
// are kept is never held not to have one.
func TestTablesInPart(t *testing.T) {
	run(t, func(w *world) {
		w.ok(w.Close())
		w.rows = map[catalogue.ResourceID]map[int][][]string{}
		w.o.Cells, w.o.CellWords = w.cells, 30_000
		w.open()
		var again, many [][]string
		for i := range 75_000 {
			again = append(again, []string{"", fmt.Sprintf("sentier%d", i%25_000), ""})
		}
		for i := range 31_000 {
			many = append(many, []string{"", fmt.Sprintf("chemin%d", i), ""})
		}
		again = append(again, []string{"", "Zanzibar", ""})
		trees := w.sheet("Arbres remarquables", map[int][][]string{1: again})
		stops := w.sheet("Points d'apport volontaire", map[int][][]string{1: many, 2: many[:10]})
		w.ok(w.SyncCells(ctx))
		check := func(text string, want ...find.Place) {
			w.t.Helper()
			list, err := w.Tables(ctx, identity.Anonymous(), find.Query{Text: text})
			w.ok(err)
			for i := range list {
				list[i].Dataset = ""
			}
			if !slices.Equal(list, want) {
				w.t.Errorf("%q: %+v, want %+v", text, list, want)
			}
		}
		maybe := func(text string) find.Place { return find.Place{Resource: stops, Text: text, Unsure: true} }
		check("zanzibar", find.Place{Resource: trees, Text: "zanzibar"}, maybe("zanzibar"))
		check("sentier24999", find.Place{Resource: trees, Text: "sentier24999"}, maybe("sentier24999"))
		check("chemin29999", find.Place{Resource: stops, Text: "chemin29999"})
		check("chemin30999", maybe("chemin30999"))
		check("adresse chemin30999", maybe("chemin30999"))
		w.ok(w.Close())
		w.open()
		w.ok(w.SyncCells(ctx))
		check("chemin30999", maybe("chemin30999")) // what is kept says so
		w.version(stops)
		w.ok(w.SyncCells(ctx))
		check("chemin30999")
	})
}
