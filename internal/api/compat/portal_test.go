package compat_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"socle/internal/api/compat"
	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/publish"
	"socle/internal/schema"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
	"socle/internal/tables/duck"
	"socle/internal/web/shell"
	"socle/internal/web/ui"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata")

const benches = `nom;commune;pose;places;prix;abri;coordonnees
Banc du parc;Roques;2019-04-03;3;120.5;oui;1.3601,43.5046
Banc de l'école;Roques;2020-11-20;2;99;non;1.3655,43.5071
Banc des "halles";Muret;2020-02-11;4;;oui;1.3267,43.4613
Banc du lac;Muret;2021-06-30;3;150;non;
Banc é été;Labège;2021-07-14;2;80.25;oui;1.5301,43.5311
`

const trees = `{"type":"FeatureCollection","features":[
{"type":"Feature","geometry":{"type":"Point","coordinates":[1.3601,43.5046]},"properties":{"essence":"Platane","hauteur":12.5}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[1.3267,43.4613]},"properties":{"essence":"Tilleul","hauteur":8}},
{"type":"Feature","geometry":null,"properties":{"essence":"Chêne","hauteur":15}}]}`

// territory is a portal with public datasets, "Bancs publics", "Arbres" and "Plan", which has two tables and a
// link, and with one that is not public.
type territory struct {
	*httptest.Server
	dataset, inside, trees, parts catalogue.Dataset

	catalogue *catalogue.Service
	bring     func(title, file, text string, v publish.Visibility) catalogue.Dataset
}

