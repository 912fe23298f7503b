package publish

import (
	"context"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/sqldb"
	"socle/internal/tables"
)

// DepositID identifies a deposit.
type DepositID string

// State says how far a deposit is.
type State string

const (
	Open      State = "open"
	Asked     State = "asked" // waits for an administrator to approve
	Dated     State = "dated" // waits for its date
	Published State = "published"
	Abandoned State = "abandoned"
)

// Waiting reports whether a deposit is ready and waits: for an approval, or for
// its date.
func (s State) Waiting() bool { return s == Asked || s == Dated }

// Step is a place on the path; the steps before it are done.
type Step string

const (
	Bring      Step = "bring"      // a file is awaited
	Understand Step = "understand" // how it is read, against which schema
	Mend       Step = "mend"       // errors are left
	Describe   Step = "describe"   // title, description, licence
	Protect    Step = "protect"    // what seems to be about persons waits for a decision
	Publish    Step = "publish"    // all is ready
)

// Steps lists the steps in order.
var Steps = []Step{Bring, Understand, Mend, Describe, Protect, Publish}

// Deposit is a file on its way to a public page.
type Deposit struct {
	ID           DepositID
	Organisation identity.OrganisationID
	State        State
	Revision     int                  // grows at each change; given back to change
	Dataset      catalogue.DatasetID  // the dataset to renew, or the one published; "" for a new one
	Resource     catalogue.ResourceID // its table
	NewTable     string               // title of the table that is added to Dataset; "" when one is renewed
	Upload       tables.UploadID
	Import       tables.ImportID
	Description  catalogue.Metadata
	Described    bool   // the description was confirmed
	Protected    int    // revision of the import for which personal data was decided on; 0 for none
	Kept         string // why personal data that is left may be published
	Link         string // the address that the file came from; "" for none
	Rhythm       Rhythm // at which Link is watched once the deposit is published; "" for never
	Watched      bool   // a watch brought it
	CreatedBy    string
	CreatedAt    time.Time
	ChangedBy    string
	ChangedAt    time.Time
	Plan                   // of a deposit that waits
	AskedBy      string    // who gave the Plan: identity.Actor.Ref; "" when nobody has
	AskedAt      time.Time // zero when nobody has
	ApprovedBy   string    // "" without an approval
	Answer       string    // why it came back to Open: the word of a refusal, what went wrong at its date
	AnsweredBy   string    // "" when it did not come back
}

// Plan says how a deposit becomes public.
type Plan struct {
	Visibility Visibility
	Note       string    // what changed, in the words of its author
	At         time.Time // zero for at once
}

// Step says where the path goes on, given the deposit's import (zero when it
// has none).
func (d Deposit) Step(i tables.Import) Step {
	switch {
	case d.Import == "":
		return Bring
	case i.State != tables.Checked || i.NoRows():
		return Understand
	case !i.Ready():
		return Mend
	case !d.Described && d.Dataset == "":
		return Describe
	case d.unprotected(i):
		return Protect
	}
	return Publish
}

// Service keeps deposits.
type Service struct {
	db        *sqldb.DB
	tables    *tables.Service
	catalogue *catalogue.Service
	demo      bool
}

// New makes the Service. On a demonstration, whatever is published says so.
func New(db *sqldb.DB, t *tables.Service, c *catalogue.Service, demonstration bool) *Service {
	return &Service{db: db, tables: t, catalogue: c, demo: demonstration}
}

// Table says which table of a dataset a deposit is about; the zero value is the first.
type Table struct {
	Resource catalogue.ResourceID
	New      string // title of one that is added, 1 to 200 characters; "" for one that is there
}

// Start opens a deposit for an organisation; of a new dataset, or of a next version
// of the dataset given. Contributors. Kinds: Denied, SignIn, NotFound, Conflict (its
// versions are made otherwise).
func (s *Service) Start(ctx context.Context, a identity.Actor, org identity.OrganisationID, dataset catalogue.DatasetID) (Deposit, error) {
	return s.StartTable(ctx, a, org, dataset, Table{})
}

