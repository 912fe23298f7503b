package cli

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"socle/internal/i18n"
)

// Every command, argument and flag has words in both languages, and so have the
// placeholders; nothing of kong's own English is in the help.
func TestHelpIsInBothLanguages(t *testing.T) {
	for _, l := range i18n.Langs {
		r := &run{lang: l, Program: &Program{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }, ReadFile: os.ReadFile}}
		k, err := r.parser(func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		said := func(what, text string) {
			t.Helper()
			if text == "" || strings.HasPrefix(text, "[cli.") || strings.Contains(text, "[cli.word.") {
				t.Errorf("%s: %s has no words: %q", l, what, text)
			}
		}
		names := []string{}
		err = kong.Visit(k.Model.Node, func(v kong.Visitable, next kong.Next) error {
			n, ok := v.(*kong.Node)
			if !ok {
				return next(nil)
			}
			said(n.FullPath(), n.Help)
			for _, a := range n.Positional {
				said(n.FullPath()+" "+a.Name, a.Help)
				said(n.FullPath()+" "+a.Name, r.placeholder(a.Tag.PlaceHolder))
			}
			for _, f := range n.Flags {
				said(n.FullPath()+" --"+f.Name, f.Help)
				said(n.FullPath()+" --"+f.Name, r.form(f))
			}
			names = append(names, strings.TrimPrefix(n.FullPath(), "socle"))
			return next(nil)
		})
		if err != nil || len(names) < len(commands)+5 {
			t.Fatalf("%v %q", err, names)
		}
		for _, name := range names {
			var out bytes.Buffer
			args := append(strings.Fields(name), "--lang", string(l), "--help")
			status := Run(t.Context(), Program{Args: args, Stdout: &out, Stderr: io.Discard, Getenv: r.Getenv, ReadFile: os.ReadFile})
			for _, foreign := range []string{"Flags:", "<command>", "[flags]", "Show context", "[cli."} {
				if strings.Contains(out.String(), foreign) {
					t.Errorf("%s: the help of%s has %q", l, name, foreign)
				}
			}
			if first := r.t("cli.page.usage", i18n.Args{"Line": "socle" + name}); status != 0 || !strings.HasPrefix(out.String(), first) {
				t.Errorf("%s: %d, the help of%s begins otherwise: %.80s", l, status, name, out.String())
			}
			for _, line := range strings.Split(out.String(), "\n") {
				if n := len([]rune(line)); n > helpWidth+20 {
					t.Errorf("%s: a line of %d characters in the help of%s: %s", l, n, name, line)
				}
			}
		}
	}
}
