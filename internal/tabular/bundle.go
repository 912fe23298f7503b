package tabular

import (
	"context"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"socle/internal/errs"
)

// bundleName is the descriptor of a data package.
const bundleName = "datapackage.json"

// Bundle is a zip file that holds a data package: a descriptor, and the files that
// it names, beside it or below. What is unpacked is kept in temporary files until
// Close.
type Bundle struct {
	archive *archive
	dir     string // of the descriptor, in the archive
	temp    string
	left    int64 // bytes that may still be unpacked
	files   map[string]string
}

// OpenBundle tells whether src is a data package in a zip file, and opens it.
// temp is the folder of temporary files; most bounds the bytes unpacked in all.
// src is read until Close.
func OpenBundle(src Source, temp string, most int64) (b *Bundle, ok bool) {
	var magic [4]byte
	if n, _ := src.ReadAt(magic[:], 0); n < len(magic) || string(magic[:]) != "PK\x03\x04" {
		return nil, false
	}
	a, err := openArchive(src)
	if err != nil {
		return nil, false // Open says what is wrong with it
	}
	best := ""
	for name := range a.names {
		if path.Base(name) == bundleName && (best == "" || strings.Count(name, "/") < strings.Count(best, "/")) {
			best = name
		}
	}
	if best == "" {
		return nil, false
	}
	return &Bundle{archive: a, dir: path.Dir(best), temp: temp, left: most, files: map[string]string{}}, true
}

// Descriptor is the text of the descriptor, of so many bytes at most.
func (b *Bundle) Descriptor(most int64) ([]byte, error) { return b.Text(bundleName, most) }

// Text is a small file of the package. Kinds: NotFound, Invalid (the path leaves the
// package; the archive is damaged), TooLarge.
func (b *Bundle) Text(name string, most int64) ([]byte, error) {
	r, err := b.entry(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, bomb(name)
	}
	return data, nil
}

func (b *Bundle) entry(name string) (io.ReadCloser, error) {
	if path.IsAbs(name) || !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, errs.New(errs.Invalid, "package.outside", errs.Args{"Path": name}).WithHint("package.outside.hint")
	}
	inside := path.Join(b.dir, name)
	if !b.archive.has(inside) {
		return nil, errs.New(errs.NotFound, "package.missing", errs.Args{"Path": name}).WithHint("package.missing.hint")
	}
	return b.archive.open(inside)
}

// Open opens a table of the package. Kinds: as Text, and those of Open.
func (b *Bundle) Open(ctx context.Context, name string, o Options) (*File, error) {
	file, err := b.unpacked(name)
	if err != nil {
		return nil, err
	}
	src, err := OpenFile(file)
	if err != nil {
		return nil, err
	}
	o.Name = path.Base(name)
	f, err := Open(ctx, src, o)
	if err != nil {
		return nil, errors.Join(err, src.Close())
	}
	f.Own(src)
	return f, nil
}

// unpacked is the temporary file of an entry, made once.
func (b *Bundle) unpacked(name string) (string, error) {
	if file, ok := b.files[name]; ok {
		return file, nil
	}
	r, err := b.entry(name)
	if err != nil {
		return "", err
	}
	defer r.Close()
	f, err := os.CreateTemp(b.temp, "socle-table-*")
	if err != nil {
		return "", err
	}
	b.files[name] = f.Name()
	n, err := io.Copy(f, io.LimitReader(r, b.left+1))
	if b.left -= n; err == nil && b.left < 0 {
		err = bomb(name)
	}
	return f.Name(), errors.Join(err, f.Close())
}

// Close removes the temporary files.
func (b *Bundle) Close() (err error) {
	for _, file := range b.files {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}
