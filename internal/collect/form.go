package collect

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/schema"
	"socle/internal/schema/form"
	"socle/internal/sqldb"
)

// FormID identifies a form.
type FormID string

// Access says who may fill a form in.
type Access string

// The ways in.
const (
	Members Access = "members" // of the organisation, from contributor on
	Link    Access = "link"    // also whoever has its link
	Public  Access = "public"  // everyone: it is listed
)

// Accesses lists the ways in, the narrowest first.
var Accesses = []Access{Members, Link, Public}

// Sight says which entries who fills a form in sees.
type Sight string

// The sights.
const (
	Own Sight = "own" // their own
	All Sight = "all" // all that are accepted
)

// Settings of a form: what is not what it asks.
type Settings struct {
	Access    Access
	Moderated bool // an entry waits until someone accepts it
	Sight     Sight
	Opens     time.Time // zero: at once
	Closes    time.Time // zero: never
}

// Form is a way to enter entries of one table.
type Form struct {
	ID         FormID
	Resource   catalogue.ResourceID
	Slug       string
	Key        string // of the link; "" to who may not hand it on
	Version    int
	Definition *form.Definition // shared: not to be changed
	Settings
	CreatedAt time.Time
	ChangedAt time.Time
	ChangedBy string

	Organisation identity.OrganisationID
	Dataset      catalogue.DatasetID
	DatasetSlug  string
	DatasetTitle string
	State        catalogue.State // of the dataset
	Schema       catalogue.SchemaRef
	Counts       Counts // of its table; in List and for who moderates

	ready *ready
}

// Counts are how many entries of a table are in each state, whichever way they came.
type Counts struct{ Incomplete, Waiting, Accepted, Refused, Removed int }

// Open reports whether the form takes entries at a time.
func (f Form) Open(at time.Time) bool {
	return !at.Before(f.Opens) && (f.Closes.IsZero() || at.Before(f.Closes)) && f.State != catalogue.Withdrawn
}

// Late is how long after it closes a form takes what was made before: entered where
// there is no network, an entry arrives days later.
const Late = 7 * 24 * time.Hour

// Takes reports whether the form takes at a time an entry that was made at another one.
func (f Form) Takes(at, made time.Time) bool {
	if f.Open(at) || f.State == catalogue.Withdrawn {
		return f.Open(at)
	}
	return made.Before(f.Closes) && !at.Before(f.Closes) && !at.After(f.Closes.Add(Late))
}

// Free reports whether the form makes its own schema.
func (f Form) Free() bool { return f.Schema.ID == "" }

const formColumns = `f.id, f.resource, f.slug, f.link_key, f.version, f.definition, f.access, f.moderated, f.sight, f.opens_at, f.closes_at,
	f.created_at, f.changed_at, f.changed_by, t.schema_json, t.schema_id, t.schema_version, d.organisation, d.id, d.slug, d.title, d.state`

const formTables = ` FROM forms f JOIN entry_tables t ON t.resource = f.resource JOIN resources r ON r.id = f.resource JOIN datasets d ON d.id = r.dataset`

func (s *Service) scanForm(r sqldb.Scanner) (f Form, err error) {
	var definition, descriptor string
	var opens, closes sqldb.NullTime
	err = r.Scan(&f.ID, &f.Resource, &f.Slug, &f.Key, &f.Version, &definition, &f.Access, &f.Moderated, &f.Sight, &opens, &closes,
		&f.CreatedAt, &f.ChangedAt, &f.ChangedBy, &descriptor, &f.Schema.ID, &f.Schema.Version, &f.Organisation, &f.Dataset, &f.DatasetSlug, &f.DatasetTitle, &f.State)
	if err != nil {
		return f, err
	}
	f.Opens, f.Closes = opens.Time, closes.Time
	if f.ready, err = s.ready(definition, descriptor); err != nil {
		return f, err
	}
	f.Definition = f.ready.definition
	return f, nil
}

