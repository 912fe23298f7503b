package collect_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/schema"
	"socle/internal/schema/form"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
)

// office is a place where forms are filled in, on a real database and store.
type office struct {
	*testing.T
	ctx       context.Context
	db        *sqldb.DB
	blobs     *blob.Store
	runner    *jobs.Runner
	catalogue *catalogue.Service
	tables    *tables.Service
	collect   *collect.Service
	people    *identity.Service

	org, other                       identity.OrganisationID
	editor, helper, stranger, nobody identity.Actor
}

func run(t *testing.T, fn func(o *office)) {
	t.Helper()
	runAt(t, nil, fn)
}

// runAt is run with a clock; nil is the real one.
func runAt(t *testing.T, now func() time.Time, fn func(o *office)) {
	t.Helper()
	sqldbtest.RunAt(t, now, func(t *testing.T, db *sqldb.DB) {
		o := &office{T: t, ctx: t.Context(), db: db}
		var err error
		o.blobs, err = blob.Open(o.ctx, blob.Options{URL: "file://" + t.TempDir()})
		o.must(err)
		t.Cleanup(func() { _ = o.blobs.Close() })
		o.runner, err = jobs.New(db, jobs.Options{})
		o.must(err)
		find := func(_ context.Context, ref string) (*schema.Schema, error) { return national.Find(ref) }
		o.catalogue = catalogue.New(db, nil).WithBeside(collect.HeldTx)
		o.tables = tables.New(tables.Options{DB: db, Blobs: o.blobs, Schemas: find, Temp: t.TempDir(), Limits: tables.Limits{UploadBytes: 1 << 20}})
		o.people = identity.New(db, identity.Options{})
		o.collect = collect.New(collect.Options{
			DB: db, Blobs: o.blobs, Catalogue: o.catalogue, Identity: o.people, Schemas: find, Rows: o.tables.EachRow, BaseURL: "https://donnees.example.org", Temp: t.TempDir(),
			Limits: collect.Limits{Debounce: time.Millisecond, File: 1 << 16, Table: 5000, Part: part},
		})
		o.collect.Handle(o.runner)
		for name, id := range map[string]*identity.OrganisationID{"Roques": &o.org, "Labège": &o.other} {
			org, err := o.people.CreateOrganisation(o.ctx, identity.System("test"), identity.OrganisationForm{Name: name, Kind: identity.KindCommune}, false)
			o.must(err)
			*id = org.ID
		}
		in := func(name string, org identity.OrganisationID, r identity.Role) identity.Actor {
			return identity.PersonActor(identity.PersonID(name), name, 0, identity.Membership{Organisation: org, Role: r})
		}
		o.editor, o.helper, o.stranger = in("editor", o.org, identity.Editor), in("helper", o.org, identity.Contributor), in("stranger", o.other, identity.Editor)
		fn(o)
	})
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

func (o *office) fails(kind errs.Kind, err error) {
	o.Helper()
	if err == nil || errs.KindOf(err) != kind {
		o.Errorf("error is %v, want kind %s", err, kind)
	}
}

// wells is a form of its own schema.
func (o *office) wells(set collect.Settings) collect.Form {
	o.Helper()
	d := &form.Definition{Title: "Puits", Description: "Les puits de la commune.", Items: []form.Item{
		{Kind: form.Field, Name: "nom", Label: "Nom", Control: form.Text, Required: true, Unique: true},
		{Kind: form.Field, Name: "profondeur", Label: "Profondeur", Control: form.Number, Minimum: "0"},
		{Kind: form.Field, Name: "lieu", Label: "Lieu", Control: form.Point},
		{Kind: form.Field, Name: "photo", Label: "Photo", Control: form.Photo},
	}}
	f, err := o.collect.Create(o.ctx, o.editor, collect.NewForm{Organisation: o.org, Definition: d, Settings: set})
	o.must(err)
	return f
}

// part is how many entries a part of a version holds here.
const part = 4

func as(a identity.Actor) collect.Visitor { return collect.Visitor{Actor: a} }

func id(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

func (o *office) put(v collect.Visitor, f collect.Form, e collect.Sent) collect.Outcome {
	o.Helper()
	out, err := o.collect.Put(o.ctx, v, f.ID, e)
	o.must(err)
	return out
}

// rows cuts what is due and gives the rows of the latest version.
func (o *office) rows(r catalogue.ResourceID) (number int, rows []string) {
	o.Helper()
	ctx, cancel := context.WithTimeout(o.ctx, time.Minute)
	defer cancel()
	o.must(o.runner.Drain(ctx))
	v, err := o.catalogue.Version(o.ctx, identity.System("test"), r, 0)
	o.must(err)
	sch, err := schema.Parse(v.Columns)
	o.must(err)
	o.must(o.tables.EachRow(o.ctx, v, form.Columns(sch), func(cells []string) error {
		rows = append(rows, strings.Join(cells, "|"))
		return nil
	}))
	return v.Number, rows
}

func (o *office) hasRows(r catalogue.ResourceID, want ...string) {
	o.Helper()
	if _, rows := o.rows(r); strings.Join(rows, "\n") != strings.Join(want, "\n") {
		o.Errorf("rows are\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
}

func TestOnceAndConflict(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		o.hasRows(f.Resource) // an empty version, to be published before anything came
		first := collect.Sent{ID: id(1), Values: form.Values{"nom": "Bourg", "profondeur": "12", "lieu": "1.4, 43.6"}}
		if out := o.put(as(o.editor), f, first); !out.Created || out.Entry.State != collect.Accepted || out.Entry.Revision != 1 || !out.Entry.Mine {
			o.Errorf("%+v", out)
		}
		if out := o.put(as(o.editor), f, first); out.Created || out.Entry.Revision != 1 {
			o.Errorf("sent twice: %+v", out)
		}
		second := collect.Sent{ID: id(1), Revision: 1, Values: form.Values{"nom": "Bourg", "profondeur": "14"}}
		if out := o.put(as(o.editor), f, second); out.Entry.Revision != 2 || out.Entry.Values["profondeur"] != "14" {
			o.Errorf("%+v", out)
		}
		// The first once more, late: it was taken already.
		if out := o.put(as(o.editor), f, first); out.Entry.Revision != 2 || out.Entry.Values["profondeur"] != "14" {
			o.Errorf("late: %+v", out)
		}
		_, err := o.collect.Put(o.ctx, as(o.editor), f.ID, collect.Sent{ID: id(1), Revision: 1, Values: form.Values{"nom": "Autre"}})
		o.fails(errs.Conflict, err)
		var stale *collect.Stale
		if !errors.As(err, &stale) || stale.Entry.Revision != 2 || stale.Entry.Values["profondeur"] != "14" {
			o.Errorf("the conflict does not say what the entry is: %v", err)
		}
		o.hasRows(f.Resource, "Bourg|14||")
		history, err := o.collect.History(o.ctx, o.editor, f.ID, id(1))
		o.must(err)
		if len(history) != 2 || history[1].Values["profondeur"] != "12" || history[0].By != "person:editor" {
			o.Errorf("%+v", history)
		}
		_, err = o.collect.Restore(o.ctx, o.editor, f.ID, id(1), 1)
		o.must(err)
		o.hasRows(f.Resource, "Bourg|12|1.4,43.6|")
		_, err = o.collect.Remove(o.ctx, as(o.editor), f.ID, id(1), 2)
		o.fails(errs.Conflict, err)
		_, err = o.collect.Remove(o.ctx, as(o.editor), f.ID, id(1), 3)
		o.must(err)
		o.hasRows(f.Resource)
		_, err = o.collect.Restore(o.ctx, o.editor, f.ID, id(1), 2)
		o.must(err)
		o.hasRows(f.Resource, "Bourg|14||")
	})
}

func TestWrongEntries(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		for name, c := range map[string]struct {
			e    collect.Sent
			kind errs.Kind
		}{
			"no identifier":   {collect.Sent{ID: "1", Values: form.Values{"nom": "a"}}, errs.Invalid},
			"a wrong value":   {collect.Sent{ID: id(1), Values: form.Values{"nom": "a", "profondeur": "beaucoup"}}, errs.Invalid},
			"nothing":         {collect.Sent{ID: id(1)}, errs.Invalid},
			"unknown column":  {collect.Sent{ID: id(1), Values: form.Values{"nom": "a", "x": "y"}}, errs.Invalid},
			"change of none":  {collect.Sent{ID: id(1), Revision: 3, Values: form.Values{"nom": "a"}}, errs.NotFound},
			"too large":       {collect.Sent{ID: id(1), Values: form.Values{"nom": strings.Repeat("a", 300<<10)}}, errs.TooLarge},
			"file of nothing": {collect.Sent{ID: id(1), Values: form.Values{"nom": "a"}, Files: []collect.File{{Field: "photo", Name: "a.jpg", Type: "image/jpeg", Hash: strings.Repeat("a", 64)}}}, errs.Invalid},
		} {
			_, err := o.collect.Put(o.ctx, as(o.editor), f.ID, c.e)
			if err == nil || errs.KindOf(err) != c.kind {
				o.Errorf("%s: %v, want %s", name, err, c.kind)
			}
		}
		o.put(as(o.editor), f, collect.Sent{ID: id(1), Values: form.Values{"nom": "Bourg"}})
		_, err := o.collect.Put(o.ctx, as(o.editor), f.ID, collect.Sent{ID: id(2), Values: form.Values{"nom": "Bourg"}})
		o.fails(errs.Invalid, err) // the name is of one entry only
		if e := errs.As(err); len(e.Fields) != 1 || e.Fields[0].Name != "nom" {
			o.Errorf("%+v", e.Fields)
		}
		out, err := o.collect.PutMany(o.ctx, as(o.editor), f.ID, []collect.Sent{
			{ID: id(3), Values: form.Values{"nom": "Lac"}}, {ID: id(4), Values: form.Values{"nom": "Bourg"}}, {ID: id(5), Values: form.Values{"nom": "Pré"}}})
		o.must(err)
		if out[0].Err != nil || out[1].Err == nil || out[2].Err != nil {
			o.Errorf("each on its own: %v %v %v", out[0].Err, out[1].Err, out[2].Err)
		}
		o.hasRows(f.Resource, "Bourg|||", "Lac|||", "Pré|||")
	})
}

