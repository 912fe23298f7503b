package identity

import (
	"context"
	"strings"
	"time"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// TokenPrefix starts every token, so that a leaked one is recognised.
const TokenPrefix = "socle_"

const (
	tokenBytes = 32 // 256 bits
	// maxTokens bounds the live tokens of one owner.
	maxTokens = 50
)

// Token is a token of the API as it may be shown; its secret is told once.
type Token struct {
	ID           TokenID
	Name         string // 1 to 80 characters: what it is for
	Hint         string // the first characters of the secret: "socle_ab12…"
	Person       PersonID
	Organisation OrganisationID // its bound; or its owner when Person is ""
	Role         Role           // what a token of the organisation may do there
	Scopes       Scopes
	CreatedBy    string
	CreatedAt    time.Time
	ExpiresAt    time.Time // zero when never
	UsedAt       time.Time // to five minutes; zero when never
	RevokedAt    time.Time // zero while good
}

// NewToken is what a token is made of.
type NewToken struct {
	Name         string
	Organisation OrganisationID // narrows a personal token; owns one that is not
	// OfOrganisation makes a service account: a token that belongs to the
	// organisation, acts there with Role within its scopes, and survives whoever made
	// it. The zero Role is Administrator.
	OfOrganisation bool
	Role           Role
	Scopes         Scopes
	ExpiresAt      time.Time // zero for never
}

const tokenColumns = `id, name, hint, person, organisation, scopes, created_by, created_at, expires_at, used_at, revoked_at, role`

func scanToken(r sqldb.Scanner) (t Token, err error) {
	var p *PersonID
	var o *OrganisationID
	var expires, used, revoked sqldb.NullTime
	err = r.Scan(&t.ID, &t.Name, &t.Hint, &p, &o, &t.Scopes, &t.CreatedBy, &t.CreatedAt, &expires, &used, &revoked, &t.Role)
	if p != nil {
		t.Person = *p
	}
	if o != nil {
		t.Organisation = *o
	}
	t.ExpiresAt, t.UsedAt, t.RevokedAt = expires.Time, used.Time, revoked.Time
	return t, err
}

type tokenAudit struct {
	Person  PersonID   `json:"person,omitempty"`
	Scopes  string     `json:"scopes"`
	Expires *time.Time `json:"expires,omitempty"`
}

func auditOfToken(t Token) tokenAudit {
	out := tokenAudit{Person: t.Person, Scopes: t.Scopes.String()}
	if !t.ExpiresAt.IsZero() {
		out.Expires = &t.ExpiresAt
	}
	return out
}

// CreateToken makes a token and tells its secret, once. A token never makes
// another. Rights: oneself for a personal one; ActionManageTokens for one of the
// organisation. Kinds: SignIn, Denied, NotFound (organisation), Invalid
// (fields), Conflict (too many).
func (s *Service) CreateToken(ctx context.Context, a Actor, n NewToken) (t Token, secret string, err error) {
	defer errs.Wrap(&err, "identity.CreateToken(%s)", a)
	var owner PersonID
	switch {
	case n.OfOrganisation:
		if err := a.Require(ActionManageTokens, n.Organisation); err != nil {
			return t, "", err
		}
		if a.IsToken() {
			return t, "", errs.New(errs.Denied, "identity.own-account-only").WithHint("identity.own-account-only.hint")
		}
	default:
		if owner, err = a.self(); err != nil {
			return t, "", err
		}
		if n.Organisation != "" && a.RoleIn(n.Organisation) == NoRole {
			return t, "", a.denied()
		}
	}
	e := invalid()
	n.Name = textField(e, "name", n.Name, 1, 80)
	if !n.OfOrganisation || n.Role == NoRole {
		n.Role = Administrator
	}
	if n.Role > Administrator {
		e.WithField("role", "identity.field.required")
	}
	if n.Scopes &= ScopeSet(ScopeList...); n.Scopes == 0 {
		e.WithField("scopes", "identity.scope.none")
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		e := *e
		if !n.ExpiresAt.IsZero() && !n.ExpiresAt.After(tx.Now()) {
			e.WithField("expires", "identity.field.past")
		}
		if err := problems(&e); err != nil {
			return err
		}
		if n.Organisation != "" {
			if _, err := living(ctx, tx, n.Organisation); err != nil {
				return err
			}
		}
		if err := roomForToken(ctx, tx, owner, n.Organisation); err != nil {
			return err
		}
		secret = TokenPrefix + s.secret(tokenBytes)
		t = Token{
			ID: TokenID(s.newID(tx)), Name: n.Name, Hint: secret[:len(TokenPrefix)+4] + "…", Person: owner, Organisation: n.Organisation,
			Role: n.Role, Scopes: n.Scopes, CreatedBy: a.Ref(), CreatedAt: tx.Now(), ExpiresAt: n.ExpiresAt,
		}
		_, err := tx.Exec(ctx, `INSERT INTO tokens (id, hash, name, hint, person, organisation, scopes, created_by, created_at, expires_at, role)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			t.ID, digest(secret), t.Name, t.Hint, orNull(t.Person), orNull(t.Organisation), t.Scopes, t.CreatedBy, t.CreatedAt, sqldb.SomeTime(t.ExpiresAt), t.Role)
		if err != nil {
			return err
		}
		return RecordIn(ctx, tx, a, t.Organisation, "token.create", "token:"+string(t.ID), nil, auditOfToken(t))
	})
	return t, secret, err
}

// denied is the error of what is refused beyond the table of rights.
func (a Actor) denied() error {
	return errs.New(errs.Denied, "identity.denied").WithHint("identity.denied.hint")
}

func roomForToken(ctx context.Context, tx *sqldb.Tx, owner PersonID, org OrganisationID) error {
	q, id := `SELECT count(*) FROM tokens WHERE revoked_at IS NULL AND person = $1`, string(owner)
	if owner == "" {
		q, id = `SELECT count(*) FROM tokens WHERE revoked_at IS NULL AND person IS NULL AND organisation = $1`, string(org)
	}
	var n int
	err := tx.QueryRow(ctx, q, id).Scan(&n)
	if err == nil && n >= maxTokens {
		return errs.New(errs.Conflict, "identity.too-many-tokens", errs.Args{"Count": maxTokens}).WithHint("identity.too-many-tokens.hint")
	}
	return err
}

// Tokens lists one's own tokens (org is "") or those of an organisation
// (ActionManageTokens), revoked ones included, the newest first. Kinds: SignIn,
// Denied.
func (s *Service) Tokens(ctx context.Context, a Actor, org OrganisationID) (list []Token, err error) {
	defer errs.Wrap(&err, "identity.Tokens(%s)", a)
	q, id := `SELECT `+tokenColumns+` FROM tokens WHERE person = $1 ORDER BY id DESC LIMIT 200`, ""
	if org != "" {
		if err := a.Require(ActionManageTokens, org); err != nil {
			return nil, err
		}
		q, id = `SELECT `+tokenColumns+` FROM tokens WHERE organisation = $1 ORDER BY id DESC LIMIT 200`, string(org)
	} else {
		own, err := a.self()
		if err != nil {
			return nil, err
		}
		id = string(own)
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, q, id)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, scanToken)
		return err
	})
	return list, err
}

// RevokeToken ends a token: one's own, one of the organisation or bound to it
// (ActionManageTokens), or any (ActionManagePeople). A token may end itself.
// Kinds: SignIn, NotFound (also one that is not the actor's to see).
func (s *Service) RevokeToken(ctx context.Context, a Actor, id TokenID) (err error) {
	defer errs.Wrap(&err, "identity.RevokeToken(%s)", id)
	if a.IsAnonymous() {
		return a.Require(ActionManagePeople, "")
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		t, err := scanToken(tx.QueryRow(ctx, `SELECT `+tokenColumns+` FROM tokens WHERE id = $1 AND revoked_at IS NULL`, id))
		if err != nil {
			return err
		}
		own := t.Person != "" && a.kind == person && a.person == t.Person || a.kind == token && a.token == id
		if !own && !(t.Organisation != "" && a.Can(ActionManageTokens, t.Organisation)) && !a.Can(ActionManagePeople, "") {
			return notFound()
		}
		if _, err := tx.Exec(ctx, `UPDATE tokens SET revoked_at = $2 WHERE id = $1`, id, tx.Now()); err != nil {
			return err
		}
		return RecordIn(ctx, tx, a, t.Organisation, "token.revoke", "token:"+string(id), auditOfToken(t), nil)
	})
}

// ActorOfToken loads the actor of a token of the API. Kinds: SignIn (unknown,
// expired, revoked, or its owner is gone).
func (s *Service) ActorOfToken(ctx context.Context, secret string) (a Actor, err error) {
	defer errs.Wrap(&err, "identity.ActorOfToken")
	if !strings.HasPrefix(secret, TokenPrefix) {
		return a, badToken()
	}
	touch := false
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if a, err = tokenActor(ctx, tx, "hash", digest(secret)); err != nil {
			return err
		}
		var used sqldb.NullTime
		if err := tx.QueryRow(ctx, `SELECT used_at FROM tokens WHERE id = $1`, a.token).Scan(&used); err != nil {
			return err
		}
		touch = tx.Now().Sub(used.Time) > seenEvery
		return nil
	})
	if err != nil || !touch {
		return a, err
	}
	return a, s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE tokens SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at < $2)`, a.token, tx.Now())
		return err
	})
}

func badToken() error {
	return errs.New(errs.SignIn, "identity.token-bad").WithHint("identity.token-bad.hint")
}

// tokenActor loads a live token by its "id" or its "hash". Kinds: SignIn.
func tokenActor(ctx context.Context, tx *sqldb.Tx, column, value string) (Actor, error) {
	where := map[string]string{"id": "id = $1", "hash": "hash = $1"}[column]
	t, err := scanToken(tx.QueryRow(ctx, `SELECT `+tokenColumns+` FROM tokens
		WHERE `+where+` AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`, value, tx.Now()))
	if errs.Is(err, errs.NotFound) {
		return Actor{}, badToken()
	}
	if err != nil {
		return Actor{}, err
	}
	if t.Person == "" {
		a := Actor{name: t.Name, members: []Membership{{Organisation: t.Organisation, Role: t.Role}}}
		return a.WithToken(t.ID, t.Scopes, t.Organisation), nil
	}
	a, err := loadActor(ctx, tx, t.Person)
	if errs.Is(err, errs.NotFound) {
		return Actor{}, badToken()
	}
	return a.WithToken(t.ID, t.Scopes, t.Organisation), err
}
