package publish

import (
	"context"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/sqldb"
	"socle/internal/tables"
)

// ApprovalAsked tells that a deposit waits for an administrator.
type ApprovalAsked struct{ Deposit DepositID }

// Answered tells that a deposit that waited does no more: it was approved, refused,
// or its date came.
type Answered struct{ Deposit DepositID }

func (ApprovalAsked) Event() string { return "publish.approval-asked" }
func (Answered) Event() string      { return "publish.answered" }

// dated is the job of a deposit at its date. Revision tells a plan from one that
// was taken back meanwhile.
type dated struct {
	Deposit  DepositID `json:"deposit"`
	Revision int       `json:"revision"`
}

// Kind names the job.
func (dated) Kind() string { return "publish.dated" }

// furthest is how far ahead a date may be.
const furthest = 366 * 24 * time.Hour

// Submit publishes a deposit by a plan: at once, at its date, or after an
// administrator has approved where the organisation asks for it and the actor may
// not approve. The Deposit returned tells which: Published, Dated, Asked. Editors.
// Kinds: NotFound, SignIn, Denied, Invalid (fields of the description; the date),
// Conflict (revision; not valid yet).
func (s *Service) Submit(ctx context.Context, a identity.Actor, id DepositID, revision int, p Plan) (d Deposit, err error) {
	defer errs.Wrap(&err, "publish.Submit(%s)", id)
	return s.change(ctx, a, id, revision, func(tx *sqldb.Tx, d *Deposit) error {
		if err := a.Require(identity.ActionPublish, d.Organisation); err != nil {
			return err
		}
		if err := s.ready(ctx, tx, a, *d); err != nil {
			return err
		}
		if !p.At.IsZero() && !p.At.After(tx.Now()) {
			p.At = time.Time{}
		}
		if p.At.Sub(tx.Now()) > furthest {
			return errs.New(errs.Invalid, "publish.far").WithHint("publish.far.hint").WithField("at", "publish.far")
		}
		d.Plan, d.AskedBy, d.AskedAt, d.ApprovedBy, d.Answer, d.AnsweredBy = p, a.Ref(), tx.Now(), "", "", ""
		asks, err := s.asks(ctx, tx, a, *d)
		if err != nil {
			return err
		}
		if asks {
			d.State = Asked
			return jobs.Emit(ctx, tx, ApprovalAsked{d.ID})
		}
		return s.goOn(ctx, tx, a, d)
	})
}

// ready refuses what could not be published at the date either.
func (s *Service) ready(ctx context.Context, tx *sqldb.Tx, a identity.Actor, d Deposit) error {
	if d.Import == "" {
		return errs.New(errs.Conflict, "tables.import.not-valid").WithHint("tables.import.not-valid.hint")
	}
	i, err := s.tables.FindImportTx(ctx, tx, a, d.Import)
	if err != nil {
		return err
	}
	if _, err := tables.NewVersion(i, d.Resource, catalogue.AnyVersion); err != nil {
		return err
	}
	if d.unprotected(i) {
		return errs.New(errs.Conflict, "protect.not-yet").WithHint("protect.not-yet.hint")
	}
	if d.Dataset == "" {
		return d.Description.Complete()
	}
	return nil
}

// asks reports whether a deposit becomes public only after an approval.
func (s *Service) asks(ctx context.Context, tx *sqldb.Tx, a identity.Actor, d Deposit) (bool, error) {
	public := d.Visibility != Internal
	if d.Dataset != "" {
		set, err := s.catalogue.GetTx(ctx, tx, a, d.Dataset)
		if err != nil {
			return false, err
		}
		public = set.State == catalogue.Published || set.State == catalogue.Draft && public
	}
	if !public {
		return false, nil
	}
	return s.catalogue.NeedsApprovalTx(ctx, tx, a, d.Organisation)
}

// goOn publishes, or waits for the date.
func (s *Service) goOn(ctx context.Context, tx *sqldb.Tx, a identity.Actor, d *Deposit) error {
	if d.At.After(tx.Now()) {
		d.State = Dated
		return jobs.Add(ctx, tx, dated{d.ID, d.Revision + 1}, jobs.At(d.At))
	}
	_, err := s.finish(ctx, tx, a, d)
	return err
}

