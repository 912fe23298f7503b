package catalogue

import (
	"context"
	"encoding/json"
	"strings"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// NewDataset is what a draft starts from.
type NewDataset struct {
	Organisation identity.OrganisationID
	Metadata
	Demonstration bool
}

// Create makes a draft. Rights: ActionContribute. Kinds: SignIn, Denied, NotFound
// (organisation), Invalid (fields).
func (s *Service) Create(ctx context.Context, a identity.Actor, n NewDataset) (d Dataset, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err = s.CreateTx(ctx, tx, a, n)
		return err
	})
	return d, err
}

// CreateTx is Create in the transaction of its caller.
func (s *Service) CreateTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, n NewDataset) (d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.Create(%s)", n.Organisation)
	if err := a.Require(identity.ActionContribute, n.Organisation); err != nil {
		return d, err
	}
	if n.Metadata, err = checkMetadata(n.Metadata); err != nil {
		return d, err
	}
	d = Dataset{
		ID: DatasetID(s.newID(tx)), Organisation: n.Organisation, Metadata: n.Metadata, State: Draft, Revision: 1,
		CreatedBy: a.Ref(), CreatedAt: tx.Now(), ModifiedAt: tx.Now(), Demonstration: n.Demonstration,
	}
	values, err := datasetArgs(d.Metadata)
	if err != nil {
		return d, err
	}
	args := append([]any{d.ID, d.Organisation, d.State, d.Revision, d.CreatedBy, d.CreatedAt, d.Demonstration}, values...)
	_, err = tx.Exec(ctx, `INSERT INTO datasets (id, slug, organisation, state, revision, created_by, created_at, modified_at, demonstration,
		title, title_fold, description, licence, themes, keywords, frequency, contact_name, contact_email, temporal_start, temporal_end, zones, granularity, language, schema_id, schema_version)
		VALUES ($1, '', $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`, args...)
	if sqldb.Violates(err, sqldb.ForeignKey) {
		return d, notFound()
	}
	if err != nil {
		return d, err
	}
	if d.Slug, err = giveAddress(ctx, tx, d.ID, d.Title); err != nil {
		return d, err
	}
	if _, err := tx.Exec(ctx, `UPDATE datasets SET slug = $2 WHERE id = $1`, d.ID, d.Slug); err != nil {
		return d, err
	}
	if err := writeFacets(ctx, tx, d); err != nil {
		return d, err
	}
	return d, told{d, ChangeCreated, "dataset.create", DatasetCreated{d.ID}, nil, d.Metadata}.write(ctx, tx, a)
}

// Edit replaces the description of a dataset. A new title gives a new address;
// once published, the old ones still answer. Rights: ActionContribute for a
// draft, ActionEdit else. Kinds: NotFound, SignIn, Denied, Invalid (fields),
// Conflict (revision is not the latest).
func (s *Service) Edit(ctx context.Context, a identity.Actor, id DatasetID, revision int, m Metadata) (d Dataset, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err = s.EditTx(ctx, tx, a, id, revision, m)
		return err
	})
	return d, err
}

// EditTx is Edit in the transaction of its caller.
func (s *Service) EditTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id DatasetID, revision int, m Metadata) (d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.Edit(%s)", id)
	if d, err = forChange(ctx, tx, a, id, revision, DescribeAction); err != nil {
		return d, err
	}
	return s.describe(ctx, tx, a, d, m)
}

// Rename gives a dataset a new title and the address that goes with it; once
// published, the old ones still answer. Rights and kinds: those of Edit.
func (s *Service) Rename(ctx context.Context, a identity.Actor, id DatasetID, revision int, title string) (d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.Rename(%s)", id)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if d, err = forChange(ctx, tx, a, id, revision, DescribeAction); err != nil {
			return err
		}
		m := d.Metadata
		m.Title = title
		d, err = s.describe(ctx, tx, a, d, m)
		return err
	})
	return d, err
}

