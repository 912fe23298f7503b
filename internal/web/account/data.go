package account

import (
	"encoding/json"
	"net/http"
	"time"

	"socle/internal/community"
	"socle/internal/errs"
	"socle/internal/follow"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// dataView is what is kept of a person, and what they may do about it.
type dataView struct {
	Tabs     ui.Tabs
	Wrong    *ui.Notice
	Register ui.Table
}

func (p *Pages) data(w http.ResponseWriter, r *http.Request) error { return p.dataPage(w, r, nil) }

func (p *Pages) dataPage(w http.ResponseWriter, r *http.Request, problem error) error {
	ctx, status := r.Context(), http.StatusOK
	v := dataView{Tabs: shell.AccountTabs(r, DataPath), Register: p.registerTable(r)}
	if problem != nil {
		if errs.Is(problem, errs.Internal) {
			return problem
		}
		status, v.Wrong = httpx.Status(problem), ui.Failed(ctx, problem)
	}
	w.Header().Set("Cache-Control", "no-store")
	return shell.PageStatus(w, r, status, ui.Page{Title: ui.T(ctx, "account.data"), NoIndex: true}, dataPage(v))
}

// registerTable tells what is kept, why and how long (GDPR, articles 13 and 30).
func (p *Pages) registerTable(r *http.Request) ui.Table {
	ctx, k := r.Context(), p.o.Keep
	days := func(n int) string { return ui.T(ctx, "account.register.days", ui.Count(n)) }
	hours := func(d time.Duration) string {
		if d%(24*time.Hour) == 0 {
			return days(int(d / (24 * time.Hour)))
		}
		return ui.T(ctx, "account.register.hours", ui.Count(int(d/time.Hour)))
	}
	audit := ui.T(ctx, "account.register.for-ever")
	if k.AuditDays > 0 {
		audit = days(k.AuditDays)
	}
	open := ui.T(ctx, "account.register.open")
	t := ui.Table{ID: "register", Caption: ui.T(ctx, "account.register.caption"), CaptionHidden: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "account.register.what"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "account.register.why"), Kind: ui.ColumnText}, {Label: ui.T(ctx, "account.register.long"), Kind: ui.ColumnText}}}
	row := func(what, why, long string) {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: what, Header: true}, {Text: why}, {Text: long}}})
	}
	row(ui.T(ctx, "account.register.account"), ui.T(ctx, "account.register.account.why"), open)
	row(ui.T(ctx, "account.register.proofs"), ui.T(ctx, "account.register.proofs.why"), open)
	row(ui.T(ctx, "account.register.sessions"), ui.T(ctx, "account.register.sessions.why"), ui.T(ctx, "account.register.sessions.long", i18n.Args{"Idle": hours(k.SessionIdle), "Max": hours(k.SessionMax)}))
	row(ui.T(ctx, "account.register.attempts"), ui.T(ctx, "account.register.attempts.why"), ui.T(ctx, "account.register.attempts.long"))
	row(ui.T(ctx, "account.register.links"), ui.T(ctx, "account.register.links.why"), days(k.LinkDays))
	row(ui.T(ctx, "account.register.tokens"), ui.T(ctx, "account.register.tokens.why"), ui.T(ctx, "account.register.tokens.long"))
	row(ui.T(ctx, "account.register.letters"), ui.T(ctx, "account.register.letters.why"), ui.T(ctx, "account.register.letters.long", i18n.Args{"Days": days(k.MailDays)}))
	row(ui.T(ctx, "account.register.entries"), ui.T(ctx, "account.register.entries.why"), ui.T(ctx, "account.register.entries.long"))
	row(ui.T(ctx, "account.register.requests"), ui.T(ctx, "account.register.requests.why"), days(k.RequestDays))
	row(ui.T(ctx, "account.register.follows"), ui.T(ctx, "account.register.follows.why"), ui.T(ctx, "account.register.follows.long"))
	row(ui.T(ctx, "account.register.asked"), ui.T(ctx, "account.register.asked.why"), ui.T(ctx, "account.register.asked.long", i18n.Args{"Days": days(k.AskerDays)}))
	row(ui.T(ctx, "account.register.audit"), ui.T(ctx, "account.register.audit.why"), audit)
	return t
}

