package national

import (
	"path"
	"strings"
	"testing"

	"socle/internal/errs"
	"socle/internal/i18n"
)

// Every descriptor is one that a stranger can read: parsed without reproach,
// named as its file, told in both languages.
func TestDescriptors(t *testing.T) {
	for _, e := range List() {
		t.Run(e.Ref(), func(t *testing.T) {
			s, err := e.Schema()
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range s.Warnings {
				if w.Key == "schema.warning.slow-pattern" {
					continue // a pattern of the published format that looks back
				}
				t.Errorf("warning %s at %s: %v", w.Key, w.Path, w.Args)
			}
			if want := "descriptors/" + strings.ReplaceAll(e.ID, "/", "__") + "@" + e.Version + ".json"; e.file != want {
				t.Errorf("the file is %s, want %s", e.file, want)
			}
			if s.ID != e.ID || s.Version != e.Version || len(s.Fields) != len(e.Fields) {
				t.Errorf("the schema says %s %s with %d fields", s.ID, s.Version, len(s.Fields))
			}
			told(t, "the schema", e.Title, e.TitleEN, e.Description, e.DescEN)
			if e.Homepage == "" || e.Publisher == "" || e.Licence == "" || (e.Basis == "") != (e.BasisEN == "") {
				t.Errorf("the source is not named: %+v", e)
			}
			for _, f := range e.Fields {
				told(t, f.Name, f.Title, f.TitleEN, f.Desc, f.DescEN)
				if f.Required && f.Example == "" {
					t.Errorf("%s is required and has no example", f.Name)
				}
			}
			for _, c := range s.Checks {
				for _, p := range c.Params {
					if column, ok := p.(string); ok && strings.HasPrefix(c.Name, "french-") && s.Field(column) < 0 {
						t.Errorf("check %s is about %q, which is no field", c.Name, column)
					}
				}
			}
		})
	}
}

func told(t *testing.T, what, title, titleEN, desc, descEN string) {
	t.Helper()
	if title == "" || titleEN == "" || desc == "" || descEN == "" {
		t.Errorf("%s is not told in both languages", what)
	}
	if strings.ContainsAny(title+desc, "'\"") || strings.Contains(title+desc, " :") || strings.Contains(title+desc, " »") {
		t.Errorf("%s: French typography of %q, %q", what, title, desc)
	}
}

func TestFind(t *testing.T) {
	for ref, want := range map[string]string{
		"scdl/deliberations":        "scdl/deliberations@2.1.5",
		"scdl/deliberations@2.1.5":  "scdl/deliberations@2.1.5",
		"SCDL/Deliberations@v2.1.5": "scdl/deliberations@2.1.5",
		" deliberations ":           "scdl/deliberations@2.1.5",
		"subventions@latest":        "scdl/subventions@2.1.1",
	} {
		e, err := Lookup(ref)
		if err != nil || e.Ref() != want {
			t.Errorf("Lookup(%q) = %s, %v", ref, e.Ref(), err)
		}
		if s, err := Find(ref); err != nil || len(s.Fields) == 0 {
			t.Errorf("Find(%q): %v", ref, err)
		}
	}
	for ref, want := range map[string]struct{ key, arg, near string }{
		"scdl/delibérations":       {"national.unknown", "Near", "scdl/deliberations"},
		"scdl/subvention":          {"national.unknown", "Near", "scdl/subventions"},
		"deliberation":             {"national.unknown", "Near", "scdl/deliberations"},
		"scdl/deliberations@9.9.9": {"national.unknown-version", "Versions", "2.1.5"},
		"":                         {"national.unknown", "Near", ""},
		"quatsch/xylophone":        {"national.unknown", "Near", ""},
	} {
		_, err := Find(ref)
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("Find(%q): %v", ref, err)
			continue
		}
		e := errs.As(err)
		near, _ := e.Args[want.arg].(string)
		if e.Key != want.key || near != want.near {
			t.Errorf("Find(%q): %s %v", ref, e.Key, e.Args)
		}
		for _, l := range i18n.Langs {
			for _, key := range []string{e.Key, e.Hint} {
				if m := i18n.T(l, key, e.Args); strings.HasPrefix(m, "[") || strings.Contains(m, "no value") {
					t.Errorf("message %s in %s: %s", key, l, m)
				}
			}
		}
	}
}

func TestListOrder(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range List() {
		if seen[e.Ref()] {
			t.Errorf("%s twice", e.Ref())
		}
		seen[e.Ref()] = true
		if path.Base(e.ID) == e.ID {
			t.Errorf("%s has no publisher", e.ID)
		}
	}
	if first := List()[0]; first.Themes[0] != "common-core" {
		t.Errorf("the list begins with %s", first.ID)
	}
}

func TestCompareVersions(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"1.2.3", "1.2.3", 0}, {"1.10.0", "1.9.0", 1}, {"1.0", "1.0.1", -1}, {"1.0-a", "1.0-b", -1}} {
		got := compareVersions(c.a, c.b)
		if got > 0 != (c.want > 0) || got < 0 != (c.want < 0) {
			t.Errorf("compareVersions(%s, %s) = %d", c.a, c.b, got)
		}
	}
}
