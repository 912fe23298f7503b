package find

import (
	"strings"
	"sync"
	"unicode"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/lang/fr"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"

	"socle/internal/query"
)

// longestWord is how many bytes of a word are kept.
const longestWord = 64

// words lists the words of a text: lower case, no accents, letters and digits.
func words(text string) []string {
	folded := query.Fold(make([]byte, 0, len(text)+8), []byte(text))
	list := strings.FieldsFunc(string(folded), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range list {
		if len(w) > longestWord {
			list[i] = strings.ToValidUTF8(w[:longestWord], "")
		}
	}
	return list
}

// stopWords are those that tell nothing, in both languages, folded; one letter
// (l', d') is always one.
var stopWords = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, list := range [][]byte{fr.FrenchStopWords, en.EnglishStopWords} {
		m := analysis.NewTokenMap()
		if m.LoadBytes(list) != nil {
			continue
		}
		for w := range m {
			for _, f := range words(w) {
				out[f] = true
			}
		}
	}
	for _, w := range []string{"ete", "or", "car", "point", "son"} { // also words of the field: été, or, car, point
		delete(out, w)
	}
	return out
})

func isStop(word string) bool {
	return len(word) == 1 && (word[0] < '0' || word[0] > '9') || stopWords()[word]
}

// mostRoots is how many words the roots of are remembered.
const mostRoots = 50_000

// roots remembers the roots of words: the same ones come again and again.
var roots struct {
	sync.RWMutex
	of map[string][]string
}

// stems are the roots of a folded word, in French and, when it is another, in
// English. A number and a short word are their own. What is returned is shared: it
// is read only.
func stems(word string) []string {
	if len(word) < 4 || strings.ContainsAny(word, "0123456789") {
		return []string{word}
	}
	roots.RLock()
	known, ok := roots.of[word]
	roots.RUnlock()
	if ok {
		return known
	}
	out := rootsOf(word)
	roots.Lock()
	defer roots.Unlock()
	if roots.of == nil || len(roots.of) >= mostRoots {
		roots.of = make(map[string][]string)
	}
	roots.of[strings.Clone(word)] = out
	return out
}

func rootsOf(word string) []string {
	env := snowballstem.NewEnv(word)
	french.Stem(env)
	out := []string{env.Current()}
	env = snowballstem.NewEnv(word)
	english.Stem(env)
	if s := env.Current(); s != out[0] {
		out = append(out, s)
	}
	return out
}

// rooted analyses a text for Bleve: the roots of its words.
type rooted struct{}

func (rooted) Analyze(text []byte) analysis.TokenStream { return tokens(rootsIn(words(string(text)))) }

// rootsIn are the roots of the words that tell something.
func rootsIn(list []string) []string {
	out := make([]string, 0, len(list))
	for _, w := range list {
		if !isStop(w) {
			out = append(out, stems(w)...)
		}
	}
	return out
}

// tokens are the words as Bleve takes them, each once.
func tokens(list []string) analysis.TokenStream {
	seen := make(map[string]bool, len(list))
	out := make(analysis.TokenStream, 0, len(list))
	for _, w := range list {
		if w != "" && !seen[w] {
			seen[w] = true
			out = append(out, &analysis.Token{Term: []byte(w), Position: len(out) + 1, Type: analysis.AlphaNumeric})
		}
	}
	return out
}
