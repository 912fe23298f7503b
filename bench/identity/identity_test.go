package identity

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

const (
	password = "une phrase assez longue 31"
	requests = 2000 // of which the median is told
	alone    = 20   // sign-ins, one after the other
	together = 48   // sign-ins at once, of as many people
)

var (
	root = identity.System("bench")
	home = netip.MustParseAddr("192.0.2.1")
)

// service is identity with the costs of production, on a new database.
func service(b *testing.B, engine sqldb.Engine) *identity.Service {
	b.Helper()
	return identity.New(sqldbtest.Open(b, sqldb.Options{URL: sqldbtest.URL(b, engine)}), identity.Options{})
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func person(b *testing.B, s *identity.Service, name string) (email string, id identity.PersonID) {
	b.Helper()
	email = name + "@mairie.example"
	p, err := s.CreatePerson(b.Context(), root, identity.NewPerson{Email: email, Name: name, Language: "fr", Password: password}, 0)
	must(b, err)
	return email, p.ID
}

func enter(ctx context.Context, s *identity.Service, email string) (identity.Entry, error) {
	return s.SignIn(ctx, identity.SignIn{Email: email, Password: password, Network: home, Agent: "bench"})
}

// medians runs steps several times, in turns, so that they are compared on the same machine.
func medians(b *testing.B, times int, steps ...func() error) (list []time.Duration) {
	b.Helper()
	took := make([][]time.Duration, len(steps))
	for range times {
		for i, step := range steps {
			begin := time.Now()
			must(b, step())
			took[i] = append(took[i], time.Since(begin))
		}
	}
	for _, t := range took {
		slices.Sort(t)
		list = append(list, t[times/2])
	}
	return list
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// What rights cost a request: its session, its person, the roles and mandates, and one
// decision; for a member of one organisation and for the agent of one that publishes for
// sixty others.
func BenchmarkRightsOfARequest(b *testing.B) {
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		b.Run(string(engine), func(b *testing.B) {
			ctx, s := b.Context(), service(b, engine)
			o, err := s.CreateOrganisation(ctx, root, identity.OrganisationForm{Name: "Mairie", Kind: "commune"}, false)
			must(b, err)
			email, id := person(b, s, "lea")
			must(b, s.SetMember(ctx, root, o.ID, id, identity.Editor))
			e, err := enter(ctx, s, email)
			must(b, err)
			cost := func(who string) {
				took := medians(b, requests, func() error {
					got, err := s.Resume(ctx, e.Secret)
					if err == nil && !got.Actor.Can(identity.ActionContribute, o.ID) {
						err = fmt.Errorf("the member may not contribute")
					}
					return err
				})[0]
				fmt.Printf("identity: rights of a request, %s, %-24s %.3f ms; promised: under 0.2 ms\n", engine, who+":", ms(took))
				b.ReportMetric(ms(took), "ms_"+who)
			}
			for b.Loop() {
				cost("member")
			}
			for i := range 60 {
				commune, err := s.CreateOrganisation(ctx, root, identity.OrganisationForm{Name: fmt.Sprint("Commune ", i), Kind: "commune"}, false)
				must(b, err)
				_, err = s.GiveMandate(ctx, root, identity.Mandate{Organisation: commune.ID, Delegate: o.ID, Reference: "Délibération 1"})
				must(b, err)
			}
			cost("sixty-mandates")
			b.ReportMetric(0.2, "ms_promised")
		})
	}
}

// hash is the work that a sign-in cannot do without, by the library alone.
func hash() error {
	p := identity.DefaultHash
	argon2.IDKey([]byte(password), []byte("sixteen bytes of"), p.Passes, p.KiB, p.Lanes, 32)
	return nil
}

// What a sign-in costs: one argon2id, alone and when many come at once, of which the
// server works on a few.
func BenchmarkSignIn(b *testing.B) {
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		b.Run(string(engine), func(b *testing.B) {
			ctx, s := b.Context(), service(b, engine)
			emails := make([]string, together)
			for i := range emails {
				emails[i], _ = person(b, s, fmt.Sprint("agent", i))
			}
			for b.Loop() {
				before := s.Hashed()
				took := medians(b, alone, func() error { _, err := enter(ctx, s, emails[0]); return err }, hash)
				one, least, each := took[0], took[1], float64(s.Hashed()-before)/alone
				fmt.Printf("identity: a sign-in, %s: %.1f ms, %.1f argon2id of %d MiB; one argon2id alone: %.1f ms\n", engine, ms(one), each, identity.DefaultHash.KiB>>10, ms(least))
				b.ReportMetric(ms(one), "ms_signin")
				b.ReportMetric(ms(least), "ms_argon2id")

				all := atOnce(b, func(i int) error { _, err := enter(ctx, s, emails[i]); return err })
				bare := atOnce(b, func(int) error { return hash() })
				fmt.Printf("identity: %d sign-ins at once, %s: all in after %.0f ms, %d MiB for hashes at most; as many argon2id alone, all at once: %.0f ms, %d MiB\n",
					together, engine, ms(all), s.Hashing()*int(identity.DefaultHash.KiB>>10), ms(bare), together*int(identity.DefaultHash.KiB>>10))
				b.ReportMetric(ms(all), fmt.Sprintf("ms_%d_signins", together))
			}
		})
	}
}

func atOnce(b *testing.B, step func(int) error) time.Duration {
	b.Helper()
	failures := make([]error, together)
	begin := time.Now()
	var wg sync.WaitGroup
	for i := range together {
		wg.Go(func() { failures[i] = step(i) })
	}
	wg.Wait()
	took := time.Since(begin)
	for _, err := range failures {
		must(b, err)
	}
	return took
}
