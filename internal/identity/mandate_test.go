package identity_test

import (
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
)

func TestMandate(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		commune, epci := w.organisation("Auterive"), w.organisation("Bassin Auterivain")
		mayor := w.member("maire", commune.ID, identity.Administrator)
		chief := w.member("chef", epci.ID, identity.Administrator)
		w.member("lecteur", epci.ID, identity.Reader)
		animator := w.person("animateur", identity.HostAnimator)
		good := identity.Mandate{Organisation: commune.ID, Delegate: epci.ID, Reference: "Délibération 2026-12", EndsAt: start.AddDate(1, 0, 0)}

		_, err := w.GiveMandate(ctx, chief, good) // nobody serves themselves
		w.fails(err, errs.Denied)
		_, err = w.GiveMandate(ctx, mayor, identity.Mandate{Organisation: commune.ID, Delegate: commune.ID, Document: "x", EndsAt: start.Add(-time.Hour)})
		w.same(w.fields(err), []string{"reference", "document", "delegate", "ends"})
		m, err := w.GiveMandate(ctx, mayor, good)
		w.ok(err)
		_, err = w.GiveMandate(ctx, animator, good)
		w.fails(err, errs.Conflict, "identity.mandate.already")

		a := w.actor(chief.Person())
		for action, want := range map[identity.Action]bool{
			identity.ActionReadDraft: true, identity.ActionContribute: true, identity.ActionEdit: true, identity.ActionPublish: true, identity.ActionWithdraw: true,
			identity.ActionManageMembers: false, identity.ActionEditOrganisation: false, identity.ActionManageTokens: false, identity.ActionReadAudit: false, identity.ActionManageMandates: false,
		} {
			if a.Can(action, commune.ID) != want {
				t.Errorf("%s by mandate: %v", action, !want)
			}
		}
		_, list := a.Where(identity.ActionPublish)
		w.same(len(list), 2)
		w.same(w.actor(w.reader("lecteur")).RoleIn(commune.ID), identity.Reader)
		in, err := w.MandatesInForce(ctx, identity.Anonymous(), commune.ID)
		w.ok(err)
		w.same(len(in), 1)

		_, secret := w.signedIn("chef")
		w.same(w.resumed(secret).Can(identity.ActionPublish, commune.ID), true)
		stranger := w.person("passant")
		w.fails(w.RevokeMandate(ctx, stranger, m.ID), errs.Denied)
		w.ok(w.RevokeMandate(ctx, mayor, m.ID))
		w.fails(w.RevokeMandate(ctx, mayor, m.ID), errs.NotFound)
		w.same(w.resumed(secret).Can(identity.ActionPublish, commune.ID), false) // at once

		later := good
		later.StartsAt = start.AddDate(0, 1, 0)
		_, err = w.GiveMandate(ctx, animator, later)
		w.ok(err)
		w.same(w.actor(chief.Person()).RoleIn(commune.ID), identity.NoRole) // not yet
		w.clock.pass(40 * 24 * time.Hour)
		w.same(w.actor(chief.Person()).RoleIn(commune.ID), identity.Editor)
		w.clock.pass(365 * 24 * time.Hour)
		w.same(w.actor(chief.Person()).RoleIn(commune.ID), identity.NoRole) // over
		all, err := w.Mandates(ctx, identity.Anonymous(), epci.ID)
		w.ok(err)
		w.same(len(all), 2)
	})
}

// reader is the id of a person by name.
func (w world) reader(name string) identity.PersonID {
	w.t.Helper()
	list, err := w.People(ctx, root, identity.PeopleQuery{Text: name + "@"})
	w.ok(err)
	return list[0].ID
}

func TestMergeOrganisations(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		old, fresh, epci := w.organisation("Vieille"), w.organisation("Nouvelle"), w.organisation("Agglomération")
		mayor := w.member("maire", old.ID, identity.Administrator)
		both := w.member("deux", old.ID, identity.Editor)
		w.ok(w.SetMember(ctx, root, fresh.ID, both.Person(), identity.Reader))
		_, token, err := w.CreateToken(ctx, mayor, identity.NewToken{Name: "x", OfOrganisation: true, Organisation: old.ID, Scopes: identity.ScopeSet(identity.ScopeRead)})
		w.ok(err)
		_, invitation, err := w.Invite(ctx, mayor, identity.Invitation{Organisation: old.ID, Role: identity.Reader})
		w.ok(err)
		_, err = w.GiveMandate(ctx, mayor, identity.Mandate{Organisation: old.ID, Delegate: epci.ID, Reference: "Convention 3"})
		w.ok(err)
		w.ok(w.SetDomains(ctx, mayor, old.ID, []string{"vieille.example"}))

		w.fails(w.MergeOrganisations(ctx, mayor, old.ID, fresh.ID), errs.Denied)
		w.same(w.fields(w.MergeOrganisations(ctx, root, old.ID, old.ID)), []string{"into"})
		w.ok(w.MergeOrganisations(ctx, root, old.ID, fresh.ID))
		w.fails(w.MergeOrganisations(ctx, root, old.ID, fresh.ID), errs.Conflict, "identity.merged")
		w.fails(w.MergeOrganisations(ctx, root, fresh.ID, old.ID), errs.Conflict)

		o, err := w.OrganisationByAddress(ctx, identity.Anonymous(), old.Slug)
		w.ok(err)
		w.same(o.ID, fresh.ID)
		list, err := w.Organisations(ctx, identity.Anonymous(), identity.OrganisationQuery{})
		w.ok(err)
		w.same(len(list), 2)
		w.same(w.actor(mayor.Person()).Memberships(), []identity.Membership{{Organisation: fresh.ID, Role: identity.Administrator}})
		w.same(w.actor(both.Person()).Memberships(), []identity.Membership{{Organisation: fresh.ID, Role: identity.Editor}})
		_, err = w.ActorOfToken(ctx, token)
		w.fails(err, errs.SignIn)
		_, err = w.OpenLink(ctx, invitation)
		w.fails(err, errs.NotFound)
		in, err := w.MandatesInForce(ctx, root, old.ID)
		w.ok(err)
		w.same(len(in), 0)
		domains, err := w.Domains(ctx, root, fresh.ID)
		w.ok(err)
		w.same(domains, []string{"vieille.example"})
		w.fails(w.SetMember(ctx, root, old.ID, both.Person(), identity.Reader), errs.NotFound)
		_, _, err = w.Invite(ctx, root, identity.Invitation{Organisation: old.ID, Role: identity.Reader})
		w.fails(err, errs.NotFound)
	})
}

