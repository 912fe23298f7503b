package identity

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"socle/internal/errs"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// JoinRequest is someone who asks to join an organisation whose mail domain is that
// of their verified address.
type JoinRequest struct {
	ID           string
	Organisation OrganisationID
	Person       PersonID
	Name, Email  string // of the person
	AskedAt      time.Time
}

const maxDomains = 20

// publicMail are domains of mailboxes that anyone opens: an address there says
// nothing of whom one works for.
var publicMail = []string{
	"gmail.com", "googlemail.com", "outlook.com", "outlook.fr", "hotmail.com", "hotmail.fr", "live.com", "live.fr", "msn.com", "yahoo.com", "yahoo.fr",
	"orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "laposte.net", "bbox.fr", "neuf.fr", "icloud.com", "me.com", "aol.com", "gmx.fr", "gmx.com", "proton.me", "protonmail.com",
}

func domainOf(email string) string {
	_, domain, _ := strings.Cut(emailKey(email), "@")
	return domain
}

// Domains lists the mail domains whose people may ask to join an organisation.
// Rights: ActionReadMembers. Kinds: Denied, SignIn.
func (s *Service) Domains(ctx context.Context, a Actor, org OrganisationID) (list []string, err error) {
	defer errs.Wrap(&err, "identity.Domains(%s)", org)
	if err := a.Require(ActionReadMembers, org); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		list, err = domainsOf(ctx, tx, org)
		return err
	})
	return list, err
}

func domainsOf(ctx context.Context, tx *sqldb.Tx, org OrganisationID) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT domain FROM organisation_domains WHERE organisation = $1 ORDER BY domain`, org)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, sqldb.Text)
}

type domainsAudit struct {
	Domains []string `json:"domains"`
}

// SetDomains replaces those domains. Rights: ActionManageMembers. Kinds: Denied,
// SignIn, NotFound, Invalid (field "domains": a domain that is none, one of
// mailboxes that anyone opens, too many).
func (s *Service) SetDomains(ctx context.Context, a Actor, org OrganisationID, domains []string) (err error) {
	defer errs.Wrap(&err, "identity.SetDomains(%s)", org)
	if err := a.Require(ActionManageMembers, org); err != nil {
		return err
	}
	clean := []string{}
	for _, d := range domains {
		d = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(d)), "@")
		ascii, err := idna.Lookup.ToASCII(d)
		switch {
		case d == "":
			continue
		case err != nil || !strings.Contains(ascii, ".") || len(ascii) > 200 || strings.ContainsAny(ascii, " /:@\\"):
			return invalid().WithField("domains", "identity.domain.bad", errs.Args{"Domain": cutText(d, 100)})
		case slices.Contains(publicMail, ascii):
			return invalid().WithField("domains", "identity.domain.public", errs.Args{"Domain": ascii})
		case !slices.Contains(clean, ascii):
			clean = append(clean, ascii)
		}
	}
	if len(clean) > maxDomains {
		return invalid().WithField("domains", "identity.domain.many", errs.Args{"Count": maxDomains})
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := living(ctx, tx, org); err != nil {
			return err
		}
		was, err := domainsOf(ctx, tx, org)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM organisation_domains WHERE organisation = $1`, org); err != nil {
			return err
		}
		for _, d := range clean {
			if _, err := tx.Exec(ctx, `INSERT INTO organisation_domains (organisation, domain) VALUES ($1, $2)`, org, d); err != nil {
				return err
			}
		}
		return RecordIn(ctx, tx, a, org, "organisation.domains", "organisation:"+string(org), domainsAudit{was}, domainsAudit{clean})
	})
}

// Joinable is an organisation that one may ask to join.
type Joinable struct {
	Organisation OrganisationID
	Name         string
	Asked        bool // already
}

// Joinable lists the organisations of the domain of one's verified address, of which
// one is no member. Kinds: SignIn, Denied (a token).
func (s *Service) Joinable(ctx context.Context, a Actor) (list []Joinable, err error) {
	defer errs.Wrap(&err, "identity.Joinable(%s)", a)
	id, err := a.self()
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		list, err = joinable(ctx, tx, id)
		return err
	})
	return list, err
}

