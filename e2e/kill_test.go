package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"socle/client"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// ledger is what the server has acknowledged, and what it was asked and never
// answered.
type ledger struct {
	mu        sync.Mutex
	uploads   map[string]int64          // bytes acknowledged of uploads that were not used yet
	imports   map[string]bool           // imports acknowledged and not seen checked
	published map[string]map[int]string // dataset id: version, its tag
	asked     map[string]bool           // tags of publications without an answer
	rows      map[string]int            // tag: rows
	originals map[string][]byte         // tag: the file
}

func newLedger() *ledger {
	return &ledger{uploads: map[string]int64{}, imports: map[string]bool{}, published: map[string]map[int]string{}, asked: map[string]bool{}, rows: map[string]int{},
		originals: map[string][]byte{}}
}

func (l *ledger) note(fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fn()
}

// driver brings files in without pause until ctx ends, and notes what it is told.
type driver struct {
	p      *portal
	c      *client.Client
	token  string
	l      *ledger
	rng    *rand.Rand
	round  int
	number int
}

// once brings one file to its publication: a new dataset, or the next version of
// one that is there.
func (d *driver) once(ctx context.Context) error {
	d.number++
	tag := fmt.Sprintf("essai-%d-%d", d.round, d.number)
	n := 20 + d.rng.IntN(8000)
	content := table(tag, n)
	d.l.note(func() { d.l.rows[tag], d.l.originals[tag] = n, content })
	var id string
	if d.number%3 == 0 {
		u, err := d.c.UploadFile(ctx, "", tag+".csv", bytes.NewReader(content), int64(len(content)), nil)
		if err != nil {
			return err
		}
		id = u.ID
		d.l.note(func() { d.l.uploads[id] = int64(len(content)) })
	} else {
		var err error
		if id, err = d.pieces(ctx, tag+".csv", content); err != nil {
			return err
		}
	}
	i, err := d.c.StartImport(ctx, client.ImportRequest{Upload: id})
	if err != nil {
		return err
	}
	d.l.note(func() { delete(d.l.uploads, id); d.l.imports[i.ID] = true })
	if i, err = d.c.WaitImport(ctx, i, nil); err != nil {
		return err
	}
	if i.State != "checked" {
		return fmt.Errorf("a good file was not read: %+v", i.Failure)
	}
	d.l.note(func() { delete(d.l.imports, i.ID); d.l.asked[tag] = true })
	q := client.PublishRequest{Import: i.ID, Title: "Essai " + tag, Description: "Un tableau écrit pour l’essai des coupures."}
	if d.number%2 == 0 {
		d.l.note(func() {
			for known := range d.l.published { // any of them
				q.Dataset, q.Title = known, ""
				break
			}
		})
	}
	out, err := d.c.Publish(ctx, q)
	if err != nil {
		return err
	}
	d.l.note(func() {
		delete(d.l.asked, tag)
		if d.l.published[out.ID] == nil {
			d.l.published[out.ID] = map[int]string{}
		}
		d.l.published[out.ID][out.Resources[0].Latest] = tag
	})
	return nil
}

// pieces uploads by small pieces, each acknowledged.
func (d *driver) pieces(ctx context.Context, name string, content []byte) (id string, err error) {
	b64 := base64.StdEncoding.EncodeToString
	res, err := d.tus(ctx, http.MethodPost, "/api/v1/uploads", nil, "Upload-Length", strconv.Itoa(len(content)), "Upload-Metadata", "filename "+b64([]byte(name)))
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("upload: %s", res.Status)
	}
	id = res.Header.Get("Location")
	id = id[strings.LastIndexByte(id, '/')+1:]
	d.l.note(func() { d.l.uploads[id] = 0 })
	for offset := 0; offset < len(content); {
		end := min(offset+32<<10, len(content))
		res, err := d.tus(ctx, http.MethodPatch, "/api/v1/uploads/"+id, content[offset:end], "Upload-Offset", strconv.Itoa(offset), "Content-Type", "application/offset+octet-stream")
		if err != nil {
			return id, err
		}
		if res.StatusCode != http.StatusNoContent {
			return id, fmt.Errorf("piece at %d: %s", offset, res.Status)
		}
		offset = end
		d.l.note(func() { d.l.uploads[id] = int64(end) })
	}
	return id, nil
}

func (d *driver) tus(ctx context.Context, method, path string, body []byte, header ...string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, d.p.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+d.token)
	req.Header.Set("Tus-Resumable", "1.0.0")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err == nil {
		err = res.Body.Close()
	}
	return res, err
}

