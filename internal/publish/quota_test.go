package publish_test

import (
	"strings"
	"testing"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
)

// When the quota of the organisation is reached a file is refused as it comes, and a
// version as it is published; nothing of either is kept, and all goes on once there is room.
func TestQuotaReached(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		full := func(key string, err error) {
			t.Helper()
			if e := errs.As(err); !errs.Is(err, errs.TooLarge) || e.Key != key || e.Hint == "" {
				t.Errorf("%v, not a refusal that says what to do", err)
			}
		}
		count := func(table string) (n int) {
			t.Helper()
			w.must(w.db.Read(ctx, func(tx *sqldb.Tx) error {
				return tx.QueryRow(ctx, `SELECT count(*) FROM `+table).Scan(&n)
			}))
			return n
		}

		w.catalogue.WithQuota(catalogue.Quota{Bytes: 1000})
		large := strings.Repeat("x;y\n", 300)
		_, err := w.tables.Upload(ctx, w.editor, w.org, "grand.csv", strings.NewReader(large))
		full("catalogue.quota.bytes", err)
		_, err = w.tables.StartUpload(ctx, w.editor, w.org, "grand.csv", int64(len(large)))
		full("catalogue.quota.bytes", err)
		if n := count("uploads") + count("upload_chunks"); n != 0 {
			t.Errorf("%d pieces of what was refused are kept", n)
		}
		_, err = w.tables.Upload(ctx, w.editor, w.org, "petit.csv", strings.NewReader(large[:900]))
		w.must(err) // what was refused takes no room
		full("catalogue.quota.bytes", func() error {
			_, err := w.tables.StartUpload(ctx, w.editor, w.org, "autre.csv", 101)
			return err
		}())
		_, err = w.tables.StartUpload(ctx, w.stranger, w.other, "autre.csv", 101)
		w.must(err) // the room of others is theirs

		// Publishing: no dataset, and the deposit waits as it was.
		w.catalogue.WithQuota(catalogue.Quota{Rows: 3})
		d, _ := w.bring(w.editor, "lieux.csv", places, "") // of 2 rows
		d = w.describe(w.editor, d, "Lieux")
		w.catalogue.WithQuota(catalogue.Quota{Rows: 1})
		_, err = w.publish.Finish(ctx, w.editor, d.ID, d.Revision, publish.Public, "")
		full("catalogue.quota.rows", err)
		if n := count("datasets") + count("versions"); n != 0 {
			t.Errorf("%d datasets and versions of what was refused", n)
		}
		if now, err := w.publish.Find(ctx, w.editor, d.ID); err != nil || now.State != publish.Open || now.Revision != d.Revision || now.Import != d.Import {
			t.Errorf("the deposit is %+v %v", now, err)
		}
		w.catalogue.WithQuota(catalogue.Quota{Rows: 3})
		set, err := w.publish.Finish(ctx, w.editor, d.ID, d.Revision, publish.Public, "")
		w.must(err)

		// Replacing it: the version that is public stays, whole.
		u, err := w.tables.Upload(ctx, w.editor, w.org, "lieux.csv", strings.NewReader(places+"Mairie;12;oui\nPoste;3;oui\n"))
		w.must(err)
		d, err = w.publish.Start(ctx, w.editor, w.org, set.ID)
		w.must(err)
		d, err = w.publish.BringUpload(ctx, w.editor, d.ID, d.Revision, u.ID, tables.Settings{})
		w.must(err)
		w.read(w.editor, d.Import)
		d, err = w.publish.Find(ctx, w.editor, d.ID)
		w.must(err)
		_, err = w.publish.Finish(ctx, w.editor, d.ID, d.Revision, publish.Public, "")
		full("catalogue.quota.rows", err)
		v, err := w.catalogue.Version(ctx, identity.Anonymous(), set.Resources[0].ID, 0)
		w.must(err)
		if v.Number != 1 || v.Rows != 2 || count("versions") != 1 {
			t.Errorf("version %d of %d rows, %d in all", v.Number, v.Rows, count("versions"))
		}
		held, err := w.catalogue.Storage(ctx, w.chief, w.org)
		w.must(err)
		if held[w.org].Rows != 2 {
			t.Errorf("%d rows are counted", held[w.org].Rows)
		}
		w.catalogue.WithQuota(catalogue.Quota{Rows: 4})
		_, err = w.publish.Finish(ctx, w.editor, d.ID, d.Revision, publish.Public, "")
		w.must(err)
	})
}
