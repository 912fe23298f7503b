package identity_test

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// signedIn is the actor of a new session of someone, and its secret.
func (w world) signedIn(name string) (identity.Actor, string) {
	w.t.Helper()
	_, secret, err := w.signIn(name, goodPassword, home)
	w.ok(err)
	if secret == "" {
		w.t.Fatal("a second proof is asked")
	}
	return w.resumed(secret), secret
}

func (w world) resumed(secret string) identity.Actor {
	w.t.Helper()
	got, err := w.Resume(ctx, secret)
	w.ok(err)
	return got.Actor
}

// codes puts an application of codes in force and returns its secret.
func (w world) codes(a identity.Actor) (secret string, recovery []string) {
	w.t.Helper()
	c, err := w.StartCode(ctx, a)
	w.ok(err)
	recovery, err = w.ConfirmCode(ctx, a, w.code(c.Secret))
	w.ok(err)
	return c.Secret, recovery
}

func (w world) code(secret string) string {
	w.t.Helper()
	code, err := totp.GenerateCode(secret, w.clock.now())
	w.ok(err)
	return code
}

func (w world) first(name string) identity.Entry {
	w.t.Helper()
	e, err := w.SignIn(ctx, identity.SignIn{Email: name + "@mairie.example", Password: goodPassword, Network: home, Agent: "Firefox"})
	w.ok(err)
	return e
}

func TestApplicationOfCodes(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		a, _ := w.signedIn("lea")
		_, err := w.ConfirmCode(ctx, a, "123456")
		w.fails(err, errs.NotFound) // nothing was started
		c, err := w.StartCode(ctx, a)
		w.ok(err)
		if !strings.HasPrefix(c.URL, "otpauth://totp/") || !strings.Contains(c.URL, "secret="+c.Secret) {
			t.Errorf("address %q", c.URL)
		}
		if e := w.first("lea"); e.Secret == "" {
			t.Error("codes that nobody has confirmed are asked for")
		}
		_, err = w.ConfirmCode(ctx, a, "000000")
		w.same(w.fields(err), []string{"code"})
		again, err := w.PendingCode(ctx, a)
		w.ok(err)
		w.same(again, c)
		recovery, err := w.ConfirmCode(ctx, a, w.code(c.Secret))
		w.ok(err)
		w.same(len(recovery), 10)
		w.same(len(strings.ReplaceAll(recovery[0], "-", "")), 24) // of five bits: more than the 112 that ASVS asks for
		_, err = w.StartCode(ctx, a)
		w.fails(err, errs.Conflict, "identity.code.already")

		e := w.first("lea")
		if e.Secret != "" || e.Step == "" {
			t.Fatal("in with the password alone")
		}
		_, err = w.Resume(ctx, e.Step)
		w.fails(err, errs.SignIn)
		ways, err := w.OpenSecondStep(ctx, e.Step)
		w.ok(err)
		w.same(ways, identity.SecondStep{Code: true})
		_, err = w.ProveCode(ctx, e.Step, w.code(c.Secret), home, "")
		w.same(w.fields(err), []string{"code"}) // that code set the application up: it was used
		w.clock.pass(30 * time.Second)
		in, err := w.ProveCode(ctx, e.Step, " "+w.code(c.Secret)[:3]+" "+w.code(c.Secret)[3:], home, "Firefox")
		w.ok(err)
		got, err := w.Resume(ctx, in.Secret)
		w.ok(err)
		w.same(got.Session.Strong, true)
		_, err = w.ProveCode(ctx, e.Step, recovery[0], home, "")
		w.fails(err, errs.SignIn, "identity.step-over") // the step works once

		e = w.first("lea")
		_, err = w.ProveCode(ctx, e.Step, strings.ToUpper(strings.ReplaceAll(recovery[3], "-", " ")), home, "")
		w.ok(err)
		e = w.first("lea")
		_, err = w.ProveCode(ctx, e.Step, recovery[3], home, "")
		w.same(w.fields(err), []string{"code"}) // it works once
		left, err := w.Ways(ctx, a)
		w.ok(err)
		w.same(left.Recovery, 9)
	})
}

