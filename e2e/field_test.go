package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"socle/internal/collect"
	"socle/internal/schema/form"
)

// fieldWorld is a portal behind a network, with an adviser, a colleague and a form.
type fieldWorld struct {
	*portal
	t    *testing.T
	air  *air
	form seeded
}

func newFieldWorld(t *testing.T, set collect.Settings, args ...string) *fieldWorld {
	t.Helper()
	return fieldWorldOf(t, hydrants(), set, args...)
}

func fieldWorldOf(t *testing.T, d *form.Definition, set collect.Settings, args ...string) *fieldWorld {
	t.Helper()
	p, a := overTheAir(t, args...)
	p.must(t, "admin", "organisation", "Chambre d’Essai")
	for _, email := range []string{"anne@essai.example", "luc@essai.example"} {
		p.join(t, "chambre-d-essai", email, "editor")
	}
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	w := &fieldWorld{portal: p, t: t, air: a, form: seedForm(t, p, "chambre-d-essai", d, set)}
	if err := p.begin(); err != nil {
		t.Fatal(err)
	}
	return w
}

// equipped is a phone on which somebody has signed in and opened the application once.
func (w *fieldWorld) equipped(email string) *phone {
	w.t.Helper()
	ph := openPhone(w.t, w.portal, "")
	ph.signIn(email, password)
	ph.terrain()
	ph.online()
	ph.sees(w.form.title)
	return ph
}

type wireEntry struct {
	ID, State string
	Revision  int
	Values    map[string]string
	Files     []struct{ Received bool }
	Made      time.Time `json:"made_at"`
}

// entries asks the portal itself, not through the network, what it has.
func (w *fieldWorld) entries() (list []wireEntry) {
	w.t.Helper()
	v := w.visitor(w.t)
	v.signIn("anne@essai.example", password)
	pg := v.get("/api/v1/forms/" + w.form.form + "/entries?limit=1000")
	var page struct{ Entries []wireEntry }
	if err := json.Unmarshal(pg.body, &page); err != nil || pg.status != http.StatusOK {
		w.t.Fatalf("entries: %d %s %v", pg.status, pg.body, err)
	}
	return page.Entries
}

// once checks that each name is on the portal exactly once, accepted, its files there.
func (w *fieldWorld) once(names ...string) {
	w.t.Helper()
	w.air.set(weather{})
	count := map[string]int{}
	for _, e := range w.entries() {
		if e.State == "removed" {
			continue
		}
		count[e.Values["nom"]]++
		if e.State != "accepted" {
			w.t.Errorf("%s is %s", e.Values["nom"], e.State)
		}
		for _, f := range e.Files {
			if !f.Received {
				w.t.Errorf("a photo of %s is missing", e.Values["nom"])
			}
		}
	}
	for _, n := range names {
		if count[n] != 1 {
			w.t.Errorf("%s is there %d times", n, count[n])
		}
	}
	if len(count) != len(names) {
		w.t.Errorf("the portal has %v, want %v", count, names)
	}
}

var opened = collect.Settings{Access: collect.Members, Sight: collect.All}

// The irrigation summer: an adviser without network records five observations with
// photos, the browser is killed, they come back in range, and those who look at the
// public table and at the public map elsewhere see them appear, without a reload.
func TestFieldSummer(t *testing.T) {
	t.Parallel()
	w := newFieldWorld(t, opened)
	ph := w.equipped("anne@essai.example")
	w.air.set(weather{down: true})
	names := []string{}
	for i := range 5 {
		names = append(names, fmt.Sprintf("B%d", i+1))
		ph.records(w.form.form, names[i], 1.35+float64(i)*0.01, 43.5, picture(t, i+1))
	}
	if got := ph.kept(); got["waiting"] != 5 {
		t.Fatalf("on the phone: %v", got)
	}
	ph = ph.kill()
	ph.terrain() // without network: the worker has the page, the database the rest
	ph.sees("Pas de réseau")
	ph.goes("queue")
	ph.sees("5 saisies sur ce téléphone seulement")
	ph.goes("around/" + w.form.form)
	ph.sees("5 saisies connues")

	w.air.set(weather{})
	readers := map[string]*screen{"": browse(t, w.portal), "/map": browse(t, w.portal)}
	for page, reader := range readers {
		reader.open("/datasets/" + w.form.dataset + page)
		reader.wait("that the page listens", "document.querySelector('[data-island=live][data-awake=yes]')")
		if strings.Contains(reader.text("document.body.innerText"), "B5") {
			t.Fatal("the portal has what was not sent")
		}
		reader.text("window.e2eStays = 'yes'")
	}
	ph.known("anne@essai.example")
	ph.goes("queue")
	ph.allSent(5)
	ph.sees("envoyées : 5")
	for page, reader := range readers {
		for _, name := range names {
			reader.wait(name+" on the public page"+page, "window.e2eStays === 'yes' && [...document.querySelectorAll('#live-rows td, #map-rows td')].some((e) => e.textContent.trim() === "+quote(name)+")")
		}
	}
	readers["/map"].wait("the live map", "document.querySelector('#map-part .map-live[data-ready]')")
	if n := readers["/map"].text("document.querySelector('#map-rows [role=status]').textContent"); !strings.HasPrefix(n, "5 ") {
		t.Errorf("the map says %q of five observations", n)
	}
	w.once(names...)
}

