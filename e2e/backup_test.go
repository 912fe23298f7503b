package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"socle/client"
	"socle/internal/blob/blobtest"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

func getJSON(ctx context.Context, address, token string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(out)
}

// count is how many datasets are visible.
func count(_ *client.Client, p *portal) (int, error) {
	list, err := everything(context.Background(), p)
	return len(list), err
}

// answers is all that the API and the pages tell of some datasets: address without
// the portal, body.
func answers(t *testing.T, p *portal, token string, datasets []client.Dataset) map[string]string {
	t.Helper()
	all := map[string]string{}
	ask := func(path string) {
		req, err := http.NewRequest(http.MethodGet, p.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(path, "/api/") {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var body bytes.Buffer
		if _, err := body.ReadFrom(res.Body); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode == http.StatusNotFound && strings.Contains(body.String(), `"tables.no-original"`) {
			all[path] = "rows that come from no file" // of a dataset of the territory, of a form
			return
		}
		all[path] = fmt.Sprintf("%d %s\n%s", res.StatusCode, res.Header.Get("Content-Type"), strings.NewReplacer(p.url, "PORTAL", url.QueryEscape(p.url), "PORTAL").Replace(body.String()))
	}
	ask("/api/v1/organisations")
	ask("/api/v1/me")
	for _, d := range datasets {
		ask("/api/v1/datasets/" + d.ID)
		ask("/datasets/" + d.Slug)
		ask("/datasets/" + d.Slug + "/history")
		for _, r := range d.Resources {
			base := "/api/v1/resources/" + r.ID
			for _, part := range []string{"/rows?limit=100", "/rows?limit=5&version=1", "/versions", "/schema", "/original", "/export.csv", "/export.json"} {
				ask(base + part)
			}
		}
	}
	return all
}

func same(t *testing.T, before, after map[string]string) {
	t.Helper()
	if len(before) == 0 || len(before) != len(after) {
		t.Errorf("%d answers, then %d", len(before), len(after))
	}
	for path, want := range before {
		if strings.HasPrefix(want, "4") || strings.HasPrefix(want, "5") {
			t.Errorf("%s: %.200s", path, want)
		}
		if got := after[path]; got != want {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			from := max(at-200, 0)
			t.Errorf("%s answered\n…%.600s\nand now\n…%.600s", path, want[from:], got[min(from, len(got)):])
		}
	}
}

// grown are the settings of a portal on PostgreSQL and S3.
func grown(t *testing.T) []string {
	t.Helper()
	o := blobtest.S3(t).Options
	return []string{"--database-url", sqldbtest.Empty(t, sqldb.PostgreSQL), "--blob-url", o.URL, "--s3-access-key", o.AccessKey, "--s3-secret-key", o.SecretKey}
}

// A backup is made while files are being published; what it gives back answers
// the same, in a folder and on PostgreSQL with S3.
func TestBackup(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	token := p.join(t, "mairie-d-essai", "agent@essai.example", "administrator").token("read,write,publish")
	c := p.client(t, token)
	var datasets []client.Dataset
	for n := range 4 {
		datasets = append(datasets, publish(t, c, "essai.csv", table(fmt.Sprint("essai-", n), 200+n), fmt.Sprint("Essai de sauvegarde ", n)))
	}
	u, err := c.UploadFile(t.Context(), "", "suite.csv", bytes.NewReader(table("suite", 77)), int64(len(table("suite", 77))), nil)
	if err != nil {
		t.Fatal(err)
	}
	i, err := c.StartImport(t.Context(), client.ImportRequest{Upload: u.ID})
	if err == nil {
		i, err = c.WaitImport(t.Context(), i, nil)
	}
	if err == nil {
		datasets[0], err = c.Publish(t.Context(), client.PublishRequest{Import: i.ID, Dataset: datasets[0].ID, Note: "La suite."})
	}
	if err != nil {
		t.Fatal(err)
	}
	// The two versions are compared by a job; its result is part of the page.
	p.visitor(t).eventually("/datasets/"+datasets[0].Slug+"/history", "−123")
	before := answers(t, p, token, datasets)

	ctx, stop := context.WithCancel(t.Context())
	busy, begun := make(chan int, 1), make(chan struct{})
	go func() {
		n := 0
		for ctx.Err() == nil {
			if _, err := tryPublish(ctx, c, "meanwhile.csv", table(fmt.Sprint("meanwhile-", n), 500), fmt.Sprint("Pendant la sauvegarde ", n)); err == nil {
				if n++; n == 1 {
					close(begun)
				}
			}
		}
		busy <- n
	}()
	<-begun
	archive := filepath.Join(t.TempDir(), "sauvegarde.socle")
	p.must(t, "backup", archive)
	stop()
	t.Logf("%d datasets were published meanwhile", <-busy)
	if _, status := p.run("backup", archive); status != 2 {
		t.Errorf("a second backup writes over the first: status %d", status)
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}

	for name, args := range map[string]func(t *testing.T) []string{
		"folder": func(*testing.T) []string { return nil },
		"grown":  grown,
	} {
		t.Run(name, func(t *testing.T) {
			q, err := newPortal(filepath.Join(t.TempDir(), "new"), args(t)...)
			if err != nil {
				t.Fatal(err)
			}
			q.must(t, "restore", archive)
			if err := q.begin(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := q.end(); err != nil {
					t.Error(err)
				}
			})
			same(t, before, answers(t, q, token, datasets))
			list, err := everything(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range list { // of the meantime too: whole or absent
				if rows, err := q.client(t, "").Rows(t.Context(), d.Resources[0].ID, nil); err != nil || rows.Total == 0 {
					t.Errorf("%s: %v", d.Title, err)
				}
			}
			publish(t, q.client(t, token), "after.csv", table("after", 9), "Après la restauration")
			for _, command := range []string{"rebuild", "doctor"} {
				if out, status := q.run(command); status != 0 {
					t.Errorf("%s: status %d\n%s", command, status, out)
				}
			}
			same(t, before, answers(t, q, token, datasets))
			if out, status := q.run("restore", archive); status != 2 {
				t.Errorf("a restore over data: status %d\n%s", status, out)
			}
		})
	}

	t.Run("damaged", func(t *testing.T) {
		whole, err := os.ReadFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{"cut": whole[:len(whole)/2], "empty": {}, "other": []byte("ceci n’est pas une sauvegarde"), "almost": whole[:len(whole)-20]} {
			q, err := newPortal(filepath.Join(t.TempDir(), "new"))
			if err != nil {
				t.Fatal(err)
			}
			out, status := q.run("restore", asFile(t, name, content))
			if status != 2 || !strings.Contains(out, "sauvegarde") {
				t.Errorf("%s: status %d\n%s", name, status, out)
			}
			if out, status := q.run("restore", archive); status != 0 {
				t.Errorf("%s: after the damaged one, the whole backup is refused: status %d\n%s", name, status, out)
			}
		}
	})
}

// A backup that lacks files says so, and no command takes an empty folder for a portal.
func TestBackupTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	token := p.join(t, "mairie-d-essai", "agent@essai.example", "administrator").token("read,write,publish")
	publish(t, p.client(t, token), "essai.csv", table("essai", 20), "Essai de sauvegarde")
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(p.data, "blobs")); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(t.TempDir(), "sauvegarde.socle")
	if out, status := p.run("backup", archive); status != 2 || !strings.Contains(out, "que le portail nomme") {
		t.Errorf("without its files: status %d\n%s", status, out)
	}
	for name, args := range map[string][]string{"folder": nil, "database": {"--database-url", sqldbtest.Empty(t, sqldb.PostgreSQL)}} {
		q, err := newPortal(filepath.Join(t.TempDir(), "nulle-part"), args...)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range [][]string{{"backup", filepath.Join(t.TempDir(), "rien.socle")}, {"doctor"}, {"rebuild"}, {"audit", "verify"}} {
			if out, status := q.run(command...); status != 2 || !strings.Contains(out, "Il n’y a pas de portail ici") {
				t.Errorf("%s: %s of nothing: status %d\n%s", name, command[0], status, out)
			}
			if _, err := os.Stat(filepath.Join(q.data, "socle.db")); err == nil {
				t.Errorf("%s: %s made a portal", name, command[0])
			}
		}
	}
}

