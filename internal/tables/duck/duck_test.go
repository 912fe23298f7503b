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

func TestConformance(t *testing.T) {
	tablestest.Run(t, func(t *testing.T) tables.Engine { return open(t, duck.Options{}) })
}
