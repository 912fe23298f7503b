package catalogue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"math"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/jobs"
	"socle/internal/sqldb"
)

// Service is the one way to the catalogue. Methods whose name ends in Tx work in
// the transaction of their caller; the others are one transaction each.
type Service struct {
	db     *sqldb.DB
	rand   io.Reader
	quota  Quota // of organisations that have none of their own
	makers []Maker
	beside []Beside
	reads  *identity.Accesses
}

// New makes the service; it starts nothing. random is crypto/rand when nil.
func New(db *sqldb.DB, random io.Reader) *Service {
	if random == nil {
		random = rand.Reader
	}
	return &Service{db: db, rand: random, reads: identity.NewAccesses(db)}
}

// AnyRevision given to a method stands for the latest revision: for jobs, which
// change what no one else does. No form gives it: a revision that a form lacks is -1,
// which is never the latest.
const AnyRevision = math.MinInt

func (s *Service) newID(tx *sqldb.Tx) string {
	return ids.Source{Now: tx.Now, Rand: s.rand}.New()
}

func notFound() error { return errs.New(errs.NotFound, "errs.not-found") }

// WithdrawnKey is the key of the error of kind NotFound for what was public and is
// withdrawn: everyone sees its trace, so it is no secret that it was there.
const WithdrawnKey = "catalogue.withdrawn"

func gone() error {
	return errs.New(errs.NotFound, WithdrawnKey).WithHint("catalogue.withdrawn.hint")
}

func stale() error {
	return errs.New(errs.Conflict, "catalogue.edited-meanwhile").WithHint("catalogue.edited-meanwhile.hint")
}

const datasetColumns = `d.id, d.slug, d.organisation, d.title, d.description, d.licence, d.themes, d.keywords, d.frequency, d.contact_name, d.contact_email,
	d.temporal_start, d.temporal_end, d.zones, d.granularity, d.language, d.schema_id, d.schema_version, d.state, d.revision, d.created_by, d.created_at,
	d.modified_at, d.data_at, d.published_at, d.withdrawn_at, d.withdrawn_reason, d.demonstration`

func scanDataset(r sqldb.Scanner) (d Dataset, err error) {
	var themes, keywords, zones json.RawMessage
	var data, published, withdrawn sqldb.NullTime
	err = r.Scan(&d.ID, &d.Slug, &d.Organisation, &d.Title, &d.Description, &d.Licence, &themes, &keywords, &d.Frequency, &d.Contact.Name, &d.Contact.Email,
		&d.Temporal.Start, &d.Temporal.End, &zones, &d.Spatial.Granularity, &d.Language, &d.Schema.ID, &d.Schema.Version, &d.State, &d.Revision, &d.CreatedBy, &d.CreatedAt,
		&d.ModifiedAt, &data, &published, &withdrawn, &d.WithdrawnReason, &d.Demonstration)
	if err != nil {
		return d, err
	}
	d.DataAt, d.PublishedAt, d.WithdrawnAt = data.Time, published.Time, withdrawn.Time
	for _, l := range []struct {
		from json.RawMessage
		to   any
	}{{themes, &d.Themes}, {keywords, &d.Keywords}, {zones, &d.Spatial.Zones}} {
		if err := json.Unmarshal(l.from, l.to); err != nil {
			return d, err
		}
	}
	return d, nil
}

// listJSON stores a list; nil is [].
func listJSON[T any](list []T) (json.RawMessage, error) {
	if list == nil {
		list = []T{}
	}
	return json.Marshal(list)
}

// datasetArgs are the values of the description, in the order of metadataColumns.
func datasetArgs(m Metadata) ([]any, error) {
	themes, err := listJSON(m.Themes)
	if err != nil {
		return nil, err
	}
	keywords, err := listJSON(m.Keywords)
	if err != nil {
		return nil, err
	}
	zones, err := listJSON(m.Spatial.Zones)
	if err != nil {
		return nil, err
	}
	return []any{m.Title, identity.Fold(m.Title), m.Description, m.Licence, themes, keywords, m.Frequency, m.Contact.Name, m.Contact.Email,
		m.Temporal.Start, m.Temporal.End, zones, m.Spatial.Granularity, m.Language, m.Schema.ID, m.Schema.Version}, nil
}

