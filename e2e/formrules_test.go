package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// From a blank form to entries: bounds, a pattern with its words, a calculated value, a
// list to repeat, a condition on several choices, all written in the editor on a phone's
// width. What breaks a rule is refused with words, what follows them is taken.
func TestFormRules(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	base := strings.TrimSuffix(v.send(v.get("/formulaires/nouveau"), `form[action="/formulaires"]`, "title", "Jardins").url.Path, "/modifier")
	s := browse(t, p)
	s.size(390, 844)
	s.signIn("agent@essai.example", password)
	s.open(base + "/modifier")
	add := func(kind string) {
		t.Helper()
		s.text(`(() => { document.querySelector('select[name=add]').value = ` + quote(kind) + `; return ''; })()`)
		s.press(`button[name=act][value=add]`)
	}
	put := func(field, value string) {
		t.Helper()
		s.text(`(() => { for (let e = document.querySelector('[name=` + field + `]'); e; e = e.parentElement) if (e.matches('details')) e.open = true; return ''; })()`)
		s.fill(`[name=`+field+`]`, value)
	}
	keep := func() {
		t.Helper()
		s.press(`button.button-primary[value=keep]`)
	}
	add("number")
	put("i1-label", "Longueur")
	put("i1-minimum", "douze")
	put("i1-maximum", "100,5")
	add("calculated")
	put("i2-label", "Surface")
	put("i2-calculation", "${longueur} *")
	add("text")
	put("i3-label", "Code postal")
	put("i3-pattern", "[0-9]{5}")
	put("i3-message", "Cinq chiffres, comme 31000.")
	add("choices")
	put("i4-label", "Cultures")
	put("i4-choices", "tomates\nautre | Autre culture")
	add("repeat")
	put("i5-label", "Parcelles")
	put("i6-label", "Parcelle")
	put("i5-max", "2")
	keep()
	s.sees("« Longueur » :")
	s.sees("« Surface » :")
	if bad := s.axe(); len(bad) > 0 {
		t.Errorf("the editor with what is wrong: %v", bad)
	}
	put("i1-minimum", "2,5")
	put("i2-calculation", "${longueur} * ${largeur}")
	keep()
	s.sees("aucune question n’a de colonne nommée « largeur »")
	put("i2-calculation", "${longueur} * 2")
	keep()
	s.sees("Jardins")
	add("text")
	put("i7-label", "Laquelle")
	put("i7-if", "cultures")
	put("i7-value", "Autre culture")
	keep()
	items := itemsOf(t, v, strings.TrimPrefix(base, "/formulaires/"))
	if got := outlineOf(items); got != "nom longueur surface code_postal cultures parcelles[parcelle] laquelle" {
		t.Fatalf("the form is %s", got)
	}
	if items[1]["minimum"] != "2.5" || items[1]["maximum"] != "100.5" || items[2]["calculation"] != "${longueur} * 2" || items[6]["relevant"] != "selected(${cultures}, 'autre')" {
		t.Errorf("%v", items)
	}
	if pg := v.send(v.get(base+"/reglages"), `main form[action$="/reglages"]`, "access", "public", "moderated", "false"); pg.status != http.StatusOK {
		t.Fatal(pg.text())
	}

	s.open("/f/jardins")
	s.wait("the script of the form", `document.querySelector('.form-fill[data-awake=yes]')`)
	s.types("nom", "Le jardin du lac")
	s.types("longueur", "2")
	s.types("code_postal", "abc")
	s.wait("what is calculated", `document.querySelector('#f-v-surface').value === '4'`)
	if s.text(`String(document.querySelector('[data-item="v-laquelle"]').hidden)`) != "true" {
		t.Error("a question is asked that its condition hides")
	}
	s.do(chromedp.Click(chromedp.CSS(`#entry [value=tomates]`)), chromedp.Click(chromedp.CSS(`#entry [value=autre]`)))
	s.wait("the question of the condition", `!document.querySelector('[data-item="v-laquelle"]').hidden`)
	s.press(`#entry button.button-primary`)
	s.wait("the bound", `document.querySelector('[data-item="v-longueur"] .field-error')`)
	s.sees("Cinq chiffres, comme 31000.")
	s.fill("#f-v-longueur", "12,5")
	s.fill("#f-v-code_postal", "31320")
	s.types("parcelles[0].parcelle", "A 12")
	s.press(`#entry button.button-primary`)
	s.at("/merci")
	if pg := v.get(base + "/saisies?state=accepted"); !strings.Contains(pg.text(), "Le jardin du lac") {
		t.Errorf("the entry is not there: %s", pg.text())
	}
}
