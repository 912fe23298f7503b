package cog

import (
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Kind is what a place of the COG is.
type Kind uint8

const (
	Municipality Kind = iota // commune of today
	Delegated                // commune déléguée of a commune nouvelle
	Associated               // commune associée
	District                 // municipal district of Paris, Lyon, Marseille
	Former                   // code that exists no more, its commune merged or renumbered
)

var kindNames = [...]string{"commune", "delegated", "associated", "district", "former"}

// String returns the kind's stable code.
func (k Kind) String() string { return kindNames[k] }

// Place is a commune, or what was or is a part of one.
type Place struct {
	Code           string // INSEE, 5 characters
	Name           string // official; "" for some codes that disappeared before 2017
	Kind           Kind
	Parent         string   // INSEE code of the commune of today that holds it; "" for a commune of today
	Departement    string   // code, 2 or 3 characters
	Region         string   // code
	Arrondissement string   // code; "" overseas and for parts of communes
	SIREN          string   // "" when it has none
	EPCI           string   // SIREN of its intercommunality with own taxes; "" when it has none
	EPT            string   // SIREN of its établissement public territorial (Grand Paris); "" elsewhere
	Population     int      // inhabitants (municipal population of the source); -1 when unknown
	PostalCodes    []string // sorted as in the source
	Former         []string // codes that were merged into it or that it had
	Box            Box      // zero when unknown
}

// Box is a rectangle in degrees, WGS 84.
type Box struct{ West, South, East, North float64 }

// Known reports whether the box is not the zero one.
func (b Box) Known() bool { return b != Box{} }

// Centre returns the middle of the place's box, WGS 84 degrees; false when no
// box is known. It is a point to draw a label at, not the town hall.
func (p Place) Centre() (lon, lat float64, ok bool) {
	return (p.Box.West + p.Box.East) / 2, (p.Box.South + p.Box.North) / 2, p.Box.Known()
}

// Group is an intercommunality: an EPCI with its own taxes, or an EPT.
type Group struct {
	SIREN      string
	Name       string
	Type       string // CC, CA, CU, METRO, MET69, EPT
	Financing  string // FPU, FA; "" for an EPT
	Population int    // municipal population
}

// Area is a région or a département.
type Area struct {
	Code   string
	Name   string
	Chief  string // INSEE code of its chief town; "" for some overseas territories
	Region string // of a département; "" for a région
}

// Commune returns the commune of today that has the INSEE code.
func Commune(code string) (Place, bool) {
	t := load()
	if i, ok := t.communes.find(code); ok {
		return t.commune(i), true
	}
	return Place{}, false
}

// FormerCommune returns the delegated, associated or former commune, or the
// municipal district, that has or had the code.
func FormerCommune(code string) (Place, bool) {
	t := load()
	if i, ok := t.others.find(code); ok {
		return t.other(i), true
	}
	return Place{}, false
}

// Successor returns the commune of today that answers for a code: itself when it
// still exists, else the commune it was merged into.
func Successor(code string) (Place, bool) {
	if p, ok := Commune(code); ok {
		return p, true
	}
	if p, ok := FormerCommune(code); ok {
		return Commune(p.Parent)
	}
	return Place{}, false
}

// Communes gives the communes of today, by code.
func Communes() iter.Seq[Place] {
	return func(yield func(Place) bool) {
		t := load()
		for i := range t.communes.len() {
			if !yield(t.commune(i)) {
				return
			}
		}
	}
}

// CommunesNamed returns the communes of today with a name, case, accents,
// hyphens and "St" for "Saint" not counting; in the order of their codes.
func CommunesNamed(name string) []Place {
	return load().named(FoldName(name))
}

// CommuneNamed returns the commune of today with the name in the département
// ("" for any); false when there is none or several.
func CommuneNamed(name, departement string) (Place, bool) {
	found := slices.DeleteFunc(CommunesNamed(name), func(p Place) bool {
		return departement != "" && p.Departement != departement
	})
	if len(found) != 1 {
		return Place{}, false
	}
	return found[0], true
}

// PostalCodes returns the postal codes of a commune of today or of a district.
func PostalCodes(insee string) []string {
	if p, ok := Commune(insee); ok {
		return p.PostalCodes
	}
	p, _ := FormerCommune(insee)
	return p.PostalCodes
}

// CommunesAt returns the communes of today that a postal code serves.
func CommunesAt(postalCode string) []Place {
	if !IsPostalCode(postalCode) {
		return nil
	}
	return load().where(cellPostal, func(codes string) bool { return strings.Contains(codes, postalCode) })
}

// EPCI returns the intercommunality, EPT included, that has the SIREN.
func EPCI(siren string) (Group, bool) {
	t := load()
	for _, groups := range [][]Group{t.epcis, t.epts} {
		if i, ok := groupIn(groups, siren); ok {
			return groups[i], true
		}
	}
	return Group{}, false
}

func groupIn(groups []Group, siren string) (int, bool) {
	return slices.BinarySearchFunc(groups, siren, func(g Group, s string) int { return strings.Compare(g.SIREN, s) })
}

// EPCIs returns the intercommunalities with their own taxes, by SIREN.
func EPCIs() []Group { return slices.Clone(load().epcis) }

// CommunesOf returns the members of an intercommunality or EPT, by code.
func CommunesOf(siren string) []Place {
	t := load()
	for cell, groups := range map[int][]Group{cellEPCI: t.epcis, cellEPT: t.epts} {
		if i, ok := groupIn(groups, siren); ok {
			number := strconv.Itoa(i + 1)
			return t.where(cell, func(n string) bool { return n == number })
		}
	}
	return nil
}

// Departement returns the département, or overseas territory, of a code.
func Departement(code string) (Area, bool) { return areaOf(load().departements, code) }

// Departements returns them all, by code.
func Departements() []Area { return slices.Clone(load().departements) }

// DepartementNamed finds a département by its name, written any way.
func DepartementNamed(name string) (Area, bool) { return areaNamed(load().departements, name) }

// Region returns the région, or overseas territory, of a code.
func Region(code string) (Area, bool) { return areaOf(load().regions, code) }

// Regions returns them all, by code.
func Regions() []Area { return slices.Clone(load().regions) }

// RegionNamed finds a région by its name, written any way.
func RegionNamed(name string) (Area, bool) { return areaNamed(load().regions, name) }

// Arrondissement returns the arrondissement (of the State) of a code of 3 or 4 characters.
func Arrondissement(code string) (Area, bool) { return areaOf(load().arrondissements, code) }

func areaOf(areas []Area, code string) (Area, bool) {
	i, ok := slices.BinarySearchFunc(areas, code, func(a Area, c string) int { return strings.Compare(a.Code, c) })
	if !ok {
		return Area{}, false
	}
	return areas[i], true
}

func areaNamed(areas []Area, name string) (Area, bool) {
	folded := FoldName(name)
	for _, a := range areas {
		if FoldName(a.Name) == folded {
			return a, true
		}
	}
	return Area{}, false
}

// DepartementOf returns the code of the département in front of an INSEE code:
// two characters, three overseas (97x, 98x).
func DepartementOf(insee string) string {
	if len(insee) < 3 {
		return ""
	}
	if insee[0] == '9' && (insee[1] == '7' || insee[1] == '8') {
		return insee[:3]
	}
	return insee[:2]
}
