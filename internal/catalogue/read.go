package catalogue

import (
	"context"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Get returns a dataset with its resources and their latest versions. Kinds:
// NotFound (also what the actor may not see). A withdrawn dataset comes without
// description and resources to those outside its organisation.
//
// It is a read of what is in the dataset: where that is not public, the audit is told
// who reads it, before it is given, as by ByAddress, Resource, Head and Version. Lists
// (GetMany) and what has Tx in its name leave no line.
func (s *Service) Get(ctx context.Context, a identity.Actor, id DatasetID) (d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.Get(%s)", id)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		d, err = getWhole(ctx, tx, a, id)
		return err
	})
	if err != nil {
		return d, err
	}
	return d, s.note(ctx, a, d)
}

// note writes in the audit that somebody reads a dataset that is not public.
func (s *Service) note(ctx context.Context, a identity.Actor, d Dataset) error {
	if d.State == Published || d.State == Withdrawn && !isMember(a, d) {
		return nil
	}
	return s.NoteRead(ctx, a, d.Organisation, d.ID)
}

// NoteRead writes in the audit that an actor reads what is not public of a dataset, as
// the entries that are in none of its versions yet; one line stands for an hour. Call
// it outside transactions, before what was read is given.
func (s *Service) NoteRead(ctx context.Context, a identity.Actor, org identity.OrganisationID, id DatasetID) error {
	return s.reads.Note(ctx, a, org, "dataset:"+string(id))
}

// noteVersion is note of a version: what was tried before the publication is not public.
func (s *Service) noteVersion(ctx context.Context, a identity.Actor, r Resource, d Dataset, number int) error {
	if d.State == Published && number < max(r.PublicFrom, 1) {
		return s.NoteRead(ctx, a, d.Organisation, d.ID)
	}
	return s.note(ctx, a, d)
}

// GetTx is Get in the transaction of its caller.
func (s *Service) GetTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id DatasetID) (d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.Get(%s)", id)
	return getWhole(ctx, tx, a, id)
}

// ByAddress is Get by an address that the dataset has or had: when d.Slug is
// another, redirect there. Kinds: NotFound.
func (s *Service) ByAddress(ctx context.Context, a identity.Actor, slug string) (d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.ByAddress(%s)", slug)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		var id DatasetID
		if err := tx.QueryRow(ctx, `SELECT dataset FROM dataset_slugs WHERE slug = $1`, slug).Scan(&id); err != nil {
			return err
		}
		d, err = getWhole(ctx, tx, a, id)
		return err
	})
	if err != nil {
		return d, err
	}
	return d, s.note(ctx, a, d)
}

// GetMany returns those of several datasets that the actor may see, as lists
// show them: for the results of a search.
func (s *Service) GetMany(ctx context.Context, a identity.Actor, list ...DatasetID) (out map[DatasetID]Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.GetMany")
	out = map[DatasetID]Dataset{}
	if len(list) == 0 {
		return out, nil
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		clear(out)
		var q where
		q.Add(sqldb.In(&q.Conditions, "d.id", list))
		q.visible(a)
		found, err := queryDatasets(ctx, tx, a, `SELECT `+datasetColumns+` FROM datasets d`+q.String(), q.Args)
		for _, d := range found {
			out[d.ID] = d
		}
		return err
	})
	return out, err
}

// Resource returns a resource with its latest version, and its dataset without
// the other resources. Kinds: NotFound (also what the actor may not see, and
// what was withdrawn).
func (s *Service) Resource(ctx context.Context, a identity.Actor, id ResourceID) (r Resource, d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.Resource(%s)", id)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		r, d, err = s.ResourceTx(ctx, tx, a, id)
		return err
	})
	if err != nil {
		return r, d, err
	}
	return r, d, s.note(ctx, a, d)
}

// ResourceTx is Resource in the transaction of its caller.
func (s *Service) ResourceTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id ResourceID) (r Resource, d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.Resource(%s)", id)
	if r, d, err = resource1(ctx, tx, a, id); err != nil {
		return r, d, err
	}
	list := []Resource{r}
	err = currentVersions(ctx, tx, list)
	return list[0], d, err
}

