package check

import (
	"socle/internal/i18n"
	"socle/internal/schema"
)

// openingHours: the cell is an expression of OpenStreetMap's opening_hours.
func openingHours(cell []byte, _ *schema.Value) (string, i18n.Args) {
	if validHours(string(cell)) {
		return "", nil
	}
	return "check.opening-hours-value", nil
}
