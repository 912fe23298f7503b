package identity_test

import (
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
)

func commune(name string) identity.OrganisationForm {
	return identity.OrganisationForm{Name: name, Kind: identity.KindCommune}
}

func TestOrganisationForm(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o, err := w.CreateOrganisation(ctx, root, identity.OrganisationForm{
			Name: "  Castelnau-d’Estrétefonds ", Kind: identity.KindCommune, SIREN: "213 104 334", INSEE: " 31118 ", Territory: "31",
			Website: "https://www.example.org", Email: "mairie@example.org", Description: "Une *commune*.",
		}, true)
		w.ok(err)
		w.same(o.Slug, "castelnau-d-estretefonds")
		w.same(o.SIREN, "213104334")
		got, err := w.Organisation(ctx, identity.Anonymous(), o.ID)
		w.ok(err)
		w.same(got, o)
		w.same(got.Demonstration, true)

		for name, c := range map[string]struct {
			change func(*identity.OrganisationForm)
			field  string
		}{
			"no name":           {func(f *identity.OrganisationForm) { f.Name = " " }, "name"},
			"control character": {func(f *identity.OrganisationForm) { f.Name = "a\x00b" }, "name"},
			"not UTF-8":         {func(f *identity.OrganisationForm) { f.Name = "\xff\xfe" }, "name"},
			"no kind":           {func(f *identity.OrganisationForm) { f.Kind = "" }, "kind"},
			"invented kind":     {func(f *identity.OrganisationForm) { f.Kind = "empire" }, "kind"},
			"SIREN":             {func(f *identity.OrganisationForm) { f.SIREN = "213104335" }, "siren"},
			"SIRET":             {func(f *identity.OrganisationForm) { f.SIREN = "21310433400010" }, "siren"},
			"commune code":      {func(f *identity.OrganisationForm) { f.INSEE = "3143" }, "insee"},
			"département code":  {func(f *identity.OrganisationForm) { f.Kind, f.INSEE = identity.KindDepartement, "2C" }, "insee"},
			"region code":       {func(f *identity.OrganisationForm) { f.Kind, f.INSEE = identity.KindRegion, "766" }, "insee"},
			"code of an EPCI":   {func(f *identity.OrganisationForm) { f.Kind, f.INSEE = identity.KindEPCI, "31433" }, "insee"},
			"territory":         {func(f *identity.OrganisationForm) { f.Territory = "Haute-Garonne" }, "territory"},
			"script":            {func(f *identity.OrganisationForm) { f.Website = "javascript:alert(1)" }, "website"},
			"password in it":    {func(f *identity.OrganisationForm) { f.Website = "https://a:b@example.org" }, "website"},
			"e-mail":            {func(f *identity.OrganisationForm) { f.Email = "Mairie <a@b.example>" }, "email"},
			"logo":              {func(f *identity.OrganisationForm) { f.Logo = "../x" }, "logo"},
			"parent":            {func(f *identity.OrganisationForm) { f.Parent = "nobody" }, "parent"},
		} {
			f := commune("Essai")
			c.change(&f)
			_, err := w.CreateOrganisation(ctx, root, f, false)
			if got := w.fields(err); len(got) != 1 || got[0] != c.field {
				t.Errorf("%s: %v", name, got)
			}
		}
		for code, kind := range map[string]identity.OrganisationKind{"2A004": identity.KindCommune, "974": identity.KindDepartement, "2b": identity.KindDepartement, "76": identity.KindRegion} {
			_, err := w.CreateOrganisation(ctx, root, identity.OrganisationForm{Name: "Essai", Kind: kind, INSEE: code}, false)
			w.ok(err)
		}
		f := commune("Autre")
		f.SIREN = "213104334"
		_, err = w.CreateOrganisation(ctx, root, f, false)
		w.fails(err, errs.Conflict, "identity.siren-taken")
	})
}

func TestOrganisationAddressesSurviveRenames(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o, twin := w.organisation("Val’Aïgo"), w.organisation("Val Aïgo")
		w.same([]string{o.Slug, twin.Slug}, []string{"val-aigo", "val-aigo-2"})
		names := []string{"Communauté Val’Aïgo", "Val’Aïgo", "Val’Aïgo Nord"}
		rev := o.Revision
		for _, n := range names {
			f := o.OrganisationForm
			f.Name = n
			got, err := w.EditOrganisation(ctx, root, o.ID, rev, f)
			w.ok(err)
			rev = got.Revision
		}
		for _, slug := range []string{"val-aigo", "communaute-val-aigo", "val-aigo-nord"} {
			got, err := w.OrganisationByAddress(ctx, identity.Anonymous(), slug)
			w.ok(err)
			w.same(got.ID, o.ID)
			w.same(got.Slug, "val-aigo-nord")
		}
		for _, slug := range []string{"", "inconnu", "val-aigo-3"} {
			_, err := w.OrganisationByAddress(ctx, identity.Anonymous(), slug)
			w.fails(err, errs.NotFound)
		}
		third := w.organisation("Val Aïgo")
		w.same(third.Slug, "val-aigo-3") // an address once given is never given to another
	})
}

