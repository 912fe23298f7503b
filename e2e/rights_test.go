package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// Each route called by each kind of visitor: the status that they get. The routes are
// those of internal/app/testdata/routes.txt; a new one appears here by itself, and the
// test fails until its address has an object (objects, in rightsobjects_test.go) and
// somebody gets in, or shut says why nobody does.
//
// Objects belong to the organisation of the reader and of the editor, or to the editor.
// A call that changes carries what carried gives it, else an empty form: 400, 409 and 422
// mean "may, but not so".
func TestRights(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile(filepath.Join("..", "internal", "app", "testdata", "routes.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			args := []string{"--trusted-proxies", "127.0.0.0/8"}
			if engine == sqldb.PostgreSQL {
				args = append(args, "--database-url", sqldbtest.Empty(t, engine))
			}
			golden(t, "rights.txt", newCast(t, args...).rights(string(list)))
		})
	}
}

// whos are the columns. A token is the editor's, but where its name says more: the
// delegate administers an organisation that publishes by mandate; the service account
// belongs to the organisation; the host's token has the scope "read" of the host's
// administrator; the bound one is the delegate's, for their own organisation alone.
var whos = []string{"anonymous", "stranger", "reader", "contributor", "editor", "administrator", "delegate", "host", "animator", "auditor",
	"token", "token-read", "token-write", "token-publish", "token-collect", "token-host", "token-bound", "service"}

// held are addresses of what is not public: kept inside, in preparation, withdrawn.
var held = []string{"/datasets/{%}", "/datasets/{%}/history", "/api/v1/datasets/{%}", "/api/v1/resources/{%-id}/rows", "/api/v1/resources/{%-id}/original", "/api/v1/resources/{%-id}/export.csv",
	"/api/explore/v2.1/catalog/datasets/{%}/records", "/api/resources/{%-id}/data/", "/api/3/action/package_show?id={%}", "/api/3/action/resource_show?id={%-id}", "/api/3/action/datastore_search?resource_id={%-id}",
	"/datastore/dump/{%-id}", "/dataset/{%}", "/dataset/{%}/resource/{%-id}/download/x.csv", "/datasets/{%}/datapackage.json", "/api/ogc/collections/{%}/items"}

// rights calls each route as each visitor.
func (c *cast) rights(list string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-50s %s\n", "", strings.Join(whos, " "))
	line := func(method, path string) {
		fmt.Fprintf(&out, "%-50s", method+" "+path)
		var got []int
		for _, who := range whos {
			status := c.call(who, method, path)
			got = append(got, status)
			fmt.Fprintf(&out, " %-*s", len(who), fmt.Sprint(status))
		}
		out.WriteString("\n")
		closed := !slices.ContainsFunc(got, func(status int) bool { return !slices.Contains([]int{401, 403, 404, 405, 415}, status) })
		if why, known := shut[method+" "+path]; closed != known {
			c.t.Errorf("%s %s: %v; nobody gets in: %v, shut says %q", method, path, got, closed, why)
		}
	}
	for l := range strings.Lines(list) {
		f := strings.Fields(l)
		if f[1] != "/sign-out" {
			line(f[0], f[1])
		}
	}
	for _, state := range []string{"internal", "draft", "withdrawn"} {
		for _, path := range held {
			line("GET", strings.ReplaceAll(path, "%", state))
		}
	}
	line("POST", "/sign-out") // ends the sessions
	return regexp.MustCompile(`(?m) +$`).ReplaceAllString(out.String(), "")
}

// call calls a route as a visitor. Objects that a call may have changed are not used again.
func (c *cast) call(who, method, path string) int {
	c.t.Helper()
	used := []int{}
	with := carried[method+" "+path]
	address, body := c.fill(path, path, &used)+c.fill(path, with.query, &used), c.fill(path, with.body, &used)
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.p.url+address, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	kind := "application/x-www-form-urlencoded"
	switch {
	case with.kind != "":
		kind = with.kind
	case strings.HasPrefix(path, "/api/v1/"):
		kind = "application/json"
	}
	req.Header.Set("Content-Type", kind)
	c.number++
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", c.number/250, c.number%250+1)) // attempts are counted by network
	if strings.Contains(path, "/uploads") {
		req.Header.Set("Tus-Resumable", "1.0.0")
		req.Header.Set("Upload-Length", "10")
		req.Header.Set("Upload-Offset", "0")
	}
	v := c.visitors[who]
	if token := c.tokens[who]; token != "" {
		v = c.visitors["anonymous"]
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := v.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode >= 500 {
		c.t.Errorf("%s %s as %s: %s\n%s", method, address, who, res.Status, c.p.log)
	}
	if !slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, method) && res.StatusCode < 400 {
		for _, i := range used {
			delete(c.made, i)
		}
	}
	return res.StatusCode
}

var placeholder = regexp.MustCompile(`\{[a-z0-9-]+(\.\.\.)?\}`)

// fill gives the placeholders of a text their objects, made when they are first needed,
// and notes which it used.
func (c *cast) fill(route, text string, used *[]int) string {
	return placeholder.ReplaceAllStringFunc(strings.ReplaceAll(text, "{$}", ""), func(name string) string {
		i := slices.IndexFunc(objects, func(o object) bool { return o.name == name && strings.HasPrefix(route, o.under) })
		if i < 0 {
			c.t.Fatalf("%s: give %s an object in rightsobjects_test.go", route, name)
		}
		if _, ok := c.made[i]; !ok {
			if c.made[i] = objects[i].make(c); c.made[i] == "" || strings.Contains(c.made[i], "/") {
				c.t.Fatalf("%s: the object of %s is %q", route, name, c.made[i])
			}
		}
		*used = append(*used, i)
		return c.made[i]
	})
}
