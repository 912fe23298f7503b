package consolidation

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/schema"
	"socle/internal/sqldb"
	"socle/internal/tables"
)

// Rule says which of the rows with one key stays, when several tables have it.
type Rule string

const (
	KeepAll  Rule = "all"      // every one: duplicates are only shown
	Newest   Rule = "newest"   // those of the table that was published last
	Priority Rule = "priority" // those of the producer who comes first in the host's list
)

// Rules lists the rules.
var Rules = []Rule{KeepAll, Newest, Priority}

// LabelKey is the message key of the rule's name.
func (r Rule) LabelKey() string { return "consolidation.rule." + string(r) }

// Form is what the host chooses.
type Form struct {
	Organisation identity.OrganisationID // who owns the dataset
	Title        string                  // 3 to 200 characters
	Description  string                  // Markdown
	Rule         Rule
	// Key are the columns that tell a row from another; none: the primary key of the
	// schema, or all columns where it has none.
	Key []string
	// Order is that of Priority: producers, the first wins. Others come after.
	Order []identity.OrganisationID
	// Renamed gives the columns of older versions of the schema: old name, new name.
	Renamed map[string]string
}

// Consolidation is a schema of which one dataset is made, and what it was made of.
type Consolidation struct {
	Schema string // id, without version: always the latest
	Form
	Dataset       catalogue.DatasetID  // "" until a first table joins
	Resource      catalogue.ResourceID // its table
	Revision      int
	Rows          int64
	DuplicateKeys int64 // keys that several tables have
	DuplicateRows int64 // rows left out for the Rule
	BuiltAt       time.Time
	CreatedBy     string
	CreatedAt     time.Time
	ChangedAt     time.Time

	recipe     string
	duplicates blob.Hash
}

// Options are what the Service is made of.
type Options struct {
	DB        *sqldb.DB
	Blobs     *blob.Store
	Catalogue *catalogue.Service
	Identity  *identity.Service
	Tables    *tables.Service
	Schemas   func(ctx context.Context, ref string) (*schema.Schema, error)
	BaseURL   string         // of the addresses of sources, without a slash at the end
	Temp      string         // folder of temporary files
	Workers   int            // tables read at a time; 0: two
	Keep      catalogue.Keep // versions that stay
	Demo      bool           // the datasets made say that they are invented
}

// Service keeps consolidations and builds them.
type Service struct{ o Options }

// New makes the Service; it starts nothing.
func New(o Options) *Service {
	if o.Workers <= 0 {
		o.Workers = 2
	}
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	return &Service{o}
}

const columns = `schema_id, organisation, dataset, resource, form, revision, recipe, row_count, duplicate_keys, duplicate_rows, duplicates_blob, built_at, created_by, created_at, changed_at`

func scan(r sqldb.Scanner) (c Consolidation, err error) {
	var form json.RawMessage
	var built sqldb.NullTime
	if err := r.Scan(&c.Schema, &c.Organisation, &c.Dataset, &c.Resource, &form, &c.Revision, &c.recipe, &c.Rows, &c.DuplicateKeys, &c.DuplicateRows, &c.duplicates, &built,
		&c.CreatedBy, &c.CreatedAt, &c.ChangedAt); err != nil {
		return c, err
	}
	owner := c.Organisation
	err = json.Unmarshal(form, &c.Form)
	c.BuiltAt, c.Organisation = built.Time, owner
	return c, err
}

// List lists the consolidations, by schema. Anyone.
func (s *Service) List(ctx context.Context, _ identity.Actor) (list []Consolidation, err error) {
	defer errs.Wrap(&err, "consolidation.List")
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+columns+` FROM consolidations ORDER BY schema_id`)
		if err != nil {
			return err
		}
		list, err = sqldb.Collect(rows, scan)
		return err
	})
	return list, err
}

// Find returns the consolidation of a schema. Anyone. Kinds: NotFound.
func (s *Service) Find(ctx context.Context, _ identity.Actor, schema string) (c Consolidation, err error) {
	defer errs.Wrap(&err, "consolidation.Find(%s)", schema)
	return s.one(ctx, `schema_id = $1`, schema)
}

