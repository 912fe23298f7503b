package tabular

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"socle/internal/errs"
	"socle/internal/geo"
	"socle/internal/tabular/sqlitefile"
)

const (
	srsWGS84       = 4326
	gpkgID         = 0x47504B47 // "GPKG"
	gpkgVersion    = 10300
	maxGPKGColumns = 1900 // SQLite is built for 2,000
)

// gpkgWriter writes a GeoPackage of one table: features, or attributes when the
// rows have no places. It begins with what is known at its end, so it waits in a file.
type gpkgWriter struct {
	w       io.Writer
	file    *os.File
	db      *sqlitefile.Writer
	table   string
	title   string
	changed time.Time
	place   place
	from    []int
	geom    string
	rows    int64
	kind    string // of all geometries so far
	bound   orb.Bound
	values  []sqlitefile.Value
	scratch []byte
}

// newGPKGWriter refuses more columns than readers take.
func newGPKGWriter(w io.Writer, fields []Field, o WriteOptions) (*gpkgWriter, error) {
	if len(fields) > maxGPKGColumns {
		return nil, fail(errs.TooLarge, CodeFormat, "tabular.gpkg-columns", errs.Args{"Count": len(fields), "Limit": maxGPKGColumns})
	}
	g := &gpkgWriter{w: w, table: fileStem(o.Sheet), title: o.Sheet, place: placeIn(fields), changed: o.Changed}
	if g.changed.IsZero() {
		g.changed = time.Unix(0, 0) // the same rows make the same file
	}
	if g.title == "" {
		g.title = g.table
	}
	taken := map[string]bool{}
	names := make([]string, len(fields))
	for j, f := range fields {
		names[j] = gpkgName(f.Name, j, taken)
	}
	key := "fid" // one of the names that readers leave out
	if taken[key] {
		key = "ogc_fid"
	}
	key = gpkgName(key, 0, taken)
	columns := []string{quoteSQL(key) + " INTEGER PRIMARY KEY NOT NULL"}
	if g.place.known() {
		g.geom = gpkgName("geom", 0, taken)
		columns = append(columns, quoteSQL(g.geom)+" GEOMETRY")
	}
	for j, f := range fields {
		if f.Geometry != "" && j == g.place.shape {
			continue
		}
		g.from = append(g.from, j)
		columns = append(columns, quoteSQL(names[j])+" "+gpkgType(f))
	}
	var err error
	if g.file, err = waiting(o.TempDir); err != nil {
		return nil, err
	}
	if g.db, err = sqlitefile.Create(g.file); err != nil {
		return nil, errors.Join(err, g.file.Close())
	}
	g.db.Begin(g.table, fmt.Sprintf("CREATE TABLE %s (%s)", quoteSQL(g.table), strings.Join(columns, ", ")))
	return g, nil
}

// gpkgName makes a name of a column that is not taken yet, in any case.
func gpkgName(name string, j int, taken map[string]bool) string {
	name = strings.ReplaceAll(strings.ToValidUTF8(name, "_"), "\x00", "")
	if name == "" {
		name = fmt.Sprintf("colonne_%d", j+1)
	}
	for n, base := 2, name; taken[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s_%d", base, n)
	}
	taken[strings.ToLower(name)] = true
	return name
}