// A hostile network, the browser killed, the portal killed: everything that the
// phone says is sent is there exactly once, and all of it in the end.
func TestFieldHostile(t *testing.T) {
	t.Parallel()
	w := newFieldWorld(t, opened)
	ph := w.equipped("anne@essai.example")
	bad := weather{slow: 300 * time.Millisecond, lost: 0.15, deaf: 0.25, twice: 0.3, cut: 0.1}
	w.air.set(bad)
	names := []string{}
	for i := range 6 {
		names = append(names, fmt.Sprintf("H%d", i+1))
		photo := ""
		if i%2 == 0 {
			photo = picture(t, i+1)
		}
		ph.records(w.form.form, names[i], 1.4+float64(i)*0.01, 43.6, photo)
		switch i {
		case 1:
			ph = ph.kill()
			ph.known("anne@essai.example")
		case 3:
			w.kill()
			ph.goes("queue")
			if err := w.begin(); err != nil {
				t.Fatal(err)
			}
		}
		w.confirmed(ph)
	}
	ph.goes("queue")
	ph.allSent(6)
	w.confirmed(ph)
	w.once(names...)
	w.air.mu.Lock()
	t.Logf("faults: %v", w.air.faults)
	if w.air.faults["deaf"] == 0 || w.air.faults["twice"] == 0 {
		t.Error("the network was not hostile: nothing was tried")
	}
	w.air.mu.Unlock()
}

// confirmed checks that what the phone says is sent is on the portal.
func (w *fieldWorld) confirmed(ph *phone) {
	w.t.Helper()
	sent := ph.kept()["sent"]
	v := w.visitor(w.t)
	v.p = &portal{url: "http://" + w.addr}
	v.signIn("anne@essai.example", password)
	var page struct{ Entries []wireEntry }
	if pg := v.get("/api/v1/forms/" + w.form.form + "/entries?limit=1000"); pg.status == http.StatusOK {
		if err := json.Unmarshal(pg.body, &page); err != nil {
			w.t.Fatal(err)
		}
		if n := len(page.Entries); sent > n {
			w.t.Fatalf("the phone says that %d are sent, the portal has %d", sent, n)
		}
	}
}

// A refused entry says why beside its question, keeps its photo, and leaves mended.
func TestFieldRefused(t *testing.T) {
	t.Parallel()
	w := newFieldWorld(t, opened)
	ph := w.equipped("anne@essai.example")
	ph.records(w.form.form, "R1", 1.35, 43.5, "")
	ph.allSent(1)
	ph.records(w.form.form, "R1", 1.45, 43.5, picture(t, 3)) // the name is of one entry only
	ph.goes("queue")
	ph.sees("1 saisie à revoir")
	ph.presses("R1")
	ph.sees("Modifier")
	ph.presses("Modifier")
	ph.sees("Le portail a refusé cette saisie")
	ph.types("Nom", "R2")
	ph.presses("Terminer et envoyer")
	ph.allSent(2)
	w.once("R1", "R2")
}

