package dashboardui

import (
	"context"
	"net/http"

	"socle/internal/catalogue"
	"socle/internal/dashboard"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// arrangeView is the list of the blocks of a board, with what can be done to each.
type arrangeView struct {
	Head     ui.PageHead
	Action   string
	Revision int
	Own      bool
	Wrong    *ui.Notice
	Blocks   []lineView
	Dataset  ui.Select
	Proposed []lineView // of the dataset chosen
	Chosen   string     // title of that dataset
	Title    ui.Input   // of a text
	Text     ui.TextArea
}

// lineView is a block in a list.
type lineView struct {
	dashboard.Block

	Label string // of its kind
	First bool
	Last  bool
	Name  ui.Input
	Words *ui.TextArea // of a Text
	Embed ui.Code
}

// arrange shows the blocks of a board to those who may change it.
func (p *Pages) arrange(w http.ResponseWriter, r *http.Request) error {
	a, to, err := p.find(r)
	if err != nil {
		return err
	}
	if to != "" {
		return shell.Redirect(w, r, to+"/arrange")
	}
	return p.arrangePage(w, r, a, nil)
}

func (p *Pages) arrangePage(w http.ResponseWriter, r *http.Request, a about, problem error) error {
	ctx, actor, status := r.Context(), shell.From(r).Actor, http.StatusOK
	if !dashboard.MayChange(actor, a.owner) {
		if a.owner == dashboard.Territory {
			return actor.Require(identity.ActionTerritory, "")
		}
		return actor.Require(identity.ActionPublish, a.owner)
	}
	b, err := p.o.Boards.Board(ctx, actor, a.owner, lang(r))
	if err != nil {
		return err
	}
	view := arrangeView{Head: ui.PageHead{Eyebrow: a.name, Title: ui.T(ctx, "dashboardui.arrange.title"), Lead: ui.T(ctx, "dashboardui.arrange.lead"),
		Actions: []ui.Button{{Label: ui.T(ctx, "dashboardui.arrange.done"), Icon: "check", Style: ui.Primary, Href: a.path}}}, Action: a.path + "/arrange", Revision: b.Revision, Own: b.Own()}
	if problem != nil {
		e := errs.As(problem)
		status = httpx.Status(problem)
		view.Wrong = &ui.Notice{Kind: ui.Wrong, Title: ui.T(ctx, e.Key, e.Args), Text: ui.T(ctx, e.Hint, e.Args), Live: true}
		for _, f := range ui.ProblemsOf(ctx, problem) {
			view.Wrong.Text = f.Message
		}
	}
	for i, x := range b.Blocks {
		l := lineView{Block: x, Label: ui.T(ctx, x.Kind.LabelKey()), First: i == 0, Last: i == len(b.Blocks)-1,
			Name:  ui.Input{Field: ui.Field{Name: "title", ID: "f-title-" + x.ID, Label: ui.T(ctx, "dashboardui.field.title")}, Value: x.Title, MaxLength: 200},
			Embed: ui.Code{ID: "embed-" + x.ID, Title: ui.T(ctx, "dashboardui.embed.block"), Text: p.frameCode(ctx, a, x.ID)}}
		if x.Kind == dashboard.Text {
			l.Words = &ui.TextArea{Field: ui.Field{Name: "text", ID: "f-text-" + x.ID, Label: ui.T(ctx, "dashboardui.field.text"), Help: ui.T(ctx, "dashboardui.field.text.help"), Optional: true}, Value: x.Text, Rows: 4}
		}
		view.Blocks = append(view.Blocks, l)
	}
	view.Title = ui.Input{Field: ui.Field{Name: "title", ID: "f-new-title", Label: ui.T(ctx, "dashboardui.field.title")}, MaxLength: 200}
	view.Text = ui.TextArea{Field: ui.Field{Name: "text", ID: "f-new-text", Label: ui.T(ctx, "dashboardui.field.text"), Help: ui.T(ctx, "dashboardui.field.text.help"), Optional: true}, Rows: 4}
	if err := p.proposed(ctx, r, &view, a, b); err != nil {
		return err
	}
	return shell.PageStatus(w, r, status, ui.Page{Title: view.Head.Title, NoIndex: true, Crumbs: append(a.crumbs(r), ui.Crumb{Label: view.Head.Title})}, arrangeTemplate(view))
}

// proposed fills what may be added: the datasets, and the blocks of the one chosen.
func (p *Pages) proposed(ctx context.Context, r *http.Request, view *arrangeView, a about, b dashboard.Board) error {
	actor := shell.From(r).Actor
	f := catalogue.Filter{Organisation: a.owner, States: []catalogue.State{catalogue.Published}}
	list, err := p.o.Catalogue.List(ctx, identity.Anonymous(), f, catalogue.ByTitle, "", 200)
	if err != nil {
		return err
	}
	chosen := catalogue.DatasetID(r.URL.Query().Get("dataset"))
	view.Dataset = ui.Select{Field: ui.Field{Name: "dataset", Label: ui.T(ctx, "dashboardui.field.dataset")}, Value: string(chosen)}
	for _, d := range list.Datasets {
		view.Dataset.Options = append(view.Dataset.Options, ui.Option{Value: string(d.ID), Label: d.Title})
		if d.ID == chosen {
			view.Chosen = d.Title
		}
	}
	if view.Chosen == "" {
		return nil
	}
	proposed, err := p.o.Boards.Propose(ctx, actor, chosen, lang(r))
	if errs.Is(err, errs.NotFound) {
		view.Wrong = &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, errs.As(err).Key), Text: ui.T(ctx, "dashboard.no-table.hint")}
		return nil
	}
	if err != nil {
		return err
	}
	for _, x := range proposed {
		if _, there := b.Find(x.ID); there != nil {
			view.Proposed = append(view.Proposed, lineView{Block: x, Label: ui.T(ctx, x.Kind.LabelKey())})
		}
	}
	return nil
}

// change does one act.
func (p *Pages) change(w http.ResponseWriter, r *http.Request) error {
	a, to, err := p.find(r)
	if err != nil {
		return err
	}
	if to != "" {
		return shell.Redirect(w, r, to+"/arrange")
	}
	ctx := r.Context()
	revision := shell.Revision(r)
	c := dashboard.Change{Act: dashboard.Act(r.PostFormValue("act")), Block: r.PostFormValue("block")}
	c.New = dashboard.Block{Title: r.PostFormValue("title"), Text: r.PostFormValue("text"), Kind: dashboard.Kind(r.PostFormValue("kind")),
		Resource: catalogue.ResourceID(r.PostFormValue("resource")), Address: r.PostFormValue("address"), Wide: r.PostFormValue("wide") == "1"}
	_, err = p.o.Boards.Change(ctx, shell.From(r).Actor, a.owner, revision, c, lang(r))
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
		return p.arrangePage(w, r, a, err)
	}
	if err != nil {
		return err
	}
	shell.Flash(w, r, ui.Good, "dashboardui.said."+string(c.Act))
	where := a.path + "/arrange"
	if c.Act != dashboard.Remove && c.Act != dashboard.Reset && c.Act != dashboard.Add {
		where += "#line-" + c.Block
	}
	return shell.Redirect(w, r, where)
}
