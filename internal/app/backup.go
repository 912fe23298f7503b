package app

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"socle/internal/blob"
	"socle/internal/config"
	"socle/internal/errs"
	"socle/internal/i18n"
	"socle/internal/jobs"
)

// A backup is a tar file compressed with zstd: manifest.json, database (a dump
// that both engines load), blobs/HASH…, end. The last entry says that it is whole.
const (
	manifestEntry = "manifest.json"
	databaseEntry = "database"
	blobPrefix    = "blobs/"
	endEntry      = "end"
)

// manifest heads a backup.
type manifest struct {
	Format  int       `json:"format"`
	Version string    `json:"socle"`
	Created time.Time `json:"created"`
}

const backupFormat = 1

// backup writes all that cannot be made again into a file, while the portal may
// be running: one snapshot of the database, then the blobs that it names.
func backup(ctx context.Context, c *config.Config, file string, out io.Writer, l i18n.Lang) (err error) {
	a, err := there(ctx, c)
	if err != nil {
		return err
	}
	defer a.Close()
	if _, err := os.Lstat(file); err == nil {
		return errs.New(errs.Conflict, "app.backup.exists", errs.Args{"Path": file}).WithHint("app.backup.exists.hint")
	}
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	blobs, missing, err := a.WriteBackup(ctx, f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	st, err := os.Stat(f.Name())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return err
	}
	fmt.Fprintln(out, i18n.T(l, "app.backup.done", i18n.Args{"Path": file, "Size": i18n.Bytes(st.Size()), "Count": blobs}))
	if missing > 0 {
		return errs.New(errs.Invalid, "app.backup.missing", errs.Args{"Count": missing}).WithHint("app.backup.missing.hint")
	}
	return nil
}

// WriteBackup writes a backup and says how many blobs are in it, and how many that the
// portal names are not in its store.
func (a *App) WriteBackup(ctx context.Context, w io.Writer) (blobs, missing int, err error) {
	defer errs.Wrap(&err, "app.WriteBackup")
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return 0, 0, err
	}
	t := tar.NewWriter(z)
	b, err := json.Marshal(manifest{backupFormat, a.Version, time.Now().UTC()})
	if err != nil {
		return 0, 0, err
	}
	if err := addEntry(t, manifestEntry, int64(len(b)), strings.NewReader(string(b))); err != nil {
		return 0, 0, err
	}
	if err := a.addDatabase(ctx, t); err != nil {
		return 0, 0, err
	}
	names, err := a.named(ctx)
	if err != nil {
		return 0, 0, err
	}
	var absent []blob.Hash
	for _, h := range names {
		err := a.addBlob(ctx, t, h)
		switch {
		case errs.Is(err, errs.NotFound):
			absent = append(absent, h)
		case err != nil:
			return 0, 0, err
		default:
			blobs++
		}
	}
	if len(absent) > 0 { // what named one may have gone since the dump
		if names, err = a.named(ctx); err != nil {
			return 0, 0, err
		}
		for _, h := range absent {
			if _, still := slices.BinarySearch(names, h); still {
				missing++
			}
		}
	}
	return blobs, missing, errors.Join(addEntry(t, endEntry, 0, strings.NewReader("")), t.Close(), z.Close())
}

// named lists the blobs that the portal names, in order, each once.
func (a *App) named(ctx context.Context) (names []blob.Hash, err error) {
	err = a.NamedBlobs(ctx, func(h blob.Hash) { names = append(names, h) })
	slices.Sort(names)
	return slices.Compact(names), err
}

func addEntry(t *tar.Writer, name string, size int64, r io.Reader) error {
	if err := t.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, Typeflag: tar.TypeReg, Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := io.Copy(t, r)
	return err
}

// addDatabase dumps the database to a temporary file, whose size tar must know.
func (a *App) addDatabase(ctx context.Context, t *tar.Writer) error {
	f, err := os.CreateTemp(a.temp(), "dump-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := a.DB.Dump(ctx, f, jobs.Part()); err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return addEntry(t, databaseEntry, size, f)
}

// addBlob adds a blob. Kinds: NotFound.
func (a *App) addBlob(ctx context.Context, t *tar.Writer, h blob.Hash) error {
	st, err := a.Blobs.Stat(ctx, h)
	if err != nil {
		return err
	}
	r, err := a.Blobs.Open(ctx, h)
	if err != nil {
		return err
	}
	defer r.Close()
	return addEntry(t, blobPrefix+string(h), st.Size, r)
}

// restore puts a backup into an empty installation.
func restore(ctx context.Context, c *config.Config, file string, out io.Writer, l i18n.Lang) (err error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.NotFound, "cli.no-file", errs.Args{"Path": file}).WithHint("cli.no-file.hint").Because(err)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	a, err := build(ctx, c, slog.New(slog.DiscardHandler), Version, emptyPortal)
	if err != nil {
		return err
	}
	defer a.Close()
	n, err := a.ReadBackup(ctx, f, file)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, i18n.T(l, "app.restore.done", i18n.Args{"Count": n}))
	return nil
}

// archived remembers that reading failed: the archive is damaged, not the store.
type archived struct {
	r   io.Reader
	err error
}

func (a *archived) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		a.err = err
	}
	return n, err
}

// ReadBackup loads a backup into a database that has no tables yet: blobs first,
// then, when the whole file was read, the database in one transaction. Kinds:
// Conflict (there is data), Invalid (damaged).
func (a *App) ReadBackup(ctx context.Context, r io.Reader, name string) (blobs int, err error) {
	defer errs.Wrap(&err, "app.ReadBackup")
	damaged := func(cause error) error {
		return errs.New(errs.Invalid, "app.backup.damaged", errs.Args{"Path": name}).WithHint("app.backup.damaged.hint").Because(cause)
	}
	z, err := zstd.NewReader(r)
	if err != nil {
		return 0, damaged(err)
	}
	defer z.Close()
	dump, err := os.CreateTemp(a.temp(), "dump-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(dump.Name())
	defer dump.Close()
	t, whole := tar.NewReader(z), false
	for !whole {
		h, err := t.Next()
		if err != nil {
			return blobs, damaged(err)
		}
		switch hash, isBlob := strings.CutPrefix(h.Name, blobPrefix); {
		case h.Name == manifestEntry:
			var m manifest
			if err := json.NewDecoder(t).Decode(&m); err != nil || m.Format != backupFormat {
				return blobs, damaged(err)
			}
		case h.Name == databaseEntry:
			if _, err := io.Copy(dump, t); err != nil {
				return blobs, damaged(err)
			}
		case isBlob:
			part := &archived{r: t}
			ref, err := a.Blobs.Put(ctx, part)
			if part.err != nil {
				return blobs, damaged(part.err)
			}
			if err != nil {
				return blobs, err
			}
			if string(ref.Hash) != hash {
				return blobs, damaged(fmt.Errorf("blob %s is %s", hash, ref.Hash))
			}
			blobs++
		case h.Name == endEntry:
			whole = true
		}
	}
	if _, err := dump.Seek(0, io.SeekStart); err != nil {
		return blobs, err
	}
	err = a.DB.Load(ctx, dump, jobs.Part())
	if errs.Is(err, errs.Conflict) {
		err = errs.New(errs.Conflict, "app.restore.not-empty").WithHint("app.restore.not-empty.hint").Because(err)
	}
	return blobs, err
}
