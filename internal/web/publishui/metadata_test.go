package publishui

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/catalogue"
	"socle/internal/proposal"
)

func TestTypedMetadata(t *testing.T) {
	typed := url.Values{
		"title": {"Bancs"}, "description": {"Où ils sont."}, "licence": {"etalab-2.0"}, "themes": {"", "environment"}, "frequency": {"ANNUAL"}, "keywords": {"banc, , repos "},
		"contact.name": {"Voirie"}, "contact.email": {"voirie@example.org"}, "temporal.start": {"2025-01-01"}, "temporal.end": {""}, "spatial.granularity": {"commune"},
		"zone": {"Roques (31458)", "", " 31 ", "nulle part"},
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(typed.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := r.ParseForm(); err != nil {
		t.Fatal(err)
	}
	was := catalogue.Metadata{Title: "Avant", Language: "fr", Schema: catalogue.SchemaRef{ID: "x/bancs"}, Keywords: []string{"vieux"}}
	got := New(Options{Proposals: proposal.New(proposal.Options{})}).typedMetadata(r, was)
	want := catalogue.Metadata{
		Title: "Bancs", Description: "Où ils sont.", Licence: "etalab-2.0", Themes: []catalogue.ThemeID{"environment"}, Frequency: "ANNUAL", Keywords: []string{"banc", "repos"},
		Contact: catalogue.Contact{Name: "Voirie", Email: "voirie@example.org"}, Temporal: catalogue.Period{Start: "2025-01-01"}, Language: "fr", Schema: catalogue.SchemaRef{ID: "x/bancs"},
		Spatial: catalogue.Coverage{Granularity: "commune", Zones: []catalogue.Zone{{Kind: "commune", Code: "31458", Name: "Roques"}, {Kind: "departement", Code: "31", Name: "Haute-Garonne"}, {Code: "nulle part"}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What two people wrote is set side by side, field by field; what they share is not.
func TestDifferences(t *testing.T) {
	theirs := catalogue.Metadata{Title: "Bancs", Description: "Un\nDeux", Licence: "etalab-2.0", Frequency: "ANNUAL"}
	mine := theirs
	mine.Description, mine.Frequency = "Un\r\nDeux", "MONTHLY"
	mine.Spatial.Zones = []catalogue.Zone{{Kind: "commune", Code: "31433", Name: "Roques"}}
	got := differences(context.Background(), theirs, mine)
	want := []conflictField{{"Rythme de mise à jour", "Tous les ans", "Tous les mois"}, {"Territoires concernés", "", "31433 Roques"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