// Of returns the consolidation that a dataset is made by. Anyone. Kinds: NotFound
// (the dataset is not consolidated).
func (s *Service) Of(ctx context.Context, _ identity.Actor, d catalogue.DatasetID) (c Consolidation, err error) {
	defer errs.Wrap(&err, "consolidation.Of(%s)", d)
	return s.one(ctx, `dataset = $1`, string(d))
}

func (s *Service) one(ctx context.Context, where, value string) (c Consolidation, err error) {
	err = s.o.DB.Read(ctx, func(tx *sqldb.Tx) error {
		c, err = one(ctx, tx, where, value)
		return err
	})
	return c, err
}

func one(ctx context.Context, tx *sqldb.Tx, where, value string) (Consolidation, error) {
	c, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM consolidations WHERE `+where, value))
	if errs.Is(err, errs.NotFound) {
		return Consolidation{}, errs.New(errs.NotFound, "consolidation.none").WithHint("consolidation.none.hint")
	}
	return c, err
}

// may reports whether the actor decides for the territory and publishes for the
// organisation that owns the dataset.
func may(a identity.Actor, owner identity.OrganisationID) error {
	if err := a.Require(identity.ActionTerritory, ""); err != nil {
		return err
	}
	return a.Require(identity.ActionPublish, owner)
}

// Start makes one dataset of all tables of a schema, from the next moment on.
// Rights: ActionTerritory, and ActionPublish in the organisation that owns it.
// Kinds: SignIn, Denied, Invalid (fields), NotFound (schema), Conflict (there is one).
func (s *Service) Start(ctx context.Context, a identity.Actor, schemaID string, f Form) (c Consolidation, err error) {
	defer errs.Wrap(&err, "consolidation.Start(%s)", schemaID)
	if err := may(a, f.Organisation); err != nil {
		return c, err
	}
	target, err := s.o.Schemas(ctx, schemaID)
	if err != nil {
		return c, err
	}
	if f, err = valid(f, target); err != nil {
		return c, err
	}
	form, err := json.Marshal(f)
	if err != nil {
		return c, err
	}
	err = s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		c = Consolidation{Schema: schemaID, Form: f, Revision: 1, CreatedBy: a.Ref(), CreatedAt: tx.Now(), ChangedAt: tx.Now()}
		_, err := tx.Exec(ctx, `INSERT INTO consolidations (schema_id, organisation, form, revision, created_by, created_at, changed_by, changed_at) VALUES ($1, $2, $3, 1, $4, $5, $4, $5)`,
			schemaID, f.Organisation, string(form), a.Ref(), tx.Now())
		switch {
		case sqldb.Violates(err, sqldb.Unique):
			return errs.New(errs.Conflict, "consolidation.there").WithHint("consolidation.there.hint")
		case sqldb.Violates(err, sqldb.ForeignKey):
			return errs.New(errs.NotFound, "errs.not-found")
		case err != nil:
			return err
		}
		if err := identity.RecordIn(ctx, tx, a, f.Organisation, "consolidation.start", "consolidation:"+schemaID, nil, f); err != nil {
			return err
		}
		return enqueue(ctx, tx, schemaID, 0)
	})
	return c, err
}

// Change replaces what the host chose. The owner stays. Rights and kinds: those of
// Start, and Conflict when revision is not the latest.
func (s *Service) Change(ctx context.Context, a identity.Actor, schemaID string, revision int, f Form) (c Consolidation, err error) {
	defer errs.Wrap(&err, "consolidation.Change(%s)", schemaID)
	if c, err = s.Find(ctx, a, schemaID); err != nil {
		return c, err
	}
	f.Organisation = c.Organisation
	if err := may(a, f.Organisation); err != nil {
		return c, err
	}
	target, err := s.o.Schemas(ctx, schemaID)
	if err != nil {
		return c, err
	}
	if f, err = valid(f, target); err != nil {
		return c, err
	}
	form, err := json.Marshal(f)
	if err != nil {
		return c, err
	}
	err = s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if c, err = one(ctx, tx, `schema_id = $1`, schemaID); err != nil {
			return err
		}
		if c.Revision != revision {
			return errs.New(errs.Conflict, "consolidation.changed").WithHint("consolidation.changed.hint")
		}
		before := c.Form
		c.Form, c.Revision, c.ChangedAt = f, c.Revision+1, tx.Now()
		if _, err := tx.Exec(ctx, `UPDATE consolidations SET form = $2, revision = $3, changed_by = $4, changed_at = $5 WHERE schema_id = $1`, schemaID, string(form), c.Revision, a.Ref(), tx.Now()); err != nil {
			return err
		}
		if err := identity.RecordIn(ctx, tx, a, f.Organisation, "consolidation.change", "consolidation:"+schemaID, before, f); err != nil {
			return err
		}
		if c.Dataset != "" && (before.Title != f.Title || before.Description != f.Description) {
			if err := s.describe(ctx, tx, a, c); err != nil {
				return err
			}
		}
		return enqueue(ctx, tx, schemaID, 0)
	})
	return c, err
}

// describe gives the dataset the title and the description that the host chose.
func (s *Service) describe(ctx context.Context, tx *sqldb.Tx, a identity.Actor, c Consolidation) error {
	d, err := s.o.Catalogue.GetTx(ctx, tx, a, c.Dataset)
	if err != nil {
		return err
	}
	m := d.Metadata
	m.Title, m.Description = c.Title, c.Description
	_, err = s.o.Catalogue.EditTx(ctx, tx, a, c.Dataset, catalogue.AnyRevision, m)
	return err
}

// Stop ends a consolidation; its dataset, where it is public, is withdrawn for the
// reason given: nothing would take out of it what its producers withdraw. Rights:
// those of Start. Kinds: NotFound, SignIn, Denied, Invalid (no reason).
func (s *Service) Stop(ctx context.Context, a identity.Actor, schemaID, reason string) (err error) {
	defer errs.Wrap(&err, "consolidation.Stop(%s)", schemaID)
	c, err := s.Find(ctx, a, schemaID)
	if err != nil {
		return err
	}
	if err := may(a, c.Organisation); err != nil {
		return err
	}
	return s.o.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if c, err = one(ctx, tx, `schema_id = $1`, schemaID); err != nil {
			return err
		}
		if c.Dataset != "" {
			d, err := s.o.Catalogue.GetTx(ctx, tx, a, c.Dataset)
			if err == nil && d.State == catalogue.Published {
				_, err = s.o.Catalogue.WithdrawTx(ctx, tx, a, c.Dataset, catalogue.AnyRevision, reason)
			}
			if err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM consolidations WHERE schema_id = $1`, schemaID); err != nil {
			return err
		}
		return identity.RecordIn(ctx, tx, a, c.Organisation, "consolidation.stop", "consolidation:"+schemaID, c.Form, nil)
	})
}

