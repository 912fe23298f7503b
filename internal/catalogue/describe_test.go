package catalogue_test

import (
	"strings"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

func TestCreateAndGet(t *testing.T) {
	run(t, func(w world) {
		m := catalogue.Metadata{
			Title: "  Délibérations du conseil ", Description: "Tout.\r\nLigne 2", Licence: catalogue.ODbL, Themes: []catalogue.ThemeID{"finance", "environment", "finance"},
			Keywords: []string{" Conseil  municipal", "conseil municipal", "Séances", ""}, Frequency: "MONTHLY",
			Contact: catalogue.Contact{Name: "Service des assemblées", Email: "assemblees@mairie.example"}, Temporal: catalogue.Period{Start: "2020-01-01"},
			Spatial: catalogue.Coverage{Zones: []catalogue.Zone{{Kind: catalogue.ZoneCommune, Code: "31458", Name: "Roques"}, {Kind: catalogue.ZoneDepartement, Code: "2a"}}, Granularity: "commune"},
			Schema:  catalogue.SchemaRef{ID: "scdl/deliberations", Version: "2.1.5"},
		}
		d, err := w.Create(ctx, w.contributor, catalogue.NewDataset{Organisation: w.ours, Metadata: m, Demonstration: true})
		w.ok(err)
		want := m
		want.Title, want.Description, want.Language = "Délibérations du conseil", "Tout.\nLigne 2", "fr"
		want.Themes, want.Keywords = []catalogue.ThemeID{"environment", "finance"}, []string{"Conseil municipal", "Séances"}
		want.Spatial.Zones = []catalogue.Zone{m.Spatial.Zones[0], {Kind: catalogue.ZoneDepartement, Code: "2A"}}
		got, err := w.Get(ctx, w.reader, d.ID)
		w.ok(err)
		w.same(got.Metadata, want)
		w.same([]any{got.Slug, got.State, got.Revision, got.CreatedBy, got.CreatedAt, got.Demonstration, got.DataAt.IsZero(), got.PublishedAt.IsZero()},
			[]any{"deliberations-du-conseil", catalogue.Draft, 1, "person:contributor", start, true, true, true})

		plain := w.draft("Simple")
		w.same(plain.Licence, catalogue.LicenceOuverte) // the default
		got, err = w.Get(ctx, w.editor, plain.ID)
		w.ok(err)
		w.same(len(got.Keywords), 0)
	})
}

func TestMetadataIsChecked(t *testing.T) {
	run(t, func(w world) {
		for name, c := range map[string]struct {
			change func(*catalogue.Metadata)
			field  string
		}{
			"no title":         {func(m *catalogue.Metadata) { m.Title = " \t " }, "title"},
			"long title":       {func(m *catalogue.Metadata) { m.Title = strings.Repeat("é", 201) }, "title"},
			"line in title":    {func(m *catalogue.Metadata) { m.Title = "a\nb" }, "title"},
			"zero byte":        {func(m *catalogue.Metadata) { m.Description = "a\x00b" }, "description"},
			"not UTF-8":        {func(m *catalogue.Metadata) { m.Description = "\xe9t\xe9" }, "description"},
			"licence":          {func(m *catalogue.Metadata) { m.Licence = "mine" }, "licence"},
			"theme":            {func(m *catalogue.Metadata) { m.Themes = []catalogue.ThemeID{"magic"} }, "themes"},
			"keyword":          {func(m *catalogue.Metadata) { m.Keywords = []string{"a"} }, "keywords"},
			"frequency":        {func(m *catalogue.Metadata) { m.Frequency = "SOMETIMES" }, "frequency"},
			"contact":          {func(m *catalogue.Metadata) { m.Contact.Email = "a@" }, "contact.email"},
			"date":             {func(m *catalogue.Metadata) { m.Temporal.Start = "2025-02-30" }, "temporal.start"},
			"period backwards": {func(m *catalogue.Metadata) { m.Temporal = catalogue.Period{Start: "2025-02-02", End: "2025-02-01"} }, "temporal.end"},
			"zone code": {func(m *catalogue.Metadata) {
				m.Spatial.Zones = []catalogue.Zone{{Kind: catalogue.ZoneCommune, Code: "Roques"}}
			}, "spatial.zones"},
			"zone kind":   {func(m *catalogue.Metadata) { m.Spatial.Zones = []catalogue.Zone{{Kind: "planet", Code: "3"}} }, "spatial.zones"},
			"granularity": {func(m *catalogue.Metadata) { m.Spatial.Granularity = "atom" }, "spatial.granularity"},
			"language":    {func(m *catalogue.Metadata) { m.Language = "français" }, "language"},
			"schema":      {func(m *catalogue.Metadata) { m.Schema.Version = "1" }, "schema"},
		} {
			m := metadata("Essai")
			c.change(&m)
			_, err := w.Create(ctx, w.editor, catalogue.NewDataset{Organisation: w.ours, Metadata: m})
			if got := w.fields(err); len(got) != 1 || got[0] != c.field {
				t.Errorf("%s: %v", name, got)
			}
		}
		for name, c := range map[string]struct {
			kind  catalogue.Kind
			m     catalogue.ResourceMetadata
			field string
		}{
			"kind":              {"cloud", catalogue.ResourceMetadata{Title: "x"}, "kind"},
			"title":             {catalogue.Table, catalogue.ResourceMetadata{}, "title"},
			"link without url":  {catalogue.Link, catalogue.ResourceMetadata{Title: "x"}, "url"},
			"script":            {catalogue.Link, catalogue.ResourceMetadata{Title: "x", URL: "javascript:alert(1)"}, "url"},
			"file scheme":       {catalogue.Link, catalogue.ResourceMetadata{Title: "x", URL: "file:///etc/passwd"}, "url"},
			"password":          {catalogue.Link, catalogue.ResourceMetadata{Title: "x", URL: "https://a:b@example.org"}, "url"},
			"url of a table":    {catalogue.Table, catalogue.ResourceMetadata{Title: "x", URL: "https://example.org"}, "url"},
			"format":            {catalogue.File, catalogue.ResourceMetadata{Title: "x", Format: "<b>"}, "format"},
			"header in a media": {catalogue.File, catalogue.ResourceMetadata{Title: "x", MediaType: "text/csv\r\nSet-Cookie: x"}, "mediaType"},
		} {
			d := w.draft("Ressources")
			_, err := w.AddResource(ctx, w.editor, d.ID, c.kind, c.m)
			if got := w.fields(err); len(got) != 1 || got[0] != c.field {
				t.Errorf("%s: %v", name, got)
			}
		}
	})
}

func TestRenameKeepsOldAddresses(t *testing.T) {
	run(t, func(w world) {
		d := w.published("Délibérations")
		twin := w.draft("Délibérations")
		w.same(twin.Slug, "deliberations-2")
		first := d.Slug
		d, err := w.Rename(ctx, w.editor, d.ID, d.Revision, "Délibérations du conseil municipal")
		w.ok(err)
		m := d.Metadata
		m.Title = "Actes du conseil"
		d, err = w.Edit(ctx, w.editor, d.ID, d.Revision, m)
		w.ok(err)
		for _, slug := range []string{first, "deliberations-du-conseil-municipal", "actes-du-conseil"} {
			got, err := w.ByAddress(ctx, w.anonymous, slug)
			w.ok(err)
			w.same([]string{string(got.ID), got.Slug}, []string{string(d.ID), "actes-du-conseil"})
		}
		d, err = w.Rename(ctx, w.editor, d.ID, d.Revision, "Délibérations") // back to what it was
		w.ok(err)
		w.same(d.Slug, first)
		for _, slug := range []string{"", "inconnu", "deliberations-9", "a/b"} {
			_, err := w.ByAddress(ctx, w.anonymous, slug)
			w.fails(err, errs.NotFound)
		}
		// The address of a draft that changes its title is free again.
		_, err = w.Rename(ctx, w.editor, twin.ID, twin.Revision, "Arrêtés")
		w.ok(err)
		w.same(w.draft("Délibérations").Slug, "deliberations-2")
		_, err = w.ByAddress(ctx, w.anonymous, "arretes")
		w.fails(err, errs.NotFound) // a draft
	})
}

func TestOneHundredOfTheSameTitle(t *testing.T) {
	run(t, func(w world) {
		seen := map[string]bool{}
		for range 14 {
			seen[w.draft("Budget").Slug] = true
			w.clock.pass(time.Millisecond)
		}
		w.same(len(seen), 14)
	})
}

func TestEditedByTwo(t *testing.T) {
	run(t, func(w world) {
		d := w.draft("Budget")
		list := atOnce(5, func(i int) error {
			m := d.Metadata
			m.Description = strings.Repeat("x", i+1)
			_, err := w.Edit(ctx, w.editor, d.ID, d.Revision, m)
			return err
		})
		w.same(succeeded(list), 1)
		for _, err := range list {
			if err != nil {
				w.fails(err, errs.Conflict, "catalogue.edited-meanwhile")
			}
		}
		// Data that arrives does not disturb who describes.
		d, err := w.Get(ctx, w.editor, d.ID)
		w.ok(err)
		w.table(d)
		d, err = w.Edit(ctx, w.editor, d.ID, d.Revision, d.Metadata)
		w.ok(err)
		w.same(d.Revision, 3)
	})
}

// note writes how a try of a link went.
func (w world) note(a identity.Actor, id catalogue.ResourceID, try catalogue.LinkTry) bool {
	w.t.Helper()
	broke, err := w.tryNote(a, id, try)
	w.ok(err)
	return broke
}

func (w world) tryNote(a identity.Actor, id catalogue.ResourceID, try catalogue.LinkTry) (broke bool, err error) {
	err = w.db.Write(ctx, func(tx *sqldb.Tx) error {
		broke, err = w.NoteLinkTx(ctx, tx, a, id, try)
		return err
	})
	return broke, err
}

func TestResources(t *testing.T) {
	run(t, func(w world) {
		d := w.draft("Équipements")
		var list []catalogue.ResourceID
		for _, n := range []string{"un", "deux", "trois"} {
			r, err := w.AddResource(ctx, w.editor, d.ID, catalogue.Link, catalogue.ResourceMetadata{Title: n, URL: "https://example.org/" + n, Format: ".CSV"})
			w.ok(err)
			w.same(r.Format, "csv")
			list = append(list, r.ID)
		}
		order := func() (out []string) {
			got, err := w.Get(ctx, w.editor, d.ID)
			w.ok(err)
			for i, r := range got.Resources {
				w.same(r.Position, i)
				out = append(out, r.Title)
			}
			d = got
			return out
		}
		w.same(order(), []string{"un", "deux", "trois"})
		w.ok(w.Reorder(ctx, w.editor, d.ID, d.Revision, []catalogue.ResourceID{list[2], list[0], list[1]}))
		w.fails(w.Reorder(ctx, w.editor, d.ID, d.Revision, list), errs.Conflict) // stale
		w.same(order(), []string{"trois", "un", "deux"})
		for _, bad := range [][]catalogue.ResourceID{nil, list[:2], {list[0], list[0], list[1]}, append(list[:2:2], "nobody"), append(list[:3:3], list[0])} {
			w.fails(w.Reorder(ctx, w.editor, d.ID, d.Revision, bad), errs.Conflict)
		}
		w.same(order(), []string{"trois", "un", "deux"})

		_, err := w.EditResource(ctx, w.editor, list[0], d.Revision, catalogue.ResourceMetadata{Title: "premier", URL: "https://example.org/x"})
		w.ok(err)
		_, err = w.EditResource(ctx, w.editor, list[0], d.Revision, catalogue.ResourceMetadata{Title: "perdu", URL: "https://example.org/x"})
		w.fails(err, errs.Conflict)
		w.same(w.note(root, list[0], catalogue.LinkTry{URL: "https://example.org/x", Broken: true, Failures: 2, Problem: "gone"}), true)
		w.same(w.resource(list[0]).LinkState, catalogue.LinkState{LinkChecked: start, LinkBroken: true, LinkFailures: 2, LinkProblem: "gone"})
		w.same(w.note(root, list[0], catalogue.LinkTry{URL: "https://example.org/x", Broken: true, Failures: 3}), false) // it was broken
		w.same(w.note(root, list[0], catalogue.LinkTry{URL: "https://example.org/un"}), false)                           // it points elsewhere by now
		w.same(w.resource(list[0]).LinkFailures, 3)
		_, err = w.tryNote(w.editor, list[0], catalogue.LinkTry{URL: "https://example.org/x"})
		w.fails(err, errs.Denied)
		_, err = w.tryNote(root, "nobody", catalogue.LinkTry{})
		w.fails(err, errs.NotFound)
		_, err = w.LinksDue(ctx, w.editor, 10)
		w.fails(err, errs.Denied)
		w.same(order(), []string{"trois", "premier", "deux"})
		_, err = w.EditResource(ctx, w.editor, list[0], d.Revision, catalogue.ResourceMetadata{Title: "premier", URL: "https://example.org/y"})
		w.ok(err)
		w.same(w.resource(list[0]).LinkState, catalogue.LinkState{}) // another address: not tried yet
		due, err := w.LinksDue(ctx, root, 10)
		w.ok(err)
		w.same(len(due), 0) // a draft

		order()
		w.ok(w.RemoveResource(ctx, w.editor, list[2], d.Revision, ""))
		w.same(order(), []string{"premier", "deux"})
		d, err = w.Publish(ctx, w.editor, d.ID, d.Revision)
		w.ok(err)
		due, err = w.LinksDue(ctx, root, 10)
		w.ok(err)
		w.same(len(due), 2)
		w.same(w.note(root, list[0], catalogue.LinkTry{URL: "https://example.org/y", Next: start.Add(time.Hour)}), false)
		due, err = w.LinksDue(ctx, root, 10)
		w.ok(err)
		w.same(due, []catalogue.ResourceID{list[1]})
		w.ok(w.RemoveResource(ctx, w.editor, list[1], catalogue.AnyRevision, ""))
		w.fails(w.RemoveResource(ctx, w.editor, list[0], catalogue.AnyRevision, ""), errs.Conflict, "catalogue.last-resource")
		w.fails(w.RemoveResource(ctx, w.editor, list[1], catalogue.AnyRevision, ""), errs.NotFound, catalogue.RemovedKey)
		w.fails(w.RemoveResource(ctx, w.editor, list[2], catalogue.AnyRevision, ""), errs.NotFound, "errs.not-found") // it was never public
	})
}

func TestResourcesAreBounded(t *testing.T) {
	run(t, func(w world) {
		d := w.draft("Trop")
		w.ok(w.db.Write(ctx, func(tx *sqldb.Tx) error {
			for range 200 {
				if _, err := w.AddResourceTx(ctx, tx, root, d.ID, catalogue.File, catalogue.ResourceMetadata{Title: "x"}); err != nil {
					return err
				}
			}
			return nil
		}))
		_, err := w.AddResource(ctx, root, d.ID, catalogue.File, catalogue.ResourceMetadata{Title: "x"})
		w.fails(err, errs.Conflict, "catalogue.too-many-resources")
	})
}
