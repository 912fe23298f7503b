package config

import (
	"encoding"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"

	"socle/internal/errs"
	"socle/internal/i18n"
)

// EnvFile is the environment variable that names the file of settings, as
// --config does.
const EnvFile = "SOCLE_CONFIG"

// Sources is where settings come from besides flags.
type Sources struct {
	Args     []string                     // the command line, searched for --config
	Env      func(string) string          // os.Getenv
	ReadFile func(string) ([]byte, error) // os.ReadFile
}

// Load reads the settings of a command line made of flags alone, and finishes
// them. The subcommands of the CLI do the same by embedding Config and giving
// kong a Resolver, then calling Finish.
func Load(s Sources) (*Config, error) {
	var c struct{ Config }
	k, err := kong.New(&c, kong.Name("socle"), kong.Resolvers(NewResolver(s)), kong.NoDefaultHelp(), kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	if _, err := k.Parse(s.Args); err != nil {
		return nil, asInvalid(err)
	}
	if err := c.Finish(s.ReadFile); err != nil {
		return nil, err
	}
	return &c.Config, nil
}

func asInvalid(err error) error {
	var known *errs.Error
	if errors.As(err, &known) {
		return known
	}
	return errs.New(errs.Invalid, "config.flags", errs.Args{"Detail": err.Error()}).WithHint("config.flags.hint").Because(err)
}

// Localize gives the flags of Config their descriptions in a language, in a
// kong application that embeds it.
func Localize(app *kong.Application, l i18n.Lang) {
	docs := map[string]string{}
	for _, f := range Fields() {
		docs[f.Flag] = f.Doc[l] + " [$" + f.Env + "]"
	}
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		for _, f := range n.Flags {
			if d, ok := docs[f.Name]; ok && f.Help == "" {
				f.Help = d
			}
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(app.Node)
}

// Resolver gives kong the values of the environment and of the file, for the
// flags of Config that the command line does not set.
type Resolver struct {
	sources Sources
	known   []Field
	loaded  bool
	path    string
	values  map[string]string // of the file, by key
	err     error
}

// NewResolver returns a Resolver. The file is read when the first setting is
// looked up, so that commands without settings do not need it.
func NewResolver(s Sources) *Resolver { return &Resolver{sources: s, known: Fields()} }

var _ kong.Resolver = (*Resolver)(nil)

// Validate is kong's; the file is checked when it is read.
func (r *Resolver) Validate(*kong.Application) error { return nil }

// Resolve returns the text of a setting or nil.
func (r *Resolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	f, ok := find(r.known, flag.Name)
	if !ok || f.Key == "" {
		return nil, nil //nolint:nilnil // kong's way to say: not from here
	}
	if !r.loaded {
		r.loaded = true
		r.load()
	}
	if r.err != nil {
		return nil, r.err
	}
	source, text := f.Env, r.sources.Env(f.Env)
	if text == "" {
		source = r.path + ", " + f.Key
		if text, ok = r.values[f.Key]; !ok {
			return nil, nil //nolint:nilnil // as above
		}
	}
	if err := try(f, text); err != nil {
		shown := text
		if f.Secret {
			shown = "…"
		}
		return nil, errs.New(errs.Invalid, "config.value", errs.Args{"Source": source, "Value": shown}).WithHint("config.value.hint").
			WithField(f.Key, "config.value", errs.Args{"Source": source, "Value": shown}).Because(err)
	}
	return text, nil
}

// load reads the file of settings, if one is named.
func (r *Resolver) load() {
	r.path = r.sources.Env(EnvFile)
	for i, a := range r.sources.Args {
		if a == "--" {
			break
		}
		if v, ok := strings.CutPrefix(a, "--config="); ok {
			r.path = v
		} else if a == "--config" && i+1 < len(r.sources.Args) {
			r.path = r.sources.Args[i+1]
		}
	}
	if r.path == "" {
		return
	}
	data, err := r.sources.ReadFile(r.path)
	if err != nil {
		r.err = errs.New(errs.Invalid, "config.file", errs.Args{"File": r.path}).WithHint("config.file.hint").Because(err)
		return
	}
	r.values, r.err = parseFile(r.path, string(data), r.known)
}

// parseFile reads the TOML of a file into texts by key; an unknown key is an
// error that proposes the nearest known one.
func parseFile(path, data string, known []Field) (map[string]string, error) {
	var tree map[string]any
	if _, err := toml.Decode(data, &tree); err != nil {
		detail := err.Error()
		var pe toml.ParseError
		if errors.As(err, &pe) {
			detail = fmt.Sprintf("%d:%d: %s", pe.Position.Line, pe.Position.Col, pe.Message)
		}
		return nil, errs.New(errs.Invalid, "config.toml", errs.Args{"File": path, "Detail": detail}).WithHint("config.toml.hint").Because(err)
	}
	values := map[string]string{}
	var walk func(prefix string, m map[string]any) error
	walk = func(prefix string, m map[string]any) error {
		for k, v := range m {
			key := prefix + k
			if sub, ok := v.(map[string]any); ok && isSection(known, key) {
				if err := walk(key+".", sub); err != nil {
					return err
				}
				continue
			}
			if !isKey(known, key) {
				return unknown(path, key, known)
			}
			text, ok := textOf(v)
			if !ok {
				return errs.New(errs.Invalid, "config.value", errs.Args{"Source": path + ", " + key, "Value": fmt.Sprint(v)}).WithHint("config.value.hint")
			}
			values[key] = text
		}
		return nil
	}
	if err := walk("", tree); err != nil {
		return nil, err
	}
	return values, nil
}

func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case []any:
		var parts []string
		for _, x := range v {
			s, ok := x.(string)
			if !ok {
				return "", false
			}
			parts = append(parts, s)
		}
		return strings.Join(parts, ","), true
	}
	return "", false
}