func TestJoining(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Auterive")
		admin := w.member("maire", o.ID, identity.Administrator)
		for domain, key := range map[string]string{"gmail.com": "identity.domain.public", "sans point": "identity.domain.bad", "localhost": "identity.domain.bad", "a/b.fr": "identity.domain.bad"} {
			err := w.SetDomains(ctx, admin, o.ID, []string{domain})
			w.fails(err, errs.Invalid)
			w.same(errs.As(err).Fields[0].Key, key)
		}
		w.ok(w.SetDomains(ctx, admin, o.ID, []string{" @Mairie.example", "mairie.example", ""}))
		domains, err := w.Domains(ctx, admin, o.ID)
		w.ok(err)
		w.same(domains, []string{"mairie.example"})

		lea := w.person("lea")
		list, err := w.Joinable(ctx, lea)
		w.ok(err)
		w.same(len(list), 0) // the address was never verified
		w.fails(w.AskToJoin(ctx, lea, o.ID), errs.NotFound)
		m, err := w.RequestSignIn(ctx, "lea@mairie.example", home)
		w.ok(err)
		_, err = w.UseSignInLink(ctx, m.Secret, home, "")
		w.ok(err)
		for _, err := range atOnce(4, func(int) error { return w.AskToJoin(ctx, lea, o.ID) }) {
			w.ok(err)
		}
		list, err = w.Joinable(ctx, lea)
		w.ok(err)
		w.same(list, []identity.Joinable{{Organisation: o.ID, Name: "Auterive", Asked: true}})
		asked, err := w.JoinRequests(ctx, admin, o.ID)
		w.ok(err)
		w.same(len(asked), 1)
		w.fails(w.DecideJoin(ctx, lea, asked[0].ID, identity.Administrator), errs.NotFound) // not oneself
		w.same(succeeded(atOnce(3, func(int) error { return w.DecideJoin(ctx, admin, asked[0].ID, identity.Editor) })), 1)
		w.same(w.actor(lea.Person()).RoleIn(o.ID), identity.Editor)

		paul := w.person("paul")
		m, err = w.RequestSignIn(ctx, "paul@mairie.example", home)
		w.ok(err)
		_, err = w.UseSignInLink(ctx, m.Secret, home, "")
		w.ok(err)
		w.ok(w.AskToJoin(ctx, paul, o.ID))
		asked, err = w.JoinRequests(ctx, admin, o.ID)
		w.ok(err)
		w.ok(w.DecideJoin(ctx, admin, asked[0].ID, identity.NoRole))
		w.same(w.actor(paul.Person()).RoleIn(o.ID), identity.NoRole)
		w.ok(w.AskToJoin(ctx, paul, o.ID)) // and may ask again
	})
}

func TestServiceAccount(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Auterive")
		admin := w.member("maire", o.ID, identity.Administrator)
		_, secret, err := w.CreateToken(ctx, admin, identity.NewToken{Name: "Logiciel", OfOrganisation: true, Organisation: o.ID, Role: identity.Contributor, Scopes: identity.ScopeSet(identity.ScopeList...)})
		w.ok(err)
		a, err := w.ActorOfToken(ctx, secret)
		w.ok(err)
		w.same([]bool{a.Can(identity.ActionContribute, o.ID), a.Can(identity.ActionPublish, o.ID), a.Can(identity.ActionManageMembers, o.ID)}, []bool{true, false, false})
	})
}

func TestExportAudit(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o, other := w.organisation("Auterive"), w.organisation("Cintegabelle")
		admin := w.member("maire", o.ID, identity.Administrator)
		auditor := w.person("auditeur", identity.HostAuditor)
		var ours, all int
		w.ok(w.ExportAudit(ctx, admin, o.ID, func(e identity.AuditEntry) error {
			ours++
			w.same(e.Organisation, o.ID)
			return nil
		}))
		w.ok(w.ExportAudit(ctx, auditor, "", func(identity.AuditEntry) error { all++; return nil }))
		if ours == 0 || all <= ours {
			t.Errorf("%d of %d lines", ours, all)
		}
		for _, org := range []identity.OrganisationID{other.ID, ""} {
			w.fails(w.ExportAudit(ctx, admin, org, func(identity.AuditEntry) error { return nil }), errs.Denied)
		}
	})
}
