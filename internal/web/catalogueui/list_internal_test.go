package catalogueui

import (
	"strings"
	"testing"

	"socle/internal/catalogue"
)

// A list says what a dataset has in few words, however many files there are.
func TestHolds(t *testing.T) {
	of := func(kind catalogue.Kind, formats ...string) (list []catalogue.Resource) {
		for _, f := range formats {
			list = append(list, catalogue.Resource{Kind: kind, ResourceMetadata: catalogue.ResourceMetadata{Format: f}})
		}
		return list
	}
	join := func(lists ...[]catalogue.Resource) (all []catalogue.Resource) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	for want, list := range map[string][]catalogue.Resource{
		"":                             nil,
		"Tableau":                      of(catalogue.Table, "csv"),
		"2 tableaux, PDF, Lien":        join(of(catalogue.Table, "csv", "xlsx"), of(catalogue.File, "pdf"), of(catalogue.Link, "html")),
		"2 PDF, FICHIER, ZIP, 2 liens": join(of(catalogue.File, "pdf", "", "zip", "pdf", "odt"), of(catalogue.Link, "", "")),
		"Tableau, 40 JPG":              join(of(catalogue.Table, ""), of(catalogue.File, strings.Split(strings.Repeat("jpg,", 39)+"jpg", ",")...)),
	} {
		var said []string
		for _, f := range holds(t.Context(), list) {
			said = append(said, f.Text)
		}
		if got := strings.Join(said, ", "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
