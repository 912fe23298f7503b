package identity_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

func TestSignInAndResume(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Auterive")
		a := w.member("lea", o.ID, identity.Editor)
		e, err := w.SignIn(ctx, identity.SignIn{Email: "  LEA@Mairie.example ", Password: goodPassword, Network: home, Agent: "Firefox\nX"})
		w.ok(err)
		s, secret := e.Session, e.Secret
		if len(secret) < 52 || strings.Contains(secret, s.ID) {
			t.Errorf("secret %q: 256 bits are 52 characters", secret)
		}
		got, err := w.Resume(ctx, secret)
		w.ok(err)
		w.same(got.Actor.Ref(), a.Ref())
		w.same(got.Actor.Memberships(), []identity.Membership{{Organisation: o.ID, Role: identity.Editor}})
		w.same(got.Person.Email, "lea@mairie.example")
		w.same(got.Person.SignedInAt, start)
		w.same(got.Session, s2current(s))
		w.same(got.Rotate, false)

		var stored int
		w.ok(w.db.Read(ctx, func(tx *sqldb.Tx) error {
			return tx.QueryRow(ctx, `SELECT count(*) FROM sessions WHERE hash = $1`, secret).Scan(&stored)
		}))
		w.same(stored, 0) // only its digest is there

		for _, bad := range []string{"", "x", secret + "0", strings.ToUpper(secret)} {
			_, err := w.Resume(ctx, bad)
			w.fails(err, errs.SignIn, "identity.session-over")
		}
		w.ok(w.SignOut(ctx, secret))
		w.ok(w.SignOut(ctx, secret))
		_, err = w.Resume(ctx, secret)
		w.fails(err, errs.SignIn)
	})
}

func s2current(s identity.Session) identity.Session { s.Current = true; return s }

// The answer and the work are the same for an account that does not exist.
func TestSignInTellsNothing(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		gone := w.person("paul")
		w.ok(w.ClosePerson(ctx, root, gone.Person()))
		var texts []string
		for _, name := range []string{"lea", "paul", "nobody", "", "no\x00body", strings.Repeat("x", 10_000)} {
			before := w.Hashed()
			_, _, err := w.signIn(name, "une autre phrase", home)
			w.fails(err, errs.SignIn, "identity.sign-in.wrong")
			texts = append(texts, err.Error())
			w.same(w.Hashed()-before, int64(1))
		}
		for _, s := range texts {
			w.same(s, texts[0])
		}
		_, _, err := w.signIn("lea", strings.Repeat("long", 1000), home)
		w.fails(err, errs.SignIn)
	})
}

func TestPasswordIsHashedAgainWhenCostsChange(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		a := w.person("lea")
		stored := func() (s string) {
			w.ok(w.db.Read(ctx, func(tx *sqldb.Tx) error {
				return tx.QueryRow(ctx, `SELECT password FROM people WHERE id = $1`, a.Person()).Scan(&s)
			}))
			return s
		}
		w.same(strings.HasPrefix(stored(), "$argon2id$v=19$m=64,t=1,p=1$"), true)
		w.Service = identity.New(w.db, identity.Options{Hash: identity.HashParams{KiB: 128, Passes: 2, Lanes: 1}})
		_, _, err := w.signIn("lea", "faux faux faux", home)
		w.fails(err, errs.SignIn)
		w.same(strings.HasPrefix(stored(), "$argon2id$v=19$m=64,"), true)
		_, _, err = w.signIn("lea", goodPassword, home)
		w.ok(err)
		w.same(strings.HasPrefix(stored(), "$argon2id$v=19$m=128,t=2,p=1$"), true)
		_, _, err = w.signIn("lea", goodPassword, home)
		w.ok(err)
	})
}

func TestSessionLimits(t *testing.T) {
	run(t, identity.Options{SessionIdle: time.Hour, SessionMax: 3 * time.Hour}, func(w world) {
		w.person("lea")
		_, secret, err := w.signIn("lea", goodPassword, home)
		w.ok(err)
		for range 3 { // used every 50 minutes
			w.clock.pass(50 * time.Minute)
			_, err = w.Resume(ctx, secret)
			w.ok(err)
		}
		w.clock.pass(31 * time.Minute) // 3 h 01 after it was opened
		_, err = w.Resume(ctx, secret)
		w.fails(err, errs.SignIn)

		_, secret, err = w.signIn("lea", goodPassword, home)
		w.ok(err)
		w.clock.pass(61 * time.Minute)
		_, err = w.Resume(ctx, secret)
		w.fails(err, errs.SignIn)
		swept, err := w.Sweep(ctx, root)
		w.ok(err)
		w.same(swept.Sessions, int64(1)) // the other went when the second was opened
	})
}

