package identity

import (
	"context"
	"time"

	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// LinkKind says what a one-time link is for.
type LinkKind string

const (
	LinkFirstAdmin LinkKind = "first-administrator"
	LinkInvitation LinkKind = "invitation"
	LinkReset      LinkKind = "password-reset"
	LinkSignIn     LinkKind = "sign-in"
	LinkEmail      LinkKind = "e-mail" // confirms a new address
)

// Link is a one-time link as it may be shown; its secret is told once, when it
// is made.
type Link struct {
	ID           string
	Kind         LinkKind
	Email        string // whom it was made for; "" when whoever holds it
	Person       PersonID
	Organisation OrganisationID // invitations
	Role         Role           // invitations
	HostRoles    HostRoles      // invitations by the host
	CreatedBy    string
	CreatedAt    time.Time
	ExpiresAt    time.Time
}

const linkBytes = 20 // 160 bits: 32 characters that can be printed and typed

const linkColumns = `id, kind, email, person, organisation, role, host_roles, created_by, created_at, expires_at`

func scanLink(r sqldb.Scanner) (l Link, err error) {
	var p *PersonID
	var o *OrganisationID
	err = r.Scan(&l.ID, &l.Kind, &l.Email, &p, &o, &l.Role, &l.HostRoles, &l.CreatedBy, &l.CreatedAt, &l.ExpiresAt)
	if p != nil {
		l.Person = *p
	}
	if o != nil {
		l.Organisation = *o
	}
	return l, err
}

// orNull stores an empty identifier as NULL.
func orNull[T ~string](id T) *string {
	if id == "" {
		return nil
	}
	s := string(id)
	return &s
}

func (s *Service) insertLink(ctx context.Context, tx *sqldb.Tx, l Link, life time.Duration) (Link, string, error) {
	secret := s.secret(linkBytes)
	l.ID, l.CreatedAt, l.ExpiresAt = s.newID(tx), tx.Now(), tx.Now().Add(life)
	_, err := tx.Exec(ctx, `INSERT INTO one_time_links (id, hash, kind, email, person, organisation, role, host_roles, created_by, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		l.ID, digest(secret), l.Kind, l.Email, orNull(l.Person), orNull(l.Organisation), l.Role, l.HostRoles, l.CreatedBy, l.CreatedAt, l.ExpiresAt)
	return l, secret, err
}

func linkOver() error {
	return errs.New(errs.NotFound, "identity.link-over").WithHint("identity.link-over.hint")
}

// useLink spends a link. Of several uses at once, one finds it. Kinds: NotFound
// (unknown, spent, expired, or of another kind).
func useLink(ctx context.Context, tx *sqldb.Tx, secret string, kind LinkKind) (Link, error) {
	l, err := scanLink(tx.QueryRow(ctx, `UPDATE one_time_links SET used_at = $3
		WHERE hash = $1 AND kind = $2 AND used_at IS NULL AND expires_at > $3 RETURNING `+linkColumns, digest(secret), kind, tx.Now()))
	if errs.Is(err, errs.NotFound) {
		return l, linkOver()
	}
	return l, err
}

// OpenLink reads a link without spending it, for the page that it opens. Kinds:
// NotFound (unknown, spent, expired).
func (s *Service) OpenLink(ctx context.Context, secret string) (l Link, err error) {
	defer errs.Wrap(&err, "identity.OpenLink")
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		l, err = scanLink(tx.QueryRow(ctx, `SELECT `+linkColumns+` FROM one_time_links
			WHERE hash = $1 AND used_at IS NULL AND expires_at > $2`, digest(secret), tx.Now()))
		if errs.Is(err, errs.NotFound) {
			return linkOver()
		}
		return err
	})
	return l, err
}

// FirstAdminLink makes the link that makes the host's first administrator, and
// voids the one before; needed is false, and secret empty, once there is an
// administrator.
func (s *Service) FirstAdminLink(ctx context.Context) (secret string, needed bool, err error) {
	defer errs.Wrap(&err, "identity.FirstAdminLink")
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		secret, needed = "", false
		admins, err := hostAdministrators(ctx, tx)
		if err != nil || len(admins) > 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM one_time_links WHERE kind = $1`, LinkFirstAdmin); err != nil {
			return err
		}
		needed = true
		_, secret, err = s.insertLink(ctx, tx, Link{Kind: LinkFirstAdmin, HostRoles: HostSet(HostAdministrator), CreatedBy: System("start").Ref()}, s.opt.LinkLife)
		return err
	})
	return secret, needed, err
}

// AcceptFirstAdmin spends the first administrator's link and makes the account.
// Kinds: NotFound (the link), Invalid (fields), Conflict (the e-mail is taken).
func (s *Service) AcceptFirstAdmin(ctx context.Context, secret string, n NewPerson) (a Actor, err error) {
	defer errs.Wrap(&err, "identity.AcceptFirstAdmin")
	if _, err := s.OpenLink(ctx, secret); err != nil { // before the work of hashing
		return a, err
	}
	n, hash, err := s.preparePerson(ctx, n)
	if err != nil {
		return a, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		l, err := useLink(ctx, tx, secret, LinkFirstAdmin)
		if err != nil {
			return err
		}
		if admins, err := hostAdministrators(ctx, tx); err != nil {
			return err
		} else if len(admins) > 0 {
			return linkOver()
		}
		p, err := s.insertPerson(ctx, tx, n, hash, l.HostRoles)
		if err != nil {
			return err
		}
		a = PersonActor(p.ID, p.Name, p.HostRoles)
		return s.joined(ctx, tx, a, p)
	})
	return a, err
}

