package publish

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/httpx"
	"socle/internal/identity"
	"socle/internal/jobs"
	"socle/internal/schema/check"
	"socle/internal/sqldb"
	"socle/internal/tables"
)

// Rhythm is how often an address is looked at.
type Rhythm string

const (
	Hourly  Rhythm = "hour"
	Daily   Rhythm = "day"
	Weekly  Rhythm = "week"
	Monthly Rhythm = "month"
)

// Rhythms lists them.
var Rhythms = []Rhythm{Hourly, Daily, Weekly, Monthly}

// every is the time between two looks.
func (r Rhythm) every() time.Duration {
	const day = 24 * time.Hour
	switch r {
	case Hourly:
		return time.Hour
	case Daily:
		return day
	case Weekly:
		return 7 * day
	case Monthly:
	}
	return 30 * day
}

// WatchState says how the last look at an address went.
type WatchState string

const (
	WatchGood    WatchState = "good"
	WatchBroken  WatchState = "broken"  // the address does not answer, or not with a file
	WatchRefused WatchState = "refused" // the file waits on the desk: it has errors, or personal data
)

// Watch renews a table from an address.
type Watch struct {
	Resource     catalogue.ResourceID
	Dataset      catalogue.DatasetID
	Organisation identity.OrganisationID
	Address      string
	Rhythm       Rhythm
	Settings     tables.Settings
	State        WatchState
	Failures     int             // in a row
	Problem      *tables.Failure // nil when all is well
	CheckedAt    time.Time       // zero when never
	ChangedAt    time.Time       // when another file was last found; zero when never
	NextAt       time.Time
	By           string // identity.Actor.Ref of who set it
	At           time.Time
	etag, hash   string
	personal     []string // kinds of personal data that were decided on: kindsOf
}

const watchColumns = `resource, dataset, organisation, address, rhythm, settings, state, failures, problem, etag, hash, personal, checked_at, changed_at, next_at, set_by, set_at`

func scanWatch(r sqldb.Scanner) (Watch, error) {
	var w Watch
	var settings, problem, personal string
	var checked, changed sqldb.NullTime
	if err := r.Scan(&w.Resource, &w.Dataset, &w.Organisation, &w.Address, &w.Rhythm, &settings, &w.State, &w.Failures, &problem, &w.etag, &w.hash, &personal, &checked, &changed, &w.NextAt, &w.By, &w.At); err != nil {
		return w, err
	}
	w.personal = strings.Fields(personal)
	w.CheckedAt, w.ChangedAt = checked.Time, changed.Time
	if problem != "" {
		if err := json.Unmarshal([]byte(problem), &w.Problem); err != nil {
			return w, err
		}
	}
	return w, json.Unmarshal([]byte(settings), &w.Settings)
}

func (w Watch) write(ctx context.Context, tx *sqldb.Tx) error {
	settings, err := json.Marshal(w.Settings)
	if err != nil {
		return err
	}
	problem, err := problemText(w.Problem)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO watches (`+watchColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (resource) DO UPDATE SET address = excluded.address, rhythm = excluded.rhythm, settings = excluded.settings, state = excluded.state, failures = excluded.failures,
		problem = excluded.problem, etag = excluded.etag, hash = excluded.hash, personal = excluded.personal, checked_at = excluded.checked_at, changed_at = excluded.changed_at, next_at = excluded.next_at, set_by = excluded.set_by, set_at = excluded.set_at`,
		w.Resource, w.Dataset, w.Organisation, w.Address, w.Rhythm, string(settings), w.State, w.Failures, problem, w.etag, w.hash, strings.Join(w.personal, " "),
		sqldb.SomeTime(w.CheckedAt), sqldb.SomeTime(w.ChangedAt), w.NextAt, w.By, w.At)
	return err
}

func problemText(p *tables.Failure) (string, error) {
	if p == nil {
		return "", nil
	}
	b, err := json.Marshal(p)
	return string(b), err
}