func TestAccess(t *testing.T) {
	run(t, func(o *office) {
		members := o.wells(collect.Settings{})
		link := o.wells(collect.Settings{Access: collect.Link, Moderated: true, Sight: collect.All})
		open := o.wells(collect.Settings{Access: collect.Public})
		e := func(n int) collect.Sent {
			return collect.Sent{ID: id(n), Values: form.Values{"nom": fmt.Sprint("P", n)}}
		}
		try := func(v collect.Visitor, f collect.Form, n int) error {
			_, err := o.collect.Put(o.ctx, v, f.ID, e(n))
			return err
		}
		o.fails(errs.NotFound, try(as(o.nobody), members, 1))
		o.fails(errs.NotFound, try(as(o.stranger), members, 1))
		o.must(try(as(o.helper), members, 1))
		o.fails(errs.NotFound, try(as(o.nobody), link, 2))
		o.fails(errs.NotFound, try(collect.Visitor{Key: strings.Repeat("x", 22)}, link, 2))
		o.must(try(collect.Visitor{Key: link.Key}, link, 2))
		o.must(try(as(o.nobody), open, 3))
		if _, err := o.collect.Find(o.ctx, as(o.stranger), link.ID); err == nil {
			o.Error("a stranger finds a form of a link")
		}
		f, err := o.collect.ByAddress(o.ctx, as(o.nobody), link.Key)
		o.must(err)
		if f.ID != link.ID || f.Key != "" {
			o.Errorf("%+v", f)
		}
		f, err = o.collect.ByAddress(o.ctx, as(o.nobody), open.Slug)
		o.must(err)
		if f.ID != open.ID {
			o.Errorf("%+v", f)
		}
		// What waits is seen by moderators alone, and by the device that made it.
		list, _, err := o.collect.Entries(o.ctx, collect.Visitor{Key: link.Key}, link.ID, collect.EntryQuery{})
		o.must(err)
		for _, x := range list {
			if x.State != collect.Removed || len(x.Values) > 0 {
				o.Errorf("seen by another: %+v", x)
			}
		}
		revisions := func(want int) {
			o.Helper()
			if list, err := o.collect.History(o.ctx, o.helper, link.ID, id(2)); err != nil || len(list) != want {
				o.Errorf("a contributor is told %v of the history, want %d: %v", list, want, err)
			}
		}
		revisions(0)
		n, err := o.collect.Decide(o.ctx, o.helper, link.ID, []string{id(2)}, true, "")
		o.fails(errs.Denied, err)
		if n != 0 {
			o.Error("a contributor accepts")
		}
		_, err = o.collect.Decide(o.ctx, o.editor, link.ID, []string{id(2)}, false, " ")
		o.fails(errs.Invalid, err)
		_, rows := o.rows(link.Resource)
		if len(rows) != 0 {
			o.Errorf("published before it is accepted: %v", rows)
		}
		_, err = o.collect.Decide(o.ctx, o.editor, link.ID, []string{id(2)}, true, "")
		o.must(err)
		o.hasRows(link.Resource, "P2|||")
		revisions(1)
		list, _, err = o.collect.Entries(o.ctx, collect.Visitor{Key: link.Key}, link.ID, collect.EntryQuery{})
		o.must(err)
		if len(list) != 1 || list[0].Values["nom"] != "P2" || list[0].By != "" || list[0].Mine {
			o.Errorf("%+v", list)
		}
		_, err = o.collect.Create(o.ctx, o.helper, collect.NewForm{Organisation: o.org, Schema: catalogue.SchemaRef{ID: "scdl/prenoms"}})
		o.fails(errs.Denied, err)
		renewed, err := o.collect.RenewKey(o.ctx, o.editor, link.ID, link.Version)
		o.must(err)
		if renewed.Key == link.Key {
			o.Error("the link is the same")
		}
		o.fails(errs.NotFound, try(collect.Visitor{Key: link.Key}, link, 9))
	})
}

