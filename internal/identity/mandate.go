package identity

import (
	"context"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// Mandate lets the people of one organisation, the delegate, publish for another:
// an EPCI for its communes, the host for who has no agent. Whatever their role in
// the delegate, they are at most editors there: members, tokens and the organisation
// itself stay its own. A mandate is public, written elsewhere, and can be revoked.
type Mandate struct {
	ID           string
	Organisation OrganisationID // for whom
	Delegate     OrganisationID // who publishes
	Reference    string         // of the deliberation or the agreement, 3 to 200 characters
	Document     string         // its address; "" when there is none
	StartsAt     time.Time      // included
	EndsAt       time.Time      // excluded; zero: without end
	CreatedBy    string         // Actor.Ref
	CreatedAt    time.Time
	RevokedAt    time.Time // zero while good
}

// InForce reports whether the delegate may publish at an instant.
func (m Mandate) InForce(at time.Time) bool {
	return m.RevokedAt.IsZero() && !at.Before(m.StartsAt) && (m.EndsAt.IsZero() || at.Before(m.EndsAt))
}

const mandateColumns = `id, organisation, delegate, reference, document, starts_at, ends_at, created_by, created_at, revoked_at`

func scanMandate(r sqldb.Scanner) (m Mandate, err error) {
	var ends, revoked sqldb.NullTime
	err = r.Scan(&m.ID, &m.Organisation, &m.Delegate, &m.Reference, &m.Document, &m.StartsAt, &ends, &m.CreatedBy, &m.CreatedAt, &revoked)
	m.EndsAt, m.RevokedAt = ends.Time, revoked.Time
	return m, err
}

type mandateAudit struct {
	Delegate  OrganisationID `json:"delegate"`
	Reference string         `json:"reference"`
	Starts    time.Time      `json:"starts"`
	Ends      *time.Time     `json:"ends,omitempty"`
}

func auditOfMandate(m Mandate) mandateAudit {
	out := mandateAudit{Delegate: m.Delegate, Reference: m.Reference, Starts: m.StartsAt}
	if !m.EndsAt.IsZero() {
		out.Ends = &m.EndsAt
	}
	return out
}

// GiveMandate lets a delegate publish for an organisation, from m.StartsAt (today
// when zero) to m.EndsAt. Rights: ActionManageMandates of the organisation that is
// published for. Kinds: Denied, SignIn, NotFound (either organisation), Invalid
// (fields), Conflict (one is in force already).
func (s *Service) GiveMandate(ctx context.Context, a Actor, m Mandate) (out Mandate, err error) {
	defer errs.Wrap(&err, "identity.GiveMandate(%s)", m.Organisation)
	if err := a.Require(ActionManageMandates, m.Organisation); err != nil {
		return out, err
	}
	e := invalid()
	m.Reference = textField(e, "reference", m.Reference, 3, 200)
	if m.Document = strings.TrimSpace(m.Document); m.Document != "" && !webAddress(m.Document) {
		e.WithField("document", "identity.field.website")
	}
	if m.Delegate == "" || m.Delegate == m.Organisation {
		e.WithField("delegate", "identity.field.required")
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		e, out := *e, &out
		*out = m
		if out.StartsAt.IsZero() {
			out.StartsAt = tx.Now()
		}
		if !out.EndsAt.IsZero() && (!out.EndsAt.After(out.StartsAt) || !out.EndsAt.After(tx.Now())) {
			e.WithField("ends", "identity.field.past")
		}
		if err := problems(&e); err != nil {
			return err
		}
		for _, id := range []OrganisationID{m.Organisation, m.Delegate} {
			if _, err := living(ctx, tx, id); err != nil {
				return err
			}
		}
		list, err := mandates(ctx, tx, `organisation = $1 AND delegate = $2 AND revoked_at IS NULL`, m.Organisation, m.Delegate)
		if err != nil {
			return err
		}
		for _, x := range list {
			if (x.EndsAt.IsZero() || out.StartsAt.Before(x.EndsAt)) && (out.EndsAt.IsZero() || x.StartsAt.Before(out.EndsAt)) {
				return errs.New(errs.Conflict, "identity.mandate.already").WithHint("identity.mandate.already.hint")
			}
		}
		out.ID, out.CreatedBy, out.CreatedAt = s.newID(tx), a.Ref(), tx.Now()
		if _, err := tx.Exec(ctx, `INSERT INTO mandates (id, organisation, delegate, reference, document, starts_at, ends_at, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			out.ID, out.Organisation, out.Delegate, out.Reference, out.Document, out.StartsAt, sqldb.SomeTime(out.EndsAt), out.CreatedBy, out.CreatedAt); err != nil {
			return err
		}
		if err := jobs.Emit(ctx, tx, MandateGiven{out.ID, out.Organisation, out.Delegate, a.Ref()}); err != nil {
			return err
		}
		return RecordIn(ctx, tx, a, out.Organisation, "mandate.give", "mandate:"+out.ID, nil, auditOfMandate(*out))
	})
	return out, err
}

// RevokeMandate ends a mandate at once. Rights: ActionManageMandates of the
// organisation that is published for; an administrator of the delegate may give it
// back. Kinds: Denied, SignIn, NotFound.
func (s *Service) RevokeMandate(ctx context.Context, a Actor, id string) (err error) {
	defer errs.Wrap(&err, "identity.RevokeMandate(%s)", id)
	if a.IsAnonymous() {
		return a.Require(ActionManageMandates, "")
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		list, err := mandates(ctx, tx, `id = $1 AND revoked_at IS NULL`, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return notFound()
		}
		m := list[0]
		if !a.Can(ActionManageMandates, m.Delegate) {
			if err := a.Require(ActionManageMandates, m.Organisation); err != nil {
				return err
			}
		}
		return s.revokeMandate(ctx, tx, a, m)
	})
}

func (s *Service) revokeMandate(ctx context.Context, tx *sqldb.Tx, a Actor, m Mandate) error {
	if _, err := tx.Exec(ctx, `UPDATE mandates SET revoked_at = $2, revoked_by = $3 WHERE id = $1`, m.ID, tx.Now(), a.Ref()); err != nil {
		return err
	}
	if err := jobs.Emit(ctx, tx, MandateRevoked{m.ID, m.Organisation, m.Delegate, a.Ref()}); err != nil {
		return err
	}
	return RecordIn(ctx, tx, a, m.Organisation, "mandate.revoke", "mandate:"+m.ID, auditOfMandate(m), nil)
}

func mandates(ctx context.Context, tx *sqldb.Tx, where string, args ...any) ([]Mandate, error) {
	rows, err := tx.Query(ctx, `SELECT `+mandateColumns+` FROM mandates WHERE `+where+` ORDER BY id`, args...)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, scanMandate)
}

// Mandates lists the mandates of an organisation, given or received, revoked ones
// included, the oldest first. Everyone may read them.
func (s *Service) Mandates(ctx context.Context, _ Actor, org OrganisationID) (list []Mandate, err error) {
	defer errs.Wrap(&err, "identity.Mandates(%s)", org)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		list, err = mandates(ctx, tx, `organisation = $1 OR delegate = $1`, org)
		return err
	})
	return list, err
}

// MandatesInForce lists the mandates by which others publish for an organisation
// today. Everyone may read them.
func (s *Service) MandatesInForce(ctx context.Context, _ Actor, org OrganisationID) (list []Mandate, err error) {
	defer errs.Wrap(&err, "identity.MandatesInForce(%s)", org)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		list, err = mandates(ctx, tx, `organisation = $1 AND revoked_at IS NULL AND starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2)`, org, tx.Now())
		return err
	})
	return list, err
}
