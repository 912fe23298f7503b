package check

import (
	"socle/internal/i18n"
	"socle/internal/phone"
	"socle/internal/schema"
)

// phoneNumber: a number that can be dialled from France, short ones included, or
// an international number.
func phoneNumber(cell []byte, _ *schema.Value) (string, i18n.Args) {
	if len(cell) <= 60 {
		if n, ok := phone.Parse(string(cell)); ok && (n.Valid() || n.Short()) {
			return "", nil
		}
	}
	return "check.phone-number-value", nil
}
