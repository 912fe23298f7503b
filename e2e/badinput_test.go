package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"socle/client"
)

// badFile is a file that cannot be published as it is.
type badFile struct {
	name    string
	content []byte
	ask     client.ImportRequest
}

func badFiles(t *testing.T) []badFile {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bombe.xlsx")
	if err := bomb(path); err != nil {
		t.Fatal(err)
	}
	big, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	binary := make([]byte, 40_000)
	for i := range binary {
		binary[i] = byte(i * i >> 3)
	}
	return []badFile{
		{"vide.csv", nil, client.ImportRequest{}},
		{"blancs.csv", []byte("\n\n  \n"), client.ImportRequest{}},
		{"entête-seul.csv", []byte("a;b\n"), client.ImportRequest{}},
		{"binaire.csv", binary, client.ImportRequest{}},
		{"image.csv", append([]byte("\x89PNG\r\n\x1a\n"), binary...), client.ImportRequest{}},
		{"pdf.xlsx", append([]byte("%PDF-1.7\n"), binary...), client.ImportRequest{}},
		{"bombe.xlsx", big, client.ImportRequest{}},
		{"coupé.xlsx", big[:len(big)/2], client.ImportRequest{}},
		{"encodage.csv", []byte("a;b\n1;2\n"), client.ImportRequest{Encoding: "klingon"}},
		{"schéma.csv", []byte("a;b\n1;2\n"), client.ImportRequest{Schema: "scdl/inconnu"}},
		{"feuille.xlsx", nil, client.ImportRequest{Sheet: "Absente"}},
		{"guillemets.csv", []byte("a;b\n\"1;2\n3;4\n"), client.ImportRequest{}},
		{"nuls.csv", []byte("a;b\n1;\x00\x00\n"), client.ImportRequest{}},
	}
}

// What is said of each bad file, in both languages: testdata/golden/bad-input.txt
// is to be read by someone who has never seen an encoding. Nothing becomes visible.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	p := start(t)
	c := p.agent(t)
	token := tokenOf(t, p)
	var out strings.Builder
	for _, f := range badFiles(t) {
		fmt.Fprintf(&out, "%s %s\n", f.name, strings.TrimSpace(f.ask.Schema+" "+f.ask.Encoding+" "+f.ask.Sheet))
		u, err := c.UploadFile(t.Context(), "", f.name, bytes.NewReader(f.content), int64(len(f.content)), nil)
		if err != nil {
			fmt.Fprintf(&out, "  upload: %v\n", strings.ReplaceAll(err.Error(), "\n", "\n  > "))
			continue
		}
		f.ask.Upload = u.ID
		i, err := c.StartImport(t.Context(), f.ask)
		if err == nil {
			i, err = c.WaitImport(t.Context(), i, nil)
		}
		if err != nil {
			fmt.Fprintf(&out, "  import: %v\n", strings.ReplaceAll(err.Error(), "\n", "\n  > "))
			continue
		}
		if i.State == "checked" {
			fmt.Fprintf(&out, "  checked: valid %v, %d rows, %d errors, %d warnings\n", i.Outcome.Valid, i.Outcome.Rows, i.Outcome.Errors, i.Outcome.Warnings)
		} else if _, err := c.Publish(t.Context(), client.PublishRequest{Import: i.ID, Title: f.name, Description: "Un essai."}); err == nil {
			t.Errorf("%s: what could not be read was published", f.name)
		}
		for _, lang := range []string{"fr", "en"} {
			var told struct {
				Failure *struct{ Code, Message, Hint string }
			}
			if err := getJSON(t.Context(), p.url+"/api/v1/imports/"+i.ID+"?lang="+lang, token, &told); err != nil {
				t.Fatal(err)
			}
			if told.Failure != nil {
				fmt.Fprintf(&out, "  %s: %s\n  > %s\n", lang, told.Failure.Message, told.Failure.Hint)
				if told.Failure.Message == "" || told.Failure.Hint == "" || strings.Contains(told.Failure.Code, "internal") {
					t.Errorf("%s, %s: nobody can tell what to do: %+v", f.name, lang, told.Failure)
				}
			}
		}
	}
	golden(t, "bad-input.txt", out.String())
	if m := wordless.FindString(out.String()); m != "" {
		t.Errorf("%s has no words", m)
	}
	if list, err := everything(t.Context(), p); err != nil || len(list) != 0 {
		t.Errorf("something was published: %+v %v", list, err)
	}
	publish(t, c, "bon.csv", table("bon", 3), "Un bon fichier ensuite")
	if out, status := p.run("doctor"); status != 0 {
		t.Errorf("doctor: status %d\n%s", status, out)
	}
}

// tokenOf makes a further person and token of the organisation of agent.
func tokenOf(t *testing.T, p *portal) string {
	t.Helper()
	return p.join(t, "mairie-d-essai", "second@essai.example", "editor").token("read,write,publish")
}