// A sent entry that is opened again is on this phone only from its first change on,
// through the end of the browser, until it is finished; or it becomes what it was.
func TestFieldChangeAgain(t *testing.T) {
	t.Parallel()
	w := newFieldWorld(t, opened)
	ph := w.equipped("anne@essai.example")
	ph.records(w.form.form, "M1", 1.35, 43.5, picture(t, 1))
	ph.allSent(1)
	change := func(from, to string) {
		t.Helper()
		ph.goes("queue")
		ph.presses(from)
		ph.presses("Modifier")
		ph.wait("the form", "document.querySelector('.terrain-form')")
		if got := ph.kept(); got["sent"] != 1 {
			t.Fatalf("opened, not changed: %v", got)
		}
		ph.types("Nom", to)
		ph.sees("Vos changements sont sur ce téléphone seulement")
		for deadline := time.Now().Add(20 * time.Second); ph.kept()["draft"] != 1; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("on the phone: %v", ph.kept())
			}
		}
	}
	w.air.set(weather{down: true})
	change("M1", "M2")
	for _, v := range ph.axe() {
		t.Errorf("changes of a sent entry: %s", v)
	}
	ph = ph.kill()
	w.air.set(weather{})
	ph.known("anne@essai.example")
	ph.goes("queue")
	ph.sees("Sur ce téléphone seulement : 1 · envoyées : 0")
	ph.sees("ne sont pas terminés et sont sur ce téléphone seulement. Le portail a ce qui a été envoyé")
	w.once("M1") // with network too
	ph.presses("M2")
	ph.sees("Vos changements sont sur ce téléphone seulement")
	ph.presses("Terminer et envoyer")
	ph.allSent(1)
	w.once("M2")

	change("M2", "M3")
	ph.presses("Abandonner les changements")
	ph.text(`(document.querySelector("dialog .button-danger").click(), "")`)
	ph.sees("Envoyée le")
	if text := ph.text("document.body.innerText"); !strings.Contains(text, "M2") || strings.Contains(text, "M3") {
		t.Errorf("after giving up: %s", text)
	}
	ph.allSent(1)
	w.once("M2")
}

// Two people share a phone: neither sees what the other entered, nothing is lost.
func TestFieldSharedPhone(t *testing.T) {
	t.Parallel()
	w := newFieldWorld(t, collect.Settings{Access: collect.Members, Sight: collect.Own})
	ph := w.equipped("anne@essai.example")
	w.air.set(weather{down: true})
	ph.records(w.form.form, "SECRET1", 1.35, 43.5, "")
	ph.goes("phone")
	ph.presses("Changer de personne")
	ph.presses("Quitter ce téléphone")
	ph.sees("1 saisie d’une autre personne attend sur ce téléphone")
	hidden := func() {
		t.Helper()
		for _, page := range []string{"", "queue", "phone"} {
			if page != "" {
				ph.goes(page)
			}
			if text := ph.text("document.body.innerText"); strings.Contains(text, "SECRET1") || strings.Contains(text, "Personne d’essai") {
				t.Fatalf("%q shows another's entry: %s", page, text)
			}
		}
	}
	ph.terrain()
	hidden()
	// Back in range, the cookie of who has left is still there: its session ends first.
	w.air.set(weather{})
	ph.terrain()
	ph.online()
	hidden()
	ph.nobody()
	ph = ph.kill()
	ph.terrain()
	ph.online()
	hidden()
	ph.signIn("luc@essai.example", password)
	ph.terrain()
	ph.online()
	ph.goes("queue")
	ph.sees("1 saisie d’une autre personne attend")
	if n := len(w.entries()); n != 0 {
		t.Fatalf("%d entries were sent by another person", n)
	}
	ph.goes("phone")
	ph.presses("Changer de personne")
	ph.presses("Quitter ce téléphone")
	ph.sees("Sans compte")
	ph.nobody()
	ph.signIn("anne@essai.example", password)
	ph.terrain()
	ph.online()
	ph.goes("queue")
	ph.allSent(1)
	w.once("SECRET1")
}

// nobody waits until the portal knows nobody in this browser.
func (ph *phone) nobody() {
	ph.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		who := ph.await(`fetch("/terrain/account").then((a) => a.text())`)
		if strings.Contains(who, `"account":null`) {
			return
		}
		if time.Now().After(deadline) {
			ph.t.Fatalf("who has left is still signed in: %s", who)
		}
	}
}

