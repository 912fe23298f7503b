package publish_test

import (
	"io"
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

func (w *workshop) upload(a identity.Actor, name, text string) tables.UploadID {
	w.Helper()
	u, err := w.tables.Upload(w.Context(), a, w.org, name, strings.NewReader(text))
	w.must(err)
	return u.ID
}

// bytes are those of a version of a file, as an actor gets them.
func (w *workshop) bytes(a identity.Actor, id catalogue.ResourceID, number int) string {
	w.Helper()
	v, err := w.catalogue.Version(w.Context(), a, id, number)
	w.must(err)
	r, err := w.tables.Original(w.Context(), v)
	w.must(err)
	b, err := io.ReadAll(r)
	w.must(err)
	w.must(r.Close())
	return string(b)
}

// A file begins a draft that a contributor prepares; once it is public only who may
// publish brings bytes, the ones before stay in the history, and what was a draft stays
// among members.
func TestSaveFile(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		save := func(a identity.Actor, f publish.FileForm) (catalogue.Resource, catalogue.Dataset, error) {
			return w.publish.SaveFile(ctx, a, f)
		}
		draft := w.upload(w.helper, `C:\plans\Plan d’accès.PDF`, "%PDF brouillon")
		r, d, err := save(w.helper, publish.FileForm{Organisation: w.org, Upload: draft})
		w.must(err)
		if d.State != catalogue.Draft || d.Title != "Plan d’accès" || r.Title != d.Title || r.Kind != catalogue.File || r.Format != "pdf" || r.MediaType != "application/pdf" {
			t.Fatalf("%+v in %+v", r, d)
		}
		if _, err := w.tables.FindUpload(ctx, w.helper, draft); !errs.Is(err, errs.NotFound) {
			t.Errorf("the upload stays: %v", err)
		}
		if _, err := w.catalogue.Version(ctx, identity.Anonymous(), r.ID, 0); !errs.Is(err, errs.NotFound) {
			t.Errorf("everyone sees the file of a draft: %v", err)
		}
		_, d, err = save(w.helper, publish.FileForm{Dataset: d.ID, Resource: r.ID, Revision: d.Revision, Title: "Plan d’accès", Description: "À pied.", Upload: w.upload(w.helper, "plan.pdf", "%PDF un"), Expect: 1})
		w.must(err)
		d.Description = "Où c’est."
		d, err = w.catalogue.Edit(ctx, w.editor, d.ID, d.Revision, d.Metadata)
		w.must(err)
		d, err = w.catalogue.Publish(ctx, w.editor, d.ID, d.Revision)
		w.must(err)
		if got := w.bytes(identity.Anonymous(), r.ID, 0); got != "%PDF un" {
			t.Errorf("everyone gets %q", got)
		}
		if _, err := w.catalogue.Version(ctx, identity.Anonymous(), r.ID, 1); !errs.Is(err, errs.NotFound) {
			t.Errorf("what the draft went through is public: %v", err)
		}

		// Replaced: by an editor, from the version that they saw, and the one before stays.
		two := publish.FileForm{Dataset: d.ID, Resource: r.ID, Revision: d.Revision, Title: "Plan d’accès", Description: "À pied.", Expect: 2, Note: "Nouvelle entrée"}
		two.Upload = w.upload(w.helper, "plan.zip", "PK deux")
		_, _, err = save(w.helper, two)
		w.wants(err, errs.Denied)
		_, _, err = save(w.stranger, two)
		w.wants(err, errs.NotFound) // the upload is another organisation's
		r, d, err = save(w.editor, two)
		w.must(err)
		kept, _, err := w.catalogue.Resource(ctx, identity.Anonymous(), r.ID)
		w.must(err)
		if kept.Format != "zip" || kept.Latest != 3 || kept.Current.Note != "Nouvelle entrée" || kept.Current.Original.FileName != "plan.zip" {
			t.Errorf("%+v", kept)
		}
		if a, b := w.bytes(identity.Anonymous(), r.ID, 0), w.bytes(identity.Anonymous(), r.ID, 2); a != "PK deux" || b != "%PDF un" {
			t.Errorf("%q, and before %q", a, b)
		}
		two.Upload, two.Revision = w.upload(w.editor, "plan.zip", "PK trois"), d.Revision
		_, _, err = save(w.editor, two)
		w.wants(err, errs.Conflict) // somebody brought another meanwhile
		if got := w.bytes(w.editor, r.ID, 0); got != "PK deux" {
			t.Errorf("what was refused is there: %q", got)
		}
		if _, err := w.tables.FindUpload(ctx, w.editor, two.Upload); err != nil {
			t.Errorf("what was brought is lost: %v", err)
		}
		for field, f := range map[string]publish.FileForm{"file": {Dataset: d.ID, Title: "x"}, "title": {Dataset: d.ID, Title: strings.Repeat("x", 201), Upload: two.Upload}} {
			if _, _, err := save(w.editor, f); !errs.Is(err, errs.Invalid) || errs.As(err).Fields[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		_, _, err = save(w.editor, publish.FileForm{Dataset: d.ID, Upload: w.upload(w.editor, "vide.pdf", "")})
		if !errs.Is(err, errs.Invalid) || errs.As(err).Key != "publish.file.empty" {
			t.Errorf("an empty file: %v", err)
		}
	})
}

// Where an administrator must approve, an editor brings no bytes to what is public; the
// quota counts files, and one that passes it changes nothing.
func TestFileRules(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		_, d, err := w.publish.SaveFile(ctx, w.editor, publish.FileForm{Organisation: w.org, Title: "Photos", Upload: w.upload(w.editor, "photos.zip", "PK")})
		w.must(err)
		d.Description = "Les bancs."
		d, err = w.catalogue.Edit(ctx, w.editor, d.ID, d.Revision, d.Metadata)
		w.must(err)
		d, err = w.catalogue.Publish(ctx, w.editor, d.ID, d.Revision)
		w.must(err)
		w.must(w.catalogue.RequireApproval(ctx, w.chief, w.org, true))
		more := publish.FileForm{Dataset: d.ID, Upload: w.upload(w.editor, "notice.odt", "PK notice")}
		for _, err := range []error{w.catalogue.MayAddData(ctx, w.editor, d.ID), func() error { _, _, err := w.publish.SaveFile(ctx, w.editor, more); return err }()} {
			if !errs.Is(err, errs.Denied) || errs.As(err).Key != "catalogue.approval" {
				t.Errorf("an editor: %v", err)
			}
		}
		w.must(w.catalogue.MayAddData(ctx, w.chief, d.ID))
		w.catalogue.WithQuota(catalogue.Quota{Bytes: 10})
		_, _, err = w.publish.SaveFile(ctx, w.chief, more)
		if !errs.Is(err, errs.TooLarge) || errs.As(err).Hint == "" {
			t.Errorf("over the quota: %v", err)
		}
		if got, err := w.catalogue.Get(ctx, w.chief, d.ID); err != nil || len(got.Resources) != 1 {
			t.Errorf("%+v %v", got.Resources, err)
		}
		w.catalogue.WithQuota(catalogue.Quota{Bytes: 11})
		r, d, err := w.publish.SaveFile(ctx, w.chief, more)
		w.must(err)
		held, err := w.catalogue.Storage(ctx, w.chief, w.org)
		w.must(err)
		if held[w.org].Bytes != 11 || r.Title != "notice" {
			t.Errorf("%d bytes are counted, %+v", held[w.org].Bytes, r)
		}

		// Removed: gone for everyone, and its address says when and why.
		w.must(w.catalogue.RemoveResource(ctx, w.chief, r.ID, d.Revision, "Elle disait faux."))
		_, _, err = w.catalogue.Resource(ctx, identity.Anonymous(), r.ID)
		if e := errs.As(err); !errs.Is(err, errs.NotFound) || e.Key != catalogue.RemovedKey || e.Args["Reason"] != "Elle disait faux." || e.Args["Title"] != "notice" {
			t.Errorf("what is left says %v", err)
		}
		if _, _, err := w.catalogue.Head(ctx, identity.Anonymous(), r.ID); errs.As(err).Key != catalogue.RemovedKey {
			t.Errorf("its head says %v", err)
		}
		d, err = w.catalogue.Get(ctx, w.chief, d.ID)
		w.must(err)
		_, err = w.catalogue.Withdraw(ctx, w.chief, d.ID, d.Revision, "Tout est faux.")
		w.must(err)
		if _, _, err := w.catalogue.Head(ctx, identity.Anonymous(), r.ID); !errs.Is(err, errs.NotFound) || errs.As(err).Key == catalogue.RemovedKey {
			t.Errorf("of a withdrawn dataset: %v", err)
		}
	})
}

func TestFormatOfFile(t *testing.T) {
	for name, want := range map[string][2]string{"a.PDF": {"pdf", "application/pdf"}, "plan.gpkg": {"gpkg", "application/geopackage+sqlite3"}, "x.csv": {"csv", "text/csv"}, "x.dwg": {"dwg", "application/octet-stream"},
		"sans": {"", ""}, "x.<b>": {"", ""}, "x.é": {"", ""}, "carte.tar.gz": {"gz", "application/gzip"}} {
		if format, media := publish.FormatOfFile(name); format != want[0] || media != want[1] {
			t.Errorf("%s: %s %s", name, format, media)
		}
	}
}
