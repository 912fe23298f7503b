package admin

import (
	"context"
	"net/http"
	"strings"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/mail"
	"socle/internal/sqldb"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// mailTabs are the states, those to look at first, and the names of their tabs.
var mailTabs = []struct {
	state mail.State
	label string
}{{mail.Kept, "admin.mail.kept"}, {mail.Failed, "admin.mail.failed"}, {mail.Waiting, "admin.mail.waiting"}, {mail.Sent, "admin.mail.sent"}}

func mailBadge(ctx context.Context, s mail.State) ui.Badge {
	switch s {
	case mail.Kept:
		return ui.Badge{Label: ui.T(ctx, "admin.mail.kept-one"), Kind: ui.LookHere}
	case mail.Failed:
		return ui.Badge{Label: ui.T(ctx, "admin.mail.failed-one"), Kind: ui.Wrong}
	case mail.Sent:
		return ui.Badge{Label: ui.T(ctx, "admin.mail.sent-one"), Kind: ui.Good}
	}
	return ui.Badge{Label: ui.T(ctx, "admin.mail.waiting"), Icon: "clock"}
}

func (p *Pages) mail(w http.ResponseWriter, r *http.Request) error {
	v, ctx, q := shell.From(r), r.Context(), r.URL.Query()
	if err := v.Actor.Require(identity.ActionOperate, ""); err != nil {
		return err
	}
	state := mail.State(q.Get("state"))
	var list []mail.Record
	var counts map[mail.State]int64
	err := p.o.DB.Read(ctx, func(tx *sqldb.Tx) (err error) {
		if counts, err = mail.Count(ctx, tx); err != nil {
			return err
		}
		list, err = mail.List(ctx, tx, mail.Filter{State: state, After: q.Get("after"), Limit: pageSize})
		return err
	})
	if err != nil {
		return err
	}
	view := listView{frame: frame{tabs(ctx, v.Actor, "/admin/mail"), ui.PageHead{Title: ui.T(ctx, "admin.mail"), Lead: ui.T(ctx, "admin.mail.lead")}},
		Filter: ui.Tabs{Label: ui.T(ctx, "admin.filter"), Tabs: []ui.Tab{{Label: ui.T(ctx, "admin.mail.all"), Href: "/admin/mail", Current: state == ""}}},
		Items:  ui.Items{Level: 2}, Empty: ui.Empty{Icon: "mail", Title: ui.T(ctx, "admin.mail.none"), Text: ui.T(ctx, "admin.mail.none.text")}}
	if !p.o.Delivers {
		view.Head.Lead = ui.T(ctx, "admin.mail.lead-kept")
	}
	for _, x := range mailTabs {
		label := ui.T(ctx, x.label)
		if n := counts[x.state]; n > 0 {
			label = ui.T(ctx, "admin.tab-count", i18n.Args{"Label": label, "Number": n})
		}
		view.Filter.Tabs = append(view.Filter.Tabs, ui.Tab{Label: label, Href: "/admin/mail?state=" + string(x.state), Current: x.state == state})
	}
	for _, m := range list {
		view.Items.Items = append(view.Items.Items, ui.Item{Title: m.Subject, Href: "/admin/mail/" + m.ID, Badges: []ui.Badge{mailBadge(ctx, m.State)},
			Facts: []ui.Fact{{Icon: "mail", Text: m.To}, {Icon: "clock", Text: ui.Ago(ctx, m.Created, p.o.Now())}}})
	}
	if len(list) == pageSize {
		view.Older = after(r, "after", list[len(list)-1].ID)
	}
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, listPage(view))
}

// paragraph is lines of a message that stand together.
type paragraph []string

func paragraphs(text string) (out []paragraph) {
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.Trim(p, "\n"); p != "" {
			out = append(out, strings.Split(p, "\n"))
		}
	}
	return out
}

// messageView is one message of the outbox.
type messageView struct {
	frame
	Notice ui.Notice
	Facts  ui.KeyValues
	Text   []paragraph
	Resend string // address of the act; "" when it is waiting or sent
}

func (p *Pages) message(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	if err := v.Actor.Require(identity.ActionOperate, ""); err != nil {
		return err
	}
	var m mail.Record
	err := p.o.DB.Read(ctx, func(tx *sqldb.Tx) (err error) {
		m, err = mail.Get(ctx, tx, r.PathValue("id"))
		return err
	})
	if errs.Is(err, errs.NotFound) {
		return none()
	}
	if err != nil {
		return err
	}
	view := messageView{frame: frame{tabs(ctx, v.Actor, "/admin/mail"), ui.PageHead{Title: m.Subject, Badges: []ui.Badge{mailBadge(ctx, m.State)}}},
		Notice: mailNotice(ctx, m), Text: paragraphs(m.Text)}
	add := func(key, value string) {
		view.Facts.Rows = append(view.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, key), Value: value})
	}
	add("admin.mail.to", m.To)
	add("admin.mail.written", ui.Moment(ctx, m.Created))
	if !m.SentAt.IsZero() {
		add("admin.mail.sent-at", ui.Moment(ctx, m.SentAt))
	}
	if m.Attempts > 0 {
		add("admin.mail.attempts", ui.Integer(ctx, int64(m.Attempts)))
	}
	if m.State == mail.Kept || m.State == mail.Failed {
		view.Resend = "/admin/mail/" + m.ID + "/resend"
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	return shell.Page(w, r, ui.Page{Title: m.Subject, NoIndex: true, Crumbs: []ui.Crumb{{Label: ui.T(ctx, "admin.mail"), Href: "/admin/mail"}, {Label: m.Subject}}}, messagePage(view))
}

// mailNotice says what became of a message and what can be done.
func mailNotice(ctx context.Context, m mail.Record) ui.Notice {
	switch m.State {
	case mail.Kept:
		return ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "admin.mail.kept.why"), Text: ui.T(ctx, "admin.mail.kept.do")}
	case mail.Failed:
		return ui.Notice{Kind: ui.Wrong, Title: ui.T(ctx, "admin.mail.failed.why", i18n.Args{"Problem": m.Problem}), Text: ui.T(ctx, "admin.mail.failed.do")}
	case mail.Sent:
		return ui.Notice{Kind: ui.Good, Title: ui.T(ctx, "admin.mail.sent.why"), Text: ui.T(ctx, "admin.mail.sent.gone")}
	}
	n := ui.Notice{Title: ui.T(ctx, "admin.mail.waiting.why")}
	if m.Problem != "" {
		n.Text = ui.T(ctx, "admin.mail.waiting.problem", i18n.Args{"Problem": m.Problem})
	}
	return n
}

func (p *Pages) resend(w http.ResponseWriter, r *http.Request) error {
	v, ctx, id := shell.From(r), r.Context(), r.PathValue("id")
	if err := v.Actor.Require(identity.ActionOperate, ""); err != nil {
		return err
	}
	err := p.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := mail.Resend(ctx, tx, id); err != nil {
			return err
		}
		return identity.Record(ctx, tx, v.Actor, "mail.resend", "mail:"+id, nil, nil)
	})
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "admin.mail.resent")
	return shell.Redirect(w, r, "/admin/mail/"+id)
}
