package publishui

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/community"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// deskView is the producer's page: what to do next, then one's datasets.
type deskView struct {
	Head     ui.PageHead
	ToDo     ui.Items
	Datasets ui.Items
	More     []ui.Link
	Requests *ui.Link    // all that readers ask; nil for who may not answer
	Alone    bool        // a member of no organisation
	Rooms    []ui.Notice // organisations whose space is nearly full
	Room     ui.KeyValues
}

func (p *Pages) desk(w http.ResponseWriter, r *http.Request) error {
	v, ctx := shell.From(r), r.Context()
	_, orgs := v.Actor.Where(identity.ActionContribute)
	view := deskView{Head: ui.PageHead{Title: ui.T(ctx, "publishui.desk"), Lead: ui.T(ctx, "publishui.desk.lead", i18n.Args{"Name": v.Person.Name})}, Alone: len(orgs) == 0}
	if !view.Alone {
		view.Head.Actions = []ui.Button{{Label: ui.T(ctx, "publishui.new"), Icon: "upload", Href: "/deposits/new", Style: ui.Primary},
			{Label: ui.T(ctx, "collectui.desk"), Icon: "clipboard-list", Href: "/formulaires"}}
	}
	names, err := p.o.Identity.OrganisationsByID(ctx, v.Actor, orgs...)
	if err != nil {
		return err
	}
	var list todos
	busy, err := p.deposits(ctx, v.Actor, names, &list)
	if err != nil {
		return err
	}
	if err := p.returns(ctx, v.Actor, names, busy, &list); err != nil {
		return err
	}
	if err := p.asked(ctx, v.Actor, names, &list); err != nil {
		return err
	}
	if err := p.entered(ctx, v.Actor, names, &list); err != nil {
		return err
	}
	if err := p.joining(ctx, v.Actor, &list); err != nil {
		return err
	}
	if err := p.troubles(ctx, v.Actor, names, &list); err != nil {
		return err
	}
	for _, org := range orgs {
		if err := p.datasets(ctx, v.Actor, names[org], busy, &list, &view); err != nil {
			return err
		}
	}
	if _, orgs := v.Actor.Where(identity.ActionEdit); len(orgs) > 0 {
		l := ui.More(ui.T(ctx, "communityui.inbox"), "/requests/inbox")
		view.Requests = &l
	}
	if err := p.rooms(ctx, v.Actor, orgs, names, &view); err != nil {
		return err
	}
	view.ToDo = list.items()
	view.ToDo.Level, view.Datasets.Level = 3, 3
	return shell.Page(w, r, ui.Page{Title: view.Head.Title, NoIndex: true}, deskPage(view))
}

// datasets lists those of an organisation, the last changed first, and adds to the list
// of what waits each that is late, unfinished, or points nowhere.
func (p *Pages) datasets(ctx context.Context, a identity.Actor, o identity.Organisation, busy map[catalogue.DatasetID]bool, list *todos, view *deskView) error {
	whole := true
	for next, first := catalogue.Cursor(""), true; first || next != ""; first = false {
		found, err := p.o.Catalogue.List(ctx, a, catalogue.Filter{Organisation: o.ID, States: catalogue.States}, catalogue.ByModified, next, 200)
		if err != nil {
			return err
		}
		makers, err := p.o.Catalogue.Makers(ctx, a, tablesOf(found.Datasets)...)
		if err != nil {
			return err
		}
		for _, d := range found.Datasets {
			renew := renewal(ctx, d, makers)
			if !busy[d.ID] {
				p.dueFor(ctx, d, renew, o.Name, list)
			}
			if len(view.Datasets.Items) < shownDatasets {
				view.Datasets.Items = append(view.Datasets.Items, p.mine(ctx, a, d, renew, o.Name))
			} else {
				whole = false
			}
		}
		next = found.Next
	}
	if !whole {
		view.More = append(view.More, ui.More(ui.T(ctx, "desk.all", i18n.Args{"Name": o.Name}), "/organisations/"+o.Slug))
	}
	return nil
}

// shownDatasets is how many datasets the desk lists; those that wait are all there.
const shownDatasets = 50

// shownRequests is how many requests of readers the desk lists; a page has them all.
const shownRequests = 50

// The order of what waits on the desk: what holds others first.
const (
	urgencyApproval = iota // someone waits for an answer
	urgencyEntries         // so do those who filled a form in
	urgencyRequest         // a reader waits for an answer
	urgencyRefused
	urgencyErrors
	urgencyReturned // rows that are not in the dataset of the territory
	urgencyLink
	urgencyLate
	urgencyDeposit
	urgencyDraft
	urgencyWaiting // nothing to do but wait
)

