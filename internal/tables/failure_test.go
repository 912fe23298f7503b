package tables_test

import (
	"encoding/json"
	"testing"
	"time"

	"socle/internal/i18n"
	"socle/internal/tables"
)

// What is said of a file is the same after it was kept.
func TestFailureKeepsItsArguments(t *testing.T) {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	before := tables.Failure{Key: "k", Hint: "h", Args: map[string]any{"Size": i18n.Bytes(3 << 30), "Rows": i18n.Number(1_048_576), "Line": int64(2_000_000), "Name": "été", "Day": day}}
	b, err := json.Marshal(&before)
	if err != nil {
		t.Fatal(err)
	}
	var after tables.Failure
	if err := json.Unmarshal(b, &after); err != nil {
		t.Fatal(err)
	}
	for name, want := range before.Args {
		if got := after.Args[name]; got != want {
			t.Errorf("%s was %T %v and is %T %v", name, want, want, got, got)
		}
	}
	if err := json.Unmarshal([]byte(`{"Key": "k", "Args": {"Name": "a", "Line": 3}}`), &after); err != nil || after.Args["Name"] != "a" {
		t.Errorf("kept without types: %+v %v", after, err)
	}
}
