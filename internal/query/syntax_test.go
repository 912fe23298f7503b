package query_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/query"
)

// golden reads a file of cases: a line is a question, the lines after it that
// begin with a tab are what becomes of it, written by -update. # begins a remark.
func golden(t *testing.T, file string, answer func(question string) string) {
	t.Helper()
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(old)) {
		if strings.HasPrefix(line, "\t") {
			continue
		}
		b.WriteString(line)
		question := strings.TrimSpace(line)
		if question == "" || question[0] == '#' {
			continue
		}
		for l := range strings.Lines(strings.TrimRight(answer(question), "\n")) {
			b.WriteString("\t" + strings.TrimRight(l, "\n") + "\n")
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(old), b.String()); diff != "" {
		t.Error(diff)
	}
}

func said(err error) string {
	e := errs.As(err)
	if e.Kind != errs.Invalid {
		return "NOT A FAULT OF THE CALLER: " + err.Error()
	}
	return "error: " + i18n.T(i18n.English, e.Key, e.Args)
}

// parameters reads name=value & name=value.
func parameters(question string) map[string][]string {
	out := map[string][]string{}
	for _, part := range strings.Split(question, " & ") {
		name, value, _ := strings.Cut(part, "=")
		out[name] = append(out[name], value)
	}
	return out
}

var noon = time.Date(2025, 6, 15, 12, 0, 0, 0, time.UTC)

func odsqlOf(p map[string][]string) query.ODSQL {
	zone := time.UTC
	if len(p["timezone"]) > 0 {
		zone, _ = time.LoadLocation(p["timezone"][0])
	}
	return query.ODSQL{Select: strings.Join(p["select"], ","), Where: p["where"], GroupBy: p["group_by"], OrderBy: p["order_by"], Facets: p["facet"],
		Refine: p["refine"], Exclude: p["exclude"], Zone: zone, Now: noon}
}

func TestODSQL(t *testing.T) {
	golden(t, "testdata/odsql.txt", func(question string) string {
		x, err := query.ParseODSQL(odsqlOf(parameters(question)), columns)
		if err != nil {
			return said(err)
		}
		out := x.Query.Encode()
		var names []string
		for _, o := range x.Outputs {
			name := o.Name
			if c, plain := o.Column(); plain && c != name {
				name += " (" + c + ")"
			} else if !plain {
				name += " …"
			}
			names = append(names, name)
		}
		if len(names) > 0 {
			out += "\noutputs: " + strings.Join(names, " | ")
		}
		for _, f := range x.Facets {
			out += fmt.Sprintf("\nfacet: %+v", f)
		}
		stays(t, x.Query)
		return out
	})
}

// stays checks that a query can be written as an address and asked again.
func stays(t *testing.T, q query.Query) {
	t.Helper()
	back, err := query.ParseURL(q.URL(), columns)
	if err != nil {
		t.Fatalf("%s: %v", q.Encode(), err)
	}
	again, err := query.ParseURL(back.URL(), columns)
	if err != nil || again.Encode() != back.Encode() || len(back.Encode()) != len(q.Encode()) {
		t.Fatalf("%v\n%s\n%s\n%s", err, q.Encode(), back.Encode(), again.Encode())
	}
}

// FuzzODSQL: what is understood can be written as an address and asked again.
func FuzzODSQL(f *testing.F) {
	seeds(f, "testdata/odsql.txt", func(line string) {
		p := parameters(line)
		f.Add(strings.Join(p["select"], ","), strings.Join(p["where"], " and "), strings.Join(p["group_by"], ","), strings.Join(p["order_by"], ","), strings.Join(p["refine"], ""))
	})
	f.Fuzz(func(t *testing.T, selection, where, group, order, refine string) {
		o := query.ODSQL{Select: selection, Where: []string{where}, GroupBy: []string{group}, OrderBy: []string{order}, Now: noon}
		if refine != "" {
			o.Refine = []string{refine}
		}
		x, err := query.ParseODSQL(o, columns)
		refusedOrStays(t, x.Query, err)
		for _, o := range x.Outputs {
			o.Value(func(string) *query.Value { v := query.Int(3); return &v })
		}
	})
}

