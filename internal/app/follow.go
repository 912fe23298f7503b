package app

import (
	"context"
	"strings"
	"time"

	"socle/internal/catalogue/find"
	"socle/internal/follow"
	"socle/internal/httpx"
	"socle/internal/identity"
)

// webhookTime is how long a program has to answer, webhookBytes how much of its
// answer is read.
const (
	webhookTime  = 15 * time.Second
	webhookBytes = 64 << 10
)

// follows is who tells of what changes. Programs are called by a guarded client that
// follows no redirection: an answer elsewhere is no answer.
func (a *App) follows() *follow.Service {
	c := a.Config
	client := httpx.Client(httpx.ClientOptions{Timeout: webhookTime, MaxBytes: webhookBytes, MaxRedirects: -1, Allow: c.AllowedNetworks, UserAgent: "Socle/" + a.Version})
	return follow.New(follow.Options{DB: a.DB, Identity: a.Identity, Catalogue: a.Catalogue, Find: a.search, Post: httpx.Poster(client), Key: a.followKey,
		BaseURL: strings.TrimSuffix(c.Base().String(), "/"), Host: c.Host.Name, Zone: c.Location(), PlainHTTP: len(c.AllowedNetworks) > 0, Log: a.Log})
}

// search answers with all that has changed until now: what is told once must not be
// looked for in an index that lags.
func (a *App) search(ctx context.Context, who identity.Actor, q find.Query) (find.Result, error) {
	if err := a.Find.Sync(ctx); err != nil {
		return find.Result{}, err
	}
	return a.Find.Search(ctx, who, q)
}
