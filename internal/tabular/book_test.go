package tabular_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"socle/internal/tabular"
)

// A book is what another program understands of it.
func TestBook(t *testing.T) {
	var out bytes.Buffer
	b := tabular.NewBook(&out)
	text, bold, day := b.Style(tabular.BookStyle{Format: tabular.BookText}), b.Style(tabular.BookStyle{Bold: true, Size: 14, Ink: "8C1D18", Fill: "F9D5D3"}), b.Style(tabular.BookStyle{Format: tabular.BookDay})
	if b.Style(tabular.BookStyle{Format: tabular.BookText}) != text {
		t.Error("a style that exists is made again")
	}
	s := b.Sheet(tabular.BookSheet{Name: "Mes [données]", Frozen: true, Columns: []tabular.BookColumn{{Width: 20, Style: text}, {Width: 12, Style: day}}})
	for i := range 1500 {
		s.Comment(tabular.BookComment{Row: 3 + i, Column: 2, Text: fmt.Sprintf("note <%d> & \"suite\"\nligne", i)})
	}
	s.Rule(tabular.BookRule{Column: 1, Rows: 1000, Title: strings.Repeat("é", 40), Text: strings.Repeat("à", 300), Values: []string{"oui", `dit "non"`, "a&b"}})
	s.Rule(tabular.BookRule{Column: 2, Rows: 1000, Title: "t", Text: "x", Sheet: "Listes", Listed: 3})
	if err := errors.Join(s.Row(tabular.BookCell{Text: "code", Style: bold}, tabular.BookCell{Text: "jour"}),
		s.RowAt(3, tabular.BookCell{Text: "=1+1", Style: text}, tabular.BookCell{Number: 45293, Numeric: true, Style: day}, tabular.BookCell{}, tabular.BookCell{Text: "a_x0041_\x01<"})); err != nil {
		t.Fatal(err)
	}
	if err := s.RowAt(3); err == nil {
		t.Error("a row is written twice")
	}
	l := b.Sheet(tabular.BookSheet{Name: "Listes", Hidden: true})
	if err := l.Row(tabular.BookCell{}, tabular.BookCell{Text: "un"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Sheet(tabular.BookSheet{Name: "Résumé", First: true}).Row(tabular.BookCell{Text: "bonjour", Style: bold}); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}

	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := fmt.Sprint(f.GetSheetList()); got != "[Résumé Mes  données Listes]" {
		t.Errorf("sheets %s", got)
	}
	if visible, err := f.GetSheetVisible("Listes"); err != nil || visible {
		t.Errorf("the hidden sheet: %v %v", visible, err)
	}
	const sheet = "Mes  données"
	rows, err := f.GetRows(sheet)
	if got := fmt.Sprintf("%q", rows); err != nil || got != `[["code" "jour"] [] ["=1+1" "2024-01-02" "" "a_x0041_\x01<"]]` {
		t.Errorf("rows %s %v", got, err)
	}
	if formula, err := f.GetCellFormula(sheet, "A3"); err != nil || formula != "" {
		t.Errorf("a formula: %q %v", formula, err)
	}
	id, err := f.GetCellStyle("Résumé", "A1")
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.GetStyle(id)
	if err != nil || !style.Font.Bold || style.Font.Size != 14 || style.Fill.Pattern != 1 {
		t.Errorf("style %+v %v", style, err)
	}
	for _, colour := range []string{`<color rgb="FF8C1D18"/>`, `<fgColor rgb="FFF9D5D3"/>`} { // excelize tells colours of themes only
		if styles, _ := f.Pkg.Load("xl/styles.xml"); !strings.Contains(fmt.Sprintf("%s", styles), colour) {
			t.Errorf("no %s in %s", colour, styles)
		}
	}
	panes, err := f.GetPanes(sheet)
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes %+v %v", panes, err)
	}
	comments, err := f.GetComments(sheet)
	if err != nil || len(comments) != 1500 || comments[7].Cell != "B10" || comments[7].Paragraph[0].Text != "note <7> & \"suite\"\nligne" {
		t.Errorf("%d comments, %+v, %v", len(comments), comments[:min(8, len(comments))], err)
	}
	rules, err := f.GetDataValidations(sheet)
	if err != nil || len(rules) != 2 {
		t.Fatalf("rules %v %v", rules, err)
	}
	if r := rules[0]; r.Formula1 != `"oui,dit "non",a&b"` || r.Sqref != "A2:A1001" || *r.ErrorStyle != "warning" || len([]rune(*r.PromptTitle)) != 32 || len([]rune(*r.Prompt)) != 255 {
		t.Errorf("first rule %+v", r)
	}
	if r := rules[1]; r.Formula1 != "'Listes'!$B$1:$B$3" {
		t.Errorf("second rule %s", r.Formula1)
	}
}

func TestRuleHolds(t *testing.T) {
	for _, c := range []struct {
		values []string
		holds  bool
	}{{[]string{"a", "b"}, true}, {[]string{"a,b"}, false}, {[]string{strings.Repeat("x", 252)}, true}, {[]string{strings.Repeat("x", 254)}, false}, {[]string{strings.Repeat("😀", 130)}, false}} {
		if got := tabular.RuleHolds(c.values); got != c.holds {
			t.Errorf("%.20q: %v", c.values, got)
		}
	}
}

// A disk that is full is told once, at the latest by Close.
func TestBookOnFullDisk(t *testing.T) {
	b := tabular.NewBook(fullDisk{})
	s := b.Sheet(tabular.BookSheet{Name: "a"})
	for range 2000 {
		_ = s.Row(tabular.BookCell{Text: strings.Repeat("abc", 300)})
	}
	if err := b.Close(); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}
