package find

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed synonyms.txt
var synonymText string

// phrase is words that stand together, without those that tell nothing.
type phrase []string

// groups are the lines of synonyms.txt.
var groups = sync.OnceValue(func() [][]phrase {
	var out [][]phrase
	for line := range strings.Lines(synonymText) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		var group []phrase
		for _, text := range strings.Split(line, ",") {
			if p := telling(words(text)); len(p) > 0 {
				group = append(group, p)
			}
		}
		out = append(out, group)
	}
	return out
})

// telling leaves out the words that tell nothing, unless all do.
func telling(list []string) phrase {
	out := slices.DeleteFunc(slices.Clone(list), isStop)
	if len(out) == 0 {
		return list
	}
	return out
}

// synonyms finds the longest phrase of the groups with which words begin: how
// many words it takes, and what else may be said. One word has none of its own: 0.
func synonyms(list []string) (taken int, others []phrase) {
	for _, group := range groups() {
		for _, p := range group {
			if len(p) < taken || len(p) > len(list) || !sameRoots(p, list[:len(p)]) {
				continue
			}
			if len(p) > taken {
				taken, others = len(p), nil
			}
			for _, o := range group {
				if !sameRoots(o, p) {
					others = append(others, o)
				}
			}
		}
	}
	return taken, others
}

func sameRoots(a, b []string) bool {
	return slices.EqualFunc(a, b, func(x, y string) bool { return x == y || stems(x)[0] == stems(y)[0] })
}
