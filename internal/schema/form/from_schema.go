package form

import (
	"regexp"
	"slices"
	"strings"

	"socle/internal/schema"
)

// Origin says more of a schema than its descriptor: the words of its columns in
// the language of the form.
type Origin struct {
	Language string
	// Label returns the title and the description of a column; both may be "".
	Label func(column string) (title, help string)
}

// FromSchema makes a form that fills each field of a schema with the right
// control.
func FromSchema(s *schema.Schema, o Origin) *Definition {
	d := &Definition{Title: s.Title, Description: s.Description, Language: o.Language, Schema: s, Screens: OneScreen, Names: []string{}}
	if d.Language == "" {
		d.Language = "fr"
	}
	lon, lat := degrees(s)
	for i := range s.Fields {
		f := &s.Fields[i]
		switch {
		case i == lon || i == lat:
			if i == min(lon, lat) {
				d.Items = append(d.Items, twoColumns(d.Language, s, lon, lat))
			}
			continue
		}
		it := fromField(s, f)
		if o.Label != nil {
			if title, help := o.Label(f.Name); title != "" {
				it.Label, it.Help = title, help
			}
		}
		d.Items = append(d.Items, it)
	}
	d.Place = d.place()
	d.Names = d.naming()
	return d
}

// place is the first point of a definition.
func (d *Definition) place() string {
	for it := range d.Fields() {
		if it.Control == Point {
			return it.Name
		}
	}
	return ""
}

// naming are the fields that name an entry best: the key, else the first short
// fields that must be filled in.
func (d *Definition) naming() []string {
	if d.Schema != nil && len(d.Schema.PrimaryKey) > 0 {
		return slices.Clone(d.Schema.PrimaryKey)
	}
	names := []string{}
	for it := range d.Fields() {
		switch it.Control {
		case Text, OneChoice, Date, Datetime, Commune, Integer:
			if it.Required && len(names) < 2 {
				names = append(names, it.Name)
			}
		}
	}
	if len(names) == 0 {
		for it := range d.Fields() {
			if it.Kind == Field {
				return []string{it.Name}
			}
		}
	}
	return names
}

var (
	longitudeName = regexp.MustCompile(`(?i)^(x_?)?(.*_)?(lon|long|longitude|lng)(_.*|\d*|_?coor\d*|_?wgs84)?$`)
	latitudeName  = regexp.MustCompile(`(?i)^(y_?)?(.*_)?(lat|latitude)(_.*|\d*|_?coor\d*|_?wgs84)?$`)
)

// degrees finds the two numbers that are a place, -1 when there are none.
func degrees(s *schema.Schema) (lon, lat int) {
	lon, lat = -1, -1
	for i := range s.Fields {
		f := &s.Fields[i]
		if f.Type != schema.Number {
			continue
		}
		switch {
		case lon < 0 && longitudeName.MatchString(f.Name):
			lon = i
		case lat < 0 && latitudeName.MatchString(f.Name):
			lat = i
		}
	}
	if lon < 0 || lat < 0 {
		return -1, -1
	}
	return lon, lat
}

func twoColumns(language string, s *schema.Schema, lon, lat int) Item {
	x, y := &s.Fields[lon], &s.Fields[lat]
	label := "Position"
	if language == "en" {
		label = "Place"
	}
	name := "position"
	for s.Field(name) >= 0 {
		name += "_"
	}
	it := Item{
		Kind: Field, Name: name, Label: label, Control: Point, Longitude: x.Name, Latitude: y.Name,
		Required: x.Constraints.Required || y.Constraints.Required,
	}
	if x.Example != "" && y.Example != "" {
		it.Example = x.Example + ", " + y.Example
	}
	return it
}

// fromField is the item that fills one field.
func fromField(s *schema.Schema, f *schema.Field) Item {
	c := &f.Constraints
	it := Item{
		Kind: Field, Name: f.Name, Label: f.Title, Help: f.Description, Example: f.Example, Control: Text,
		Required: c.Required || slices.Contains(s.PrimaryKey, f.Name), Unique: c.Unique || len(s.PrimaryKey) == 1 && s.PrimaryKey[0] == f.Name,
		MinLength: c.MinLength, MaxLength: c.MaxLength, Pattern: c.Pattern, Format: f.Format,
	}
	if it.Label == "" {
		it.Label = words(f.Name)
	}
	if it.Help == it.Label {
		it.Help = ""
	}
	it.Minimum, it.Maximum = first(c.Minimum, c.ExclusiveMinimum), first(c.Maximum, c.ExclusiveMaximum)
	switch f.Type {
	case schema.Integer:
		it.Control = Integer
	case schema.Number:
		it.Control = Number
	case schema.Boolean:
		it.Control = YesNo
		it.TrueValue, it.FalseValue = oneOf(f.TrueValues, "true"), oneOf(f.FalseValues, "false")
	case schema.Date:
		it.Control = Date
		switch f.Format {
		case "%Y":
			it.Control = Year
		case "%Y-%m":
			it.Control = Month
		}
	case schema.Time:
		it.Control = Time
	case schema.Datetime:
		it.Control = Datetime
	case schema.Year:
		it.Control = Year
	case schema.Yearmonth:
		it.Control = Month
	case schema.Geopoint:
		it.Control = Point
	case schema.GeoJSON:
		it.Control = Shape
	case schema.List:
		it.Joined = oneOf([]string{f.Delimiter}, ",")
	case schema.Array:
		it.Joined = JSONArray
	case schema.Object, schema.Duration, schema.Any:
	default:
		textControl(s, f, &it)
	}
	choices(f, &it)
	return it
}

