package identity_test

import (
	"strings"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

func newcomer(name string) identity.NewPerson {
	return identity.NewPerson{Email: name + "@mairie.example", Name: name, Language: i18n.French, Password: goodPassword}
}

func TestFirstAdministrator(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		old, needed, err := w.FirstAdminLink(ctx)
		w.ok(err)
		w.same(needed, true)
		secret, needed, err := w.FirstAdminLink(ctx) // the server was started again
		w.ok(err)
		w.same(needed, true)
		_, err = w.OpenLink(ctx, old)
		w.fails(err, errs.NotFound, "identity.link-over")
		l, err := w.OpenLink(ctx, secret)
		w.ok(err)
		w.same(l.Kind, identity.LinkFirstAdmin)

		_, err = w.AcceptFirstAdmin(ctx, secret, identity.NewPerson{Email: "x", Name: " ", Password: "court"})
		w.same(w.fields(err), []string{"email", "name", "password"})
		_, err = w.AcceptInvitation(ctx, identity.Anonymous(), secret, newcomer("intrus"))
		w.fails(err, errs.NotFound)
		_, err = w.ResetPassword(ctx, secret, goodPassword)
		w.fails(err, errs.NotFound)

		list := atOnce(6, func(i int) error {
			_, err := w.AcceptFirstAdmin(ctx, secret, newcomer("admin"+string(rune('a'+i))))
			return err
		})
		w.same(succeeded(list), 1)
		people, err := w.People(ctx, root, identity.PeopleQuery{})
		w.ok(err)
		w.same(len(people), 1)
		w.same(people[0].HostRoles.Has(identity.HostAdministrator), true)

		secret, needed, err = w.FirstAdminLink(ctx)
		w.ok(err)
		w.same(needed, false)
		w.same(secret, "")
		w.fails(w.SetHostRoles(ctx, root, people[0].ID, 0), errs.Conflict, "identity.last-host-administrator")
		w.fails(w.ClosePerson(ctx, root, people[0].ID), errs.Conflict, "identity.last-host-administrator")
	})
}

func TestFirstAdministratorLinkExpires(t *testing.T) {
	run(t, identity.Options{LinkLife: time.Hour}, func(w world) {
		secret, _, err := w.FirstAdminLink(ctx)
		w.ok(err)
		w.clock.pass(time.Hour)
		_, err = w.AcceptFirstAdmin(ctx, secret, newcomer("admin"))
		w.fails(err, errs.NotFound, "identity.link-over")
	})
}

func TestInvitation(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Cazères")
		chief := w.member("chief", o.ID, identity.Administrator)
		l, secret, err := w.Invite(ctx, chief, identity.Invitation{Email: "lea@mairie.example", Organisation: o.ID, Role: identity.Editor})
		w.ok(err)
		waiting, err := w.Invitations(ctx, chief, o.ID)
		w.ok(err)
		w.same(waiting, []identity.Link{l})
		for _, in := range []identity.Invitation{
			{Email: "x", Organisation: o.ID, Role: identity.Editor},
			{Email: "a@b.example", Organisation: o.ID},
			{Email: "a@b.example", Organisation: o.ID, Role: 9},
		} {
			_, _, err := w.Invite(ctx, chief, in)
			w.fails(err, errs.Invalid)
		}

		n := newcomer("autre")
		a, err := w.AcceptInvitation(ctx, identity.Anonymous(), secret, n)
		w.ok(err)
		w.same(a.RoleIn(o.ID), identity.Editor)
		p, err := w.Person(ctx, a, a.Person())
		w.ok(err)
		w.same(p.Email, "lea@mairie.example") // the invitation's, whatever the form says
		entry, err := w.OpenSession(ctx, a, home, "Firefox")
		w.ok(err)
		_, err = w.Resume(ctx, entry.Secret)
		w.ok(err)

		_, err = w.AcceptInvitation(ctx, identity.Anonymous(), secret, newcomer("encore"))
		w.fails(err, errs.NotFound, "identity.link-over")
		waiting, err = w.Invitations(ctx, chief, o.ID)
		w.ok(err)
		w.same(len(waiting), 0)
	})
}

