package dashboardui

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"socle/internal/catalogue"
	"socle/internal/dashboard"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/tables"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// boardView is a board.
type boardView struct {
	Head   ui.PageHead
	Demo   bool
	Print  string // the word of the button that a script shows
	Rows   []rowView
	None   *ui.Empty
	Others ui.Items // authorities that have a board; on that of the territory
	Embed  *ui.Code
}

// rowView is a run of figures, or one block.
type rowView struct {
	Figures []figureView
	Block   *blockView
}

type figureView struct {
	ID, Title, Value, Href string
	Problem                *ui.Notice
}

// blockView is a block that is no figure.
type blockView struct {
	ID      string
	Title   string
	Level   int // of the title: 2 for a heading, else 3
	Href    string
	More    *ui.Link // to the rows, or the dataset
	Source  string
	Text    templ.Component
	Drawing *ui.Drawing
	Notes   []string
	Values  *ui.Table // what a drawing says
	Table   *ui.Table
	Week    *weekView
	Problem *ui.Notice
	Wide    bool
	class   string
}

func asking(r *http.Request) context.Context {
	return tables.WithClient(r.Context(), httpx.ClientKey(r.Context()))
}

// board shows a board.
func (p *Pages) board(w http.ResponseWriter, r *http.Request) error {
	a, to, err := p.find(r)
	if err != nil {
		return err
	}
	if to != "" {
		return shell.Redirect(w, r, to)
	}
	ctx, actor := asking(r), shell.From(r).Actor
	b, err := p.o.Boards.Board(ctx, actor, a.owner, lang(r))
	if err != nil {
		return err
	}
	view := boardView{Head: p.head(ctx, a), Print: ui.T(ctx, "dashboardui.print")}
	may := dashboard.MayChange(actor, a.owner)
	if may {
		view.Head.Actions = append(view.Head.Actions, ui.Button{Label: ui.T(ctx, "dashboardui.arrange"), Icon: "settings", Href: a.path + "/arrange"})
	}
	if view.Rows, view.Demo, err = p.rows(ctx, r, a, b.Blocks, may); err != nil {
		return err
	}
	if len(view.Rows) == 0 {
		view.None = &ui.Empty{Icon: "chart-column", Title: ui.T(ctx, "dashboardui.none"), Text: ui.T(ctx, "dashboardui.none.text")}
	} else {
		view.Embed = &ui.Code{ID: "embed-code", Title: ui.T(ctx, "dashboardui.embed"), Text: p.frameCode(ctx, a, "")}
	}
	if a.owner == dashboard.Territory {
		if view.Others, err = p.others(ctx, actor); err != nil {
			return err
		}
	}
	page := ui.Page{Title: view.Head.Title, Description: view.Head.Lead, Place: territoryPath, Canonical: a.path, NoIndex: view.Demo || r.URL.RawQuery != "", Crumbs: a.crumbs(r)}
	return shell.Page(w, r, page, boardPage(view))
}

func (p *Pages) head(ctx context.Context, a about) ui.PageHead {
	if a.owner == dashboard.Territory {
		return ui.PageHead{Eyebrow: a.name, Title: ui.T(ctx, "dashboardui.territory"), Lead: ui.T(ctx, "dashboardui.territory.lead")}
	}
	return ui.PageHead{Eyebrow: ui.T(ctx, "dashboardui.board"), Title: a.name, Lead: ui.T(ctx, "dashboardui.lead", map[string]any{"Name": a.name})}
}

// others lists the authorities that publish tables.
func (p *Pages) others(ctx context.Context, a identity.Actor) (out ui.Items, err error) {
	out.Level = 3
	publish, err := p.o.Catalogue.Publishers(ctx, catalogue.Table)
	if err != nil {
		return out, err
	}
	for o, err := range p.o.Identity.AllOrganisations(ctx, a, identity.OrganisationQuery{}) {
		if err != nil {
			return out, err
		}
		if publish[o.ID] {
			out.Items = append(out.Items, ui.Item{Eyebrow: ui.T(ctx, o.Kind.LabelKey()), Title: o.Name, Href: "/organisations/" + o.Slug + "/board"})
		}
	}
	return out, nil
}

