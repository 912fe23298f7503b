package oidc

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"socle/internal/errs"
)

// Settings are what the host knows of a provider.
type Settings struct {
	ID           string   // in addresses and in the audit: "proconnect"
	Name         string   // on the button: "ProConnect"
	Issuer       string   // address under which /.well-known/openid-configuration is
	ClientID     string   // given by the provider
	ClientSecret string   // idem; "" for a public client
	Scopes       []string // besides openid; email and profile when empty
	ACR          []string // acr_values asked for
	StrongACR    []string // values of acr, or of amr, that stand for two proofs
	EmailClaim   string   // "email" when empty
	NameClaims   []string // joined by a space; "name" when empty
	TrustEmail   bool     // addresses are verified although no email_verified says so
	Create       bool     // whoever has an account there may have one here
}

// Claims are what the provider says, verified.
type Claims struct {
	Subject       string
	Email         string
	EmailVerified bool
	Name          string
	Strong        bool   // two proofs were asked for
	IDToken       string // given back to end the session there
}

// Journey is what must be remembered between Start and Finish.
type Journey struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"` // PKCE, RFC 7636
}

// Provider is one identity provider. Its configuration is read at the first use and
// again after a day.
type Provider struct {
	Settings Settings
	callback string
	client   *http.Client
	now      func() time.Time

	mu    sync.Mutex
	found *oidc.Provider
	ends  endpoints
	at    time.Time
}

// endpoints are those of the configuration that the library leaves out.
type endpoints struct {
	EndSession string `json:"end_session_endpoint"`
	UserInfo   string `json:"userinfo_endpoint"`
}

const (
	discoverEvery = 24 * time.Hour
	maxUserInfo   = 256 << 10
)

// New makes a provider. callback is the address here to which it sends browsers
// back; client guards outgoing requests; now is the clock that tokens are judged by.
func New(s Settings, callback string, client *http.Client, now func() time.Time) *Provider {
	if len(s.Scopes) == 0 {
		s.Scopes = []string{"email", "profile"}
	}
	if s.EmailClaim == "" {
		s.EmailClaim = "email"
	}
	if len(s.NameClaims) == 0 {
		s.NameClaims = []string{"name"}
	}
	return &Provider{Settings: s, callback: callback, client: client, now: now}
}

func (p *Provider) unreachable(cause error) error {
	return errs.New(errs.Busy, "oidc.unreachable", errs.Args{"Name": p.Settings.Name}).WithHint("oidc.unreachable.hint").Because(cause)
}

func (p *Provider) refused(cause error) error {
	return errs.New(errs.Denied, "oidc.refused", errs.Args{"Name": p.Settings.Name}).WithHint("oidc.refused.hint").Because(cause)
}

// discover reads the provider's configuration. Kinds: Busy.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, endpoints, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil && p.now().Sub(p.at) < discoverEvery {
		return p.found, p.ends, nil
	}
	// Keys are fetched later, by requests that outlive this one.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.Settings.Issuer)
	if err != nil {
		return nil, endpoints{}, p.unreachable(err)
	}
	var ends endpoints
	if err := found.Claims(&ends); err != nil {
		return nil, endpoints{}, p.unreachable(err)
	}
	p.found, p.ends, p.at = found, ends, p.now()
	return found, ends, nil
}

func (p *Provider) oauth(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: p.Settings.ClientID, ClientSecret: p.Settings.ClientSecret, Endpoint: found.Endpoint(), RedirectURL: p.callback,
		Scopes: append([]string{oidc.ScopeOpenID}, p.Settings.Scopes...)}
}

// Start gives the address to send the browser to, and what to remember until it
// comes back. Kinds: Busy (the provider does not answer).
func (p *Provider) Start(ctx context.Context) (to string, j Journey, err error) {
	defer errs.Wrap(&err, "oidc.Start(%s)", p.Settings.ID)
	found, _, err := p.discover(ctx)
	if err != nil {
		return "", j, err
	}
	j = Journey{State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier()}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(j.Nonce), oauth2.S256ChallengeOption(j.Verifier)}
	if len(p.Settings.ACR) > 0 {
		opts = append(opts, oauth2.SetAuthURLParam("acr_values", strings.Join(p.Settings.ACR, " ")))
	}
	return p.oauth(found).AuthCodeURL(j.State, opts...), j, nil
}