// todo is one line of the desk, with its one act.
type todo struct {
	urgency int
	days    int // of lateness: the latest first
	item    ui.Item
}

type todos []todo

func (t *todos) add(urgency, days int, it ui.Item) { *t = append(*t, todo{urgency, days, it}) }

func (t todos) items() (out ui.Items) {
	slices.SortStableFunc(t, func(a, b todo) int { return cmp.Or(cmp.Compare(a.urgency, b.urgency), cmp.Compare(b.days, a.days)) })
	for _, x := range t {
		out.Items = append(out.Items, x.item)
	}
	return out
}

func tablesOf(list []catalogue.Dataset) (ids []catalogue.ResourceID) {
	for _, d := range list {
		for _, r := range d.Resources {
			if r.Kind == catalogue.Table {
				ids = append(ids, r.ID)
			}
		}
	}
	return ids
}

// mine is a line of the list of datasets; renew leads to where its data is changed.
func (p *Pages) mine(ctx context.Context, a identity.Actor, d catalogue.Dataset, renew []ui.Button, org string) ui.Item {
	it := ui.Item{Eyebrow: org, Title: d.Title, Href: "/datasets/" + d.Slug, Badges: []ui.Badge{stateBadge(ctx, d.State)}}
	if d.State != catalogue.Withdrawn {
		it.Actions = append(it.Actions, renew...)
	}
	if d.State == catalogue.Draft || a.Can(identity.ActionEdit, d.Organisation) {
		it.Actions = append(it.Actions, ui.Button{Label: ui.T(ctx, "desk.edit"), Icon: "pencil", Style: ui.Quiet, Href: "/datasets/" + d.Slug + "/edit"})
	}
	if !d.DataAt.IsZero() {
		it.Facts = append(it.Facts, ui.Fact{Icon: "clock", Text: ui.T(ctx, "publishui.updated", i18n.Args{"When": ui.Ago(ctx, d.DataAt, p.o.Now())})})
	}
	return it
}

// renewal leads to where the data of a dataset is changed; nowhere for one that is
// made of others.
func renewal(ctx context.Context, d catalogue.Dataset, makers map[catalogue.ResourceID]string) []ui.Button {
	for _, id := range tablesOf([]catalogue.Dataset{d}) {
		switch makers[id] {
		case "":
		case collect.MakerName:
			return []ui.Button{{Label: ui.T(ctx, "gridui.title"), Icon: "table-2", Href: "/datasets/" + d.Slug + "/grid"}}
		default:
			return nil
		}
	}
	if len(tablesOf([]catalogue.Dataset{d})) == 0 && len(d.Resources) > 0 {
		return []ui.Button{{Label: ui.T(ctx, "contents.title"), Icon: "folder-open", Href: linksPath(d)}}
	}
	return []ui.Button{{Label: ui.T(ctx, "publishui.renew"), Icon: "refresh-cw", Href: "/deposits/new?dataset=" + string(d.ID)}}
}

// dueFor adds what a dataset waits for: an update, a link to mend, an end to a draft.
func (p *Pages) dueFor(ctx context.Context, d catalogue.Dataset, renew []ui.Button, org string, list *todos) {
	it := ui.Item{Eyebrow: org, Title: d.Title, Href: "/datasets/" + d.Slug}
	if n := catalogue.Late(d, p.o.Now()); n > 0 && d.State == catalogue.Published {
		it.Badges = []ui.Badge{{Label: ui.T(ctx, "publishui.late", ui.Count(n)), Kind: ui.LookHere, Icon: "clock"}}
		it.Actions = renew
		list.add(urgencyLate, n, it)
		return
	}
	if d.State == catalogue.Draft {
		it.Badges = []ui.Badge{stateBadge(ctx, d.State)}
		it.Actions = []ui.Button{{Label: ui.T(ctx, "desk.finish"), Icon: "arrow-right", Href: "/datasets/" + d.Slug + "/publication"}}
		list.add(urgencyDraft, 0, it)
		return
	}
	for _, r := range d.Resources {
		if r.LinkBroken && (d.State == catalogue.Published || d.State == catalogue.Internal) {
			it.Badges = []ui.Badge{{Label: ui.T(ctx, "desk.link-broken"), Kind: ui.Wrong, Icon: "circle-alert"}}
			it.Text = ui.T(ctx, "watch.pointed", i18n.Args{"Title": r.Title, "Address": r.URL, "Problem": publish.LinkProblem(ui.LangOf(ctx), r)})
			it.Actions = []ui.Button{{Label: ui.T(ctx, "watch.see"), Icon: "link", Href: partPath(d, r)}}
			list.add(urgencyLink, 0, it)
			return
		}
	}
}

