package publish_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/publish"
	"socle/internal/sqldb"
	"socle/internal/sqldb/sqldbtest"
	"socle/internal/tables"
)

// letters are the messages of the outbox, "recipient: subject", the oldest first.
func (w *workshop) letters() (out []string) {
	w.Helper()
	w.must(w.runner.Drain(w.Context()))
	var list []mail.Record
	w.must(w.db.Read(w.Context(), func(tx *sqldb.Tx) (err error) {
		list, err = mail.List(w.Context(), tx, mail.Filter{})
		return err
	}))
	for _, m := range list {
		out = append([]string{m.To + ": " + m.Subject}, out...)
	}
	return out
}

func (w *workshop) same(got []string, want ...string) {
	w.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		w.Fatalf("got %q, want %q", got, want)
	}
}

// prepared is a deposit that is ready to be published.
func (w *workshop) prepared(title string) publish.Deposit {
	w.Helper()
	d, _ := w.bring(w.editor, "lieux.csv", places, "")
	return w.describe(w.editor, d, title)
}

func TestApproval(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, db *sqldb.DB) {
		w := open(t, db)
		ctx := t.Context()
		w.must(w.catalogue.RequireApproval(ctx, w.chief, w.org, true))
		d := w.prepared("Lieux")
		_, err := w.publish.Finish(ctx, w.editor, d.ID, d.Revision, publish.Public, "")
		w.wants(err, errs.Denied) // no way round
		_, err = w.publish.Submit(ctx, w.helper, d.ID, d.Revision, publish.Plan{})
		w.wants(err, errs.Denied)
		d, err = w.publish.Submit(ctx, w.editor, d.ID, d.Revision, publish.Plan{Visibility: publish.Public, Note: "first"})
		w.must(err)
		if d.State != publish.Asked || d.AskedBy != w.editor.Ref() || d.Note != "first" {
			t.Fatalf("%+v", d)
		}
		w.same(w.letters(), "chief@example.org: À approuver : Lieux")
		_, err = w.publish.SetDescription(ctx, w.editor, d.ID, d.Revision, d.Description, true)
		w.wants(err, errs.Conflict) // what is read is what is published
		_, err = w.publish.Approve(ctx, w.editor, d.ID, d.Revision)
		w.wants(err, errs.Denied)
		_, err = w.publish.Approve(ctx, w.stranger, d.ID, d.Revision)
		w.wants(err, errs.NotFound)
		_, err = w.publish.Refuse(ctx, w.chief, d.ID, d.Revision, " ")
		w.wants(err, errs.Invalid)

		d, err = w.publish.Refuse(ctx, w.chief, d.ID, d.Revision, "The title says nothing.")
		w.must(err)
		if d.State != publish.Open || d.Answer != "The title says nothing." || d.AnsweredBy != w.chief.Ref() {
			t.Fatalf("%+v", d)
		}
		w.same(w.letters()[1:], "editor@example.org: À revoir : Lieux")
		d = w.describe(w.editor, d, "Lieux ouverts au public")
		d, err = w.publish.Submit(ctx, w.editor, d.ID, d.Revision, publish.Plan{})
		w.must(err)
		if d.Answer != "" {
			t.Error("the word of the refusal before stays")
		}
		d, err = w.publish.TakeBack(ctx, w.editor, d.ID, d.Revision)
		w.must(err)
		_, err = w.publish.Approve(ctx, w.chief, d.ID, d.Revision)
		w.wants(err, errs.Conflict)
		d, err = w.publish.Submit(ctx, w.editor, d.ID, d.Revision, publish.Plan{})
		w.must(err)
		d, err = w.publish.Approve(ctx, w.chief, d.ID, d.Revision)
		w.must(err)
		set, err := w.catalogue.Get(ctx, identity.Anonymous(), d.Dataset)
		w.must(err)
		if d.State != publish.Published || set.State != catalogue.Published {
			t.Fatalf("%+v %+v", d, set)
		}
		w.same(w.letters()[2:], "editor@example.org: Publié : Lieux ouverts au public")

		// The next version of what is public waits too; what stays inside does not.
		next, err := w.publish.Start(ctx, w.editor, w.org, set.ID)
		w.must(err)
		u, err := w.tables.Upload(ctx, w.editor, w.org, "lieux.csv", strings.NewReader(places+"Mairie;12;oui\n"))
		w.must(err)
		next, err = w.publish.BringUpload(ctx, w.editor, next.ID, next.Revision, u.ID, tables.Settings{})
		w.must(err)
		w.read(w.editor, next.Import)
		next, err = w.publish.Submit(ctx, w.editor, next.ID, next.Revision, publish.Plan{})
		w.must(err)
		inside := w.prepared("Dedans")
		inside, err = w.publish.Submit(ctx, w.editor, inside.ID, inside.Revision, publish.Plan{Visibility: publish.Internal})
		w.must(err)
		if next.State != publish.Asked || inside.State != publish.Published {
			t.Fatalf("%s %s", next.State, inside.State)
		}
		mine := w.prepared("Du chef")
		mine, err = w.publish.Submit(ctx, w.chief, mine.ID, mine.Revision, publish.Plan{})
		w.must(err)
		if mine.State != publish.Published {
			t.Fatalf("who may approve need not ask: %s", mine.State)
		}
	})
}

