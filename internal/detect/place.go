package detect

import (
	"strings"
	"sync"

	"socle/internal/cog"
)

func isCommuneCode(s string) bool {
	s = strings.ToUpper(s)
	return cog.IsCommune(s) || cog.IsFormer(s)
}

func isPostalCode(s string) bool { return cog.IsPostalCode(s) }

func isDepartementCode(s string) bool {
	s = strings.ToUpper(s)
	if len(s) == 1 && s[0] >= '1' && s[0] <= '9' {
		s = "0" + s
	}
	_, ok := cog.Departement(s)
	return ok
}

func isRegionCode(s string) bool {
	if len(s) == 1 && s[0] >= '1' && s[0] <= '6' {
		s = "0" + s
	}
	_, ok := cog.Region(s)
	return ok && len(s) == 2
}

func isEPCI(s string) bool {
	d, ok := digits(s, 9)
	if !ok {
		return false
	}
	if _, known := cog.EPCI(d); known {
		return true
	}
	return isSIREN(d) && (strings.HasPrefix(d, "2000") || strings.HasPrefix(d, "24"))
}

func isEPCIName(s string) bool {
	_, ok := epciNames()[cog.FoldName(s)]
	return ok
}

// epciNames holds the names of EPCI as lists write them, with and without the
// letters of their kind.
var epciNames = sync.OnceValue(func() map[string]struct{} {
	m := map[string]struct{}{}
	for _, g := range cog.EPCIs() {
		name := cog.FoldName(g.Name)
		m[name] = struct{}{}
		for _, kind := range []string{"cc ", "ca ", "cu "} {
			if rest, ok := strings.CutPrefix(name, kind); ok {
				m[rest] = struct{}{}
				m["communaute de communes "+rest] = struct{}{}
				m["communaute d agglomeration "+rest] = struct{}{}
			}
		}
	}
	return m
})

func isCommuneName(s string) bool {
	return len(s) > 1 && len(s) <= 60 && len(cog.CommunesNamed(s)) > 0 || formerNamed(s)
}

// formerNamed tells whether a delegated, associated or merged commune had the name.
func formerNamed(s string) bool {
	if len(s) < 2 || len(s) > 60 {
		return false
	}
	_, ok := formerNames()[cog.FoldName(s)]
	return ok
}

var formerNames = sync.OnceValue(func() map[string]struct{} {
	m := map[string]struct{}{}
	for p := range cog.Communes() {
		for _, code := range p.Former {
			if f, ok := cog.FormerCommune(code); ok && f.Name != "" {
				m[cog.FoldName(f.Name)] = struct{}{}
			}
		}
	}
	return m
})

func isDepartementName(s string) bool {
	if len(s) < 3 || len(s) > 60 {
		return false
	}
	_, ok := cog.DepartementNamed(s)
	return ok
}

func isRegionName(s string) bool {
	if len(s) < 3 || len(s) > 60 {
		return false
	}
	if _, ok := cog.RegionNamed(s); ok {
		return true
	}
	return oldRegions[cog.FoldName(s)]
}

// oldRegions had these names until 2016 (loi 2015-29), or for some months of it.
var oldRegions = map[string]bool{
	"alsace": true, "aquitaine": true, "auvergne": true, "basse normandie": true, "haute normandie": true, "bourgogne": true, "centre": true,
	"champagne ardenne": true, "franche comte": true, "languedoc roussillon": true, "limousin": true, "lorraine": true, "midi pyrenees": true,
	"nord pas de calais": true, "picardie": true, "poitou charentes": true, "rhone alpes": true, "nord pas de calais picardie": true,
	"alsace champagne ardenne lorraine": true, "aquitaine limousin poitou charentes": true, "auvergne rhone alpes": true,
	"bourgogne franche comte": true, "languedoc roussillon midi pyrenees": true, "paca": true,
}

type countries struct{ two, three map[string]bool }

// countryTables holds the codes of the countries of ISO 3166-1.
var countryTables = sync.OnceValue(func() countries {
	c := countries{map[string]bool{}, map[string]bool{}}
	for _, country := range cog.Countries() {
		c.two[country.Two], c.three[country.Three] = true, true
	}
	return c
})

// isCountry knows their names in French and English.
func isCountry(s string) bool {
	if len(s) <= 2 || len(s) > 60 {
		return false
	}
	_, known := cog.CountryNamed(s)
	return known
}

func isCountry2(s string) bool { return countryTables().two[s] }
func isCountry3(s string) bool { return countryTables().three[s] }

// wayWords are kinds of ways in French addresses, and their short forms.
var wayWords = map[string]bool{
	"rue": true, "avenue": true, "av": true, "ave": true, "boulevard": true, "bd": true, "bld": true, "bvd": true, "place": true, "pl": true, "chemin": true,
	"che": true, "ch": true, "route": true, "rte": true, "impasse": true, "imp": true, "allee": true, "allees": true, "all": true, "quai": true, "cours": true,
	"square": true, "sq": true, "passage": true, "pass": true, "faubourg": true, "fbg": true, "lotissement": true, "lot": true, "residence": true, "res": true,
	"hameau": true, "ham": true, "villa": true, "cite": true, "esplanade": true, "promenade": true, "rond": true, "sentier": true, "ruelle": true, "traverse": true,
	"venelle": true, "zac": true, "za": true, "zi": true, "lieu": true, "lieudit": true, "bp": true, "cedex": true, "montee": true, "voie": true, "parvis": true,
	"mail": true, "galerie": true, "pont": true, "rocade": true, "autoroute": true, "domaine": true, "parc": true,
}

// isAddress sees the word of a way and another word beside it.
func isAddress(s string) bool {
	if len(s) > 200 {
		return false
	}
	found := 0
	list := strings.Fields(cog.FoldName(s))
	for _, w := range list {
		if wayWords[w] {
			found++
		}
	}
	return found > 0 && len(list) > found
}