func (s *Service) form1(ctx context.Context, tx *sqldb.Tx, column, value string) (Form, error) {
	f, err := s.scanForm(tx.QueryRow(ctx, `SELECT `+formColumns+formTables+` WHERE `+column+` = $1`, value))
	if errs.Is(err, errs.NotFound) {
		return f, notFound()
	}
	return f, err
}

// Find returns a form that the visitor may fill in or manage. Kinds: NotFound,
// SignIn (a form of members, asked by nobody).
func (s *Service) Find(ctx context.Context, v Visitor, id FormID) (f Form, err error) {
	defer errs.Wrap(&err, "collect.Find(%s)", id)
	return s.find(ctx, v, "f.id", string(id))
}

// ByAddress is Find by what stands in the address of the page: the slug, or the
// key of a link, which then is the visitor's key.
func (s *Service) ByAddress(ctx context.Context, v Visitor, slug string) (f Form, err error) {
	defer errs.Wrap(&err, "collect.ByAddress")
	f, err = s.find(ctx, v, "f.slug", slug)
	if errs.Is(err, errs.NotFound) && len(slug) >= keyLength {
		v.Key = slug
		return s.find(ctx, v, "f.link_key", slug)
	}
	return f, err
}

func (s *Service) find(ctx context.Context, v Visitor, column, value string) (f Form, err error) {
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if f, err = s.form1(ctx, tx, column, value); err != nil {
			return err
		}
		m := v.may(f)
		if !m.fill && !m.moderate {
			if f.Access == Members && v.Actor.IsAnonymous() && f.State != catalogue.Draft {
				return v.Actor.Require(identity.ActionContribute, f.Organisation)
			}
			return notFound()
		}
		if !m.edit {
			f.Key = ""
		}
		if m.moderate {
			f.Counts, err = counts(ctx, tx, f.Resource)
		}
		return err
	})
	if err != nil {
		return Form{}, err
	}
	return f, nil
}

func counts(ctx context.Context, tx *sqldb.Tx, table catalogue.ResourceID) (c Counts, err error) {
	rows, err := tx.Query(ctx, `SELECT state, count(*) FROM entries WHERE resource = $1 GROUP BY state`, table)
	if err != nil {
		return c, err
	}
	_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (struct{}, error) {
		var state State
		var n int
		err := r.Scan(&state, &n)
		switch state {
		case Incomplete:
			c.Incomplete = n
		case Waiting:
			c.Waiting = n
		case Accepted:
			c.Accepted = n
		case Refused:
			c.Refused = n
		case Removed:
			c.Removed = n
		}
		return struct{}{}, err
	})
	return c, err
}

// maxForms bounds a list of forms.
const maxForms = 500

// Fillable lists the forms that the visitor may fill in now or later: those of
// their organisations, the one of their key, the public ones; open ones first.
func (s *Service) Fillable(ctx context.Context, v Visitor) (list []Form, err error) {
	defer errs.Wrap(&err, "collect.Fillable")
	everywhere, orgs := v.Actor.Where(identity.ActionFill)
	cond, args := `f.access = 'public' AND d.state IN ('published', 'internal', 'draft')`, []any{}
	if v.Key != "" {
		args = append(args, v.Key)
		cond += ` OR f.access <> 'members' AND f.link_key = $1`
	}
	if everywhere {
		cond = `1 = 1`
	} else if len(orgs) > 0 {
		cond += ` OR d.organisation IN (` + sqldb.Marks(len(args)+1, len(orgs)) + `)`
		args = append(args, sqldb.AnySlice(orgs)...)
	}
	list, err = s.list(ctx, cond, args...)
	if err != nil {
		return nil, err
	}
	now := s.now()
	list = slices.DeleteFunc(list, func(f Form) bool { return !v.may(f).fill || f.State == catalogue.Withdrawn })
	for i := range list {
		if !v.may(list[i]).edit {
			list[i].Key = ""
		}
	}
	slices.SortStableFunc(list, func(a, b Form) int {
		switch x, y := a.Open(now), b.Open(now); {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	})
	return list, nil
}

// Managed lists the forms of the organisations in which the actor edits or
// contributes, with their counts. Kinds: SignIn.
func (s *Service) Managed(ctx context.Context, a identity.Actor) (list []Form, err error) {
	defer errs.Wrap(&err, "collect.Managed")
	if a.IsAnonymous() {
		return nil, a.Require(identity.ActionContribute, "")
	}
	everywhere, orgs := a.Where(identity.ActionContribute)
	if everywhere {
		return s.list(ctx, `1 = 1`)
	}
	if len(orgs) == 0 {
		return nil, nil
	}
	return s.list(ctx, `d.organisation IN (`+sqldb.Marks(1, len(orgs))+`)`, sqldb.AnySlice(orgs)...)
}

// OfDataset lists the forms of a dataset that the visitor may fill in.
func (s *Service) OfDataset(ctx context.Context, v Visitor, id catalogue.DatasetID) (list []Form, err error) {
	defer errs.Wrap(&err, "collect.OfDataset(%s)", id)
	if list, err = s.list(ctx, `d.id = $1`, id); err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(f Form) bool { return !v.may(f).fill })
	for i := range list {
		list[i].Key = ""
	}
	return list, nil
}