const (
	maxKey     = 20
	maxRenamed = 200
	maxOrder   = 2000
)

var control = regexp.MustCompile(`[\x00-\x1f\x7f]`)

// valid returns the form as it is stored, or its problems.
func valid(f Form, target *schema.Schema) (Form, error) {
	e := errs.New(errs.Invalid, "consolidation.invalid").WithHint("consolidation.invalid.hint")
	f.Title, f.Description = strings.TrimSpace(f.Title), strings.TrimSpace(f.Description)
	if n := utf8.RuneCountInString(f.Title); n < 3 || n > 200 || control.MatchString(f.Title) {
		e.WithField("title", "consolidation.field.title")
	}
	if n := utf8.RuneCountInString(f.Description); n < 3 || n > 10_000 {
		e.WithField("description", "consolidation.field.description")
	}
	if f.Rule == "" {
		f.Rule = KeepAll
	}
	if !slices.Contains(Rules, f.Rule) {
		e.WithField("rule", "consolidation.field.rule")
	}
	if len(f.Key) > maxKey {
		e.WithField("key", "consolidation.field.many", errs.Args{"Count": maxKey})
	}
	for _, name := range f.Key {
		if target.Field(name) < 0 {
			e.WithField("key", "consolidation.field.column", errs.Args{"Name": name})
		}
	}
	if len(f.Order) > maxOrder {
		e.WithField("order", "consolidation.field.many", errs.Args{"Count": maxOrder})
	}
	if len(f.Renamed) > maxRenamed {
		e.WithField("renamed", "consolidation.field.many", errs.Args{"Count": maxRenamed})
	}
	for from, to := range f.Renamed {
		if target.Field(to) < 0 || from == "" {
			e.WithField("renamed", "consolidation.field.column", errs.Args{"Name": to})
		}
	}
	if len(e.Fields) > 0 {
		return f, e
	}
	return f, nil
}
