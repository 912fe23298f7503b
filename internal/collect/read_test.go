package collect_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"

	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema/form"
)

// Whoever reads entries that not everybody may leaves a line in the audit, on every
// road, and one however often they ask; what is public leaves none.
func TestReadsOfEntriesAreAudited(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{Access: collect.Public, Moderated: true, Sight: collect.All})
		photo := []byte("photo")
		sum := sha256.Sum256(photo)
		hash := hex.EncodeToString(sum[:])
		put := func(v collect.Visitor, n int, name string) {
			o.put(v, f, collect.Sent{ID: id(n), Values: form.Values{"nom": name, "photo": "puits.jpg"}, Files: []collect.File{{Field: "photo", Name: "puits.jpg", Type: "image/jpeg", Size: int64(len(photo)), Hash: hash}}})
			_, err := o.collect.PutFile(o.ctx, v, f.ID, id(n), hash, bytes.NewReader(photo))
			o.must(err)
		}
		put(as(o.editor), 1, "Bourg")
		_, err := o.collect.Decide(o.ctx, o.editor, f.ID, []string{id(1)}, true, "")
		if err != nil && !errs.Is(err, errs.Conflict) {
			o.Fatal(err)
		}
		o.rows(f.Resource)

		closed := func(r io.ReadCloser, err error) error {
			if err != nil {
				return err
			}
			return r.Close()
		}
		entry := id(1)
		roads := map[string]func(identity.Actor) error{
			"lines": func(a identity.Actor) error {
				_, err := o.collect.Lines(o.ctx, a, f.Resource, "", collect.LineCursor{}, 0)
				return err
			},
			"removed lines": func(a identity.Actor) error {
				_, err := o.collect.RemovedLines(o.ctx, a, f.Resource, "", collect.LineCursor{}, 0)
				return err
			},
			"history of a line": func(a identity.Actor) error {
				_, err := o.collect.LineHistory(o.ctx, a, f.Resource, "", entry)
				return err
			},
			"entries": func(a identity.Actor) error {
				_, _, err := o.collect.Entries(o.ctx, as(a), f.ID, collect.EntryQuery{})
				return err
			},
			"entry":   func(a identity.Actor) error { _, err := o.collect.Entry(o.ctx, as(a), f.ID, entry); return err },
			"history": func(a identity.Actor) error { _, err := o.collect.History(o.ctx, a, f.ID, entry); return err },
			"file": func(a identity.Actor) error {
				_, r, err := o.collect.OpenFile(o.ctx, as(a), f.ID, entry, hash)
				return closed(r, err)
			},
			"file of a row": func(a identity.Actor) error {
				_, r, err := o.collect.PublicFile(o.ctx, a, f.Resource, id(1), hash)
				return closed(r, err)
			},
		}
		people := identity.New(o.db, identity.Options{})
		lines := func(a identity.Actor) (n int) {
			list, err := people.Audit(o.ctx, identity.System("test"), identity.AuditQuery{Organisation: o.org, Object: "dataset:" + string(f.Dataset), Limit: 200})
			o.must(err)
			for _, e := range list {
				if e.Verb == "data.read" && e.Actor == a.Ref() {
					n++
				}
			}
			return n
		}
		walk := func(when string, role identity.Role, quiet ...string) {
			o.Helper()
			silent := map[string]bool{}
			for _, name := range quiet {
				silent[name] = true
			}
			for name, road := range roads {
				who := when + " " + role.String() + " " + name
				a := identity.PersonActor(identity.PersonID(who), who, 0, identity.Membership{Organisation: o.org, Role: role})
				for range 3 { // as a grid that polls
					if err := road(a); err != nil {
						o.Errorf("%s: %v", who, err)
					}
				}
				want := 1
				if silent[name] {
					want = 0
				}
				if n := lines(a); n != want {
					o.Errorf("%s: %d lines, want %d", who, n, want)
				}
			}
		}
		walk("draft,", identity.Editor)
		walk("draft,", identity.Contributor)
		set, err := o.catalogue.Get(o.ctx, identity.System("test"), f.Dataset)
		o.must(err)
		_, err = o.catalogue.Publish(o.ctx, identity.System("test"), f.Dataset, set.Revision)
		o.must(err)
		walk("published,", identity.Contributor, "entries", "entry", "file", "file of a row")
		put(as(o.stranger), 2, "Attente")
		entry = id(2) // it waits
		walk("published,", identity.Editor, "file of a row")

		waiting, err := o.collect.Entry(o.ctx, as(o.helper), f.ID, id(2))
		if o.must(err); len(waiting.Values) != 0 {
			o.Errorf("somebody else's entry that waits: %+v", waiting)
		}
		_, _, err = o.collect.Entries(o.ctx, as(o.nobody), f.ID, collect.EntryQuery{})
		o.must(err)
		for _, a := range []identity.Actor{o.helper, o.nobody} {
			if n := lines(a); n != 0 {
				o.Errorf("%s: %d lines for what is public", a, n)
			}
		}
	})
}