func TestTabular(t *testing.T) {
	golden(t, "testdata/tabular.txt", func(question string) string {
		r, err := query.ParseTabular(strings.ReplaceAll(question, " & ", "&"), columns)
		if err != nil {
			return said(err)
		}
		stays(t, r.Query)
		out := r.Query.Encode()
		if r.Aggregated() {
			out += fmt.Sprintf("\nnames: %v", r.Names)
		}
		return out
	})
}

func FuzzTabular(f *testing.F) {
	seeds(f, "testdata/tabular.txt", func(line string) { f.Add(strings.ReplaceAll(line, " & ", "&")) })
	f.Fuzz(func(t *testing.T, raw string) {
		r, err := query.ParseTabular(raw, columns)
		refusedOrStays(t, r.Query, err)
	})
}

func ckanOf(question string) query.CKAN {
	p := parameters(question)
	first := func(name string) string { return strings.Join(p[name], "") }
	c := query.CKAN{Filters: []byte(first("filters")), Q: []byte(first("q")), Sort: first("sort"), Distinct: first("distinct") == "true"}
	if f := first("fields"); f != "" {
		c.Fields = strings.Split(f, ",")
	}
	return c
}

func TestCKAN(t *testing.T) {
	golden(t, "testdata/ckan.txt", func(question string) string {
		q, err := query.ParseCKAN(ckanOf(question), columns)
		if err != nil {
			return said(err)
		}
		stays(t, q)
		return q.Encode()
	})
}

func FuzzCKAN(f *testing.F) {
	seeds(f, "testdata/ckan.txt", func(line string) {
		c := ckanOf(line)
		f.Add(string(c.Filters), string(c.Q), strings.Join(c.Fields, ","), c.Sort)
	})
	f.Fuzz(func(t *testing.T, filters, q, fields, sort string) {
		c := query.CKAN{Filters: []byte(filters), Q: []byte(q), Sort: sort}
		if fields != "" {
			c.Fields = strings.Split(fields, ",")
		}
		asked, err := query.ParseCKAN(c, columns)
		refusedOrStays(t, asked, err)
	})
}

func TestOGC(t *testing.T) {
	golden(t, "testdata/ogc.txt", func(question string) string {
		f, err := query.ParseOGC(parameters(question), columns, query.Located{Geometry: "lieu", At: "date"})
		if err != nil {
			return said(err)
		}
		stays(t, f.Query)
		if f.CRS.URI != query.CRS84 {
			return f.Query.Encode() + "\n" + f.CRS.URI
		}
		return f.Query.Encode()
	})
}

func FuzzOGC(f *testing.F) {
	seeds(f, "testdata/ogc.txt", func(line string) {
		p := parameters(line)
		f.Add(strings.Join(p["bbox"], ""), strings.Join(p["datetime"], ""), strings.Join(p["filter"], ""), strings.Join(p["sortby"], ""), len(p["filter-lang"]) > 0)
	})
	f.Fuzz(func(t *testing.T, bbox, datetime, filter, sortby string, isJSON bool) {
		values := map[string][]string{}
		for name, value := range map[string]string{"bbox": bbox, "datetime": datetime, "filter": filter, "sortby": sortby} {
			if value != "" {
				values[name] = []string{value}
			}
		}
		if isJSON {
			values["filter-lang"] = []string{"cql2-json"}
		}
		got, err := query.ParseOGC(values, columns, query.Located{Geometry: "lieu", At: "maj"})
		refusedOrStays(t, got.Query, err)
	})
}

// seeds gives the questions of a file of cases.
func seeds(f *testing.F, file string, add func(line string)) {
	f.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if text := strings.TrimSpace(line); text != "" && line[0] != '\t' && line[0] != '#' {
			add(text)
		}
	}
}

func refusedOrStays(t *testing.T, q query.Query, err error) {
	t.Helper()
	if err == nil {
		stays(t, q)
	} else if !errs.Is(err, errs.Invalid) {
		t.Fatal(err)
	}
}
