package submission_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/collect"
	"socle/internal/collect/submission"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema"
	"socle/internal/schema/form"
	"socle/internal/schema/national"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
)

// office has one form with two photos and a repeated group, and takes submissions.
type office struct {
	*testing.T
	ctx    context.Context
	db     *sqldb.DB
	forms  *collect.Service
	take   *submission.Service
	form   collect.Form
	editor collect.Visitor
	helper collect.Visitor
}

func run(t *testing.T, set collect.Settings, fn func(o *office)) {
	t.Helper()
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		o := &office{T: t, ctx: t.Context(), db: db}
		blobs, err := blob.Open(o.ctx, blob.Options{URL: "file://" + t.TempDir()})
		o.must(err)
		t.Cleanup(func() { _ = blobs.Close() })
		find := func(_ context.Context, ref string) (*schema.Schema, error) { return national.Find(ref) }
		o.forms = collect.New(collect.Options{DB: db, Blobs: blobs, Catalogue: catalogue.New(db, nil), Schemas: find, Temp: t.TempDir(), Limits: collect.Limits{File: 1 << 16}})
		o.take = submission.New(db, o.forms)
		org, err := identity.New(db, identity.Options{}).CreateOrganisation(o.ctx, identity.System("test"), identity.OrganisationForm{Name: "Roques", Kind: identity.KindCommune}, false)
		o.must(err)
		in := func(name string, r identity.Role) collect.Visitor {
			return collect.Visitor{Actor: identity.PersonActor(identity.PersonID(name), name, 0, identity.Membership{Organisation: org.ID, Role: r})}
		}
		o.editor, o.helper = in("editor", identity.Editor), in("helper", identity.Contributor)
		o.form, err = o.forms.Create(o.ctx, o.editor.Actor, collect.NewForm{Organisation: org.ID, Settings: set, Definition: &form.Definition{Title: "Arbres", Items: []form.Item{
			{Kind: form.Field, Name: "nom", Label: "Nom", Control: form.Text, Required: true},
			{Kind: form.Field, Name: "vu", Label: "Vu le", Control: form.Date, Format: "%d/%m/%Y"},
			{Kind: form.Field, Name: "photo", Label: "Photo", Control: form.Photo},
			{Kind: form.Repeat, Name: "feuilles", Title: "Feuilles", Items: []form.Item{{Kind: form.Field, Name: "gros_plan", Label: "Gros plan", Control: form.Photo}}},
		}}})
		o.must(err)
		fn(o)
	})
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

func (o *office) fails(key string, err error) {
	o.Helper()
	if err == nil || errs.As(err).Key != key {
		o.Errorf("error is %v, want %s", err, key)
	}
}

// xml is a submission of the form.
func (o *office) xml(instance, deprecated, answers string) []byte {
	if deprecated != "" {
		deprecated = "<deprecatedID>" + deprecated + "</deprecatedID>"
	}
	return fmt.Appendf(nil, `<data id="%s" version="1">%s<meta><instanceID>%s</instanceID>%s</meta></data>`, o.form.ID, answers, instance, deprecated)
}

func file(name, content string) submission.File {
	sum := sha256.Sum256([]byte(content))
	return submission.File{Name: name, Type: "image/jpeg", Size: int64(len(content)), Hash: hex.EncodeToString(sum[:]), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content)), nil
	}}
}

func (o *office) send(v collect.Visitor, xml []byte, files ...submission.File) submission.Receipt {
	o.Helper()
	r, err := o.take.Take(o.ctx, v, xml, files)
	o.must(err)
	return r
}

func (o *office) entries() []collect.Entry {
	o.Helper()
	list, _, err := o.forms.Entries(o.ctx, o.editor, o.form.ID, collect.EntryQuery{})
	o.must(err)
	return list
}

const one = "uuid:7b5d3c1e-0a43-4a36-8f64-2f8b2f0f3c11"

func TestOnce(t *testing.T) {
	run(t, collect.Settings{}, func(o *office) {
		x := o.xml(one, "", "<nom>Chêne</nom><vu>2026-07-14</vu><perdu>oui</perdu>")
		for range 3 {
			r := o.send(o.editor, x)
			if r.Entry.State != collect.Accepted || r.Entry.Revision != 1 || len(r.Awaited) > 0 || !slices.Equal(r.Unknown, []string{"perdu"}) {
				o.Errorf("%+v", r)
			}
		}
		list := o.entries()
		if len(list) != 1 || list[0].Values["nom"] != "Chêne" || list[0].Values["vu"] != "14/07/2026" {
			o.Errorf("%+v", list)
		}
		_, err := o.take.Take(o.ctx, o.editor, o.xml(one, "", "<nom>Frêne</nom>"), nil)
		o.fails("openrosa.other", err)
		if !errs.Is(err, errs.Conflict) {
			o.Error(err)
		}
		_, err = o.take.Take(o.ctx, o.editor, []byte("<data"), nil)
		o.fails("openrosa.xml", err)
		_, err = o.take.Take(o.ctx, collect.Visitor{}, x, nil)
		if !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.SignIn) {
			o.Errorf("of nobody: %v", err)
		}
	})
}