// The session ends in the field: entering goes on, signing in again sends.
func TestFieldSessionOver(t *testing.T) {
	t.Parallel()
	w := newFieldWorld(t, opened)
	ph := w.equipped("anne@essai.example")
	ph.await(`fetch("/sign-out", {method: "POST", redirect: "manual"}).then(() => "")`) // elsewhere: this application is not told
	ph.records(w.form.form, "S1", 1.35, 43.5, "")
	ph.sees("Votre connexion est terminée")
	if got := ph.kept(); got["waiting"] != 1 {
		t.Fatalf("on the phone: %v", got)
	}
	ph.signIn("anne@essai.example", password)
	ph.terrain()
	ph.online()
	ph.allSent(1)
	w.once("S1")
}

// The phone is full: it says what is not kept, what was there stays, and it goes on.
func TestFieldFullStorage(t *testing.T) {
	t.Parallel()
	w := newFieldWorld(t, opened)
	ph := w.equipped("anne@essai.example")
	w.air.set(weather{down: true})
	ph.records(w.form.form, "F1", 1.35, 43.5, picture(t, 1))
	ph = ph.kill() // browsers remember for a while how much room there is
	ph.quota(1)
	ph.terrain()
	ph.sees("Bornes d’irrigation")
	ph.goes("new/" + w.form.form)
	ph.types("Nom", "F2")
	ph.do(chromedp.SetUploadFiles(chromedp.CSS("input[type=file][capture]"), []string{picture(t, 2)}))
	ph.sees("Ce téléphone n’a plus de place")
	if got := ph.kept(); got["waiting"] != 1 {
		t.Fatalf("on the phone: %v", got)
	}
	ph.quota(0)
	w.air.set(weather{})
	ph = ph.kill()
	ph.known("anne@essai.example")
	ph.goes("queue")
	for deadline := time.Now().Add(time.Minute); ph.kept()["sent"] != 1; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("on the phone: %v", ph.kept())
		}
	}
	w.once("F1")
}

// The organisation is full: what is recorded waits on the phone with its photo, says why,
// and leaves once there is room.
func TestFieldFullOrganisation(t *testing.T) {
	t.Parallel()
	w := newFieldWorld(t, opened)
	host := hostOf(t, w.portal)
	bound := func(gigabytes string) {
		t.Helper()
		const at = "/organisations/chambre-d-essai/quota"
		if pg := host.send(host.get(at), `form[action="`+at+`"]`, "gigabytes", gigabytes); pg.status != http.StatusOK {
			t.Fatalf("the quota is not set: %d %s", pg.status, pg.text())
		}
	}
	ph := w.equipped("anne@essai.example")
	bound("0.000001")
	ph.records(w.form.form, "P1", 1.35, 43.5, picture(t, 1))
	ph.goes("queue")
	ph.sees("La place de votre organisation est de 1 ko")
	ph.sees("Elle partira d’elle-même quand il y aura de la place.")
	for _, v := range ph.axe() {
		t.Errorf("an entry for which there is no room: %s", v)
	}
	ph = ph.kill()
	ph.known("anne@essai.example")
	if got := ph.kept(); got["waiting"] != 1 || len(w.entries()) != 0 {
		t.Fatalf("on the phone: %v; on the portal: %v", got, w.entries())
	}
	bound("")
	ph.goes("queue")
	ph.allSent(1)
	w.once("P1")
}

// quota bounds the room of the portal's pages in bytes; 0 lifts it.
func (ph *phone) quota(bytes float64) {
	ph.t.Helper()
	p := storage.OverrideQuotaForOriginParams{Origin: ph.p.url}
	if bytes > 0 {
		p.QuotaSize = &bytes
	}
	if _, err := chromedp.Call(ph.ctx, storage.OverrideQuotaForOrigin, p); err != nil {
		ph.t.Fatal(err)
	}
}

// A new version of the application comes while entries wait: they and the forms stay.
func TestFieldUpdate(t *testing.T) {
	t.Parallel()
	w := newFieldWorld(t, opened)
	ph := w.equipped("anne@essai.example")
	w.air.set(weather{down: true})
	ph.records(w.form.form, "U1", 1.35, 43.5, picture(t, 1))
	before := ph.text("document.getElementById('terrain').dataset.version")
	if err := w.end(); err != nil {
		t.Fatal(err)
	}
	if err := w.begin("--host-name", "Portail renommé"); err != nil {
		t.Fatal(err)
	}
	w.air.set(weather{lost: 1}) // the API stays away: the update alone comes through
	ph.terrain()
	ph.sees("Une nouvelle version de l’application est prête")
	ph.presses("Utiliser la nouvelle version")
	ph.wait("the new version", "document.getElementById('terrain')?.dataset.ready !== undefined && document.getElementById('terrain').dataset.version !== "+quote(before))
	w.air.set(weather{down: true})
	ph = ph.kill()
	ph.terrain()
	ph.sees("Bornes d’irrigation")
	if got := ph.kept(); got["waiting"] != 1 {
		t.Fatalf("on the phone: %v", got)
	}
	ph.records(w.form.form, "U2", 1.36, 43.5, "") // the form is still there, without network
	w.air.set(weather{})
	ph.known("anne@essai.example")
	ph.goes("queue")
	ph.allSent(2)
	w.once("U1", "U2")
}

