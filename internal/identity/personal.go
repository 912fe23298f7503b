package identity

import (
	"context"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// PersonalData is all that is kept here of one person.
type PersonalData struct {
	Person      Person
	Ways        Ways
	Memberships []PersonalMembership
	Sessions    []Session
	Tokens      []Token
	Acts        []AuditEntry // what they did, the oldest first
}

// PersonalMembership is a role with the name of its organisation.
type PersonalMembership struct {
	Organisation string
	Role         Role
}

// PersonalData gathers what is kept of oneself, for its export (GDPR, articles 15
// and 20). Kinds: SignIn, Denied (a token).
func (s *Service) PersonalData(ctx context.Context, a Actor) (d PersonalData, err error) {
	defer errs.Wrap(&err, "identity.PersonalData(%s)", a)
	id, err := a.self()
	if err != nil {
		return d, err
	}
	if d.Ways, err = s.Ways(ctx, a); err != nil {
		return d, err
	}
	if d.Sessions, err = s.Sessions(ctx, a); err != nil {
		return d, err
	}
	if d.Tokens, err = s.Tokens(ctx, a, ""); err != nil {
		return d, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if d.Person, err = person1(ctx, tx, id); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT o.name, m.role FROM members m JOIN organisations o ON o.id = m.organisation WHERE m.person = $1 ORDER BY o.name, o.id`, id)
		if err != nil {
			return err
		}
		d.Memberships, err = sqldb.Collect(rows, func(r sqldb.Scanner) (m PersonalMembership, err error) {
			return m, r.Scan(&m.Organisation, &m.Role)
		})
		if err != nil {
			return err
		}
		ref := "person:" + string(id)
		rows, err = tx.Query(ctx, `SELECT `+auditColumns+` FROM audit WHERE actor = $1 OR actor > $2 AND actor < $3 ORDER BY seq`, ref, ref+"/", ref+"0")
		if err != nil {
			return err
		}
		d.Acts, err = sqldb.Collect(rows, scanAudit)
		return err
	})
	if err != nil {
		return d, err
	}
	return d, s.db.Write(ctx, func(tx *sqldb.Tx) error { return Record(ctx, tx, a, "person.export", "person:"+string(id), nil, nil) })
}