// Two uses of one invitation: one person gets in, by whichever way they come.
func TestInvitationRace(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Cazères")
		chief := w.member("chief", o.ID, identity.Administrator)
		paul, lea := w.person("paul"), w.person("lea")
		for range 3 {
			_, secret, err := w.Invite(ctx, chief, identity.Invitation{Organisation: o.ID, Role: identity.Editor})
			w.ok(err)
			before, err := w.Members(ctx, chief, o.ID)
			w.ok(err)
			list := atOnce(6, func(i int) error {
				who := []identity.Actor{paul, lea, identity.Anonymous()}[i%3]
				_, err := w.AcceptInvitation(ctx, who, secret, newcomer("n"+secret[:6]+string(rune('a'+i))))
				return err
			})
			w.same(succeeded(list), 1)
			for _, err := range list {
				if err != nil {
					w.fails(err, errs.NotFound, "identity.link-over")
				}
			}
			after, err := w.Members(ctx, chief, o.ID)
			w.ok(err)
			if n := len(after) - len(before); n > 1 {
				t.Errorf("%d people came in", n)
			}
		}
	})
}

func TestInvitationOfSomeoneWithAnAccount(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Cazères")
		chief := w.member("chief", o.ID, identity.Administrator)
		lea, paul := w.person("lea"), w.person("paul")
		_, secret, err := w.Invite(ctx, chief, identity.Invitation{Email: "Lea@mairie.example", Organisation: o.ID, Role: identity.Reader})
		w.ok(err)
		_, err = w.AcceptInvitation(ctx, identity.Anonymous(), secret, newcomer("lea"))
		w.fails(err, errs.SignIn, "identity.invitation.has-account")
		_, err = w.AcceptInvitation(ctx, paul, secret, identity.NewPerson{})
		w.fails(err, errs.Denied, "identity.invitation.other-person")
		_, err = w.AcceptInvitation(ctx, lea.WithToken("t", identity.ScopeSet(identity.ScopeList...), ""), secret, identity.NewPerson{})
		w.fails(err, errs.Denied)
		a, err := w.AcceptInvitation(ctx, lea, secret, identity.NewPerson{}) // refusals have not spent it
		w.ok(err)
		w.same(a.RoleIn(o.ID), identity.Reader)

		// A role already held is never lowered.
		w.ok(w.SetMember(ctx, chief, o.ID, lea.Person(), identity.Editor))
		_, secret, err = w.Invite(ctx, chief, identity.Invitation{Organisation: o.ID, Role: identity.Reader})
		w.ok(err)
		a, err = w.AcceptInvitation(ctx, lea, secret, identity.NewPerson{})
		w.ok(err)
		w.same(a.RoleIn(o.ID), identity.Editor)
	})
}

// An administrator who was removed, or lost the role, leaves no key behind.
func TestInvitationEndsWithItsAuthor(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Cazères")
		w.member("other", o.ID, identity.Administrator)
		for name, end := range map[string]func(identity.PersonID) error{
			"removed": func(p identity.PersonID) error { return w.RemoveMember(ctx, root, o.ID, p) },
			"lowered": func(p identity.PersonID) error { return w.SetMember(ctx, root, o.ID, p, identity.Editor) },
			"closed":  func(p identity.PersonID) error { return w.ClosePerson(ctx, root, p) },
		} {
			chief := w.member(name, o.ID, identity.Administrator)
			_, secret, err := w.Invite(ctx, chief, identity.Invitation{Organisation: o.ID, Role: identity.Administrator})
			w.ok(err)
			w.ok(end(chief.Person()))
			_, err = w.AcceptInvitation(ctx, identity.Anonymous(), secret, newcomer("ami-"+name))
			w.fails(err, errs.NotFound, "identity.link-over")
		}
		chief := w.member("chief", o.ID, identity.Administrator)
		l, secret, err := w.Invite(ctx, chief, identity.Invitation{Organisation: o.ID, Role: identity.Reader})
		w.ok(err)
		w.ok(w.RevokeInvitation(ctx, chief, l.ID))
		_, err = w.AcceptInvitation(ctx, identity.Anonymous(), secret, newcomer("tard"))
		w.fails(err, errs.NotFound)
		w.fails(w.RevokeInvitation(ctx, chief, l.ID), errs.NotFound)
	})
}

func TestInvitationToTheHost(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		admin := w.person("admin", identity.HostAdministrator)
		_, _, err := w.Invite(ctx, admin, identity.Invitation{HostRoles: identity.HostSet(identity.HostAnimator)})
		w.same(w.fields(err), []string{"email"}) // not for whoever finds the paper
		_, _, err = w.Invite(ctx, admin, identity.Invitation{Email: "x@y.example"})
		w.same(w.fields(err), []string{"role"})
		_, secret, err := w.Invite(ctx, admin, identity.Invitation{Email: "ana@mairie.example", HostRoles: identity.HostSet(identity.HostAnimator)})
		w.ok(err)
		a, err := w.AcceptInvitation(ctx, identity.Anonymous(), secret, newcomer("ana"))
		w.ok(err)
		w.same(a.IsHost(identity.HostAnimator), true)
		w.same(a.IsHost(identity.HostAdministrator), false)
	})
}

