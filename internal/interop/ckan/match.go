package ckan

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"socle/internal/errs"
	"socle/internal/query"
)

// Condition is a condition on packages, in the language of package_search: words,
// field:value, field:"several words", field:[a TO b], *:*, field:*, AND, OR, NOT, + and -,
// parentheses, also after a field. Words are looked for at the start of the words of title, name, notes,
// tags and organisation; case and accents are set aside.
type Condition struct {
	tree node
}

// node is a part of a condition.
type node interface{ holds(p *Package) bool }

type (
	all  []node
	anyN []node
	not  struct{ node }
	// term is a value of a field, or of the texts of a package when field is "".
	term struct{ field, value string }
	// span is [from TO to] or {from TO to}; "*" is no bound.
	span struct {
		field, from, to  string
		fromOut, toOut   bool
		fromTime, toTime bool
	}
)

const (
	maxSearch = 4000 // bytes
	maxDepth  = 20   // of parentheses
)

// ParseCondition reads a condition; "" holds for all packages. now is what NOW is. Errors: Invalid.
func ParseCondition(text string, now time.Time) (Condition, error) {
	if len(text) > maxSearch {
		return Condition{}, errs.New(errs.Invalid, "compat.ckan.search-long", errs.Args{"Max": maxSearch}).WithHint("compat.ckan.search-long.hint")
	}
	p := &conditionParser{list: searchTokens(text), now: now}
	c := Condition{}
	if len(p.list) == 0 {
		return c, nil
	}
	tree, err := p.either("", 0)
	if err == nil && p.at < len(p.list) {
		err = p.bad()
	}
	c.tree = tree
	return c, err
}

// Holds reports whether a package meets the condition.
func (c Condition) Holds(p *Package) bool { return c.tree == nil || c.tree.holds(p) }

// TitleScore is the score of a word of the title, more than all others of that word together.
const TitleScore = 8

// Score says how well a package meets the words of the condition: words of the title
// count more than those of tags, those more than those of the notes.
func (c Condition) Score(p *Package) int { return score(c.tree, p) }

func score(n node, p *Package) (total int) {
	switch n := n.(type) {
	case all:
		for _, part := range n {
			total += score(part, p)
		}
	case anyN:
		for _, part := range n {
			total += score(part, p)
		}
	case term:
		if n.field != "" && n.field != "title" && n.field != "text" {
			return 0
		}
		for i, texts := range [][]string{{p.Title, p.Name}, tagNames(p), {p.Notes}} {
			if begins(texts, n.value) {
				total += []int{TitleScore, 3, 1}[i]
			}
		}
	}
	return total
}

func (a all) holds(p *Package) bool {
	return !slices.ContainsFunc(a, func(n node) bool { return !n.holds(p) })
}

func (a anyN) holds(p *Package) bool {
	return slices.ContainsFunc(a, func(n node) bool { return n.holds(p) })
}

func (n not) holds(p *Package) bool { return !n.node.holds(p) }

func (t term) holds(p *Package) bool {
	if t.field == "*" || t.field == "" && t.value == "*" {
		return true
	}
	if t.field == "" || t.field == "text" {
		return begins(texts(p), t.value)
	}
	values := Values(p, t.field)
	if t.value == "*" {
		return len(values) > 0
	}
	if slices.Contains([]string{"title", "notes", "author", "maintainer"}, t.field) {
		return begins(values, t.value)
	}
	wanted := fold(t.value)
	head, open := strings.CutSuffix(wanted, "*")
	return slices.ContainsFunc(values, func(v string) bool {
		v = fold(v)
		return v == wanted || open && strings.HasPrefix(v, head)
	})
}

func (s span) holds(p *Package) bool {
	return slices.ContainsFunc(Values(p, s.field), func(v string) bool {
		low, high := compareBound(v, s.from, s.fromTime), compareBound(v, s.to, s.toTime)
		return (s.from == "*" || low > 0 || low == 0 && !s.fromOut) && (s.to == "*" || high < 0 || high == 0 && !s.toOut)
	})
}

func compareBound(value, bound string, isTime bool) int {
	if isTime {
		return strings.Compare(value, bound)
	}
	a, errA := strconv.ParseFloat(value, 64)
	b, errB := strconv.ParseFloat(bound, 64)
	if errA == nil && errB == nil {
		return cmp.Compare(a, b)
	}
	return strings.Compare(fold(value), fold(bound))
}