func (s *Service) list(ctx context.Context, cond string, args ...any) (list []Form, err error) {
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+formColumns+formTables+` WHERE `+cond+` ORDER BY f.changed_at DESC, f.id LIMIT `+itoa(maxForms), args...)
		if err != nil {
			return err
		}
		if list, err = sqldb.Collect(rows, s.scanForm); err != nil {
			return err
		}
		for i := range list {
			if list[i].Counts, err = counts(ctx, tx, list[i].Resource); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// NewForm is what a form is made of. Resource is a table that is, or becomes,
// open for entry; "" makes a new dataset with an empty table.
type NewForm struct {
	Organisation identity.OrganisationID
	Resource     catalogue.ResourceID
	Schema       catalogue.SchemaRef // of a new table; empty for a form of its own schema
	Definition   *form.Definition    // its Schema is written from it where the table is free; nil asks the columns of the table
	Title        string              // without Definition; "" for that of the dataset
	Demo         bool
	Settings
}

// Create makes a form, and its dataset and table where there are none. Rights:
// ActionEdit; ActionPublish to let in others than members, or to publish what is
// entered at once. Kinds: SignIn, Denied, NotFound, Invalid.
func (s *Service) Create(ctx context.Context, a identity.Actor, n NewForm) (f Form, err error) {
	defer errs.Wrap(&err, "collect.Create(%s)", n.Organisation)
	if n.Resource != "" {
		if err := s.OpenTable(ctx, a, n.Resource); err != nil {
			return f, err
		}
	}
	var fresh *schema.Schema // of the table that is made for the form
	if n.Resource == "" {
		if err := a.Require(identity.ActionEdit, n.Organisation); err != nil {
			return f, err
		}
		if fresh, err = s.tableSchema(ctx, n); err != nil { // it may come from another server
			return f, err
		}
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		f, err = s.createTx(ctx, tx, a, n, fresh)
		return err
	})
	return f, err
}

