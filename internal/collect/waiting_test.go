package collect_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/schema/form"
	"socle/internal/sqldb"
)

// clock is a time that the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// member is a person with an account.
func (o *office) member(email string, role identity.Role) identity.Actor {
	o.Helper()
	sys := identity.System("test")
	p, err := o.people.CreatePerson(o.ctx, sys, identity.NewPerson{Email: email, Name: "Une personne", Language: i18n.French, Password: "une phrase assez longue"}, 0)
	o.must(err)
	o.must(o.people.SetMember(o.ctx, sys, o.org, p.ID, role))
	a, err := o.people.ActorOfPerson(o.ctx, sys, p.ID)
	o.must(err)
	return a
}

// letters runs a turn of the job that tells what waits and gives the letters written
// since the turn before: "address: subject".
func (o *office) letters() (list []mail.Record, said string) {
	o.Helper()
	o.must(o.db.Write(o.ctx, func(tx *sqldb.Tx) error { return jobs.Add(o.ctx, tx, collect.TellWaiting()) }))
	o.must(o.runner.Drain(o.ctx))
	o.must(o.db.Write(o.ctx, func(tx *sqldb.Tx) (err error) {
		if list, err = mail.List(o.ctx, tx, mail.Filter{}); err != nil {
			return err
		}
		_, err = tx.Exec(o.ctx, `DELETE FROM mails`)
		return err
	}))
	lines := make([]string, len(list))
	for i, m := range list {
		lines[i] = m.To + ": " + m.Subject
	}
	return list, strings.Join(lines, ", ")
}

func (o *office) says(want, what string) []mail.Record {
	o.Helper()
	list, said := o.letters()
	if said != want {
		o.Errorf("%s: letters %q, want %q", what, said, want)
	}
	return list
}

func TestModeratorsAreTold(t *testing.T) {
	c := &clock{}
	runAt(t, c.now, func(o *office) {
		c.mu.Lock()
		c.at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		c.mu.Unlock()
		mail.Deliver(o.runner, o.db, mail.Options{})
		boss, helper := o.member("editrice@roques.example", identity.Editor), o.member("aide@roques.example", identity.Contributor)
		f := o.wells(collect.Settings{Moderated: true})
		entry := 0
		waits := func(n int) {
			o.Helper()
			for range n {
				entry++
				o.put(as(helper), f, collect.Sent{ID: id(entry), Values: form.Values{"nom": id(entry)}})
			}
		}
		o.says("", "nothing waits")
		waits(1)
		list := o.says("editrice@roques.example: Une saisie attend votre avis", "the first")
		if link := "https://donnees.example.org/formulaires/" + string(f.ID) + "/saisies?state=waiting"; len(list) != 1 || !strings.Contains(list[0].Text, "Puits\u00a0: 1 saisie\n"+link) {
			t.Errorf("%+v", list)
		}
		for range 40 { // 200 in an hour and more
			waits(5)
			c.pass(2 * time.Minute)
			o.says("", "the letter before is not answered")
		}
		c.pass(23 * time.Hour)
		o.says("editrice@roques.example: 201 saisies attendent votre avis", "a day later")
		c.pass(48 * time.Hour)
		o.says("", "nothing new")

		all := make([]string, 201)
		for i := range all {
			all[i] = id(i + 1)
		}
		_, err := o.collect.Decide(o.ctx, boss, f.ID, all, true, "")
		o.must(err)
		waits(2)
		o.says("editrice@roques.example: 2 saisies attendent votre avis", "after all were decided")
		_, err = o.collect.Decide(o.ctx, boss, f.ID, []string{id(202), id(203)}, false, "Mesurez à nouveau.")
		o.must(err)
		waits(1)
		o.says("", "too soon")
		c.pass(time.Hour)
		o.says("editrice@roques.example: Une saisie attend votre avis", "an hour later")
	})
}

// Where a publication is approved by an administrator, they are asked and no editor is.
func TestWhoIsAskedForEntries(t *testing.T) {
	run(t, func(o *office) {
		mail.Deliver(o.runner, o.db, mail.Options{})
		chief, boss, helper := o.member("chef@roques.example", identity.Administrator), o.member("editrice@roques.example", identity.Editor), o.member("aide@roques.example", identity.Contributor)
		f := o.wells(collect.Settings{Moderated: true})
		o.put(as(boss), f, collect.Sent{ID: id(1), Values: form.Values{"nom": "A"}})
		o.put(as(helper), f, collect.Sent{ID: id(2), Values: form.Values{"nom": "B"}})
		awaiting := func(a identity.Actor) int {
			o.Helper()
			list, err := o.collect.Awaiting(o.ctx, a)
			o.must(err)
			if len(list) == 0 {
				return 0
			}
			return list[0].Counts.Waiting
		}
		if n := [...]int{awaiting(chief), awaiting(boss), awaiting(helper), awaiting(o.stranger)}; n != [...]int{1, 1, 0, 0} {
			t.Errorf("what waits: %v", n)
		}
		_, err := o.collect.Awaiting(o.ctx, o.nobody)
		o.fails(errs.SignIn, err)

		o.rows(f.Resource)
		_, err = o.catalogue.Edit(o.ctx, chief, f.Dataset, catalogue.AnyRevision, catalogue.Metadata{Title: "Puits", Description: "Les puits.", Licence: catalogue.LicenceOuverte, Language: "fr"})
		o.must(err)
		_, err = o.catalogue.Publish(o.ctx, chief, f.Dataset, catalogue.AnyRevision)
		o.must(err)
		o.must(o.catalogue.RequireApproval(o.ctx, chief, o.org, true))
		if n := [...]int{awaiting(chief), awaiting(boss)}; n != [...]int{1, 0} {
			t.Errorf("with approvals: %v", n)
		}
		o.says("chef@roques.example: Une saisie attend votre avis", "with approvals")
	})
}

// A moderator corrects what another wrote, also once the form is closed; nobody's
// change is lost.
func TestCorrection(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{Moderated: true})
		v := form.Values{"nom": "A", "profondeur": "10"}
		out := o.put(as(o.helper), f, collect.Sent{ID: id(1), Values: v})
		f, err := o.collect.Set(o.ctx, o.editor, f.ID, f.Version, collect.Settings{Moderated: true, Closes: time.Now().Add(-collect.Late - time.Hour)})
		o.must(err)
		change := func(a identity.Actor, revision int, depth string) error {
			_, err := o.collect.Put(o.ctx, as(a), f.ID, collect.Sent{ID: id(1), Revision: revision, Values: form.Values{"nom": "A", "profondeur": depth}})
			return err
		}
		o.fails(errs.Conflict, change(o.helper, out.Entry.Revision, "11")) // closed
		o.fails(errs.Invalid, change(o.editor, out.Entry.Revision, "-1"))
		o.must(change(o.editor, out.Entry.Revision, "12"))
		o.fails(errs.Conflict, change(o.editor, out.Entry.Revision, "13")) // another revision now
		o.hasRows(f.Resource, "A|12||")
		h, err := o.collect.History(o.ctx, o.editor, f.ID, id(1))
		o.must(err)
		if len(h) != 2 || h[0].By != o.editor.Ref() || h[0].Values["profondeur"] != "12" || h[1].By != o.helper.Ref() || h[1].Values["profondeur"] != "10" {
			o.Errorf("%+v", h)
		}
		_, err = o.collect.Put(o.ctx, as(o.editor), f.ID, collect.Sent{ID: id(2), Values: v})
		o.fails(errs.Conflict, err) // a new one is none
	})
}
