package blob

import (
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"crypto/sha256"

	"gocloud.dev/gcerrors"

	"socle/internal/errs"
)

// verifier replaces io.EOF by an error when the bytes are not those wanted.
type verifier struct {
	r    io.ReadCloser
	want Hash
	sum  hash.Hash
	err  error // at the end: io.EOF or what is wrong
}

func (v *verifier) Read(p []byte) (int, error) {
	if v.err != nil {
		return 0, v.err
	}
	n, err := v.r.Read(p)
	v.sum.Write(p[:n])
	if err == nil {
		return n, nil
	}
	v.err = mapError(err)
	if errors.Is(err, io.EOF) {
		v.err = io.EOF
		if got := Hash(hex.EncodeToString(v.sum.Sum(nil))); got != v.want {
			v.err = damaged(v.want)
		}
	}
	return n, v.err
}

func (v *verifier) Close() error { return v.r.Close() }

// checked remembers which files were found right, by what the file system says
// of them, so that a large file is read once.
type checked struct {
	mu    sync.Mutex
	known map[Hash]fileMark
}

// fileMark changes when a file is replaced or written to.
type fileMark struct {
	size     int64
	modified time.Time
	inode    uint64
}

const maxChecked = 1 << 14

func markOf(info fs.FileInfo) fileMark {
	m := fileMark{size: info.Size(), modified: info.ModTime()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		m.inode = st.Ino
	}
	return m
}

// file reads the file unless it is known, and returns its size.
func (c *checked) file(path string, h Hash) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	mark := markOf(info)
	c.mu.Lock()
	known, ok := c.known[h]
	c.mu.Unlock()
	if ok && known == mark {
		return mark.size, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return 0, err
	}
	if Hash(hex.EncodeToString(sum.Sum(nil))) != h {
		return 0, damaged(h)
	}
	c.add(h, mark)
	return mark.size, nil
}

func (c *checked) add(h Hash, mark fileMark) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxChecked {
		c.known = map[Hash]fileMark{}
	}
	c.known[h] = mark
}

var errDamaged = errors.New("the bytes are not those of the hash")

func damaged(h Hash) error {
	return errs.New(errs.Internal, "blob.damaged", errs.Args{"Hash": string(h)}).WithHint("blob.damaged.hint").Because(errDamaged)
}

func missing(h Hash) error {
	return errs.New(errs.NotFound, "blob.not-found", errs.Args{"Hash": string(h)}).WithHint("blob.not-found.hint").Because(fs.ErrNotExist)
}

// mapError gives a kind to failures of the disk and of the S3 store. What it
// does not know passes unchanged, as do errors that have a kind.
func mapError(err error) error {
	var known *errs.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	key := ""
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		key = "blob.disk-full"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.ENOTDIR):
		key = "blob.refused"
	case errors.Is(err, syscall.EIO):
		key = "blob.io"
	case errors.Is(err, fs.ErrNotExist):
		return errs.New(errs.NotFound, "blob.not-found").WithHint("blob.not-found.hint").Because(err)
	default:
		switch gcerrors.Code(err) {
		case gcerrors.NotFound:
			return errs.New(errs.NotFound, "blob.not-found").WithHint("blob.not-found.hint").Because(err)
		case gcerrors.PermissionDenied:
			key = "blob.refused"
		}
	}
	if key == "" {
		return err
	}
	return errs.New(errs.Busy, key).WithHint(key + ".hint").Because(err)
}

// unreachable marks a failure of a remote store that has no kind.
func unreachable(err error) error {
	mapped := mapError(err)
	var known *errs.Error
	if mapped == nil || errors.As(mapped, &known) || isContext(err) {
		return mapped
	}
	return errs.New(errs.Busy, "blob.unreachable").WithHint("blob.unreachable.hint").Because(fmt.Errorf("S3: %w", err))
}
