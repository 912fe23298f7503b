package publishui

import (
	"context"
	"net/http"
	"strings"

	"socle/internal/i18n"
	"socle/internal/schema/check"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// rulesView is the page that explains the checks; each has the code of its reports
// as its place on the page.
type rulesView struct {
	Head  ui.PageHead
	Kinds []ruleKind
}

type ruleKind struct {
	Title string
	Rules []ruleView
}

type ruleView struct {
	Code  string
	Name  string
	Why   string
	Facts ui.KeyValues
	Says  []string
}

func (p *Pages) rules(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	view := rulesView{Head: ui.PageHead{Title: ui.T(ctx, "check.doc.title"), Lead: ui.T(ctx, "publishui.rules.lead")}}
	for _, k := range check.Explain(ui.LangOf(ctx)) {
		kind := ruleKind{Title: k.Title}
		for _, e := range k.Checks {
			rule := ruleView{Code: e.Code, Name: e.Name, Why: e.Why, Says: e.Says}
			add := func(key, value string) {
				if value != "" {
					rule.Facts.Rows = append(rule.Facts.Rows, ui.KeyValue{Key: ui.T(ctx, key), Content: code(value)})
				}
			}
			add("publishui.rules.code", e.Code)
			add("check.doc.params", strings.Join(e.Params, ", "))
			add("check.doc.bad", e.Bad)
			add("check.doc.good", e.Good)
			kind.Rules = append(kind.Rules, rule)
		}
		view.Kinds = append(view.Kinds, kind)
	}
	page := ui.Page{Title: view.Head.Title, Place: "/check", Description: view.Head.Lead,
		Crumbs: []ui.Crumb{{Label: ui.T(ctx, "publishui.check"), Href: "/check"}, {Label: view.Head.Title}}}
	return shell.Page(w, r, page, rulesPage(view))
}

// ruleOf leads to the explanation of the check of a code; nil when there is none.
func ruleOf(ctx context.Context, code string) *ui.Link {
	if !check.IsDocumented(code) {
		return nil
	}
	return &ui.Link{Label: ui.T(ctx, "publishui.rule", i18n.Args{"Name": check.Name(ui.LangOf(ctx), code)}), Href: "/check/rules#" + code}
}