func (s *Service) describe(ctx context.Context, tx *sqldb.Tx, a identity.Actor, d Dataset, m Metadata) (Dataset, error) {
	m, err := checkMetadata(m)
	if err != nil {
		return d, err
	}
	before := d.Metadata
	t := told{kind: ChangeDescribed, verb: "dataset.edit", event: DatasetDescribed{d.ID}, before: before, after: m}
	if m.Title != before.Title {
		old := d.Slug
		if d.Slug, err = giveAddress(ctx, tx, d.ID, m.Title); err != nil {
			return d, err
		}
		if d.PublishedAt.IsZero() && d.Slug != old { // nobody outside knew it
			if _, err := tx.Exec(ctx, `DELETE FROM dataset_slugs WHERE slug = $1 AND dataset = $2`, old, d.ID); err != nil {
				return d, err
			}
		}
		t.kind, t.verb, t.event = ChangeRenamed, "dataset.rename", DatasetRenamed{d.ID, d.Slug}
	}
	d.Metadata, d.Revision, d.ModifiedAt = m, d.Revision+1, tx.Now()
	values, err := datasetArgs(m)
	if err != nil {
		return d, err
	}
	args := append([]any{d.ID, d.Slug, d.Revision, d.ModifiedAt}, values...)
	if _, err := tx.Exec(ctx, `UPDATE datasets SET slug = $2, revision = $3, modified_at = $4, title = $5, title_fold = $6, description = $7, licence = $8,
		themes = $9, keywords = $10, frequency = $11, contact_name = $12, contact_email = $13, temporal_start = $14, temporal_end = $15, zones = $16,
		granularity = $17, language = $18, schema_id = $19, schema_version = $20 WHERE id = $1`, args...); err != nil {
		return d, err
	}
	if err := writeFacets(ctx, tx, d); err != nil {
		return d, err
	}
	t.dataset = d
	return d, t.write(ctx, tx, a)
}

// AddResource adds a table, a file or a link at the end of a dataset. Rights:
// ActionContribute for a draft, ActionEdit else. Kinds: NotFound, SignIn, Denied,
// Invalid (fields), Conflict (200 resources).
func (s *Service) AddResource(ctx context.Context, a identity.Actor, id DatasetID, k Kind, m ResourceMetadata) (r Resource, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		r, err = s.AddResourceTx(ctx, tx, a, id, k, m)
		return err
	})
	return r, err
}

const maxResources = 200

