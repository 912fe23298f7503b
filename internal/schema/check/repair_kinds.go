package check

// RepairKinds lists every repair, in the order in which a plan shows them. Its
// messages have the keys "repair.ID" (what it does) and "repair.ID.why".
var RepairKinds = []string{
	"encoding", "header-missing", "header-spelling", "header-title", "header-synonym", "header-typo", "header-words", "column-order",
	"empty-rows", "empty-columns", "repeated-header", "total-lines", "footnotes", "joined-cells", "swapped-coordinates",
	"spaces", "double-encoding", "no-value", "no-value-word",
	"date-format", "date-order", "date-short-year", "date-serial", "date-time-part", "date-part", "date-zone",
	"number-format", "number-separator", "currency", "unit", "percent", "approximate",
	"boolean", "value-spelling", "value-typo", "place-name", "opening-hours", "list", "separators", "letter-case",
	"code-spaces", "code-decimals", "code-scientific", "leading-zero", "phone", "phone-first",
	"coordinates", "e-mail", "e-mail-sign", "web-address", "web-scheme",
	Edit,
}