func TestOrganisationEditedByTwo(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Roques")
		list := atOnce(4, func(i int) error {
			f := o.OrganisationForm
			f.Description = string(rune('a' + i))
			_, err := w.EditOrganisation(ctx, root, o.ID, o.Revision, f)
			return err
		})
		w.same(succeeded(list), 1)
		for _, err := range list {
			if err != nil {
				w.fails(err, errs.Conflict, "identity.edited-meanwhile")
			}
		}
		_, err := w.EditOrganisation(ctx, root, "nobody", 1, commune("x"))
		w.fails(err, errs.Invalid)
		_, err = w.EditOrganisation(ctx, root, "nobody", 1, commune("Roques"))
		w.fails(err, errs.NotFound)
	})
}

func TestOrganisationTree(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		epci, town := w.organisation("Sicoval"), w.organisation("Labège")
		f := town.OrganisationForm
		f.Parent = epci.ID
		town, err := w.EditOrganisation(ctx, root, town.ID, town.Revision, f)
		w.ok(err)
		children, err := w.Organisations(ctx, identity.Anonymous(), identity.OrganisationQuery{Parent: epci.ID})
		w.ok(err)
		w.same(children, []identity.Organisation{town})
		f = epci.OrganisationForm
		f.Parent = town.ID // its own grandchild
		_, err = w.EditOrganisation(ctx, root, epci.ID, epci.Revision, f)
		w.same(w.fields(err), []string{"parent"})
	})
}

func TestOrganisationLists(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		for _, n := range []string{"Villemur-sur-Tarn", "Auterive", "Élan", "auterive le Haut", "Saint-Élix", "Merville"} {
			w.organisation(n)
		}
		var names []string
		q := identity.OrganisationQuery{Limit: 2}
		for {
			page, err := w.Organisations(ctx, identity.Anonymous(), q)
			w.ok(err)
			for _, o := range page {
				names = append(names, o.Name)
			}
			if len(page) < 2 {
				break
			}
			q.After = &page[1]
		}
		w.same(names, []string{"Auterive", "auterive le Haut", "Élan", "Merville", "Saint-Élix", "Villemur-sur-Tarn"})
		for text, want := range map[string]int{"el": 2, "tarn": 1, "ÉLI": 1, "lix": 0, "%": 6, "": 6, "saint elix": 1} {
			list, err := w.Organisations(ctx, identity.Anonymous(), identity.OrganisationQuery{Text: text})
			w.ok(err)
			if len(list) != want {
				t.Errorf("%q: %d, want %d", text, len(list), want)
			}
		}
		found, err := w.OrganisationsByID(ctx, identity.Anonymous(), "nobody")
		w.ok(err)
		w.same(len(found), 0)
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Roques")
		a, b := w.member("anne", o.ID, identity.Administrator), w.member("bob", o.ID, identity.Administrator)
		// Both leave at once: one does.
		list := atOnce(2, func(i int) error {
			who := []identity.Actor{a, b}[i]
			return w.RemoveMember(ctx, who, o.ID, who.Person())
		})
		w.same(succeeded(list), 1)
		members, err := w.Members(ctx, root, o.ID)
		w.ok(err)
		w.same(len(members), 1)
		last := w.actor(members[0].Person)
		w.fails(w.RemoveMember(ctx, last, o.ID, last.Person()), errs.Conflict, "identity.last-administrator")
		w.fails(w.SetMember(ctx, last, o.ID, last.Person(), identity.Editor), errs.Conflict, "identity.last-administrator")
		w.fails(w.ClosePerson(ctx, last, last.Person()), errs.Conflict, "identity.last-administrator")
		w.ok(w.SetMember(ctx, last, o.ID, last.Person(), identity.Administrator))

		reader := w.member("rose", o.ID, identity.Reader)
		w.ok(w.RemoveMember(ctx, reader, o.ID, reader.Person())) // anyone may leave
		w.fails(w.RemoveMember(ctx, reader, o.ID, reader.Person()), errs.NotFound)
		w.fails(w.SetMember(ctx, last, o.ID, "nobody", identity.Reader), errs.NotFound)
		w.fails(w.SetMember(ctx, last, o.ID, reader.Person(), identity.NoRole), errs.Invalid)
	})
}

