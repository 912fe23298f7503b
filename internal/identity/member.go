package identity

import (
	"context"
	"time"

	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// Member is a person in an organisation.
type Member struct {
	Person PersonID
	Name   string
	Email  string
	Role   Role
	Since  time.Time
}

// Members lists the people of an organisation by name. Rights:
// ActionReadMembers. Kinds: Denied, SignIn, NotFound.
func (s *Service) Members(ctx context.Context, a Actor, org OrganisationID) (list []Member, err error) {
	defer errs.Wrap(&err, "identity.Members(%s)", org)
	if err := a.Require(ActionReadMembers, org); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if _, err := organisation1(ctx, tx, org); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT p.id, p.name, p.email, m.role, m.since FROM members m JOIN people p ON p.id = m.person
			WHERE m.organisation = $1 ORDER BY p.name, p.id`, org)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, func(r sqldb.Scanner) (m Member, err error) {
			return m, r.Scan(&m.Person, &m.Name, &m.Email, &m.Role, &m.Since)
		})
		return err
	})
	return list, err
}

// PeopleOf lists the people whose role in an organisation is at least the one given:
// to write to them. The system only. Kinds: Denied.
func (s *Service) PeopleOf(ctx context.Context, a Actor, org OrganisationID, least Role) (list []Person, err error) {
	defer errs.Wrap(&err, "identity.PeopleOf(%s)", org)
	if err := a.RequireSystem(); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+personColumns+` FROM people
			WHERE closed_at IS NULL AND id IN (SELECT person FROM members WHERE organisation = $1 AND role >= $2) ORDER BY name, id`, org, least)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, scanPerson)
		return err
	})
	return list, err
}

// MemberCounts tells how many members each organisation has; those without any are
// there with 0. Rights: ActionReadPeople. Kinds: Denied, SignIn.
func (s *Service) MemberCounts(ctx context.Context, a Actor) (n map[OrganisationID]int, err error) {
	defer errs.Wrap(&err, "identity.MemberCounts")
	if err := a.Require(ActionReadPeople, ""); err != nil {
		return nil, err
	}
	n = map[OrganisationID]int{}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT o.id, count(m.person) FROM organisations o LEFT JOIN members m ON m.organisation = o.id GROUP BY o.id`)
		if err != nil {
			return err
		}
		_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (id OrganisationID, err error) {
			var count int
			err = r.Scan(&id, &count)
			n[id] = count
			return id, err
		})
		return err
	})
	return n, err
}

// roleOf returns NoRole for someone who is not a member.
func roleOf(ctx context.Context, tx *sqldb.Tx, org OrganisationID, p PersonID) (r Role, err error) {
	err = tx.QueryRow(ctx, `SELECT role FROM members WHERE organisation = $1 AND person = $2`, org, p).Scan(&r)
	if errs.Is(err, errs.NotFound) {
		return NoRole, nil
	}
	return r, err
}

type memberAudit struct {
	Role string `json:"role"`
}

// putMember writes a role that differs from the one before.
func (s *Service) putMember(ctx context.Context, tx *sqldb.Tx, a Actor, org OrganisationID, p PersonID, before, role Role) error {
	_, err := tx.Exec(ctx, `INSERT INTO members (organisation, person, role, since) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organisation, person) DO UPDATE SET role = $3`, org, p, role, tx.Now())
	if err != nil {
		return err
	}
	var was any
	verb := "member.add"
	if before == NoRole {
		err = jobs.Emit(ctx, tx, MemberAdded{org, p, role.String(), a.Ref()})
	} else {
		verb, was = "member.change", memberAudit{before.String()}
		err = jobs.Emit(ctx, tx, MemberChanged{org, p, role.String(), a.Ref()})
	}
	if err != nil {
		return err
	}
	return RecordIn(ctx, tx, a, org, verb, "person:"+string(p), was, memberAudit{role.String()})
}

// otherAdministrator refuses to leave an organisation without administrator.
func otherAdministrator(ctx context.Context, tx *sqldb.Tx, org OrganisationID, but PersonID) error {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM members WHERE organisation = $1 AND role = $2 AND person <> $3`, org, Administrator, but).Scan(&n)
	if err == nil && n == 0 {
		return errs.New(errs.Conflict, "identity.last-administrator").WithHint("identity.last-administrator.hint")
	}
	return err
}

// SetMember gives a person a role in an organisation, new or changed. Rights:
// ActionManageMembers. Kinds: Denied, SignIn, NotFound (organisation, person),
// Invalid (role), Conflict (the last administrator would be none).
func (s *Service) SetMember(ctx context.Context, a Actor, org OrganisationID, p PersonID, role Role) (err error) {
	defer errs.Wrap(&err, "identity.SetMember(%s, %s)", org, p)
	if err := a.Require(ActionManageMembers, org); err != nil {
		return err
	}
	if role < Reader || role > Administrator {
		return invalid().WithField("role", "identity.field.required")
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := living(ctx, tx, org); err != nil {
			return err
		}
		if _, err := openPerson(ctx, tx, p); err != nil {
			return err
		}
		before, err := roleOf(ctx, tx, org, p)
		if err != nil || before == role {
			return err
		}
		if before == Administrator {
			if err := otherAdministrator(ctx, tx, org, p); err != nil {
				return err
			}
		}
		return s.putMember(ctx, tx, a, org, p, before, role)
	})
}

// RemoveMember takes a person out of an organisation; anyone may leave. Their
// tokens bound to it end. Rights: ActionManageMembers, or oneself. Kinds:
// Denied, SignIn, NotFound (not a member), Conflict (the last administrator).
func (s *Service) RemoveMember(ctx context.Context, a Actor, org OrganisationID, p PersonID) (err error) {
	defer errs.Wrap(&err, "identity.RemoveMember(%s, %s)", org, p)
	if own, err := a.self(); err != nil || own != p {
		if err := a.Require(ActionManageMembers, org); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.dropMember(ctx, tx, a, org, p) })
}

func (s *Service) dropMember(ctx context.Context, tx *sqldb.Tx, a Actor, org OrganisationID, p PersonID) error {
	before, err := roleOf(ctx, tx, org, p)
	if err != nil {
		return err
	}
	if before == NoRole {
		return notFound()
	}
	if before == Administrator {
		if err := otherAdministrator(ctx, tx, org, p); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM members WHERE organisation = $1 AND person = $2`, org, p); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE tokens SET revoked_at = $3 WHERE organisation = $1 AND person = $2 AND revoked_at IS NULL`, org, p, tx.Now()); err != nil {
		return err
	}
	if err := jobs.Emit(ctx, tx, MemberRemoved{org, p, a.Ref()}); err != nil {
		return err
	}
	return RecordIn(ctx, tx, a, org, "member.remove", "person:"+string(p), memberAudit{before.String()}, nil)
}
