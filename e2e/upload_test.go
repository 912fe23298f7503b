package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"socle/client"
)

var shots = flag.String("shots", "", "folder for screenshots of the pages that the tests go through")

// line stands between the browser and the portal, and fails as networks do.
type line struct {
	*httptest.Server
	mu     sync.Mutex
	down   bool            // every request of an upload is cut
	cut    int             // the PATCH with this number is cut in its middle, and the line goes down
	hold   int             // the PATCH with this number is held for good
	starts []int64         // Upload-Offset of each PATCH
	made   []string        // uploads created
	gone   map[string]bool // uploads that were cancelled
	over   chan struct{}   // ends what is held
}

func newLine(t *testing.T, p *portal) *line {
	target, err := url.Parse("http://" + p.addr)
	if err != nil {
		t.Fatal(err)
	}
	l := &line{gone: map[string]bool{}, over: make(chan struct{})}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	proxy.ModifyResponse = func(res *http.Response) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		switch {
		case res.Request.Method == http.MethodPost && res.StatusCode == http.StatusCreated:
			l.made = append(l.made, res.Header.Get("Location"))
		case res.Request.Method == http.MethodDelete && res.StatusCode == http.StatusNoContent:
			l.gone[res.Request.URL.Path] = true
		}
		return nil
	}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/uploads") {
			l.pass(r)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		close(l.over)
		l.CloseClientConnections()
		l.Close()
	})
	return l
}

// pass lets a request through, cuts it, or holds it.
func (l *line) pass(r *http.Request) {
	l.mu.Lock()
	down, cut, hold := l.down, false, false
	if r.Method == http.MethodPatch && !down {
		at, _ := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64)
		l.starts = append(l.starts, at)
		cut, hold = len(l.starts) == l.cut, len(l.starts) == l.hold
		l.down = cut
	}
	l.mu.Unlock()
	if hold {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
		<-l.over
	}
	if down || hold {
		panic(http.ErrAbortHandler)
	}
	if cut {
		r.Body = &shortBody{r.Body, 3 << 20}
	}
}

// set changes what the line does.
func (l *line) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// pieces are the offsets of the PATCH requests so far.
func (l *line) pieces() (starts []int64) {
	l.set(func() { starts = append(starts, l.starts...) })
	return starts
}

// shortBody fails after some bytes.
type shortBody struct {
	io.ReadCloser
	left int
}

func (s *shortBody) Read(p []byte) (int, error) {
	if s.left <= 0 {
		return 0, errors.New("the line was cut")
	}
	n, err := s.ReadCloser.Read(p[:min(len(p), s.left)])
	s.left -= n
	return n, err
}

// wide is a CSV file of so many bytes at least, in few long rows.
func wide(size int) []byte {
	var b bytes.Buffer
	b.Grow(size + 8192)
	b.WriteString("id,nom,texte\n")
	for n := 1; b.Len() < size; n++ {
		fmt.Fprintf(&b, "%d,Objet %d,%s\n", n, n, strings.Repeat(fmt.Sprintf("mesure %d du relevé ; ", n), 150))
	}
	return b.Bytes()
}

// shoot keeps a picture of the page in two widths.
func (s *screen) shoot(name string) {
	s.t.Helper()
	if *shots == "" {
		return
	}
	for _, width := range []int64{390, 1280} {
		s.size(width, 900)
		s.text(`document.querySelector(".upload, .grid, main").scrollIntoView({block: "nearest"}), ""`)
		s.do(chromedp.Sleep(500e6)) // the bar moves for 300 ms
		png, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*shots, fmt.Sprintf("%s-%d.png", name, width)), png, 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
}

// choose picks the file of the form and sends it.
func (s *screen) choose(path string) {
	s.t.Helper()
	s.wait("the upload's script", `document.querySelector('[data-island=upload][data-awake=yes]')`)
	s.do(chromedp.SetUploadFiles(chromedp.CSS("input[type=file][name=file]"), []string{path}), chromedp.Focus(chromedp.CSS(sendButton)), chromedp.KeyEvent("\r"))
}

const sendButton = `form[action$="/deposits"] button[type=submit]`

func part(name string) string { return `document.querySelector('[data-part="` + name + `"]')` }