// A device corrects what was refused and sends it under the same identifier.
func TestRefusedThenCorrected(t *testing.T) {
	run(t, collect.Settings{}, func(o *office) {
		_, err := o.take.Take(o.ctx, o.editor, o.xml(one, "", "<vu>2026-07-14</vu>"), nil)
		if !errs.Is(err, errs.Invalid) || len(errs.As(err).Fields) != 1 || errs.As(err).Fields[0].Name != "Nom" {
			o.Fatalf("%v", err)
		}
		if r := o.send(o.editor, o.xml(one, "", "<nom>Chêne</nom>")); r.Entry.Values["nom"] != "Chêne" {
			o.Errorf("%+v", r)
		}
		if n := len(o.entries()); n != 1 {
			o.Errorf("%d entries", n)
		}
	})
}

func TestFilesInSeveralPosts(t *testing.T) {
	run(t, collect.Settings{}, func(o *office) {
		x := o.xml(one, "", "<nom>Chêne</nom><photo>a.jpg</photo><feuilles><gros_plan>b.jpg</gros_plan></feuilles><feuilles><gros_plan>c.jpg</gros_plan></feuilles>")
		r := o.send(o.editor, x, file("a.jpg", "aaa"))
		if r.Entry.State != collect.Incomplete || !slices.Equal(r.Awaited, []string{"b.jpg", "c.jpg"}) {
			o.Errorf("%+v", r)
		}
		r = o.send(o.editor, x, file("b.jpg", "bbb"), file("autre.jpg", "x"))
		if r.Entry.State != collect.Incomplete || !slices.Equal(r.Awaited, []string{"c.jpg"}) {
			o.Errorf("%+v", r)
		}
		r = o.send(o.editor, x, file("a.jpg", "aaa")) // again
		if !slices.Equal(r.Awaited, []string{"c.jpg"}) {
			o.Errorf("%+v", r)
		}
		r = o.send(o.editor, x, file("c.jpg", "ccc"))
		if r.Entry.State != collect.Accepted || len(r.Awaited) > 0 {
			o.Errorf("%+v", r)
		}
		for _, f := range r.Entry.Files {
			_, rd, err := o.forms.OpenFile(o.ctx, o.editor, o.form.ID, r.Entry.ID, f.Hash)
			o.must(err)
			b, err := io.ReadAll(rd)
			o.must(errors.Join(err, rd.Close()))
			if want := map[string]string{"a.jpg": "aaa", "b.jpg": "bbb", "c.jpg": "ccc"}[f.Name]; string(b) != want || f.Type != "image/jpeg" {
				o.Errorf("%s holds %q", f.Name, b)
			}
		}
		if n := len(o.entries()); n != 1 || len(r.Entry.Files) != 3 {
			o.Errorf("%d entries, files %+v", n, r.Entry.Files)
		}
	})
}

// What was recorded before the form closed is taken after it, its photo in a post of its own.
func TestFormThatHasClosed(t *testing.T) {
	run(t, collect.Settings{Closes: time.Now().Add(-time.Hour)}, func(o *office) {
		ended := func(instance string, at time.Time) []byte {
			x := o.xml(instance, "", "<nom>Chêne</nom><photo>a.jpg</photo>")
			return bytes.Replace(x, []byte("</meta>"), fmt.Appendf(nil, "<timeEnd>%s</timeEnd></meta>", at.Format(time.RFC3339Nano)), 1)
		}
		x := ended(one, o.form.Closes.Add(-time.Minute))
		o.send(o.editor, x)
		if r := o.send(o.editor, x, file("a.jpg", "photo")); r.Entry.State != collect.Accepted || len(r.Awaited) > 0 {
			o.Errorf("%+v", r)
		}
		for _, late := range [][]byte{ended("uuid:2", o.form.Closes.Add(time.Minute)), o.xml("uuid:3", "", "<nom>Frêne</nom>")} {
			_, err := o.take.Take(o.ctx, o.editor, late, nil)
			o.fails("collect.closed", err)
		}
		if n := len(o.entries()); n != 1 {
			o.Errorf("%d entries", n)
		}
	})
}

// The same photo under two names is kept once.
func TestSamePhotoTwice(t *testing.T) {
	run(t, collect.Settings{}, func(o *office) {
		x := o.xml(one, "", "<nom>Chêne</nom><photo>a.jpg</photo><feuilles><gros_plan>b.jpg</gros_plan></feuilles>")
		if r := o.send(o.editor, x, file("a.jpg", "aaa")); r.Entry.State != collect.Incomplete {
			o.Errorf("%+v", r)
		}
		if r := o.send(o.editor, x, file("b.jpg", "aaa")); r.Entry.State != collect.Accepted || len(r.Entry.Files) != 1 {
			o.Errorf("%+v", r)
		}
	})
}

