package identity

import (
	"net/netip"
	"slices"
	"strings"

	"socle/internal/errs"
)

// PersonID, OrganisationID and TokenID are identifiers of package ids.
type (
	PersonID       string
	OrganisationID string
	TokenID        string
)

// Membership is the role of a person in an organisation: their own, or by a mandate
// that it gave to an organisation of theirs.
type Membership struct {
	Organisation OrganisationID
	Role         Role
	Via          OrganisationID // the delegate of the mandate; "" for a member
}

type actorKind uint8

const (
	anonymous actorKind = iota
	person
	token
	system
)

// Actor is who asks: anonymous (the zero value), a person, a token, or the
// system. It is a value, loaded once per request with its rights, and given to
// every service method.
type Actor struct {
	kind    actorKind
	person  PersonID
	token   TokenID
	name    string // of the person, the token or the part of the system
	members []Membership
	host    HostRoles
	scopes  Scopes
	only    OrganisationID // a token bound to one organisation
	session string         // id of the session, for "this one" in lists
	network netip.Addr
}

// Anonymous is a visitor who has not signed in.
func Anonymous() Actor { return Actor{} }

// System is the part of Socle that acts on its own: a schedule, a rebuild, the
// command line of the server. It may do everything; its name is in the audit.
func System(name string) Actor { return Actor{kind: system, name: name} }

// PersonActor is a person with the rights given. The Service loads real ones;
// this is for what has no database.
func PersonActor(id PersonID, name string, host HostRoles, members ...Membership) Actor {
	return Actor{kind: person, person: id, name: name, host: host, members: slices.Clone(members)}
}

// WithToken narrows an actor to what a token allows: its scopes and, when only
// is not empty, that one organisation. Roles of the host are lost in a token
// bound to an organisation.
func (a Actor) WithToken(id TokenID, scopes Scopes, only OrganisationID) Actor {
	a.kind, a.token, a.scopes, a.only = token, id, scopes, only
	if only != "" {
		a.host = 0
		a.members = slices.DeleteFunc(slices.Clone(a.members), func(m Membership) bool { return m.Organisation != only })
	}
	return a
}

// From notes the address that the request came from, for the audit.
func (a Actor) From(network netip.Addr) Actor { a.network = network; return a }

// IsAnonymous reports whether nobody has signed in.
func (a Actor) IsAnonymous() bool { return a.kind == anonymous }

// IsSystem reports whether Socle acts on its own.
func (a Actor) IsSystem() bool { return a.kind == system }

// IsToken reports whether a token of the API acts.
func (a Actor) IsToken() bool { return a.kind == token }

// Person returns who acts; "" for anonymous, the system and the token of an
// organisation.
func (a Actor) Person() PersonID { return a.person }

// HasScope reports whether the actor is not narrowed by a token, or by one that
// allows the scope.
func (a Actor) HasScope(x Scope) bool { return a.kind != token || a.scopes.Has(x) }

// Name returns the name to show: of the person, the token or the part of the
// system; "" when anonymous.
func (a Actor) Name() string { return a.name }

// Memberships lists the organisations of the actor and the role in each, those of
// mandates included (Via).
func (a Actor) Memberships() []Membership { return slices.Clone(a.members) }

// HostRoles returns the roles in the body that runs the instance.
func (a Actor) HostRoles() HostRoles { return a.host }

// RoleIn returns the actor's role in an organisation; NoRole when there is none.
func (a Actor) RoleIn(org OrganisationID) Role {
	best := NoRole
	for _, m := range a.members {
		if m.Organisation == org {
			best = max(best, m.Role)
		}
	}
	return best
}

// IsHost reports whether the actor has a role of the host.
func (a Actor) IsHost(r HostRole) bool { return a.kind == system || a.host.Has(r) }

// Can reports whether the actor may do something in an organisation; org is ""
// for actions of the host.
func (a Actor) Can(action Action, org OrganisationID) bool {
	r, known := rights[action]
	switch {
	case !known || a.kind == anonymous:
		return false
	case a.kind == system:
		return true
	case a.kind == token && !a.scopes.Has(r.scope):
		return false
	}
	if a.host.any(r.host) && (a.only == "" || a.only == org) {
		return true
	}
	return org != "" && r.role != NoRole && a.RoleIn(org) >= r.role
}

// Require is Can as an error. Kinds: SignIn (anonymous), Denied.
func (a Actor) Require(action Action, org OrganisationID) error {
	if a.Can(action, org) {
		return nil
	}
	if a.kind == anonymous {
		return errs.New(errs.SignIn, "identity.sign-in-first").WithHint("identity.sign-in-first.hint")
	}
	if r := rights[action]; a.kind == token && !a.scopes.Has(r.scope) {
		return errs.New(errs.Denied, "identity.token-scope", errs.Args{"Scope": r.scope.String()}).WithHint("identity.token-scope.hint")
	}
	return errs.New(errs.Denied, "identity.denied").WithHint("identity.denied.hint")
}

// RequireSystem refuses everybody but the system. Kinds: Denied.
func (a Actor) RequireSystem() error {
	if a.IsSystem() {
		return nil
	}
	return errs.New(errs.Denied, "identity.denied").WithHint("identity.denied.hint")
}

// Where gives the SQL of lists the organisations in which the actor may do
// something: everywhere, or those listed (perhaps none).
func (a Actor) Where(action Action) (everywhere bool, orgs []OrganisationID) {
	if a.kind == system {
		return true, nil
	}
	r := rights[action]
	if a.only == "" && a.host.any(r.host) && (a.kind != token || a.scopes.Has(r.scope)) {
		return true, nil
	}
	for _, m := range a.members {
		if a.Can(action, m.Organisation) && !slices.Contains(orgs, m.Organisation) {
			orgs = append(orgs, m.Organisation)
		}
	}
	return false, orgs
}

// Ref names the actor in logs, in the audit, in "created by", and in the
// arguments of jobs: "anonymous", "system:NAME", "person:ID", "token:ID" (of an
// organisation) or "person:ID/token:ID". Service.ActorOfRef turns it back.
func (a Actor) Ref() string {
	switch a.kind {
	case system:
		return "system:" + a.name
	case person:
		return "person:" + string(a.person)
	case token:
		if a.person == "" {
			return "token:" + string(a.token)
		}
		return "person:" + string(a.person) + "/token:" + string(a.token)
	}
	return "anonymous"
}

// String is Ref: never a name or an address of a person.
func (a Actor) String() string { return a.Ref() }

// PersonOfRef returns the person of a Ref; "" when there is none.
func PersonOfRef(ref string) PersonID {
	rest, ok := strings.CutPrefix(ref, "person:")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return PersonID(id)
}

func (a Actor) networkText() string {
	if !a.network.IsValid() {
		return ""
	}
	return a.network.Unmap().String()
}

// self is the person who may change their own account: signed in, not through
// a token.
func (a Actor) self() (PersonID, error) {
	switch a.kind {
	case person:
		return a.person, nil
	case anonymous:
		return "", a.Require(ActionManagePeople, "")
	}
	return "", errs.New(errs.Denied, "identity.own-account-only").WithHint("identity.own-account-only.hint")
}
