package form

import (
	"encoding/json"

	"socle/internal/schema"
)

// Meanings that a schema notes in rdfType, so that a form made from it has the
// same controls again.
const (
	photoType   = "https://schema.org/image"
	fileType    = "https://schema.org/associatedMedia"
	addressType = "https://schema.org/address"
)

// member is one member of a descriptor, in its order.
type descriptor struct {
	Name        string           `json:"name"`
	Title       string           `json:"title,omitempty"`
	Description string           `json:"description,omitempty"`
	Type        schema.Type      `json:"type"`
	Format      string           `json:"format,omitempty"`
	Example     string           `json:"example,omitempty"`
	RDFType     string           `json:"rdfType,omitempty"`
	TrueValues  []string         `json:"trueValues,omitempty"`
	FalseValues []string         `json:"falseValues,omitempty"`
	Delimiter   string           `json:"delimiter,omitempty"`
	Categories  []map[string]any `json:"categories,omitempty"`
	Constraints map[string]any   `json:"constraints,omitempty"`
}

// Schema writes the Table Schema of the rows that a form of its own makes: a
// column for each field, in their order. Kinds: Invalid, when a text of the form
// is not what a schema can hold.
func (d *Definition) WriteSchema(name string) (*schema.Schema, error) {
	root := struct {
		Profile     string       `json:"$schema"`
		Name        string       `json:"name,omitempty"`
		Title       string       `json:"title,omitempty"`
		Description string       `json:"description,omitempty"`
		Fields      []descriptor `json:"fields"`
	}{"https://datapackage.org/profiles/2.0/tableschema.json", name, d.Title, d.Description, []descriptor{}}
	for it := range d.Fields() {
		own := *it
		own.Title, own.Label, own.Help = d.Say(it.Title), d.Say(it.Label), d.Say(it.Help) // of every row
		root.Fields = append(root.Fields, own.descriptors()...)
	}
	b, err := json.Marshal(root)
	if err != nil {
		return nil, err
	}
	return schema.Parse(b)
}

func (i *Item) descriptors() []descriptor {
	if i.Kind == Repeat {
		return []descriptor{{Name: i.Name, Title: i.Title, Type: schema.Array}}
	}
	f := descriptor{Name: i.Name, Title: i.Label, Description: i.Help, Type: schema.String, Example: i.Example, Constraints: map[string]any{}}
	c := f.Constraints
	// What is asked under a condition only cannot be required of every row.
	if i.Required && i.Relevant == "" {
		c["required"] = true
	}
	if i.Unique {
		c["unique"] = true
	}
	if i.MinLength != nil {
		c["minLength"] = *i.MinLength
	}
	if i.MaxLength != nil {
		c["maxLength"] = *i.MaxLength
	}
	if i.Pattern != "" {
		c["pattern"] = i.Pattern
	}
	if i.Minimum != "" {
		c["minimum"] = i.Minimum
	}
	if i.Maximum != "" {
		c["maximum"] = i.Maximum
	}
	i.describe(&f)
	if i.Control == Point && i.Longitude != "" {
		f.Type, f.Description, f.Example = schema.Number, "", ""
		x, y := f, f
		x.Name, y.Name = i.Longitude, i.Latitude
		x.Title, y.Title = i.Label+" (longitude)", i.Label+" (latitude)"
		return []descriptor{x, y}
	}
	return []descriptor{f}
}

// describe gives a column the type of its control.
func (i *Item) describe(f *descriptor) {
	switch i.Control {
	case Integer:
		f.Type = schema.Integer
	case Number:
		f.Type = schema.Number
	case Date:
		f.Type, f.Format = schema.Date, i.Format
	case Time:
		f.Type, f.Format = schema.Time, i.Format
	case Datetime:
		f.Type, f.Format = schema.Datetime, i.Format
	case Year:
		f.Type = schema.Year
	case Month:
		f.Type = schema.Yearmonth
	case YesNo:
		f.Type, f.TrueValues, f.FalseValues = schema.Boolean, []string{i.trueValue()}, []string{i.falseValue()}
	case OneChoice:
		for _, c := range i.Choices {
			f.Categories = append(f.Categories, map[string]any{"value": c.Value, "label": c.Label})
		}
	case Choices:
		f.Type, f.Delimiter = schema.List, i.Joiner()
		if f.Delimiter == JSONArray {
			f.Type, f.Delimiter = schema.Array, ""
		}
	case Commune:
		f.Format = oneOf([]string{i.Format}, "code-commune-insee")
	case SIRET:
		f.Format = "siret"
	case Phone:
		f.Format = oneOf([]string{i.Format}, "phone-number")
	case Email:
		f.Format = "email"
	case URL:
		f.Format = "uri"
	case Point:
		f.Type, f.Format = schema.Geopoint, i.Format
	case Shape:
		f.Type = schema.GeoJSON
	case Photo:
		f.RDFType = photoType
	case File:
		f.RDFType = fileType
	case Address:
		f.RDFType = addressType
	}
}

func (i *Item) trueValue() string  { return oneOf([]string{i.TrueValue}, "true") }
func (i *Item) falseValue() string { return oneOf([]string{i.FalseValue}, "false") }

// Joiner is what stands between several values of the cell; ";" when the item
// does not say.
func (i *Item) Joiner() string { return oneOf([]string{i.Joined}, ";") }
