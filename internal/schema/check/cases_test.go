package check

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/tabular"
)

var update = flag.Bool("update", false, "rewrite the expected reports of testdata/cases and the pages of docs")

// A case file of testdata/cases holds schema.json, data.csv, options (perhaps:
// "standard", "limit N", "no header"), and the report, which -update writes. The
// words of the report are the French ones; repairs are told by the cases of
// testdata/repair.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no case: %v", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { oneCase(t, path) })
	}
}

func oneCase(t *testing.T, path string) {
	archive, part := readCase(t, path)
	s, err := schema.Parse([]byte(part("schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Limit: 20}
	in := tabular.Options{Name: "data.csv"}
	for _, line := range strings.Split(part("options"), "\n") {
		var n int
		switch {
		case line == "standard":
			o.Standard = true
		case line == "header":
			one := 1
			in.HeaderRows = &one
		case line == "no header":
			zero := 0
			in.HeaderRows = &zero
		case strings.HasPrefix(line, "limit"):
			if _, err := fmt.Sscanf(line, "limit %d", &n); err != nil {
				t.Fatal(err)
			}
			o.Limit = n
		case line != "":
			t.Fatalf("unknown option %q", line)
		}
	}
	var reports []string
	for _, workers := range []int{1, 3} {
		f, err := tabular.Open(context.Background(), tabular.Bytes([]byte(part("data.csv"))), in)
		if err != nil {
			t.Fatal(err)
		}
		o.Workers = workers
		rep, err := Run(context.Background(), f, s, o)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, summary(rep))
	}
	if reports[0] != reports[1] {
		t.Errorf("one worker:\n%s\nthree workers:\n%s", reports[0], reports[1])
	}
	if *update {
		setPart(archive, "report", reports[0])
		writeCase(t, path, archive)
		return
	}
	if want := part("report"); want != reports[0] {
		t.Errorf("report is\n%s\nwant\n%s", reports[0], want)
	}
}

func readCase(t *testing.T, path string) (*txtar.Archive, func(string) string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(data)
	return archive, func(name string) string {
		for _, f := range archive.Files {
			if f.Name == name {
				return string(f.Data)
			}
		}
		return ""
	}
}

func writeCase(t *testing.T, path string, a *txtar.Archive) {
	t.Helper()
	if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

func setPart(a *txtar.Archive, name, text string) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = []byte(text)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}

// summary writes a report in lines that a person can compare.
func summary(r *Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "valid %v, %d errors, %d warnings, %d rows\n", r.Valid, r.Stats.Errors, r.Stats.Warnings, r.Stats.Rows)
	tell := func(kind string, list []Fault) {
		for i := range list {
			f := &list[i]
			fmt.Fprintf(&b, "%s %s%s row %d line %d %s %q %q\n  %s\n  %s\n", kind, f.Code, constraintOf(f.Constraint), f.Row, f.Line, Letter(f.Column), f.Field, f.Cell,
				r.Message(i18n.French, f), r.Hint(i18n.French, f))
		}
	}
	tell("error", r.Errors)
	tell("warning", r.Warnings)
	for i := range r.Groups {
		g := &r.Groups[i]
		fmt.Fprintf(&b, "group %d %v %s\n", g.Count, g.Rows, r.GroupMessage(i18n.French, g))
	}
	return b.String()
}

func constraintOf(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}
