package check

import (
	"bytes"
	"context"
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

// A case file of testdata/repair holds:
//
//	schema.json  the schema
//	in.csv       the file, its text as written
//	choose       "safe" (the default), "all", or lines "ID FIELD" and "edit FIELD ROW VALUE"
//	plan         what is proposed
//	out.csv      the mended file
//	done         what Fix says it did
//	left         what a check finds in the mended file
//
// The last four are written by -update. Whatever was chosen, a second plan of
// the mended file must not propose the chosen repairs again, and after the safe ones a
// check must not propose a safe repair.
func TestRepairCases(t *testing.T) {
	files, err := filepath.Glob("testdata/repair/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no case: %v", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { repairCase(t, path) })
	}
}

func repairCase(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(data)
	part := func(name string) string {
		for _, f := range archive.Files {
			if f.Name == name {
				return string(f.Data)
			}
		}
		return ""
	}
	s, err := schema.Parse([]byte(part("schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	in := decodeCase(part("in.csv"))
	plan := planOf(t, in, s)
	chosen := choices(t, part("choose"), plan)
	out, done := fixOf(t, in, s, chosen)
	var did strings.Builder
	for _, a := range done.Repairs {
		fmt.Fprintf(&did, "%s %s %d\n", a.ID, dash(a.Field), a.Count)
	}
	fmt.Fprintf(&did, "rows %d, removed %d\n", done.Rows, done.Removed)
	again := planOf(t, out, s)
	for _, g := range again.Groups {
		for _, c := range chosen {
			if c.ID == g.ID && c.Field == g.Field {
				t.Errorf("%s %s is proposed again: %v", g.ID, g.Field, g.Examples)
			}
		}
	}
	left := checkOf(t, out, s)
	if choose := strings.TrimSpace(part("choose")); choose == "" || choose == "safe" || choose == "all" {
		for _, f := range left.Errors {
			if f.Repair != nil && f.Repair.Safe && f.Repair.Cell {
				t.Errorf("row %d: the check still proposes %s for %q", f.Row, f.Repair.ID, f.Cell)
			}
		}
	}
	var faults strings.Builder
	for _, g := range left.Groups {
		fmt.Fprintf(&faults, "%s %s %s %d\n", g.Code, dash(g.Constraint), dash(g.Field), g.Count)
	}
	got := map[string]string{"left": faults.String(), "plan": planText(plan), "out.csv": strings.ReplaceAll(string(out), "\r\n", "\n"), "done": did.String()}
	if *update {
		for _, name := range []string{"plan", "out.csv", "done", "left"} {
			set(archive, name, got[name])
		}
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for name, text := range got {
		if want := part(name); text != want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, text, want)
		}
	}
}

// decodeCase writes what a case file cannot hold: {FEFF} for a byte order mark
// and the like, and drops the line break that txtar adds.
func decodeCase(s string) []byte {
	return []byte(strings.NewReplacer("{FEFF}", "\ufeff", "{00A0}", "\u00a0", "{202F}", "\u202f", "{200B}", "\u200b").Replace(s))
}

func set(a *txtar.Archive, name, text string) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = []byte(text)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}

func planOf(t *testing.T, data []byte, s *schema.Schema) *Plan {
	t.Helper()
	open := func() (*tabular.File, error) {
		return tabular.Open(context.Background(), tabular.Bytes(data), tabular.Options{Name: "in.csv"})
	}
	plan, err := PlanRepairs(context.Background(), open, s, PlanOptions{Examples: 3, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func fixOf(t *testing.T, data []byte, s *schema.Schema, chosen []Choice) ([]byte, Fixed) {
	t.Helper()
	f, err := tabular.Open(context.Background(), tabular.Bytes(data), tabular.Options{Name: "in.csv"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	done, err := Fix(context.Background(), f, s, chosen, &out, FixOptions{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), done
}

func checkOf(t *testing.T, data []byte, s *schema.Schema) *Report {
	t.Helper()
	f, err := tabular.Open(context.Background(), tabular.Bytes(data), tabular.Options{Name: "out.csv"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := Run(context.Background(), f, s, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func choices(t *testing.T, text string, p *Plan) []Choice {
	t.Helper()
	switch text = strings.TrimSpace(text); text {
	case "", "safe":
		return p.Safe()
	case "all":
		return p.All()
	case "none":
		return nil
	}
	var out []Choice
	for _, line := range strings.Split(text, "\n") {
		w := strings.SplitN(line, " ", 4)
		if w[0] == Edit && len(w) == 4 {
			var row int
			if _, err := fmt.Sscan(w[2], &row); err != nil {
				t.Fatal(err)
			}
			out = append(out, Choice{ID: Edit, Field: w[1], Row: row, Value: w[3]})
			continue
		}
		c := Choice{ID: w[0]}
		if len(w) > 1 {
			c.Field = w[1]
		}
		out = append(out, c)
	}
	return out
}

func planText(p *Plan) string {
	var b strings.Builder
	for _, g := range p.Groups {
		how := "safe"
		if !g.Safe {
			how = "ask"
		}
		fmt.Fprintf(&b, "%s %s %s %d\n", how, g.ID, dash(g.Field), g.Count)
		for _, c := range g.Examples {
			fmt.Fprintf(&b, "  %d:%d %q → %q\n", c.Row, c.Column, c.Before, c.After)
		}
	}
	return b.String()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Every repair has a case in which it is proposed, and its messages.
func TestRepairKindsHaveCases(t *testing.T) {
	files, _ := filepath.Glob("testdata/repair/*.txtar")
	var all strings.Builder
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	for _, id := range append(Protections, RepairKinds...) {
		if !(Choice{ID: id}).Protects() && id != Edit && !strings.Contains(all.String(), "\nsafe "+id+" ") && !strings.Contains(all.String(), "\nask "+id+" ") {
			t.Errorf("no case proposes %s", id)
		}
		for _, l := range i18n.Langs {
			for _, key := range []string{"repair." + id, "repair." + id + ".why"} {
				if strings.HasPrefix(i18n.T(l, key), "[") {
					t.Errorf("no message %s in %s", key, l)
				}
			}
		}
	}
}

func TestReadDate(t *testing.T) {
	for text, want := range map[string]string{
		"31/12/2025": "2025-12-31", "31-12-25": "2025-12-31", "31.12.2025": "2025-12-31", "1/2/2025": "2025-02-01?",
		"3 mars 2025": "2025-03-03", "1er janvier 2024": "2024-01-01", "lundi 3 mars 2025": "2025-03-03", "le 14 juil. 1999": "1999-07-14",
		"2025/12/31": "2025-12-31", "2025.12.31": "2025-12-31", "20251231": "2025-12-31", "45292": "2024-01-01", "45292.5": "2024-01-01 12:00:00",
		"12/31/2025": "2025-12-31", "March 3, 2025": "2025-03-03", "3-déc-24": "2024-12-03", "31/12/2025 14h30": "2025-12-31 14:30:00",
		"2025-12-31 23:59:59": "2025-12-31 23:59:59", "31/12/2025 à 8:05": "2025-12-31 08:05:00", "29/02/2024": "2024-02-29",
		"05/05/2025": "2025-05-05", "1 AOÛT 2023": "2023-08-01", "31/12/2025 2:30 PM": "2025-12-31 14:30:00",
		"31/02/2025": "", "29/02/2025": "", "32/01/2025": "", "2025": "", "12/2025": "", "bientôt": "", "": "", "1/2/3": "", "0/0/0": "",
		"99999": "", "-1/2/2025": "", "31//12/2025": "", "3 tambour 2025": "", "13/13/2025": "", "+1/02/2025": "",
	} {
		got := ""
		if d, ok := readDate(clean(text)); ok {
			got = d.date()
			if d.timed {
				got += " " + d.clock()
			}
			if d.order == orderEither {
				got += "?"
			}
		}
		if got != want {
			t.Errorf("readDate(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestReadNumber(t *testing.T) {
	for text, want := range map[string]string{
		"12,5": "12.5", "1 234,56": "1234.56", "1\u00a0234,56": "1234.56", "1\u202f234": "1234", "1'234.50": "1234.50", "1’234": "1234",
		"1.234,56": "1234.56", "1,234.56": "1234.56", "1.234.567": "1234567", "12,5 €": "12.5 €", "€ 12.50": "12.50 €", "45 %": "45 %",
		"(12,50)": "-12.50", "12-": "-12", "−5,2": "-5.2", "+3": "3", ",5": "0.5", "5,": "5", "1,234": "1.234 or 1234", "0,234": "0.234",
		"12 kg": "12 kg", "3,5 m²": "3.5 m²", "1 234 567,89 EUR": "1234567.89 EUR", "12 34": "", "1,2,3": "", "a": "", "": "", "12/5": "",
		"1.2.3": "", "--5": "", "5 % de 3": "", "12 3456": "", "€": "", "1.23,456,7": "",
	} {
		got := ""
		if f, ok := readNumber(clean(text)); ok {
			got = f.text
			if f.guessed {
				got += " or " + f.swapped
			}
			if f.unit != "" {
				got += " " + f.unit
			}
		}
		if got != want {
			t.Errorf("readNumber(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{"  a\u00a0 b ": "a b", "a\u200bb": "ab", "l’été": "l'été", "": "", "a": "a", "\ufeff": "", "–": "-"} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
		if got := clean(clean(in)); got != clean(in) {
			t.Errorf("clean(%q) is not stable: %q", in, got)
		}
	}
	for in, want := range map[string]string{"Ã‰tÃ©": "Été", "lâ€™Ã©tÃ©": "l’été", "été": "", "Ã": "", "abc": "", "Â°": "°"} {
		got, ok := undouble(in)
		if ok != (want != "") || ok && got != want {
			t.Errorf("undouble(%q) = %q, %v", in, got, ok)
		}
	}
	for pair, want := range map[[2]string]bool{{"abcd", "abcd"}: false, {"abcd", "abd"}: true, {"abcd", "acbd"}: true, {"abcd", "abxd"}: true, {"abcd", "abcde"}: true, {"abcd", "ab"}: false, {"", "a"}: true, {"abcd", "badc"}: false} {
		if oneSlip(pair[0], pair[1]) != want || oneSlip(pair[1], pair[0]) != want {
			t.Errorf("oneSlip%v is not %v", pair, want)
		}
	}
}

// tidied may send a tidy text to the slow path, never the other way.
func TestTidied(t *testing.T) {
	for text, want := range map[string]bool{"abc": true, "été": true, "à": true, "é": true, "l’été – suite…": true, "œuvre": true, "a\nb": true, "€": false,
		" a": false, "a ": false, "a\u00a0": false, "a\u200bb": false, "Ã©": false, "a\x00b": false, "\ufeffa": false, "a\u202fb": false, "lâ€™": false} {
		if got := tidied([]byte(text)); got != want {
			t.Errorf("tidied(%q) = %v", text, got)
		}
	}
	for _, text := range []string{"été", "Â", "ça", "à la fin à", "x\u00ad", "–", "né"} {
		if _, double := undouble(text); tidied([]byte(text)) && (tidy(text) != text || double) {
			t.Errorf("%q is not tidy", text)
		}
	}
}

func TestUnscientific(t *testing.T) {
	for _, c := range []struct {
		text   string
		length int
		want   string
	}{
		{"2.1310988700017E+13", 14, "21310988700017"}, {"2,1310988700017e13", 14, "21310988700017"}, {"2.14E+13", 14, ""},
		{"2.1310988700017E+14", 14, ""}, {"E+13", 14, ""}, {"2.13E", 14, ""}, {"21310988700017", 14, ""},
	} {
		if got, _ := unscientific(c.text, c.length); got != c.want {
			t.Errorf("unscientific(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

// Whatever a file holds, a plan ends, and mending it leaves a file that reads as
// many rows, less the ones taken out.
func FuzzFix(f *testing.F) {
	s, err := schema.Parse([]byte(`{"fields": [{"name": "d", "type": "date"}, {"name": "n", "type": "number", "constraints": {"maximum": 1}},
		{"name": "s", "type": "string", "constraints": {"enum": ["été", "hiver"]}}, {"name": "SIRET", "type": "string"}, {"name": "p", "type": "geopoint"}]}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("d,n,s,SIRET,p\n31/12/2025,\"1,5 €\",Ete,2131098870001,\"48.85,2.35\"\n,,,,\nTotal,3,,,\n"))
	f.Add([]byte("\xef\xbb\xbfD;N;S\n45292;45 %;Ã©tÃ©\n\n;;\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		open := func() (*tabular.File, error) {
			return tabular.Open(context.Background(), tabular.Bytes(data), tabular.Options{Name: "in.csv"})
		}
		plan, err := PlanRepairs(context.Background(), open, s, PlanOptions{Workers: 1})
		if err != nil {
			return
		}
		file, err := open()
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		var out bytes.Buffer
		done, err := Fix(context.Background(), file, s, plan.All(), &out, FixOptions{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if done.Rows+done.Removed != plan.Rows {
			t.Errorf("%d rows written and %d removed of %d", done.Rows, done.Removed, plan.Rows)
		}
	})
}
