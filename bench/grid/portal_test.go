package grid

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"

	"socle/client"
)

const (
	email    = "agent@essai.example"
	password = "une phrase assez longue 31"
)

// portal is bin/socle with an organisation and one of its agents.
type portal struct {
	base   string
	args   []string
	agent  *http.Client
	client *client.Client
}

func start(b *testing.B) *portal {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	p := &portal{base: fmt.Sprintf("http://localhost:%d", port)}
	p.args = []string{"--data", filepath.Join(b.TempDir(), "data"), "--addr", fmt.Sprintf("127.0.0.1:%d", port), "--base-url", p.base, "--log-level", "WARN", "--limits-request-rate", "1000000", "--limits-request-burst", "1000000"}
	cmd, out := p.command(b, "serve"), &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		b.Fatalf("%v: run \"make build\" first", err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if res, err := http.Get(p.base + "/healthz"); err == nil {
			_ = res.Body.Close()
			p.join(b)
			return p
		}
	}
	b.Fatalf("the portal does not answer\n%s", out)
	return nil
}

func (p *portal) command(b *testing.B, words ...string) *exec.Cmd {
	b.Helper()
	bin, err := filepath.Abs("../../bin/socle")
	if err != nil {
		b.Fatal(err)
	}
	return exec.Command(bin, append(words, p.args...)...)
}

// join makes the organisation and the agent, and their token.
func (p *portal) join(b *testing.B) {
	b.Helper()
	jar, _ := cookiejar.New(nil)
	p.agent = &http.Client{Jar: jar, Timeout: time.Minute}
	var out []byte
	for _, words := range [][]string{{"admin", "organisation", "Mairie d’Essai"}, {"admin", "invite", email, "--organisation", "mairie-d-essai", "--role", "administrator"}} {
		var err error
		if out, err = p.command(b, words...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %v\n%s", words, err, out)
		}
	}
	p.send(b, regexp.MustCompile(`http://\S+\?token=\S+`).FindString(string(out)), `form[action="/invitation"]`, "name", "Agent", "password", password)
	secret := strings.TrimSpace(p.send(b, p.base+"/account", `form[action="/account/tokens"]`, "token-name", "bench", "scopes", "read,write,publish").Find("#new-token").Text())
	var err error
	if p.client, err = client.New(p.base, client.Options{Token: secret}); err != nil || secret == "" {
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
	return read(p.agent.PostForm(p.base+form.AttrOr("action", ""), sent))
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
	p.send(b, p.base+"/datasets/"+d.Slug+"/grid", `main form[action="/datasets/`+d.Slug+`/grid"]`)
}

// screen is a browser in which the agent has signed in.
type screen struct {
	p   *portal
	ctx context.Context
}

func (p *portal) browser(b *testing.B) *screen {
	b.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(b.TempDir()))
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			opts = append(opts, chromedp.ExecPath(path))
			break
		}
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	b.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	b.Cleanup(cancel)
	s := &screen{p, ctx}
	s.do(b, chromedp.Navigate(p.base+"/sign-in"), chromedp.EmulateViewport(1280, 900), chromedp.SetValue(chromedp.CSS("#f-email"), email), chromedp.SetValue(chromedp.CSS("#f-password"), password),
		chromedp.Click(chromedp.CSS("main form button[type=submit]")))
	s.wait(b, `location.pathname.endsWith("/desk")`)
	return s
}

func (s *screen) do(b *testing.B, steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(s.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// wait waits until an expression is true.
func (s *screen) wait(b *testing.B, js string) {
	b.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool]("!!("+js+")")); err == nil && ok {
			return
		}
	}
	said, _ := chromedp.Run(s.ctx, chromedp.Evaluate[string]("document.body.innerText.slice(0, 2000)"))
	b.Fatalf("never: %s\n%s", js, said)
}

func (s *screen) number(b *testing.B, js string) float64 {
	b.Helper()
	v, err := chromedp.Run(s.ctx, chromedp.Evaluate[float64](js, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: %v", js, err)
	}
	return v
}

// value reads JSON that a promise gives.
func (s *screen) value(b *testing.B, js string, v any) {
	b.Helper()
	text, err := chromedp.Run(s.ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
	if err == nil {
		err = json.Unmarshal([]byte(text), v)
	}
	if err != nil {
		b.Fatalf("%s: %v", js, err)
	}
}
