package identity

import (
	"context"
	"crypto/sha1" //nolint:gosec // the list of breached passwords is kept by SHA-1; nothing is protected by it here
	"encoding/hex"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"socle/internal/errs"
)

// breachedPause is how long the list is not asked after it did not answer: where there
// is no way out, one password waits for it, not each.
const breachedPause = 10 * time.Minute

// checkNewPassword notes in e what a new password lacks, and returns e when there is
// something. A password that thieves know is refused; when their list cannot be
// asked, it is let through: the list is a help, not a door.
func (s *Service) checkNewPassword(ctx context.Context, e *errs.Error, password, email, name string) error {
	checkPassword(e, password, email, name)
	if len(e.Fields) == 0 && s.breached(ctx, password) {
		e.WithField("password", "identity.password.breached")
	}
	return problems(e)
}

// breached asks for the passwords whose SHA-1 begins like this one's: five digits
// of forty leave, so that the list does not learn which. A visitor who went away is no
// failure of the list.
func (s *Service) breached(ctx context.Context, password string) bool {
	if s.opt.Breached == nil || s.now().UnixNano() < s.breachedFrom.Load() {
		return false
	}
	sum := sha1.Sum([]byte(norm.NFC.String(password)))
	text := strings.ToUpper(hex.EncodeToString(sum[:]))
	list, err := s.opt.Breached(ctx, text[:5])
	if err != nil {
		if ctx.Err() == nil {
			s.breachedFrom.Store(s.now().Add(breachedPause).UnixNano())
		}
		return false
	}
	for line := range strings.Lines(list) {
		rest, count, _ := strings.Cut(strings.TrimSpace(line), ":")
		if strings.EqualFold(rest, text[5:]) && count != "0" { // "0" is padding
			return true
		}
	}
	return false
}
