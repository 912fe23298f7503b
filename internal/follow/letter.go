package follow

import (
	"context"
	"slices"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/mail"
)

// listed is how many datasets a message names; it says how many more there are.
const listed = 20

// Title is what is followed, in words. Kinds: NotFound (it is gone, or not seen).
func (s *Service) Title(ctx context.Context, a identity.Actor, l i18n.Lang, t Topic) (string, error) {
	switch t.Kind {
	case Dataset:
		d, err := s.dataset(ctx, a, t.Dataset)
		return d.Title, err
	case Organisation:
		o, err := s.o.Identity.Organisation(ctx, a, t.Organisation)
		return o.Name, err
	case Search:
		return s.words(ctx, a, l, t.Search), nil
	}
	return s.o.Host, nil
}

// TitleFor is what is followed as its reader sees it, whoever asks: who has the link of
// a message has no session. Kinds: NotFound (they do not see it any more).
func (s *Service) TitleFor(ctx context.Context, l i18n.Lang, f Follow) (title string, err error) {
	defer errs.Wrap(&err, "follow.TitleFor(%s)", f.ID)
	a, err := s.reader(ctx, f)
	if err != nil {
		return "", err
	}
	return s.Title(ctx, a, l, f.Topic)
}

// dataset is a dataset as lists show it: to be told its title is not to read it.
func (s *Service) dataset(ctx context.Context, a identity.Actor, id catalogue.DatasetID) (catalogue.Dataset, error) {
	found, err := s.o.Catalogue.GetMany(ctx, a, id)
	if err != nil {
		return catalogue.Dataset{}, err
	}
	d, ok := found[id]
	if !ok {
		return d, errs.New(errs.NotFound, "errs.not-found")
	}
	return d, nil
}

// words says a search: what is looked for, and among what.
func (s *Service) words(ctx context.Context, a identity.Actor, l i18n.Lang, w Words) string {
	v := w.Values()
	var parts []string
	if q := v.Get("q"); q != "" {
		parts = append(parts, i18n.T(l, "follow.words.text", i18n.Args{"Text": q}))
	}
	var names []string
	for name := range v {
		if name != "q" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		value := v.Get(name)
		if name == "organisation" {
			if o, err := s.o.Identity.Organisation(ctx, a, identity.OrganisationID(value)); err == nil {
				value = o.Name
			}
		}
		if key := "catalogue.theme." + value; name == "theme" && i18n.Known(l, key) {
			value = i18n.T(l, key)
		}
		parts = append(parts, value)
	}
	return strings.Join(parts, ", ")
}

// letter is the message of news to a reader.
func (s *Service) letter(ctx context.Context, f Follow, a identity.Actor, news []catalogue.News) (mail.Message, error) {
	l, to := f.Language, f.Email
	if f.Person != "" {
		p, err := s.o.Identity.Person(ctx, sys, f.Person)
		if err != nil {
			return mail.Message{}, err
		}
		l, to = p.Language, p.Email
	}
	title, err := s.Title(ctx, a, l, f.Topic)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return mail.Message{}, err
	}
	var lines []string
	for _, n := range news[:min(len(news), listed)] {
		lines = append(lines, i18n.T(l, "follow.mail.line", i18n.Args{"Title": n.Dataset.Title, "What": what(l, n), "Link": s.o.BaseURL + ui(l, "/datasets/"+n.Dataset.Slug)}))
	}
	if more := len(news) - listed; more > 0 {
		lines = append(lines, i18n.T(l, "follow.mail.more", i18n.Args{"Count": more}))
	}
	f.Language = l
	stop := s.stopLink(f)
	args := i18n.Args{"Host": s.o.Host, "Topic": title, "Lines": strings.Join(lines, "\n\n"), "Stop": stop, "Count": len(news), "Title": news[0].Dataset.Title, "What": what(l, news[0]), "Mine": ""}
	if f.Person != "" {
		args["Mine"] = s.o.BaseURL + ui(l, AccountPath)
	}
	subject := "follow.mail.news.subject"
	if len(news) == 1 {
		subject = "follow.mail.one.subject"
	}
	return mail.Message{To: to, Subject: i18n.T(l, subject, args), Text: i18n.T(l, "follow.mail.news.text", args), Unsubscribe: stop}, nil
}

// what says what happened to a dataset.
func what(l i18n.Lang, n catalogue.News) string {
	switch {
	case n.Dataset.State == catalogue.Withdrawn:
		return i18n.T(l, "follow.what.withdrawn")
	case n.Published, n.Inside:
		return i18n.T(l, "follow.what.published")
	case n.Versions > 0:
		return i18n.T(l, "follow.what.data", i18n.Args{"Count": int(n.Versions)})
	}
	return i18n.T(l, "follow.what.described")
}