func openPortal(t *testing.T, db *sqldb.DB) *territory {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	blobs, err := blob.Open(ctx, blob.Options{URL: "file://" + t.TempDir()})
	must(err)
	t.Cleanup(func() { _ = blobs.Close() })
	runner, err := jobs.New(db, jobs.Options{})
	must(err)
	engine, err := duck.Open(t.TempDir(), duck.Options{})
	must(err)
	t.Cleanup(func() { _ = engine.Close() })
	find := func(_ context.Context, ref string) (*schema.Schema, error) { return national.Find(ref) }
	tab := tables.New(tables.Options{DB: db, Blobs: blobs, Schemas: find, Temp: t.TempDir(), Limits: tables.Limits{UploadBytes: 1 << 20}})
	tab.Handle(runner)
	cat := catalogue.New(db, nil)
	pub := publish.New(db, tab, cat, false)
	ids := identity.New(db, identity.Options{})
	sys := identity.System("test")
	org, err := ids.CreateOrganisation(ctx, sys, identity.OrganisationForm{Name: "Commune de Roques", Kind: identity.KindCommune}, false)
	must(err)
	p := &territory{catalogue: cat}
	p.bring = func(title, file, text string, v publish.Visibility) catalogue.Dataset {
		u, err := tab.Upload(ctx, sys, org.ID, file, strings.NewReader(text))
		must(err)
		d, err := pub.Start(ctx, sys, org.ID, "")
		must(err)
		d, err = pub.BringUpload(ctx, sys, d.ID, d.Revision, u.ID, tables.Settings{})
		must(err)
		must(runner.Drain(ctx))
		m := catalogue.Metadata{Title: title, Description: "Les **bancs**.", Licence: catalogue.LicenceOuverte, Language: "fr", Keywords: []string{"mobilier urbain"}, Themes: []catalogue.ThemeID{"planning-housing"}}
		d, err = pub.SetDescription(ctx, sys, d.ID, d.Revision, m, true)
		must(err)
		set, err := pub.Finish(ctx, sys, d.ID, d.Revision, v, "")
		must(err)
		return set
	}
	p.dataset, p.inside = p.bring("Bancs publics", "bancs.csv", benches, publish.Public), p.bring("Bancs internes", "arbres.geojson", trees, publish.Internal)
	p.trees = p.bring("Arbres", "arbres.geojson", trees, publish.Public)
	p.parts = p.bring("Plan", "plan.geojson", trees, publish.Public)
	second, err := cat.AddResource(ctx, sys, p.parts.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Bancs du plan", Format: "csv"})
	must(err)
	like, err := cat.Version(ctx, sys, p.dataset.Resources[0].ID, 1)
	must(err)
	_, err = cat.AddVersion(ctx, sys, catalogue.NewVersion{Resource: second.ID, Parts: like.Parts, Original: like.Original, Columns: like.Columns, Report: like.Report})
	must(err)
	_, err = cat.AddResource(ctx, sys, p.parts.ID, catalogue.Link, catalogue.ResourceMetadata{Title: "Notice", Format: "pdf", URL: "https://ailleurs.example/notice.pdf"})
	must(err)
	file, err := cat.AddResource(ctx, sys, p.parts.ID, catalogue.File, catalogue.ResourceMetadata{Title: "Photos", Format: "zip", MediaType: "application/zip"})
	must(err)
	_, err = cat.AddVersion(ctx, sys, catalogue.NewVersion{Resource: file.ID, Original: catalogue.Original{Blob: like.Original.Blob, Bytes: like.Original.Bytes, FileName: "photos.zip", MediaType: "application/zip"}})
	must(err)
	p.parts, err = cat.Get(ctx, sys, p.parts.ID)
	must(err)

	log := slog.New(slog.DiscardHandler)
	base, err := url.Parse("https://portail.example")
	must(err)
	sh := shell.New(shell.Options{Identity: ids, BaseURL: base, Log: log, Host: func(context.Context) ui.Host { return ui.Host{Name: "Essai"} }})
	rt := httpx.NewRouter(httpx.Options{Log: log, Render: sh.Render, BaseURL: base})
	limiter := httpx.NewLimiter(1000, 1000, 10, time.Now)
	sh.Mount(rt, compat.New(compat.Options{Identity: ids, Catalogue: cat, Tables: tab, Engine: engine, BaseURL: base, Name: "Essai", Schemas: find, Limit: httpx.Limit(limiter),
		Now: func() time.Time { return time.Date(2025, 6, 15, 12, 0, 0, 0, time.UTC) }}).Routes()...)
	p.Server = httptest.NewServer(rt)
	t.Cleanup(p.Close)
	return p
}

func (p *territory) ask(t *testing.T, path string, header ...string) (*http.Response, string) {
	t.Helper()
	return p.send(t, http.MethodGet, path, "", header...)
}

func (p *territory) send(t *testing.T, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Language", "en")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(answer)
}

var instants = regexp.MustCompile(`20(2[6-9]|[3-9]\d)-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)?|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d [+-]\d{4}`)

// heading is what a conversation keeps of a page.
var heading = regexp.MustCompile(`<title>[^<]*</title>`)

var uids = regexp.MustCompile(`\bda_([0-9a-z]{20}\b|\{[a-z-]+\})`)

var requests = regexp.MustCompile(`"request_id":"[^"]*"`)

// TestConversations reads testdata/*.txt: a line is the path of a request, in which
// {table}, {trees}, {parts}, {parts-2} and {inside} are resources, or POST, a path and a body of JSON; the lines after it that
// begin with a tab are the answer, written by -update. # begins a remark.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no case", err)
	}
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		p := openPortal(t, db)
		ids := []string{}
		for name, d := range map[string]catalogue.Dataset{"table": p.dataset, "inside": p.inside, "trees": p.trees, "parts": p.parts} {
			set := "{" + name + "-set}"
			if name == "table" {
				set = "{dataset}"
			}
			for i, r := range d.Resources[1:] {
				ids = append(ids, string(r.ID), fmt.Sprintf("{%s-%d}", name, i+2))
			}
			ids = append(ids, string(d.Resources[0].ID), "{"+name+"}", string(d.ID), set, string(d.Organisation), "{organisation}")
		}
		hide := strings.NewReplacer(ids...)
		slices.Reverse(ids)
		names := strings.NewReplacer(ids...)
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) { p.converse(t, file, names, hide) })
		}
	})
}

