package collect

import (
	"context"
	"strings"
	"unicode/utf8"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// changing runs fn, which makes n changes and no new entry, on one table for a visitor,
// and tells who listens.
func (s *Service) changing(ctx context.Context, v Visitor, t target, n int, fn func(w *writing) error) error {
	var d *desk
	var changed bool
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if d, err = s.desk(ctx, tx, v, t); err != nil {
			return err
		}
		w := &writing{Service: s, tx: tx, desk: d, visitor: v}
		if err := w.lock(ctx, n, 0); err != nil {
			return err
		}
		if err := fn(w); err != nil {
			return err
		}
		changed = w.changed
		return w.done(ctx)
	})
	if err == nil && changed {
		s.hub.changed(d.resource)
	}
	return err
}

// own reads an entry that the visitor may change.
func (w *writing) own(ctx context.Context, id string) (Entry, error) {
	e, err := entry1(ctx, w.tx, w.desk.resource, id)
	if errs.Is(err, errs.NotFound) {
		return e, noEntry()
	}
	if err != nil {
		return e, err
	}
	if _, ok := e.seenBy(w.visitor, w.desk.may, w.desk.sight, w.desk.form.Definition); !ok {
		return e, noEntry()
	}
	if !w.theirs(&e) {
		return e, denied()
	}
	return e, nil
}

// theirs reports whether an entry is the visitor's to change.
func (w *writing) theirs(e *Entry) bool {
	return w.visitor.mine(e) || w.desk.may.moderate || w.desk.grid() && w.desk.may.publish
}

func (w *writing) conflict(e Entry) error {
	seen := w.seen(e)
	return errs.New(errs.Conflict, "collect.entry.changed").WithHint("collect.entry.changed.hint").Because(&Stale{seen})
}

// Remove takes an entry away; its history stays, from which it can be restored.
// Removing what is removed does nothing more. Kinds: NotFound, SignIn, Denied,
// Conflict (revision).
func (s *Service) Remove(ctx context.Context, v Visitor, f FormID, id string, revision int) (out Entry, err error) {
	defer errs.Wrap(&err, "collect.Remove(%s)", id)
	err = s.changing(ctx, v, target{form: f}, 1, func(w *writing) (err error) {
		out, err = w.remove(ctx, id, revision)
		return err
	})
	return out, err
}

// remove takes one entry away, as Remove does.
func (w *writing) remove(ctx context.Context, id string, revision int) (out Entry, err error) {
	e, err := w.own(ctx, id)
	if err != nil {
		return out, err
	}
	if e.State == Removed {
		return w.seen(e), nil
	}
	if e.Revision != revision {
		return out, w.conflict(e)
	}
	if err := w.remember(ctx, e); err != nil {
		return out, err
	}
	w.cut = w.cut || e.Shown > 0
	e.Revision++
	e.State, e.Shown, e.Draft, e.digest = Removed, 0, false, ""
	e.Changed, e.Changer = w.tx.Now(), w.visitor.Actor.Ref()
	if _, err := w.takeKeys(ctx, &e); err != nil {
		return out, err
	}
	if err := w.update(ctx, &e); err != nil {
		return out, err
	}
	return w.seen(e), nil
}

// Restore gives an entry the content of an earlier revision, as a new one. Members
// only. Kinds: NotFound, SignIn, Denied, Invalid (the form asks other things now).
func (s *Service) Restore(ctx context.Context, a identity.Actor, f FormID, id string, revision int) (out Entry, err error) {
	defer errs.Wrap(&err, "collect.Restore(%s, %d)", id, revision)
	v := Visitor{Actor: a}
	err = s.changing(ctx, v, target{form: f}, 1, func(w *writing) error {
		if !w.desk.may.member {
			return denied()
		}
		e, err := w.own(ctx, id)
		if err != nil {
			return err
		}
		before, err := s.revision(ctx, w.tx, w.desk, id, revision)
		if err != nil {
			return err
		}
		x := Sent{ID: id, Revision: e.Revision, MadeAt: e.MadeAt, Values: w.desk.form.Definition.Join(before.Values), Files: before.Files, Revisits: e.Revisits}
		arrives, err := s.arriving(w.desk, x)
		if err != nil {
			return err
		}
		if arrives.err != nil {
			return arrives.err
		}
		if err := w.remember(ctx, e); err != nil {
			return err
		}
		if e.Files, err = w.fileRows(ctx, id); err != nil { // those of before may have arrived
			return err
		}
		e.Revision++
		e.Changed, e.Changer, e.digest = w.tx.Now(), a.Ref(), arrives.digest
		w.fill(&e, &arrives)
		taken, err := w.takeKeys(ctx, &e)
		if err != nil {
			return err
		}
		if len(taken) > 0 {
			return invalid(taken)
		}
		if err := w.update(ctx, &e); err != nil {
			return err
		}
		out = w.seen(e)
		return nil
	})
	return out, err
}

