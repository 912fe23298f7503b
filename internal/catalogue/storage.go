package catalogue

import (
	"context"

	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/sqldb"
)

// Quota bounds what the datasets of an organisation hold; 0: no bound.
type Quota struct {
	Bytes int64 `json:"bytes"` // of originals and of parts, each blob once, and of what is kept beside
	Rows  int64 `json:"rows"`  // of the latest versions
}

// Storage is what an organisation holds, and its quota.
type Storage struct {
	Bytes, Rows int64
	Quota       Quota
	Own         bool // the quota is not the one of the portal
}

// Share is how much of the quota is used, from 0 to 1 and beyond; 0 without a quota.
func (s Storage) Share() float64 {
	share := 0.0
	if s.Quota.Bytes > 0 {
		share = float64(s.Bytes) / float64(s.Quota.Bytes)
	}
	if s.Quota.Rows > 0 {
		share = max(share, float64(s.Rows)/float64(s.Quota.Rows))
	}
	return share
}

// InWords says how much is held, of how much.
func (s Storage) InWords(l i18n.Lang) string {
	bytes := i18n.T(l, "quota.bytes", i18n.Args{"Held": i18n.Size(l, s.Bytes)})
	if s.Quota.Bytes > 0 {
		bytes = i18n.T(l, "quota.bytes-of", i18n.Args{"Held": i18n.Size(l, s.Bytes), "Limit": i18n.Size(l, s.Quota.Bytes)})
	}
	rows := i18n.T(l, "quota.rows", i18n.Args{"Count": int(s.Rows), "Held": i18n.Int(l, s.Rows)})
	if s.Quota.Rows > 0 {
		rows = i18n.T(l, "quota.rows-of", i18n.Args{"Count": int(s.Rows), "Held": i18n.Int(l, s.Rows), "Limit": i18n.Int(l, s.Quota.Rows)})
	}
	return bytes + " · " + rows
}

// WithQuota makes the quota of organisations that have none of their own.
func (s *Service) WithQuota(q Quota) *Service {
	s.quota = q
	return s
}

// Beside says how many bytes an organisation's tables keep beside their versions: the
// photos of entries. Whoever keeps them tells each that comes by HoldTx; this counts all
// of them again.
type Beside func(ctx context.Context, tx *sqldb.Tx, org identity.OrganisationID) (bytes int64, err error)

// WithBeside says what counts beside versions.
func (s *Service) WithBeside(list ...Beside) *Service {
	s.beside = list
	return s
}

const storageColumns = `bytes, row_count, quota_bytes, quota_rows`

func (s *Service) scanStorage(r sqldb.Scanner, more ...any) (out Storage, err error) {
	var bytes, rows *int64
	err = r.Scan(append([]any{&out.Bytes, &out.Rows, &bytes, &rows}, more...)...)
	out.Quota = s.quota
	if bytes != nil {
		out.Quota.Bytes, out.Own = *bytes, true
	}
	if rows != nil {
		out.Quota.Rows, out.Own = *rows, true
	}
	return out, err
}

// Storage says what several organisations hold. Rights: ActionReadMembers of each;
// others are absent.
func (s *Service) Storage(ctx context.Context, a identity.Actor, orgs ...identity.OrganisationID) (out map[identity.OrganisationID]Storage, err error) {
	defer errs.Wrap(&err, "catalogue.Storage")
	out = map[identity.OrganisationID]Storage{}
	for _, o := range orgs {
		if a.Can(identity.ActionReadMembers, o) {
			out[o] = Storage{Quota: s.quota}
		}
	}
	if len(out) == 0 {
		return out, nil
	}
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+storageColumns+`, organisation FROM organisation_storage WHERE organisation IN (`+sqldb.Marks(1, len(orgs))+`)`, sqldb.AnySlice(orgs)...)
		if err != nil {
			return err
		}
		_, err = sqldb.Collect(rows, func(r sqldb.Scanner) (struct{}, error) {
			var id identity.OrganisationID
			one, err := s.scanStorage(r, &id)
			if _, seen := out[id]; seen {
				out[id] = one
			}
			return struct{}{}, err
		})
		return err
	})
	return out, err
}

