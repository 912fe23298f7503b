package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"socle/internal/collect"
	"socle/internal/schema/form"
)

// orchard is a form of rows in rows, with a photo in each.
func orchard() *form.Definition {
	return &form.Definition{Title: "Vergers", Description: "Les arbres des vergers.", Language: "fr", Screens: form.OneScreen, Names: []string{"verger"}, Items: []form.Item{
		{Kind: form.Field, Name: "verger", Label: "Verger", Control: form.Text, Required: true},
		{Kind: form.Repeat, Name: "arbres", Title: "Arbres", Max: 3, Items: []form.Item{
			{Kind: form.Field, Name: "nom", Label: "Nom de l’arbre", Control: form.Text},
			{Kind: form.Field, Name: "photo", Label: "Photo de l’arbre", Control: form.Photo, Required: true},
			{Kind: form.Repeat, Name: "nids", Title: "Nids", Items: []form.Item{
				{Kind: form.Field, Name: "oiseau", Label: "Oiseau", Control: form.Text},
				{Kind: form.Field, Name: "cliche", Label: "Cliché", Control: form.Photo},
			}},
		}},
	}}
}

func answerTo(name string) string { return `#entry [name="v-` + name + `"]` }

func (s *screen) types(name, text string) {
	s.t.Helper()
	s.do(chromedp.SendKeys(chromedp.CSS(answerTo(name)), text))
}

func (s *screen) attaches(name, file string) {
	s.t.Helper()
	s.do(chromedp.SetUploadFiles(chromedp.CSS(answerTo(name)), []string{file}))
}

// rowed presses a button of rows and waits for the page of it.
func (s *screen) rowed(act, shows string) {
	s.t.Helper()
	s.do(chromedp.ScrollIntoView(chromedp.CSS(`#entry [value="`+act+`"]`)), chromedp.Click(chromedp.CSS(`#entry [value="`+act+`"]`)))
	s.wait("the rows after "+act, "("+shows+") && document.querySelector('.form-fill[data-awake=yes]')")
	s.sane()
}

// Rows are added and removed, in rows too; the photos that were chosen stay with their
// row, arrive, and are in what is published. A draft has all its rows.
func TestEntryRows(t *testing.T) {
	w := fieldWorldOf(t, orchard(), collect.Settings{Access: collect.Public, Sight: collect.All})
	photos := []string{picture(t, 1), picture(t, 2), picture(t, 3)}
	there := func(name string) string { return "document.querySelector(" + quote(answerTo(name)) + ")" }
	address := "/f/" + w.form.key
	s := browse(t, w.portal)
	s.size(390, 844)
	s.open(address)
	s.wait("the script of the form", `document.querySelector('.form-fill[data-awake=yes]')`)
	s.types("verger", "Le Clos")
	s.types("arbres[0].nom", "A")
	s.attaches("arbres[0].photo", photos[0])
	s.rowed("add:arbres", there("arbres[1].nom")+" === document.activeElement")
	s.types("arbres[1].nom", "B")
	s.attaches("arbres[1].photo", photos[1])
	s.rowed("add:arbres[1].nids", there("arbres[1].nids[1].oiseau"))
	s.types("arbres[1].nids[1].oiseau", "Mésange")
	s.attaches("arbres[1].nids[1].cliche", photos[2])
	if got := s.text(there("arbres[0].photo") + ".files[0].name"); got != "photo-1.jpg" {
		t.Errorf("the photo of the first tree is %s", got)
	}
	if bad := s.axe(); len(bad) > 0 {
		t.Errorf("the form with rows: %v", bad)
	}
	s.rowed("remove:arbres[0]", "!"+there("arbres[1].nom"))
	if got := s.text(there("arbres[0].nom") + ".value + " + there("arbres[0].photo") + ".files[0].name + " + there("arbres[0].nids[1].cliche") + ".files[0].name"); got != "Bphoto-2.jpgphoto-3.jpg" {
		t.Errorf("what is left is %s", got)
	}
	s.rowed("add:arbres", there("arbres[1].nom"))
	s.types("arbres[1].nom", "C")
	s.open(address)
	s.sees("Vos réponses non envoyées sont gardées")
	s.wait("the rows of the draft", there("arbres[1].nom")+".value === 'C' && "+there("arbres[0].nids[1].oiseau")+".value === 'Mésange'")
	s.attaches("arbres[0].photo", photos[1])
	s.attaches("arbres[0].nids[1].cliche", photos[2])
	s.attaches("arbres[1].photo", photos[1]) // the same one
	s.press(`#entry button.button-primary`)
	s.at("/merci")

	plain := browse(t, w.portal)
	plain.noScripts()
	plain.open(address)
	plain.types("verger", "La Plaine")
	plain.types("arbres[0].nom", "A")
	plain.press(`#entry [value="add:arbres"]`)
	plain.types("arbres[1].nom", "B")
	plain.press(`#entry [value="remove:arbres[0]"]`)
	plain.press(`#entry button.button-primary`)
	if got := plain.text(`document.getElementById("f-v-arbres[0].photo-error") ? "told" : document.body.innerText`); got != "told" {
		t.Errorf("a photo in a row is not asked for: %s", got)
	}
	plain.attaches("arbres[0].photo", photos[0])
	plain.press(`#entry button.button-primary`)
	plain.at("/merci")
	w.orchards(photos)
}

// orchards checks what is published of the entries of TestEntryRows.
func (w *fieldWorld) orchards(photos []string) {
	t := w.t
	t.Helper()
	for _, e := range w.entries() {
		if e.State != "accepted" {
			t.Errorf("an entry is %s", e.State)
		}
	}
	v := w.visitor(t)
	var table [][]string
	for deadline := time.Now().Add(30 * time.Second); len(table) < 3; time.Sleep(50 * time.Millisecond) {
		pg := v.get("/api/v1/resources/" + w.form.resource + "/export.csv")
		var err error
		if table, err = csv.NewReader(bytes.NewReader(pg.body)).ReadAll(); err != nil || time.Now().After(deadline) {
			t.Fatalf("%v: %s", err, pg.body)
		}
	}
	tree := func(text string) (list []form.Values) {
		t.Helper()
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return list
	}
	same := func(address, file string) {
		t.Helper()
		u, err := url.Parse(address)
		if err != nil || !strings.HasPrefix(u.Path, "/api/v1/resources/") {
			t.Fatalf("%s is no address", address)
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if pg := v.get(u.Path); pg.status != http.StatusOK || !bytes.Equal(pg.body, want) {
			t.Errorf("%s: %d, %d bytes", address, pg.status, len(pg.body))
		}
	}
	clos, plaine := tree(table[1][1]), tree(table[2][1])
	if len(clos) != 2 || len(plaine) != 1 || clos[0]["nom"] != "B" || clos[1]["nom"] != "C" || plaine[0]["nom"] != "B" {
		t.Fatalf("published are %v and %v", clos, plaine)
	}
	nests := tree(clos[0]["nids"])
	if len(nests) != 1 || nests[0]["oiseau"] != "Mésange" {
		t.Fatalf("the nests are %v", nests)
	}
	same(clos[0]["photo"], photos[1])
	same(clos[1]["photo"], photos[1])
	same(nests[0]["cliche"], photos[2])
	same(plaine[0]["photo"], photos[0])
}
