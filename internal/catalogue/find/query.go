package find

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"

	index "github.com/blevesearch/bleve_index_api"

	"socle/internal/catalogue"
	"socle/internal/identity"
)

// Bounds of what one search costs.
const (
	longestQuery  = 300 // bytes of a query that are read
	mostWords     = 10
	mostLikeWords = 12 // words of the index that stand for one mistyped, or begun
	mostScanned   = 4000
)

// split reads a query: its telling words, numbers of companies in one piece.
func split(text string) phrase {
	if len(text) > longestQuery {
		text = strings.ToValidUTF8(text[:longestQuery], "")
	}
	list := telling(joinNumbers(words(text)))
	return list[:min(len(list), mostWords)]
}

// joinNumbers puts together the groups of digits of a SIREN or a SIRET, as people
// write them: 213 104 219 00012.
func joinNumbers(list []string) []string {
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	var out []string
	for i := 0; i < len(list); i++ {
		n, whole := 0, ""
		for j := i; j < len(list) && digits(list[j]) && len(whole) < 14; j++ {
			whole += list[j]
			if j > i && (len(whole) == 9 || len(whole) == 14) {
				n = j - i + 1
			}
		}
		if n == 0 {
			out = append(out, list[i])
			continue
		}
		out = append(out, strings.Join(list[i:i+n], ""))
		i += n - 1
	}
	return out
}

// scores holds how well each dataset answers; 0: not at all.
type scores []float32

// matcher looks for words among what an actor sees.
type matcher struct {
	ctx context.Context
	l   *library
	see []bool // by place in docs
	n   int    // how many are seen
}

func newMatcher(ctx context.Context, l *library, a identity.Actor) *matcher {
	m := &matcher{ctx: ctx, l: l, see: slices.Clone(l.public)}
	for _, ok := range l.public {
		if ok {
			m.n++
		}
	}
	sees := catalogue.Sees(a)
	for k, places := range l.hidden {
		if !sees(k.state, k.owner) {
			continue
		}
		for _, at := range places {
			m.see[at] = true
		}
		m.n += len(places)
	}
	return m
}

// term gives the places of the seen documents that have a term in a field.
func (m *matcher) term(field, term string, give func(at int32)) error {
	r, err := m.l.reader.TermFieldReader(m.ctx, []byte(term), field, false, false, false)
	if err != nil {
		return err
	}
	defer r.Close()
	var doc index.TermFieldDoc
	for {
		d, err := r.Next(&doc)
		if err != nil || d == nil {
			return err
		}
		if n := d.ID.Value(); n < uint64(len(m.l.numbers)) {
			if at := m.l.numbers[n]; at >= 0 && m.see[at] {
				give(at)
			}
		}
	}
}

// seen reports whether a document that is seen has a word.
func (m *matcher) seen(word string) (bool, error) {
	found := false
	err := m.term(allExact, word, func(int32) { found = true })
	return found, err
}

// word scores the documents that have a word or its roots; nil when none has.
func (m *matcher) word(w string) (scores, error) {
	out := make(scores, len(m.l.docs))
	n := 0
	base := func(field, term string, weight float32) error {
		return m.term(field, term, func(at int32) {
			if out[at] == 0 {
				n++
			}
			out[at] += weight
		})
	}
	more := func(field, term string, weight float32) error {
		return m.term(field, term, func(at int32) {
			if field == titleExact || field == titleRoots { // a short title says more
				out[at] += weight / float32(math.Sqrt(float64(max(m.l.docs[at].titleWords, 1))))
			} else {
				out[at] += weight
			}
		})
	}
	roots := stems(w)
	if isStop(w) {
		roots = nil
	}
	if err := base(allExact, w, 0.5); err != nil {
		return nil, err
	}
	for _, r := range roots {
		if err := base(allRoots, r, 1); err != nil {
			return nil, err
		}
	}
	if n == 0 {
		return nil, nil
	}
	for i, r := range roots {
		if i > 0 {
			break // the French root is enough to tell titles apart
		}
		if err := more(titleRoots, r, 8); err != nil {
			return nil, err
		}
		if err := more(namesRoots, r, 2); err != nil {
			return nil, err
		}
	}
	if err := more(titleExact, w, 4); err != nil {
		return nil, err
	}
	out.scale(float32(math.Log(1 + float64(m.n)/float64(n))))
	return out, nil
}

func (s scores) scale(by float32) {
	for i := range s {
		s[i] *= by
	}
}

// every keeps what has a score in all lists, added; best takes the highest.
func every(lists []scores) scores {
	if len(lists) == 0 || slices.ContainsFunc(lists, func(s scores) bool { return s == nil }) {
		return nil
	}
	out := lists[0]
	for _, s := range lists[1:] {
		for i := range out {
			if s[i] == 0 {
				out[i] = 0
			} else if out[i] > 0 {
				out[i] += s[i]
			}
		}
	}
	return out
}

