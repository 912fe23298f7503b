package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"socle/internal/errs"
)

// Hash names a blob: the SHA-256 of its bytes, 64 lower-case hexadecimal digits.
type Hash string

// ParseHash checks the form of a hash. Kinds: Invalid.
func ParseHash(s string) (Hash, error) {
	if !Hash(s).valid() {
		return "", errs.New(errs.Invalid, "blob.hash").WithHint("blob.hash.hint")
	}
	return Hash(s), nil
}

func (h Hash) valid() bool {
	if len(h) != 2*sha256.Size {
		return false
	}
	for i := range len(h) {
		if c := h[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Ref is what a domain keeps of a blob.
type Ref struct {
	Hash Hash
	Size int64 // in bytes
}

// Info is a stored blob.
type Info struct {
	Ref
	Modified time.Time // when it was last put
}

// Options say where blobs are.
type Options struct {
	// URL is "file:///FOLDER" or
	// "s3://BUCKET[/PREFIX]?endpoint=https://HOST&region=REGION". With an
	// endpoint the bucket stands in the path of the addresses; path_style=false
	// puts it in the host name.
	URL string
	// AccessKey and SecretKey open an S3 store.
	AccessKey, SecretKey string
	// TempDir holds what is being received for an S3 store; a folder store has
	// its own. The system's when empty.
	TempDir string
	// CacheDir and CacheBytes bound the local copies of an S3 store. Without a
	// folder one is made in TempDir; 0 bytes means 2 GB.
	CacheDir   string
	CacheBytes int64
	// Now is the clock of ages; time.Now when nil.
	Now func() time.Time
	Log *slog.Logger
}

// Store keeps blobs. It is safe for concurrent use, also by several processes.
type Store struct {
	back backend
	now  func() time.Time
	log  *slog.Logger
}

// backend is a place for blobs; the conformance suite of this package says what
// it must do.
type backend interface {
	// tempDir is where a file must be for put to take it over.
	tempDir() string
	// put keeps the bytes of a complete file, and may move the file.
	put(ctx context.Context, path string, ref Ref) error
	open(ctx context.Context, h Hash) (io.ReadCloser, error)
	file(ctx context.Context, h Hash) (*Local, error)
	stat(ctx context.Context, h Hash) (Info, error)
	delete(ctx context.Context, h Hash) error
	all(ctx context.Context) iter.Seq2[Info, error]
	close() error
}

// Open opens a store and checks that it answers; a missing folder is made.
// Kinds: Invalid (the URL), Busy (unreachable, refused).
func Open(ctx context.Context, o Options) (_ *Store, err error) {
	defer errs.Wrap(&err, "blob.Open")
	s := &Store{now: o.Now, log: o.Log}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	badURL := errs.New(errs.Invalid, "blob.url").WithHint("blob.url.hint")
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, badURL.Because(err)
	}
	switch {
	case u.Scheme == "file" && u.Host == "" && filepath.IsAbs(filepath.FromSlash(u.Path)):
		s.back, err = openFolder(filepath.FromSlash(u.Path), s.now)
	case u.Scheme == "s3" && u.Host != "":
		s.back, err = openS3(ctx, u, o, s)
	default:
		return nil, badURL
	}
	if err != nil {
		return nil, mapError(err)
	}
	return s, nil
}

// Close ends the use of the store.
func (s *Store) Close() error { return s.back.close() }

// Put reads r to its end and keeps its bytes. When it returns without error the
// blob survives a power cut. Kinds: Busy (disk full, unreachable); an error of r
// passes unchanged.
func (s *Store) Put(ctx context.Context, r io.Reader) (ref Ref, err error) {
	defer errs.Wrap(&err, "blob.Put")
	f, err := os.CreateTemp(s.back.tempDir(), "put-*")
	if err != nil {
		return Ref{}, mapError(err)
	}
	defer os.Remove(f.Name())
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), &ctxReader{ctx, r})
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return Ref{}, mapError(err)
	}
	ref = Ref{Hash: Hash(hex.EncodeToString(h.Sum(nil))), Size: n}
	return ref, mapError(s.back.put(ctx, f.Name(), ref))
}