// writeFacets makes themes, keywords and zones filterable.
func writeFacets(ctx context.Context, tx *sqldb.Tx, d Dataset) error {
	if _, err := tx.Exec(ctx, `DELETE FROM dataset_facets WHERE dataset = $1`, d.ID); err != nil {
		return err
	}
	put := func(kind, value string) error {
		_, err := tx.Exec(ctx, `INSERT INTO dataset_facets (kind, value, dataset, state, organisation) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (kind, value, dataset) DO NOTHING`, kind, value, d.ID, d.State, d.Organisation)
		return err
	}
	for _, t := range d.Themes {
		if err := put("theme", string(t)); err != nil {
			return err
		}
	}
	for _, k := range d.Keywords {
		if err := put("keyword", identity.Fold(k)); err != nil {
			return err
		}
	}
	for _, z := range d.Spatial.Zones {
		if err := put("zone", string(z.Kind)+":"+z.Code); err != nil {
			return err
		}
	}
	return nil
}

// giveAddress gives a dataset the address made from its title, or the first free
// one like it. One that it bore before is taken again.
func giveAddress(ctx context.Context, tx *sqldb.Tx, id DatasetID, title string) (string, error) {
	for _, slug := range ids.SlugCandidates(title, string(id)) {
		var traced int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM dataset_traces WHERE slug = $1`, slug).Scan(&traced); err != nil {
			return "", err
		}
		if traced > 0 {
			continue
		}
		if _, err := tx.Exec(ctx, `INSERT INTO dataset_slugs (slug, dataset, since) VALUES ($1, $2, $3) ON CONFLICT (slug) DO NOTHING`, slug, id, tx.Now()); err != nil {
			return "", err
		}
		var owner DatasetID
		if err := tx.QueryRow(ctx, `SELECT dataset FROM dataset_slugs WHERE slug = $1`, slug).Scan(&owner); err != nil {
			return "", err
		}
		if owner == id {
			return slug, nil
		}
	}
	return "", errs.New(errs.Conflict, "catalogue.address-taken")
}

// forChange reads a dataset that the actor is about to change. Kinds: NotFound
// (also what the actor may not see), SignIn and Denied (may see, may not do),
// Conflict (revision is not the latest).
func forChange(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id DatasetID, revision int, action func(State) identity.Action) (Dataset, error) {
	d, err := dataset1(ctx, tx, a, "d.id", string(id))
	if err != nil {
		return d, err
	}
	if err := a.Require(action(d.State), d.Organisation); err != nil {
		return d, err
	}
	if revision != AnyRevision && revision != d.Revision {
		return d, stale()
	}
	return d, nil
}

// always is an action that does not depend on the state.
func always(x identity.Action) func(State) identity.Action {
	return func(State) identity.Action { return x }
}

// DescribeAction is the right to describe a dataset in a state: who contributes may
// prepare a draft; what is seen needs an editor.
func DescribeAction(s State) identity.Action {
	if s == Draft {
		return identity.ActionContribute
	}
	return identity.ActionEdit
}

// toAddData: a version of what is public is public at once.
func toAddData(s State) identity.Action {
	switch s {
	case Draft:
		return identity.ActionContribute
	case Published:
		return identity.ActionPublish
	}
	return identity.ActionEdit
}

// toRemoveData: taking data out of what is public is withdrawing it.
func toRemoveData(s State) identity.Action {
	switch s {
	case Draft:
		return identity.ActionContribute
	case Published:
		return identity.ActionWithdraw
	}
	return identity.ActionEdit
}

// told ends a change: change log, event, audit, in the transaction of the change.
type told struct {
	dataset       Dataset
	kind          ChangeKind
	verb          string
	event         jobs.Event
	before, after any
}

func (t told) write(ctx context.Context, tx *sqldb.Tx, a identity.Actor) error {
	if err := jobs.Emit(ctx, tx, t.event); err != nil {
		return err
	}
	if err := recordChange(ctx, tx, a, t.dataset.ID, t.kind); err != nil {
		return err
	}
	return identity.RecordIn(ctx, tx, a, t.dataset.Organisation, t.verb, "dataset:"+string(t.dataset.ID), t.before, t.after)
}
