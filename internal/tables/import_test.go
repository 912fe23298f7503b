package tables_test

import (
	"strconv"
	"strings"
	"testing"

	"socle/internal/blob"
	"socle/internal/errs"
	"socle/internal/schema/check"
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

// The cells written by hand last: the newest value of each, and none once another step
// may have moved the rows.
func TestEdited(t *testing.T) {
	edit := func(row int, field, value string) check.Choice {
		return check.Choice{ID: check.Edit, Row: row, Field: field, Value: value}
	}
	say := func(set tables.Settings) (out string) {
		for _, c := range set.Edited() {
			out += c.Field + strconv.Itoa(c.Row) + "=" + c.Value + " "
		}
		return strings.TrimSpace(out)
	}
	set := tables.Settings{AllSafe: true}
	for _, c := range []struct {
		with check.Choice
		want string
	}{
		{edit(2, "a", "x"), "a2=x"},
		{edit(3, "b", "y"), "a2=x b3=y"},
		{edit(2, "a", "z"), "b3=y a2=z"},
		{check.Choice{ID: "empty-rows"}, ""},
		{edit(4, "a", "w"), "a4=w"},
	} {
		if set = set.With(c.with); say(set) != c.want {
			t.Errorf("after %v: %q, not %q", c.with, say(set), c.want)
		}
	}
	for _, want := range []string{"", "b3=y a2=z", "a2=x b3=y"} { // each undoes one act
		if set = set.Undone(); say(set) != want {
			t.Errorf("undone: %q, not %q", say(set), want)
		}
	}
}
