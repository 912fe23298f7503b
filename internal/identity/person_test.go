package identity_test

import (
	"testing"
	"time"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
)

func TestPeople(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		var made []identity.PersonID
		for _, name := range []string{"lea", "paul", "ana_maria", "leo"} {
			made = append(made, w.person(name).Person())
			w.clock.pass(time.Millisecond)
		}
		ids := func(q identity.PeopleQuery) (out []identity.PersonID) {
			list, err := w.People(ctx, root, q)
			w.ok(err)
			for _, p := range list {
				out = append(out, p.ID)
			}
			return out
		}
		w.same(ids(identity.PeopleQuery{}), made)
		w.same(ids(identity.PeopleQuery{Limit: 2}), made[:2])
		w.same(ids(identity.PeopleQuery{Limit: 2, After: made[1]}), made[2:])
		w.same(ids(identity.PeopleQuery{Text: "LE"}), []identity.PersonID{made[0], made[3]})
		w.same(ids(identity.PeopleQuery{Text: "a_m"}), made[2:3]) // not a joker
		w.same(len(ids(identity.PeopleQuery{Text: "%"})), 0)

		names, err := w.Names(ctx, root, made[0], made[1], "nobody")
		w.ok(err)
		w.same(names, map[identity.PersonID]string{made[0]: "lea", made[1]: "paul"})
		names, err = w.Names(ctx, identity.Anonymous(), made[0])
		w.ok(err)
		w.same(len(names), 0)
	})
}

func TestEditPerson(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		lea := w.person("lea")
		p, err := w.EditPerson(ctx, lea, "  Léa Martin ", i18n.English)
		w.ok(err)
		got, err := w.Person(ctx, lea, lea.Person())
		w.ok(err)
		w.same(got, p)
		w.same([]string{got.Name, string(got.Language)}, []string{"Léa Martin", "en"})
		p, err = w.EditPerson(ctx, lea, "Léa", "tlh") // a language that Socle does not speak
		w.ok(err)
		w.same(p.Language, i18n.French)
		for _, bad := range []string{"", "x", "a\x1bb", "\xff\xff"} {
			_, err = w.EditPerson(ctx, lea, bad, i18n.French)
			w.same(w.fields(err), []string{"name"})
		}
	})
}

func TestOneAccountPerAddress(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		list := atOnce(5, func(i int) error {
			n := newcomer("lea")
			if i%2 == 1 {
				n.Email = "LEA@MAIRIE.example"
			}
			_, err := w.CreatePerson(ctx, root, n, 0)
			return err
		})
		w.same(succeeded(list), 1)
		for _, err := range list {
			if err != nil {
				w.fails(err, errs.Conflict, "identity.email-taken")
			}
		}
		for _, bad := range []string{"", "lea", "lea@", "@x", "Léa <lea@x.example>", "a b@x.example", "lea@[127.0.0.1]", "lea@x.example.", "lea@x.example\r\nBcc: y@z.example", "lea@x\x00.example"} {
			n := newcomer("lea")
			n.Email = bad
			_, err := w.CreatePerson(ctx, root, n, 0)
			w.same(w.fields(err), []string{"email"})
		}
	})
}

// Two administrators of the host who drop their role at once leave one.
func TestTheHostKeepsAnAdministrator(t *testing.T) {
	run(t, identity.Options{}, func(w world) {
		a, b := w.person("anne", identity.HostAdministrator), w.person("bob", identity.HostAdministrator)
		list := atOnce(2, func(i int) error {
			who := []identity.Actor{a, b}[i]
			return w.SetHostRoles(ctx, who, who.Person(), identity.HostSet(identity.HostAnimator))
		})
		w.same(succeeded(list), 1)
		_, needed, err := w.FirstAdminLink(ctx)
		w.ok(err)
		w.same(needed, false)
	})
}