// The same through the pages: the sentence stands on the page of the deposit.
func TestBadFileOnThePages(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.agent(t)
	v := p.join(t, "mairie-d-essai", "page@essai.example", "editor")
	for _, f := range badFiles(t)[:7] {
		pg := v.deposit(f.name, f.content, "")
		if pg.status >= 500 {
			t.Errorf("%s: %d %s", f.name, pg.status, pg.text())
			continue
		}
		if strings.HasPrefix(pg.url.Path, "/deposits/") && pg.url.Path != "/deposits/new" {
			pg = v.settled("/deposits/" + strings.Split(pg.url.Path, "/")[2])
		}
		if pg.doc.Find(".notice, [role=alert], .field-error").Length() == 0 || wordless.Match(pg.body) {
			t.Errorf("%s: the page says nothing: %s", f.name, pg.text())
		}
		english := v.get("/en" + pg.url.Path)
		if english.status == http.StatusOK && english.doc.Find("html").AttrOr("lang", "") != "en" {
			t.Errorf("%s: the English page is not English", f.name)
		}
	}
}

// A file over the limit is refused before and while it comes, in words.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	p := start(t, "--limits-upload", "100KB")
	c := p.agent(t)
	content := table("grand", 20_000)
	_, err := c.UploadFile(t.Context(), "", "grand.csv", bytes.NewReader(content), int64(len(content)), nil)
	var answer *client.Error
	if !errors.As(err, &answer) || answer.Status != http.StatusRequestEntityTooLarge || answer.Hint == "" {
		t.Errorf("the API: %+v", err)
	}
	v := p.join(t, "mairie-d-essai", "page@essai.example", "editor")
	pg := v.deposit("grand.csv", content, "")
	if pg.status != http.StatusRequestEntityTooLarge || !strings.Contains(pg.text(), "100") {
		t.Errorf("the pages: %d %s", pg.status, pg.text())
	}
	form := "--b\r\nContent-Disposition: form-data; name=\"schema\"\r\n\r\nscdl/deliberations\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n" +
		strings.Repeat(string(content), 8) + "\r\n--b--\r\n"
	res, err := http.Post(p.url+"/api/v1/check", "multipart/form-data; boundary=b", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("the check: %s", res.Status)
	}
	if list, err := everything(t.Context(), p); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
}