// A large file goes to the portal in pieces: it can be cancelled, survives a cut
// of the network and a page that was left, and arrives as it was.
func TestUploadSurvives(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	l := newLine(t, p)
	through := *p
	through.url = l.URL
	s := browse(t, &through)
	s.signIn("agent@essai.example", password)
	content := wide(40_000_000)
	path := asFile(t, "relevés 2026.csv", content)

	t.Log("cancelled, in English")
	l.set(func() { l.hold = 3 })
	s.open("/en/deposits/new")
	s.choose(path)
	s.wait("a part of the file sent", `document.querySelector(".upload progress").value >= 16 << 20`)
	s.sees("Sending relevés 2026.csv")
	s.sees("of 40 MB")
	if focus := s.text(`document.activeElement.type + " " + document.activeElement.getAttribute("aria-disabled")`); focus != "submit true" {
		t.Errorf("while the file is sent, the focus is on %s", focus)
	}
	s.sane()
	for _, v := range s.axe() {
		t.Errorf("while the file is sent: %s", v)
	}
	s.shoot("sending-en")
	s.do(chromedp.Focus(chromedp.CSS(`[data-part=cancel] button`)), chromedp.KeyEvent("\r"))
	s.wait("the form as before", part("sending")+`.hidden && !document.querySelector(".field[inert]")`)
	s.sees("Sending was cancelled.")
	if focus := s.text("document.activeElement.type"); focus != "file" {
		t.Errorf("after cancelling, the focus is on %s", focus)
	}
	s.wait("nothing remembered", `!Object.keys(localStorage).some((k) => k.startsWith("socle-uploads"))`)
	s.until("the upload is cancelled on the server", func() (gone bool) {
		l.set(func() { gone = len(l.made) == 1 && l.gone[l.made[0]] })
		return gone
	})

	t.Log("cut in the middle of the third piece, then back")
	l.set(func() { l.starts, l.cut, l.hold = nil, 3, 5 })
	s.open("/deposits/new")
	s.choose(path)
	s.sees("Réseau coupé, reprise automatique")
	s.shoot("cut")
	l.set(func() { l.down = false })
	s.until("the browser goes on by itself", func() bool { return len(l.pieces()) >= 4 })
	s.wait("the words of the cut gone", `!document.querySelector(".upload").innerText.includes("Réseau coupé")`)
	if at := l.pieces()[3]; at < 16<<20 || at > 19<<20 {
		t.Errorf("after the cut in the third piece of 8 MB, the browser goes on at %d", at)
	}

	t.Log("the page is left, and the file chosen again")
	s.until("the fifth piece", func() bool { return len(l.pieces()) >= 5 })
	safe := l.pieces()[4]
	s.open("/deposits/new")
	s.sees("L’envoi de relevés 2026.csv est inachevé (")
	s.shoot("unfinished")
	s.choose(path)
	s.wait("the deposit", `/^\/deposits\/[^/]+/.test(location.pathname) && location.pathname !== "/deposits/new"`)
	if at := l.pieces()[5]; at < safe {
		t.Errorf("%d bytes were safe; the browser goes on at %d", safe, at)
	}
	if len(l.made) != 2 {
		t.Errorf("%d uploads were made, not one that was cancelled and one that went on", len(l.made))
	}
	sum := sha256.Sum256(content)
	name := hex.EncodeToString(sum[:])
	kept, err := os.ReadFile(filepath.Join(p.data, "blobs", name[:2], name))
	if err != nil || !bytes.Equal(kept, content) {
		t.Errorf("the portal does not hold the file as it was: %d bytes, %v", len(kept), err)
	}
	s.finds("relevés 2026.csv")
}

// finds waits until the file is read and a deposit of it stands on the desk.
func (s *screen) finds(name string) {
	s.t.Helper()
	s.wait("the file read", `/^\/deposits\/[^/]+\/(understand|mend|describe)$/.test(location.pathname)`)
	s.open(s.text("location.pathname.replace(/[^/]+$/, 'understand')"))
	s.sees(name)
}

// until waits for something outside the browser.
func (s *screen) until(what string, ok func() bool) {
	s.t.Helper()
	for range 800 {
		if ok() {
			return
		}
		s.do(chromedp.Sleep(50e6))
	}
	s.t.Fatalf("%s: not after 40 s\nat %s: %s", what, s.text("location.href"), s.text("document.body.innerText.slice(0, 3000)"))
}

