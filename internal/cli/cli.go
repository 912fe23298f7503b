package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"socle/internal/config"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/i18n"
	"socle/internal/schema/national"
)

// Program is what a run of the command line gets from its process.
type Program struct {
	Args     []string // without the program's name
	Stdin    io.Reader
	Stdout   io.Writer
	Stderr   io.Writer
	Terminal bool // Stderr is a terminal: progress and colours are welcome
	Getenv   func(string) string
	ReadFile func(string) ([]byte, error)
	Fetch    *http.Client // for schemas and portals
	Version  string
	Server   Operations
}

// Operations are the commands that need the whole server; app gives them. Each
// ends when ctx does.
type Operations struct {
	Serve   func(ctx context.Context, c *config.Config, out io.Writer, log *slog.Logger) error
	Backup  func(ctx context.Context, c *config.Config, file string, out io.Writer, l i18n.Lang) error
	Restore func(ctx context.Context, c *config.Config, file string, out io.Writer, l i18n.Lang) error
	Rebuild func(ctx context.Context, c *config.Config, out io.Writer, l i18n.Lang) error
	Doctor  func(ctx context.Context, c *config.Config, out io.Writer, l i18n.Lang) (healthy bool, err error)
	Admin   func(ctx context.Context, c *config.Config, what AdminRequest, out io.Writer, l i18n.Lang) error
	// VerifyAudit reads the audit and prints whether its chain holds.
	VerifyAudit func(ctx context.Context, c *config.Config, out io.Writer, l i18n.Lang) (holds bool, err error)
}

// AdminRequest is what `socle admin` is asked to do.
type AdminRequest struct {
	Do           string // first-link, invite, organisation, token
	Email        string
	Name         string
	Organisation string
	Role         string
	Kind         string
	SIREN        string
	INSEE        string
	Scopes       string
}

// Exit statuses.
const (
	exitDone    = 0
	exitInvalid = 1
	exitFailed  = 2
)

// errInvalid ends a command whose answer is no: nothing more is printed.
var errInvalid = errors.New("invalid")

// commands lists the subcommands in the order of the help.
var commands = []struct {
	name string
	make func() any
}{
	{"serve", func() any { return &serveCommand{} }},
	{"check", func() any { return &checkCommand{} }},
	{"describe", func() any { return &describeCommand{} }},
	{"convert", func() any { return &convertCommand{} }},
	{"fix", func() any { return &fixCommand{} }},
	{"publish", func() any { return &publishCommand{} }},
	{"schemas", func() any { return &schemasCommand{} }},
	{"backup", func() any { return &backupCommand{} }},
	{"restore", func() any { return &restoreCommand{} }},
	{"rebuild", func() any { return &rebuildCommand{} }},
	{"doctor", func() any { return &doctorCommand{} }},
	{"admin", func() any { return &adminCommand{} }},
	{"audit", func() any { return &auditCommand{} }},
	{"version", func() any { return &versionCommand{} }},
}

// grammar gives kong the subcommand that the arguments begin with, all of them
// when they begin with none: a check is not to wait for the flags of the server.
func grammar(args []string) (options []kong.Option) {
	for _, c := range commands {
		if len(args) > 0 && args[0] == c.name {
			return []kong.Option{kong.DynamicCommand(c.name, "", "", c.make())}
		}
		options = append(options, kong.DynamicCommand(c.name, "", "", c.make()))
	}
	return options
}

// run is one run of a command.
type run struct {
	*Program
	lang i18n.Lang
	json bool // failures are told as JSON on stdout
}

// t returns a message in the language of the run.
func (r *run) t(key string, args ...i18n.Args) string { return i18n.T(r.lang, key, args...) }

func (r *run) printf(format string, args ...any) { fmt.Fprintf(r.Stdout, format, args...) }

// command is what each subcommand does.
type command interface {
	Run(ctx context.Context, r *run) error
}

// root holds the flags of every command.
type root struct {
	Lang string `enum:",fr,en" default:""`
}

