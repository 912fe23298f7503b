package explore_test

import (
	"testing"
	"time"

	"socle/internal/interop/explore"
	"socle/internal/query"
	"socle/internal/tabular"
)

func TestCells(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		f          tabular.Field
		cell, want string
	}{
		{tabular.Field{Geometry: "point-lonlat"}, "1.36,43.5", `{"lon":1.36,"lat":43.5}`},
		{tabular.Field{Geometry: "point-lonlat"}, "nulle part", `null`},
		{tabular.Field{Kind: tabular.JSON, Geometry: "geojson"}, `{"type":"Point","coordinates":[1,43]}`, `{"type":"Feature","geometry":{"type":"Point","coordinates":[1,43]},"properties":{}}`},
		{tabular.Field{Kind: tabular.Timestamp}, "2025-01-31T08:30:00Z", `"2025-01-31T09:30:00+01:00"`},
		{tabular.Field{Kind: tabular.Timestamp, Local: true}, "2025-07-31T08:30:00", `"2025-07-31T08:30:00+02:00"`},
		{tabular.Field{Kind: tabular.Date}, "2025-01-31", `"2025-01-31"`},
		{tabular.Field{Kind: tabular.Float}, "1.5", `1.5`},
		{tabular.Field{}, "1.5", `"1.5"`},
	} {
		if got := string(explore.Cell(c.f, []byte(c.cell), paris)); got != c.want {
			t.Errorf("%+v %s: %s, want %s", c.f, c.cell, got, c.want)
		}
	}
	if got := string(explore.Cell(tabular.Field{Kind: tabular.Int}, nil, paris)); got != "null" {
		t.Error(got)
	}
}

func TestShapes(t *testing.T) {
	total := int64(1)
	field := explore.FieldOf(tabular.Field{Name: "lieu", Geometry: "point-lonlat"}, "Lieu", "Où c'est.")
	golden(t, "shapes.json", []any{
		explore.Records[explore.Dataset]{Total: &total, Results: []explore.Dataset{{ID: "bancs", Fields: []explore.Field{field}}}},
		explore.Records[string]{Results: []string{}},
		explore.Facets{Links: []explore.Link{}, Facets: []explore.FacetGroup{{Name: "commune", Facets: []explore.FacetValue{{Count: 2, State: "displayed", Name: "Roques", Value: "Roques"}}}}},
		explore.ODSQLError("select", "Unknown field."),
		explore.TooMany{Code: 10002, Reset: "2025-01-31T00:00:00Z", Unit: "day", Limit: 10, Error: "Too many requests"},
	})
}

func catalogue() []explore.Dataset {
	make := func(id, title string, year int, features []string, keywords ...string) explore.Dataset {
		d := explore.Dataset{ID: id, HasRecords: len(features) > 0, Features: features}
		d.Metas.Default = explore.Default{Title: title, Keyword: keywords, Publisher: "Roques", Modified: time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC), RecordsCount: int64(10 * year)}
		return d
	}
	return []explore.Dataset{make("ecoles", "Écoles", 2023, []string{"geo", "analyze"}, "enfance", "carte"), make("budget", "Budget", 2024, []string{"analyze"}, "finances"), make("arbres", "arbres", 2025, []string{"geo"}), make("plan", "Plan", 2025, nil)}
}

// TestAsked: what the catalogue answers to conditions.
func TestAsked(t *testing.T) {
	for where, want := range map[string]string{
		`features in ("geo")`:                                  "arbres ecoles",
		`"geo" in features`:                                    "arbres ecoles",
		`features != "geo"`:                                    "budget plan",
		`keyword = "enfance" and title like "éco*"`:            "ecoles",
		`search("roques") and not has_records`:                 "plan",
		`modified >= date'2024-01-01' and year(modified)<2025`: "budget",
		`month(modified) = 3 and records_count > 20240`:        "arbres plan",
		`keyword is null`:                                      "arbres plan",
		`title in ("Budget", "Plan")`:                          "budget plan",
		`default.title : "Budget"`:                             "budget",
		`startswith(title, "É")`:                               "ecoles",
	} {
		x, err := query.ParseODSQL(query.ODSQL{Where: []string{where}, OrderBy: []string{"title asc"}}, explore.CatalogueColumns)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		got := ""
		for _, d := range explore.Asked(catalogue(), x.Query) {
			got += " " + d.ID
		}
		if got != " "+want {
			t.Errorf("%s:%s, want %s", where, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	refined := func(v string) bool { return v == "geo" }
	golden(t, "facets.json", []any{explore.Count(catalogue(), "features", refined), explore.Count(catalogue(), "modified", refined)})
}
