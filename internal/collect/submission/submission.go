package submission

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"sync"

	"socle/internal/collect"
	"socle/internal/errs"
	"socle/internal/ids"
	"socle/internal/interop/openrosa"
	"socle/internal/schema/form"
	"socle/internal/sqldb"
)

// Service takes submissions.
type Service struct {
	db      *sqldb.DB
	collect *collect.Service

	mu   sync.Mutex
	busy map[string]chan struct{} // submissions being taken by this process, until closed
}

// New makes the Service.
func New(db *sqldb.DB, c *collect.Service) *Service {
	return &Service{db: db, collect: c, busy: map[string]chan struct{}{}}
}

// File is a file that came with a post.
type File struct {
	Name, Type string
	Size       int64
	Hash       string // SHA-256
	Open       func() (io.ReadCloser, error)
}

// Receipt says what became of a submission.
type Receipt struct {
	Entry   collect.Entry
	Awaited []string // names of the files that have not come yet
	Unknown []string // answers to questions that the form does not ask
}

// record is what is known of a submission.
type record struct {
	digest   string // of its XML
	root     string // key of the first submission of the entry
	entry    string
	revision int // of the entry, as this submission left it; 0: it is not an entry yet
}

// Take takes one post of a submission. Kinds: those of collect.Put; Conflict when
// another submission came under the same identifier, or when the entry that it replaces
// has been changed since; NotFound when there is no such form or entry.
func (s *Service) Take(ctx context.Context, v collect.Visitor, xml []byte, files []File) (r Receipt, err error) {
	defer errs.Wrap(&err, "submission.Take")
	sub, err := openrosa.ReadSubmission(bytes.NewReader(xml))
	if err != nil {
		return r, err
	}
	f, err := s.collect.Find(ctx, v, collect.FormID(sub.Form))
	if err != nil {
		return r, err
	}
	answers, err := sub.Answers(f.Definition)
	if err != nil {
		return r, err
	}
	t := &taking{Service: s, visitor: v, form: f.ID, sub: sub, answers: answers, files: files, key: keyOf(f.ID, sub.InstanceID)}
	leave, err := s.enter(ctx, t.key)
	if err != nil {
		return r, err
	}
	defer leave()
	sum := sha256.Sum256(xml)
	if err := t.recognise(ctx, hex.EncodeToString(sum[:])); err != nil {
		return r, err
	}
	if v.Actor.IsAnonymous() {
		t.visitor.Secret = derived("secret", t.record.root)
	}
	if t.record.revision == 0 {
		err = t.make(ctx)
	}
	if err == nil {
		err = t.attach(ctx)
	}
	if err != nil {
		return r, labelled(err, f.Definition)
	}
	return Receipt{Entry: t.entry, Awaited: awaited(t.entry), Unknown: answers.Unknown}, nil
}

// labelled names what is wrong by the labels that the person sees.
func labelled(err error, d *form.Definition) error {
	e := errs.As(err)
	if len(e.Fields) == 0 {
		return err
	}
	told := *e
	told.Fields = slices.Clone(e.Fields)
	for i := range told.Fields {
		if it := d.Find(told.Fields[i].Name); it != nil && it.Label != "" {
			told.Fields[i].Name = it.Label
		}
	}
	return &told
}

