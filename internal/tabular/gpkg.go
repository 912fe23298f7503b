package tabular

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"socle/internal/errs"
	"socle/internal/geo"
	"socle/internal/tabular/sqlitefile"
)

// A GeoPackage (OGC 12-128r19) is an SQLite file whose table gpkg_contents lists
// those to read; geometries are blobs of a header and well-known binary.

// gpkgTable is a table to read.
type gpkgTable struct {
	*sqlitefile.Table
	shape   int // column of the geometry, -1 without
	srs     int64
	heights bool
	shown   []int // columns that become cells, without key and geometry
	labels  []string
	faults  []Fault
}

// openGPKG reads a table of a GeoPackage.
func (f *File) openGPKG(ctx context.Context, src Source, o Options) error {
	db, err := sqlitefile.Open(src, src.Size())
	if err != nil {
		return gpkgError(err, 1)
	}
	tables, layers, err := gpkgTables(db)
	if err != nil {
		return err
	}
	i, err := f.chooseLayer(layers, o.Sheet)
	if err != nil {
		return err
	}
	t := tables[i]
	f.Info.Format, f.Info.Encoding = "gpkg", "utf-8"
	f.Faults = t.faults
	f.setFeatures(t.labels, t.shape >= 0)
	crs := geo.WGS84()
	if t.shape >= 0 {
		if crs, err = gpkgCRS(ctx, db, t, o); err != nil {
			return err
		}
		f.tellCRS(crs)
		f.Info.Heights = t.heights
	}
	f.openRows(func(context.Context) (rowReader, error) {
		return &gpkgRows{located: located{crs: crs}, rows: db.Rows(t.Table), table: t}, nil
	})
	return nil
}

// gpkgError makes messages of the errors of the file.
func gpkgError(err error, row int) error {
	switch {
	case errors.Is(err, sqlitefile.ErrTooLarge):
		return tooLongRecord(row)
	case errors.Is(err, sqlitefile.ErrDamaged), errors.Is(err, sqlitefile.ErrUnsupported):
		return fail(errs.Invalid, CodeSource, "tabular.damaged", nil).Because(err)
	}
	return err
}

const maxTables = 10_000 // listed in a GeoPackage

// gpkgEach calls do for the rows of a table of the standard, by the names of columns.
func gpkgEach(db *sqlitefile.Database, table string, names []string, do func(v []sqlitefile.Value)) (found bool, err error) {
	t, ok := db.Table(table)
	if !ok {
		return false, nil
	}
	at := make([]int, len(names))
	for i, n := range names {
		if at[i] = t.Column(n); at[i] < 0 {
			return false, fail(errs.Invalid, CodeSource, "tabular.damaged", nil).Because(fmt.Errorf("%s has no column %s", table, n))
		}
	}
	rows := db.Rows(t)
	out := make([]sqlitefile.Value, len(names))
	for n := 0; n < maxTables; n++ {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return true, gpkgError(err, n+1)
		}
		for i, k := range at {
			out[i] = row[k]
		}
		do(out)
	}
	return true, nil
}