// StartTable is Start for one of several tables of a dataset, or for one more. Kinds also:
// Invalid (the title).
func (s *Service) StartTable(ctx context.Context, a identity.Actor, org identity.OrganisationID, dataset catalogue.DatasetID, t Table) (d Deposit, err error) {
	defer errs.Wrap(&err, "publish.Start(%s)", org)
	if err := a.Require(identity.ActionContribute, org); err != nil {
		return Deposit{}, err
	}
	d = Deposit{ID: DepositID(ids.New()), Organisation: org, State: Open, Dataset: dataset}
	d.Description = catalogue.Metadata{Licence: catalogue.LicenceOuverte, Language: "fr"}
	if dataset != "" {
		set, err := s.catalogue.Get(ctx, a, dataset)
		if err != nil {
			return Deposit{}, err
		}
		if set.Organisation != org {
			return Deposit{}, errs.New(errs.NotFound, "publish.dataset-of-other")
		}
		d.Description = set.Metadata
		if err := d.onto(set, t); err != nil {
			return Deposit{}, err
		}
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := s.catalogue.FreeTx(ctx, tx, a, d.Resource); err != nil {
			return err
		}
		return d.insert(ctx, tx, a)
	})
	return d, err
}

// onto chooses the table of a dataset that a deposit is about.
func (d *Deposit) onto(set catalogue.Dataset, t Table) error {
	if t.New != "" {
		if utf8.RuneCountInString(t.New) > 200 {
			return errs.New(errs.Invalid, "publish.table-title").WithField("table-title", "publish.table-title")
		}
		d.NewTable = t.New
		return nil
	}
	found, ok := tableAmong(set, t.Resource)
	if !ok && t.Resource != "" {
		return noTable()
	}
	d.Resource = found.ID
	return nil
}

// tableAmong finds a table of a dataset, the first one when id is "".
func tableAmong(set catalogue.Dataset, id catalogue.ResourceID) (catalogue.Resource, bool) {
	for _, r := range set.Resources {
		if r.Kind == catalogue.Table && (id == "" || r.ID == id) {
			return r, true
		}
	}
	return catalogue.Resource{}, false
}

func noTable() error {
	return errs.New(errs.NotFound, "publish.no-table").WithHint("publish.no-table.hint")
}

// insert begins the row of a deposit; write fills in what Start does not set.
func (d *Deposit) insert(ctx context.Context, tx *sqldb.Tx, a identity.Actor) error {
	d.Revision, d.CreatedBy, d.ChangedBy = 1, a.Ref(), a.Ref()
	d.CreatedAt, d.ChangedAt = tx.Now(), tx.Now()
	description, err := json.Marshal(d.Description)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO deposits (id, organisation, state, revision, dataset, resource, description, created_by, created_at, changed_by, changed_at, new_table)
		VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $7, $8, $9)`, d.ID, d.Organisation, d.State, d.Dataset, d.Resource, string(description), a.Ref(), tx.Now(), d.NewTable)
	return err
}

// TakesFiles reports whether a table of a dataset, the first one when table is "", may
// get a next version from a file. Kinds: NotFound, Conflict (its versions are made
// otherwise: catalogue.Maker).
func (s *Service) TakesFiles(ctx context.Context, a identity.Actor, id catalogue.DatasetID, table catalogue.ResourceID) (err error) {
	defer errs.Wrap(&err, "publish.TakesFiles(%s)", id)
	return s.db.Read(ctx, func(tx *sqldb.Tx) error {
		d, err := s.catalogue.GetTx(ctx, tx, a, id)
		if err != nil {
			return err
		}
		r, ok := tableAmong(d, table)
		switch {
		case ok:
			return s.catalogue.FreeTx(ctx, tx, a, r.ID)
		case table != "":
			return noTable()
		}
		return nil
	})
}

// Find returns a deposit of the actor's organisation. Kinds: NotFound.
func (s *Service) Find(ctx context.Context, a identity.Actor, id DepositID) (d Deposit, err error) {
	defer errs.Wrap(&err, "publish.Find(%s)", id)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		d, err = find(ctx, tx, a, id)
		return err
	})
	return d, err
}

const columns = `id, organisation, state, revision, dataset, resource, upload, import, description, described, created_by, created_at, changed_by, changed_at,
	visibility, note, asked_by, asked_at, publish_at, approved_by, answer, answered_by, protected, kept, link, rhythm, watched, new_table`

func scan(r sqldb.Scanner) (Deposit, error) {
	var d Deposit
	var description string
	var asked, at sqldb.NullTime
	if err := r.Scan(&d.ID, &d.Organisation, &d.State, &d.Revision, &d.Dataset, &d.Resource, &d.Upload, &d.Import, &description, &d.Described,
		&d.CreatedBy, &d.CreatedAt, &d.ChangedBy, &d.ChangedAt,
		&d.Visibility, &d.Note, &d.AskedBy, &asked, &at, &d.ApprovedBy, &d.Answer, &d.AnsweredBy, &d.Protected, &d.Kept, &d.Link, &d.Rhythm, &d.Watched, &d.NewTable); err != nil {
		return d, err
	}
	d.AskedAt, d.At = asked.Time, at.Time
	return d, json.Unmarshal([]byte(description), &d.Description)
}

func find(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id DepositID) (Deposit, error) {
	d, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM deposits WHERE id = $1`, id))
	if errs.Is(err, errs.NotFound) || err == nil && !a.Can(identity.ActionContribute, d.Organisation) {
		return Deposit{}, errs.New(errs.NotFound, "publish.none").WithHint("publish.none.hint")
	}
	return d, err
}