// enter makes posts of one submission take turns in this process.
func (s *Service) enter(ctx context.Context, key string) (leave func(), err error) {
	for {
		s.mu.Lock()
		other, ok := s.busy[key]
		if !ok {
			own := make(chan struct{})
			s.busy[key] = own
			s.mu.Unlock()
			return func() {
				s.mu.Lock()
				delete(s.busy, key)
				s.mu.Unlock()
				close(own)
			}, nil
		}
		s.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// keyOf is how a submission is kept: its identifier is known to its device alone, and
// lets it change an entry that nobody signed for.
func keyOf(form collect.FormID, instance string) string {
	return derived("key", string(form)+"\x00"+instance)
}

func derived(what, of string) string {
	sum := sha256.Sum256([]byte(what + "\x00" + of))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// entryID is that of the entry that a submission makes.
func entryID(root string) string {
	sum := sha256.Sum256([]byte("entry\x00" + root))
	return ids.UUID([16]byte(sum[:16]))
}

// taking is one post being taken.
type taking struct {
	*Service
	visitor collect.Visitor
	form    collect.FormID
	sub     *openrosa.Submission
	answers openrosa.Answers
	files   []File
	key     string
	record  record
	base    int // the revision that an edit changes
	entry   collect.Entry
}

func (t *taking) recorded(ctx context.Context, tx *sqldb.Tx, key string) (r record, err error) {
	err = tx.QueryRow(ctx, `SELECT digest, root, entry, revision FROM openrosa_submissions WHERE form = $1 AND instance = $2`, t.form, key).Scan(&r.digest, &r.root, &r.entry, &r.revision)
	return r, err
}

// recognise finds what is known of the submission, and notes it when nothing is: before
// it becomes an entry, so that nothing is made twice whenever one is killed. Other XML
// takes the place of one that has not become an entry.
func (t *taking) recognise(ctx context.Context, digest string) error {
	return t.db.Write(ctx, func(tx *sqldb.Tx) error {
		known, err := t.recorded(ctx, tx, t.key)
		switch {
		case err != nil && !errs.Is(err, errs.NotFound):
			return err
		case err == nil && known.revision > 0 && known.digest != digest:
			return errs.New(errs.Conflict, "openrosa.other").WithHint("openrosa.other.hint")
		case err == nil && known.revision > 0:
			t.record = known
			return nil
		}
		t.record, t.base = record{digest: digest, root: t.key, entry: entryID(t.key)}, 0
		if err := t.replaced(ctx, tx); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO openrosa_submissions (form, instance, root, digest, entry, revision, received_at) VALUES ($1, $2, $3, $4, $5, 0, $6)
			ON CONFLICT (form, instance) DO UPDATE SET root = excluded.root, digest = excluded.digest, entry = excluded.entry WHERE openrosa_submissions.revision = 0`,
			t.form, t.key, t.record.root, digest, t.record.entry, tx.Now())
		return err
	})
}

// replaced finds the entry that an edit replaces.
func (t *taking) replaced(ctx context.Context, tx *sqldb.Tx) error {
	if t.sub.DeprecatedID == "" {
		return nil
	}
	before, err := t.recorded(ctx, tx, keyOf(t.form, t.sub.DeprecatedID))
	if errs.Is(err, errs.NotFound) || err == nil && before.revision == 0 {
		return errs.New(errs.NotFound, "openrosa.replaced-none").WithHint("openrosa.replaced-none.hint")
	}
	t.record.root, t.record.entry, t.base = before.root, before.entry, before.revision
	return err
}

// expected are the files that the submission names, each once. Those that came have
// their hash, the others one that no bytes have.
func (t *taking) expected(had []collect.File, arrived []File) []collect.File {
	var list []collect.File
	names, hashes := map[string]bool{}, map[string]bool{}
	for _, a := range t.answers.Files {
		if names[a.Name] {
			continue
		}
		names[a.Name] = true
		f := collect.File{Field: a.Field, Name: a.Name, Type: "application/octet-stream", Hash: t.placeholder(a.Name)}
		for _, h := range had {
			if h.Name == a.Name && h.Hash != f.Hash {
				f = h
			}
		}
		for _, h := range arrived {
			if h.Name == a.Name {
				f.Type, f.Size, f.Hash = h.Type, h.Size, h.Hash
			}
		}
		if !hashes[f.Hash] { // twice the same photo is kept once
			hashes[f.Hash] = true
			list = append(list, f)
		}
	}
	return list
}

// placeholder is the hash of a file that is awaited: of no bytes that anyone has.
func (t *taking) placeholder(name string) string {
	sum := sha256.Sum256([]byte("awaited\x00" + t.record.entry + "\x00" + name))
	return hex.EncodeToString(sum[:])
}

// make makes the entry, or changes the one that the submission replaces.
func (t *taking) make(ctx context.Context) error {
	sent := collect.Sent{ID: t.record.entry, Revision: t.base, MadeAt: t.sub.Ended, Values: t.answers.Values}
	if t.base == 0 {
		sent.Files = t.expected(nil, t.files)
	} else {
		// The same whenever it is sent again: files come after.
		before, err := t.collect.Entry(ctx, t.visitor, t.form, t.record.entry)
		if err != nil {
			return err
		}
		sent.Files = t.expected(before.Files, nil)
	}
	out, err := t.collect.Put(ctx, t.visitor, t.form, sent)
	var stale *collect.Stale
	switch {
	case err == nil:
		t.entry = out.Entry
	case errors.As(err, &stale) && t.base == 0:
		t.entry = stale.Entry // of a post before that was cut
	case errors.As(err, &stale):
		return errs.New(errs.Conflict, "openrosa.changed").WithHint("openrosa.changed.hint").Because(err)
	default:
		return err
	}
	return t.keep(ctx)
}

// keep notes the revision of the entry that this submission made.
func (t *taking) keep(ctx context.Context) error {
	t.record.revision = t.entry.Revision
	return t.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE openrosa_submissions SET revision = $3 WHERE form = $1 AND instance = $2`, t.form, t.key, t.record.revision)
		return err
	})
}

// attach gives the entry the files that came with this post. What others changed in it
// meanwhile stays.
func (t *taking) attach(ctx context.Context) error {
	for range 5 {
		if t.entry.ID == "" {
			var err error
			if t.entry, err = t.collect.Entry(ctx, t.visitor, t.form, t.record.entry); err != nil {
				return err
			}
		}
		if t.entry.State == collect.Removed || t.entry.State == collect.Refused {
			return nil
		}
		files := t.expected(t.entry.Files, t.files)
		if sameFiles(files, t.entry.Files) {
			return t.send(ctx)
		}
		out, err := t.collect.Put(ctx, t.visitor, t.form, collect.Sent{
			ID: t.entry.ID, Revision: t.entry.Revision, MadeAt: t.entry.MadeAt, Values: t.entry.Values, Files: files, Revisits: t.entry.Revisits,
		})
		var stale *collect.Stale
		if errors.As(err, &stale) {
			t.entry = stale.Entry
			continue
		}
		if err != nil {
			return err
		}
		t.entry = out.Entry
		if err := t.keep(ctx); err != nil {
			return err
		}
		return t.send(ctx)
	}
	return errs.New(errs.Busy, "errs.busy").WithHint("errs.busy.hint")
}

func sameFiles(a, b []collect.File) bool {
	return slices.EqualFunc(a, b, func(x, y collect.File) bool { return x.Name == y.Name && x.Hash == y.Hash })
}

// send keeps the bytes of the files that the entry now names.
func (t *taking) send(ctx context.Context) error {
	for _, f := range t.entry.Files {
		i := slices.IndexFunc(t.files, func(a File) bool { return a.Hash == f.Hash })
		if i < 0 || f.Received {
			continue
		}
		r, err := t.files[i].Open()
		if err != nil {
			return err
		}
		e, err := t.collect.PutFile(ctx, t.visitor, t.form, t.entry.ID, f.Hash, r)
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
		t.entry = e
	}
	return nil
}

func awaited(e collect.Entry) []string {
	var names []string
	for _, f := range e.Files {
		if !f.Received {
			names = append(names, f.Name)
		}
	}
	return names
}