func TestRotation(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		s, first, err := w.signIn("lea", goodPassword, home)
		w.ok(err)
		w.clock.pass(25 * time.Hour)
		r, err := w.Resume(ctx, first)
		w.ok(err)
		w.same(r.Rotate, true)
		fresh := make([]string, 5)
		list := atOnce(5, func(i int) (err error) { fresh[i], err = w.RotateSession(ctx, first); return err })
		w.same(succeeded(list), 1)
		second := ""
		for i, err := range list {
			if err == nil {
				second = fresh[i]
			} else {
				w.fails(err, errs.Conflict, "identity.session-rotated")
			}
		}
		for _, secret := range []string{first, second} { // requests under way are not thrown out
			r, err := w.Resume(ctx, secret)
			w.ok(err)
			w.same(r.Session.ID, s.ID)
			w.same(r.Rotate, false)
		}
		w.clock.pass(31 * time.Second)
		_, err = w.Resume(ctx, first)
		w.fails(err, errs.SignIn)
		_, err = w.RotateSession(ctx, first)
		w.fails(err, errs.SignIn)
		_, err = w.Resume(ctx, second)
		w.ok(err)
	})
}

func TestSessionsAreListedAndRevoked(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		w.person("paul")
		open := func(name string) (identity.Actor, string) {
			w.clock.pass(time.Minute)
			_, secret, err := w.signIn(name, goodPassword, home)
			w.ok(err)
			r, err := w.Resume(ctx, secret)
			w.ok(err)
			return r.Actor, secret
		}
		here, secret := open("lea")
		_, elsewhere := open("lea")
		other, _ := open("paul")
		list, err := w.Sessions(ctx, here)
		w.ok(err)
		w.same(len(list), 2)
		w.same([]bool{list[0].Current, list[1].Current}, []bool{false, true})
		w.same(list[0].Network, home.String())

		w.fails(w.RevokeSession(ctx, other, list[0].ID), errs.NotFound)
		w.ok(w.RevokeSession(ctx, here, list[0].ID))
		_, err = w.Resume(ctx, elsewhere)
		w.fails(err, errs.SignIn)

		_, elsewhere = open("lea")
		w.ok(w.RevokeOtherSessions(ctx, here))
		_, err = w.Resume(ctx, elsewhere)
		w.fails(err, errs.SignIn)
		_, err = w.Resume(ctx, secret)
		w.ok(err)

		for range 55 {
			open("lea")
		}
		list, err = w.Sessions(ctx, here)
		w.ok(err)
		w.same(len(list), 50)
	})
}

func TestChangePassword(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		_, secret, err := w.signIn("lea", goodPassword, home)
		w.ok(err)
		_, other, err := w.signIn("lea", goodPassword, home)
		w.ok(err)
		r, err := w.Resume(ctx, secret)
		w.ok(err)
		const next = "tout autre chose"
		w.fails(w.ChangePassword(ctx, r.Actor, "pas le bon mot", next), errs.Denied, "identity.password.wrong")
		for _, weak := range []string{"", "court", "aaaaaaaaaaaaaaaa", "lea@mairie.example", "abababababab", strings.Repeat("a b c d e f ", 50)} {
			w.same(w.fields(w.ChangePassword(ctx, r.Actor, goodPassword, weak)), []string{"password"})
		}
		w.ok(w.ChangePassword(ctx, r.Actor, goodPassword, next))
		_, err = w.Resume(ctx, secret)
		w.ok(err)
		_, err = w.Resume(ctx, other)
		w.fails(err, errs.SignIn)
		_, _, err = w.signIn("lea", goodPassword, home)
		w.fails(err, errs.SignIn)
		_, _, err = w.signIn("lea", next, home)
		w.ok(err)

		for range 8 {
			w.fails(w.ChangePassword(ctx, r.Actor, "pas le bon mot", goodPassword), errs.Denied)
		}
		w.fails(w.ChangePassword(ctx, r.Actor, next, goodPassword), errs.Busy, "identity.sign-in.throttled")
	})
}

func TestThrottleByAccountAndNetwork(t *testing.T) {
	o := identity.Options{Limits: identity.SignInLimits{Pair: 3, Account: 6, Network: 10}}
	run(t, o, func(w world) {
		w.person("lea")
		w.person("paul")
		addr := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, byte(n)}) }
		try := func(name, password string, from netip.Addr) error {
			_, _, err := w.signIn(name, password, from)
			return err
		}
		for range 3 {
			w.fails(try("lea", "faux", addr(1)), errs.SignIn)
		}
		before := w.Hashed()
		w.fails(try("lea", goodPassword, addr(1)), errs.Busy, "identity.sign-in.throttled")
		w.same(w.Hashed(), before)               // refused without work
		w.ok(try("paul", goodPassword, addr(1))) // a colleague behind the same address
		w.ok(try("lea", goodPassword, addr(2)))  // the same person from elsewhere

		for n := range 3 { // one account from everywhere: 3 + 3
			w.fails(try("lea", "faux", addr(10+n)), errs.SignIn)
		}
		w.fails(try("lea", goodPassword, addr(20)), errs.Busy)

		for n := range 10 { // one network on all accounts
			w.fails(try(fmt.Sprintf("someone%d", n), "faux", addr(30)), errs.SignIn)
		}
		w.fails(try("paul", goodPassword, addr(30)), errs.Busy)
		w.ok(try("paul", goodPassword, addr(31)))

		w.clock.pass(14 * time.Minute)
		w.fails(try("paul", goodPassword, addr(30)), errs.Busy)
		w.clock.pass(time.Minute + time.Second)
		w.ok(try("paul", goodPassword, addr(30)))
		w.ok(try("lea", goodPassword, addr(1)))
	})
}

