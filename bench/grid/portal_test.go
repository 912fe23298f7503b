package grid

import (
	"bytes"
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"

	"socle/bench/run"
	"socle/client"
)

const (
	email    = "agent@essai.example"
	password = "une phrase assez longue 31"
)

// portal has an organisation and one of its agents.
type portal struct {
	*run.Portal
	agent  *http.Client
	client *client.Client
}

func start(b *testing.B) *portal {
	b.Helper()
	p := &portal{Portal: run.Start(b, b.TempDir())}
	p.join(b)
	return p
}

// join makes the organisation and the agent, and their token.
func (p *portal) join(b *testing.B) {
	b.Helper()
	jar, _ := cookiejar.New(nil)
	p.agent = &http.Client{Jar: jar, Timeout: time.Minute}
	var out []byte
	for _, words := range [][]string{{"admin", "organisation", "Mairie d’Essai"}, {"admin", "invite", email, "--organisation", "mairie-d-essai", "--role", "administrator"}} {
		var err error
		if out, err = p.Command(b, words...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %v\n%s", words, err, out)
		}
	}
	p.send(b, regexp.MustCompile(`http://\S+\?token=\S+`).FindString(string(out)), `form[action="/invitation"]`, "name", "Agent", "password", password)
	secret := strings.TrimSpace(p.send(b, p.Base+"/account", `form[action="/account/tokens"]`, "token-name", "bench", "scopes", "read,write,publish").Find("#new-token").Text())
	var err error
	if p.client, err = client.New(p.Base, client.Options{Token: secret}); err != nil || secret == "" {
		b.Fatal("no token", err)
	}
}

// send fills in a form of a page.
func (p *portal) send(b *testing.B, address, selector string, values ...string) *goquery.Document {
	b.Helper()
	read := func(res *http.Response, err error) *goquery.Document {
		if err != nil {
			b.Fatal(err)
		}
		defer res.Body.Close()
		doc, err := goquery.NewDocumentFromReader(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			b.Fatal(address, res.Status, err, doc.Find("main").Text())
		}
		return doc
	}
	form := read(p.agent.Get(address)).Find(selector).First()
	sent := url.Values{}
	form.Find("input[type=hidden]").Each(func(_ int, s *goquery.Selection) { sent.Add(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	for i := 0; i < len(values); i += 2 {
		sent.Set(values[i], values[i+1])
	}
	return read(p.agent.PostForm(p.Base+form.AttrOr("action", ""), sent))
}

// publish brings a file to its public page, and opens its rows for the grid.
func (p *portal) publish(b *testing.B, title, schema string, content []byte) {
	b.Helper()
	ctx := context.Background()
	u, err := p.client.UploadFile(ctx, "", title+".csv", bytes.NewReader(content), int64(len(content)), nil)
	if err != nil {
		b.Fatal(err)
	}
	i, err := p.client.StartImport(ctx, client.ImportRequest{Upload: u.ID, Schema: schema})
	if err == nil {
		i, err = p.client.WaitImport(ctx, i, nil)
	}
	if err != nil || i.State != "checked" || i.Outcome == nil || !i.Outcome.Valid {
		b.Fatalf("%s: %+v %v", title, i, err)
	}
	d, err := p.client.Publish(ctx, client.PublishRequest{Import: i.ID, Title: title, Description: "Un tableau d’essai.", Licence: "etalab-2.0"})
	if err != nil {
		b.Fatal(err)
	}
	p.send(b, p.Base+"/datasets/"+d.Slug+"/grid", `main form[action="/datasets/`+d.Slug+`/grid"]`)
}

// screen is a browser in which the agent has signed in.
type screen struct {
	*run.Screen
	p *portal
}

func (p *portal) browser(b *testing.B) *screen {
	b.Helper()
	s := &screen{run.Browser(b, 1280, 900), p}
	s.Do(chromedp.Navigate(p.Base+"/sign-in"), chromedp.SetValue(chromedp.CSS("#f-email"), email), chromedp.SetValue(chromedp.CSS("#f-password"), password),
		chromedp.Click(chromedp.CSS("main form button[type=submit]")))
	s.Wait(`location.pathname.endsWith("/desk")`)
	return s
}