func TestPasswordReset(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		lea := w.person("lea")
		_, session, err := w.signIn("lea", goodPassword, home)
		w.ok(err)
		none, err := w.RequestReset(ctx, "nobody@mairie.example", home)
		w.ok(err)
		w.same(none, identity.Mailed{})
		first, err := w.RequestReset(ctx, "LEA@mairie.example", home)
		w.ok(err)
		w.same(first.Send, true)
		r, err := w.RequestReset(ctx, "lea@mairie.example", home)
		w.ok(err)
		w.same(r.Person.ID, lea.Person())
		w.same(r.Until, start.Add(time.Hour))
		_, err = w.ResetPassword(ctx, first.Secret, "tout autre chose")
		w.fails(err, errs.NotFound)
		_, err = w.ResetPassword(ctx, r.Secret, "court")
		w.same(w.fields(err), []string{"password"})

		list := atOnce(4, func(i int) error {
			_, err := w.ResetPassword(ctx, r.Secret, "tout autre chose "+string(rune('a'+i)))
			return err
		})
		w.same(succeeded(list), 1)
		_, err = w.Resume(ctx, session)
		w.fails(err, errs.SignIn)
		_, _, err = w.signIn("lea", goodPassword, home)
		w.fails(err, errs.SignIn)

		r, err = w.RequestReset(ctx, "lea@mairie.example", home)
		w.ok(err)
		w.clock.pass(time.Hour)
		_, err = w.ResetPassword(ctx, r.Secret, "tout autre chose")
		w.fails(err, errs.NotFound)
		for range 20 {
			_, err = w.RequestReset(ctx, "lea@mairie.example", home)
		}
		w.fails(err, errs.Busy, "identity.sign-in.throttled")
	})
}

// What is stored does not open anything.
func TestSecretsAreNotStored(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Cazères")
		chief := w.member("chief", o.ID, identity.Administrator)
		_, invitation, err := w.Invite(ctx, chief, identity.Invitation{Organisation: o.ID, Role: identity.Reader})
		w.ok(err)
		_, session, err := w.signIn("chief", goodPassword, home)
		w.ok(err)
		_, token, err := w.CreateToken(ctx, chief, identity.NewToken{Name: "x", Scopes: identity.ScopeSet(identity.ScopeRead)})
		w.ok(err)
		reset, err := w.RequestReset(ctx, "chief@mairie.example", home)
		w.ok(err)
		for _, table := range []string{"people", "sessions", "one_time_links", "tokens", "audit", "sign_in_attempts", "river_job"} {
			var dump strings.Builder
			w.ok(w.db.Read(ctx, func(tx *sqldb.Tx) error {
				rows, err := tx.Query(ctx, `SELECT * FROM `+table)
				if err != nil {
					return err
				}
				defer rows.Close()
				names, err := rows.Columns()
				if err != nil {
					return err
				}
				for rows.Next() {
					values := make([]any, len(names))
					for i := range values {
						values[i] = new(any)
					}
					if err := rows.Scan(values...); err != nil {
						return err
					}
					for _, v := range values {
						switch v := (*v.(*any)).(type) {
						case []byte:
							dump.Write(v)
						case string:
							dump.WriteString(v)
						}
						dump.WriteByte('\n')
					}
				}
				return rows.Err()
			}))
			for name, secret := range map[string]string{"invitation": invitation, "session": session, "token": token, "reset": reset.Secret, "password": goodPassword} {
				if strings.Contains(dump.String(), secret) {
					t.Errorf("the %s is in %s", name, table)
				}
			}
			if strings.Contains(dump.String(), "mairie.example") && table != "people" && table != "one_time_links" {
				t.Errorf("an e-mail is in %s", table)
			}
		}
	})
}

// Whoever finds a printed invitation cannot ask which addresses have an account.
func TestPrintedCodeTriesFewAddresses(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Cazères")
		chief := w.member("chief", o.ID, identity.Administrator)
		w.person("lea")
		_, secret, err := w.Invite(ctx, chief, identity.Invitation{Organisation: o.ID, Role: identity.Reader})
		w.ok(err)
		for range 3 {
			_, err = w.AcceptInvitation(ctx, identity.Anonymous(), secret, newcomer("lea"))
			w.fails(err, errs.SignIn, "identity.invitation.has-account")
		}
		for _, name := range []string{"lea", "nobody"} {
			_, err = w.AcceptInvitation(ctx, identity.Anonymous(), secret, newcomer(name))
			w.fails(err, errs.Busy)
		}
		w.clock.pass(16 * time.Minute)
		_, err = w.AcceptInvitation(ctx, identity.Anonymous(), secret, newcomer("nobody"))
		w.ok(err)
	})
}
