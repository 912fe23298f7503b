package e2e

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type wireItem map[string]any

// itemsOf is what a form asks, as the API gives it.
func itemsOf(t *testing.T, v *visitor, form string) []wireItem {
	t.Helper()
	pg := v.get("/api/v1/forms/" + form)
	var d struct{ Items []wireItem }
	if err := json.Unmarshal(pg.body, &d); err != nil || pg.status != http.StatusOK {
		t.Fatalf("%d %v %s", pg.status, err, pg.body)
	}
	return d.Items
}

// outlineOf is the names of the items: lieu mesure(tronc(hauteur)) nids[oiseau].
func outlineOf(items []wireItem) string {
	var parts []string
	for _, it := range items {
		name, _ := it["name"].(string)
		var inside []wireItem
		list, _ := it["items"].([]any)
		for _, x := range list {
			inside = append(inside, x.(map[string]any))
		}
		switch it["kind"] {
		case "section":
			name += "(" + outlineOf(inside) + ")"
		case "repeat":
			name += "[" + outlineOf(inside) + "]"
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, " ")
}

// A form of many levels, in two languages, comes out of the editor as it went in; its
// questions go into any section, and their words in the other language are written.
func TestFormEditorKeepsLevels(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "administrator")
	form := imported(t, v, bilingual(t))
	base := "/formulaires/" + form
	before := itemsOf(t, v, form)
	pg := v.get(base + "/modifier")
	number := func(name string) string {
		t.Helper()
		for n := range 100 {
			if pg.doc.Find(`[name="i`+strconv.Itoa(n)+`-json"][value*='"name":"`+name+`"']`).Length() > 0 {
				return "i" + strconv.Itoa(n)
			}
		}
		t.Fatalf("the editor has no %s", name)
		return ""
	}
	act := func(want string, values ...string) {
		t.Helper()
		if pg = v.send(pg, "#editor", append([]string{"act", "keep"}, values...)...); pg.status != http.StatusOK {
			t.Fatalf("%d: %s", pg.status, pg.text())
		}
		if got := outlineOf(itemsOf(t, v, form)); got != want {
			t.Errorf("the form is %s, want %s", got, want)
		}
	}
	const was = "merci lieu mesure(tronc(hauteur double)) famille essence nids[oiseau]"
	act(was)
	if diff := cmp.Diff(before, itemsOf(t, v, form)); diff != "" {
		t.Errorf("kept without a change: %s", diff)
	}
	line := func(name string) string { return strings.TrimPrefix(number(name), "i") }
	act("merci mesure(tronc(hauteur double lieu)) famille essence nids[oiseau]", number("lieu")+"-in", line("tronc"))
	act("merci mesure(tronc(hauteur double lieu)) famille nids[oiseau essence]", number("essence")+"-in", line("nids"))
	pg = v.send(pg, "#editor", "act", "up:"+line("lieu"))
	if text := strings.ReplaceAll(pg.text(), "\u00a0", " "); !strings.Contains(text, "dans « The trunk »") {
		t.Errorf("the editor does not say where a question is: %s", text)
	}
	act("merci mesure(tronc(hauteur lieu double)) famille nids[oiseau essence]")
	act("merci mesure(tronc(hauteur double)) famille nids[oiseau essence] lieu", number("lieu")+"-in", "-1")

	// The form's own language is English: the other words are the French ones.
	act("merci mesure(tronc(hauteur double)) famille nids[oiseau essence] lieu", number("famille")+"-label-other", "Lignée", number("famille")+"-choices", "resineux | Conifer | Conifère\nfeuillu | Broadleaf")
	for _, it := range itemsOf(t, v, form) {
		if it["name"] != "famille" {
			continue
		}
		want := wireItem{
			"kind": "field", "name": "famille", "label": "Family", "control": "choice", "translations": map[string]any{"fr": map[string]any{"label": "Lignée"}},
			"choices": []any{map[string]any{"value": "resineux", "label": "Conifer", "labels": map[string]any{"fr": "Conifère"}}, map[string]any{"value": "feuillu", "label": "Broadleaf"}},
		}
		if diff := cmp.Diff(want, it); diff != "" {
			t.Error(diff)
		}
	}
	if all, err := json.Marshal(itemsOf(t, v, form)); err != nil || !strings.Contains(string(all), `"columns":{"famille":"feuillu"}`) {
		t.Errorf("what the filter of choices looks at is gone: %v %s", err, all)
	}
}
