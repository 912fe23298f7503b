package catalogueui

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Addresses that one sitemap does not hold are in parts, each once.
func TestSitemapParts(t *testing.T) {
	all := []sitemapURL{{Loc: "a"}, {Loc: "b"}, {Loc: "c"}, {Loc: "d"}, {Loc: "e"}}
	for _, c := range []struct {
		most  int
		asked string
		want  any
	}{
		{5, "", sitemap{URLs: all}},
		{2, "", sitemapIndex{Sitemaps: []sitemapURL{{Loc: "s?part=1"}, {Loc: "s?part=2"}, {Loc: "s?part=3"}}}},
		{2, "1", sitemap{URLs: all[:2]}},
		{2, "3", sitemap{URLs: all[4:]}},
		{2, "4", nil},
		{2, "0", nil},
		{2, "x", nil},
	} {
		if diff := cmp.Diff(c.want, sitemapPart(all, c.most, "s", c.asked)); diff != "" {
			t.Errorf("%d %q: %s", c.most, c.asked, diff)
		}
	}
}
