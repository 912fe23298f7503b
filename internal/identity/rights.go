package identity

import (
	"strings"

	"socle/internal/errs"
)

// Role is what a person may do in one organisation. Each role includes the
// ones before it.
type Role uint8

const (
	NoRole        Role = iota
	Reader             // sees drafts and internal datasets
	Contributor        // brings rows and files to what is not published yet
	Editor             // edits and publishes
	Administrator      // also members, tokens, the organisation itself
)

// Roles lists the roles, the least first.
var Roles = []Role{Reader, Contributor, Editor, Administrator}

var roleCodes = [...]string{"", "reader", "contributor", "editor", "administrator"}

// String returns the stable code; its message key is "identity.role." + code.
func (r Role) String() string { return roleCodes[r] }

// ParseRole reads a code. Kinds: Invalid.
func ParseRole(code string) (Role, error) {
	for _, r := range Roles {
		if r.String() == code {
			return r, nil
		}
	}
	return NoRole, errs.New(errs.Invalid, "identity.role.unknown", errs.Args{"Code": code})
}

// HostRole is a role in the body that runs the instance.
type HostRole uint8

const (
	HostAdministrator HostRole = 1 << iota // settings, people, organisations
	HostAnimator                           // helps organisations, creates them
	HostAuditor                            // reads the audit
)

// HostRoleList lists the host's roles.
var HostRoleList = []HostRole{HostAdministrator, HostAnimator, HostAuditor}

// String returns the stable code; its message key is "identity.host-role." + code.
func (r HostRole) String() string {
	switch r {
	case HostAdministrator:
		return "administrator"
	case HostAnimator:
		return "animator"
	case HostAuditor:
		return "auditor"
	}
	return ""
}

// ParseHostRole reads a code. Kinds: Invalid.
func ParseHostRole(code string) (HostRole, error) {
	for _, r := range HostRoleList {
		if r.String() == code {
			return r, nil
		}
	}
	return 0, errs.New(errs.Invalid, "identity.role.unknown", errs.Args{"Code": code})
}

// HostRoles is a set of HostRole.
type HostRoles uint8

// HostSet makes a set.
func HostSet(roles ...HostRole) HostRoles {
	var s HostRoles
	for _, r := range roles {
		s |= HostRoles(r)
	}
	return s
}

// Has reports whether the role is in the set.
func (s HostRoles) Has(r HostRole) bool { return s&HostRoles(r) != 0 }

func (s HostRoles) any(other HostRoles) bool { return s&other != 0 }

// List returns the roles of the set.
func (s HostRoles) List() []HostRole {
	var out []HostRole
	for _, r := range HostRoleList {
		if s.Has(r) {
			out = append(out, r)
		}
	}
	return out
}

// Scope is what a token allows of its owner's rights.
type Scope uint8

const (
	ScopeRead    Scope = 1 << iota // see what is not public
	ScopeWrite                     // create and edit
	ScopePublish                   // make public, withdraw
	ScopeAdmin                     // members, organisations, the host
	ScopeCollect                   // fill in forms, and nothing else
)

// ScopeList lists the scopes.
var ScopeList = []Scope{ScopeRead, ScopeWrite, ScopePublish, ScopeAdmin, ScopeCollect}

// String returns the stable code; its message key is "identity.scope." + code.
func (s Scope) String() string {
	switch s {
	case ScopeRead:
		return "read"
	case ScopeWrite:
		return "write"
	case ScopePublish:
		return "publish"
	case ScopeAdmin:
		return "admin"
	case ScopeCollect:
		return "collect"
	}
	return ""
}

// Scopes is a set of Scope. Every scope but that of forms allows to read; who may write
// may fill in forms.
type Scopes uint8

// ScopeSet makes a set.
func ScopeSet(scopes ...Scope) Scopes {
	var s Scopes
	for _, x := range scopes {
		s |= Scopes(x)
	}
	return s
}

// ParseScopes reads codes separated by commas or spaces. Kinds: Invalid (an
// unknown code, or none).
func ParseScopes(text string) (Scopes, error) {
	var set Scopes
words:
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		for _, s := range ScopeList {
			if s.String() == w {
				set |= Scopes(s)
				continue words
			}
		}
		return 0, errs.New(errs.Invalid, "identity.scope.unknown", errs.Args{"Code": w}).WithHint("identity.scope.unknown.hint")
	}
	if set == 0 {
		return 0, errs.New(errs.Invalid, "identity.scope.none").WithHint("identity.scope.unknown.hint")
	}
	return set, nil
}

// Has reports whether the set allows the scope.
func (s Scopes) Has(x Scope) bool {
	switch x {
	case ScopeRead:
		return s&^Scopes(ScopeCollect) != 0
	case ScopeCollect:
		return s&Scopes(ScopeCollect|ScopeWrite) != 0
	}
	return s&Scopes(x) != 0
}

// List returns the scopes of the set.
func (s Scopes) List() []Scope {
	var out []Scope
	for _, x := range ScopeList {
		if s&Scopes(x) != 0 {
			out = append(out, x)
		}
	}
	return out
}

