package catalogue

import (
	"context"
	"strings"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// Missing says what a dataset lacks before it can be published; empty when it is
// ready. The dataset comes from Get.
func (d Dataset) Missing() []errs.Field {
	var out []errs.Field
	need := func(ok bool, name, key string) {
		if !ok {
			out = append(out, errs.Field{Name: name, Key: key})
		}
	}
	need(strings.TrimSpace(d.Title) != "", "title", "catalogue.missing.title")
	need(strings.TrimSpace(d.Description) != "", "description", "catalogue.missing.description")
	need(d.Licence != "" && d.Licence != NotSpecified, "licence", "catalogue.missing.licence")
	usable := false
	for _, r := range d.Resources {
		usable = usable || r.Usable()
	}
	need(usable, "resources", "catalogue.missing.resources")
	return out
}

// Publish makes a dataset public: a draft, an internal one, or one that was
// withdrawn. The history that everyone sees begins with the versions of now;
// what was tried before stays among members. Rights: ActionPublish, and
// ActionApprove where the organisation asks for approvals. Kinds: NotFound, SignIn,
// Denied, Invalid (fields of Missing), Conflict (revision;
// already public).
func (s *Service) Publish(ctx context.Context, a identity.Actor, id DatasetID, revision int) (d Dataset, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err = s.PublishTx(ctx, tx, a, id, revision)
		return err
	})
	return d, err
}

// PublishTx is Publish in the transaction of its caller.
func (s *Service) PublishTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id DatasetID, revision int) (d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.Publish(%s)", id)
	if d, err = s.readyFor(ctx, tx, a, id, revision, Draft, Internal, Withdrawn); err != nil {
		return d, err
	}
	if err := s.approved(ctx, tx, a, d.Organisation); err != nil {
		return d, err
	}
	if _, err := tx.Exec(ctx, `UPDATE resources SET public_from = latest WHERE dataset = $1`, id); err != nil {
		return d, err
	}
	for i := range d.Resources {
		d.Resources[i].PublicFrom = d.Resources[i].Latest
	}
	if d.PublishedAt.IsZero() {
		d.PublishedAt = tx.Now()
	}
	return s.setState(ctx, tx, a, d, Published, "", ChangePublished, "dataset.publish", DatasetPublished{id})
}

// KeepInside opens a draft to members and the host, and to no one else. What was
// public once cannot be: withdraw it. Rights: ActionPublish. Kinds: those of
// Publish.
func (s *Service) KeepInside(ctx context.Context, a identity.Actor, id DatasetID, revision int) (d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.KeepInside(%s)", id)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err = s.KeepInsideTx(ctx, tx, a, id, revision)
		return err
	})
	return d, err
}

// KeepInsideTx is KeepInside in the transaction of its caller.
func (s *Service) KeepInsideTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id DatasetID, revision int) (d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.KeepInsideTx(%s)", id)
	if d, err = s.readyFor(ctx, tx, a, id, revision, Draft); err != nil {
		return d, err
	}
	return s.setState(ctx, tx, a, d, Internal, "", ChangeInternal, "dataset.keep-inside", DatasetKeptInside{id})
}

// readyFor reads a dataset that is about to be shown to more people.
func (s *Service) readyFor(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id DatasetID, revision int, from ...State) (Dataset, error) {
	d, err := forChange(ctx, tx, a, id, revision, always(identity.ActionPublish))
	if err != nil {
		return d, err
	}
	ok := false
	for _, st := range from {
		ok = ok || d.State == st
	}
	if !ok {
		return d, wrongState(d.State)
	}
	if d, err = getWhole(ctx, tx, a, id); err != nil {
		return d, err
	}
	if lacks := d.Missing(); len(lacks) > 0 {
		e := errs.New(errs.Invalid, "catalogue.not-ready").WithHint("catalogue.not-ready.hint")
		e.Fields = lacks
		return d, e
	}
	return d, nil
}

func wrongState(now State) error {
	return errs.New(errs.Conflict, "catalogue.wrong-state."+string(now)).WithHint("catalogue.wrong-state.hint")
}

