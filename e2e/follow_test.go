package e2e

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"socle/client"
)

// Without an account and without scripts: the button, the question, the link, the
// news, one click to stop. Then a webhook: signed, tested, told of a new version.
func TestFollow(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []*http.Request
	var bodies []string
	program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		got, bodies = append(got, r), append(bodies, string(b))
		mu.Unlock()
	}))
	defer program.Close()
	p := start(t, "--allowed-networks", "127.0.0.0/8")
	host := hostOf(t, p)
	agent := p.agent(t)
	d := publish(t, agent, "essai.csv", table("essai", 5), "Essai public")

	v := p.visitor(t)
	pg := v.get("/datasets/" + d.Slug)
	href, ok := pg.doc.Find(`main a[href^="/follow?"]`).Attr("href")
	if !ok {
		t.Fatal("no button to follow")
	}
	pg = v.send(v.get(href), `main form[action="/follow"]`, "email", "pas une adresse")
	if pg.status != http.StatusUnprocessableEntity || pg.doc.Find("#f-email-error").Length() != 1 {
		t.Errorf("%d %s", pg.status, pg.text())
	}
	pg = v.send(v.get(href), `main form[action="/follow"]`, "email", "eve@essai.example", "pace", "soon")
	if pg.url.Path != "/datasets/"+d.Slug || !strings.Contains(pg.doc.Find("body").Text(), "Un message vient de partir") {
		t.Fatalf("%s %s", pg.url, pg.text())
	}
	link := mailed(t, host, "eve@essai.example")
	if pg = p.visitor(t).get(link); !strings.Contains(pg.text(), "eve@essai.example") {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	if pg = v.send(pg, "main form"); pg.url.Path != "/datasets/"+d.Slug {
		t.Fatalf("%s %s", pg.url, pg.text())
	}
	if pg = v.get(link); pg.status != http.StatusNotFound {
		t.Errorf("the link is good twice: %d", pg.status)
	}

	m := p.join(t, "mairie-d-essai", "marc@essai.example", "reader")
	for _, query := range []string{"what=organisation&of=mairie-d-essai", "what=portal", "what=search&q=essai&organisation=mairie-d-essai"} {
		if pg := m.send(m.get("/follow?"+query), `main form[action="/follow"]`, "pace", "daily"); pg.status != http.StatusOK || !strings.Contains(pg.doc.Find("body").Text(), "Vous suivez maintenant") {
			t.Errorf("%s: %d %s", query, pg.status, pg.text())
		}
	}
	pg = m.get("/account/follows")
	if n := pg.doc.Find(`main form[action$="/stop"]`).Length(); n != 3 {
		t.Errorf("%d follows", n)
	}
	m.send(pg, `main form[action$="/stop"]`)
	if pg := m.send(m.get("/account/webhooks"), `main form[action="/account/webhooks"]`, "name", "", "url", "ftp://x"); pg.status != http.StatusUnprocessableEntity {
		t.Errorf("%d", pg.status)
	}
	pg = m.send(m.get("/account/webhooks?what=dataset&of="+d.Slug), `main form[action="/account/webhooks"]`, "name", "Mon outil", "url", program.URL+"/socle?cle=tres-secrete")
	secret := strings.TrimSpace(pg.doc.Find("#webhook-secret").Text())
	if !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	pg = m.send(pg, `main form[action$="/test"]`)
	if strings.Contains(pg.text(), secret) {
		t.Error("the secret is shown twice")
	}
	wait := func(what string, n int) {
		t.Helper()
		for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			mu.Lock()
			have := len(got)
			mu.Unlock()
			if have >= n {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s: %d messages\n%s", what, have, m.get(pg.url.Path).text())
			}
		}
	}
	wait("the test", 1)
	publishVersion(t, agent, d.ID)
	wait("a new version", 2)
	mu.Lock()
	defer mu.Unlock()
	h := got[1].Header
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "." + bodies[1]))
	if h.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) || !strings.Contains(bodies[1], `"dataset.updated"`) {
		t.Errorf("%v %s", h, bodies[1])
	}
	news := ""
	for end := time.Now().Add(60 * time.Second); news == "" && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		for _, a := range host.get("/admin/mail").doc.Find(`a[href*="/admin/mail/"]`).EachIter() {
			if strings.Contains(a.Text(), "Essai public") && strings.Contains(a.Text(), "mises à jour") {
				letter := host.get(a.AttrOr("href", "")).doc.Find("main")
				if strings.Contains(letter.Text(), "eve@essai.example") {
					letter.Find("button").Remove() // their words stand next to the last line of the letter
					news = letter.Text()
				}
			}
		}
	}
	at := strings.Index(news, "/follow/stop?token=")
	if at < 0 {
		t.Fatalf("no news: %q", news)
	}
	stop := strings.Fields(news[at:])[0]
	if pg := v.get(stop); pg.status != http.StatusOK || !strings.Contains(pg.text(), "Ne plus suivre") {
		t.Errorf("%s: %d %s", stop, pg.status, pg.text())
	}
	s := browse(t, p)
	s.accessible(stop)
	s.worded("/en" + stop)
	// As a mail reader does it: one POST from elsewhere, no cookie, no redirection.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+stop, strings.NewReader(url.Values{"List-Unsubscribe": {"One-Click"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://webmail.example")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || v.get(stop).status != http.StatusNotFound {
		t.Errorf("one click: %s, then %d", res.Status, v.get(stop).status)
	}
	// Nothing secret is in the log: neither the links, nor what signs, nor the address called.
	for _, s := range []string{secret, "tres-secrete", strings.TrimPrefix(stop, "/follow/stop?token="), link[strings.Index(link, "token=")+6:]} {
		if strings.Contains(p.log.String(), s) {
			t.Errorf("in the log: %s", s)
		}
	}
}

// publishVersion adds a version to a dataset.
func publishVersion(t *testing.T, c *client.Client, dataset string) {
	t.Helper()
	content := table("essai", 6)
	u, err := c.UploadFile(t.Context(), "", "essai.csv", bytes.NewReader(content), int64(len(content)), nil)
	if err != nil {
		t.Fatal(err)
	}
	i, err := c.StartImport(t.Context(), client.ImportRequest{Upload: u.ID})
	if err == nil {
		i, err = c.WaitImport(t.Context(), i, nil)
	}
	if err == nil {
		_, err = c.Publish(t.Context(), client.PublishRequest{Import: i.ID, Dataset: dataset})
	}
	if err != nil {
		t.Fatal(err)
	}
}
