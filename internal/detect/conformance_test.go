package detect

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var shared = flag.String("shared", "", "folder that holds cases/column_detection.json and cases/value_formats.json")

// disagreements are cases that detect does not follow, and why.
const disagreements = "testdata/disagreements.txt"

// tests maps the detectors of the cases to what detect has; a detector that is not
// here is told and not counted.
var tests = map[string]func(string) bool{
	"adresse": is("address"), "binary": is("bytes"), "code_commune": is("commune-code"), "code_csp_insee": is("occupation-code"),
	"code_departement": is("departement-code"), "code_epci": is("epci"), "code_fantoir": is("street-code"), "code_import": is("association-import-code"),
	"code_postal": is("postal-code"), "code_region": is("region-code"), "code_rna": is("rna"), "code_waldec": is("rna"), "commune": is("commune"),
	"email": is("e-mail"), "geojson": is("geojson"), "id_rnb": is("rnb"), "insee_ape700": is("activity-code"), "iso_country_code_alpha2": is("country-code-2"),
	"iso_country_code_alpha3": is("country-code-3"), "jour_de_la_semaine": is("weekday"), "json": is("json"), "latitude_l93": is("northing-l93"),
	"latitude_wgs": is("latitude"), "longitude_l93": is("easting-l93"), "longitude_wgs": is("longitude"), "latlon_wgs": is("lat-lon"), "lonlat_wgs": is("lon-lat"),
	"money": is("money"), "mongo_object_id": is("object-id"), "pays": is("country"), "percent": is("percent"), "sexe": is("sex"), "siren": is("siren"),
	"siret": is("siret"), "tel_fr": is("phone"), "username": is("account-name"), "year": is("year"), "bic": is("bic"), "nir": is("nir"), "tva_fr": is("vat"),
	"nif": is("tax-number"), "iban": is("iban"), "rcs": is("trade-register"), "rna": is("rna"), "mobile_fr": isMobile,
	"latitude_wgs_fr_metropole": isLatitudeFrance, "longitude_wgs_fr_metropole": isLongitudeFrance,
	"date": isDateText, "date_fr": func(s string) bool { _, ok := wordDate(s); return ok },
	"datetime_aware":  func(s string) bool { zone, ok := isDatetimeText(s); return ok && zone },
	"datetime_naive":  func(s string) bool { zone, ok := isDatetimeText(s); return ok && !zone },
	"datetime_rfc822": func(s string) bool { _, err := mail.ParseDate(s); return err == nil },
	"bool":            func(s string) bool { _, ok := readBoolean(s); return ok },
	"int":             func(s string) bool { _, ok := readInteger(s); return ok },
	"float":           func(s string) bool { _, ok := readNumber(s); return ok },
}

func is(id Semantic) func(string) bool { return func(s string) bool { return Is(id, s) } }

func TestConformanceValues(t *testing.T) {
	if *shared == "" {
		t.Skip("no -shared DIR: the cases of other detectors are not part of this repository; make conformance SHARED=DIR runs them")
	}
	known := map[string]bool{}
	data, err := os.ReadFile(disagreements)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(data), "\n") {
		if name, _, found := strings.Cut(line, "\t"); found && !strings.HasPrefix(line, "#") {
			known[name] = true
		}
	}
	run, missed, untested := 0, 0, map[string]int{}
	for _, file := range []string{"column_detection.json", "value_formats.json"} {
		data, err := os.ReadFile(filepath.Join(*shared, "cases", file))
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			Detector string
			Value    json.RawMessage
			Expected bool
		}
		if err := json.Unmarshal(data, &cases); err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			test, ok := tests[c.Detector]
			if !ok {
				untested[c.Detector]++
				continue
			}
			value := string(c.Value)
			var text string
			if json.Unmarshal(c.Value, &text) == nil {
				value = text
			}
			run++
			name := fmt.Sprintf("%s %s %q", file, c.Detector, value)
			if got := value != "" && test(value); got != c.Expected {
				missed++
				if !known[name] {
					t.Errorf("%s: %v, want %v", name, got, c.Expected)
				}
			} else if known[name] {
				t.Errorf("%s is followed: remove it from %s", name, disagreements)
			}
		}
	}
	t.Logf("%d cases, %d not followed; detectors without one here: %v", run, missed, untested)
	if missed*100 > run*3 {
		t.Errorf("%d of %d cases are not followed", missed, run)
	}
}
