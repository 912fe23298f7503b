package identity

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"socle/internal/errs"
	"socle/internal/sqldb"
)

// Party is who people sign in to, for applications of codes and for passkeys
// (the relying party of WebAuthn, section 4).
type Party struct {
	Name   string // shown by telephones
	Host   string // the domain that passkeys are bound to
	Origin string // https://donnees.example
}

// Passkey is a key that a person's device or password keeper holds.
type Passkey struct {
	ID        string
	Name      string // 1 to 60 characters: which device
	CreatedAt time.Time
	UsedAt    time.Time // zero when never
}

const (
	maxPasskeys     = 20
	maxPasskeyBytes = 64 << 10 // of what a browser answers
)

// holder is a person as the library sees them.
type holder struct {
	person Person
	keys   []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.person.ID) }
func (h holder) WebAuthnName() string                       { return h.person.Email }
func (h holder) WebAuthnDisplayName() string                { return h.person.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (s *Service) webauthn() (*webauthn.WebAuthn, error) {
	w, err := webauthn.New(&webauthn.Config{RPID: s.opt.Party.Host, RPDisplayName: s.opt.Party.Name, RPOrigins: []string{s.opt.Party.Origin}})
	if err != nil { // passkeys belong to a domain: a portal at 192.0.2.1 has none
		return nil, errs.New(errs.Denied, "identity.passkey.address").WithHint("identity.passkey.address.hint").Because(err)
	}
	return w, nil
}

func badPasskey(cause error) error {
	return errs.New(errs.Denied, "identity.passkey.bad").WithHint("identity.passkey.bad.hint").Because(cause)
}

func loadHolder(ctx context.Context, tx *sqldb.Tx, id PersonID) (h holder, err error) {
	if h.person, err = openPerson(ctx, tx, id); err != nil {
		return h, err
	}
	rows, err := tx.Query(ctx, `SELECT credential FROM passkeys WHERE person = $1 ORDER BY id`, id)
	if err != nil {
		return h, err
	}
	texts, err := sqldb.Collect(rows, sqldb.Text)
	if err != nil {
		return h, err
	}
	for _, t := range texts {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(t), &c); err != nil {
			return h, fmt.Errorf("identity: passkey: %w", err)
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

// Passkeys lists one's own, the oldest first. Kinds: SignIn, Denied (a token).
func (s *Service) Passkeys(ctx context.Context, a Actor) (list []Passkey, err error) {
	defer errs.Wrap(&err, "identity.Passkeys(%s)", a)
	id, err := a.self()
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		list, err = passkeysOf(ctx, tx, id)
		return err
	})
	return list, err
}

func passkeysOf(ctx context.Context, tx *sqldb.Tx, id PersonID) ([]Passkey, error) {
	rows, err := tx.Query(ctx, `SELECT id, name, created_at, used_at FROM passkeys WHERE person = $1 ORDER BY id`, id)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, func(r sqldb.Scanner) (k Passkey, err error) {
		var used sqldb.NullTime
		err = r.Scan(&k.ID, &k.Name, &k.CreatedAt, &used)
		k.UsedAt = used.Time
		return k, err
	})
}

// NewPasskey begins the making of a passkey: options go to
// navigator.credentials.create as JSON, step comes back with its answer. Kinds: SignIn,
// Denied (a token, not confirmed), Conflict (too many).
func (s *Service) NewPasskey(ctx context.Context, a Actor) (options json.RawMessage, step string, err error) {
	defer errs.Wrap(&err, "identity.NewPasskey(%s)", a)
	id, err := s.confirmed(ctx, a)
	if err != nil {
		return nil, "", err
	}
	w, err := s.webauthn()
	if err != nil {
		return nil, "", err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		h, err := loadHolder(ctx, tx, id)
		if err != nil {
			return err
		}
		if len(h.keys) >= maxPasskeys {
			return errs.New(errs.Conflict, "identity.passkey.many", errs.Args{"Count": maxPasskeys}).WithHint("identity.passkey.many.hint")
		}
		creation, challenge, err := w.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()),
			webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired}))
		if err != nil {
			return fmt.Errorf("identity: passkey: %w", err)
		}
		if options, err = json.Marshal(creation); err != nil {
			return fmt.Errorf("identity: passkey: %w", err)
		}
		step, err = s.putStep(ctx, tx, stepNewKey, id, challenge)
		return err
	})
	return options, step, err
}