// textControl chooses among the controls of texts by format, asked checks,
// pattern and name.
func textControl(s *schema.Schema, f *schema.Field, it *Item) {
	if f.FrenchFormat != "" {
		it.Format = f.FrenchFormat
	}
	name := strings.ToLower(f.Name)
	has := func(word string) bool { return strings.Contains(name, word) }
	switch {
	case f.Format == "email":
		it.Control = Email
	case f.RDFType == photoType:
		it.Control = Photo
	case f.RDFType == fileType:
		it.Control = File
	case f.RDFType == addressType:
		it.Control = Address
	case f.Format == "uri":
		it.Control = URL
	case f.FrenchFormat == "siret" || asked(s, f.Name, "french-siret-value"):
		it.Control, it.Format = SIRET, "siret"
	case f.FrenchFormat == "code-commune-insee" || f.FrenchFormat == "" && strings.Contains(f.Constraints.Pattern, communePattern) && plainPattern(f) && !has("postal") && !strings.HasSuffix(name, "_cp"):
		it.Control, it.Format = Commune, "code-commune-insee"
	case f.FrenchFormat == "commune":
		it.Control = Commune
	case f.FrenchFormat == "phone-number" || f.FrenchFormat == "telephone-mobile" || asked(s, f.Name, "phone-number-value"):
		it.Control = Phone
	case f.FrenchFormat == "" && (name == "code_insee" || name == "insee" || name == "insee_commune"):
		it.Control, it.Format = Commune, "code-commune-insee"
	case f.FrenchFormat == "" && f.Constraints.Pattern == "" && (name == "adresse" || strings.HasPrefix(name, "adresse_") && !has("num") && !has("postal")):
		it.Control = Address
	case f.Constraints.MaxLength != nil && *f.Constraints.MaxLength > 200,
		f.Constraints.MaxLength == nil && f.Constraints.Pattern == "" && (has("description") || has("commentaire") || has("observation") || has("remarque")):
		it.Control = LongText
	}
}

// communePattern is how the schemas of the national catalogue write the code of a
// commune.
const communePattern = `([013-9]\d|2[AB1-9])\d{3}`

func plainPattern(f *schema.Field) bool {
	return strings.Trim(f.Constraints.Pattern, "^$") == communePattern
}

// asked reports whether a schema asks for a check of one column.
func asked(s *schema.Schema, column, check string) bool {
	for _, c := range s.Checks {
		if c.Name == check && c.Params["column"] == column {
			return true
		}
	}
	return false
}

// severalPattern is how schemas say: some of these values, between bars.
var severalPattern = regexp.MustCompile(`^\(\?:\(\?:\^\|\\\|\)\(([^()]+)\)\)\+\$$`)

// choices gives the item the values that its field allows.
func choices(f *schema.Field, it *Item) {
	switch {
	case f.Categories != nil:
		for _, c := range f.Categories {
			it.Choices = append(it.Choices, Choice{Value: c.Value, Label: oneOf([]string{c.Label}, c.Value)})
		}
	case f.Constraints.Enum != nil:
		for _, v := range f.Constraints.Enum {
			it.Choices = append(it.Choices, Choice{Value: v, Label: v})
		}
	case f.Type == schema.Array && f.ArrayItem != nil:
		for _, v := range f.ArrayItem.Constraints.Enum {
			it.Choices = append(it.Choices, Choice{Value: v, Label: v})
		}
	case f.Type == schema.String:
		if m := severalPattern.FindStringSubmatch(f.Constraints.Pattern); m != nil && !strings.ContainsAny(m[1], `\[]{}+*?.^$`) {
			for _, v := range strings.Split(m[1], "|") {
				it.Choices = append(it.Choices, Choice{Value: v, Label: v})
			}
			it.Joined = "|"
		}
	}
	switch {
	case len(it.Choices) == 0:
	case it.Joined != "":
		it.Control = Choices
	case f.Type != schema.Boolean:
		it.Control = OneChoice
	}
}

func first(texts ...*string) string {
	for _, t := range texts {
		if t != nil {
			return *t
		}
	}
	return ""
}

func oneOf(list []string, otherwise string) string {
	if len(list) > 0 && list[0] != "" {
		return list[0]
	}
	return otherwise
}

// words makes a label of a column's name.
func words(name string) string {
	s := strings.TrimSpace(strings.NewReplacer("_", " ", "-", " ").Replace(name))
	if s == "" {
		return name
	}
	if s == strings.ToUpper(s) {
		s = strings.ToLower(s)
	}
	r := []rune(s)
	return strings.ToUpper(string(r[0])) + string(r[1:])
}
