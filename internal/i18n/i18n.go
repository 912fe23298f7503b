package i18n

import (
	"embed"
	"fmt"
	"path"
	"sort"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
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
// are written in the language, all else as it is.
type Args = map[string]any

type catalogue struct {
	bundle     *goi18n.Bundle
	localizers map[Lang]*goi18n.Localizer
	plain      map[Lang]map[string]string // messages without placeholder or plural
}

var load = sync.OnceValue(func() *catalogue {
	c := &catalogue{bundle: goi18n.NewBundle(language.French), localizers: map[Lang]*goi18n.Localizer{}, plain: map[Lang]map[string]string{}}
	c.bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	files, err := locales.ReadDir("locales")
	if err != nil {
		panic(err)
	}
	for _, l := range Langs {
		c.plain[l] = map[string]string{}
		c.localizers[l] = goi18n.NewLocalizer(c.bundle, string(l))
	}
	for _, f := range files {
		mf, err := c.bundle.LoadMessageFileFS(locales, path.Join("locales", f.Name()))
		if err != nil {
			panic(fmt.Sprintf("i18n: %s: %v", f.Name(), err))
		}
		l := Lang(mf.Tag.String())
		for _, m := range mf.Messages {
			if m.One == "" && m.Many == "" && !strings.Contains(m.Other, "{{") {
				c.plain[l][m.ID] = m.Other
			}
		}
	}
	return c
})

// T returns the message of a key. An unknown key comes back in brackets, which
// the tests of the pages look for.
func T(l Lang, key string, args ...Args) string {
	c := load()
	if l != English {
		l = French
	}
	if s, ok := c.plain[l][key]; ok {
		return s
	}
	cfg := &goi18n.LocalizeConfig{MessageID: key}
	if len(args) > 0 {
		cfg.TemplateData = say(l, args[0])
		if n, ok := args[0]["Count"]; ok {
			cfg.PluralCount = fmt.Sprint(n)
		}
	}
	s, err := c.localizers[l].Localize(cfg)
	if err != nil && cfg.PluralCount != nil {
		// French has a form for millions ("many") that our messages do not need;
		// the form of two says the same.
		cfg.PluralCount = 2
		s, err = c.localizers[l].Localize(cfg)
	}
	if err != nil || s == "" {
		return "[" + key + "]"
	}
	return s
}

// Known reports whether a key has a message in the language.
func Known(l Lang, key string) bool {
	for _, m := range Messages(l) {
		if m.ID == key {
			return true
		}
	}
	return false
}

// Message is one message as written in its file.
type Message struct {
	ID               string
	One, Many, Other string
	File             string
}

// Messages lists the messages of a language, sorted by key.
func Messages(l Lang) []Message {
	files, _ := locales.ReadDir("locales")
	var out []Message
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), "."+string(l)+".toml") {
			continue
		}
		data, _ := locales.ReadFile(path.Join("locales", f.Name()))
		mf, err := goi18n.ParseMessageFileBytes(data, f.Name(), map[string]goi18n.UnmarshalFunc{"toml": toml.Unmarshal})
		if err != nil {
			panic(fmt.Sprintf("i18n: %s: %v", f.Name(), err))
		}
		for _, m := range mf.Messages {
			out = append(out, Message{ID: m.ID, One: m.One, Many: m.Many, Other: m.Other, File: f.Name()})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
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