// PutFile keeps the bytes of a local file and takes the file over: when it
// returns without error the file is gone from path. A file on the file system
// of a folder store is moved, not copied. Nobody may write to it meanwhile.
func (s *Store) PutFile(ctx context.Context, path string) (ref Ref, err error) {
	defer errs.Wrap(&err, "blob.PutFile")
	f, err := os.Open(path)
	if err != nil {
		return Ref{}, mapError(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return Ref{}, errors.Join(fmt.Errorf("%s is not a file", path), err)
	}
	h := sha256.New()
	n, err := io.Copy(h, &ctxReader{ctx, f})
	if err != nil {
		return Ref{}, mapError(err)
	}
	ref = Ref{Hash: Hash(hex.EncodeToString(h.Sum(nil))), Size: n}
	err = s.back.put(ctx, path, ref)
	if errors.Is(err, syscall.EXDEV) {
		if _, err = f.Seek(0, io.SeekStart); err == nil {
			ref, err = s.Put(ctx, f)
		}
	}
	if err != nil {
		return Ref{}, mapError(err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Ref{}, mapError(err)
	}
	return ref, nil
}

// Open streams a blob. The bytes are checked: when they are not those of the
// hash, an error takes the place of io.EOF. Kinds: NotFound, Busy; of reading:
// Internal (blob.damaged).
func (s *Store) Open(ctx context.Context, h Hash) (_ io.ReadCloser, err error) {
	defer errs.Wrap(&err, "blob.Open(%s)", h)
	if !h.valid() {
		return nil, missing(h)
	}
	r, err := s.back.open(ctx, h)
	if err != nil {
		return nil, mapError(err)
	}
	return &verifier{r: r, want: h, sum: sha256.New()}, nil
}

// File gives a local file with the checked bytes of a blob, for those who need
// to seek. It must not be written to, and stays until Close. Kinds: as Open.
func (s *Store) File(ctx context.Context, h Hash) (_ *Local, err error) {
	defer errs.Wrap(&err, "blob.File(%s)", h)
	if !h.valid() {
		return nil, missing(h)
	}
	l, err := s.back.file(ctx, h)
	return l, mapError(err)
}

// Stat tells size and age of a blob, without reading it. Kinds: NotFound, Busy.
func (s *Store) Stat(ctx context.Context, h Hash) (_ Info, err error) {
	defer errs.Wrap(&err, "blob.Stat(%s)", h)
	if !h.valid() {
		return Info{}, missing(h)
	}
	i, err := s.back.stat(ctx, h)
	return i, mapError(err)
}

// Delete removes a blob; one that is not there is no error.
func (s *Store) Delete(ctx context.Context, h Hash) (err error) {
	defer errs.Wrap(&err, "blob.Delete(%s)", h)
	if !h.valid() {
		return nil
	}
	return mapError(s.back.delete(ctx, h))
}

// All lists every blob, in the order of the hashes, with its age. It stops at
// the first error.
func (s *Store) All(ctx context.Context) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for i, err := range s.back.all(ctx) {
			if !yield(i, mapError(err)) || err != nil {
				return
			}
		}
	}
}

// Collect deletes the blobs that were last put longer than age ago and that
// used does not know. age must be longer than the time between a Put and the
// commit of the Ref: an hour at least. It returns what it deleted.
func (s *Store) Collect(ctx context.Context, age time.Duration, used func(Ref) (bool, error)) (deleted []Ref, err error) {
	defer errs.Wrap(&err, "blob.Collect")
	limit := s.now().Add(-max(age, time.Hour))
	for i, err := range s.All(ctx) {
		if err != nil {
			return deleted, err
		}
		if !i.Modified.Before(limit) {
			continue
		}
		if keep, err := used(i.Ref); err != nil || keep {
			if err != nil {
				return deleted, err
			}
			continue
		}
		// It may have been put again since it was listed.
		if now, err := s.Stat(ctx, i.Hash); err != nil || !now.Modified.Before(limit) {
			continue
		}
		if err := s.Delete(ctx, i.Hash); err != nil {
			return deleted, err
		}
		deleted = append(deleted, i.Ref)
	}
	return deleted, nil
}

// Local is a file with the bytes of a blob.
type Local struct {
	Path string
	Ref
	release func()
}

// Close lets the file go; its path may vanish after. It may be called twice.
func (l *Local) Close() error {
	if l.release != nil {
		l.release()
		l.release = nil
	}
	return nil
}

// ctxReader ends with the error of its context.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