// AddPasskey keeps the passkey that the browser made, under a name. Kinds: SignIn
// (the step is over), Denied (a token; an answer that does not hold), Invalid (the
// name), Conflict (already someone's).
func (s *Service) AddPasskey(ctx context.Context, a Actor, step, name string, answer []byte) (k Passkey, err error) {
	defer errs.Wrap(&err, "identity.AddPasskey(%s)", a)
	id, err := a.self()
	if err != nil {
		return k, err
	}
	e := invalid()
	name = textField(e, "name", name, 1, 60)
	if err := problems(e); err != nil {
		return k, err
	}
	w, err := s.webauthn()
	if err != nil {
		return k, err
	}
	if len(answer) > maxPasskeyBytes {
		return k, badPasskey(errors.New("answer too large"))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return k, badPasskey(err)
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var challenge webauthn.SessionData
		whose, err := takeStep(ctx, tx, stepNewKey, step, &challenge)
		if err != nil {
			return err
		}
		if whose != id {
			return stepOver()
		}
		h, err := loadHolder(ctx, tx, id)
		if err != nil {
			return err
		}
		made, err := w.CreateCredential(h, challenge, parsed)
		if err != nil {
			return badPasskey(err)
		}
		k = Passkey{ID: s.newID(tx), Name: name, CreatedAt: tx.Now()}
		if err := insertPasskey(ctx, tx, id, k, made); err != nil {
			return err
		}
		if err := strengthen(ctx, tx, a); err != nil {
			return err
		}
		return Record(ctx, tx, a, "passkey.add", "passkey:"+k.ID, nil, nil)
	})
	return k, err
}

func insertPasskey(ctx context.Context, tx *sqldb.Tx, id PersonID, k Passkey, c *webauthn.Credential) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("identity: passkey: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO passkeys (id, key_id, person, name, credential, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		k.ID, base64.RawURLEncoding.EncodeToString(c.ID), id, k.Name, string(text), k.CreatedAt)
	if sqldb.Violates(err, "passkeys_key_id") {
		return errs.New(errs.Conflict, "identity.passkey.taken").WithHint("identity.passkey.taken.hint")
	}
	return err
}

// RenamePasskey gives one of one's passkeys another name. Kinds: SignIn, Denied,
// Invalid (the name), NotFound.
func (s *Service) RenamePasskey(ctx context.Context, a Actor, passkey, name string) (err error) {
	defer errs.Wrap(&err, "identity.RenamePasskey(%s)", a)
	id, err := a.self()
	if err != nil {
		return err
	}
	e := invalid()
	name = textField(e, "name", name, 1, 60)
	if err := problems(e); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE passkeys SET name = $3 WHERE id = $1 AND person = $2`, passkey, id, name)
		if err == nil && n == 0 {
			return notFound()
		}
		if err != nil {
			return err
		}
		return Record(ctx, tx, a, "passkey.rename", "passkey:"+passkey, nil, nil)
	})
}

// RemovePasskey ends one of one's passkeys. Kinds:
// SignIn, Denied, NotFound.
func (s *Service) RemovePasskey(ctx context.Context, a Actor, passkey string) (err error) {
	defer errs.Wrap(&err, "identity.RemovePasskey(%s)", a)
	id, err := s.confirmed(ctx, a)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM passkeys WHERE id = $1 AND person = $2`, passkey, id)
		if err == nil && n == 0 {
			return notFound()
		}
		if err != nil {
			return err
		}
		return Record(ctx, tx, a, "passkey.remove", "passkey:"+passkey, nil, nil)
	})
}

// keyStep is what is remembered while a browser looks for a passkey.
type keyStep struct {
	Challenge webauthn.SessionData `json:"challenge"`
	First     string               `json:"first,omitempty"` // the step whose second proof it is to be
	Person    PersonID             `json:"person,omitempty"`
}

