package catalogue

import (
	"context"
	"time"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// RemovedKey is the key of the error of kind NotFound for what was taken out of a
// dataset while it was public: its Args say what it was, when and why.
const RemovedKey = "catalogue.removed"

// RemoveResource takes a resource and its versions out of a dataset, for good; a
// published dataset keeps at least one usable, and a trace of what is gone, with the
// reason, which may be "". Rights: ActionContribute for a draft, ActionWithdraw for
// what is public, ActionEdit else. Kinds: NotFound, SignIn, Denied, Invalid (reason),
// Conflict (revision; the last one).
func (s *Service) RemoveResource(ctx context.Context, a identity.Actor, id ResourceID, revision int, reason string) (err error) {
	defer errs.Wrap(&err, "catalogue.RemoveResource(%s)", id)
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		r, d, err := resourceForChange(ctx, tx, a, id, revision, toRemoveData)
		if err != nil {
			return err
		}
		f := newForm()
		reason := f.line("reason", reason, 0, 500)
		if err := f.err(); err != nil {
			return err
		}
		all, err := resourcesOf(ctx, tx, d.ID)
		if err != nil {
			return err
		}
		others := false
		for _, o := range all {
			others = others || o.ID != id && o.Usable()
		}
		if (d.State == Published || d.State == Internal) && r.Usable() && !others {
			return errs.New(errs.Conflict, "catalogue.last-resource").WithHint("catalogue.last-resource.hint")
		}
		if d.State == Published && r.Usable() {
			if _, err := tx.Exec(ctx, `INSERT INTO resource_traces (resource, dataset, title, reason, removed_by, removed_at) VALUES ($1, $2, $3, $4, $5, $6)`,
				id, d.ID, r.Title, reason, a.Ref(), tx.Now()); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM resources WHERE id = $1`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE resources SET place = place - 1 WHERE dataset = $1 AND place > $2`, d.ID, r.Position); err != nil {
			return err
		}
		if err := nextRevision(ctx, tx, d.ID); err != nil {
			return err
		}
		return s.resourceChanged(ctx, tx, a, d, r.Usable(), "resource.remove", id, removalAudit{r.ResourceMetadata, reason}, nil)
	})
}

type removalAudit struct {
	ResourceMetadata
	Reason string `json:"reason,omitempty"`
}

// removed is the error for a resource that is not there: that it was removed from a
// dataset that the actor sees, or none.
func removed(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id ResourceID, none error) error {
	var d Dataset
	var title, reason string
	var at time.Time
	var q where
	q.Add("t.resource = " + q.Arg(id))
	q.visible(a)
	err := tx.QueryRow(ctx, `SELECT d.state, d.organisation, t.title, t.reason, t.removed_at FROM resource_traces t JOIN datasets d ON d.id = t.dataset`+q.String(), q.Args...).
		Scan(&d.State, &d.Organisation, &title, &reason, &at)
	switch {
	case errs.Is(err, errs.NotFound), err == nil && d.State == Withdrawn && !isMember(a, d):
		return none
	case err != nil:
		return err
	}
	return errs.New(errs.NotFound, RemovedKey, errs.Args{"Title": title, "Reason": reason, "Day": at}).WithHint(RemovedKey + ".hint")
}
