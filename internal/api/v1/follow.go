package v1

import (
	"net/http"
	"net/url"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/follow"
	"socle/internal/httpx"
	"socle/internal/identity"
)

// followRequest says what to follow, and how to be told.
type followRequest struct {
	Kind    string            `json:"kind"`    // portal, organisation, dataset, search
	Of      string            `json:"of"`      // identifier or address of the dataset or organisation
	Search  map[string]string `json:"search"`  // parameters of a search: q, theme, organisation…
	Channel string            `json:"channel"` // mail (default) or webhook
	Pace    string            `json:"pace"`    // of mail: soon, daily (default), weekly
	Name    string            `json:"name"`    // of a webhook
	URL     string            `json:"url"`     // of a webhook
}

type followAnswer struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	Of        string     `json:"of"` // identifier; "" for the portal and searches
	Search    string     `json:"search"`
	Channel   string     `json:"channel"`
	Pace      string     `json:"pace"`
	Name      string     `json:"name"`
	URL       string     `json:"url"`
	Problem   string     `json:"problem"` // why a webhook was stopped
	Paused    *time.Time `json:"paused_at"`
	Told      *time.Time `json:"told_at"`
	CreatedAt time.Time  `json:"created_at"`
	Secret    string     `json:"secret,omitempty"` // of a webhook, in the answer that makes it alone
}

type followsAnswer struct {
	Follows []followAnswer `json:"follows"`
}

func followOf(f follow.Follow) followAnswer {
	some := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	ans := followAnswer{ID: string(f.ID), Kind: string(f.Kind), Of: string(f.Organisation) + string(f.Dataset), Search: string(f.Search), Channel: string(f.Channel), Pace: string(f.Pace),
		Paused: some(f.PausedAt), Told: some(f.ToldAt), CreatedAt: f.CreatedAt}
	if f.Hook != nil {
		ans.Name, ans.URL, ans.Problem = f.Hook.Name, f.Hook.URL, f.Hook.Problem
	}
	return ans
}

func (api *API) listFollows(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	list, err := api.o.Follows.Mine(r.Context(), actor(r))
	if err != nil {
		return err
	}
	ans := followsAnswer{Follows: []followAnswer{}}
	for _, f := range list {
		ans.Follows = append(ans.Follows, followOf(f))
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, ans)
}

// topic reads what is to be followed. Kinds: Invalid, NotFound.
func (api *API) topic(r *http.Request, q followRequest) (t follow.Topic, err error) {
	ctx, a := r.Context(), actor(r)
	t.Kind = follow.Kind(q.Kind)
	switch t.Kind {
	case follow.Organisation:
		o, err := api.o.Identity.FindOrganisation(ctx, a, q.Of)
		if err != nil {
			return t, err
		}
		t.Organisation = o.ID
	case follow.Dataset:
		d, err := api.o.Catalogue.Get(ctx, a, catalogue.DatasetID(q.Of))
		if errs.Is(err, errs.NotFound) {
			d, err = api.o.Catalogue.ByAddress(ctx, a, q.Of)
		}
		if err != nil {
			return t, err
		}
		t.Dataset = d.ID
	case follow.Search:
		v := url.Values{}
		for name, value := range q.Search {
			v.Set(name, value)
		}
		if ref := v.Get("organisation"); ref != "" {
			o, err := api.o.Identity.FindOrganisation(ctx, a, ref)
			if err != nil {
				return t, err
			}
			v.Set("organisation", string(o.ID))
		}
		t.Search, err = follow.ParseWords(v)
	}
	return t, err
}

func (api *API) createFollow(w http.ResponseWriter, r *http.Request) error {
	var q followRequest
	if err := httpx.ReadJSON(r, &q); err != nil {
		return err
	}
	a := actor(r)
	if a.Person() == "" { // said before what is asked is looked at
		_, err := api.o.Follows.Mine(r.Context(), a)
		return err
	}
	t, err := api.topic(r, q)
	if err != nil {
		return err
	}
	ans, err := api.begin(r, a, t, q)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, r, http.StatusCreated, ans)
}

func (api *API) begin(r *http.Request, a identity.Actor, t follow.Topic, q followRequest) (followAnswer, error) {
	switch follow.Channel(q.Channel) {
	case follow.Webhook:
		f, secret, err := api.o.Follows.AddWebhook(r.Context(), a, t, follow.Hook{Name: q.Name, URL: q.URL})
		if err != nil {
			return followAnswer{}, err
		}
		ans := followOf(f)
		ans.Secret = secret
		return ans, nil
	case follow.Mail, "":
		pace := follow.Pace(q.Pace)
		if pace == "" {
			pace = follow.Daily
		}
		f, err := api.o.Follows.Follow(r.Context(), a, t, pace)
		if err != nil {
			return followAnswer{}, err
		}
		return followOf(f), nil
	}
	return followAnswer{}, errs.New(errs.Invalid, "api.channel").WithField("channel", "api.channel")
}

func (api *API) deleteFollow(w http.ResponseWriter, r *http.Request) error {
	if err := only(r); err != nil {
		return err
	}
	if err := api.o.Follows.Stop(r.Context(), actor(r), follow.ID(r.PathValue("id"))); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
