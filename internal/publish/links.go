package publish

import (
	"context"
	"encoding/json"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
	"socle/internal/tables"
)

// Reach asks whether an address gives something, and of which kind, without taking it.
type Reach func(ctx context.Context, address string) (httpx.Reached, error)

// lookLink is the job that tries one link: what is only pointed at, of which nothing
// is held here.
type lookLink struct {
	Resource catalogue.ResourceID `json:"resource"`
}

func (lookLink) Kind() string { return "publish.look-link" }

const (
	linksEvery  = 24 * time.Hour
	reachAtMost = 2 * time.Minute
)

// lookLink tries one link, notes how it went, and has the editors told when it does
// not answer any more.
func (w watcher) lookLink(ctx context.Context, j *jobs.Job[lookLink]) error {
	r, d, err := w.s.catalogue.Resource(ctx, watching, j.Args.Resource)
	if errs.Is(err, errs.NotFound) || err == nil && (r.Kind != catalogue.Link || d.State != catalogue.Published && d.State != catalogue.Internal) {
		return w.s.db.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
	}
	if err != nil {
		return err
	}
	_, failure := w.reach(ctx, r.URL)
	if failure != nil && errs.As(failure).Kind == errs.Internal {
		return failure // of this side: tried again
	}
	t, wait, err := tried(r, failure)
	if err != nil {
		return err
	}
	return w.s.db.Write(ctx, func(tx *sqldb.Tx) error {
		t.Next = tx.Now().Add(wait)
		broke, err := w.s.catalogue.NoteLinkTx(ctx, tx, watching, r.ID, t)
		if errs.Is(err, errs.NotFound) {
			return j.Complete(ctx, tx) // removed meanwhile
		}
		if err == nil && broke {
			err = jobs.Emit(ctx, tx, LinkBroke{r.ID})
		}
		if err != nil {
			return err
		}
		return j.Complete(ctx, tx)
	})
}

// tried is how a try of a link went, and how long to wait for the next one.
func tried(r catalogue.Resource, failure error) (t catalogue.LinkTry, wait time.Duration, err error) {
	t = catalogue.LinkTry{URL: r.URL}
	if failure == nil {
		return t, linksEvery, nil
	}
	t.Failures = r.LinkFailures + 1
	t.Broken = r.LinkBroken || t.Failures >= patience || lasts(failure)
	t.Problem, err = problemText(tables.FailureOf(failure))
	if t.Broken {
		return t, linksEvery, err
	}
	return t, againAfter, err
}

// lasts tells a failure that another try would not end: the address is wrong, or the
// other server says that nothing is there.
func lasts(failure error) bool {
	k := errs.As(failure).Kind
	return k == errs.NotFound || k == errs.Invalid || k == errs.TooLarge
}

// LinkBroke tells that a link does not answer any more.
type LinkBroke struct{ Resource catalogue.ResourceID }

// Event names the event.
func (LinkBroke) Event() string { return "publish.link-broke" }

// linkBroke writes to the editors of the organisation.
func (w watcher) linkBroke(ctx context.Context, e LinkBroke) error {
	r, d, err := w.s.catalogue.Resource(ctx, watching, e.Resource)
	if errs.Is(err, errs.NotFound) || err == nil && !r.LinkBroken {
		return nil
	}
	if err != nil {
		return err
	}
	return w.write.members(ctx, d.Organisation, identity.Editor, func(to identity.Person) mail.Message {
		return mail.Letter(to.Email, to.Language, "watch.mail.pointed", i18n.Args{"Name": to.Name, "Title": d.Title, "Resource": r.Title, "Address": r.URL,
			"Problem": LinkProblem(to.Language, r), "Link": w.write.base + "/datasets/" + d.Slug})
	})
}

// LinkProblem says why a link did not answer; "" when it did.
func LinkProblem(l i18n.Lang, r catalogue.Resource) string {
	var p *tables.Failure
	if r.LinkProblem == "" || json.Unmarshal([]byte(r.LinkProblem), &p) != nil || p == nil {
		return ""
	}
	return p.InWords(l)
}
