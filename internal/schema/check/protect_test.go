package check

import "testing"

func TestCoarserValues(t *testing.T) {
	for _, c := range []struct{ id, value, want string }{
		{KeepYear, "31/12/1984", "1984"}, {KeepYear, "1984-12-31", "1984"}, {KeepYear, "3 mars 1984", "1984"}, {KeepYear, "1984", "1984"}, {KeepYear, "vers 1984", ""}, {KeepYear, "12", ""},
		{DropNumber, "12 rue Pasteur", "rue Pasteur"}, {DropNumber, "12bis rue Pasteur", "rue Pasteur"}, {DropNumber, "12 B rue Pasteur", "rue Pasteur"}, {DropNumber, "12-14, rue Pasteur, 31000 Toulouse", "rue Pasteur, 31000 Toulouse"},
		{DropNumber, "Bâtiment C, 3 allée des Pins", "allée des Pins"}, {DropNumber, "rue du 11 Novembre", "rue du 11 Novembre"}, {DropNumber, "n° 5 impasse du Lac", "impasse du Lac"}, {DropNumber, "31120 Roques", "31120 Roques"},
		{KeepDepartment, "31120", "31"}, {KeepDepartment, "2A004", "2A"}, {KeepDepartment, "97120", "971"}, {KeepDepartment, "1120", "01"}, {KeepDepartment, "Roques", ""}, {KeepDepartment, "", ""},
	} {
		if got := Coarser(c.id, c.value); got != c.want {
			t.Errorf("%s of %q is %q, want %q", c.id, c.value, got, c.want)
		}
	}
}