// asked adds what readers ask of the organisations that the visitor speaks for.
func (p *Pages) asked(ctx context.Context, a identity.Actor, names map[identity.OrganisationID]identity.Organisation, list *todos) error {
	_, orgs := a.Where(identity.ActionEdit)
	if len(orgs) == 0 {
		return nil
	}
	open, err := p.o.Community.List(ctx, a, community.Query{To: orgs, Open: true, Limit: shownRequests})
	if err != nil {
		return err
	}
	for _, x := range open {
		at := "/requests/" + string(x.ID)
		list.add(urgencyRequest, int(p.o.Now().Sub(x.CreatedAt).Hours()/24), ui.Item{Eyebrow: names[x.Organisation].Name, Title: x.Title(), Href: at,
			Badges:  []ui.Badge{{Label: ui.T(ctx, "communityui.todo"), Kind: ui.LookHere, Icon: "message-circle"}},
			Facts:   []ui.Fact{{Icon: "calendar", Text: ui.T(ctx, "communityui.asked", i18n.Args{"When": ui.Ago(ctx, x.CreatedAt, p.o.Now())})}},
			Actions: []ui.Button{{Label: ui.T(ctx, "communityui.todo.act"), Icon: "message-circle", Href: at}}})
	}
	return nil
}

// entered adds the entries of forms that the visitor is asked to accept.
func (p *Pages) entered(ctx context.Context, a identity.Actor, names map[identity.OrganisationID]identity.Organisation, list *todos) error {
	forms, err := p.o.Collect.Awaiting(ctx, a)
	if err != nil {
		return err
	}
	for _, f := range forms {
		at := collect.WaitingPath(f.ID)
		list.add(urgencyEntries, 0, ui.Item{Eyebrow: names[f.Organisation].Name, Title: f.Definition.Title, Href: at,
			Badges:  []ui.Badge{{Label: ui.T(ctx, "desk.todo.entries", ui.Count(f.Counts.Waiting)), Kind: ui.LookHere, Icon: "clock"}},
			Actions: []ui.Button{{Label: ui.T(ctx, "desk.todo.entries.act"), Icon: "arrow-right", Href: at}}})
	}
	return nil
}

// joining adds who asks to join the organisations whose members the visitor manages.
func (p *Pages) joining(ctx context.Context, a identity.Actor, list *todos) error {
	_, orgs := a.Where(identity.ActionManageMembers)
	names, err := p.o.Identity.OrganisationsByID(ctx, a, orgs...)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		asked, err := p.o.Identity.JoinRequests(ctx, a, org)
		if err != nil {
			return err
		}
		for _, j := range asked {
			at := "/organisations/" + names[org].Slug + "/joining"
			list.add(urgencyApproval, int(p.o.Now().Sub(j.AskedAt).Hours()/24), ui.Item{Eyebrow: names[org].Name, Title: ui.T(ctx, "publishui.joins", i18n.Args{"Name": j.Name}), Href: at,
				Badges:  []ui.Badge{{Label: ui.T(ctx, "publishui.joins.todo"), Kind: ui.LookHere, Icon: "circle-user"}},
				Facts:   []ui.Fact{{Icon: "mail", Text: j.Email}},
				Actions: []ui.Button{{Label: ui.T(ctx, "publishui.joins.act"), Icon: "circle-user", Href: at}}})
		}
	}
	return nil
}

// troubles adds the watched addresses that need somebody.
func (p *Pages) troubles(ctx context.Context, a identity.Actor, names map[identity.OrganisationID]identity.Organisation, list *todos) error {
	watches, err := p.o.Publish.Troubles(ctx, a)
	if err != nil {
		return err
	}
	ids := make([]catalogue.DatasetID, len(watches))
	for i, x := range watches {
		ids[i] = x.Dataset
	}
	sets, err := p.o.Catalogue.GetMany(ctx, a, ids...)
	if err != nil {
		return err
	}
	for _, x := range watches {
		d, ok := sets[x.Dataset]
		if !ok || x.State != publish.WatchBroken { // a file that waits is a deposit of the list
			continue
		}
		state := watchState(ctx, x)
		list.add(urgencyLink, 0, ui.Item{Eyebrow: names[x.Organisation].Name, Title: d.Title, Href: "/datasets/" + d.Slug, Text: state.Text,
			Badges:  []ui.Badge{{Label: state.Title, Kind: ui.Wrong, Icon: "circle-alert"}},
			Actions: []ui.Button{{Label: ui.T(ctx, "watch.see"), Icon: "link", Href: "/datasets/" + d.Slug + "/link"}}})
	}
	return nil
}

