package app

import (
	"context"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
)

// tellRights writes to those whom a change of rights concerns: the person, and the
// administrators of the organisation. Who made it is not written to.
func (a *App) tellRights() {
	jobs.On(a.Runner, "app.rights", func(ctx context.Context, e identity.MemberAdded) error {
		return a.tellMember(ctx, "added", e.Organisation, e.Person, e.Role, e.By)
	})
	jobs.On(a.Runner, "app.rights", func(ctx context.Context, e identity.MemberChanged) error {
		return a.tellMember(ctx, "changed", e.Organisation, e.Person, e.Role, e.By)
	})
	jobs.On(a.Runner, "app.rights", func(ctx context.Context, e identity.MemberRemoved) error {
		return a.tellMember(ctx, "removed", e.Organisation, e.Person, "", e.By)
	})
	jobs.On(a.Runner, "app.rights", func(ctx context.Context, e identity.MandateGiven) error {
		return a.tellMandate(ctx, "mandate-given", e.Organisation, e.Delegate, e.By)
	})
	jobs.On(a.Runner, "app.rights", func(ctx context.Context, e identity.MandateRevoked) error {
		return a.tellMandate(ctx, "mandate-revoked", e.Organisation, e.Delegate, e.By)
	})
	jobs.On(a.Runner, "app.rights", func(ctx context.Context, e identity.HostRolesChanged) error {
		what := "host-roles"
		if len(e.Roles) == 0 {
			what = "host-roles-none"
		}
		return a.tellPerson(ctx, what, e.Person, e.By, func(l i18n.Lang, args i18n.Args) {
			roles := make([]string, len(e.Roles))
			for i, r := range e.Roles {
				roles[i] = i18n.T(l, "identity.host-role."+r)
			}
			args["Roles"] = strings.Join(roles, ", ")
		})
	})
	jobs.On(a.Runner, "app.rights", func(ctx context.Context, e identity.FactorsReset) error {
		return a.tellPerson(ctx, "factors", e.Person, e.By, nil)
	})
	jobs.On(a.Runner, "app.rights", func(ctx context.Context, e identity.JoinAsked) error {
		return a.tellMember(ctx, "asked", e.Organisation, e.Person, "", "person:"+string(e.Person))
	})
	jobs.On(a.Runner, "app.rights", func(ctx context.Context, e identity.JoinRefused) error {
		o, err := a.Identity.Organisation(ctx, rights, e.Organisation)
		if err != nil {
			return gone(err)
		}
		return a.tellPerson(ctx, "refused", e.Person, "", func(_ i18n.Lang, args i18n.Args) { args["Organisation"] = o.Name })
	})
}

// rights is the part of Socle that tells of rights.
var rights = identity.System("rights")

// gone lets a letter fall about what is there no more.
func gone(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// tellMember writes to a person, and to the administrators of an organisation, of the
// person's place in it.
func (a *App) tellMember(ctx context.Context, what string, org identity.OrganisationID, id identity.PersonID, role, by string) error {
	o, err := a.Identity.Organisation(ctx, rights, org)
	if err != nil {
		return gone(err)
	}
	p, err := a.Identity.Person(ctx, rights, id)
	if err != nil {
		return gone(err)
	}
	chiefs, err := a.Identity.PeopleOf(ctx, rights, org, identity.Administrator)
	if err != nil {
		return err
	}
	args := func(l i18n.Lang) i18n.Args {
		args := i18n.Args{"Organisation": o.Name, "Person": p.Name, "Email": p.Email, "Role": ""}
		if p.Email == "" { // the account is closed
			args["Person"], args["Email"] = i18n.T(l, "rights.nobody"), "–"
		}
		if role != "" {
			args["Role"] = i18n.T(l, "identity.role."+role)
		}
		return args
	}
	place := "/members"
	if what == "asked" {
		place = "/joining"
	}
	letters := []mail.Message{a.rightsLetter(p, "you-"+what, "/organisations/"+o.Slug, by, args(p.Language))}
	for _, c := range chiefs {
		if c.ID != id {
			letters = append(letters, a.rightsLetter(c, "member-"+what, "/organisations/"+o.Slug+place, by, args(c.Language)))
		}
	}
	return a.sendRights(ctx, letters)
}

// tellMandate writes to the administrators of both organisations.
func (a *App) tellMandate(ctx context.Context, what string, org, delegate identity.OrganisationID, by string) error {
	known, err := a.Identity.OrganisationsByID(ctx, rights, org, delegate)
	if err != nil {
		return err
	}
	var letters []mail.Message
	for _, id := range []identity.OrganisationID{org, delegate} {
		chiefs, err := a.Identity.PeopleOf(ctx, rights, id, identity.Administrator)
		if err != nil {
			return err
		}
		for _, c := range chiefs {
			letters = append(letters, a.rightsLetter(c, what, "/organisations/"+known[org].Slug+"/mandates", by, i18n.Args{"Organisation": known[org].Name, "Delegate": known[delegate].Name}))
		}
	}
	return a.sendRights(ctx, letters)
}

// tellPerson writes to a person of their own account; more adds what the letter says.
func (a *App) tellPerson(ctx context.Context, what string, id identity.PersonID, by string, more func(i18n.Lang, i18n.Args)) error {
	p, err := a.Identity.Person(ctx, rights, id)
	if err != nil {
		return gone(err)
	}
	args := i18n.Args{}
	if more != nil {
		more(p.Language, args)
	}
	return a.sendRights(ctx, []mail.Message{a.rightsLetter(p, what, "/account", by, args)})
}

// rightsLetter is a letter in the words of "rights.mail.WHAT"; to nobody when it is
// about what they did themselves, their account is closed, or the demonstration did it.
func (a *App) rightsLetter(to identity.Person, what, path, by string, args i18n.Args) mail.Message {
	if identity.PersonOfRef(by) == to.ID || !to.ClosedAt.IsZero() || by == demonstration.Ref() {
		return mail.Message{}
	}
	args["Name"], args["Link"] = to.Name, strings.TrimSuffix(a.Config.Base().String(), "/")+path
	return mail.Letter(to.Email, to.Language, "rights.mail."+what, args)
}

// sendRights puts letters into the outbox, those to somebody.
func (a *App) sendRights(ctx context.Context, letters []mail.Message) error {
	letters = slices.DeleteFunc(letters, func(m mail.Message) bool { return m.To == "" })
	return a.DB.Write(ctx, func(tx *sqldb.Tx) error { return mail.SendAll(ctx, tx, letters...) })
}
