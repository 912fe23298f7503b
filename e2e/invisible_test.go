package e2e

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"socle/client"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// What is not public is invisible, not forbidden: no list, search, feed, export or
// catalogue of another portal's manner names it to who may not see it, and its own
// addresses answer as if it were not there. Its editor finds it in the same places.
func TestInvisible(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile(filepath.Join("..", "internal", "app", "testdata", "routes.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			args := []string{"--trusted-proxies", "127.0.0.0/8"}
			if engine == sqldb.PostgreSQL {
				args = append(args, "--database-url", sqldbtest.Empty(t, engine))
			}
			invisible(t, newWorld(t, start(t, args...)), string(list))
		})
	}
}

func invisible(t *testing.T, w *world, routes string) {
	const title, cell = "Repaires des chouettes", "Nichoir du clocher"
	content := []byte(`{"type": "FeatureCollection", "features": [
		{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1.35, 43.5]}, "properties": {"repaire": "` + cell + `", "couvees": 2}},
		{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1.36, 43.51]}, "properties": {"repaire": "Vieux chêne", "couvees": 1}}]}`)
	u, err := w.agent.UploadFile(t.Context(), "", "repaires.geojson", bytes.NewReader(content), int64(len(content)), nil)
	if err != nil {
		t.Fatal(err)
	}
	i, err := w.agent.StartImport(t.Context(), client.ImportRequest{Upload: u.ID})
	if err == nil {
		i, err = w.agent.WaitImport(t.Context(), i, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.agent.Publish(t.Context(), client.PublishRequest{Import: i.ID, Title: title, Description: "Où nichent les chouettes.", Visibility: "internal"})
	if err != nil {
		t.Fatal(err)
	}
	id := d.Resources[0].ID
	marks := []string{title, d.Slug, d.ID, id, cell, w.private.Slug, w.private.ID}

	var lists []string
	for l := range strings.Lines(routes) {
		if f := strings.Fields(l); f[0] == "GET" && !strings.Contains(f[1], "{") {
			lists = append(lists, f[1])
		}
	}
	word := url.QueryEscape("chouettes")
	lists = append(lists, "/search?q="+word, "/search?q="+url.QueryEscape(cell), "/search/suggestions?q=chou", "/search/feed.atom?q="+word, "/api/v1/datasets?q="+word, "/api/v1/datasets?sort=title&limit=200",
		"/api/v1/datasets?organisation=mairie-d-essai", "/organisations/mairie-d-essai", "/organisations/mairie-d-essai/feed.atom", "/organisations/mairie-d-essai/board", "/embed/organisations/mairie-d-essai/board",
		"/themes/environment", "/api/3/action/package_list", "/api/3/action/package_search?q="+word, "/api/3/action/current_package_list_with_resources", "/api/3/action/organization_show?id=mairie-d-essai&include_datasets=true",
		"/api/explore/v2.1/catalog/datasets?limit=100", "/api/explore/v2.1/catalog/exports/csv", "/api/explore/v2.1/catalog/exports/rdf", "/datasets?q="+word, "/requests/new?q="+word, "/follow?what=search&q="+word)
	told := func(who, path string) (found []string, status int) {
		t.Helper()
		got := w.visitors[who].get(path)
		text := string(got.body)
		for _, m := range marks {
			if strings.Contains(text, m) {
				found = append(found, m)
			}
		}
		return found, got.status
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) { // the words of its rows are taken into the index
		if found, _ := told("editor", "/search?q="+url.QueryEscape(cell)); len(found) > 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("its editor does not find its rows")
		}
	}
	for _, path := range lists {
		for _, who := range []string{"anonymous", "stranger"} {
			if found, status := told(who, path); len(found) > 0 && !onlyAsked(found, path) {
				t.Errorf("%s is told of %q by %s (%d)", who, found, path, status)
			}
		}
	}
	for _, path := range []string{"/desk", "/search?q=" + word, "/search/suggestions?q=chou", "/api/v1/datasets?q=" + word, "/organisations/mairie-d-essai"} {
		if found, status := told("editor", path); len(found) == 0 {
			t.Errorf("its editor is not told of it by %s (%d)", path, status)
		}
	}
	seen := []string{"/datasets/" + d.Slug + "/map", "/datasets/" + d.Slug + "/feed.atom", "/api/v1/resources/" + id + "/tiles.json", "/api/v1/resources/" + id + "/tiles/0/0/0.mvt"}
	public := []string{"/embed/datasets/" + d.Slug + "/map", "/datasets/" + d.Slug + "/picture.png", "/api/ogc/collections/" + d.Slug, "/api/ogc/collections/" + d.Slug + "/items", "/api/ogc/collections/" + d.Slug + "/tiles/WebMercatorQuad/0/0/0",
		"/api/explore/v2.1/catalog/datasets/" + d.Slug + "/records", "/api/3/action/package_show?id=" + d.Slug} // for nobody, until it is public
	for n, path := range append(seen, public...) {
		for _, who := range []string{"anonymous", "stranger"} {
			found, status := told(who, path)
			if status != http.StatusNotFound || len(found) > 0 && !onlyAsked(found, path) {
				t.Errorf("%s at %s: %d %q", who, path, status, found)
			}
		}
		if _, status := told("editor", path); n < len(seen) && status != http.StatusOK {
			t.Errorf("editor at %s: %d", path, status)
		}
	}
}

// onlyAsked reports whether what an answer names is in the address that was asked.
func onlyAsked(found []string, path string) bool {
	asked, err := url.QueryUnescape(path)
	for _, m := range found {
		if err != nil || !strings.Contains(asked, m) {
			return false
		}
	}
	return true
}
