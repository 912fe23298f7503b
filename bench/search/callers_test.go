package search

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"testing"
	"time"

	"socle/bench/run"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// caller is who looks for datasets: rights decide which of them exist for them.
type caller struct {
	name    string
	actor   identity.Actor
	session string // its secret; "" for who has not signed in
}

// delegations is how many organisations the agent of an EPCI publishes for.
const delegations = 60

// callers are somebody without an account, and three people who have signed in.
func callers(ctx context.Context, b *testing.B, db *sqldb.DB, ids *identity.Service) []caller {
	b.Helper()
	root := identity.System("bench")
	var orgs []identity.OrganisationID
	must(b, db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM organisations ORDER BY id LIMIT $1`, delegations+2)
		if err != nil {
			return err
		}
		orgs, err = sqldb.Collect(rows, func(r sqldb.Scanner) (id identity.OrganisationID, err error) { return id, r.Scan(&id) })
		return err
	}))
	commune, epci := orgs[0], orgs[1]
	for _, o := range orgs[2:] {
		_, err := ids.GiveMandate(ctx, root, identity.Mandate{Organisation: o, Delegate: epci, Reference: "Délibération 2026-1"})
		must(b, err)
	}
	signedIn := func(name, email string, org identity.OrganisationID, host ...identity.HostRole) caller {
		p, err := ids.CreatePerson(ctx, root, identity.NewPerson{Email: email, Name: name, Language: "fr", Password: "une phrase assez longue 31"}, identity.HostSet(host...))
		must(b, err)
		if org != "" {
			must(b, ids.SetMember(ctx, root, org, p.ID, identity.Editor))
		}
		e, err := ids.SignIn(ctx, identity.SignIn{Email: email, Password: "une phrase assez longue 31", Network: netip.MustParseAddr("192.0.2.1"), Agent: "bench"})
		must(b, err)
		got, err := ids.Resume(ctx, e.Secret)
		must(b, err)
		return caller{name, got.Actor, e.Secret}
	}
	return []caller{
		{name: "anonymous"},
		signedIn("a member", "membre@essai.example", commune),
		signedIn(fmt.Sprintf("an agent of %d", delegations), "agent@essai.example", epci),
		signedIn("the host", "hote@essai.example", "", identity.HostAdministrator),
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// rights is what each request of somebody signed in costs before it does anything: the
// session, the person, the roles and mandates.
func rights(ctx context.Context, b *testing.B, ids *identity.Service, c caller) {
	b.Helper()
	if c.session == "" {
		return
	}
	took(b, c.name+": rights of a request", "0.2 ms", func(int) error {
		_, err := ids.Resume(ctx, c.session)
		return err
	})
}

// addresses are those of some public datasets and of some producers.
func addresses(ctx context.Context, b *testing.B, db *sqldb.DB) (sets, orgs []string) {
	b.Helper()
	must(b, db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT slug FROM datasets WHERE state = 'published' ORDER BY length(id), id LIMIT 500`)
		if err != nil {
			return err
		}
		if sets, err = sqldb.Collect(rows, sqldb.Text); err != nil {
			return err
		}
		if rows, err = tx.Query(ctx, `SELECT slug FROM organisations ORDER BY id LIMIT 100`); err != nil {
			return err
		}
		orgs, err = sqldb.Collect(rows, sqldb.Text)
		return err
	}))
	return sets, orgs
}

// pages asks the built program for the pages that list datasets, once it rests.
func pages(b *testing.B, data string, all []caller, sets, orgs []string) {
	b.Helper()
	p := run.Start(b, data)
	run.Rest(b, p.PID())
	// Publishing makes a table ready; here the first look does.
	var first []time.Duration
	for _, slug := range sets {
		began := time.Now()
		must(b, get(b, p.Base+"/datasets/"+slug, ""))
		first = append(first, time.Since(began))
	}
	slices.Sort(first)
	fmt.Printf("search: %-42s p50 %6.2f ms, p99 %6.2f ms, with the network of the machine\n", "a table that is not ready", ms(first[len(first)/2]), ms(first[len(first)*99/100]))
	words := rand.New(rand.NewPCG(7, 7))
	for _, c := range all {
		for _, page := range []struct {
			name string
			path func() string
		}{
			{"the first page", func() string { return "/" }},
			{"the page of all datasets", func() string { return "/search" }},
			{"the page of a search", func() string { return "/search?q=" + url.QueryEscape(pick(words, subjects)) }},
			{"a list of the API", func() string { return "/api/v1/datasets?limit=50" }},
			{"a dataset", func() string { return "/datasets/" + pick(words, sets) }},
			{"about a dataset", func() string { return "/datasets/" + pick(words, sets) + "/about" }},
			{"a producer", func() string { return "/organisations/" + pick(words, orgs) }},
			{"all producers", func() string { return "/organisations" }},
			{"a theme", func() string { return "/themes/finance" }},
			{"the board of the territory", func() string { return "/board" }},
		} {
			var times []time.Duration
			for i := range asked / 4 {
				began := time.Now()
				must(b, get(b, p.Base+page.path(), c.session))
				if i >= asked/40 {
					times = append(times, time.Since(began))
				}
			}
			slices.Sort(times)
			fmt.Printf("search: %-42s p50 %6.2f ms, p99 %6.2f ms, with the network of the machine; promised: p50 15 ms, p99 60 ms\n", c.name+": "+page.name, ms(times[len(times)/2]), ms(times[len(times)*99/100]))
		}
	}
}

func get(b *testing.B, address, session string) error {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if session != "" {
		req.AddCookie(&http.Cookie{Name: "socle", Value: session})
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, res.Status)
	}
	return nil
}
