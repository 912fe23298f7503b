package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"socle/internal/config"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/oidc"
	"socle/internal/web/account"
)

const day = 24 * time.Hour

// identityOptions are the settings of signing in.
func (a *App) identityOptions() identity.Options {
	c := a.Config
	base := c.Base()
	o := identity.Options{
		SessionIdle: c.Auth.SessionIdle, SessionMax: c.Auth.SessionMax, SecondFactor: identity.Requirement(c.Auth.SecondFactor),
		Party: identity.Party{Name: c.Host.Name, Host: base.Hostname(), Origin: base.Scheme + "://" + base.Host},
		Keep:  identity.Keep{Links: time.Duration(c.Keep.Links) * day, Requests: time.Duration(c.Keep.Requests) * day, Audit: time.Duration(c.Keep.Audit) * day},
	}
	if list := c.Auth.BreachedList(); list != "" {
		// The host may choose an address on its own network.
		o.Breached = breached(list, a.trusting(list, breachedTime, breachedBytes))
	}
	return o
}

const (
	breachedTime  = 2 * time.Second
	breachedBytes = 1 << 20 // a prefix has about a thousand lines of forty bytes
	providerTime  = 15 * time.Second
	providerBytes = 4 << 20
)

// trusting is a client for an address of the settings: its host may be private.
func (a *App) trusting(address string, limit time.Duration, bytes int64) *http.Client {
	o := httpx.ClientOptions{Timeout: limit, MaxBytes: bytes, Allow: a.Config.AllowedNetworks, UserAgent: "Socle/" + a.Version}
	if u, err := url.Parse(address); err == nil {
		host := u.Host
		if u.Port() == "" {
			host = map[string]string{"http": u.Hostname() + ":80", "https": u.Hostname() + ":443"}[u.Scheme]
		}
		o.AllowHosts = []string{host}
	}
	return httpx.Client(o)
}

// breached asks a list of breached passwords for what follows a prefix.
func breached(address string, client *http.Client) func(context.Context, string) (string, error) {
	return func(ctx context.Context, prefix string) (list string, err error) {
		defer errs.Wrap(&err, "app.breached")
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+prefix, nil)
		if err != nil {
			return "", err
		}
		req.Header.Set("Add-Padding", "true") // the length of the answer tells nothing
		res, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return "", errs.New(errs.Busy, "errs.busy").WithHint("errs.busy.hint")
		}
		b, err := io.ReadAll(io.LimitReader(res.Body, breachedBytes))
		return string(b), err
	}
}

// identityProviders are those of the file of settings.
func (a *App) identityProviders(readFile func(string) ([]byte, error)) ([]*oidc.Provider, error) {
	list, err := a.Config.Providers(readFile)
	if err != nil {
		return nil, err
	}
	var out []*oidc.Provider
	for _, p := range list {
		s := oidc.Settings{ID: p.ID, Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: p.ClientSecret, Scopes: p.Scopes, ACR: p.ACRValues, StrongACR: p.StrongACR,
			EmailClaim: p.EmailClaim, NameClaims: p.NameClaims, TrustEmail: p.TrustEmail, Create: p.Create}
		out = append(out, oidc.New(s, a.Config.Base().String()+account.ProviderPath+"/"+p.ID+"/back", a.trusting(p.Issuer, providerTime, providerBytes), time.Now))
	}
	return out, nil
}

// verifyAudit reads the whole audit and says whether it holds.
func verifyAudit(ctx context.Context, c *config.Config, out io.Writer, l i18n.Lang) (holds bool, err error) {
	a, err := there(ctx, c)
	if err != nil {
		return false, err
	}
	defer a.Close()
	check, err := a.Identity.VerifyAudit(ctx, identity.System("command line"))
	if err != nil {
		return false, err
	}
	key := "app.audit.holds"
	if check.Broken > 0 {
		key = "app.audit.broken"
	}
	args := i18n.Args{"Lines": check.Lines, "After": check.After, "Line": check.Broken, "Count": int(check.Lines), "Last": check.After + check.Lines, "Hash": check.Hash}
	fmt.Fprintln(out, i18n.T(l, key, args))
	if check.Broken == 0 && check.Lines > 0 {
		fmt.Fprintln(out, i18n.T(l, "app.audit.end", args))
	}
	return check.Broken == 0, nil
}

// accountPages are the pages of accounts.
func (a *App) accountPages(base string, attempts, general httpx.Option) *account.Pages {
	c := a.Config
	return account.New(account.Options{Identity: a.Identity, Mail: a.sendMail, MailIf: a.sendMailIf, BaseURL: base, Attempts: attempts, Limit: general, Now: time.Now, Providers: a.Providers,
		Contact: c.Host.Contact, Host: c.Host.Name, Follows: a.Follows, Community: a.Community,
		Keep: account.Keep{SessionIdle: c.Auth.SessionIdle, SessionMax: c.Auth.SessionMax, LinkDays: c.Keep.Links, RequestDays: c.Keep.Requests, MailDays: c.Keep.Mail, AuditDays: c.Keep.Audit, AskerDays: c.Keep.Askers}})
}
