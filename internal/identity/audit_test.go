package identity_test

import (
	"errors"
	"testing"
	"time"

	"socle/internal/identity"
	"socle/internal/sqldb"
)

func TestAuditTellsWhoDidWhat(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o, other := w.organisation("Roques"), w.organisation("Labège")
		chief := w.member("chief", o.ID, identity.Administrator).From(home)
		lea := w.person("lea")
		w.ok(w.SetMember(ctx, chief, o.ID, lea.Person(), identity.Editor))
		w.ok(w.SetMember(ctx, root, other.ID, lea.Person(), identity.Reader))
		list, err := w.Audit(ctx, chief, identity.AuditQuery{Organisation: o.ID})
		w.ok(err)
		last := list[0]
		w.same([]string{last.Actor, last.Network, last.Verb, last.Object, string(last.Before), string(last.After)},
			[]string{chief.Ref(), home.String(), "member.add", "person:" + string(lea.Person()), "null", `{"role":"editor"}`})
		for _, e := range list {
			w.same(e.Organisation, o.ID) // only its own part
		}
		all, err := w.Audit(ctx, root, identity.AuditQuery{Limit: 3})
		w.ok(err)
		w.same(len(all), 3)
		older, err := w.Audit(ctx, root, identity.AuditQuery{Before: all[2].Seq, Limit: 1})
		w.ok(err)
		w.same(older[0].Seq, all[2].Seq-1)
		about, err := w.Audit(ctx, root, identity.AuditQuery{Object: "person:" + string(lea.Person())})
		w.ok(err)
		w.same(len(about), 3)
	})
}

// What an organisation did before it became part of another is read where it is now.
func TestAuditOfMergedOrganisations(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		oldest, old, fresh, other := w.organisation("Hameau"), w.organisation("Vieille"), w.organisation("Nouvelle"), w.organisation("Voisine")
		for _, o := range []identity.Organisation{oldest, old, fresh, other} {
			w.ok(w.SetDomains(ctx, root, o.ID, []string{o.Slug + ".example"}))
		}
		w.ok(w.MergeOrganisations(ctx, root, oldest.ID, old.ID))
		w.ok(w.MergeOrganisations(ctx, root, old.ID, fresh.ID))
		chief := w.member("chief", fresh.ID, identity.Administrator)
		list, err := w.Audit(ctx, chief, identity.AuditQuery{Organisation: fresh.ID, Limit: 200})
		w.ok(err)
		about := map[identity.OrganisationID]int{}
		for _, e := range list {
			if e.Verb == "organisation.domains" {
				about[e.Organisation]++
			}
		}
		w.same(about, map[identity.OrganisationID]int{oldest.ID: 1, old.ID: 1, fresh.ID: 1})
		exported := map[identity.OrganisationID]int{}
		w.ok(w.ExportAudit(ctx, chief, fresh.ID, func(e identity.AuditEntry) error {
			if e.Verb == "organisation.domains" {
				exported[e.Organisation]++
			}
			return nil
		}))
		w.same(exported, about)
		part, err := w.Audit(ctx, root, identity.AuditQuery{Organisation: old.ID, Acts: "organisation", Limit: 200})
		w.ok(err)
		for _, e := range part {
			if e.Organisation == fresh.ID {
				t.Errorf("a part shows the whole: %+v", e)
			}
		}
		all, err := w.Organisations(ctx, root, identity.OrganisationQuery{Merged: true})
		w.ok(err)
		w.same(len(all), 4)
	})
}

