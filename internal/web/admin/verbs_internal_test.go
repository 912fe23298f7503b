package admin

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"socle/internal/i18n"
)

// Every verb that the code writes in the audit has words in both languages, and a group
// in the filter. What is given to Record and RecordIn is a literal, or something named
// "verb": then it is what the package gives to variables, parameters and fields of that
// name; or "board."+string(x.Act): then each constant of the type Act.
func TestEveryVerbHasWords(t *testing.T) {
	verbs := map[string]string{} // → a place
	root := filepath.Join("..", "..")
	files, packages := token.NewFileSet(), map[string][]*ast.File{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	keep := func(e ast.Expr) bool {
		l, ok := e.(*ast.BasicLit)
		if !ok || l.Kind != token.STRING {
			return false
		}
		verb, err := strconv.Unquote(l.Value)
		verbs[verb] = files.Position(l.Pos()).String()
		return err == nil
	}
	for _, list := range packages {
		named, from := recorded(t, files, list, keep)
		if named {
			namedVerbs(list, keep)
		}
		for typ, prefix := range from {
			for _, c := range constants(list, typ) {
				verbs[prefix+c] = typ
			}
		}
	}
	if len(verbs) < 90 {
		t.Errorf("only %d verbs were found: does the audit have another name?", len(verbs))
	}
	for _, verb := range slices.Sorted(maps.Keys(verbs)) {
		for _, l := range i18n.Langs {
			if !i18n.Known(l, "admin.verb."+verb) {
				t.Errorf("%s: %q has no words in %s: add admin.verb.%s", verbs[verb], verb, l, verb)
			}
		}
		if group, _, _ := strings.Cut(verb, "."); !slices.Contains(actGroups, group) {
			t.Errorf("%s: %q is of no group of the filter", verbs[verb], verb)
		}
	}
}

// recorded keeps the literals that a package records; named says that some are in what
// is called "verb", from maps types to what stands before their constants.
func recorded(t *testing.T, files *token.FileSet, list []*ast.File, keep func(ast.Expr) bool) (named bool, from map[string]string) {
	from = map[string]string{}
	for _, f := range list {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			at := map[string]int{"Record": 3, "RecordIn": 4}[nameOf(n, ok)]
			if at == 0 || len(call.Args) <= at {
				return true
			}
			switch verb := call.Args[at].(type) {
			case *ast.BasicLit:
				keep(verb)
			case *ast.BinaryExpr:
				prefix, ok1 := verb.X.(*ast.BasicLit)
				value, ok2 := verb.Y.(*ast.CallExpr)
				if ok1 && ok2 && len(value.Args) == 1 {
					text, _ := strconv.Unquote(prefix.Value)
					from[last(value.Args[0])] = text
					return true
				}
				t.Errorf("%s: cannot tell the verb", files.Position(call.Pos()))
			default:
				if last(verb) != "verb" {
					t.Errorf("%s: cannot tell the verb", files.Position(call.Pos()))
				}
				named = true
			}
			return true
		})
	}
	return named, from
}

// namedVerbs keeps the literals given to what is called "verb".
func namedVerbs(list []*ast.File, keep func(ast.Expr) bool) {
	params, fields := map[string][]int{}, map[string]int{}
	for _, f := range list {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				for i, p := range flat(n.Type.Params) {
					if p == "verb" {
						params[n.Name.Name] = append(params[n.Name.Name], i)
					}
				}
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok {
					if i := slices.Index(flat(s.Fields), "verb"); i >= 0 {
						fields[n.Name.Name] = i
					}
				}
			}
			return true
		})
	}
	for _, f := range list {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for i, l := range n.Lhs {
					if last(l) == "verb" && len(n.Rhs) == len(n.Lhs) {
						keep(n.Rhs[i])
					}
				}
			case *ast.CallExpr:
				for _, i := range params[last(n.Fun)] {
					if i < len(n.Args) {
						keep(n.Args[i])
					}
				}
			case *ast.CompositeLit:
				at, ok := fields[last(n.Type)]
				for i, e := range n.Elts {
					if kv, keyed := e.(*ast.KeyValueExpr); keyed && ok && last(kv.Key) == "verb" {
						keep(kv.Value)
					} else if !keyed && ok && i == at {
						keep(e)
					}
				}
			}
			return true
		})
	}
}

// constants are the values of those of a type.
func constants(list []*ast.File, typ string) (out []string) {
	for _, f := range list {
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if ok && last(v.Type) == typ {
				for _, e := range v.Values {
					if l, ok := e.(*ast.BasicLit); ok {
						text, _ := strconv.Unquote(l.Value)
						out = append(out, text)
					}
				}
			}
			return true
		})
	}
	return out
}

// flat are the names of fields or parameters, in their order.
func flat(list *ast.FieldList) (out []string) {
	for _, f := range list.List {
		for _, n := range f.Names {
			out = append(out, n.Name)
		}
		if len(f.Names) == 0 {
			out = append(out, "")
		}
	}
	return out
}

// nameOf is the name of the function that a call calls.
func nameOf(n ast.Node, call bool) string {
	if !call {
		return ""
	}
	return last(n.(*ast.CallExpr).Fun)
}

// last is the last name of "a.b.c".
func last(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
