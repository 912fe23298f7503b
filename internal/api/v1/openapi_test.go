package v1

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"socle/internal/httpx"
	"socle/internal/i18n"
)

// TestOpenAPICoversRoutes: every route is documented, and nothing else is.
func TestOpenAPICoversRoutes(t *testing.T) {
	api := New(Options{Limit: httpx.MaxBody(1), BaseURL: &url.URL{Scheme: "https", Host: "portal.example"}})
	served := map[string]bool{}
	for _, r := range api.Routes() {
		served[r.Pattern] = true
	}
	for _, o := range operations {
		if !served[o.pattern] {
			t.Errorf("%s is documented and not served", o.pattern)
		}
		delete(served, o.pattern)
		var inPath []string
		for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(o.pattern, -1) {
			inPath = append(inPath, m[1])
		}
		if strings.Join(inPath, ",") != strings.Join(o.path, ",") {
			t.Errorf("%s: parameters %v of the path", o.pattern, o.path)
		}
	}
	for pattern := range served {
		t.Errorf("%s is served and not documented", pattern)
	}
}

// TestOpenAPIDocument: what is referred to is there, identifiers are used once,
// everything is said in both languages.
func TestOpenAPIDocument(t *testing.T) {
	api := New(Options{BaseURL: &url.URL{Scheme: "https", Host: "portal.example"}})
	ids := map[string]bool{}
	for _, l := range i18n.Langs {
		d := api.document(l)
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"\$ref":"#/components/schemas/(\w+)"`).FindAllSubmatch(text, -1) {
			if s, ok := d.Components.Schemas[string(m[1])]; !ok || len(s.Type) == 0 {
				t.Errorf("%s is not described", m[1])
			}
		}
		for path, methods := range d.Paths {
			for method, r := range methods {
				if id := string(l) + r.OperationID; ids[id] {
					t.Errorf("%s twice", id)
				} else {
					ids[id] = true
				}
				names := map[string]bool{}
				for _, p := range r.Parameters {
					if names[p.In+p.Name] || p.Description == "" || strings.HasPrefix(p.Description, "openapi.") {
						t.Errorf("%s %s: parameter %q, %q", method, path, p.Name, p.Description)
					}
					names[p.In+p.Name] = true
				}
				if r.Summary == "" || strings.HasPrefix(r.Summary, "openapi.") {
					t.Errorf("%s %s: %q", method, path, r.Summary)
				}
			}
		}
	}
}
