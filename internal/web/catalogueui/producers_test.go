package catalogueui_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"socle/internal/catalogue"
	"socle/internal/identity"
)

// Every producer is on the list, however many they are: page after page, by kind and by
// name, with what each has published.
func TestProducers(t *testing.T) {
	rt, ids, sets := served(t)
	ctx, root := t.Context(), identity.System("test")
	const communes = 205
	var last identity.Organisation
	for n := range communes + 1 {
		form := identity.OrganisationForm{Name: fmt.Sprintf("Commune %03d", n), Kind: identity.KindCommune}
		if n == communes {
			form = identity.OrganisationForm{Name: "Muretain Agglo", Kind: identity.KindEPCI}
		}
		o, err := ids.CreateOrganisation(ctx, root, form, false)
		must(t, err)
		if n == communes-1 {
			last = o
		}
	}
	d, err := sets.Create(ctx, root, catalogue.NewDataset{Organisation: last.ID, Metadata: catalogue.Metadata{Title: "Bancs", Description: "Où ils sont."}})
	must(t, err)
	_, err = sets.AddResource(ctx, root, d.ID, catalogue.Link, catalogue.ResourceMetadata{Title: "Ailleurs", URL: "https://example.org/bancs"})
	must(t, err)
	_, err = sets.Publish(ctx, root, d.ID, catalogue.AnyRevision)
	must(t, err)

	get := func(path string) *goquery.Document {
		t.Helper()
		w := httptest.NewRecorder()
		rt.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		doc, err := goquery.NewDocumentFromReader(w.Body)
		if err != nil || w.Code != 200 {
			t.Fatalf("%s: %d %v", path, w.Code, err)
		}
		return doc
	}
	seen := map[string]bool{}
	for page := range 4 {
		get(fmt.Sprintf("/organisations?page=%d", page+1)).Find(`main a[href^="/organisations/"]`).Each(func(_ int, a *goquery.Selection) { seen[a.AttrOr("href", "")] = true })
	}
	if len(seen) != communes+1 {
		t.Errorf("%d producers are on the pages, want %d", len(seen), communes+1)
	}
	if text := get("/organisations").Find("main").Text(); !strings.Contains(text, "Communes (205)") || !strings.Contains(text, "Intercommunalités (1)") {
		t.Errorf("the kinds: %s", text)
	}
	if text := get("/organisations?kind=epci").Find("main").Text(); !strings.Contains(text, "Muretain Agglo") || strings.Contains(text, "Commune 001") {
		t.Errorf("of a kind: %s", text)
	}
	if text := get("/organisations?q=commune+204").Find("main").Text(); !strings.Contains(text, "1 jeu de données") || strings.Contains(text, "Commune 203") {
		t.Errorf("by name: %s", text)
	}
	if text := get("/organisations?q=nulle+part").Find("main").Text(); !strings.Contains(text, "Voir tous les producteurs") {
		t.Errorf("nothing: %s", text)
	}
}
