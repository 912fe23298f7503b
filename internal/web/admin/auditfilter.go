package admin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/identity"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// actGroups are the first words of the verbs of the audit, in the order of the filter.
var actGroups = []string{
	"dataset", "resource", "version", "table", "entries", "form", "data", "request", "consolidation", "board", "watch", "webhook",
	"organisation", "member", "invitation", "mandate", "token", "person", "passkey", "session", "page", "mail", "job", "audit",
}

// auditFilter is the form that narrows the audit.
type auditFilter struct {
	Action       string
	Organisation *ui.Select // of the host alone
	Who          ui.Input
	Acts         ui.Select
	Since, Until ui.Input
	Object       ui.Input
}

// auditQuery reads which lines are asked for, and fills in the form with it. People are
// named in words (who) or by a link of the table (person).
func (p *Pages) auditQuery(r *http.Request, org identity.OrganisationID, f *auditFilter) (q identity.AuditQuery, err error) {
	ctx, v := r.Context(), r.URL.Query()
	q = identity.AuditQuery{Organisation: org, Object: v.Get("object"), Limit: pageSize}
	q.Before, _ = strconv.ParseInt(v.Get("before"), 10, 64) // 0, the newest, when it is no number
	field := func(name, key string) ui.Field {
		return ui.Field{Name: name, Label: ui.T(ctx, key), Optional: true}
	}
	f.Who = ui.Input{Field: field("who", "admin.audit.who"), Value: strings.TrimSpace(v.Get("who"))}
	f.Who.Help = ui.T(ctx, "admin.audit.who.help")
	switch id := identity.PersonID(v.Get("person")); {
	case f.Who.Value != "":
		if q.People, err = p.peopleCalled(ctx, shell.From(r).Actor, org, f.Who.Value); err != nil {
			return q, err
		}
	case id != "":
		names, err := p.o.Identity.Names(ctx, shell.From(r).Actor, id)
		if err != nil {
			return q, err
		}
		q.People, f.Who.Value = []identity.PersonID{id}, names[id]
	}
	f.Acts = ui.Select{Field: field("acts", "admin.audit.acts"), Empty: ui.T(ctx, "admin.audit.everywhere")}
	for _, g := range actGroups {
		f.Acts.Options = append(f.Acts.Options, ui.Option{Value: g, Label: ui.T(ctx, "admin.acts."+g)})
	}
	if g := v.Get("acts"); slices.Contains(actGroups, g) {
		q.Acts, f.Acts.Value = g, g
	}
	day := func(name, key string) (time.Time, ui.Input) {
		in := ui.Input{Field: field(name, key), Type: "date"}
		t, err := time.ParseInLocation(time.DateOnly, v.Get(name), p.o.Now().Location())
		if err != nil {
			return time.Time{}, in
		}
		in.Value = v.Get(name)
		return t, in
	}
	q.Since, f.Since = day("since", "admin.audit.since")
	if q.Until, f.Until = day("until", "admin.audit.until"); !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1) // that day too
	}
	f.Object = ui.Input{Field: field("object", "admin.audit.object"), Value: q.Object}
	f.Object.Help = ui.T(ctx, "admin.audit.object.help")
	return q, nil
}

// peopleCalled are those whose name or e-mail address is meant: of the portal for who
// may read its people, else the members of the organisation.
func (p *Pages) peopleCalled(ctx context.Context, a identity.Actor, org identity.OrganisationID, text string) (out []identity.PersonID, err error) {
	out = []identity.PersonID{}
	if a.Can(identity.ActionReadPeople, "") {
		list, err := p.o.Identity.People(ctx, a, identity.PeopleQuery{Text: text, Limit: 200})
		for _, x := range list {
			out = append(out, x.ID)
		}
		return out, err
	}
	list, err := p.o.Identity.Members(ctx, a, org)
	words := identity.Fold(text)
	for _, m := range list {
		if strings.Contains(identity.Fold(m.Name), words) || strings.Contains(identity.Fold(m.Email), words) {
			out = append(out, m.Person)
		}
	}
	return out, err
}

// narrowed is the address of the same lines, those of one person or object alone.
func narrowed(r *http.Request, name, value string) string {
	q := url.Values{name: {value}}
	for _, k := range []string{"organisation", "person", "who", "acts", "since", "until", "object"} {
		if v := r.URL.Query().Get(k); v != "" && k != name && !(name == "person" && k == "who") {
			q.Set(k, v)
		}
	}
	return shell.From(r).Path + "?" + q.Encode()
}

// auditNames are what the objects of lines are called, as far as the reader may know.
type auditNames struct {
	people        map[identity.PersonID]string
	accounts      bool // the reader may open the page of a person
	organisations map[identity.OrganisationID]identity.Organisation
	datasets      map[catalogue.DatasetID]catalogue.Dataset
}

func (p *Pages) auditNames(ctx context.Context, a identity.Actor, list []identity.AuditEntry) (n auditNames, err error) {
	var people []identity.PersonID
	var orgs []identity.OrganisationID
	var sets []catalogue.DatasetID
	for _, e := range list {
		if x := identity.PersonOfRef(e.Actor); x != "" {
			people = append(people, x)
		}
		if e.Organisation != "" {
			orgs = append(orgs, e.Organisation)
		}
		switch kind, id, _ := strings.Cut(e.Object, ":"); kind {
		case "person":
			people = append(people, identity.PersonID(id))
		case "organisation", "board":
			orgs = append(orgs, identity.OrganisationID(id))
		case "dataset":
			sets = append(sets, catalogue.DatasetID(id))
		}
	}
	n.accounts = a.Can(identity.ActionReadPeople, "")
	if n.people, err = p.o.Identity.Names(ctx, a, people...); err != nil {
		return n, err
	}
	if n.organisations, err = p.o.Identity.OrganisationsByID(ctx, a, orgs...); err != nil {
		return n, err
	}
	n.datasets, err = p.o.Catalogue.GetMany(ctx, a, sets...)
	return n, err
}

// object says what a line is about: nothing where the reader may not know its name,
// which stays in the detail as it is written.
func (n auditNames) object(ctx context.Context, object string) ui.Cell {
	kind, id, _ := strings.Cut(object, ":")
	switch kind {
	case "person":
		name, ok := n.people[identity.PersonID(id)]
		switch {
		case ok && name != "" && n.accounts:
			return ui.Cell{Text: name, Href: "/admin/people/" + id}
		case ok && name != "":
			return ui.Cell{Text: name}
		}
		return ui.Cell{Text: ui.T(ctx, "admin.person.nameless")}
	case "organisation", "board":
		if o, ok := n.organisations[identity.OrganisationID(id)]; ok {
			return ui.Cell{Text: o.Name, Href: "/organisations/" + o.Slug}
		}
	case "dataset":
		if d, ok := n.datasets[catalogue.DatasetID(id)]; ok {
			return ui.Cell{Text: d.Title, Href: "/datasets/" + d.Slug}
		}
	}
	return ui.Cell{}
}
