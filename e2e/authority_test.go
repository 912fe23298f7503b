package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Sixty agents of one authority, whom the world sees under one address, come in and
// sign in within a moment, with the limits that the portal has by itself, while
// somebody among them guesses at the account of a colleague.
func TestSixtyBehindOneAddress(t *testing.T) {
	t.Parallel()
	p, err := newPortal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p.args = slices.DeleteFunc(p.args, func(arg string) bool { return strings.HasPrefix(arg, "--limits-") })
	if err := p.begin(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.end(); err != nil {
			t.Error(err)
		}
	})
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	email := func(n int) string { return fmt.Sprintf("agent%d@essai.example", n) }
	for n := range 60 {
		p.join(t, "mairie-d-essai", email(n), "editor")
	}
	guesser := p.visitor(t)
	form := guesser.get("/sign-in")
	const signIn = `main form[action="/sign-in"]`
	for range 8 {
		if pg := guesser.send(form, signIn, "email", email(0), "password", "un mot de passe faux"); pg.status != http.StatusUnauthorized {
			t.Fatalf("a wrong password: %d: %s", pg.status, pg.text())
		}
	}
	if pg := guesser.send(form, signIn, "email", email(0), "password", password); pg.status != http.StatusTooManyRequests {
		t.Errorf("the account that is guessed at, from where it is: %d: %s", pg.status, pg.text())
	}
	var all sync.WaitGroup
	for n := 1; n < 60; n++ {
		v := p.visitor(t)
		all.Go(func() {
			pg := v.send(v.get("/sign-in"), signIn, "email", email(n), "password", password)
			if pg.status != http.StatusOK || pg.url.Path != "/desk" {
				t.Errorf("%s: %d at %s: %s", email(n), pg.status, pg.url, pg.text())
			}
		})
	}
	all.Wait()
}