// Head is Resource without the latest version: one query, for what is asked very
// often. Kinds: NotFound, as Resource.
func (s *Service) Head(ctx context.Context, a identity.Actor, id ResourceID) (r Resource, d Dataset, err error) {
	err = s.db.ReadOne(ctx, func(tx *sqldb.Tx) error {
		r, d, err = s.HeadTx(ctx, tx, a, id)
		return err
	})
	if errs.Is(err, errs.NotFound) {
		none := err
		err = s.db.ReadOne(ctx, func(tx *sqldb.Tx) error { return removed(ctx, tx, a, id, none) })
	}
	if err != nil {
		return r, d, err
	}
	return r, d, s.note(ctx, a, d)
}

// HeadTx is Head in the transaction of its caller, without a line in the audit: see NoteRead.
func (s *Service) HeadTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id ResourceID) (r Resource, d Dataset, err error) {
	defer errs.Wrap(&err, "catalogue.Head(%s)", id)
	var q where
	q.Add("r.id = " + q.Arg(id))
	q.visible(a)
	text := `SELECT ` + datasetColumns + `, ` + resourceColumns + ` FROM resources r JOIN datasets d ON d.id = r.dataset` + q.String()
	var into resourceRow
	d, err = scanDataset(alongside{tx.QueryRow(ctx, text, q.Args...), into.columns()})
	r = into.resource()
	if err == nil && d.State == Withdrawn && !isMember(a, d) {
		err = gone()
	}
	if err != nil {
		return Resource{}, Dataset{}, err
	}
	return r, d, nil
}

// alongside scans more columns after those asked.
type alongside struct {
	sqldb.Scanner
	more []any
}

func (s alongside) Scan(dest ...any) error { return s.Scanner.Scan(append(dest, s.more...)...) }

// resource1 reads a resource that the actor may see, and its dataset.
func resource1(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id ResourceID) (Resource, Dataset, error) {
	r, err := scanResource(tx.QueryRow(ctx, `SELECT `+resourceColumns+` FROM resources r WHERE r.id = $1`, id))
	if errs.Is(err, errs.NotFound) {
		err = removed(ctx, tx, a, id, err)
	}
	if err != nil {
		return Resource{}, Dataset{}, err
	}
	d, err := dataset1(ctx, tx, a, "d.id", string(r.Dataset))
	if err == nil && d.State == Withdrawn && !isMember(a, d) {
		err = gone()
	}
	if err != nil {
		return Resource{}, Dataset{}, err
	}
	return r, d, nil
}

// dataset1 reads one dataset that the actor may see, without its resources;
// column is the name of one of d's.
func dataset1(ctx context.Context, tx *sqldb.Tx, a identity.Actor, column, value string) (Dataset, error) {
	var q where
	q.Add(column + " = " + q.Arg(value))
	q.visible(a)
	d, err := scanDataset(tx.QueryRow(ctx, `SELECT `+datasetColumns+` FROM datasets d`+q.String(), q.Args...))
	return traceOnly(a, d), err
}

func getWhole(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id DatasetID) (Dataset, error) {
	d, err := dataset1(ctx, tx, a, "d.id", string(id))
	if err != nil || d.State == Withdrawn && !isMember(a, d) {
		return d, err
	}
	if d.Resources, err = resourcesOf(ctx, tx, id); err != nil {
		return d, err
	}
	return d, currentVersions(ctx, tx, d.Resources)
}

// queryDatasets reads a list, with the resources of each but no versions.
func queryDatasets(ctx context.Context, tx *sqldb.Tx, a identity.Actor, text string, args []any) ([]Dataset, error) {
	rows, err := tx.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	list, err := sqldb.Collect(rows, func(r sqldb.Scanner) (Dataset, error) {
		d, err := scanDataset(r)
		return traceOnly(a, d), err
	})
	if err != nil || len(list) == 0 {
		return list, err
	}
	at := map[DatasetID]int{}
	var open []DatasetID
	for i, d := range list {
		at[d.ID] = i
		if d.State != Withdrawn || isMember(a, d) {
			open = append(open, d.ID)
		}
	}
	resources, err := resourcesOf(ctx, tx, open...)
	for _, r := range resources {
		d := &list[at[r.Dataset]]
		d.Resources = append(d.Resources, r)
	}
	return list, err
}

