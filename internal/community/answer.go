package community

import (
	"context"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
)

// Reply is what is done with a request: all of its state, as a form holds it.
type Reply struct {
	Answer  string              // at most 5,000 characters; needed to close
	Dataset catalogue.DatasetID // that answers, seen by everyone; "" for none
	Close   bool
	Public  bool
	Shown   string // what everyone reads of the request; needed to make it public
}

// replyAudit is what the audit tells of a request: nothing that a stranger wrote.
type replyAudit struct {
	State        State                   `json:"state"`
	Public       bool                    `json:"public"`
	Dataset      catalogue.DatasetID     `json:"dataset,omitempty"`
	Organisation identity.OrganisationID `json:"organisation,omitempty"`
}

func (r Request) audit() replyAudit {
	return replyAudit{r.State(), r.Public(), r.Dataset, r.Organisation}
}

// forChange reads a request that an actor is about to change. Kinds: NotFound (also
// what the actor does not see), SignIn, Denied, Conflict (revision is not the latest).
func forChange(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id RequestID, revision int) (Request, error) {
	r, err := one(ctx, tx, id)
	if err != nil {
		return r, err
	}
	if err := a.Require(identity.ActionAnswer, r.Organisation); err != nil {
		if !r.Public() {
			return Request{}, notFound()
		}
		return Request{}, err
	}
	if revision != r.Revision {
		return Request{}, errs.New(errs.Conflict, "community.changed").WithHint("community.changed.hint")
	}
	return r, nil
}

// Answer answers a request, closes it or opens it again, makes it public or takes it
// back. Who asked is told of an answer that changes. Rights: ActionAnswer. Kinds: NotFound,
// SignIn, Denied, Invalid (answer, dataset, shown), Conflict (revision).
func (s *Service) Answer(ctx context.Context, a identity.Actor, id RequestID, revision int, reply Reply) (r Request, err error) {
	defer errs.Wrap(&err, "community.Answer(%s)", id)
	f, least, shown := newForm(), 0, 0
	if reply.Close {
		least = 1
	}
	if reply.Public {
		shown = 1
	}
	reply.Answer = f.text("answer", reply.Answer, least, mostAnswer)
	reply.Shown = f.text("shown", reply.Shown, shown, mostWords)
	var slug string
	if reply.Dataset != "" {
		found, err := s.o.Catalogue.GetMany(ctx, identity.Anonymous(), reply.Dataset)
		if err != nil {
			return r, err
		}
		d, ok := found[reply.Dataset]
		if slug = d.Slug; !ok || d.State != catalogue.Published {
			f.e.WithField("dataset", "community.field.dataset")
		}
	}
	err = s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if r, err = forChange(ctx, tx, a, id, revision); err != nil {
			return err
		}
		if err := f.err(); err != nil {
			return err
		}
		before := r
		r.apply(reply, a, tx.Now())
		fold := ""
		if r.Public() {
			fold = identity.Fold(r.Shown + " " + r.Answer)
		}
		if _, err := tx.Exec(ctx, `UPDATE data_requests SET answer = $2, dataset = $3, shown = $4, shown_fold = $5, answered_by = $6, revision = $7, answered_at = $8, closed_at = $9, public_at = $10 WHERE id = $1`,
			r.ID, r.Answer, sqldb.SomeText(r.Dataset), r.Shown, fold, r.AnsweredBy, r.Revision, sqldb.SomeTime(r.AnsweredAt), sqldb.SomeTime(r.ClosedAt), sqldb.SomeTime(r.PublicAt)); err != nil {
			return err
		}
		if r.Answer != "" && (r.Answer != before.Answer || r.Dataset != before.Dataset || r.State() == Closed && before.State() != Closed) {
			if err := s.tellAsker(ctx, tx, r, slug); err != nil {
				return err
			}
		}
		return identity.RecordIn(ctx, tx, a, r.Organisation, "request.answer", "request:"+string(r.ID), before.audit(), r.audit())
	})
	return r.seenBy(a), err
}

