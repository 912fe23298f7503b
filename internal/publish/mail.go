package publish

import (
	"context"
	"errors"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
)

// Handling is what the jobs of this package work with.
type Handling struct {
	People *identity.Service
	Base   string // address of the portal, without a slash at the end
	Visit  Visit  // looks at watched addresses
	Temp   string // folder of temporary files; "" is the system's
}

// Handle says who works the dates of deposits and the watched addresses, and who is
// told of approvals.
func (s *Service) Handle(r *jobs.Runner, h Handling) {
	jobs.Handle(r, func(ctx context.Context, j *jobs.Job[dated]) error { return s.due(ctx, j, h.People) })
	w := writer{s, h.People, h.Base}
	jobs.On(r, "publish.tell-approvers", w.asked)
	jobs.On(r, "publish.tell-author", w.answered)
	x := watcher{s, h.Visit, h.Temp, w}
	jobs.Handle(r, x.around)
	jobs.Handle(r, x.look, jobs.Timeout(visitAtMost))
	jobs.On(r, "publish.watch-read", x.read)
	jobs.On(r, "publish.watch-told", x.troubled)
}

// inWords is an error as a sentence and what to do.
func inWords(l i18n.Lang, e *errs.Error) string {
	text := i18n.T(l, e.Key, e.Args)
	if e.Hint != "" {
		text += " " + i18n.T(l, e.Hint, e.Args)
	}
	return text
}

// writer writes to those whom a deposit concerns.
type writer struct {
	s      *Service
	people *identity.Service
	base   string
}

var postman = identity.System("publish")

// letter is a message of a key to one person.
func (w writer) letter(to identity.Person, d Deposit, kind string, more i18n.Args) mail.Message {
	args := i18n.Args{"Title": d.Description.Title, "Link": w.base + "/deposits/" + string(d.ID), "Name": to.Name}
	for k, v := range more {
		args[k] = v
	}
	if d.State == Published {
		args["Link"] = w.base + "/datasets/" + more["Slug"].(string)
	}
	return mail.Message{To: to.Email, Subject: i18n.T(to.Language, "publish.mail."+kind+".subject", args), Text: i18n.T(to.Language, "publish.mail."+kind+".text", args)}
}

func (w writer) send(ctx context.Context, messages ...mail.Message) error {
	return w.s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var all error
		for _, m := range messages {
			if err := mail.Send(ctx, tx, m); err != nil && !errs.Is(err, errs.Invalid) { // an address that cannot be written to holds no other
				all = errors.Join(all, err)
			}
		}
		return all
	})
}

// asked tells the administrators of the organisation.
func (w writer) asked(ctx context.Context, e ApprovalAsked) error {
	d, err := w.s.Find(ctx, postman, e.Deposit)
	if errs.Is(err, errs.NotFound) || err == nil && d.State != Asked {
		return nil
	}
	if err != nil {
		return err
	}
	members, err := w.people.Members(ctx, postman, d.Organisation)
	if err != nil {
		return err
	}
	by := ""
	for _, m := range members {
		if m.Person == identity.PersonOfRef(d.AskedBy) {
			by = m.Name
		}
	}
	var letters []mail.Message
	for _, m := range members {
		if m.Role < identity.Administrator {
			continue
		}
		p, err := w.people.Person(ctx, postman, m.Person)
		if err != nil {
			return err
		}
		letters = append(letters, w.letter(p, d, "asked", i18n.Args{"By": by}))
	}
	return w.send(ctx, letters...)
}

// answered tells who asked, unless they did it themselves.
func (w writer) answered(ctx context.Context, e Answered) error {
	d, err := w.s.Find(ctx, postman, e.Deposit)
	id := identity.PersonOfRef(d.AskedBy)
	if errs.Is(err, errs.NotFound) || err == nil && id == "" {
		return nil
	}
	if err != nil {
		return err
	}
	p, err := w.people.Person(ctx, postman, id)
	if errs.Is(err, errs.NotFound) || err == nil && !p.ClosedAt.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case d.State == Published:
		set, err := w.s.catalogue.Get(ctx, postman, d.Dataset)
		if errs.Is(err, errs.NotFound) || err == nil && set.State == catalogue.Withdrawn {
			return nil // gone since
		}
		if err != nil {
			return err
		}
		return w.send(ctx, w.letter(p, d, "published", i18n.Args{"Slug": set.Slug}))
	case d.State == Dated:
		return w.send(ctx, w.letter(p, d, "approved", i18n.Args{"Day": i18n.DateTime(p.Language, d.At)}))
	case d.State == Open && strings.HasPrefix(d.AnsweredBy, "system:"):
		return w.send(ctx, w.letter(p, d, "failed", i18n.Args{"Word": d.Answer}))
	case d.State == Open && d.AnsweredBy != "":
		return w.send(ctx, w.letter(p, d, "refused", i18n.Args{"Word": d.Answer}))
	}
	return nil
}
