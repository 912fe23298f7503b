package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"
)

// folder keeps a blob in the file DIR/ab/abcd…, and what is being received in
// DIR/tmp, so that a file appears under its hash in one step.
type folder struct {
	dir     string
	now     func() time.Time
	checked checked
}

const (
	tmpName   = "tmp"
	staleTemp = 24 * time.Hour
)

func openFolder(dir string, now func() time.Time) (*folder, error) {
	b := &folder{dir: dir, now: now}
	if err := os.MkdirAll(b.tempDir(), 0o750); err != nil {
		return nil, err
	}
	removeStale(b.tempDir(), now().Add(-staleTemp))
	return b, nil
}

// removeStale deletes what a process that died was receiving. What cannot be
// deleted stays and harms nobody.
func removeStale(dir string, before time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.ModTime().Before(before) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

func (b *folder) tempDir() string    { return filepath.Join(b.dir, tmpName) }
func (b *folder) path(h Hash) string { return filepath.Join(b.dir, string(h[:2]), string(h)) }
func (b *folder) close() error       { return nil }

// put renames, also over a blob that is there: that renews its age and mends it
// if it was damaged.
func (b *folder) put(_ context.Context, path string, ref Ref) error {
	target := b.path(ref.Hash)
	parent := filepath.Dir(target)
	if err := os.Mkdir(parent, 0o750); err == nil {
		if err := syncFile(b.dir); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := syncFile(path); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o440); err != nil {
		return err
	}
	now := b.now()
	if err := os.Chtimes(path, now, now); err != nil {
		return err
	}
	if err := os.Rename(path, target); err != nil {
		return err
	}
	if info, err := os.Stat(target); err == nil {
		b.checked.add(ref.Hash, markOf(info)) // its bytes have just been hashed
	}
	return syncFile(parent)
}

// syncFile makes the bytes of a file, or the names in a folder, survive a power
// cut.
func syncFile(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}

func (b *folder) open(_ context.Context, h Hash) (io.ReadCloser, error) {
	f, err := os.Open(b.path(h))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(h)
	}
	return f, err
}

func (b *folder) file(_ context.Context, h Hash) (*Local, error) {
	path := b.path(h)
	size, err := b.checked.file(path, h)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(h)
	}
	if err != nil {
		return nil, err
	}
	return &Local{Path: path, Ref: Ref{Hash: h, Size: size}}, nil
}

func (b *folder) stat(_ context.Context, h Hash) (Info, error) {
	info, err := os.Stat(b.path(h))
	if errors.Is(err, fs.ErrNotExist) {
		return Info{}, missing(h)
	}
	if err != nil {
		return Info{}, err
	}
	return Info{Ref: Ref{Hash: h, Size: info.Size()}, Modified: info.ModTime().UTC()}, nil
}

func (b *folder) delete(_ context.Context, h Hash) error {
	if err := os.Remove(b.path(h)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (b *folder) all(ctx context.Context) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for i := range 256 {
			parent := filepath.Join(b.dir, fmt.Sprintf("%02x", i))
			entries, err := os.ReadDir(parent) // sorted by name
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(Info{}, err)
				return
			}
			for _, e := range entries {
				h := Hash(e.Name())
				if !h.valid() {
					continue
				}
				info, err := e.Info()
				if errors.Is(err, fs.ErrNotExist) {
					continue // deleted meanwhile
				}
				if err != nil {
					yield(Info{}, err)
					return
				}
				if !yield(Info{Ref: Ref{Hash: h, Size: info.Size()}, Modified: info.ModTime().UTC()}, nil) {
					return
				}
			}
		}
	}
}
