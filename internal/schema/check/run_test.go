package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"socle/internal/errs"
	"socle/internal/schema"
	"socle/internal/tabular"
)

func parse(t testing.TB, descriptor string) *schema.Schema {
	t.Helper()
	s, err := schema.Parse([]byte(descriptor))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, data string, o tabular.Options) *tabular.File {
	t.Helper()
	if o.Name == "" {
		o.Name = "data.csv"
	}
	f, err := tabular.Open(context.Background(), tabular.Bytes([]byte(data)), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func run(t testing.TB, s *schema.Schema, f *tabular.File, o Options) *Report {
	t.Helper()
	rep, err := Run(context.Background(), f, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// large writes a table of many batches; every 7th row has a bad number, every
// 1000th an identifier of before.
func large(rows int) string {
	var b strings.Builder
	b.WriteString("id;n;texte\n")
	for i := range rows {
		n := fmt.Sprint(i)
		if i%7 == 3 {
			n = "x" + n
		}
		id := i
		if i%1000 == 999 {
			id = i - 500
		}
		fmt.Fprintf(&b, "k%d;%s;%s\n", id, n, strings.Repeat("texte ", 8))
	}
	return b.String()
}

// One goroutine or many: the same report, rows in order, everything counted.
func TestParallel(t *testing.T) {
	s := parse(t, `{"fields":[{"name":"id","constraints":{"unique":true}},{"name":"n","type":"integer"},{"name":"texte"}]}`)
	data := large(60_000)
	var first string
	for _, workers := range []int{1, 2, 5} {
		rep := run(t, s, open(t, data, tabular.Options{}), Options{Limit: 30, Workers: workers})
		if rep.Stats.Rows != 60_000 || rep.Stats.Errors != 60_000/7+60 || !rep.Stats.Truncated || len(rep.Errors) != 60 {
			t.Fatalf("%d workers: %+v, %d listed", workers, rep.Stats, len(rep.Errors))
		}
		got := summary(rep)
		if first == "" {
			first = got
		}
		if got != first {
			t.Fatalf("%d workers:\n%s\none:\n%s", workers, got, first)
		}
	}
	rep := run(t, s, open(t, data, tabular.Options{}), Options{Limit: All})
	if len(rep.Errors) != rep.Stats.Errors || rep.Stats.Truncated {
		t.Errorf("without limit: %d listed of %d", len(rep.Errors), rep.Stats.Errors)
	}
	if f := rep.Errors[len(rep.Errors)-1]; f.Row != 60_001 || f.Args["First"] != 59_501 {
		t.Errorf("the last fault is %+v", f)
	}
}

// Keys that memory does not hold are found twice all the same, in order.
func TestSpill(t *testing.T) {
	dir := t.TempDir()
	s := parse(t, `{"fields":[{"name":"id","constraints":{"unique":true}},{"name":"parent"}],"foreignKeys":[{"fields":"parent","reference":{"fields":"id"}}]}`)
	var b strings.Builder
	b.WriteString("id;parent\n")
	const rows = 50_000
	for i := range rows {
		parent := (i + 25_000) % rows
		if i%10_000 == 1 {
			parent = rows + i
		}
		id := i
		if i%5000 == 4999 {
			id = i - 4000
		}
		fmt.Fprintf(&b, "%d;%d\n", id, parent)
	}
	for _, budget := range []int{1 << 40, 1 << 17} {
		f := open(t, b.String(), tabular.Options{})
		p := newPlan(f, s, Options{Limit: 4, TempDir: dir})
		if err := p.prepareKeys(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, k := range p.keys {
			k.set.budget = budget
		}
		c := newCollector(p)
		end, err := tabular.Scan(context.Background(), f, 2, p.work, c.merge)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.lateKeys(); err != nil {
			t.Fatal(err)
		}
		if budget < 1<<20 && p.keys[0].set.spool == nil {
			t.Error("nothing was spilled")
		}
		rep := c.report(end)
		p.closeKeys()
		// ten repeated identifiers; five references to none, and those to the ten replaced
		if rep.Stats.Errors != 10+5+10 || len(rep.Errors) != 8 {
			t.Fatalf("budget %d: %d errors, %d listed\n%s", budget, rep.Stats.Errors, len(rep.Errors), summary(rep))
		}
		if f := rep.Errors[0]; f.Row != 3 || f.Code != CodeForeignKey {
			t.Errorf("budget %d: the first is %+v", budget, f)
		}
		for _, f := range rep.Errors {
			if f.Code == CodeUnique && (f.Row-2)%5000 != 4999 || f.Line != f.Row {
				t.Errorf("budget %d: %+v", budget, f)
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

type references map[string][][]string

func (r references) Rows(_ context.Context, ref schema.Reference) (iter.Seq2[[]string, error], error) {
	rows, ok := r[ref.Resource]
	if !ok {
		return nil, errs.New(errs.NotFound, "errs.not-found")
	}
	return func(yield func([]string, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}, nil
}

// Foreign keys to other tables compare values, not texts.
func TestReferences(t *testing.T) {
	s := parse(t, `{"fields":[{"name":"a","type":"integer"},{"name":"b"}],"foreignKeys":[
		{"fields":"a","reference":{"resource":"r","fields":"x"}},{"fields":["a","b"],"reference":{"resource":"q","fields":["x","y"]}},{"fields":"b","reference":{"resource":"none","fields":"z"}}]}`)
	refs := references{"r": {{"01"}, {"2"}}, "q": {{"1", "u"}, {"2", "v"}}}
	rep := run(t, s, open(t, "a;b\n1;u\n2;u\n3;v\n;\n", tabular.Options{}), Options{References: refs})
	var got []string
	for _, f := range rep.Errors {
		got = append(got, fmt.Sprintf("%d %s", f.Row, f.Code))
	}
	if strings.Join(got, ", ") != "3 foreign-key, 4 foreign-key, 4 foreign-key, 5 blank-row" || len(rep.Warnings) != 1 || rep.Warnings[0].Key != "check.foreign-key.no-table" {
		t.Errorf("%v\n%s", got, summary(rep))
	}
}

// A sink receives every row once, typed, under the names of Fields.
func TestSink(t *testing.T) {
	s := parse(t, `{"fields":[{"name":"id","type":"integer"},{"name":"d","type":"date"},{"name":"ok","type":"boolean"},{"name":"x","type":"number"},{"name":"l","type":"list"},{"name":"p","type":"geopoint"},{"name":"h","type":"time"},{"name":"t","type":"datetime"}]}`)
	var b strings.Builder
	b.WriteString("id|plus|d|ok|x|l|p|h|t\n")
	for i := range 20_000 {
		fmt.Fprintf(&b, "%d|extra %d|1970-01-%02d|%d|%d.5|a,b|1.5, 2|00:00:01|1970-01-01T00:00:02Z\n", i, i, i%28+1, i%2, i)
	}
	b.WriteString("||||||||\n20000||||||||\n")
	f := open(t, b.String(), tabular.Options{})
	fields := Fields(f, s)
	kinds := ""
	for _, c := range fields {
		kinds += fmt.Sprintf("%s:%d ", c.Name, c.Kind)
	}
	if kinds != "id:1 plus:0 d:4 ok:3 x:2 l:7 p:0 h:6 t:5 " || fields[6].Geometry != "point-lonlat" {
		t.Fatalf("fields are %s", kinds)
	}
	var mu sync.Mutex
	seen := make([]bool, 20_001)
	rep := run(t, s, f, Options{Workers: 3, Sink: func(_ int, fr *tabular.Frame) error {
		mu.Lock()
		defer mu.Unlock()
		for i := range fr.Rows {
			id := fr.Columns[0].Int64[i]
			if seen[id] {
				return fmt.Errorf("row %d comes twice", id)
			}
			seen[id] = true
			if id == 20_000 {
				if !fr.Columns[1].Null[i] || !fr.Columns[4].Null[i] {
					return errors.New("empty cells have values")
				}
				continue
			}
			got := fmt.Sprint(string(fr.Columns[1].Bytes[i]), fr.Columns[2].Int64[i], fr.Columns[3].Int64[i], fr.Columns[4].Float64[i], string(fr.Columns[5].Bytes[i]), string(fr.Columns[6].Bytes[i]), fr.Columns[7].Int64[i], fr.Columns[8].Int64[i])
			want := fmt.Sprint("extra ", id, id%28, id%2, float64(id)+0.5, `["a","b"]`, "1.5,2", int64(1_000_000), int64(2_000_000))
			if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
				return fmt.Errorf("row %d is %s, want %s", id, got, want)
			}
		}
		return nil
	}})
	for id, ok := range seen {
		if !ok {
			t.Fatalf("row %d did not come", id)
		}
	}
	if rep.Stats.Errors != 1 || rep.Errors[0].Code != CodeBlankRow {
		t.Error(summary(rep))
	}
	stop := errors.New("stop")
	if _, err := Run(context.Background(), f, s, Options{Sink: func(int, *tabular.Frame) error { return stop }}); !errors.Is(err, stop) {
		t.Errorf("the error of a sink is lost: %v", err)
	}
}

// A context that ends, ends the run.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Run(ctx, open(t, large(5000), tabular.Options{}), parse(t, `{"fields":[{"name":"id"}]}`), Options{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// Case files of testdata/infer hold data.csv and the schema that is inferred.
func TestInfer(t *testing.T) {
	files, err := filepath.Glob("testdata/infer/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no case: %v", err)
	}
	for _, path := range files {
		archive, part := readCase(t, path)
		f := open(t, part("data.csv"), tabular.Options{})
		s, err := Infer(context.Background(), f, InferOptions{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, fd := range s.Fields {
			fmt.Fprintf(&b, "%s: %s", fd.Name, fd.Type)
			for _, m := range []string{fd.Format, fd.DecimalChar, fd.GroupChar, strings.Join(fd.TrueValues, ",")} {
				if m != "" {
					fmt.Fprintf(&b, " %q", m)
				}
			}
			for _, m := range fd.MissingValues {
				if m.Value != "" {
					fmt.Fprintf(&b, " missing %q", m.Value)
				}
			}
			b.WriteByte('\n')
		}
		again := parse(t, string(s.JSON()))
		for _, sc := range []*schema.Schema{s, again} {
			if rep := run(t, sc, f, Options{}); !rep.Valid {
				t.Errorf("%s: the file is not valid by its own schema:\n%s", path, summary(rep))
			}
		}
		if *update {
			setPart(archive, "schema", b.String())
			writeCase(t, path, archive)
		} else if part("schema") != b.String() {
			t.Errorf("%s: inferred\n%s\nwant\n%s", path, b.String(), part("schema"))
		}
	}
}

// The whole file counts: a single word on the last row makes a text.
func TestInferAllRows(t *testing.T) {
	data := "n;m\n" + strings.Repeat("1;2\n", 100_000) + "x;3\n"
	s, err := Infer(context.Background(), open(t, data, tabular.Options{}), InferOptions{Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	if s.Fields[0].Type != schema.String || s.Fields[1].Type != schema.Integer {
		t.Errorf("inferred %s and %s", s.Fields[0].Type, s.Fields[1].Type)
	}
}

func FuzzRun(f *testing.F) {
	files, _ := filepath.Glob("testdata/cases/*.txtar")
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, rest, _ := strings.Cut(text, "-- schema.json --\n")
		descriptor, rest, _ := strings.Cut(rest, "-- data.csv --\n")
		data, _, _ := strings.Cut(rest, "-- ")
		s, err := schema.Parse([]byte(descriptor))
		if err != nil || len(data) > 10_000 {
			return
		}
		file, err := tabular.Open(context.Background(), tabular.Bytes([]byte(data)), tabular.Options{Name: "a.csv"})
		if err != nil {
			return
		}
		defer file.Close()
		var out [2]string
		for i, workers := range []int{1, 2} {
			rep, err := Run(context.Background(), file, s, Options{Limit: 5, Workers: workers, Standard: len(text)%2 == 0})
			if err != nil {
				return
			}
			if rep.Valid != (rep.Stats.Errors == 0) {
				t.Fatalf("valid %v with %d errors", rep.Valid, rep.Stats.Errors)
			}
			if _, err := json.Marshal(Contract(rep, "fr")); err != nil {
				t.Fatal(err)
			}
			out[i] = summary(rep)
		}
		if out[0] != out[1] {
			t.Fatalf("one worker:\n%s\ntwo:\n%s", out[0], out[1])
		}
		inferred, err := Infer(context.Background(), file, InferOptions{Workers: 1})
		if err != nil {
			return
		}
		rep, err := Run(context.Background(), file, inferred, Options{Limit: 5})
		if err != nil {
			return
		}
		for _, e := range rep.Errors {
			if e.Code == CodeType {
				t.Fatalf("inferred schema: %s", summary(rep))
			}
		}
	})
}

// A header of very many columns, a schema of very many fields: told in part,
// counted whole.
func TestWide(t *testing.T) {
	labels := make([]string, 16_000)
	for i := range labels {
		labels[i] = fmt.Sprintf("c%d", i%8_000)
	}
	var fields []string
	for i := range schema.MaxFields {
		fields = append(fields, fmt.Sprintf(`{"name":"f%d"}`, i))
	}
	one := 1
	f := open(t, strings.Join(labels, ";")+"\n"+strings.Repeat(";", len(labels)-1)+"x\n", tabular.Options{HeaderRows: &one, Delimiter: ";"})
	for _, standard := range []bool{false, true} {
		rep := run(t, parse(t, `{"fields":[`+strings.Join(fields, ",")+`]}`), f, Options{Standard: standard})
		if rep.Valid || len(rep.Errors)+len(rep.Warnings) > 3*maxHeader || rep.Stats.Rows != 1 {
			t.Errorf("standard %v: %+v, %d listed", standard, rep.Stats, len(rep.Errors)+len(rep.Warnings))
		}
	}
}

// The tables of a package are each other's references.
func TestTables(t *testing.T) {
	file := func(data string) func(context.Context) (*tabular.File, error) {
		return func(ctx context.Context) (*tabular.File, error) {
			return tabular.Open(ctx, tabular.Bytes([]byte(data)), tabular.Options{Name: "a.csv"})
		}
	}
	tables := Tables{"villes": file("nom;Code\nToulouse;31555\nBlagnac;31069\n")}
	s := parse(t, `{"fields":[{"name":"rue"},{"name":"ville"}],"foreignKeys":[{"fields":"ville","reference":{"resource":"villes","fields":"code"}}]}`)
	rep := run(t, s, open(t, "rue;ville\na;31555\nb;31999\nc;\n", tabular.Options{}), Options{References: tables})
	if len(rep.Errors) != 1 || rep.Errors[0].Row != 3 || rep.Errors[0].Code != CodeForeignKey || len(rep.Warnings) != 0 {
		t.Error(summary(rep))
	}
	s = parse(t, `{"fields":[{"name":"rue"},{"name":"ville"}],"foreignKeys":[{"fields":"ville","reference":{"resource":"villes","fields":"autre"}}]}`)
	if rep = run(t, s, open(t, "rue;ville\na;31555\nb;31999\n", tabular.Options{}), Options{References: tables}); !rep.Valid || len(rep.Warnings) != 1 {
		t.Error(summary(rep))
	}
}
