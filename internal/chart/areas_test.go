package chart_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"socle/internal/chart"
	"socle/internal/errs"
	"socle/internal/i18n"
)

// squares are n areas in a row, of codes 31001 and so on.
func squares(n int) string {
	var list []string
	for i := range n {
		x := float64(i) / 10
		list = append(list, fmt.Sprintf(`{"type":"Feature","properties":{"code":"31%03d","nom":"Commune %d"},"geometry":{"type":"Polygon","coordinates":[[[%.1f,43],[%.1f,43],[%.1f,43.1],[%.1f,43.1],[%.1f,43]]]}}`, i+1, i+1, x, x+0.1, x+0.1, x, x))
	}
	return `{"type":"FeatureCollection","name":"x","features":[` + strings.Join(list, ",") + `]}`
}

func TestAreas(t *testing.T) {
	a, err := chart.ReadAreas(strings.NewReader(squares(10)))
	if err != nil {
		t.Fatal(err)
	}
	figures := map[string]float64{"31001": 1, "31002": 2, "31003": 5, "31004": 5, "31005": 900, "31999": 3}
	if got := chart.Choose([]*chart.Areas{a}, figures); got != a {
		t.Error("contours of most codes are not chosen")
	}
	if chart.Choose([]*chart.Areas{a}, map[string]float64{"31001": 1, "Roques": 2, "Labège": 3, "Cazères": 4, "Merville": 2}) != nil {
		t.Error("contours of one code in five are chosen")
	}
	o := chart.Options{Lang: i18n.French, ID: "areas", Width: 720, Title: "Titre <b>", Desc: "Description", Colour: func(role string) string { return "#" + role }}
	svg, unknown := a.Draw(figures, o)
	text := string(svg)
	if unknown != 1 {
		t.Errorf("%d figures are of no area, want 1", unknown)
	}
	role := func(name string) string {
		m := regexp.MustCompile(`fill="#([a-z0-9-]+)"><title>` + regexp.QuoteMeta(name)).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("%s is not drawn in %s", name, text)
		}
		return m[1]
	}
	if role("Commune 5 : 900") != "ramp-6" || role("Commune 3 : 5") != role("Commune 4 : 5") || role("Commune 1 : 1") >= role("Commune 2 : 2") || role("Commune 2 : 2") >= role("Commune 3 : 5") {
		t.Errorf("colours do not follow the figures: %s", text)
	}
	if !strings.Contains(text, "pas de valeur</text>") {
		t.Error("the legend does not say what has no value")
	}
	if strings.Contains(text, "<b>") || !strings.Contains(text, `role="img"`) {
		t.Error("the drawing has no safe name")
	}
	if svg, _ := a.Draw(map[string]float64{"31001": 4, "31002": 4, "31003": 4}, o); !strings.Contains(string(svg), "ramp-6") {
		t.Error("equal figures have no colour")
	}
	for _, bad := range []string{"", "[]", `{"type":"FeatureCollection"}`, `{"features":[]}`, `{"features":[{"properties":{"nom":"x"},"geometry":null}]}`, `{"features":[{"properties":{"code":"1"},"geometry":{"type":"Polygon","coordinates":"x"}}]}`, `{"features":[{`} {
		if _, err := chart.ReadAreas(strings.NewReader(bad)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
