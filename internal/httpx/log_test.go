package httpx

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// No secret reaches the log, whatever way it comes.
func TestLogHidesSecrets(t *testing.T) {
	u, _ := url.Parse("https://user:hunter2@example.org/a?token=hunter2&x=1&api_key=hunter2&X-Amz-Signature=hunter2#code=hunter2")
	for _, format := range []string{"json", "text"} {
		var b strings.Builder
		l := NewLogger(&b, format, slog.LevelDebug)
		l.Info("sign in", "password", "hunter2", "Authorization", "Bearer hunter2", "Set-Cookie", "s=hunter2", "smtp_password", "hunter2",
			slog.Group("request", "cookie", "hunter2", "url", u, "text", u.String()), "url_value", *u,
			"err", errors.New(`Get "https://example.org/?access_token=hunter2": refused`), "dsn", "postgres://socle:hunter2@db/socle?sslmode=disable",
			"session_token", http.Header{"A": {"hunter2"}}, "kept", "x=1&y=2", "mail", "a@example.org")
		l.With("token", "hunter2").Debug("later")
		out := b.String()
		if strings.Contains(out, "hunter2") {
			t.Errorf("%s: %s", format, out)
		}
		for _, kept := range []string{"x=1&y=2", "a@example.org", "sslmode=disable", "user", "socle:"} {
			if !strings.Contains(strings.ReplaceAll(out, `\u0026`, "&"), kept) {
				t.Errorf("%s lost %s: %s", format, kept, out)
			}
		}
	}
}

// A secret that is known by its beginning is hidden wherever it stands; names that
// begin alike are kept.
func TestLogHidesWords(t *testing.T) {
	var b strings.Builder
	l := NewLogger(&b, "text", slog.LevelInfo, "socle_")
	secret := "socle_" + strings.Repeat("k7", 16)
	l.Info(secret, "url", "/openrosa/key/"+secret+"/formList?x=1", "err", errors.New("no such page: /"+secret), "metric", "socle_http_requests_total", "two", secret+" "+secret)
	if out := b.String(); strings.Contains(out, "k7") || !strings.Contains(out, "/formList?x=1") || !strings.Contains(out, "socle_http_requests_total") {
		t.Error(out)
	}
}

// What is hidden already is hidden once.
func TestLogHidesOnce(t *testing.T) {
	var b strings.Builder
	NewLogger(&b, "text", slog.LevelInfo).Info("asked", "url", RedactURL(&url.URL{Path: "/x", RawQuery: "token=hunter2&y=1"}))
	if out := b.String(); !strings.Contains(out, "/x?token=[hidden]&y=1") {
		t.Error(out)
	}
}

// The key in a path opens what it is for: the log has the route without it.
func TestLogHidesKeysOfPaths(t *testing.T) {
	rt, log := newRouter(t, Options{})
	rt.Handle("GET /f/{key}/merci", func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(204); return nil })
	s := httptest.NewServer(rt)
	defer s.Close()
	if res, _, err := get(t, s, "GET", "/f/hunter2%20x/merci?x=1", nil); err != nil || res.StatusCode != 204 {
		t.Fatal(res, err)
	}
	if out := log.String(); strings.Contains(out, "hunter2") || !strings.Contains(out, "/f/[hidden]/merci?x=1") {
		t.Error(out)
	}
}

func TestLevel(t *testing.T) {
	var b strings.Builder
	l := NewLogger(&b, "text", slog.LevelWarn)
	l.Info("quiet")
	if b.Len() > 0 {
		t.Error(b.String())
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("https://a:b@c/?token=d&e=f#g", "token")
	f.Fuzz(func(t *testing.T, text, name string) {
		if strings.ContainsAny(text, "=?&;# \t\n\"'([{,)]}@:/") || text == "" || !isSecret(name) || strings.ContainsAny(name, "=?&;# \t\n\"'([{,") || strings.Contains(hidden, text) || strings.Contains(name, text) {
			return
		}
		if out := redactText("x?a=1&" + name + "=" + text + "&b=2"); strings.Contains(out, text) && !strings.Contains("x?a=1&"+name+"="+hidden+"&b=2", text) {
			t.Errorf("%q", out)
		}
		redactText(text + name)
	})
}
