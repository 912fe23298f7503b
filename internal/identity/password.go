package identity

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"socle/internal/errs"
)

// HashParams are the costs of argon2id. OWASP's least: 19 MiB, 2 passes, 1 lane.
type HashParams struct {
	KiB    uint32
	Passes uint32
	Lanes  uint8
}

// DefaultHash is what new passwords are hashed with.
var DefaultHash = HashParams{KiB: 19 * 1024, Passes: 2, Lanes: 1}

const (
	saltBytes   = 16
	keyBytes    = 32
	minPassword = 12  // characters
	maxPassword = 512 // bytes: hashing a novel is work for nothing
	// maxWaiting bounds the sign-ins that wait for their turn to hash.
	maxWaiting = 200
	// maxHashKiB bounds what a stored hash may ask for.
	maxHashKiB = 1 << 20
)

// hasher runs argon2id, a few at once: each takes KiB of memory.
type hasher struct {
	params HashParams
	rand   io.Reader
	slots  chan struct{}
	queue  chan struct{}
	dummy  string // compared with for accounts that do not exist
	runs   atomic.Int64
}

func newHasher(p HashParams, atOnce int, random io.Reader) *hasher {
	h := &hasher{params: p, rand: random, slots: make(chan struct{}, atOnce), queue: make(chan struct{}, maxWaiting+atOnce)}
	h.dummy = phc(p, make([]byte, saltBytes), make([]byte, keyBytes))
	return h
}

// take waits for a turn. Kinds: Busy (too many wait, or ctx ended).
func (h *hasher) take(ctx context.Context) (func(), error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, errs.New(errs.Busy, "errs.busy").WithHint("errs.busy.hint")
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; <-h.queue }, nil
	case <-ctx.Done():
		<-h.queue
		return nil, errs.New(errs.Busy, "errs.busy").WithHint("errs.busy.hint").Because(ctx.Err())
	}
}

// hash returns the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(h.rand, salt); err != nil {
		return "", fmt.Errorf("identity: no randomness: %w", err)
	}
	done, err := h.take(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return phc(h.params, salt, h.derive(h.params, password, salt, keyBytes)), nil
}

// verify reports whether the password is the one of a PHC string, and whether
// the string was made with other costs than today's. An empty string stands for
// an account that does not exist or has no password: the same work is done.
func (h *hasher) verify(ctx context.Context, stored, password string) (ok, stale bool, err error) {
	known := stored != ""
	if !known {
		stored = h.dummy
	}
	p, salt, key, err := parsePHC(stored)
	if err != nil {
		return false, false, err
	}
	done, err := h.take(ctx)
	if err != nil {
		return false, false, err
	}
	defer done()
	same := subtle.ConstantTimeCompare(h.derive(p, password, salt, len(key)), key) == 1
	return same && known, p != h.params, nil
}

func (h *hasher) derive(p HashParams, password string, salt []byte, n int) []byte {
	h.runs.Add(1)
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, p.Passes, p.KiB, p.Lanes, uint32(n))
}

func phc(p HashParams, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.KiB, p.Passes, p.Lanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

func parsePHC(s string) (p HashParams, salt, key []byte, err error) {
	bad := errors.New("identity: not an argon2id string that we made")
	f := strings.Split(s, "$")
	if len(f) != 6 || f[1] != "argon2id" || f[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, bad
	}
	if _, err := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &p.KiB, &p.Passes, &p.Lanes); err != nil {
		return p, nil, nil, bad
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(f[4])
	key, err2 := base64.RawStdEncoding.DecodeString(f[5])
	if err1 != nil || err2 != nil || len(key) < 16 || p.Passes == 0 || p.Lanes == 0 || p.KiB > maxHashKiB {
		return p, nil, nil, bad
	}
	return p, salt, key, nil
}

// checkPassword notes in e what a new password lacks: length counts, not signs.
func checkPassword(e *errs.Error, password, email, name string) {
	low := strings.ToLower(password)
	local, _, _ := strings.Cut(strings.ToLower(email), "@")
	switch {
	case !utf8.ValidString(password), len(password) > maxPassword:
		e.WithField("password", "identity.password.long")
	case utf8.RuneCountInString(password) < minPassword:
		e.WithField("password", "identity.password.short", errs.Args{"Count": minPassword})
	case distinctRunes(low) < 5,
		len(local) > 2 && strings.ReplaceAll(low, local, "") == "",
		low == strings.ToLower(email), name != "" && low == strings.ToLower(name):
		e.WithField("password", "identity.password.guessable")
	}
}

func distinctRunes(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}
