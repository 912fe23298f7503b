package tables_test

import (
	"testing"

	"socle/internal/blob"
	"socle/internal/errs"
	"socle/internal/tables"
)

// What a version can be cut from: a valid outcome that has rows.
func TestNewVersion(t *testing.T) {
	valid := tables.Import{State: tables.Checked, Outcome: tables.Outcome{Valid: true, Rows: 3}, Parquet: blob.Ref{Hash: "x"}}
	if _, err := tables.NewVersion(valid, "r", 0); err != nil || !valid.Ready() {
		t.Errorf("valid: %v", err)
	}
	empty := valid
	empty.Outcome.Rows = 0
	if _, err := tables.NewVersion(empty, "r", 0); !errs.Is(err, errs.Conflict) || errs.As(err).Key != "tables.import.no-rows" || empty.Ready() {
		t.Errorf("without rows: %v", err)
	}
	wrong := valid
	wrong.Outcome.Valid = false
	if _, err := tables.NewVersion(wrong, "r", 0); errs.As(err).Key != "tables.import.not-valid" {
		t.Errorf("not valid: %v", err)
	}
	if (tables.Import{State: tables.Queued}).NoRows() {
		t.Error("nothing was read yet")
	}
}