// Invitation is whom to invite, and to what.
type Invitation struct {
	Email        string         // "" for a printed code: whoever holds it
	Organisation OrganisationID // with Role; "" for roles of the host only
	Role         Role
	HostRoles    HostRoles
}

// Invite makes an invitation; the caller mails or prints its secret. Rights:
// ActionManageMembers of the organisation; ActionManagePeople for roles of the
// host. Kinds: Denied, SignIn, NotFound (organisation), Invalid (fields).
func (s *Service) Invite(ctx context.Context, a Actor, in Invitation) (l Link, secret string, err error) {
	defer errs.Wrap(&err, "identity.Invite(%s)", in.Organisation)
	if in.HostRoles != 0 || in.Organisation == "" {
		if err := a.Require(ActionManagePeople, ""); err != nil {
			return l, "", err
		}
	}
	if in.Organisation != "" {
		if err := a.Require(ActionManageMembers, in.Organisation); err != nil {
			return l, "", err
		}
	}
	e := invalid()
	if in.Email != "" {
		in.Email = emailField(e, "email", in.Email)
	}
	if in.Organisation != "" && (in.Role < Reader || in.Role > Administrator) || in.Organisation == "" && in.Role != NoRole {
		e.WithField("role", "identity.field.required")
	}
	if in.HostRoles&^HostSet(HostRoleList...) != 0 || in.Organisation == "" && in.HostRoles == 0 {
		e.WithField("role", "identity.field.required")
	}
	if in.HostRoles != 0 && in.Email == "" {
		e.WithField("email", "identity.field.required") // a role of the host is not for whoever finds a sheet of paper
	}
	if err := problems(e); err != nil {
		return l, "", err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if in.Organisation != "" {
			if _, err := living(ctx, tx, in.Organisation); err != nil {
				return err
			}
		}
		l, secret, err = s.insertLink(ctx, tx, Link{
			Kind: LinkInvitation, Email: in.Email, Organisation: in.Organisation, Role: in.Role, HostRoles: in.HostRoles, CreatedBy: a.Ref(),
		}, s.opt.LinkLife)
		if err != nil {
			return err
		}
		return RecordIn(ctx, tx, a, in.Organisation, "invitation.create", "invitation:"+l.ID, nil, auditOfInvitation(l))
	})
	return l, secret, err
}

type invitationAudit struct {
	Role      string   `json:"role,omitempty"`
	HostRoles []string `json:"hostRoles,omitempty"`
	Person    PersonID `json:"person,omitempty"`
}

func auditOfInvitation(l Link) invitationAudit {
	return invitationAudit{Role: l.Role.String(), HostRoles: codes(l.HostRoles.List()), Person: l.Person}
}

// Invitations lists those of an organisation that wait for their person. Rights:
// ActionManageMembers. Kinds: Denied, SignIn.
func (s *Service) Invitations(ctx context.Context, a Actor, org OrganisationID) (list []Link, err error) {
	defer errs.Wrap(&err, "identity.Invitations(%s)", org)
	if err := a.Require(ActionManageMembers, org); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+linkColumns+` FROM one_time_links
			WHERE organisation = $1 AND kind = $2 AND used_at IS NULL AND expires_at > $3 ORDER BY id`, org, LinkInvitation, tx.Now())
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, scanLink)
		return err
	})
	return list, err
}

// RevokeInvitation voids an invitation. Rights: ActionManageMembers of its
// organisation, ActionManagePeople where it has none. Kinds: Denied, SignIn,
// NotFound.
func (s *Service) RevokeInvitation(ctx context.Context, a Actor, id string) (err error) {
	defer errs.Wrap(&err, "identity.RevokeInvitation(%s)", id)
	if a.IsAnonymous() {
		return a.Require(ActionManagePeople, "")
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		l, err := scanLink(tx.QueryRow(ctx, `DELETE FROM one_time_links WHERE id = $1 AND kind = $2 AND used_at IS NULL RETURNING `+linkColumns, id, LinkInvitation))
		if err != nil {
			return err
		}
		action := ActionManageMembers
		if l.Organisation == "" {
			action = ActionManagePeople
		}
		if !a.Can(action, l.Organisation) {
			return notFound()
		}
		return RecordIn(ctx, tx, a, l.Organisation, "invitation.revoke", "invitation:"+id, auditOfInvitation(l), nil)
	})
}

