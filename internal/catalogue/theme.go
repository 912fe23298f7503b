package catalogue

// ThemeID is a stable code, also in addresses.
type ThemeID string

// Theme is a subject of local life.
type Theme struct {
	ID ThemeID
	EU string // code of the European authority list data-theme
}

const euThemes = "http://publications.europa.eu/resource/authority/data-theme/"

// LabelKey is the message key of the theme's name.
func (t Theme) LabelKey() string { return "catalogue.theme." + string(t.ID) }

// URI is the theme in the European authority list (DCAT-AP dcat:theme).
func (t Theme) URI() string { return euThemes + t.EU }

// Themes lists the subjects in the order in which pages show them.
var Themes = []Theme{
	{"municipal-life", "GOVE"},
	{"finance", "ECON"},
	{"education-childhood", "EDUC"},
	{"environment", "ENVI"},
	{"water-agriculture", "AGRI"},
	{"energy", "ENER"},
	{"mobility", "TRAN"},
	{"planning-housing", "REGI"},
	{"culture-sport-tourism", "EDUC"},
	{"health-solidarity", "HEAL"},
	{"economy-employment", "ECON"},
	{"population", "SOCI"},
	{"safety", "JUST"},
	{"digital", "TECH"},
}

// FindTheme returns a theme by its code.
func FindTheme(id ThemeID) (Theme, bool) {
	for _, t := range Themes {
		if t.ID == id {
			return t, true
		}
	}
	return Theme{}, false
}
