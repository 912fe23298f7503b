package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"golang.org/x/text/encoding/charmap"
)

// messy is a file of deliberations as they come: semicolons, Windows-1252, French
// dates, optional columns missing, and in the third record a SIRET cut short.
func messy(t testing.TB) []byte {
	t.Helper()
	var b strings.Builder
	b.WriteString("COLL_NOM;COLL_SIRET;DELIB_ID;DELIB_DATE;DELIB_MATIERE_CODE;DELIB_MATIERE_NOM;DELIB_OBJET;PREF_ID\r\n")
	for n := 1; n <= 30; n++ {
		number := siret
		if n == 3 {
			number = siret[:11]
		}
		fmt.Fprintf(&b, "Mairie d’Essai;%s;2026-%03d;%02d/03/2026;7.5;Finances locales/Subventions;Aide à l’association n° %d : été, 1 250,50 €;031-%d\r\n", number, n, n%28+1, n, n)
	}
	data, err := charmap.Windows1252.NewEncoder().String(b.String())
	if err != nil {
		t.Fatal(err)
	}
	return []byte(data)
}

// siret is a made-up number with right keys.
var siret = withKey(withKey("21310099") + "0001")

// withKey adds the last digit of a SIREN or a SIRET (Luhn’s key).
func withKey(digits string) string {
	sum := 0
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if (len(digits)-i)%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + string(rune('0'+(10-sum%10)%10))
}

