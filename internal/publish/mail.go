package publish

import (
	"context"
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
	Reach  Reach  // tries links
	Temp   string // folder of temporary files; "" is the system's
}

// Handle says who works the dates of deposits and the watched addresses, and who is
// told of approvals.
func (s *Service) Handle(r *jobs.Runner, h Handling) {
	jobs.Handle(r, func(ctx context.Context, j *jobs.Job[dated]) error { return s.due(ctx, j, h.People) })
	w := writer{s, h.People, h.Base}
	jobs.On(r, "publish.tell-approvers", w.asked)
	jobs.On(r, "publish.tell-author", w.answered)
	x := watcher{s, h.Visit, h.Reach, h.Temp, w}
	jobs.Handle(r, x.around)
	jobs.Handle(r, x.look, jobs.Timeout(visitAtMost))
	jobs.Handle(r, x.lookLink, jobs.Timeout(reachAtMost))
	jobs.On(r, "publish.watch-read", x.read)
	jobs.On(r, "publish.link-told", x.linkBroke)
	jobs.On(r, "publish.watch-told", x.troubled)
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
	return mail.Letter(to.Email, to.Language, "publish.mail."+kind, args)
}

func (w writer) send(ctx context.Context, messages ...mail.Message) error {
	return w.s.db.Write(ctx, func(tx *sqldb.Tx) error { return mail.SendAll(ctx, tx, messages...) })
}

// members writes to those of an organisation whose role is at least the one given.
func (w writer) members(ctx context.Context, org identity.OrganisationID, least identity.Role, letter func(to identity.Person) mail.Message) error {
	people, err := w.people.PeopleOf(ctx, postman, org, least)
	if err != nil {
		return err
	}
	var letters []mail.Message
	for _, p := range people {
		letters = append(letters, letter(p))
	}
	return w.send(ctx, letters...)
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
	by, err := w.people.Person(ctx, postman, identity.PersonOfRef(d.AskedBy))
	if err != nil && !errs.Is(err, errs.NotFound) { // a token asked
		return err
	}
	return w.members(ctx, d.Organisation, identity.Administrator, func(to identity.Person) mail.Message {
		return w.letter(to, d, "asked", i18n.Args{"By": by.Name})
	})
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
