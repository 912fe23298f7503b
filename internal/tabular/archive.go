package tabular

import (
	"archive/zip"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"socle/internal/errs"
)

// Limits of what is unpacked.
const (
	maxUnpacked = 8 << 30  // bytes of one entry
	maxEntries  = 10_000   // of an archive
	bombFrom    = 64 << 20 // bytes after which the ratio counts
	bombRatio   = 200      // deflate cannot pass 1,032; tables stay under 100
)

func bomb(name string) error {
	return fail(errs.TooLarge, CodeSource, "tabular.bomb", errs.Args{"Name": name})
}

// guarded reads something unpacked and stops when it grows out of proportion.
type guarded struct {
	r      io.Reader
	name   string
	packed int64
	n      int64
}

func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	g.n += int64(n)
	if g.n > maxUnpacked || g.n > bombFrom && g.n/max(g.packed, 1) > bombRatio {
		return n, bomb(g.name)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = truncated(err)
	}
	return n, err
}

// truncated is the error for something that cannot be unpacked to its end.
func truncated(err error) error {
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooLarge) {
		return err
	}
	if errors.Is(err, io.EOF) { // not the end of the records
		err = io.ErrUnexpectedEOF
	}
	return fail(errs.Invalid, CodeSource, "tabular.damaged", nil).Because(err)
}

// archive is an open zip file.
type archive struct {
	zip   *zip.Reader
	names map[string]*zip.File // by lower-case path with slashes
}

func openArchive(src Source) (*archive, error) {
	z, err := zip.NewReader(src, src.Size())
	if err != nil && z == nil {
		return nil, truncated(err)
	}
	if len(z.File) > maxEntries {
		return nil, bomb("zip")
	}
	a := &archive{zip: z, names: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		a.names[name] = f
	}
	return a, nil
}

// has reports whether there is an entry.
func (a *archive) has(name string) bool { return a.names[strings.ToLower(name)] != nil }

// open reads an entry, guarded.
func (a *archive) open(name string) (io.ReadCloser, error) {
	f := a.names[strings.ToLower(strings.TrimPrefix(name, "/"))]
	if f == nil {
		return nil, fail(errs.Invalid, CodeSource, "tabular.damaged", nil)
	}
	return openEntry(f)
}

func openEntry(f *zip.File) (io.ReadCloser, error) {
	if f.Flags&1 != 0 {
		return nil, fail(errs.Invalid, CodeSource, "tabular.encrypted", nil)
	}
	r, err := f.Open()
	if err != nil {
		return nil, truncated(err)
	}
	return readCloser{&guarded{r: r, name: path.Base(f.Name), packed: int64(f.CompressedSize64)}, r}, nil
}

// readable extensions of archive entries, the best first.
var entryKinds = []string{".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".ods", ".xls", ".gpkg", ".geojson", ".kml", ".gpx", ".json", ".jsonl", ".ndjson", ".parquet", ".dbf", ".tab", ".dat", ""}

// best chooses the entry of a plain archive that is most likely the table: by
// kind, then by size.
func (a *archive) best() (*zip.File, error) {
	var best *zip.File
	rank := len(entryKinds)
	for _, f := range a.zip.File {
		base := path.Base(f.Name)
		if f.FileInfo().IsDir() || strings.HasPrefix(f.Name, "__MACOSX") || strings.HasPrefix(base, ".") {
			continue
		}
		for k, ext := range entryKinds {
			if ext != "" && !strings.EqualFold(path.Ext(base), ext) {
				continue
			}
			if k < rank || k == rank && f.UncompressedSize64 > best.UncompressedSize64 {
				best, rank = f, k
			}
			break
		}
	}
	if best == nil {
		return nil, fail(errs.Invalid, CodeFormat, "tabular.empty-archive", nil)
	}
	return best, nil
}

// RefusePackage refuses a zip file that is a data package of several tables, for
// who would read one of them and say nothing of the others. Kind: Invalid.
func RefusePackage(src Source) error {
	var magic [4]byte
	if n, _ := src.ReadAt(magic[:], 0); n < len(magic) || string(magic[:]) != "PK\x03\x04" {
		return nil
	}
	a, err := openArchive(src)
	if err != nil {
		return nil // Open says what is wrong with it
	}
	described, tables := false, 0
	for name := range a.names {
		switch ext := path.Ext(name); {
		case path.Base(name) == "datapackage.json":
			described = true
		case ext != ".json" && ext != ".txt" && ext != "" && slices.Contains(entryKinds, ext):
			tables++
		}
	}
	if !described || tables < 2 {
		return nil
	}
	return errs.New(errs.Invalid, "tabular.package", errs.Args{"Count": tables, "Code": CodeFormat}).WithHint("tabular.package.hint")
}

// spool copies what r gives to a temporary file, which is gone when closed.
func spool(r io.Reader, dir string) (*spooled, error) {
	f, err := os.CreateTemp(dir, "socle-table-*")
	if err != nil {
		return nil, err
	}
	s := &spooled{File: f}
	if s.size, err = io.Copy(f, r); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

type spooled struct {
	*os.File
	size int64
}

func (s *spooled) Size() int64 { return s.size }

func (s *spooled) Close() error {
	err := s.File.Close()
	if e := os.Remove(s.Name()); err == nil {
		err = e
	}
	return err
}