// try tells whether a text can be a setting's value, before kong reads it: the
// error then names where the text came from.
func try(f Field, text string) error {
	if len(f.Enum) > 0 {
		for _, e := range f.Enum {
			if e == text {
				return nil
			}
		}
		return fmt.Errorf("not one of %s", strings.Join(f.Enum, ", "))
	}
	place := reflect.New(f.value.Type())
	if u, ok := place.Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	var err error
	switch place.Interface().(type) {
	case *time.Duration:
		_, err = time.ParseDuration(text)
	case *bool:
		_, err = strconv.ParseBool(text)
	case *int:
		_, err = strconv.Atoi(text)
	case *float64:
		_, err = strconv.ParseFloat(text, 64)
	}
	return err
}

func isKey(known []Field, key string) bool {
	for _, f := range known {
		if f.Key == key && key != "" {
			return true
		}
	}
	return false
}

func isSection(known []Field, name string) bool {
	for _, f := range known {
		if f.Section != "" && f.Section == name {
			return true
		}
	}
	return false
}

// unknown is the error of a key that no setting has.
func unknown(path, key string, known []Field) error {
	best := ""
	keys := make([]string, len(known))
	for i, f := range known {
		if keys[i] = f.Key; best == "" && f.Key[strings.LastIndexByte(f.Key, '.')+1:] == key {
			best = f.Key // the right name, outside its section
		}
	}
	if best == "" {
		best = Nearest(key, keys)
	}
	e := errs.New(errs.Invalid, "config.unknown", errs.Args{"File": path, "Key": key, "Best": best}).WithHint("config.unknown.hint")
	if best == "" {
		e.Hint = "config.unknown.list"
	}
	return e
}

// Nearest returns the name that a person most likely meant by one that is not known,
// "" when none is near.
func Nearest(name string, known []string) (best string) {
	distance := len(name)/2 + 1
	for _, k := range known {
		if d := editDistance(name, k); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// editDistance counts the letters to add, drop or change (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			before, row[j] = row[j], min(row[j]+1, row[j-1]+1, before+cost)
		}
	}
	return row[len(b)]
}