func (s *Service) createTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, n NewForm, fresh *schema.Schema) (f Form, err error) {
	if fresh != nil {
		if n.Resource, err = s.newTable(ctx, tx, a, n, fresh); err != nil {
			return f, err
		}
	}
	r, d, err := s.o.Catalogue.HeadTx(ctx, tx, a, n.Resource)
	if err != nil {
		return f, err
	}
	if err := a.Require(identity.ActionEdit, d.Organisation); err != nil {
		return f, err
	}
	n.Settings = n.Settings.orDefault()
	if err := s.maySet(ctx, tx, a, d.Organisation, n.Settings); err != nil {
		return f, err
	}
	t, err := table1(ctx, tx, n.Resource)
	if err != nil {
		return f, err
	}
	f = Form{ID: FormID(s.newID(tx)), Resource: r.ID, Key: s.newKey(), Version: 1, Settings: n.Settings, Definition: n.Definition, CreatedAt: tx.Now(), ChangedAt: tx.Now(), ChangedBy: a.Ref()}
	if f.Definition == nil {
		f.Definition = form.FromSchema(t.schema, form.Origin{})
		f.Definition.Title = cmp.Or(n.Title, d.Title)
	}
	f.Schema = t.ref
	if err := s.fit(ctx, tx, &t, f); err != nil {
		return f, err
	}
	if f.Slug, err = freeSlug(ctx, tx, f.Definition.Title, string(f.ID)); err != nil {
		return f, err
	}
	definition, err := json.Marshal(f.Definition)
	if err != nil {
		return f, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO forms (id, resource, slug, link_key, version, definition, access, moderated, sight, opens_at, closes_at, created_by, created_at, changed_by, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12, $13)`,
		f.ID, f.Resource, f.Slug, f.Key, f.Version, string(definition), f.Access, f.Moderated, f.Sight, sqldb.SomeTime(f.Opens), sqldb.SomeTime(f.Closes), a.Ref(), tx.Now())
	if err != nil {
		return f, err
	}
	if f, err = s.form1(ctx, tx, "f.id", string(f.ID)); err != nil {
		return f, err
	}
	return f, identity.RecordIn(ctx, tx, a, d.Organisation, "form.create", "form:"+string(f.ID), nil, auditOf(f))
}

// formAudit is what the audit keeps of a form.
type formAudit struct {
	Resource  catalogue.ResourceID `json:"resource"`
	Version   int                  `json:"version"`
	Access    Access               `json:"access"`
	Moderated bool                 `json:"moderated"`
	Sight     Sight                `json:"entries"`
	Opens     time.Time            `json:"opens,omitzero"`
	Closes    time.Time            `json:"closes,omitzero"`
}

func auditOf(f Form) formAudit {
	return formAudit{f.Resource, f.Version, f.Access, f.Moderated, f.Sight, f.Opens, f.Closes}
}

func (n Settings) orDefault() Settings {
	if n.Access == "" {
		n.Access = Members
	}
	if n.Sight == "" {
		n.Sight = Own
	}
	return n
}

func freeSlug(ctx context.Context, tx *sqldb.Tx, title, id string) (string, error) {
	for _, slug := range ids.SlugCandidates(title, id) {
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM forms WHERE slug = $1`, slug).Scan(&n); err != nil {
			return "", err
		}
		if n == 0 {
			return slug, nil
		}
	}
	return "", errs.New(errs.Conflict, "catalogue.address-taken")
}

// forEdit reads a form that the actor is about to change. version is the one that
// they saw; AnyVersion does not look.
func (s *Service) forEdit(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id FormID, version int) (Form, error) {
	f, err := s.form1(ctx, tx, "f.id", string(id))
	if err != nil {
		return f, err
	}
	if !a.Can(identity.ActionContribute, f.Organisation) && !a.Can(identity.ActionReadDraft, f.Organisation) {
		return f, notFound()
	}
	if err := a.Require(identity.ActionEdit, f.Organisation); err != nil {
		return f, err
	}
	if version != f.Version {
		return f, errs.New(errs.Conflict, "collect.form.changed").WithHint("collect.form.changed.hint")
	}
	return f, nil
}

