package check

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

// Every check has a case, messages in both languages, a reason and an example;
// the example is right and wrong as it says.
func TestChecksAreComplete(t *testing.T) {
	var reports strings.Builder
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		_, part := readCase(t, path)
		reports.WriteString(part("report"))
	}
	seen := map[string]bool{}
	for i := range Checks {
		c := &Checks[i]
		if seen[c.Name] {
			t.Errorf("%s is twice in Checks", c.Name)
		}
		seen[c.Name] = true
		if c.Name != CodeEncoding && !strings.Contains(reports.String(), " "+c.Name+" ") {
			t.Errorf("%s has no case in testdata/cases that finds it", c.Name)
		}
		if c.Bad == "" || c.Good == "" || len(c.Keys) == 0 {
			t.Errorf("%s lacks an example or a message", c.Name)
		}
		for _, l := range i18n.Langs {
			if Name(l, c.Name) == c.Name || Why(l, c.Name) == "" {
				t.Errorf("%s has no name or no reason in %s", c.Name, l)
			}
			for _, k := range c.Keys {
				for _, key := range []string{k, k + ".hint"} {
					if _, ok := told(l, key, nil); !ok {
						t.Errorf("%s: no message %s in %s", c.Name, key, l)
					}
				}
			}
		}
		if c.cell != nil {
			if key, _ := c.cell([]byte(c.Good), textValue(c.Good)); key != "" {
				t.Errorf("%s: its right example %q is found wrong", c.Name, c.Good)
			}
			if key, _ := c.cell([]byte(c.Bad), textValue(c.Bad)); key == "" {
				t.Errorf("%s: its wrong example %q is found right", c.Name, c.Bad)
			}
		}
	}
}

func textValue(s string) *schema.Value {
	return &schema.Value{Class: schema.ClassText, Text: []byte(s)}
}

// Bytes that are no text in the encoding asked for are told, and reading goes on.
func TestEncodingError(t *testing.T) {
	f, err := tabular.Open(context.Background(), tabular.Bytes([]byte("code;nom\nA1;N\xeemes\nA2;Toulouse\n")), tabular.Options{Name: "a.csv", Encoding: "utf-8"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := schema.Parse([]byte(`{"fields":[{"name":"code"},{"name":"nom"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	rep, err := Run(context.Background(), f, s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rep.Valid || len(rep.Errors) != 1 || rep.Errors[0].Code != CodeEncoding || rep.Errors[0].Row != 2 || rep.Errors[0].Column != 2 || rep.Stats.Rows != 2 {
		t.Errorf("report is\n%s", summary(rep))
	}
}

// A file in another encoding is valid, with a warning.
func TestOtherEncoding(t *testing.T) {
	s := parse(t, `{"fields":[{"name":"code"},{"name":"nom"}]}`)
	text := "code;nom\nA1;N\xeemes\nA2;Al\xe8s et B\xe9ziers\n"
	rep := run(t, s, open(t, text, tabular.Options{}), Options{})
	if !rep.Valid || len(rep.Warnings) != 1 || rep.Warnings[0].Key != "check.encoding-error.other" || rep.Warnings[0].Repair == nil {
		t.Errorf("report is\n%s", summary(rep))
	}
	twice := "code;nom\nA1;N\u00c3\u00aemes\nA2;Al\u00c3\u00a8s et B\u00c3\u00a9ziers\n"
	rep = run(t, s, open(t, twice, tabular.Options{}), Options{})
	if !rep.Valid || len(rep.Warnings) != 1 || rep.Warnings[0].Key != "check.encoding-error.twice" {
		t.Errorf("report is\n%s", summary(rep))
	}
}

// The JSON of a report has the members of the contract, null where there is
// nothing, and no message is missing.
func TestContract(t *testing.T) {
	rep, err := runText(t, []byte(`{"name":"essai","version":"1.2","fields":[{"name":"d","type":"date"},{"name":"n","type":"number","constraints":{"minimum":3}}]}`), "d,n,x\n31/12/2024,1,a\n2024-01-01,5,b\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range i18n.Langs {
		var text, page bytes.Buffer
		out, err := json.MarshalIndent(Contract(rep, l), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := Text(&text, rep, l, false); err != nil {
			t.Fatal(err)
		}
		if err := HTML(&page, rep, l, "essai.csv"); err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{"report." + string(l) + ".json": out, "report." + string(l) + ".txt": text.Bytes(), "report." + string(l) + ".html": page.Bytes()} {
			golden(t, filepath.Join("testdata", "renderings", name), data)
			if bytes.Contains(data, []byte("[check.")) || bytes.Contains(data, []byte("no value")) {
				t.Errorf("%s has a message without words", name)
			}
		}
	}
	if !strings.Contains(colours(t, rep), red) {
		t.Error("the coloured text has no colour")
	}
}

// The pages of docs are written from the list of checks.
func TestDocument(t *testing.T) {
	for _, l := range i18n.Langs {
		page := Document(l)
		if strings.Contains(page, "[check.") || strings.Contains(page, "no value") {
			t.Errorf("a message of the page in %s has no words", l)
		}
		golden(t, filepath.Join("..", "..", "..", "docs", "checks."+string(l)+".md"), []byte(page))
	}
}

func colours(t *testing.T, rep *Report) string {
	var b bytes.Buffer
	if err := Text(&b, rep, i18n.French, true); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden compares with a file, which -update rewrites.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run with -update", err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s differs: run with -update and look at the difference\n%s", path, got)
	}
}

// Each line of testdata/hours.txt is a case.
func TestOpeningHours(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "hours.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(data), "\n") {
		want, text, ok := strings.Cut(line, "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		if got := validHours(text); got != (want == "right") {
			t.Errorf("%q is found right: %v", text, got)
		}
	}
	if validHours(strings.Repeat("Mo 10:00-12:00;", 100_000)) {
		t.Error("an expression without end is right")
	}
	validHours(strings.Repeat("Mo,PH,", 160)) // comes to an end
}