// Pending lists the deposits that are open or wait, of the organisations where the
// actor contributes, the last changed first, at most 100.
func (s *Service) Pending(ctx context.Context, a identity.Actor) (list []Deposit, err error) {
	defer errs.Wrap(&err, "publish.Pending")
	everywhere, orgs := a.Where(identity.ActionContribute)
	if !everywhere && len(orgs) == 0 {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		where, args := "", []any{Open, Asked, Dated}
		if !everywhere {
			where = ` AND organisation IN (` + sqldb.Marks(4, len(orgs)) + `)`
			args = append(args, sqldb.AnySlice(orgs)...)
		}
		rows, err := tx.Query(ctx, `SELECT `+columns+` FROM deposits WHERE state IN ($1, $2, $3)`+where+` ORDER BY changed_at DESC, id LIMIT 100`, args...)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, scan)
		return err
	})
	return list, err
}

// change runs fn on an open deposit whose revision the caller has seen, then
// writes it. Kinds: NotFound, Conflict (somebody else changed it, or it is closed).
func (s *Service) change(ctx context.Context, a identity.Actor, id DepositID, revision int, fn func(tx *sqldb.Tx, d *Deposit) error) (d Deposit, err error) {
	return s.changeIn(ctx, a, id, revision, []State{Open}, fn)
}

// changeIn is change of a deposit in one of the states given.
func (s *Service) changeIn(ctx context.Context, a identity.Actor, id DepositID, revision int, in []State, fn func(tx *sqldb.Tx, d *Deposit) error) (d Deposit, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if d, err = find(ctx, tx, a, id); err != nil {
			return err
		}
		if !slices.Contains(in, d.State) {
			return notNow(d.State)
		}
		if d.Revision != revision {
			return errs.New(errs.Conflict, "publish.changed").WithHint("publish.changed.hint")
		}
		if err := fn(tx, &d); err != nil {
			return err
		}
		return d.write(ctx, tx, a)
	})
	return d, err
}

// notNow is the error of an act that the state of a deposit does not allow.
func notNow(s State) error {
	if s.Waiting() {
		return errs.New(errs.Conflict, "publish.waits").WithHint("publish.waits.hint")
	}
	return errs.New(errs.Conflict, "publish.closed").WithHint("publish.closed.hint")
}

func (d *Deposit) write(ctx context.Context, tx *sqldb.Tx, a identity.Actor) error {
	description, err := json.Marshal(d.Description)
	if err != nil {
		return err
	}
	d.Revision++
	d.ChangedBy, d.ChangedAt = a.Ref(), tx.Now()
	_, err = tx.Exec(ctx, `UPDATE deposits SET state = $1, revision = $2, dataset = $3, resource = $4, upload = $5, import = $6, description = $7, described = $8,
		changed_by = $9, changed_at = $10, visibility = $11, note = $12, asked_by = $13, asked_at = $14, publish_at = $15, approved_by = $16, answer = $17, answered_by = $18, protected = $20, kept = $21, link = $22, rhythm = $23, watched = $24 WHERE id = $19`,
		d.State, d.Revision, d.Dataset, d.Resource, d.Upload, d.Import, string(description), d.Described, d.ChangedBy, d.ChangedAt,
		d.Visibility, d.Note, d.AskedBy, sqldb.SomeTime(d.AskedAt), sqldb.SomeTime(d.At), d.ApprovedBy, d.Answer, d.AnsweredBy, d.ID, d.Protected, d.Kept, d.Link, d.Rhythm, d.Watched)
	return err
}

