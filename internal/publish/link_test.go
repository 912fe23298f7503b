package publish_test

import (
	"strings"
	"testing"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/publish"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// A link is tried as it is written: what it gives is told, one that does not answer is
// kept with the reason, and nothing is visited for who may not write it.
func TestSaveLink(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		const there, missing = "https://www.roques.example/plan", "https://www.roques.example/rien"
		w.web.files = map[string]string{there: "%PDF"}
		save := func(a identity.Actor, f publish.LinkForm) (catalogue.Resource, catalogue.Dataset, error) {
			return w.publish.SaveLink(ctx, a, w.web.reach, f)
		}
		link := func(url string) catalogue.ResourceMetadata {
			return catalogue.ResourceMetadata{Title: "Plan de la ville", URL: url}
		}

		_, _, err := save(identity.Anonymous(), publish.LinkForm{Organisation: w.org, ResourceMetadata: link(there)})
		if !errs.Is(err, errs.SignIn) || w.web.asked.Load() != 0 {
			t.Fatalf("%v, visited %d times", err, w.web.asked.Load())
		}
		r, d, err := save(w.editor, publish.LinkForm{Organisation: w.org, ResourceMetadata: link(there)})
		w.must(err)
		if d.State != catalogue.Draft || d.Title != "Plan de la ville" || r.Format != "pdf" || r.MediaType != "application/pdf" || r.LinkChecked.IsZero() || r.LinkFailures != 0 {
			t.Fatalf("%+v in %+v", r, d)
		}
		d.Description = "Le plan, tenu ailleurs."
		d, err = w.catalogue.Edit(ctx, w.editor, d.ID, d.Revision, d.Metadata)
		w.must(err)
		d, err = w.catalogue.Publish(ctx, w.editor, d.ID, d.Revision)
		w.must(err)

		// Another one, of a format that is said, which is not there.
		form := publish.LinkForm{Dataset: d.ID, ResourceMetadata: link(missing)}
		form.Format = "WMS"
		gone, _, err := save(w.editor, form)
		w.must(err)
		kept, d, err := w.catalogue.Resource(ctx, w.editor, gone.ID)
		w.must(err)
		if kept.Format != "wms" || !kept.LinkBroken || !strings.Contains(publish.LinkProblem(i18n.French, kept), "404") {
			t.Errorf("%+v", kept)
		}
		for _, l := range w.letters() {
			if strings.Contains(l, "Un lien ne répond plus") {
				t.Errorf("who wrote it is told by mail too: %s", l)
			}
		}

		// Corrected: whole again. From an older revision: refused, and nothing changes.
		form = publish.LinkForm{Dataset: d.ID, Resource: gone.ID, Revision: d.Revision, ResourceMetadata: link(there)}
		got, d, err := save(w.editor, form)
		w.must(err)
		if got.LinkBroken || got.Format != "pdf" {
			t.Errorf("%+v", got)
		}
		form.Title = "Autre titre"
		if _, _, err = save(w.editor, form); !errs.Is(err, errs.Conflict) {
			t.Errorf("an older revision: %v", err)
		}
		for field, m := range map[string]catalogue.ResourceMetadata{"url": {Title: "x", URL: "ftp://x"}, "title": {URL: there}} {
			if _, _, err := save(w.editor, publish.LinkForm{Dataset: d.ID, ResourceMetadata: m}); !errs.Is(err, errs.Invalid) || errs.As(err).Fields[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		w.must(w.catalogue.RemoveResource(ctx, w.editor, gone.ID, d.Revision, ""))
	})
}
