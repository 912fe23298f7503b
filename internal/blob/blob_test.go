package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"socle/internal/blob"
	"socle/internal/blob/blobtest"
	"socle/internal/errs"
)

func hashOf(data []byte) blob.Hash {
	sum := sha256.Sum256(data)
	return blob.Hash(hex.EncodeToString(sum[:]))
}

func randomBytes(n int) []byte {
	data := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = rng.Read(data)
	return data
}

func put(t *testing.T, s *blob.Store, data []byte) blob.Ref {
	t.Helper()
	ref, err := s.Put(context.Background(), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if want := (blob.Ref{Hash: hashOf(data), Size: int64(len(data))}); ref != want {
		t.Fatalf("put gave %v, not %v", ref, want)
	}
	return ref
}

func read(t *testing.T, s *blob.Store, h blob.Hash) []byte {
	t.Helper()
	r, err := s.Open(context.Background(), h)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			out = append(out, p)
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T, p blobtest.Place) {
		s := blobtest.Open(t, p.Options)
		for _, n := range []int{0, 1, 1000, 12 << 20} {
			data := randomBytes(n)
			ref := put(t, s, data)
			if again := put(t, s, data); again != ref {
				t.Errorf("again: %v", again)
			}
			if got := read(t, s, ref.Hash); !bytes.Equal(got, data) {
				t.Errorf("%d bytes came back as %d others", n, len(got))
			}
			info, err := s.Stat(context.Background(), ref.Hash)
			if err != nil || info.Ref != ref || time.Since(info.Modified) > time.Hour {
				t.Errorf("stat: %v, %v", info, err)
			}
			l, err := s.File(context.Background(), ref.Hash)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(l.Path); err != nil || !bytes.Equal(got, data) || l.Ref != ref {
				t.Errorf("file: %d bytes, %v", len(got), err)
			}
			if err := errors.Join(l.Close(), l.Close()); err != nil {
				t.Error(err)
			}
		}
		if got := len(files(t, p.Files)); got != 4 {
			t.Errorf("%d files are kept: %v", got, files(t, p.Files))
		}
	})
}

func TestPutFile(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T, p blobtest.Place) {
		s := blobtest.Open(t, p.Options)
		data := []byte("one file")
		for range 2 {
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			ref, err := s.PutFile(context.Background(), path)
			if err != nil || ref.Hash != hashOf(data) || ref.Size != int64(len(data)) {
				t.Fatalf("put file: %v, %v", ref, err)
			}
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the file is still there: %v", err)
			}
			if got := read(t, s, ref.Hash); !bytes.Equal(got, data) {
				t.Errorf("got %q", got)
			}
		}
		if _, err := s.PutFile(context.Background(), t.TempDir()); err == nil {
			t.Error("a folder was put")
		}
	})
}

func TestMissing(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T, p blobtest.Place) {
		s := blobtest.Open(t, p.Options)
		ctx := context.Background()
		for _, h := range []blob.Hash{hashOf([]byte("no")), "", "../../../etc/passwd", blob.Hash(strings.Repeat("A", 64))} {
			_, e1 := s.Open(ctx, h)
			_, e2 := s.Stat(ctx, h)
			_, e3 := s.File(ctx, h)
			for i, err := range []error{e1, e2, e3} {
				if !errs.Is(err, errs.NotFound) {
					t.Errorf("%q, %d: %v", h, i, err)
				}
			}
			if err := s.Delete(ctx, h); err != nil {
				t.Errorf("delete %q: %v", h, err)
			}
		}
	})
}

// damage changes one byte of the only blob.
func damage(t *testing.T, p blobtest.Place, at int) {
	t.Helper()
	kept := files(t, p.Files)
	if len(kept) != 1 {
		t.Fatalf("kept: %v", kept)
	}
	if err := os.Chmod(kept[0], 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(kept[0], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], int64(at)); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if _, err := f.WriteAt(b[:], int64(at)); err != nil {
		t.Fatal(err)
	}
}