// A form may name an upload in place of a file: one of the organisation chosen,
// whose bytes are all there, and of nobody else.
func TestUploadNamed(t *testing.T) {
	t.Parallel()
	p := start(t)
	theirs := p.agent(t)
	p.must(t, "admin", "organisation", "Syndicat d’Essai")
	v := p.join(t, "syndicat-d-essai", "syndicat@essai.example", "editor")
	ours := p.client(t, v.token("read,write"))
	upload := func(c *client.Client, content string) string {
		u, err := c.UploadFile(t.Context(), "", "table.csv", strings.NewReader(content), int64(len(content)), nil)
		if err != nil {
			t.Fatal(err)
		}
		return u.ID
	}
	other := upload(theirs, "a,b\n1,2\n")
	own := upload(ours, "a,b\n3,4\n")
	organisation := func(c *visitor) string {
		_, fields := c.get("/deposits/new").form(t, `form[action="/deposits"]`)
		return fields.Get("organisation")
	}
	neighbour := p.visitor(t)
	neighbour.signIn("agent@essai.example", password)
	here, there := organisation(v), organisation(neighbour)
	for _, c := range []struct{ what, organisation, upload string }{
		{"of another organisation", here, other},
		{"for another organisation", there, own},
		{"of another organisation, for it", there, other},
		{"unknown", here, "01234567-89ab-cdef-0123-456789abcdef"},
	} {
		pg := v.postParts("/deposits", "organisation", c.organisation, "upload", c.upload)
		if pg.status != http.StatusNotFound || pg.doc.Find(".notice-wrong").Length() == 0 {
			t.Errorf("an upload %s: %d at %s: %s", c.what, pg.status, pg.url, pg.text())
		}
	}
	pg := v.postParts("/deposits", "organisation", here, "upload", own)
	if pg.status != http.StatusOK || !strings.HasPrefix(pg.url.Path, "/deposits/") {
		t.Errorf("its own upload: %d at %s: %s", pg.status, pg.url, pg.text())
	}
	if pg := v.postParts("/deposits", "organisation", here, "upload", own); pg.status != http.StatusNotFound {
		t.Errorf("the same upload twice: %d at %s", pg.status, pg.url)
	}
}

// postParts sends a form of several parts; values are name, value, name…
func (v *visitor) postParts(path string, values ...string) *page {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(values); i += 2 {
		if err := w.WriteField(values[i], values[i+1]); err != nil {
			v.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		v.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, v.p.url+path, &b)
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return v.do(req)
}

// What the server refuses is said in its words, and the form can be used again.
func TestUploadRefused(t *testing.T) {
	t.Parallel()
	p := start(t, "--limits-upload=1MB")
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	s := browse(t, p)
	s.signIn("agent@essai.example", password)
	s.open("/deposits/new")
	s.choose(asFile(t, "trop.csv", wide(3_000_000)))
	s.wait("the refusal", "!"+part("failure")+".hidden && "+part("failure")+".innerText.includes('(1\u00a0Mo)')")
	if s.text(part("failure-hint")+".textContent") == "" {
		t.Error("the refusal does not say what to do")
	}
	s.sane()
	for _, v := range s.axe() {
		t.Errorf("a refused file: %s", v)
	}
	s.shoot("refused")

	t.Log("a file that is dropped on the area is sent too, and is refused in the same way")
	s.open("/deposits/new")
	s.wait("the upload's script", `document.querySelector('[data-island=upload][data-awake=yes]')`)
	s.text(`(() => { const t = new DataTransfer(); t.items.add(new File([new Uint8Array(2e6)], "lâché.csv"));
		document.querySelector(".drop-large").dispatchEvent(new DragEvent("drop", {dataTransfer: t, bubbles: true, cancelable: true})); return "" })()`)
	s.sees("lâché.csv (2 Mo)")
	s.do(chromedp.Click(chromedp.CSS(sendButton)))
	s.wait("the refusal", "!"+part("failure")+".hidden")

	t.Log("an upload that is lost is said on the form")
	s.text(`(() => { const i = document.createElement("input"); i.type = "hidden"; i.name = "upload"; i.value = "01234567-89ab-cdef-0123-456789abcdef";
		const f = document.querySelector("form[action$='/deposits']"); f.querySelector("input[name=file]").removeAttribute("name"); f.append(i); f.submit(); return "" })()`)
	s.wait("the form again", `document.querySelector(".notice-wrong[data-focus]")`)
	s.sane()

	t.Log("the session ends before the file is sent")
	s.open("/deposits/new")
	s.wait("the upload's script", `document.querySelector('[data-island=upload][data-awake=yes]')`)
	if _, err := chromedp.Call(s.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	s.choose(asFile(t, "petit.csv", []byte("a,b\n1,2\n")))
	s.sees("Vous n’êtes plus connecté.")
	if s.text(`document.querySelector("[inert]") ? "inert" : ""`) != "" {
		t.Error("after the refusal, the form cannot be used")
	}

	t.Log("signed in again, the same page goes on")
	v := p.visitor(t)
	v.signIn("agent@essai.example", password)
	home, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.http.Jar.Cookies(home) {
		if _, err := chromedp.Call(s.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: p.url}); err != nil {
			t.Fatal(err)
		}
	}
	s.press(sendButton)
	s.finds("petit.csv")
}
