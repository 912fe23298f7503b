package e2e

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// bilingual is an XLSForm in French and English, whose own language is English; each
// construct that has words has them in both.
func bilingual(t *testing.T) []byte {
	t.Helper()
	return xlsx(t, map[string][][]any{
		"survey": {
			{"type", "name", "label::Français (fr)", "label::English (en)", "hint::Français (fr)", "hint::English (en)", "required", "relevant", "constraint", "constraint_message::Français (fr)", "constraint_message::English (en)", "calculation", "choice_filter"},
			{"note", "merci", "Merci d’observer", "Thank you for observing"},
			{"text", "lieu", "Lieu", "Place", "Un nom connu", "A known name", "yes"},
			{"begin group", "mesure", "Mesure", "Measure", "", "", "", "${lieu} != ''"},
			{"begin group", "tronc", "Le tronc", "The trunk"},
			{"integer", "hauteur", "Hauteur", "Height", "", "", "", "", ". >= 0 and . <= 60", "De 0 à 60 m", "From 0 to 60 m"},
			{"calculate", "double", "Deux fois", "Twice", "", "", "", "", "", "", "", "${hauteur} * 2"},
			{"end group"},
			{"end group"},
			{"select_one famille", "famille", "Famille", "Family"},
			{"select_one essence", "essence", "Essence", "Species", "", "", "", "", "", "", "", "", "famille = ${famille}"},
			{"begin repeat", "nids", "Nids", "Nests"},
			{"text", "oiseau", "Oiseau", "Bird"},
			{"end repeat"},
		},
		"choices": {
			{"list_name", "name", "label::Français (fr)", "label::English (en)", "famille"},
			{"famille", "feuillu", "Feuillu", "Broadleaf"}, {"famille", "resineux", "Résineux", "Conifer"},
			{"essence", "chene", "Chêne", "Oak", "feuillu"}, {"essence", "pin", "Pin", "Pine", "resineux"},
		},
		"settings": {{"form_title", "form_id", "default_language"}, {"Arbres remarquables", "arbres", "English (en)"}},
	})
}

// xlsx writes a workbook of sheets.
func xlsx(t *testing.T, sheets map[string][][]any) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	for name, rows := range sheets {
		if _, err := x.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			if err := x.SetSheetRow(name, fmt.Sprintf("A%d", i+1), &r); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out bytes.Buffer
	if err := x.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// itexts are the texts of a form that was downloaded, by language; own is the one that
// clients begin with.
func (c *collector) itexts(t *testing.T, address string) (own string, texts map[string]map[string]string) {
	t.Helper()
	var doc struct {
		Translations []struct {
			Lang    string `xml:"lang,attr"`
			Default string `xml:"default,attr"`
			Texts   []struct {
				ID    string `xml:"id,attr"`
				Value string `xml:"value"`
			} `xml:"text"`
		} `xml:"head>model>itext>translation"`
	}
	if err := xml.Unmarshal(c.must(t, http.MethodGet, address, http.StatusOK).body, &doc); err != nil {
		t.Fatal(err)
	}
	texts = map[string]map[string]string{}
	for _, tr := range doc.Translations {
		if tr.Default == "true()" {
			own = tr.Lang
		}
		texts[tr.Lang] = map[string]string{}
		for _, x := range tr.Texts {
			texts[tr.Lang][x.ID] = x.Value
		}
	}
	return own, texts
}

// A form in two languages: clients of OpenRosa have both, pages the reader's, and what
// is wrong is told in it.
func TestOpenRosaLanguages(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	editor := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	form := imported(t, editor, bilingual(t))
	c := appOf(t, editor, form, "Téléphone du parc")
	listed := c.forms(t)[0]
	own, texts := c.itexts(t, listed.DownloadURL)
	if own != "English (en)" || len(texts) != 2 {
		t.Fatalf("%q of %v", own, texts)
	}
	for id, want := range map[string][2]string{
		"/data/merci:label": {"Merci d’observer", "Thank you for observing"}, "/data/lieu:hint": {"Un nom connu", "A known name"}, "/data/mesure/tronc:label": {"Le tronc", "The trunk"},
		"/data/mesure/tronc/hauteur:jr:constraintMsg": {"De 0 à 60 m", "From 0 to 60 m"}, "/data/essence:choice-0": {"Chêne", "Oak"}, "/data/nids/oiseau:label": {"Oiseau", "Bird"},
	} {
		if fr, en := texts["Français (fr)"][id], texts["English (en)"][id]; fr != want[0] || en != want[1] {
			t.Errorf("%s is %q and %q, want %q", id, fr, en, want)
		}
	}
	x := c.download(t, listed)
	answers := map[string]string{"lieu": "Place du Marché", "hauteur": "20", "double": "40", "famille": "feuillu", "essence": "chene"}
	if a := c.accepted(t, x.fill(instanceID(), "", answers, map[string][]map[string]string{"nids": {{"oiseau": "Pie"}}}), nil); a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.body)
	}
	answers["hauteur"] = "99"
	if a, err := c.send(x.fill(instanceID(), "", answers, nil), nil); err != nil || a.status != http.StatusUnprocessableEntity || !strings.Contains(a.message, "De 0 à 60 m") {
		t.Errorf("%v: %d %s", err, a.status, a.body)
	}
	if e := entriesOf(t, editor, form); len(e.Entries) != 1 || e.Entries[0].Values["double"] != "40" || e.Entries[0].Values["nids"] != `[{"oiseau":"Pie"}]` {
		t.Errorf("%+v", e)
	}
	for _, in := range []struct{ prefix, has, lacks string }{{"", "Lieu Mesure Le tronc Chêne Nids", "Place Measure Oak"}, {"/en", "Place Measure The trunk Oak Nests", "Lieu Mesure Chêne"}} {
		text := editor.get(in.prefix + "/f/arbres-remarquables").text()
		for _, word := range strings.Fields(in.has) {
			if !strings.Contains(text, word) {
				t.Errorf("%s/f: no %q in %s", in.prefix, word, text)
			}
		}
		for _, word := range strings.Fields(in.lacks) {
			if strings.Contains(text, word+" ") {
				t.Errorf("%s/f: %q in %s", in.prefix, word, text)
			}
		}
		if entries := editor.get(in.prefix + "/formulaires/" + form + "/saisies").text(); !strings.Contains(entries, strings.Fields(in.has)[len(strings.Fields(in.has))-2]) {
			t.Errorf("%s: the list of entries does not say the choice: %s", in.prefix, entries)
		}
	}
}
