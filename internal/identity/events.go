package identity

// Events are written in the transaction of what they tell. They hold
// identifiers only: whoever listens reads the rest, with the rights of then. By is who
// made a change of rights (Actor.Ref).

// PersonJoined tells that an account was made.
type PersonJoined struct{ Person PersonID }

// PersonClosed tells that an account was closed.
type PersonClosed struct{ Person PersonID }

// HostRolesChanged tells the roles of the host that a person now has.
type HostRolesChanged struct {
	Person PersonID
	Roles  []string
	By     string
}

// FactorsReset tells that the second factors of a person were removed by somebody else.
type FactorsReset struct {
	Person PersonID
	By     string
}

// OrganisationCreated, OrganisationChanged tell of an organisation.
type (
	OrganisationCreated struct{ Organisation OrganisationID }
	OrganisationChanged struct{ Organisation OrganisationID }
)

// MemberAdded, MemberChanged, MemberRemoved tell of a person's role.
type (
	MemberAdded struct {
		Organisation OrganisationID
		Person       PersonID
		Role         string
		By           string
	}
	MemberChanged struct {
		Organisation OrganisationID
		Person       PersonID
		Role         string
		By           string
	}
	MemberRemoved struct {
		Organisation OrganisationID
		Person       PersonID
		By           string
	}
)

// JoinAsked, JoinRefused tell of a request to join an organisation; one that is
// accepted is MemberAdded or MemberChanged.
type (
	JoinAsked struct {
		Organisation OrganisationID
		Person       PersonID
	}
	JoinRefused struct {
		Organisation OrganisationID
		Person       PersonID
	}
)

// OrganisationMerged tells that one is now part of another: whoever keeps something
// by organisation moves it.
type OrganisationMerged struct{ From, Into OrganisationID }

// MandateGiven, MandateRevoked tell of who publishes for whom.
type (
	MandateGiven struct {
		Mandate                string
		Organisation, Delegate OrganisationID
		By                     string
	}
	MandateRevoked struct {
		Mandate                string
		Organisation, Delegate OrganisationID
		By                     string
	}
)

func (OrganisationMerged) Event() string  { return "identity.organisation-merged" }
func (MandateGiven) Event() string        { return "identity.mandate-given" }
func (MandateRevoked) Event() string      { return "identity.mandate-revoked" }
func (FactorsReset) Event() string        { return "identity.factors-reset" }
func (JoinAsked) Event() string           { return "identity.join-asked" }
func (JoinRefused) Event() string         { return "identity.join-refused" }
func (PersonJoined) Event() string        { return "identity.person-joined" }
func (PersonClosed) Event() string        { return "identity.person-closed" }
func (HostRolesChanged) Event() string    { return "identity.host-roles-changed" }
func (OrganisationCreated) Event() string { return "identity.organisation-created" }
func (OrganisationChanged) Event() string { return "identity.organisation-changed" }
func (MemberAdded) Event() string         { return "identity.member-added" }
func (MemberChanged) Event() string       { return "identity.member-changed" }
func (MemberRemoved) Event() string       { return "identity.member-removed" }
