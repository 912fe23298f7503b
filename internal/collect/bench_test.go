package collect_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/schema"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// Ten thousand rows pasted into a grid: checked, kept and told.
func BenchmarkPutLines(b *testing.B) {
	ctx := b.Context()
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	db := sqldbtest.Open(b, sqldb.Options{URL: sqldbtest.URL(b, sqldb.SQLite)})
	blobs, err := blob.Open(ctx, blob.Options{URL: "file://" + b.TempDir()})
	must(err)
	b.Cleanup(func() { _ = blobs.Close() })
	runner, err := jobs.New(db, jobs.Options{})
	must(err)
	set := catalogue.New(db, nil)
	s := collect.New(collect.Options{DB: db, Blobs: blobs, Catalogue: set, Schemas: func(_ context.Context, ref string) (*schema.Schema, error) { return national.Find(ref) }, Temp: b.TempDir(), Limits: collect.Limits{Debounce: time.Hour}})
	s.Handle(runner)
	org, err := identity.New(db, identity.Options{}).CreateOrganisation(ctx, identity.System("test"), identity.OrganisationForm{Name: "Valbrenne", Kind: identity.KindCommune}, false)
	must(err)
	editor := identity.PersonActor("editor", "editor", 0, identity.Membership{Organisation: org.ID, Role: identity.Editor})
	f, err := s.Create(ctx, editor, collect.NewForm{Organisation: org.ID, Schema: catalogue.SchemaRef{ID: "scdl/deliberations"}})
	must(err)
	n := 0
	for b.Loop() {
		list := make([]collect.LineChange, 10_000)
		for i := range list {
			n++
			day := "2025-03-02"
			if i%25 == 0 {
				day = "02/03/2025"
			}
			list[i] = collect.LineChange{ID: id(n), Cells: []string{"Commune de Valbrenne", "21310988700017", fmt.Sprint("V-", n), day, "7.5", "Finances locales/Subventions", "Décision d’essai", "2025", "", "", "", "29", "27", "25", "2", "0", ""}}
		}
		_, _, err := s.PutLines(ctx, editor, f.Resource, "", list)
		must(err)
	}
}
