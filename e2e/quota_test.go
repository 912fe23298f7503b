package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"socle/client"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// crowded is a portal whose host bounds what an organisation holds, with one of each
// road by which data come to it.
type crowded struct {
	t      *testing.T
	p      *portal
	host   *visitor
	agent  *visitor // an editor
	anyone *visitor
	token  string
	form   string // of XLSForm, which anybody may fill in
	phone  *collector
	xform  *xform
	grid   string // resource of a table whose rows are written in the grid

	imported string // a file that is read, to publish by the API
	deposit  string // address of a deposit that is described, to publish on the page
	photo    []byte // of entryID(1), which was announced smaller than it is
}

// bound gives the organisation a quota: gigabytes and rows as the host types them.
func (c *crowded) bound(gigabytes, rows string) {
	c.t.Helper()
	at := "/organisations/mairie-d-essai/quota"
	if pg := c.host.send(c.host.get(at), `form[action="`+at+`"]`, "gigabytes", gigabytes, "rows", rows); pg.status != http.StatusOK {
		c.t.Fatalf("the quota is not set: %d %s", pg.status, pg.text())
	}
}

// ask calls the API as the agent.
func (c *crowded) ask(lang, method, path string, body []byte, header ...string) *page {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.p.url+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept-Language", lang)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return c.p.visitor(c.t).do(req)
}