// Without an account: the link of a form, an entry sent, and changed by this phone.
func TestFieldByLink(t *testing.T) {
	t.Parallel()
	w := newFieldWorld(t, collect.Settings{Access: collect.Link, Sight: collect.Own})
	ph := openPhone(t, w.portal, "")
	ph.do(chromedp.Navigate(w.url + "/terrain?lang=fr#add/" + w.form.form + "/" + w.form.key))
	ph.sees("Bornes d’irrigation")
	if href := ph.text("location.href"); strings.Contains(href, w.form.key) {
		t.Errorf("the key stays in the address: %s", href)
	}
	ph.online()
	ph.records(w.form.form, "L1", 1.35, 43.5, picture(t, 4))
	ph.allSent(1)
	ph.goes("queue")
	ph.presses("L1")
	ph.presses("Modifier")
	ph.wait("the form", "document.querySelector('.terrain-form')")
	ph.types("Nom", "L1bis")
	ph.presses("Terminer et envoyer")
	ph.allSent(1)
	w.once("L1bis")
}

// What is seen again says what it sees again; a phone whose clock is wrong does not
// make entries of another day.
func TestFieldRevisitAndClock(t *testing.T) {
	t.Parallel()
	w := newFieldWorld(t, opened)
	ph := w.equipped("anne@essai.example")
	ph.records(w.form.form, "V1", 1.35, 43.5, "")
	ph.allSent(1)
	ph.ahead(36 * time.Hour)
	ph.terrain()
	ph.online()
	ph.sees("L’horloge de ce téléphone avance")
	ph.goes("new/" + w.form.form)
	ph.at(1.35001, 43.5)
	ph.sees("Il y a déjà une saisie tout près")
	ph.presses("V1, à")
	ph.sees("Vous revoyez « V1 »")
	ph.types("Nom", "V2")
	ph.presses("Terminer et envoyer")
	ph.allSent(2)
	w.once("V1", "V2")
	for _, e := range w.entries() {
		if d := time.Since(e.Made); d < -time.Minute || d > 10*time.Minute {
			t.Errorf("%s was made at %s", e.Values["nom"], e.Made)
		}
	}
}

// Each page of the application, in the appearances that people choose, wide and narrow.
func TestFieldAccessible(t *testing.T) {
	t.Parallel()
	w := newFieldWorld(t, opened)
	ph := w.equipped("anne@essai.example")
	ph.records(w.form.form, "A1", 1.35, 43.5, picture(t, 1))
	ph.allSent(1)
	w.air.set(weather{down: true})
	ph.records(w.form.form, "A2", 1.36, 43.5, "")
	for _, theme := range []string{"light", "dark", "contrast"} {
		ph.text(`(document.documentElement.dataset.theme = ` + quote(theme) + `)`)
		for _, hash := range []string{"form/" + w.form.form, "new/" + w.form.form, "around/" + w.form.form, "queue", "phone"} {
			ph.goes(hash)
			for _, width := range []int64{390, 320, 1280} {
				ph.size(width, 900)
				ph.sane()
				if hash == "queue" || hash == "phone" {
					continue // the same elements as the others: looked at once is enough
				}
			}
			ph.size(390, 844)
			for _, v := range ph.axe() {
				t.Errorf("%s, %s: %s", hash, theme, v)
			}
			ph.shown(strings.ReplaceAll(hash, "/", "-") + "-" + theme)
		}
	}
}

// shown takes a picture of the page, when pictures are asked for.
func (ph *phone) shown(name string) {
	ph.t.Helper()
	if *shots == "" {
		return
	}
	b, err := chromedp.Run(ph.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, "field-"+name+".png"), b, 0o600)
	}
	if err != nil {
		ph.t.Error(err)
	}
}