// maxDecided bounds the entries of one decision.
const maxDecided = 1000

// Decide accepts or refuses entries of a form; a refusal says why.
// Those in another state than waiting, refused or accepted are left alone; n is how
// many were decided. Rights: who moderates. Kinds: NotFound, SignIn, Denied,
// Invalid (no reason), TooLarge.
func (s *Service) Decide(ctx context.Context, a identity.Actor, f FormID, list []string, accept bool, reason string) (n int, err error) {
	defer errs.Wrap(&err, "collect.Decide")
	reason = strings.TrimSpace(reason)
	if !accept && (reason == "" || utf8.RuneCountInString(reason) > 1000) {
		return 0, errs.New(errs.Invalid, "form.invalid").WithHint("collect.reason.hint").WithField("reason", "collect.reason")
	}
	if len(list) > maxDecided {
		return 0, errs.New(errs.TooLarge, "collect.batch", errs.Args{"Count": maxDecided}).WithHint("collect.batch.hint")
	}
	err = s.changing(ctx, Visitor{Actor: a}, target{form: f}, len(list), func(w *writing) error {
		n = 0
		if !w.desk.may.moderate {
			return denied()
		}
		if accept {
			needs, err := s.needsApproval(ctx, w.tx, a, w.desk.form)
			if err != nil {
				return err
			}
			if needs {
				return errs.New(errs.Denied, "collect.form.approval").WithHint("collect.form.approval.hint")
			}
		}
		for _, id := range list {
			done, err := w.decide(ctx, id, accept, reason)
			if err != nil {
				return err
			}
			if done {
				n++
			}
		}
		if n == 0 {
			return nil
		}
		verb := "entries.refuse"
		if accept {
			verb = "entries.accept"
		}
		return identity.RecordIn(ctx, w.tx, a, w.desk.form.Organisation, verb, "dataset:"+string(w.desk.form.Dataset), nil, decisionAudit{string(w.desk.resource), list, n})
	})
	return n, err
}

type decisionAudit struct {
	Resource string   `json:"resource"`
	Entries  []string `json:"entries"`
	Decided  int      `json:"decided"`
}

func (w *writing) decide(ctx context.Context, id string, accept bool, reason string) (bool, error) {
	e, err := entry1(ctx, w.tx, w.desk.resource, id)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if e.Form != w.desk.form.ID {
		return false, nil
	}
	switch {
	case e.State != Waiting && e.State != Accepted && e.State != Refused, accept && e.State == Accepted, !accept && e.State == Refused:
		return false, nil
	case accept:
		e.State, e.Shown, e.Reason = Accepted, e.Revision, ""
		w.cut = true
	default:
		w.cut = w.cut || e.Shown == e.Revision
		if e.Shown == e.Revision { // what was accepted itself; an earlier state stays
			e.Shown = 0
		}
		e.State, e.Reason = Refused, reason
	}
	taken, err := w.takeKeys(ctx, &e)
	if err != nil {
		return false, err
	}
	if len(taken) > 0 { // another took its key while it was refused
		return false, invalid(taken)
	}
	e.Changed = w.tx.Now()
	return true, w.update(ctx, &e)
}

// fileRows are the files that an entry has or had.
func (w *writing) fileRows(ctx context.Context, id string) ([]File, error) {
	rows, err := w.tx.Query(ctx, `SELECT field, name, type, size, blob, received FROM entry_files WHERE resource = $1 AND entry = $2`, w.desk.resource, id)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, scanFile)
}

func scanFile(r sqldb.Scanner) (f File, err error) {
	err = r.Scan(&f.Field, &f.Name, &f.Type, &f.Size, &f.Hash, &f.Received)
	return f, err
}
