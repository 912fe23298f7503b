package identity

import (
	"context"

	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

type mergeAudit struct {
	Into    OrganisationID `json:"into"`
	Members int            `json:"members"`
}

// MergeOrganisations makes one organisation part of another, as when communes
// merge: members keep their role there (the higher of two), the addresses lead to
// the other, those below it go below the other, its tokens, invitations and
// mandates end. Whoever keeps something by organisation (datasets, deposits) hears
// OrganisationMerged. It cannot be undone. Rights: ActionMergeOrganisations. Kinds:
// Denied, SignIn, NotFound (either), Conflict (merged already), Invalid (into
// itself).
func (s *Service) MergeOrganisations(ctx context.Context, a Actor, from, into OrganisationID) (err error) {
	defer errs.Wrap(&err, "identity.MergeOrganisations(%s, %s)", from, into)
	if err := a.Require(ActionMergeOrganisations, ""); err != nil {
		return err
	}
	if from == into {
		return invalid().WithField("into", "identity.field.required")
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, id := range []OrganisationID{from, into} {
			o, err := organisation1(ctx, tx, id)
			if err != nil {
				return err
			}
			if o.MergedInto != "" {
				return errs.New(errs.Conflict, "identity.merged").WithHint("identity.merged.hint")
			}
		}
		moved, err := s.moveMembers(ctx, tx, a, from, into)
		if err != nil {
			return err
		}
		given, err := mandates(ctx, tx, `(organisation = $1 OR delegate = $1) AND revoked_at IS NULL`, from)
		if err != nil {
			return err
		}
		for _, m := range given {
			if err := s.revokeMandate(ctx, tx, a, m); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE tokens SET revoked_at = $2 WHERE organisation = $1 AND revoked_at IS NULL`, from, tx.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM one_time_links WHERE organisation = $1 AND used_at IS NULL`, from); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM join_requests WHERE organisation = $1 AND decided_at IS NULL`, from); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO organisation_domains (organisation, domain) SELECT $2, domain FROM organisation_domains WHERE organisation = $1 ON CONFLICT (organisation, domain) DO NOTHING`, from, into); err != nil {
			return err
		}
		for _, q := range []string{
			`DELETE FROM organisation_domains WHERE organisation = $1 AND $2 <> ''`,
			`UPDATE organisation_slugs SET organisation = $2 WHERE organisation = $1`,
			`UPDATE organisations SET parent = NULL WHERE id = $2 AND parent = $1`,
			`UPDATE organisations SET parent = $2 WHERE parent = $1`,
		} {
			if _, err := tx.Exec(ctx, q, from, into); err != nil {
				return err
			}
		}
		// The number of the company goes: the one that lives may take it.
		if _, err := tx.Exec(ctx, `UPDATE organisations SET merged_into = $2, merged_at = $3, siren = '', revision = revision + 1, changed_at = $3 WHERE id = $1`, from, into, tx.Now()); err != nil {
			return err
		}
		if err := jobs.Emit(ctx, tx, OrganisationMerged{From: from, Into: into}); err != nil {
			return err
		}
		if err := RecordIn(ctx, tx, a, from, "organisation.merge", "organisation:"+string(from), nil, mergeAudit{into, moved}); err != nil {
			return err
		}
		return RecordIn(ctx, tx, a, into, "organisation.absorb", "organisation:"+string(from), nil, mergeAudit{into, moved})
	})
}

// moveMembers gives the people of an organisation their role in another.
func (s *Service) moveMembers(ctx context.Context, tx *sqldb.Tx, a Actor, from, into OrganisationID) (n int, err error) {
	type row struct {
		person PersonID
		role   Role
	}
	rows, err := tx.Query(ctx, `SELECT person, role FROM members WHERE organisation = $1 ORDER BY person`, from)
	if err != nil {
		return 0, err
	}
	list, err := sqldb.Collect(rows, func(r sqldb.Scanner) (m row, err error) { return m, r.Scan(&m.person, &m.role) })
	if err != nil {
		return 0, err
	}
	for _, m := range list {
		before, err := roleOf(ctx, tx, into, m.person)
		if err != nil {
			return n, err
		}
		if before < m.role {
			if err := s.putMember(ctx, tx, a, into, m.person, before, m.role); err != nil {
				return n, err
			}
			n++
		}
		if _, err := tx.Exec(ctx, `DELETE FROM members WHERE organisation = $1 AND person = $2`, from, m.person); err != nil {
			return n, err
		}
		if err := jobs.Emit(ctx, tx, MemberRemoved{from, m.person, a.Ref()}); err != nil {
			return n, err
		}
		if err := RecordIn(ctx, tx, a, from, "member.remove", "person:"+string(m.person), memberAudit{m.role.String()}, nil); err != nil {
			return n, err
		}
	}
	return n, nil
}
