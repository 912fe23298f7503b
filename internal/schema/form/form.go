package form

import (
	"iter"

	"socle/internal/schema"
)

// Kind says what an item is.
type Kind string

// The kinds of items.
const (
	Field   Kind = "field"
	Section Kind = "section"
	Repeat  Kind = "repeat" // items filled in several times; the value is a JSON array of objects
	Note    Kind = "note"   // a text to read
)

// Control says how a field is filled in.
type Control string

// The controls.
const (
	Text       Control = "text"
	LongText   Control = "long-text"
	Integer    Control = "integer"
	Number     Control = "number"
	Date       Control = "date"
	Time       Control = "time"
	Datetime   Control = "datetime"
	Year       Control = "year"
	Month      Control = "month"
	YesNo      Control = "yes-no"
	OneChoice  Control = "choice"
	Choices    Control = "choices"
	Commune    Control = "commune" // a commune of the official code: its code, or its name where Format is "commune"
	Address    Control = "address"
	SIRET      Control = "siret"
	Point      Control = "point"
	Shape      Control = "shape" // a line or an area, as GeoJSON
	Photo      Control = "photo"
	File       Control = "file"
	Email      Control = "email"
	Phone      Control = "phone"
	URL        Control = "url"
	Calculated Control = "calculated" // shown, not filled in
	Hidden     Control = "hidden"
)

// Controls lists the controls in the order in which an editor offers them.
var Controls = []Control{
	Text, LongText, Integer, Number, Date, Time, Datetime, Year, Month, YesNo, OneChoice, Choices, Commune, Address, SIRET,
	Point, Shape, Photo, File, Email, Phone, URL, Calculated, Hidden,
}

// Screens says how many questions stand on a screen of a phone.
type Screens string

// The two ways to lay out a form.
const (
	OneScreen   Screens = "one"  // a short list
	ManyScreens Screens = "many" // one question a screen
)

// Choice is a value with the words that are shown for it.
type Choice struct {
	Value string `json:"value"`
	Label string `json:"label"`
	// Columns are what filters of choices look at, by name: {"departement": "31"}.
	Columns map[string]string `json:"columns,omitempty"`
	// Labels are the words in other languages: {"en": "Well"}.
	Labels map[string]string `json:"labels,omitempty"`
}

// column is what a filter sees of a choice: a column, its value (name) or its label.
func (c *Choice) column(name string) string {
	if text, ok := c.Columns[name]; ok {
		return text
	}
	switch name {
	case "name":
		return c.Value
	case "label":
		return c.Label
	}
	return ""
}

// Definition is what a form asks. Its JSON is that of the API.
type Definition struct {
	Title       string   `json:"title"`
	Description string   `json:"description"` // Markdown
	Language    string   `json:"language"`    // of its texts: "fr" or "en"; language.go has the others
	Place       string   `json:"place"`       // the field that puts an entry on the map, or ""
	Names       []string `json:"names"`       // the fields that name an entry in a list
	Screens     Screens  `json:"screens"`
	Items       []Item   `json:"items"`

	// Schema is that of one row. It is written apart: Schema.JSON.
	Schema *schema.Schema `json:"-"`
}

// Item is one thing of a form. The members that do not concern its kind are
// empty. Title, Label and Help may cite answers: cited.go.
type Item struct {
	Kind  Kind   `json:"kind"`
	Name  string `json:"name,omitempty"`  // of fields: the column, but for a point of two columns
	Title string `json:"title,omitempty"` // of sections and repeats

	Label   string  `json:"label,omitempty"` // of fields; of notes the Markdown text
	Help    string  `json:"help,omitempty"`
	Example string  `json:"example,omitempty"`
	Control Control `json:"control,omitempty"`

	Required bool     `json:"required,omitempty"`
	Unique   bool     `json:"unique,omitempty"`
	Choices  []Choice `json:"choices,omitempty"`
	// ChoiceFilter is an expression on the columns of choices: only those for which it
	// is true are offered, departement = ${departement}.
	ChoiceFilter string `json:"choice_filter,omitempty"`
	// Joined is what several values stand between in the cell: ";", ",", "|", or
	// JSON for an array. "" for controls of one value.
	Joined            string `json:"joined,omitempty"`
	Default           string `json:"default,omitempty"`  // a value; an expression when it begins with "="
	Relevant          string `json:"relevant,omitempty"` // an expression: shown when it is true
	Constraint        string `json:"constraint,omitempty"`
	ConstraintMessage string `json:"constraint_message,omitempty"`
	Calculation       string `json:"calculation,omitempty"`
	RepeatLast        bool   `json:"repeat_last,omitempty"` // begins with the value of the entry before
	ReadOnly          bool   `json:"read_only,omitempty"`
	Minimum           string `json:"minimum,omitempty"`
	Maximum           string `json:"maximum,omitempty"`
	MinLength         *int   `json:"min_length,omitempty"`
	MaxLength         *int   `json:"max_length,omitempty"`
	Pattern           string `json:"pattern,omitempty"`
	TrueValue         string `json:"true_value,omitempty"`
	FalseValue        string `json:"false_value,omitempty"`
	// Format is the French format or the format of the field in its schema: siret,
	// code-commune-insee; of dates the strptime format, of points "", array, object.
	Format string `json:"format,omitempty"`
	// Longitude and Latitude name the two columns that a point of no column of its
	// own is kept in.
	Longitude string `json:"longitude,omitempty"`
	Latitude  string `json:"latitude,omitempty"`

	// Translations are the words of the item in other languages than the form's own, by
	// their code: "en".
	Translations map[string]Words `json:"translations,omitempty"`

	Min   int    `json:"min,omitempty"` // of repeats; Max 0 is MaxRepeats
	Max   int    `json:"max,omitempty"`
	Items []Item `json:"items,omitempty"` // of sections and repeats
}

// JSONArray is the Joined of values written as a JSON array.
const JSONArray = "json"

// Bounds of a definition.
const (
	MaxItems   = 1000    // of all levels
	MaxDepth   = 6       // sections and repeats inside one another
	MaxChoices = 5000    // of one field
	MaxRepeats = 200     // of one repeat in one entry
	MaxText    = 20000   // bytes of one text
	MaxShape   = 200_000 // bytes of one line or area
)

// Fields gives the fields that are not inside a repeat, in their order, those of
// sections included.
func (d *Definition) Fields() iter.Seq[*Item] {
	return func(yield func(*Item) bool) { fields(d.Items, yield) }
}

func fields(items []Item, yield func(*Item) bool) bool {
	for i := range items {
		switch it := &items[i]; it.Kind {
		case Field, Repeat:
			if !yield(it) {
				return false
			}
		case Section:
			if !fields(it.Items, yield) {
				return false
			}
		}
	}
	return true
}

// Find returns the field or the repeat of a name, nil when there is none.
func (d *Definition) Find(name string) *Item {
	for it := range d.Fields() {
		if it.Name == name {
			return it
		}
	}
	return nil
}

// Asked reports whether a person fills the field in.
func (i *Item) Asked() bool {
	return i.Kind == Field && i.Control != Calculated && i.Control != Hidden && !i.ReadOnly
}

// Attached reports whether bytes come with the value.
func (i *Item) Attached() bool { return i.Control == Photo || i.Control == File }

// Several reports whether the field holds several values.
func (i *Item) Several() bool { return i.Control == Choices }

// Columns are the names of the columns that the item fills.
func (i *Item) Columns() []string {
	if i.Longitude != "" {
		return []string{i.Longitude, i.Latitude}
	}
	return []string{i.Name}
}
