package usage_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/usage"
)

func TestCounts(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		ctx, root := t.Context(), identity.System("test")
		org, err := identity.New(db, identity.Options{}).CreateOrganisation(ctx, root, identity.OrganisationForm{Name: "Roques", Kind: identity.KindCommune}, false)
		if err != nil {
			t.Fatal(err)
		}
		sets := catalogue.New(db, nil)
		d, err := sets.Create(ctx, root, catalogue.NewDataset{Organisation: org.ID, Metadata: catalogue.Metadata{Title: "Bancs"}})
		if err != nil {
			t.Fatal(err)
		}
		res, err := sets.AddResource(ctx, root, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Table"})
		if err != nil {
			t.Fatal(err)
		}
		reader := identity.PersonActor("r", "r", 0, identity.Membership{Organisation: org.ID, Role: identity.Reader})

		// Two replicas count the same day.
		one, two := usage.New(db), usage.New(db)
		day := time.Date(2026, 3, 2, 23, 30, 0, 0, time.UTC)
		for range 3 {
			one.Count(usage.Subject{Slug: "bancs"}, usage.View, day)
		}
		two.Count(usage.Subject{Slug: "bancs"}, usage.View, day)
		two.Count(usage.Subject{Resource: res.ID}, usage.Download, day)
		two.Count(usage.Subject{Dataset: d.ID}, usage.API, day.Add(time.Hour)) // after midnight
		two.Count(usage.Subject{Slug: "nothing-there"}, usage.View, day)
		two.Count(usage.Subject{Dataset: "nothing-there"}, usage.API, day)
		for _, s := range []*usage.Service{one, two, two} { // the last has nothing left
			if err := s.Flush(ctx); err != nil {
				t.Fatal(err)
			}
		}
		got, err := one.Days(ctx, reader, d, day.Add(-24*time.Hour), day.Add(24*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		want := []usage.Day{{Date: "2026-03-01"}, {"2026-03-02", usage.Counts{Views: 4, Downloads: 1}}, {"2026-03-03", usage.Counts{API: 1}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		totals, err := one.Totals(ctx, root, day.Add(24*time.Hour))
		if diff := cmp.Diff(map[catalogue.DatasetID]usage.Counts{d.ID: {API: 1}}, totals); err != nil || diff != "" {
			t.Error(err, diff)
		}

		stranger := identity.PersonActor("s", "s", 0, identity.Membership{Organisation: "other", Role: identity.Administrator})
		if _, err := one.Days(ctx, stranger, d, day, day); !errs.Is(err, errs.Denied) {
			t.Errorf("numbers of another organisation: %v", err)
		}
		if _, err := one.Totals(ctx, reader, day); !errs.Is(err, errs.Denied) {
			t.Errorf("totals of all: %v", err)
		}
		if _, err := one.Days(ctx, reader, d, day, day.Add(-48*time.Hour)); !errs.Is(err, errs.Invalid) {
			t.Errorf("a period that ends before it begins: %v", err)
		}
	})
}

// What could not be written is not lost.
func TestFailureKeepsCounts(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Options{URL: sqldbtest.URL(t, sqldb.SQLite)})
	ctx, root := t.Context(), identity.System("test")
	org, err := identity.New(db, identity.Options{}).CreateOrganisation(ctx, root, identity.OrganisationForm{Name: "Roques", Kind: identity.KindCommune}, false)
	if err != nil {
		t.Fatal(err)
	}
	d, err := catalogue.New(db, nil).Create(ctx, root, catalogue.NewDataset{Organisation: org.ID, Metadata: catalogue.Metadata{Title: "Bancs"}})
	if err != nil {
		t.Fatal(err)
	}
	s := usage.New(db)
	day := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	s.Count(usage.Subject{Dataset: d.ID}, usage.View, day)
	if err := s.Flush(cancelled(t)); err == nil {
		t.Fatal("no error without a database")
	}
	s.Count(usage.Subject{Dataset: d.ID}, usage.View, day)
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	totals, err := s.Totals(ctx, root, day)
	if err != nil || totals[d.ID].Views != 2 {
		t.Errorf("%+v %v", totals, err)
	}
}

func TestRobot(t *testing.T) {
	for ua, want := range map[string]bool{
		"": true, " ": true, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": true, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)": true,
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": false, "curl/8.5.0": false, "python-requests/2.32": false,
	} {
		if usage.Robot(ua) != want {
			t.Errorf("%q: %v", ua, !want)
		}
	}
}

func cancelled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