// String returns the codes separated by commas.
func (s Scopes) String() string {
	var codes []string
	for _, x := range s.List() {
		codes = append(codes, x.String())
	}
	return strings.Join(codes, ",")
}

// Action is something that rights are asked for.
type Action string

// Actions in an organisation.
const (
	ActionReadDraft        Action = "dataset.read-draft"    // drafts, and what a withdrawn dataset held
	ActionReadInternal     Action = "dataset.read-internal" // datasets kept inside
	ActionContribute       Action = "dataset.contribute"    // create drafts, bring files and rows to drafts
	ActionFill             Action = "form.fill"             // fill in the forms of members
	ActionEdit             Action = "dataset.edit"          // describe, rename, reorder, change what is internal
	ActionPublish          Action = "dataset.publish"       // make public, add a version to what is public
	ActionApprove          Action = "dataset.approve"       // publish where the organisation asks for approvals, and approve others
	ActionWithdraw         Action = "dataset.withdraw"      // take out of the public eye, with a trace
	ActionDelete           Action = "dataset.delete"        // delete what was never published
	ActionReadMembers      Action = "organisation.read-members"
	ActionManageMembers    Action = "organisation.members"
	ActionEditOrganisation Action = "organisation.edit"
	ActionManageTokens     Action = "organisation.tokens" // tokens that belong to the organisation
	ActionReadAudit        Action = "organisation.audit"
	ActionManageMandates   Action = "organisation.mandates" // who publishes for the organisation
	ActionAnswer           Action = "request.answer"        // read, answer and make public what people ask of the organisation; of the host when it is ""
)

// Actions of the host: the organisation is "".
const (
	ActionCreateOrganisation Action = "host.create-organisation"
	ActionMergeOrganisations Action = "host.merge-organisations"
	ActionReadPeople         Action = "host.read-people"
	ActionManagePeople       Action = "host.people" // accounts and the host's roles
	ActionSettings           Action = "host.settings"
	ActionOperate            Action = "host.operate" // jobs, rebuild, backup, mail kept
	ActionReadHostAudit      Action = "host.audit"
	ActionTerritory          Action = "host.territory" // what the territory has in common: consolidated datasets, its boards
)

// right says from which role on, by which roles of the host, and through which
// scope of a token an action is allowed.
type right struct {
	action Action
	role   Role // NoRole: by no role of an organisation
	host   HostRoles
	scope  Scope
}

const (
	hostAdmin    = HostRoles(HostAdministrator)
	hostAnimator = HostRoles(HostAnimator)
	hostAuditor  = HostRoles(HostAuditor)
)

// rightList is the one table of rights. The host helps without taking: no role
// of the host sees drafts or changes the data of an organisation.
var rightList = []right{
	{ActionReadDraft, Reader, 0, ScopeRead},
	{ActionReadInternal, Reader, hostAdmin | hostAnimator | hostAuditor, ScopeRead},
	{ActionContribute, Contributor, 0, ScopeWrite},
	{ActionFill, Contributor, 0, ScopeCollect},
	{ActionEdit, Editor, 0, ScopeWrite},
	{ActionPublish, Editor, 0, ScopePublish},
	{ActionApprove, Administrator, 0, ScopePublish},
	{ActionWithdraw, Editor, 0, ScopePublish},
	{ActionDelete, Editor, 0, ScopePublish},
	{ActionReadMembers, Reader, hostAdmin | hostAnimator | hostAuditor, ScopeRead},
	{ActionManageMembers, Administrator, hostAdmin, ScopeAdmin},
	{ActionEditOrganisation, Administrator, hostAdmin, ScopeAdmin},
	{ActionManageTokens, Administrator, 0, ScopeAdmin},
	{ActionReadAudit, Administrator, hostAdmin | hostAuditor, ScopeAdmin},
	{ActionManageMandates, Administrator, hostAdmin | hostAnimator, ScopeAdmin},
	{ActionAnswer, Editor, hostAdmin | hostAnimator, ScopeWrite},

	{ActionCreateOrganisation, NoRole, hostAdmin | hostAnimator, ScopeAdmin},
	{ActionMergeOrganisations, NoRole, hostAdmin, ScopeAdmin},
	{ActionReadPeople, NoRole, hostAdmin | hostAnimator | hostAuditor, ScopeAdmin},
	{ActionManagePeople, NoRole, hostAdmin, ScopeAdmin},
	{ActionSettings, NoRole, hostAdmin, ScopeAdmin},
	{ActionOperate, NoRole, hostAdmin, ScopeAdmin},
	{ActionReadHostAudit, NoRole, hostAdmin | hostAuditor, ScopeAdmin},
	{ActionTerritory, NoRole, hostAdmin | hostAnimator, ScopeAdmin},
}

var rights = func() map[Action]right {
	m := make(map[Action]right, len(rightList))
	for _, r := range rightList {
		m[r.action] = r
	}
	return m
}()

// Actions lists every action, in the order of the table.
func Actions() []Action {
	out := make([]Action, len(rightList))
	for i, r := range rightList {
		out[i] = r.action
	}
	return out
}
