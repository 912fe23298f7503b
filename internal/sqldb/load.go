package sqldb

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"socle/internal/errs"
)

// maxDumpLine bounds one row of a dump.
const maxDumpLine = 256 << 20

// Load makes the database that a dump was written from, and brings it to the
// version of this program. The database must have no tables yet (those of a
// Part aside, which must be there); when Load fails it has none again.
// Kinds: Invalid (not a dump, cut short, from a newer program), Conflict (not
// empty), Busy.
func (db *DB) Load(ctx context.Context, r io.Reader, parts ...Part) (err error) {
	defer errs.Wrap(&err, "sqldb.Load")
	l := loader{db: db, parts: parts, lines: bufio.NewScanner(r)}
	l.lines.Buffer(make([]byte, 1<<16), maxDumpLine)
	var head dumpHead
	if err := l.next(&head); err != nil {
		return err
	}
	if head.Format != dumpFormat {
		return badDump(fmt.Errorf("format %q", head.Format))
	}
	if err := db.mustBeEmpty(ctx); err != nil {
		return err
	}
	err = db.migrateTo(ctx, head.Migrations)
	if err == nil {
		err = db.Write(ctx, func(tx *Tx) error { return l.load(ctx, tx) })
	}
	if err != nil {
		if e := db.dropAll(ctx); e != nil {
			db.log.ErrorContext(ctx, "a failed load left tables behind", "cause", e)
		}
		return err
	}
	return db.Migrate(ctx)
}

func badDump(err error) error {
	return errs.New(errs.Invalid, "sqldb.dump").WithHint("sqldb.dump.hint").Because(err)
}

// Empty reports whether the database has no table yet.
func (db *DB) Empty(ctx context.Context) (empty bool, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		list, err := tx.tables(ctx)
		empty = len(list) == 0
		return err
	})
	return empty, err
}

func (db *DB) mustBeEmpty(ctx context.Context) error {
	empty, err := db.Empty(ctx)
	if err != nil || empty {
		return err
	}
	return errs.New(errs.Conflict, "sqldb.dump.not-empty").WithHint("sqldb.dump.not-empty.hint")
}

// loader reads a dump line by line. Its transaction runs once: the lines
// cannot be read again.
type loader struct {
	db    *DB
	parts []Part
	lines *bufio.Scanner
	begun bool
}

// next decodes the next line, which must be there.
func (l *loader) next(v any) error {
	if !l.lines.Scan() {
		if err := l.lines.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
			return err // of the reader
		}
		return badDump(errors.Join(io.ErrUnexpectedEOF, l.lines.Err()))
	}
	if err := json.Unmarshal(l.lines.Bytes(), v); err != nil {
		return badDump(err)
	}
	return nil
}

func (l *loader) load(ctx context.Context, tx *Tx) error {
	if l.begun {
		return errors.New("another client writes to the database that is being restored")
	}
	l.begun = true
	list, err := tx.tables(ctx)
	if err != nil {
		return err
	}
	tables := map[string]table{}
	for _, t := range list {
		tables[t.name] = t
		// What a migration put there comes with the dump.
		if _, err := tx.Exec(ctx, "DELETE FROM "+quote(t.name)); err != nil {
			return err
		}
	}
	restore, err := tx.suspendForeignKeys(ctx)
	if err != nil {
		return err
	}
	if err := l.body(ctx, tx, tables); err != nil {
		return err
	}
	if err := restore(); err != nil {
		return err
	}
	return tx.restartSequences(ctx, list)
}

// body reads tables and parts up to the end mark.
func (l *loader) body(ctx context.Context, tx *Tx, tables map[string]table) error {
	var rows int64
	var take func(line []byte) error
	for {
		var raw json.RawMessage
		if err := l.next(&raw); err != nil {
			return err
		}
		if raw[0] == '[' {
			if take == nil {
				return badDump(errors.New("a row before any table"))
			}
			rows++
			if err := take(raw); err != nil {
				return err
			}
			continue
		}
		var m dumpMark
		if err := json.Unmarshal(raw, &m); err != nil {
			return badDump(err)
		}
		var err error
		switch {
		case m.End && m.Rows != rows:
			return badDump(fmt.Errorf("%d rows of %d", rows, m.Rows))
		case m.End:
			return nil
		case m.Part != "":
			take, err = l.partTaker(ctx, tx, m.Part)
		default:
			take, err = tableTaker(ctx, tx, tables[m.Table], m)
		}
		if err != nil {
			return err
		}
	}
}

func (l *loader) partTaker(ctx context.Context, tx *Tx, name string) (func([]byte) error, error) {
	for _, p := range l.parts {
		if p.Name == name {
			return func(line []byte) error {
				var v []json.RawMessage
				if err := json.Unmarshal(line, &v); err != nil || len(v) != 1 {
					return badDump(errors.Join(fmt.Errorf("a value of %s", name), err))
				}
				return p.Load(ctx, tx, v[0])
			}, nil
		}
	}
	return nil, badDump(fmt.Errorf("the part %q is not known", name))
}