// verify compares what the server has after its restart with the ledger.
func (d *driver) verify(ctx context.Context, t *testing.T) {
	t.Helper()
	for id, bytes := range d.l.uploads {
		res, err := d.tus(ctx, http.MethodHead, "/api/v1/uploads/"+id, nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode == http.StatusNotFound { // it became an import whose answer was lost: asking again finds it
			if i, err := d.c.StartImport(ctx, client.ImportRequest{Upload: id}); err == nil {
				d.l.note(func() { delete(d.l.uploads, id); d.l.imports[i.ID] = true })
				continue
			}
		}
		if got, err := strconv.ParseInt(res.Header.Get("Upload-Offset"), 10, 64); res.StatusCode != http.StatusOK || err != nil || got < bytes {
			t.Errorf("upload %s: %d bytes were acknowledged, the server has %q (%s)", id, bytes, res.Header.Get("Upload-Offset"), res.Status)
		}
	}
	clear(d.l.uploads)
	for id := range d.l.imports {
		i, err := d.c.FindImport(ctx, id)
		if err == nil {
			i, err = d.c.WaitImport(ctx, i, nil)
		}
		if err != nil || i.State != "checked" {
			t.Errorf("import %s was acknowledged: %+v %v", id, i, err)
		}
	}
	clear(d.l.imports)
	d.datasets(ctx, t)
	clear(d.l.asked)
}

// datasets looks at all that is visible: each table is whole, each acknowledged
// publication is there, and nothing was published that nobody asked for.
func (d *driver) datasets(ctx context.Context, t *testing.T) {
	t.Helper()
	list, err := everything(ctx, d.p)
	if err != nil {
		t.Fatal(err)
	}
	visible := map[string]bool{}
	for _, ds := range list {
		visible[ds.ID] = true
		if len(ds.Resources) != 1 || ds.Resources[0].Latest < 1 {
			t.Errorf("%s is half published: %+v", ds.Title, ds)
			continue
		}
		r := ds.Resources[0]
		rows, err := d.c.Rows(ctx, r.ID, url.Values{"limit": {"1"}})
		if err != nil || len(rows.Rows) == 0 {
			t.Errorf("%s cannot be read: %+v %v", ds.Title, rows, err)
			continue
		}
		tag := fmt.Sprint(rows.Rows[0]["essai"])
		if rows.Total != int64(d.l.rows[tag]) {
			t.Errorf("%s has %d rows of %s, not %d", ds.Title, rows.Total, tag, d.l.rows[tag])
		}
		var original bytes.Buffer
		if err := d.c.Download(ctx, r.ID, "original", nil, &original); err != nil || !bytes.Equal(original.Bytes(), d.l.originals[tag]) {
			t.Errorf("%s: the original of %s came back as %d bytes (%v)", ds.Title, tag, original.Len(), err)
		}
		known := d.l.published[ds.ID]
		latest := 0
		for n := range known {
			latest = max(latest, n)
		}
		switch {
		case latest > r.Latest || latest == r.Latest && known[latest] != tag:
			t.Errorf("%s is at version %d (%s); %d (%s) was acknowledged", ds.Title, r.Latest, tag, latest, known[latest])
		case r.Latest > latest+1 || r.Latest == latest+1 && !d.l.asked[tag]:
			t.Errorf("%s is at version %d (%s), which nobody asked for", ds.Title, r.Latest, tag)
		case r.Latest == latest+1: // published, and the answer was lost
			if known == nil {
				d.l.published[ds.ID] = map[int]string{}
			}
			d.l.published[ds.ID][r.Latest] = tag
		}
	}
	for id, versions := range d.l.published {
		if !visible[id] {
			t.Errorf("dataset %s was acknowledged and has gone: %v", id, versions)
		}
	}
}

// everything lists all datasets that anyone sees.
func everything(ctx context.Context, p *portal) (all []client.Dataset, err error) {
	for next := p.url + "/api/v1/datasets?limit=100"; next != ""; {
		var part struct {
			Datasets []client.Dataset
			Next     string
		}
		if err := getJSON(ctx, next, "", &part); err != nil {
			return nil, err
		}
		all, next = append(all, part.Datasets...), part.Next
	}
	return all, nil
}

// The process is killed at random moments of upload, check, version and
// publication: what was acknowledged is there, what was not is whole or absent.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds := map[sqldb.Engine]int{sqldb.SQLite: 20, sqldb.PostgreSQL: 4}
	if *soak {
		rounds = map[sqldb.Engine]int{sqldb.SQLite: 300, sqldb.PostgreSQL: 60}
	}
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			var args []string
			if engine == sqldb.PostgreSQL {
				args = append(args, "--database-url", sqldbtest.Empty(t, engine))
			}
			p := start(t, args...)
			p.must(t, "admin", "organisation", "Mairie d’Essai")
			token := p.join(t, "mairie-d-essai", "agent@essai.example", "administrator").token("read,write,publish")
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			d := &driver{p: p, c: p.client(t, token), token: token, l: newLedger(), rng: rand.New(rand.NewPCG(seed, 0))}
			published := func() (n int) {
				for _, versions := range d.l.published {
					n += len(versions)
				}
				return n
			}
			// A slow machine is killed before it has published anything: it gets more rounds.
			for d.round = 1; (d.round <= rounds[engine] || d.round <= 3*rounds[engine] && published() < rounds[engine]/2) && !t.Failed(); d.round++ {
				d.kill(t)
			}
			t.Logf("%d rounds, %d versions of %d datasets", d.round-1, published(), len(d.l.published))
			if published() < rounds[engine]/2 {
				t.Errorf("only %d versions were published: the kills come too early to test anything", published())
			}
			if out, status := p.run("doctor"); status != 0 {
				t.Errorf("doctor: status %d\n%s", status, out)
			}
		})
	}
}

// kill is one round: work, a kill at a random moment, a restart, the comparison.
func (d *driver) kill(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	over := make(chan error, 1)
	wait := time.Duration(30+d.rng.IntN(1500)) * time.Millisecond
	go func() {
		for {
			if err := d.once(ctx); err != nil {
				over <- err
				return
			}
		}
	}()
	select {
	case err := <-over:
		t.Fatalf("round %d, before the kill: %v", d.round, err)
	case <-time.After(wait):
	}
	d.p.kill()
	stop()
	var answer *client.Error
	if err := <-over; errors.As(err, &answer) {
		t.Errorf("round %d: the server refused: %v", d.round, err)
	}
	if err := d.p.begin(); err != nil {
		t.Fatalf("round %d: %v", d.round, err)
	}
	d.verify(t.Context(), t)
	if t.Failed() {
		t.Logf("round %d, killed after %v", d.round, wait)
	}
}
