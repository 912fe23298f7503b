package tables

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"time"

	"socle/internal/blob"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/schema/check"
	"socle/internal/sqldb"
	"socle/internal/tabular"
)

// SharedCheckLife is how long the link to a check works.
const SharedCheckLife = 24 * time.Hour

// maxShared bounds the files of all shared checks together, in bytes: anyone may
// keep one.
const maxShared = 4 << 30

// sharedIDBytes is the length of what a link holds before it is written as text.
const sharedIDBytes = 20

// SharedCheck is a file that was checked, kept for SharedCheckLife behind a link.
type SharedCheck struct {
	ID        string // what the link holds; the database has only its SHA-256
	Name      string // of the file
	Schema    string // reference that it was checked against
	Size      int64  // of the file, in bytes
	Rows      int
	Errors    int
	Warnings  int
	CreatedAt time.Time
	ExpiresAt time.Time
	file      blob.Hash
	report    blob.Hash
	settings  Settings // how the file was read
}

// Valid reports whether the check found no error.
func (c SharedCheck) Valid() bool { return c.Errors == 0 }

// ShareCheck keeps a file of this machine with the report of its check and how it was
// read, for whoever has the link. Anyone. Kinds: Busy (too much is kept already).
func (s *Service) ShareCheck(ctx context.Context, _ identity.Actor, path, name string, set Settings, report *check.Report) (c SharedCheck, err error) {
	defer errs.Wrap(&err, "tables.ShareCheck")
	b, err := json.Marshal(report)
	if err != nil {
		return c, err
	}
	settings, err := json.Marshal(set)
	if err != nil {
		return c, err
	}
	if err := s.db.Read(ctx, func(tx *sqldb.Tx) error { return roomForCheck(ctx, tx) }); err != nil {
		return c, err
	}
	file, err := s.blobs.PutFile(ctx, path)
	if err != nil {
		return c, err
	}
	kept, err := s.blobs.Put(ctx, bytes.NewReader(b))
	if err != nil {
		return c, err
	}
	c = SharedCheck{ID: ids.Secret(sharedIDBytes), Name: cleanName(name), Schema: set.Schema, settings: set, Size: file.Size, Rows: report.Stats.Rows, Errors: report.Stats.Errors,
		Warnings: report.Stats.Warnings, file: file.Hash, report: kept.Hash}
	return c, s.db.Write(ctx, func(tx *sqldb.Tx) error {
		c.CreatedAt, c.ExpiresAt = tx.Now(), tx.Now().Add(SharedCheckLife)
		_, err := tx.Exec(ctx, `INSERT INTO shared_checks (id, name, schema_ref, size, lines, errors, warnings, file, report, settings, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			sharedKey(c.ID), c.Name, c.Schema, c.Size+kept.Size, c.Rows, c.Errors, c.Warnings, c.file, c.report, string(settings), c.CreatedAt, c.ExpiresAt)
		return err
	})
}

func roomForCheck(ctx context.Context, tx *sqldb.Tx) error {
	var size int64
	if err := tx.QueryRow(ctx, `SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM shared_checks`).Scan(&size); err != nil {
		return err
	}
	if size >= maxShared {
		return errs.New(errs.Busy, "tables.check.full").WithHint("tables.check.full.hint")
	}
	return nil
}

// sharedKey is what the database knows of a link.
func sharedKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// FindSharedCheck returns the check of a link. Anyone who has it. Kinds: NotFound
// (never there, or its time is over).
func (s *Service) FindSharedCheck(ctx context.Context, _ identity.Actor, id string) (c SharedCheck, err error) {
	defer errs.Wrap(&err, "tables.FindSharedCheck")
	c.ID = id
	var settings string
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT name, schema_ref, size, lines, errors, warnings, file, report, settings, created_at, expires_at FROM shared_checks WHERE id = $1 AND expires_at > $2`,
			sharedKey(id), tx.Now()).Scan(&c.Name, &c.Schema, &c.Size, &c.Rows, &c.Errors, &c.Warnings, &c.file, &c.report, &settings, &c.CreatedAt, &c.ExpiresAt)
	})
	switch {
	case errs.Is(err, errs.NotFound):
		return c, errs.New(errs.NotFound, "tables.check.none").WithHint("tables.check.none.hint")
	case err != nil:
		return c, err
	}
	return c, json.Unmarshal([]byte(settings), &c.settings)
}

// ForgetSharedCheck ends a link before its time. Anyone who has it.
func (s *Service) ForgetSharedCheck(ctx context.Context, _ identity.Actor, id string) (err error) {
	defer errs.Wrap(&err, "tables.ForgetSharedCheck")
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM shared_checks WHERE id = $1`, sharedKey(id))
		return err
	})
}

// SharedReport reads the report of a shared check.
func (s *Service) SharedReport(ctx context.Context, c SharedCheck) (report *check.Report, err error) {
	defer errs.Wrap(&err, "tables.SharedReport")
	r, err := s.blobs.Open(ctx, c.report)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	report = &check.Report{}
	return report, json.NewDecoder(r).Decode(report)
}

// SharedFile opens the file of a shared check as it was read when it was checked.
func (s *Service) SharedFile(ctx context.Context, c SharedCheck) (*tabular.File, io.Closer, error) {
	return s.openTable(ctx, c.file, c.settings.Reading(c.Name))
}

// forgetSharedChecks ends the links whose time is over.
func forgetSharedChecks(ctx context.Context, tx *sqldb.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM shared_checks WHERE expires_at <= $1`, tx.Now())
	return err
}