// Six digits are few: five wrong ones end the step, and a person's are counted
// whatever the step and the place.
func TestCodesAreNotGuessed(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		a, _ := w.signedIn("lea")
		secret, _ := w.codes(a)
		w.clock.pass(time.Minute)
		e := w.first("lea")
		for range 5 {
			_, err := w.ProveCode(ctx, e.Step, "000000", home, "")
			w.same(w.fields(err), []string{"code"})
		}
		_, err := w.ProveCode(ctx, e.Step, w.code(secret), netip.MustParseAddr("198.51.100.7"), "")
		w.fails(err, errs.SignIn, "identity.step-over")
		tries := 0
		for i := range 20 { // from everywhere
			e := w.first("lea")
			if _, err = w.ProveCode(ctx, e.Step, "000000", netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}), ""); errs.Is(err, errs.Busy) {
				break
			}
			tries++
		}
		w.fails(err, errs.Busy, "identity.sign-in.throttled")
		if tries > 6 {
			t.Errorf("%d more tries", tries)
		}
		w.clock.pass(16 * time.Minute)
		e = w.first("lea")
		_, err = w.ProveCode(ctx, e.Step, w.code(secret), home, "")
		w.ok(err)
	})
}

func TestOneCodeOnceAtOnce(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		a, _ := w.signedIn("lea")
		secret, recovery := w.codes(a)
		w.clock.pass(time.Minute)
		var steps []string
		for range 4 {
			steps = append(steps, w.first("lea").Step)
		}
		code := w.code(secret)
		w.same(succeeded(atOnce(4, func(i int) error { _, err := w.ProveCode(ctx, steps[i], code, home, ""); return err })), 1)
		steps = nil
		w.clock.pass(20 * time.Minute)
		for range 4 {
			steps = append(steps, w.first("lea").Step)
		}
		w.same(succeeded(atOnce(4, func(i int) error { _, err := w.ProveCode(ctx, steps[i], recovery[0], home, ""); return err })), 1)
	})
}

// What changes how one signs in asks for a fresh session, or the password again.
func TestConfirm(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		a, secret := w.signedIn("lea")
		w.codes(a)
		w.clock.pass(identity.ConfirmWithin + time.Second)
		a = w.resumed(secret)
		acts := map[string]func() error{
			"stop":     func() error { return w.StopCode(ctx, a) },
			"recovery": func() error { _, err := w.RenewRecovery(ctx, a); return err },
			"passkey":  func() error { _, _, err := w.NewPasskey(ctx, a); return err },
			"remove":   func() error { return w.RemovePasskey(ctx, a, "x") },
			"link":     func() error { return w.LinkAccount(ctx, a, identity.Claims{Provider: "p", Subject: "s"}) },
			"unlink":   func() error { return w.UnlinkAccount(ctx, a, "x") },
			"email":    func() error { _, err := w.RequestEmail(ctx, a, "autre@mairie.example"); return err },
			"close":    func() error { return w.CloseOwnAccount(ctx, a) },
		}
		for name, act := range acts {
			t.Log(name)
			w.fails(act(), errs.Denied, "identity.confirm-again")
		}
		w.fails(w.Confirm(ctx, a, "un autre mot de passe"), errs.Denied, "identity.password.wrong")
		w.ok(w.Confirm(ctx, a, goodPassword))
		_, err := w.RenewRecovery(ctx, a)
		w.ok(err)
		w.ok(w.StopCode(ctx, a))
		if e := w.first("lea"); e.Secret == "" {
			t.Error("stopped codes are asked for")
		}
	})
}

func TestSecondFactorIsRequired(t *testing.T) {
	run(t, identity.Options{SecondFactor: identity.RequireHost}, func(w world) {
		o := w.organisation("Auterive")
		w.member("lea", o.ID, identity.Editor)
		w.person("paul", identity.HostAdministrator)
		_, secret := w.signedIn("lea")
		got, err := w.Resume(ctx, secret)
		w.ok(err)
		w.same(got.Enrol, false) // no role of the host

		_, secret = w.signedIn("paul")
		got, err = w.Resume(ctx, secret)
		w.ok(err)
		w.same(got.Enrol, true)
		w.fails(got.Actor.Require(identity.ActionSettings, ""), errs.Denied) // no right until there is one
		w.codes(got.Actor)
		got, err = w.Resume(ctx, secret)
		w.ok(err)
		w.same(got.Enrol, false)
		w.ok(got.Actor.Require(identity.ActionSettings, ""))
		if e := w.first("paul"); e.Step == "" {
			t.Error("in without the second factor")
		}
	})
}

