package collect

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socle/bench/run"
)

// published is what a common OpenRosa server took on a small machine, in
// submissions a second, as its makers published it.
const published = 41.0

const (
	devices = 200
	each    = 15
)

// portal is the demonstration.
type portal struct{ base string }

func start(b *testing.B) *portal {
	b.Helper()
	return &portal{run.Start(b, b.TempDir(), "--demo").Base}
}

func (p *portal) get(path string, out any) error {
	res, err := http.Get(p.base + path)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(out)
}

type liveForm struct{ ID, Resource string }

func (p *portal) form(b *testing.B) liveForm {
	b.Helper()
	for begin := time.Now(); time.Since(begin) < 3*time.Minute; time.Sleep(200 * time.Millisecond) {
		var list struct{ Forms []liveForm }
		if p.get("/api/v1/forms", &list) == nil && len(list.Forms) > 0 {
			return list.Forms[0]
		}
	}
	b.Fatal("the demonstration has no form")
	return liveForm{}
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: devices}}

// put sends the entry n of a form.
func (p *portal) put(form string, n int) error {
	body, err := json.Marshal(map[string]any{"revision": 0, "version": 1, "made_at": time.Now().UTC(), "values": map[string]string{
		"point_id": fmt.Sprintf("P%06d", n), "releve_le": "2026-07-14T08:30:00Z", "type_releve": "compteur", "volume_m3": "420", "ressource": "nappe", "culture": "maïs", "commune_insee": "31458", "position": "1.4, 43.6"}})
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPut, fmt.Sprintf("%s/api/v1/forms/%s/entries/00000000-0000-4000-8000-%012d", p.base, form, n), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s: %s", res.Status, text)
	}
	return err
}

// rows is how many rows the public table has.
func (p *portal) rows(b *testing.B, resource string) int {
	b.Helper()
	var page struct{ Total int }
	if err := p.get("/api/v1/resources/"+resource+"/rows?limit=1", &page); err != nil {
		b.Fatal(err)
	}
	return page.Total
}

// BenchmarkDevices: two hundred devices send at once; none of what was accepted is
// lost.
func BenchmarkDevices(b *testing.B) {
	p := start(b)
	form := p.form(b)
	before := p.rows(b, form.Resource)
	next := 1000
	for b.Loop() {
		var wg sync.WaitGroup
		var accepted atomic.Int64
		begin := time.Now()
		for d := range devices {
			wg.Go(func() {
				for k := range each {
					if err := p.put(form.ID, next+d*each+k); err != nil {
						b.Error(err)
						return
					}
					accepted.Add(1)
				}
			})
		}
		wg.Wait()
		took := time.Since(begin)
		next += devices * each
		want := before + int(accepted.Load())
		for wait := time.Now(); p.rows(b, form.Resource) != want; time.Sleep(100 * time.Millisecond) {
			if time.Since(wait) > time.Minute {
				b.Fatalf("%d rows are public, %d were accepted", p.rows(b, form.Resource), want)
			}
		}
		before = want
		b.ReportMetric(float64(accepted.Load())/took.Seconds(), "entries/s")
		b.ReportMetric(published, "reference/s")
	}
}

// BenchmarkToPublic: from the sending of an entry to the event that tells readers
// of the public map that a version with it is there.
func BenchmarkToPublic(b *testing.B) {
	p := start(b)
	form := p.form(b)
	res, err := http.Get(p.base + "/api/v1/resources/" + form.Resource + "/events")
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	events := make(chan string, 100)
	go func() {
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				events <- data
			}
		}
	}()
	<-events // how it was
	n := 0
	for b.Loop() {
		begin := time.Now()
		if err := p.put(form.ID, n); err != nil {
			b.Fatal(err)
		}
		n++
		select {
		case <-events:
		case <-time.After(time.Minute):
			b.Fatal("no version came")
		}
		b.ReportMetric(time.Since(begin).Seconds(), "s-to-public")
	}
}
