package catalogue

import (
	"time"

	"socle/internal/identity"
)

// DatasetID, ResourceID and VersionID are identifiers of package ids; they never
// change and are never used again.
type (
	DatasetID  string
	ResourceID string
	VersionID  string
)

// State says who sees a dataset.
type State string

const (
	Draft     State = "draft"     // members of its organisation only
	Published State = "published" // everyone
	Internal  State = "internal"  // members of its organisation and the host
	Withdrawn State = "withdrawn" // everyone sees a trace: title, organisation, when, why
)

// States lists the states.
var States = []State{Draft, Published, Internal, Withdrawn}

// LabelKey is the message key of the state's name.
func (s State) LabelKey() string { return "catalogue.state." + string(s) }

// Dataset is what is catalogued.
type Dataset struct {
	ID           DatasetID
	Slug         string // its address today; older ones answer too
	Organisation identity.OrganisationID
	Metadata
	State           State
	Revision        int // grows when an editor changes the description; given back to edit
	CreatedBy       string
	CreatedAt       time.Time
	ModifiedAt      time.Time // metadata or data
	DataAt          time.Time // last version or link; zero when none
	PublishedAt     time.Time // first publication; zero before
	WithdrawnAt     time.Time // zero unless withdrawn
	WithdrawnReason string
	Demonstration   bool       // invented for the demonstration: pages and exports say so
	Resources       []Resource // in order; without their versions in lists
}

// Metadata is the description of a dataset: what its editors fill in.
type Metadata struct {
	Title       string // 1 to 200 characters
	Description string // Markdown, at most 20,000 characters
	Licence     LicenceID
	Themes      []ThemeID
	Keywords    []string // at most 30, of 2 to 60 characters
	Frequency   FrequencyID
	Contact     Contact
	Temporal    Period
	Spatial     Coverage
	Language    string // ISO 639-1; "fr" when empty
	Schema      SchemaRef
}

// Contact is whom to ask: a service rather than a person.
type Contact struct {
	Name  string
	Email string
}

// Period is the time that the data is about: civil dates YYYY-MM-DD, both ends
// included, either of them empty when open.
type Period struct {
	Start string
	End   string
}

// IsZero reports whether nothing is known.
func (p Period) IsZero() bool { return p.Start == "" && p.End == "" }

// Coverage is the territory that the data is about.
type Coverage struct {
	Zones       []Zone
	Granularity Granularity // "" when unknown
}

// IsZero reports whether nothing is known.
func (c Coverage) IsZero() bool { return len(c.Zones) == 0 && c.Granularity == "" }

// Zone is a territory by its official code: INSEE code of a commune (31433),
// SIREN of an EPCI (243100633), code of a département (31, 2A) or of a region
// (76), ISO code of a country (FR).
type Zone struct {
	Kind ZoneKind
	Code string
	Name string
}

// ZoneKind says which code a Zone bears.
type ZoneKind string

const (
	ZoneCommune     ZoneKind = "commune"
	ZoneEPCI        ZoneKind = "epci"
	ZoneDepartement ZoneKind = "departement"
	ZoneRegion      ZoneKind = "region"
	ZoneCountry     ZoneKind = "country"
)

// Granularity is the smallest territory that a row speaks of.
type Granularity string

// Granularities lists the known ones, the finest first; the message key of each
// is "catalogue.granularity." + code.
var Granularities = []Granularity{"point", "address", "parcel", "iris", "commune", "epci", "departement", "region", "country", "other"}

// SchemaRef names a schema and its version, as in scdl/deliberations@2.1.5.
type SchemaRef struct {
	ID      string
	Version string
}

// String returns id@version, id alone, or "".
func (s SchemaRef) String() string {
	if s.ID == "" || s.Version == "" {
		return s.ID
	}
	return s.ID + "@" + s.Version
}

// IsZero reports whether there is no schema.
func (s SchemaRef) IsZero() bool { return s.ID == "" }
