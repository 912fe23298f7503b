package expression_test

import (
	"strings"
	"testing"

	"socle/internal/schema/expression"
)

func TestXPath(t *testing.T) {
	x := expression.XPath{
		Path: func(name string) string { return "/data/" + name },
		Truth: func(name string) (string, bool) {
			return "oui", strings.HasPrefix(name, "b")
		},
		Choice: func(_, value string) string { return strings.ReplaceAll(value, " ", "_") },
		Up:     "../..",
	}
	for source, want := range map[string]string{
		"${a}>=18 and (${c} or 1=2)":               "(/data/a >= 18) and (/data/c or (1 = 2))",
		"${bord} and not(${b2})":                   "(/data/bord = 'oui') and not((/data/b2 = 'oui'))",
		"${bord} = false()":                        "(/data/bord = 'oui') = false()",
		"true() != ${bord}":                        "(/data/bord = 'oui') != true()",
		"if(${bord}, 'l’eau', \"l'eau\")":          "if((/data/bord = 'oui'), 'l’eau', \"l'eau\")",
		"${d} <= '31/12/2026'":                     "/data/d <= date('2026-12-31')",
		"selected(${s}, 'eau potable')":            "selected(/data/s, 'eau_potable')",
		"coalesce(${a}, ${c}, 'x')":                "coalesce(/data/a, coalesce(/data/c, 'x'))",
		"position(..) * -2":                        "position(../..) * -2",
		"string-length() = 5":                      "string-length(.) = 5",
		"regex(., '[0-9]{5}')":                     "regex(., '[0-9]{5}')",
		"jr:choice-name(${s}, '${s}')":             "jr:choice-name(/data/s, '/data/s')",
		"1 - (2 - 3)":                              "1 - (2 - 3)",
		"concat('dit \"oui\"', \"d'eau\", ${a})":   "concat('dit \"oui\"', \"d'eau\", /data/a)",
		"lower-case(${a}) = 'x'":                   "translate(/data/a, 'ABCDEFGHIJKLMNOPQRSTUVWXYZÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆ', 'abcdefghijklmnopqrstuvwxyzàâäçéèêëîïôöùûüÿœæ') = 'x'",
		"indexed-repeat(${x}, ${r}, position(..))": "indexed-repeat(/data/x, /data/r, position(../..))",
	} {
		e, err := expression.Parse(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got := e.XPath(x); got != want {
			t.Errorf("%s:\n got %s\nwant %s", source, got, want)
		}
	}
	e, err := expression.Parse("${bord}")
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Condition(x); got != "(/data/bord = 'oui')" {
		t.Errorf("condition %s", got)
	}
	if got := expression.Quote(`d'une "eau"`); got != `concat('d', "'", 'une "eau"')` {
		t.Errorf("quote %s", got)
	}
}