// Design changes what a form asks. A form of its own schema changes the columns
// of its table with it: a column that is no longer asked stays. Rights:
// ActionEdit. Kinds: SignIn, Denied, NotFound, Conflict (version), Invalid.
func (s *Service) Design(ctx context.Context, a identity.Actor, id FormID, version int, d *form.Definition) (f Form, err error) {
	defer errs.Wrap(&err, "collect.Design(%s)", id)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := s.forEdit(ctx, tx, a, id, version)
		if err != nil {
			return err
		}
		t, err := table1(ctx, tx, before.Resource)
		if err != nil {
			return err
		}
		f = before
		f.Definition = d
		if err := s.fit(ctx, tx, &t, f); err != nil {
			return err
		}
		definition, err := json.Marshal(d)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE forms SET definition = $2, version = version + 1, changed_by = $3, changed_at = $4 WHERE id = $1`, id, string(definition), a.Ref(), tx.Now()); err != nil {
			return err
		}
		f, err = s.form1(ctx, tx, "f.id", string(id))
		if err != nil {
			return err
		}
		return identity.RecordIn(ctx, tx, a, f.Organisation, "form.design", "form:"+string(f.ID), auditOf(before), auditOf(f))
	})
	return f, err
}

// Set changes the settings of a form. Rights and kinds: as Create, and Conflict.
func (s *Service) Set(ctx context.Context, a identity.Actor, id FormID, version int, n Settings) (f Form, err error) {
	defer errs.Wrap(&err, "collect.Set(%s)", id)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := s.forEdit(ctx, tx, a, id, version)
		if err != nil {
			return err
		}
		n := n.orDefault()
		if err := s.maySet(ctx, tx, a, before.Organisation, n); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE forms SET access = $2, moderated = $3, sight = $4, opens_at = $5, closes_at = $6, version = version + 1, changed_by = $7, changed_at = $8 WHERE id = $1`,
			id, n.Access, n.Moderated, n.Sight, sqldb.SomeTime(n.Opens), sqldb.SomeTime(n.Closes), a.Ref(), tx.Now())
		if err != nil {
			return err
		}
		if f, err = s.form1(ctx, tx, "f.id", string(id)); err != nil {
			return err
		}
		return identity.RecordIn(ctx, tx, a, f.Organisation, "form.set", "form:"+string(f.ID), auditOf(before), auditOf(f))
	})
	return f, err
}

// RenewKey gives a form another link: the one before no longer opens it. Rights:
// ActionPublish. Kinds: SignIn, Denied, NotFound, Conflict (version).
func (s *Service) RenewKey(ctx context.Context, a identity.Actor, id FormID, version int) (f Form, err error) {
	defer errs.Wrap(&err, "collect.RenewKey(%s)", id)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if f, err = s.forEdit(ctx, tx, a, id, version); err != nil {
			return err
		}
		if err := a.Require(identity.ActionPublish, f.Organisation); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE forms SET link_key = $2, version = version + 1, changed_by = $3, changed_at = $4 WHERE id = $1`, id, s.newKey(), a.Ref(), tx.Now()); err != nil {
			return err
		}
		if f, err = s.form1(ctx, tx, "f.id", string(id)); err != nil {
			return err
		}
		return identity.RecordIn(ctx, tx, a, f.Organisation, "form.renew-link", "form:"+string(f.ID), nil, nil)
	})
	return f, err
}

// maySet refuses settings that the actor may not choose, or that make no sense.
func (s *Service) maySet(ctx context.Context, tx *sqldb.Tx, a identity.Actor, org identity.OrganisationID, n Settings) error {
	e := errs.New(errs.Invalid, "form.invalid").WithHint("form.invalid.hint")
	if !slices.Contains(Accesses, n.Access) {
		e.WithField("access", "collect.form.unknown")
	}
	if n.Sight != Own && n.Sight != All {
		e.WithField("entries", "collect.form.unknown")
	}
	if !n.Opens.IsZero() && !n.Closes.IsZero() && !n.Closes.After(n.Opens) {
		e.WithField("closes", "collect.form.closes")
	}
	if len(e.Fields) > 0 {
		return e
	}
	if n.Access == Members && n.Moderated {
		return nil
	}
	if err := a.Require(identity.ActionPublish, org); err != nil {
		return err
	}
	if n.Moderated {
		return nil
	}
	needs, err := s.o.Catalogue.NeedsApprovalTx(ctx, tx, a, org)
	if err != nil {
		return err
	}
	if needs {
		return errs.New(errs.Denied, "collect.form.approval").WithHint("collect.form.approval.hint")
	}
	return nil
}
