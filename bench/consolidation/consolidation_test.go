package consolidation_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/consolidation"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
	"socle/internal/tables"
	"socle/internal/tabular"
)

const (
	producers = 600
	rows      = 1_000_000
	oldEvery  = 4   // one table in four follows an older version
	badEvery  = 100 // one row in a hundred of these is wrong by the newer one
	schemaID  = "scdl/deliberations"
)

var sys = identity.System("bench")

// BenchmarkConsolidation prints a line per figure.
func BenchmarkConsolidation(b *testing.B) {
	for range b.N {
		if err := run(b.Context(), b.TempDir()); err != nil {
			b.Fatal(err)
		}
	}
}

func figure(format string, args ...any) { fmt.Printf("consolidation: "+format+"\n", args...) }

// bench is a portal without pages.
type bench struct {
	db        *sqldb.DB
	blobs     *blob.Store
	catalogue *catalogue.Service
	merge     *consolidation.Service
	people    *identity.Service
	now, old  *schema.Schema
}

func run(ctx context.Context, dir string) (err error) {
	w := &bench{}
	if w.db, err = sqldb.Open(ctx, sqldb.Options{URL: "sqlite:" + dir + "/socle.db"}); err != nil {
		return err
	}
	defer w.db.Close()
	if err := w.db.Migrate(ctx); err != nil {
		return err
	}
	if err := jobs.Migrate(ctx, w.db); err != nil {
		return err
	}
	if w.blobs, err = blob.Open(ctx, blob.Options{URL: "file://" + dir + "/blobs"}); err != nil {
		return err
	}
	defer w.blobs.Close()
	if w.now, err = national.Find(schemaID); err != nil {
		return err
	}
	if w.old, err = schema.Parse(w.now.JSON()); err != nil {
		return err
	}
	w.old.Version = "2.0.0"
	for i := range w.old.Fields { // as many tables write them
		w.old.Fields[i].Name = strings.ToLower(w.old.Fields[i].Name)
		w.old.Fields[i].Constraints = schema.Constraints{}
	}
	w.old.Checks = nil
	w.catalogue, w.people = catalogue.New(w.db, nil), identity.New(w.db, identity.Options{})
	find := func(_ context.Context, ref string) (*schema.Schema, error) { return national.Find(ref) }
	t := tables.New(tables.Options{DB: w.db, Blobs: w.blobs, Schemas: find, Catalogue: w.catalogue, Temp: dir})
	w.merge = consolidation.New(consolidation.Options{DB: w.db, Blobs: w.blobs, Catalogue: w.catalogue, Identity: w.people, Tables: t, Schemas: find, BaseURL: "https://donnees.example.org", Temp: dir})
	small, err := w.fill(ctx)
	if err != nil {
		return err
	}
	return w.measure(ctx, small)
}

