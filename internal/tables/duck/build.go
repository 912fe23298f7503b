package duck

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"socle/internal/tables"
	"socle/internal/tabular"
)

const (
	tableFile   = "table.duckdb"
	metaFile    = "meta.json"
	profileFile = "profile.json"
	buildPrefix = "making-"
	// format is the version of all files of a folder; another one is made again.
	format = 2
	// buildRows is how many rows a frame has while a snapshot is made ready.
	buildRows = 2048
)

// meta is what meta.json says.
type meta struct {
	Format  int              `json:"format"`
	Rows    int64            `json:"rows"`
	Columns int              `json:"columns"`
	Files   map[string]int64 `json:"files"` // size of each
	Codes   []codeMeta       `json:"codes"` // columns of codes.bin
}

func (m meta) bytes() int64 {
	n := int64(0)
	for _, size := range m.Files {
		n += size
	}
	return n
}

// readMeta reads and checks the state of a folder; used is when it was last
// opened.
func readMeta(dir string) (m meta, used time.Time, err error) {
	path := filepath.Join(dir, metaFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return m, used, err
	}
	if err := json.Unmarshal(data, &m); err != nil || m.Format != format {
		return m, used, damaged("%s: format %d: %v", path, m.Format, err)
	}
	for name, size := range m.Files {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Size() != size {
			return m, used, damaged("%s is not of %d bytes: %v", name, size, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return m, used, err
	}
	return m, info.ModTime(), nil
}

// build makes the folder of a snapshot beside its place, then puts it there.
func (c *cache) build(t *table, snap tables.Snapshot) error {
	dir, err := os.MkdirTemp(c.e.dir, buildPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := c.fill(c.ctx, dir, snap); err != nil {
		return err
	}
	if _, err := os.Stat(t.dir); err == nil {
		defer os.RemoveAll(c.setAside(t.dir))
	}
	if err := os.Rename(dir, t.dir); err != nil {
		// Another process may have made the same.
		if _, _, ready := readMeta(t.dir); ready == nil {
			return nil
		}
		return err
	}
	return nil
}

func (c *cache) fill(ctx context.Context, dir string, snap tables.Snapshot) error {
	paths := make([]string, len(snap.Parts))
	var releases []func()
	defer func() {
		for _, release := range releases {
			release()
		}
	}()
	for i, p := range snap.Parts {
		path, release, err := p.File(ctx)
		if err != nil {
			return missingPart(err)
		}
		releases = append(releases, release)
		if paths[i], err = filepath.Abs(path); err != nil {
			return err
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	var codes []codeMeta
	g.Go(func() (err error) {
		codes, err = fillStores(gctx, dir, snap, paths, c.e.o)
		return err
	})
	g.Go(func() error { return fillTable(gctx, dir, snap, paths, c.e.o) })
	if err := g.Wait(); err != nil {
		return err
	}
	m := meta{Format: format, Rows: snap.Rows(), Columns: len(snap.Fields), Files: map[string]int64{}, Codes: codes}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return err
		}
		m.Files[entry.Name()] = info.Size()
	}
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, metaFile), data, 0o644)
}

// storeWriter is what the rows go to beside DuckDB.
type storeWriter interface {
	add(*tabular.Frame) error
	close() error
}

// fillStores writes the row store, the texts, the codes and the boxes.
func fillStores(ctx context.Context, dir string, snap tables.Snapshot, paths []string, o Options) (codes []codeMeta, err error) {
	var writers []storeWriter
	var coder *codesWriter
	defer func() {
		for _, w := range writers {
			err = errors.Join(err, w.close())
		}
		if coder != nil {
			codes = coder.done
		}
	}()
	rows, err := newRowWriter(dir, snap.Fields)
	if err != nil {
		return nil, err
	}
	writers = append(writers, rows)
	texts, err := newTextWriter(dir, snap.Fields)
	if err != nil {
		return nil, err
	}
	writers = append(writers, texts)
	if coder, err = newCodesWriter(dir, snap.Fields, o); err != nil {
		return nil, err
	}
	writers = append(writers, coder)
	for j, f := range snap.Fields {
		if f.Geometry == "" {
			continue
		}
		w, err := newGeoWriter(dir, j, f.Geometry)
		if err != nil {
			return nil, err
		}
		writers = append(writers, w)
	}
	for i, path := range paths {
		before := rows.n
		if err := readPart(ctx, path, snap.Fields, func(fr *tabular.Frame) error {
			for _, w := range writers {
				if err := w.add(fr); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return nil, fmt.Errorf("part %d: %w", i, err)
		}
		if n := rows.n - before; n != snap.Parts[i].Rows {
			return nil, fmt.Errorf("part %d has %d rows, not %d", i, n, snap.Parts[i].Rows)
		}
	}
	return nil, nil
}

func readPart(ctx context.Context, path string, fields []tabular.Field, give func(*tabular.Frame) error) error {
	src, err := tabular.OpenFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return missingPart(err)
	}
	if err != nil {
		return err
	}
	defer src.Close()
	p, err := tabular.OpenParquet(src)
	if err != nil {
		return err
	}
	if got := p.Fields(); len(got) != len(fields) {
		return fmt.Errorf("%d columns, not %d", len(got), len(fields))
	}
	for j, f := range p.Fields() {
		if f.Name != fields[j].Name || f.Kind != fields[j].Kind {
			return fmt.Errorf("column %d is %q of kind %d, not %q of kind %d", j+1, f.Name, f.Kind, fields[j].Name, fields[j].Kind)
		}
	}
	return p.Read(ctx, buildRows, give)
}

// fillTable loads the parts into DuckDB, in an instance of its own that ends
// with the work. One thread writes blocks in order and packs them best: two take as much time and twice the disk.
func fillTable(ctx context.Context, dir string, snap tables.Snapshot, paths []string, o Options) (err error) {
	tmp := filepath.Join(dir, "tmp")
	defer os.RemoveAll(tmp)
	db, err := openDuck(ctx, filepath.Join(dir, tableFile), limits{
		threads: 1, memory: o.BuildMemory, temp: o.Temp, tempDir: tmp, folders: []string{dir}, files: paths,
	})
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, db.Close())
	}()
	db.SetMaxOpenConns(1)
	names := make([]string, len(snap.Fields))
	types := make([]string, len(snap.Fields))
	exprs := make([]string, len(snap.Fields))
	for j, f := range snap.Fields {
		names[j] = column(j)
		typ, expr := storage(f)
		types[j] = names[j] + " " + typ
		exprs[j] = fmt.Sprintf(expr, names[j])
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE t ("+strings.Join(types, ", ")+")"); err != nil {
		return err
	}
	for _, path := range paths {
		load := "INSERT INTO t SELECT " + strings.Join(exprs, ", ") + " FROM read_parquet(" + literal(path) + ") AS p(" + strings.Join(names, ", ") + ")"
		if _, err := db.ExecContext(ctx, load); err != nil {
			return fmt.Errorf("loading a part: %w", err)
		}
	}
	var n int64
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM t").Scan(&n); err != nil {
		return err
	}
	if n != snap.Rows() {
		return fmt.Errorf("%d rows in DuckDB, not %d", n, snap.Rows())
	}
	_, err = db.ExecContext(ctx, "CHECKPOINT")
	return err
}

// column is the name in DuckDB of the column at a position.
func column(j int) string { return fmt.Sprintf("c%d", j) }

// storage is the type in DuckDB of a column, and how it is made from that of
// Parquet. Dates and times are the numbers of tabular.Column: no zone of the session can change them.
func storage(f tabular.Field) (typ, expr string) {
	switch f.Kind {
	case tabular.Int:
		return "BIGINT", "%s"
	case tabular.Float:
		return "DOUBLE", "%s"
	case tabular.Bool:
		return "BOOLEAN", "%s"
	case tabular.Date:
		return "INTEGER", "(%s - DATE '1970-01-01')::INTEGER"
	case tabular.Timestamp, tabular.TimeOfDay:
		return "BIGINT", "epoch_us(%s)"
	}
	return "VARCHAR", "%s::VARCHAR"
}
