package tabular

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"path"
	"strings"

	"socle/internal/errs"
	"socle/internal/tabular/sqlitefile"
)

// memoryLimit is the size up to which something unpacked is held in memory, and
// read with random access.
const memoryLimit = 16 << 20

// recognise fills f.
func (f *File) recognise(ctx context.Context, src Source, o Options) error {
	if src.Size() == 0 {
		return fail(errs.Invalid, CodeSource, "tabular.empty", nil)
	}
	magic := make([]byte, min(src.Size(), 4096))
	if err := readFull(src, magic, 0); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return f.openGzip(ctx, src, o)
	case bytes.HasPrefix(magic, []byte("PK\x03\x04")), bytes.HasPrefix(magic, []byte("PK\x05\x06")):
		return f.openZip(ctx, src, o)
	}
	return f.openPlain(ctx, src, magic, o)
}

// openPlain recognises what is not packed.
func (f *File) openPlain(ctx context.Context, src Source, magic []byte, o Options) error {
	switch {
	case bytes.HasPrefix(magic, []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}):
		return f.openXLS(ctx, src, o)
	case bytes.HasPrefix(magic, []byte("PAR1")):
		return f.openParquet(ctx, src, o)
	case bytes.HasPrefix(magic, []byte(sqlitefile.Magic)):
		return f.openGPKG(ctx, src, o)
	case bytes.HasPrefix(magic, []byte("\x00\x00\x27\x0a")):
		return fail(errs.Invalid, CodeFormat, "tabular.shp-alone", nil)
	}
	if name := foreign(magic); name != "" {
		return fail(errs.Invalid, CodeFormat, "tabular.foreign", errs.Args{"Kind": name})
	}
	if isDBF(magic, o) {
		return f.openDBF(ctx, o, func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.NewSectionReader(src, 0, src.Size())), nil
		})
	}
	if p := placesOf(magic); p != nil {
		return f.openPlaces(ctx, p, magic, o, func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.NewSectionReader(src, 0, src.Size())), nil
		})
	}
	if page(magic) {
		return fail(errs.Invalid, CodeFormat, "tabular.page", nil)
	}
	if o.Format == "" || isJSON(o.Format) {
		done, err := f.openJSON(ctx, src, magic, o)
		if done || err != nil {
			return err
		}
	}
	head := make([]byte, min(src.Size(), fixedBytes))
	if err := readFull(src, head, 0); err != nil {
		return err
	}
	if done, err := f.openFixed(ctx, head, src.Size() == int64(len(head)), o, func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(src, 0, src.Size())), nil
	}); done || err != nil {
		return err
	}
	return f.openText(src, o)
}

// foreigners are kinds of files that one sends by mistake, by their first bytes.
var foreigners = []struct{ magic, name string }{
	{"%PDF", "PDF"}, {"\x89PNG", "PNG"}, {"\xff\xd8\xff", "JPEG"}, {"GIF8", "GIF"}, {"II*\x00", "TIFF"}, {"MM\x00*", "TIFF"},
	{"{\\rtf", "RTF"}, {"7z\xbc\xaf\x27\x1c", "7-Zip"}, {"Rar!\x1a", "RAR"}, {"BZh", "bzip2"}, {"\xfd7zXZ", "xz"}, {"\x28\xb5\x2f\xfd", "Zstandard"},
	{"\x7fELF", "ELF"}, {"MZ\x90", "EXE"}, {"OTTO", "OpenType"}, {"ARROW1", "Arrow"},
}

func foreign(magic []byte) string {
	for _, f := range foreigners {
		if bytes.HasPrefix(magic, []byte(f.magic)) {
			return f.name
		}
	}
	return ""
}

// page: an HTML or XML document, often an error page saved in place of the file.
func page(magic []byte) bool {
	head := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(magic, boms[0].mark), " \t\r\n"))
	for _, start := range []string{"<!doctype", "<html", "<?xml", "<head", "<body", "<kml", "<gml", "<rss", "<svg"} {
		if bytes.HasPrefix(head, []byte(start)) {
			return true
		}
	}
	return false
}

// openGzip reads on through a gzip file.
func (f *File) openGzip(ctx context.Context, src Source, o Options) error {
	f.Info.Compression = "gzip"
	o.Name = strings.TrimSuffix(strings.TrimSuffix(o.Name, ".gz"), ".GZ")
	return f.openPacked(ctx, o, func(context.Context) (io.ReadCloser, error) {
		z, err := gzip.NewReader(io.NewSectionReader(src, 0, src.Size()))
		if err != nil {
			return nil, truncated(err)
		}
		return readCloser{&guarded{r: z, name: path.Base(o.Name), packed: src.Size()}, z}, nil
	})
}