func TestResetFactors(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		lea := w.person("lea")
		host := w.person("hote", identity.HostAdministrator)
		a, secret := w.signedIn("lea")
		w.codes(a)
		w.fails(w.ResetFactors(ctx, a, lea.Person()), errs.Denied)
		w.ok(w.ResetFactors(ctx, host, lea.Person()))
		_, err := w.Resume(ctx, secret)
		w.fails(err, errs.SignIn)
		if e := w.first("lea"); e.Secret == "" {
			t.Error("codes that were taken away are asked for")
		}
	})
}

func TestPasskeyAnswersThatDoNotHold(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		w.person("paul")
		lea, _ := w.signedIn("lea")
		paul, _ := w.signedIn("paul")
		options, step, err := w.NewPasskey(ctx, lea)
		w.ok(err)
		if !strings.Contains(string(options), `"challenge"`) || !strings.Contains(string(options), `"residentKey":"required"`) {
			t.Errorf("options %s", options)
		}
		for _, answer := range []string{"", "{}", "null", `{"id":"eA","rawId":"eA","type":"public-key","response":{"clientDataJSON":"eA","attestationObject":"eA"}}`, strings.Repeat("x", 100_000)} {
			_, err = w.AddPasskey(ctx, paul, step, "Clé", []byte(answer))
			w.fails(err, errs.Denied, "identity.passkey.bad")
			_, err = w.ProvePasskey(ctx, step, []byte(answer), home, "")
			w.fails(err, errs.Denied, "identity.passkey.bad")
		}
		_, err = w.AddPasskey(ctx, lea, step, "", []byte("{}"))
		w.same(w.fields(err), []string{"name"})
		_, _, err = w.AskPasskey(ctx, "none")
		w.fails(err, errs.SignIn, "identity.step-over")
		w.fails(w.RenamePasskey(ctx, lea, "none", "x"), errs.NotFound)
		w.fails(w.RemovePasskey(ctx, lea, "none"), errs.NotFound)
	})
}

func TestLinkedAccounts(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		lea := w.person("lea")
		c := identity.Claims{Provider: "proconnect", Subject: "abc", Email: "LEA@mairie.example", EmailVerified: true, Name: "Léa"}
		// The account's address was never verified here: whoever made it may be another.
		_, err := w.SignInLinked(ctx, c, home, "")
		w.fails(err, errs.SignIn, "identity.linked.confirm")
		m, err := w.RequestSignIn(ctx, "lea@mairie.example", home)
		w.ok(err)
		_, err = w.UseSignInLink(ctx, m.Secret, home, "")
		w.ok(err)
		unverified := c
		unverified.EmailVerified = false
		_, err = w.SignInLinked(ctx, unverified, home, "")
		w.fails(err, errs.SignIn, "identity.linked.confirm")
		e, err := w.SignInLinked(ctx, c, home, "")
		w.ok(err)
		w.same(e.Person, lea.Person())
		c.Email = "autre@ailleurs.example" // the subject is who it is, not the address
		e, err = w.SignInLinked(ctx, c, home, "")
		w.ok(err)
		w.same(e.Person, lea.Person())

		stranger := identity.Claims{Provider: "proconnect", Subject: "xyz", Email: "inconnu@ailleurs.example", EmailVerified: true, Name: "Inconnu"}
		_, err = w.SignInLinked(ctx, stranger, home, "")
		w.fails(err, errs.NotFound, "identity.linked.unknown")
		stranger.Create = true
		made, err := w.SignInLinked(ctx, stranger, home, "")
		w.ok(err)
		ways, err := w.Ways(ctx, w.resumed(made.Secret))
		w.ok(err)
		w.same([]any{ways.Password, ways.EmailVerified, len(ways.Linked)}, []any{false, true, 1})
		_, err = w.SignInLinked(ctx, identity.Claims{Provider: "proconnect"}, home, "")
		w.fails(err, errs.Denied, "identity.linked.bad")

		paul := w.person("paul")
		a, _ := w.signedIn("paul")
		w.fails(w.LinkAccount(ctx, a, c), errs.Conflict, "identity.linked.taken")
		w.ok(w.LinkAccount(ctx, a, identity.Claims{Provider: "keycloak", Subject: "p"}))
		w.ok(w.LinkAccount(ctx, a, identity.Claims{Provider: "keycloak", Subject: "p"}))
		e, err = w.SignInLinked(ctx, identity.Claims{Provider: "keycloak", Subject: "p"}, home, "")
		w.ok(err)
		w.same(e.Person, paul.Person())
		ways, err = w.Ways(ctx, a)
		w.ok(err)
		w.ok(w.UnlinkAccount(ctx, a, ways.Linked[0].ID))
		_, err = w.SignInLinked(ctx, identity.Claims{Provider: "keycloak", Subject: "p"}, home, "")
		w.fails(err, errs.NotFound)
	})
}

