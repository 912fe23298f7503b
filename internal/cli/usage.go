package cli

import (
	"errors"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"socle/internal/config"
	"socle/internal/errs"
)

// usageError says what is wrong with a command line that kong refused: kong speaks
// English alone.
func (r *run) usageError(app *kong.Application, err error) error {
	var known *errs.Error
	if errors.As(err, &known) {
		return known
	}
	l := &line{run: r, node: app.Node, rest: r.Args}
	if e := l.read(); e != nil {
		return e
	}
	return errs.New(errs.Invalid, "cli.usage", errs.Args{"Detail": err.Error(), "Command": app.Name}).WithHint("cli.usage.hint")
}

// line is a command line that is read again, for its first fault.
type line struct {
	*run
	node  *kong.Node // the command reached
	taken int        // arguments of it
	rest  []string
}

// fault is an error of the command reached, whose help says more. To programs, all
// are one code.
func (l *line) fault(key string, args errs.Args) *errs.Error {
	if args == nil {
		args = errs.Args{}
	}
	args["Command"], args["Code"] = l.node.FullPath(), "cli.usage"
	return errs.New(errs.Invalid, key, args).WithHint("cli.usage.hint")
}

// read returns the first fault, nil when there is none.
func (l *line) read() *errs.Error {
	for plain := false; len(l.rest) > 0; {
		word := l.rest[0]
		l.rest = l.rest[1:]
		var e *errs.Error
		switch {
		case word == "--" && !plain:
			plain = true
		case isFlag(word) && !plain:
			e = l.flag(word)
		default:
			e = l.argument(word)
		}
		if e != nil {
			return e
		}
	}
	return l.missing()
}

// isFlag tells flags from arguments as kong does: a single hyphen is an argument.
func isFlag(word string) bool { return strings.HasPrefix(word, "-") && word != "-" }

// flag reads a flag and its value.
func (l *line) flag(word string) *errs.Error {
	name, value, given := strings.Cut(word, "=")
	if !strings.HasPrefix(word, "--") {
		name, value, given = word[:2], strings.TrimPrefix(word[2:], "="), len(word) > 2
	}
	var known []string
	var found *kong.Flag
	for _, group := range l.node.AllFlags(true) {
		for _, f := range group {
			known = append(known, "--"+f.Name)
			if name == "--"+f.Name || f.Short != 0 && name == "-"+string(f.Short) {
				found = f
			}
		}
	}
	switch {
	case found == nil:
		e := l.fault("cli.usage.flag", errs.Args{"Flag": name})
		if near := config.Nearest(name, known); near != "" && strings.HasPrefix(name, "--") {
			e.Args["Near"] = near
			e.Hint = "cli.usage.near"
		}
		return e
	case found.IsBool() && !given:
		return nil
	case !given && (len(l.rest) == 0 || isFlag(l.rest[0])):
		return l.fault("cli.usage.no-value", errs.Args{"Flag": name, "Form": l.form(found)})
	case !given:
		value, l.rest = l.rest[0], l.rest[1:]
	}
	return l.value(name, found, value)
}

// value tries what a flag was given, as kong would.
func (l *line) value(name string, f *kong.Flag, value string) *errs.Error {
	place := reflect.New(f.Target.Type()).Elem()
	if f.Enum == "" && f.Parse(kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: value}), place) == nil || f.EnumMap()[value] {
		return nil
	}
	args := errs.Args{"Flag": name, "Value": value, "Form": l.form(f)}
	if f.Enum == "" {
		return l.fault("cli.usage.value", args)
	}
	args["Known"] = choices(f)
	return l.fault("cli.usage.choice", args)
}

// choices lists the values that a flag may have.
func choices(f *kong.Flag) string {
	var list []string
	for _, v := range f.EnumSlice() {
		if v != "" {
			list = append(list, v)
		}
	}
	return strings.Join(list, ", ")
}

// argument reads an argument, or the name of a command.
func (l *line) argument(word string) *errs.Error {
	if l.taken < len(l.node.Positional) {
		l.taken++
		return nil
	}
	var names []string
	for _, c := range l.node.Children {
		if c.Name == word {
			l.node, l.taken = c, 0
			return nil
		}
		names = append(names, c.Name)
	}
	if len(names) == 0 {
		return l.fault("cli.usage.too-many", errs.Args{"Argument": word})
	}
	e := l.fault("cli.usage.command", errs.Args{"Name": word, "Known": strings.Join(names, ", ")}).WithHint("cli.usage.commands")
	if near := config.Nearest(word, names); near != "" {
		e.Args["Near"] = near
		e.Hint = "cli.usage.near"
	}
	return e
}

// missing says what the command still needs.
func (l *line) missing() *errs.Error {
	if len(l.node.Children) > 0 {
		var names []string
		for _, c := range l.node.Children {
			names = append(names, c.Name)
		}
		return l.fault("cli.usage.no-command", errs.Args{"Known": strings.Join(names, ", ")}).WithHint("cli.usage.commands")
	}
	if l.taken < len(l.node.Positional) {
		v := l.node.Positional[l.taken]
		return l.fault("cli.usage.no-argument", errs.Args{"Argument": l.placeholder(v.Tag.PlaceHolder), "Help": v.Help})
	}
	for _, f := range l.node.Flags {
		if f.Required && !f.Set {
			return l.fault("cli.usage.no-flag", errs.Args{"Flag": "--" + f.Name + "=" + l.form(f), "Help": f.Help})
		}
	}
	return nil
}
