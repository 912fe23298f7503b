package national

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/schema"
)

//go:embed descriptors/*.json
var descriptors embed.FS

// Entry is a schema as a person reads it: a bundled one, or Listed.Entry.
type Entry struct {
	ID          string   // publisher/name, e.g. scdl/deliberations
	Version     string   // of the published format, e.g. 2.1.5
	Title       string   // French
	TitleEN     string   // English
	Description string   // French
	DescEN      string   // English
	Homepage    string   // of the published format
	Publisher   string   // who maintains the published format
	Licence     string   // of the published format, SPDX or "etalab-2.0"
	Basis       string   // law or order that asks for it, French; "" when none
	BasisEN     string   // the same in English
	Themes      []string // common-core, finance, mobility …
	Period      string   // the column that dates what a row tells; "" when none does
	Frequency   string   // how often such a table changes, by its very subject: ANNUAL; "" when that differs
	Fields      []Field  // in the order of the descriptor

	file string
	read *schema.Schema // of one that is not bundled
}

// Field is a column of a schema, as a person reads it.
type Field struct {
	Name     string
	Title    string // French
	TitleEN  string
	Desc     string // French
	DescEN   string
	Example  string // a value that is right; "" when the column is best left empty
	Type     string // Table Schema type
	Required bool
}

// Ref is how a schema is named on the command line and in the API: id@version.
func (e Entry) Ref() string { return e.ID + "@" + e.Version }

// Bundled reports whether the program has the schema itself.
func (e Entry) Bundled() bool { return e.file != "" }

// Name returns the title in the language.
func (e Entry) Name(l i18n.Lang) string { return inLang(l, e.Title, e.TitleEN) }

// About returns the description in the language.
func (e Entry) About(l i18n.Lang) string { return inLang(l, e.Description, e.DescEN) }

// Label returns the title of the column in the language.
func (f Field) Label(l i18n.Lang) string { return inLang(l, f.Title, f.TitleEN) }

// About returns the description of the column in the language.
func (f Field) About(l i18n.Lang) string { return inLang(l, f.Desc, f.DescEN) }

func inLang(l i18n.Lang, fr, en string) string {
	if l == i18n.English && en != "" {
		return en
	}
	return fr
}

// Descriptor returns the Table Schema descriptor of a bundled schema as JSON.
func (e Entry) Descriptor() []byte {
	data, err := descriptors.ReadFile(e.file)
	if err != nil {
		panic(fmt.Sprintf("national: %v", err)) // an entry is made from this very file
	}
	return data
}

// Schema returns the parsed descriptor. Parsed once, shared: do not change it.
func (e Entry) Schema() (s *schema.Schema, err error) {
	defer errs.Wrap(&err, "national.Schema(%s)", e.Ref())
	if e.read != nil {
		return e.read, nil
	}
	p, ok := parsed()[e.file]
	if !ok {
		return nil, errs.New(errs.NotFound, "national.unknown", errs.Args{"Ref": e.Ref()}).WithHint("national.unknown.hint")
	}
	return p()
}

var parsed = sync.OnceValue(func() map[string]func() (*schema.Schema, error) {
	m := map[string]func() (*schema.Schema, error){}
	for _, e := range index() {
		m[e.file] = sync.OnceValues(func() (*schema.Schema, error) { return schema.Parse(e.Descriptor()) })
	}
	return m
})

// List returns the bundled schemas, common core first, then by identifier. Of a
// schema with several versions the newest comes first.
func List() []Entry { return slices.Clone(index()) }

// Find returns the bundled schema of a reference: id, id@version, or the name
// alone when one publisher has it; case does not count. An unknown reference is
// NotFound, with the nearest known ones in Args["Near"].
func Find(ref string) (s *schema.Schema, err error) {
	e, err := Lookup(ref)
	if err != nil {
		return nil, err
	}
	return e.Schema()
}

