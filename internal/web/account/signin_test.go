package account_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/web/account"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

// Who tries too many passwords is told on the page to wait, and programs how long.
func TestSignInTooOften(t *testing.T) {
	now := func() time.Time { return time.Date(2025, 5, 5, 10, 0, 0, 0, time.UTC) }
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite), Now: now})
	ids := identity.New(db, identity.Options{})
	base, _ := url.Parse("https://donnees.example.org")
	log := slog.New(slog.DiscardHandler)
	sh := shell.New(shell.Options{Identity: ids, BaseURL: base, Log: log, FlashKey: []byte("key"), Host: func(context.Context) ui.Host { return ui.Host{Name: "Essai"} }})
	rt := httpx.NewRouter(httpx.Options{Log: log, Render: sh.Render, BaseURL: base})
	free := httpx.Limit(httpx.NewLimiter(1000, 1000, 1000, now))
	sh.Mount(rt, account.New(account.Options{Identity: ids, BaseURL: base.String(), Attempts: free, Limit: free, Now: now}).Routes()...)
	srv := httptest.NewServer(rt)
	t.Cleanup(srv.Close)

	try := func(path string) (*http.Response, string) {
		t.Helper()
		res, err := http.PostForm(srv.URL+path, url.Values{"email": {"lea@essai.example"}, "password": {"ce n’est pas le bon"}})
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		page, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, strings.ReplaceAll(string(page), "\u00a0", " ")
	}
	tries := 0
	res, page := try("/sign-in")
	for ; res.StatusCode != http.StatusTooManyRequests; res, page = try("/sign-in") {
		if tries++; tries > 100 || res.StatusCode != http.StatusUnprocessableEntity && res.StatusCode != http.StatusUnauthorized {
			t.Fatalf("attempt %d: %s", tries, res.Status)
		}
		if res.Header.Get("Retry-After") != "" {
			t.Errorf("attempt %d: told to wait", tries)
		}
	}
	wait, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 3600 {
		t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
	}
	if !strings.Contains(page, "Trop d") || !strings.Contains(page, `name="password"`) {
		t.Errorf("the page: %s", page)
	}
	if res, page = try("/en/sign-in"); res.StatusCode != http.StatusTooManyRequests || !strings.Contains(page, "Too many") {
		t.Errorf("in English: %s %s", res.Status, page)
	}
}
