package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/usage"
	"socle/internal/web/shell"
)

// usageFlush is how often the counts of visits are written.
const usageFlush = 10 * time.Second

// counted are the routes whose answers are counted, by their pattern: what is asked,
// and the value of the path that says of what.
var counted = []struct {
	pattern string
	kind    usage.Kind
	of      func(r *http.Request) usage.Subject
}{
	{"GET /datasets/{slug}", usage.View, bySlug},
	{"GET /embed/datasets/{slug}/table", usage.View, bySlug},
	{"GET /embed/datasets/{slug}/chart", usage.View, bySlug},
	{"GET /embed/datasets/{slug}/map", usage.View, bySlug},
	{"GET /api/v1/resources/{id}/original", usage.Download, byResource},
	{"GET /api/v1/resources/{id}/{file}", usage.Download, byResource},
	{"GET /api/v1/resources/{id}/rows", usage.API, byResource},
	{"GET /api/v1/resources/{id}/features", usage.API, byResource},
	{"GET /api/v1/resources/{id}/profile", usage.API, byResource},
	{"GET /api/v1/resources/{id}/schema", usage.API, byResource},
	{"GET /api/resources/{id}/data/{$}", usage.API, byResource},
	{"GET /api/resources/{id}/data/json/{$}", usage.Download, byResource},
	{"GET /api/resources/{id}/data/csv/{$}", usage.Download, byResource},
	{"GET /api/explore/v2.1/catalog/datasets/{id}/records", usage.API, byID},
	{"GET /api/explore/v2.1/catalog/datasets/{id}/facets", usage.API, byID},
	{"GET /api/explore/v2.1/catalog/datasets/{id}/exports/{format}", usage.Download, byID},
}

// usedLately is the time over which the order of search counts use.
const usedLately = 90 * 24 * time.Hour

// used is how often each dataset was asked for lately.
func (a *App) used(ctx context.Context) (map[catalogue.DatasetID]int64, error) {
	totals, err := a.Usage.Totals(ctx, identity.System("search"), time.Now().Add(-usedLately))
	if err != nil {
		return nil, err
	}
	out := make(map[catalogue.DatasetID]int64, len(totals))
	for id, c := range totals {
		out[id] = c.Total()
	}
	return out, nil
}

func bySlug(r *http.Request) usage.Subject { return usage.Subject{Slug: r.PathValue("slug")} }

// byID is an interface that names datasets by their address.
func byID(r *http.Request) usage.Subject { return usage.Subject{Slug: r.PathValue("id")} }

func byResource(r *http.Request) usage.Subject {
	return usage.Subject{Resource: catalogue.ResourceID(r.PathValue("id"))}
}

// count makes the routes of counted say that they were asked.
func (a *App) count(routes []shell.Route) []shell.Route {
	out := make([]shell.Route, len(routes))
	for i, route := range routes {
		for _, c := range counted {
			if c.pattern == route.Pattern {
				route.Handler = a.counting(route.Handler, c.kind, c.of)
			}
		}
		out[i] = route
	}
	return out
}

func (a *App) counting(h httpx.HandlerFunc, k usage.Kind, of func(*http.Request) usage.Subject) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		if err == nil && asked(r, k) {
			a.Usage.Count(of(r), k, time.Now())
		}
		return err
	}
}

// asked reports whether a request is someone's: no robot that says so, no page
// fetched in advance, and no call that a page of the portal makes to show itself.
func asked(r *http.Request, k usage.Kind) bool {
	h := r.Header
	return r.Method == http.MethodGet && !usage.Robot(h.Get("User-Agent")) &&
		!strings.Contains(h.Get("Sec-Purpose")+h.Get("Purpose"), "prefetch") &&
		(k != usage.API || h.Get("Sec-Fetch-Site") != "same-origin")
}
