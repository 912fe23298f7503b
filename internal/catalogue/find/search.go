package find

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema/national"
)

// Dimension is what a search may be narrowed by.
type Dimension string

const (
	Producer  Dimension = "organisation" // identity.OrganisationID
	Authority Dimension = "kind"         // identity.OrganisationKind
	Theme     Dimension = "theme"
	Keyword   Dimension = "keyword" // folded
	Schema    Dimension = "schema"  // id, in any version
	Licence   Dimension = "licence"
	Format    Dimension = "format"  // "table", or that of a file or a link
	Zone      Dimension = "zone"    // kind:code
	Freshness Dimension = "updated" // week, month, year (each with those before), older
	Map       Dimension = "map"     // yes, no
)

// Dimensions lists them in the order of pages. Keywords are not counted.
var Dimensions = []Dimension{Theme, Producer, Authority, Schema, Format, Map, Zone, Freshness, Licence, Keyword}

// Order is the order of results.
type Order string

const (
	ByRelevance Order = "relevance"
	ByModified  Order = "modified" // the last changed first
	ByTitle     Order = "title"
	ByUse       Order = "use" // the most asked for first
)

// Orders lists them.
var Orders = []Order{ByRelevance, ByModified, ByUse, ByTitle}

// Query is what is looked for. Without Text, all; ByRelevance is then ByModified.
type Query struct {
	Text   string
	Where  map[Dimension]string // one value each
	Order  Order
	Offset int // at most MaxOffset
	Limit  int // 1 to 200
}

// MaxOffset is how deep one may go in the results; further, narrow.
const MaxOffset = 10_000

// Result is a page of what was found, and what is around it. All counts are
// exact, of what the actor may see.
type Result struct {
	Datasets      []catalogue.DatasetID
	Total         int
	Facets        map[Dimension][]Tally   // without the condition on that dimension; the most frequent first
	Mended        []Mended                // words that nothing has
	Partial       bool                    // no dataset has all words: these have some
	Near          []string                // when nothing was found: words that something has
	Organisations []identity.Organisation // whose name has the words; at most 5
	Schemas       []national.Entry        // the same
}

// Tally is how many datasets have a value.
type Tally struct {
	Value string
	Count int
	Name  string // of a Zone, as a dataset tells it; "" else
}

// mostValues is how many values of a facet are given.
const mostValues = 200

// Search finds datasets that the actor may see. Kinds: Busy (the index is being
// made).
func (s *Service) Search(ctx context.Context, a identity.Actor, q Query) (r Result, err error) {
	defer errs.Wrap(&err, "find.Search")
	l, done, err := s.fresh(ctx)
	if err != nil {
		return r, err
	}
	defer done()
	m := newMatcher(ctx, l, a)
	list := split(q.Text)
	var found scores
	if len(list) > 0 {
		clauses, err := m.clauses(list)
		if err != nil {
			return r, err
		}
		if found, err = m.join(clauses, &r); err != nil {
			return r, err
		}
		r.Organisations, r.Schemas = l.named(l.meant(list, r.Mended), 5, false)
	}
	s.narrow(m, &r, q, found, len(list) > 0)
	return r, nil
}

// join puts the parts of a query together: all of them, else as many as there
// may be.
func (m *matcher) join(clauses []clause, r *Result) (scores, error) {
	var lists, some []scores
	for _, c := range clauses {
		if c.mended != nil {
			r.Mended = append(r.Mended, *c.mended)
		}
		lists = append(lists, c.found)
		if c.found.any() {
			some = append(some, slices.Clone(c.found))
		}
	}
	if all := every(lists); all.any() {
		return all, nil
	}
	if len(some) == 0 {
		for _, c := range clauses { // nothing like it with few mistakes: allow one more
			for _, w := range c.said {
				if len(w) >= 4 && strings.Trim(w, "0123456789") != "" {
					near, err := m.near(w, 2)
					if err != nil {
						return nil, err
					}
					r.Near = append(r.Near, near...)
				}
			}
		}
		return nil, nil
	}
	r.Partial = len(clauses) > 1
	out, count := make(scores, len(m.l.docs)), make([]uint8, len(m.l.docs))
	most := uint8(0)
	for _, s := range some {
		for i, x := range s {
			if x > 0 {
				out[i] += x
				count[i]++
				most = max(most, count[i])
			}
		}
	}
	for i := range out {
		if count[i] < most {
			out[i] = 0
		}
	}
	return out, nil
}

