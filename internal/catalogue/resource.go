package catalogue

import (
	"encoding/json"
	"time"
)

// Kind says what a resource is.
type Kind string

const (
	Table Kind = "table" // rows held by Socle
	File  Kind = "file"  // bytes held by Socle
	Link  Kind = "link"  // an address elsewhere
)

// Kinds lists the kinds.
var Kinds = []Kind{Table, File, Link}

// LabelKey is the message key of the kind's name.
func (k Kind) LabelKey() string { return "catalogue.kind." + string(k) }

// Resource is one table, file or link of a dataset.
type Resource struct {
	ID      ResourceID
	Dataset DatasetID
	Kind    Kind
	ResourceMetadata
	Position int // from 0
	Latest   int // number of the latest version; 0 when there is none
	// PublicFrom is the number of the version with which the history that everyone
	// sees begins: what a draft went through stays among members. 0 before
	// publication.
	PublicFrom int
	Current    *Version // the latest version; nil when there is none, and in lists
	LinkState
	CreatedAt  time.Time
	ModifiedAt time.Time
}

// LinkState is what is known of the address of a Link; zero for the others.
type LinkState struct {
	LinkChecked  time.Time // when it was last tried; zero when never
	LinkBroken   bool      // it does not answer any more
	LinkFailures int       // in a row
	LinkProblem  string    // why, as who tried keeps it; "" when it answered
}

// Usable reports whether there is something to take: a version, or an address.
func (r Resource) Usable() bool { return r.Latest > 0 || r.Kind == Link && r.URL != "" }

// ResourceMetadata is the description of a resource: what its editors fill in.
type ResourceMetadata struct {
	Title       string // 1 to 200 characters
	Description string // Markdown, at most 5,000 characters
	Format      string // short name in lower case: csv, xlsx, geojson, pdf…
	MediaType   string // IANA: text/csv
	URL         string // of a Link: http or https
}

// Version is an immutable state of a Table or a File.
type Version struct {
	ID        VersionID
	Resource  ResourceID
	Number    int // 1, 2, 3… within the resource
	Parts     []VersionPart
	Original  Original
	Columns   json.RawMessage // Table Schema descriptor of the columns; nil for a File
	Rows      int64
	Schema    SchemaRef // what the rows were checked against; zero for a free table
	Report    ReportSummary
	Note      string // what changed, in the words of its author
	CreatedBy string // identity.Actor.Ref
	CreatedAt time.Time
	Pinned    bool      // kept when versions are thinned
	PurgedAt  time.Time // rows were removed from it by law; zero otherwise
}

// VersionPart is one Parquet file of a Table's version, in order. Adding rows,
// or replacing one source of a merged table, changes one part.
type VersionPart struct {
	Blob   string // SHA-256, lower-case hexadecimal
	Bytes  int64
	Rows   int64
	Source string // where the rows came from: "" for the table's own
}

// Original is what was brought, byte for byte; zero when rows were typed in.
type Original struct {
	Blob      string
	Bytes     int64
	FileName  string
	MediaType string
}

// ReportSummary is the outcome of the check; the report itself is a blob.
type ReportSummary struct {
	Valid  bool
	Errors int
	Blob   string
}

// NewVersion is what a version is made of.
type NewVersion struct {
	Resource ResourceID
	// Expect is the number of the latest version that the caller started from; 0
	// for the first one, AnyVersion to add to whatever is there.
	Expect   int
	Parts    []VersionPart
	Original Original
	Columns  json.RawMessage
	Schema   SchemaRef
	Report   ReportSummary
	Note     string
	Pinned   bool
}

// AnyVersion as NewVersion.Expect adds to whatever is there.
const AnyVersion = -1
