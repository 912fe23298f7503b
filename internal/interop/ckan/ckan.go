package ckan

import "encoding/json"

// Time is how CKAN writes instants: 2025-01-31T08:30:00.000000, in UTC without zone.
const Time = "2006-01-02T15:04:05.000000"

// Envelope is the answer to any action.
type Envelope struct {
	Help    string `json:"help"`
	Success bool   `json:"success"`
	Result  any    `json:"result,omitempty"`
	Error   any    `json:"error,omitempty"`
}

// MarshalJSON always writes the result of what succeeded, empty lists and null too.
func (e Envelope) MarshalJSON() ([]byte, error) {
	if e.Success {
		return json.Marshal(struct {
			Help    string `json:"help"`
			Success bool   `json:"success"`
			Result  any    `json:"result"`
		}{e.Help, true, e.Result})
	}
	return json.Marshal(struct {
		Help    string `json:"help"`
		Success bool   `json:"success"`
		Error   any    `json:"error"`
	}{e.Help, false, e.Error})
}

// Kinds of Error.
const (
	NotFound      = "Not Found Error"     // 404
	Authorization = "Authorization Error" // 403
	Validation    = "Validation Error"    // 409
	SearchFailed  = "Search Error"        // 409
	SearchQuery   = "Search Query Error"  // 400
	Integrity     = "Integrity Error"     // 400
)

// Error is an error with a message.
type Error struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

// Invalid is a Validation error: messages by parameter.
func Invalid(parameter string, messages ...string) map[string]any {
	return map[string]any{"__type": Validation, parameter: messages}
}

// Package is a dataset. Times are as Time.
type Package struct {
	ID               string        `json:"id"`
	Name             string        `json:"name"` // its address
	Title            string        `json:"title"`
	Version          *string       `json:"version"`
	URL              *string       `json:"url"`
	Author           *string       `json:"author"`
	AuthorEmail      *string       `json:"author_email"`
	Maintainer       *string       `json:"maintainer"`
	MaintainerEmail  *string       `json:"maintainer_email"`
	Notes            string        `json:"notes"` // Markdown
	LicenseID        string        `json:"license_id"`
	LicenseTitle     string        `json:"license_title"`
	LicenseURL       string        `json:"license_url"`
	IsOpen           bool          `json:"isopen"`
	Type             string        `json:"type"` // "dataset"
	OwnerOrg         string        `json:"owner_org"`
	CreatorUserID    *string       `json:"creator_user_id"`
	MetadataCreated  string        `json:"metadata_created"`
	MetadataModified string        `json:"metadata_modified"`
	Private          bool          `json:"private"`
	State            string        `json:"state"` // "active"
	NumResources     int           `json:"num_resources"`
	NumTags          int           `json:"num_tags"`
	Resources        []Resource    `json:"resources"`
	Tags             []Tag         `json:"tags"`
	Extras           []Extra       `json:"extras"` // spatial, frequency, temporal_start, temporal_end…
	Groups           []Group       `json:"groups"`
	Organization     *Organization `json:"organization"`
	AsSubject        []string      `json:"relationships_as_subject"`
	AsObject         []string      `json:"relationships_as_object"`
}

// Filled is the package with its counts, and lists where there was none.
func (p Package) Filled() Package {
	p.Type, p.State = "dataset", "active"
	p.NumResources, p.NumTags = len(p.Resources), len(p.Tags)
	p.Resources = append([]Resource{}, p.Resources...)
	p.Tags = append([]Tag{}, p.Tags...)
	p.Extras = append([]Extra{}, p.Extras...)
	p.Groups = append([]Group{}, p.Groups...)
	p.AsSubject, p.AsObject = []string{}, []string{}
	for i := range p.Resources {
		r := &p.Resources[i]
		r.Position, r.PackageID, r.State = i, p.ID, "active"
	}
	return p
}

// Resource is a file or a table of a package. Times are as Time.
type Resource struct {
	ID               string  `json:"id"`
	PackageID        string  `json:"package_id"`
	Name             string  `json:"name"`
	Description      string  `json:"description"`
	URL              string  `json:"url"`      // absolute
	URLType          *string `json:"url_type"` // "upload" for what the portal holds
	Format           string  `json:"format"`   // CSV
	MimeType         *string `json:"mimetype"`
	MimeTypeInner    *string `json:"mimetype_inner"`
	Size             *int64  `json:"size"`
	Hash             string  `json:"hash"`
	Created          string  `json:"created"`
	LastModified     *string `json:"last_modified"`
	MetadataModified string  `json:"metadata_modified"`
	Position         int     `json:"position"`
	ResourceType     *string `json:"resource_type"` // file, file.upload, api, documentation…
	State            string  `json:"state"`
	CacheURL         *string `json:"cache_url"`
	CacheLastUpdated *string `json:"cache_last_updated"`
	DatastoreActive  bool    `json:"datastore_active"`
	Schema           *string `json:"schema,omitempty"`
}

// Tag is a keyword.
type Tag struct {
	ID           string  `json:"id"`
	Name         string  `json:"name"`
	DisplayName  string  `json:"display_name"`
	State        string  `json:"state"`
	VocabularyID *string `json:"vocabulary_id"`
}

// NewTag makes a tag of a keyword.
func NewTag(keyword string) Tag {
	return Tag{ID: keyword, Name: keyword, DisplayName: keyword, State: "active"}
}

// Extra is a free member of a package.
type Extra struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Group is a theme.
type Group struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Title        string `json:"title"`
	DisplayName  string `json:"display_name"`
	Description  string `json:"description"`
	ImageURL     string `json:"image_display_url"`
	PackageCount *int   `json:"package_count,omitempty"`
}

// Organization is who publishes.
type Organization struct {
	ID             string `json:"id"`
	Name           string `json:"name"` // its address
	Title          string `json:"title"`
	DisplayName    string `json:"display_name,omitempty"` // in lists only
	Type           string `json:"type"`                   // "organization"
	Description    string `json:"description"`
	ImageURL       string `json:"image_url"`
	Created        string `json:"created"`
	IsOrganization bool   `json:"is_organization"`
	ApprovalStatus string `json:"approval_status"`
	State          string `json:"state"`
	PackageCount   *int   `json:"package_count,omitempty"`
}

// License is one of license_list.
type License struct {
	ID             string `json:"id"`
	Title          string `json:"title"`
	URL            string `json:"url"`
	Status         string `json:"status"`
	OSDConformance string `json:"osd_conformance"`
	ODConformance  string `json:"od_conformance"`
	Maintainer     string `json:"maintainer"`
	Family         string `json:"family"`
	DomainContent  bool   `json:"domain_content"`
	DomainData     bool   `json:"domain_data"`
	DomainSoftware bool   `json:"domain_software"`
	IsGeneric      bool   `json:"is_generic"`
	IsOKDCompliant bool   `json:"is_okd_compliant"`
	IsOSICompliant bool   `json:"is_osi_compliant"`
}

// Status is the answer to status_show.
type Status struct {
	SiteTitle       string   `json:"site_title"`
	SiteDescription string   `json:"site_description"`
	SiteURL         string   `json:"site_url"`
	ErrorEmails     *string  `json:"error_emails_to"`
	LocaleDefault   string   `json:"locale_default"`
	Extensions      []string `json:"extensions"`
	Version         string   `json:"ckan_version"`
}