// registerView is the public page of personal data.
type registerView struct {
	Title, Lead string
	Register    ui.Table
	Contact     string
}

func (p *Pages) register(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := registerView{Title: ui.T(ctx, "account.privacy"), Lead: ui.T(ctx, "account.privacy.lead", i18n.Args{"Host": p.o.Host}), Register: p.registerTable(r), Contact: p.o.Contact}
	return shell.Page(w, r, ui.Page{Title: v.Title}, registerPage(v))
}

// The shape of the export: names of members are those of the file.
type (
	exported struct {
		Account       exportedAccount   `json:"account"`
		Organisations []exportedRole    `json:"organisations"`
		Passkeys      []exportedKey     `json:"passkeys"`
		Providers     []exportedLink    `json:"identity_providers"`
		Sessions      []exportedSession `json:"sessions"`
		Tokens        []exportedToken   `json:"tokens"`
		Follows       []exportedFollow  `json:"subscriptions"`
		Requests      []exportedRequest `json:"data_requests"`
		Acts          []exportedAct     `json:"acts"`
	}
	exportedAccount struct {
		ID           string     `json:"id"`
		Email        string     `json:"email"`
		Verified     bool       `json:"email_verified"`
		Name         string     `json:"name"`
		Language     string     `json:"language"`
		HostRoles    []string   `json:"host_roles"`
		Password     bool       `json:"has_password"`
		Codes        bool       `json:"has_codes"`
		CreatedAt    time.Time  `json:"created_at"`
		LastSignedIn *time.Time `json:"last_sign_in"`
	}
	exportedRole struct {
		Organisation string `json:"organisation"`
		Role         string `json:"role"`
	}
	exportedKey struct {
		Name      string     `json:"name"`
		CreatedAt time.Time  `json:"created_at"`
		UsedAt    *time.Time `json:"used_at"`
	}
	exportedLink struct {
		Provider string    `json:"provider"`
		Email    string    `json:"email"`
		LinkedAt time.Time `json:"linked_at"`
	}
	exportedSession struct {
		Network   string    `json:"network"`
		Browser   string    `json:"browser"`
		Method    string    `json:"method"`
		CreatedAt time.Time `json:"created_at"`
		SeenAt    time.Time `json:"seen_at"`
	}
	exportedToken struct {
		Name      string     `json:"name"`
		Scopes    string     `json:"scopes"`
		CreatedAt time.Time  `json:"created_at"`
		UsedAt    *time.Time `json:"used_at"`
	}
	exportedFollow struct {
		Kind      string     `json:"kind"`
		Of        string     `json:"of"` // identifier of the organisation or dataset, words of the search
		Channel   string     `json:"channel"`
		Pace      string     `json:"pace"`
		Name      string     `json:"name,omitempty"` // of a webhook
		URL       string     `json:"url,omitempty"`
		CreatedAt time.Time  `json:"created_at"`
		ToldAt    *time.Time `json:"last_told"`
	}
	exportedRequest struct {
		ID        string     `json:"id"`
		Words     string     `json:"words"`
		Place     string     `json:"place"`
		Answer    string     `json:"answer"`
		State     string     `json:"state"`
		CreatedAt time.Time  `json:"created_at"`
		ClosedAt  *time.Time `json:"closed_at"`
	}
	exportedAct struct {
		Line    int64           `json:"line"`
		At      time.Time       `json:"at"`
		Network string          `json:"network"`
		Verb    string          `json:"verb"`
		Object  string          `json:"object"`
		Before  json.RawMessage `json:"before"`
		After   json.RawMessage `json:"after"`
	}
)

func someTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// export gives all that is kept of the person, as JSON.
func (p *Pages) export(w http.ResponseWriter, r *http.Request) error {
	d, err := p.o.Identity.PersonalData(r.Context(), shell.From(r).Actor)
	if err != nil {
		return err
	}
	follows, err := p.o.Follows.Mine(r.Context(), shell.From(r).Actor)
	if err != nil {
		return err
	}
	requests, err := p.o.Community.Mine(r.Context(), shell.From(r).Actor)
	if err != nil {
		return err
	}
	httpx.Attach(w.Header(), "socle-account.json")
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, r, http.StatusOK, exportOf(d, follows, requests))
}