// apply gives a request the state of a reply.
func (r *Request) apply(reply Reply, a identity.Actor, now time.Time) {
	if reply.Answer != r.Answer || reply.Dataset != r.Dataset {
		r.Answer, r.Dataset, r.AnsweredBy, r.AnsweredAt = reply.Answer, reply.Dataset, a.Ref(), now
		if r.Answer == "" {
			r.AnsweredBy, r.AnsweredAt = "", time.Time{}
		}
	}
	switch {
	case !reply.Close:
		r.ClosedAt = time.Time{}
	case r.ClosedAt.IsZero():
		r.ClosedAt = now
	}
	switch {
	case !reply.Public:
		r.PublicAt, r.Shown = time.Time{}, ""
	case r.PublicAt.IsZero():
		r.PublicAt = now
	}
	if reply.Public {
		r.Shown = reply.Shown
	}
	r.Revision++
}

// tellAsker sends the answer to who asked, if they left an address.
func (s *Service) tellAsker(ctx context.Context, tx *sqldb.Tx, r Request, slug string) error {
	l, to := r.Language, r.email
	if r.person != "" {
		if err := tx.QueryRow(ctx, `SELECT email, language FROM people WHERE id = $1 AND closed_at IS NULL`, r.person).Scan(&to, &l); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	if to == "" {
		return nil
	}
	more := i18n.Args{"Answer": r.Answer, "Dataset": "", "Days": 0, "Public": r.Public()}
	if slug != "" {
		more["Dataset"] = s.o.BaseURL + "/datasets/" + slug
	}
	if r.State() == Closed && r.person == "" {
		more["Days"] = int(s.o.Keep / (24 * time.Hour))
	}
	m := s.letter(l, to, "answered", r, more)
	return mail.SendAll(ctx, tx, m)
}

// Forward addresses a request to another: the host to any organisation, a producer to
// the host ("") only. Rights: ActionAnswer. Kinds: NotFound, SignIn, Denied (a producer
// to another), Conflict (revision).
func (s *Service) Forward(ctx context.Context, a identity.Actor, id RequestID, revision int, to identity.OrganisationID) (r Request, err error) {
	defer errs.Wrap(&err, "community.Forward(%s)", id)
	if to != "" {
		if err := a.Require(identity.ActionAnswer, ""); err != nil {
			return r, err
		}
		if _, err := s.o.Identity.Organisation(ctx, a, to); err != nil {
			return r, err
		}
	}
	err = s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if r, err = forChange(ctx, tx, a, id, revision); err != nil {
			return err
		}
		if r.Organisation == to {
			return nil
		}
		before := r
		r.Organisation = to
		r.Revision++
		if _, err := tx.Exec(ctx, `UPDATE data_requests SET organisation = $2, revision = $3 WHERE id = $1`, id, sqldb.SomeText(to), r.Revision); err != nil {
			return err
		}
		if err := jobs.Emit(ctx, tx, Asked{r.ID}); err != nil {
			return err
		}
		return identity.RecordIn(ctx, tx, a, before.Organisation, "request.forward", "request:"+string(id), before.audit(), r.audit())
	})
	return r.seenBy(a), err
}

// Remove deletes a request that is none: an insult, an advertisement. Rights:
// ActionAnswer. Kinds: NotFound, SignIn, Denied, Conflict (revision).
func (s *Service) Remove(ctx context.Context, a identity.Actor, id RequestID, revision int) (err error) {
	defer errs.Wrap(&err, "community.Remove(%s)", id)
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		r, err := forChange(ctx, tx, a, id, revision)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM data_requests WHERE id = $1`, id); err != nil {
			return err
		}
		return identity.RecordIn(ctx, tx, a, r.Organisation, "request.remove", "request:"+string(id), r.audit(), nil)
	})
}
