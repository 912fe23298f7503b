package schema

import "encoding/json"

// Type is a field type of Table Schema.
type Type string

// The types of Table Schema v2.
const (
	String    Type = "string"
	Number    Type = "number"
	Integer   Type = "integer"
	Boolean   Type = "boolean"
	Object    Type = "object"
	Array     Type = "array"
	List      Type = "list"
	Date      Type = "date"
	Time      Type = "time"
	Datetime  Type = "datetime"
	Year      Type = "year"
	Yearmonth Type = "yearmonth"
	Duration  Type = "duration"
	Geopoint  Type = "geopoint"
	GeoJSON   Type = "geojson"
	Any       Type = "any"
)

// Types lists the types in the order of the standard.
var Types = []Type{String, Number, Integer, Boolean, Object, Array, List, Date, Time, Datetime, Year, Yearmonth, Duration, Geopoint, GeoJSON, Any}

// Match is the rule of the standard between the columns of a file and the
// fields of its schema (fieldsMatch).
type Match string

const (
	MatchDefault  Match = ""         // the schema does not say
	MatchExact    Match = "exact"    // the same columns in the same order
	MatchEqual    Match = "equal"    // the same columns in any order
	MatchSubset   Match = "subset"   // all fields of the schema, others may be added
	MatchSuperset Match = "superset" // only fields of the schema, some may lack
	MatchPartial  Match = "partial"  // at least one field of the schema
)

// Schema is a Table Schema descriptor, read with tolerance.
type Schema struct {
	ID            string // where it is published: $id, uri or path; "" when it does not say
	Name          string
	Title         string
	Description   string
	Version       string
	Homepage      string
	Profile       string // $schema: which version of the standard it claims
	Fields        []Field
	MissingValues []MissingValue // texts that mean: no value; [""] by default
	PrimaryKey    []string
	UniqueKeys    [][]string
	ForeignKeys   []ForeignKey
	FieldsMatch   Match
	Checks        []CustomCheck
	Examples      []Example
	Inferred      bool      // made from the rows of a file: columns go by position, and only cells count
	Warnings      []Warning // what reading the descriptor met and went on from

	extra map[string]json.RawMessage // members that Socle does not read, kept for JSON
}

// Field describes one column.
type Field struct {
	Name        string
	Title       string
	Description string
	Type        Type
	Format      string // "default" is written ""
	Example     string // the first of Examples, "" when there is none
	Examples    []string
	RDFType     string
	Constraints Constraints

	Categories        []Category
	CategoriesOrdered bool
	MissingValues     []MissingValue // nil: those of the schema
	TrueValues        []string       // nil: true, True, TRUE, 1
	FalseValues       []string       // nil: false, False, FALSE, 0
	GroupChar         string         // thousands separator of numbers, "" for none
	DecimalChar       string         // "" for the point
	BareNumber        bool           // true: no text may surround a number
	Delimiter         string         // of a list; "" for the comma
	ItemType          Type           // of a list; "" for string
	ArrayItem         *Field         // what each item of an array must be; nil when it does not say
	FrenchFormat      string         // name of a French format: siret, code-postal, …

	typed bool                       // the descriptor names the type
	extra map[string]json.RawMessage // as in Schema
}

// Constraints limit the values of a field. Texts are as in the descriptor, and
// are cast by the field itself.
type Constraints struct {
	Required         bool
	Unique           bool
	MinLength        *int
	MaxLength        *int
	Minimum          *string
	Maximum          *string
	ExclusiveMinimum *string
	ExclusiveMaximum *string
	Pattern          string
	Enum             []string // nil: no constraint; empty: no value is right
	JSONSchema       json.RawMessage
}

// Category is an allowed value with its label.
type Category struct {
	Value string
	Label string
}

// MissingValue is a text that means "no value", with its label.
type MissingValue struct {
	Value string
	Label string
}

// ForeignKey says that the values of Fields are found in Reference.
type ForeignKey struct {
	Fields    []string
	Reference Reference
}

// Reference is the table a foreign key points to. Resource "" is the table itself.
type Reference struct {
	Package  string // address of another data package, or ""
	Resource string
	Fields   []string
}

// CustomCheck is a check that the descriptor asks for beyond the standard
// (custom_checks). Params hold strings, or lists of strings.
type CustomCheck struct {
	Name   string
	Params map[string]any
}

// Example is a sample file that the descriptor names.
type Example struct {
	Title string
	Path  string
}

// Warning tells something of a descriptor that was understood although it
// is not right. Key is a message key, Args its arguments, Path the place in the
// descriptor. Refused is true when the standard refuses the descriptor for it:
// a check by the standard's rules then reports a schema-error.
type Warning struct {
	Key     string
	Args    map[string]any
	Path    string
	Refused bool
}

// Field returns the position of the field of a name, -1 when there is none.
func (s *Schema) Field(name string) int {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return i
		}
	}
	return -1
}

// Missing returns the texts that mean "no value" for field i.
func (s *Schema) Missing(i int) []MissingValue {
	if m := s.Fields[i].MissingValues; m != nil {
		return m
	}
	return s.MissingValues
}