func best(a, b scores) scores {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	for i := range a {
		a[i] = max(a[i], b[i])
	}
	return a
}

// words scores what has all words of a phrase.
func (m *matcher) words(p phrase) (scores, error) {
	var lists []scores
	for _, w := range p {
		s, err := m.word(w)
		if err != nil || s == nil {
			return nil, err
		}
		lists = append(lists, s)
	}
	return every(lists), nil
}

// Mended is a word of a query that nothing has, and what was looked for instead.
type Mended struct {
	Word string
	By   []string
}

// clause is a part of a query that must be found: a word, or several that have
// synonyms.
type clause struct {
	said   phrase
	found  scores // nil: nowhere
	mended *Mended
}

// clauses scores the parts of a query, in its order.
func (m *matcher) clauses(list phrase) (out []clause, err error) {
	for len(list) > 0 {
		taken, others := synonyms(list)
		c := clause{said: list[:max(taken, 1)]}
		list = list[len(c.said):]
		if c.found, err = m.words(c.said); err != nil {
			return nil, err
		}
		for _, o := range others {
			s, err := m.words(o)
			if err != nil {
				return nil, err
			}
			if s != nil {
				s.scale(0.4) // what was said comes first
				c.found = best(c.found, s)
			}
		}
		if !c.found.any() && len(c.said) == 1 {
			if c.found, c.mended, err = m.mend(c.said[0]); err != nil {
				return nil, err
			}
		}
		out = append(out, c)
	}
	return out, nil
}

func (s scores) any() bool { return slices.ContainsFunc(s, func(x float32) bool { return x > 0 }) }

// mistakes is how many letters of a word may be wrong.
func mistakes(word string) int {
	switch n := len(word); {
	case n < 4 || strings.ContainsAny(word, "0123456789"):
		return 0
	case n < 8:
		return 1
	}
	return 2
}

// mend looks for the words of what is seen that a word was meant to be.
func (m *matcher) mend(word string) (scores, *Mended, error) {
	near, err := m.near(word, mistakes(word))
	if err != nil || len(near) == 0 {
		return nil, nil, err
	}
	var out scores
	for _, w := range near {
		s, err := m.word(w)
		if err != nil {
			return nil, nil, err
		}
		out = best(out, s)
	}
	return out, &Mended{Word: word, By: near}, nil
}

// near lists words of what is seen, at most so many letters away, the nearest
// and most frequent first. The first letter is held to be right, at first.
func (m *matcher) near(word string, mistakes int) ([]string, error) {
	fuzzy, ok := m.l.reader.(index.IndexReaderFuzzy)
	if !ok || mistakes == 0 {
		return nil, nil
	}
	for _, prefix := range []string{word[:1], ""} {
		d, err := fuzzy.FieldDictFuzzy(allExact, word, mistakes, prefix)
		if err != nil {
			return nil, err
		}
		list, err := m.entries(d, func(e *index.DictEntry) bool { return e.Term != word && strings.Trim(e.Term, "0123456789") != "" }, func(a, b index.DictEntry) int {
			if x, y := distance(word, a.Term), distance(word, b.Term); x != y {
				return x - y
			}
			return int(b.Count) - int(a.Count)
		})
		if err != nil || len(list) > 0 {
			return list[:min(len(list), 3)], err
		}
	}
	return nil, nil
}

// begun lists words of titles of what is seen that begin so, the most frequent
// first.
func (m *matcher) begun(prefix string) ([]string, error) {
	d, err := m.l.reader.FieldDictPrefix(titleExact, []byte(prefix))
	if err != nil {
		return nil, err
	}
	return m.entries(d, func(*index.DictEntry) bool { return true }, func(a, b index.DictEntry) int { return int(b.Count) - int(a.Count) })
}

// entries reads a dictionary, bounded: the first words in order that are seen.
func (m *matcher) entries(d index.FieldDict, keep func(*index.DictEntry) bool, order func(a, b index.DictEntry) int) (out []string, err error) {
	defer d.Close()
	var all []index.DictEntry
	for range mostScanned {
		e, err := d.Next()
		if err != nil {
			return nil, err
		}
		if e == nil {
			break
		}
		if keep(e) {
			all = append(all, *e)
		}
	}
	slices.SortStableFunc(all, order)
	for _, e := range all[:min(len(all), 4*mostLikeWords)] {
		ok, err := m.seen(e.Term)
		if err != nil {
			return nil, err
		}
		if ok {
			if out = append(out, e.Term); len(out) == mostLikeWords {
				break
			}
		}
	}
	return out, nil
}

// distance is how many letters differ (Levenshtein), two that changed places
// counting for one.
func distance(a, b string) int {
	x, y := bytes.Runes([]byte(a)), bytes.Runes([]byte(b))
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