// A provider that asked for one proof does not open an account that asks for two.
func TestLinkedAccountAndSecondFactor(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		a, _ := w.signedIn("lea")
		c := identity.Claims{Provider: "keycloak", Subject: "lea"}
		w.ok(w.LinkAccount(ctx, a, c))
		w.codes(a)
		e, err := w.SignInLinked(ctx, c, home, "")
		w.ok(err)
		w.same(e.Secret, "")
		c.Strong = true
		e, err = w.SignInLinked(ctx, c, home, "")
		w.ok(err)
		w.same(e.Session.Strong, true)
		// Nor does a link by mail, nor a new password.
		for _, ask := range []func(context.Context, string, netip.Addr) (identity.Mailed, error){w.RequestSignIn, w.RequestReset} {
			m, err := ask(ctx, "lea@mairie.example", home)
			w.ok(err)
			if e, err = w.UseSignInLink(ctx, m.Secret, home, ""); errs.Is(err, errs.NotFound) {
				b, err := w.ResetPassword(ctx, m.Secret, "une toute autre phrase")
				w.ok(err)
				e, err = w.OpenSession(ctx, b, home, "")
				w.ok(err)
			}
			w.same(e.Secret, "")
		}
	})
}

func TestInvitationByProvider(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Auterive")
		_, secret, err := w.Invite(ctx, root, identity.Invitation{Email: "nouveau@mairie.example", Organisation: o.ID, Role: identity.Editor})
		w.ok(err)
		c := identity.Claims{Provider: "proconnect", Subject: "n", Email: "autre@mairie.example", EmailVerified: true, Name: "Nouveau"}
		_, err = w.AcceptInvitationLinked(ctx, secret, c, home, "")
		w.fails(err, errs.Denied, "identity.invitation.other-person")
		c.Email, c.EmailVerified = "nouveau@mairie.example", false
		_, err = w.AcceptInvitationLinked(ctx, secret, c, home, "")
		w.fails(err, errs.Denied, "identity.invitation.other-person")
		c.EmailVerified = true
		list := atOnce(4, func(int) error { _, err := w.AcceptInvitationLinked(ctx, secret, c, home, ""); return err })
		w.same(succeeded(list), 1)
		e, err := w.SignInLinked(ctx, c, home, "")
		w.ok(err)
		w.same(w.resumed(e.Secret).RoleIn(o.ID), identity.Editor)
	})
}

func TestJourney(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		lea, paul := w.person("lea"), w.person("paul")
		type luggage struct{ State string }
		secret, err := w.PutJourney(ctx, lea, luggage{"x"})
		w.ok(err)
		var got luggage
		w.fails(w.TakeJourney(ctx, paul, secret, &got), errs.SignIn)
		w.ok(w.TakeJourney(ctx, lea, secret, &got))
		w.same(got, luggage{"x"})
		w.fails(w.TakeJourney(ctx, lea, secret, &got), errs.SignIn, "identity.step-over")
		secret, err = w.PutJourney(ctx, lea, luggage{"y"})
		w.ok(err)
		w.same(succeeded(atOnce(3, func(int) error { return w.TakeJourney(ctx, lea, secret, &luggage{}) })), 1)
		secret, err = w.PutJourney(ctx, identity.Anonymous(), luggage{"z"})
		w.ok(err)
		w.clock.pass(11 * time.Minute)
		w.fails(w.TakeJourney(ctx, identity.Anonymous(), secret, &got), errs.SignIn, "identity.step-over")
		swept, err := w.Sweep(ctx, root)
		w.ok(err)
		w.same(swept.Steps, int64(1))
	})
}

