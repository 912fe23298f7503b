package query_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/rogpeppe/go-internal/txtar"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/query"
	"socle/internal/tabular"
)

var update = flag.Bool("update", false, "rewrite the golden parts of testdata")

// columns of the tests: those of a table of acts, then names that are hard to write.
var columns = []query.Column{
	{Name: "COLL_NOM", Title: "Collectivité", Kind: tabular.Text},
	{Name: "date", Title: "Date", Kind: tabular.Date},
	{Name: "objet", Kind: tabular.Text},
	{Name: "montant", Title: "Montant", Kind: tabular.Float},
	{Name: "votants", Kind: tabular.Int},
	{Name: "adopté", Kind: tabular.Bool},
	{Name: "maj", Kind: tabular.Timestamp},
	{Name: "heure", Kind: tabular.TimeOfDay},
	{Name: "annexes", Kind: tabular.JSON},
	{Name: "lieu", Kind: tabular.Text, Geometry: "point-lonlat"},
	{Name: "SIRET", Kind: tabular.Text},
	{Name: "limit", Kind: tabular.Int},
	{Name: "a.b", Kind: tabular.Int},
	{Name: "montant.ge", Kind: tabular.Text},
	{Name: "-x,~(y):|", Kind: tabular.Text},
	{Name: "", Kind: tabular.Text},
	{Name: "é \"x\"; DROP", Kind: tabular.Date},
}

var (
	triangle = orb.MultiPolygon{{{{1, 43}, {2, 43}, {1.5, 44.25}, {1, 43}}}}
	square   = orb.Ring{{-1, -1}, {-1, 1}, {1, 1}, {1, -1}, {-1, -1}}
)

// TestCases reads testdata/*.txtar: an address and what it becomes. A case is a
// file with "url"; "encode", "fr" and "en" (sentences) or "error" are written by -update.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no case", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			address := strings.TrimSpace(string(ar.Files[0].Data))
			if ar.Files[0].Name != "url" {
				t.Fatal("a case begins with -- url --")
			}
			got := &txtar.Archive{Comment: ar.Comment, Files: ar.Files[:1:1]}
			add := func(name, text string) {
				got.Files = append(got.Files, txtar.File{Name: name, Data: []byte(text + "\n")})
			}
			values, err := url.ParseQuery(address)
			if err != nil {
				t.Fatal(err)
			}
			q, err := query.ParseURL(values, columns)
			if err != nil {
				e := errs.As(err)
				add("error", fmt.Sprintf("%s\n%s\n%s", e.Kind, i18n.T(i18n.French, e.Key, e.Args), i18n.T(i18n.French, e.Hint, e.Args)))
			} else {
				add("encode", q.Encode())
				add("fr", q.Sentence(i18n.French, columns, "Délibérations"))
				add("en", q.Sentence(i18n.English, columns, "Decisions"))
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(ar)), string(txtar.Format(got))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRoundTrip: any query that is valid is read back from its address as it was.
func TestRoundTrip(t *testing.T) {
	for seed := range int64(3000) {
		g := &generator{rand.New(rand.NewSource(seed))}
		q := g.query()
		if err := q.Validate(columns); err != nil {
			t.Fatalf("seed %d: %v\n%#v", seed, err, q)
		}
		values, err := url.ParseQuery(q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(q.URL(), values); diff != "" {
			t.Fatalf("seed %d: Encode and URL differ\n%s", seed, diff)
		}
		back, err := query.ParseURL(values, columns)
		if err != nil {
			t.Fatalf("seed %d: %s: %v", seed, q.Encode(), err)
		}
		if diff := cmp.Diff(q, back); diff != "" {
			t.Fatalf("seed %d: %s\n%s", seed, q.Encode(), diff)
		}
		for _, l := range i18n.Langs {
			if s := q.Sentence(l, columns, "T"); strings.Contains(s, "[query.") || strings.Contains(s, "<no value>") {
				t.Fatalf("seed %d: %s", seed, s)
			}
		}
	}
}

// FuzzParseURL: what is taken is written in a way that is taken again, and
// then stays.
func FuzzParseURL(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		if ar, err := txtar.ParseFile(file); err == nil {
			f.Add(strings.TrimSpace(string(ar.Files[0].Data)))
		}
	}
	f.Fuzz(func(t *testing.T, address string) {
		values, err := url.ParseQuery(address)
		if err != nil {
			return
		}
		q, err := query.ParseURL(values, columns)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		back, err := query.ParseURL(q.URL(), columns)
		if err != nil {
			t.Fatalf("%s: %v", q.Encode(), err)
		}
		again, err := query.ParseURL(back.URL(), columns)
		if err != nil || again.Encode() != back.Encode() {
			t.Fatalf("%s\n%s\n%v", back.Encode(), again.Encode(), err)
		}
		q.Sentence(i18n.French, columns, "")
	})
}

