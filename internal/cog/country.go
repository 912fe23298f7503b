package cog

import (
	_ "embed"
	"strings"
	"sync"
)

// countries.tsv is made by the test of this file (go test ./internal/cog -run
// Countries -update) from the Unicode CLDR, Unicode License V3, as golang.org/x/text
// has it: a library that decodes its tables at every start of the program.
//
//go:embed countries.tsv
var countriesFile string

// Country is a country or territory of ISO 3166-1.
type Country struct {
	Two, Three      string // codes of two and three letters, in capitals
	French, English string // names of the Unicode CLDR; "" for some that are no more
}

// Countries lists the countries by their codes of two letters. The list is shared:
// do not write to it.
var Countries = sync.OnceValue(func() []Country {
	var out []Country
	for line := range strings.Lines(countriesFile) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		out = append(out, Country{f[0], f[1], f[2], f[3]})
	}
	return out
})

// CountryNamed finds a country by its French or English name, however written.
func CountryNamed(name string) (Country, bool) {
	c, ok := countriesNamed()[FoldName(name)]
	return c, ok
}

var countriesNamed = sync.OnceValue(func() map[string]Country {
	out := make(map[string]Country, 2*len(Countries()))
	for _, c := range Countries() {
		out[FoldName(c.French)], out[FoldName(c.English)] = c, c
	}
	delete(out, "")
	return out
})
