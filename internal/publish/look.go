package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/mail"
	"socle/internal/sqldb"
	"socle/internal/tables"
)

// Visit copies what an address gives into w, at most limit bytes, unless it is
// still what etag names; it returns the name of the file and its new etag.
type Visit func(ctx context.Context, address, etag string, w io.Writer, limit int64) (name, newETag string, changed bool, err error)

// around looks for the addresses whose time has come; look is the job of one.
type around struct{}

func (around) Kind() string { return "publish.around" }

type look struct {
	Resource catalogue.ResourceID `json:"resource"`
}

func (look) Kind() string { return "publish.look" }

// LookAround is the job to run every few minutes.
func LookAround() jobs.Args { return around{} }

const (
	mostLooks   = 200 // addresses of one turn
	patience    = 2   // failures in a row before somebody is told; a missing file is told at once
	againAfter  = time.Hour
	visitAtMost = 10 * time.Minute
)

// watcher works the watches.
type watcher struct {
	s     *Service
	visit Visit
	reach Reach
	temp  string
	write writer
}

var watching = identity.System("watch")

func (s *Service) watchOf(ctx context.Context, id catalogue.ResourceID) (x Watch, err error) {
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		x, err = scanWatch(tx.QueryRow(ctx, `SELECT `+watchColumns+` FROM watches WHERE resource = $1`, id))
		return err
	})
	return x, err
}

func (w watcher) around(ctx context.Context, j *jobs.Job[around]) error {
	links, err := w.s.catalogue.LinksDue(ctx, watching, mostLooks)
	if err != nil {
		return err
	}
	return w.s.db.Write(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT resource FROM watches WHERE next_at <= $1 ORDER BY next_at LIMIT $2`, tx.Now(), mostLooks)
		if err != nil {
			return err
		}
		due, err := sqldb.Collect(rows, func(r sqldb.Scanner) (id catalogue.ResourceID, err error) { return id, r.Scan(&id) })
		if err != nil {
			return err
		}
		for _, id := range due {
			if err := jobs.Add(ctx, tx, look{id}, jobs.Unique()); err != nil {
				return err
			}
		}
		for _, id := range links {
			if err := jobs.Add(ctx, tx, lookLink{id}, jobs.Unique()); err != nil {
				return err
			}
		}
		return j.Complete(ctx, tx)
	})
}

// look visits one address; another file than the last becomes a deposit, which
// publishes itself when nothing is wrong with it.
func (w watcher) look(ctx context.Context, j *jobs.Job[look]) error {
	x, err := w.s.watchOf(ctx, j.Args.Resource)
	if errs.Is(err, errs.NotFound) {
		return w.s.db.Write(ctx, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
	}
	if err != nil {
		return err
	}
	set, err := w.s.catalogue.Get(ctx, watching, x.Dataset)
	if errs.Is(err, errs.NotFound) || err == nil && set.State == catalogue.Withdrawn {
		return w.s.db.Write(ctx, func(tx *sqldb.Tx) error {
			if _, err := tx.Exec(ctx, `DELETE FROM watches WHERE resource = $1`, x.Resource); err != nil {
				return err
			}
			return j.Complete(ctx, tx)
		})
	}
	if err != nil {
		return err
	}
	x.Organisation = set.Organisation // a dataset may have moved
	failure := w.bring(ctx, &x)
	if failure != nil && errs.As(failure).Kind == errs.Internal {
		return failure // of this side: tried again
	}
	return w.note(ctx, x, failure, func(tx *sqldb.Tx) error { return j.Complete(ctx, tx) })
}

// bring visits the address and opens a deposit on what is new.
func (w watcher) bring(ctx context.Context, x *Watch) (err error) {
	file, err := os.CreateTemp(w.temp, "watch-*")
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(file.Close(), os.Remove(file.Name())) }()
	sum := sha256.New()
	name, etag, changed, err := w.visit(ctx, x.Address, x.etag, io.MultiWriter(file, sum), w.s.tables.MaxUpload())
	if err != nil || !changed {
		return err
	}
	etag = plainTag(etag)
	hash := hex.EncodeToString(sum.Sum(nil))
	if hash == x.hash {
		x.etag = etag
		return nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	u, err := w.s.tables.Upload(ctx, watching, x.Organisation, name, file)
	if err != nil {
		return err
	}
	if err := w.abandonOlder(ctx, x.Resource); err != nil {
		return err
	}
	d, err := w.s.StartTable(ctx, watching, x.Organisation, x.Dataset, Table{Resource: x.Resource})
	if err != nil {
		return err
	}
	set := x.Settings
	set.Told = true
	if d, err = w.s.change(ctx, watching, d.ID, d.Revision, func(_ *sqldb.Tx, d *Deposit) error {
		d.Watched = true
		return nil
	}); err != nil {
		return err
	}
	if _, err = w.s.BringUpload(ctx, watching, d.ID, d.Revision, u.ID, set); err != nil {
		return err
	}
	x.etag, x.hash = etag, hash
	return nil
}

// plainTag is what is kept of an etag: one that is no plain text is forgotten, and the
// file is compared by its content.
func plainTag(tag string) string {
	const longest = 500
	if len(tag) > longest || strings.ContainsFunc(tag, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return tag
}

// abandonOlder closes what an earlier look brought and nobody took up.
func (w watcher) abandonOlder(ctx context.Context, table catalogue.ResourceID) error {
	var list []Deposit
	err := w.s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+columns+` FROM deposits WHERE resource = $1 AND state = $2 AND watched`, table, Open)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, scan)
		return err
	})
	if err != nil {
		return err
	}
	for _, d := range list {
		if err := w.s.Abandon(ctx, watching, d.ID, d.Revision); err != nil && !errs.Is(err, errs.Conflict) {
			return err
		}
	}
	return nil
}

// note writes how a look went, and tells the editors when it went wrong for the
// first time.
func (w watcher) note(ctx context.Context, x Watch, failure error, also func(*sqldb.Tx) error) error {
	tell := false
	return w.s.db.Write(ctx, func(tx *sqldb.Tx) error {
		now, err := scanWatch(tx.QueryRow(ctx, `SELECT `+watchColumns+` FROM watches WHERE resource = $1`, x.Resource))
		if errs.Is(err, errs.NotFound) || err == nil && now.Address != x.Address {
			return also(tx) // stopped, or set anew, meanwhile
		}
		if err != nil {
			return err
		}
		next, failures, state, problem := tx.Now().Add(now.Rhythm.every()), 0, now.State, now.Problem
		changed := now.ChangedAt
		if failure == nil {
			if x.hash != now.hash {
				changed = tx.Now()
			}
			if state == WatchBroken { // whether a file that was found can be published is said when it is read
				state, problem = WatchGood, nil
			}
		} else {
			failures, problem = now.Failures+1, tables.FailureOf(failure)
			if failures >= patience || lasts(failure) {
				tell = state != WatchBroken
				state = WatchBroken
			}
			if soon := tx.Now().Add(againAfter); failures < patience && soon.Before(next) {
				next = soon
			}
		}
		text, err := problemText(problem)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE watches SET checked_at = $2, next_at = $3, failures = $4, state = $5, problem = $6, changed_at = $7, etag = $8, hash = $9, organisation = $10 WHERE resource = $1`,
			x.Resource, tx.Now(), next, failures, state, text, sqldb.SomeTime(changed), x.etag, x.hash, x.Organisation); err != nil {
			return err
		}
		if tell {
			if err := jobs.Emit(ctx, tx, LinkTroubled{x.Resource}); err != nil {
				return err
			}
		}
		return also(tx)
	})
}

