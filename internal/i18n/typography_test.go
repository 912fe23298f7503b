package i18n

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "set the French messages as in print")

var (
	codeSpan   = regexp.MustCompile("`[^`]*`|https?://\\S+|\\{\\{[^}]*\\}\\}|<[^>]*>|&[a-z]+;")
	badBefore  = regexp.MustCompile(`[^\x{00a0}\x{202f}!?…:][;!?]+(?:[\s»).,]|$)|[^\x{00a0}\x{202f}]:(?:\s|$)|[^\x{00a0}\x{202f}]»`)
	badAfter   = regexp.MustCompile(`«[^\x{00a0}\x{202f}]`)
	straight   = regexp.MustCompile(`\pL'\pL`)
	threeDots  = regexp.MustCompile(`\.\.\.`)
	plainQuote = regexp.MustCompile(`"`)
)

// French is set as in print: no-break spaces before : ; ! ? » and after «, the
// apostrophe ’, the points … in one character, quotation marks « ».
func TestFrenchTypography(t *testing.T) {
	if *update {
		setFiles(t)
		return
	}
	for _, m := range Messages(French) {
		for _, s := range []string{m.One, m.Other} {
			for _, problem := range typography(s) {
				t.Errorf("%s: %q: %s (go test ./internal/i18n -update mends it): %s", m.File, m.ID, problem, s)
			}
		}
	}
}

// typography lists what is not set as in print. Code, addresses and placeholders
// are left alone.
func typography(s string) []string {
	s = codeSpan.ReplaceAllString(s, "X")
	var out []string
	for _, r := range []struct {
		re  *regexp.Regexp
		say string
	}{
		{badBefore, "no-break space (U+00A0 or U+202F) needed before ; : ! ? »"}, {badAfter, "no-break space (U+00A0) needed after «"},
		{straight, "write ’ for '"}, {threeDots, "write … for ..."}, {plainQuote, "write « » for straight quotes"},
	} {
		if r.re.MatchString(s) {
			out = append(out, r.say)
		}
	}
	return out
}

var (
	highMark   = regexp.MustCompile(` ([;!?])`)
	colon      = regexp.MustCompile(`([^\s\x{00a0}\x{202f}]) :(\s|$|\\n)`)
	openQuote  = regexp.MustCompile(`«[ \x{202f}]`)
	closeQuote = regexp.MustCompile(`[ \x{202f}]»`)
	apostrophe = regexp.MustCompile(`(\pL)'(\pL)`)
)

// set sets a text as in print where only a space or a sign is to change.
func set(s string) string {
	var b strings.Builder
	from := 0
	for _, span := range append(codeSpan.FindAllStringIndex(s, -1), []int{len(s), len(s)}) {
		part := s[from:span[0]]
		part = highMark.ReplaceAllString(part, "\u202f$1")
		part = openQuote.ReplaceAllString(part, "«\u00a0")
		part = closeQuote.ReplaceAllString(part, "\u00a0»")
		part = apostrophe.ReplaceAllString(part, "$1’$2")
		part = strings.ReplaceAll(part, "...", "…")
		b.WriteString(part)
		b.WriteString(s[span[0]:span[1]])
		from = span[1]
	}
	return colon.ReplaceAllString(b.String(), "$1\u00a0:$2")
}

// setFiles mends the French files in place, value by value.
func setFiles(t *testing.T) {
	paths, err := filepath.Glob("locales/*.fr.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(data), "\n")
		for i, line := range lines {
			if key, value, ok := strings.Cut(line, " = \""); ok && strings.HasSuffix(value, `"`) {
				lines[i] = key + ` = "` + set(strings.TrimSuffix(value, `"`)) + `"`
			}
		}
		if mended := strings.Join(lines, "\n"); mended != string(data) {
			if err := os.WriteFile(path, []byte(mended), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestTypographyRule(t *testing.T) {
	for _, good := range []string{"Oui\u202f!", "À 10:42", "Vraiment\u202f?!", "«\u00a0a\u00a0»", "Voir https://x.fr/?a=b:c", "`a: b`", "{{.A}}\u00a0: x", "3\u00a0%", "Non…"} {
		if p := typography(good); p != nil || set(good) != good {
			t.Errorf("%q: %v, %q", good, p, set(good))
		}
	}
	for bad, want := range map[string]string{
		"Oui !": "Oui\u202f!", "À savoir : x": "À savoir\u00a0: x", "« a\u00a0»": "«\u00a0a\u00a0»", "«\u00a0a »": "«\u00a0a\u00a0»", "l'eau": "l’eau", "Non...": "Non…",
		"{{.A}} ?": "{{.A}}\u202f?", "{{.A}} : {{.B}}": "{{.A}}\u00a0: {{.B}}", "`a ; b` ; c": "`a ; b`\u202f; c",
	} {
		if typography(bad) == nil || set(bad) != want || typography(want) != nil {
			t.Errorf("%q: %v, %q", bad, typography(bad), set(bad))
		}
	}
	for _, hopeless := range []string{"Oui!", "À savoir: x", `dit "oui"`} {
		if typography(hopeless) == nil {
			t.Errorf("%q passes", hopeless)
		}
	}
}
