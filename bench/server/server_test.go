package server

import (
	"context"
	"flag"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"socle/bench/benchfile"
	"socle/bench/run"
	"socle/client"
)

// token signs in with the demonstration's account and makes a token.
func token(b *testing.B, p *run.Portal) string {
	b.Helper()
	var lines []string
	for range 200 {
		if data, err := os.ReadFile(filepath.Join(p.Data, "demonstration-accounts.txt")); err == nil && len(data) > 0 {
			lines = strings.Split(string(data), "\n")
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar}
	for _, line := range lines {
		f := strings.Split(line, "\t")
		if len(f) < 2 || !strings.HasPrefix(f[0], "roques@") {
			continue
		}
		for range 100 { // the account is made a moment after its password
			res, err := c.PostForm(p.Base+"/sign-in", url.Values{"email": {f[0]}, "password": {f[1]}})
			if err != nil {
				b.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
		res, err := c.PostForm(p.Base+"/account/tokens", url.Values{"token-name": {"bench"}, "scopes": {"read,write,publish"}, "days": {"30"}})
		if err != nil {
			b.Fatal(err)
		}
		defer res.Body.Close()
		page, err := io.ReadAll(res.Body)
		if err != nil {
			b.Fatal(err)
		}
		if t := regexp.MustCompile(`socle_[a-z0-9]{40,}`).Find(page); t != nil {
			return string(t)
		}
	}
	b.Fatal("no token")
	return ""
}

// waitDatasets waits until the portal lists at least n datasets.
func waitDatasets(b *testing.B, p *run.Portal, n int) time.Duration {
	begin := time.Now()
	for time.Since(begin) < 5*time.Minute {
		res, err := http.Get(p.Base + "/api/v1/datasets?limit=200")
		if err != nil {
			b.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			b.Fatal(err)
		}
		if strings.Count(string(body), `"slug":`) >= n {
			return time.Since(begin)
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatal("the demonstration is not made")
	return 0
}

const demoDatasets = 26

// BenchmarkFirstPage: an empty portal within 1 s, one that makes its
// demonstration within 5 s.
func BenchmarkFirstPage(b *testing.B) {
	for _, c := range []struct {
		name    string
		flags   []string
		promise float64
	}{{"empty", nil, 1}, {"demonstration", []string{"--demo"}, 5}} {
		b.Run(c.name, func(b *testing.B) {
			var times []float64
			for range 5 {
				p := run.Start(b, b.TempDir(), c.flags...)
				times = append(times, p.Took.Seconds())
				p.Stop()
			}
			slices.Sort(times)
			b.ReportMetric(times[len(times)/2], "s_median")
			b.ReportMetric(c.promise, "s_promised")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkIdleMemory: under 150 MB with the demonstration loaded, a minute
// after its last work.
func BenchmarkIdleMemory(b *testing.B) {
	p := run.Start(b, b.TempDir(), "--demo")
	waitDatasets(b, p, demoDatasets)
	time.Sleep(60 * time.Second)
	b.ReportMetric(p.Memory(b, "VmRSS"), "MB_resident")
	b.ReportMetric(150, "MB_promised")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkPage: pages of the portal at the median, one client, within 15 ms.
func BenchmarkPage(b *testing.B) {
	p := run.Start(b, b.TempDir(), "--demo")
	waitDatasets(b, p, demoDatasets)
	for name, path := range map[string]string{"home": "/", "search": "/search", "dataset": "/datasets/deliberations-du-conseil-municipal-de-roques-demonstration",
		"sorted": "/datasets/comptages-routiers-demonstration?sort=-vehicules", "schema": "/en/schemas/scdl/deliberations"} {
		b.Run(name, func(b *testing.B) {
			var times []float64
			for i := range 320 {
				begin := time.Now()
				res, err := http.Get(p.Base + path)
				if err != nil {
					b.Fatal(err)
				}
				_, err = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if err != nil || res.StatusCode != http.StatusOK {
					b.Fatal(path, res.Status, err)
				}
				if i >= 20 {
					times = append(times, float64(time.Since(begin).Microseconds())/1000)
				}
			}
			slices.Sort(times)
			b.ReportMetric(times[len(times)/2], "ms_p50")
			b.ReportMetric(times[len(times)*99/100], "ms_p99")
			b.ReportMetric(15, "ms_p50_promised")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// largeRows makes another file for BenchmarkLargeFile: memory must not grow with it.
var largeRows = flag.Int("rows", 900_000, "rows of the large file; 5,000,000 are 1.6 GB")

// BenchmarkLargeFile: a file of 300 MB goes through upload, check and version with
// the process under 600 MB.
func BenchmarkLargeFile(b *testing.B) {
	path, err := benchfile.File(filepath.Join(os.TempDir(), "socle-bench"), benchfile.Options{Rows: *largeRows, Seed: 42})
	if err != nil {
		b.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	p := run.Start(b, b.TempDir(), "--demo")
	waitDatasets(b, p, demoDatasets)
	c, err := client.New(p.Base, client.Options{Token: token(b, p)})
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	begin := time.Now()
	u, err := c.UploadFile(ctx, "", "places.csv", f, st.Size(), nil)
	if err != nil {
		b.Fatal(err)
	}
	uploaded := time.Since(begin)
	begin = time.Now()
	i, err := c.StartImport(ctx, client.ImportRequest{Upload: u.ID})
	if err != nil {
		b.Fatal(err)
	}
	if i, err = c.WaitImport(ctx, i, nil); err != nil || i.Outcome == nil || !i.Outcome.Valid {
		b.Fatalf("%+v %v", i, err)
	}
	checked := time.Since(begin)
	versioned := p.Memory(b, "VmHWM")
	begin = time.Now()
	d, err := c.Publish(ctx, client.PublishRequest{Import: i.ID, Title: "Places", Description: "Made-up places."})
	if err != nil {
		b.Fatal(err)
	}
	if total := firstRows(c, d.Resources[0].ID); total != int64(*largeRows) {
		b.Fatalf("%d rows", total)
	}
	b.ReportMetric(float64(st.Size())/1e6, "MB_file")
	b.ReportMetric(uploaded.Seconds(), "s_upload")
	b.ReportMetric(checked.Seconds(), "s_check_and_version")
	b.ReportMetric(time.Since(begin).Seconds(), "s_published_and_first_rows")
	b.ReportMetric(versioned, "MB_peak")
	b.ReportMetric(p.Memory(b, "VmHWM"), "MB_peak_made_ready")
	b.ReportMetric(600, "MB_promised")
	b.ReportMetric(0, "ns/op")
}

// firstRows asks for rows until the table is made ready, and returns how many
// there are; 0 when it is not after five minutes.
func firstRows(c *client.Client, id string) int64 {
	for begin := time.Now(); time.Since(begin) < 5*time.Minute; time.Sleep(100 * time.Millisecond) {
		if page, err := c.Rows(context.Background(), id, url.Values{"limit": {"100"}}); err == nil {
			return page.Total
		}
	}
	return 0
}
