package check

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"socle/internal/schema"
	"socle/internal/tabular"
)

// A pattern that takes for ever is given up and told once for all, whatever the
// number of rows and of fields that have it.
func TestSlowPatterns(t *testing.T) {
	var fields, labels []string
	for i := range 10 {
		fields = append(fields, fmt.Sprintf(`{"name":"f%d","constraints":{"pattern":"(?=x*)(a+)+b"}}`, i))
		labels = append(labels, fmt.Sprintf("f%d", i))
	}
	row := strings.TrimSuffix(strings.Repeat(strings.Repeat("a", 40)+",", 10), ",") + "\n"
	f := open(t, strings.Join(labels, ",")+"\n"+strings.Repeat(row, 2000), tabular.Options{})
	s := parse(t, `{"fields":[`+strings.Join(fields, ",")+`]}`)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	rep, err := Run(ctx, f, s, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Groups) != 10 || rep.Groups[0].Code != CodeCheck || rep.Stats.Errors != 10*2000 {
		t.Errorf("%d groups, %+v", len(rep.Groups), rep.Stats)
	}
}

// Keys that point to one another, to themselves, and to the table itself.
func TestCyclicKeys(t *testing.T) {
	s := parse(t, `{"fields":[{"name":"id"},{"name":"parent"}],"primaryKey":"id","foreignKeys":[
		{"fields":"parent","reference":{"resource":"","fields":"id"}},
		{"fields":"id","reference":{"resource":"","fields":"parent"}},
		{"fields":"id","reference":{"resource":"","fields":"id"}}]}`)
	rep := run(t, s, open(t, "id,parent\na,b\nb,a\nc,d\n", tabular.Options{}), Options{})
	if rep.Stats.Errors != 2 {
		t.Error(summary(rep))
	}
	p, err := schema.ParsePackage([]byte(`{"resources":[
		{"name":"a","path":"a.csv","schema":{"fields":[{"name":"x"}],"foreignKeys":[{"fields":"x","reference":{"resource":"b","fields":"x"}}]}},
		{"name":"b","path":"b.csv","schema":{"fields":[{"name":"x"}],"foreignKeys":[{"fields":"x","reference":{"resource":"a","fields":"x"}}]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	file := func(data string) func(context.Context) (*tabular.File, error) {
		return func(ctx context.Context) (*tabular.File, error) {
			return tabular.Open(ctx, tabular.Bytes([]byte(data)), tabular.Options{Name: "a.csv"})
		}
	}
	tables := Tables{"a": file("x\n1\n2\n"), "b": file("x\n2\n3\n")}
	for name, data := range map[string]string{"a": "x\n1\n2\n", "b": "x\n2\n3\n"} {
		rep := run(t, p.Resource(name).Schema, open(t, data, tabular.Options{}), Options{References: tables, Resource: name})
		if rep.Stats.Errors != 1 {
			t.Errorf("%s: %s", name, summary(rep))
		}
	}
}
