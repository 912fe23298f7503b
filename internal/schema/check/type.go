package check

import (
	"bytes"
	"strings"

	"socle/internal/schema"
)

// typeKey chooses the message of a cell that is not of the type of its field.
func typeKey(f *schema.Field, cell []byte) string {
	switch f.Type {
	case schema.String:
		if k, ok := formatKeys[f.Format]; ok {
			return k
		}
	case schema.Number:
		return numberKey(f, cell)
	case schema.Integer:
		if n := strings.TrimLeft(strings.TrimSpace(string(cell)), "-+"); len(n) > 18 && onlyDigits(n) {
			return "check.type-error.integer-large"
		}
		if decimals(cell) {
			return "check.type-error.integer-decimal"
		}
		if k := numberKey(f, cell); k == "check.type-error.number-space" || k == "check.type-error.number-unit" {
			return k
		}
	case schema.Date:
		if dayFirst(cell) && !strings.HasPrefix(f.Format, "%d") {
			return "check.type-error.date-dmy"
		}
		if f.Format == "" && isoShape(cell) {
			return "check.type-error.date-none"
		}
	}
	if k, ok := plainTypeKeys[f.Type]; ok {
		return k
	}
	return "check.type-error.list"
}

var formatKeys = map[string]string{
	"email": "check.type-error.email", "uri": "check.type-error.uri", "uuid": "check.type-error.uuid",
	"binary": "check.type-error.binary", "wkt": "check.type-error.wkt",
}

var plainTypeKeys = map[schema.Type]string{
	schema.Number: "check.type-error.number", schema.Integer: "check.type-error.integer", schema.Boolean: "check.type-error.boolean",
	schema.Date: "check.type-error.date", schema.Datetime: "check.type-error.datetime", schema.Time: "check.type-error.time",
	schema.Year: "check.type-error.year", schema.Yearmonth: "check.type-error.yearmonth", schema.Duration: "check.type-error.duration",
	schema.Geopoint: "check.type-error.geopoint", schema.GeoJSON: "check.type-error.geojson",
	schema.Object: "check.type-error.object", schema.Array: "check.type-error.array", schema.List: "check.type-error.list",
}

// numberKey looks for what people write in numbers: a decimal comma, spaces
// between thousands, units.
func numberKey(f *schema.Field, cell []byte) string {
	digits, commas, points, spaces, other := 0, 0, 0, 0, 0
	for _, r := range string(cell) {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == ',':
			commas++
		case r == '.':
			points++
		case r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\u2009':
			spaces++
		case r == '-' || r == '+':
		default:
			other++
		}
	}
	switch {
	case digits == 0 || points > 1 || commas > 1:
	case other > 0 && other <= 4 && digits > 0 && unitAside(cell):
		return "check.type-error.number-unit"
	case other > 0:
	case commas == 1 && points == 0 && f.DecimalChar != ",":
		return "check.type-error.number-comma"
	case spaces > 0:
		return "check.type-error.number-space"
	}
	return "check.type-error.number"
}

// unitAside: digits hold together, other characters are before or after them.
func unitAside(cell []byte) bool {
	start := bytes.IndexAny(cell, "0123456789")
	end := bytes.LastIndexAny(cell, "0123456789") + 1
	for _, r := range string(cell[start:end]) {
		if (r < '0' || r > '9') && r != ',' && r != '.' && r != ' ' && r != '\u00a0' && r != '\u202f' {
			return false
		}
	}
	return true
}

// decimals: digits, one point or comma, digits.
func decimals(cell []byte) bool {
	mark := bytes.IndexAny(cell, ".,")
	if mark < 1 || mark == len(cell)-1 {
		return false
	}
	return onlyDigits(strings.TrimLeft(string(cell[:mark]), "-+")) && onlyDigits(string(cell[mark+1:]))
}

// dayFirst: two digits, a slash, two digits, a slash, two or four digits.
func dayFirst(cell []byte) bool {
	if len(cell) < 8 || len(cell) > 10 {
		return false
	}
	parts := strings.Split(string(cell), "/")
	return len(parts) == 3 && len(parts[0]) <= 2 && len(parts[1]) <= 2 && (len(parts[2]) == 4 || len(parts[2]) == 2) &&
		onlyDigits(parts[0]) && onlyDigits(parts[1]) && onlyDigits(parts[2])
}

func isoShape(cell []byte) bool {
	return len(cell) == 10 && cell[4] == '-' && cell[7] == '-' && onlyDigits(string(cell[:4])) && onlyDigits(string(cell[5:7])) && onlyDigits(string(cell[8:]))
}

func constraintKey(bit schema.Fails) string {
	return constraintKeys[bit]
}

var constraintKeys = map[schema.Fails]string{
	schema.FailRequired:         "check.constraint-error.required",
	schema.FailMinLength:        "check.constraint-error.min-length",
	schema.FailMaxLength:        "check.constraint-error.max-length",
	schema.FailMinimum:          "check.constraint-error.minimum",
	schema.FailMaximum:          "check.constraint-error.maximum",
	schema.FailExclusiveMinimum: "check.constraint-error.exclusive-minimum",
	schema.FailExclusiveMaximum: "check.constraint-error.exclusive-maximum",
	schema.FailPattern:          "check.constraint-error.pattern",
	schema.FailEnum:             "check.constraint-error.enum",
	schema.FailJSONSchema:       "check.constraint-error.json-schema",
	schema.FailSlow:             "check.check-error.slow-pattern",
}

// typeKeys lists the messages of cells that are not of the type of their field.
func typeKeys() []string {
	out := []string{"check.type-error.number-comma", "check.type-error.number-space", "check.type-error.number-unit",
		"check.type-error.integer-decimal", "check.type-error.integer-large", "check.type-error.date-dmy", "check.type-error.date-none"}
	for _, t := range schema.Types {
		if k, ok := plainTypeKeys[t]; ok {
			out = append(out, k)
		}
	}
	for _, f := range []string{"email", "uri", "uuid", "binary", "wkt"} {
		out = append(out, formatKeys[f])
	}
	return out
}

func allConstraintKeys() []string {
	var out []string
	for bit := schema.FailRequired; bit < schema.FailSlow; bit <<= 1 {
		out = append(out, constraintKeys[bit])
	}
	return out
}