// runUntil works the jobs, those kept for later too, until something is so.
func (w *workshop) runUntil(so func() bool) {
	w.Helper()
	ctx, stop := context.WithCancel(w.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.runner.Run(ctx) }()
	for !so() {
		select {
		case err := <-ended:
			w.Fatal(err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		w.Fatal(err)
	}
}

// clock is a time that the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

func TestPublicationAtADate(t *testing.T) {
	c := &clock{}
	sqldbtest.RunAt(t, c.now, func(t *testing.T, db *sqldb.DB) {
		c.mu.Lock()
		c.at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		c.mu.Unlock()
		w := open(t, db)
		ctx := t.Context()
		at := c.now().Add(48 * time.Hour)
		d, gone, back := w.prepared("Lieux"), w.prepared("Lieux sans droit"), w.prepared("Lieux repris")
		_, err := w.publish.Submit(ctx, w.editor, d.ID, d.Revision, publish.Plan{At: c.now().AddDate(2, 0, 0)})
		w.wants(err, errs.Invalid)
		if d, err = w.publish.Submit(ctx, w.editor, d.ID, d.Revision, publish.Plan{Visibility: publish.Public, At: at}); err != nil || d.State != publish.Dated {
			t.Fatalf("%+v %v", d, err)
		}
		if back, err = w.publish.Submit(ctx, w.editor, back.ID, back.Revision, publish.Plan{At: at}); err != nil {
			t.Fatal(err)
		}
		if back, err = w.publish.TakeBack(ctx, w.editor, back.ID, back.Revision); err != nil {
			t.Fatal(err)
		}
		if gone, err = w.publish.Submit(ctx, w.leaver, gone.ID, gone.Revision, publish.Plan{At: at}); err != nil {
			t.Fatal(err)
		}
		w.must(w.runner.Drain(ctx))
		if d, err = w.publish.Find(ctx, w.editor, d.ID); err != nil || d.State != publish.Dated {
			t.Fatalf("before its date: %+v %v", d, err)
		}
		w.must(w.people.SetMember(ctx, identity.System("test"), w.org, w.leaver.Person(), identity.Reader))
		c.pass(49 * time.Hour)
		w.runUntil(func() bool {
			for _, id := range []publish.DepositID{d.ID, gone.ID} {
				if got, err := w.publish.Find(ctx, w.editor, id); err != nil || got.State == publish.Dated {
					return false
				}
			}
			return true
		})
		for id, want := range map[publish.DepositID]publish.State{d.ID: publish.Published, gone.ID: publish.Open, back.ID: publish.Open} {
			got, err := w.publish.Find(ctx, w.editor, id)
			w.must(err)
			if got.State != want {
				t.Errorf("%s: %s, want %s", got.Description.Title, got.State, want)
			}
			if id == gone.ID && (got.Answer == "" || !strings.HasPrefix(got.AnsweredBy, "system:")) {
				t.Errorf("what went wrong is not said: %+v", got)
			}
		}
		letters := w.letters()
		slices.Sort(letters) // the jobs of one moment run side by side
		w.same(letters, "editor@example.org: Publié : Lieux", "leaver@example.org: Pas publié : Lieux sans droit")
		var left int
		w.must(db.Read(ctx, func(tx *sqldb.Tx) error {
			list, err := jobs.List(ctx, tx, jobs.Filter{Kinds: []string{"publish.dated"}, States: []jobs.State{jobs.Failed}})
			left = len(list)
			return err
		}))
		if left != 0 {
			t.Errorf("%d jobs failed", left)
		}
	})
}
