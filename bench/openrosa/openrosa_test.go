package openrosa

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"socle/internal/api/compat"
	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/collect/submission"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/schema"
	"socle/internal/schema/form"
	"socle/internal/schema/national"
	"socle/internal/sqldb"

	"socle/internal/web/shell"
)

// published is what a published server of OpenRosa takes on a small machine, in
// submissions a second.
const published = 41

// phones send at once.
const phones = 200

// office serves one public form on SQLite, with the handlers and the router of the
// program.
func office(b *testing.B) (server string, f collect.Form) {
	b.Helper()
	ctx := b.Context()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	dir := b.TempDir()
	db, err := sqldb.Open(ctx, sqldb.Options{URL: "sqlite:" + filepath.Join(dir, "socle.db")})
	must(err)
	b.Cleanup(func() { _ = db.Close() })
	must(db.Migrate(ctx))
	must(jobs.Migrate(ctx, db))
	blobs, err := blob.Open(ctx, blob.Options{URL: "file://" + filepath.Join(dir, "blobs")})
	must(err)
	b.Cleanup(func() { _ = blobs.Close() })
	find := func(_ context.Context, ref string) (*schema.Schema, error) { return national.Find(ref) }
	people := identity.New(db, identity.Options{})
	forms := collect.New(collect.Options{DB: db, Blobs: blobs, Catalogue: catalogue.New(db, nil), Schemas: find, Temp: dir})
	org, err := people.CreateOrganisation(ctx, identity.System("bench"), identity.OrganisationForm{Name: "Roques", Kind: identity.KindCommune}, false)
	must(err)
	editor := identity.PersonActor("editor", "editor", 0, identity.Membership{Organisation: org.ID, Role: identity.Editor})
	f, err = forms.Create(ctx, editor, collect.NewForm{Organisation: org.ID, Settings: collect.Settings{Access: collect.Public}, Definition: &form.Definition{Title: "Observations", Items: []form.Item{
		{Kind: form.Field, Name: "lieu", Label: "Lieu", Control: form.Text, Required: true}, {Kind: form.Field, Name: "hauteur", Label: "Hauteur", Control: form.Number, Minimum: "0"},
		{Kind: form.Field, Name: "jour", Label: "Jour", Control: form.Date}, {Kind: form.Field, Name: "position", Label: "Position", Control: form.Point},
		{Kind: form.Field, Name: "usages", Label: "Usages", Control: form.Choices, Choices: []form.Choice{{Value: "ombre"}, {Value: "bois"}}},
	}}})
	must(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	base := &url.URL{Scheme: "http", Host: l.Addr().String()}
	sh := shell.New(shell.Options{Identity: people, BaseURL: base})
	rt := httpx.NewRouter(httpx.Options{Log: slog.New(slog.DiscardHandler), Render: sh.Render})
	all := httpx.Limit(httpx.NewLimiter(1e6, 1e6, 1, nil))
	api := compat.New(compat.Options{Identity: people, Collect: forms, Submissions: submission.New(db, forms), BaseURL: base, Temp: dir, Limit: all, Now: time.Now})
	sh.Mount(rt, api.Routes()...)
	s := &http.Server{Handler: rt, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(l) }()
	b.Cleanup(func() { _ = s.Close() })
	return base.String() + compat.OpenRosaPath + "/key/" + f.Slug, f
}

func post(c *http.Client, server string, f collect.Form, n int) error {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	p, err := w.CreateFormFile("xml_submission_file", "submission.xml")
	if err == nil {
		_, err = fmt.Fprintf(p, `<data id="%s" version="1"><lieu>Lieu %d</lieu><hauteur>12.5</hauteur><jour>2026-07-14</jour><position>43.5 1.4 0 0</position><usages>ombre bois</usages><meta><instanceID>uuid:%d</instanceID></meta></data>`, f.ID, n, n)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		return err
	}
	res, err := c.Post(server+"/submission", w.FormDataContentType(), &b)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusCreated {
		return fmt.Errorf("%d %w %s", res.StatusCode, err, body)
	}
	return nil
}

// processor is the time that this process has used.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSubmissions: more than the published figure, from 200 phones at once, none
// lost. The processor's time holds the phones too.
func BenchmarkSubmissions(b *testing.B) {
	const each = 10
	server, f := office(b)
	c := &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: phones}}
	var wait sync.WaitGroup
	var failed atomic.Int64
	begin, used := time.Now(), processor(b)
	for phone := range phones {
		wait.Go(func() {
			for n := range each {
				if err := post(c, server, f, phone*each+n); err != nil {
					failed.Add(1)
					b.Error(err)
				}
			}
		})
	}
	wait.Wait()
	took, cpu := time.Since(begin), processor(b)-used
	if failed.Load() > 0 {
		b.Fatal(strconv.FormatInt(failed.Load(), 10) + " submissions were refused")
	}
	b.ReportMetric(phones*each/took.Seconds(), "submissions/s")
	b.ReportMetric(published, "submissions/s_published")
	b.ReportMetric(float64(cpu.Microseconds())/(phones*each), "µs_cpu/submission")
	b.ReportMetric(0, "ns/op")
}
