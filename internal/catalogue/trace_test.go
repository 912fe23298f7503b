package catalogue_test

import (
	"testing"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
)

func TestErase(t *testing.T) {
	run(t, func(w world) {
		d := w.published("Bancs publics")
		w.fails(w.Erase(ctx, w.editor, d.ID, d.Revision, "Double"), errs.Conflict, "catalogue.wrong-state.published")
		m := d.Metadata
		m.Title = "Bancs"
		d, err := w.Edit(ctx, w.editor, d.ID, d.Revision, m) // a second address
		w.ok(err)
		d, err = w.Withdraw(ctx, w.editor, d.ID, d.Revision, "Publié deux fois")
		w.ok(err)
		w.same(w.fields(w.Erase(ctx, w.editor, d.ID, d.Revision, " ")), []string{"reason"})
		w.fails(w.Erase(ctx, w.contributor, d.ID, d.Revision, "Double"), errs.Denied)
		w.fails(w.Erase(ctx, w.stranger, d.ID, d.Revision, "Double"), errs.Denied)
		w.fails(w.Erase(ctx, w.editor, d.ID, d.Revision-1, "Double"), errs.Conflict, "catalogue.edited-meanwhile")
		w.ok(w.Erase(ctx, w.editor, d.ID, d.Revision, "Publié deux fois"))

		for _, slug := range []string{"bancs-publics", "bancs"} {
			_, err = w.ByAddress(ctx, w.editor, slug)
			w.fails(err, errs.NotFound)
			trace, err := w.TraceOf(ctx, w.anonymous, slug)
			w.ok(err)
			w.same(trace, catalogue.Trace{Dataset: d.ID, Organisation: w.ours, Title: "Bancs", Reason: "Publié deux fois", PublishedAt: d.PublishedAt, DeletedAt: start})
		}
		trace, err := w.TraceOf(ctx, w.reader, "bancs")
		w.ok(err)
		w.same(trace.DeletedBy, w.editor.Ref()) // members know who
		_, err = w.TraceOf(ctx, w.anonymous, "never")
		w.fails(err, errs.NotFound)
		if again := w.draft("Bancs"); again.Slug == "bancs" {
			t.Error("the address of a deleted dataset was given again")
		}
	})
}

func TestApprovalRule(t *testing.T) {
	run(t, func(w world) {
		chief := identity.PersonActor("chief", "chief", 0, identity.Membership{Organisation: w.ours, Role: identity.Administrator})
		old := w.published("Avant")
		draft := w.draft("Après")
		r := w.table(draft)
		w.fails(w.RequireApproval(ctx, w.editor, w.ours, true), errs.Denied)
		w.ok(w.RequireApproval(ctx, chief, w.ours, true))
		w.ok(w.RequireApproval(ctx, chief, w.ours, true)) // again: nothing more
		on, err := w.ApprovalRequired(ctx, w.reader, w.ours)
		w.ok(err)
		w.same(on, true)
		_, err = w.ApprovalRequired(ctx, w.stranger, w.ours)
		w.fails(err, errs.Denied)

		_, err = w.Publish(ctx, w.editor, draft.ID, catalogue.AnyRevision)
		w.fails(err, errs.Denied, "catalogue.approval")
		_, err = w.AddVersion(ctx, w.editor, newVersion(mustGet(w, root, old.ID).Resources[0].ID, "two"))
		w.fails(err, errs.Denied, "catalogue.approval")
		_, err = w.AddVersion(ctx, w.editor, newVersion(r.ID, "two")) // a draft needs none
		w.ok(err)
		_, err = w.Publish(ctx, chief, draft.ID, catalogue.AnyRevision)
		w.ok(err)
		w.ok(w.RequireApproval(ctx, chief, w.ours, false))
		_, err = w.AddVersion(ctx, w.editor, newVersion(r.ID, "three"))
		w.ok(err)
	})
}
