package v1_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	v1 "socle/internal/api/v1"
	"socle/internal/httpx"
	"socle/internal/schema"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
)

const fountains = "relevé de 2024;\nnom;posée le\nHalle;01/02/2003\nPlace;05/06/2007\n"

// A file is described by its bytes or its address, as the command line does; what is
// said by hand is obeyed, what means nothing or is of no use is told, and nothing is left
// behind. The check of a file takes the same fields.
func TestDescribeAndCheckByHand(t *testing.T) {
	temp := t.TempDir()
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, fountains) }))
	defer away.Close()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		find := func(_ context.Context, ref string) (*schema.Schema, error) { return national.Find(ref) }
		rt := portal(t, db, v1.Options{Schemas: find, Temp: temp, MaxBytes: 1 << 16, Workers: 1, Tables: tables.New(tables.Options{DB: db}),
			Fetch: httpx.Client(httpx.ClientOptions{AllowHosts: []string{away.Listener.Addr().String()}})})
		describe := func(name, file string, fields ...string) (got struct {
			Format       string
			Delimiter    *string
			Sheet        *string
			PreambleRows int `json:"preamble_rows"`
			HeaderRows   int `json:"header_rows"`
			Rows         int
			Columns      []struct{ Name, Type, Format string }
			Schemas      []struct{ ID string }
		}) {
			t.Helper()
			status, text := sendForm(t, rt, "/api/v1/describe", name, file, fields...)
			if err := json.Unmarshal([]byte(text), &got); err != nil || status != 200 {
				t.Fatalf("%v: %d %s", fields, status, text)
			}
			return got
		}
		for how, got := range map[string]struct {
			name, file string
			fields     []string
		}{"sent": {"fontaines.csv", fountains, nil}, "at an address": {"", "", []string{"url", away.URL + "/fontaines.csv"}}} {
			d := describe(got.name, got.file, got.fields...)
			if d.Format != "csv" || d.Delimiter == nil || *d.Delimiter != ";" || d.Sheet != nil || d.PreambleRows != 1 || d.Rows != 2 || len(d.Columns) != 2 || d.Columns[1].Type != "date" || d.Schemas == nil {
				t.Errorf("%s: %+v", how, d)
			}
		}
		if d := describe("a.csv", "nom|n\nune;deux|3\n", "delimiter", ";"); len(d.Columns) != 2 || *d.Delimiter != ";" || d.Columns[0].Name == "nom" {
			t.Errorf("another delimiter: %+v", d)
		}
		if d := describe("a.csv", "1;2\n3;4\n", "header_rows", "1", "type", "1=string"); d.HeaderRows != 1 || d.Rows != 1 || d.Columns[0].Type != "string" {
			t.Errorf("the header and a type said: %+v", d)
		}
		for _, path := range []string{"/api/v1/describe", "/api/v1/check"} {
			for _, c := range []struct {
				name   string
				status int
				says   string
				fields []string
			}{
				{"a.csv", 422, "cannot separate columns", []string{"delimiter", "ab"}},
				{"a.csv", 422, "is not known", []string{"encoding", "klingon"}},
				{"a.csv", 422, "is not a number of header rows", []string{"header_rows", "un"}},
				{"a.csv", 422, "is not a number of header rows", []string{"header_rows", "-1"}},
				{"a.csv", 422, "is not known", []string{"format", "word"}},
				{"a.csv", 422, "has no sheets", []string{"sheet", "Feuil1"}},
				{"a.csv", 422, "nowhere", []string{"nowhere", "1"}},
				{"", 422, "file", nil},
				{"", 422, "127.0.0.1", []string{"url", "http://127.0.0.1:1/a.csv"}},
				{"", 422, "file:///etc/passwd", []string{"url", "file:///etc/passwd"}},
			} {
				fields := c.fields
				if strings.HasSuffix(path, "check") {
					fields = append([]string{"schema", "scdl/prenoms"}, fields...)
				}
				if status, text := sendForm(t, rt, path, c.name, fountains, fields...); status != c.status || !strings.Contains(text, c.says) {
					t.Errorf("%s %v: %d, without %q: %s", path, c.fields, status, c.says, text)
				}
			}
			if status, text := sendForm(t, rt, path, "a.csv", strings.Repeat("x;y\n", 1<<15)); status != 413 {
				t.Errorf("%s, too large: %d %s", path, status, text)
			}
		}
		if status, text := sendForm(t, rt, "/api/v1/describe", "a.csv", fountains, "type", "date"); status != 422 || !strings.Contains(text, `"type"`) {
			t.Errorf("a type without its column: %d %s", status, text)
		}
		if status, text := sendForm(t, rt, "/api/v1/check", "a.csv", "COLL_NOM|DELIB_ID\nVillage|D1\n", "schema", "scdl/deliberations", "delimiter", "|", "header_rows", "0"); status != 200 || !strings.Contains(text, `"header_rows":0`) {
			t.Errorf("a check read by hand: %d %s", status, text)
		}
		if status, text := sendForm(t, rt, "/api/v1/check", "", "", "schema", "scdl/deliberations", "url", away.URL+"/a.csv"); status != 200 || !strings.Contains(text, `"valid":false`) {
			t.Errorf("a check of an address: %d %s", status, text)
		}
	})
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}
