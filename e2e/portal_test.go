package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"socle/client"
	"socle/internal/sqldb"
)

// portal is a server of the real binary on a data folder.
type portal struct {
	data, url, addr string
	args            []string // of serve and of all commands on the same data
	enter           []string // what other commands are run through
	demo            bool
	cmd             *exec.Cmd
	out, log        *buffer
	over            chan error
}

// buffer is what a process has written so far.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// loose are limits that a test does not run into, and no list of passwords that is asked
// through the network.
var loose = []string{"--limits-request-rate=100000", "--limits-request-burst=100000", "--limits-signin-rate=100000", "--auth-breached-url=none"}

func newPortal(data string, args ...string) (*portal, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	p := &portal{data: data, addr: fmt.Sprintf("127.0.0.1:%d", port), url: fmt.Sprintf("http://localhost:%d", port)}
	p.args = append([]string{"--data", data, "--addr", p.addr, "--base-url", p.url}, append(loose, args...)...)
	return p, l.Close()
}

// start runs a portal for the length of the test.
func start(t *testing.T, args ...string) *portal {
	t.Helper()
	p, err := newPortal(filepath.Join(t.TempDir(), "data"), args...)
	if err == nil {
		err = p.begin()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd != nil {
			if err := p.end(); err != nil {
				t.Error(err)
			}
		}
		if t.Failed() {
			t.Logf("the portal said:\n%s\n%s", p.out, p.log)
		}
	})
	return p
}

// begin starts the server and waits until it answers.
func (p *portal) begin(extra ...string) error {
	args := append([]string{"serve"}, append(p.args, extra...)...)
	if p.demo {
		args = append(args, "--demo")
	}
	p.cmd, p.out, p.log, p.over = exec.Command(socle, args...), &buffer{}, &buffer{}, make(chan error, 1)
	return p.launch()
}

func (p *portal) launch() error {
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.log
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func(cmd *exec.Cmd, over chan error) { over <- cmd.Wait() }(p.cmd, p.over)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-p.over:
			p.cmd = nil
			return fmt.Errorf("the portal ended at its start: %w\n%s\n%s", err, p.out, p.log)
		default:
		}
		if res, err := http.Get("http://" + p.addr + "/healthz"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	return fmt.Errorf("the portal does not answer\n%s\n%s", p.out, p.log)
}

// end stops the server as a service manager does.
func (p *portal) end() error {
	if p.cmd == nil {
		return nil
	}
	cmd := p.cmd
	p.cmd = nil
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-p.over:
		if err != nil {
			return fmt.Errorf("the portal ended badly: %w\n%s", err, p.log)
		}
		return nil
	case <-time.After(40 * time.Second):
		_ = cmd.Process.Signal(syscall.SIGQUIT) // the stacks go to the log
		<-p.over
		return fmt.Errorf("the portal does not stop\n%s", p.log)
	}
}

// kill ends the server without any warning.
func (p *portal) kill() {
	_ = p.cmd.Process.Kill()
	<-p.over
	p.cmd = nil
}

// run runs another command on the data of the portal and returns its exit status.
func (p *portal) run(command ...string) (out string, status int) {
	args := slices.Concat(p.enter, []string{socle}, command, p.args)
	cmd := exec.Command(args[0], args[1:]...)
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		return err.Error(), -1
	}
	return b.String(), cmd.ProcessState.ExitCode()
}

func (p *portal) must(t *testing.T, command ...string) string {
	t.Helper()
	out, status := p.run(command...)
	if status != 0 {
		t.Fatalf("socle %s: status %d\n%s\n%s", strings.Join(command, " "), status, out, p.log)
	}
	return out
}