// Withdraw takes a dataset out of the public eye: at its address stay its title,
// when it was withdrawn, and the reason. Rights: ActionWithdraw. Kinds: NotFound,
// SignIn, Denied, Invalid (no reason), Conflict (revision; not public).
func (s *Service) Withdraw(ctx context.Context, a identity.Actor, id DatasetID, revision int, reason string) (d Dataset, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err = s.WithdrawTx(ctx, tx, a, id, revision, reason)
		return err
	})
	return d, err
}

// WithdrawTx is Withdraw in the transaction of its caller.
func (s *Service) WithdrawTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id DatasetID, revision int, reason string) (d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.Withdraw(%s)", id)
	if d, err = forChange(ctx, tx, a, id, revision, always(identity.ActionWithdraw)); err != nil {
		return d, err
	}
	if d.State != Published {
		return d, wrongState(d.State)
	}
	f := newForm()
	reason = f.line("reason", reason, 3, 500)
	if err := f.err(); err != nil {
		return d, err
	}
	return s.setState(ctx, tx, a, d, Withdrawn, reason, ChangeWithdrawn, "dataset.withdraw", DatasetWithdrawn{id})
}

// TakeBack makes an internal dataset a draft again. Rights: ActionWithdraw.
// Kinds: NotFound, SignIn, Denied, Conflict (revision; not internal).
func (s *Service) TakeBack(ctx context.Context, a identity.Actor, id DatasetID, revision int) (d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.TakeBack(%s)", id)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if d, err = forChange(ctx, tx, a, id, revision, always(identity.ActionWithdraw)); err != nil {
			return err
		}
		if d.State != Internal {
			return wrongState(d.State)
		}
		d, err = s.setState(ctx, tx, a, d, Draft, "", ChangeBackToDraft, "dataset.take-back", DatasetTakenBack{id})
		return err
	})
	return d, err
}

type stateAudit struct {
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
}

func (s *Service) setState(ctx context.Context, tx *sqldb.Tx, a identity.Actor, d Dataset, to State, reason string, kind ChangeKind, verb string, event jobs.Event) (Dataset, error) {
	before := stateAudit{d.State, d.WithdrawnReason}
	d.State, d.WithdrawnReason, d.Revision, d.ModifiedAt = to, reason, d.Revision+1, tx.Now()
	withdrawn := sqldb.NullTime{}
	if to == Withdrawn {
		withdrawn = sqldb.SomeTime(tx.Now())
	}
	d.WithdrawnAt = withdrawn.Time
	if _, err := tx.Exec(ctx, `UPDATE datasets SET state = $2, revision = $3, modified_at = $4, published_at = $5, withdrawn_at = $6, withdrawn_reason = $7 WHERE id = $1`,
		d.ID, d.State, d.Revision, d.ModifiedAt, sqldb.SomeTime(d.PublishedAt), withdrawn, reason); err != nil {
		return d, err
	}
	if _, err := tx.Exec(ctx, `UPDATE dataset_facets SET state = $2 WHERE dataset = $1`, d.ID, d.State); err != nil {
		return d, err
	}
	return d, told{d, kind, verb, event, before, stateAudit{to, reason}}.write(ctx, tx, a)
}

// Delete deletes a dataset that was never public, with its versions. Rights:
// ActionDelete. Kinds: NotFound, SignIn, Denied, Conflict (revision; it was
// public once: withdraw it).
func (s *Service) Delete(ctx context.Context, a identity.Actor, id DatasetID, revision int) (err error) {
	defer errs.Wrap(&err, "catalogue.Delete(%s)", id)
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := forChange(ctx, tx, a, id, revision, always(identity.ActionDelete))
		if err != nil {
			return err
		}
		if !d.PublishedAt.IsZero() {
			return errs.New(errs.Conflict, "catalogue.was-public").WithHint("catalogue.was-public.hint")
		}
		if _, err := tx.Exec(ctx, `DELETE FROM datasets WHERE id = $1`, id); err != nil {
			return err
		}
		if err := s.recount(ctx, tx, d.Organisation); err != nil {
			return err
		}
		return told{d, ChangeDeleted, "dataset.delete", DatasetDeleted{id}, d.Metadata, nil}.write(ctx, tx, a)
	})
}