// openZip recognises workbooks, which are archives, and tables in plain archives.
func (f *File) openZip(ctx context.Context, src Source, o Options) error {
	a, err := openArchive(src)
	if err != nil {
		return err
	}
	switch {
	case a.has("xl/workbook.xml"), a.has("_rels/.rels") && a.has("[Content_Types].xml"):
		if a.has("word/document.xml") || a.has("ppt/presentation.xml") {
			return fail(errs.Invalid, CodeFormat, "tabular.foreign", errs.Args{"Kind": "Office"})
		}
		w, err := openXLSX(a)
		if err != nil {
			return err
		}
		return f.openWorkbook(ctx, w, "xlsx", o)
	case a.has("content.xml") && a.has("mimetype"), a.has("content.xml") && a.has("meta.xml"):
		w, err := openODS(a)
		if err != nil {
			return err
		}
		return f.openWorkbook(ctx, w, "ods", o)
	}
	if a.has("doc.kml") {
		err := f.openPacked(ctx, o, func(context.Context) (io.ReadCloser, error) { return a.open("doc.kml") })
		if f.Info.Format == "kml" {
			f.Info.Format = "kmz"
		}
		return err
	}
	if layers := a.shapefiles(); len(layers) > 0 && (o.Format == "" || o.Format == "shp") {
		return f.openShapefile(ctx, layers, o)
	}
	entry, err := a.best()
	if err != nil {
		return err
	}
	f.Info.Compression = "zip"
	o.Name = path.Base(entry.Name)
	return f.openPacked(ctx, o, func(context.Context) (io.ReadCloser, error) { return openEntry(entry) })
}

// openPacked reads what is in a packed file: held in memory when it is small, as
// a stream when it is text, from a temporary file otherwise.
func (f *File) openPacked(ctx context.Context, o Options, again func(context.Context) (io.ReadCloser, error)) error {
	r, err := again(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, memoryLimit+1))
	if err != nil {
		return truncated(err)
	}
	magic := head[:min(len(head), 4096)]
	if len(head) <= memoryLimit {
		if len(head) == 0 {
			return fail(errs.Invalid, CodeSource, "tabular.empty", nil)
		}
		return f.openUnpacked(ctx, Bytes(head), magic, o)
	}
	if bytes.HasPrefix(magic, []byte("PK\x03\x04")) || bytes.HasPrefix(magic, []byte{0xD0, 0xCF, 0x11, 0xE0}) || bytes.HasPrefix(magic, []byte("PAR1")) || bytes.HasPrefix(magic, []byte(sqlitefile.Magic)) {
		tmp, err := spool(io.MultiReader(bytes.NewReader(head), r), o.TempDir)
		if err != nil {
			return truncated(err)
		}
		f.closers = append(f.closers, tmp)
		return f.openUnpacked(ctx, tmp, magic, o)
	}
	if name := foreign(magic); name != "" {
		return fail(errs.Invalid, CodeFormat, "tabular.foreign", errs.Args{"Kind": name})
	}
	if isDBF(magic, o) {
		return f.openDBF(ctx, o, again)
	}
	if p := placesOf(magic); p != nil {
		return f.openPlaces(ctx, p, magic, o, again)
	}
	if page(magic) {
		return fail(errs.Invalid, CodeFormat, "tabular.page", nil)
	}
	if o.Format == "" || isJSON(o.Format) {
		if done, err := f.readJSON(ctx, magic, o, again); done || err != nil {
			return err
		}
	}
	if done, err := f.openFixed(ctx, head[:fixedBytes], false, o, again); done || err != nil {
		return err
	}
	t, err := newText([][]byte{head[:maxHead], head[len(head)-maxTail:]}, false, o)
	if err != nil {
		return err
	}
	return f.readText(t, o, again)
}

// openUnpacked recognises what was packed; an archive in it is a workbook.
func (f *File) openUnpacked(ctx context.Context, src Source, magic []byte, o Options) error {
	if bytes.HasPrefix(magic, []byte("PK\x03\x04")) {
		a, err := openArchive(src)
		if err != nil {
			return err
		}
		if !a.has("[Content_Types].xml") && !a.has("content.xml") && !a.has("doc.kml") {
			return fail(errs.Invalid, CodeFormat, "tabular.nested", nil)
		}
		packed := f.Info.Compression
		defer func() { f.Info.Compression = packed }()
		return f.openZip(ctx, src, o)
	}
	return f.openPlain(ctx, src, magic, o)
}