// TestAnonymousOwner: a device without account changes what it made, and nothing else.
func TestAnonymousOwner(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{Access: collect.Public})
		out := o.put(as(o.nobody), f, collect.Sent{ID: id(1), Values: form.Values{"nom": "A"}})
		if len(out.Secret) < 16 {
			o.Fatalf("no secret: %+v", out)
		}
		change := collect.Sent{ID: id(1), Revision: 1, Values: form.Values{"nom": "B"}}
		// Its first answer may be lost: the same again is no fault, and tells nothing new.
		if again := o.put(as(o.nobody), f, collect.Sent{ID: id(1), Values: form.Values{"nom": "A"}}); again.Created || again.Secret != "" || again.Entry.Revision != 1 {
			o.Errorf("%+v", again)
		}
		_, err := o.collect.Put(o.ctx, as(o.nobody), f.ID, change)
		o.fails(errs.Denied, err)
		_, err = o.collect.Put(o.ctx, collect.Visitor{Secret: out.Secret + "x"}, f.ID, change)
		o.fails(errs.Denied, err)
		_, err = o.collect.Entry(o.ctx, as(o.nobody), f.ID, id(1))
		o.fails(errs.NotFound, err)
		v := collect.Visitor{Secret: out.Secret}
		if changed := o.put(v, f, change); changed.Entry.Revision != 2 || changed.Secret != "" {
			o.Errorf("%+v", changed)
		}
		// A device that makes its own secret may send again after an answer was lost.
		mine := collect.Visitor{Secret: "a secret that the device made"}
		o.put(mine, f, collect.Sent{ID: id(2), Values: form.Values{"nom": "C"}})
		o.put(mine, f, collect.Sent{ID: id(2), Values: form.Values{"nom": "C"}})
		list, _, err := o.collect.Entries(o.ctx, mine, f.ID, collect.EntryQuery{})
		o.must(err)
		if len(list) != 1 || list[0].ID != id(2) || !list[0].Mine {
			o.Errorf("%+v", list)
		}
		_, err = o.collect.Remove(o.ctx, mine, f.ID, id(1), 2)
		o.fails(errs.NotFound, err)
		_, err = o.collect.Remove(o.ctx, mine, f.ID, id(2), 1)
		o.must(err)
		o.hasRows(f.Resource, "B|||")
	})
}

