package duck_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
	"socle/internal/tables/duck"
	"socle/internal/tabular"
)

// versions adds versions of a table to a catalogue, each made of names and prices.
func versions(t *testing.T, db *sqldb.DB, blobs *blob.Store, key string, all ...map[string]int64) []catalogue.Version {
	t.Helper()
	ctx, sys := t.Context(), identity.System("test")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	org, err := identity.New(db, identity.Options{}).CreateOrganisation(ctx, sys, identity.OrganisationForm{Name: "Roques" + key, Kind: identity.KindCommune}, false)
	must(err)
	c := catalogue.New(db, nil)
	d, err := c.Create(ctx, sys, catalogue.NewDataset{Organisation: org.ID, Metadata: catalogue.Metadata{Title: "Prix " + key, Description: "x", Licence: catalogue.LicenceOuverte, Language: "fr"}})
	must(err)
	r, err := c.AddResource(ctx, sys, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Prix"})
	must(err)
	columns := []tabular.Field{{Name: "nom"}, {Name: "prix", Kind: tabular.Int}}
	schema := `{"fields":[{"name":"nom","type":"string"},{"name":"prix","type":"integer"}]}`
	if key != "" {
		schema = strings.Replace(schema, "{", `{"primaryKey":["`+key+`"],`, 1)
	}
	var out []catalogue.Version
	for _, rows := range all {
		fr := &tabular.Frame{Fields: columns, Columns: make([]tabular.Column, 2)}
		for i := range 100 {
			name := fmt.Sprintf("article %d", i)
			price, ok := rows[name]
			if !ok {
				continue
			}
			fr.Rows++
			fr.Columns[0].Bytes, fr.Columns[0].Null = append(fr.Columns[0].Bytes, []byte(name)), append(fr.Columns[0].Null, false)
			fr.Columns[1].Int64, fr.Columns[1].Null = append(fr.Columns[1].Int64, price), append(fr.Columns[1].Null, false)
		}
		var file bytes.Buffer
		w, err := tabular.NewParquetWriter(&file, columns, tabular.ParquetOptions{})
		must(err)
		must(w.Write(fr))
		must(w.Close())
		size := int64(file.Len())
		ref, err := blobs.Put(ctx, &file)
		must(err)
		v, err := c.AddVersion(ctx, sys, catalogue.NewVersion{Resource: r.ID, Expect: catalogue.AnyVersion, Columns: json.RawMessage(schema),
			Parts: []catalogue.VersionPart{{Blob: string(ref.Hash), Bytes: size, Rows: int64(fr.Rows)}}, Report: catalogue.ReportSummary{Valid: true}})
		must(err)
		out = append(out, v)
	}
	return out
}

// prices are those of articles from first to last, each of its number times ten.
func prices(first, last int, other map[int]int64) map[string]int64 {
	m := map[string]int64{}
	for i := first; i <= last; i++ {
		m[fmt.Sprintf("article %d", i)] = int64(i) * 10
		if p, ok := other[i]; ok {
			m[fmt.Sprintf("article %d", i)] = p
		}
	}
	return m
}

// TestDifference: what changed is found by the schema's key or by a column found
// unique, kept from a version to the next, computed between others, and read
// again with the cells of both.
func TestDifference(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		blobs, err := blob.Open(ctx, blob.Options{URL: "file://" + t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer blobs.Close()
		e, err := duck.Open(t.TempDir(), duck.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		s := tables.New(tables.Options{DB: db, Blobs: blobs})
		for _, key := range []string{"nom", ""} {
			list := versions(t, db, blobs, key, prices(1, 40, nil), prices(3, 45, map[int]int64{7: 1, 9: 2}), prices(3, 45, map[int]int64{7: 1, 9: 3}))
			if err := s.Compare(ctx, e, list[0], list[1]); err != nil {
				t.Fatal(err)
			}
			sum, err := s.Summaries(ctx, list[0].Resource)
			if err != nil || len(sum) != 1 || sum[2] != (tables.Summary{Added: 5, Removed: 2, Changed: 2}) {
				t.Errorf("key %q: %v %v", key, sum, err)
			}
			d := differs(t, s, e, list[0], list[1], tables.Counts{Added: 5, Removed: 2, Changed: 2, Same: 36})
			if len(d.Key) != 1 || d.Key[0] != "nom" || len(d.Cells) != 1 || d.Cells[0] != (tables.CellCount{Column: "prix", Rows: 2}) {
				t.Errorf("key %q: %+v", key, d)
			}
			differs(t, s, e, list[1], list[2], tables.Counts{Changed: 1, Same: 42})
			for range 2 {
				differs(t, s, e, list[0], list[2], tables.Counts{Added: 5, Removed: 2, Changed: 2, Same: 36})
				differs(t, s, e, list[2], list[0], tables.Counts{Added: 2, Removed: 5, Changed: 2, Same: 36})
			}
			if sum, _ := s.Summaries(ctx, list[0].Resource); len(sum) != 2 {
				t.Errorf("what is kept: %v", sum)
			}
			cells(t, s, e, d, list)
		}
		one, other := versions(t, db, blobs, "prix", prices(1, 3, nil))[0], versions(t, db, blobs, "a", prices(1, 3, nil))[0]
		if _, err := s.Difference(ctx, e, one, other); !errs.Is(err, errs.Invalid) {
			t.Errorf("versions of two tables: %v", err)
		}
		named := 0
		if err := s.ReferencedBlobs(ctx, func(blob.Hash) { named++ }); err != nil || named != 4 {
			t.Errorf("%d blobs named: %v", named, err)
		}
	})
}

func differs(t *testing.T, s *tables.Service, e tables.Engine, before, after catalogue.Version, want tables.Counts) *tables.Difference {
	t.Helper()
	d, err := s.Difference(context.Background(), e, before, after)
	if err != nil {
		t.Fatal(err)
	}
	if d.Counts != want {
		t.Errorf("from %d to %d: %+v, want %+v", before.Number, after.Number, d.Counts, want)
	}
	return d
}

// cells reads the rows of a difference.
func cells(t *testing.T, s *tables.Service, e tables.Engine, d *tables.Difference, list []catalogue.Version) {
	t.Helper()
	ctx := t.Context()
	before, err1 := s.Open(ctx, list[0])
	after, err2 := s.Open(ctx, list[1])
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	said := ""
	for _, kind := range tables.ChangeKinds {
		for offset := 0; offset < d.Listed(kind); offset += 2 {
			rows, err := tables.DifferenceRows(ctx, e, d, before, after, kind, offset, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				said += fmt.Sprintf("%s %q %q %t%t\n", kind, r.Before, r.After, r.Differs(0), r.Differs(1))
			}
		}
	}
	want := `changed ["article 7" "70"] ["article 7" "1"] falsetrue
changed ["article 9" "90"] ["article 9" "2"] falsetrue
added ["" ""] ["article 41" "410"] falsefalse
added ["" ""] ["article 42" "420"] falsefalse
added ["" ""] ["article 43" "430"] falsefalse
added ["" ""] ["article 44" "440"] falsefalse
added ["" ""] ["article 45" "450"] falsefalse
removed ["article 1" "10"] ["" ""] falsefalse
removed ["article 2" "20"] ["" ""] falsefalse
`
	if said != want {
		t.Errorf("%s", said)
	}
}
