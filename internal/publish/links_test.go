package publish_test

import (
	"strings"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/publish"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// tryLinks has all links tried as if their time had come.
func (w *workshop) tryLinks() {
	w.Helper()
	w.must(w.db.Write(w.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(w.Context(), `UPDATE resources SET link_next = 0`); err != nil {
			return err
		}
		return jobs.Add(w.Context(), tx, publish.LookAround())
	}))
	w.must(w.runner.Drain(w.Context()))
}

// A link that nothing is held of is tried at a rhythm; whoever is in charge is told once
// when it breaks, and it is whole again when it answers.
func TestLinksAreTried(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		const first, second = "https://www.roques.example/plu.pdf", "https://www.roques.example/budget.pdf"
		w.web.files = map[string]string{first: "%PDF", second: "%PDF"}
		d, err := w.catalogue.Create(ctx, w.editor, catalogue.NewDataset{Organisation: w.org, Metadata: catalogue.Metadata{Title: "Documents", Description: "Ailleurs.", Licence: catalogue.LicenceOuverte}})
		w.must(err)
		add := func(title, url string) catalogue.ResourceID {
			r, err := w.catalogue.AddResource(ctx, w.editor, d.ID, catalogue.Link, catalogue.ResourceMetadata{Title: title, URL: url, Format: "pdf"})
			w.must(err)
			return r.ID
		}
		plu, budget := add("Plan local d’urbanisme", first), add("Budget", second)
		state := func(id catalogue.ResourceID) catalogue.Resource {
			t.Helper()
			r, _, err := w.catalogue.Resource(ctx, w.editor, id)
			w.must(err)
			return r
		}
		told := func() (n int) {
			t.Helper()
			for _, l := range w.letters() {
				if strings.HasSuffix(l, ": Un lien ne répond plus : Documents") {
					n++
				}
			}
			return n
		}
		w.tryLinks()
		if w.web.asked.Load() != 0 {
			t.Fatal("the links of a draft were tried")
		}
		_, err = w.catalogue.Publish(ctx, w.editor, d.ID, catalogue.AnyRevision)
		w.must(err)
		w.tryLinks()
		if r := state(plu); w.web.asked.Load() != 2 || r.LinkChecked.IsZero() || r.LinkBroken {
			t.Fatalf("asked %d times, %+v", w.web.asked.Load(), r.LinkState)
		}
		w.must(w.db.Write(ctx, func(tx *sqldb.Tx) error { return jobs.Add(ctx, tx, publish.LookAround()) }))
		w.must(w.runner.Drain(ctx))
		if w.web.asked.Load() != 2 {
			t.Error("tried again before its time")
		}

		// One failure of the network says nothing yet; two in a row do, and a missing file at once.
		w.web.down = true
		w.tryLinks()
		if r := state(plu); r.LinkBroken || r.LinkFailures != 1 || told() != 0 {
			t.Fatalf("after one failure: %+v, told %d", r.LinkState, told())
		}
		w.web.down = false
		w.tryLinks()
		w.web.down = true
		w.tryLinks()
		if r := state(plu); r.LinkBroken || r.LinkFailures != 1 {
			t.Fatalf("failures that an answer parts: %+v", r.LinkState)
		}
		w.tryLinks()
		w.tryLinks()
		if n := told(); !state(plu).LinkBroken || !state(budget).LinkBroken || n != 6 { // two links, the two editors and the administrator, once each
			t.Fatalf("%+v, %d letters", state(plu).LinkState, n)
		}
		w.web.down = false
		w.tryLinks()
		if r := state(plu); r.LinkBroken || r.LinkFailures != 0 || publish.LinkProblem(i18n.French, r) != "" {
			t.Fatalf("it answers: %+v", r.LinkState)
		}
		delete(w.web.files, second)
		w.tryLinks()
		r := state(budget)
		if !r.LinkBroken || !strings.Contains(publish.LinkProblem(i18n.French, r), "404") || state(plu).LinkBroken || told() != 9 {
			t.Fatalf("gone: %+v, told %d", r.LinkState, told())
		}

		// Corrected, it is tried as soon as possible; withdrawn, no more.
		_, err = w.catalogue.EditResource(ctx, w.editor, budget, catalogue.AnyRevision, catalogue.ResourceMetadata{Title: "Budget", URL: first})
		w.must(err)
		due, err := w.catalogue.LinksDue(ctx, identity.System("test"), 10)
		w.must(err)
		if len(due) != 1 || due[0] != budget || state(budget).LinkBroken {
			t.Errorf("due %v, %+v", due, state(budget).LinkState)
		}
		_, err = w.catalogue.Withdraw(ctx, w.editor, d.ID, catalogue.AnyRevision, "Plus tenu à jour.")
		w.must(err)
		asked := w.web.asked.Load()
		w.tryLinks()
		if w.web.asked.Load() != asked {
			t.Error("the links of what was withdrawn were tried")
		}
	})
}

// A dataset with more links than one turn takes is tried over several.
func TestLinksOfOneTurn(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d, err := w.catalogue.Create(ctx, w.editor, catalogue.NewDataset{Organisation: w.org, Metadata: catalogue.Metadata{Title: "Documents", Description: "Ailleurs.", Licence: catalogue.LicenceOuverte}})
		w.must(err)
		for range 5 {
			_, err := w.catalogue.AddResource(ctx, w.editor, d.ID, catalogue.Link, catalogue.ResourceMetadata{Title: "x", URL: "https://www.roques.example/x"})
			w.must(err)
		}
		_, err = w.catalogue.Publish(ctx, w.editor, d.ID, catalogue.AnyRevision)
		w.must(err)
		sys := identity.System("test")
		seen := map[catalogue.ResourceID]bool{}
		for range 3 {
			due, err := w.catalogue.LinksDue(ctx, sys, 2)
			w.must(err)
			for _, id := range due {
				seen[id] = true
				w.must(w.db.Write(ctx, func(tx *sqldb.Tx) error {
					_, err := w.catalogue.NoteLinkTx(ctx, tx, sys, id, catalogue.LinkTry{URL: "https://www.roques.example/x", Next: tx.Now().Add(time.Hour)})
					return err
				}))
			}
		}
		if len(seen) != 5 {
			t.Errorf("%d of 5 were tried", len(seen))
		}
	})
}
