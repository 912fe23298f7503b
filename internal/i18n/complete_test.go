package i18n

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	placeholder = regexp.MustCompile(`\{\{[^}]*?\.([A-Za-z][A-Za-z0-9_]*)[^}]*\}\}`)
	keyForm     = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9_-]*)+$`)
)

func byKey(l Lang) map[string]Message {
	out := map[string]Message{}
	for _, m := range Messages(l) {
		out[m.ID] = m
	}
	return out
}

// Both languages have the same keys, the same placeholders and the forms they need.
func TestLanguagesAreComplete(t *testing.T) {
	fr, en := byKey(French), byKey(English)
	for _, key := range sortedKeys(fr) {
		m, ok := en[key]
		if !ok {
			t.Errorf("%s: %q is missing from English: add it to %s", fr[key].File, key, strings.Replace(fr[key].File, ".fr.", ".en.", 1))
			continue
		}
		if a, b := placeholders(fr[key]), placeholders(m); !slices.Equal(a, b) {
			t.Errorf("%q: placeholders differ: French %v, English %v", key, a, b)
		}
		if (fr[key].One == "") != (m.One == "") {
			t.Errorf("%q has plural forms in one language only", key)
		}
	}
	for _, key := range sortedKeys(en) {
		if _, ok := fr[key]; !ok {
			t.Errorf("%s: %q is missing from French: add it to %s", en[key].File, key, strings.Replace(en[key].File, ".en.", ".fr.", 1))
		}
	}
	for _, l := range Langs {
		seen, areas := map[string]string{}, map[string]string{}
		for _, m := range Messages(l) {
			if other, ok := seen[m.ID]; ok {
				t.Errorf("%q is in %s and in %s", m.ID, other, m.File)
			}
			seen[m.ID] = m.File
			area := strings.SplitN(m.ID, ".", 2)[0]
			if other, ok := areas[m.File]; ok && other != area {
				t.Errorf("%s holds keys of %q and of %q (%s): one file, one area", m.File, other, area, m.ID)
			} else {
				areas[m.File] = area
			}
			if m.Other == "" {
				t.Errorf("%s: %q is empty", m.File, m.ID)
			}
		}
	}
}

// counted is a number in front of several things.
var counted = regexp.MustCompile(`\{\{\.(\w+)\}\}[ \x{a0}\x{202f}](lignes|colonnes|cellules|jeux|fichiers|rows|columns|cells|datasets|files|lines)\b`)

// many are placeholders and keys of numbers that are never one: limits, and what is
// told of several only.
var many = map[string]bool{"Limit": true, "Max": true, "Most": true,
	"check.missing-label.several": true, "check.missing-label.standard.several": true, "check.missing-label.optional.several": true,
	"check.extra-label.several": true, "check.extra-label.standard.several": true, "check.extra-cell": true,
	"cli.package.paths": true, "package.paths": true, "collect.table-full": true, "field.problem.few-rows": true, "field.problem.many-rows": true,
	"diff.limited": true, "report.cut": true, "tabular.empty-rows": true, "tabular.gpkg-columns": true, "tabular.shp-columns": true}

// A number of things is told in the form that it asks for.
func TestNumbersOfThingsHaveForms(t *testing.T) {
	for _, l := range Langs {
		for _, m := range Messages(l) {
			text := m.One
			if text == "" {
				text = m.Other
			}
			if p := counted.FindStringSubmatch(text); p != nil && !many[p[1]] && !many[m.ID] {
				t.Errorf("%s: %q says %q of one as of many: give it one and other, chosen by Count", m.File, m.ID, p[0])
			}
		}
	}
}

func sortedKeys(m map[string]Message) []string { return slices.Sorted(maps.Keys(m)) }

func placeholders(m Message) []string {
	set := map[string]bool{}
	for _, s := range []string{m.One, m.Other} {
		for _, p := range placeholder.FindAllStringSubmatch(s, -1) {
			set[p[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// source is what the code says of keys.
type source struct {
	literals map[string]string // every string literal → a place
	keys     map[string]string // literals that stand where a key is expected → a place
}

// Every key that the code names has a message, and every message is named.
func TestKeysAndCodeAgree(t *testing.T) {
	root := filepath.Join("..", "..")
	src := read(t, root)
	fr := byKey(French)
	areas := map[string]bool{}
	for k := range fr {
		areas[strings.SplitN(k, ".", 2)[0]] = true
	}
	for _, key := range slices.Sorted(maps.Keys(src.keys)) {
		if areas[strings.SplitN(key, ".", 2)[0]] && fr[key].ID == "" {
			t.Errorf("%s: no message has the key %q", src.keys[key], key)
		}
	}
	dynamic := prefixes(t)
	used := map[string]bool{}
	for _, key := range sortedKeys(fr) {
		prefix := longest(dynamic, key)
		used[prefix] = true
		_, ok := src.literals[key]
		for _, end := range []string{".hint", ".subject", ".text"} { // code adds them to the key it has: a letter has two
			if base, ends := strings.CutSuffix(key, end); ends && !ok {
				_, ok = src.literals[base]
			}
		}
		if !ok && prefix == "" {
			t.Errorf("%s: no code names %q: remove it, or list its prefix in dynamic.txt", fr[key].File, key)
		}
	}
	for _, p := range dynamic {
		if !used[p] {
			t.Errorf("dynamic.txt: no message begins with %q", p)
		}
	}
}

func longest(prefixes []string, key string) string {
	best := ""
	for _, p := range prefixes {
		if strings.HasPrefix(key, p) && len(p) > len(best) {
			best = p
		}
	}
	return best
}

func prefixes(t *testing.T) []string {
	f, err := os.Open("dynamic.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		p, place, _ := strings.Cut(line, "\t")
		if strings.TrimSpace(place) == "" {
			t.Errorf("dynamic.txt: %q does not say where its keys are put together", p)
		}
		out = append(out, strings.TrimSpace(p))
	}
	return out
}

// read collects the literals of Go code (tests aside), of templates and of the
// browser's scripts.
func read(t *testing.T, root string) source {
	s := source{literals: map[string]string{}, keys: map[string]string{}}
	inQuotes := regexp.MustCompile("[\"'`]([a-z][a-z0-9-]*(?:\\.[a-z0-9][a-z0-9_-]*)+)[\"'`]")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch d.Name() {
			case "node_modules", ".git", "testdata", "dist", "bin":
				return filepath.SkipDir
			}
			return nil
		}
		rel, _ := filepath.Rel(root, path)
		switch ext := filepath.Ext(path); {
		case ext == ".go" && !strings.HasSuffix(path, "_test.go"):
			return s.readGo(path, rel)
		case ext == ".templ", ext == ".ts":
			data, err := os.ReadFile(path)
			for _, m := range inQuotes.FindAllSubmatch(data, -1) {
				s.literals[string(m[1])] = rel
			}
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s source) readGo(path, rel string) error {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	place := func(n ast.Node) string { return rel + ":" + strconv.Itoa(fset.Position(n.Pos()).Line) }
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if v, ok := text(n); ok && keyForm.MatchString(v) {
				s.literals[v] = place(n)
			}
		case *ast.CallExpr:
			if takesKey(n) {
				for _, a := range n.Args {
					if v, ok := text(a); ok && keyForm.MatchString(v) {
						s.keys[v] = place(a)
					}
				}
			}
		case *ast.KeyValueExpr:
			if id, ok := n.Key.(*ast.Ident); ok && keyField(id.Name) {
				values := []ast.Expr{n.Value}
				if list, ok := n.Value.(*ast.CompositeLit); ok {
					values = list.Elts
				}
				for _, e := range values {
					if v, ok := text(e); ok && keyForm.MatchString(v) {
						s.keys[v] = place(e)
					}
				}
			}
		}
		return true
	})
	return nil
}

func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	v, err := strconv.Unquote(lit.Value)
	return v, err == nil
}

// takesKey tells the calls whose literal arguments are keys of messages.
func takesKey(c *ast.CallExpr) bool {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name == "T" || f.Name == "t" || f.Name == "tr"
	case *ast.SelectorExpr:
		switch f.Sel.Name {
		case "T", "WithHint", "WithField", "BadRequest":
			return true
		case "New":
			x, ok := f.X.(*ast.Ident)
			return ok && x.Name == "errs"
		}
	}
	return false
}

func keyField(name string) bool {
	return name == "Hint" || name == "Key" || name == "Keys" || name == "Label" || strings.HasSuffix(name, "Key")
}
