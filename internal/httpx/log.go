package httpx

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

const hidden = "[hidden]"

// words that mark a secret in the name of an attribute or a query parameter
var secretWords = []string{"password", "passwd", "token", "authorization", "cookie", "secret", "api_key", "apikey", "credential", "signature"}

func isSecret(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	for _, w := range secretWords {
		if strings.Contains(name, w) {
			return true
		}
	}
	return name == "sig" || name == "code" || name == "state" || name == "next" // an address that may hold a secret itself
}

// NewLogger writes records as "json" or "text" lines, without secrets: an
// attribute named password, token, cookie… is hidden, and so are such
// parameters inside addresses, and long words with one of the beginnings, by which
// secrets are known wherever they stand.
func NewLogger(w io.Writer, format string, level slog.Level, beginnings ...string) *slog.Logger {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		a = redact(a)
		if a.Value.Kind() == slog.KindString {
			a.Value = slog.StringValue(redactWords(a.Value.String(), beginnings))
		}
		return a
	}}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

func redact(a slog.Attr) slog.Attr {
	if isSecret(a.Key) && a.Key != slog.MessageKey {
		return slog.String(a.Key, hidden)
	}
	switch v := a.Value.Any().(type) {
	case *url.URL:
		return slog.String(a.Key, RedactURL(v))
	case url.URL:
		return slog.String(a.Key, RedactURL(&v))
	case error:
		return slog.String(a.Key, redactText(v.Error()))
	case string:
		return slog.String(a.Key, redactText(v))
	}
	return a
}

// longWord is how many letters and digits after its beginning make a word a secret
// rather than a name.
const longWord = 20

// redactWords hides the long words with one of the beginnings.
func redactWords(s string, beginnings []string) string {
	for _, begin := range beginnings {
		for at := 0; ; {
			i := strings.Index(s[at:], begin)
			if i < 0 {
				break
			}
			start := at + i + len(begin)
			end := start
			for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] >= 'a' && s[end] <= 'z' || s[end] >= 'A' && s[end] <= 'Z') {
				end++
			}
			if at = end; end-start >= longWord {
				s = s[:start] + hidden + s[end:]
				at = start + len(hidden)
			}
		}
	}
	return s
}

// keyWildcard is the part of a pattern that stands for a secret in the path: whoever
// has such an address may what it is for.
const keyWildcard = "key"

// redactPath is RedactURL of a request, without the secret in its path.
func redactPath(r *http.Request) string {
	address := RedactURL(r.URL)
	if key := r.PathValue(keyWildcard); key != "" {
		address = strings.Replace(address, "/"+url.PathEscape(key), "/"+hidden, 1)
	}
	return address
}

// RedactURL writes an address with the values of secret parameters and the
// password hidden.
func RedactURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	c := *u
	if _, has := c.User.Password(); has {
		c.User = url.UserPassword(c.User.Username(), hidden)
	}
	return redactText(c.String())
}

// redactText hides the values of secret parameters in any text: "…?token=abc&x=1",
// and the password of "scheme://user:password@host".
func redactText(s string) string {
	if !strings.ContainsAny(s, "=@") {
		return s
	}
	var b strings.Builder
	for rest := s; rest != ""; {
		i := strings.IndexByte(rest, '=')
		if i < 0 {
			b.WriteString(rest)
			break
		}
		name := rest[:i]
		if j := strings.LastIndexAny(name, "?&;# \t\n\"'([{,"); j >= 0 {
			name = name[j+1:]
		}
		b.WriteString(rest[:i+1])
		rest = rest[i+1:]
		if !isSecret(name) {
			continue
		}
		if after, already := strings.CutPrefix(rest, hidden); already {
			b.WriteString(hidden)
			rest = after
			continue
		}
		end := strings.IndexAny(rest, "&;# \t\n\"')]},")
		if end < 0 {
			end = len(rest)
		}
		if end > 0 {
			b.WriteString(hidden)
		}
		rest = rest[end:]
	}
	return redactUserinfo(b.String())
}

func redactUserinfo(s string) string {
	from := 0
	for {
		i := strings.Index(s[from:], "://")
		if i < 0 {
			return s
		}
		start := from + i + 3
		end := start + strings.IndexAny(s[start:]+" ", "/?# \t\n\"'")
		at := strings.LastIndexByte(s[start:end], '@')
		if at < 0 {
			from = end
			continue
		}
		colon := strings.IndexByte(s[start:start+at], ':')
		if colon < 0 {
			from = end
			continue
		}
		s = s[:start+colon+1] + hidden + s[start+at:]
		from = start + colon + 1 + len(hidden)
	}
}