// Approve publishes a deposit that waits for it, at once or at its date.
// ActionApprove. Kinds: NotFound, SignIn, Denied, Conflict (revision; it does not
// wait; not valid any more).
func (s *Service) Approve(ctx context.Context, a identity.Actor, id DepositID, revision int) (d Deposit, err error) {
	defer errs.Wrap(&err, "publish.Approve(%s)", id)
	return s.changeIn(ctx, a, id, revision, []State{Asked}, func(tx *sqldb.Tx, d *Deposit) error {
		if err := a.Require(identity.ActionApprove, d.Organisation); err != nil {
			return err
		}
		d.ApprovedBy = a.Ref()
		if err := s.goOn(ctx, tx, a, d); err != nil {
			return err
		}
		return jobs.Emit(ctx, tx, Answered{d.ID})
	})
}

// maxAnswer is the length of the word of a refusal, in bytes.
const maxAnswer = 2000

// Refuse gives a deposit that waits for an approval back to those who prepare it,
// with a word that says why. ActionApprove. Kinds: NotFound, SignIn, Denied, Invalid
// (no word), Conflict (revision; it does not wait).
func (s *Service) Refuse(ctx context.Context, a identity.Actor, id DepositID, revision int, word string) (d Deposit, err error) {
	defer errs.Wrap(&err, "publish.Refuse(%s)", id)
	word = strings.TrimSpace(strings.ToValidUTF8(word, ""))
	return s.changeIn(ctx, a, id, revision, []State{Asked}, func(tx *sqldb.Tx, d *Deposit) error {
		if err := a.Require(identity.ActionApprove, d.Organisation); err != nil {
			return err
		}
		if word == "" || len(word) > maxAnswer {
			return errs.New(errs.Invalid, "publish.word").WithHint("publish.word.hint").WithField("word", "publish.word")
		}
		d.State, d.Answer, d.AnsweredBy = Open, word, a.Ref()
		return jobs.Emit(ctx, tx, Answered{d.ID})
	})
}

// TakeBack opens a deposit that waits, to change it. Editors. Kinds: NotFound,
// SignIn, Denied, Conflict (revision; it does not wait).
func (s *Service) TakeBack(ctx context.Context, a identity.Actor, id DepositID, revision int) (d Deposit, err error) {
	defer errs.Wrap(&err, "publish.TakeBack(%s)", id)
	return s.changeIn(ctx, a, id, revision, []State{Asked, Dated}, func(_ *sqldb.Tx, d *Deposit) error {
		if err := a.Require(identity.ActionPublish, d.Organisation); err != nil {
			return err
		}
		d.State, d.ApprovedBy = Open, ""
		return nil
	})
}

// due publishes a deposit whose date came, with the rights that who approved or
// asked has now. What cannot be done gives the deposit back, with the reason.
func (s *Service) due(ctx context.Context, j *jobs.Job[dated], people *identity.Service) error {
	sys := identity.System("publish")
	d, err := s.Find(ctx, sys, j.Args.Deposit)
	if errs.Is(err, errs.NotFound) || err == nil && (d.State != Dated || d.Revision != j.Args.Revision) {
		return s.db.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
	}
	if err != nil {
		return err
	}
	ref := d.AskedBy
	if d.ApprovedBy != "" {
		ref = d.ApprovedBy
	}
	a, err := people.ActorOfRef(ctx, ref)
	if err == nil {
		_, err = s.changeIn(ctx, a, d.ID, d.Revision, []State{Dated}, func(tx *sqldb.Tx, d *Deposit) error {
			if _, err := s.finish(ctx, tx, a, d); err != nil {
				return err
			}
			if err := jobs.Emit(ctx, tx, Answered{d.ID}); err != nil {
				return err
			}
			return j.Complete(ctx, tx)
		})
	}
	if err == nil || errs.Is(err, errs.Internal) || errs.Is(err, errs.Busy) {
		return err // it is tried again
	}
	language := i18n.French
	if p, err := people.Person(ctx, sys, identity.PersonOfRef(d.AskedBy)); err == nil {
		language = p.Language
	}
	problem := tables.FailureOf(err).InWords(language)
	_, err = s.changeIn(ctx, sys, d.ID, d.Revision, []State{Dated}, func(tx *sqldb.Tx, d *Deposit) error {
		d.State, d.Answer, d.AnsweredBy = Open, problem, sys.Ref()
		if err := jobs.Emit(ctx, tx, Answered{d.ID}); err != nil {
			return err
		}
		return j.Complete(ctx, tx)
	})
	return err
}