// AcceptInvitation spends an invitation. Someone signed in joins with their own
// account (n is not looked at); else an account is made, with the e-mail of the
// invitation where it names one. An invitation to an address may be accepted without
// a password (n.Without): its holder then comes in by a link by mail, a passkey or a
// provider. A role already held is never lowered. The
// actor returned has the new rights; open a session with it. Kinds: NotFound
// (the link), Denied (a token; an invitation for another e-mail), Invalid
// (fields), SignIn (the e-mail has an account: sign in, then accept), Busy (a
// printed invitation, too many addresses tried).
func (s *Service) AcceptInvitation(ctx context.Context, a Actor, secret string, n NewPerson) (out Actor, err error) {
	defer errs.Wrap(&err, "identity.AcceptInvitation(%s)", a)
	l, err := s.OpenLink(ctx, secret)
	if err != nil {
		return out, err
	}
	var hash string
	printed := a.IsAnonymous() && l.Email == ""
	tries := []attemptKey{{"code:" + l.ID, maxCodeTries, true}}
	if a.IsAnonymous() {
		if l.Email != "" {
			n.Email = l.Email
		}
		if n, hash, err = s.prepareInvited(ctx, l, n); err != nil {
			return out, err
		}
	} else if _, err := a.self(); err != nil {
		return out, err
	}
	if printed { // whoever holds the code could ask which addresses have an account
		if err := s.reserveAttempt(ctx, tries); err != nil {
			return out, err
		}
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		l, err := useLink(ctx, tx, secret, LinkInvitation)
		if err != nil {
			return err
		}
		if err := stillAllowed(ctx, tx, l); err != nil {
			return err
		}
		var p Person
		if a.IsAnonymous() {
			p, err = s.insertPerson(ctx, tx, n, hash, 0)
			if err == nil && printed {
				err = releaseAttempt(ctx, tx, tries)
			}
			if errs.Is(err, errs.Conflict) {
				return errs.New(errs.SignIn, "identity.invitation.has-account").WithHint("identity.invitation.has-account.hint")
			}
			if err == nil {
				err = s.joined(ctx, tx, PersonActor(p.ID, p.Name, 0).From(a.network), p)
			}
		} else {
			p, err = openPerson(ctx, tx, a.person)
			if err == nil && l.Email != "" && emailKey(l.Email) != emailKey(p.Email) {
				return errs.New(errs.Denied, "identity.invitation.other-person").WithHint("identity.invitation.other-person.hint")
			}
		}
		if err != nil {
			return err
		}
		return s.applyInvitation(ctx, tx, a, p, l, &out)
	})
	return out, err
}

// prepareInvited is preparePerson for who may do without a password: it needs an
// address, to which links go.
func (s *Service) prepareInvited(ctx context.Context, l Link, n NewPerson) (NewPerson, string, error) {
	if !n.Without || l.Email == "" {
		return s.preparePerson(ctx, n)
	}
	e := invalid()
	n = whoIs(e, n)
	n.Password = ""
	return n, "", problems(e)
}

// maxCodeTries is how many addresses the holder of a printed invitation may try in
// the window of SignInLimits: each taken one tells that it has an account.
const maxCodeTries = 3

// stillAllowed refuses an invitation whose author may no longer make it: a
// removed administrator does not leave keys behind.
func stillAllowed(ctx context.Context, tx *sqldb.Tx, l Link) error {
	ref := l.CreatedBy
	if p := PersonOfRef(ref); p != "" {
		ref = "person:" + string(p) // their token may have ended since
	}
	author, err := actorOfRef(ctx, tx, ref)
	if errs.Is(err, errs.Denied) {
		return linkOver()
	}
	if err != nil {
		return err
	}
	if l.Organisation != "" && !author.Can(ActionManageMembers, l.Organisation) || l.HostRoles != 0 && !author.Can(ActionManagePeople, "") {
		return linkOver()
	}
	return nil
}

func (s *Service) applyInvitation(ctx context.Context, tx *sqldb.Tx, a Actor, p Person, l Link, out *Actor) (err error) {
	joined := PersonActor(p.ID, p.Name, p.HostRoles).From(a.network)
	if l.HostRoles&^p.HostRoles != 0 {
		after := p
		after.HostRoles |= l.HostRoles
		if _, err := tx.Exec(ctx, `UPDATE people SET host_roles = $2 WHERE id = $1`, p.ID, after.HostRoles); err != nil {
			return err
		}
		if err := Record(ctx, tx, joined, "person.host-roles", "person:"+string(p.ID), auditOfPerson(p), auditOfPerson(after)); err != nil {
			return err
		}
		if err := jobs.Emit(ctx, tx, HostRolesChanged{Person: p.ID, Roles: codes(after.HostRoles.List()), By: joined.Ref()}); err != nil {
			return err
		}
	}
	if l.Organisation != "" {
		role, err := roleOf(ctx, tx, l.Organisation, p.ID)
		if err != nil {
			return err
		}
		if role < l.Role {
			if err := s.putMember(ctx, tx, joined, l.Organisation, p.ID, role, l.Role); err != nil {
				return err
			}
		}
	}
	if *out, err = loadActor(ctx, tx, p.ID); err != nil {
		return err
	}
	out.session, out.network = a.session, a.network
	l.Person = p.ID
	return RecordIn(ctx, tx, joined, l.Organisation, "invitation.accept", "invitation:"+l.ID, nil, auditOfInvitation(l))
}
