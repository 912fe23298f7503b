package publish_test

import (
	"slices"
	"strings"
	"testing"

	"socle/internal/schema/check"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
)

// A table whose coordinates are in metres gets a longitude and a latitude, which
// follow the coordinates when those are mended, and go when that is asked.
func TestProjectedCoordinates(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		d, i := w.bring(w.editor, "fontaines.csv", "nom;x;y\nHalle;574400,0;6279700,0\nMairie;574357,12;6279642,5\nPont;574500,0;6279800,0\n", "")
		want := []string{"nom", "x", "y", "longitude", "latitude"}
		if !i.Ready() || !slices.Equal(i.Outcome.Header, want) || i.Outcome.Info.CRS != "EPSG:2154" {
			t.Fatalf("%+v", i.Outcome)
		}
		found, err := w.tables.Findings(ctx, i)
		w.must(err)
		if told := found.Report.Warnings; len(told) != 1 || told[0].Key != "check.source-error.located" || i.Outcome.Errors != 0 {
			t.Errorf("%+v", told)
		}
		cells := func(row int) string {
			t.Helper()
			rows, err := w.tables.RowsOf(ctx, i, []int{row})
			w.must(err)
			return strings.Join(rows[0].Cells, "|")
		}
		if got := cells(2); got != "Halle|574400,0|6279700,0|1.4447083|43.6052205" {
			t.Error(got)
		}
		reread := func(set tables.Settings) {
			t.Helper()
			next, err := w.publish.Reread(ctx, w.editor, d.ID, i.Revision, set)
			w.must(err)
			i = w.read(w.editor, next.ID)
		}
		if reread(i.Settings.With(check.Choice{ID: check.Edit, Field: "x", Row: 2, Value: "574357,12"})); !i.Ready() || !slices.Equal(i.Outcome.Header, want) {
			t.Fatalf("after the edit: %+v %+v", i.Outcome, i.Failure)
		}
		if got := cells(2); !strings.HasPrefix(got, `Halle|574357,12|6279700,0|1.444177`) {
			t.Error(got)
		}
		if reread(tables.Settings{CRS: tables.NoCRS}); !slices.Equal(i.Outcome.Header, want[:3]) || i.Outcome.Warnings != 0 {
			t.Errorf("as they are: %+v", i.Outcome)
		}
		if reread(tables.Settings{CRS: "EPSG:2975"}); i.State != tables.Failed || i.Failure.Key != "tabular.no-coordinates" {
			t.Errorf("a system of elsewhere: %s %+v", i.State, i.Failure)
		}
		if reread(tables.Settings{CRS: "EPSG:2154"}); !i.Ready() || !slices.Equal(i.Outcome.Header, want) {
			t.Errorf("the system asked for: %+v", i.Outcome)
		}
		// A schema that wants degrees gets them under its names; one that does not is left alone.
		_, i = w.bring(w.editor, "parkings.csv", "nom;x;y\nHalle;574400,0;6279700,0\n", "etalab/schema-stationnement")
		if want := []string{"nom", "x", "y", "Xlong", "Ylat"}; !slices.Equal(i.Outcome.Header, want) {
			t.Errorf("for a schema: %q", i.Outcome.Header)
		}
		_, i = w.bring(w.editor, "delib.csv", "nom;x;y\nHalle;574400,0;6279700,0\n", "scdl/deliberations")
		if want := []string{"nom", "x", "y"}; !slices.Equal(i.Outcome.Header, want) {
			t.Errorf("for a schema without places: %q", i.Outcome.Header)
		}
	})
}
