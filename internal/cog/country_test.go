package cog

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

var update = flag.Bool("update", false, "write countries.tsv anew")

// The countries are those of the CLDR that the module golang.org/x/text holds.
func TestCountriesAreThoseOfTheCLDR(t *testing.T) {
	var b strings.Builder
	french, english := display.French.Regions(), display.English.Regions()
	for first := 'A'; first <= 'Z'; first++ {
		for second := 'A'; second <= 'Z'; second++ {
			code := string([]rune{first, second})
			r, err := language.ParseRegion(code)
			if err != nil || !r.IsCountry() || r.IsPrivateUse() || r.String() != code || r.Canonicalize() != r || len(r.ISO3()) != 3 || r.ISO3() == "ZZZ" {
				continue
			}
			fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", code, r.ISO3(), french.Name(r), english.Name(r))
		}
	}
	if *update {
		if err := os.WriteFile("countries.tsv", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if b.String() != countriesFile {
		t.Error("countries.tsv is not that of the CLDR: go test ./internal/cog -run Countries -update")
	}
}

func TestCountryNamed(t *testing.T) {
	for name, code := range map[string]string{"cote d'ivoire": "CI", "Germany": "DE", "ALLEMAGNE": "DE", "États-Unis": "US"} {
		if c, ok := CountryNamed(name); !ok || c.Two != code {
			t.Errorf("%s: %v %v, want %s", name, c, ok, code)
		}
	}
	for _, name := range []string{"Occitanie", "", " "} {
		if c, ok := CountryNamed(name); ok {
			t.Errorf("%q is %v", name, c)
		}
	}
	names := map[string]string{}
	for _, c := range Countries() {
		for _, name := range []string{c.French, c.English} {
			if other := names[FoldName(name)]; name != "" && other != "" && other != c.Two {
				t.Errorf("%s means %s and %s", name, other, c.Two)
			}
			names[FoldName(name)] = c.Two
		}
	}
	if n := len(Countries()); n < 245 || n > 260 {
		t.Errorf("%d countries", n)
	}
}
