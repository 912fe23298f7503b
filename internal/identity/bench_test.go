package identity_test

import (
	"fmt"
	"testing"

	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// What rights cost a request: its session, its person, the roles and mandates, and
// one decision. The figure promised is 0.2 ms, for a member of one organisation and for
// the agent of one that publishes for sixty others.
func BenchmarkRightsOfARequest(b *testing.B) {
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		b.Run(string(engine), func(b *testing.B) {
			db := sqldbtest.Open(b, sqldb.Options{URL: sqldbtest.URL(b, engine)})
			s := identity.New(db, identity.Options{Hash: identity.HashParams{KiB: 64, Passes: 1, Lanes: 1}})
			fail := func(err error) {
				b.Helper()
				if err != nil {
					b.Fatal(err)
				}
			}
			o, err := s.CreateOrganisation(ctx, identity.System("bench"), identity.OrganisationForm{Name: "Mairie", Kind: "commune"}, false)
			fail(err)
			_, secret, err := s.Invite(ctx, identity.System("bench"), identity.Invitation{Email: "lea@mairie.example", Organisation: o.ID, Role: identity.Editor})
			fail(err)
			a, err := s.AcceptInvitation(ctx, identity.Anonymous(), secret, newcomer("lea"))
			fail(err)
			e, err := s.OpenSession(ctx, a, home, "bench")
			fail(err)
			resumed := func(b *testing.B) {
				for b.Loop() {
					got, err := s.Resume(ctx, e.Secret)
					if err != nil || !got.Actor.Can(identity.ActionContribute, o.ID) {
						b.Fatal(err)
					}
				}
			}
			b.Run("member", resumed)
			for i := range 60 {
				commune, err := s.CreateOrganisation(ctx, identity.System("bench"), identity.OrganisationForm{Name: fmt.Sprint("Commune ", i), Kind: "commune"}, false)
				fail(err)
				_, err = s.GiveMandate(ctx, identity.System("bench"), identity.Mandate{Organisation: commune.ID, Delegate: o.ID, Reference: "Délibération 1"})
				fail(err)
			}
			b.Run("mandates", resumed)
		})
	}
}
