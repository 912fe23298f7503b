package catalogue_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// tableOf makes a draft with a table.
func (w world) tableOf(org identity.OrganisationID, title string) (catalogue.DatasetID, catalogue.ResourceID) {
	w.t.Helper()
	d, err := w.Create(ctx, root, catalogue.NewDataset{Organisation: org, Metadata: catalogue.Metadata{Title: title, Description: "Un essai.", Licence: catalogue.LicenceOuverte}})
	w.ok(err)
	r, err := w.AddResource(ctx, root, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Table"})
	w.ok(err)
	return d.ID, r.ID
}

func part(letter string, bytes, rows int64) catalogue.VersionPart {
	return catalogue.VersionPart{Blob: strings.Repeat(letter, 64), Bytes: bytes, Rows: rows}
}

func (w world) holds(org identity.OrganisationID, bytes, rows int64) {
	w.t.Helper()
	all, err := w.Storage(ctx, w.admin, org)
	w.ok(err)
	if s := all[org]; s.Bytes != bytes || s.Rows != rows {
		w.t.Errorf("%d bytes and %d rows, want %d and %d", s.Bytes, s.Rows, bytes, rows)
	}
}

// What an organisation holds is counted as versions come, each part once, and passes
// neither its bytes nor its rows; counting again finds the same.
func TestQuota(t *testing.T) {
	run(t, func(w world) {
		w.WithQuota(catalogue.Quota{Bytes: 1000, Rows: 100})
		_, r := w.tableOf(w.ours, "Arbres")
		add := func(parts ...catalogue.VersionPart) error {
			_, err := w.AddVersion(ctx, root, catalogue.NewVersion{Resource: r, Expect: catalogue.AnyVersion, Parts: parts, Columns: []byte(`{"columns":[]}`)})
			return err
		}
		w.ok(add(part("a", 400, 40)))
		w.holds(w.ours, 400, 40)
		w.ok(add(part("a", 400, 40), part("b", 100, 30))) // rows are added: one new part
		w.holds(w.ours, 500, 70)
		w.fails(add(part("a", 400, 40), part("c", 501, 1)), errs.TooLarge, "catalogue.quota.bytes")
		w.fails(add(part("a", 400, 40), part("c", 1, 61)), errs.TooLarge, "catalogue.quota.rows")
		w.holds(w.ours, 500, 70)
		w.ok(add(part("c", 10, 5))) // less is never refused
		w.holds(w.ours, 510, 5)
		w.ok(w.Recount(ctx, root))
		w.holds(w.ours, 510, 5)
		w.fails(w.Recount(ctx, w.admin), errs.Denied)

		// What is kept beside versions counts too.
		beside := int64(0)
		w.WithBeside(func(_ context.Context, _ *sqldb.Tx, org identity.OrganisationID) (int64, error) {
			if org != w.ours {
				return 0, nil
			}
			return beside, nil
		})
		hold := func(bytes int64) error {
			return w.db.Write(ctx, func(tx *sqldb.Tx) error { return w.HoldTx(ctx, tx, w.ours, bytes) })
		}
		w.ok(hold(480))
		w.holds(w.ours, 990, 5)
		w.fails(add(part("c", 10, 5), part("d", 11, 1)), errs.TooLarge, "catalogue.quota.bytes")
		beside = 480
		w.ok(w.Recount(ctx, root))
		w.holds(w.ours, 990, 5)
		beside = 0
		w.ok(w.Recount(ctx, root))
		w.holds(w.ours, 510, 5)

		// An organisation's own quota, of the host's administrator alone.
		w.fails(w.SetQuota(ctx, w.editor, w.ours, &catalogue.Quota{}), errs.Denied)
		w.fails(w.SetQuota(ctx, w.animator, w.ours, &catalogue.Quota{}), errs.Denied)
		w.fails(w.SetQuota(ctx, w.admin, w.ours, &catalogue.Quota{Bytes: -1}), errs.Invalid)
		w.fails(w.SetQuota(ctx, w.admin, "none", nil), errs.NotFound)
		w.ok(w.SetQuota(ctx, w.admin, w.ours, &catalogue.Quota{Bytes: 600, Rows: 0}))
		w.fails(add(part("d", 100, 1)), errs.TooLarge, "catalogue.quota.bytes")
		w.ok(add(part("d", 90, 1000)))
		w.ok(w.SetQuota(ctx, w.admin, w.ours, nil))
		w.ok(add(part("e", 90, 5)))

		// Members and the host see it; others do not.
		for _, a := range []identity.Actor{w.reader, w.auditor} {
			if all, err := w.Storage(ctx, a, w.ours); err != nil || all[w.ours].Bytes != 690 {
				t.Errorf("%s: %+v %v", a, all, err)
			}
		}
		if all, err := w.Storage(ctx, w.stranger, w.ours); err != nil || len(all) != 0 {
			t.Errorf("a stranger sees %+v %v", all, err)
		}

		// Organisations that merge, and drafts that are deleted.
		id, other := w.tableOf(w.theirs, "Bancs")
		_, err := w.AddVersion(ctx, root, catalogue.NewVersion{Resource: other, Expect: catalogue.AnyVersion, Parts: []catalogue.VersionPart{part("f", 50, 2)}, Columns: []byte(`{"columns":[]}`)})
		w.ok(err)
		_, err = w.MoveDatasets(ctx, root, w.theirs, w.ours)
		w.ok(err)
		w.holds(w.theirs, 0, 0)
		w.holds(w.ours, 740, 7)
		w.ok(w.Delete(ctx, root, id, catalogue.AnyRevision))
		w.holds(w.ours, 690, 5)
	})
}

// Reads of what is not public are lines of the audit: one for a person, an address
// and a dataset in an hour; none for what is public, nor of the system.
func TestReadsAreAudited(t *testing.T) {
	run(t, func(w world) {
		people := identity.New(w.db, identity.Options{})
		id, r := w.tableOf(w.ours, "Arbres")
		_, err := w.AddVersion(ctx, root, catalogue.NewVersion{Resource: r, Expect: catalogue.AnyVersion, Parts: []catalogue.VersionPart{part("a", 1, 1)}, Columns: []byte(`{"columns":[]}`)})
		w.ok(err)
		reads := func() (out []string) {
			list, err := people.Audit(ctx, root, identity.AuditQuery{Limit: 200})
			w.ok(err)
			for _, e := range list {
				if e.Verb == "data.read" {
					if e.Organisation != w.ours {
						t.Errorf("%+v", e)
					}
					out = append(out, e.Actor+" "+e.Object)
				}
			}
			return out
		}
		_, err = w.Get(ctx, w.stranger, id)
		w.fails(err, errs.NotFound)
		if got := reads(); len(got) != 0 {
			t.Fatalf("a refusal is no read: %v", got)
		}
		for range 3 {
			_, err = w.Get(ctx, w.reader, id)
			w.ok(err)
			_, _, err = w.Head(ctx, w.reader, r)
			w.ok(err)
			_, err = w.Version(ctx, w.reader, r, 1)
			w.ok(err)
		}
		_, _, err = w.Resource(ctx, w.editor, r)
		w.ok(err)
		want := []string{w.editor.Ref() + " dataset:" + string(id), w.reader.Ref() + " dataset:" + string(id)}
		if got := reads(); strings.Join(got, ",") != strings.Join(want, ",") {
			t.Fatalf("%v, want %v", got, want)
		}
		w.clock.pass(identity.AccessWindow)
		_, err = w.Get(ctx, w.reader, id)
		w.ok(err)
		if got := reads(); len(got) != 3 {
			t.Fatalf("coming back is not told: %v", got)
		}
		d, err := w.Publish(ctx, root, id, catalogue.AnyRevision)
		w.ok(err)
		w.clock.pass(2 * time.Hour)
		for _, a := range []identity.Actor{w.reader, w.stranger, w.anonymous} {
			_, err = w.ByAddress(ctx, a, d.Slug)
			w.ok(err)
			_, err = w.Version(ctx, a, r, 0)
			w.ok(err)
		}
		if got := reads(); len(got) != 3 {
			t.Fatalf("what is public is no line: %v", got)
		}
		check, err := people.VerifyAudit(ctx, root)
		if err != nil || check.Broken != 0 {
			t.Errorf("%+v %v", check, err)
		}
	})
}