// parser makes what reads the command line, each command and flag with its words.
func (r *run) parser(exit func(code int)) (*kong.Kong, error) {
	k, err := kong.New(&root{}, append(grammar(r.Args), kong.Name("socle"), kong.Description(r.t("cli.about")), kong.Vars{"catalogue": national.DefaultCatalogue},
		kong.Writers(r.Stdout, r.Stderr), kong.Exit(exit), kong.Help(r.help), kong.Resolvers(config.NewResolver(config.Sources{Args: r.Args, Env: r.Getenv, ReadFile: r.ReadFile})))...)
	if err != nil {
		return nil, err
	}
	config.Localize(k.Model, r.lang)
	r.localize(k.Model.Node)
	return k, nil
}

// Run runs the command line and returns the exit status.
func Run(ctx context.Context, p Program) int {
	r := &run{Program: &p, lang: languageOf(p)}
	exit := -1
	k, err := r.parser(func(code int) { exit = code })
	if err != nil {
		fmt.Fprintln(p.Stderr, err)
		return exitFailed
	}
	args := p.Args
	if len(args) == 0 {
		args = []string{"--help"}
	}
	kctx, err := k.Parse(args)
	if exit >= 0 { // help was printed
		return exit
	}
	if err != nil {
		r.json = wantsJSON(p.Args)
		return r.fail(r.usageError(k.Model, err))
	}
	cmd, ok := kctx.Selected().Target.Addr().Interface().(command)
	if !ok {
		return r.fail(fmt.Errorf("no command"))
	}
	if err := cmd.Run(ctx, r); err != nil {
		return r.fail(err)
	}
	return exitDone
}

// fail tells an error and returns the exit status.
func (r *run) fail(err error) int {
	if errors.Is(err, errInvalid) {
		return exitInvalid
	}
	e := errs.As(err)
	body := httpx.NewErrorBody(r.lang, httpx.Failure{Error: e})
	if e.Kind == errs.Internal {
		body.Error.Message, body.Error.Hint = r.t("cli.failed", i18n.Args{"Detail": err.Error()}), r.t("cli.failed.hint")
	}
	if r.json {
		type jsonError struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Hint    string `json:"hint"`
		}
		code := body.Error.Code
		if c, ok := e.Args["Code"].(string); ok {
			code = c
		}
		enc := json.NewEncoder(r.Stdout)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(struct {
			Error jsonError `json:"error"`
		}{jsonError{code, body.Error.Message, body.Error.Hint}})
	}
	fmt.Fprintln(r.Stderr, body.Error.Message)
	for _, f := range body.Error.Fields {
		fmt.Fprintf(r.Stderr, "  %s : %s\n", f.Name, f.Message)
	}
	if body.Error.Hint != "" {
		fmt.Fprintln(r.Stderr, body.Error.Hint)
	}
	return exitFailed
}

// wantsJSON looks for --format json on a command line that could not be parsed.
func wantsJSON(args []string) bool {
	for i, a := range args {
		if a == "--format=json" || a == "--format" && i+1 < len(args) && args[i+1] == "json" {
			return true
		}
	}
	return false
}

// languageOf is --lang, else the language of the terminal, else French. An unknown
// --lang is told when the flags are read.
func languageOf(p Program) i18n.Lang {
	for i, a := range p.Args {
		v, ok := strings.CutPrefix(a, "--lang=")
		if a == "--lang" && i+1 < len(p.Args) {
			v, ok = p.Args[i+1], true
		}
		if ok && slices.Contains(i18n.Langs, i18n.Lang(v)) {
			return i18n.Lang(v)
		}
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := p.Getenv(name); v != "" {
			if strings.HasPrefix(v, "en") {
				return i18n.English
			}
			return i18n.French
		}
	}
	return i18n.French
}

// localize gives commands, arguments and flags their help: cli.help.COMMAND,
// cli.flag.NAME. Those of settings have theirs already.
func (r *run) localize(n *kong.Node) {
	for _, f := range n.Flags {
		if f.Help == "" || f.Name == "help" {
			f.Help = r.t("cli.flag." + f.Name)
		}
	}
	for _, a := range n.Positional {
		a.Help = r.t("cli.flag." + a.Name)
	}
	for _, c := range n.Children {
		c.Help = r.t("cli.help." + c.Name)
		r.localize(c)
	}
}
