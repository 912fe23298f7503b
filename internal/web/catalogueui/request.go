package catalogueui

import (
	"context"
	"net/url"

	"socle/internal/catalogue"
	"socle/internal/community"
	"socle/internal/identity"
	"socle/internal/markup"
	"socle/internal/web/ui"
)

// requestsPath is where data that is missing is asked for, and what was asked is read.
const requestsPath = "/requests"

// shownRequests is how many requests are shown beside something else.
const shownRequests = 5

// askFor is the address of the form that asks for data, with the words that were looked
// for and the address of the producer among whose data; "" for none.
func askFor(text, organisation string) string {
	v := url.Values{}
	if text != "" {
		v.Set("q", text)
	}
	if organisation != "" {
		v.Set("organisation", organisation)
	}
	if len(v) == 0 {
		return requestsPath + "/new"
	}
	return requestsPath + "/new?" + v.Encode()
}

// missing leads from the page of a dataset to the form that asks for what it lacks; nil
// for what nobody outside sees.
func missing(ctx context.Context, d catalogue.Dataset) *ui.Link {
	if d.State != catalogue.Published && d.State != catalogue.Internal {
		return nil
	}
	return &ui.Link{Label: ui.T(ctx, "communityui.missing.link"), Icon: "message-circle", Href: requestsPath + "/new?" + url.Values{"dataset": {d.Slug}}.Encode()}
}

// requestItem is a request that everyone may read.
func requestItem(ctx context.Context, x community.Request) ui.Item {
	return ui.Item{Title: x.Title(), Href: requestsPath + "/" + string(x.ID), Text: markup.Text(x.Answer, 200), Facts: []ui.Fact{{Icon: "message-circle", Text: ui.T(ctx, x.State().LabelKey())}}}
}

// asked lists what everyone may read of what was asked about a dataset.
func (p *Pages) asked(ctx context.Context, a identity.Actor, d catalogue.Dataset) (items ui.Items, err error) {
	list, err := p.o.Community.List(ctx, a, community.Query{Public: true, Dataset: d.ID, Limit: shownRequests})
	items.Level = 3
	for _, x := range list {
		items.Items = append(items.Items, requestItem(ctx, x))
	}
	return items, err
}
