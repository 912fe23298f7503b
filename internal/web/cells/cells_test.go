package cells

import (
	"context"
	"testing"

	"socle/internal/query"
	"socle/internal/tabular"
	"socle/internal/web/ui"
)

func TestText(t *testing.T) {
	for _, c := range []struct {
		name string
		kind tabular.Kind
		cell string
		want string
	}{
		{"nombre", tabular.Int, "12345", "12\u202f345"},
		{"ANNEE", tabular.Int, "2024", "2024"},
		{"montant", tabular.Float, "1234.5", "1\u202f234,5"},
		{"montant", tabular.Float, "beaucoup", "beaucoup"},
		{"ouvert", tabular.Bool, "true", "oui"},
		{"ouvert", tabular.Bool, "false", "non"},
		{"date", tabular.Date, "2026-03-04", "2026-03-04"},
		{"labels", tabular.JSON, `["bio","local, d’ici"]`, "bio, local, d’ici"},
		{"labels", tabular.JSON, `[]`, ""},
		{"objet", tabular.JSON, `{"a":1}`, `{"a":1}`},
		{"nombres", tabular.JSON, `[1,2]`, `[1,2]`},
	} {
		if got := Text(context.Background(), tabular.Field{Name: c.name, Kind: c.kind}, []byte(c.cell)); got != c.want {
			t.Errorf("%s %v %q: %q, want %q", c.name, c.kind, c.cell, got, c.want)
		}
	}
	if got := Text(context.Background(), tabular.Field{Kind: tabular.Bool}, nil); got != "" {
		t.Errorf("nothing is shown as %q", got)
	}
}

func TestColumns(t *testing.T) {
	cols := []query.Column{{Name: "a", Title: "Un titre"}}
	if Label(cols, "a") != cols[0].Label() || Label(cols, "b") != "b" {
		t.Error(Label(cols, "a"), Label(cols, "b"))
	}
	if Kind(tabular.Float) != ui.ColumnNumber || Kind(tabular.TimeOfDay) != ui.ColumnDate || Kind(tabular.Bool) != ui.ColumnAny {
		t.Error("columns stand otherwise")
	}
	if Cut("été", 3) != "été" || Cut("étés", 3) != "été…" {
		t.Error(Cut("été", 3), Cut("étés", 3))
	}
}