// rows computes blocks and lays them out; demo tells that some of it is invented.
// What cannot be shown is told to those who may arrange the board, and left out for
// others.
func (p *Pages) rows(ctx context.Context, r *http.Request, a about, blocks []dashboard.Block, may bool) (rows []rowView, demo bool, err error) {
	answers, err := p.o.Boards.Answers(ctx, shell.From(r).Actor, blocks, lang(r), p.day(r))
	if err != nil {
		return nil, false, err
	}
	answers = slices.DeleteFunc(answers, func(x dashboard.Answer) bool { return x.Problem != nil && !may })
	pair(answers)
	section := catalogue.ResourceID("")
	for i := range answers {
		x := &answers[i]
		demo = demo || x.Dataset.Demonstration
		if x.Block.Kind == dashboard.Figure {
			f := p.figure(ctx, x)
			if n := len(rows); n > 0 && rows[n-1].Block == nil {
				rows[n-1].Figures = append(rows[n-1].Figures, f)
			} else {
				rows = append(rows, rowView{Figures: []figureView{f}})
			}
			continue
		}
		v := p.block(ctx, a, x)
		if x.Block.Kind == dashboard.Text {
			section = x.Block.Resource
		} else if section == x.Block.Resource {
			v.Source = "" // said by the heading above
		}
		rows = append(rows, rowView{Block: v})
	}
	return rows, demo, nil
}

// pair makes the last of an odd run of half-wide blocks as wide as the page: nothing
// stands beside it.
func pair(list []dashboard.Answer) {
	run := 0
	for i := range list {
		b := &list[i].Block
		b.Wide = b.Wide || b.Kind == dashboard.Text || b.Kind == dashboard.Figure
		if !b.Wide {
			run++
		}
		if alone := i+1 == len(list) || list[i+1].Block.Wide || list[i+1].Block.Kind == dashboard.Text || list[i+1].Block.Kind == dashboard.Figure; alone {
			if run%2 == 1 && !b.Wide {
				b.Wide = true
			}
			run = 0
		}
	}
}

func (p *Pages) figure(ctx context.Context, x *dashboard.Answer) figureView {
	f := figureView{ID: x.Block.ID, Title: x.Block.Title, Value: x.Value, Problem: problem(ctx, x)}
	if f.Problem == nil {
		q := x.Query
		q.Aggregates = nil
		f.Href = rowsAddress(x, q.Encode())
	}
	return f
}

func rowsAddress(x *dashboard.Answer, query string) string {
	to := "/datasets/" + x.Dataset.Slug
	if query != "" {
		to += "?" + query
	}
	return to
}

func problem(ctx context.Context, x *dashboard.Answer) *ui.Notice {
	if x.Problem == nil {
		return nil
	}
	n := &ui.Notice{Kind: ui.LookHere, Title: ui.T(ctx, x.Problem.Key, x.Problem.Args)}
	if x.Problem.Hint != "" {
		n.Text = ui.T(ctx, x.Problem.Hint, x.Problem.Args)
	}
	return n
}

// source says where the rows come from, and of when they are.
func source(ctx context.Context, x *dashboard.Answer) string {
	return ui.T(ctx, "dashboardui.source", map[string]any{"Title": x.Dataset.Title, "Day": ui.Day(ctx, x.Version.CreatedAt)})
}

