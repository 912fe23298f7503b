package cli

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"socle/internal/i18n"
)

// helpWidth is how many characters a line of help has at most.
const helpWidth = 100

// help prints what a command is, what it takes and what it has below it: kong's own
// help has English titles.
func (r *run) help(_ kong.HelpOptions, ctx *kong.Context) error {
	n := ctx.Selected()
	if n == nil {
		n = ctx.Model.Node
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n", r.t("cli.page.usage", i18n.Args{"Line": r.summary(n)}), wrapped(n.Help, 0))
	section := func(key string, rows [][2]string) {
		if len(rows) > 0 {
			fmt.Fprintf(&b, "\n%s\n", r.t(key))
			twoColumns(&b, rows)
		}
	}
	var arguments, flags, commands [][2]string
	for _, a := range n.Positional {
		arguments = append(arguments, [2]string{r.placeholder(a.Tag.PlaceHolder), a.Help})
	}
	for _, group := range n.AllFlags(true) {
		for _, f := range group {
			flags = append(flags, [2]string{r.flagLine(f), r.flagHelp(f)})
		}
	}
	for _, c := range n.Children {
		commands = append(commands, [2]string{c.Name, c.Help})
	}
	section("cli.page.commands", commands)
	section("cli.page.arguments", arguments)
	section("cli.page.flags", flags)
	if len(commands) > 0 {
		fmt.Fprintf(&b, "\n%s\n", r.t("cli.page.more", i18n.Args{"Command": n.FullPath()}))
	}
	_, err := io.WriteString(ctx.Stdout, b.String())
	return err
}

// summary is a command with what it must be given.
func (r *run) summary(n *kong.Node) string {
	parts := []string{n.FullPath()}
	if len(n.Children) > 0 {
		parts = append(parts, r.placeholder("COMMAND"))
	}
	for _, a := range n.Positional {
		parts = append(parts, r.placeholder(a.Tag.PlaceHolder))
	}
	for _, f := range n.Flags {
		if f.Required {
			parts = append(parts, "--"+f.Name+"="+r.form(f))
		}
	}
	return strings.Join(append(parts, r.t("cli.page.options")), " ")
}

// flagLine is a flag as it is typed.
func (r *run) flagLine(f *kong.Flag) string {
	line := "    --" + f.Name
	if f.Short != 0 {
		line = "-" + string(f.Short) + ", --" + f.Name
	}
	if !f.IsBool() {
		line += "=" + r.form(f)
	}
	return line
}

// flagHelp says what a flag does, and what it is when it is not given.
func (r *run) flagHelp(f *kong.Flag) string {
	if f.HasDefault && f.Default != "" && !f.IsBool() {
		return f.Help + " " + r.t("cli.page.default", i18n.Args{"Value": f.Default})
	}
	return f.Help
}

// form is what stands for the value of a flag: those it may have, or a word.
func (r *run) form(f *kong.Flag) string {
	switch {
	case f.Enum != "":
		return strings.ReplaceAll(choices(f), ", ", "|")
	case f.IsBool():
		return "true|false"
	case f.PlaceHolder != "":
		return r.placeholder(f.PlaceHolder)
	}
	return r.placeholder("VALUE")
}

// word is one of the words in capitals of a placeholder; a single letter is none.
var word = regexp.MustCompile(`[A-Z]{2,}`)

// placeholder writes FILE, COLUMN=TYPE and the like in the language of the run:
// cli.word.FILE in lower case.
func (r *run) placeholder(s string) string {
	return word.ReplaceAllStringFunc(s, func(w string) string { return r.t("cli.word." + strings.ToLower(w)) })
}

// twoColumns writes rows of a name and what it is; a long name has its line.
func twoColumns(b *strings.Builder, rows [][2]string) {
	const most, gap = 32, 2
	left := 0
	for _, row := range rows {
		if n := utf8.RuneCountInString(row[0]); n <= most {
			left = max(left, n)
		}
	}
	indent := gap + left + gap
	for _, row := range rows {
		text := strings.TrimLeft(wrapped(row[1], indent), " ")
		if n := utf8.RuneCountInString(row[0]); n <= left {
			fmt.Fprintf(b, "%*s%s%*s%s\n", gap, "", row[0], left-n+gap, "", text)
		} else {
			fmt.Fprintf(b, "%*s%s\n%*s%s\n", gap, "", row[0], indent, "", text)
		}
	}
}

// wrapped breaks a text at its spaces, each line behind an indent.
func wrapped(text string, indent int) string {
	var b strings.Builder
	at := 0
	for _, w := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(w)
		switch {
		case at == 0:
			at = indent
			fmt.Fprintf(&b, "%*s", indent, "")
		case at+1+n > helpWidth:
			at = indent
			fmt.Fprintf(&b, "\n%*s", indent, "")
		default:
			at++
			b.WriteByte(' ')
		}
		b.WriteString(w)
		at += n
	}
	return b.String()
}
