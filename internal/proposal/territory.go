package proposal

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"socle/internal/catalogue"
	"socle/internal/cog"
)

// forAreas are the places kept for what is larger than a commune.
const forAreas = 3

// Territories proposes the communes, intercommunalities, départements and regions whose
// name holds what is typed, or that have the code; at most Most. The names that begin so
// come first, and of those the larger areas before the communes.
func (s *Service) Territories(q string) []catalogue.Zone {
	q = strings.Join(strings.Fields(q), " ")
	text := cog.FoldName(q)
	if len(q) < Shortest || len(q) > Longest || text == "" {
		return nil
	}
	type ranked struct {
		catalogue.Zone
		rank int
	}
	var list []ranked
	consider := func(k catalogue.ZoneKind, code, name string, further int) {
		at := strings.Index(" "+cog.FoldName(name), " "+text)
		if at < 0 && !strings.EqualFold(code, q) {
			return
		}
		list = append(list, ranked{catalogue.Zone{Kind: k, Code: code, Name: name}, min(at, 1) + further})
	}
	for _, r := range cog.Regions() {
		if d, ok := cog.Departement(r.Code); ok && d.Name == r.Name {
			continue // a territory overseas is proposed once
		}
		consider(catalogue.ZoneRegion, r.Code, r.Name, 0)
	}
	for _, d := range cog.Departements() {
		consider(catalogue.ZoneDepartement, d.Code, d.Name, 0)
	}
	for _, g := range cog.EPCIs() {
		consider(catalogue.ZoneEPCI, g.SIREN, g.Name, 1)
	}
	communes := s.matching(q)
	if len(list) > 0 {
		communes = communes[:min(len(communes), Most-forAreas)]
	}
	for _, c := range communes {
		list = append(list, ranked{communeZone(c), 0})
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	out := make([]catalogue.Zone, 0, Most)
	for _, x := range list[:min(len(list), Most)] {
		out = append(out, x.Zone)
	}
	return out
}

func communeZone(c cog.Place) catalogue.Zone {
	return catalogue.Zone{Kind: catalogue.ZoneCommune, Code: c.Code, Name: c.Name}
}

// TerritoryText is how a territory is written in a field: "Roques (31458)".
func TerritoryText(z catalogue.Zone) string {
	switch {
	case z.Name == "":
		return z.Code
	case z.Code == "":
		return z.Name
	}
	return z.Name + " (" + z.Code + ")"
}

var codedTerritory = regexp.MustCompile(`^(.*?)\s*\(([0-9A-Za-z]{2,9})\)$`)

// Territory reads what is written in a field: a name with its code, a code, or a name that
// one territory has, those of the host's département before others. What is none stays as
// the code of a Zone without kind, which the catalogue refuses.
func (s *Service) Territory(text string) catalogue.Zone {
	text = strings.Join(strings.Fields(text), " ")
	if m := codedTerritory.FindStringSubmatch(text); m != nil {
		if z, ok := coded(strings.ToUpper(m[2]), m[1]); ok {
			return z
		}
	}
	if z, ok := coded(strings.ToUpper(text), ""); ok {
		return z
	}
	if z, ok := s.named(text); ok {
		return z
	}
	return catalogue.Zone{Code: text}
}

// coded is the territory of an official code. A département and a region may have the
// same: the name decides, else it is the département. A commune that is no more stays.
func coded(code, name string) (catalogue.Zone, bool) {
	if c, ok := cog.Commune(code); ok {
		return communeZone(c), true
	}
	if c, ok := cog.FormerCommune(code); ok {
		return catalogue.Zone{Kind: catalogue.ZoneCommune, Code: code, Name: cmp.Or(c.Name, name)}, true
	}
	if g, ok := cog.EPCI(code); ok {
		return catalogue.Zone{Kind: catalogue.ZoneEPCI, Code: code, Name: g.Name}, true
	}
	region, isRegion := cog.Region(code)
	if d, ok := cog.Departement(code); ok && (!isRegion || d.Name == region.Name || cog.FoldName(region.Name) != cog.FoldName(name)) {
		return catalogue.Zone{Kind: catalogue.ZoneDepartement, Code: code, Name: d.Name}, true
	}
	if isRegion {
		return catalogue.Zone{Kind: catalogue.ZoneRegion, Code: code, Name: region.Name}, true
	}
	if len(code) == 2 && name != "" && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return catalogue.Zone{Kind: catalogue.ZoneCountry, Code: code, Name: name}, true
	}
	return catalogue.Zone{}, false
}

// named is the one territory of a name.
func (s *Service) named(name string) (catalogue.Zone, bool) {
	folded := cog.FoldName(name)
	if folded == "" {
		return catalogue.Zone{}, false
	}
	for _, in := range []string{s.o.Territory, ""} {
		if c, ok := cog.CommuneNamed(name, in); ok {
			return communeZone(c), true
		}
	}
	if d, ok := cog.DepartementNamed(name); ok {
		return catalogue.Zone{Kind: catalogue.ZoneDepartement, Code: d.Code, Name: d.Name}, true
	}
	if r, ok := cog.RegionNamed(name); ok {
		return catalogue.Zone{Kind: catalogue.ZoneRegion, Code: r.Code, Name: r.Name}, true
	}
	for _, g := range cog.EPCIs() {
		if cog.FoldName(g.Name) == folded {
			return catalogue.Zone{Kind: catalogue.ZoneEPCI, Code: g.SIREN, Name: g.Name}, true
		}
	}
	if folded == "france" {
		return catalogue.Zone{Kind: catalogue.ZoneCountry, Code: "FR", Name: "France"}, true
	}
	return catalogue.Zone{}, false
}