// BringUpload gives the deposit its file, an upload that is done, and has it
// read. A file brought before is replaced. Contributors. Kinds: NotFound, Conflict.
func (s *Service) BringUpload(ctx context.Context, a identity.Actor, id DepositID, revision int, upload tables.UploadID, set tables.Settings) (d Deposit, err error) {
	defer errs.Wrap(&err, "publish.BringUpload(%s)", id)
	if d, err = s.Find(ctx, a, id); err != nil {
		return d, err
	}
	if d.State != Open {
		return d, notNow(d.State)
	}
	if d.Revision != revision {
		return d, errs.New(errs.Conflict, "publish.changed").WithHint("publish.changed.hint")
	}
	u, err := s.tables.FindUpload(ctx, a, upload)
	if err != nil {
		return d, err
	}
	if u.Organisation != d.Organisation {
		return d, errs.New(errs.NotFound, "tables.upload.none").WithHint("tables.upload.none.hint")
	}
	if set.Onto, err = s.onto(ctx, a, d, set.Onto.Mode, set.Onto.Key); err != nil {
		return d, err
	}
	i, err := s.tables.StartImport(ctx, a, upload, set)
	if err != nil {
		return d, err
	}
	return s.change(ctx, a, id, revision, func(tx *sqldb.Tx, d *Deposit) error {
		if d.Import != "" {
			if err := s.tables.Forget(ctx, tx, d.Import); err != nil {
				return err
			}
		}
		d.Upload, d.Import = "", i.ID
		return nil
	})
}

// onto says to which version of a deposit's table rows are brought.
func (s *Service) onto(ctx context.Context, a identity.Actor, d Deposit, mode tables.Mode, key []string) (tables.Onto, error) {
	o := tables.Onto{Resource: d.Resource, Mode: mode, Key: key}
	if mode == tables.Replace {
		return tables.Onto{}, nil
	}
	if d.Dataset == "" || d.Resource == "" {
		return o, errs.New(errs.Invalid, "onto.none").WithHint("onto.none.hint")
	}
	set, err := s.catalogue.Get(ctx, a, d.Dataset)
	if err != nil {
		return o, err
	}
	for _, r := range set.Resources {
		if r.ID == d.Resource {
			o.Version = r.Latest
		}
	}
	if o.Version == 0 {
		return o, errs.New(errs.Invalid, "onto.none").WithHint("onto.none.hint")
	}
	return o, nil
}

// Reread changes how the file is read, its schema, or the repairs chosen.
// Contributors. Kinds: NotFound, Conflict.
func (s *Service) Reread(ctx context.Context, a identity.Actor, id DepositID, importRevision int, set tables.Settings) (i tables.Import, err error) {
	defer errs.Wrap(&err, "publish.Reread(%s)", id)
	d, err := s.Find(ctx, a, id)
	if err != nil {
		return i, err
	}
	if d.State != Open || d.Import == "" {
		return i, notNow(d.State)
	}
	if set.Onto.Mode != tables.Replace { // to the version of now
		if set.Onto, err = s.onto(ctx, a, d, set.Onto.Mode, set.Onto.Key); err != nil {
			return i, err
		}
	}
	return s.tables.Revise(ctx, a, d.Import, importRevision, set)
}

// SetDescription keeps the description; confirmed says that it is complete.
// Contributors. Kinds: NotFound, Conflict, Invalid (confirmed, with its fields).
func (s *Service) SetDescription(ctx context.Context, a identity.Actor, id DepositID, revision int, m catalogue.Metadata, confirmed bool) (d Deposit, err error) {
	defer errs.Wrap(&err, "publish.SetDescription(%s)", id)
	if confirmed {
		if err := m.Complete(); err != nil {
			return Deposit{}, err
		}
	}
	return s.change(ctx, a, id, revision, func(_ *sqldb.Tx, d *Deposit) error {
		d.Description, d.Described = m, confirmed
		return nil
	})
}

// Abandon closes a deposit without publishing; its file is forgotten.
// Contributors. Kinds: NotFound, Conflict.
func (s *Service) Abandon(ctx context.Context, a identity.Actor, id DepositID, revision int) (err error) {
	defer errs.Wrap(&err, "publish.Abandon(%s)", id)
	_, err = s.change(ctx, a, id, revision, func(tx *sqldb.Tx, d *Deposit) error {
		d.State = Abandoned
		if d.Import == "" {
			return nil
		}
		return s.tables.Forget(ctx, tx, d.Import)
	})
	return err
}
