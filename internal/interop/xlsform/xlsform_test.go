package xlsform_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/interop/xlsform"
	"socle/internal/schema/form"
	"socle/internal/tabular"
)

var update = flag.Bool("update", false, "rewrite the files of testdata")

func files(name string) (tabular.Source, bool) {
	if name != "especes.csv" {
		return nil, false
	}
	return tabular.Bytes([]byte("code,nom\nQR,Chêne\nFE,Frêne\n")), true
}

// told writes a result as a person reads it: the definition, then each problem.
func told(t *testing.T, r *xlsform.Result) string {
	t.Helper()
	b, err := json.MarshalIndent(r.Definition, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%s\nform %q, %d questions, fails %v\n", b, r.FormID, r.Questions, r.Fails())
	for _, p := range r.Problems {
		fmt.Fprintf(&s, "%s: %s %d %s: %s\n", p.Level, p.Sheet, p.Row, p.Column, i18n.T(i18n.English, p.Key, p.Args))
		if !i18n.Known(i18n.French, p.Key) || !i18n.Known(i18n.French, "xlsform.level."+p.Level.String()) {
			t.Errorf("no message %s", p.Key)
		}
	}
	return s.String()
}

func TestCases(t *testing.T) {
	list, err := filepath.Glob("testdata/cases/*.csv")
	if err != nil || len(list) < 3 {
		t.Fatal(err, list)
	}
	for _, file := range list {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r, err := xlsform.Read(t.Context(), tabular.Bytes(data), xlsform.Options{Name: filepath.Base(file), Language: "fr", File: files})
			if err != nil {
				t.Fatal(err)
			}
			got := told(t, r)
			golden := strings.TrimSuffix(file, ".csv") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func workbook(t *testing.T, sheets map[string][][]any) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	for name, rows := range sheets {
		if _, err := x.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			if err := x.SetSheetRow(name, fmt.Sprintf("A%d", i+1), &r); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out bytes.Buffer
	if err := x.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A workbook is read row by row, whatever its rows look like: a note at the end, blank
// rows, rows with one cell, numbers.
func TestWorkbook(t *testing.T) {
	data := workbook(t, map[string][][]any{
		"survey": {
			{"type", "name", "label", "required", "default"}, {"begin group", "g", "Le groupe"}, {"integer", "age", "Âge", true, 18}, {"end group"}, {},
			{"select_one oui", "ok", "D’accord ?"}, {}, {"note", "n", "Source : la mairie, mise à jour en 2026"}, {"note", "m", "Merci"},
		},
		"choices":  {{"list name", "name", "label"}, {"oui", 1, "Oui"}, {"oui", 0, "Non"}},
		"settings": {{"form_title", "form_id"}, {"Essai", "essai"}},
		"Notes":    {{"Ce que l’on veut"}},
		"entities": {{"list_name"}, {"arbres"}},
	})
	r, err := xlsform.Read(t.Context(), tabular.Bytes(data), xlsform.Options{Name: "essai.xlsx", Language: "fr"})
	if err != nil {
		t.Fatal(err)
	}
	want := []form.Item{
		{Kind: form.Section, Name: "g", Title: "Le groupe", Items: []form.Item{{Kind: form.Field, Name: "age", Label: "Âge", Control: form.Integer, Required: true, Default: "18"}}},
		{Kind: form.Field, Name: "ok", Label: "D’accord ?", Control: form.OneChoice, Choices: []form.Choice{{Value: "1", Label: "Oui"}, {Value: "0", Label: "Non"}}},
		{Kind: form.Note, Name: "n", Label: "Source : la mairie, mise à jour en 2026"}, {Kind: form.Note, Name: "m", Label: "Merci"},
	}
	if diff := cmp.Diff(want, r.Definition.Items); diff != "" {
		t.Error(diff)
	}
	if r.Definition.Title != "Essai" || r.FormID != "essai" || len(r.Problems) != 1 || r.Problems[0].Key != "xlsform.sheet" {
		t.Errorf("%+v", r)
	}
}

// The form's own language is that of the settings, else of the labels in no language,
// else the reader's, else the first that Socle speaks.
func TestOwnLanguage(t *testing.T) {
	for _, c := range []struct{ labels, settings, reader, want string }{
		{"label::Français (fr)|label::English (en)", "English (en)", "fr", "en: English, fr Français"},
		{"label::Français (fr)|label::English (en)", "fr", "en", "fr: Français, en English"},
		{"label::Français (fr)|label::English (en)", "", "en", "en: English, fr Français"},
		{"label|label::English (en)", "", "en", "fr: no language, en English"},
		{"label|label::Français (fr)", "", "fr", "en: no language, fr Français"},
		{"label|label::English (en)", "French", "en", "fr: no language, en English"},
		{"label::Español (es)|label::English (en)", "", "fr", "en: English"},
		{"label::Español (es)", "", "fr", "fr: Español"},
		{"label", "", "en", "en: no language"},
	} {
		survey := [][]any{{"type", "name"}, {"text", "q"}}
		for label := range strings.SplitSeq(c.labels, "|") {
			survey[0] = append(survey[0], label)
			_, language, _ := strings.Cut(label, "::")
			word, _, _ := strings.Cut(language, " ")
			survey[1] = append(survey[1], orElse(word, "no language"))
		}
		data := workbook(t, map[string][][]any{"survey": survey, "settings": {{"form_title", "default_language"}, {"Essai", c.settings}}})
		r, err := xlsform.Read(t.Context(), tabular.Bytes(data), xlsform.Options{Name: "essai.xlsx", Language: c.reader})
		if err != nil {
			t.Fatal(err)
		}
		it := r.Definition.Items[0]
		got := r.Definition.Language + ": " + it.Label
		for code, w := range it.Translations {
			got += ", " + code + " " + w.Label
		}
		if got != c.want {
			t.Errorf("%s, settings %q, reader %s: %s, want %s", c.labels, c.settings, c.reader, got, c.want)
		}
	}
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func TestNoForm(t *testing.T) {
	for name, data := range map[string][]byte{
		"a.csv":  []byte("nom,age\nJean,12\n"),
		"a.xlsx": workbook(t, map[string][][]any{"Feuille": {{"nom", "age"}, {"Jean", 12}}}),
		"b.xlsx": workbook(t, map[string][][]any{"survey": {{"nom", "age"}, {"Jean", 12}}}),
	} {
		_, err := xlsform.Read(t.Context(), tabular.Bytes(data), xlsform.Options{Name: name, Language: "fr"})
		if err == nil || errs.As(err).Key != "xlsform.none" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := xlsform.Read(t.Context(), tabular.Bytes([]byte{0, 1, 2}), xlsform.Options{Name: "a.xlsx"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("damaged: %v", err)
	}
}

func TestManyProblems(t *testing.T) {
	var b strings.Builder
	b.WriteString("type,name,label,appearance\n")
	for i := range 300 {
		fmt.Fprintf(&b, "text,q%d,Q,w1\n", i)
	}
	b.WriteString("tex,z,Z,\n")
	r, err := xlsform.Read(t.Context(), tabular.Bytes([]byte(b.String())), xlsform.Options{Name: "a.csv"})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Problems) != xlsform.MaxProblems || !r.Fails() {
		t.Errorf("%d problems, fails %v", len(r.Problems), r.Fails())
	}
}
