package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// letter waits for a message to somebody that says something and returns its text.
func letter(t *testing.T, host *visitor, to, words string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for _, a := range host.get("/admin/mail").doc.Find(`a[href*="/admin/mail/"]`).EachIter() {
			if m := host.get(a.AttrOr("href", "")).text(); strings.Contains(m, to) && strings.Contains(m, words) {
				return m
			}
		}
	}
	t.Fatalf("no letter to %s says %q", to, words)
	return ""
}

// flat is a text with blanks folded, those of French typography too.
func flat(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// Without an account and without scripts: a search that finds nothing leads to the
// form, the producer's desk shows what was asked, the answer goes by mail and leads to
// the data, and the next reader finds it where the first one found nothing.
func TestAskForData(t *testing.T) {
	t.Parallel()
	p := start(t)
	host := hostOf(t, p)
	d := publish(t, p.agent(t), "bancs.csv", table("bancs", 5), "Bancs publics")
	agent := p.join(t, "mairie-d-essai", "bureau@essai.example", "editor")
	reader := p.join(t, "mairie-d-essai", "lecteur@essai.example", "contributor")
	v := p.visitor(t)
	const form, nothing = `main form[action="/requests/new"]`, "/search?q=horaires+piscine"

	href, ok := v.get(nothing).doc.Find(`main a[href^="/requests/new?"]`).Attr("href")
	if !ok {
		t.Fatal("nothing leads to the form")
	}
	pg := v.get(href)
	if words := pg.doc.Find("#f-words").Text(); !strings.HasPrefix(strings.TrimSpace(words), "horaires piscine") || !strings.Contains(flat(pg.doc.Find("#f-email-help")), "effacée 30 jours") {
		t.Fatalf("the form holds %q: %s", words, pg.text())
	}
	pg = v.send(pg, form, "words", "court", "email", "pas une adresse")
	if pg.status != http.StatusUnprocessableEntity || pg.doc.Find("#f-words-error, #f-email-error").Length() != 2 || pg.doc.Find("#f-email").AttrOr("value", "") != "pas une adresse" {
		t.Errorf("%d %s", pg.status, pg.text())
	}
	asked := []string{"words", "Les horaires de la piscine. Jean, 06 00 00 00 00", "place", "Mairie d’Essai", "email", "curieuse@essai.example"}
	pg = v.send(v.get(href), form, append(asked, "website", "https://spam.example")...)
	if pg.url.Path != "/requests" || len(agent.get("/desk").doc.Find(`a[href^="/requests/0"]`).Nodes) != 0 {
		t.Errorf("a program that fills in the trap is told otherwise, or heard: %s", pg.url)
	}
	pg = v.send(v.get(href), form, asked...)
	if pg.url.Path != "/requests" || !strings.Contains(pg.doc.Find("body").Text(), "Votre demande est envoyée") || strings.Contains(pg.text(), "Jean") {
		t.Fatalf("%s %s", pg.url, pg.text())
	}

	// The desk of those who speak for the organisation; nobody else sees it.
	letter(t, host, "bureau@essai.example", "Une donnée est demandée")
	desk := agent.get("/desk")
	at := desk.doc.Find(`main a[href^="/requests/0"]`).AttrOr("href", "")
	if at == "" || !strings.Contains(desk.text(), "Demande d’un lecteur") {
		t.Fatalf("the desk does not show it: %s", desk.text())
	}
	for name, x := range map[string]*visitor{"anyone": v, "a contributor": reader} {
		if got := x.get(at); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	if !strings.Contains(host.get("/requests/inbox").text(), "Les horaires de la piscine") || strings.Contains(host.get("/requests/inbox?to=host").text(), "Les horaires") {
		t.Error("the host does not see the requests to producers, or takes them for its own")
	}

	// Answered, with data, public in other words.
	pg = agent.send(agent.get(at), `main form[action="`+at+`"]`, "close", "1")
	if pg.status != http.StatusUnprocessableEntity || pg.doc.Find("#f-answer-error").Length() != 1 {
		t.Errorf("%d %s", pg.status, pg.text())
	}
	stale := agent.get(at)
	pg = agent.send(stale, `main form[action="`+at+`"]`, "answer", "Ils sont publiés depuis lundi.", "dataset", p.url+"/datasets/"+d.Slug, "close", "1", "public", "1", "shown", "Les horaires de la piscine")
	if pg.status != http.StatusOK || !strings.Contains(pg.doc.Find("body").Text(), "part par courriel") {
		t.Fatalf("%d %s", pg.status, pg.text())
	}
	if said := letter(t, host, "curieuse@essai.example", "Ils sont publiés depuis lundi."); !strings.Contains(said, "/datasets/"+d.Slug) || !strings.Contains(said, at) {
		t.Errorf("the letter says %s", said)
	}
	if pg = agent.send(stale, `main form[action="`+at+`"]`, "answer", "Jamais, hélas."); pg.status != http.StatusConflict || pg.doc.Find("#f-answer").Text() != "Jamais, hélas." || !strings.Contains(pg.text(), "Ils sont publiés depuis lundi.") {
		t.Errorf("the conflict is not readable: %d %s", pg.status, pg.text())
	}
	if strings.Contains(agent.get("/desk").text(), "Demande d’un lecteur") || !strings.Contains(agent.get("/requests/inbox?state=closed").text(), "Les horaires") {
		t.Error("what is settled stays on the desk, or is lost")
	}

	// The next reader, in both languages and beside the data.
	pg = p.visitor(t).get(nothing)
	if found := pg.doc.Find(`main a[href="` + at + `"]`); found.Length() != 1 || !strings.Contains(pg.text(), "Ils sont publiés depuis lundi.") {
		t.Errorf("the search does not find the answer: %s", pg.text())
	}
	for _, path := range []string{"/requests", "/requests?q=piscines", "/en/requests", at, "/en" + at, "/datasets/" + d.Slug + "/about", href} {
		if pg := v.get(path); pg.status != http.StatusOK || !strings.Contains(pg.text(), "Les horaires de la piscine") || strings.Contains(pg.text(), "06 00") || strings.Contains(pg.text(), "curieuse@") {
			t.Errorf("%s: %d %s", path, pg.status, pg.text())
		}
	}
	if pg := v.get("/datasets/" + d.Slug); pg.doc.Find(`main a[href="/requests/new?dataset=`+d.Slug+`"]`).Length() != 1 {
		t.Error("the page of the data does not lead to asking for what it lacks")
	}
	mine := reader.send(reader.get("/requests/new?organisation=mairie-d-essai"), form, "words", "Les menus de la cantine", "tell", "1")
	if mine.status != http.StatusOK || !strings.Contains(string(reader.get("/account/data/export").body), "Les menus de la cantine") {
		t.Error("what a person asked is not in the export of their data")
	}
}
