package check

import (
	"sync"

	"socle/internal/cog"
	"socle/internal/i18n"
	"socle/internal/schema"
)

// codeCommune: the INSEE code of a commune, of today or former.
func codeCommune(cell []byte, _ *schema.Value) (string, i18n.Args) {
	if cog.IsCommune(cell) || cog.IsFormer(cell) {
		return "", nil
	}
	if cog.IsPostalCode(cell) {
		return "check.code-commune-insee.postal", nil
	}
	if len(cell) != 5 {
		return "check.code-commune-insee.length", nil
	}
	return "check.code-commune-insee", nil
}

// postalCode: a postal code that a commune uses.
func postalCode(cell []byte, _ *schema.Value) (string, i18n.Args) {
	if cog.IsPostalCode(cell) {
		return "", nil
	}
	if len(cell) != 5 {
		return "check.code-postal.length", nil
	}
	return "check.code-postal", nil
}

func communeName(cell []byte, _ *schema.Value) (string, i18n.Args) {
	name := string(cell)
	if len(name) <= 100 {
		for _, p := range cog.CommunesNamed(name) {
			if p.Name == name {
				return "", nil
			}
		}
	}
	return "check.commune", nil
}

func departementName(cell []byte, _ *schema.Value) (string, i18n.Args) {
	if a, ok := cog.DepartementNamed(string(cell)); ok && a.Name == string(cell) {
		return "", nil
	}
	return "check.departement", nil
}

func departementCode(cell []byte, _ *schema.Value) (string, i18n.Args) {
	if _, ok := cog.Departement(string(cell)); ok {
		return "", nil
	}
	return "check.code-departement", nil
}

func regionName(cell []byte, _ *schema.Value) (string, i18n.Args) {
	if a, ok := cog.RegionNamed(string(cell)); ok && a.Name == string(cell) {
		return "", nil
	}
	return "check.region", nil
}

func regionCode(cell []byte, _ *schema.Value) (string, i18n.Args) {
	if _, ok := cog.Region(string(cell)); ok {
		return "", nil
	}
	return "check.code-region", nil
}

// countries are the names of countries in French and their codes of two and three
// letters.
type countries struct{ names, two, three map[string]bool }

var loadCountries = sync.OnceValue(func() countries {
	c := countries{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, country := range cog.Countries() {
		c.names[country.French] = country.French != ""
		c.two[country.Two], c.three[country.Three] = true, true
	}
	return c
})

func countryName(cell []byte, _ *schema.Value) (string, i18n.Args) {
	if loadCountries().names[string(cell)] {
		return "", nil
	}
	return "check.pays", nil
}

func countryCode2(cell []byte, _ *schema.Value) (string, i18n.Args) {
	if loadCountries().two[string(cell)] {
		return "", nil
	}
	return "check.code-pays-iso2", nil
}

func countryCode3(cell []byte, _ *schema.Value) (string, i18n.Args) {
	if loadCountries().three[string(cell)] {
		return "", nil
	}
	return "check.code-pays-iso3", nil
}