func TestModeratedChange(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{Moderated: true})
		o.put(as(o.helper), f, collect.Sent{ID: id(1), Values: form.Values{"nom": "A", "profondeur": "1"}})
		_, err := o.collect.Decide(o.ctx, o.editor, f.ID, []string{id(1)}, true, "")
		o.must(err)
		o.put(as(o.helper), f, collect.Sent{ID: id(1), Revision: 1, Values: form.Values{"nom": "A", "profondeur": "2"}})
		o.hasRows(f.Resource, "A|1||") // until someone accepts the change
		_, err = o.collect.Decide(o.ctx, o.editor, f.ID, []string{id(1)}, false, "Mesurez à nouveau.")
		o.must(err)
		e, err := o.collect.Entry(o.ctx, as(o.helper), f.ID, id(1))
		o.must(err)
		if e.State != collect.Refused || e.Reason != "Mesurez à nouveau." {
			o.Errorf("%+v", e)
		}
		o.hasRows(f.Resource, "A|1||")
		o.put(as(o.helper), f, collect.Sent{ID: id(1), Revision: 2, Values: form.Values{"nom": "A", "profondeur": "3"}})
		_, err = o.collect.Decide(o.ctx, o.editor, f.ID, []string{id(1)}, true, "")
		o.must(err)
		o.hasRows(f.Resource, "A|3||")
		f, err = o.collect.Find(o.ctx, as(o.editor), f.ID)
		o.must(err)
		if f.Counts != (collect.Counts{Accepted: 1}) {
			o.Errorf("%+v", f.Counts)
		}
		o.lines(f, collect.LineChange{ID: id(2), Cells: []string{"B", "2", "", ""}})
		if f, err = o.collect.Find(o.ctx, as(o.editor), f.ID); err != nil || f.Counts != (collect.Counts{Accepted: 2}) {
			o.Errorf("with a row that no form brought: %+v %v", f.Counts, err)
		}
	})
}

