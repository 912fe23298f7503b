package follow

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"socle/internal/catalogue"
	"socle/internal/catalogue/find"
	"socle/internal/errs"
	"socle/internal/identity"
)

// Kind says what is followed.
type Kind string

const (
	Portal       Kind = "portal"       // all datasets
	Organisation Kind = "organisation" // those of a producer
	Dataset      Kind = "dataset"      // one
	Search       Kind = "search"       // those that a search finds
)

// Topic is what is followed; the field of its kind is set.
type Topic struct {
	Kind         Kind
	Organisation identity.OrganisationID
	Dataset      catalogue.DatasetID
	Search       Words
}

// Words is a search as the text of an address: "q" and the dimensions of
// find.Query, in the order of their names, without what is empty. The producer is
// named by its identifier.
type Words string

// maxWords bounds the text of a search, in bytes.
const maxWords = 1000

// ParseWords reads a search from the parameters of an address; others are left
// out. Kinds: Invalid (empty: follow the portal; too long).
func ParseWords(v url.Values) (Words, error) {
	out := url.Values{}
	if text := strings.Join(strings.Fields(v.Get("q")), " "); text != "" {
		out.Set("q", text)
	}
	for _, d := range find.Dimensions {
		if x := strings.TrimSpace(v.Get(string(d))); x != "" {
			out.Set(string(d), x)
		}
	}
	w := out.Encode()
	if w == "" || len(w) > maxWords || !utf8.ValidString(w) || strings.Contains(w, "%00") {
		return "", errs.New(errs.Invalid, "follow.search").WithHint("follow.search.hint")
	}
	return Words(w), nil
}

// Values is the search as parameters of an address.
func (w Words) Values() url.Values {
	v, err := url.ParseQuery(string(w))
	if err != nil {
		return url.Values{}
	}
	return v
}

// query is the search as the catalogue understands it: what changed last first.
func (w Words) query() find.Query {
	v := w.Values()
	q := find.Query{Text: v.Get("q"), Where: map[find.Dimension]string{}, Order: find.ByModified, Limit: 200}
	for _, d := range find.Dimensions {
		if x := v.Get(string(d)); x != "" {
			q.Where[d] = x
		}
	}
	if k := q.Where[find.Keyword]; k != "" {
		q.Where[find.Keyword] = identity.Fold(k)
	}
	return q
}

// key names the topic among those of one person or address.
func (t Topic) key() string {
	return string(t.Kind) + ":" + string(t.Organisation) + string(t.Dataset) + string(t.Search)
}

// valid reports whether the field of the kind, and no other, is set.
func (t Topic) valid() bool {
	set := []bool{t.Organisation != "", t.Dataset != "", t.Search != ""}
	want := slices.Index([]Kind{Organisation, Dataset, Search}, t.Kind)
	for i, is := range set {
		if is != (i == want) {
			return false
		}
	}
	return want >= 0 || t.Kind == Portal
}

// Pace says how often one is written to at most.
type Pace string

const (
	Soon   Pace = "soon"   // at most once an hour
	Daily  Pace = "daily"  // at seven in the morning
	Weekly Pace = "weekly" // on Mondays at seven
)

// Paces lists the paces, the quickest first; the message key of each is "follow.pace." + code.
var Paces = []Pace{Soon, Daily, Weekly}

// LabelKey is the message key of the pace's name.
func (p Pace) LabelKey() string { return "follow.pace." + string(p) }
