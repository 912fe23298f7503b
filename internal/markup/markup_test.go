package markup

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the expected results again")

// Each testdata/NAME.txtar holds in.md, out.html (under level 2) and out.txt.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for _, f := range a.Files {
				want[f.Name] = string(f.Data)
			}
			got := map[string]string{"in.md": want["in.md"], "out.html": HTML(want["in.md"], 2), "out.txt": Text(want["in.md"], 0) + "\n"}
			if *update {
				for i, f := range a.Files {
					a.Files[i].Data = []byte(got[f.Name])
				}
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// What an attacker writes; the file holds one attempt per line.
func TestAttacks(t *testing.T) {
	data, err := os.ReadFile("testdata/attacks.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) < 40 {
		t.Fatalf("only %d attempts", len(lines))
	}
	for _, line := range lines {
		line = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\0`, "\x00").Replace(line)
		harmless(t, line)
		harmless(t, "> "+line)
		harmless(t, "[a]: "+line+"\n\n[a] ![a]")
	}
}

var kept = map[string]string{
	"p": "", "br": "", "hr": "", "em": "", "strong": "", "del": "", "code": "class", "pre": "", "blockquote": "", "ul": "", "li": "", "ol": "start",
	"h1": "", "h2": "", "h3": "", "h4": "", "h5": "", "h6": "", "table": "", "thead": "", "tbody": "", "tr": "", "th": "", "td": "",
	"a": "href rel", "img": "src alt loading", "html": "", "head": "", "body": "",
}

// harmless reads the result as a browser would and looks for anything that is
// not on the list.
func harmless(t *testing.T, md string) {
	t.Helper()
	out := HTML(md, 1)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		allowed, ok := kept[goquery.NodeName(s)]
		if !ok {
			t.Errorf("%q leaves <%s>: %s", md, goquery.NodeName(s), out)
		}
		for _, a := range s.Nodes[0].Attr {
			if !strings.Contains(" "+allowed+" ", " "+a.Key+" ") {
				t.Errorf("%q leaves %s=%q on <%s>", md, a.Key, a.Val, goquery.NodeName(s))
			}
			v := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			scheme, _, colon := strings.Cut(v, ":")
			if a.Key == "href" && colon && !strings.ContainsAny(scheme, "/?#") && // behind these a colon ends no scheme (RFC 3986, 4.2)
				!strings.HasPrefix(v, "http:") && !strings.HasPrefix(v, "https:") && !strings.HasPrefix(v, "mailto:") {
				t.Errorf("%q leaves href=%q", md, a.Val)
			}
			if a.Key == "src" && (!strings.HasPrefix(v, "/") || strings.HasPrefix(v, "//") || strings.Contains(v, `\`)) {
				t.Errorf("%q leaves src=%q", md, a.Val)
			}
			if a.Key == "href" && (strings.HasPrefix(v, "http") || strings.HasPrefix(v, "//")) && s.AttrOr("rel", "") != "nofollow noopener" {
				t.Errorf("%q: link elsewhere without rel: %s", md, out)
			}
		}
	})
}

func FuzzHTML(f *testing.F) {
	f.Add("# a\n[b](javascript:c)")
	f.Add("<a href=\"x\"><img src=y onerror=z>")
	f.Fuzz(func(t *testing.T, md string) {
		if len(md) > 4096 {
			return
		}
		harmless(t, md)
		if !utf8.ValidString(Text(md, 50)) {
			t.Errorf("%q: not UTF-8", md)
		}
	})
}

func TestSummary(t *testing.T) {
	for _, x := range []struct {
		in    string
		limit int
		want  string
	}{
		{"Une *phrase* assez longue, vraiment.", 20, "Une phrase assez…"},
		{"court", 20, "court"},
		{"anticonstitutionnellement", 10, "anticonst…"},
		{"", 10, ""},
		{"<b>x</b> & y", 0, "x & y"},
	} {
		if got := Text(x.in, x.limit); got != x.want {
			t.Errorf("%q: %q, want %q", x.in, got, x.want)
		}
	}
}

// Deep or endless input ends, and is bounded.
func TestHeavyInput(t *testing.T) {
	for _, s := range []string{strings.Repeat(">", 20000), strings.Repeat("[", 20000), strings.Repeat("- ", 5000), strings.Repeat("*a ", 20000), strings.Repeat("é", MaxBytes)} {
		if out := HTML(s, 1); len(out) > 40*MaxBytes {
			t.Errorf("%q… gives %d bytes", s[:5], len(out))
		}
	}
}