// narrow keeps what meets the conditions, counts and orders it.
func (s *Service) narrow(m *matcher, r *Result, q Query, found scores, text bool) {
	l := m.l
	now := s.o.Now()
	where := l.conditions(q)
	freshness := slices.IndexFunc(where, func(c condition) bool { return c.dim == Freshness })
	counts := make([]int, len(l.values))
	var byAge [len(ages)]int
	top := newBest(l, q, found, text)
	for i := range l.docs {
		if !m.see[i] || text && (found == nil || found[i] == 0) {
			continue
		}
		f := &l.docs[i]
		fails, failed := 0, 0
		for j, c := range where {
			if !c.met(f, now) {
				fails, failed = fails+1, j
			}
		}
		if fails > 1 {
			continue
		}
		if fails == 0 {
			r.Total++
			top.add(int32(i))
			for _, v := range f.values {
				counts[v]++
			}
		} else if failed != freshness {
			for _, v := range f.values {
				if strings.HasPrefix(l.values[v], string(where[failed].dim)+":") {
					counts[v]++
				}
			}
		}
		if fails == 0 || failed == freshness {
			byAge[age(f.DataAt, now)]++
		}
	}
	r.Facets = l.tallies(counts, byAge)
	for _, at := range top.page() {
		r.Datasets = append(r.Datasets, l.docs[at].ID)
	}
}

type condition struct {
	dim    Dimension
	value  string
	number uint32
	known  bool
}

// conditions are those of a query, in the order of Dimensions.
func (l *library) conditions(q Query) (where []condition) {
	for _, d := range Dimensions {
		if value := q.Where[d]; value != "" {
			n, ok := l.names[string(d)+":"+value]
			where = append(where, condition{dim: d, value: value, number: n, known: ok})
		}
	}
	return where
}

func (c condition) met(f *fact, now time.Time) bool {
	if c.dim == Freshness {
		return aged(age(f.DataAt, now), c.value)
	}
	return c.known && slices.Contains(f.values, c.number)
}

func (l *library) tallies(counts []int, byAge [len(ages)]int) map[Dimension][]Tally {
	out := map[Dimension][]Tally{}
	for i, n := range counts {
		if n > 0 && !strings.HasPrefix(l.values[i], string(Keyword)+":") { // too many to choose from
			dim, value, _ := strings.Cut(l.values[i], ":")
			out[Dimension(dim)] = append(out[Dimension(dim)], Tally{Value: value, Count: n, Name: l.zones[l.values[i]]})
		}
	}
	for d, list := range out {
		slices.SortFunc(list, func(a, b Tally) int {
			return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value))
		})
		out[d] = list[:min(len(list), mostValues)]
	}
	within := 0
	for i, v := range ages {
		n := byAge[i]
		if i < len(ages)-1 {
			within += n
			n = within
		}
		if n > 0 {
			out[Freshness] = append(out[Freshness], Tally{Value: v, Count: n})
		}
	}
	return out
}

// topList keeps the first results in an order, without sorting all.
type topList struct {
	before       func(a, b int32) int
	keep, offset int
	list         []int32 // the first keep of them sorted once it is full
	full         bool
}

