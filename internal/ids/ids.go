package ids

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// Source makes identifiers from a clock and a source of randomness; both are
// injected so that tests repeat.
type Source struct {
	Now  func() time.Time
	Rand io.Reader
}

// Default uses the machine's clock and random source.
var Default = Source{Now: time.Now, Rand: rand.Reader}

// New returns 20 characters: 48 bits of milliseconds, then 48 random bits
// and the rest of randomness to fill 100 bits. Later ids sort after earlier ones.
func (s Source) New() string {
	var b [13]byte
	binary.BigEndian.PutUint64(b[:8], uint64(s.Now().UnixMilli())<<16)
	if _, err := io.ReadFull(s.Rand, b[6:]); err != nil {
		panic("ids: no randomness: " + err.Error())
	}
	return encoding.EncodeToString(b[:])[:20]
}

// New returns an identifier of the Default source.
func New() string { return Default.New() }

// Secret returns n random bytes (at least 16) as text for an address or a token.
func Secret(n int) string {
	b := make([]byte, max(n, 16))
	if _, err := rand.Read(b); err != nil {
		panic("ids: no randomness: " + err.Error())
	}
	return encoding.EncodeToString(b)
}

// Slug turns a title into the readable part of an address: lower case ASCII
// letters, digits and single hyphens, at most 80 characters, never empty.
func Slug(title string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range norm.NFKD.String(strings.NewReplacer("œ", "oe", "Œ", "oe", "æ", "ae", "Æ", "ae", "ß", "ss", "ø", "o", "Ø", "o", "ł", "l", "Ł", "l").Replace(title)) {
		switch r = unicode.ToLower(r); {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			hyphen = false
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // accents taken apart by NFKD
		default:
			hyphen = true
		}
		if b.Len() >= 80 {
			break
		}
	}
	if b.Len() == 0 {
		return "x"
	}
	slug := b.String()
	return strings.TrimSuffix(slug[:min(len(slug), 80)], "-")
}

// UUID writes 16 random bytes as a UUID of version 4, in lower case.
func UUID(random [16]byte) string {
	random[6], random[8] = random[6]&0x0f|0x40, random[8]&0x3f|0x80
	h := hex.EncodeToString(random[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
