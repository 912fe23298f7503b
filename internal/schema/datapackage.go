package schema

import (
	"bytes"
	"encoding/json"
	"fmt"

	"socle/internal/errs"
)

// Package is a Data Package: several tables described together.
type Package struct {
	Name      string
	Title     string
	Resources []Resource
}

// Resource is one table of a package. Schema is nil when the descriptor names
// it by an address, then in SchemaRef.
type Resource struct {
	Name      string
	Title     string
	Paths     []string
	Format    string
	Encoding  string
	Delimiter string // of its dialect
	Schema    *Schema
	SchemaRef string
}

const maxResources = 1_000

// IsPackage tells whether a descriptor is a Data Package rather than a Table
// Schema.
func IsPackage(data []byte) bool {
	var o object
	if json.Unmarshal(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), &o) != nil {
		return false
	}
	_, fields := o["fields"]
	_, resources := o["resources"]
	return resources && !fields
}

// ParsePackage reads a Data Package descriptor. A schema in it that is not
// right is an error that names its resource.
func ParsePackage(data []byte) (*Package, error) {
	root, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	var list []object
	if json.Unmarshal(root["resources"], &list) != nil || list == nil {
		return nil, errs.New(errs.Invalid, "schema.no-resources").WithHint("schema.no-resources.hint")
	}
	if len(list) > maxResources {
		return nil, errs.New(errs.TooLarge, "schema.too-many-resources", errs.Args{"Count": len(list), "Max": maxResources}).WithHint("schema.too-many-resources.hint")
	}
	p := &Package{Name: text(root["name"]), Title: text(root["title"])}
	names := map[string]bool{}
	for i, o := range list {
		r, err := parseResource(o)
		if err != nil {
			return nil, fmt.Errorf("resource %d: %w", i+1, err)
		}
		if r.Name == "" {
			r.Name = fmt.Sprintf("resource-%d", i+1)
		}
		if names[r.Name] {
			return nil, errs.New(errs.Invalid, "schema.same-resource", errs.Args{"Name": r.Name}).WithHint("schema.same-resource.hint")
		}
		names[r.Name] = true
		p.Resources = append(p.Resources, r)
	}
	return p, p.resolve()
}

func parseResource(o object) (Resource, error) {
	r := Resource{Name: text(o["name"]), Title: text(o["title"]), Format: text(o["format"]), Encoding: text(o["encoding"])}
	if raw, ok := present(o, "path"); ok {
		r.Paths = texts(raw)
	}
	var dialect object
	if raw, ok := present(o, "dialect"); ok && json.Unmarshal(raw, &dialect) == nil {
		r.Delimiter = text(dialect["delimiter"])
		if csv, ok := dialect["csv"]; ok {
			var inner object
			if json.Unmarshal(csv, &inner) == nil {
				r.Delimiter = text(inner["delimiter"])
			}
		}
	}
	raw, ok := present(o, "schema")
	if !ok {
		return r, nil
	}
	if raw[0] == '"' {
		r.SchemaRef = text(raw)
		return r, nil
	}
	var inner object
	if json.Unmarshal(raw, &inner) != nil {
		return r, errs.New(errs.Invalid, "schema.not-object").WithHint("schema.not-object.hint")
	}
	s, err := parseSchema(inner)
	r.Schema = s
	return r, err
}

// Resource returns the table of a name, nil when there is none.
func (p *Package) Resource(name string) *Resource {
	for i := range p.Resources {
		if p.Resources[i].Name == name {
			return &p.Resources[i]
		}
	}
	return nil
}

// resolve verifies that foreign keys point to tables and fields of the package.
func (p *Package) resolve() error {
	for i := range p.Resources {
		s := p.Resources[i].Schema
		if s == nil {
			continue
		}
		for _, k := range s.ForeignKeys {
			if k.Reference.Package != "" || k.Reference.Resource == "" {
				continue
			}
			to := p.Resource(k.Reference.Resource)
			if to == nil {
				return errs.New(errs.Invalid, "schema.foreign-key-no-resource", errs.Args{"Resource": p.Resources[i].Name, "Name": k.Reference.Resource}).WithHint("schema.foreign-key.hint")
			}
			for _, f := range k.Reference.Fields {
				if to.Schema != nil && to.Schema.Field(f) < 0 {
					return errs.New(errs.Invalid, "schema.foreign-key-no-field", errs.Args{"Resource": to.Name, "Field": f}).WithHint("schema.foreign-key.hint")
				}
			}
		}
	}
	return nil
}