func newBest(l *library, q Query, found scores, text bool) *topList {
	offset := min(max(q.Offset, 0), MaxOffset)
	t := &topList{offset: offset, keep: offset + min(max(q.Limit, 1), 200)}
	recent := func(a, b int32) int { return int(l.docs[a].recency) - int(l.docs[b].recency) }
	switch {
	case q.Order == ByTitle:
		t.before = func(a, b int32) int {
			return cmp.Or(strings.Compare(l.docs[a].titleFold, l.docs[b].titleFold), cmp.Compare(l.docs[a].ID, l.docs[b].ID))
		}
	case q.Order == ByUse:
		t.before = func(a, b int32) int { return cmp.Or(cmp.Compare(l.docs[b].use, l.docs[a].use), recent(a, b)) }
	case q.Order == ByModified || !text:
		t.before = recent
	default:
		t.before = func(a, b int32) int {
			if x, y := found[a], found[b]; x != y {
				return cmp.Compare(y, x)
			}
			return recent(a, b)
		}
	}
	return t
}

func (t *topList) add(at int32) {
	if t.full && t.before(at, t.list[t.keep-1]) >= 0 {
		return
	}
	if t.list = append(t.list, at); len(t.list) >= 2*t.keep+64 {
		slices.SortFunc(t.list, t.before)
		t.list, t.full = t.list[:t.keep], true
	}
}

func (t *topList) page() []int32 {
	slices.SortFunc(t.list, t.before)
	t.list = t.list[:min(len(t.list), t.keep)]
	return t.list[min(t.offset, len(t.list)):]
}

// Suggestion is a dataset that a person may mean.
type Suggestion struct {
	Title string
	Slug  string
}

// Suggestions are what may be meant by the beginning of a query.
type Suggestions struct {
	Datasets      []Suggestion
	Organisations []identity.Organisation
	Schemas       []national.Entry
}

// mostSuggestions is how many of each sort are given.
const mostSuggestions = 5

// Suggest says what may be meant by a query that is being typed: its last word is
// perhaps only begun. Kinds: Busy (the index is being made).
func (s *Service) Suggest(ctx context.Context, a identity.Actor, text string) (out Suggestions, err error) {
	defer errs.Wrap(&err, "find.Suggest")
	l, done, err := s.fresh(ctx)
	if err != nil {
		return out, err
	}
	defer done()
	list := split(text)
	if len(list) == 0 {
		return out, nil
	}
	out.Organisations, out.Schemas = l.named(l.meant(list, nil), mostSuggestions, true)
	m := newMatcher(ctx, l, a)
	clauses, err := m.clauses(list[:len(list)-1])
	if err != nil {
		return out, err
	}
	last, err := m.beginning(list[len(list)-1])
	if err != nil {
		return out, err
	}
	lists := []scores{last}
	for _, c := range clauses {
		lists = append(lists, c.found)
	}
	found := every(lists)
	if !found.any() {
		return out, nil
	}
	top := newBest(l, Query{Limit: mostSuggestions}, found, true)
	for i, x := range found {
		if x > 0 {
			top.add(int32(i))
		}
	}
	for _, at := range top.page() {
		out.Datasets = append(out.Datasets, Suggestion{Title: l.docs[at].Title, Slug: l.docs[at].Slug})
	}
	return out, nil
}

// beginning scores the titles that have a word beginning so; else, the word as
// in a search.
func (m *matcher) beginning(w string) (scores, error) {
	list, err := m.begun(w)
	if err != nil {
		return nil, err
	}
	out, some := make(scores, len(m.l.docs)), false
	for i, x := range list {
		err := m.term(titleExact, x, func(at int32) {
			some = true
			out[at] += 1 / float32(1+i) / float32(max(m.l.docs[at].titleWords, 1))
		})
		if err != nil {
			return nil, err
		}
	}
	if some {
		return out, nil
	}
	c, err := m.clauses(phrase{w})
	if err != nil || len(c) == 0 {
		return nil, err
	}
	return c[0].found, nil
}