// SetQuota gives an organisation a quota of its own, or with nil the one of the
// portal. What is there already stays. Rights: ActionSettings. Kinds: SignIn,
// Denied, NotFound, Invalid (below zero).
func (s *Service) SetQuota(ctx context.Context, a identity.Actor, org identity.OrganisationID, q *Quota) (err error) {
	defer errs.Wrap(&err, "catalogue.SetQuota(%s)", org)
	if err := a.Require(identity.ActionSettings, ""); err != nil {
		return err
	}
	var bytes, rows *int64
	if q != nil {
		if q.Bytes < 0 || q.Rows < 0 {
			return errs.New(errs.Invalid, "catalogue.quota.negative").WithHint("catalogue.quota.negative.hint")
		}
		bytes, rows = &q.Bytes, &q.Rows
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var id identity.OrganisationID
		if err := tx.QueryRow(ctx, `SELECT id FROM organisations WHERE id = $1`, org).Scan(&id); err != nil {
			return err
		}
		before, err := s.storageTx(ctx, tx, org)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO organisation_storage (organisation, quota_bytes, quota_rows) VALUES ($1, $2, $3)
			ON CONFLICT (organisation) DO UPDATE SET quota_bytes = excluded.quota_bytes, quota_rows = excluded.quota_rows`, org, bytes, rows); err != nil {
			return err
		}
		var was *Quota
		if before.Own {
			was = &before.Quota
		}
		return identity.RecordIn(ctx, tx, a, org, "organisation.quota", "organisation:"+string(org), was, q)
	})
}

func (s *Service) storageTx(ctx context.Context, tx *sqldb.Tx, org identity.OrganisationID) (Storage, error) {
	out, err := s.scanStorage(tx.QueryRow(ctx, `SELECT `+storageColumns+` FROM organisation_storage WHERE organisation = $1`, org))
	if errs.Is(err, errs.NotFound) {
		return Storage{Quota: s.quota}, nil
	}
	return out, err
}

// RoomTx refuses bytes that come in beside what the datasets hold: files on their
// way. Kinds: TooLarge.
func (s *Service) RoomTx(ctx context.Context, tx *sqldb.Tx, org identity.OrganisationID, coming int64) error {
	held, err := s.storageTx(ctx, tx, org)
	if err != nil {
		return err
	}
	return held.Fits(coming, 0)
}

// StorageTx is what an organisation holds, in the transaction of who takes data for it
// and asks Fits. The system and engines only: no rights are checked.
func (s *Service) StorageTx(ctx context.Context, tx *sqldb.Tx, org identity.OrganisationID) (Storage, error) {
	return s.storageTx(ctx, tx, org)
}

// Fits refuses what would pass the quota. What is over already may still shrink.
func (s Storage) Fits(bytes, rows int64) error {
	if q := s.Quota.Bytes; q > 0 && bytes > 0 && s.Bytes+bytes > q {
		return errs.New(errs.TooLarge, "catalogue.quota.bytes", errs.Args{"Limit": i18n.Bytes(q), "Held": i18n.Bytes(s.Bytes), "More": i18n.Bytes(bytes)}).WithHint("catalogue.quota.hint")
	}
	if q := s.Quota.Rows; q > 0 && rows > 0 && s.Rows+rows > q {
		return errs.New(errs.TooLarge, "catalogue.quota.rows", errs.Args{"Limit": q, "Held": s.Rows, "More": rows}).WithHint("catalogue.quota.hint")
	}
	return nil
}

// takeRoom counts what a version adds to what its organisation holds, and unless it was
// taken already refuses it when it passes the quota: parts and original that the version
// before has not, and the rows that are more than before.
func (s *Service) takeRoom(ctx context.Context, tx *sqldb.Tx, d Dataset, v Version, taken bool) error {
	bytes, rows := int64(0), v.Rows
	held := map[string]bool{}
	if v.Number > 1 {
		before, err := version1(ctx, tx, `v.resource = $1 AND v.number = $2`, v.Resource, v.Number-1)
		if err != nil && !errs.Is(err, errs.NotFound) { // thinned
			return err
		}
		rows -= before.Rows
		held[before.Original.Blob] = true
		for _, p := range before.Parts {
			held[p.Blob] = true
		}
	}
	add := func(blob string, n int64) {
		if blob != "" && !held[blob] {
			held[blob] = true
			bytes += n
		}
	}
	add(v.Original.Blob, v.Original.Bytes)
	for _, p := range v.Parts {
		add(p.Blob, p.Bytes)
	}
	before, err := s.storageTx(ctx, tx, d.Organisation)
	if err != nil {
		return err
	}
	if !taken {
		if err := before.Fits(bytes, rows); err != nil {
			return err
		}
	}
	return addStorage(ctx, tx, d.Organisation, bytes, rows)
}

func addStorage(ctx context.Context, tx *sqldb.Tx, org identity.OrganisationID, bytes, rows int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO organisation_storage (organisation, bytes, row_count) VALUES ($1, $2, $3)
		ON CONFLICT (organisation) DO UPDATE SET bytes = organisation_storage.bytes + excluded.bytes, row_count = organisation_storage.row_count + excluded.row_count`, org, bytes, rows)
	return err
}

