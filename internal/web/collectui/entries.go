package collectui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/schema/form"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// entriesView is what was entered, with the acts of moderators.
type entriesView struct {
	Head     ui.PageHead
	Tabs     ui.Tabs
	Filter   ui.Chips
	States   []ui.Link
	Form     ui.Form
	Rows     []entryRow
	Columns  []string
	Moderate bool
	Reason   ui.TextArea
	Empty    *ui.Empty
	Next     *ui.Link
	Caption  string
}

type entryRow struct {
	ID    string
	Href  string
	Name  string
	Cells []string
	State ui.Badge
	By    string
	When  string
}

// entryPage is how many entries a page lists.
const entryPage = 100

// shownColumns is how many answers a list shows of each entry.
const shownColumns = 4

func (p *Pages) entries(w http.ResponseWriter, r *http.Request) error {
	f, err := p.managed(r)
	if err != nil {
		return err
	}
	return p.entriesPage(w, r, f, http.StatusOK, nil)
}

func (p *Pages) entriesPage(w http.ResponseWriter, r *http.Request, f collect.Form, status int, problems ui.Problems) error {
	v, ctx := shell.From(r), r.Context()
	state := r.URL.Query().Get("state")
	q := collect.EntryQuery{Limit: entryPage, State: collect.State(state)}
	if t := r.URL.Query().Get("after"); t != "" {
		after, err := strconv.ParseInt(t, 10, 64)
		if err != nil {
			return httpx.BadRequest("api.bad-value", i18n.Args{"Name": "after", "Value": t})
		}
		q.After = after
	}
	list, next, err := p.o.Collect.Entries(ctx, collect.Visitor{Actor: v.Actor}, f.ID, q)
	if err != nil {
		return err
	}
	base := "/formulaires/" + string(f.ID) + "/saisies"
	view := entriesView{
		Head: p.head(ctx, f), Tabs: p.tabs(ctx, v.Actor, f, "/saisies"), Moderate: v.Actor.Can(identity.ActionEdit, f.Organisation) && state != string(collect.Removed),
		Form: ui.Form{Action: base + "?state=" + url.QueryEscape(state), Wide: true, Problems: problems}, Caption: ui.T(ctx, "collectui.entries"),
		Reason: ui.TextArea{Field: ui.Field{Name: "reason", Label: ui.T(ctx, "collectui.reason"), Help: ui.T(ctx, "collect.reason.hint"), Either: true, Error: problems.Of("reason")}, Rows: 2, MaxLength: 1000},
	}
	counts := map[string]int{"waiting": f.Counts.Waiting, "accepted": f.Counts.Accepted, "refused": f.Counts.Refused, "incomplete": f.Counts.Incomplete, "removed": f.Counts.Removed}
	for _, s := range []string{"", "waiting", "accepted", "refused", "incomplete", "removed"} {
		l := ui.Link{Label: ui.T(ctx, "collectui.state.all"), Href: base}
		if s != "" {
			l = ui.Link{Label: ui.T(ctx, "collectui.state."+s) + " (" + ui.Integer(ctx, int64(counts[s])) + ")", Href: base + "?state=" + s}
		}
		if s == state {
			l.Icon = "check"
		}
		view.States = append(view.States, l)
	}
	d := f.Definition.In(string(ui.LangOf(ctx)))
	columns := shown(d)
	for _, it := range columns {
		view.Columns = append(view.Columns, d.Say(it.Label))
	}
	people, err := p.people(r, list)
	if err != nil {
		return err
	}
	for _, e := range list {
		row := entryRow{ID: e.ID, Href: base + "/" + e.ID, Name: p.nameOf(ctx, d, e), State: stateBadge(ctx, e.State), By: orElse(people[identity.PersonOfRef(e.By)], ui.T(ctx, "collectui.someone")), When: ui.Ago(ctx, e.Received, p.o.Now())}
		for _, it := range columns {
			row.Cells = append(row.Cells, shorten(p.answer(ctx, it, e.Values[it.Name])))
		}
		view.Rows = append(view.Rows, row)
	}
	if len(list) == 0 {
		view.Empty = &ui.Empty{Icon: "inbox", Title: ui.T(ctx, "collectui.entries.none"), Text: ui.T(ctx, "collectui.entries.none.text")}
	}
	if len(list) == entryPage {
		l := ui.More(ui.T(ctx, "collectui.next"), base+"?state="+url.QueryEscape(state)+"&after="+strconv.FormatInt(next, 10))
		view.Next = &l
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: f.Definition.Title, NoIndex: true, Crumbs: p.crumbs(ctx, f.Definition.Title)}, entriesPageOf(view))
}

