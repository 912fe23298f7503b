package collectui

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"socle/internal/proposal"
	"socle/internal/schema/form"
)

// A point is shown and typed as "longitude, latitude", whatever its column holds.
func TestPlaceInEachFormat(t *testing.T) {
	for format, kept := range map[string]string{"": "1.4442, 43.6045", "array": "[1.4442,43.6045]", "object": `{"lon":1.4442,"lat":43.6045}`} {
		it := &form.Item{Kind: form.Field, Name: "p", Control: form.Point, Format: format}
		r := reading{form: url.Values{"v-p": {" 1.4442, 43.6045 "}}, zone: time.UTC}
		if got := r.values([]form.Item{*it}, "")["p"]; got != kept {
			t.Errorf("%q: read %q, want %q", format, got, kept)
		}
		if got := writtenPlace(it, kept); got != "1.4442, 43.6045" {
			t.Errorf("%q: shown %q", format, got)
		}
		if got := readPlace(it, "là-bas"); got != "là-bas" {
			t.Errorf("%q: what is no point became %q", format, got)
		}
	}
}

func TestBoundsOfTheTerritory(t *testing.T) {
	var v [4]float64
	for i, text := range strings.Split(boundsOf("31"), ",") {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		v[i] = f
	}
	if v[0] < 0.3 || v[0] > 0.6 || v[1] < 42.5 || v[1] > 42.9 || v[2] < 1.9 || v[2] > 2.2 || v[3] < 43.8 || v[3] > 44.1 {
		t.Errorf("Haute-Garonne is %v", v)
	}
	for _, none := range []string{"", "99"} {
		if boundsOf(none) != mainland {
			t.Errorf("%q: %s", none, boundsOf(none))
		}
	}
}

// Proposals are asked for by the questions that have some, those of repeats too.
func TestWhatIsProposed(t *testing.T) {
	items := []form.Item{
		{Kind: form.Field, Control: form.Commune, Format: "code-commune-insee"},
		{Kind: form.Repeat, Items: []form.Item{{Kind: form.Section, Items: []form.Item{{Kind: form.Field, Control: form.SIRET}}}}},
		{Kind: form.Field, Control: form.Text, Format: "siren"}, {Kind: form.Field, Control: form.Text},
	}
	for kind, want := range map[proposal.Kind]bool{proposal.Commune: true, proposal.CommuneName: false, proposal.SIRET: true, proposal.SIREN: true, proposal.Address: false} {
		if asks(items, kind) != want {
			t.Errorf("%s: %v", kind, !want)
		}
	}
}
