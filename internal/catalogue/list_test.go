package catalogue_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// What is not public is invisible: in lists, counts, tallies, changes.
func TestListsShowWhatOneMaySee(t *testing.T) {
	run(t, func(w world) {
		w.draft("Brouillon")
		w.published("Public")
		inside := w.draft("Interne")
		w.table(inside)
		_, err := w.KeepInside(ctx, w.editor, inside.ID, catalogue.AnyRevision)
		w.ok(err)
		_, err = w.Create(ctx, w.stranger, catalogue.NewDataset{Organisation: w.theirs, Metadata: metadata("Ailleurs")})
		w.ok(err)
		gone := w.published("Retiré")
		_, err = w.Withdraw(ctx, w.editor, gone.ID, catalogue.AnyRevision, "Essai")
		w.ok(err)
		for _, c := range []struct {
			name  string
			actor identity.Actor
			want  []string
		}{
			{"anonymous", w.anonymous, []string{"Public"}},
			{"reader", w.reader, []string{"Brouillon", "Interne", "Public"}},
			{"editor elsewhere", w.stranger, []string{"Ailleurs", "Public"}},
			{"host administrator", w.admin, []string{"Interne", "Public"}},
			{"host auditor", w.auditor, []string{"Interne", "Public"}},
			{"token bound elsewhere", w.editor.WithToken("t", identity.ScopeSet(identity.ScopeList...), w.theirs), []string{"Public"}},
			{"token bound elsewhere of the host", w.admin.WithToken("t", identity.ScopeSet(identity.ScopeList...), w.theirs), []string{"Public"}},
			{"system", root, []string{"Ailleurs", "Brouillon", "Interne", "Public"}},
		} {
			if got := w.titlesOf(c.actor, catalogue.Filter{}); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
			if got := w.titlesOf(c.actor, catalogue.Filter{States: []catalogue.State{catalogue.Draft}}); len(got) > 0 && c.actor.IsAnonymous() {
				t.Errorf("%s sees drafts: %v", c.name, got)
			}
		}
	})
}

func TestFilters(t *testing.T) {
	run(t, func(w world) {
		make := func(title string, change func(*catalogue.Metadata)) {
			m := metadata(title)
			change(&m)
			_, err := w.Create(ctx, w.editor, catalogue.NewDataset{Organisation: w.ours, Metadata: m})
			w.ok(err)
		}
		make("Délibérations du conseil", func(m *catalogue.Metadata) {
			m.Themes, m.Schema = []catalogue.ThemeID{"municipal-life"}, catalogue.SchemaRef{ID: "scdl/deliberations", Version: "2.1.5"}
		})
		make("Subventions", func(m *catalogue.Metadata) {
			m.Themes, m.Licence, m.Keywords = []catalogue.ThemeID{"finance", "municipal-life"}, catalogue.ODbL, []string{"Aide publique"}
		})
		make("Œuvres d’art (50 % du fonds)", func(m *catalogue.Metadata) {
			m.Spatial.Zones = []catalogue.Zone{{Kind: catalogue.ZoneCommune, Code: "31458"}}
		})
		for _, c := range []struct {
			f    catalogue.Filter
			want []string
		}{
			{catalogue.Filter{Theme: "municipal-life"}, []string{"Délibérations du conseil", "Subventions"}},
			{catalogue.Filter{Theme: "finance", Licence: catalogue.ODbL}, []string{"Subventions"}},
			{catalogue.Filter{Theme: "finance", Licence: catalogue.LicenceOuverte}, nil},
			{catalogue.Filter{Keyword: "AIDE  publique"}, []string{"Subventions"}},
			{catalogue.Filter{Schema: "scdl/deliberations"}, []string{"Délibérations du conseil"}},
			{catalogue.Filter{Zone: catalogue.Zone{Kind: catalogue.ZoneCommune, Code: "31458"}}, []string{"Œuvres d’art (50 % du fonds)"}},
			{catalogue.Filter{Zone: catalogue.Zone{Kind: catalogue.ZoneDepartement, Code: "31458"}}, nil},
			{catalogue.Filter{Organisation: w.theirs}, nil},
		} {
			if got := w.titlesOf(w.reader, c.f); !slices.Equal(got, c.want) {
				t.Errorf("%+v: %v, want %v", c.f, got, c.want)
			}
		}
	})
}

// Pages neither repeat nor skip, also among equal keys and while others write.
func TestPages(t *testing.T) {
	run(t, func(w world) {
		for n := range 23 {
			w.draft(fmt.Sprintf("Jeu %c", 'A'+n/4)) // titles and times in groups of four
			if n%4 == 3 {
				w.clock.pass(time.Minute)
			}
		}
		for _, o := range []catalogue.Order{catalogue.ByModified, catalogue.ByTitle} {
			var seen []catalogue.DatasetID
			var keys []string
			after := catalogue.Cursor("")
			for page := 0; ; page++ {
				l, err := w.List(ctx, w.editor, catalogue.Filter{}, o, after, 5)
				w.ok(err)
				for _, d := range l.Datasets {
					seen = append(seen, d.ID)
					keys = append(keys, d.Title)
				}
				if after = l.Next; after == "" {
					w.same(page, 4)
					break
				}
			}
			sorted := slices.Clone(seen)
			slices.Sort(sorted)
			w.same(len(slices.Compact(sorted)), 23)
			if o == catalogue.ByModified {
				slices.Reverse(keys)
			}
			w.same(slices.IsSorted(keys), true)
		}
		for _, bad := range []catalogue.Cursor{"x", "!!!", "YQ", "YSBi"} {
			_, err := w.List(ctx, w.editor, catalogue.Filter{}, catalogue.ByModified, bad, 5)
			w.fails(err, errs.Invalid, "catalogue.bad-cursor")
		}
	})
}