func TestDamageIsFoundAndMended(t *testing.T) {
	t.Parallel()
	now := time.Now()
	blobtest.Run(t, func(t *testing.T, p blobtest.Place) {
		p.Options.Now = func() time.Time { return now }
		p.Options.CacheBytes = 1 // no good copy beside
		s := blobtest.Open(t, p.Options)
		ctx := context.Background()
		data := randomBytes(100_000)
		ref := put(t, s, data)
		damage(t, p, 50_000)
		r, err := s.Open(ctx, ref.Hash)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, r)
		if errs.As(err) == nil || errs.As(err).Key != "blob.damaged" {
			t.Errorf("reading: %v", err)
		}
		if _, again := r.Read(make([]byte, 1)); again == nil || errors.Is(again, io.EOF) {
			t.Errorf("reading on: %v", again)
		}
		_ = r.Close()
		if _, err := s.File(ctx, ref.Hash); errs.As(err) == nil || errs.As(err).Key != "blob.damaged" {
			t.Errorf("file: %v", err)
		}
		now = now.Add(time.Hour) // a young blob is not sent again
		put(t, s, data)
		if got := read(t, s, ref.Hash); !bytes.Equal(got, data) {
			t.Error("not mended")
		}
	})
}

func TestFailedPutLeavesNothing(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T, p blobtest.Place) {
		s := blobtest.Open(t, p.Options)
		cut := errors.New("cut")
		_, err := s.Put(context.Background(), io.MultiReader(bytes.NewReader(randomBytes(1<<20)), iotest.ErrReader(cut)))
		if !errors.Is(err, cut) {
			t.Errorf("the reader's error: %v", err)
		}
		_, err = s.Put(context.Background(), io.MultiReader(strings.NewReader("x"), iotest.ErrReader(syscall.ENOSPC)))
		if e := errs.As(err); e.Kind != errs.Busy || e.Key != "blob.disk-full" || e.Hint != "blob.disk-full.hint" {
			t.Errorf("disk full: %v", err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := s.Put(ctx, strings.NewReader("x")); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if left := files(t, p.Files); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		if p.Options.TempDir != "" && len(files(t, p.Options.TempDir)) > 0 {
			t.Errorf("left: %v", files(t, p.Options.TempDir))
		}
	})
}

func TestAllAndCollect(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T, p blobtest.Place) {
		now := time.Now()
		p.Options.Now = func() time.Time { return now }
		s := blobtest.Open(t, p.Options)
		ctx := context.Background()
		var want []blob.Ref
		for i := range 20 {
			want = append(want, put(t, s, fmt.Append(nil, "blob ", i)))
		}
		first := want[0]
		slices.SortFunc(want, func(a, b blob.Ref) int { return strings.Compare(string(a.Hash), string(b.Hash)) })
		all := func() (got []blob.Ref) {
			for i, err := range s.All(ctx) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, i.Ref)
			}
			return got
		}
		if got := all(); !slices.Equal(got, want) {
			t.Fatalf("all: %v, not %v", got, want)
		}
		asked := 0
		collect := func(used func(blob.Ref) (bool, error)) []blob.Ref {
			deleted, err := s.Collect(ctx, time.Hour, func(r blob.Ref) (bool, error) { asked++; return used(r) })
			if err != nil {
				t.Fatal(err)
			}
			return deleted
		}
		if deleted := collect(func(blob.Ref) (bool, error) { return false, nil }); len(deleted) > 0 || asked > 0 {
			t.Fatalf("the young were collected: %v, asked %d", deleted, asked)
		}
		now = now.Add(2 * time.Hour)
		put(t, s, []byte("blob 0")) // renews its age
		if p.Name == "s3" {
			now = time.Now().Add(time.Hour + 30*time.Second) // the server dates blobs by its own clock
		}
		deleted := collect(func(r blob.Ref) (bool, error) { return r != want[1] && r != want[5], nil })
		wantDeleted := slices.DeleteFunc([]blob.Ref{want[1], want[5]}, func(r blob.Ref) bool { return r == first && p.Name == "folder" })
		if !slices.Equal(deleted, wantDeleted) {
			t.Errorf("deleted %v, not %v", deleted, wantDeleted)
		}
		left := slices.DeleteFunc(slices.Clone(want), func(r blob.Ref) bool { return slices.Contains(wantDeleted, r) })
		if got := all(); !slices.Equal(got, left) {
			t.Errorf("left %v", got)
		}
	})
}