func (p *Pages) block(ctx context.Context, a about, x *dashboard.Answer) *blockView {
	v := &blockView{ID: "b-" + x.Block.ID, Title: x.Block.Title, Level: 3, Wide: x.Block.Wide, Problem: problem(ctx, x), class: string(x.Block.Kind)}
	if x.Block.Kind == dashboard.Text {
		v.Level, v.Wide = 2, true
		if x.Block.Text != "" {
			v.Text = templ.Raw(markup.HTML(x.Block.Text, 3))
		}
	}
	if x.Problem != nil || x.Dataset.Slug == "" {
		return v
	}
	v.Source = source(ctx, x)
	switch x.Block.Kind {
	case dashboard.Text:
		v.Href, v.Source = "/datasets/"+x.Dataset.Slug, ui.T(ctx, "dashboardui.as-of", map[string]any{"Day": ui.Day(ctx, x.Version.CreatedAt)})
	case dashboard.Chart:
		p.chart(ctx, v, x)
	case dashboard.Map:
		p.places(ctx, v, x)
	case dashboard.Table:
		t := rowsTable(ctx, v.ID, x)
		v.Table = &t
		more := ui.More(ui.T(ctx, "dashboardui.rows"), rowsAddress(x, x.Query.Encode()))
		v.More = &more
	case dashboard.Week:
		v.Week = week(ctx, a, v.ID, x)
		more := ui.More(ui.T(ctx, "dashboardui.rows"), rowsAddress(x, x.Query.Encode()))
		v.More = &more
	}
	return v
}

// upper begins a text with a capital.
func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// weekView is the menus of a week.
type weekView struct {
	Title  string
	Before *ui.Link
	After  *ui.Link
	Places []placeView
	More   string
	None   string
}

type placeView struct {
	Name string // "" when there is only one
	Days []dayView
}

type dayView struct {
	Name   string
	Dishes []dishView
}

type dishView struct {
	Course, Name, Label string
	Facts               []string // product, origin, allergens
	Products            []string // each with who supplies it
	ProductsLabel       string
}

func week(ctx context.Context, a about, id string, x *dashboard.Answer) *weekView {
	w := x.Week
	v := &weekView{Title: ui.T(ctx, "dashboardui.week", map[string]any{"Day": ui.Day(ctx, w.Monday)})}
	link := func(t time.Time, key string, icon ui.Icon) *ui.Link {
		if t.IsZero() {
			return nil
		}
		return &ui.Link{Label: ui.T(ctx, key), Icon: icon, Href: a.path + "?week=" + t.Format(time.DateOnly) + "#" + id}
	}
	v.Before, v.After = link(w.Before, "dashboardui.week.before", "chevron-left"), link(w.After, "dashboardui.week.after", "chevron-right")
	if len(w.Dishes) == 0 {
		v.None = ui.T(ctx, "dashboardui.week.none")
	}
	if w.More {
		v.More = ui.T(ctx, "dashboardui.week.more")
	}
	at := map[string]int{}
	for _, d := range w.Dishes {
		i, ok := at[d.Place]
		if !ok {
			i = len(v.Places)
			at[d.Place] = i
			v.Places = append(v.Places, placeView{Name: d.Place})
		}
		pl := &v.Places[i]
		name := upper(ui.T(ctx, "chart.weekday."+string(rune('1'+(int(d.Day.Weekday())+6)%7)))) + " " + ui.Day(ctx, d.Day)
		if n := len(pl.Days); n == 0 || pl.Days[n-1].Name != name {
			pl.Days = append(pl.Days, dayView{Name: name})
		}
		dish := dishView{Course: upper(d.Course), Name: d.Name, Label: d.Label}
		for _, fact := range []struct{ key, text string }{{"product", d.Product}, {"origin", d.Origin}, {"allergens", d.Allergens}} {
			if fact.text != "" {
				dish.Facts = append(dish.Facts, ui.T(ctx, "dashboardui.dish."+fact.key, map[string]any{"Value": fact.text}))
			}
		}
		for _, x := range d.Products {
			dish.Products = append(dish.Products, product(x))
		}
		if n := len(dish.Products); n > 0 {
			dish.ProductsLabel = ui.T(ctx, "dashboardui.dish.products", map[string]any{"Count": n})
		}
		day := &pl.Days[len(pl.Days)-1]
		day.Dishes = append(day.Dishes, dish)
	}
	return v
}

// product says what goes into a dish, where it comes from and under which labels.
func product(x dashboard.Product) string {
	text := x.Name
	var from []string
	for _, t := range []string{x.Supplier, x.Town, x.Label} {
		if t != "" {
			from = append(from, t)
		}
	}
	if len(from) > 0 {
		text += " (" + strings.Join(from, ", ") + ")"
	}
	return text
}