// The audit is asked by person, act, day and object.
func TestAuditIsAsked(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		o := w.organisation("Roques")
		chief := w.member("chief", o.ID, identity.Administrator)
		lea := w.person("lea")
		ask := func(q identity.AuditQuery) (verbs []string) {
			q.Limit = 200
			list, err := w.Audit(ctx, root, q)
			w.ok(err)
			for _, e := range list {
				verbs = append(verbs, e.Verb)
			}
			return verbs
		}
		w.clock.pass(48 * time.Hour)
		noon := w.clock.now()
		w.ok(w.SetMember(ctx, chief, o.ID, lea.Person(), identity.Editor))
		w.ok(w.SetDomains(ctx, chief, o.ID, []string{"roques.example"}))
		_, secret, err := w.CreateToken(ctx, w.actor(lea.Person()), identity.NewToken{Name: "x", Organisation: o.ID, Scopes: identity.ScopeSet(identity.ScopeWrite)})
		w.ok(err)
		w.clock.pass(time.Hour)
		w.ok(w.SetDomains(ctx, chief, o.ID, []string{"roques.example", "roques2.example"}))
		program, err := w.ActorOfToken(ctx, secret)
		w.ok(err)
		w.ok(w.db.Write(ctx, func(tx *sqldb.Tx) error {
			return identity.RecordIn(ctx, tx, program, o.ID, "dataset.edit", "dataset:x", nil, nil)
		}))
		w.same(ask(identity.AuditQuery{People: []identity.PersonID{lea.Person()}, Since: noon}), []string{"dataset.edit", "token.create"})
		w.same(ask(identity.AuditQuery{People: []identity.PersonID{lea.Person()}, Since: noon, Acts: "token"}), []string{"token.create"})
		w.same(ask(identity.AuditQuery{People: []identity.PersonID{chief.Person()}, Until: noon.Add(time.Minute), Since: noon}), []string{"organisation.domains", "member.add"})
		w.same(ask(identity.AuditQuery{Since: noon.Add(time.Minute)}), []string{"dataset.edit", "organisation.domains"})
		w.same(ask(identity.AuditQuery{Object: "dataset:x"}), []string{"dataset.edit"})
		w.same(len(ask(identity.AuditQuery{Acts: "%"})), 0)
		w.same(len(ask(identity.AuditQuery{People: []identity.PersonID{}})), 0)
		// What is given is told with what there was: a domain more shows.
		list, err := w.Audit(ctx, root, identity.AuditQuery{Acts: "organisation", Limit: 1})
		w.ok(err)
		w.same([]string{string(list[0].Before), string(list[0].After)}, []string{`{"domains":["roques.example"]}`, `{"domains":["roques.example","roques2.example"]}`})
	})
}

// A line changed, removed, added or cut off shows.
func TestAuditChain(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		for _, n := range []string{"a", "b", "c", "d", "e", "f"} {
			w.organisation("Commune " + n)
		}
		exec := func(q string) {
			w.t.Helper()
			w.ok(w.db.Write(ctx, func(tx *sqldb.Tx) error { _, err := tx.Exec(ctx, q); return err }))
		}
		exec(`CREATE TABLE kept AS SELECT * FROM audit`)
		for name, c := range map[string]struct {
			attack string
			broken int64
		}{
			"nothing":                {`UPDATE audit SET seq = seq`, 0},
			"changed":                {`UPDATE audit SET actor = 'person:x' WHERE seq = 3`, 3},
			"changed by a character": {`UPDATE audit SET after_json = after_json || ' ' WHERE seq = 2`, 2},
			"moved between columns":  {`UPDATE audit SET verb = '', object = verb || object WHERE seq = 2`, 2},
			"removed":                {`DELETE FROM audit WHERE seq = 2`, 2},
			"end cut off":            {`DELETE FROM audit WHERE seq >= 5`, 5},
			"all removed":            {`DELETE FROM audit`, 1},
			"added":                  {`INSERT INTO audit SELECT 7, at, actor, network, verb, object, organisation, before_json, after_json, hash, hash FROM audit WHERE seq = 6`, 7},
		} {
			exec(c.attack)
			check, err := w.VerifyAudit(ctx, root)
			w.ok(err)
			if check.Broken != c.broken {
				w.t.Errorf("%s: breaks at %d, want %d", name, check.Broken, c.broken)
			}
			exec(`DELETE FROM audit`)
			exec(`INSERT INTO audit SELECT * FROM kept`)
		}
		check, err := w.VerifyAudit(ctx, root)
		w.ok(err)
		list, err := w.Audit(ctx, root, identity.AuditQuery{Limit: 1})
		w.ok(err)
		w.same(check, identity.AuditCheck{Lines: 6, Hash: list[0].Hash})
	})
}

// Writers at once keep the chain whole, and what is rolled back leaves no line.
func TestAuditUnderConcurrentWriters(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		failure := errors.New("rolled back")
		list := atOnce(24, func(i int) error {
			return w.db.Write(ctx, func(tx *sqldb.Tx) error {
				if err := identity.Record(ctx, tx, root, "test", "n", nil, i); err != nil {
					return err
				}
				if i%3 == 0 {
					return failure
				}
				return nil
			})
		})
		w.same(succeeded(list), 16)
		check, err := w.VerifyAudit(ctx, root)
		w.ok(err)
		w.same([]int64{check.Lines, check.Broken}, []int64{16, 0})
	})
}
