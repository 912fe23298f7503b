package server

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"socle/bench/benchfile"
	"socle/bench/run"
	"socle/client"
)

// With these, a portal that already holds the file is measured.
var (
	runningBase = flag.String("base", "", "address of a portal that holds the file, instead of starting one")
	runningID   = flag.String("resource", "", "identifier of the file's resource there")
	runningPID  = flag.Int("pid", 0, "number of its process")
)

const (
	servedRows  = 1_000_000
	connections = 4
	lasting     = 3 * time.Second
)

// published has a portal serve the file of a million rows, and returns its
// address, the resource's identifier and the number of the process.
func published(b *testing.B) (base, id string, pid int) {
	if *runningBase != "" {
		return *runningBase, *runningID, *runningPID
	}
	path, err := benchfile.File(filepath.Join(os.TempDir(), "socle-bench"), benchfile.Options{Rows: servedRows, Seed: 42})
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
	u, err := c.UploadFile(ctx, "", "places.csv", f, st.Size(), nil)
	if err != nil {
		b.Fatal(err)
	}
	i, err := c.StartImport(ctx, client.ImportRequest{Upload: u.ID})
	if err != nil {
		b.Fatal(err)
	}
	if i, err = c.WaitImport(ctx, i, nil); err != nil || i.Outcome == nil || !i.Outcome.Valid {
		b.Fatalf("%+v %v", i, err)
	}
	d, err := c.Publish(ctx, client.PublishRequest{Import: i.ID, Title: "Places", Description: "Made-up places."})
	if err != nil {
		b.Fatal(err)
	}
	id = d.Resources[0].ID
	if firstRows(c, id) == servedRows {
		return p.Base, id, p.PID()
	}
	b.Fatal("the table is not made ready")
	return "", "", 0
}

// filter is one of 528 filters, for the number of a request.
func filter(i int) url.Values {
	towns := []string{"Aucamville", "Blagnac", "Cazères", "Dieupentale", "Escalquens", "Fonsorbes", "Grenade", "L'Union", "Merville", "Saint-Orens-de-Gameville", "Villemur-sur-Tarn"}
	categories := []string{"Bibliothèque", "Crèche", "Déchèterie", "École élémentaire", "École maternelle", "Gymnase", "Mairie", "Médiathèque", "Musée", "Parking relais", "Piscine", "Stade"}
	states := []string{"ouvert", "fermé", "en travaux", "projet"}
	return url.Values{"town": {towns[i%11]}, "category": {categories[i/11%12]}, "state": {states[i/132%4]}}
}

// BenchmarkRows: pages, filters, sorts and facets over a million rows with four
// connections, each figure with what is promised.
func BenchmarkRows(b *testing.B) {
	base, id, pid := published(b)
	run.Rest(b, pid)
	rows := "/api/v1/resources/" + id + "/rows?"
	with := func(v url.Values, more ...string) string {
		for k := 0; k < len(more); k += 2 {
			v.Set(more[k], more[k+1])
		}
		return rows + v.Encode()
	}
	for _, q := range []struct {
		name    string
		promise string
		path    func(i int) string
	}{
		{"filtered page", "p50 3 ms, 1500/s", func(i int) string { return with(filter(i%200), "limit", "100") }},
		{"filtered page, each new", "none", func(i int) string {
			return with(url.Values{"town": filter(i)["town"]}, "limit", "100", "area_m2.ge", fmt.Sprintf("%.3f", float64(i)/7))
		}},
		{"filtered and sorted", "150/s", func(i int) string { return with(filter(i%200), "limit", "100", "sort", "-area_m2") }},
		{"facet", "p50 6 ms", func(i int) string {
			v := filter(i % 200)
			v.Del("category")
			return with(v, "limit", "1", "facet", "category")
		}},
		{"page at any depth", "p50 2 ms", func(i int) string {
			return with(url.Values{}, "limit", "100", "offset", fmt.Sprint(i*99_991%(servedRows-100)))
		}},
	} {
		before := run.Processor(pid)
		cold, err := ask(base, connections, 200, 0, q.path)
		if err != nil {
			b.Fatal(err)
		}
		warm, err := ask(base, connections, 0, lasting, func(i int) string { return q.path(i + 200) })
		if err != nil {
			b.Fatal(err)
		}
		each := (run.Processor(pid) - before) / time.Duration(cold.n+warm.n)
		fmt.Printf("server: %-24s the first 200: %v; then: %v; %.2f ms of the portal's processors each; promised: %s\n", q.name, cold, warm, 1000*each.Seconds(), q.promise)
	}
	exports(b, base, id)
	b.ReportMetric(0, "ns/op")
}

// exports takes the whole table in several formats.
func exports(b *testing.B, base, id string) {
	for _, x := range []struct {
		file, header, promise string
	}{
		{"export.csv", "", "120 MB/s, first byte within 100 ms"},
		{"export.csv", "Accept-Encoding: gzip", "none"},
		{"export.jsonl", "", "none"},
	} {
		c, err := dial(base)
		if err != nil {
			b.Fatal(err)
		}
		begin := time.Now()
		var headers []string
		if x.header != "" {
			headers = append(headers, x.header)
		}
		a, err := c.get("/api/v1/resources/"+id+"/"+x.file, headers...)
		if err != nil || a.status != 200 {
			b.Fatal(x.file, a.status, err)
		}
		_ = c.conn.Close()
		took := time.Since(begin).Seconds()
		fmt.Printf("server: %s %s: %.0f MB in %.2f s, %.0f MB/s, first byte after %.0f ms; promised: %s\n",
			x.file, x.header, float64(a.bytes)/1e6, took, float64(a.bytes)/1e6/took, 1000*a.first.Seconds(), x.promise)
	}
}
