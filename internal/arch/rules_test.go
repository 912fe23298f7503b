package arch

import (
	"bufio"
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// tree is what the rules look at.
type tree struct {
	module string
	layers map[string]layer // by package path under internal
	order  []string         // packages of layers.txt in order
	files  []file
	long   map[string]string // path → reason, of long_files.txt
}

type layer struct {
	line int
	part string // kit, engines, domains, delivery, wiring
}

// file is one Go file.
type file struct {
	path      string // from the root, with slashes
	dir       string
	test      bool
	generated bool
	lines     int
	imports   []string
	env       []environ
}

// environ is a line that names a function of the environment.
type environ struct {
	line int
	call bool // false: the function is handed on as a value
}

// pkg is the file's package under internal, "" elsewhere.
func (f file) pkg() string {
	p, ok := strings.CutPrefix(f.dir, "internal/")
	if !ok {
		return ""
	}
	return p
}

var rules = []struct {
	name  string
	check func(t *tree) []string
}{
	{"listed", ruleListed},
	{"order", ruleOrder},
	{"duckdb", ruleDuckDB},
	{"drivers", ruleDrivers},
	{"engines", ruleEngines},
	{"domains", ruleDomains},
	{"environment", ruleEnvironment},
	{"names", ruleNames},
	{"long", ruleLong},
	{"doc", ruleDoc},
}

// ruleListed: every package of internal stands in layers.txt, and the other way
// round once it has files.
func ruleListed(t *tree) (out []string) {
	seen := map[string]bool{}
	for _, f := range t.files {
		if p := f.pkg(); p != "" && !seen[p] {
			seen[p] = true
			if _, ok := t.layers[p]; !ok {
				out = append(out, fmt.Sprintf("internal/%s is not in internal/arch/layers.txt: give it a line", p))
			}
		}
	}
	return out
}

// ruleOrder: a package imports only packages of lines above its own.
func ruleOrder(t *tree) (out []string) {
	for _, f := range t.files {
		from, ok := t.layers[f.pkg()]
		if !ok {
			continue
		}
		for _, imp := range f.imports {
			p, inside := strings.CutPrefix(imp, t.module+"/internal/")
			to, known := t.layers[p]
			if !inside || !known || p == f.pkg() {
				continue
			}
			// Tests of a low package may stand on a database or a form made higher up;
			// an external test package makes no cycle.
			if f.test {
				continue
			}
			switch {
			case to.line > from.line:
				out = append(out, fmt.Sprintf("%s imports %s, which stands above it in layers.txt", f.path, p))
			case to.line == from.line:
				out = append(out, fmt.Sprintf("%s imports %s, which stands on the same line of layers.txt", f.path, p))
			}
		}
	}
	return out
}

// within tells whether an import is a package or one under it.
func within(imp string, prefixes ...string) bool {
	for _, p := range prefixes {
		if imp == p || strings.HasPrefix(imp, p+"/") {
			return true
		}
	}
	return false
}

// only reports imports of some packages outside the places allowed.
func (t *tree) only(why string, allowed []string, banned ...string) (out []string) {
	for _, f := range t.files {
		if f.test || slices.Contains(allowed, f.pkg()) {
			continue
		}
		for _, imp := range f.imports {
			if within(imp, banned...) {
				out = append(out, fmt.Sprintf("%s imports %s: %s", f.path, imp, why))
			}
		}
	}
	return out
}

// ruleDuckDB: the query engine can be changed because one package knows it.
func ruleDuckDB(t *tree) []string {
	return t.only("DuckDB is known to tables/duck alone", []string{"tables/duck"},
		"github.com/duckdb/duckdb-go", "github.com/duckdb/duckdb-go/v2", "github.com/marcboeker/go-duckdb", "github.com/apache/arrow-go")
}

// ruleDrivers: SQL goes through sqldb, with its transactions and its errors.
// River brings its own drivers; a GeoPackage is an SQLite file.
func ruleDrivers(t *tree) []string {
	return t.only("database drivers belong to sqldb and jobs", []string{"sqldb", "sqldb/sqldbtest", "jobs"},
		"github.com/jackc/pgx/v5", "github.com/jackc/pgconn", "github.com/lib/pq", "modernc.org/sqlite", "github.com/mattn/go-sqlite3", "github.com/ncruces/go-sqlite3",
		"github.com/riverqueue/river/riverdriver")
}

// ruleEngines: files in, values out.
func ruleEngines(t *tree) (out []string) {
	banned := []string{"net", "database/sql", "gocloud.dev", "os/exec", t.module + "/internal/sqldb", t.module + "/internal/blob", t.module + "/internal/jobs",
		t.module + "/internal/mail", t.module + "/internal/httpx", t.module + "/internal/config"}
	harmless := []string{"net/url", "net/netip", "net/mail", "net/textproto"} // values, no connection
	for _, f := range t.files {
		if f.test || t.layers[f.pkg()].part != "engines" {
			continue
		}
		for _, imp := range f.imports {
			if within(imp, banned...) && !slices.Contains(harmless, imp) {
				out = append(out, fmt.Sprintf("%s imports %s: an engine has no network, no database, no blob", f.path, imp))
			}
		}
	}
	return out
}

// ruleDomains: delivery speaks HTTP; a domain gets values and a guarded client.
func ruleDomains(t *tree) (out []string) {
	for _, f := range t.files {
		if f.test || t.layers[f.pkg()].part != "domains" {
			continue
		}
		for _, imp := range f.imports {
			if imp == "net/http" {
				out = append(out, fmt.Sprintf("%s imports net/http: httpx gives a domain values and a guarded client", f.path))
			}
		}
	}
	return out
}

// ruleEnvironment: settings are read once, by config, and documented there. The
// wiring hands it os.Getenv as a value, and calls nothing itself.
func ruleEnvironment(t *tree) (out []string) {
	for _, f := range t.files {
		if f.test || f.pkg() == "" || f.pkg() == "config" || f.pkg() == "sqldb/sqldbtest" {
			continue
		}
		for _, e := range f.env {
			if e.call || t.layers[f.pkg()].part != "wiring" {
				out = append(out, fmt.Sprintf("%s:%d reads the environment: only config does, with the os.Getenv that app hands it", f.path, e.line))
			}
		}
	}
	return out
}

// ruleNames: names that attract everything.
func ruleNames(t *tree) (out []string) {
	bad := []string{"util", "utils", "common", "helper", "helpers", "types", "models", "base", "misc"}
	for _, f := range t.files {
		name := strings.TrimSuffix(strings.TrimSuffix(path.Base(f.path), ".go"), "_test")
		if slices.Contains(bad, name) {
			out = append(out, fmt.Sprintf("%s: name the file after what it holds", f.path))
		}
		for _, part := range strings.Split(f.dir, "/") {
			if slices.Contains(bad, part) {
				out = append(out, fmt.Sprintf("%s: name the package after what it knows", f.path))
			}
		}
	}
	return out
}

const maxLines = 600

// ruleLong: a longer file has a reason, and the list holds no other.
func ruleLong(t *tree) (out []string) {
	long := map[string]bool{}
	for _, f := range t.files {
		if f.generated || f.lines <= maxLines {
			continue
		}
		long[f.path] = true
		if t.long[f.path] == "" {
			out = append(out, fmt.Sprintf("%s has %d lines: divide it by what it knows, or give a reason in internal/arch/long_files.txt", f.path, f.lines))
		}
	}
	for _, p := range slices.Sorted(maps.Keys(t.long)) {
		if !long[p] {
			out = append(out, fmt.Sprintf("internal/arch/long_files.txt: %s is no longer long: remove its line", p))
		}
	}
	return out
}

// ruleDoc: every package of internal says what it knows.
func ruleDoc(t *tree) (out []string) {
	has := map[string]bool{}
	for _, f := range t.files {
		if p := f.pkg(); p != "" && !f.test {
			has[p] = has[p] || path.Base(f.path) == "doc.go"
		}
	}
	for _, p := range slices.Sorted(maps.Keys(has)) {
		if !has[p] {
			out = append(out, fmt.Sprintf("internal/%s has no doc.go: say what it knows, what it must not know, where to start", p))
		}
	}
	return out
}

// read reads a tree: go.mod, layers.txt, long_files.txt, every Go file.
func read(root fs.FS) (*tree, error) {
	t := &tree{layers: map[string]layer{}, long: map[string]string{}}
	mod, err := fs.ReadFile(root, "go.mod")
	if err != nil {
		return nil, err
	}
	t.module = strings.TrimSpace(strings.TrimPrefix(strings.SplitN(string(mod), "\n", 2)[0], "module"))
	if err := t.readLayers(root); err != nil {
		return nil, err
	}
	if err := t.readLong(root); err != nil {
		return nil, err
	}
	err = fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch name := d.Name(); {
			case p == ".":
			case name == "testdata", name == "node_modules", name == "dist", strings.HasPrefix(name, "."), strings.HasPrefix(name, "_"):
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(p) != ".go" {
			return nil
		}
		f, err := readFile(root, p)
		t.files = append(t.files, f)
		return err
	})
	return t, err
}

