package national_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"socle/internal/i18n"
	"socle/internal/schema/check"
	"socle/internal/schema/national"
	"socle/internal/tabular"
)

var update = flag.Bool("update", false, "rewrite the reports of testdata")

func report(t *testing.T, e national.Entry, data []byte) *check.Report {
	t.Helper()
	s, err := e.Schema()
	if err != nil {
		t.Fatal(err)
	}
	f, err := tabular.Open(context.Background(), tabular.Bytes(data), tabular.Options{Name: "in.csv"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := check.Run(context.Background(), f, s, check.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every bundled schema finds its own model file right, without a warning.
func TestModelsAreValid(t *testing.T) {
	for _, e := range national.List() {
		r := report(t, e, e.Model())
		for _, f := range append(r.Errors, r.Warnings...) {
			t.Errorf("%s: %s %s of %s: %q", e.Ref(), f.Code, f.Constraint, f.Field, f.Cell)
		}
	}
}

// The workbooks hold the same table: their first sheet reads as right too.
func TestWorkbooksAreValid(t *testing.T) {
	for _, e := range national.List() {
		s, err := e.Schema()
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []struct {
			name  string
			write func(national.Entry, *bytes.Buffer, i18n.Lang) error
		}{
			{"model.xlsx", func(e national.Entry, b *bytes.Buffer, l i18n.Lang) error { return e.Workbook(b, l) }},
			{"model.ods", func(e national.Entry, b *bytes.Buffer, l i18n.Lang) error { return e.ODS(b, l) }},
		} {
			for _, l := range i18n.Langs {
				var b bytes.Buffer
				if err := format.write(e, &b, l); err != nil {
					t.Fatalf("%s %s: %v", e.Ref(), format.name, err)
				}
				f, err := tabular.Open(context.Background(), tabular.Bytes(b.Bytes()), tabular.Options{Name: format.name})
				if err != nil {
					t.Fatalf("%s %s: %v", e.Ref(), format.name, err)
				}
				r, err := check.Run(context.Background(), f, s, check.Options{Workers: 1})
				f.Close()
				if err != nil {
					t.Fatalf("%s %s: %v", e.Ref(), format.name, err)
				}
				for _, fault := range append(r.Errors, r.Warnings...) {
					t.Errorf("%s %s: %s %s of %s: %q", e.Ref(), format.name, fault.Code, fault.Constraint, fault.Field, fault.Cell)
				}
				if r.Stats.Rows != 1 || len(f.Info.Sheets) < 2 {
					t.Errorf("%s %s: %d rows, sheets %v", e.Ref(), format.name, r.Stats.Rows, f.Info.Sheets)
				}
				for _, sheet := range f.Info.Sheets {
					if strings.HasPrefix(sheet, "[") {
						t.Errorf("%s: a sheet without name: %s", format.name, sheet)
					}
				}
			}
		}
	}
}

const fewest = 5

// A case of testdata/PUBLISHER__NAME@VERSION/*.txtar holds in.csv and its report:
// valid or not, then one line per group of faults. -update writes the report.
func TestCases(t *testing.T) {
	for _, e := range national.List() {
		dir := filepath.Join("testdata", strings.ReplaceAll(e.ID, "/", "__")+"@"+e.Version)
		files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) < fewest {
			t.Errorf("%s has %d cases, of %d at least", e.Ref(), len(files), fewest)
		}
		for _, path := range files {
			t.Run(e.ID+"/"+strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				a := txtar.Parse(data)
				if len(a.Files) == 0 || a.Files[0].Name != "in.csv" {
					t.Fatal("the first file is not in.csv")
				}
				got := reportText(report(t, e, a.Files[0].Data))
				if *update {
					a.Files = append(a.Files[:1], txtar.File{Name: "report", Data: []byte(got)})
					if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
						t.Fatal(err)
					}
				} else if len(a.Files) < 2 || string(a.Files[1].Data) != got {
					t.Errorf("report:\n%s\nof %s", got, path)
				}
			})
		}
	}
}

func reportText(r *check.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "valid %v\n", r.Valid)
	for _, g := range r.Groups {
		level := "error"
		if g.Warning {
			level = "warning"
		}
		fmt.Fprintln(&b, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s ×%d", level, g.Code, g.Constraint, g.Field, g.Count)), " "))
	}
	return b.String()
}
