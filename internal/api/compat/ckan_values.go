package compat

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// given reports whether a call has a parameter; null is none.
func (c ckanCall) given(name string) bool {
	raw := bytes.TrimSpace(c.values[name])
	return len(raw) > 0 && string(raw) != "null"
}

// text is a parameter as a text; a number or an object as it is written.
func (c ckanCall) text(name string) string {
	if !c.given(name) {
		return ""
	}
	var s string
	if json.Unmarshal(c.values[name], &s) == nil {
		return s
	}
	return string(c.values[name])
}

// number is a whole number from 0; a larger one than most is cut.
func (c ckanCall) number(name string, otherwise, most int) (int, error) {
	text := strings.TrimSpace(c.text(name))
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, ckanFault(name, text)
	}
	return min(n, most), nil
}

// boolean is a truth value in one of the ways that CKAN reads.
func (c ckanCall) boolean(name string, otherwise bool) (bool, error) {
	switch text := strings.ToLower(strings.TrimSpace(c.text(name))); text {
	case "":
		return otherwise, nil
	case "true", "yes", "t", "y", "on", "1":
		return true, nil
	case "false", "no", "f", "n", "off", "0":
		return false, nil
	default:
		return false, ckanFault(name, text)
	}
}

// list is a list of texts: JSON, JSON in a text, a repeated parameter, or names between commas.
func (c ckanCall) list(name string) ([]string, error) {
	if !c.given(name) {
		return nil, nil
	}
	var list []string
	if json.Unmarshal(c.values[name], &list) == nil {
		return list, nil
	}
	text := c.text(name)
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		if json.Unmarshal([]byte(text), &list) != nil {
			return nil, ckanFault(name, text)
		}
		return list, nil
	}
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, strings.Trim(part, `"`))
		}
	}
	return list, nil
}

// object is JSON, which may be in a text; nil when there is none. What is no JSON
// stays a JSON text.
func (c ckanCall) object(name string) json.RawMessage {
	if !c.given(name) {
		return nil
	}
	if text := strings.TrimSpace(c.text(name)); strings.HasPrefix(text, "{") {
		return json.RawMessage(text)
	}
	return c.values[name]
}

// address is the call as parameters of an address.
func (c ckanCall) address() url.Values {
	v := url.Values{}
	for name := range c.values {
		if c.given(name) {
			v.Set(name, c.text(name))
		}
	}
	return v
}
