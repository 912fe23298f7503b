package tables

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"socle/internal/blob"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/identity"
	"socle/internal/ids"
	"socle/internal/sqldb"
)

// UploadID identifies an upload.
type UploadID string

// UnknownSize is the size of an upload that says at its end how long it was.
const UnknownSize = -1

// chunkSize is how many bytes are acknowledged at a time.
const chunkSize = 8 << 20

// uploadLife is how long an unfinished upload can be taken up again.
const uploadLife = 7 * 24 * time.Hour

// Upload is a file on its way in. It can be taken up again at Received.
type Upload struct {
	ID           UploadID
	Organisation identity.OrganisationID
	Name         string
	Size         int64 // in bytes; UnknownSize until its end
	Received     int64 // bytes that are safe
	Blob         blob.Hash
	CreatedAt    time.Time
}

// Done reports whether all bytes are there.
func (u Upload) Done() bool { return u.Blob != "" }

// StartUpload announces a file for an organisation, of a size in bytes or of
// UnknownSize. Contributors. Kinds: Denied, SignIn, TooLarge, Invalid.
func (s *Service) StartUpload(ctx context.Context, a identity.Actor, org identity.OrganisationID, name string, size int64) (u Upload, err error) {
	defer errs.Wrap(&err, "tables.StartUpload")
	if err := a.Require(identity.ActionContribute, org); err != nil {
		return Upload{}, err
	}
	if size > s.limits.UploadBytes {
		return Upload{}, s.tooLarge()
	}
	if size < UnknownSize {
		return Upload{}, errs.New(errs.Invalid, "tables.upload.size")
	}
	u = Upload{ID: UploadID(ids.New()), Organisation: org, Name: cleanName(name), Size: size}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		u.CreatedAt = tx.Now()
		if err := s.room(ctx, tx, org, max(size, 0)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO uploads (id, organisation, person, name, size, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $6)`,
			u.ID, org, a.Ref(), u.Name, size, tx.Now())
		return err
	})
	if err != nil {
		return Upload{}, err
	}
	if size == 0 {
		return s.finishUpload(ctx, u)
	}
	return u, nil
}

// FindUpload returns an upload of the actor's organisation. Kinds: NotFound.
func (s *Service) FindUpload(ctx context.Context, a identity.Actor, id UploadID) (u Upload, err error) {
	defer errs.Wrap(&err, "tables.FindUpload(%s)", id)
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		u, err = findUpload(ctx, tx, id)
		return err
	})
	if err == nil && !a.Can(identity.ActionContribute, u.Organisation) {
		err = errs.New(errs.NotFound, "tables.upload.none").WithHint("tables.upload.none.hint")
	}
	return u, err
}

func findUpload(ctx context.Context, tx *sqldb.Tx, id UploadID) (Upload, error) {
	u := Upload{ID: id}
	err := tx.QueryRow(ctx, `SELECT organisation, name, size, received, blob, created_at FROM uploads WHERE id = $1`, id).
		Scan(&u.Organisation, &u.Name, &u.Size, &u.Received, &u.Blob, &u.CreatedAt)
	if errs.Is(err, errs.NotFound) {
		return u, errs.New(errs.NotFound, "tables.upload.none").WithHint("tables.upload.none.hint")
	}
	return u, err
}

// Append adds bytes at an offset, which must be what was received so far. What
// was received before a failure is kept: the Upload returned says how much. When the size
// is known and reached, the upload is done. Kinds: NotFound, Conflict (offset), TooLarge, Busy.
func (s *Service) Append(ctx context.Context, a identity.Actor, id UploadID, offset int64, r io.Reader) (u Upload, err error) {
	defer errs.Wrap(&err, "tables.Append(%s, %d)", id, offset)
	if u, err = s.FindUpload(ctx, a, id); err != nil {
		return u, err
	}
	if u.Done() || u.Received != offset {
		return u, errs.New(errs.Conflict, "tables.upload.offset", errs.Args{"Received": u.Received}).WithHint("tables.upload.offset.hint")
	}
	limit := s.limits.UploadBytes
	if u.Size != UnknownSize {
		limit = u.Size
	}
	buf, src := make([]byte, chunkSize), &endingReader{r: r}
	for {
		n, readErr := io.ReadFull(src, buf)
		if n > 0 {
			if u.Received+int64(n) > limit {
				return u, s.tooLarge()
			}
			if u, err = s.addChunk(ctx, u, buf[:n]); err != nil {
				return u, err
			}
		}
		switch {
		case readErr == nil:
			continue
		case !errors.Is(src.end, io.EOF): // what came is kept; the rest is missing
			return u, errs.New(errs.Busy, "tables.upload.cut").WithHint("tables.upload.cut.hint").Because(src.end)
		case u.Size == u.Received:
			return s.finishUpload(ctx, u)
		}
		return u, nil
	}
}

// endingReader remembers how its reader ended: io.ReadFull tells a last short
// piece and a connection that was cut by the same io.ErrUnexpectedEOF.
type endingReader struct {
	r   io.Reader
	end error
}

func (e *endingReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil {
		e.end = err
	}
	return n, err
}

// addChunk stores bytes, then the row that acknowledges them.
func (s *Service) addChunk(ctx context.Context, u Upload, b []byte) (Upload, error) {
	ref, err := s.blobs.Put(ctx, bytes.NewReader(b))
	if err != nil {
		return u, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE uploads SET received = received + $1, changed_at = $2 WHERE id = $3 AND received = $4 AND blob = ''`, len(b), tx.Now(), u.ID, u.Received)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Conflict, "tables.upload.offset", errs.Args{"Received": u.Received}).WithHint("tables.upload.offset.hint")
		}
		if u.Size == UnknownSize { // the others were judged when they were announced
			if err := s.room(ctx, tx, u.Organisation, 0); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO upload_chunks (upload, start, size, blob) VALUES ($1, $2, $3, $4)`, u.ID, u.Received, len(b), ref.Hash)
		return err
	})
	if err == nil {
		u.Received += int64(len(b))
	}
	return u, err
}

// room refuses more bytes than the quota of an organisation leaves beside its
// datasets and its files on their way; those that became a version count there.
func (s *Service) room(ctx context.Context, tx *sqldb.Tx, org identity.OrganisationID, more int64) error {
	if s.catalogue == nil {
		return nil
	}
	var coming int64
	if err := tx.QueryRow(ctx, `SELECT COALESCE(CAST(SUM(CASE WHEN u.size > u.received THEN u.size ELSE u.received END) AS BIGINT), 0) FROM uploads u
		WHERE u.organisation = $1 AND NOT EXISTS (SELECT 1 FROM versions v WHERE u.blob <> '' AND v.original_blob = u.blob)`, org).Scan(&coming); err != nil {
		return err
	}
	return s.catalogue.RoomTx(ctx, tx, org, coming+more)
}

// Finish ends an upload of UnknownSize. Kinds: NotFound, Conflict (bytes are missing).
func (s *Service) Finish(ctx context.Context, a identity.Actor, id UploadID) (u Upload, err error) {
	defer errs.Wrap(&err, "tables.Finish(%s)", id)
	if u, err = s.FindUpload(ctx, a, id); err != nil || u.Done() {
		return u, err
	}
	if u.Size != UnknownSize && u.Size != u.Received {
		return u, errs.New(errs.Conflict, "tables.upload.offset", errs.Args{"Received": u.Received}).WithHint("tables.upload.offset.hint")
	}
	return s.finishUpload(ctx, u)
}

// finishUpload puts the chunks together as one blob, then forgets them. Two
// requests may do so at once: what the first has done is kept.
func (s *Service) finishUpload(ctx context.Context, u Upload) (Upload, error) {
	chunks := &chunkReader{ctx: ctx, blobs: s.blobs}
	err := s.db.Read(ctx, func(tx *sqldb.Tx) error {
		now, err := findUpload(ctx, tx, u.ID)
		if err != nil || now.Done() {
			u = now
			return err
		}
		rows, err := tx.Query(ctx, `SELECT blob FROM upload_chunks WHERE upload = $1 ORDER BY start`, u.ID)
		if err != nil {
			return err
		}
		chunks.left, err = sqldb.Collect(rows, func(r sqldb.Scanner) (h blob.Hash, err error) { return h, r.Scan(&h) })
		return err
	})
	if err != nil || u.Done() {
		return u, err
	}
	ref := blob.Ref{Size: u.Received}
	if len(chunks.left) == 1 {
		ref.Hash = chunks.left[0]
	} else if ref, err = s.blobs.Put(ctx, chunks); err != nil {
		return u, err
	}
	u.Blob, u.Size = ref.Hash, ref.Size
	return u, s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE uploads SET blob = $1, size = $2, changed_at = $3 WHERE id = $4`, ref.Hash, ref.Size, tx.Now(), u.ID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM upload_chunks WHERE upload = $1`, u.ID)
		return err
	})
}

// chunkReader reads blobs one after the other.
type chunkReader struct {
	ctx   context.Context
	blobs *blob.Store
	left  []blob.Hash
	open  io.ReadCloser
}

func (c *chunkReader) Read(p []byte) (int, error) {
	for {
		if c.open == nil {
			if len(c.left) == 0 {
				return 0, io.EOF
			}
			r, err := c.blobs.Open(c.ctx, c.left[0])
			if err != nil {
				return 0, err
			}
			c.open, c.left = r, c.left[1:]
		}
		n, err := c.open.Read(p)
		if err == io.EOF { //nolint:errorlint // io.Reader's own end, never wrapped
			err = c.open.Close()
			c.open = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Upload receives a whole file at once.
func (s *Service) Upload(ctx context.Context, a identity.Actor, org identity.OrganisationID, name string, r io.Reader) (Upload, error) {
	u, err := s.StartUpload(ctx, a, org, name, UnknownSize)
	if err != nil {
		return u, err
	}
	id := u.ID
	if u, err = s.Append(ctx, a, id, 0, r); err == nil {
		u, err = s.Finish(ctx, a, id)
	}
	if err != nil { // nobody goes on with it: nothing of it stays, nor takes room
		return u, errors.Join(err, s.CancelUpload(context.WithoutCancel(ctx), a, id))
	}
	return u, nil
}

// TakeUploadTx gives a file that is whole to who names its blob in the same transaction:
// the upload is no more. Contributors. Kinds: NotFound, Conflict (bytes are missing).
func (s *Service) TakeUploadTx(ctx context.Context, tx *sqldb.Tx, a identity.Actor, id UploadID) (u Upload, err error) {
	defer errs.Wrap(&err, "tables.TakeUpload(%s)", id)
	if u, err = findUpload(ctx, tx, id); err != nil {
		return u, err
	}
	switch {
	case !a.Can(identity.ActionContribute, u.Organisation):
		return u, errs.New(errs.NotFound, "tables.upload.none").WithHint("tables.upload.none.hint")
	case !u.Done():
		return u, errs.New(errs.Conflict, "tables.upload.unfinished").WithHint("tables.upload.cut.hint")
	}
	_, err = tx.Exec(ctx, `DELETE FROM uploads WHERE id = $1`, id)
	return u, err
}

// CancelUpload forgets an upload that is not wanted any more. Kinds: NotFound.
func (s *Service) CancelUpload(ctx context.Context, a identity.Actor, id UploadID) (err error) {
	defer errs.Wrap(&err, "tables.CancelUpload(%s)", id)
	if _, err := s.FindUpload(ctx, a, id); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM uploads WHERE id = $1`, id)
		return err
	})
}

// MaxUpload is the size of the largest file, in bytes.
func (s *Service) MaxUpload() int64 { return s.limits.UploadBytes }

func (s *Service) tooLarge() error {
	return errs.New(errs.TooLarge, "tables.upload.too-large", errs.Args{"Limit": i18n.Bytes(s.limits.UploadBytes)}).WithHint("tables.upload.too-large.hint")
}

// cleanName keeps the last element of a file name, without control characters.
func cleanName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	if name = strings.TrimSpace(name); name == "" {
		return "data"
	}
	for len(name) > 200 {
		name = strings.ToValidUTF8(name[len(name)-200:], "")
	}
	return name
}
