package tables_test

import (
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/tables"
)

func TestDownloadName(t *testing.T) {
	d := catalogue.Dataset{Slug: "arbres-remarquables"}
	v := catalogue.Version{CreatedAt: time.Date(2026, 3, 1, 23, 30, 0, 0, time.FixedZone("", -7200))}
	if got := tables.DownloadName(d, v, false, ".csv"); got != "arbres-remarquables_2026-03-02.csv" {
		t.Error(got)
	}
	if got := tables.DownloadName(d, v, true, ".csv.gz"); got != "arbres-remarquables_2026-03-02_extrait.csv.gz" {
		t.Error(got)
	}
	d.Resources = []catalogue.Resource{{ID: "a", Kind: catalogue.Table, ResourceMetadata: catalogue.ResourceMetadata{Title: "Tableau"}}, {ID: "f", Kind: catalogue.File}}
	v.Resource = "a"
	if got := tables.DownloadName(d, v, false, ".csv"); got != "arbres-remarquables_2026-03-02.csv" {
		t.Error("the only table:", got)
	}
	d.Resources = append(d.Resources, catalogue.Resource{ID: "b", Kind: catalogue.Table, ResourceMetadata: catalogue.ResourceMetadata{Title: "Élagages de l’hiver"}})
	v.Resource = "b"
	if got := tables.DownloadName(d, v, false, ".csv"); got != "arbres-remarquables_elagages-de-l-hiver_2026-03-02.csv" {
		t.Error("one of several:", got)
	}
}

func TestLocated(t *testing.T) {
	for text, want := range map[string]bool{
		`{"fields":[{"name":"nom","type":"string"}]}`:                                      false,
		`{"fields":[{"name":"lieu","type":"geojson"}]}`:                                    true,
		`{"fields":[{"name":"latitude","type":"number"},{"name":"lon","type":"number"}]}`:  true,
		`{"fields":[{"name":"latitude","type":"number"},{"name":"cote","type":"number"}]}`: false,
		`not a schema`: false,
	} {
		if got := tables.Located(catalogue.Version{Columns: []byte(text)}); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
