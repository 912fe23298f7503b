package form_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"socle/internal/schema"
	"socle/internal/schema/form"
	"socle/internal/schema/national"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// TestNationalControls holds the controls of every bundled schema: what a change
// of the rules changes is read in the golden.
func TestNationalControls(t *testing.T) {
	var b strings.Builder
	for _, e := range national.List() {
		s, err := e.Schema()
		if err != nil {
			t.Fatal(err)
		}
		d := form.FromSchema(s, form.Origin{})
		fmt.Fprintf(&b, "# %s place=%s names=%s\n", e.Ref(), d.Place, strings.Join(d.Names, ","))
		columns := 0
		for it := range d.Fields() {
			columns += len(it.Columns())
			fmt.Fprintf(&b, "%s: %s", it.Name, it.Control)
			if it.Required {
				b.WriteString(" required")
			}
			if n := len(it.Choices); n > 0 {
				fmt.Fprintf(&b, " %d choices", n)
			}
			if it.Joined != "" {
				fmt.Fprintf(&b, " joined %q", it.Joined)
			}
			if it.Longitude != "" {
				fmt.Fprintf(&b, " of %s and %s", it.Longitude, it.Latitude)
			}
			b.WriteByte('\n')
		}
		if columns != len(s.Fields) {
			t.Errorf("%s: %d columns are filled in, the schema has %d", e.Ref(), columns, len(s.Fields))
		}
	}
	golden := filepath.Join("testdata", "controls.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("controls changed; run with -update and read the difference:\n%s", b.String())
	}
}

// TestRoundTrip writes the schema of a form with every control and makes a form
// of it again.
func TestRoundTrip(t *testing.T) {
	d := form.Definition{Title: "Tout", Language: "fr"}
	for _, c := range form.Controls {
		if c == form.Calculated || c == form.Hidden || c == form.LongText {
			continue
		}
		it := form.Item{Kind: form.Field, Name: strings.ReplaceAll(string(c), "-", "_"), Label: "Le " + string(c), Help: "Aide", Control: c, Required: true}
		switch c {
		case form.OneChoice:
			it.Choices = []form.Choice{{Value: "a", Label: "Premier"}, {Value: "b", Label: "Second"}}
		case form.YesNo:
			it.TrueValue, it.FalseValue = "oui", "non"
		}
		d.Items = append(d.Items, it)
	}
	s, err := d.WriteSchema("tout")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range s.Warnings {
		t.Errorf("the schema that was written is read with a warning: %s %v", w.Key, w.Args)
	}
	again, err := schema.Parse(s.JSON())
	if err != nil {
		t.Fatal(err)
	}
	back := form.FromSchema(again, form.Origin{})
	for it := range d.Fields() {
		got := back.Find(it.Name)
		switch {
		case it.Control == form.Choices: // a list says no choices
		case got == nil:
			t.Errorf("%s is lost", it.Name)
		case got.Control != it.Control || got.Label != it.Label || !got.Required || len(got.Choices) != len(it.Choices):
			t.Errorf("%s came back as %+v", it.Name, *got)
		}
	}
}

func TestSplitJoin(t *testing.T) {
	s, err := schema.Parse([]byte(`{"fields":[{"name":"nom"},{"name":"latitude","type":"number"},{"name":"longitude","type":"number"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	d := form.FromSchema(s, form.Origin{})
	if d.Place != "position" || len(d.Items) != 2 {
		t.Fatalf("%+v", d)
	}
	columns := d.Split(form.Values{"nom": "Puits", "position": "1.44, 43.6"})
	if columns["longitude"] != "1.44" || columns["latitude"] != "43.6" || columns["position"] != "" {
		t.Errorf("%v", columns)
	}
	if lon, lat, ok := d.Position(columns); !ok || lon != 1.44 || lat != 43.6 {
		t.Errorf("%v %v %v", lon, lat, ok)
	}
	if v := d.Join(columns); v["position"] != "1.44, 43.6" || len(v) != 2 {
		t.Errorf("%v", v)
	}
	if v := d.Split(form.Values{"position": ""}); len(v) != 0 {
		t.Errorf("an emptied point leaves %v", v)
	}
}

func TestJSON(t *testing.T) {
	const text = `{"title":"T","description":"","language":"fr","place":"","names":["a"],"screens":"one","items":[{"kind":"section","title":"S","items":[{"kind":"field","name":"a","label":"A","control":"choices","choices":[{"value":"x","label":"X"}],"joined":";"}]},{"kind":"repeat","name":"r","title":"R","max":3,"items":[{"kind":"field","name":"b","label":"B","control":"text"}]}]}`
	var d form.Definition
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(d)
	if err != nil || string(b) != text {
		t.Errorf("%v\n%s", err, b)
	}
	if d.Find("a") == nil || d.Find("r") == nil || d.Find("b") != nil {
		t.Error("fields of sections are found, those of repeats are not")
	}
}