func TestFiles(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		photo := bytes.Repeat([]byte("photo"), 1000)
		sum := sha256.Sum256(photo)
		hash := hex.EncodeToString(sum[:])
		e := collect.Sent{ID: id(1), Values: form.Values{"nom": "A", "photo": "puits.jpg"}, Files: []collect.File{{Field: "photo", Name: "puits.jpg", Type: "image/jpeg", Size: int64(len(photo)), Hash: hash}}}
		if out := o.put(as(o.editor), f, e); out.Entry.State != collect.Incomplete {
			o.Errorf("%+v", out.Entry)
		}
		o.hasRows(f.Resource)
		_, err := o.collect.PutFile(o.ctx, as(o.editor), f.ID, id(1), hash, strings.NewReader("cut on its w"))
		o.fails(errs.Invalid, err)
		_, err = o.collect.PutFile(o.ctx, as(o.editor), f.ID, id(1), strings.Repeat("0", 64), bytes.NewReader(photo))
		o.fails(errs.NotFound, err)
		_, err = o.collect.PutFile(o.ctx, as(o.editor), f.ID, id(1), hash, bytes.NewReader(make([]byte, 1<<16+1)))
		o.fails(errs.TooLarge, err)
		for range 2 { // once more changes nothing
			got, err := o.collect.PutFile(o.ctx, as(o.editor), f.ID, id(1), hash, bytes.NewReader(photo))
			o.must(err)
			if got.State != collect.Accepted || !got.Files[0].Received {
				o.Errorf("%+v", got)
			}
		}
		o.hasRows(f.Resource, "A|||https://donnees.example.org"+collect.FilePath(f.Resource, id(1), hash))
		_, _, err = o.collect.PublicFile(o.ctx, o.nobody, f.Resource, id(1), hash)
		o.fails(errs.NotFound, err) // a draft is not public
		_, r, err := o.collect.PublicFile(o.ctx, o.editor, f.Resource, id(1), hash)
		o.must(err)
		o.must(r.Close())
		var named []string
		for h, err := range o.collect.ReferencedBlobs(o.ctx, identity.System("test")) {
			o.must(err)
			named = append(named, h)
		}
		if len(named) != 1 || named[0] != hash {
			o.Errorf("named are %v", named)
		}
		// The same photo stays when something else changes.
		out := o.put(as(o.editor), f, collect.Sent{ID: id(1), Revision: 1, Values: form.Values{"nom": "B", "photo": "puits.jpg"}, Files: e.Files})
		if out.Entry.State != collect.Accepted {
			o.Errorf("%+v", out.Entry)
		}
	})
}