// Lookup is Find for the index entry.
func Lookup(ref string) (e Entry, err error) {
	id, version, hasVersion := strings.Cut(strings.ToLower(strings.TrimSpace(ref)), "@")
	version = strings.TrimPrefix(version, "v")
	if version == "latest" {
		hasVersion = false
	}
	var versions []string
	var found []Entry
	for _, e := range index() {
		key := strings.ToLower(e.ID)
		if key != id && (strings.Contains(id, "/") || path.Base(key) != id) {
			continue
		}
		versions = append(versions, e.Version)
		if !hasVersion || strings.EqualFold(e.Version, version) {
			found = append(found, e)
		}
	}
	switch {
	case len(found) > 0 && sameID(found):
		return found[0], nil
	case len(found) == 0 && len(versions) > 0:
		return Entry{}, errs.New(errs.NotFound, "national.unknown-version",
			errs.Args{"Ref": ref, "Versions": strings.Join(versions, ", ")}).WithHint("national.unknown-version.hint")
	case len(found) > 1:
		return Entry{}, errs.New(errs.Invalid, "national.ambiguous",
			errs.Args{"Ref": ref, "Near": joinRefs(found)}).WithHint("national.ambiguous.hint")
	}
	near := Near(ref)
	if len(near) == 0 {
		return Entry{}, errs.New(errs.NotFound, "national.unknown", errs.Args{"Ref": ref}).WithHint("national.unknown.hint")
	}
	return Entry{}, errs.New(errs.NotFound, "national.unknown", errs.Args{"Ref": ref, "Near": joinRefs(near)}).WithHint("national.near.hint")
}

func sameID(es []Entry) bool {
	for _, e := range es[1:] {
		if e.ID != es[0].ID {
			return false
		}
	}
	return true
}

func joinRefs(es []Entry) string {
	var ids []string
	for _, e := range es {
		if !slices.Contains(ids, e.ID) {
			ids = append(ids, e.ID)
		}
	}
	return strings.Join(ids, ", ")
}

// index reads the members of every descriptor that a list needs.
var index = sync.OnceValue(func() []Entry {
	files, err := descriptors.ReadDir("descriptors")
	if err != nil {
		panic(fmt.Sprintf("national: %v", err))
	}
	var out []Entry
	for _, f := range files {
		e, err := readEntry(path.Join("descriptors", f.Name()))
		if err != nil {
			panic(fmt.Sprintf("national: %s: %v", f.Name(), err)) // embedded: a test reads them all
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int {
		if x, y := slices.Contains(a.Themes, "common-core"), slices.Contains(b.Themes, "common-core"); x != y {
			if x {
				return -1
			}
			return 1
		}
		if c := strings.Compare(a.ID, b.ID); c != 0 {
			return c
		}
		return -compareVersions(a.Version, b.Version)
	})
	return out
})

func readEntry(file string) (Entry, error) {
	data, err := descriptors.ReadFile(file)
	if err != nil {
		return Entry{}, err
	}
	var d struct {
		ID, Version, Title, Description, Homepage, Publisher, Licence, Basis string

		TitleEN string `json:"title:en"`
		DescEN  string `json:"description:en"`
		BasisEN string `json:"basis:en"`
		Themes  []string

		Period, Frequency string

		Fields []struct {
			Name, Title, Description, Example, Type string

			TitleEN     string `json:"title:en"`
			DescEN      string `json:"description:en"`
			Constraints struct{ Required bool }
		}
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return Entry{}, err
	}
	e := Entry{ID: d.ID, Version: d.Version, Title: d.Title, TitleEN: d.TitleEN, Description: d.Description, DescEN: d.DescEN,
		Homepage: d.Homepage, Publisher: d.Publisher, Licence: d.Licence, Basis: d.Basis, BasisEN: d.BasisEN, Themes: d.Themes, Period: d.Period, Frequency: d.Frequency, file: file}
	for _, f := range d.Fields {
		e.Fields = append(e.Fields, Field{Name: f.Name, Title: f.Title, TitleEN: f.TitleEN, Desc: f.Description, DescEN: f.DescEN,
			Example: f.Example, Type: f.Type, Required: f.Constraints.Required})
	}
	return e, nil
}

// compareVersions orders dotted versions by number.
func compareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.Atoi(as[i])
		y, errY := strconv.Atoi(bs[i])
		switch {
		case errX != nil || errY != nil:
			if c := strings.Compare(as[i], bs[i]); c != 0 {
				return c
			}
		case x != y:
			return x - y
		}
	}
	return len(as) - len(bs)
}