// What a moderator changed meanwhile stays when a file comes late.
func TestLateFileKeepsChanges(t *testing.T) {
	run(t, collect.Settings{Moderated: true}, func(o *office) {
		x := o.xml(one, "", "<nom>Chene</nom><photo>a.jpg</photo>")
		r := o.send(o.helper, x)
		_, err := o.forms.Put(o.ctx, o.editor, o.form.ID, collect.Sent{ID: r.Entry.ID, Revision: r.Entry.Revision, Values: form.Values{"nom": "Chêne", "photo": "a.jpg"}, Files: r.Entry.Files})
		o.must(err)
		r = o.send(o.helper, x, file("a.jpg", "aaa"))
		if r.Entry.Values["nom"] != "Chêne" || len(r.Awaited) > 0 || r.Entry.State != collect.Waiting {
			o.Errorf("%+v", r)
		}
	})
}

func TestEdits(t *testing.T) {
	run(t, collect.Settings{}, func(o *office) {
		two, three := "uuid:22222222-0a43-4a36-8f64-2f8b2f0f3c11", "uuid:33333333-0a43-4a36-8f64-2f8b2f0f3c11"
		_, err := o.take.Take(o.ctx, o.editor, o.xml(two, one, "<nom>Frêne</nom>"), nil)
		o.fails("openrosa.replaced-none", err)
		o.send(o.editor, o.xml(one, "", "<nom>Chêne</nom><photo>a.jpg</photo>"), file("a.jpg", "aaa"))
		for range 2 {
			r := o.send(o.editor, o.xml(two, one, "<nom>Frêne</nom><photo>a.jpg</photo>"))
			if r.Entry.Revision != 2 || r.Entry.Values["nom"] != "Frêne" || r.Entry.State != collect.Accepted || len(r.Awaited) > 0 {
				o.Errorf("%+v", r)
			}
		}
		r := o.send(o.editor, o.xml(three, two, "<nom>Orme</nom><photo>d.jpg</photo>"), file("d.jpg", "ddd"))
		if r.Entry.Values["nom"] != "Orme" || r.Entry.State != collect.Accepted || len(r.Entry.Files) != 1 || r.Entry.Files[0].Name != "d.jpg" {
			o.Errorf("%+v", r)
		}
		if list := o.entries(); len(list) != 1 {
			o.Errorf("%d entries", len(list))
		}
		// Someone else has changed it: the edit of the device must not hide that.
		_, err = o.forms.Put(o.ctx, o.editor, o.form.ID, collect.Sent{ID: r.Entry.ID, Revision: r.Entry.Revision, Values: form.Values{"nom": "Orme lisse"}})
		o.must(err)
		_, err = o.take.Take(o.ctx, o.editor, o.xml("uuid:4", three, "<nom>Orme blanc</nom>"), nil)
		o.fails("openrosa.changed", err)
	})
}

// A device without account changes its own entries, and no other's.
func TestWithoutAccount(t *testing.T) {
	run(t, collect.Settings{Access: collect.Public, Sight: collect.All}, func(o *office) {
		o.send(collect.Visitor{}, o.xml(one, "", "<nom>Chêne</nom><photo>a.jpg</photo>"))
		r := o.send(collect.Visitor{}, o.xml(one, "", "<nom>Chêne</nom><photo>a.jpg</photo>"), file("a.jpg", "aaa"))
		if r.Entry.State != collect.Accepted || strings.Contains(one, r.Entry.ID) {
			o.Errorf("%+v", r)
		}
		if r := o.send(collect.Visitor{}, o.xml("uuid:2", one, "<nom>Frêne</nom>")); r.Entry.Values["nom"] != "Frêne" {
			o.Errorf("%+v", r)
		}
		_, err := o.take.Take(o.ctx, collect.Visitor{}, o.xml("uuid:3", "uuid:"+r.Entry.ID, "<nom>Volé</nom>"), nil)
		o.fails("openrosa.replaced-none", err)
	})
}

// Posts of one submission at once, some cut, are one entry with all its files.
func TestAtOnce(t *testing.T) {
	run(t, collect.Settings{}, func(o *office) {
		x := o.xml(one, "", "<nom>Chêne</nom><photo>a.jpg</photo><feuilles><gros_plan>b.jpg</gros_plan></feuilles>")
		other := submission.New(o.db, o.forms) // of another replica
		var wait sync.WaitGroup
		for i := range 12 {
			wait.Go(func() {
				ctx, cancel := context.WithCancel(o.ctx)
				defer cancel()
				if i%3 == 0 {
					time.AfterFunc(time.Duration(i)*time.Millisecond, cancel)
				}
				take := o.take
				if i%2 == 0 {
					take = other
				}
				f := file("a.jpg", "aaa")
				if i%4 > 1 {
					f = file("b.jpg", "bbb")
				}
				if _, err := take.Take(ctx, o.editor, x, []submission.File{f}); err != nil && ctx.Err() == nil && !errs.Is(err, errs.Busy) {
					o.Error(err)
				}
			})
		}
		wait.Wait()
		r := o.send(o.editor, x, file("a.jpg", "aaa"), file("b.jpg", "bbb"))
		if list := o.entries(); len(list) != 1 || r.Entry.State != collect.Accepted {
			o.Errorf("%d entries, %+v", len(list), r)
		}
		if bytes.Count(x, []byte("jpg")) != len(r.Entry.Files) {
			o.Errorf("%+v", r.Entry.Files)
		}
	})
}
