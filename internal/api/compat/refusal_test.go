package compat_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// What was public and is withdrawn is told apart from what never was.
func TestWithdrawnIsGone(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		p := openPortal(t, db)
		path := "/api/resources/" + string(p.trees.Resources[0].ID) + "/data/"
		if res, body := p.ask(t, path); res.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", res.StatusCode, body)
		}
		if _, err := p.catalogue.Withdraw(t.Context(), identity.System("test"), p.trees.ID, p.trees.Revision, "Une erreur de saisie"); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"", "profile/", "data/", "data/csv/", "data/json/", "swagger/"} {
			path := "/api/resources/" + string(p.trees.Resources[0].ID) + "/" + part
			if res, body := p.ask(t, path); res.StatusCode != http.StatusGone || !strings.Contains(body, `"title":"Resource deleted"`) {
				t.Errorf("%s: %d %s", path, res.StatusCode, body)
			}
		}
		for name, id := range map[string]string{"never there": "00000000-0000-7000-8000-000000000000", "not public": string(p.inside.Resources[0].ID)} {
			if res, body := p.ask(t, "/api/resources/"+id+"/data/"); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d %s", name, res.StatusCode, body)
			}
		}
	})
}

// A workbook that cannot hold the rows is refused before anything of it is sent;
// a part of them that fits is given.
func TestWorkbookTooSmall(t *testing.T) {
	const rows = 1_048_576 // a sheet has one less beside its header
	var file bytes.Buffer
	z := gzip.NewWriter(&file)
	_, err1 := z.Write([]byte("nombre;parite\n" + strings.Repeat("17;impair\n18;pair\n", rows/2)))
	if err2 := z.Close(); err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		p := openPortal(t, db)
		d := p.bring("Nombres", "nombres.csv.gz", file.String(), publish.Public)
		path := "/api/explore/v2.1/catalog/datasets/" + d.Slug + "/exports/xlsx"
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			res, body := p.patient(t, method, path)
			if res.StatusCode != http.StatusRequestEntityTooLarge || res.Header.Get("Content-Disposition") != "" {
				t.Errorf("%s: %d %v", method, res.StatusCode, res.Header)
			}
			if method == http.MethodGet && !strings.Contains(body, "1,048,575") {
				t.Errorf("the limit is not said: %s", body)
			}
		}
		if res, _ := p.patient(t, http.MethodGet, path+"?limit=5"); res.StatusCode != http.StatusOK || !strings.HasSuffix(res.Header.Get("Content-Disposition"), `.xlsx`) {
			t.Errorf("a part: %d %v", res.StatusCode, res.Header)
		}
	})
}

// patient asks again, as clients do, while the portal says that it is busy: a table of a
// million rows has just been brought.
func (p *territory) patient(t *testing.T, method, path string) (res *http.Response, body string) {
	t.Helper()
	for range 10 {
		if res, body = p.send(t, method, path, ""); res.StatusCode != http.StatusServiceUnavailable {
			break
		}
	}
	return res, body
}

// Each answer says how many requests are left.
func TestRateIsTold(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		p := openPortal(t, db)
		for _, path := range []string{"/api/explore/v2.1/catalog/datasets", "/api/3/action/status_show", "/api/resources/" + string(p.dataset.Resources[0].ID) + "/data/", "/api/explore/v2.1/nothing"} {
			res, _ := p.ask(t, path)
			left, err := strconv.Atoi(res.Header.Get("X-RateLimit-Remaining"))
			if err != nil || left < 1 || left >= 1000 || res.Header.Get("X-RateLimit-Limit") != "1000" {
				t.Errorf("%s: %v", path, res.Header)
			}
			if at, err := time.Parse(time.RFC3339, res.Header.Get("X-RateLimit-Reset")); err != nil || time.Until(at) > 3*time.Second {
				t.Errorf("%s: reset at %v %v", path, at, err)
			}
			if !strings.Contains(res.Header.Get("Access-Control-Expose-Headers"), "X-RateLimit-Remaining") {
				t.Errorf("%s: scripts do not see what is left", path)
			}
		}
	})
}
