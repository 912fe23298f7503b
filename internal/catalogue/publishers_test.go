package catalogue_test

import (
	"testing"

	"socle/internal/catalogue"
	"socle/internal/identity"
)

// Who publishes is who has something public, of the kind that is asked for; drafts, what
// is kept inside and what is withdrawn do not count.
func TestPublishers(t *testing.T) {
	run(t, func(w world) {
		is := func(k catalogue.Kind, want ...identity.OrganisationID) {
			t.Helper()
			got, err := w.Publishers(ctx, k)
			w.ok(err)
			if len(got) != len(want) {
				t.Errorf("%q: %v, want %v", k, got, want)
			}
			for _, o := range want {
				if !got[o] {
					t.Errorf("%q: %s is missing", k, o)
				}
			}
		}
		w.draft("Brouillon")
		is("")
		one := w.published("Public")
		w.published("Public aussi")
		is("", w.ours)
		is(catalogue.Table, w.ours)
		is(catalogue.Link)
		counts, err := w.PublicCounts(ctx, w.ours, w.theirs)
		w.ok(err)
		if counts[w.ours] != 2 || counts[w.theirs] != 0 {
			t.Errorf("counts: %v", counts)
		}
		_, err = w.Withdraw(ctx, w.editor, one.ID, catalogue.AnyRevision, "Essai")
		w.ok(err)
		if counts, err = w.PublicCounts(ctx, w.ours); err != nil || counts[w.ours] != 1 {
			t.Errorf("after one is withdrawn: %v %v", counts, err)
		}
		if counts, err = w.PublicCounts(ctx); err != nil || len(counts) != 0 {
			t.Errorf("of none: %v %v", counts, err)
		}
	})
}