func TestWithWithout(t *testing.T) {
	eq := query.Compare{Column: "objet", Op: query.Eq, Value: query.Text("x")}
	ge := query.Compare{Column: "montant", Op: query.Ge, Value: query.Float(1.5)}
	q := query.Query{}.With(eq).With(ge)
	if diff := cmp.Diff(query.Query{Where: query.And{eq, ge}}, q); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(query.Query{Where: ge}, q.Without("objet")); diff != "" {
		t.Error(diff)
	}
	if q.Without("objet").Without("montant").Filtered() || !q.Filtered() {
		t.Error("Filtered")
	}
}

// TestValidateRefuses what no address writes but a program may make.
func TestValidateRefuses(t *testing.T) {
	deep := query.Expr(query.Null{Column: "date"})
	for range 30 {
		deep = query.Not{Expr: deep}
	}
	var many query.Or
	for range 1001 {
		many = append(many, query.Null{Column: "date"})
	}
	for name, q := range map[string]query.Query{
		"wrong kind":       {Where: query.Compare{Column: "date", Op: query.Eq, Value: query.Text("2025-01-01")}},
		"no operation":     {Where: query.Compare{Column: "objet", Op: "like", Value: query.Text("a")}},
		"empty and":        {Where: query.And{}},
		"nil inside":       {Where: query.And{nil}},
		"empty list":       {Where: query.In{Column: "objet"}},
		"deep":             {Where: deep},
		"many":             {Where: many},
		"not UTF-8":        {Text: "\xff"},
		"NUL":              {Where: query.Compare{Column: "objet", Op: query.Eq, Value: query.Text("a\x00")}},
		"negative":         {Limit: -1},
		"offset and after": {Offset: 1, After: 1},
		"sum of texts":     {Aggregates: []query.Aggregate{{Func: query.Sum, Column: "objet"}}},
		"sum of all":       {Aggregates: []query.Aggregate{{Func: query.Sum, Bare: true}}},
		"year of a text":   {Group: []query.Group{{Column: "objet", Unit: query.Year}}},
		"sort by no group": {Group: []query.Group{{Column: "objet"}}, Sort: []query.SortKey{{Column: "montant"}}},
		"no geometry":      {Where: query.BBox{Column: "objet", East: 1, North: 1}},
		"no place":         {Where: query.Near{Column: "lieu", Lat: 91}},
	} {
		if err := q.Validate(columns); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// generator makes valid queries as ParseURL orders them.
type generator struct{ r *rand.Rand }

func (g *generator) some(n int) bool { return g.r.Intn(n) == 0 }

func (g *generator) text() string {
	alphabet := []string{"a", "é", " ", "~", ",", ".", "..", "(", ")", ":", "|", "'", "\"", "&", "=", "%", "+", "-", "or(", "œ", "\n"}
	var b strings.Builder
	for range 1 + g.r.Intn(6) {
		b.WriteString(alphabet[g.r.Intn(len(alphabet))])
	}
	return b.String()
}

func (g *generator) value(k tabular.Kind) query.Value {
	v := query.Value{Kind: k}
	switch k {
	case tabular.Text, tabular.JSON:
		v.Text = g.text()
	case tabular.Float:
		v.Float = float64(g.r.Intn(2000)-1000) / 8
	case tabular.Bool:
		v.Int = g.r.Int63n(2)
	case tabular.Date:
		v.Int = g.r.Int63n(40000) - 10000
	case tabular.TimeOfDay:
		v.Int = g.r.Int63n(86400e6)
	case tabular.Timestamp:
		v.Int = g.r.Int63n(4e15) - 1e15
	default:
		v.Int = g.r.Int63n(1e12) - 5e11
	}
	return v
}

func (g *generator) values(k tabular.Kind) []query.Value {
	list := []query.Value{g.value(k)}
	for len(list) < 2+g.r.Intn(2) {
		v := g.value(k)
		if k == tabular.Bool {
			v.Int = 1 - list[0].Int
		}
		known := false
		for _, w := range list {
			known = known || v == w
		}
		if !known {
			list = append(list, v)
		} else if k == tabular.Bool {
			break
		}
	}
	return list
}

// flat makes conditions on one column, in order of operation.
func (g *generator) flat(c query.Column) (list []query.Expr) {
	if g.some(2) {
		list = append(list, query.Compare{Column: c.Name, Op: query.Eq, Value: g.value(c.Kind)})
	} else {
		list = append(list, query.In{Column: c.Name, Values: g.values(c.Kind)})
	}
	for _, op := range []query.Op{query.Ne, query.Lt, query.Le, query.Gt, query.Ge} {
		list = append(list, query.Compare{Column: c.Name, Op: op, Value: g.value(c.Kind)})
	}
	list = append(list,
		query.Between{Column: c.Name, Low: g.value(c.Kind), High: g.value(c.Kind)},
		query.Match{Column: c.Name, Text: g.text()},
		query.Match{Column: c.Name, Start: true, Text: g.text()},
		query.Like{Column: c.Name, Pattern: g.text() + "%"},
		query.Null{Column: c.Name, Present: g.some(2)})
	if c.Kind == tabular.Date {
		list = append(list, query.Part{Column: c.Name, Part: query.Weekday, Op: query.Ge, Value: 6})
	}
	if c.Geometry != "" {
		list = append(list, query.BBox{Column: c.Name, West: -1.5, South: 40, East: 2.25, North: 50},
			query.Near{Column: c.Name, Lon: 1.5, Lat: 43.25, Metres: 1500},
			query.Inside{Column: c.Name, Area: triangle}, query.Inside{Column: c.Name, Area: append(orb.MultiPolygon{{square}}, triangle...), Meets: true})
	}
	kept := list[:0]
	for _, e := range list {
		if g.some(4) {
			kept = append(kept, e)
		}
	}
	return kept
}

func (g *generator) column() query.Column { return columns[g.r.Intn(len(columns))] }

// nested makes a condition that needs where.
func (g *generator) nested(depth int) query.Expr {
	if depth == 0 || g.some(3) {
		for {
			if list := g.flat(g.column()); len(list) > 0 {
				return list[g.r.Intn(len(list))]
			}
		}
	}
	switch g.r.Intn(4) {
	case 0:
		return query.And{g.nested(depth - 1), g.nested(depth - 1)}
	case 1:
		return query.Not{Expr: g.nested(depth - 1)}
	case 2:
		return query.Search{Text: "été ~(a),b"}
	}
	return query.Or{g.nested(depth - 1), g.nested(depth - 1), g.nested(depth - 1)}
}

func (g *generator) query() (q query.Query) {
	var where query.And
	for _, c := range columns {
		if g.some(3) {
			where = append(where, g.flat(c)...)
		}
	}
	for g.some(2) {
		switch e := g.nested(3).(type) {
		case query.Or, query.Not, query.Search:
			where = append(where, e)
		}
	}
	switch len(where) {
	case 0:
	case 1:
		q.Where = where[0]
	default:
		q.Where = where
	}
	if g.some(2) {
		q.Text = strings.Join(strings.Fields(g.text()), " ")
	}
	for _, i := range g.r.Perm(len(columns))[:g.r.Intn(4)] {
		q.Select = append(q.Select, columns[i].Name)
	}
	for _, i := range g.r.Perm(len(columns))[:g.r.Intn(3)] {
		q.Facets = append(q.Facets, columns[i].Name)
	}
	q.Limit = g.r.Intn(3) * 50
	if g.some(2) {
		q.Offset = g.r.Intn(1000)
	} else {
		q.After = g.r.Int63n(1000)
	}
	if g.some(3) {
		q.Group = []query.Group{{Column: "date", Unit: query.Month}, {Column: "a.b"}, {Column: "montant.ge"}, {Column: ""},
			{Column: "maj", Unit: query.Hour}, {Column: "montant", Step: 0.5}, {Column: "votants", Bounds: []float64{math.Inf(-1), -1.5, 10, math.Inf(1)}}}[:g.r.Intn(8)]
		q.Aggregates = []query.Aggregate{{Func: query.Count, Bare: true}, {Func: query.Count, Column: "date"}, {Func: query.Sum, Column: "a.b"},
			{Func: query.Distinct, Column: "-x,~(y):|"}, {Func: query.Max, Column: ""}, {Func: query.Percentile, Column: "montant", At: 95}}[:g.r.Intn(7)]
		if len(q.Group) == 0 {
			q.Group = nil
		}
		if len(q.Aggregates) == 0 {
			q.Aggregates = nil
		}
	}
	if len(q.Group)+len(q.Aggregates) == 0 {
		for _, i := range g.r.Perm(len(columns))[:g.r.Intn(4)] {
			q.Sort = append(q.Sort, query.SortKey{Column: columns[i].Name, Desc: g.some(2)})
		}
	}
	return q
}