// HoldTx counts bytes that stay beside the versions of an organisation's tables, in the
// transaction of who has asked Fits whether there is room. The system and engines only:
// no rights are checked.
func (s *Service) HoldTx(ctx context.Context, tx *sqldb.Tx, org identity.OrganisationID, bytes int64) error {
	return addStorage(ctx, tx, org, bytes, 0)
}

// recount counts again what an organisation holds.
func (s *Service) recount(ctx context.Context, tx *sqldb.Tx, org identity.OrganisationID) error {
	var beside int64
	for _, count := range s.beside {
		n, err := count(ctx, tx, org)
		if err != nil {
			return err
		}
		beside += n
	}
	_, err := tx.Exec(ctx, `INSERT INTO organisation_storage (organisation, bytes, row_count) VALUES ($1, CAST($2 AS BIGINT) +
			(SELECT COALESCE(CAST(SUM(x.bytes) AS BIGINT), 0) FROM (
				SELECT p.blob, p.bytes FROM datasets d JOIN resources r ON r.dataset = d.id JOIN versions v ON v.resource = r.id JOIN version_parts p ON p.version = v.id WHERE d.organisation = $1
				UNION SELECT v.original_blob, v.original_bytes FROM datasets d JOIN resources r ON r.dataset = d.id JOIN versions v ON v.resource = r.id WHERE d.organisation = $1 AND v.original_blob <> '') x),
			(SELECT COALESCE(CAST(SUM(v.row_count) AS BIGINT), 0) FROM datasets d JOIN resources r ON r.dataset = d.id JOIN versions v ON v.resource = r.id AND v.number = r.latest WHERE d.organisation = $1))
		ON CONFLICT (organisation) DO UPDATE SET bytes = excluded.bytes, row_count = excluded.row_count`, org, beside)
	return err
}

// Recount counts again what every organisation holds: for a schedule, after what
// removes versions. The system only. Kinds: Denied.
func (s *Service) Recount(ctx context.Context, a identity.Actor) (err error) {
	defer errs.Wrap(&err, "catalogue.Recount")
	if err := a.RequireSystem(); err != nil {
		return err
	}
	var orgs []identity.OrganisationID
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT DISTINCT organisation FROM datasets UNION SELECT organisation FROM organisation_storage`)
		if err != nil {
			return err
		}
		orgs, err = sqldb.Collect(rows, func(r sqldb.Scanner) (id identity.OrganisationID, err error) { return id, r.Scan(&id) })
		return err
	})
	for _, o := range orgs {
		if err == nil {
			err = s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.recount(ctx, tx, o) })
		}
	}
	return err
}
