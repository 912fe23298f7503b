package chart_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"socle/internal/chart"
	"socle/internal/i18n"
	"socle/internal/query"
	"socle/internal/tabular"
)

var update = flag.Bool("update", false, "write the expected results again")

var columns = []query.Column{
	{Name: "commune", Title: "Commune", Kind: tabular.Text}, {Name: "nature", Kind: tabular.Text}, {Name: "montant", Title: "Montant", Kind: tabular.Float},
	{Name: "votes", Kind: tabular.Int}, {Name: "date", Title: "Date", Kind: tabular.Date}, {Name: "ouvert", Kind: tabular.Bool}, {Name: "forme", Kind: tabular.JSON},
}

// frame reads the groups of a case: a CSV whose header names columns and kinds,
// "commune:text,count:int"; an empty cell has no value, "”" is an empty text.
func frame(t *testing.T, text string) *tabular.Frame {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	fr := &tabular.Frame{Rows: len(records) - 1}
	for j, h := range records[0] {
		name, kind, _ := strings.Cut(h, ":")
		f := tabular.Field{Name: name, Kind: map[string]tabular.Kind{"text": tabular.Text, "int": tabular.Int, "float": tabular.Float, "date": tabular.Date, "bool": tabular.Bool}[kind]}
		c := tabular.Column{}
		for _, r := range records[1:] {
			s := r[j]
			c.Null = append(c.Null, s == "")
			var n int64
			var x float64
			switch {
			case s == "":
			case f.Kind == tabular.Date:
				day, err := time.Parse(time.DateOnly, s)
				if err != nil {
					t.Fatal(err)
				}
				n = day.Unix() / 86400
			case f.Kind == tabular.Text:
				s = strings.Trim(s, "'")
			default:
				if x, err = strconv.ParseFloat(s, 64); err != nil {
					t.Fatal(err)
				}
				n = int64(x)
			}
			c.Int64, c.Float64, c.Bytes = append(c.Int64, n), append(c.Float64, x), append(c.Bytes, []byte(s))
		}
		fr.Fields, fr.Columns = append(fr.Fields, f), append(fr.Columns, c)
	}
	return fr
}

func options(alone bool, width int) chart.Options {
	return chart.Options{Lang: i18n.French, ID: "c", Width: width, Title: "Titre <du> graphique", Desc: "Ce qu’on voit", Alone: alone, XName: "axe", YName: "chiffres",
		Colour: func(role string) string { return "#" + role }}
}

// Each case of testdata/*.txtar holds an address and the groups that its query
// found; expected: the question, the data in words, and the drawing's size.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no case", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			part := func(name string) string {
				for _, f := range a.Files {
					if f.Name == name {
						return strings.TrimSpace(string(f.Data))
					}
				}
				t.Fatalf("no part %s", name)
				return ""
			}
			values, err := url.ParseQuery(part("address"))
			if err != nil {
				t.Fatal(err)
			}
			c, err := chart.Parse(values, columns)
			if err != nil {
				t.Fatal(err)
			}
			again, err := chart.Parse(c.Values(), columns)
			if err != nil || again.Values().Encode() != c.Values().Encode() {
				t.Errorf("%s becomes %s (%v)", c.Values().Encode(), again.Values().Encode(), err)
			}
			got := told(t, c, chart.Arrange(c, frame(t, part("groups")), i18n.French))
			if *update {
				for i, f := range a.Files {
					if f.Name == "expected" {
						a.Files[i].Data = []byte(got)
					}
				}
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if want := part("expected"); want != strings.TrimSpace(got) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func told(t *testing.T, c chart.Chart, d chart.Data) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, c.Query(query.Query{}).Encode())
	for i, l := range d.Labels {
		b.WriteString(l + ":")
		for _, s := range d.Series {
			b.WriteString(" " + s.Name + " " + chart.Value(i18n.English, s.Values[i]))
		}
		b.WriteString("\n")
	}
	fmt.Fprintln(&b, chart.Describe(i18n.French, c, d))
	for _, n := range chart.Notes(i18n.French, c, d) {
		fmt.Fprintln(&b, n)
	}
	if d.Empty() {
		return b.String()
	}
	for _, width := range []int{720, 340} {
		svg := chart.Draw(c, d, options(width == 720, width))
		fmt.Fprintf(&b, "%d px: %s\n", width, shape(t, svg, float64(width)))
	}
	return b.String()
}

// shape counts the elements of a drawing, and fails when it is no XML, when a
// coordinate is no number, or when something lies outside.
func shape(t *testing.T, svg []byte, width float64) string {
	t.Helper()
	count, order := map[string]int{}, []string{}
	height := 0.0
	for dec := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, svg)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if count[e.Name.Local] == 0 {
			order = append(order, e.Name.Local)
		}
		count[e.Name.Local]++
		at := map[string]float64{}
		for _, a := range e.Attr {
			if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
				t.Errorf("%s of %s is %s", a.Name.Local, e.Name.Local, a.Value)
			}
			if x, err := strconv.ParseFloat(a.Value, 64); err == nil {
				at[a.Name.Local] = x
			}
		}
		if e.Name.Local == "svg" {
			height = at["height"]
		}
		if e.Name.Local == "rect" && (at["x"] < -0.2 || at["x"]+at["width"] > width+0.2 || at["y"] < -0.2 || at["y"]+at["height"] > height+0.2) {
			t.Errorf("a mark lies outside: %v of %v x %v", at, width, height)
		}
		if e.Name.Local == "text" && (at["y"] > height || at["x"] < -0.2 || at["x"] > width+0.2) {
			t.Errorf("a text lies outside: %v", at)
		}
	}
	out := make([]string, len(order))
	for i, name := range order {
		out[i] = fmt.Sprintf("%d %s", count[name], name)
	}
	return strings.Join(out, ", ")
}

