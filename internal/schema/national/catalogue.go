package national

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"socle/internal/errs"
	"socle/internal/schema"
)

// DefaultCatalogue is where the national catalogue of schemas is published. Its
// form is that of opendataschema.frama.io, schema-catalog.json.
const DefaultCatalogue = "https://schema.data.gouv.fr/schemas/schemas.json"

// maxListed bounds the schemas of a catalogue; the national one has about 100.
const maxListed = 5_000

// Catalogue is a published list of schemas. Their descriptors are elsewhere.
type Catalogue []Listed

// Listed is a Table Schema of a catalogue.
type Listed struct {
	ID          string // publisher/name
	Title       string
	Description string
	Homepage    string
	Versions    []ListedVersion // newest first
}

// ListedVersion is a version of a schema with the address of its descriptor.
type ListedVersion struct {
	Name    string
	Address string
}

// Ref is how the newest version of the schema is named: id@version.
func (l Listed) Ref() string { return l.ID + "@" + l.Versions[0].Name }

// Entry returns the schema as the bundled ones are, with the columns of its
// descriptor: nil leaves them out.
func (l Listed) Entry(read *schema.Schema) Entry {
	e := Entry{ID: l.ID, Version: l.Versions[0].Name, Title: l.Title, Description: l.Description, read: read}
	if strings.HasPrefix(l.Homepage, "https://") || strings.HasPrefix(l.Homepage, "http://") {
		e.Homepage = l.Homepage
	}
	if read == nil {
		return e
	}
	for _, f := range read.Fields {
		e.Fields = append(e.Fields, Field{Name: f.Name, Title: f.Title, Desc: f.Description, Example: f.Example, Type: string(f.Type), Required: f.Constraints.Required})
	}
	return e
}

// ParseCatalogue reads a catalogue. Schemas that are not Table Schemas are left
// out: they do not describe a table. Kind: Invalid.
func ParseCatalogue(data []byte) (Catalogue, error) {
	var d struct {
		Schemas []struct {
			Name, Title, Description, Homepage string

			Type     string `json:"schema_type"`
			Address  string `json:"schema_url"`
			Versions []struct {
				Name    string `json:"version_name"`
				Address string `json:"schema_url"`
			}
		}
	}
	if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), &d); err != nil || d.Schemas == nil {
		return nil, errs.New(errs.Invalid, "national.not-a-catalogue").WithHint("national.not-a-catalogue.hint").Because(err)
	}
	var out Catalogue
	for _, s := range d.Schemas {
		if s.Type != "tableschema" || s.Name == "" || len(out) == maxListed {
			continue
		}
		l := Listed{ID: s.Name, Title: strings.TrimSpace(s.Title), Description: strings.TrimSpace(s.Description), Homepage: s.Homepage}
		for _, v := range s.Versions {
			if v.Name != "" && v.Address != "" && !strings.ContainsAny(v.Name, "@/ ") {
				l.Versions = append(l.Versions, ListedVersion{strings.TrimPrefix(v.Name, "v"), v.Address})
			}
		}
		if len(l.Versions) == 0 && s.Address != "" {
			l.Versions = []ListedVersion{{"latest", s.Address}}
		}
		if len(l.Versions) == 0 {
			continue
		}
		if l.Title == "" {
			l.Title = l.ID
		}
		slices.SortStableFunc(l.Versions, func(a, b ListedVersion) int { return compareVersions(b.Name, a.Name) })
		out = append(out, l)
	}
	slices.SortStableFunc(out, func(a, b Listed) int { return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
	return out, nil
}

// Find returns the schema of a reference, with the version asked for alone in
// Versions, or the newest: id, id@version, or the name alone when one publisher has
// it; case does not count.
func (c Catalogue) Find(ref string) (found Listed, ok bool) {
	id, version, hasVersion := strings.Cut(strings.ToLower(strings.TrimSpace(ref)), "@")
	version = strings.TrimPrefix(version, "v")
	for _, l := range c {
		key := strings.ToLower(l.ID)
		if key != id && (strings.Contains(id, "/") || path.Base(key) != id) {
			continue
		}
		for _, v := range l.Versions {
			if hasVersion && version != "latest" && strings.ToLower(v.Name) != version {
				continue
			}
			if ok && found.ID != l.ID {
				return Listed{}, false // two publishers have it
			}
			found, ok = l, true
			found.Versions = []ListedVersion{v}
			break
		}
	}
	return found, ok
}

// At returns the schema whose descriptor is at an address, as Find does.
func (c Catalogue) At(address string) (Listed, bool) {
	for _, l := range c {
		for _, v := range l.Versions {
			if v.Address == address {
				l.Versions = []ListedVersion{v}
				return l, true
			}
		}
	}
	return Listed{}, false
}

// Others leaves out the schemas that are bundled.
func (c Catalogue) Others() Catalogue {
	return slices.DeleteFunc(slices.Clone(c), func(l Listed) bool {
		return slices.ContainsFunc(index(), func(e Entry) bool { return strings.EqualFold(e.ID, l.ID) })
	})
}