// LinkTroubled tells that a watched address needs somebody: it broke, or what it
// gives cannot be published as it is.
type LinkTroubled struct{ Resource catalogue.ResourceID }

// Event names the event.
func (LinkTroubled) Event() string { return "publish.link-troubled" }

// read goes on with a deposit that a watch brought, once its file is read.
func (w watcher) read(ctx context.Context, e tables.Read) error {
	var d Deposit
	err := w.s.db.Read(ctx, func(tx *sqldb.Tx) (err error) {
		d, err = scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM deposits WHERE import = $1`, e.Import))
		return err
	})
	if errs.Is(err, errs.NotFound) || err == nil && (d.State != Open || !d.Watched) {
		return nil
	}
	if err != nil {
		return err
	}
	i, err := w.s.tables.FindImport(ctx, watching, d.Import)
	if err != nil {
		return err
	}
	if i.State == tables.Queued {
		return nil // read again: another event comes
	}
	x, err := w.s.watchOf(ctx, d.Resource)
	if errs.Is(err, errs.NotFound) {
		return nil // stopped meanwhile: the deposit stays on the desk
	}
	if err != nil {
		return err
	}
	decided := !slices.ContainsFunc(kindsOf(i.Outcome), func(kind string) bool { return !slices.Contains(x.personal, kind) })
	if i.Ready() && decided {
		if d, err = w.s.change(ctx, watching, d.ID, d.Revision, func(_ *sqldb.Tx, d *Deposit) error {
			d.Protected = i.Revision
			return nil
		}); err != nil {
			return err
		}
		_, err = w.s.Submit(ctx, watching, d.ID, d.Revision, Plan{})
		if err == nil || errs.Is(err, errs.Internal) || errs.Is(err, errs.Busy) {
			return err
		}
	}
	problem := &tables.Failure{Key: "watch.refused", Hint: "watch.refused.hint"}
	switch {
	case i.Failure != nil:
		problem = i.Failure
	case err != nil:
		problem = tables.FailureOf(err)
	case i.Ready():
		problem = &tables.Failure{Key: "protect.not-yet", Hint: "protect.not-yet.hint"}
	}
	return w.s.db.Write(ctx, func(tx *sqldb.Tx) error {
		text, err := problemText(problem)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE watches SET state = $2, problem = $3 WHERE resource = $1`, d.Resource, WatchRefused, text)
		if err != nil || n == 0 {
			return err
		}
		return jobs.Emit(ctx, tx, LinkTroubled{d.Resource})
	})
}

// troubled writes to the editors of the organisation.
func (w watcher) troubled(ctx context.Context, e LinkTroubled) error {
	x, err := w.s.watchOf(ctx, e.Resource)
	if errs.Is(err, errs.NotFound) || err == nil && x.State == WatchGood {
		return nil
	}
	if err != nil {
		return err
	}
	set, err := w.s.catalogue.Get(ctx, watching, x.Dataset)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.write.members(ctx, set.Organisation, identity.Editor, func(to identity.Person) mail.Message {
		args := i18n.Args{"Name": to.Name, "Title": set.Title, "Address": x.Address, "Problem": x.Problem.InWords(to.Language), "Link": w.write.base + "/datasets/" + set.Slug + "/link"}
		return mail.Letter(to.Email, to.Language, "watch.mail."+string(x.State), args)
	})
}