func fold(s string) string { return string(query.Fold(nil, []byte(s))) }

func tagNames(p *Package) (list []string) {
	for _, t := range p.Tags {
		list = append(list, t.Name)
	}
	return list
}

func texts(p *Package) []string {
	list := append([]string{p.Title, p.Name, p.Notes}, tagNames(p)...)
	if p.Organization != nil {
		list = append(list, p.Organization.Title)
	}
	for _, r := range p.Resources {
		list = append(list, r.Name)
	}
	return list
}

// begins reports whether all words of what is wanted follow each other in one of the texts,
// the last one perhaps going on.
func begins(list []string, wanted string) bool {
	wanted, _ = strings.CutSuffix(wanted, "*")
	words := strings.FieldsFunc(fold(wanted), notWord)
	if len(words) == 0 {
		return true
	}
	for _, text := range list {
		have := strings.FieldsFunc(fold(text), notWord)
		for i := 0; i+len(words) <= len(have); i++ {
			last := i + len(words) - 1
			if slices.Equal(have[i:last], words[:len(words)-1]) && strings.HasPrefix(have[last], words[len(words)-1]) {
				return true
			}
		}
	}
	return false
}

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// Fields that conditions, sorts and facets may name.
var searchFields = []string{"id", "name", "title", "title_string", "notes", "tags", "groups", "organization", "owner_org", "license_id", "license_title", "license", "res_format", "res_name", "res_type",
	"author", "author_email", "maintainer", "maintainer_email", "state", "type", "dataset_type", "private", "capacity", "metadata_created", "metadata_modified", "num_resources", "num_tags", "url", "version"}

// Searchable reports whether a condition may name a field.
func Searchable(field string) bool {
	return slices.Contains(searchFields, field) || strings.HasPrefix(field, "extras_")
}

// FacetFields are the fields of which values are counted.
var FacetFields = []string{"organization", "groups", "tags", "res_format", "license_id", "owner_org", "type", "dataset_type", "state"}

// Values are those of a field of a package, none when it is empty. Extras are named
// extras_ and their key.
func Values(p *Package, field string) (list []string) {
	if key, extra := strings.CutPrefix(field, "extras_"); extra {
		for _, e := range p.Extras {
			if e.Key == key {
				list = append(list, e.Value)
			}
		}
		return list
	}
	some := func(s *string) {
		if s != nil && *s != "" {
			list = append(list, *s)
		}
	}
	is := func(s string) { some(&s) }
	switch field {
	case "id":
		is(p.ID)
	case "name":
		is(p.Name)
	case "title", "title_string":
		is(p.Title)
	case "notes":
		is(p.Notes)
	case "tags":
		list = tagNames(p)
	case "groups":
		for _, g := range p.Groups {
			is(g.Name)
		}
	case "organization":
		if p.Organization != nil {
			is(p.Organization.Name)
		}
	case "owner_org":
		is(p.OwnerOrg)
	case "license_id", "license":
		is(p.LicenseID)
	case "license_title":
		is(p.LicenseTitle)
	case "res_format", "res_name", "res_type":
		for _, r := range p.Resources {
			switch {
			case field == "res_format" && !slices.Contains(list, r.Format):
				is(r.Format)
			case field == "res_name":
				is(r.Name)
			case field == "res_type":
				some(r.ResourceType)
			}
		}
	case "author":
		some(p.Author)
	case "author_email":
		some(p.AuthorEmail)
	case "maintainer":
		some(p.Maintainer)
	case "maintainer_email":
		some(p.MaintainerEmail)
	case "state":
		is(p.State)
	case "type", "dataset_type":
		is(p.Type)
	case "private":
		is(strconv.FormatBool(p.Private))
	case "capacity":
		is(map[bool]string{true: "private", false: "public"}[p.Private])
	case "metadata_created":
		is(p.MetadataCreated)
	case "metadata_modified":
		is(p.MetadataModified)
	case "num_resources":
		is(strconv.Itoa(len(p.Resources)))
	case "num_tags":
		is(strconv.Itoa(len(p.Tags)))
	case "url":
		some(p.URL)
	case "version":
		some(p.Version)
	}
	return list
}
