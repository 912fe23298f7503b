package catalogue

import (
	"context"

	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// AddVersion adds a version to a table or a file; on a public dataset it is
// public at once. Rights: ActionContribute for a draft, ActionPublish for what is
// public, ActionEdit else. Kinds: NotFound, SignIn, Denied, Invalid (what it is
// made of), Conflict (Expect is not the latest; a Maker makes its versions).
func (s *Service) AddVersion(ctx context.Context, a identity.Actor, n NewVersion) (v Version, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		v, err = s.AddVersionTx(ctx, tx, a, n)
		return err
	})
	return v, err
}

// AddVersionTx is AddVersion in the transaction of its caller, so that a job cuts
// a version, completes and publishes at once or not at all.
func (s *Service) AddVersionTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, n NewVersion) (v Version, err error) {
	defer errs.Wrap(&err, "catalogue.AddVersion(%s)", n.Resource)
	r, d, err := resourceForChange(ctx, tx, a, n.Resource, AnyRevision, toAddData)
	if err != nil {
		return v, err
	}
	if d.State == Published {
		if err := s.approved(ctx, tx, a, d.Organisation); err != nil {
			return v, err
		}
	}
	if err := s.FreeTx(ctx, tx, a, r.ID); err != nil {
		return v, err
	}
	if n, err = checkVersion(r.Kind, n); err != nil {
		return v, err
	}
	if n.Expect != AnyVersion && n.Expect != r.Latest {
		return v, errs.New(errs.Conflict, "catalogue.new-version-meanwhile").WithHint("catalogue.new-version-meanwhile.hint")
	}
	v = Version{
		ID: VersionID(s.newID(tx)), Resource: r.ID, Number: r.Latest + 1, Parts: n.Parts, Original: n.Original, Columns: n.Columns,
		Schema: n.Schema, Report: n.Report, Note: n.Note, CreatedBy: a.Ref(), CreatedAt: tx.Now(), Pinned: n.Pinned,
	}
	for _, p := range n.Parts {
		v.Rows += p.Rows
	}
	if err := s.takeRoom(ctx, tx, d, v, n.Taken); err != nil {
		return v, err
	}
	publicFrom := r.PublicFrom
	if d.State == Published && publicFrom == 0 {
		publicFrom = v.Number
	}
	// The resource first: another writer then runs again, rather than meeting a
	// number that is taken.
	if _, err := tx.Exec(ctx, `UPDATE resources SET latest = $2, public_from = $3, modified_at = $4 WHERE id = $1`, r.ID, v.Number, publicFrom, tx.Now()); err != nil {
		return v, err
	}
	if err := insertVersion(ctx, tx, v); err != nil {
		return v, err
	}
	if _, err := tx.Exec(ctx, `UPDATE datasets SET modified_at = $2, data_at = $2 WHERE id = $1`, d.ID, tx.Now()); err != nil {
		return v, err
	}
	return v, told{
		d, ChangeData, "version.add", VersionAdded{d.ID, r.ID, v.ID, v.Number}, nil,
		versionAudit{r.ID, v.ID, v.Number, v.Rows, v.Original.Blob, v.Report.Valid},
	}.write(ctx, tx, a)
}

// MayAddData refuses who may not add a version to what a dataset holds: AddVersion asks
// the same, but once the bytes have come. Kinds: NotFound, SignIn, Denied (also where an
// administrator must approve).
func (s *Service) MayAddData(ctx context.Context, a identity.Actor, id DatasetID) (err error) {
	defer errs.Wrap(&err, "catalogue.MayAddData(%s)", id)
	return s.db.Read(ctx, func(tx *sqldb.Tx) error {
		d, err := forChange(ctx, tx, a, id, AnyRevision, toAddData)
		if err != nil || d.State != Published {
			return err
		}
		return s.approved(ctx, tx, a, d.Organisation)
	})
}

type versionAudit struct {
	Resource ResourceID `json:"resource"`
	Version  VersionID  `json:"version"`
	Number   int        `json:"number"`
	Rows     int64      `json:"rows"`
	Original string     `json:"original,omitempty"`
	Valid    bool       `json:"valid"`
}

