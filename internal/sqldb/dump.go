package sqldb

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"socle/internal/errs"
)

// A dump is lines of JSON. The first is a dumpHead. A line that is an object
// begins a table or a part, or ends the dump; a line that is an array is a row
// of the table, or one value of the part. Bytes are base64, instants are the
// microseconds of the database.
type dumpHead struct {
	Format     string  `json:"format"` // dumpFormat
	Migrations []int64 `json:"migrations"`
}

type dumpMark struct {
	Table   string   `json:"table,omitempty"`
	Columns []string `json:"columns,omitempty"`
	Part    string   `json:"part,omitempty"`
	End     bool     `json:"end,omitempty"`
	Rows    int64    `json:"rows,omitempty"` // of the whole dump, at its end
}

const (
	dumpFormat   = "socle-dump-1"
	versionTable = "schema_version" // of goose
	foreignTable = "river_"         // prefix of tables that a Part carries
)

// Part is what a package carries in a dump beside its plain tables.
type Part struct {
	Name string
	// Dump gives each value, to be written as JSON.
	Dump func(ctx context.Context, tx *Tx, emit func(v any) error) error
	// Load takes one value back.
	Load func(ctx context.Context, tx *Tx, value json.RawMessage) error
}

// Dump writes everything that Load needs to make the same database again, on
// either engine, as it is at one instant; the database goes on meanwhile.
func (db *DB) Dump(ctx context.Context, w io.Writer, parts ...Part) (err error) {
	defer errs.Wrap(&err, "sqldb.Dump")
	out := bufio.NewWriterSize(w, 1<<16)
	err = db.Read(ctx, func(tx *Tx) error {
		d := dumper{tx: tx, json: json.NewEncoder(out)}
		d.json.SetEscapeHTML(false)
		return d.all(ctx, parts)
	})
	if err != nil {
		return err
	}
	return mapOpenError(out.Flush())
}

type dumper struct {
	tx   *Tx
	json *json.Encoder
	rows int64
}

func (d *dumper) all(ctx context.Context, parts []Part) error {
	applied, err := d.tx.appliedMigrations(ctx)
	if err != nil {
		return err
	}
	if err := d.json.Encode(dumpHead{Format: dumpFormat, Migrations: applied}); err != nil {
		return err
	}
	tables, err := d.tx.tables(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := d.table(ctx, t); err != nil {
			return fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	for _, p := range parts {
		if err := d.json.Encode(dumpMark{Part: p.Name}); err != nil {
			return err
		}
		err := p.Dump(ctx, d.tx, func(v any) error {
			d.rows++
			return d.json.Encode([]any{v})
		})
		if err != nil {
			return fmt.Errorf("part %s: %w", p.Name, err)
		}
	}
	return d.json.Encode(dumpMark{End: true, Rows: d.rows})
}

func (d *dumper) table(ctx context.Context, t table) error {
	if err := d.json.Encode(dumpMark{Table: t.name, Columns: t.names()}); err != nil {
		return err
	}
	rows, err := d.tx.Query(ctx, "SELECT "+quoteAll(t.names())+" FROM "+quote(t.name))
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make([]any, len(t.columns))
	targets := make([]any, len(t.columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok && b == nil {
				values[i] = []byte{} // empty, not NULL
			}
		}
		d.rows++
		if err := d.json.Encode(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// table is a table of the database with its columns, generated ones aside.
type table struct {
	name    string
	columns []column
}

type column struct {
	name     string
	kind     columnKind
	identity bool // PostgreSQL: numbered by a sequence
}

type columnKind int

const (
	textColumn columnKind = iota
	integerColumn
	realColumn
	boolColumn
	bytesColumn
)

var columnKinds = map[string]columnKind{
	"text": textColumn, "integer": integerColumn, "bigint": integerColumn, "smallint": integerColumn, "int": integerColumn,
	"real": realColumn, "double precision": realColumn, "boolean": boolColumn, "bytea": bytesColumn, "blob": bytesColumn,
}

func (t table) names() []string {
	out := make([]string, len(t.columns))
	for i, c := range t.columns {
		out[i] = c.name
	}
	return out
}

// quote makes an identifier safe; names come from the database's own catalogue.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteAll(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return strings.Join(out, ", ")
}

const sqliteTables = `SELECT m.name, c.name, lower(c.type), FALSE FROM sqlite_master m JOIN pragma_table_info(m.name) c
	WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name, c.cid`

const postgresTables = `SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), a.attidentity <> '' FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
	WHERE c.relkind = 'r' ORDER BY c.relname::text COLLATE "C", a.attnum`

// tables lists the tables that a dump holds, by name.
func (tx *Tx) tables(ctx context.Context) ([]table, error) {
	query := sqliteTables
	if tx.db.engine == PostgreSQL {
		query = postgresTables
	}
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []table
	for rows.Next() {
		var name, kind string
		var c column
		if err := rows.Scan(&name, &c.name, &kind, &c.identity); err != nil {
			return nil, err
		}
		if name == versionTable || strings.HasPrefix(name, foreignTable) {
			continue
		}
		var known bool
		if c.kind, known = columnKinds[kind]; !known {
			return nil, fmt.Errorf("column %s.%s: a dump cannot hold the type %s", name, c.name, kind)
		}
		if n := len(list); n == 0 || list[n-1].name != name {
			list = append(list, table{name: name})
		}
		last := &list[len(list)-1]
		last.columns = append(last.columns, c)
	}
	return list, rows.Err()
}

// appliedMigrations returns the numbers of the migrations in the database.
func (tx *Tx) appliedMigrations(ctx context.Context) ([]int64, error) {
	list := []int64{}
	rows, err := tx.Query(ctx, "SELECT DISTINCT version_id FROM "+versionTable+" WHERE is_applied AND version_id > 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	slices.Sort(list)
	return list, rows.Err()
}
