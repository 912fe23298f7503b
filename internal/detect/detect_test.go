package detect

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"socle/internal/i18n"
	"socle/internal/schema/national"
	"socle/internal/tabular"
)

var update = flag.Bool("update", false, "rewrite what testdata/*.txtar expects")

// A case file holds in.csv and what is expected: "columns" (one line per column),
// "personal" (findings) and "schemas" (matches with the bundled schemas).
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no case: %v", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			a := txtar.Parse(data)
			in := section(a, "in.csv")
			columns := columnsOf(t, in, 2)
			if one := columnsOf(t, in, 1); !reflect.DeepEqual(one, columns) {
				t.Error("one goroutine and two do not see the same")
			}
			got := map[string]string{"columns": columnsText(columns), "personal": findingsText(columns), "schemas": matchesText(columns)}
			for _, name := range []string{"columns", "personal", "schemas"} {
				if *update {
					put(a, name, got[name])
				} else if want := section(a, name); got[name] != want {
					t.Errorf("%s:\n%s\nwant:\n%s", name, got[name], want)
				}
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func put(a *txtar.Archive, name, text string) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = []byte(text)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}

func columnsOf(t *testing.T, in string, workers int) []Column {
	t.Helper()
	f, err := tabular.Open(context.Background(), tabular.Bytes([]byte(in)), tabular.Options{Name: "in.csv"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	columns, err := Columns(context.Background(), f, Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return columns
}

func columnsText(columns []Column) string {
	var b strings.Builder
	for _, c := range columns {
		typ := string(c.Type)
		if c.Format != "" {
			typ += " " + c.Format
		}
		if c.Decimal+c.Group != "" {
			typ += fmt.Sprintf(" %q%q", c.Decimal, c.Group)
		}
		fmt.Fprintf(&b, "%s | %s | %s %.2f | nulls %d, distinct %d | %s … %s | %s", c.Name, typ, c.Semantic, c.Confidence, c.Nulls, c.Distinct, c.Min, c.Max, strings.Join(c.Examples, " · "))
		if c.Personal {
			fmt.Fprintf(&b, " | personal %s", c.Person)
		}
		if len(c.Missing) > 0 {
			fmt.Fprintf(&b, " | missing %s", strings.Join(c.Missing, " "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func findingsText(columns []Column) string {
	var b strings.Builder
	for _, f := range Findings(columns) {
		fmt.Fprintf(&b, "%s %v %s: %v\n", f.Kind, f.Direct, strings.Join(f.Columns, ", "), f.Ways)
	}
	return b.String()
}

func matchesText(columns []Column) string {
	var b strings.Builder
	for _, m := range Schemas(columns, national.List()) {
		fmt.Fprintf(&b, "%s@%s %.2f missing %v extra %v\n", m.ID, m.Version, m.Score, m.Missing, m.Extra)
	}
	return b.String()
}

// describe says what a column of these values is.
func describe(name string, values []string) Column {
	s := newSummary()
	for _, v := range values {
		s.see([]byte(v), true)
	}
	c := s.column(name, len(values))
	one := []Column{c}
	markPersonal(one)
	return one[0]
}

func TestOf(t *testing.T) {
	for _, c := range []struct {
		name     string
		values   []string
		typ      string
		semantic Semantic
	}{
		{"n", []string{"1", "2", "30"}, "integer", ""},
		{"code", []string{"001", "002", "003"}, "string", ""},
		{"valeur", []string{"1.5", "2", "-3e2"}, "number", ""},
		{"valeur", []string{"1.1", "1.10", "1.2"}, "number", ""},
		{"prix", []string{"1.1", "1.10", "1.2"}, "number", "amount"},
		{"montant_ht", []string{"1,1", "1,10", "1,2"}, "number", "amount"},
		{"DELIB_MATIERE_CODE", []string{"8.1", "8.10", "7.5"}, "string", ""},
		{"article", []string{"7.10", "7.2"}, "string", ""},
		{"version", []string{"1.10", "1.9"}, "string", ""},
		{"rang", []string{"1.1", "1.10", "1.2"}, "string", ""},
		{"rang", []string{"1.10", "1.20"}, "number", ""},
		{"IDARBRE,C,10", []string{"1.1", "1.10", "1.2"}, "string", ""},
		{"uid", []string{"23350001600040201900056462300", "23350001600040201900056462301"}, "string", ""},
		{"valeur", []string{"1,5", "2"}, "number", ""},
		{"x", []string{"1 234,5", "2,5"}, "number", ""},
		{"d", []string{"31/12/2025", "01/02/2025"}, "date", "date"},
		{"d", []string{"12/31/2025", "01/02/2025"}, "date", "date"},
		{"d", []string{"2025-12-31", "2025-02-30"}, "string", ""},
		{"t", []string{"2025-12-31T10:00:00Z", "2025-12-31T10:00:00+02:00"}, "datetime", "datetime"},
		{"t", []string{"10:00:00", "23:59:59"}, "time", "time"},
		{"ouvert", []string{"oui", "non", "oui"}, "boolean", "boolean"},
		{"siret", []string{"21310988700017", "80417362300013"}, "string", "siret"},
		{"annee", []string{"2024", "2025"}, "year", "year"},
		{"code_insee", []string{"31555", "31033", "2A004"}, "string", "commune-code"},
		{"code_postal", []string{"31000", "01000"}, "string", "postal-code"},
		{"ville", []string{"Toulouse", "Muret", "Blagnac"}, "string", "commune"},
		{"mail", []string{"mairie@a.example.fr", "b@c.fr"}, "string", "e-mail"},
		{"vide", []string{"", "", ""}, "any", ""},
		{"na", []string{"NA", "NA"}, "string", ""},
		{"n", []string{"1", "NA", "3"}, "integer", ""},
		{"latitude", []string{"43.6", "43.5"}, "number", "latitude"},
		{"x", []string{"574234.5", "574300"}, "number", "easting-l93"},
		{"geo_point", []string{"43.6045,1.4442", "43.61,1.45"}, "string", "lat-lon"},
		{"geo_point", []string{"1.4442,43.6045", "1.45,43.61"}, "geopoint", "lon-lat"},
		{"montant", []string{"12 €", "13,50 €"}, "string", "money"},
	} {
		got := describe(c.name, c.values)
		if string(got.Type) != c.typ || got.Semantic != c.semantic {
			t.Errorf("%s %v: %s %q, want %s %q", c.name, c.values, got.Type, got.Semantic, c.typ, c.semantic)
		}
	}
}

// Everything that can be told has its words in both languages.
func TestMessages(t *testing.T) {
	var keys []string
	for _, s := range Semantics() {
		keys = append(keys, "detect.semantic."+string(s))
	}
	for _, k := range []Personal{PersonNIR, PersonIBAN, PersonTax, PersonEmail, PersonPhone, PersonName, PersonBirth, PersonAddress, PersonAccount, PersonCombined} {
		f := Finding{Kind: k}
		keys = append(keys, f.Message(), f.Rule())
	}
	for _, w := range []WayOut{WayRemove, WayGeneralise, WayFunctional, WayPseudonym, WayLegalBasis} {
		keys = append(keys, "detect.way."+string(w))
	}
	for _, key := range keys {
		for _, l := range i18n.Langs {
			if m := i18n.T(l, key, i18n.Args{"Columns": "x", "Count": 2}); strings.HasPrefix(m, "[") {
				t.Errorf("no message %s in %s", key, l)
			}
		}
	}
}

func TestDistinctEstimate(t *testing.T) {
	s := newSummary()
	const n = 200_000
	for i := range n {
		s.see(fmt.Append(nil, i), false)
	}
	got, estimated := s.distinct()
	if !estimated || got < n*85/100 || got > n*115/100 {
		t.Errorf("%d different values, estimated %v", got, estimated)
	}
}

func FuzzOf(f *testing.F) {
	f.Add("siret", "21310988700017", "x")
	f.Add("", "\xff", "{")
	f.Fuzz(func(t *testing.T, name, a, b string) {
		c := describe(name, []string{a, b})
		if c.Confidence < 0 || c.Confidence > 1 || c.Nulls < 0 || c.Nulls > 2 || c.Distinct > 2 {
			t.Errorf("%+v", c)
		}
		Findings([]Column{c})
	})
}
