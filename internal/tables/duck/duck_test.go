package duck_test

import (
	"testing"

	"socle/internal/tables"
	"socle/internal/tables/duck"
	"socle/internal/tables/tablestest"
)

func open(t *testing.T, o duck.Options) *duck.Engine {
	t.Helper()
	e, err := duck.Open(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestConformance asks the same of columns coded by their values' order, of
// numbers that are their own codes, and of columns left to DuckDB.
func TestConformance(t *testing.T) {
	for name, o := range map[string]duck.Options{"few values": {}, "many values": {Values: 3}, "no codes": {Values: 1, Coded: 1}} {
		t.Run(name, func(t *testing.T) {
			tablestest.Run(t, func(t *testing.T) tables.Engine { return open(t, o) })
		})
	}
}