// Whoever guesses from anywhere, as fast as the windows allow, fails on an account
// less than a hundred times in any hour (ASVS 4.0, 2.2.1).
func TestAnHourOfGuesses(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		from := 0
		guess := func() (failed int) {
			for from++; ; from++ {
				_, _, err := w.signIn("lea", "faux faux faux", netip.AddrFrom4([4]byte{203, 0, 113, byte(from / 4)}))
				if errs.Is(err, errs.Busy) {
					return failed
				}
				w.fails(err, errs.SignIn)
				failed++
			}
		}
		_, _, err := w.signIn("lea", "faux faux faux", netip.AddrFrom4([4]byte{192, 0, 2, 1})) // opens the first window
		w.fails(err, errs.SignIn)
		w.clock.pass(15*time.Minute - time.Second)
		hour := guess() // the end of the first window
		w.clock.pass(time.Second)
		for range 4 {
			hour += guess()
			w.clock.pass(15 * time.Minute)
		}
		w.same(hour, 99)
	})
}

func TestThrottleIsTheSameForUnknownAccounts(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		trace := func(name string, from netip.Addr) (out []string) {
			for range 12 {
				_, _, err := w.signIn(name, "faux faux faux", from)
				out = append(out, err.Error())
			}
			return out
		}
		w.same(trace("nobody", netip.MustParseAddr("2001:db8:1::1")), trace("lea", netip.MustParseAddr("2001:db8:2::1")))
	})
}

// A hundred guesses at once are a hundred guesses.
func TestThrottleHoldsUnderARace(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		before := w.Hashed()
		list := atOnce(40, func(int) error {
			_, _, err := w.signIn("lea", "faux faux faux", home)
			return err
		})
		refused := 0
		for _, err := range list {
			if errs.Is(err, errs.Busy) {
				refused++
			}
		}
		w.same(refused, 32)
		w.same(w.Hashed()-before, int64(8))
	})
}

// One line of IPv6 is a /64: its 2^64 addresses count as one.
func TestThrottleCountsIPv6BySubnet(t *testing.T) {
	run(t, identity.Options{Limits: identity.SignInLimits{Pair: 2}}, func(w world) {
		w.person("lea")
		for n := range 2 {
			_, _, err := w.signIn("lea", "faux", netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", n+1)))
			w.fails(err, errs.SignIn)
		}
		_, _, err := w.signIn("lea", goodPassword, netip.MustParseAddr("2001:db8::ffff"))
		w.fails(err, errs.Busy)
		_, _, err = w.signIn("lea", goodPassword, netip.MustParseAddr("2001:db8:0:1::1"))
		w.ok(err)
	})
}

func TestThrottleRowsAreBounded(t *testing.T) {
	run(t, identity.Options{Limits: identity.SignInLimits{Rows: 30}}, func(w world) {
		for n := range 45 {
			_, _, err := w.signIn(fmt.Sprintf("x%d", n), "faux", netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}))
			w.fails(err, errs.SignIn)
			w.clock.pass(time.Millisecond)
		}
		var rows int
		w.ok(w.db.Read(ctx, func(tx *sqldb.Tx) error {
			return tx.QueryRow(ctx, `SELECT count(*) FROM sign_in_attempts`).Scan(&rows)
		}))
		if rows > 30 {
			t.Errorf("%d rows", rows)
		}
		w.clock.pass(time.Hour)
		_, err := w.Sweep(ctx, root)
		w.ok(err)
		w.ok(w.db.Read(ctx, func(tx *sqldb.Tx) error {
			return tx.QueryRow(ctx, `SELECT count(*) FROM sign_in_attempts`).Scan(&rows)
		}))
		w.same(rows, 0)
	})
}

func TestCancelledSignInIsBusy(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		c, cancel := context.WithCancel(ctx)
		cancel()
		_, err := w.SignIn(c, identity.SignIn{Email: "lea@mairie.example", Password: goodPassword, Network: home})
		w.fails(err, errs.Busy)
	})
}