func TestParseRefuses(t *testing.T) {
	file, err := os.Open("testdata/refused.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for s := bufio.NewScanner(file); s.Scan(); {
		values, err := url.ParseQuery(s.Text())
		if err != nil {
			t.Fatal(err)
		}
		if c, err := chart.Parse(values, columns); err == nil {
			t.Errorf("%s is read as %+v", s.Text(), c)
		}
	}
}

func TestSuggest(t *testing.T) {
	text := func(name string, rows, distinct int64) chart.Column {
		return chart.Column{Column: query.Column{Name: name, Kind: tabular.Text}, Rows: rows, Distinct: distinct}
	}
	number := func(name string, distinct int64, low, high float64) chart.Column {
		return chart.Column{Column: query.Column{Name: name, Kind: tabular.Float}, Rows: 500, Distinct: distinct, Min: low, Max: high}
	}
	dates := func(days float64) chart.Column {
		return chart.Column{Column: query.Column{Name: "date", Kind: tabular.Date}, Rows: 500, Distinct: 40, Min: 20000, Max: 20000 + days}
	}
	for _, c := range []struct {
		name string
		cols []chart.Column
		want string
	}{
		{"nothing", nil, ""},
		{"only names of things", []chart.Column{text("id", 500, 500)}, ""},
		{"years of an amount", []chart.Column{text("nature", 500, 5), dates(4000), number("Montant", 300, 0, 1e6)}, "chart-type=columns&chart-x=date.year&chart-y=Montant.sum"},
		{"months of rows", []chart.Column{dates(300)}, "chart-type=columns&chart-x=date.month&chart-y=count"},
		{"days", []chart.Column{dates(30)}, "chart-type=columns&chart-x=date.day&chart-y=count"},
		{"the category that can be read", []chart.Column{text("rue", 500, 300), text("nature", 500, 5), text("a", 500, 2)}, "chart-type=bars&chart-x=nature&chart-y=count"},
		{"the spread of a number", []chart.Column{text("nom", 500, 500), number("longitude", 400, 1, 2), number("hauteur", 400, 0, 48)}, "chart-type=columns&chart-x=hauteur.step:5&chart-y=count"},
		{"no step of codes", []chart.Column{number("code_insee", 400, 1, 99999)}, ""},
	} {
		got, ok := chart.Suggest(c.cols)
		want, err := url.ParseQuery(c.want)
		if err != nil {
			t.Fatal(err)
		}
		if ok != (c.want != "") || got.Values().Encode() != want.Encode() {
			t.Errorf("%s: %s, want %s", c.name, got.Values().Encode(), c.want)
		}
		var cols []query.Column
		for _, col := range c.cols {
			cols = append(cols, col.Column)
		}
		p := chart.Propose(c.cols)
		for _, x := range p.X {
			for _, y := range p.Y {
				if _, err := chart.Parse(chart.Chart{Kind: chart.Bars, X: x, Y: y}.Values(), cols); err != nil {
					t.Errorf("%s: what is proposed is refused: %v", c.name, err)
				}
			}
		}
	}
}

// Texts of a table are told as they are, and never read as elements.
func TestHostile(t *testing.T) {
	for _, x := range []string{`</svg><script>alert(1)</script>`, `" onload="alert(1)`, "a\x00b\x1b\ufffe", "<![CDATA[", strings.Repeat("W", 5000), "𝔘\u202e", "\xff"} {
		for _, kind := range chart.Kinds {
			c := chart.Chart{Kind: kind, X: query.Group{Column: "commune"}, By: &query.Group{Column: "nature"}, Y: query.Aggregate{Func: query.Count, Bare: true}}
			d := chart.Data{Labels: []string{x, "b"}, Series: []chart.Series{{Name: x, Values: []float64{1, math.NaN()}}, {Name: "z", Values: []float64{-1e300, 1e-300}}}}
			for _, width := range []int{720, 340} {
				o := options(true, width)
				o.Title, o.Desc, o.XName, o.YName = x, x, x, x
				shape(t, chart.Draw(c, d, o), float64(width))
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("chart-x=date.year&chart-y=montant.sum&chart-by=nature&chart-top=3&chart-colour=2")
	f.Add("chart-x=montant.step:10&chart-type=area")
	f.Fuzz(func(t *testing.T, address string) {
		values, err := url.ParseQuery(address)
		if err != nil {
			return
		}
		c, err := chart.Parse(values, columns)
		if err != nil {
			return
		}
		again, err := chart.Parse(c.Values(), columns)
		if err != nil || again.Values().Encode() != c.Values().Encode() {
			t.Errorf("%q becomes %q (%v)", c.Values().Encode(), again.Values().Encode(), err)
		}
	})
}