// AskPasskey begins a sign-in by passkey: options go to navigator.credentials.get
// as JSON, step comes back with its answer. first is "" for a passkey alone, which
// is worth two proofs; or the step (Entry.Step) whose second proof it is to be.
// Kinds: SignIn (first is over).
func (s *Service) AskPasskey(ctx context.Context, first string) (options json.RawMessage, step string, err error) {
	defer errs.Wrap(&err, "identity.AskPasskey")
	w, err := s.webauthn()
	if err != nil {
		return nil, "", err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		remembered := keyStep{First: first}
		var assertion *protocol.CredentialAssertion
		var challenge *webauthn.SessionData
		if first == "" {
			assertion, challenge, err = w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
		} else {
			var by proof
			if remembered.Person, err = openStep(ctx, tx, stepSecond, first, &by); err != nil {
				return err
			}
			h, e := loadHolder(ctx, tx, remembered.Person)
			if e != nil {
				return e
			}
			if len(h.keys) == 0 {
				return stepOver()
			}
			assertion, challenge, err = w.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationPreferred))
		}
		if err != nil {
			return fmt.Errorf("identity: passkey: %w", err)
		}
		remembered.Challenge = *challenge
		if options, err = json.Marshal(assertion); err != nil {
			return fmt.Errorf("identity: passkey: %w", err)
		}
		step, err = s.putStep(ctx, tx, stepPasskey, remembered.Person, remembered)
		return err
	})
	return options, step, err
}

// ProvePasskey checks the browser's answer and opens the session. Kinds: SignIn
// (the step is over), Denied (an answer that does not hold).
func (s *Service) ProvePasskey(ctx context.Context, step string, answer []byte, network netip.Addr, agent string) (e Entry, err error) {
	defer errs.Wrap(&err, "identity.ProvePasskey")
	w, err := s.webauthn()
	if err != nil {
		return e, err
	}
	if len(answer) > maxPasskeyBytes {
		return e, badPasskey(errors.New("answer too large"))
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return e, badPasskey(err)
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var st keyStep
		if _, err := takeStep(ctx, tx, stepPasskey, step, &st); err != nil {
			return err
		}
		id := st.Person
		if id == "" {
			id = PersonID(parsed.Response.UserHandle)
		}
		h, err := loadHolder(ctx, tx, id)
		if err != nil {
			if errs.Is(err, errs.NotFound) {
				return badPasskey(err)
			}
			return err
		}
		by := proof{Method: "passkey", Strong: true}
		var used *webauthn.Credential
		if st.First == "" {
			used, err = w.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) { return h, nil }, st.Challenge, parsed)
		} else {
			used, err = w.ValidateLogin(h, st.Challenge, parsed)
		}
		if err != nil {
			return badPasskey(err)
		}
		if used.Authenticator.CloneWarning {
			return badPasskey(errors.New("the counter went back: a copy of the key"))
		}
		if st.First != "" {
			whose, err := takeStep(ctx, tx, stepSecond, st.First, &by)
			if err != nil {
				return err
			}
			if whose != id {
				return stepOver()
			}
			by.Strong = true
		}
		if err := touchPasskey(ctx, tx, id, used); err != nil {
			return err
		}
		e, err = s.admit(ctx, tx, id, by, network, agent)
		return err
	})
	return e, err
}

// touchPasskey keeps the counter and the flags of a passkey that was used.
func touchPasskey(ctx context.Context, tx *sqldb.Tx, id PersonID, c *webauthn.Credential) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("identity: passkey: %w", err)
	}
	n, err := tx.Exec(ctx, `UPDATE passkeys SET credential = $3, used_at = $4 WHERE key_id = $1 AND person = $2`,
		base64.RawURLEncoding.EncodeToString(c.ID), id, string(bytes.TrimSpace(text)), tx.Now())
	if err == nil && n == 0 {
		return badPasskey(errors.New("unknown key"))
	}
	return err
}
