package i18n

import (
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// The files are TOML, and are read as TOML reads them.
func TestFilesAreTOML(t *testing.T) {
	for _, l := range Langs {
		list := Messages(l)
		byFile := map[string]map[string]Message{}
		for _, m := range list {
			if byFile[m.File] == nil {
				byFile[m.File] = map[string]Message{}
			}
			byFile[m.File][m.ID] = m
		}
		for name, ours := range byFile {
			data, err := locales.ReadFile("locales/" + name)
			if err != nil {
				t.Fatal(err)
			}
			var theirs map[string]any
			if err := toml.Unmarshal(data, &theirs); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if len(ours) != len(theirs) {
				t.Errorf("%s: %d messages, TOML reads %d", name, len(ours), len(theirs))
			}
			for key, v := range theirs {
				want := Message{ID: key, File: name}
				switch v := v.(type) {
				case string:
					want.Other = v
				case map[string]any:
					want.One, _ = v["one"].(string)
					want.Other, _ = v["other"].(string)
				}
				if ours[key] != want {
					t.Errorf("%s: %+v, TOML reads %+v", name, ours[key], want)
				}
			}
		}
	}
}

func TestFileMistakes(t *testing.T) {
	good := "# about\n\"a.b\" = \"c \\\"d\\\" é\" # why\n\n[\"a.n\"]\none = \"1\"\nother = \"n\"\r\n"
	if list, err := parseFile(nil, "a", good); err != nil || len(list) != 2 || list[0].Other != `c "d" é` || list[1].One != "1" || list[1].Other != "n" {
		t.Errorf("%+v, %v", list, err)
	}
	for _, text := range []string{
		`a.b = "c"`, `"a.b" "c"`, `"a.b" = 'c'`, `"a.b" = """`, `"a.b" = "c`, `"a.b" = "c" d`, `"a.b" = "\q"`, `["a.b"`, `[a.b]`,
		"[\"a.b\"]\nfew = \"c\"", "[\"a.b\"]\none = \"c\"\n\"a.c\" = \"d\"", `one = "c"`, `["a.b`,
	} {
		if _, err := parseFile(nil, "a.fr.toml", "\n"+text); err == nil || !strings.Contains(err.Error(), "a.fr.toml:") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// CLDR, plural rules of French and of English.
func TestSingle(t *testing.T) {
	for _, c := range []struct {
		n               any
		french, english bool
	}{
		{0, true, false}, {1, true, true}, {-1, true, true}, {int64(2), false, false}, {1.5, true, false}, {0.5, true, false}, {2.0, false, false},
		{1_000_000, false, false}, {Number(1), true, true}, {"1", true, true}, {"?", false, false}, {10, false, false},
	} {
		if single(French, c.n) != c.french || single(English, c.n) != c.english {
			t.Errorf("%v: French %v, English %v", c.n, single(French, c.n), single(English, c.n))
		}
	}
}