func (p *territory) converse(t *testing.T, file string, names, hide *strings.Replacer) {
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(old)) {
		if strings.HasPrefix(line, "\t") {
			continue
		}
		b.WriteString(line)
		path := strings.TrimSpace(line)
		if path == "" || path[0] == '#' {
			continue
		}
		method, body, sent := http.MethodGet, "", strings.HasPrefix(path, "POST ")
		if sent {
			method = http.MethodPost
			path, body, _ = strings.Cut(path[len("POST "):], " ")
		}
		before, question, asked := strings.Cut(names.Replace(path), "?")
		if asked {
			before += "?" + strings.NewReplacer(" ", "%20", "\"", "%22", "#", "%23", "<", "%3C", ">", "%3E", "`", "%60", "|", "%7C", "é", "%C3%A9", "{", "%7B", "}", "%7D").Replace(question)
		}
		res, body := p.send(t, method, before, names.Replace(body))
		body = uids.ReplaceAllString(instants.ReplaceAllString(hide.Replace(body), "TIME"), "da_{dataset}")
		body = requests.ReplaceAllString(body, `"request_id":"REQUEST"`)
		fmt.Fprintf(&b, "\t%d %s\n", res.StatusCode, res.Header.Get("Content-Type"))
		if d := res.Header.Get("Content-Disposition"); d != "" {
			fmt.Fprintf(&b, "\t%s\n", hide.Replace(d))
		}
		for _, name := range []string{"Location", "Content-Crs"} {
			if v := res.Header.Get(name); v != "" {
				fmt.Fprintf(&b, "\t%s: %s\n", name, hide.Replace(v))
			}
		}
		if strings.HasPrefix(body, "<!doctype") {
			body = heading.FindString(body)
		}
		for l := range strings.Lines(strings.TrimRight(body, "\n")) {
			b.WriteString("\t" + strings.TrimRight(l, "\n") + "\n")
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: scripts of other sites may not read it", path)
		}
		if res.StatusCode == http.StatusInternalServerError {
			t.Errorf("%s: %s", path, body)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(old), b.String()); diff != "" {
		t.Error(diff)
	}
}

// TestCopies: an answer that has not changed is not sent again; an export may be compressed.
func TestCopies(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		p := openPortal(t, db)
		const records = "/api/explore/v2.1/catalog/datasets/bancs-publics/records"
		for _, path := range []string{records, "/api/resources/" + string(p.dataset.Resources[0].ID) + "/data/"} {
			res, _ := p.ask(t, path)
			tag := res.Header.Get("ETag")
			if tag == "" {
				t.Fatalf("%s: no ETag", path)
			}
			if res, _ := p.ask(t, path, "If-None-Match", tag); res.StatusCode != http.StatusNotModified {
				t.Errorf("%s: status %d", path, res.StatusCode)
			}
			if res, _ := p.ask(t, path+"?lang=xx", "If-None-Match", tag); res.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: status %d for a language that does not exist", path, res.StatusCode)
			}
		}
		res, body := p.ask(t, "/api/explore/v2.1/catalog/datasets/bancs-publics/exports/csv?compressed=true&with_bom=false&delimiter=,&select=nom")
		z, err := gzip.NewReader(bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatalf("%d %v", res.StatusCode, err)
		}
		text, err := io.ReadAll(z)
		if err != nil || !strings.HasPrefix(string(text), "nom\nBanc du parc\n") {
			t.Errorf("%v %q", err, text)
		}
		for _, format := range []string{"xlsx", "parquet"} {
			if res, body := p.ask(t, "/api/explore/v2.1/catalog/datasets/bancs-publics/exports/"+format); res.StatusCode != http.StatusOK || len(body) < 100 {
				t.Errorf("%s: %d, %d bytes", format, res.StatusCode, len(body))
			}
		}
	})
}
