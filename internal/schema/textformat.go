package schema

import (
	"bytes"
	"encoding/base64"
	"unicode"
	"unicode/utf8"
)

// textFormat tells whether a text has a format of Table Schema: email, uri,
// uuid, binary, wkt.
func textFormat(format string, b []byte) bool {
	switch format {
	case "email":
		return email(b)
	case "uri":
		return uri(b)
	case "uuid":
		return uuid(b)
	case "binary":
		return binary(b)
	case "wkt":
		return wkt(b)
	}
	return true
}

// atext marks the letters, digits and signs of ASCII that an address may have
// before its @ (RFC 5322, section 3.2.3).
var atext = func() (set [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+/=?^_`{|}~-") {
		set[c] = true
	}
	return set
}()

// email reads one address, RFC 5322 without comments and quoted local parts,
// letters of any script allowed (RFC 6531).
func email(b []byte) bool {
	at := bytes.LastIndexByte(b, '@')
	if at < 1 || at > 64 || len(b) > 254 {
		return false
	}
	local, domain := b[:at], b[at+1:]
	dot := true // a dot may not come first, last, or twice
	for i := 0; i < len(local); i++ {
		c := local[i]
		switch {
		case c == '.':
			if dot {
				return false
			}
			dot = true
			continue
		case atext[c]:
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(local[i:])
			if r == utf8.RuneError || unicode.IsSpace(r) {
				return false
			}
			i += n - 1
		default:
			return false
		}
		dot = false
	}
	return !dot && hostname(domain)
}

// hostname reads labels separated by dots, two at least, the last not of digits.
func hostname(b []byte) bool {
	labels, start := 0, 0
	letters := false
	for i := 0; i <= len(b); i++ {
		if i == len(b) || b[i] == '.' {
			if i == start || i-start > 63 || b[start] == '-' || b[i-1] == '-' {
				return false
			}
			labels++
			if i == len(b) {
				break
			}
			start, letters = i+1, false
			continue
		}
		c := b[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters = true
		case c >= '0' && c <= '9', c == '-':
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) || r >= 0xff00 && r <= 0xffef {
				return false
			}
			letters = true
			i += n - 1
		default:
			return false
		}
	}
	return labels >= 2 && letters
}

// uri reads an absolute URI with something after its scheme (RFC 3986), letters
// of any script allowed (RFC 3987).
func uri(b []byte) bool {
	colon := bytes.IndexByte(b, ':')
	if colon < 1 {
		return false
	}
	for i, c := range b[:colon] {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	rest := b[colon+1:]
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		if c <= ' ' || c == '<' || c == '>' || c == '"' || c == '`' || c == 0x7f {
			return false
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(rest[i:])
			if unicode.IsSpace(r) {
				return false
			}
			i += n - 1
		}
	}
	if bytes.HasPrefix(rest, []byte("//")) {
		host := rest[2:]
		if i := bytes.IndexAny(host, "/?#"); i >= 0 {
			host = host[:i]
		}
		if i := bytes.LastIndexByte(host, '@'); i >= 0 {
			host = host[i+1:]
		}
		if len(host) == 0 {
			return bytes.EqualFold(b[:colon], []byte("file")) && len(rest) > 2
		}
		return host[0] != ':'
	}
	return len(rest) > 0
}

func uuid(b []byte) bool {
	if len(b) != 36 {
		return false
	}
	for i, c := range b {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
			continue
		}
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

func binary(b []byte) bool {
	if len(b)%4 != 0 {
		return false
	}
	_, err := base64.StdEncoding.AppendDecode(make([]byte, 0, min(len(b), 1<<16)), b)
	return err == nil
}