// change runs a statement on the database of the portal.
func (p *portal) change(t *testing.T, statement string, args ...any) {
	t.Helper()
	address := "sqlite:" + filepath.Join(p.data, "socle.db")
	if i := slices.Index(p.args, "--database-url"); i >= 0 {
		address = p.args[i+1]
	}
	db, err := sqldb.Open(t.Context(), sqldb.Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
		n, err := tx.Exec(t.Context(), statement, args...)
		if err == nil && n == 0 {
			err = fmt.Errorf("nothing is changed by %s", statement)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// visitor is a browser without scripts: it keeps cookies and fills in forms.
type visitor struct {
	t    testing.TB
	p    *portal
	http *http.Client
}

// page is an answer, its body read.
type page struct {
	status int
	header http.Header
	url    *url.URL // after redirects
	body   []byte
	doc    *goquery.Document // of HTML
}

func (p *portal) visitor(t testing.TB) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, p, &http.Client{Jar: jar, Timeout: time.Minute}}
}

func (v *visitor) do(req *http.Request) *page {
	v.t.Helper()
	res, err := v.http.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatalf("%s: %v", req.URL, err)
	}
	pg := &page{status: res.StatusCode, header: res.Header, url: res.Request.URL, body: body}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		if pg.doc, err = goquery.NewDocumentFromReader(bytes.NewReader(body)); err != nil {
			v.t.Fatal(err)
		}
	}
	return pg
}

func (v *visitor) get(path string) *page {
	v.t.Helper()
	if !strings.Contains(path, "://") {
		path = v.p.url + path
	}
	req, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.do(req)
}

func (v *visitor) post(path string, values url.Values) *page {
	v.t.Helper()
	if !strings.Contains(path, "://") {
		path = v.p.url + path
	}
	req, err := http.NewRequest(http.MethodPost, path, strings.NewReader(values.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(req)
}

// form reads what a form of a page sends, as a browser would without scripts.
func (pg *page) form(t testing.TB, selector string) (action string, values url.Values) {
	t.Helper()
	form := pg.doc.Find(selector).First()
	if form.Length() == 0 {
		t.Fatalf("%s has no %s:\n%s", pg.url, selector, pg.text())
	}
	return formOf(t, pg, form)
}

// formOf is form for a form that is found already.
func formOf(t testing.TB, pg *page, form *goquery.Selection) (action string, values url.Values) {
	t.Helper()
	values = url.Values{}
	form.Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		name, kind := s.AttrOr("name", ""), s.AttrOr("type", "")
		if name == "" || kind == "file" || kind == "submit" {
			return
		}
		_, checked := s.Attr("checked")
		switch {
		case (kind == "radio" || kind == "checkbox") && !checked:
		case goquery.NodeName(s) == "textarea":
			values.Add(name, s.Text())
		case goquery.NodeName(s) == "select":
			o := s.Find("option[selected]")
			if o.Length() == 0 {
				o = s.Find("option").First()
			}
			values.Add(name, o.AttrOr("value", o.Text()))
		default:
			values.Add(name, s.AttrOr("value", ""))
		}
	})
	u, err := pg.url.Parse(form.AttrOr("action", ""))
	if err != nil {
		t.Fatal(err)
	}
	return u.String(), values
}

// send fills in a form of a page and sends it; values are name, value, name…
func (v *visitor) send(pg *page, selector string, values ...string) *page {
	v.t.Helper()
	action, sent := pg.form(v.t, selector)
	for i := 0; i < len(values); i += 2 {
		sent.Set(values[i], values[i+1])
	}
	return v.post(action, sent)
}

