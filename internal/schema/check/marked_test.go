package check_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"socle/internal/i18n"
	"socle/internal/schema"
	"socle/internal/schema/check"
	"socle/internal/tabular"
)

const markedSchema = `{"title": "Fontaines", "version": "1.0", "fields": [
	{"name": "code", "type": "string", "constraints": {"required": true}},
	{"name": "pose", "type": "date"},
	{"name": "debit", "type": "number"},
	{"name": "commune", "type": "string", "constraints": {"required": true}}]}`

func openText(t *testing.T, text string) *tabular.File {
	t.Helper()
	f, err := tabular.Open(t.Context(), tabular.Bytes([]byte(text)), tabular.Options{Name: "fontaines.csv"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func reportOf(t *testing.T, text string) *check.Report {
	t.Helper()
	s, err := schema.Parse([]byte(markedSchema))
	if err != nil {
		t.Fatal(err)
	}
	r, err := check.Run(t.Context(), openText(t, text), s, check.Options{Limit: 5000})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func markedBook(t *testing.T, text string, l i18n.Lang) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := check.Marked(t.Context(), &b, reportOf(t, text), openText(t, text), l, "fontaines.csv"); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() })
	return book
}

func TestMarked(t *testing.T) {
	text := "code;pose;debit;\n0031;2024-05-02;1.5;\n=1+1;31/12/2023;deux\n;2024-05-03;\n"
	book := markedBook(t, text, i18n.French)
	if got := strings.Join(book.GetSheetList(), ","); got != "Résumé,Données" {
		t.Fatalf("sheets: %s", got)
	}
	rows, err := book.GetRows("Données")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q", rows); got != `[["code" "pose" "debit"] ["0031" "2024-05-02" "1.5"] ["=1+1" "31/12/2023" "deux"] ["" "2024-05-03"]]` {
		t.Errorf("rows: %s", got)
	}
	if formula, err := book.GetCellFormula("Données", "A3"); err != nil || formula != "" {
		t.Errorf("a cell of the file became a formula: %q %v", formula, err)
	}
	told := map[string]string{}
	list, err := book.GetComments("Données")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		for _, p := range c.Paragraph {
			told[c.Cell] += p.Text
		}
	}
	for cell, want := range map[string]string{"B3": "2023-12-31", "C3": "deux", "A4": "code"} {
		if !strings.Contains(told[cell], want) {
			t.Errorf("comment of %s: %q does not say %q", cell, told[cell], want)
		}
		if !coloured(t, book, "Données", cell) {
			t.Errorf("%s is not coloured", cell)
		}
	}
	for _, cell := range []string{"A2", "B2", "B4"} {
		if told[cell] != "" || coloured(t, book, "Données", cell) {
			t.Errorf("%s is right and marked: %q", cell, told[cell])
		}
	}
	sum, err := book.GetRows("Résumé")
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprint(sum)
	for _, want := range []string{"erreurs", "fontaines.csv", "Fontaines 1.0", "« commune »", "Gravité"} {
		if !strings.Contains(strings.ReplaceAll(all, "\u00a0", " "), want) {
			t.Errorf("the summary does not say %q:\n%s", want, all)
		}
	}
}

func coloured(t *testing.T, book *excelize.File, sheet, cell string) bool {
	t.Helper()
	id, err := book.GetCellStyle(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	if id == 0 {
		return false
	}
	style, err := book.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	return len(style.Fill.Color) > 0
}

// A large file gives its first rows, and says so; comments are bounded.
func TestMarkedIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("code;pose;debit;commune\n")
	for i := range check.MarkedRows + 50 {
		fmt.Fprintf(&b, "A%d;hier;1;Toulouse\n", i)
	}
	book := markedBook(t, b.String(), i18n.English)
	rows, err := book.GetRows("Data")
	if err != nil || len(rows) != check.MarkedRows+1 {
		t.Errorf("%d rows %v", len(rows), err)
	}
	list, err := book.GetComments("Data")
	if err != nil || len(list) != 2000 {
		t.Errorf("%d comments %v", len(list), err)
	}
	sum, err := book.GetRows("Summary")
	if err != nil || !strings.Contains(fmt.Sprint(sum), "first 10,000 rows") {
		t.Errorf("the summary does not say that rows are left out: %v %v", sum, err)
	}
}

func TestLines(t *testing.T) {
	var b bytes.Buffer
	if err := check.Lines(&b, reportOf(t, "code;pose;debit;commune\nA;31/12/2023;=1+1;X\n"), i18n.French); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(b.String(), "\ufeff")
	if !ok {
		t.Error("no mark for spreadsheets")
	}
	in := csv.NewReader(strings.NewReader(text))
	in.Comma = ';'
	lines, err := in.ReadAll()
	if err != nil || len(lines) != 3 {
		t.Fatalf("%q %v", lines, err)
	}
	if got := strings.Join(lines[1][:5], "|"); got != "2|2|B|pose|31/12/2023" || lines[1][7] != "2023-12-31" || lines[1][6] == "" {
		t.Errorf("date: %q", lines[1])
	}
	if got := strings.Join(lines[2][:5], "|"); got != "2|2|C|debit|'=1+1" {
		t.Errorf("formula: %q", lines[2])
	}
}
