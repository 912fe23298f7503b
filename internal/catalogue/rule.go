package catalogue

import (
	"context"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

type ruleAudit struct {
	Approval bool `json:"approval"`
}

// RequireApproval says whether what an organisation publishes must be approved by
// one of its administrators first. Rights: ActionEditOrganisation. Kinds: SignIn,
// Denied, NotFound.
func (s *Service) RequireApproval(ctx context.Context, a identity.Actor, org identity.OrganisationID, required bool) (err error) {
	defer errs.Wrap(&err, "catalogue.RequireApproval(%s)", org)
	if err := a.Require(identity.ActionEditOrganisation, org); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := approvalRequired(ctx, tx, org)
		if err != nil || before == required {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO publication_rules (organisation, approval) VALUES ($1, $2)
			ON CONFLICT (organisation) DO UPDATE SET approval = excluded.approval`, org, required)
		if sqldb.Violates(err, sqldb.ForeignKey) {
			return notFound()
		}
		if err != nil {
			return err
		}
		return identity.RecordIn(ctx, tx, a, org, "organisation.approval", "organisation:"+string(org), ruleAudit{before}, ruleAudit{required})
	})
}

// ApprovalRequired reports whether the publications of an organisation must be
// approved. Rights: ActionReadDraft, ActionEditOrganisation. Kinds: SignIn, Denied.
func (s *Service) ApprovalRequired(ctx context.Context, a identity.Actor, org identity.OrganisationID) (required bool, err error) {
	defer errs.Wrap(&err, "catalogue.ApprovalRequired(%s)", org)
	if !a.Can(identity.ActionReadDraft, org) {
		if err := a.Require(identity.ActionEditOrganisation, org); err != nil {
			return false, err
		}
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		required, err = approvalRequired(ctx, tx, org)
		return err
	})
	return required, err
}

// NeedsApprovalTx reports whether the actor, who may publish, must have it
// approved: the organisation asks for it and the actor may not approve.
func (s *Service) NeedsApprovalTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, org identity.OrganisationID) (bool, error) {
	if a.Can(identity.ActionApprove, org) {
		return false, nil
	}
	return approvalRequired(ctx, tx, org)
}

func approvalRequired(ctx context.Context, tx *sqldb.Tx, org identity.OrganisationID) (required bool, err error) {
	err = tx.QueryRow(ctx, `SELECT approval FROM publication_rules WHERE organisation = $1`, org).Scan(&required)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return required, err
}

// approved refuses to make something public without the approval that its
// organisation asks for.
func (s *Service) approved(ctx context.Context, tx *sqldb.Tx, a identity.Actor, org identity.OrganisationID) error {
	needs, err := s.NeedsApprovalTx(ctx, tx, a, org)
	if err != nil || !needs {
		return err
	}
	return errs.New(errs.Denied, "catalogue.approval").WithHint("catalogue.approval.hint")
}
