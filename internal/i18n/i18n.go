package i18n

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/template"

	"golang.org/x/text/language"
)

//go:embed locales/*.toml
var locales embed.FS

// Lang is a language that Socle speaks completely.
type Lang string

const (
	French  Lang = "fr"
	English Lang = "en"
)

// Langs lists the languages, the default first.
var Langs = []Lang{French, English}

// Args fills the placeholders of a message ({{.Name}}). "Count" also chooses
// the plural form and is written with separators; Bytes, Number and time.Time
// are written in the language, all else as it is. {{de .Name}} joins a name in French.
type Args = map[string]any

// message is a message that is ready, its placeholders parsed when first said.
type message struct {
	one, other form
}

type form struct {
	text   string
	parsed atomic.Pointer[template.Template]
}

func (f *form) filled() bool { return strings.Contains(f.text, "{{") }

func (f *form) say(args Args) string {
	if !f.filled() {
		return f.text
	}
	t := f.parsed.Load()
	if t == nil {
		var err error
		if t, err = template.New("").Funcs(phrases).Parse(f.text); err != nil {
			return ""
		}
		f.parsed.Store(t)
	}
	var b strings.Builder
	if t.Execute(&b, args) != nil {
		return ""
	}
	return b.String()
}

// french and english hold the messages by key, read when first needed.
var (
	french  = sync.OnceValue(func() map[string]*message { return ready(French) })
	english = sync.OnceValue(func() map[string]*message { return ready(English) })
)

func ready(l Lang) map[string]*message {
	list := written(l)
	out, room := make(map[string]*message, len(list)), make([]message, len(list))
	for i := range list {
		room[i].one.text, room[i].other.text = list[i].One, list[i].Other
		out[list[i].ID] = &room[i]
	}
	return out
}

func find(l Lang, key string) *message {
	if l == English {
		return english()[key]
	}
	return french()[key]
}

// T returns the message of a key. An unknown key comes back in brackets, which
// the tests of the pages look for.
func T(l Lang, key string, args ...Args) string {
	if l != English {
		l = French
	}
	m := find(l, key)
	if m == nil {
		return "[" + key + "]"
	}
	f, given := &m.other, Args(nil)
	if len(args) > 0 {
		if n, ok := args[0]["Count"]; ok && m.one.text != "" && single(l, n) {
			f = &m.one
		}
		if f.filled() {
			given = say(l, args[0])
		}
	}
	if s := f.say(given); s != "" {
		return s
	}
	return "[" + key + "]"
}

// single tells whether a quantity takes the form of one (CLDR plural rules):
// 0, 1 and what lies between in French, 1 alone in English.
func single(l Lang, n any) bool {
	text := strings.TrimPrefix(fmt.Sprint(n), "-")
	if l == English {
		return text == "1"
	}
	whole, _, _ := strings.Cut(text, ".")
	return whole == "0" || whole == "1"
}

// Known reports whether a key has a message in the language.
func Known(l Lang, key string) bool { return find(l, key) != nil }

// Messages lists the messages of a language, sorted by key.
func Messages(l Lang) []Message {
	out := written(l)
	slices.SortFunc(out, func(a, b Message) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// mostMessages is room for those of one language; more find room as well.
const mostMessages = 6000

// written reads the files of a language. They are in the program and its tests read
// them all: one that cannot be read is a mistake of ours.
func written(l Lang) (out []Message) {
	files, err := locales.ReadDir("locales")
	if err != nil {
		panic(err)
	}
	out = make([]Message, 0, mostMessages)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), "."+string(l)+".toml") {
			continue
		}
		data, err := locales.ReadFile(path.Join("locales", f.Name()))
		if err != nil {
			panic(err)
		}
		if out, err = parseFile(out, f.Name(), string(data)); err != nil {
			panic(err)
		}
	}
	return out
}

var matcher = language.NewMatcher([]language.Tag{language.French, language.English})

// Match chooses a language from an Accept-Language header; French when in doubt.
func Match(acceptLanguage string) Lang {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return French
	}
	_, i, conf := matcher.Match(tags...)
	if conf == language.No {
		return French
	}
	return Langs[i]
}
