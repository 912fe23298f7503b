package collect

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
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

// What is promised.
const (
	acceptedPromised = 150 // entries a second
	publicPromised   = 3   // seconds
)

const (
	devices = 200
	each    = 15
	large   = 100_000 // rows of a large table
	batch   = 500     // entries in one request
)

// portal is the demonstration.
type portal struct {
	base string
	pid  int
}

func start(b *testing.B) *portal {
	b.Helper()
	p := run.Start(b, b.TempDir(), "--demo")
	return &portal{p.Base, p.PID()}
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

// entry is the entry n of a form.
func entry(n int) map[string]any {
	return map[string]any{"id": fmt.Sprintf("00000000-0000-4000-8000-%012d", n), "revision": 0, "version": 1, "made_at": time.Now().UTC(), "values": map[string]string{
		"point_id": point(n), "releve_le": "2026-07-14T08:30:00Z", "type_releve": "compteur", "volume_m3": "420", "ressource": "nappe", "culture": "maïs", "commune_insee": "31458", "position": "1.4, 43.6"}}
}

func point(n int) string { return fmt.Sprintf("P%07d", n) }

// put sends the entry n of a form.
func (p *portal) put(form string, n int) error {
	e := entry(n)
	id := e["id"].(string)
	delete(e, "id")
	return p.send(http.MethodPut, "/api/v1/forms/"+form+"/entries/"+id, e, http.StatusCreated)
}

// fill sends n entries from the number first on, many at once.
func (p *portal) fill(b *testing.B, form string, first, n int) {
	b.Helper()
	for from := first; from < first+n; from += batch {
		list := make([]any, batch)
		for i := range list {
			list[i] = entry(from + i)
		}
		if err := p.send(http.MethodPost, "/api/v1/forms/"+form+"/entries", map[string]any{"entries": list}, http.StatusOK); err != nil {
			b.Fatal(err)
		}
	}
}

func (p *portal) send(method, path string, in any, want int) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(method, p.base+path, bytes.NewReader(body))
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
	if err == nil && res.StatusCode != want {
		err = fmt.Errorf("%s: %s", res.Status, text)
	}
	return err
}

// rows is how many rows the public table has, of a point or of all ("").
func (p *portal) rows(b *testing.B, resource, point string) int {
	b.Helper()
	var page struct{ Total int }
	q := url.Values{"limit": {"1"}}
	if point != "" {
		q.Set("point_id", point)
	}
	if err := p.get("/api/v1/resources/"+resource+"/rows?"+q.Encode(), &page); err != nil {
		b.Fatal(err)
	}
	return page.Total
}

// BenchmarkDevices: two hundred devices send at once; none of what was accepted is
// lost.
func BenchmarkDevices(b *testing.B) {
	p := start(b)
	form := p.form(b)
	before := p.rows(b, form.Resource, "")
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
		p.wait(b, form, want)
		before = want
		b.ReportMetric(float64(accepted.Load())/took.Seconds(), "entries/s")
		b.ReportMetric(acceptedPromised, "promised/s")
		b.ReportMetric(published, "reference/s")
	}
}

// wait returns when the public table has so many rows.
func (p *portal) wait(b *testing.B, form liveForm, want int) {
	b.Helper()
	for begin := time.Now(); p.rows(b, form.Resource, "") != want; time.Sleep(100 * time.Millisecond) {
		if time.Since(begin) > 2*time.Minute {
			b.Fatalf("%d rows are public, %d were accepted", p.rows(b, form.Resource, ""), want)
		}
	}
}

// BenchmarkToPublic: from the sending of an entry to the answer of the public table that
// holds it, asked when the event that tells readers has come, as the page does; with the
// rows of the demonstration, then with many.
func BenchmarkToPublic(b *testing.B) {
	p := start(b)
	form := p.form(b)
	next := 0
	b.Run("small", func(b *testing.B) { p.toPublic(b, form, &next) })
	b.Run("large", func(b *testing.B) {
		before := p.rows(b, form.Resource, "")
		p.fill(b, form.ID, 1_000_000, large)
		p.wait(b, form, before+large)
		p.toPublic(b, form, &next)
	})
}

// sends is how many entries one after another are timed; moments lie between them.
const sends = 5

func (p *portal) toPublic(b *testing.B, form liveForm, next *int) {
	b.Helper()
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
	for b.Loop() {
		var told, there []float64
		used := run.Processor(p.pid)
		for range sends {
			time.Sleep(2 * time.Second)
			*next++
			begin := time.Now()
			if err := p.put(form.ID, *next); err != nil {
				b.Fatal(err)
			}
			for seen := false; !seen; {
				select {
				case <-events:
				case <-time.After(time.Minute):
					b.Fatal("no version came")
				}
				event := time.Since(begin)
				if seen = p.rows(b, form.Resource, point(*next)) == 1; seen {
					told, there = append(told, event.Seconds()), append(there, time.Since(begin).Seconds())
				}
			}
		}
		slices.Sort(told)
		slices.Sort(there)
		b.ReportMetric(told[len(told)/2], "s-to-event")
		b.ReportMetric(there[len(there)/2], "s-to-public")
		b.ReportMetric(there[len(there)-1], "s-to-public-worst")
		b.ReportMetric(publicPromised, "s-promised")
		b.ReportMetric((run.Processor(p.pid)-used).Seconds()/sends, "s-processor")
		b.ReportMetric(0, "ns/op")
	}
}