// sendFile is send of a form that takes a file.
func (v *visitor) sendFile(pg *page, selector, field, name string, content []byte, values ...string) *page {
	v.t.Helper()
	action, sent := pg.form(v.t, selector)
	for i := 0; i < len(values); i += 2 {
		sent.Set(values[i], values[i+1])
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k := range sent {
		if err := w.WriteField(k, sent.Get(k)); err != nil {
			v.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile(field, name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		v.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, action, &b)
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return v.do(req)
}

// text is what a page says, blanks folded.
func (pg *page) text() string {
	if pg.doc == nil {
		return string(pg.body)
	}
	return strings.Join(strings.Fields(pg.doc.Find("main").Text()), " ")
}

func (v *visitor) signIn(email, password string) {
	v.t.Helper()
	pg := v.send(v.get("/sign-in"), `main form[action="/sign-in"]`, "email", email, "password", password)
	if pg.status != http.StatusOK || pg.url.Path != "/desk" {
		v.t.Fatalf("signing in as %s: %d at %s: %s", email, pg.status, pg.url, pg.text())
	}
}

// token makes a token of the API on the account's page; more are further fields.
func (v *visitor) token(scopes string, more ...string) string {
	v.t.Helper()
	pg := v.send(v.get("/account"), `form[action="/account/tokens"]`, append([]string{"token-name", "e2e", "scopes", scopes}, more...)...)
	secret := strings.TrimSpace(pg.doc.Find("#new-token").Text())
	if secret == "" {
		v.t.Fatalf("no token: %s", pg.text())
	}
	return secret
}

var linkIn = regexp.MustCompile(`http://\S+\?token=\S+`)

// join makes an organisation (unless it is there) and a person in it by the
// command line and an invitation, and returns the person signed in.
func (p *portal) join(t *testing.T, organisation, email, role string) *visitor {
	t.Helper()
	out := p.must(t, "admin", "invite", email, "--organisation", organisation, "--role", role)
	v := p.visitor(t)
	pg := v.send(v.get(linkIn.FindString(out)), `form[action="/invitation"]`, "name", "Personne d’essai", "password", password)
	if pg.status != http.StatusOK || pg.url.Path != "/desk" {
		t.Fatalf("the invitation of %s led to %s (%d): %s", email, pg.url, pg.status, pg.text())
	}
	return v
}

const password = "une phrase assez longue 31"

// agent makes an organisation "Mairie d’Essai" and a client that may publish there.
func (p *portal) agent(t *testing.T) *client.Client {
	t.Helper()
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	return p.client(t, p.join(t, "mairie-d-essai", "agent@essai.example", "administrator").token("read,write,publish"))
}

func (p *portal) client(t *testing.T, token string) *client.Client {
	t.Helper()
	c, err := client.New(p.url, client.Options{Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// publish brings a file to the public page through the API.
func publish(t *testing.T, c *client.Client, name string, content []byte, title string) client.Dataset {
	t.Helper()
	d, err := tryPublish(context.Background(), c, name, content, title)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func tryPublish(ctx context.Context, c *client.Client, name string, content []byte, title string) (client.Dataset, error) {
	u, err := c.UploadFile(ctx, "", name, bytes.NewReader(content), int64(len(content)), nil)
	if err != nil {
		return client.Dataset{}, fmt.Errorf("upload: %w", err)
	}
	i, err := c.StartImport(ctx, client.ImportRequest{Upload: u.ID})
	if err == nil {
		i, err = c.WaitImport(ctx, i, nil)
	}
	if err != nil {
		return client.Dataset{}, fmt.Errorf("import: %w", err)
	}
	if i.State != "checked" {
		return client.Dataset{}, fmt.Errorf("import of %s: %s %+v", name, i.State, i.Failure)
	}
	return c.Publish(ctx, client.PublishRequest{Import: i.ID, Title: title, Description: "Un tableau d’essai, écrit pour les tests.", Licence: "etalab-2.0"})
}

// demonstration is the portal that the tests which only read share.
var demonstration *portal

var demonstrationOnce sync.Once

// account is an account of the demonstration.
type account struct{ email, password, organisation string }

// demo returns the shared demonstration, complete, and its accounts.
func demo(t *testing.T) (*portal, []account) {
	t.Helper()
	demonstrationOnce.Do(func() {
		p, err := newPortal(filepath.Join(filepath.Dir(socle), "demonstration"))
		if err == nil {
			p.demo = true
			err = p.begin()
		}
		if err != nil {
			t.Fatal(err)
		}
		demonstration = p
	})
	if demonstration == nil {
		t.Fatal("the demonstration did not start")
	}
	return demonstration, demonstration.accounts(t)
}

// datasetsOfDemo is how many datasets the demonstration makes at least.
const datasetsOfDemo = 26

// accounts waits for the demonstration to be complete.
func (p *portal) accounts(t *testing.T) []account {
	t.Helper()
	c := p.client(t, "")
	var data []byte
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		n, err := count(c, p)
		if data, _ = os.ReadFile(filepath.Join(p.data, "demonstration-accounts.txt")); err == nil && n >= datasetsOfDemo && len(data) > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the demonstration has %d datasets after two minutes (%v)\n%s", n, err, p.log)
		}
	}
	var list []account
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		list = append(list, account{f[0], f[1], f[2]})
	}
	return list
}