func (t *tree) readLayers(root fs.FS) error {
	data, err := fs.ReadFile(root, "internal/arch/layers.txt")
	if err != nil {
		return err
	}
	part := ""
	for i, line := range strings.Split(string(data), "\n") {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			part = strings.TrimSpace(name)
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, p := range strings.Fields(line) {
			if _, twice := t.layers[p]; twice {
				return fmt.Errorf("layers.txt: %s stands twice", p)
			}
			t.layers[p] = layer{i, part}
			t.order = append(t.order, p)
		}
	}
	return nil
}

func (t *tree) readLong(root fs.FS) error {
	data, err := fs.ReadFile(root, "internal/arch/long_files.txt")
	if err != nil {
		return err
	}
	for sc := bufio.NewScanner(bytes.NewReader(data)); sc.Scan(); {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		p, reason, _ := strings.Cut(line, " ")
		if strings.TrimSpace(reason) == "" {
			return fmt.Errorf("long_files.txt: %s has no reason", p)
		}
		t.long[p] = strings.TrimSpace(reason)
	}
	return nil
}

func readFile(root fs.FS, p string) (file, error) {
	f := file{path: p, dir: path.Dir(p), test: strings.HasSuffix(p, "_test.go")}
	src, err := fs.ReadFile(root, p)
	if err != nil {
		return f, err
	}
	f.lines = bytes.Count(src, []byte("\n"))
	head, _, _ := bytes.Cut(append([]byte("\n"), src...), []byte("\npackage "))
	f.generated = bytes.Contains(head, []byte("// Code generated "))
	ast, err := parser.ParseFile(token.NewFileSet(), p, src, parser.ImportsOnly)
	if err != nil {
		return f, err
	}
	for _, i := range ast.Imports {
		v, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return f, err
		}
		f.imports = append(f.imports, v)
	}
	if slices.Contains(f.imports, "os") || slices.Contains(f.imports, "syscall") {
		f.env = environment(src)
	}
	return f, nil
}

// environment finds the lines that read or write the environment.
func environment(src []byte) (found []environ) {
	for i, line := range bytes.Split(src, []byte("\n")) {
		code, _, _ := bytes.Cut(line, []byte("//"))
		for _, name := range []string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.Setenv", "os.ExpandEnv", "syscall.Getenv"} {
			if bytes.Contains(code, []byte(name)) {
				found = append(found, environ{i + 1, bytes.Contains(code, []byte(name+"("))})
			}
		}
	}
	return found
}
