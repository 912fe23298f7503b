package catalogueui_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"socle/internal/catalogue"
	"socle/internal/identity"
)

// The badge of a dataset is of its current version, as anyone sees it: nothing of a
// draft, then what it conforms to, then that it was withdrawn.
func TestBadgeOfDataset(t *testing.T) {
	rt, ids, sets := served(t)
	ctx, root := t.Context(), identity.System("test")
	org, err := ids.CreateOrganisation(ctx, root, identity.OrganisationForm{Name: "Roques", Kind: identity.KindCommune}, false)
	must(t, err)
	d, err := sets.Create(ctx, root, catalogue.NewDataset{Organisation: org.ID, Metadata: catalogue.Metadata{Title: "Prénoms", Description: "Ceux des enfants."}})
	must(t, err)
	res, err := sets.AddResource(ctx, root, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Prénoms"})
	must(t, err)
	add := func(after int, schema string) {
		t.Helper()
		_, err := sets.AddVersion(ctx, root, catalogue.NewVersion{Resource: res.ID, Expect: after, Columns: []byte(`{"fields": []}`), Schema: catalogue.SchemaRef{ID: schema}, Report: catalogue.ReportSummary{Valid: true},
			Parts: []catalogue.VersionPart{{Blob: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Rows: 1}}})
		must(t, err)
	}
	asked := ""
	badge := func(lang string, status int, says string) {
		t.Helper()
		w := httptest.NewRecorder()
		rt.ServeHTTP(w, httptest.NewRequest("GET", lang+"/datasets/"+d.Slug+"/badge.svg"+asked, nil))
		text := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(w.Body.String())
		if w.Code != status || !strings.Contains(text, says) {
			t.Errorf("%d, not %d with %q: %s", w.Code, status, says, text)
		}
		if status == 200 && (w.Header().Get("Content-Type") != "image/svg+xml" || w.Header().Get("Cross-Origin-Resource-Policy") != "cross-origin") {
			t.Errorf("%v", w.Header())
		}
	}
	add(0, "scdl/prenoms")
	badge("", 404, "")
	d, err = sets.Publish(ctx, root, d.ID, catalogue.AnyRevision)
	must(t, err)
	badge("", 200, ">conforme : Prénoms des nouveau-nés")
	badge("/en", 200, ">conforms: ")
	add(1, "")
	badge("", 200, ">sans schéma<")
	res, err = sets.AddResource(ctx, root, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Équipements"})
	must(t, err)
	add(0, "scdl/equipements")
	badge("", 200, ">sans schéma<")
	asked = "?table=" + string(res.ID)
	badge("", 200, ">conforme : ")
	asked = ""
	d, err = sets.Withdraw(ctx, root, d.ID, catalogue.AnyRevision, "Publié deux fois")
	must(t, err)
	badge("", 200, ">retiré<")
	d.Slug = "jamais-vu"
	badge("", 404, "")
}
