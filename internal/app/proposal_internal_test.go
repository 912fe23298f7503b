package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"socle/internal/proposal"
)

// What a national service answers, well or badly, is read for what it is: open
// establishments that have a name one may write, addresses that have a label.
func TestNationalServices(t *testing.T) {
	status, body, asked := http.StatusOK, "", ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.RequestURI()
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // an answer that is too long is not read to its end
	}))
	defer srv.Close()
	companies, addresses := companyService(srv.URL+"/search?key=1", srv.Client()), addressService(srv.URL+"/search", srv.Client())

	body = `{"results": [
		{"siren": "200000008", "nom_complet": "  ATELIER   DU LAC ", "siege": {"siret": "20000000800019", "libelle_commune": "LABEGE", "etat_administratif": "A"},
		 "matching_etablissements": [{"siret": "20000000800027", "libelle_commune": "ROQUES", "etat_administratif": "A"}, {"siret": "20000000800035", "etat_administratif": "F"}]},
		{"siren": "200000016", "nom_complet": "[NON-DIFFUSIBLE]", "siege": {"siret": "20000001600014", "etat_administratif": "A"}},
		{"siren": "2000000", "nom_complet": "SHORT", "siege": {"siret": "20000002400018", "etat_administratif": "A"}},
		{"siren": "200000024", "nom_complet": "", "nom_raison_sociale": "CHORALE", "siege": {"siret": "20000002400018", "etat_administratif": "A"}},
		{"siren": "200000032", "nom_complet": "` + strings.Repeat("LONG ", 60) + `", "siege": {"siret": "20000003200011", "etat_administratif": "A"}}]}`
	got, err := companies(t.Context(), "atelier du lac")
	want := []proposal.Company{
		{SIREN: "200000008", SIRET: "20000000800027", Name: "ATELIER DU LAC", Commune: "ROQUES"},
		{SIREN: "200000008", SIRET: "20000000800019", Name: "ATELIER DU LAC", Commune: "LABEGE"},
		{SIREN: "200000024", SIRET: "20000002400018", Name: "CHORALE"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if !strings.Contains(asked, "q=atelier+du+lac") || !strings.Contains(asked, "key=1") {
		t.Errorf("asked %s", asked)
	}

	body = `{"features": [{"properties": {"label": "12 Rue Pasteur 31120 Roques"}}, {"properties": {}}]}`
	if list, err := addresses(t.Context(), "12 rue pasteur"); err != nil || len(list) != 1 || list[0] != "12 Rue Pasteur 31120 Roques" {
		t.Errorf("%v %q", err, list)
	}

	status = http.StatusBadRequest // means nothing to it
	if list, err := companies(t.Context(), "??"); err != nil || list != nil {
		t.Errorf("%v %v", err, list)
	}
	for _, c := range []struct {
		status int
		body   string
	}{{http.StatusTooManyRequests, ""}, {http.StatusInternalServerError, "{}"}, {http.StatusOK, "<html>"}, {http.StatusOK, `{"results": [` + strings.Repeat(" ", nationalBytes)}} {
		status, body = c.status, c.body
		if list, err := companies(t.Context(), "atelier"); err == nil {
			t.Errorf("%d %.10s: %v", c.status, c.body, list)
		}
	}
}
