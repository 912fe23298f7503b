package datapackage

import (
	"encoding/json"
	"strconv"
)

// Profile is what a package conforms to.
const Profile = "https://datapackage.org/profiles/2.0/datapackage.json"

// Package is a dataset; at least one resource.
type Package struct {
	Schema       string        `json:"$schema"`
	Name         string        `json:"name"` // lower case, digits, hyphens
	ID           string        `json:"id"`
	Title        string        `json:"title"`
	Description  string        `json:"description,omitempty"`
	Homepage     string        `json:"homepage,omitempty"`
	Version      string        `json:"version,omitempty"`
	Created      string        `json:"created"` // RFC 3339
	Keywords     []string      `json:"keywords,omitempty"`
	Contributors []Contributor `json:"contributors,omitempty"`
	Licenses     []License     `json:"licenses,omitempty"`
	Resources    []Resource    `json:"resources"`
}

// Contributor is who made it.
type Contributor struct {
	Title string   `json:"title"`
	Path  string   `json:"path,omitempty"`
	Email string   `json:"email,omitempty"`
	Roles []string `json:"roles,omitempty"`
}

// License is under which terms.
type License struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	Path  string `json:"path,omitempty"`
}

// Resource is a file; Dialect and Schema are of tables.
type Resource struct {
	Name        string          `json:"name"`
	Path        string          `json:"path"`           // absolute address
	Type        string          `json:"type,omitempty"` // "table"
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	Format      string          `json:"format,omitempty"`
	MediaType   string          `json:"mediatype,omitempty"`
	Encoding    string          `json:"encoding,omitempty"`
	Bytes       *int64          `json:"bytes,omitempty"`
	Hash        string          `json:"hash,omitempty"` // sha256:…
	Dialect     *Dialect        `json:"dialect,omitempty"`
	Schema      json.RawMessage `json:"schema,omitempty"` // Table Schema
}

// Dialect is how a CSV is written.
type Dialect struct {
	Delimiter      string `json:"delimiter"`
	LineTerminator string `json:"lineTerminator"`
	QuoteChar      string `json:"quoteChar"`
	DoubleQuote    bool   `json:"doubleQuote"`
	Header         bool   `json:"header"`
}

// CSV is the dialect of the CSV that the portal writes.
var CSV = Dialect{Delimiter: ",", LineTerminator: "\n", QuoteChar: `"`, DoubleQuote: true, Header: true}

// Table makes a resource of a table that the portal writes as CSV: of its schema are left out the ways of the file
// that was brought (oui and non, days first, decimal commas).
func Table(name, path, title, description string, schema json.RawMessage) Resource {
	dialect := CSV
	schema = written(schema)
	return Resource{Name: name, Path: path, Type: "table", Title: title, Description: description, Format: "csv", MediaType: "text/csv", Encoding: "utf-8", Dialect: &dialect, Schema: schema}
}

// JSON writes the package; the names of resources are made different.
func (p Package) JSON() ([]byte, error) {
	p.Schema = Profile
	seen := map[string]bool{}
	list := make([]Resource, len(p.Resources))
	for i, r := range p.Resources {
		base := r.Name
		for n := 2; seen[r.Name]; n++ {
			r.Name = base + "-" + strconv.Itoa(n)
		}
		seen[r.Name] = true
		list[i] = r
	}
	p.Resources = list
	return json.MarshalIndent(p, "", "  ")
}

// brought are the members of a field that say how the cells of a file are written.
var brought = []string{"trueValues", "falseValues", "decimalChar", "groupChar", "bareNumber", "missingValues"}

// written is a schema of cells as the portal writes them.
func written(schema json.RawMessage) json.RawMessage {
	var all map[string]json.RawMessage
	var fields []map[string]json.RawMessage
	if json.Unmarshal(schema, &all) != nil || json.Unmarshal(all["fields"], &fields) != nil {
		return schema
	}
	delete(all, "missingValues")
	for _, f := range fields {
		for _, name := range brought {
			delete(f, name)
		}
		switch string(f["type"]) {
		case `"date"`, `"datetime"`, `"time"`:
			delete(f, "format")
		}
	}
	var err error
	if all["fields"], err = json.Marshal(fields); err != nil {
		return schema
	}
	out, err := json.Marshal(all)
	if err != nil {
		return schema
	}
	return out
}