// A connection that is cut in the middle loses nothing that was acknowledged:
// the upload goes on where it stands, by itself.
func TestCutConnection(t *testing.T) {
	t.Parallel()
	p := start(t)
	c := p.agent(t)
	content := table("coupure", 60_000)
	cut := &cutting{Reader: bytes.NewReader(content), after: int64(len(content)) / 3}
	u, err := c.UploadFile(t.Context(), "", "coupure.csv", cut, int64(len(content)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if cut.cuts == 0 {
		t.Fatal("the connection was not cut")
	}
	i, err := c.StartImport(t.Context(), client.ImportRequest{Upload: u.ID})
	if err == nil {
		i, err = c.WaitImport(t.Context(), i, nil)
	}
	if err != nil || i.Outcome == nil || i.Outcome.Rows != 60_000 {
		t.Errorf("%+v %v", i, err)
	}
	// A form whose connection is cut opens nothing.
	v := p.join(t, "mairie-d-essai", "page@essai.example", "editor")
	action, values := v.get("/deposits/new").form(t, `form[action="/deposits"]`)
	body := "--b\r\nContent-Disposition: form-data; name=\"organisation\"\r\n\r\n" + values.Get("organisation") +
		"\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n" + string(content[:1000])
	req, err := http.NewRequest(http.MethodPost, action, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	if pg := v.do(req); pg.status < 400 || pg.status >= 500 && pg.status != http.StatusServiceUnavailable {
		t.Errorf("a form cut in two: %d %s", pg.status, pg.text())
	}
	if desk := v.get("/desk"); strings.Contains(desk.text(), "a.csv") {
		t.Errorf("the cut form is on the desk: %s", desk.text())
	}
	// An upload that is not whole cannot be read.
	half, err := (&driver{p: p, token: tokenOf(t, p), l: newLedger()}).half(t.Context(), content)
	if err != nil {
		t.Fatal(err)
	}
	var answer *client.Error
	if _, err := c.StartImport(t.Context(), client.ImportRequest{Upload: half}); !errors.As(err, &answer) || answer.Status >= 500 {
		t.Errorf("half a file is read: %v", err)
	}
}

// half sends half of a file.
func (d *driver) half(ctx context.Context, content []byte) (string, error) {
	res, err := d.tus(ctx, http.MethodPost, "/api/v1/uploads", nil, "Upload-Length", strconv.Itoa(len(content)), "Upload-Metadata", "filename YS5jc3Y=")
	if err != nil {
		return "", err
	}
	path := res.Header.Get("Location")
	res, err = d.tus(ctx, http.MethodPatch, path, content[:len(content)/2], "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")
	if err == nil && res.StatusCode != http.StatusNoContent {
		err = fmt.Errorf("%s", res.Status)
	}
	return path[strings.LastIndexByte(path, '/')+1:], err
}

// cutting fails once when it is read beyond a place, as a network does.
type cutting struct {
	*bytes.Reader
	after int64
	cuts  int
}

func (c *cutting) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > c.after && c.cuts == 0 {
		c.cuts++
		return 0, io.ErrUnexpectedEOF
	}
	return c.Reader.ReadAt(p, off)
}

// A disk that is full: what was published stays readable, what comes is refused
// in words, and goes on once there is room. The disk is a small one in memory,
// seen by the server alone.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	p, err := newPortal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	script := `mount -t tmpfs -o size=64m none "$1" && shift && exec "$@"`
	unshare := []string{"--mount", "sh", "-c", script, "sh", p.data, socle, "serve"}
	if os.Geteuid() != 0 {
		unshare = append([]string{"--map-root-user"}, unshare...)
	}
	p.cmd, p.out, p.log, p.over = exec.Command("unshare", append(unshare, p.args...)...), &buffer{}, &buffer{}, make(chan error, 1)
	if err := p.launch(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.end(); err != nil {
			t.Error(err)
		}
	})
	disk := fmt.Sprintf("/proc/%d/root%s", p.cmd.Process.Pid, p.data) // the folder as the server sees it
	p.enter = []string{"nsenter", "--target", strconv.Itoa(p.cmd.Process.Pid), "--mount"}
	if os.Geteuid() != 0 {
		p.enter = append(p.enter, "--user", "--preserve-credentials")
	}
	c := p.agent(t)
	before := publish(t, c, "avant.csv", table("avant", 50), "Avant")

	filler := filepath.Join(disk, "filler")
	fill := func(leave int) {
		t.Helper()
		if err := os.WriteFile(filler, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(filler, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for block := make([]byte, 64<<10); ; {
			if _, err := f.Write(block); err != nil {
				break
			}
		}
		st, err := f.Stat()
		if err == nil {
			err = f.Truncate(max(0, st.Size()-int64(leave)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	content := table("pendant", 100_000) // 4 MB
	refused := func(what string, err error) {
		t.Helper()
		var answer *client.Error
		if !errors.As(err, &answer) || answer.Hint == "" || answer.Kind == "internal" || !strings.Contains(answer.Message+answer.Hint, "plein") && !strings.Contains(answer.Message+answer.Hint, "place") && !strings.Contains(answer.Message+answer.Hint, "full") {
			t.Errorf("%s on a full disk: %+v", what, err)
		}
	}
	short, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	fill(1 << 20)
	_, err = c.UploadFile(short, "", "pendant.csv", bytes.NewReader(content), int64(len(content)), nil)
	refused("upload", err)
	if rows, err := c.Rows(t.Context(), before.Resources[0].ID, nil); err != nil || rows.Total != 50 {
		t.Errorf("the published table cannot be read on a full disk: %+v %v", rows, err)
	}
	if pg := p.visitor(t).get("/datasets/" + before.Slug); pg.status != http.StatusOK {
		t.Errorf("the public page on a full disk: %d %s", pg.status, pg.text())
	}

	t.Log("room for the upload, not for its reading")
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	u, err := c.UploadFile(t.Context(), "", "pendant.csv", bytes.NewReader(content), int64(len(content)), nil)
	if err != nil {
		t.Fatalf("there is room again: %v", err)
	}
	fill(200 << 10)
	i, err := c.StartImport(t.Context(), client.ImportRequest{Upload: u.ID})
	if err != nil {
		refused("import", err)
	} else {
		for range 20 {
			if i, err = c.FindImport(t.Context(), i.ID); err != nil || i.State != "queued" {
				break
			}
			pause(t)
		}
		if err == nil && i.State == "checked" && i.Outcome.Rows != 100_000 {
			t.Errorf("half a file was read: %+v", i.Outcome)
		}
		t.Logf("on the full disk the import is %s %+v", i.State, i.Failure)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if i.State == "queued" && i.ID != "" {
		if i, err = c.WaitImport(t.Context(), i, nil); err != nil || i.State != "checked" {
			t.Errorf("there is room again, and the import is %+v %v", i, err)
		}
	}
	after := publish(t, c, "après.csv", content, "Après")
	if rows, err := c.Rows(t.Context(), after.Resources[0].ID, nil); err != nil || rows.Total != 100_000 {
		t.Errorf("%+v %v", rows, err)
	}
	if out, status := p.run("doctor"); strings.Count(out, "ANOMALIE") > 1 || status > 1 { // the small disk is one
		t.Errorf("doctor: status %d\n%s", status, out)
	}
	if list, err := everything(t.Context(), p); err != nil || len(list) != 2 {
		b, _ := json.Marshal(list)
		t.Errorf("two datasets were published: %s %v", b, err)
	}
}