// Who is written to: those of a role or more; the system alone asks.
func TestPeopleOf(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o, other := w.organisation("Roques"), w.organisation("Labège")
		anne, bob := w.member("anne", o.ID, identity.Administrator), w.member("bob", o.ID, identity.Editor)
		w.member("carl", o.ID, identity.Contributor)
		w.member("dora", other.ID, identity.Administrator)
		names := func(least identity.Role) (out []identity.PersonID) {
			list, err := w.PeopleOf(ctx, root, o.ID, least)
			w.ok(err)
			for _, p := range list {
				out = append(out, p.ID)
			}
			return out
		}
		w.same(names(identity.Administrator), []identity.PersonID{anne.Person()})
		w.same(names(identity.Editor), []identity.PersonID{anne.Person(), bob.Person()})
		w.ok(w.ClosePerson(ctx, bob, bob.Person()))
		w.same(names(identity.Editor), []identity.PersonID{anne.Person()})
		_, err := w.PeopleOf(ctx, anne, o.ID, identity.Reader)
		w.fails(err, errs.Denied)
	})
}

func TestClosedAccount(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Roques")
		w.member("keeper", o.ID, identity.Administrator)
		lea := w.member("lea", o.ID, identity.Editor)
		_, session, err := w.signIn("lea", goodPassword, home)
		w.ok(err)
		_, token, err := w.CreateToken(ctx, lea, identity.NewToken{Name: "x", Scopes: identity.ScopeSet(identity.ScopeRead)})
		w.ok(err)
		w.ok(w.ClosePerson(ctx, lea, lea.Person()))
		_, err = w.Resume(ctx, session)
		w.fails(err, errs.SignIn)
		_, err = w.ActorOfToken(ctx, token)
		w.fails(err, errs.SignIn)
		_, err = w.ActorOfRef(ctx, lea.Ref())
		w.fails(err, errs.Denied, "identity.actor-gone")
		p, err := w.Person(ctx, root, lea.Person())
		w.ok(err)
		w.same([]any{p.Email, p.Name, p.ClosedAt}, []any{"", "", start})
		w.fails(w.ClosePerson(ctx, root, lea.Person()), errs.NotFound)
		w.person("lea") // the address is free again
		names, err := w.Names(ctx, root, lea.Person())
		w.ok(err)
		w.same(len(names), 0)
	})
}

func TestTokens(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o, other := w.organisation("Roques"), w.organisation("Labège")
		w.member("keeper", o.ID, identity.Administrator)
		lea := w.member("lea", o.ID, identity.Editor)
		w.ok(w.SetMember(ctx, root, other.ID, lea.Person(), identity.Editor))
		lea = w.actor(lea.Person())

		tk, secret, err := w.CreateToken(ctx, lea, identity.NewToken{
			Name: "script", Organisation: o.ID, Scopes: identity.ScopeSet(identity.ScopeWrite, identity.ScopePublish), ExpiresAt: start.Add(48 * time.Hour),
		})
		w.ok(err)
		w.same(secret[:6], identity.TokenPrefix)
		w.same(len(secret) >= 6+52, true)
		a, err := w.ActorOfToken(ctx, secret)
		w.ok(err)
		w.same(a.Ref(), "person:"+string(lea.Person())+"/token:"+string(tk.ID))
		w.same([]bool{a.Can(identity.ActionPublish, o.ID), a.Can(identity.ActionEdit, o.ID), a.Can(identity.ActionPublish, other.ID), a.Can(identity.ActionManageMembers, o.ID)},
			[]bool{true, true, false, false})
		again, err := w.ActorOfRef(ctx, a.Ref())
		w.ok(err)
		w.same(again.Can(identity.ActionPublish, o.ID) && !again.Can(identity.ActionPublish, other.ID), true)

		list, err := w.Tokens(ctx, lea, "")
		w.ok(err)
		w.same(len(list), 1)
		w.same(list[0].UsedAt, start)
		w.same(list[0].Hint, secret[:10]+"…")
		w.clock.pass(time.Minute)
		_, err = w.ActorOfToken(ctx, secret)
		w.ok(err)
		list, err = w.Tokens(ctx, lea, "")
		w.ok(err)
		w.same(list[0].UsedAt, start) // written every five minutes at most

		// Rights follow the person.
		w.ok(w.SetMember(ctx, root, o.ID, lea.Person(), identity.Reader))
		a, err = w.ActorOfToken(ctx, secret)
		w.ok(err)
		w.same(a.Can(identity.ActionPublish, o.ID), false)
		w.ok(w.SetMember(ctx, root, o.ID, lea.Person(), identity.Editor))

		for _, bad := range []string{"", "socle_", secret[:len(secret)-1], secret + "x", "Bearer " + secret, secret[6:]} {
			_, err := w.ActorOfToken(ctx, bad)
			w.fails(err, errs.SignIn, "identity.token-bad")
		}
		w.clock.pass(48 * time.Hour)
		_, err = w.ActorOfToken(ctx, secret)
		w.fails(err, errs.SignIn)

		_, secret, err = w.CreateToken(ctx, lea, identity.NewToken{Name: "x", Organisation: o.ID, Scopes: identity.ScopeSet(identity.ScopeRead)})
		w.ok(err)
		w.ok(w.RemoveMember(ctx, root, o.ID, lea.Person()))
		_, err = w.ActorOfToken(ctx, secret)
		w.fails(err, errs.SignIn)

		for _, n := range []identity.NewToken{
			{Scopes: identity.ScopeSet(identity.ScopeRead)}, {Name: "x"}, {Name: "x", Scopes: 128},
			{Name: "x", Scopes: identity.ScopeSet(identity.ScopeRead), ExpiresAt: w.clock.now()},
		} {
			_, _, err := w.CreateToken(ctx, lea, n)
			w.fails(err, errs.Invalid)
		}
		_, _, err = w.CreateToken(ctx, w.actor(lea.Person()), identity.NewToken{Name: "x", Organisation: o.ID, Scopes: identity.ScopeSet(identity.ScopeRead)})
		w.fails(err, errs.Denied) // no longer a member
	})
}

