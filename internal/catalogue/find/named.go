package find

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"socle/internal/identity"
	"socle/internal/schema/national"
)

// calling is what something is called: the words of its name and their French roots.
type calling struct{ words, roots []string }

func callingOf(name string) (c calling) {
	c.words = words(name)
	for _, w := range c.words {
		c.roots = append(c.roots, stems(w)[0])
	}
	return c
}

// wanted is what a word of a query may stand for in a name: any of these words, which
// have these roots.
type wanted struct{ words, roots []string }

func (w *wanted) add(list ...string) {
	for _, x := range list {
		w.words, w.roots = append(w.words, x), append(w.roots, stems(x)[0])
	}
}

// in reports whether one of the words is one of a name, or begins one.
func (w wanted) in(c calling, begun bool) bool {
	for i, x := range w.words {
		for j, y := range c.words {
			if x == y || len(x) > 2 && c.roots[j] == w.roots[i] || (begun || len(x) > 3) && strings.HasPrefix(y, x) {
				return true
			}
		}
	}
	return false
}

// named is what is suggested beside datasets.
type named struct {
	Schema national.Entry
	calling
}

// callings gives what organisations and schemas are called, until give returns false.
func (l *library) callings(give func(calling) bool) {
	for _, o := range l.orgs {
		if !give(o.calling) {
			return
		}
	}
	for _, s := range l.schemas {
		if !give(s.calling) {
			return
		}
	}
}

// meant are the words that those of a query may stand for in names: each itself and what
// it was mended by; for one that no name has, those of names at most as many letters
// away as are forgiven elsewhere, with its first letter.
func (l *library) meant(list phrase, mended []Mended) []wanted {
	out := make([]wanted, len(list))
	for i, w := range list {
		out[i].add(w)
		for _, m := range mended {
			if m.Word == w {
				out[i].add(m.By...)
			}
		}
		known := false
		l.callings(func(c calling) bool {
			known = known || out[i].in(c, true)
			return !known
		})
		if most := mistakes(w); !known && most > 0 {
			l.callings(func(c calling) bool {
				for _, x := range c.words {
					if x[0] == w[0] && len(x) <= len(w)+most && len(w) <= len(x)+most && !slices.Contains(out[i].words, x) && distance(w, x) <= most {
						out[i].add(x)
					}
				}
				return true
			})
		}
	}
	return out
}

// named finds organisations and schemas by the words of their names, or their
// beginnings; by those of which the last word was only begun too.
func (l *library) named(list []wanted, most int, begun bool) (orgs []identity.Organisation, schemas []national.Entry) {
	has := func(c calling) bool {
		return !slices.ContainsFunc(list, func(w wanted) bool { return !w.in(c, begun) })
	}
	for _, o := range l.orgs {
		if has(o.calling) {
			orgs = append(orgs, o.Organisation)
		}
	}
	slices.SortFunc(orgs, func(a, b identity.Organisation) int {
		return cmp.Or(len(a.Name)-len(b.Name), strings.Compare(a.Name, b.Name))
	})
	for _, s := range l.schemas {
		if has(s.calling) {
			schemas = append(schemas, s.Schema)
		}
	}
	return orgs[:min(len(orgs), most)], schemas[:min(len(schemas), most)]
}

// SyncSchemas learns what schemas are called, after Sync.
func (s *Service) SyncSchemas(ctx context.Context) error {
	list, err := s.namedSchemas(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lib != nil {
		s.lib.schemas = list
	}
	return nil
}

// namedSchemas are the bundled schemas, then those of the national catalogue.
func (s *Service) namedSchemas(ctx context.Context) (out []named, err error) {
	list := national.List()
	if s.o.Schemas != nil {
		others, err := s.o.Schemas(ctx)
		if err != nil {
			return nil, err
		}
		for _, l := range others {
			list = append(list, l.Entry(nil))
		}
	}
	for _, e := range list {
		out = append(out, named{Schema: e, calling: callingOf(e.Title + " " + e.TitleEN + " " + strings.ReplaceAll(e.ID, "/", " "))})
	}
	return out, nil
}
