package identity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
)

// cast is one actor of each sort; their organisation is "ours".
func cast() (names []string, actors map[string]identity.Actor) {
	const ours, theirs = "ours", "theirs"
	in := func(r identity.Role) identity.Actor {
		return identity.PersonActor("p", "", 0, identity.Membership{Organisation: ours, Role: r})
	}
	host := func(r identity.HostRole) identity.Actor { return identity.PersonActor("p", "", identity.HostSet(r)) }
	admin := identity.PersonActor("p", "", identity.HostSet(identity.HostAdministrator), identity.Membership{Organisation: ours, Role: identity.Administrator})
	actors = map[string]identity.Actor{}
	for _, x := range []struct {
		name  string
		actor identity.Actor
	}{
		{"anonymous", identity.Anonymous()},
		{"no role", identity.PersonActor("p", "", 0)},
		{"reader", in(identity.Reader)},
		{"contributor", in(identity.Contributor)},
		{"editor", in(identity.Editor)},
		{"administrator", in(identity.Administrator)},
		{"administrator elsewhere", identity.PersonActor("p", "", 0, identity.Membership{Organisation: theirs, Role: identity.Administrator})},
		{"editor by mandate", identity.PersonActor("p", "", 0, identity.Membership{Organisation: theirs, Role: identity.Administrator}, identity.Membership{Organisation: ours, Role: identity.Editor, Via: theirs})},
		{"host administrator", host(identity.HostAdministrator)},
		{"host animator", host(identity.HostAnimator)},
		{"host auditor", host(identity.HostAuditor)},
		{"read token of all-powerful", admin.WithToken("t", identity.ScopeSet(identity.ScopeRead), "")},
		{"write token of all-powerful", admin.WithToken("t", identity.ScopeSet(identity.ScopeWrite), "")},
		{"publish token of all-powerful", admin.WithToken("t", identity.ScopeSet(identity.ScopePublish), "")},
		{"admin token of all-powerful", admin.WithToken("t", identity.ScopeSet(identity.ScopeAdmin), "")},
		{"form token of all-powerful", admin.WithToken("t", identity.ScopeSet(identity.ScopeCollect), "")},
		{"whole token bound here", admin.WithToken("t", identity.ScopeSet(identity.ScopeList...), ours)},
		{"whole token bound elsewhere", admin.WithToken("t", identity.ScopeSet(identity.ScopeList...), theirs)},
		{"whole token of reader", in(identity.Reader).WithToken("t", identity.ScopeSet(identity.ScopeList...), "")},
		{"system", identity.System("test")},
	} {
		names = append(names, x.name)
		actors[x.name] = x.actor
	}
	return names, actors
}

// The table role × action × outcome.
func TestRights(t *testing.T) {
	names, actors := cast()
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%s\n", name)
		for _, action := range identity.Actions() {
			org := identity.OrganisationID("ours")
			if strings.HasPrefix(string(action), "host.") {
				org = ""
			}
			a := actors[name]
			err := a.Require(action, org)
			if a.Can(action, org) != (err == nil) {
				t.Errorf("%s: Can and Require differ on %s", name, action)
			}
			everywhere, list := a.Where(action)
			listed := everywhere
			for _, o := range list {
				listed = listed || o == org
			}
			if org != "" && listed != a.Can(action, org) {
				t.Errorf("%s: Where and Can differ on %s", name, action)
			}
			fmt.Fprintf(&b, "  %-28s %s\n", action, outcome(err))
		}
	}
	golden(t, "rights.golden", b.String())
}

func TestUnknownActionIsRefusedToAll(t *testing.T) {
	names, actors := cast()
	for _, name := range names {
		if actors[name].Can("dataset.invented", "ours") {
			t.Errorf("%s may do what does not exist", name)
		}
	}
}

