package detect

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"socle/internal/tabular"
)

// sampled describes a file as one does that is read for something else.
func sampled(t *testing.T, in string, workers int) []Column {
	t.Helper()
	f, err := tabular.Open(t.Context(), tabular.Bytes([]byte(in)), tabular.Options{Name: "in.csv"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := NewSampler(f.Header)
	_, err = tabular.Scan(t.Context(), f, workers, func(b *tabular.Batch) (struct{}, error) {
		s.Look(b)
		return struct{}{}, nil
	}, func(tabular.Position, struct{}) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return s.Columns()
}

// A column that is filled in few rows, far from the first, is seen like the others.
func TestSamplerSeesTheWholeFile(t *testing.T) {
	const rows = 200_000
	for name, filled := range map[string]func(i int) bool{
		"from row 321 on":  func(i int) bool { return i >= 319 },
		"a few at the end": func(i int) bool { return i >= rows-len(families) },
		"now and then":     func(i int) bool { return i%20_000 == 19_999 },
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString("Objet;Nom;Prénom;Courriel\n")
			for i := range rows {
				if k := i % len(families); filled(i) {
					fmt.Fprintf(&b, "Fournitures de bureau %d;%s;%s;jeanne.martin%d@mail.example.fr\n", i, families[k], givens[k], i)
				} else {
					fmt.Fprintf(&b, "Fournitures de bureau %d;;;\n", i)
				}
			}
			one, three := sampled(t, b.String(), 1), sampled(t, b.String(), 3)
			if got := findingsText(one); got != "name true Nom, Prénom: [remove pseudonym legal-basis]\ne-mail true Courriel: [remove functional legal-basis]\n" {
				t.Errorf("found: %s", got)
			}
			for j := range one {
				if !reflect.DeepEqual(one[j], three[j]) {
					t.Errorf("one goroutine and three do not see the same: %+v %+v", one[j], three[j])
				}
				if len(one[j].Examples) > 0 || one[j].Min+one[j].Max != "" {
					t.Errorf("a value is quoted: %+v", one[j])
				}
			}
		})
	}
}