// Watched returns the watch of a dataset's table. Contributors. Kinds: NotFound.
func (s *Service) Watched(ctx context.Context, a identity.Actor, dataset catalogue.DatasetID) (w Watch, err error) {
	defer errs.Wrap(&err, "publish.Watched(%s)", dataset)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		w, err = scanWatch(tx.QueryRow(ctx, `SELECT `+watchColumns+` FROM watches WHERE dataset = $1`, dataset))
		return err
	})
	if err == nil && !a.Can(identity.ActionContribute, w.Organisation) || errs.Is(err, errs.NotFound) {
		return Watch{}, errs.New(errs.NotFound, "watch.none").WithHint("watch.none.hint")
	}
	return w, err
}

// Troubles lists the watches that need somebody, of the organisations where the
// actor contributes, at most 100.
func (s *Service) Troubles(ctx context.Context, a identity.Actor) (list []Watch, err error) {
	defer errs.Wrap(&err, "publish.Troubles")
	everywhere, orgs := a.Where(identity.ActionContribute)
	if !everywhere && len(orgs) == 0 {
		return nil, nil
	}
	where, args := "", []any{WatchGood}
	if !everywhere {
		where = ` AND organisation IN (` + sqldb.Marks(2, len(orgs)) + `)`
		args = append(args, sqldb.AnySlice(orgs)...)
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+watchColumns+` FROM watches WHERE state <> $1`+where+` ORDER BY checked_at DESC, resource LIMIT 100`, args...)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, scanWatch)
		return err
	})
	return list, err
}

// maxAddress is the length of an address, in bytes.
const maxAddress = 2000

func checkWatch(address string, r Rhythm) error {
	e := errs.New(errs.Invalid, "watch.invalid").WithHint("watch.invalid.hint")
	if len(address) > maxAddress || !httpx.IsAddress(address) {
		e.WithField("link", "watch.address")
	}
	if !slices.Contains(Rhythms, r) {
		e.WithField("rhythm", "watch.rhythm.missing")
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// SetWatch has the table of a dataset renewed from an address. Editors. It is
// looked at as soon as possible. Kinds: NotFound, SignIn, Denied, Invalid (the address, the
// rhythm; the dataset has no table), Conflict (its versions are made otherwise).
func (s *Service) SetWatch(ctx context.Context, a identity.Actor, dataset catalogue.DatasetID, address string, r Rhythm) (err error) {
	defer errs.Wrap(&err, "publish.SetWatch(%s)", dataset)
	if err := checkWatch(address, r); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := s.catalogue.GetTx(ctx, tx, a, dataset)
		if err != nil {
			return err
		}
		if err := a.Require(identity.ActionPublish, d.Organisation); err != nil {
			return err
		}
		w := Watch{Dataset: d.ID, Organisation: d.Organisation, Address: address, Rhythm: r, State: WatchGood, NextAt: tx.Now(), By: a.Ref(), At: tx.Now()}
		for _, x := range d.Resources {
			if x.Kind == catalogue.Table && x.Latest > 0 {
				w.Resource = x.ID
				break
			}
		}
		if w.Resource == "" {
			return errs.New(errs.Invalid, "watch.no-table").WithHint("watch.no-table.hint")
		}
		if err := s.catalogue.FreeTx(ctx, tx, a, w.Resource); err != nil {
			return err
		}
		w.Settings = tables.Settings{Schema: d.Schema.String(), AllSafe: true}
		if old, err := scanWatch(tx.QueryRow(ctx, `SELECT `+watchColumns+` FROM watches WHERE resource = $1`, w.Resource)); err == nil {
			w.Settings = old.Settings
			if old.Address == address {
				w.hash, w.etag, w.CheckedAt, w.ChangedAt = old.hash, old.etag, old.CheckedAt, old.ChangedAt
			}
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
		if err := w.write(ctx, tx); err != nil {
			return err
		}
		if err := jobs.Add(ctx, tx, look{w.Resource}, jobs.Unique()); err != nil {
			return err
		}
		return identity.RecordIn(ctx, tx, a, d.Organisation, "watch.set", "dataset:"+string(d.ID), nil, watchAudit{address, r})
	})
}

type watchAudit struct {
	Address string `json:"address"`
	Rhythm  Rhythm `json:"rhythm"`
}

// StopWatch leaves a table as it is. Editors. Kinds: NotFound, SignIn, Denied.
func (s *Service) StopWatch(ctx context.Context, a identity.Actor, dataset catalogue.DatasetID) (err error) {
	defer errs.Wrap(&err, "publish.StopWatch(%s)", dataset)
	w, err := s.Watched(ctx, a, dataset)
	if err != nil {
		return err
	}
	if err := a.Require(identity.ActionPublish, w.Organisation); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM watches WHERE resource = $1`, w.Resource); err != nil {
			return err
		}
		return identity.RecordIn(ctx, tx, a, w.Organisation, "watch.stop", "dataset:"+string(w.Dataset), watchAudit{w.Address, w.Rhythm}, nil)
	})
}

// watchFrom begins the watch that a deposit asked for, once it is published, or
// lets the watch that brought it go on with what was chosen.
func (d *Deposit) watchFrom(ctx context.Context, tx *sqldb.Tx, a identity.Actor, i tables.Import) error {
	w := Watch{Resource: d.Resource, Dataset: d.Dataset, Organisation: d.Organisation, Address: d.Link, Rhythm: d.Rhythm, By: a.Ref(), At: tx.Now(),
		CheckedAt: tx.Now(), NextAt: tx.Now().Add(d.Rhythm.every()), hash: string(i.Original.Hash)}
	if d.Watched {
		settings, err := json.Marshal(lasting(i.Settings))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE watches SET state = $2, problem = '', personal = $3, settings = $4 WHERE resource = $1 AND state <> $5`,
			d.Resource, WatchGood, strings.Join(kindsOf(i.Outcome), " "), string(settings), WatchBroken)
		return err
	}
	if d.Link == "" || d.Rhythm == "" {
		return nil
	}
	w.State, w.Problem, w.personal, w.Settings = WatchGood, nil, kindsOf(i.Outcome), lasting(i.Settings)
	return w.write(ctx, tx)
}