func quoteSQL(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// gpkgType is the type of a column (section 1.1.1.1.3, table 1).
func gpkgType(f Field) string {
	switch f.Kind {
	case Int:
		return "INTEGER"
	case Float:
		return "DOUBLE"
	case Bool:
		return "BOOLEAN"
	case Date:
		return "DATE"
	case Timestamp:
		if !f.Local { // the type is of instants
			return "DATETIME"
		}
	}
	return "TEXT"
}

func (g *gpkgWriter) Write(fr *Frame) error {
	for i := range fr.Rows {
		g.rows++
		g.values = append(g.values[:0], sqlitefile.Value{})
		g.scratch = g.scratch[:0]
		if g.geom != "" {
			g.values = append(g.values, g.geometry(g.place.of(fr, i)))
		}
		for _, j := range g.from {
			g.values = append(g.values, g.value(&fr.Fields[j], &fr.Columns[j], i))
		}
		if err := g.db.Insert(g.rows, g.values); err != nil {
			return err
		}
	}
	return nil
}

// geometry is the value of a place, and widens what the file says of all.
func (g *gpkgWriter) geometry(p orb.Geometry) sqlitefile.Value {
	if p == nil {
		return sqlitefile.Value{}
	}
	name := strings.ToUpper(p.GeoJSONType())
	switch {
	case g.kind == "":
		g.kind, g.bound = name, p.Bound()
	case g.kind != name:
		g.kind = "GEOMETRY"
	}
	g.bound = g.bound.Union(p.Bound())
	start := len(g.scratch)
	g.scratch = appendGPKG(g.scratch, p)
	return sqlitefile.Value{Kind: sqlitefile.Blob, Bytes: g.scratch[start:]}
}

func (g *gpkgWriter) value(f *Field, c *Column, i int) sqlitefile.Value {
	if c.Null[i] {
		return sqlitefile.Value{}
	}
	switch f.Kind {
	case Int, Bool:
		return sqlitefile.Value{Kind: sqlitefile.Int, Int: c.Int64[i]}
	case Float:
		if v := c.Float64[i]; !math.IsNaN(v) {
			return sqlitefile.Value{Kind: sqlitefile.Float, Float: v}
		}
		return sqlitefile.Value{}
	}
	start := len(g.scratch)
	if f.Kind == Timestamp && !f.Local {
		g.scratch = Instant(c.Int64[i]).AppendFormat(g.scratch, "2006-01-02T15:04:05.000Z")
	} else {
		g.scratch = append(g.scratch, bytes.ToValidUTF8(appendText(nil, f, c, i), []byte("\uFFFD"))...)
	}
	return sqlitefile.Value{Kind: sqlitefile.Text, Bytes: g.scratch[start:]}
}

// Close writes the tables of the standard (annex C) and the file.
func (g *gpkgWriter) Close() error {
	err := g.db.End()
	if err == nil {
		err = g.contents()
	}
	if err == nil && g.geom != "" {
		err = g.geometryColumns()
	}
	if err == nil {
		err = g.systems()
	}
	if err == nil {
		err = g.db.Close(gpkgID, gpkgVersion)
	}
	if err == nil {
		_, err = g.file.Seek(0, io.SeekStart)
	}
	if err == nil {
		_, err = io.Copy(g.w, g.file)
	}
	return errors.Join(err, g.file.Close())
}

func sqliteText(s string) sqlitefile.Value {
	return sqlitefile.Value{Kind: sqlitefile.Text, Bytes: []byte(s)}
}

func sqliteInt(n int64) sqlitefile.Value { return sqlitefile.Value{Kind: sqlitefile.Int, Int: n} }

func (g *gpkgWriter) contents() error {
	g.db.Begin("gpkg_contents", `CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER, CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))`)
	title := g.title
	if len(title) > sqlitefile.MaxKey {
		title = g.table
	}
	row := make([]sqlitefile.Value, 10)
	row[0], row[1], row[2], row[3] = sqliteText(g.table), sqliteText("attributes"), sqliteText(title), sqliteText("")
	row[4] = sqliteText(g.changed.UTC().Format("2006-01-02T15:04:05.000Z"))
	if g.geom != "" {
		row[1], row[9] = sqliteText("features"), sqliteInt(srsWGS84)
		if g.kind != "" {
			for i, v := range []float64{g.bound.Min[0], g.bound.Min[1], g.bound.Max[0], g.bound.Max[1]} {
				row[5+i] = sqlitefile.Value{Kind: sqlitefile.Float, Float: v}
			}
		}
	}
	if err := errors.Join(g.db.Insert(1, row), g.db.End()); err != nil {
		return err
	}
	return errors.Join(
		g.db.Index("sqlite_autoindex_gpkg_contents_1", "gpkg_contents", []sqlitefile.Value{row[0], sqliteInt(1)}),
		g.db.Index("sqlite_autoindex_gpkg_contents_2", "gpkg_contents", []sqlitefile.Value{row[2], sqliteInt(1)}))
}

func (g *gpkgWriter) geometryColumns() error {
	kind := g.kind
	if kind == "" || kind == "GEOMETRYCOLLECTION" {
		kind = "GEOMETRY"
	}
	g.db.Begin("gpkg_geometry_columns", `CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name), CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name), CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))`)
	row := []sqlitefile.Value{sqliteText(g.table), sqliteText(g.geom), sqliteText(kind), sqliteInt(srsWGS84), sqliteInt(0), sqliteInt(0)}
	if err := errors.Join(g.db.Insert(1, row), g.db.End()); err != nil {
		return err
	}
	return errors.Join(
		g.db.Index("sqlite_autoindex_gpkg_geometry_columns_1", "gpkg_geometry_columns", []sqlitefile.Value{row[0], row[1], sqliteInt(1)}),
		g.db.Index("sqlite_autoindex_gpkg_geometry_columns_2", "gpkg_geometry_columns", []sqlitefile.Value{row[0], sqliteInt(1)}))
}

func (g *gpkgWriter) systems() error {
	g.db.Begin("gpkg_spatial_ref_sys", `CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)`)
	for _, s := range []struct {
		id                             int64
		name, organization, definition string
	}{
		{-1, "Undefined cartesian SRS", "NONE", "undefined"},
		{0, "Undefined geographic SRS", "NONE", "undefined"},
		{srsWGS84, "WGS 84 geodetic", "EPSG", geo.WGS84WKT},
	} {
		row := []sqlitefile.Value{sqliteText(s.name), {}, sqliteText(s.organization), sqliteInt(s.id), sqliteText(s.definition), {}}
		if err := g.db.Insert(s.id, row); err != nil {
			return err
		}
	}
	return g.db.End()
}

// appendBox appends the corners of a box: west, east, south, north.
func appendBox(to []byte, b orb.Bound) []byte {
	for _, v := range []float64{b.Min[0], b.Max[0], b.Min[1], b.Max[1]} {
		to = binary.LittleEndian.AppendUint64(to, math.Float64bits(v))
	}
	return to
}
