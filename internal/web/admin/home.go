package admin

import (
	"context"
	"net/http"

	"socle/internal/community"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// homeView is what needs attention, then the doors.
type homeView struct {
	frame
	Attention ui.Items
	Doors     []ui.Card
}

func (p *Pages) home(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	view := homeView{frame: frame{tabs(ctx, v.Actor, Path), ui.PageHead{Title: ui.T(ctx, "admin.title"), Lead: ui.T(ctx, "admin.lead")}}, Attention: ui.Items{Level: 3}}
	for _, s := range sections {
		if v.Actor.Can(s.right, "") {
			view.Doors = append(view.Doors, ui.Card{Title: ui.T(ctx, s.label), Href: s.path, Icon: s.icon, Text: ui.T(ctx, s.text)})
		}
	}
	if v.Actor.Can(identity.ActionOperate, "") {
		if err := p.operate(ctx, &view.Attention); err != nil {
			return err
		}
	}
	if v.Actor.Can(identity.ActionAnswer, "") {
		if err := p.asked(ctx, v.Actor, &view.Attention); err != nil {
			return err
		}
	}
	if err := p.lonely(ctx, v.Actor, &view.Attention); err != nil {
		return err
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, homePage(view))
}

// operate adds the jobs and messages that somebody must look at.
func (p *Pages) operate(ctx context.Context, out *ui.Items) error {
	var failed []jobs.Record
	var mails map[mail.State]int64
	err := p.o.DB.Read(ctx, func(tx *sqldb.Tx) (err error) {
		if failed, err = jobs.List(ctx, tx, jobs.Filter{States: []jobs.State{jobs.Failed}, Limit: 100}); err != nil {
			return err
		}
		mails, err = mail.Count(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	if n := len(failed); n > 0 {
		out.Items = append(out.Items, ui.Item{Title: ui.T(ctx, "admin.attention.jobs", ui.Count(n)), Href: "/admin/jobs?state=failed", Text: ui.T(ctx, "admin.attention.jobs.text"),
			Badges: []ui.Badge{{Label: ui.T(ctx, "admin.attention.todo"), Kind: ui.Wrong}}})
	}
	if n := int(mails[mail.Failed]); n > 0 {
		out.Items = append(out.Items, ui.Item{Title: ui.T(ctx, "admin.attention.mail-failed", ui.Count(n)), Href: "/admin/mail?state=failed", Text: ui.T(ctx, "admin.attention.mail-failed.text"),
			Badges: []ui.Badge{{Label: ui.T(ctx, "admin.attention.todo"), Kind: ui.Wrong}}})
	}
	if n := int(mails[mail.Kept]); n > 0 {
		out.Items = append(out.Items, ui.Item{Title: ui.T(ctx, "admin.attention.mail-kept", ui.Count(n)), Href: "/admin/mail?state=kept", Text: ui.T(ctx, "admin.attention.mail-kept.text"),
			Badges: []ui.Badge{{Label: ui.T(ctx, "admin.attention.todo"), Kind: ui.LookHere}}})
	}
	return nil
}

// asked adds the requests for data that wait for an answer of the host.
func (p *Pages) asked(ctx context.Context, a identity.Actor, out *ui.Items) error {
	list, err := p.o.Community.List(ctx, a, community.Query{ToHost: true, Open: true, Limit: 200})
	if err != nil || len(list) == 0 {
		return err
	}
	out.Items = append(out.Items, ui.Item{Title: ui.T(ctx, "communityui.attention", ui.Count(len(list))), Href: inboxPath, Text: list[len(list)-1].Title(),
		Badges: []ui.Badge{{Label: ui.T(ctx, "admin.attention.todo"), Kind: ui.LookHere}}})
	return nil
}

// lonely adds the organisations that nobody can publish for.
func (p *Pages) lonely(ctx context.Context, a identity.Actor, out *ui.Items) error {
	n, err := p.o.Identity.MemberCounts(ctx, a)
	if err != nil {
		return err
	}
	alone := 0
	for _, members := range n {
		if members == 0 {
			alone++
		}
	}
	if alone > 0 {
		out.Items = append(out.Items, ui.Item{Title: ui.T(ctx, "admin.attention.alone", i18n.Args{"Count": alone}), Href: "/admin/organisations?members=none", Text: ui.T(ctx, "admin.attention.alone.text"),
			Badges: []ui.Badge{{Label: ui.T(ctx, "admin.attention.todo"), Kind: ui.LookHere}}})
	}
	return nil
}