// gpkgTables lists the tables of features, then those of attributes.
func gpkgTables(db *sqlitefile.Database) (tables []gpkgTable, layers []layer, err error) {
	counts := map[string]int64{} // as GDAL keeps them
	if t, ok := db.Table("gpkg_ogr_contents"); ok && t.Column("feature_count") >= 0 && t.Column("table_name") >= 0 {
		_, _ = gpkgEach(db, t.Name, []string{"table_name", "feature_count"}, func(v []sqlitefile.Value) { counts[strings.ToLower(string(v[0].Bytes))] = v[1].Int })
	}
	var features, attributes []gpkgTable
	found, err := gpkgEach(db, "gpkg_contents", []string{"table_name", "data_type"}, func(v []sqlitefile.Value) {
		t, ok := db.Table(string(v[0].Bytes))
		if !ok {
			return
		}
		switch g := (gpkgTable{Table: t, shape: -1}); strings.ToLower(string(v[1].Bytes)) {
		case "features":
			features = append(features, g)
		case "attributes", "aspatial":
			attributes = append(attributes, g)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	if !found {
		return nil, nil, fail(errs.Invalid, CodeFormat, "tabular.sqlite", nil)
	}
	asked := []string{"table_name", "column_name", "srs_id", "srs_id"}
	if t, ok := db.Table("gpkg_geometry_columns"); ok && t.Column("z") >= 0 { // some write none
		asked[3] = "z"
	}
	_, err = gpkgEach(db, "gpkg_geometry_columns", asked, func(v []sqlitefile.Value) {
		for i := range features {
			if strings.EqualFold(features[i].Name, string(v[0].Bytes)) {
				features[i].shape, features[i].srs = features[i].Column(string(v[1].Bytes)), v[2].Int
				features[i].heights = asked[3] == "z" && v[3].Int == 1
			}
		}
	})
	if err != nil {
		return nil, nil, err
	}
	for _, t := range append(features, attributes...) {
		t.show()
		size := counts[strings.ToLower(t.Name)] + 1
		if t.shape < 0 {
			size = 0
		}
		tables, layers = append(tables, t), append(layers, layer{t.Name, size})
	}
	if len(tables) == 0 {
		return nil, nil, fail(errs.Invalid, CodeFormat, "tabular.gpkg-empty", nil)
	}
	return tables, layers, nil
}

// show chooses the columns that become cells. The number of the row is left out
// when its name says that it is only that.
func (t *gpkgTable) show() {
	for i, c := range t.Columns {
		if i == t.shape || i == t.Key && (strings.EqualFold(c.Name, "fid") || strings.EqualFold(c.Name, "ogc_fid")) {
			continue
		}
		t.shown, t.labels = append(t.shown, i), append(t.labels, c.Name)
		if strings.HasPrefix(strings.ToUpper(c.Type), "BLOB") {
			t.faults = append(t.faults, Fault{Column: len(t.shown), Code: CodeSource, Key: "tabular.fault.blob", Args: map[string]any{"Column": c.Name}})
		}
	}
}

// gpkgCRS finds the reference system of a table.
func gpkgCRS(ctx context.Context, db *sqlitefile.Database, t gpkgTable, o Options) (*geo.CRS, error) {
	var crs *geo.CRS
	definition := ""
	_, err := gpkgEach(db, "gpkg_spatial_ref_sys", []string{"srs_id", "organization", "organization_coordsys_id", "definition"}, func(v []sqlitefile.Value) {
		if v[0].Int != t.srs {
			return
		}
		definition = string(v[3].Bytes)
		if c, ok := geo.Named(string(v[1].Bytes) + ":" + strconv.FormatInt(v[2].Int, 10)); ok {
			crs = c
		}
	})
	if err != nil || crs != nil && o.CRS == "" {
		return crs, err
	}
	if t.srs <= 0 || strings.EqualFold(strings.TrimSpace(definition), "undefined") {
		definition = ""
	}
	corners, err := gpkgCorners(ctx, db, t)
	if err != nil {
		return nil, err
	}
	return crsOf(definition, o.CRS, corners, t.Name)
}

// gpkgCorners are those of the first geometries.
func gpkgCorners(ctx context.Context, db *sqlitefile.Database, t gpkgTable) (corners []orb.Point, err error) {
	rows := db.Rows(t.Table)
	for range 200 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, gpkgError(err, 1)
		}
		if g, err := parseGPKG(row[t.shape]); err == nil {
			b := g.Bound()
			corners = append(corners, b.Min, b.Max)
		}
	}
	return corners, nil
}

// parseGPKG reads a geometry (section 2.1.3). Errors: geo.ErrGeometry, geo.ErrEmpty.
func parseGPKG(v sqlitefile.Value) (orb.Geometry, error) {
	if v.Kind == sqlitefile.Null {
		return nil, geo.ErrEmpty
	}
	b := v.Bytes
	if v.Kind != sqlitefile.Blob || len(b) < 8 || b[0] != 'G' || b[1] != 'P' {
		return nil, geo.ErrGeometry
	}
	flags := b[3]
	sizes := [8]int{0, 32, 48, 48, 64, -1, -1, -1}
	envelope := sizes[flags>>1&7]
	if envelope < 0 || len(b) < 8+envelope || flags&0x20 != 0 {
		return nil, geo.ErrGeometry
	}
	if flags&0x10 != 0 {
		return nil, geo.ErrEmpty
	}
	return geo.ParseWKB(b[8+envelope:])
}

// gpkgRows reads the rows of a table.
type gpkgRows struct {
	located
	rows  *sqlitefile.Rows
	table gpkgTable
	text  []byte
}

func (r *gpkgRows) next(b *Batch) (int, error) {
	row, err := r.rows.Next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		return 0, gpkgError(err, r.row+1)
	}
	r.row++
	for _, i := range r.table.shown {
		var key string
		r.text, key = appendSQLite(r.text[:0], row[i], r.table.Columns[i].Type)
		b.add(r.text)
		if key != "" {
			b.fault(Fault{Column: len(b.cells), Code: CodeEncoding, Key: key, Args: map[string]any{"Encoding": "utf-8"}})
		}
	}
	if r.table.shape >= 0 {
		g, err := parseGPKG(row[r.table.shape])
		r.text = r.addGeometry(b, r.text, g, err)
	}
	return r.row, nil
}

func (r *gpkgRows) close() error { return nil }

// appendSQLite appends a value as a cell, by the type of its column.
func appendSQLite(to []byte, v sqlitefile.Value, typ string) ([]byte, string) {
	switch v.Kind {
	case sqlitefile.Int:
		if strings.EqualFold(typ, "BOOLEAN") {
			return strconv.AppendBool(to, v.Int != 0), ""
		}
		return strconv.AppendInt(to, v.Int, 10), ""
	case sqlitefile.Float:
		return appendFloat(to, v.Float), ""
	case sqlitefile.Text:
		text := v.Bytes
		if strings.EqualFold(typ, "DATETIME") {
			text = bytes.Replace(text, []byte(".000Z"), []byte("Z"), 1)
		}
		return repairUTF8(to, text)
	}
	return to, ""
}

// appendGPKG appends a geometry as a blob, in degrees of WGS 84, with its box.
func appendGPKG(to []byte, g orb.Geometry) []byte {
	le := binary.LittleEndian
	_, point := g.(orb.Point)
	flags := byte(1) // little end first
	if !point {
		flags |= 1 << 1
	}
	to = le.AppendUint32(append(to, 'G', 'P', 0, flags), srsWGS84)
	if !point {
		to = appendBox(to, g.Bound())
	}
	return geo.AppendWKB(to, g)
}
