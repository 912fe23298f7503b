package identity

import (
	"context"
	"net/mail"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/jobs"
	outbox "socle/internal/mail"
	"socle/internal/sqldb"
)

// Person is an account.
type Person struct {
	ID         PersonID
	Email      string
	Name       string
	Language   i18n.Lang
	HostRoles  HostRoles
	CreatedAt  time.Time
	SignedInAt time.Time // last sign-in; zero when never
	ClosedAt   time.Time // zero while open
}

// NewPerson is what a new account needs.
type NewPerson struct {
	Email    string
	Name     string // 2 to 100 characters
	Language i18n.Lang
	Password string // 12 characters or more; "" only where said
	Without  bool   // no password is wanted, where said
}

// emailKey is what makes two addresses the same account; it is text that the
// database can hold, whatever came from outside.
func emailKey(email string) string {
	email = strings.ReplaceAll(strings.ToValidUTF8(email, "\uFFFD"), "\x00", "\uFFFD")
	return strings.ToLower(norm.NFKC.String(strings.TrimSpace(email)))
}

// emailField checks an address and returns it trimmed.
func emailField(e *errs.Error, name, email string) string {
	email = strings.TrimSpace(email)
	a, err := mail.ParseAddress(email)
	_, domain, _ := strings.Cut(email, "@")
	switch {
	case email == "":
		e.WithField(name, "identity.field.required")
	case err != nil, a.Address != email, len(email) > 254, strings.HasPrefix(domain, "["), strings.HasSuffix(domain, "."):
		e.WithField(name, "identity.field.email")
	}
	return email
}

func languageOrFrench(l i18n.Lang) i18n.Lang {
	if l == i18n.English {
		return l
	}
	return i18n.French
}

// preparePerson checks a form and hashes its password, outside any transaction.
func (s *Service) preparePerson(ctx context.Context, p NewPerson) (NewPerson, string, error) {
	e := invalid()
	p = whoIs(e, p)
	if err := s.checkNewPassword(ctx, e, p.Password, p.Email, p.Name); err != nil {
		return p, "", err
	}
	hash, err := s.hasher.hash(ctx, p.Password)
	return p, hash, err
}

// whoIs checks all but the password, and tells e what is wrong.
func whoIs(e *errs.Error, p NewPerson) NewPerson {
	p.Email = emailField(e, "email", p.Email)
	p.Name = textField(e, "name", p.Name, 2, 100)
	p.Language = languageOrFrench(p.Language)
	return p
}

const personColumns = `id, email, name, language, host_roles, created_at, signed_in_at, closed_at`

func scanPerson(r sqldb.Scanner) (p Person, err error) {
	var in, closed sqldb.NullTime
	err = r.Scan(&p.ID, &p.Email, &p.Name, &p.Language, &p.HostRoles, &p.CreatedAt, &in, &closed)
	p.SignedInAt, p.ClosedAt = in.Time, closed.Time
	return p, err
}