// AddResourceTx is AddResource in the transaction of its caller.
func (s *Service) AddResourceTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id DatasetID, k Kind, m ResourceMetadata) (r Resource, err error) {
	defer errs.Wrap(&err, "catalogue.AddResource(%s)", id)
	d, err := forChange(ctx, tx, a, id, AnyRevision, DescribeAction)
	if err != nil {
		return r, err
	}
	if m, err = checkResource(k, m); err != nil {
		return r, err
	}
	var place int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM resources WHERE dataset = $1`, id).Scan(&place); err != nil {
		return r, err
	}
	if place >= maxResources {
		return r, errs.New(errs.Conflict, "catalogue.too-many-resources", errs.Args{"Count": maxResources}).WithHint("catalogue.too-many-resources.hint")
	}
	r = Resource{ID: ResourceID(s.newID(tx)), Dataset: id, Kind: k, ResourceMetadata: m, Position: place, CreatedAt: tx.Now(), ModifiedAt: tx.Now()}
	if _, err := tx.Exec(ctx, `INSERT INTO resources (id, dataset, kind, place, title, description, format, media_type, url, created_at, modified_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`, r.ID, id, k, place, m.Title, m.Description, m.Format, m.MediaType, m.URL, tx.Now()); err != nil {
		return r, err
	}
	return r, s.resourceChanged(ctx, tx, a, d, k == Link, "resource.add", r.ID, nil, m)
}

// resourceChanged notes that a resource of d changed; data says whether what can
// be taken changed, not only how it is described.
func (s *Service) resourceChanged(ctx context.Context, tx *sqldb.Tx, a identity.Actor, d Dataset, data bool, verb string, id ResourceID, before, after any) error {
	at := sqldb.SomeTime(d.DataAt)
	if data {
		at = sqldb.SomeTime(tx.Now())
	}
	if _, err := tx.Exec(ctx, `UPDATE datasets SET modified_at = $2, data_at = $3 WHERE id = $1`, d.ID, tx.Now(), at); err != nil {
		return err
	}
	wrap := func(v any) any {
		if v == nil {
			return nil
		}
		return resourceAudit{id, v}
	}
	return told{d, ChangeDescribed, verb, DatasetDescribed{d.ID}, wrap(before), wrap(after)}.write(ctx, tx, a)
}

type resourceAudit struct {
	Resource ResourceID `json:"resource"`
	Value    any        `json:"value"`
}

// EditResource replaces the description of a resource; revision is the
// dataset's, which grows. Rights and kinds: those of Edit.
func (s *Service) EditResource(ctx context.Context, a identity.Actor, id ResourceID, revision int, m ResourceMetadata) (r Resource, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		r, err = s.EditResourceTx(ctx, tx, a, id, revision, m)
		return err
	})
	return r, err
}

// EditResourceTx is EditResource in the transaction of its caller.
func (s *Service) EditResourceTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id ResourceID, revision int, m ResourceMetadata) (r Resource, err error) {
	defer errs.Wrap(&err, "catalogue.EditResource(%s)", id)
	r, d, err := resourceForChange(ctx, tx, a, id, revision, DescribeAction)
	if err != nil {
		return r, err
	}
	if m, err = checkResource(r.Kind, m); err != nil {
		return r, err
	}
	before, moved := r.ResourceMetadata, m.URL != r.URL
	r.ResourceMetadata, r.ModifiedAt = m, tx.Now()
	if moved {
		r.LinkState = LinkState{}
		if _, err := tx.Exec(ctx, `UPDATE resources SET link_checked = NULL, link_broken = FALSE, link_failures = 0, link_problem = '', link_next = 0 WHERE id = $1`, id); err != nil {
			return r, err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE resources SET title = $2, description = $3, format = $4, media_type = $5, url = $6, modified_at = $7 WHERE id = $1`,
		id, m.Title, m.Description, m.Format, m.MediaType, m.URL, r.ModifiedAt); err != nil {
		return r, err
	}
	if err := nextRevision(ctx, tx, d.ID); err != nil {
		return r, err
	}
	return r, s.resourceChanged(ctx, tx, a, d, moved, "resource.edit", id, before, m)
}

func nextRevision(ctx context.Context, tx *sqldb.Tx, id DatasetID) error {
	_, err := tx.Exec(ctx, `UPDATE datasets SET revision = revision + 1 WHERE id = $1`, id)
	return err
}

func resourceForChange(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id ResourceID, revision int, action func(State) identity.Action) (Resource, Dataset, error) {
	r, d, err := resource1(ctx, tx, a, id)
	if err != nil {
		return r, d, err
	}
	d, err = forChange(ctx, tx, a, d.ID, revision, action)
	return r, d, err
}

// Reorder puts the resources of a dataset in an order that names each once.
// Rights and kinds: those of Edit; Conflict also when the order is not of the
// resources that are there.
func (s *Service) Reorder(ctx context.Context, a identity.Actor, id DatasetID, revision int, order []ResourceID) (err error) {
	defer errs.Wrap(&err, "catalogue.Reorder(%s)", id)
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := forChange(ctx, tx, a, id, revision, DescribeAction)
		if err != nil {
			return err
		}
		all, err := resourcesOf(ctx, tx, id)
		if err != nil {
			return err
		}
		there := map[ResourceID]bool{}
		var before []ResourceID
		for _, r := range all {
			there[r.ID] = true
			before = append(before, r.ID)
		}
		for i, r := range order {
			if !there[r] {
				return stale()
			}
			delete(there, r)
			if _, err := tx.Exec(ctx, `UPDATE resources SET place = $2 WHERE id = $1`, r, i); err != nil {
				return err
			}
		}
		if len(there) > 0 {
			return stale()
		}
		if err := nextRevision(ctx, tx, id); err != nil {
			return err
		}
		return s.resourceChanged(ctx, tx, a, d, false, "dataset.reorder", "", before, order)
	})
}

func jsonObject(b json.RawMessage) bool {
	return json.Valid(b) && strings.HasPrefix(strings.TrimSpace(string(b)), "{")
}
