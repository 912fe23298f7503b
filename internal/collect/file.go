package collect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"

	"socle/internal/blob"
	"socle/internal/catalogue"
	"socle/internal/errs"
	"socle/internal/identity"
	"socle/internal/picture"
	"socle/internal/sqldb"
)

// PutFile takes the bytes of a photo or a file that an entry says it has; the same
// again changes nothing. Of a picture is kept what one sees of it: where and with what it
// was taken goes. When the last one is there, the entry goes on its way.
// Kinds: NotFound (the entry names no such file), SignIn, Denied, Invalid (other
// bytes than announced), TooLarge.
func (s *Service) PutFile(ctx context.Context, v Visitor, form FormID, entry, hash string, r io.Reader) (e Entry, err error) {
	defer errs.Wrap(&err, "collect.PutFile(%s, %s)", entry, hash)
	t := target{form: form}
	var f File
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		d, err := s.desk(ctx, tx, v, t)
		if err != nil {
			return err
		}
		w := &writing{Service: s, tx: tx, desk: d, visitor: v}
		if e, err = w.own(ctx, entry); err != nil {
			return err
		}
		f, err = scanFile(tx.QueryRow(ctx, `SELECT field, name, type, size, blob, received FROM entry_files WHERE resource = $1 AND entry = $2 AND blob = $3`, d.resource, entry, hash))
		if errs.Is(err, errs.NotFound) {
			return errs.New(errs.NotFound, "collect.file.none").WithHint("collect.file.none.hint")
		}
		if err == nil && f.Received {
			e = w.seen(e)
		}
		if err != nil || f.Received {
			return err
		}
		held, err := s.o.Catalogue.StorageTx(ctx, tx, d.form.Organisation) // before it is read for nothing
		if err != nil {
			return err
		}
		return d.fits(held, f.Size, 0)
	})
	if err != nil || f.Received {
		return e, err
	}
	kept, err := s.store(ctx, hash, r)
	if err != nil {
		return e, err
	}
	err = s.changing(ctx, v, t, 1, func(w *writing) error {
		if err := w.receive(ctx, entry, hash, kept); err != nil {
			return err
		}
		if e, err = w.own(ctx, entry); err != nil {
			return err
		}
		if e.State == Incomplete && e.complete() && !e.Draft {
			w.settle(&e)
		}
		// Others see that a photo is there.
		if err := w.update(ctx, &e); err != nil {
			return err
		}
		e = w.seen(e)
		return nil
	})
	return e, err
}

// store keeps what is to be kept of bytes that must have a hash.
func (s *Service) store(ctx context.Context, hash string, r io.Reader) (blob.Ref, error) {
	sum := sha256.New()
	limited := &io.LimitedReader{R: r, N: s.o.Limits.File + 1}
	all := io.TeeReader(limited, sum)
	ref, err := s.o.Blobs.Put(ctx, picture.Clean(all))
	if err == nil {
		_, err = io.Copy(io.Discard, all) // what follows a picture
	}
	if err != nil {
		return ref, err
	}
	if limited.N == 0 {
		return ref, errs.New(errs.TooLarge, "collect.file.large", errs.Args{"Size": s.o.Limits.File >> 20}).WithHint("collect.file.large.hint")
	}
	if hex.EncodeToString(sum.Sum(nil)) != hash { // cut on its way, most likely: nobody names it, it goes
		return ref, errs.New(errs.Invalid, "collect.file.bytes").WithHint("collect.file.bytes.hint")
	}
	return ref, nil
}

// OpenFile gives the bytes of a file of an entry that the visitor may see.
func (s *Service) OpenFile(ctx context.Context, v Visitor, form FormID, entry, hash string) (f File, r io.ReadCloser, err error) {
	defer errs.Wrap(&err, "collect.OpenFile(%s, %s)", entry, hash)
	e, err := s.Entry(ctx, v, form, entry)
	if err != nil {
		return f, nil, err
	}
	return s.openFile(ctx, e, hash)
}

func (s *Service) openFile(ctx context.Context, e Entry, hash string) (File, io.ReadCloser, error) {
	for _, f := range e.Files {
		if f.Hash == hash && f.Received {
			r, err := s.o.Blobs.Open(ctx, f.kept)
			return f, r, err
		}
	}
	return File{}, nil, errs.New(errs.NotFound, "collect.file.none").WithHint("collect.file.none.hint")
}

// PublicFile gives the bytes of a file of an entry that is in the versions of a
// table which the actor may see: the photo that a row of the table names.
func (s *Service) PublicFile(ctx context.Context, a identity.Actor, id catalogue.ResourceID, entry, hash string) (f File, r io.ReadCloser, err error) {
	defer errs.Wrap(&err, "collect.PublicFile(%s, %s)", entry, hash)
	var e Entry
	var d catalogue.Dataset
	err = s.db.Read(ctx, func(tx *sqldb.Tx) error {
		if _, d, err = s.o.Catalogue.HeadTx(ctx, tx, a, id); err != nil {
			return err
		}
		e, err = entry1(ctx, tx, id, entry)
		if err != nil || e.Shown == e.Revision {
			return err
		}
		if e.Shown == 0 {
			return noEntry()
		}
		older, err := s.revision(ctx, tx, &desk{resource: id}, entry, e.Shown)
		e.Files = older.Files
		list := []Entry{e}
		return errors.Join(err, receivedFiles(ctx, tx, id, list))
	})
	if err == nil && d.State != catalogue.Published {
		err = s.o.Catalogue.NoteRead(ctx, a, d.Organisation, d.ID)
	}
	if err != nil {
		return f, nil, err
	}
	return s.openFile(ctx, e, hash)
}

const blobPage = 5000

// ReferencedBlobs yields the hash of what is kept of every file that has arrived, each
// once, in ascending order. The system only. Kinds: Denied.
func (s *Service) ReferencedBlobs(ctx context.Context, a identity.Actor) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if !a.IsSystem() {
			yield("", denied())
			return
		}
		for last := ""; ; {
			var page []string
			err := s.db.Read(ctx, func(tx *sqldb.Tx) error {
				rows, err := tx.Query(ctx, `SELECT DISTINCT kept FROM entry_files WHERE kept > $1 ORDER BY kept LIMIT $2`, last, blobPage)
				if err != nil {
					return err
				}
				page, err = sqldb.Collect(rows, sqldb.Text)
				return err
			})
			if err != nil {
				yield("", err)
				return
			}
			for _, h := range page {
				if !yield(h, nil) {
					return
				}
			}
			if len(page) < blobPage {
				return
			}
			last = page[len(page)-1]
		}
	}
}