func TestSignInLink(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		lea := w.person("lea")
		none, err := w.RequestSignIn(ctx, "personne@mairie.example", home)
		w.ok(err)
		w.same(none, identity.Mailed{})
		old, err := w.RequestSignIn(ctx, "lea@mairie.example", home)
		w.ok(err)
		m, err := w.RequestSignIn(ctx, "lea@mairie.example", home)
		w.ok(err)
		_, err = w.UseSignInLink(ctx, old.Secret, home, "")
		w.fails(err, errs.NotFound, "identity.link-over")
		_, err = w.ResetPassword(ctx, m.Secret, "une toute autre phrase")
		w.fails(err, errs.NotFound) // a link is for one thing
		w.same(succeeded(atOnce(4, func(int) error { _, err := w.UseSignInLink(ctx, m.Secret, home, ""); return err })), 1)
		ways, err := w.Ways(ctx, lea)
		w.ok(err)
		w.same(ways.EmailVerified, true)
		m, err = w.RequestSignIn(ctx, "lea@mairie.example", home)
		w.ok(err)
		w.clock.pass(16 * time.Minute)
		_, err = w.UseSignInLink(ctx, m.Secret, home, "")
		w.fails(err, errs.NotFound)
	})
}

func TestNewAddress(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		w.person("lea")
		w.person("paul")
		a, _ := w.signedIn("lea")
		_, err := w.RequestEmail(ctx, a, "LEA@mairie.example")
		w.same(w.fields(err), []string{"email"})
		_, err = w.RequestEmail(ctx, a, "pas une adresse")
		w.same(w.fields(err), []string{"email"})
		taken, err := w.RequestEmail(ctx, a, "paul@mairie.example")
		w.ok(err) // the same is said to the person, nothing is sent
		w.same(taken.Send, false)
		m, err := w.RequestEmail(ctx, a, "lea.martin@mairie.example")
		w.ok(err)
		w.same(m.Send, true)
		reset, err := w.RequestReset(ctx, "lea@mairie.example", home)
		w.ok(err)
		p, before, err := w.ConfirmEmail(ctx, m.Secret, home)
		w.ok(err)
		w.same([]string{p.Email, before}, []string{"lea.martin@mairie.example", "lea@mairie.example"})
		_, err = w.ResetPassword(ctx, reset.Secret, "une toute autre phrase")
		w.fails(err, errs.NotFound) // it was in the mail of the old address
		_, _, err = w.signIn("lea", goodPassword, home)
		w.fails(err, errs.SignIn)
		_, _, err = w.signIn("lea.martin", goodPassword, home)
		w.ok(err)

		m, err = w.RequestEmail(ctx, a, "libre@mairie.example")
		w.ok(err)
		w.person("libre") // meanwhile
		_, _, err = w.ConfirmEmail(ctx, m.Secret, home)
		w.fails(err, errs.Conflict, "identity.email-taken")
	})
}