// insertPerson writes an account. Kinds: Conflict (the e-mail is taken).
func (s *Service) insertPerson(ctx context.Context, tx *sqldb.Tx, p NewPerson, hash string, host HostRoles) (Person, error) {
	out := Person{ID: PersonID(s.newID(tx)), Email: p.Email, Name: p.Name, Language: p.Language, HostRoles: host, CreatedAt: tx.Now()}
	_, err := tx.Exec(ctx, `INSERT INTO people (id, email, email_key, name, language, password, host_roles, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		out.ID, out.Email, emailKey(out.Email), out.Name, out.Language, hash, out.HostRoles, out.CreatedAt)
	if sqldb.Violates(err, "people_email") {
		return Person{}, errs.New(errs.Conflict, "identity.email-taken").WithField("email", "identity.email-taken").WithHint("identity.email-taken.hint")
	}
	return out, err
}

// personAudit is what the audit keeps of an account: nothing that names it.
type personAudit struct {
	Language  i18n.Lang `json:"language"`
	HostRoles []string  `json:"hostRoles"`
	Closed    bool      `json:"closed"`
}

func auditOfPerson(p Person) personAudit {
	return personAudit{p.Language, codes(p.HostRoles.List()), !p.ClosedAt.IsZero()}
}

func codes[T interface{ String() string }](list []T) []string {
	out := []string{}
	for _, x := range list {
		out = append(out, x.String())
	}
	return out
}

// CreatePerson makes an account with a password, without an invitation: for the
// command line of the server and the demonstration. Rights: ActionManagePeople.
// Kinds: Denied, SignIn, Invalid (fields), Conflict (the e-mail is taken).
func (s *Service) CreatePerson(ctx context.Context, a Actor, n NewPerson, host HostRoles) (p Person, err error) {
	defer errs.Wrap(&err, "identity.CreatePerson")
	if err := a.Require(ActionManagePeople, ""); err != nil {
		return p, err
	}
	e := invalid()
	n = whoIs(e, n)
	checkPassword(e, n.Password, n.Email, n.Name) // no list is asked about what the program draws
	if err := problems(e); err != nil {
		return p, err
	}
	hash, err := s.hasher.hash(ctx, n.Password)
	if err != nil {
		return p, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if p, err = s.insertPerson(ctx, tx, n, hash, host); err != nil {
			return err
		}
		if err := Record(ctx, tx, a, "person.create", "person:"+string(p.ID), nil, auditOfPerson(p)); err != nil {
			return err
		}
		return jobs.Emit(ctx, tx, PersonJoined{Person: p.ID})
	})
	return p, err
}

// Person returns an account: one's own, or anyone's for ActionReadPeople.
// Kinds: SignIn, NotFound.
func (s *Service) Person(ctx context.Context, a Actor, id PersonID) (p Person, err error) {
	defer errs.Wrap(&err, "identity.Person(%s)", id)
	if a.person != id && !a.Can(ActionReadPeople, "") {
		if a.IsAnonymous() {
			return p, a.Require(ActionReadPeople, "")
		}
		return p, notFound()
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		p, err = person1(ctx, tx, id)
		return err
	})
	return p, err
}

func person1(ctx context.Context, tx *sqldb.Tx, id PersonID) (Person, error) {
	return scanPerson(tx.QueryRow(ctx, `SELECT `+personColumns+` FROM people WHERE id = $1`, id))
}

// Names returns the names of people, for "published by": closed accounts and
// ids that nobody bears are absent. Rights: members of any organisation and the
// host; others get an empty map.
func (s *Service) Names(ctx context.Context, a Actor, people ...PersonID) (names map[PersonID]string, err error) {
	defer errs.Wrap(&err, "identity.Names")
	names = map[PersonID]string{}
	if len(people) == 0 || !a.IsSystem() && len(a.members) == 0 && a.host == 0 {
		return names, nil
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id, name FROM people WHERE closed_at IS NULL AND id IN (`+sqldb.Marks(1, len(people))+`)`, sqldb.AnySlice(people)...)
		if err != nil {
			return err
		}
		_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (struct{}, error) {
			var id PersonID
			var name string
			err := r.Scan(&id, &name)
			names[id] = name
			return struct{}{}, err
		})
		return err
	})
	return names, err
}

// PeopleQuery chooses accounts.
type PeopleQuery struct {
	Text  string   // start of the e-mail, or a part of the name
	After PersonID // the last id of the page before
	Limit int      // 1 to 200; 50 when 0
}

// People lists accounts by id, the oldest first. Rights: ActionReadPeople.
// Kinds: Denied, SignIn.
func (s *Service) People(ctx context.Context, a Actor, q PeopleQuery) (list []Person, err error) {
	defer errs.Wrap(&err, "identity.People")
	if err := a.Require(ActionReadPeople, ""); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		like := likeEscape(emailKey(q.Text))
		rows, err := tx.Query(ctx, `SELECT `+personColumns+` FROM people
			WHERE id > $1 AND (email_key LIKE $2 ESCAPE '\' OR lower(name) LIKE $3 ESCAPE '\') ORDER BY id LIMIT $4`,
			q.After, like+"%", "%"+like+"%", pageLimit(q.Limit))
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, scanPerson)
		return err
	})
	return list, err
}

func likeEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// mostListed is how many persons or organisations a page of a list has at most.
const mostListed = 200

func pageLimit(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, mostListed)
}

// EditPerson changes one's own name and language. Kinds: SignIn, Denied (a
// token), Invalid (fields).
func (s *Service) EditPerson(ctx context.Context, a Actor, name string, language i18n.Lang) (p Person, err error) {
	defer errs.Wrap(&err, "identity.EditPerson(%s)", a)
	id, err := a.self()
	if err != nil {
		return p, err
	}
	e := invalid()
	name = textField(e, "name", name, 2, 100)
	if err := problems(e); err != nil {
		return p, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := person1(ctx, tx, id)
		if err != nil {
			return err
		}
		p = before
		p.Name, p.Language = name, languageOrFrench(language)
		if _, err := tx.Exec(ctx, `UPDATE people SET name = $2, language = $3 WHERE id = $1`, id, p.Name, p.Language); err != nil {
			return err
		}
		return Record(ctx, tx, a, "person.edit", "person:"+string(id), auditOfPerson(before), auditOfPerson(p))
	})
	return p, err
}

// ChangePassword replaces one's own password and ends the other sessions.
// Kinds: SignIn, Denied (a token, or the current password is wrong), Invalid
// (password), Busy (too many attempts).
func (s *Service) ChangePassword(ctx context.Context, a Actor, current, password string) (err error) {
	defer errs.Wrap(&err, "identity.ChangePassword(%s)", a)
	id, err := a.self()
	if err != nil {
		return err
	}
	var p Person
	var stored string
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if p, err = person1(ctx, tx, id); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT password FROM people WHERE id = $1`, id).Scan(&stored)
	})
	if err != nil {
		return err
	}
	e := invalid()
	if err := s.checkNewPassword(ctx, e, password, p.Email, p.Name); err != nil {
		return err
	}
	keys := s.attemptKeys(emailKey(p.Email), a.network)
	if err := s.reserveAttempt(ctx, keys); err != nil {
		return err
	}
	ok, _, err := s.hasher.verify(ctx, stored, current)
	if err != nil {
		return err
	}
	if !ok {
		return errs.New(errs.Denied, "identity.password.wrong").WithField("current", "identity.password.wrong").WithHint("identity.password.wrong.hint")
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE people SET password = $2 WHERE id = $1 AND password = $3`, id, hash, stored)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Conflict, "identity.password.changed-meanwhile").WithHint("identity.password.changed-meanwhile.hint")
		}
		if err := releaseAttempt(ctx, tx, keys); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE person = $1 AND id <> $2`, id, a.session); err != nil {
			return err
		}
		return Record(ctx, tx, a, "person.password", "person:"+string(id), nil, nil)
	})
}

// SetHostRoles says which roles of the host a person has. The host keeps at
// least one administrator. Rights: ActionManagePeople. Kinds: Denied, SignIn,
// NotFound, Conflict (the last administrator).
func (s *Service) SetHostRoles(ctx context.Context, a Actor, id PersonID, roles HostRoles) (err error) {
	defer errs.Wrap(&err, "identity.SetHostRoles(%s)", id)
	if err := a.Require(ActionManagePeople, ""); err != nil {
		return err
	}
	roles &= HostSet(HostRoleList...)
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := openPerson(ctx, tx, id)
		if err != nil {
			return err
		}
		if before.HostRoles == roles {
			return nil
		}
		if before.HostRoles.Has(HostAdministrator) && !roles.Has(HostAdministrator) {
			if err := otherHostAdministrator(ctx, tx, id); err != nil {
				return err
			}
		}
		after := before
		after.HostRoles = roles
		if _, err := tx.Exec(ctx, `UPDATE people SET host_roles = $2 WHERE id = $1`, id, roles); err != nil {
			return err
		}
		if err := Record(ctx, tx, a, "person.host-roles", "person:"+string(id), auditOfPerson(before), auditOfPerson(after)); err != nil {
			return err
		}
		return jobs.Emit(ctx, tx, HostRolesChanged{Person: id, Roles: codes(roles.List()), By: a.Ref()})
	})
}

func openPerson(ctx context.Context, tx *sqldb.Tx, id PersonID) (Person, error) {
	p, err := person1(ctx, tx, id)
	if err == nil && !p.ClosedAt.IsZero() {
		return p, notFound()
	}
	return p, err
}

func otherHostAdministrator(ctx context.Context, tx *sqldb.Tx, but PersonID) error {
	list, err := hostAdministrators(ctx, tx)
	if err != nil {
		return err
	}
	for _, id := range list {
		if id != but {
			return nil
		}
	}
	return errs.New(errs.Conflict, "identity.last-host-administrator").WithHint("identity.last-host-administrator.hint")
}

func hostAdministrators(ctx context.Context, tx *sqldb.Tx) ([]PersonID, error) {
	rows, err := tx.Query(ctx, `SELECT id, host_roles FROM people WHERE host_roles <> 0 AND closed_at IS NULL ORDER BY id`)
	if err != nil {
		return nil, err
	}
	var out []PersonID
	_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (struct{}, error) {
		var id PersonID
		var roles HostRoles
		err := r.Scan(&id, &roles)
		if roles.Has(HostAdministrator) {
			out = append(out, id)
		}
		return struct{}{}, err
	})
	return out, err
}

// CloseOwnAccount is ClosePerson of oneself, once confirmed. Kinds: SignIn, Denied (a
// token, not confirmed), Conflict (the last administrator would be none).
func (s *Service) CloseOwnAccount(ctx context.Context, a Actor) (err error) {
	defer errs.Wrap(&err, "identity.CloseOwnAccount(%s)", a)
	id, err := s.confirmed(ctx, a)
	if err != nil {
		return err
	}
	return s.ClosePerson(ctx, a, id)
}

// ClosePerson closes an account, one's own or (ActionManagePeople) another's:
// sessions, tokens, memberships and roles end, what names the person is erased,
// with the letters to them,
// what they did stays. Kinds: Denied, SignIn, NotFound, Conflict (the last
// administrator of the host or of an organisation).
func (s *Service) ClosePerson(ctx context.Context, a Actor, id PersonID) (err error) {
	defer errs.Wrap(&err, "identity.ClosePerson(%s)", id)
	if own, err := a.self(); err != nil || own != id {
		if err := a.Require(ActionManagePeople, ""); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := openPerson(ctx, tx, id)
		if err != nil {
			return err
		}
		if before.HostRoles.Has(HostAdministrator) {
			if err := otherHostAdministrator(ctx, tx, id); err != nil {
				return err
			}
		}
		list, err := memberships(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, m := range list {
			if m.Via != "" {
				continue // the mandate is the organisation's
			}
			if err := s.dropMember(ctx, tx, a, m.Organisation, id); err != nil {
				return err
			}
		}
		for _, q := range []string{
			`DELETE FROM sessions WHERE person = $1`,
			`DELETE FROM one_time_links WHERE person = $1`,
		} {
			if _, err := tx.Exec(ctx, q, id); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE tokens SET revoked_at = $2 WHERE person = $1 AND revoked_at IS NULL`, id, tx.Now()); err != nil {
			return err
		}
		if err := closeWays(ctx, tx, id); err != nil {
			return err
		}
		if err := outbox.Erase(ctx, tx, before.Email); err != nil {
			return err
		}
		after := before
		after.HostRoles, after.ClosedAt = 0, tx.Now()
		if _, err := tx.Exec(ctx, `UPDATE people SET email = '', email_key = $2, name = '', password = '', host_roles = 0, email_verified_at = NULL, closed_at = $3 WHERE id = $1`,
			id, "closed:"+string(id), after.ClosedAt); err != nil {
			return err
		}
		if err := Record(ctx, tx, a, "person.close", "person:"+string(id), auditOfPerson(before), auditOfPerson(after)); err != nil {
			return err
		}
		return jobs.Emit(ctx, tx, PersonClosed{Person: id})
	})
}