// TestCursor: readers go on from cursors while several write; nobody misses one.
func TestCursor(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		const writers, each = 6, 20
		var wg sync.WaitGroup
		done := make(chan struct{})
		for w := range writers {
			wg.Go(func() {
				for n := range each {
					k := w*each + n
					if _, err := o.collect.Put(o.ctx, as(o.editor), f.ID, collect.Sent{ID: id(k), Values: form.Values{"nom": fmt.Sprint("n", k)}}); err != nil {
						o.Error(err)
					}
				}
			})
		}
		go func() { wg.Wait(); close(done) }()
		seen := map[string]bool{}
		cursor, last := int64(0), false
		for {
			list, next, err := o.collect.Entries(o.ctx, as(o.editor), f.ID, collect.EntryQuery{After: cursor, Limit: 7})
			o.must(err)
			for _, e := range list {
				seen[e.ID] = true
			}
			if next < cursor {
				o.Fatalf("the cursor goes back: %d after %d", next, cursor)
			}
			cursor = next
			if len(list) > 0 {
				continue
			}
			if last {
				break
			}
			select {
			case <-done:
				last = true
			default:
			}
		}
		if len(seen) != writers*each {
			o.Errorf("%d of %d entries were seen", len(seen), writers*each)
		}
		if _, rows := o.rows(f.Resource); len(rows) != writers*each {
			o.Errorf("%d rows", len(rows))
		}
	})
}

func TestNationalAndDesign(t *testing.T) {
	run(t, func(o *office) {
		f, err := o.collect.Create(o.ctx, o.editor, collect.NewForm{Organisation: o.org, Schema: catalogue.SchemaRef{ID: "socle/observations-irrigation", Version: "1.0.0"}})
		o.must(err)
		if f.Free() || f.Definition.Place != "position" {
			o.Errorf("%+v", f)
		}
		d := *f.Definition
		d.Items = d.Items[1:] // the key
		_, err = o.collect.Design(o.ctx, o.editor, f.ID, f.Version, &d)
		o.fails(errs.Invalid, err)
		own := o.wells(collect.Settings{})
		o.put(as(o.editor), own, collect.Sent{ID: id(1), Values: form.Values{"nom": "A", "profondeur": "3"}})
		changed := &form.Definition{Title: "Puits", Items: []form.Item{
			{Kind: form.Field, Name: "nom", Label: "Nom", Control: form.Text},
			{Kind: form.Field, Name: "etat", Label: "État", Control: form.OneChoice, Choices: []form.Choice{{Value: "bon", Label: "Bon", Labels: map[string]string{"en": "Good", "es": "Bueno"}}},
				Translations: map[string]form.Words{"en": {Label: "State"}, "es": {Label: "Estado"}, "fr": {Label: "État"}}},
		}}
		after, err := o.collect.Design(o.ctx, o.editor, own.ID, own.Version, changed)
		o.must(err)
		if it := after.Definition.Find("etat"); len(it.Translations) != 1 || it.Words("en").Label != "State" || len(it.Choices[0].Labels) != 1 || it.Choices[0].In("en") != "Good" {
			o.Errorf("languages that forms do not have are kept: %+v", it)
		}
		o.put(as(o.editor), after, collect.Sent{ID: id(2), Values: form.Values{"nom": "B", "etat": "bon"}})
		o.hasRows(own.Resource, "A||3||", "B|bon|||") // what is no longer asked stays
		_, err = o.collect.Design(o.ctx, o.editor, own.ID, own.Version, changed)
		o.fails(errs.Conflict, err)
		wrong := &form.Definition{Title: "Puits", Items: []form.Item{{Kind: form.Field, Name: "nom", Label: "Nom", Control: form.Integer}}}
		_, err = o.collect.Design(o.ctx, o.editor, own.ID, after.Version, wrong)
		o.fails(errs.Invalid, err)
	})
}