func TestBreachedPassword(t *testing.T) {
	known := func(password string) string {
		sum := sha1.Sum([]byte(password))
		return strings.ToUpper(hex.EncodeToString(sum[:]))
	}
	var asked []string
	down := false
	ask := func(_ context.Context, prefix string) (string, error) {
		asked = append(asked, prefix)
		if down {
			return "", errors.New("no network")
		}
		return "0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n" + known("correct horse battery")[5:] + ":7\r\n" + known("padding padding x")[5:] + ":0\r\n", nil
	}
	run(t, identity.Options{Breached: ask}, func(w world) {
		down = false
		w.person("lea")
		a, _ := w.signedIn("lea")
		w.same(w.fields(w.ChangePassword(ctx, a, goodPassword, "correct horse battery")), []string{"password"})
		w.same(asked[len(asked)-1], known("correct horse battery")[:5])
		n := len(asked)
		w.same(w.fields(w.ChangePassword(ctx, a, goodPassword, "court")), []string{"password"})
		w.same(len(asked), n) // what is refused already is not asked about
		w.ok(w.ChangePassword(ctx, a, goodPassword, "padding padding x"))
		down = true
		w.ok(w.ChangePassword(ctx, a, "padding padding x", "correct horse battery"))
		n = len(asked)
		w.ok(w.ChangePassword(ctx, a, "correct horse battery", goodPassword))
		w.same(len(asked), n) // a list that did not answer is left alone
		down = false
		w.clock.pass(10*time.Minute + time.Second)
		w.same(w.fields(w.ChangePassword(ctx, a, goodPassword, "correct horse battery")), []string{"password"})
		gone, leave := context.WithCancel(ctx)
		leave()
		down = true
		w.ChangePassword(gone, a, goodPassword, "encore une autre phrase")
		down = false
		n = len(asked)
		w.same(w.fields(w.ChangePassword(ctx, a, goodPassword, "correct horse battery")), []string{"password"})
		w.same(len(asked), n+1) // which is no failure of the list
	})
}

// Lines past their retention go; what is left still verifies, and a line removed by
// hand still shows.
func TestAuditRetention(t *testing.T) {
	run(t, identity.Options{Keep: identity.Keep{Audit: 30 * 24 * time.Hour}}, func(w world) {
		for _, name := range []string{"a", "b", "c"} {
			w.person("personne-" + name)
		}
		before, err := w.VerifyAudit(ctx, root)
		w.ok(err)
		w.clock.pass(31 * 24 * time.Hour)
		w.person("personne-d")
		swept, err := w.Sweep(ctx, root)
		w.ok(err)
		w.same(swept.Audit, before.Lines)
		check, err := w.VerifyAudit(ctx, root)
		w.ok(err)
		w.same([]int64{check.After, check.Lines, check.Broken}, []int64{before.Lines, 2, 0})
		swept, err = w.Sweep(ctx, root)
		w.ok(err)
		w.same(swept.Audit, int64(0))
		w.ok(w.db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM audit WHERE seq = $1`, before.Lines+1)
			return err
		}))
		check, err = w.VerifyAudit(ctx, root)
		w.ok(err)
		w.same(check.Broken, before.Lines+1)
	})
}

func TestPersonalData(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Auterive")
		w.member("lea", o.ID, identity.Editor)
		w.person("paul")
		a, secret := w.signedIn("lea")
		_, _, err := w.CreateToken(ctx, a, identity.NewToken{Name: "export", Scopes: identity.ScopeSet(identity.ScopeRead)})
		w.ok(err)
		w.codes(a)
		w.ok(w.LinkAccount(ctx, a, identity.Claims{Provider: "keycloak", Subject: "l", Email: "lea@ailleurs.example"}))
		d, err := w.PersonalData(ctx, a)
		w.ok(err)
		w.same(d.Memberships, []identity.PersonalMembership{{Organisation: "Auterive", Role: identity.Editor}})
		w.same([]int{len(d.Sessions), len(d.Tokens), len(d.Ways.Linked)}, []int{1, 1, 1})
		for _, e := range d.Acts {
			if identity.PersonOfRef(e.Actor) != a.Person() {
				t.Errorf("an act of %s", e.Actor)
			}
		}
		w.ok(w.CloseOwnAccount(ctx, a))
		_, err = w.Resume(ctx, secret)
		w.fails(err, errs.SignIn)
		_, err = w.SignInLinked(ctx, identity.Claims{Provider: "keycloak", Subject: "l"}, home, "")
		w.fails(err, errs.NotFound)
		var kept int
		w.ok(w.db.Read(ctx, func(tx *sqldb.Tx) error {
			return tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM one_time_codes) + (SELECT count(*) FROM recovery_codes) + (SELECT count(*) FROM linked_accounts)
				+ (SELECT count(*) FROM people WHERE email LIKE '%lea%' OR name LIKE '%lea%')`).Scan(&kept)
		}))
		w.same(kept, 0)
	})
}