func joinable(ctx context.Context, tx *sqldb.Tx, id PersonID) ([]Joinable, error) {
	var email string
	var verified sqldb.NullTime
	if err := tx.QueryRow(ctx, `SELECT email, email_verified_at FROM people WHERE id = $1 AND closed_at IS NULL`, id).Scan(&email, &verified); err != nil {
		return nil, err
	}
	if verified.Time.IsZero() {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT o.id, o.name, (SELECT count(*) FROM join_requests j WHERE j.organisation = o.id AND j.person = $2 AND j.decided_at IS NULL)
		FROM organisation_domains d JOIN organisations o ON o.id = d.organisation
		WHERE d.domain = $1 AND o.merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM members m WHERE m.organisation = o.id AND m.person = $2) ORDER BY o.name_fold, o.id`, domainOf(email), id)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, func(r sqldb.Scanner) (j Joinable, err error) {
		var n int
		err = r.Scan(&j.Organisation, &j.Name, &n)
		j.Asked = n > 0
		return j, err
	})
}

// AskToJoin asks an organisation's administrators to join; asking twice asks once.
// Rights: Joinable lists it. Kinds: SignIn, Denied (a token), NotFound.
func (s *Service) AskToJoin(ctx context.Context, a Actor, org OrganisationID) (err error) {
	defer errs.Wrap(&err, "identity.AskToJoin(%s)", org)
	id, err := a.self()
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		list, err := joinable(ctx, tx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(j Joinable) bool { return j.Organisation == org })
		if i < 0 {
			return notFound()
		}
		if list[i].Asked {
			return nil
		}
		n, err := tx.Exec(ctx, `INSERT INTO join_requests (id, organisation, person, asked_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (organisation, person) WHERE decided_at IS NULL DO NOTHING`, s.newID(tx), org, id, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		if err := jobs.Emit(ctx, tx, JoinAsked{org, id}); err != nil {
			return err
		}
		return RecordIn(ctx, tx, a, org, "member.ask", "person:"+string(id), nil, nil)
	})
}

// JoinRequests lists those who wait for an answer, the first first. Rights:
// ActionManageMembers. Kinds: Denied, SignIn.
func (s *Service) JoinRequests(ctx context.Context, a Actor, org OrganisationID) (list []JoinRequest, err error) {
	defer errs.Wrap(&err, "identity.JoinRequests(%s)", org)
	if err := a.Require(ActionManageMembers, org); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT j.id, j.organisation, j.person, p.name, p.email, j.asked_at FROM join_requests j JOIN people p ON p.id = j.person
			WHERE j.organisation = $1 AND j.decided_at IS NULL AND p.closed_at IS NULL ORDER BY j.id`, org)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, func(r sqldb.Scanner) (j JoinRequest, err error) {
			return j, r.Scan(&j.ID, &j.Organisation, &j.Person, &j.Name, &j.Email, &j.AskedAt)
		})
		return err
	})
	return list, err
}

// DecideJoin answers a request: with a role, or NoRole to refuse. Of two answers at
// once, one counts. Rights: ActionManageMembers of its organisation. Kinds: Denied,
// SignIn, NotFound (answered already, or not the actor's to see), Invalid (role).
func (s *Service) DecideJoin(ctx context.Context, a Actor, request string, role Role) (err error) {
	defer errs.Wrap(&err, "identity.DecideJoin(%s)", request)
	if a.IsAnonymous() {
		return a.Require(ActionManageMembers, "")
	}
	if role > Administrator {
		return invalid().WithField("role", "identity.field.required")
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var org OrganisationID
		var p PersonID
		err := tx.QueryRow(ctx, `UPDATE join_requests SET decided_at = $2, decided_by = $3, role = $4 WHERE id = $1 AND decided_at IS NULL RETURNING organisation, person`,
			request, tx.Now(), a.Ref(), role).Scan(&org, &p)
		if err != nil {
			return err
		}
		if !a.Can(ActionManageMembers, org) {
			return notFound()
		}
		if _, err := openPerson(ctx, tx, p); err != nil {
			return err
		}
		if role == NoRole {
			if err := jobs.Emit(ctx, tx, JoinRefused{org, p}); err != nil {
				return err
			}
			return RecordIn(ctx, tx, a, org, "member.refuse", "person:"+string(p), nil, nil)
		}
		before, err := roleOf(ctx, tx, org, p)
		if err != nil || before >= role {
			return err
		}
		return s.putMember(ctx, tx, a, org, p, before, role)
	})
}
