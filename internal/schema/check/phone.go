package check

import (
	"github.com/nyaruka/phonenumbers"

	"socle/internal/i18n"
	"socle/internal/schema"
)

// phoneNumber: a number that can be dialled from France, short ones included, or
// an international number.
func phoneNumber(cell []byte, _ *schema.Value) (string, i18n.Args) {
	if len(cell) <= 60 {
		n, err := phonenumbers.Parse(string(cell), "FR")
		if err == nil && (phonenumbers.IsValidNumber(n) || phonenumbers.IsValidShortNumberForRegion(n, "FR")) {
			return "", nil
		}
	}
	return "check.phone-number-value", nil
}