func TestCodes(t *testing.T) {
	for _, r := range identity.Roles {
		if got, err := identity.ParseRole(r.String()); err != nil || got != r {
			t.Errorf("%v: %v %v", r, got, err)
		}
	}
	for _, r := range identity.HostRoleList {
		if got, err := identity.ParseHostRole(r.String()); err != nil || got != r {
			t.Errorf("%v: %v %v", r, got, err)
		}
	}
	for text, want := range map[string]string{"read": "read", "publish, write": "write,publish", "admin": "admin"} {
		if got, err := identity.ParseScopes(text); err != nil || got.String() != want {
			t.Errorf("%q: %s %v", text, got, err)
		}
	}
	for _, text := range []string{"", " ,", "root", "read,root", "READ"} {
		if _, err := identity.ParseScopes(text); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "owner", "Editor"} {
		if _, err := identity.ParseRole(text); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Every method, asked by every sort of person.
func TestRightsOfMethods(t *testing.T) {
	var b strings.Builder
	run(t, identity.Options{}, func(w world) {
		ours, theirs := w.organisation("Roques"), w.organisation("Labège")
		w.member("keeper", ours.ID, identity.Administrator) // so that nobody is the last
		w.person("hostkeeper", identity.HostAdministrator)
		type who struct {
			name  string
			actor identity.Actor
		}
		people := []who{
			{"anonymous", identity.Anonymous()},
			{"reader", w.member("reader", ours.ID, identity.Reader)},
			{"contributor", w.member("contributor", ours.ID, identity.Contributor)},
			{"editor", w.member("editor", ours.ID, identity.Editor)},
			{"administrator", w.member("administrator", ours.ID, identity.Administrator)},
			{"administrator elsewhere", w.member("stranger", theirs.ID, identity.Administrator)},
			{"host administrator", w.person("host", identity.HostAdministrator)},
			{"host animator", w.person("animator", identity.HostAnimator)},
			{"host auditor", w.person("auditor", identity.HostAuditor)},
			{"system", root},
		}
		people = append(people, who{"read token of administrator", people[4].actor.WithToken("t", identity.ScopeSet(identity.ScopeRead), "")},
			who{"whole token of administrator", people[4].actor.WithToken("t", identity.ScopeSet(identity.ScopeList...), "")})
		n := 0
		fresh := func() identity.Actor { n++; return w.person(fmt.Sprintf("someone%d", n)) }
		methods := []struct {
			name string
			call func(a identity.Actor) error
		}{
			{"Organisation", func(a identity.Actor) error { _, err := w.Organisation(ctx, a, ours.ID); return err }},
			{"CreateOrganisation", func(a identity.Actor) error {
				n++
				_, err := w.CreateOrganisation(ctx, a, identity.OrganisationForm{Name: fmt.Sprintf("Commune %d", n), Kind: identity.KindCommune}, false)
				return err
			}},
			{"EditOrganisation", func(a identity.Actor) error {
				o, err := w.Organisation(ctx, root, ours.ID)
				w.ok(err)
				_, err = w.EditOrganisation(ctx, a, ours.ID, o.Revision, o.OrganisationForm)
				return err
			}},
			{"Members", func(a identity.Actor) error { _, err := w.Members(ctx, a, ours.ID); return err }},
			{"SetMember", func(a identity.Actor) error {
				return w.SetMember(ctx, a, ours.ID, fresh().Person(), identity.Reader)
			}},
			{"RemoveMember of another", func(a identity.Actor) error {
				p := fresh().Person()
				w.ok(w.SetMember(ctx, root, ours.ID, p, identity.Reader))
				return w.RemoveMember(ctx, a, ours.ID, p)
			}},
			{"Invite", func(a identity.Actor) error {
				_, _, err := w.Invite(ctx, a, identity.Invitation{Organisation: ours.ID, Role: identity.Reader})
				return err
			}},
			{"Invite to the host", func(a identity.Actor) error {
				_, _, err := w.Invite(ctx, a, identity.Invitation{Email: "x@y.example", HostRoles: identity.HostSet(identity.HostAnimator)})
				return err
			}},
			{"Invitations", func(a identity.Actor) error { _, err := w.Invitations(ctx, a, ours.ID); return err }},
			{"RevokeInvitation", func(a identity.Actor) error {
				l, _, err := w.Invite(ctx, root, identity.Invitation{Organisation: ours.ID, Role: identity.Reader})
				w.ok(err)
				return w.RevokeInvitation(ctx, a, l.ID)
			}},
			{"CreateToken of oneself", func(a identity.Actor) error {
				_, _, err := w.CreateToken(ctx, a, identity.NewToken{Name: "x", Scopes: identity.ScopeSet(identity.ScopeRead)})
				return err
			}},
			{"CreateToken of the organisation", func(a identity.Actor) error {
				_, _, err := w.CreateToken(ctx, a, identity.NewToken{Name: "x", Scopes: identity.ScopeSet(identity.ScopeRead), Organisation: ours.ID, OfOrganisation: true})
				return err
			}},
			{"Tokens of oneself", func(a identity.Actor) error { _, err := w.Tokens(ctx, a, ""); return err }},
			{"Tokens of the organisation", func(a identity.Actor) error { _, err := w.Tokens(ctx, a, ours.ID); return err }},
			{"RevokeToken of another", func(a identity.Actor) error {
				tk, _, err := w.CreateToken(ctx, fresh(), identity.NewToken{Name: "x", Scopes: identity.ScopeSet(identity.ScopeRead)})
				w.ok(err)
				return w.RevokeToken(ctx, a, tk.ID)
			}},
			{"RevokeToken of the organisation", func(a identity.Actor) error {
				tk, _, err := w.CreateToken(ctx, root, identity.NewToken{Name: "x", Scopes: identity.ScopeSet(identity.ScopeRead), Organisation: ours.ID, OfOrganisation: true})
				w.ok(err)
				return w.RevokeToken(ctx, a, tk.ID)
			}},
			{"Person another", func(a identity.Actor) error { _, err := w.Person(ctx, a, fresh().Person()); return err }},
			{"People", func(a identity.Actor) error { _, err := w.People(ctx, a, identity.PeopleQuery{}); return err }},
			{"CreatePerson", func(a identity.Actor) error {
				n++
				_, err := w.CreatePerson(ctx, a, identity.NewPerson{Email: fmt.Sprintf("n%d@x.example", n), Name: "Nom", Password: goodPassword}, 0)
				return err
			}},
			{"EditPerson oneself", func(a identity.Actor) error { _, err := w.EditPerson(ctx, a, "Nom", "fr"); return err }},
			{"SetHostRoles", func(a identity.Actor) error {
				return w.SetHostRoles(ctx, a, fresh().Person(), identity.HostSet(identity.HostAuditor))
			}},
			{"ClosePerson another", func(a identity.Actor) error { return w.ClosePerson(ctx, a, fresh().Person()) }},
			{"Sessions", func(a identity.Actor) error { _, err := w.Sessions(ctx, a); return err }},
			{"RevokeOtherSessions", func(a identity.Actor) error { return w.RevokeOtherSessions(ctx, a) }},
			{"Audit of the organisation", func(a identity.Actor) error {
				_, err := w.Audit(ctx, a, identity.AuditQuery{Organisation: ours.ID})
				return err
			}},
			{"Audit of the host", func(a identity.Actor) error { _, err := w.Audit(ctx, a, identity.AuditQuery{}); return err }},
			{"VerifyAudit", func(a identity.Actor) error { _, err := w.VerifyAudit(ctx, a); return err }},
			{"ActorOfPerson", func(a identity.Actor) error { _, err := w.ActorOfPerson(ctx, a, fresh().Person()); return err }},
			{"ReferencedBlobs", func(a identity.Actor) error { _, err := w.ReferencedBlobs(ctx, a); return err }},
			{"Sweep", func(a identity.Actor) error { _, err := w.Sweep(ctx, a); return err }},
		}
		var out strings.Builder
		for _, m := range methods {
			fmt.Fprintf(&out, "%s\n", m.name)
			for _, p := range people {
				fmt.Fprintf(&out, "  %-28s %s\n", p.name, outcome(m.call(p.actor)))
				w.clock.pass(time.Millisecond)
			}
		}
		if b.Len() > 0 && b.String() != out.String() {
			t.Errorf("the engines differ")
		}
		b.Reset()
		b.WriteString(out.String())
	})
	golden(t, "methods.golden", b.String())
}
