package catalogue_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

func TestPublication(t *testing.T) {
	run(t, func(w world) {
		m := metadata("Subventions")
		m.Description = " "
		d, err := w.Create(ctx, w.editor, catalogue.NewDataset{Organisation: w.ours, Metadata: m})
		w.ok(err)
		_, err = w.Publish(ctx, w.editor, d.ID, d.Revision)
		w.same(w.fields(err), []string{"description", "resources"})
		r, err := w.AddResource(ctx, w.editor, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "2025"})
		w.ok(err)
		_, err = w.Publish(ctx, w.editor, d.ID, d.Revision)
		w.same(w.fields(err), []string{"description", "resources"}) // a table without rows is nothing yet
		w.version(r, "one")
		d, err = w.Edit(ctx, w.editor, d.ID, d.Revision, metadata("Subventions"))
		w.ok(err)
		w.same(len(mustGet(w, w.editor, d.ID).Missing()), 0)

		w.clock.pass(time.Hour)
		first := w.clock.now()
		_, err = w.Publish(ctx, w.editor, d.ID, d.Revision-1)
		w.fails(err, errs.Conflict, "catalogue.edited-meanwhile")
		d, err = w.Publish(ctx, w.editor, d.ID, d.Revision)
		w.ok(err)
		w.same([]any{d.State, d.PublishedAt}, []any{catalogue.Published, first})
		w.same(mustGet(w, w.anonymous, d.ID), d) // what is returned is what is there

		for name, call := range map[string]func() error{
			"publish":     func() error { _, err := w.Publish(ctx, w.editor, d.ID, d.Revision); return err },
			"keep inside": func() error { _, err := w.KeepInside(ctx, w.editor, d.ID, d.Revision); return err },
			"take back":   func() error { _, err := w.TakeBack(ctx, w.editor, d.ID, d.Revision); return err },
		} {
			if err := call(); !errs.Is(err, errs.Conflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.fails(w.Delete(ctx, w.editor, d.ID, d.Revision), errs.Conflict, "catalogue.was-public")

		_, err = w.Withdraw(ctx, w.editor, d.ID, d.Revision, " ")
		w.same(w.fields(err), []string{"reason"})
		w.clock.pass(time.Hour)
		d, err = w.Withdraw(ctx, w.editor, d.ID, d.Revision, "Données fausses")
		w.ok(err)
		w.fails(w.Delete(ctx, w.editor, d.ID, d.Revision), errs.Conflict, "catalogue.was-public")
		_, err = w.KeepInside(ctx, w.editor, d.ID, d.Revision)
		w.fails(err, errs.Conflict, "catalogue.wrong-state.withdrawn")
		w.clock.pass(time.Hour)
		d, err = w.Publish(ctx, w.editor, d.ID, d.Revision)
		w.ok(err)
		w.same([]any{d.PublishedAt, d.WithdrawnAt.IsZero(), d.WithdrawnReason}, []any{first, true, ""})
	})
}

var trailing = regexp.MustCompile(` +\n`)

func mustGet(w world, a identity.Actor, id catalogue.DatasetID) catalogue.Dataset {
	w.t.Helper()
	d, err := w.Get(ctx, a, id)
	w.ok(err)
	return d
}

// At the address of a withdrawn dataset stay its title, when, and why.
func TestWithdrawnLeavesATrace(t *testing.T) {
	run(t, func(w world) {
		d := w.published("Subventions")
		r := mustGet(w, w.editor, d.ID).Resources[0]
		w.clock.pass(time.Hour)
		_, err := w.Withdraw(ctx, w.editor, d.ID, catalogue.AnyRevision, "Des noms de personnes y étaient")
		w.ok(err)
		trace, err := w.ByAddress(ctx, w.anonymous, "subventions")
		w.ok(err)
		w.same(trace, catalogue.Dataset{
			ID: d.ID, Slug: "subventions", Organisation: w.ours, Metadata: catalogue.Metadata{Title: "Subventions", Language: "fr"}, State: catalogue.Withdrawn,
			Revision: 3, CreatedAt: start, ModifiedAt: start.Add(time.Hour), PublishedAt: start, WithdrawnAt: start.Add(time.Hour),
			WithdrawnReason: "Des noms de personnes y étaient",
		})
		for _, a := range []identity.Actor{w.anonymous, w.stranger, w.admin, w.animator} {
			w.same(mustGet(w, a, d.ID), trace)
			_, _, err := w.Resource(ctx, a, r.ID)
			w.fails(err, errs.NotFound)
			_, _, err = w.Head(ctx, a, r.ID)
			w.fails(err, errs.NotFound)
			_, err = w.VersionByID(ctx, a, r.Current.ID)
			w.fails(err, errs.NotFound)
			w.same(w.titlesOf(a, catalogue.Filter{}), []string(nil))
			w.same(w.titlesOf(a, catalogue.Filter{States: []catalogue.State{catalogue.Withdrawn}}), []string{"Subventions"})
			many, err := w.GetMany(ctx, a, d.ID)
			w.ok(err)
			w.same(many[d.ID], trace)
		}
		whole := mustGet(w, w.reader, d.ID)
		w.same(len(whole.Resources), 1)
		w.same(whole.Description, d.Description)
	})
}

func TestInternalAndDelete(t *testing.T) {
	run(t, func(w world) {
		d := w.draft("Inventaire")
		w.table(d)
		d, err := w.KeepInside(ctx, w.editor, d.ID, d.Revision)
		w.ok(err)
		w.same(d.State, catalogue.Internal)
		d, err = w.TakeBack(ctx, w.editor, d.ID, d.Revision)
		w.ok(err)
		w.same(d.State, catalogue.Draft)
		_, err = w.Withdraw(ctx, w.editor, d.ID, d.Revision, "Essai")
		w.fails(err, errs.Conflict, "catalogue.wrong-state.draft")
		w.fails(w.Delete(ctx, w.editor, d.ID, d.Revision-1), errs.Conflict)
		w.ok(w.Delete(ctx, w.editor, d.ID, d.Revision))
		_, err = w.Get(ctx, w.editor, d.ID)
		w.fails(err, errs.NotFound)
		_, err = w.ByAddress(ctx, w.editor, "inventaire")
		w.fails(err, errs.NotFound)
		w.same(w.draft("Inventaire").Slug, "inventaire")
	})
}

// Every method, on a dataset of every state, asked by every sort of person.
func TestRightsOfMethods(t *testing.T) {
	var golded strings.Builder
	run(t, func(w world) {
		token := func(a identity.Actor, scopes ...identity.Scope) identity.Actor {
			return a.WithToken("t", identity.ScopeSet(scopes...), "")
		}
		people := []struct {
			name  string
			actor identity.Actor
		}{
			{"anonymous", w.anonymous}, {"reader", w.reader}, {"contributor", w.contributor}, {"editor", w.editor},
			{"administrator elsewhere", w.stranger}, {"host administrator", w.admin}, {"host animator", w.animator}, {"host auditor", w.auditor},
			{"read token of editor", token(w.editor, identity.ScopeRead)}, {"write token of editor", token(w.editor, identity.ScopeWrite)},
			{"publish token of editor", token(w.editor, identity.ScopePublish)}, {"bound elsewhere", w.editor.WithToken("t", identity.ScopeSet(identity.ScopeList...), w.theirs)},
			{"system", root},
		}
		n := 0
		// make returns a dataset in a state, with two resources of one version each.
		make := func(st catalogue.State) (d catalogue.Dataset) {
			n++
			w.ok(w.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
				if d, err = w.CreateTx(ctx, tx, w.editor, catalogue.NewDataset{Organisation: w.ours, Metadata: metadata(fmt.Sprintf("Jeu %d", n))}); err != nil {
					return err
				}
				for range 2 {
					r, err := w.AddResourceTx(ctx, tx, root, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Tableau"})
					if err != nil {
						return err
					}
					if _, err := w.AddVersionTx(ctx, tx, root, newVersion(r.ID, "x")); err != nil {
						return err
					}
				}
				if st == catalogue.Published || st == catalogue.Withdrawn {
					_, err = w.PublishTx(ctx, tx, root, d.ID, catalogue.AnyRevision)
				}
				return err
			}))
			var err error
			switch st {
			case catalogue.Internal:
				_, err = w.KeepInside(ctx, root, d.ID, catalogue.AnyRevision)
			case catalogue.Withdrawn:
				_, err = w.Withdraw(ctx, root, d.ID, catalogue.AnyRevision, "Essai")
			}
			w.ok(err)
			return mustGet(w, root, d.ID)
		}
		methods := []struct {
			name string
			call func(a identity.Actor, d catalogue.Dataset) error
		}{
			{"Get", func(a identity.Actor, d catalogue.Dataset) error { _, err := w.Get(ctx, a, d.ID); return err }},
			{"ByAddress", func(a identity.Actor, d catalogue.Dataset) error { _, err := w.ByAddress(ctx, a, d.Slug); return err }},
			{"Resource", func(a identity.Actor, d catalogue.Dataset) error {
				r, of, err := w.Resource(ctx, a, d.Resources[0].ID)
				r.Current = nil
				head, ofHead, err2 := w.Head(ctx, a, d.Resources[0].ID)
				w.same(head, r)
				w.same(ofHead, of)
				w.same(errs.Is(err2, errs.NotFound), errs.Is(err, errs.NotFound))
				return err2
			}},
			{"Version", func(a identity.Actor, d catalogue.Dataset) error {
				_, err := w.Version(ctx, a, d.Resources[0].ID, 0)
				return err
			}},
			{"Versions", func(a identity.Actor, d catalogue.Dataset) error {
				_, err := w.Versions(ctx, a, d.Resources[0].ID, 0, 0)
				return err
			}},
			{"VersionByID", func(a identity.Actor, d catalogue.Dataset) error {
				_, err := w.VersionByID(ctx, a, d.Resources[0].Current.ID)
				return err
			}},
			{"Edit", func(a identity.Actor, d catalogue.Dataset) error {
				_, err := w.Edit(ctx, a, d.ID, d.Revision, d.Metadata)
				return err
			}},
			{"Rename", func(a identity.Actor, d catalogue.Dataset) error {
				_, err := w.Rename(ctx, a, d.ID, d.Revision, d.Title+" bis")
				return err
			}},
			{"AddResource", func(a identity.Actor, d catalogue.Dataset) error {
				_, err := w.AddResource(ctx, a, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "x"})
				return err
			}},
			{"EditResource", func(a identity.Actor, d catalogue.Dataset) error {
				_, err := w.EditResource(ctx, a, d.Resources[0].ID, d.Revision, d.Resources[0].ResourceMetadata)
				return err
			}},
			{"Reorder", func(a identity.Actor, d catalogue.Dataset) error {
				return w.Reorder(ctx, a, d.ID, d.Revision, []catalogue.ResourceID{d.Resources[1].ID, d.Resources[0].ID})
			}},
			{"RemoveResource", func(a identity.Actor, d catalogue.Dataset) error {
				return w.RemoveResource(ctx, a, d.Resources[1].ID, d.Revision, "")
			}},
			{"AddVersion", func(a identity.Actor, d catalogue.Dataset) error {
				_, err := w.AddVersion(ctx, a, newVersion(d.Resources[0].ID, "x"))
				return err
			}},
			{"Pin", func(a identity.Actor, d catalogue.Dataset) error {
				return w.Pin(ctx, a, d.Resources[0].Current.ID, true)
			}},
			{"Publish", func(a identity.Actor, d catalogue.Dataset) error {
				_, err := w.Publish(ctx, a, d.ID, d.Revision)
				return err
			}},
			{"KeepInside", func(a identity.Actor, d catalogue.Dataset) error {
				_, err := w.KeepInside(ctx, a, d.ID, d.Revision)
				return err
			}},
			{"TakeBack", func(a identity.Actor, d catalogue.Dataset) error {
				_, err := w.TakeBack(ctx, a, d.ID, d.Revision)
				return err
			}},
			{"Withdraw", func(a identity.Actor, d catalogue.Dataset) error {
				_, err := w.Withdraw(ctx, a, d.ID, d.Revision, "Essai")
				return err
			}},
			{"Delete", func(a identity.Actor, d catalogue.Dataset) error { return w.Delete(ctx, a, d.ID, d.Revision) }},
		}
		var out strings.Builder
		outcome := func(err error) string {
			if err == nil {
				return "yes"
			}
			return errs.KindOf(err).String()
		}
		fmt.Fprintf(&out, "Create\n")
		for _, p := range people {
			_, err := w.Create(ctx, p.actor, catalogue.NewDataset{Organisation: w.ours, Metadata: metadata("Nouveau")})
			fmt.Fprintf(&out, "  %-24s %s\n", p.name, outcome(err))
		}
		for _, m := range methods {
			fmt.Fprintf(&out, "%-26s %-10s %-10s %-10s %-10s\n", m.name, catalogue.States[0], catalogue.States[1], catalogue.States[2], catalogue.States[3])
			fresh := map[catalogue.State]catalogue.Dataset{}
			for _, p := range people {
				fmt.Fprintf(&out, "  %-24s", p.name)
				for _, st := range catalogue.States {
					d, ok := fresh[st]
					if !ok {
						d = make(st)
					}
					err := m.call(p.actor, d)
					fmt.Fprintf(&out, " %-10s", outcome(err))
					delete(fresh, st)
					if err != nil { // nothing changed: it serves again
						fresh[st] = d
					}
				}
				fmt.Fprintf(&out, "\n")
			}
		}
		if golded.Len() > 0 && golded.String() != out.String() {
			t.Errorf("the engines differ")
		}
		golded.Reset()
		golded.WriteString(out.String())
	})
	golden(t, "methods.golden", trailing.ReplaceAllString(golded.String(), "\n"))
}
