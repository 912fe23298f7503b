package ckan_test

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/interop/ckan"
	"socle/internal/interop/jsonrow"
	"socle/internal/tabular"
)

func sample() ckan.Package {
	org := ckan.Organization{ID: "o1", Name: "roques", Title: "Commune de Roques", Type: "organization", IsOrganization: true, ApprovalStatus: "approved", State: "active", Created: "2025-01-31T08:30:00.000000"}
	return ckan.Package{ID: "d1", Name: "bancs", Title: "Bancs", Notes: "Les bancs.", LicenseID: "etalab-2.0", OwnerOrg: "o1", Organization: &org,
		MetadataCreated: "2025-01-31T08:30:00.000000", MetadataModified: "2025-02-28T08:30:00.000000",
		Resources: []ckan.Resource{{ID: "r1", Name: "Bancs", Format: "CSV", URL: "https://portail.example/bancs.csv", DatastoreActive: true}},
		Tags:      []ckan.Tag{ckan.NewTag("mobilier")}, Extras: []ckan.Extra{{Key: "frequency", Value: "annual"}}}.Filled()
}

func TestPackage(t *testing.T) { golden(t, "package.json", sample()) }

// TestHarvested: all that the harvester of data.gouv.fr requires is there.
func TestHarvested(t *testing.T) {
	raw, err := json.Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	var p map[string]any
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	need := func(of map[string]any, names ...string) {
		t.Helper()
		for _, n := range names {
			if _, ok := of[n]; !ok {
				t.Errorf("%s is missing", n)
			}
		}
	}
	need(p, "id", "name", "title", "notes", "license_id", "license_title", "tags", "metadata_created", "metadata_modified", "organization", "resources", "private", "type", "author", "author_email",
		"maintainer", "maintainer_email", "state", "extras", "groups", "relationships_as_subject", "relationships_as_object", "num_resources", "num_tags", "isopen", "creator_user_id")
	r, ok := p["resources"].([]any)[0].(map[string]any)
	if !ok {
		t.Fatal("no resource")
	}
	need(r, "id", "position", "name", "description", "format", "mimetype", "size", "hash", "created", "last_modified", "url", "resource_type", "package_id", "state", "datastore_active")
	if p["type"] != "dataset" || p["state"] != "active" || r["package_id"] != "d1" {
		t.Errorf("type %v, state %v, package_id %v", p["type"], p["state"], r["package_id"])
	}
}

func TestEnvelopes(t *testing.T) {
	found := ckan.Found{Count: 1, Results: []ckan.Package{}, Sort: ckan.DefaultSort}
	found.AddFacet("tags", []ckan.FacetItem{{Name: "a", DisplayName: "a", Count: 3}, {Name: "b", DisplayName: "b", Count: 1}})
	golden(t, "envelopes.json", []any{
		ckan.Envelope{Help: "h", Success: true, Result: []string{}},
		ckan.Envelope{Help: "h", Success: false, Error: ckan.Error{Type: ckan.NotFound, Message: "Not found"}},
		ckan.Envelope{Help: "h", Success: false, Error: ckan.Invalid("rows", "Must be a natural number")},
		found,
	})
}

// TestConditions: which of the conditions the sample meets.
func TestConditions(t *testing.T) {
	now := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]bool{
		"": true, "*:*": true, "BANCS": true, "ban": true, "anc": false, "bancs commune": true, "bancs OR arbres": true, "bancs AND NOT arbres": true, "-bancs": false, "!bancs": false, "+bancs -arbres": true,
		"tags:mobilier": true, "tags:mob": false, "tags:mob*": true, "tags:(eau OR mobilier)": true, "title:\"Les bancs\"": false, "notes:\"les bancs\"": true, "organization:roques": true, "res_format:(CSV OR PDF)": true,
		"name:bancs AND (license_id:etalab-2.0 OR tags:eau)": true, "extras_frequency:annual": true, "author:*": false, "-author:*": true, "(((bancs)))": true,
		"metadata_modified:[2025-02-01T00:00:00Z TO *]": true, "metadata_modified:[2025-03-01 TO *]": false, "metadata_modified:[NOW-2DAYS TO NOW]": true, "metadata_created:[NOW/YEAR TO NOW]": true, "num_resources:[1 TO 3]": true, "num_resources:{1 TO 3}": false,
	} {
		c, err := ckan.ParseCondition(text, now)
		p := sample()
		if err != nil || c.Holds(&p) != want {
			t.Errorf("%s: %v, %v", text, c.Holds(&p), err)
		}
	}
	for _, text := range []string{"(", "bancs)", "tags:", "AND:", "couleur:bleu", "[1 TO 2]", "metadata_modified:[hier TO *]", "metadata_modified:[NOW+ TO *]", "-", "OR (", strings.Repeat("(", 50), strings.Repeat("-", 50) + "a", strings.Repeat("a", 5000)} {
		if _, err := ckan.ParseCondition(text, now); !errs.Is(err, errs.Invalid) {
			t.Errorf("%.20s: %v", text, err)
		}
	}
	a, b := sample(), sample()
	a.Name, a.Title, b.Name, b.MetadataModified = "arbres", "Arbres", "banc-2", "2025-03-01T00:00:00.000000"
	for order, want := range map[string]string{"": "banc-2", "title asc": "arbres", "name desc": "banc-2", "score desc, name asc": "banc-2"} {
		list := []*ckan.Package{&a, &b}
		c, err := ckan.ParseCondition("bancs", now)
		if err == nil {
			err = ckan.Sort(list, order, c)
		}
		if err != nil || list[0].Name != want {
			t.Errorf("%q: %s first, %v", order, list[0].Name, err)
		}
	}
	if err := ckan.Sort(nil, "couleur", ckan.Condition{}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestStored(t *testing.T) {
	fields := []ckan.StoredField{ckan.RowID, {ID: "nom", Type: ckan.StoreType(tabular.Field{})}, {ID: "prix", Type: ckan.StoreType(tabular.Field{Kind: tabular.Float})}}
	total, estimated := int64(12), false
	rows := ckan.Objects(fields, [][]json.RawMessage{{json.RawMessage("6"), jsonrow.Text("Banc"), jsonrow.Null}})
	links := ckan.LinksOf("/api/3/action/datastore_search", url.Values{"resource_id": {"r1"}, "limit": {"5"}}, 5, 5)
	golden(t, "stored.json", ckan.Stored{IncludeTotal: true, Limit: 5, Offset: 5, Filters: json.RawMessage(`{"nom":"Banc"}`), Format: "objects", ResourceID: "r1", Records: rows, Fields: fields,
		Links: links, NextPage: ckan.NextPage(json.RawMessage(`{"nom":"Banc"}`), 6), Total: &total, TotalEstimated: &estimated})
	if first := ckan.LinksOf("/p", url.Values{"offset": {"3"}}, 0, 10); !reflect.DeepEqual(first, ckan.StoredLinks{Start: "/p?", Next: "/p?offset=10"}) {
		t.Errorf("%+v", first)
	}
	if ckan.NextPage(json.RawMessage(`[`), 3) != nil {
		t.Error("filters that are none lead on")
	}
}