func random() string {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		panic("oidc: no randomness: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Finish checks the answer of the provider, which the browser brought in the query
// of the callback. Kinds: Denied (the person or the provider said no; a state, a
// nonce, a signature, an audience or a date that does not hold), Busy.
func (p *Provider) Finish(ctx context.Context, j Journey, query url.Values) (c Claims, err error) {
	defer errs.Wrap(&err, "oidc.Finish(%s)", p.Settings.ID)
	if j.State == "" || query.Get("state") != j.State {
		return c, p.refused(errors.New("another state"))
	}
	if e := query.Get("error"); e != "" {
		return c, p.refused(errors.New("the provider answers " + e + " " + query.Get("error_description")))
	}
	found, ends, err := p.discover(ctx)
	if err != nil {
		return c, err
	}
	if iss := query.Get("iss"); iss != "" && iss != p.Settings.Issuer { // RFC 9207
		return c, p.refused(errors.New("another issuer"))
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.oauth(found).Exchange(ctx, query.Get("code"), oauth2.VerifierOption(j.Verifier))
	if err != nil {
		return c, p.refused(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.Settings.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return c, p.refused(err)
	}
	if id.Nonce != j.Nonce {
		return c, p.refused(errors.New("another nonce"))
	}
	all := map[string]any{}
	if err := id.Claims(&all); err != nil {
		return c, p.refused(err)
	}
	if ends.UserInfo != "" {
		more, err := p.userInfo(ctx, found, ends.UserInfo, token.AccessToken)
		if err != nil {
			return c, err
		}
		if text(more, "sub") != id.Subject { // OpenID Connect Core, section 5.3.2
			return c, p.refused(errors.New("the information is of somebody else"))
		}
		for _, k := range append([]string{p.Settings.EmailClaim, "email_verified"}, p.Settings.NameClaims...) {
			if v, ok := more[k]; ok {
				all[k] = v
			}
		}
	}
	return p.claims(id.Subject, raw, all), nil
}

// userInfo asks who it is: JSON, or a signed JWT (OpenID Connect Core, section
// 5.3.2), as ProConnect answers.
func (p *Provider) userInfo(ctx context.Context, found *oidc.Provider, address, access string) (map[string]any, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, p.unreachable(err)
	}
	req.Header.Set("Authorization", "Bearer "+access)
	res, err := p.client.Do(req)
	if err != nil {
		return nil, p.unreachable(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxUserInfo))
	if err != nil {
		return nil, p.unreachable(err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, p.refused(errors.New("userinfo: " + res.Status))
	}
	all := map[string]any{}
	if kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); kind != "application/jwt" {
		if err := json.Unmarshal(body, &all); err != nil {
			return nil, p.refused(err)
		}
		return all, nil
	}
	// Such a JWT need not bear a date; what it bears must hold.
	signed, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.Settings.ClientID, SkipExpiryCheck: true}).Verify(ctx, strings.TrimSpace(string(body)))
	if err != nil {
		return nil, p.refused(err)
	}
	if !signed.Expiry.IsZero() && signed.Expiry.Unix() > 0 && signed.Expiry.Before(p.now()) {
		return nil, p.refused(errors.New("userinfo: expired"))
	}
	if err := signed.Claims(&all); err != nil {
		return nil, p.refused(err)
	}
	return all, nil
}

func (p *Provider) claims(subject, raw string, all map[string]any) Claims {
	c := Claims{Subject: subject, Email: text(all, p.Settings.EmailClaim), IDToken: raw}
	switch v := all["email_verified"].(type) {
	case bool:
		c.EmailVerified = v
	case string: // some providers write it as text
		c.EmailVerified = v == "true"
	default:
		c.EmailVerified = p.Settings.TrustEmail
	}
	c.EmailVerified = c.EmailVerified && c.Email != ""
	var name []string
	for _, k := range p.Settings.NameClaims {
		if s := strings.TrimSpace(text(all, k)); s != "" {
			name = append(name, s)
		}
	}
	c.Name = strings.Join(name, " ")
	c.Strong = slices.Contains(p.Settings.StrongACR, text(all, "acr"))
	if list, ok := all["amr"].([]any); ok {
		for _, v := range list {
			s, _ := v.(string)
			c.Strong = c.Strong || s != "" && slices.Contains(p.Settings.StrongACR, s)
		}
	}
	return c
}

func text(all map[string]any, key string) string {
	s, _ := all[key].(string)
	return s
}

// EndSession gives the address that ends the session at the provider (OpenID
// Connect RP-Initiated Logout 1.0), from where the browser comes back to back; ""
// when the provider has none. Kinds: Busy.
func (p *Provider) EndSession(ctx context.Context, idToken, back string) (to string, err error) {
	defer errs.Wrap(&err, "oidc.EndSession(%s)", p.Settings.ID)
	_, ends, err := p.discover(ctx)
	if err != nil || ends.EndSession == "" {
		return "", err
	}
	u, err := url.Parse(ends.EndSession)
	if err != nil {
		return "", p.unreachable(err)
	}
	q := u.Query()
	q.Set("id_token_hint", idToken)
	q.Set("client_id", p.Settings.ClientID)
	q.Set("post_logout_redirect_uri", back)
	q.Set("state", random())
	u.RawQuery = q.Encode()
	return u.String(), nil
}
