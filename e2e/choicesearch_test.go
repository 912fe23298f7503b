package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Long lists are searched, by keys and by fingers, on a phone's width: a menu of thirty
// and twenty boxes. What is sent is what was chosen, and a draft shows it again.
func TestLongListsAreSearched(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	v := p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	base := strings.TrimSuffix(v.send(v.get("/formulaires/nouveau"), `form[action="/formulaires"]`, "title", "Plantations").url.Path, "/modifier")
	var trees, birds []string
	for n := range 28 {
		trees = append(trees, fmt.Sprintf("a%d | Essence %d", n, n))
	}
	trees = append(trees, "chene-vert | Chêne vert", "oeillet | Œillet des prés")
	for n := range 19 {
		birds = append(birds, fmt.Sprintf("o%d | Oiseau %d", n, n))
	}
	birds = append(birds, "pie | Pie bavarde")
	s := browse(t, p)
	s.size(390, 844)
	s.signIn("agent@essai.example", password)
	s.open(base + "/modifier")
	for _, kind := range []string{"choice", "choices"} {
		s.text(`(() => { document.querySelector('select[name=add]').value = '` + kind + `'; return ''; })()`)
		s.press(`button[name=act][value=add]`)
	}
	for field, value := range map[string]string{"i1-label": "Arbre", "i1-choices": strings.Join(trees, "\n"), "i2-label": "Oiseaux", "i2-choices": strings.Join(birds, "\n")} {
		s.text(`(() => { for (let e = document.querySelector('[name=` + field + `]'); e; e = e.parentElement) if (e.matches('details')) e.open = true; return ''; })()`)
		s.fill(`[name=`+field+`]`, value)
	}
	s.press(`button.button-primary[value=keep]`)
	s.sees("Plantations")
	if pg := v.send(v.get(base+"/reglages"), `main form[action$="/reglages"]`, "access", "public", "moderated", "false"); pg.status != http.StatusOK {
		t.Fatal(pg.text())
	}

	s.open("/f/plantations")
	s.wait("the script of the form", `document.querySelector('.form-fill[data-awake=yes]')`)
	const menu, boxes = `#f-v-arbre`, `[data-item="v-oiseaux"] input[type=search]`
	s.fill("#f-v-nom", "Place du lac")
	s.do(chromedp.Click(chromedp.CSS(menu)))
	s.wait("the whole list", `document.querySelectorAll('[data-item="v-arbre"] [role=option]').length === 30`)
	s.do(chromedp.SendKeys(chromedp.CSS(menu), "vert CHENE"))
	s.wait("one choice", `document.querySelectorAll('[data-item="v-arbre"] [role=option]').length === 1`)
	if bad := s.axe(); len(bad) > 0 {
		t.Errorf("the open list: %v", bad)
	}
	s.do(chromedp.SendKeys(chromedp.CSS(menu), kb.ArrowDown+kb.Enter))
	s.wait("the choice", `document.querySelector('select[name="v-arbre"]').value === 'chene-vert' && document.querySelector('`+menu+`').value === 'Chêne vert'`)
	s.do(chromedp.SendKeys(chromedp.CSS(menu), "nothing of this"), chromedp.Click(chromedp.CSS(boxes)))
	s.wait("what was chosen stays", `document.querySelector('`+menu+`').value === 'Chêne vert'`)
	s.do(chromedp.SendKeys(chromedp.CSS(menu), "OEILLET"+kb.Enter))
	s.wait("the one choice that is left", `document.querySelector('select[name="v-arbre"]').value === 'oeillet'`)

	s.do(chromedp.Click(chromedp.CSS(`[data-item="v-oiseaux"] [value=o3]`)), chromedp.SendKeys(chromedp.CSS(boxes), "pie"))
	s.wait("the box that is looked for, and the ticked one", `[...document.querySelectorAll('[data-item="v-oiseaux"] .choice')].filter((c) => c.checkVisibility()).map((c) => c.querySelector('input').value).join() === 'o3,pie'`)
	s.do(chromedp.Click(chromedp.CSS(`[data-item="v-oiseaux"] [value=pie]`)))
	if bad := s.axe(); len(bad) > 0 {
		t.Errorf("the boxes: %v", bad)
	}
	s.wait("the draft", `Object.values(localStorage).some((x) => x.includes('oeillet') && x.includes('pie'))`)
	s.open("/f/plantations")
	s.wait("the draft in the field", `document.querySelector('`+menu+`')?.value === 'Œillet des prés'`)
	s.press(`#entry button.button-primary`)
	s.at("/merci")
	text := v.get(base + "/saisies?state=accepted").text()
	for _, want := range []string{"Place du lac", "Œillet des prés", "Oiseau 3", "Pie bavarde"} {
		if !strings.Contains(text, want) {
			t.Errorf("the entries do not show %q: %s", want, text)
		}
	}
}
