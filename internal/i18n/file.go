package i18n

import (
	"fmt"
	"strconv"
	"strings"
)

// Message is one message as written in its file. Other is the only form, or
// that of many; One is that of one, "" when the message does not count.
type Message struct {
	ID         string
	One, Other string
	File       string
}

// parseFile reads a file of messages. It is the part of TOML that they need, so
// that a command that prints one line does not wait for the rest: comments,
//
//	"key" = "value"
//
// and, for messages that count,
//
//	["key"]
//	one = "value"
//	other = "value"
//
// The messages are appended to out.
func parseFile(out []Message, name, text string) ([]Message, error) {
	table := false
	for number := 1; text != ""; number++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimSpace(line)
		var err error
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '[':
			var key, rest string
			if key, rest, err = quoted(line[1:]); err == nil && rest != "]" {
				err = fmt.Errorf("want [%q], not %s", key, line)
			}
			out, table = append(out, Message{ID: key, File: name}), true
		case line[0] == '"':
			var key, value, rest string
			if key, rest, err = quoted(line); err == nil {
				value, err = valueOf(rest)
			}
			if err == nil && table {
				err = fmt.Errorf("%q stands after a message that counts: move it up", key)
			}
			out = append(out, Message{ID: key, Other: value, File: name})
		default:
			member, rest, _ := strings.Cut(line, " ")
			var value string
			value, err = valueOf(" " + rest)
			switch {
			case err != nil:
			case table && member == "one":
				out[len(out)-1].One = value
			case table && member == "other":
				out[len(out)-1].Other = value
			default:
				err = fmt.Errorf("%s is no form of a message", member)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("i18n: %s:%d: %w", name, number, err)
		}
	}
	return out, nil
}

// valueOf reads what follows a key: = "value".
func valueOf(s string) (string, error) {
	s, ok := strings.CutPrefix(strings.TrimLeft(s, " "), "=")
	if !ok {
		return "", fmt.Errorf("no = after the key")
	}
	value, rest, err := quoted(strings.TrimLeft(s, " "))
	if err == nil && rest != "" && !strings.HasPrefix(strings.TrimLeft(rest, " "), "#") {
		err = fmt.Errorf("%s stands after the value", rest)
	}
	return value, err
}

// quoted reads a text in double quotes, on one line, and returns what is left.
func quoted(s string) (value, rest string, err error) {
	if s == "" || s[0] != '"' {
		return "", "", fmt.Errorf("want a text in double quotes, on one line")
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			if strings.IndexByte(s[:i], '\\') < 0 {
				return s[1:i], s[i+1:], nil
			}
			value, err = strconv.Unquote(s[:i+1])
			return value, s[i+1:], err
		}
	}
	return "", "", fmt.Errorf("the double quote does not close")
}
