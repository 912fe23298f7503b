package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"socle/internal/schema"
	"socle/internal/tabular"
)

func TestTold(t *testing.T) {
	s, err := schema.Parse([]byte(`{"fields": [
		{"name": "a", "constraints": {"required": true}}, {"name": "b", "constraints": {"required": true}}, {"name": "c", "constraints": {"required": true}},
		{"name": "n", "type": "integer"}, {"name": "e"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file string
		codes      []string // code and count of each group, in order
		said       []string
	}{
		{"columns of one sort are told together", "x,y,z,n\n1,2,3,un\n1,2,3,un\n1,2,3,deux\n",
			[]string{"type-error 3", "missing-label 3", "extra-label 3", "missing-label 1"},
			[]string{"3 colonnes obligatoires sont absentes : « a », « b » et « c ».", "3 colonnes ne sont pas dans le schéma : « x », « y » et « z ».", "Lu dans le fichier : « un », « deux »"}},
		{"two columns are told apart", "a,x,y,n,e\n1,2,3,4,5\n",
			[]string{"missing-label 1", "missing-label 1", "extra-label 1", "extra-label 1"},
			[]string{"La colonne obligatoire « b » est absente.", "La colonne « y » n’est pas dans le schéma."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := tabular.Open(t.Context(), tabular.Bytes([]byte(c.file)), tabular.Options{Name: "t.csv"})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			r, err := Run(t.Context(), f, s, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			var said strings.Builder
			for _, g := range r.Told() {
				codes = append(codes, fmt.Sprintf("%s %d", g.Code, g.Count))
				said.WriteString(r.GroupMessage("fr", &g) + "\n" + r.Sample("fr", &g) + "\n")
			}
			if !slices.Equal(codes, c.codes) {
				t.Errorf("groups %q, want %q", codes, c.codes)
			}
			plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(said.String())
			for _, want := range c.said {
				if !strings.Contains(plain, want) {
					t.Errorf("not said: %q in\n%s", want, plain)
				}
			}
		})
	}
}
