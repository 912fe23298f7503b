package search

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/sqldb"
	"socle/internal/tables"
	"socle/internal/tabular"
)

const (
	datasets      = 50_000
	written       = 2_000 // of them by the service; the others are made from these in the database
	organisations = 400
	asked         = 2_000 // searches measured
)

var (
	subjects = strings.Fields("délibérations subventions budget équipements arbres déchets défibrillateurs stationnement cantines écoles marchés adresses urbanisme voirie énergie éclairage eau assainissement bibliothèques élections prénoms associations événements transports vélos comptages covoiturage parcs cimetières bâtiments effectifs travaux cadastre tourisme musées sport crèches santé emploi logement")
	manners  = strings.Fields("communaux intercommunaux publics annuels mensuels géolocalisés détaillés historiques provisoires consolidés simplifiés recensés subventionnés scolaires sportifs culturels")
	names    = strings.Fields("Saint Ville Mont Pont Bois Roque Castel Puy Val Clos Font Mas Puech Serre Vigne Plaine Font Lac Rive Combe")
	ends     = strings.Fields("fort ac an illes ères elle ette ignac olles ens argues ort eaux sur-Ariège sur-Garonne en-Lauragais les-Bains la-Forêt le-Vieux le-Neuf")
	columns  = strings.Fields("nom siret date montant objet beneficiaire insee adresse commune latitude longitude type etat capacite ouverture gestionnaire telephone surface annee quantite")
)

func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