func TestConcurrentPuts(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T, p blobtest.Place) {
		s := blobtest.Open(t, p.Options)
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() {
				data := fmt.Append(nil, "same ", i%3)
				ref, err := s.Put(context.Background(), bytes.NewReader(data))
				if err != nil || ref.Hash != hashOf(data) {
					t.Errorf("%v, %v", ref, err)
					return
				}
				l, err := s.File(context.Background(), ref.Hash)
				if err != nil {
					t.Error(err)
					return
				}
				defer l.Close()
				if got, err := os.ReadFile(l.Path); err != nil || !bytes.Equal(got, data) {
					t.Errorf("%q, %v", got, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	p := blobtest.S3(t)
	p.Options.CacheBytes = 2500
	s := blobtest.Open(t, p.Options)
	ctx := context.Background()
	var refs []blob.Ref
	for i := range 4 {
		refs = append(refs, put(t, s, randomBytes(1000+i)))
	}
	open := func(i int) *blob.Local {
		l, err := s.File(ctx, refs[i].Hash)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	cached := func() int { return len(files(t, p.Options.CacheDir)) }
	if cached() != 2 {
		t.Errorf("%d copies of what was put", cached())
	}
	pinned := open(0)
	for i := 1; i < 4; i++ {
		open(i).Close()
	}
	if cached() != 2 {
		t.Errorf("%d copies", cached())
	}
	if got, err := os.ReadFile(pinned.Path); err != nil || hashOf(got) != refs[0].Hash {
		t.Errorf("the copy in use: %v", err)
	}
	all := []*blob.Local{open(1), open(2), open(3)}
	if cached() != 4 {
		t.Errorf("%d copies in use", cached())
	}
	for _, l := range append(all, pinned) {
		l.Close()
	}
	if cached() != 2 {
		t.Errorf("%d copies at the end", cached())
	}
	// Another process takes the copies over; a damaged one is fetched anew.
	for _, path := range files(t, p.Options.CacheDir) {
		if err := os.WriteFile(path, []byte("wrong"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(p.Options.CacheDir, "get-half"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s = blobtest.Open(t, p.Options)
	for i := range refs {
		l := mustFile(t, s, refs[i].Hash)
		if got, err := os.ReadFile(l.Path); err != nil || hashOf(got) != refs[i].Hash {
			t.Errorf("copy %d: %v", i, err)
		}
		l.Close()
	}
	if cached() != 2 {
		t.Errorf("%d copies after all", cached())
	}
}

func mustFile(t *testing.T, s *blob.Store, h blob.Hash) *blob.Local {
	t.Helper()
	l, err := s.File(context.Background(), h)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for url, kind := range map[string]errs.Kind{
		"":                                       errs.Invalid,
		"file://relative/x":                      errs.Invalid,
		"gs://bucket":                            errs.Invalid,
		"file:///dev/null/x":                     errs.Busy,
		"s3://socle?endpoint=http://127.0.0.1:1": errs.Busy,
	} {
		o := blob.Options{URL: url, TempDir: t.TempDir()}
		short, cancel := context.WithTimeout(ctx, 30*time.Second)
		_, err := blob.Open(short, o)
		cancel()
		if !errs.Is(err, kind) || errs.As(err).Hint == "" {
			t.Errorf("%q: %v", url, err)
		}
	}
	p := blobtest.S3(t)
	p.Options.SecretKey = "wrong"
	if _, err := blob.Open(ctx, p.Options); !errs.Is(err, errs.Busy) || errs.As(err).Hint == "" {
		t.Errorf("wrong key: %v", err)
	}
}

func TestParseHash(t *testing.T) {
	t.Parallel()
	good := string(hashOf(nil))
	if h, err := blob.ParseHash(good); err != nil || string(h) != good {
		t.Errorf("%v, %v", h, err)
	}
	for _, bad := range []string{"", good[1:], strings.ToUpper(good), good + "0", strings.Replace(good, "e", "/", 1)} {
		if _, err := blob.ParseHash(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
