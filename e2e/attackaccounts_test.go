package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// drawn are secrets and numbers made for one answer: challenges, steps, cookies.
var drawn = regexp.MustCompile(`[A-Za-z0-9_-]{32,}`)

// Nobody learns from an answer who has an account: one that is there, one that was
// closed and one that never was are answered alike, to the letter and the header. That
// the work is the same too is for identity.TestSignInTellsNothing, which counts it.
func (s *siege) attackAccounts(t *testing.T) {
	s.p.must(t, "admin", "organisation", "Mairie Sondée")
	s.p.join(t, "mairie-sondee", "sonde@essai.example", "editor")
	closed := s.p.join(t, "mairie-sondee", "clos@essai.example", "editor")
	if pg := closed.send(closed.get("/account/data/close"), `form[action="/account/data/close"]`, "sure", "1"); pg.url.Path != "/" {
		t.Fatalf("the account is not closed: %d at %s", pg.status, pg.url)
	}
	told := func(method, path, email string, values url.Values) string {
		v := s.p.visitor(t)
		v.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		values.Set("email", email)
		query, body := "", values.Encode()
		if method == http.MethodGet {
			query, body = "?"+body, ""
		}
		pg := s.try(t, v, method, path+query, body)
		var headers []string
		for name, list := range pg.header {
			switch name {
			case "Date", "X-Request-Id", "X-Ratelimit-Reset", "Content-Length": // of the address that is echoed
				continue
			}
			headers = append(headers, fmt.Sprint(name, list))
		}
		slices.Sort(headers)
		answer := fmt.Sprintf("%d\n%s\n%s", pg.status, strings.Join(headers, "\n"), pg.body)
		for _, form := range []string{email, url.QueryEscape(email)} {
			answer = strings.ReplaceAll(answer, form, "ADDRESS")
		}
		if number := pg.header.Get("X-Request-Id"); number != "" { // pages of failures say it
			answer = strings.ReplaceAll(answer, number, "NUMBER")
		}
		return drawn.ReplaceAllString(answer, "DRAWN")
	}
	for _, x := range []struct {
		method, path string
		values       url.Values
	}{
		{"POST", "/sign-in", url.Values{"password": {"une autre phrase assez longue"}}},
		{"POST", "/sign-in", url.Values{"password": {""}}},
		{"POST", "/sign-in/link", url.Values{}},
		{"POST", "/forgotten-password", url.Values{}},
		{"POST", "/sign-in/passkey/challenge", url.Values{}},
		{"GET", "/sign-in", url.Values{}},
		{"GET", "/sign-in/second", url.Values{}},
	} {
		nobody := told(x.method, x.path, "aucun@essai.example", x.values)
		for _, email := range []string{"sonde@essai.example", "clos@essai.example"} {
			if answer := told(x.method, x.path, email, x.values); answer != nobody {
				t.Errorf("%s %s: %s is answered\n%s\nwho has no account\n%s", x.method, x.path, email, answer, nobody)
			}
		}
	}
}
