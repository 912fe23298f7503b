package config

import (
	"reflect"
	"strings"

	"socle/internal/i18n"
)

// Field describes one setting.
type Field struct {
	Flag    string // smtp-host
	Env     string // SOCLE_SMTP_HOST
	Key     string // smtp.host, in the file; "" for the file's own name
	Section string // smtp; "" at the top
	Default string
	Enum    []string
	Secret  bool
	Bool    bool
	Doc     map[i18n.Lang]string
	value   reflect.Value
}

// Fields lists the settings in the order of the struct.
func Fields() []Field { return fieldsOf(new(Config)) }

// fieldsOf lists the settings of c, with their places.
func fieldsOf(c *Config) []Field {
	var out []Field
	var walk func(v reflect.Value, section, prefix string)
	walk = func(v reflect.Value, section, prefix string) {
		for i := range v.NumField() {
			sf := v.Type().Field(i)
			if _, ok := sf.Tag.Lookup("embed"); ok {
				p := sf.Tag.Get("prefix")
				walk(v.Field(i), strings.TrimSuffix(p, "-"), p)
				continue
			}
			name := sf.Tag.Get("name")
			f := Field{Flag: prefix + name, Section: section, Default: sf.Tag.Get("default"), value: v.Field(i), Bool: sf.Type.Kind() == reflect.Bool,
				Doc: map[i18n.Lang]string{i18n.French: sf.Tag.Get("fr"), i18n.English: sf.Tag.Get("en")}}
			f.Env = "SOCLE_" + strings.ToUpper(strings.ReplaceAll(f.Flag, "-", "_"))
			f.Key = strings.ReplaceAll(name, "-", "_")
			if section != "" {
				f.Key = section + "." + f.Key
			}
			if f.Flag == "config" {
				f.Key = "" // the file does not name itself
			}
			if e := sf.Tag.Get("enum"); e != "" {
				f.Enum = strings.Split(e, ",")
			}
			_, f.Secret = sf.Tag.Lookup("secret")
			out = append(out, f)
		}
	}
	walk(reflect.ValueOf(c).Elem(), "", "")
	return out
}

// sections lists the titles of the sections in a language, by name.
func sections(l i18n.Lang) map[string]string {
	out := map[string]string{}
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		if _, ok := t.Field(i).Tag.Lookup("embed"); ok {
			out[strings.TrimSuffix(t.Field(i).Tag.Get("prefix"), "-")] = t.Field(i).Tag.Get(string(l))
		}
	}
	return out
}

func find(fields []Field, flag string) (Field, bool) {
	for _, f := range fields {
		if f.Flag == flag {
			return f, true
		}
	}
	return Field{}, false
}