func asFile(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// bring deposits a file and waits until it is read.
func (s *screen) bring(path, schema string) {
	s.t.Helper()
	s.open("/deposits/new")
	s.do(chromedp.SetUploadFiles(chromedp.CSS("input[type=file][name=file]"), []string{path}))
	if schema != "" {
		s.fill("select[name=schema]", schema)
	}
	s.press(`form[action="/deposits"] button[type=submit]`)
}

// read waits on the waiting page; without scripts one loads it again.
func (s *screen) read(scripts bool) {
	s.t.Helper()
	for range 200 {
		// While a file is read, its progress stands at the address of the step.
		if at := s.text("document.querySelector('main .progress') || document.readyState !== 'complete' ? '' : location.pathname"); strings.HasSuffix(at, "/understand") || strings.HasSuffix(at, "/mend") || strings.HasSuffix(at, "/describe") {
			s.sane()
			return
		}
		s.do(chromedp.Sleep(100e6))
		if !scripts {
			s.do(chromedp.Navigate(s.text("location.href")))
		}
	}
	s.t.Fatalf("the file is not read: %s", s.text("document.body.innerText"))
}

// describe fills in the description and goes on.
func (s *screen) describe(title string) {
	s.t.Helper()
	s.fill("#f-title", title)
	s.fill("#f-description", "Décisions prises par l’assemblée, écrites pour l’essai du portail.")
	s.press(`form[action$="/describe"] button[type=submit]`)
	s.at("/publish")
}

// listed mends a cell in the list of cells.
func (s *screen) listed(field, value string) {
	s.t.Helper()
	s.text(`document.querySelector("main details:has(form[action$='/edit'])").open = true, ""`)
	form := `details form:has(input[name=field][value=` + field + `])`
	s.fill(form+` input[name=value]`, value)
	s.press(form + ` button`)
}

// inPlace activates a marked cell with the keyboard and writes over what is in it.
func (s *screen) inPlace(mark, value string) {
	s.t.Helper()
	s.text(`document.querySelector(` + quote(mark) + `).focus(), ""`)
	s.keys(kb.Enter)
	s.wait("the field in the cell, all of it chosen", `(() => { const i = document.activeElement; return i.matches(".cell-editor:popover-open input[name=value]") && i.selectionStart === 0 && i.selectionEnd === i.value.length })()`)
	s.keys(value)
	s.keys(kb.Enter)
}

// The main job, on a desk: the report, safe repairs, an edit by hand, undo, a
// colleague who goes on, the public page and all its downloads.
func TestMainJob(t *testing.T) {
	p, accounts := demo(t)
	original := messy(t)
	s := browse(t, p)
	s.signIn(accounts[3].email, accounts[3].password)
	s.bring(asFile(t, "délibs 2026.csv", original), "scdl/deliberations")
	s.read(true)
	deposit := s.text("location.pathname.split('/')[2]")
	mend := "/deposits/" + deposit + "/mend"
	s.open("/deposits/" + deposit + "/understand")
	s.sees("windows-1252")
	s.open(mend)
	s.sees(siret[:11])
	before := s.text("document.querySelector('.stack-wide .notice').innerText")
	s.press(`form[action$="/repair"]:not(:has(input[name=repair])) button`)
	s.read(true)
	s.open(mend)
	if after := s.text("document.querySelector('.stack-wide .notice').innerText"); after == before {
		t.Errorf("safe repairs changed nothing: %s", after)
	}
	s.listed("COLL_SIRET", siret)
	s.read(true)
	s.at("/describe")
	s.open(mend)
	if s.text("document.querySelector('.cell-wrong, details form[action$=\"/edit\"]') ? 'wrong' : ''") != "" {
		t.Errorf("after the edit, cells are still wrong: %s", s.text("document.querySelector('main').innerText"))
	}

	t.Log("undo takes the edit back, and it can be made again")
	s.press(`form[action$="/undo"] button`)
	s.read(true)
	s.open(mend)
	s.sees(siret[:11])

	t.Log("a colleague of the same organisation goes on where it stands")
	colleague := p.join(t, "sicoval", "collegue@essai.example", "editor")
	if pg := colleague.get("/desk"); !strings.Contains(pg.text(), "délibs 2026") && !strings.Contains(string(pg.body), deposit) {
		t.Errorf("the colleague's desk does not show the deposit: %s", pg.text())
	}
	s = browse(t, p)
	s.signIn("collegue@essai.example", password)
	s.press(`main a[href*="` + deposit + `"]`)
	s.open(mend)
	t.Log("a cell is written in its place: it is checked again, and stays marked until it is right")
	mark := `td:has(.cell-form input[name=field][value=COLL_SIRET]) .cell-mark`
	s.text("window.e2eOld = '1'")
	s.inPlace(mark, "2131")
	s.wait("the cell that is still wrong, open again", `window.e2eOld === '1' && document.querySelector('.cell-wrong .cell-editor:popover-open input[name=value]')?.value === '2131' && document.activeElement.value === '2131'`)
	s.keys(kb.Escape)
	s.inPlace(mark, siret)
	s.at("/describe")
	s.open("/deposits/" + deposit + "/describe")
	s.describe("Délibérations de la mairie d’Essai")
	s.press(`form[action$="/publish"] button[type=submit]`)
	s.at("/datasets/deliberations-de-la-mairie-d-essai")
	s.sees("2026-001")
	s.sees("démonstration")
	dataset := s.text("location.pathname")

	t.Log("sort, filter, language")
	s.open(dataset + "?q=n%C2%B0%2017%20")
	s.sees("2026-017")
	if s.text("document.body.innerText.includes('2026-018') ? 'both' : ''") != "" {
		t.Error("the filter lets other rows through")
	}
	s.open(dataset)
	s.press(`thead th:nth-child(4) a`)
	s.press(`thead th:nth-child(4) a`)
	s.wait("the last row first", `document.querySelector("main table tbody tr").innerText.includes("2026-030")`)
	s.press(`.site-tools a[hreflang=en]`)
	s.wait("the English page", `document.documentElement.lang === "en" && location.pathname.startsWith("/en/datasets/")`)

	t.Log("what the public page gives")
	public := p.visitor(t)
	d, err := p.client(t, "").FindDataset(t.Context(), strings.TrimPrefix(dataset, "/datasets/"))
	if err != nil || len(d.Resources) != 1 {
		t.Fatalf("%+v, %v", d, err)
	}
	checkDownloads(t, public, d.Resources[0].ID, original)
	page := public.get(dataset)
	for _, format := range []string{"csv", "xlsx", "json", "parquet"} {
		if page.doc.Find(`a[href*="export.`+format+`"]`).Length() == 0 {
			t.Errorf("the page has no link to its %s", format)
		}
	}
	if page.doc.Find(`a[href$="/original"]`).Length() == 0 {
		t.Error("the page has no link to the original")
	}
}

// checkDownloads reads the published table in each format.
func checkDownloads(t *testing.T, v *visitor, resource string, original []byte) {
	t.Helper()
	base := "/api/v1/resources/" + resource
	for _, f := range []struct{ format, kind, holds string }{
		{"csv", "text/csv", "2026-03-02"},
		{"json", "application/json", siret},
		{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK\x03\x04"},
		{"parquet", "application/vnd.apache.parquet", "PAR1"},
	} {
		pg := v.get(base + "/export." + f.format)
		if pg.status != http.StatusOK || !strings.HasPrefix(pg.header.Get("Content-Type"), f.kind) || !bytes.Contains(pg.body, []byte(f.holds)) {
			t.Errorf("%s: %d %s, %d bytes without %q", f.format, pg.status, pg.header.Get("Content-Type"), len(pg.body), f.holds)
		}
		if f.format == "csv" && bytes.Count(pg.body, []byte("\n")) != 31 {
			t.Errorf("the CSV has %d lines", bytes.Count(pg.body, []byte("\n")))
		}
	}
	if pg := v.get(base + "/original"); !bytes.Equal(pg.body, original) {
		t.Errorf("the original came back as %d bytes, not %d", len(pg.body), len(original))
	}
}

// The other branch, on a phone: a file that no schema knows, published as it is.
func TestFreeTableOnAPhone(t *testing.T) {
	p, accounts := demo(t)
	s := browse(t, p)
	s.size(390, 844)
	s.signIn(accounts[2].email, accounts[2].password)
	s.bring(asFile(t, "bancs.csv", []byte("banc;rue;bois\nB1;Rue Haute;oui\nB2;Rue Basse;non\n")), "scdl/deliberations")
	s.read(true)
	if strings.HasSuffix(s.text("location.pathname"), "/understand") {
		s.press(`main .actions a.button-primary`)
	}
	s.at("/mend")
	s.press(`form[action$="/free"] button`)
	s.read(true)
	s.at("/describe")
	s.describe("Bancs publics d’Essai")
	s.press(`form[action$="/publish"] button[type=submit]`)
	s.at("/datasets/bancs-publics-d-essai")
	s.sees("Rue Basse")
	for _, tab := range []string{"/about", "/api", "/history"} {
		s.open("/datasets/bancs-publics-d-essai" + tab)
	}
}

// All of it without scripts.
func TestWithoutScripts(t *testing.T) {
	p, accounts := demo(t)
	s := browse(t, p)
	s.noScripts()
	s.open("/")
	s.press(`main a[href^="/datasets/"]`)
	s.wait("rows", `document.querySelectorAll("main table tbody tr").length > 0`)
	s.signIn(accounts[2].email, accounts[2].password)
	s.bring(asFile(t, "arbres.csv", []byte("arbre,essence,plantation\nA1,tilleul,2019\nA2,platane,1998\n")), "")
	s.read(false)
	s.at("/describe")
	s.describe("Arbres d’Essai")
	s.press(`form[action$="/publish"] button[type=submit]`)
	s.at("/datasets/arbres-d-essai")
	s.sees("tilleul")
}

// A new portal: the printed link makes the first administrator, once.
func TestFirstAdministrator(t *testing.T) {
	t.Parallel()
	p := start(t)
	link := linkIn.FindString(p.out.String())
	if link == "" {
		t.Fatalf("no link was printed: %s", p.out)
	}
	s := browse(t, p)
	s.open(strings.TrimPrefix(link, p.url))
	s.fill("#f-name", "Première Personne")
	s.fill("#f-email", "admin@essai.example")
	s.fill("#f-password", password)
	s.press("main form button[type=submit]")
	s.open("/account")
	s.sees("admin@essai.example")
	if pg := p.visitor(t).get(link); pg.status != http.StatusNotFound {
		t.Errorf("the link opens again: %d %s", pg.status, pg.text())
	}
	if out, status := p.run("admin", "first-link"); status != 2 {
		t.Errorf("there is an administrator, and the command gives another link: %d %s", status, out)
	}
}