func TestOpenTable(t *testing.T) {
	run(t, func(o *office) {
		first := o.wells(collect.Settings{})
		o.put(as(o.editor), first, collect.Sent{ID: id(1), Values: form.Values{"nom": "A", "profondeur": "3.5", "lieu": "1.4,43.6"}})
		o.put(as(o.editor), first, collect.Sent{ID: id(2), Values: form.Values{"nom": "B"}})
		_, rows := o.rows(first.Resource)
		v, err := o.catalogue.Version(o.ctx, o.editor, first.Resource, 0)
		o.must(err)
		// A table that no form made, with the same rows.
		d, err := o.catalogue.Create(o.ctx, o.editor, catalogue.NewDataset{Organisation: o.org, Metadata: catalogue.Metadata{Title: "Autre"}})
		o.must(err)
		r, err := o.catalogue.AddResource(o.ctx, o.editor, d.ID, catalogue.Table, catalogue.ResourceMetadata{Title: "Autre"})
		o.must(err)
		_, err = o.catalogue.AddVersion(o.ctx, o.editor, catalogue.NewVersion{Resource: r.ID, Parts: v.Parts, Columns: v.Columns, Report: v.Report})
		o.must(err)
		o.fails(errs.NotFound, o.collect.OpenTable(o.ctx, o.stranger, r.ID))
		for range 2 { // once
			o.must(o.collect.OpenTable(o.ctx, o.editor, r.ID))
		}
		page, err := o.collect.Lines(o.ctx, o.editor, r.ID, "", collect.LineCursor{}, 0)
		o.must(err)
		list := page.Lines
		if len(list) != len(rows) || list[0].Cells[0] != "A" || list[0].Cells[1] != "3.5" {
			o.Fatalf("%+v", list)
		}
		write := func(a identity.Actor, c collect.LineChange) (collect.LineOutcome, error) {
			out, _, err := o.collect.PutLines(o.ctx, a, r.ID, "", []collect.LineChange{c})
			if err != nil {
				return collect.LineOutcome{}, err
			}
			return out[0], out[0].Err
		}
		_, err = write(o.editor, collect.LineChange{ID: list[1].ID, Revision: 1, Cells: []string{"C", "", "", ""}})
		o.must(err)
		o.hasRows(r.ID, "A|3.5|1.4,43.6|", "C|||")
		// Without a form members keep what is still wrong; it is in no version.
		out, err := write(o.editor, collect.LineChange{ID: id(7), Cells: []string{"D", "?", "", ""}})
		o.must(err)
		if len(out.Line.Faults) != 1 {
			o.Errorf("%+v", out.Line)
		}
		o.hasRows(r.ID, "A|3.5|1.4,43.6|", "C|||")
		_, err = write(o.stranger, collect.LineChange{ID: id(8), Cells: []string{"E", "", "", ""}})
		o.fails(errs.NotFound, err)
	})
}

// TestThinning: versions cut from entries go, but for the last of each period.
func TestThinning(t *testing.T) {
	run(t, func(o *office) {
		f := o.wells(collect.Settings{})
		var pinned catalogue.Version
		for n := range 5 {
			o.put(as(o.editor), f, collect.Sent{ID: id(n), Values: form.Values{"nom": fmt.Sprint("n", n)}})
			o.rows(f.Resource)
			if n == 1 {
				v, err := o.catalogue.Version(o.ctx, o.editor, f.Resource, 0)
				o.must(err)
				pinned = v
				o.must(o.catalogue.Pin(o.ctx, o.editor, v.ID, true))
			}
		}
		err := o.db.Write(o.ctx, func(tx *sqldb.Tx) error {
			_, err := o.catalogue.ThinTx(o.ctx, tx, identity.System("test"), f.Resource, func(time.Time) string { return "all" })
			return err
		})
		o.must(err)
		list, err := o.catalogue.Versions(o.ctx, o.editor, f.Resource, 0, 0)
		o.must(err)
		if len(list) != 2 || list[1].ID != pinned.ID {
			o.Errorf("%d versions stay, want the latest and the pinned one: %+v", len(list), list)
		}
	})
}