func TestTokenOfAnOrganisation(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o, other := w.organisation("Roques"), w.organisation("Labège")
		w.member("keeper", o.ID, identity.Administrator)
		chief := w.member("chief", o.ID, identity.Administrator)
		tk, secret, err := w.CreateToken(ctx, chief, identity.NewToken{Name: "logiciel", Organisation: o.ID, OfOrganisation: true, Scopes: identity.ScopeSet(identity.ScopeWrite)})
		w.ok(err)
		w.ok(w.RemoveMember(ctx, root, o.ID, chief.Person()))
		a, err := w.ActorOfToken(ctx, secret) // survives whoever made it
		w.ok(err)
		w.same(a.Ref(), "token:"+string(tk.ID))
		w.same(a.Person(), identity.PersonID(""))
		w.same([]bool{a.Can(identity.ActionEdit, o.ID), a.Can(identity.ActionPublish, o.ID), a.Can(identity.ActionEdit, other.ID), a.Can(identity.ActionSettings, "")},
			[]bool{true, false, false, false})
		again, err := w.ActorOfRef(ctx, a.Ref())
		w.ok(err)
		w.same(again.Can(identity.ActionEdit, o.ID), true)
		w.ok(w.RevokeToken(ctx, a, tk.ID)) // a token may end itself
		_, err = w.ActorOfToken(ctx, secret)
		w.fails(err, errs.SignIn)
		_, err = w.ActorOfRef(ctx, a.Ref())
		w.fails(err, errs.Denied, "identity.actor-gone")

		for range 50 {
			_, _, err = w.CreateToken(ctx, root, identity.NewToken{Name: "x", Organisation: o.ID, OfOrganisation: true, Scopes: identity.ScopeSet(identity.ScopeRead)})
			w.ok(err)
		}
		_, _, err = w.CreateToken(ctx, root, identity.NewToken{Name: "x", Organisation: o.ID, OfOrganisation: true, Scopes: identity.ScopeSet(identity.ScopeRead)})
		w.fails(err, errs.Conflict, "identity.too-many-tokens")
	})
}

func TestRefs(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		lea := w.person("lea")
		for _, a := range []identity.Actor{lea, root} {
			got, err := w.ActorOfRef(ctx, a.Ref())
			w.ok(err)
			w.same(got.Ref(), a.Ref())
		}
		for _, ref := range []string{"", "anonymous", "person:", "person:nobody", "token:nobody", "lea", "person:nobody/token:x"} {
			_, err := w.ActorOfRef(ctx, ref)
			w.fails(err, errs.Denied, "identity.actor-gone")
		}
		w.same(identity.PersonOfRef("person:x/token:y"), identity.PersonID("x"))
		w.same(identity.PersonOfRef("token:y"), identity.PersonID(""))
	})
}