// lasting are the settings for the next file of an address: what was edited by
// hand concerned one file; repairs and protections go on.
func lasting(set tables.Settings) tables.Settings {
	var steps [][]check.Choice
	for _, step := range set.Steps {
		if step = slices.DeleteFunc(slices.Clone(step), func(c check.Choice) bool { return c.ID == check.Edit }); len(step) > 0 {
			steps = append(steps, step)
		}
	}
	set.Steps, set.AllSafe, set.Onto, set.Told = steps, true, tables.Onto{}, false
	return set
}

// BringLink is BringUpload of what an address gave, which is watched at a rhythm
// once the deposit is published ("" is not). Contributors. Kinds: NotFound, Conflict, Invalid.
func (s *Service) BringLink(ctx context.Context, a identity.Actor, id DepositID, revision int, upload tables.UploadID, set tables.Settings, address string, r Rhythm) (d Deposit, err error) {
	defer errs.Wrap(&err, "publish.BringLink(%s)", id)
	if r != "" {
		if err := checkWatch(address, r); err != nil {
			return d, err
		}
	}
	if d, err = s.BringUpload(ctx, a, id, revision, upload, set); err != nil {
		return d, err
	}
	return s.change(ctx, a, id, d.Revision, func(_ *sqldb.Tx, d *Deposit) error {
		d.Link, d.Rhythm = address, r
		return nil
	})
}

// kindsOf lists the kinds of personal data of an import: detect.Personal of each finding.
func kindsOf(o tables.Outcome) (kinds []string) {
	for _, f := range o.Personal() {
		kinds = append(kinds, string(f.Kind))
	}
	return kinds
}