func TestListsHoldResources(t *testing.T) {
	run(t, func(w world) {
		a, b := w.published("Un"), w.published("Deux")
		l, err := w.List(ctx, w.anonymous, catalogue.Filter{}, catalogue.ByTitle, "", 0)
		w.ok(err)
		w.same([]catalogue.DatasetID{l.Datasets[0].ID, l.Datasets[1].ID}, []catalogue.DatasetID{b.ID, a.ID})
		for _, d := range l.Datasets {
			w.same(len(d.Resources), 1)
			w.same(d.Resources[0].Dataset, d.ID)
			w.same(d.Resources[0].Latest, 1)
		}
		many, err := w.GetMany(ctx, w.anonymous, a.ID, "nobody")
		w.ok(err)
		w.same(len(many), 1)
	})
}

func TestChanges(t *testing.T) {
	run(t, func(w world) {
		d := w.draft("Un")
		w.table(d)
		_, err := w.Rename(ctx, w.editor, d.ID, catalogue.AnyRevision, "Deux")
		w.ok(err)
		_, err = w.Publish(ctx, w.editor, d.ID, catalogue.AnyRevision)
		w.ok(err)
		lost := w.draft("Perdu")
		w.ok(w.Delete(ctx, w.editor, lost.ID, lost.Revision))
		kinds := func(a identity.Actor, after int64) (out []catalogue.ChangeKind) {
			list, err := w.Changes(ctx, a, after, 0)
			w.ok(err)
			for _, c := range list {
				out = append(out, c.Kind)
				if a.IsAnonymous() && c.Actor != "" {
					t.Error("tells everyone who did it")
				}
			}
			return out
		}
		whole := []catalogue.ChangeKind{catalogue.ChangeCreated, catalogue.ChangeDescribed, catalogue.ChangeData, catalogue.ChangeRenamed, catalogue.ChangePublished}
		w.same(kinds(w.anonymous, 0), whole)
		w.same(kinds(root, 0), append(slices.Clone(whole), catalogue.ChangeCreated, catalogue.ChangeDeleted))
		w.same(kinds(root, 6), []catalogue.ChangeKind{catalogue.ChangeDeleted})
		last, err := w.LastChange(ctx, w.anonymous)
		w.ok(err)
		w.same(last, int64(7))
		w.draft("Caché")
		w.same(len(kinds(w.anonymous, 7)), 0)
	})
}

// Numbers follow the order of commits: a reader never misses one.
func TestChangesAreNumberedWithoutAGap(t *testing.T) {
	run(t, func(w world) {
		list := atOnce(12, func(i int) error {
			_, err := w.Create(ctx, w.editor, catalogue.NewDataset{Organisation: w.ours, Metadata: metadata(fmt.Sprintf("Jeu %d", i))})
			return err
		})
		for _, err := range list {
			w.ok(err)
		}
		changes, err := w.Changes(ctx, root, 0, 0)
		w.ok(err)
		for i, c := range changes {
			w.same(c.Seq, int64(i+1))
		}
		w.same(len(changes), 12)
	})
}

// Each change leaves its event and its line of audit in the same transaction.
func TestEventsAndAudit(t *testing.T) {
	run(t, func(w world) {
		d := w.published("Un")
		_, err := w.Withdraw(ctx, w.editor, d.ID, catalogue.AnyRevision, "Essai")
		w.ok(err)
		var events int
		w.ok(w.db.Read(ctx, func(tx *sqldb.Tx) error {
			return tx.QueryRow(ctx, `SELECT count(*) FROM river_job WHERE kind = 'event'`).Scan(&events)
		}))
		people := identity.New(w.db, identity.Options{})
		lines, err := people.Audit(ctx, root, identity.AuditQuery{Object: "dataset:" + string(d.ID)})
		w.ok(err)
		var verbs []string
		for _, l := range lines {
			verbs = append(verbs, l.Verb)
			w.same(l.Organisation, w.ours)
		}
		w.same(verbs, []string{"dataset.withdraw", "dataset.publish", "version.add", "resource.add", "dataset.create"})
		w.same(string(lines[0].After), `{"state":"withdrawn","reason":"Essai"}`)
		w.same(events, len(verbs)+2) // and two organisations
		check, err := people.VerifyAudit(ctx, root)
		w.ok(err)
		w.same(check.Broken, int64(0))
	})
}

func TestReferencedBlobs(t *testing.T) {
	run(t, func(w world) {
		r := w.table(w.draft("Un"))
		w.version(r, "two")
		var got []string
		for b, err := range w.ReferencedBlobs(ctx, root) {
			w.ok(err)
			got = append(got, b)
		}
		var want []string
		for _, mark := range []string{"one", "two"} {
			for _, x := range []string{"1", "2", "o", "r"} {
				want = append(want, hash(mark+x))
			}
		}
		slices.Sort(want)
		w.same(got, want)
		for range w.ReferencedBlobs(ctx, root) {
			break // may be left
		}
		for _, err := range w.ReferencedBlobs(ctx, w.admin) {
			w.fails(err, errs.Denied)
		}
		now := start
		w.same([]bool{catalogue.Collectable(now.Add(-25*time.Hour), now), catalogue.Collectable(now.Add(-23*time.Hour), now), catalogue.Collectable(now.Add(time.Hour), now)},
			[]bool{true, false, false})
	})
}
