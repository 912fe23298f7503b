package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fountainPlaces is a table of points, as towns draw them.
const fountainPlaces = `{"type":"FeatureCollection","features":[
{"type":"Feature","geometry":{"type":"Point","coordinates":[1.3601,43.5046]},"properties":{"nom":"Fontaine","etat":"ouverte"}},
{"type":"Feature","geometry":{"type":"Point","coordinates":[1.3267,43.4613]},"properties":{"nom":"Puits","etat":"fermé"}}]}`

// TestClients: programs written for other portals read this one, by the requests that they make.
func TestClients(t *testing.T) {
	t.Parallel()
	p := start(t)
	agent := p.agent(t)
	points := publish(t, agent, "fontaines.geojson", []byte(fountainPlaces), "Fontaines")
	rows := publish(t, agent, "essai.csv", table("essai", 30), "Essai de tableau")
	get := func(t *testing.T, address string, header ...string) (*http.Response, []byte) {
		t.Helper()
		if strings.HasPrefix(address, "/") {
			address = p.url + address
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v %.500s", address, res.StatusCode, err, body)
		}
		return res, body
	}
	read := func(t *testing.T, address string, into any) {
		t.Helper()
		if _, body := get(t, address); json.Unmarshal(body, into) != nil {
			t.Fatalf("%s: %.500s", address, body)
		}
	}
	t.Run("CKAN harvester", func(t *testing.T) { harvestCKAN(t, get, read) })
	t.Run("map importer of the Explore API", func(t *testing.T) {
		var found struct {
			Results []struct {
				ID    string `json:"dataset_id"`
				Metas struct{ Default struct{ Title string } }
			}
		}
		read(t, "/api/explore/v2.1/catalog/datasets?"+url.Values{"where": {`features in ("geo")`}, "limit": {"100"}, "offset": {"0"}, "order_by": {"title asc"}}.Encode(), &found)
		if len(found.Results) != 1 || found.Results[0].Metas.Default.Title != "Fontaines" {
			t.Fatalf("%+v", found)
		}
		_, body := get(t, "/api/explore/v2.1/catalog/datasets/"+found.Results[0].ID+"/exports/geojson?select=*&limit=-1&timezone=UTC&use_labels=false&epsg=4326", "Origin", "https://carte.example")
		if !strings.Contains(string(body), `"coordinates":[1.3601,43.5046]`) {
			t.Errorf("%s", body)
		}
	})
	t.Run("map with remote data", func(t *testing.T) {
		base := "/api/v1/resources/" + points.Resources[0].ID
		for format, want := range map[string]string{"geojson": `"nom":"Fontaine"`, "csv": "Fontaine", "kml": "<Placemark", "gpx": "<wpt"} {
			res, body := get(t, base+"/export."+format, "Origin", "https://carte.example")
			if res.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(string(body), want) {
				t.Errorf("%s: %v %.300s", format, res.Header, body)
			}
		}
		// The map fills in what it shows: {bbox}, or {left},{bottom},{right},{top}.
		shown := strings.NewReplacer("{bbox}", "1.35,43.5,1.37,43.51", "{left}", "1.3", "{bottom}", "43.4", "{right}", "1.34", "{top}", "43.5")
		for address, want := range map[string]string{base + "/features?bbox={bbox}": "Fontaine", base + "/features?bbox={left},{bottom},{right},{top}": "Puits", "/api/ogc/collections/" + points.Slug + "/items?bbox={bbox}&limit=1000": "Fontaine"} {
			var found struct {
				Features []struct{ Properties struct{ Nom string } }
			}
			read(t, shown.Replace(address), &found)
			if len(found.Features) != 1 || found.Features[0].Properties.Nom != want {
				t.Errorf("%s: %+v", address, found)
			}
		}
	})
	t.Run("data package", func(t *testing.T) {
		_, body := get(t, "/datasets/"+rows.Slug+"/datapackage.json")
		file := filepath.Join(t.TempDir(), "datapackage.json")
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
		var described struct {
			Resources []struct {
				Path   string
				Schema struct{ Fields []any }
			}
		}
		if json.Unmarshal(body, &described) != nil || len(described.Resources) != 1 || len(described.Resources[0].Schema.Fields) == 0 {
			t.Fatalf("%s", body)
		}
		_, csv := get(t, described.Resources[0].Path)
		checkPackage(t, file, body, described.Resources[0].Path, csv)
	})
}

// checkPackage checks a package with the program: with its table beside it, since a program does not
// fetch from the machine that it runs on.
func checkPackage(t *testing.T, file string, descriptor []byte, address string, csv []byte) {
	t.Helper()
	beside := strings.Replace(string(descriptor), address, "table.csv", 1)
	for name, text := range map[string]string{file: beside, filepath.Join(filepath.Dir(file), "table.csv"): string(csv)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), socle, "check", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// harvestCKAN asks what the harvester of data.gouv.fr asks, and looks for what it requires.
func harvestCKAN(t *testing.T, get func(*testing.T, string, ...string) (*http.Response, []byte), read func(*testing.T, string, any)) {
	type reply[T any] struct {
		Success bool
		Result  T
	}
	var list reply[[]string]
	read(t, "/api/3/action/package_list", &list)
	var found reply[struct {
		Count   int
		Results []struct{ Name string }
	}]
	read(t, "/api/3/action/package_search?"+url.Values{"q": {"organization:mairie-d-essai AND -tags:rien"}, "rows": {"1000"}}.Encode(), &found)
	if !list.Success || len(list.Result) != 2 || found.Result.Count != 2 {
		t.Fatalf("%+v %+v", list, found)
	}
	for _, name := range list.Result {
		var one reply[map[string]any]
		read(t, "/api/3/action/package_show?id="+name, &one)
		need(t, one.Result, "id", "name", "title", "notes", "license_id", "license_title", "tags", "metadata_created", "metadata_modified", "organization", "resources", "private", "type", "author", "author_email",
			"maintainer", "maintainer_email", "state", "extras")
		if one.Result["type"] != "dataset" || one.Result["private"] != false {
			t.Errorf("%v", one.Result)
		}
		resources, _ := one.Result["resources"].([]any)
		if len(resources) == 0 {
			t.Errorf("%s: no resource: it would be left out", name)
		}
		for _, r := range resources {
			resource, _ := r.(map[string]any)
			need(t, resource, "id", "position", "name", "description", "format", "mimetype", "size", "hash", "created", "last_modified", "url", "resource_type")
			if kind := resource["resource_type"]; kind != "file" && kind != "file.upload" {
				t.Errorf("resource_type %v: it would be left out", kind)
			}
			address, _ := resource["url"].(string)
			if _, body := get(t, address); len(body) == 0 {
				t.Errorf("%s is empty", address)
			}
		}
	}
}

func need(t *testing.T, of map[string]any, names ...string) {
	t.Helper()
	for _, n := range names {
		if _, ok := of[n]; !ok {
			t.Errorf("%s is missing", n)
		}
	}
}