func exportOf(d identity.PersonalData, follows []follow.Follow, requests []community.Request) exported {
	out := exported{Account: exportedAccount{ID: string(d.Person.ID), Email: d.Person.Email, Verified: d.Ways.EmailVerified, Name: d.Person.Name, Language: string(d.Person.Language), HostRoles: []string{},
		Password: d.Ways.Password, Codes: d.Ways.Code, CreatedAt: d.Person.CreatedAt, LastSignedIn: someTime(d.Person.SignedInAt)},
		Organisations: []exportedRole{}, Passkeys: []exportedKey{}, Providers: []exportedLink{}, Sessions: []exportedSession{}, Tokens: []exportedToken{}, Follows: []exportedFollow{}, Requests: []exportedRequest{}, Acts: []exportedAct{}}
	for _, x := range d.Person.HostRoles.List() {
		out.Account.HostRoles = append(out.Account.HostRoles, x.String())
	}
	for _, m := range d.Memberships {
		out.Organisations = append(out.Organisations, exportedRole{m.Organisation, m.Role.String()})
	}
	for _, k := range d.Ways.Passkeys {
		out.Passkeys = append(out.Passkeys, exportedKey{k.Name, k.CreatedAt, someTime(k.UsedAt)})
	}
	for _, l := range d.Ways.Linked {
		out.Providers = append(out.Providers, exportedLink{l.Provider, l.Email, l.LinkedAt})
	}
	for _, s := range d.Sessions {
		out.Sessions = append(out.Sessions, exportedSession{s.Network, s.Agent, s.Method, s.CreatedAt, s.SeenAt})
	}
	for _, t := range d.Tokens {
		out.Tokens = append(out.Tokens, exportedToken{t.Name, t.Scopes.String(), t.CreatedAt, someTime(t.UsedAt)})
	}
	for _, f := range follows {
		x := exportedFollow{string(f.Kind), string(f.Organisation) + string(f.Dataset) + string(f.Search), string(f.Channel), string(f.Pace), "", "", f.CreatedAt, someTime(f.ToldAt)}
		if f.Hook != nil {
			x.Name, x.URL = f.Hook.Name, f.Hook.URL
		}
		out.Follows = append(out.Follows, x)
	}
	for _, x := range requests {
		out.Requests = append(out.Requests, exportedRequest{string(x.ID), x.Words, x.Place, x.Answer, string(x.State()), x.CreatedAt, someTime(x.ClosedAt)})
	}
	for _, e := range d.Acts {
		out.Acts = append(out.Acts, exportedAct{e.Seq, e.At, e.Network, e.Verb, e.Object, e.Before, e.After})
	}
	return out
}

func (p *Pages) askClose(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	return p.ask(w, r, ui.Ask{Title: ui.T(ctx, "account.close.ask"), Losses: []string{ui.T(ctx, "account.close.erased"), ui.T(ctx, "account.close.kept"), ui.T(ctx, "account.close.tokens")},
		Action: DataPath + "/close", Act: ui.T(ctx, "account.close.act"), Back: DataPath,
		Sure: &ui.Checkbox{Field: ui.Field{Name: "sure", Label: ui.T(ctx, "account.close.sure")}}})
}

func (p *Pages) closeAccount(w http.ResponseWriter, r *http.Request) error {
	a := shell.From(r).Actor
	if r.PostFormValue("sure") == "" {
		return p.dataPage(w, r, errs.New(errs.Invalid, "account.close.sure-first").WithHint("account.close.sure-first.hint"))
	}
	if err := p.o.Identity.CloseOwnAccount(r.Context(), a); err != nil {
		return p.dataPage(w, r, err)
	}
	shell.Forget(w, r)
	shell.Flash(w, r, ui.Good, "account.closed")
	return shell.Redirect(w, r, "/")
}
