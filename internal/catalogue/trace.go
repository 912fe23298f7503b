package catalogue

import (
	"context"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Trace is what is left of a dataset that was public and is deleted: its
// addresses answer with it, and are never given to another.
type Trace struct {
	Dataset      DatasetID
	Organisation identity.OrganisationID
	Title        string
	Reason       string
	PublishedAt  time.Time
	DeletedBy    string // identity.Actor.Ref; "" to those outside the organisation
	DeletedAt    time.Time
}

// Erase deletes a withdrawn dataset with its versions, and leaves a Trace at each
// of its addresses. Rights: ActionDelete. Kinds: NotFound, SignIn, Denied, Invalid
// (no reason), Conflict (revision; not withdrawn).
func (s *Service) Erase(ctx context.Context, a identity.Actor, id DatasetID, revision int, reason string) (err error) {
	defer errs.Wrap(&err, "catalogue.Erase(%s)", id)
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := forChange(ctx, tx, a, id, revision, always(identity.ActionDelete))
		if err != nil {
			return err
		}
		if d.State != Withdrawn {
			return wrongState(d.State)
		}
		f := newForm()
		reason := f.line("reason", reason, 3, 500)
		if err := f.err(); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO dataset_traces (slug, dataset, organisation, title, reason, published_at, deleted_by, deleted_at)
			SELECT slug, $1, $2, $3, $4, $5, $6, $7 FROM dataset_slugs WHERE dataset = $1`,
			id, d.Organisation, d.Title, reason, d.PublishedAt, a.Ref(), tx.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM datasets WHERE id = $1`, id); err != nil {
			return err
		}
		return told{d, ChangeDeleted, "dataset.erase", DatasetDeleted{id}, d.Metadata, stateAudit{Reason: reason}}.write(ctx, tx, a)
	})
}

// TraceOf returns what is left at an address. Everyone may read it. Kinds: NotFound.
func (s *Service) TraceOf(ctx context.Context, a identity.Actor, slug string) (t Trace, err error) {
	defer errs.Wrap(&err, "catalogue.TraceOf(%s)", slug)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		err := tx.QueryRow(ctx, `SELECT dataset, organisation, title, reason, published_at, deleted_by, deleted_at FROM dataset_traces WHERE slug = $1`, slug).
			Scan(&t.Dataset, &t.Organisation, &t.Title, &t.Reason, &t.PublishedAt, &t.DeletedBy, &t.DeletedAt)
		if !a.Can(identity.ActionReadDraft, t.Organisation) {
			t.DeletedBy = ""
		}
		return err
	})
	return t, err
}