func (w *bench) fill(ctx context.Context) (small catalogue.Dataset, err error) {
	start := time.Now()
	for i := range producers {
		n := rows / producers
		if i < rows%producers {
			n++
		}
		o, err := w.people.CreateOrganisation(ctx, sys, identity.OrganisationForm{Name: fmt.Sprintf("Commune %03d", i), Kind: identity.KindCommune}, false)
		if err != nil {
			return small, err
		}
		d, err := w.catalogue.Create(ctx, sys, catalogue.NewDataset{Organisation: o.ID, Metadata: catalogue.Metadata{Title: fmt.Sprintf("Délibérations %03d", i), Description: "Mesure.", Licence: catalogue.LicenceOuverte}})
		if err != nil {
			return small, err
		}
		r, err := w.catalogue.AddResource(ctx, sys, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Table", Format: "csv"})
		if err != nil {
			return small, err
		}
		if err := w.version(ctx, r.ID, i, n); err != nil {
			return small, err
		}
		if d, err = w.catalogue.Publish(ctx, sys, d.ID, catalogue.AnyRevision); err != nil {
			return small, err
		}
		if i == 1 {
			small = d
		}
	}
	figure("%d tables, %d rows made for the measure in %.1f s", producers, rows, time.Since(start).Seconds())
	return small, nil
}

// version adds a version of n rows of a producer.
func (w *bench) version(ctx context.Context, r catalogue.ResourceID, producer, n int) error {
	s := w.now
	if producer%oldEvery == 0 {
		s = w.old
	}
	f, err := tabular.Open(ctx, tabular.Bytes(text(producer, n, s)), tabular.Options{Name: "in.csv"})
	if err != nil {
		return err
	}
	defer f.Close()
	var out bytes.Buffer
	pq, err := tabular.NewParquetWriter(&out, check.Fields(f, s), tabular.ParquetOptions{})
	if err != nil {
		return err
	}
	rep, err := check.Run(ctx, f, s, check.Options{Sink: pq.Put})
	if err != nil {
		return err
	}
	if !rep.Valid {
		return fmt.Errorf("the rows made are wrong: %+v", rep.Errors[0])
	}
	if err := pq.Close(); err != nil {
		return err
	}
	ref, err := w.blobs.Put(ctx, &out)
	if err != nil {
		return err
	}
	columns := *s
	columns.Checks = nil
	_, err = w.catalogue.AddVersion(ctx, sys, catalogue.NewVersion{Resource: r, Expect: catalogue.AnyVersion, Parts: []catalogue.VersionPart{{Blob: string(ref.Hash), Bytes: ref.Size, Rows: int64(n)}},
		Columns: columns.JSON(), Schema: catalogue.SchemaRef{ID: schemaID, Version: s.Version}, Report: catalogue.ReportSummary{Valid: true}})
	return err
}

// text writes n acts of a producer.
func text(producer, n int, s *schema.Schema) []byte {
	r := rand.New(rand.NewPCG(uint64(producer), uint64(n)))
	var b bytes.Buffer
	for i := range s.Fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(s.Fields[i].Name)
	}
	b.WriteByte('\n')
	siret := number(producer)
	matters := []string{"1.1,Commande publique/Marchés publics", "2.1,Urbanisme/Documents d’urbanisme", "7.1,Finances locales/Décisions budgétaires", "7.5,Finances locales/Subventions", "8.1,Domaines de compétences par thèmes/Enseignement"}
	for i := range n {
		seats := 19 + r.IntN(16)
		against := r.IntN(4)
		date := time.Date(2025, 1, 1+r.IntN(365), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		voters := fmt.Sprint(seats - against)
		if producer%oldEvery == 0 && i%badEvery == 7 {
			date = "" // the newer version requires it
		}
		fmt.Fprintf(&b, "Commune %03d,%s,2025-%04d,%s,%s,Objet de la délibération n° %d du conseil,2025,Budget principal,%09d,%s,%d,%d,%s,%d,0,\n",
			producer, siret, i, date, matters[i%len(matters)], i, i, "2025-12-31", seats, seats, voters, against)
	}
	return b.Bytes()
}

// number is a SIRET with a right key.
func number(producer int) string {
	for key := range 100 {
		s := fmt.Sprintf("000%04d%02d00010", producer+100, key)
		for d := range 10 {
			if c := s[:13] + fmt.Sprint(d); luhn(c) && luhn(c[:9]) {
				return c
			}
		}
	}
	panic("no key")
}

func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func (w *bench) measure(ctx context.Context, small catalogue.Dataset) error {
	org := small.Organisation
	if _, err := w.merge.Start(ctx, sys, schemaID, consolidation.Form{Organisation: org, Title: "Délibérations du territoire", Description: "Mesure.", Rule: consolidation.Newest, Key: []string{"COLL_SIRET", "DELIB_ID"}}); err != nil {
		return err
	}
	out, err := w.timed(ctx, fmt.Sprintf("%d tables made one", producers), "20 s")
	if err != nil {
		return err
	}
	if out.Sources != producers || out.Rows < rows*98/100 || out.Rows == rows {
		return fmt.Errorf("%+v", out)
	}
	if err := w.version(ctx, small.Resources[0].ID, 1, 2000); err != nil {
		return err
	}
	if out, err = w.timed(ctx, "one table of 2,000 rows changed", "1 s"); err != nil {
		return err
	}
	if out.Aligned != 1 || out.Version != 2 {
		return fmt.Errorf("%+v", out)
	}
	_, err = w.timed(ctx, "nothing changed", "1 s")
	return err
}

func (w *bench) timed(ctx context.Context, what, promise string) (consolidation.Outcome, error) {
	start, cpu := time.Now(), used()
	out, err := w.merge.Build(ctx, sys, schemaID, nil)
	figure("%s: %.2f s (%.2f s of processor), %d rows, %d tables read; promised: %s", what, time.Since(start).Seconds(), (used() - cpu).Seconds(), out.Rows, out.Aligned, promise)
	return out, err
}

func used() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