const resourceColumns = `r.id, r.dataset, r.kind, r.place, r.title, r.description, r.format, r.media_type, r.url, r.latest, r.public_from,
	r.link_checked, r.link_broken, r.link_failures, r.link_problem, r.created_at, r.modified_at`

// resourceRow is what resourceColumns are read into.
type resourceRow struct {
	Resource
	checked sqldb.NullTime
}

func (r *resourceRow) columns() []any {
	return []any{
		&r.ID, &r.Dataset, &r.Kind, &r.Position, &r.Title, &r.Description, &r.Format, &r.MediaType, &r.URL, &r.Latest, &r.PublicFrom,
		&r.checked, &r.LinkBroken, &r.LinkFailures, &r.LinkProblem, &r.CreatedAt, &r.ModifiedAt,
	}
}

func (r *resourceRow) resource() Resource {
	r.LinkChecked = r.checked.Time
	return r.Resource
}

func scanResource(s sqldb.Scanner) (Resource, error) {
	var r resourceRow
	err := s.Scan(r.columns()...)
	return r.resource(), err
}

func resourcesOf(ctx context.Context, tx *sqldb.Tx, datasets ...DatasetID) ([]Resource, error) {
	if len(datasets) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT `+resourceColumns+` FROM resources r WHERE r.dataset IN (`+sqldb.Marks(1, len(datasets))+`) ORDER BY r.dataset, r.place, r.id`, sqldb.AnySlice(datasets)...)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(rows, scanResource)
}

const versionColumns = `v.id, v.resource, v.number, v.original_blob, v.original_bytes, v.original_name, v.original_type, v.column_json, v.row_count,
	v.schema_id, v.schema_version, v.report_valid, v.report_errors, v.report_blob, v.note, v.created_by, v.created_at, v.pinned, v.purged_at`

func scanVersion(r sqldb.Scanner) (v Version, err error) {
	var purged sqldb.NullTime
	err = r.Scan(&v.ID, &v.Resource, &v.Number, &v.Original.Blob, &v.Original.Bytes, &v.Original.FileName, &v.Original.MediaType, &v.Columns, &v.Rows,
		&v.Schema.ID, &v.Schema.Version, &v.Report.Valid, &v.Report.Errors, &v.Report.Blob, &v.Note, &v.CreatedBy, &v.CreatedAt, &v.Pinned, &purged)
	if len(v.Columns) == 0 {
		v.Columns = nil
	}
	v.PurgedAt = purged.Time
	return v, err
}

// currentVersions fills Current of the resources that have a version.
func currentVersions(ctx context.Context, tx *sqldb.Tx, list []Resource) error {
	at := map[ResourceID]int{}
	var held []ResourceID
	for i, r := range list {
		if r.Latest > 0 {
			at[r.ID] = i
			held = append(held, r.ID)
		}
	}
	if len(held) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT `+versionColumns+` FROM versions v JOIN resources r ON r.id = v.resource AND r.latest = v.number
		WHERE r.id IN (`+sqldb.Marks(1, len(held))+`)`, sqldb.AnySlice(held)...)
	if err != nil {
		return err
	}
	versions, err := sqldb.Collect(rows, scanVersion)
	if err != nil {
		return err
	}
	if err := fillParts(ctx, tx, versions); err != nil {
		return err
	}
	for i := range versions {
		list[at[versions[i].Resource]].Current = &versions[i]
	}
	return nil
}

// fillParts reads the parts of versions, in their order.
func fillParts(ctx context.Context, tx *sqldb.Tx, versions []Version) error {
	if len(versions) == 0 {
		return nil
	}
	at := map[VersionID]int{}
	list := make([]VersionID, len(versions))
	for i, v := range versions {
		at[v.ID], list[i] = i, v.ID
	}
	rows, err := tx.Query(ctx, `SELECT version, blob, bytes, row_count, source FROM version_parts WHERE version IN (`+sqldb.Marks(1, len(list))+`) ORDER BY version, place`, sqldb.AnySlice(list)...)
	if err != nil {
		return err
	}
	_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (struct{}, error) {
		var id VersionID
		var p VersionPart
		err := r.Scan(&id, &p.Blob, &p.Bytes, &p.Rows, &p.Source)
		if err == nil {
			v := &versions[at[id]]
			v.Parts = append(v.Parts, p)
		}
		return struct{}{}, err
	})
	return err
}
