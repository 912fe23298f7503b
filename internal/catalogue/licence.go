package catalogue

// LicenceID is the identifier that data.gouv.fr and SPDX know the licence by.
type LicenceID string

const (
	LicenceOuverte LicenceID = "etalab-2.0" // the default
	ODbL           LicenceID = "odc-odbl"
	NotSpecified   LicenceID = "notspecified" // of harvested datasets only
)

// Licence is one of the licences that an authority may choose.
type Licence struct {
	ID       LicenceID
	Name     string // official name, the same in both languages
	URL      string // its text; "" when there is none
	Software bool   // for code: offered for Files only
	Listed   bool   // in the list of article D. 323-2-1 of the code des relations entre le public et l'administration
}

// SummaryKey is the message key of what the licence asks, in plain words.
func (l Licence) SummaryKey() string {
	if l.Software {
		return "catalogue.licence.software"
	}
	return "catalogue.licence." + string(l.ID)
}

// Licences lists those of CRPA D. 323-2-1 (décret n° 2017-638), the default
// first, and the one of what is harvested without a licence.
var Licences = []Licence{
	{LicenceOuverte, "Licence Ouverte / Open Licence 2.0", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/", false, true},
	{ODbL, "Open Database License (ODbL) 1.0", "https://opendatacommons.org/licenses/odbl/1-0/", false, true},
	{"mit", "MIT License", "https://spdx.org/licenses/MIT.html", true, true},
	{"apache-2.0", "Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0", true, true},
	{"bsd-2-clause", "BSD 2-Clause License", "https://spdx.org/licenses/BSD-2-Clause.html", true, true},
	{"bsd-3-clause", "BSD 3-Clause License", "https://spdx.org/licenses/BSD-3-Clause.html", true, true},
	{"cecill-b", "CeCILL-B", "https://spdx.org/licenses/CECILL-B.html", true, true},
	{"cecill-2.1", "CeCILL 2.1", "https://spdx.org/licenses/CECILL-2.1.html", true, true},
	{"mpl-2.0", "Mozilla Public License 2.0", "https://www.mozilla.org/MPL/2.0/", true, true},
	{"gpl-3.0-or-later", "GNU General Public License 3.0 or later", "https://www.gnu.org/licenses/gpl-3.0.html", true, true},
	{"lgpl-3.0-or-later", "GNU Lesser General Public License 3.0 or later", "https://www.gnu.org/licenses/lgpl-3.0.html", true, true},
	{"agpl-3.0-or-later", "GNU Affero General Public License 3.0 or later", "https://www.gnu.org/licenses/agpl-3.0.html", true, true},
	{NotSpecified, "—", "", false, false},
}

// FindLicence returns a licence by its identifier.
func FindLicence(id LicenceID) (Licence, bool) {
	for _, l := range Licences {
		if l.ID == id {
			return l, true
		}
	}
	return Licence{}, false
}