func insertVersion(ctx context.Context, tx *sqldb.Tx, v Version) error {
	_, err := tx.Exec(ctx, `INSERT INTO versions (id, resource, number, original_blob, original_bytes, original_name, original_type, column_json, row_count,
		schema_id, schema_version, report_valid, report_errors, report_blob, note, created_by, created_at, pinned)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		v.ID, v.Resource, v.Number, v.Original.Blob, v.Original.Bytes, v.Original.FileName, v.Original.MediaType, string(v.Columns), v.Rows,
		v.Schema.ID, v.Schema.Version, v.Report.Valid, v.Report.Errors, v.Report.Blob, v.Note, v.CreatedBy, v.CreatedAt, v.Pinned)
	if err != nil {
		return err
	}
	for i, p := range v.Parts {
		if _, err := tx.Exec(ctx, `INSERT INTO version_parts (version, place, blob, bytes, row_count, source) VALUES ($1, $2, $3, $4, $5, $6)`,
			v.ID, i, p.Blob, p.Bytes, p.Rows, p.Source); err != nil {
			return err
		}
	}
	return nil
}

// Version returns a version by its number, 0 for the latest. Kinds: NotFound
// (also what the actor may not see: versions of a draft, or from before the
// publication).
func (s *Service) Version(ctx context.Context, a identity.Actor, id ResourceID, number int) (v Version, err error) {
	defer errs.Wrap(&err, "catalogue.Version(%s, %d)", id, number)
	var r Resource
	var d Dataset
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if r, d, err = resource1(ctx, tx, a, id); err != nil {
			return err
		}
		if number == 0 {
			number = r.Latest
		}
		if number < firstSeen(a, r, d) {
			return notFound()
		}
		v, err = version1(ctx, tx, `v.resource = $1 AND v.number = $2`, id, number)
		return err
	})
	if err != nil {
		return v, err
	}
	return v, s.noteVersion(ctx, a, r, d, v.Number)
}

// VersionByID is Version by identifier.
func (s *Service) VersionByID(ctx context.Context, a identity.Actor, id VersionID) (v Version, err error) {
	defer errs.Wrap(&err, "catalogue.VersionByID(%s)", id)
	var r Resource
	var d Dataset
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if v, err = version1(ctx, tx, `v.id = $1`, id); err != nil {
			return err
		}
		r, d, err = resource1(ctx, tx, a, v.Resource)
		if err == nil && v.Number < firstSeen(a, r, d) {
			err = notFound()
		}
		if err != nil {
			v = Version{}
		}
		return err
	})
	if err != nil {
		return v, err
	}
	return v, s.noteVersion(ctx, a, r, d, v.Number)
}

func version1(ctx context.Context, tx *sqldb.Tx, condition string, args ...any) (Version, error) {
	v, err := scanVersion(tx.QueryRow(ctx, `SELECT `+versionColumns+` FROM versions v WHERE `+condition, args...))
	if err != nil {
		return Version{}, err
	}
	list := []Version{v}
	err = fillParts(ctx, tx, list)
	return list[0], err
}

// firstSeen is the number of the first version that the actor may see. Inside
// (members; the host for what is internal) that is the first of all.
func firstSeen(a identity.Actor, r Resource, d Dataset) int {
	if isMember(a, d) || d.State == Internal {
		return 1
	}
	return max(r.PublicFrom, 1)
}

// Versions lists those of a resource that the actor may see, the newest first,
// older than before (0 for the newest), at most limit (1 to 200; 50 when 0).
// Kinds: NotFound.
func (s *Service) Versions(ctx context.Context, a identity.Actor, id ResourceID, before, limit int) (list []Version, err error) {
	defer errs.Wrap(&err, "catalogue.Versions(%s)", id)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		r, d, err := resource1(ctx, tx, a, id)
		if err != nil {
			return err
		}
		if before <= 0 {
			before = r.Latest + 1
		}
		rows, err := tx.Query(ctx, `SELECT `+versionColumns+` FROM versions v WHERE v.resource = $1 AND v.number < $2 AND v.number >= $3 ORDER BY v.number DESC LIMIT $4`,
			id, before, firstSeen(a, r, d), pageLimit(limit))
		if err != nil {
			return err
		}
		if list, err = sqldb.Collect(rows, scanVersion); err != nil {
			return err
		}
		return fillParts(ctx, tx, list)
	})
	return list, err
}

func pageLimit(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, 200)
}

// Pin keeps a version when versions are thinned, or no longer. Rights:
// ActionEdit. Kinds: NotFound, SignIn, Denied.
func (s *Service) Pin(ctx context.Context, a identity.Actor, id VersionID, pinned bool) (err error) {
	defer errs.Wrap(&err, "catalogue.Pin(%s)", id)
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		v, err := version1(ctx, tx, `v.id = $1`, id)
		if err != nil {
			return err
		}
		r, d, err := resourceForChange(ctx, tx, a, v.Resource, AnyRevision, always(identity.ActionEdit))
		if err != nil || v.Pinned == pinned {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE versions SET pinned = $2 WHERE id = $1`, id, pinned); err != nil {
			return err
		}
		return identity.RecordIn(ctx, tx, a, d.Organisation, "version.pin", "dataset:"+string(d.ID),
			pinAudit{r.ID, v.Number, v.Pinned}, pinAudit{r.ID, v.Number, pinned})
	})
}

type pinAudit struct {
	Resource ResourceID `json:"resource"`
	Number   int        `json:"number"`
	Pinned   bool       `json:"pinned"`
}