// tableTaker returns what inserts a row of a table; the columns that the dump
// names are looked up in the database, not trusted.
func tableTaker(ctx context.Context, tx *Tx, t table, m dumpMark) (func([]byte) error, error) {
	kinds := map[string]columnKind{}
	for _, c := range t.columns {
		kinds[c.name] = c.kind
	}
	for _, name := range m.Columns {
		if _, known := kinds[name]; !known {
			return nil, badDump(fmt.Errorf("%s.%s is not known", m.Table, name))
		}
	}
	if len(m.Columns) == 0 {
		return nil, badDump(fmt.Errorf("%s has no columns", m.Table))
	}
	overriding := ""
	if tx.db.engine == PostgreSQL {
		overriding = " OVERRIDING SYSTEM VALUE"
	}
	insert := "INSERT INTO " + quote(t.name) + " (" + quoteAll(m.Columns) + ")" + overriding + " VALUES (" + Marks(1, len(m.Columns)) + ")"
	return func(line []byte) error {
		values, err := rowOf(line, m.Columns, kinds)
		if err != nil {
			return badDump(fmt.Errorf("%s: %w", t.name, err))
		}
		_, err = tx.Exec(ctx, insert, values...)
		return err
	}, nil
}

func rowOf(line []byte, columns []string, kinds map[string]columnKind) ([]any, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var values []any
	if err := d.Decode(&values); err != nil {
		return nil, err
	}
	if len(values) != len(columns) {
		return nil, fmt.Errorf("%d values for %d columns", len(values), len(columns))
	}
	for i, v := range values {
		var err error
		if values[i], err = valueOf(v, kinds[columns[i]]); err != nil {
			return nil, fmt.Errorf("%s: %w", columns[i], err)
		}
	}
	return values, nil
}

// valueOf turns what JSON gives into what the column takes; an engine without
// booleans has written them as 0 and 1.
func valueOf(v any, kind columnKind) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil //nolint:nilnil // NULL is a value
	case bool:
		switch kind {
		case boolColumn:
			return v, nil
		case integerColumn:
			if v {
				return int64(1), nil
			}
			return int64(0), nil
		}
	case json.Number:
		switch kind {
		case integerColumn:
			return v.Int64()
		case realColumn:
			return v.Float64()
		case boolColumn:
			return v.String() != "0", nil
		}
	case string:
		switch kind {
		case textColumn:
			return v, nil
		case bytesColumn:
			return base64.StdEncoding.DecodeString(v)
		}
	}
	return nil, fmt.Errorf("a value of the wrong kind")
}

// suspendForeignKeys lets rows come in any order; restore checks them all.
func (tx *Tx) suspendForeignKeys(ctx context.Context) (restore func() error, err error) {
	if tx.db.engine == SQLite {
		// Until the end of this transaction, whose commit checks.
		_, err := tx.Exec(ctx, "PRAGMA defer_foreign_keys = ON")
		return func() error { return nil }, err
	}
	rows, err := tx.Query(ctx, `SELECT c.relname::text, k.conname::text, pg_get_constraintdef(k.oid) FROM pg_constraint k
		JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
		WHERE k.contype = 'f' AND c.relname NOT LIKE $1 ORDER BY 1, 2`, foreignTable+"%")
	if err != nil {
		return nil, err
	}
	type key struct{ table, name, definition string }
	keys, err := Collect(rows, func(s Scanner) (k key, err error) { return k, s.Scan(&k.table, &k.name, &k.definition) })
	if err != nil {
		return nil, err
	}
	var drop, add []string
	for _, k := range keys {
		drop = append(drop, "ALTER TABLE "+quote(k.table)+" DROP CONSTRAINT "+quote(k.name))
		add = append(add, "ALTER TABLE "+quote(k.table)+" ADD CONSTRAINT "+quote(k.name)+" "+k.definition)
	}
	run := func(statements []string) error {
		for _, s := range statements {
			if _, err := tx.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}
	return func() error { return run(add) }, run(drop)
}

// restartSequences makes numbered columns go on after what was loaded; SQLite
// does by itself.
func (tx *Tx) restartSequences(ctx context.Context, tables []table) error {
	if tx.db.engine == SQLite {
		return nil
	}
	for _, t := range tables {
		for _, c := range t.columns {
			if !c.identity {
				continue
			}
			_, err := tx.Exec(ctx, "SELECT setval(pg_get_serial_sequence($1, $2), (SELECT coalesce(max("+quote(c.name)+"), 0) + 1 FROM "+quote(t.name)+"), false)", quote(t.name), c.name)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// dropAll empties the database again after a load that failed.
func (db *DB) dropAll(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	return db.Write(ctx, func(tx *Tx) error {
		list, err := tx.tables(ctx)
		if err != nil {
			return err
		}
		if tx.db.engine == SQLite {
			if _, err := tx.Exec(ctx, "PRAGMA defer_foreign_keys = ON"); err != nil {
				return err
			}
		}
		cascade := ""
		if tx.db.engine == PostgreSQL {
			cascade = " CASCADE"
		}
		for _, t := range append(list, table{name: versionTable}) {
			if _, err := tx.Exec(ctx, "DROP TABLE IF EXISTS "+quote(t.name)+cascade); err != nil {
				return err
			}
		}
		return nil
	})
}

// migrateTo applies the migrations of the numbers, all of which this program
// must know.
func (db *DB) migrateTo(ctx context.Context, versions []int64) error {
	all, err := db.migrations()
	if err != nil {
		return err
	}
	var list []migration
	var unknown []string
	for _, v := range versions {
		found := false
		for _, m := range all {
			if m.version == v {
				list, found = append(list, m), true
			}
		}
		if !found {
			unknown = append(unknown, fmt.Sprint(v))
		}
	}
	if len(unknown) > 0 {
		return badDump(fmt.Errorf("migrations %s are of a newer program", strings.Join(unknown, ", ")))
	}
	return db.apply(ctx, list)
}