func (p *Pages) people(r *http.Request, list []collect.Entry) (map[identity.PersonID]string, error) {
	var ids []identity.PersonID
	for _, e := range list {
		if id := identity.PersonOfRef(e.By); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return p.o.Identity.Names(r.Context(), shell.From(r).Actor, ids...)
}

// shown are the first answers worth a column in a list.
func shown(d *form.Definition) []*form.Item {
	var out []*form.Item
	for it := range d.Fields() {
		if it.Kind == form.Field && it.Control != form.Hidden && !slices.Contains(d.Names, it.Name) && len(out) < shownColumns {
			out = append(out, it)
		}
	}
	return out
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

func stateBadge(ctx context.Context, s collect.State) ui.Badge {
	b := ui.Badge{Label: ui.T(ctx, "collectui.state."+string(s))}
	switch s {
	case collect.Accepted:
		b.Kind, b.Icon = ui.Good, "circle-check"
	case collect.Waiting:
		b.Kind, b.Icon = ui.LookHere, "clock"
	case collect.Refused:
		b.Kind, b.Icon = ui.Wrong, "circle-alert"
	case collect.Incomplete:
		b.Kind, b.Icon = ui.Information, "loader-circle"
	}
	return b
}

// decide accepts or refuses the entries that are marked.
func (p *Pages) decide(w http.ResponseWriter, r *http.Request) error {
	f, err := p.managed(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	done, err := readForm(r)
	if err != nil {
		return err
	}
	defer done()
	list := r.PostForm["entry"]
	if len(list) == 0 {
		return p.entriesPage(w, r, f, http.StatusUnprocessableEntity, ui.Problems{{Message: ui.T(ctx, "collectui.mark")}})
	}
	accept := r.PostForm.Get("act") == "accept"
	n, err := p.o.Collect.Decide(ctx, shell.From(r).Actor, f.ID, list, accept, r.PostForm.Get("reason"))
	if err != nil {
		if problems := ui.ProblemsOf(ctx, err); len(problems) > 0 && errs.Is(err, errs.Invalid) {
			return p.entriesPage(w, r, f, httpx.Status(err), problems)
		}
		return err
	}
	key := "collectui.refused"
	if accept {
		key = "collectui.accepted"
	}
	shell.Flash(w, r, ui.Good, key, ui.Count(n))
	return shell.Redirect(w, r, "/formulaires/"+string(f.ID)+"/saisies?state="+url.QueryEscape(r.URL.Query().Get("state")))
}

type entryView struct {
	Head    ui.PageHead
	Tabs    ui.Tabs
	Reason  *ui.Notice
	Answers ui.KeyValues
	Files   []ui.Link
	History []revisionView
	Correct ui.Button
	Remove  ui.Form // with Correct; none where the visitor may not
	Version string
}

type revisionView struct {
	Title   string
	State   ui.Badge
	Answers ui.KeyValues
	Form    ui.Form
	Number  string
	Current bool
}

func (p *Pages) entry(w http.ResponseWriter, r *http.Request) error {
	f, err := p.managed(r)
	if err != nil {
		return err
	}
	v, ctx := shell.From(r), r.Context()
	e, err := p.o.Collect.Entry(ctx, collect.Visitor{Actor: v.Actor}, f.ID, r.PathValue("entry"))
	if err != nil {
		return err
	}
	history, err := p.o.Collect.History(ctx, v.Actor, f.ID, e.ID)
	if err != nil {
		return err
	}
	base := entryAddress(f, e.ID)
	d := f.Definition.In(string(ui.LangOf(ctx)))
	title := p.nameOf(ctx, d, e)
	view := entryView{
		Head: ui.PageHead{Eyebrow: f.Definition.Title, Title: title, Badges: []ui.Badge{stateBadge(ctx, e.State)}},
		Tabs: p.tabs(ctx, v.Actor, f, "/saisies"), Answers: p.answers(ctx, d, e.Values), Version: strconv.Itoa(e.Revision),
	}
	if e.Reason != "" {
		view.Reason = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "collectui.state.refused"), Text: e.Reason}
	}
	for _, file := range e.Files {
		if file.Received {
			view.Files = append(view.Files, ui.Link{Label: file.Name, Icon: "file", Href: "/api/v1/forms/" + string(f.ID) + "/entries/" + e.ID + "/files/" + file.Hash})
		}
	}
	if mayCorrect(v.Actor, f, e) {
		view.Correct = ui.Button{Label: ui.T(ctx, "collectui.correct"), Icon: "pencil", Href: base + "/corriger"}
		view.Remove = ui.Form{Action: base + "/retirer"}
	}
	may := v.Actor.Can(identity.ActionEdit, f.Organisation) || e.Mine
	names, err := p.o.Identity.Names(ctx, v.Actor, peopleOf(history)...)
	if err != nil {
		return err
	}
	for i, x := range history {
		by := orElse(names[identity.PersonOfRef(x.By)], ui.T(ctx, "collectui.someone"))
		rev := revisionView{Title: ui.T(ctx, "collectui.revision", i18n.Args{"Number": x.Number, "When": ui.Moment(ctx, x.At), "By": by}), State: stateBadge(ctx, x.State), Answers: p.answers(ctx, d, x.Values), Number: strconv.Itoa(x.Number), Current: i == 0}
		if i > 0 && may {
			rev.Form = ui.Form{Action: base + "/restaurer"}
		}
		view.History = append(view.History, rev)
	}
	return shell.Page(w, r, ui.Page{Title: title, NoIndex: true, Crumbs: p.formCrumbs(ctx, f, title)}, entryPageOf(view))
}

func peopleOf(list []collect.Revision) []identity.PersonID {
	var out []identity.PersonID
	for _, x := range list {
		if id := identity.PersonOfRef(x.By); id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func (p *Pages) restore(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "collectui.restored", func(a identity.Actor, id collect.FormID, entry string, revision int) error {
		_, err := p.o.Collect.Restore(r.Context(), a, id, entry, revision)
		return err
	})
}

func (p *Pages) remove(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "collectui.removed", func(a identity.Actor, id collect.FormID, entry string, revision int) error {
		_, err := p.o.Collect.Remove(r.Context(), collect.Visitor{Actor: a}, id, entry, revision)
		return err
	})
}

func (p *Pages) act(w http.ResponseWriter, r *http.Request, said string, do func(identity.Actor, collect.FormID, string, int) error) error {
	f, err := p.managed(r)
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(r.PostFormValue("revision"))
	if err != nil {
		return httpx.BadRequest("collectui.form.cut")
	}
	entry := r.PathValue("entry")
	if err := do(shell.From(r).Actor, f.ID, entry, revision); err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, said)
	return shell.Redirect(w, r, entryAddress(f, entry))
}