// deposits adds the deposits that wait and returns the datasets that they renew.
func (p *Pages) deposits(ctx context.Context, a identity.Actor, names map[identity.OrganisationID]identity.Organisation, list *todos) (map[catalogue.DatasetID]bool, error) {
	busy := map[catalogue.DatasetID]bool{}
	pending, err := p.o.Publish.Pending(ctx, a)
	if err != nil {
		return nil, err
	}
	for _, d := range pending {
		i := tables.Import{}
		if d.Import != "" {
			if i, err = p.o.Tables.FindImport(ctx, a, d.Import); err != nil {
				return nil, err
			}
		}
		if d.Dataset != "" {
			busy[d.Dataset] = true
		}
		p.depositLine(ctx, a, d, i, names[d.Organisation].Name, list)
	}
	return busy, nil
}

func (p *Pages) depositLine(ctx context.Context, a identity.Actor, d publish.Deposit, i tables.Import, org string, list *todos) {
	at := "/deposits/" + string(d.ID)
	it := ui.Item{Eyebrow: org, Title: or(d.Description.Title, i.Name), Href: at, Facts: []ui.Fact{{Icon: "save", Text: ui.T(ctx, "publishui.saved", i18n.Args{"When": ui.Ago(ctx, d.ChangedAt, p.o.Now())})}}}
	line := func(urgency int, badge, label string, kind ui.Kind, icon, doing ui.Icon) {
		it.Badges = []ui.Badge{{Label: badge, Kind: kind, Icon: icon}}
		it.Actions = []ui.Button{{Label: ui.T(ctx, label), Icon: doing, Href: at}}
		list.add(urgency, 0, it)
	}
	step := d.Step(i)
	switch {
	case d.State == publish.Asked && a.Can(identity.ActionApprove, d.Organisation):
		line(urgencyApproval, ui.T(ctx, "desk.todo.approve"), "desk.read", ui.LookHere, "bell", "arrow-right")
	case d.State == publish.Asked:
		line(urgencyWaiting, ui.T(ctx, "desk.todo.asked"), "desk.see", ui.Information, "clock", "arrow-right")
	case d.State == publish.Dated:
		line(urgencyWaiting, ui.T(ctx, "desk.todo.dated", i18n.Args{"Day": ui.Moment(ctx, d.At.In(p.o.Zone))}), "desk.see", ui.Information, "calendar", "arrow-right")
	case d.AnsweredBy != "":
		it.Text = d.Answer
		line(urgencyRefused, answered(ctx, d).Title, "desk.go-on", ui.Wrong, "circle-alert", "arrow-right")
	case i.Failure != nil:
		it.Text = ui.T(ctx, i.Failure.Key, i.Failure.Args)
		line(urgencyErrors, ui.T(ctx, "desk.todo.unread"), "desk.go-on", ui.Wrong, "circle-alert", "arrow-right")
	case step == publish.Mend:
		line(urgencyErrors, ui.T(ctx, "publishui.errors", ui.Count(i.Outcome.Errors)), "desk.go-on", ui.Wrong, "circle-alert", "arrow-right")
	default:
		line(urgencyDeposit, ui.T(ctx, "publishui.todo."+string(step)), "desk.go-on", ui.Information, "", "arrow-right")
	}
}

func stateBadge(ctx context.Context, s catalogue.State) ui.Badge {
	b := ui.Badge{Label: ui.T(ctx, s.LabelKey())}
	switch s {
	case catalogue.Published:
		b.Kind, b.Icon = ui.Good, "globe"
	case catalogue.Internal:
		b.Kind, b.Icon = ui.Information, "lock"
	case catalogue.Draft:
		b.Kind, b.Icon = ui.LookHere, "pencil"
	case catalogue.Withdrawn:
		b.Icon = "eye-off"
	}
	return b
}

// nearlyFull is the share of a quota from which the desk warns.
const nearlyFull = 0.9

// rooms tells what each organisation holds, and warns before there is no more room.
func (p *Pages) rooms(ctx context.Context, a identity.Actor, orgs []identity.OrganisationID, names map[identity.OrganisationID]identity.Organisation, view *deskView) error {
	held, err := p.o.Catalogue.Storage(ctx, a, orgs...)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		s, ok := held[org]
		if !ok {
			continue
		}
		view.Room.Rows = append(view.Room.Rows, ui.KeyValue{Key: names[org].Name, Value: s.InWords(ui.LangOf(ctx))})
		if s.Share() >= nearlyFull {
			view.Rooms = append(view.Rooms, ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, "quota.nearly-full", i18n.Args{"Name": names[org].Name}), Text: s.InWords(ui.LangOf(ctx)) + " " + ui.T(ctx, "catalogue.quota.hint")})
		}
	}
	return nil
}