// A second start keeps everything and makes nothing twice.
func TestSecondStart(t *testing.T) {
	t.Parallel()
	p, err := newPortal(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	p.demo = true
	if err := p.begin(); err != nil {
		t.Fatal(err)
	}
	first := p.accounts(t)
	wait := func() []client.Dataset { // until two looks see the same
		n := -1
		for {
			list, err := everything(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) == n && len(list) >= datasetsOfDemo {
				return list
			}
			n = len(list)
			pause(t)
		}
	}
	before := wait()
	v := p.visitor(t)
	v.signIn(first[0].email, first[0].password)
	token := v.token("read")
	had := answers(t, p, token, before)
	for again := answers(t, p, token, before); !maps.Equal(had, again); again = answers(t, p, token, before) {
		had = again // jobs still compare versions
		pause(t)
	}
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	if err := p.begin(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.end(); err != nil {
			t.Error(err)
		}
	})
	if second := p.accounts(t); fmt.Sprint(first) != fmt.Sprint(second) {
		t.Errorf("the accounts have changed: %v, %v", first, second)
	}
	after := wait()
	if len(after) != len(before) {
		t.Errorf("%d datasets, then %d", len(before), len(after))
	}
	same(t, had, answers(t, p, token, after))
	if pg := v.get("/desk"); pg.status != http.StatusOK || pg.url.Path != "/desk" {
		t.Errorf("the session is over after the second start: %d %s", pg.status, pg.url)
	}
	robots := v.get("/robots.txt")
	if !strings.Contains(string(robots.body), "Disallow: /\n") || v.get("/").doc.Find(`meta[name=robots][content*=noindex]`).Length() == 0 {
		t.Error("search engines may index the demonstration")
	}
}