// fill writes the catalogue that is measured, always the same.
func fill(b *testing.B, db *sqldb.DB, files *blob.Store, cat *catalogue.Service, ids *identity.Service) {
	b.Helper()
	ctx, root, r := context.Background(), identity.System("bench"), rand.New(rand.NewPCG(42, 1))
	var orgs []identity.OrganisationID
	for i := range organisations {
		o, err := ids.CreateOrganisation(ctx, root, identity.OrganisationForm{Name: fmt.Sprintf("%s%s %d", pick(r, names), pick(r, ends), i), Kind: identity.OrganisationKinds[r.IntN(len(identity.OrganisationKinds))]}, false)
		if err != nil {
			b.Fatal(err)
		}
		orgs = append(orgs, o.ID)
	}
	for done := 0; done < written; {
		err := db.Write(ctx, func(tx *sqldb.Tx) error {
			for range 500 {
				if err := one(ctx, tx, files, cat, root, r, orgs, done); err != nil {
					return err
				}
				done++
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := multiply(ctx, db, r); err != nil {
		b.Fatal(err)
	}
}

// copies are the statements that make a dataset of each that was written, with
// another identifier ($1 stands at its end) and another word in its title ($2).
var copies = []string{
	`INSERT INTO datasets (id, slug, organisation, title, title_fold, description, licence, themes, keywords, frequency, contact_name, contact_email, temporal_start, temporal_end, zones, granularity, language,
		schema_id, schema_version, state, revision, created_by, created_at, modified_at, data_at, published_at, withdrawn_at, withdrawn_reason, demonstration)
		SELECT id || $1, slug || $1, organisation, replace(title, ' de ', ' ' || $2 || ' de '), title_fold || $1, description || ' ' || $2, licence, themes, keywords, frequency,
		contact_name, contact_email, temporal_start, temporal_end, zones, granularity, language, schema_id, schema_version, state, revision, created_by, created_at, modified_at - $3, data_at - $3,
		published_at, withdrawn_at, withdrawn_reason, demonstration FROM datasets WHERE length(id) = $4`,
	`INSERT INTO dataset_slugs (slug, dataset, since) SELECT slug || $1, dataset || $1, since FROM dataset_slugs WHERE length(dataset) = $4 AND $2 <> '' AND $3 >= 0`,
	`INSERT INTO resources (id, dataset, kind, place, title, description, format, media_type, url, latest, public_from, created_at, modified_at)
		SELECT id || $1, dataset || $1, kind, place, title, description, format, media_type, url, latest, public_from, created_at, modified_at
		FROM resources WHERE length(id) = $4 AND $2 <> '' AND $3 >= 0`,
	`INSERT INTO versions (id, resource, number, original_blob, original_bytes, original_name, original_type, column_json, row_count, schema_id, schema_version, report_valid, report_errors, report_blob, note, created_by, created_at, pinned, purged_at)
		SELECT id || $1, resource || $1, number, original_blob, original_bytes, original_name, original_type, column_json, row_count, schema_id, schema_version, report_valid,
		report_errors, report_blob, note, created_by, created_at, pinned, purged_at FROM versions WHERE length(id) = $4 AND $2 <> '' AND $3 >= 0`,
	`INSERT INTO dataset_facets (kind, value, dataset, state, organisation) SELECT kind, value, dataset || $1, state, organisation
		FROM dataset_facets WHERE length(dataset) = $4 AND $2 <> '' AND $3 >= 0`,
}

// rare is the keyword of a dataset and of its copies, 25 in all, and of no other.
func rare(i int) string { return fmt.Sprintf("lieu-dit %04d", i) }

func multiply(ctx context.Context, db *sqldb.DB, r *rand.Rand) error {
	const month = int64(30 * 24 * time.Hour / time.Microsecond)
	return db.Write(ctx, func(tx *sqldb.Tx) error {
		var length int
		if err := tx.QueryRow(ctx, `SELECT max(length(id)) FROM datasets`).Scan(&length); err != nil {
			return err
		}
		for n := 1; n < datasets/written; n++ {
			for _, text := range copies {
				if _, err := tx.Exec(ctx, text, fmt.Sprintf("x%02d", n), pick(r, manners), int64(n)*month, length); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func one(ctx context.Context, tx *sqldb.Tx, files *blob.Store, cat *catalogue.Service, root identity.Actor, r *rand.Rand, orgs []identity.OrganisationID, i int) error {
	theme := catalogue.Themes[r.IntN(len(catalogue.Themes))].ID
	m := catalogue.Metadata{
		Title:       fmt.Sprintf("%s %s de %s%s %d", pick(r, subjects), pick(r, manners), pick(r, names), pick(r, ends), 2000+r.IntN(26)),
		Description: strings.Repeat(fmt.Sprintf("Les %s %s et les %s sont tenus à jour par le service. ", pick(r, subjects), pick(r, manners), pick(r, subjects)), 4),
		Keywords:    []string{pick(r, subjects), pick(r, manners), rare(i)}, Themes: []catalogue.ThemeID{theme}, Licence: catalogue.LicenceOuverte, Language: "fr",
		Spatial: catalogue.Coverage{Zones: []catalogue.Zone{{Kind: catalogue.ZoneDepartement, Code: fmt.Sprintf("%02d", 1+r.IntN(95)), Name: "Département"}}},
	}
	if r.IntN(3) == 0 {
		m.Schema = catalogue.SchemaRef{ID: "scdl/" + []string{"deliberations", "subventions", "budget", "equipements", "prenoms"}[r.IntN(5)]}
	}
	d, err := cat.CreateTx(ctx, tx, root, catalogue.NewDataset{Organisation: orgs[r.IntN(len(orgs))], Metadata: m})
	if err != nil {
		return err
	}
	res, err := cat.AddResourceTx(ctx, tx, root, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Données", Format: "csv"})
	if err != nil {
		return err
	}
	type field struct {
		Name  string `json:"name"`
		Title string `json:"title"`
		Type  string `json:"type"`
	}
	var fields []field
	for n := range 12 {
		fields = append(fields, field{fmt.Sprintf("%s_%d", pick(r, columns), n), pick(r, columns), "string"})
	}
	descriptor, err := json.Marshal(map[string][]field{"fields": fields})
	if err != nil {
		return err
	}
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	part, err := table(ctx, files, names, r)
	if err != nil {
		return err
	}
	if _, err := cat.AddVersionTx(ctx, tx, root, catalogue.NewVersion{Resource: res.ID, Columns: descriptor, Parts: []catalogue.VersionPart{part}, Report: catalogue.ReportSummary{Valid: true}}); err != nil {
		return err
	}
	switch n := r.IntN(20); {
	case n == 0: // stays a draft
	case n < 4: // for members and the host
		_, err = cat.KeepInsideTx(ctx, tx, root, d.ID, catalogue.AnyRevision)
	default:
		_, err = cat.PublishTx(ctx, tx, root, d.ID, catalogue.AnyRevision)
	}
	return err
}

// table writes a small table.
func table(ctx context.Context, files *blob.Store, columns []string, r *rand.Rand) (part catalogue.VersionPart, err error) {
	const rows = 100
	fr := &tabular.Frame{Rows: rows}
	for _, name := range columns {
		c := tabular.Column{Null: make([]bool, rows)}
		for range rows {
			c.Bytes = append(c.Bytes, fmt.Appendf(nil, "%s %s %d", pick(r, subjects), pick(r, manners), r.IntN(1000)))
		}
		fr.Fields, fr.Columns = append(fr.Fields, tabular.Field{Name: name}), append(fr.Columns, c)
	}
	var out bytes.Buffer
	w, err := tabular.NewParquetWriter(&out, fr.Fields, tabular.ParquetOptions{Context: ctx})
	if err != nil {
		return part, err
	}
	if err := errors.Join(w.Write(fr), w.Close()); err != nil {
		return part, err
	}
	ref, err := files.Put(ctx, &out)
	return catalogue.VersionPart{Blob: string(ref.Hash), Bytes: ref.Size, Rows: rows}, err
}

// catalogueDB opens a copy of the catalogue that is measured, in the folder of a portal;
// the catalogue is made once and kept.
func catalogueDB(b *testing.B) (data string, db *sqldb.DB) {
	b.Helper()
	dir := filepath.Join(os.TempDir(), "socle-bench")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		b.Fatal(err)
	}
	kept := filepath.Join(dir, fmt.Sprintf("catalogue-%d-tables", datasets))
	if _, err := os.Stat(kept); err != nil {
		making := kept + ".making"
		if err := errors.Join(os.RemoveAll(making), os.MkdirAll(making, 0o750)); err != nil {
			b.Fatal(err)
		}
		files, err := blob.Open(b.Context(), blob.Options{URL: "file://" + filepath.Join(making, "blobs")})
		if err != nil {
			b.Fatal(err)
		}
		db := openDB(b, filepath.Join(making, "socle.db"))
		fill(b, db, files, catalogue.New(db, nil), identity.New(db, identity.Options{}))
		if err := errors.Join(db.Close(), files.Close(), os.Rename(making, kept)); err != nil {
			b.Fatal(err)
		}
	}
	data = filepath.Join(b.TempDir(), "data")
	if err := os.CopyFS(data, os.DirFS(kept)); err != nil {
		b.Fatal(err)
	}
	db = openDB(b, filepath.Join(data, "socle.db"))
	b.Cleanup(func() { _ = db.Close() })
	return data, db
}

func openDB(b *testing.B, path string) *sqldb.DB {
	b.Helper()
	ctx := context.Background()
	db, err := sqldb.Open(ctx, sqldb.Options{URL: "sqlite:" + path})
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(db.Migrate(ctx), jobs.Migrate(ctx, db)); err != nil {
		b.Fatal(err)
	}
	return db
}

// took tells the median and the slowest hundredth of many times.
func took(b *testing.B, name, promise string, ask func(i int) error) {
	b.Helper()
	var all []time.Duration
	used := processor()
	for i := range asked {
		began := time.Now()
		if err := ask(i); err != nil {
			b.Fatal(name, err)
		}
		if i >= asked/10 {
			all = append(all, time.Since(began))
		}
	}
	slices.Sort(all)
	fmt.Printf("search: %-42s p50 %6.2f ms, p99 %6.2f ms, %.2f ms of processor each; promised: %s\n", name, ms(all[len(all)/2]), ms(all[len(all)*99/100]), ms(processor()-used)/asked, promise)
}

// processor is the time that this process has used of the machine's processors,
// of which other work takes nothing.
func processor() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func ms(d time.Duration) float64 { return 1000 * d.Seconds() }

// BenchmarkSearch makes the index of 50,000 datasets and searches it, one visitor at a
// time: somebody without an account, a member of one organisation, an agent who
// publishes for sixty others, the host's administrator. A fifth of the catalogue is not
// public.
func BenchmarkSearch(b *testing.B) {
	ctx := context.Background()
	data, db := catalogueDB(b)
	cat, ids := catalogue.New(db, nil), identity.New(db, identity.Options{})
	o := find.Options{Dir: filepath.Join(data, "index"), Catalogue: cat, Identity: ids, Located: tables.Located, Now: time.Now}
	s := find.New(o)
	began, used := time.Now(), processor()
	if err := s.Sync(ctx); err != nil {
		b.Fatal(err)
	}
	fmt.Printf("search: index of %d datasets made in %.1f s (%.1f s of processor), %.0f MB; promised: 60 s\n", datasets, time.Since(began).Seconds(), (processor() - used).Seconds(), float64(size(o.Dir))/1e6)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s = find.New(o)
	began = time.Now()
	if err := s.Sync(ctx); err != nil {
		b.Fatal(err)
	}
	opened := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	fmt.Printf("search: opened in %.2f s, %.0f MB kept in memory\n", opened.Seconds(), float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/1e6)

	all := callers(ctx, b, db, ids)
	for _, c := range all {
		rights(ctx, b, ids, c)
		searches(ctx, b, s, c)
		lists(ctx, b, cat, c)
	}
	// A portal reads the words of its tables as they come, not 50,000 at once: those of the
	// copies are files to it.
	must(b, db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE resources SET kind = 'file' WHERE length(id) > (SELECT min(length(id)) FROM resources)`)
		return err
	}))
	sets, orgs := addresses(ctx, b, db)
	if err := errors.Join(s.Close(), db.Close()); err != nil {
		b.Fatal(err)
	}
	pages(b, data, all, sets, orgs)
	b.ReportMetric(0, "ns/op")
}

// searches asks the same of the index for each caller.
func searches(ctx context.Context, b *testing.B, s *find.Service, c caller) {
	b.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	wrong := func(word string) string {
		runes := []rune(word)
		i := 1 + r.IntN(len(runes)-2)
		return string(append(runes[:i:i], runes[i+1:]...))
	}
	const forty = "p99 40 ms"
	search := func(name string, text func() string, where map[find.Dimension]string) {
		b.Helper()
		took(b, c.name+": "+name, forty, func(i int) error {
			_, err := s.Search(ctx, c.actor, find.Query{Text: text(), Where: where, Limit: 20, Offset: i % 5 * 20})
			return err
		})
	}
	search("all, facets", func() string { return "" }, nil)
	search("one word, facets", func() string { return pick(r, subjects) }, nil)
	search("three words, facets", func() string { return pick(r, subjects) + " " + pick(r, manners) + " " + pick(r, names) }, nil)
	search("words and two filters", func() string { return pick(r, subjects) }, map[find.Dimension]string{find.Theme: "finance", find.Authority: "commune"})
	search("mistyped", func() string { return wrong(pick(r, subjects)) + " " + pick(r, manners) }, nil)
	took(b, c.name+": suggestions", "p99 20 ms", func(int) error {
		word := []rune(pick(r, subjects))
		text := string(word[:2+r.IntN(len(word)-1)])
		if r.IntN(2) == 0 {
			text = pick(r, subjects) + " " + string([]rune(pick(r, manners))[:3])
		}
		_, err := s.Suggest(ctx, c.actor, text)
		return err
	})
}

// lists turns ten pages of the catalogue, again and again, as the database has it.
func lists(ctx context.Context, b *testing.B, cat *catalogue.Service, c caller) {
	b.Helper()
	for _, l := range []struct {
		name   string
		filter catalogue.Filter
		order  catalogue.Order
	}{{"a list by date", catalogue.Filter{}, catalogue.ByModified}, {"a list by title", catalogue.Filter{}, catalogue.ByTitle}, {"a list of a theme", catalogue.Filter{Theme: "finance"}, catalogue.ByModified},
		{"a list of a keyword", catalogue.Filter{Keyword: "travaux"}, catalogue.ByModified},
		{"a list of a rare keyword", catalogue.Filter{Keyword: rare(1234)}, catalogue.ByModified},
		{"a list of a zone", catalogue.Filter{Zone: catalogue.Zone{Kind: catalogue.ZoneDepartement, Code: "31"}}, catalogue.ByTitle},
		{"a list that nothing fits", catalogue.Filter{Keyword: "nulle part"}, catalogue.ByModified}} {
		var after catalogue.Cursor
		took(b, c.name+": "+l.name, "p50 15 ms, p99 60 ms", func(i int) error {
			if i%10 == 0 {
				after = ""
			}
			page, err := cat.List(ctx, c.actor, l.filter, l.order, after, 20)
			after = page.Next
			return err
		})
	}
}

func size(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	})
	return n
}