func (c *crowded) json(v any) []byte {
	c.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

func hashed(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// photo of n million bytes, unlike others of another letter.
func photoOf(letter string, millions int) []byte {
	return bytes.Repeat([]byte(letter), millions*1_000_000)
}

// entry is what the API takes: an observation, with a photo when there is one.
func (c *crowded) entry(id, place string, photo []byte, announced int) map[string]any {
	e := map[string]any{"id": id, "revision": 0, "version": 1, "made_at": "2026-03-14T08:30:00Z", "values": map[string]string{"lieu": place, "essence": "chene"}}
	if photo != nil {
		e["values"].(map[string]string)["photo"] = "vue.jpg"
		e["files"] = []map[string]any{{"field": "photo", "name": "vue.jpg", "type": "image/jpeg", "size": announced, "sha256": hashed(photo)}}
	}
	return e
}

// results are the first status and what is said with it, of an answer to a list.
func (c *crowded) results(pg *page) (int, string) {
	c.t.Helper()
	var a struct {
		Results []struct {
			Status  int
			Message string
			Error   struct{ Message, Hint string }
		}
	}
	if err := json.Unmarshal(pg.body, &a); err != nil || len(a.Results) == 0 {
		c.t.Fatalf("%d %s %v", pg.status, pg.body, err)
	}
	r := a.Results[0]
	return r.Status, r.Message + r.Error.Message + " " + r.Error.Hint
}

// road sends something, in a language, and says how it was answered.
type road struct {
	name  string
	send  func(lang string) (status int, said string)
	taken []int // statuses of what is taken
	out   bool  // its sender is no member: learns that there is no room, not how much
}

func (c *crowded) roads() []road {
	api := func(lang, method, path string, v any, header ...string) (int, string) {
		body, ok := v.([]byte)
		if !ok {
			body = c.json(v)
		}
		pg := c.ask(lang, method, path, body, header...)
		return pg.status, string(pg.body)
	}
	in := map[string]string{"fr": "", "en": "/en"}
	forms := "/api/v1/forms/" + c.form
	row := func(n int) map[string]any {
		return map[string]any{"lines": []map[string]any{{"id": entryID(n), "revision": 0, "cells": []string{"grille", "9", "2026-01-09", "une ligne"}}}}
	}
	submission := c.xform.fill(instanceID(), "", map[string]string{"lieu": "Pont", "essence": "chene", "photo": "1.jpg"}, nil)
	return []road{
		{"a file on the page", func(lang string) (int, string) {
			action, values := c.agent.get(in[lang]+"/deposits/new").form(c.t, `form[action$="/deposits"]`)
			pg := c.agent.upload(action, values, "page.csv", table("page", 3))
			return pg.status, pg.text()
		}, []int{200}, false},
		{"a file in pieces", func(lang string) (int, string) {
			return api(lang, "POST", "/api/v1/uploads", []byte{}, "Tus-Resumable", "1.0.0", "Upload-Length", "500", "Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte("a.csv")))
		}, []int{201}, false},
		{"socle publish", func(lang string) (int, string) {
			cmd := exec.CommandContext(c.t.Context(), socle, "publish", asFile(c.t, "ligne.csv", table("ligne de commande", 3)), "--dataset", "Par la ligne de commande", "--server", c.p.url, "--token", c.token, "--lang", lang)
			out, err := cmd.CombinedOutput()
			var ended *exec.ExitError
			switch {
			case err == nil:
				return 0, string(out)
			case errors.As(err, &ended) && ended.ExitCode() == 2:
				return http.StatusRequestEntityTooLarge, string(out)
			}
			return -1, string(out)
		}, []int{0}, false},
		{"publishing by the API", func(lang string) (int, string) {
			return api(lang, "POST", "/api/v1/publications", client.PublishRequest{Import: c.imported, Title: "Par l’API", Description: "Un essai."})
		}, []int{200, 201}, false},
		{"publishing on the page", func(lang string) (int, string) {
			pg := c.agent.send(c.agent.get(in[lang]+c.deposit), `form[action$="/publish"]`)
			return pg.status, pg.text()
		}, []int{200}, false},
		{"an entry", func(lang string) (int, string) {
			return api(lang, "PUT", forms+"/entries/"+entryID(2), c.entry("", "Mairie", nil, 0))
		}, []int{201}, false},
		{"an entry with a photo", func(lang string) (int, string) {
			photo := photoOf("b", 2)
			return api(lang, "PUT", forms+"/entries/"+entryID(3), c.entry("", "École", photo, len(photo)))
		}, []int{201}, false},
		{"a photo", func(lang string) (int, string) {
			return api(lang, "PUT", forms+"/entries/"+entryID(1)+"/files/"+hashed(c.photo), c.photo, "Content-Type", "image/jpeg")
		}, []int{204}, false},
		{"entries of a phone", func(lang string) (int, string) {
			return c.results(c.ask(lang, "POST", forms+"/entries", c.json(map[string]any{"entries": []any{c.entry(entryID(4), "Gare", nil, 0)}})))
		}, []int{201}, false},
		{"rows of the grid", func(lang string) (int, string) {
			return c.results(c.ask(lang, "POST", "/api/v1/resources/"+c.grid+"/lines", c.json(row(5))))
		}, []int{200}, false},
		{"the form on the web", func(lang string) (int, string) {
			return c.web(in[lang])
		}, []int{200}, true},
		{"OpenRosa", func(lang string) (int, string) {
			c.phone.lang = lang
			a, err := c.phone.send(submission, map[string][]byte{"1.jpg": photoOf("d", 3)})
			if err != nil {
				c.t.Fatal(err)
			}
			return a.status, a.message
		}, []int{201}, true},
	}
}

// web fills in the form as somebody without an account does; what was typed stays.
func (c *crowded) web(language string) (int, string) {
	c.t.Helper()
	pg := c.anyone.get(language + "/f/arbres-remarquables")
	_, values := pg.form(c.t, "#entry")
	pg = c.anyone.sendFile(pg, "#entry", "v-photo", "lavoir.jpg", photoOf("c", 3), "v-lieu", "Lavoir", "v-essence", "frene")
	if pg.status != http.StatusOK {
		if _, kept := pg.form(c.t, "#entry"); kept.Get("v-lieu") != "Lavoir" || kept.Get("v-essence") != "frene" || kept.Get("entry") != values.Get("entry") {
			c.t.Errorf("what was typed is lost: %v", kept)
		}
	}
	return pg.status, pg.text()
}

// holds is all that the organisation has.
func (c *crowded) holds() string {
	c.t.Helper()
	var b strings.Builder
	list, err := everything(c.t.Context(), c.p)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, d := range list {
		fmt.Fprintln(&b, d.Title, d.Resources[0].Latest)
	}
	var lines []string
	for _, e := range entriesOf(c.t, c.agent, c.form).Entries {
		line := e.State + " " + e.Values["lieu"]
		for _, f := range e.Files {
			line += fmt.Sprint(" ", f.Name, " ", f.Received)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	b.WriteString(strings.Join(lines, "\n"))
	pg := c.ask("fr", "GET", "/api/v1/resources/"+c.grid+"/lines", nil)
	fmt.Fprintln(&b, "\nrows of the grid with \"grille\":", strings.Count(string(pg.body), `"grille"`))
	return b.String()
}

func newCrowded(t *testing.T, p *portal) *crowded {
	c := &crowded{t: t, p: p, host: hostOf(t, p), anyone: p.visitor(t), photo: photoOf("a", 2)}
	p.must(t, "admin", "organisation", "Mairie d’Essai")
	c.agent = p.join(t, "mairie-d-essai", "agent@essai.example", "editor")
	c.token = c.agent.token("read,write,publish")
	portal := p.client(t, c.token)
	open := publish(t, portal, "essai.csv", table("essai", 5), "Essai public")
	c.grid = open.Resources[0].ID
	if pg := c.agent.post("/datasets/"+open.Slug+"/grid", nil); pg.status != http.StatusOK {
		t.Fatalf("the grid does not open: %d %s", pg.status, pg.text())
	}
	c.form = imported(t, c.agent, workbook(t))
	base := "/formulaires/" + c.form
	c.agent.send(c.agent.get(base+"/reglages"), `main form[action$="/reglages"]`, "access", "public", "moderated", "false")
	c.phone = appOf(t, c.agent, c.form, "Téléphone")
	c.xform = c.phone.download(t, c.phone.forms(t)[0])

	u, err := portal.UploadFile(t.Context(), "", "lu.csv", bytes.NewReader(table("lu", 4)), int64(len(table("lu", 4))), nil)
	if err != nil {
		t.Fatal(err)
	}
	i, err := portal.StartImport(t.Context(), client.ImportRequest{Upload: u.ID})
	if err == nil {
		i, err = portal.WaitImport(t.Context(), i, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.imported = i.ID
	pg := c.agent.brought(c.agent.deposit("depot.csv", table("depot", 4), ""))
	pg = c.agent.send(pg, `form[action$="/describe"]`, "title", "Sur la page", "description", "Un essai du portail.")
	c.deposit = pg.url.Path
	if !strings.HasSuffix(c.deposit, "/publish") {
		t.Fatalf("%d at %s: %s", pg.status, pg.url, pg.text())
	}
	if pg := c.ask("fr", "PUT", "/api/v1/forms/"+c.form+"/entries/"+entryID(1), c.json(c.entry("", "Place", c.photo, 1))); pg.status != http.StatusCreated {
		t.Fatalf("%d %s", pg.status, pg.body)
	}
	return c
}

// An organisation that is full: on each road by which data come, in both languages, what
// is refused is refused with 413 and words that say what to do; nothing of it is kept nor
// published; and what is sent again once there is room is taken, once. Photos count in
// what the organisation is shown to hold.
func TestQuotaOnEveryRoad(t *testing.T) {
	t.Parallel()
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			var args []string
			if engine == sqldb.PostgreSQL {
				args = append(args, "--database-url", sqldbtest.Empty(t, engine))
			}
			c := newCrowded(t, start(t, args...))
			roads := c.roads()
			before := c.holds()
			words := map[bool]map[string][]string{
				false: {"fr": {"de votre organisation", "demandez plus de place à l’hôte du portail"}, "en": {"our organisation", "ask the host of the portal for more space"}},
				true:  {"fr": {"Il n’y a plus de place", "prévenez l’organisme"}, "en": {"There is no more space", "tell the organisation"}},
			}
			for _, quota := range [][2]string{{"0.000001", "0"}, {"0", "1"}} {
				c.bound(quota[0], quota[1])
				for _, r := range roads {
					// Bytes and rows are two limits: photos and pieces are no rows, and what is
					// sent is large enough for both otherwise.
					if quota[0] == "0" && slices.Contains([]string{"a file on the page", "a file in pieces", "a photo"}, r.name) {
						continue
					}
					for lang, said := range words[r.out] {
						status, text := r.send(lang)
						text = strings.Join(strings.Fields(text), " ")
						if status != http.StatusRequestEntityTooLarge || !strings.Contains(text, said[0]) || !strings.Contains(text, said[1]) {
							t.Errorf("%s, %s, at %v: %d %s", r.name, lang, quota, status, text)
						}
						if r.out && strings.ContainsAny(text, "0123456789") && r.name == "OpenRosa" {
							t.Errorf("%s says how much the organisation holds: %s", r.name, text)
						}
					}
				}
				if now := c.holds(); now != before {
					t.Errorf("what was refused left something:\n%s\nit was\n%s", now, before)
				}
			}
			c.bound("", "")
			photos := func() bool { return strings.Contains(c.host.get("/organisations/mairie-d-essai/quota").text(), "Mo") }
			if photos() {
				t.Error("photos that were refused are counted")
			}
			for _, r := range roads {
				if status, text := r.send("fr"); !slices.Contains(r.taken, status) {
					t.Errorf("%s, once there is room: %d %s", r.name, status, text)
				}
			}
			if status, text := roads[7].send("fr"); status != http.StatusNoContent {
				t.Errorf("a photo twice: %d %s", status, text)
			}
			if !photos() {
				t.Errorf("the photos are not counted: %s", c.host.get("/organisations/mairie-d-essai/quota").text())
			}
			now := c.holds()
			for _, want := range []string{"Par la ligne de commande 1", "Par l’API 1", "Sur la page 1", "accepted Mairie", "incomplete École vue.jpg false", "accepted Place vue.jpg true", "accepted Gare", "accepted Lavoir lavoir.jpg true", "accepted Pont 1.jpg true", `with "grille": 1`} {
				if strings.Count(now, want) != 1 {
					t.Errorf("%q is not there once:\n%s", want, now)
				}
			}
		})
	}
}
