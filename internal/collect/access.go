package collect

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strconv"
	"time"

	"socle/internal/catalogue"
	"socle/internal/identity"
)

// Visitor is who fills a form in: who they are, and what a device shows that has
// no account.
type Visitor struct {
	Actor  identity.Actor
	Key    string // of the form's link
	Secret string // of an entry that the device made
}

// keyLength is that of the keys of links: 128 random bits in base64.
const keyLength = 22

func (s *Service) newKey() string {
	b := make([]byte, 16)
	if _, err := io.ReadFull(s.o.Rand, b); err != nil {
		panic(err) // the machine has no randomness
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// hashSecret is how the secret of an entry is kept.
func hashSecret(secret string) string {
	if secret == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func same(a, b string) bool { return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// may is what a visitor may do with a form.
type may struct {
	fill     bool // send entries
	member   bool // of the organisation: sees who entered what
	moderate bool // accept and refuse; sees all
	publish  bool // what they enter needs no one's acceptance
	edit     bool // change the form
}

func (v Visitor) may(f Form) may {
	m := v.mayIn(f.Organisation, f.State)
	switch f.Access {
	case Public:
		m.fill = true
	case Link:
		m.fill = m.fill || same(f.Key, v.Key)
	}
	m.publish = !f.Moderated || m.moderate
	return m
}

// mayIn is what an actor may do with the entries of an organisation as a member.
func (v Visitor) mayIn(org identity.OrganisationID, state catalogue.State) (m may) {
	a := v.Actor
	m.member = a.Can(identity.ActionFill, org)
	m.fill = m.member
	m.edit = a.Can(identity.ActionEdit, org)
	m.moderate = m.edit && (state != catalogue.Published || a.Can(identity.ActionPublish, org))
	return m
}

func (s *Service) now() time.Time {
	if clock := s.db.Clock(); clock != nil {
		return clock().UTC()
	}
	return time.Now().UTC()
}

func itoa(n int) string { return strconv.Itoa(n) }
