package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"socle/internal/errs"
)

// The two constraints that the input of a caller can break; Violates takes them.
const (
	Unique     = "unique"
	ForeignKey = "foreign key"
)

// Violation is the cause of a Conflict: the constraint that was broken.
type Violation struct {
	Constraint string   // Unique or ForeignKey
	Table      string   // empty for a foreign key on SQLite, which does not say
	Columns    []string // of a unique key, in its order; may be empty for one on an expression
	Names      []string // constraint and index names
	err        error
}

func (v *Violation) Error() string {
	return fmt.Sprintf("%s of %s(%s) %s: %v", v.Constraint, v.Table, strings.Join(v.Columns, ","), strings.Join(v.Names, ","), v.err)
}

// Unwrap gives the driver's error.
func (v *Violation) Unwrap() error { return v.err }

// Violates reports whether err comes from a broken unique or foreign key that
// what describes: Unique, ForeignKey, a column ("email"), a table's column
// ("account.email"), all columns ("member.org,account"), or the name of an
// index. Which foreign key was broken cannot be known on SQLite: ask for
// ForeignKey. Names of inline constraints exist on PostgreSQL only: ask for
// their columns.
func Violates(err error, what string) bool {
	var v *Violation
	if !errors.As(err, &v) {
		return false
	}
	if what == v.Constraint || slices.Contains(v.Names, what) || slices.Contains(v.Columns, what) {
		return true
	}
	table, cols, ok := strings.Cut(what, ".")
	if !ok || table != v.Table || len(v.Columns) == 0 {
		return false
	}
	return slices.Contains(v.Columns, cols) || strings.Join(v.Columns, ",") == strings.ReplaceAll(cols, " ", "")
}

// SQLSTATE codes of PostgreSQL, appendix A of its manual.
const (
	pgUniqueViolation      = "23505"
	pgForeignKeyViolation  = "23503"
	pgReadOnly             = "25006"
	pgSerializationFailure = "40001"
	pgDeadlock             = "40P01"
	pgDiskFull             = "53100"
	pgTooManyConnections   = "53300"
	pgQueryCanceled        = "57014"
	pgBadText              = "22021" // a zero byte, or not UTF-8
	pgPlanChanged          = "0A000" // a cached plan met a migration of another replica
)

func sqliteCode(err error) (code int, ok bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.Code(), true
}

func pgCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// retryable reports whether running the transaction again is safe and useful.
func retryable(err error, attempt int, m mode) bool {
	if code, ok := sqliteCode(err); ok {
		return code&0xff == sqlite3.SQLITE_BUSY || code&0xff == sqlite3.SQLITE_LOCKED
	}
	switch pgCode(err) {
	case pgSerializationFailure, pgDeadlock:
		return true
	case pgPlanChanged: // the code has other causes, which stay
		return attempt == 1
	case "":
		if pgconn.SafeToRetry(err) {
			return attempt <= connectionAttempts
		}
	}
	// A connection of the pool may have died since it was used last.
	var begin *beginError
	return (m == readingOne || errors.As(err, &begin)) && connectionLost(err) && attempt <= connectionAttempts
}

const connectionAttempts = 5

// connectionLost reports whether the server or the network ended the
// connection.
func connectionLost(err error) bool {
	var network *net.OpError
	code := pgCode(err)
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || strings.HasPrefix(code, "57P") || strings.HasPrefix(code, "08")
}

// wrap gives err its kind. An error that already has one, or that the database
// did not make, passes unchanged; so do those of the context.
func (db *DB) wrap(ctx context.Context, err error, write bool) error {
	if err == nil {
		return nil
	}
	var known *errs.Error
	if errors.As(err, &known) {
		return err
	}
	if code, ok := sqliteCode(err); ok {
		return db.wrapSQLite(ctx, err, code, write)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return db.wrapPostgres(ctx, err, pg, write)
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, sql.ErrNoRows), errors.Is(err, pgx.ErrNoRows):
		return errs.New(errs.NotFound, "errs.not-found").Because(err)
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || db.engine == PostgreSQL && connectionLost(err) {
		return trouble("sqldb.unreachable", err)
	}
	return err
}

func (db *DB) wrapSQLite(ctx context.Context, err error, code int, write bool) error {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return conflict(db.sqliteViolation(ctx, err))
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return conflict(&Violation{Constraint: ForeignKey, err: err})
	}
	switch code & 0xff {
	case sqlite3.SQLITE_INTERRUPT:
		if c := ctx.Err(); c != nil {
			return fmt.Errorf("%w: %w", c, err)
		}
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return errs.New(errs.Busy, "errs.busy").WithHint("errs.busy.hint").Because(err)
	case sqlite3.SQLITE_FULL:
		return trouble("sqldb.disk-full", err)
	case sqlite3.SQLITE_READONLY:
		if write {
			return trouble("sqldb.read-only", err)
		}
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return trouble("sqldb.cannot-open", err)
	case sqlite3.SQLITE_IOERR:
		return trouble("sqldb.io", err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return errs.New(errs.Internal, "sqldb.corrupt").WithHint("sqldb.corrupt.hint").Because(err)
	}
	return err
}

func (db *DB) wrapPostgres(ctx context.Context, err error, pg *pgconn.PgError, write bool) error {
	switch pg.Code {
	case pgUniqueViolation:
		v := &Violation{Constraint: Unique, Table: pg.TableName, Names: []string{pg.ConstraintName}, err: err}
		for _, x := range db.uniqueIndexes(ctx) {
			if x.table == v.Table && x.name == pg.ConstraintName {
				v.Columns = x.columns
			}
		}
		return conflict(v)
	case pgForeignKeyViolation:
		return conflict(&Violation{Constraint: ForeignKey, Table: pg.TableName, Names: []string{pg.ConstraintName}, err: err})
	case pgSerializationFailure, pgDeadlock, pgTooManyConnections:
		return errs.New(errs.Busy, "errs.busy").WithHint("errs.busy.hint").Because(err)
	case pgBadText:
		return errs.New(errs.Invalid, "sqldb.characters").WithHint("sqldb.characters.hint").Because(err)
	case pgDiskFull:
		return trouble("sqldb.disk-full", err)
	case pgReadOnly:
		if write {
			return trouble("sqldb.read-only", err)
		}
	case pgQueryCanceled:
		if c := ctx.Err(); c != nil {
			return fmt.Errorf("%w: %w", c, err)
		}
	}
	// Class 57P is an operator's stop, 08 the connection, 28 the password.
	if connectionLost(err) || strings.HasPrefix(pg.Code, "28") {
		return trouble("sqldb.unreachable", err)
	}
	return err
}

func conflict(v *Violation) error {
	return errs.New(errs.Conflict, "sqldb.conflict").WithHint("sqldb.conflict.hint").Because(v)
}

// trouble is a failure of the machine that its host can mend.
func trouble(key string, err error) error {
	return errs.New(errs.Busy, key).WithHint(key + ".hint").Because(err)
}

// mapOpenError gives a kind to a failure of the file system.
func mapOpenError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return trouble("sqldb.disk-full", err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR):
		return trouble("sqldb.cannot-open", err)
	}
	return fmt.Errorf("sqldb: %w", err)
}

// index is a unique index or key of a table.
type index struct {
	table, name string
	columns     []string
}

// sqliteViolation reads the columns of a broken unique key from SQLite's
// message. SQLite tells them nowhere else; the form is that of its function
// sqlite3UniqueConstraint, "UNIQUE constraint failed: t.a, t.b" or "… index
// 'name'", and a test of this package watches it.
func (db *DB) sqliteViolation(ctx context.Context, err error) *Violation {
	v := &Violation{Constraint: Unique, err: err}
	_, list, found := strings.Cut(err.Error(), "constraint failed: ")
	if i := strings.LastIndex(list, " ("); i >= 0 {
		list = list[:i] // the driver ends with the code
	}
	// The driver puts the code's own words first, which end the same.
	if _, rest, again := strings.Cut(list, "constraint failed: "); again {
		list = rest
	}
	if !found {
		return v
	}
	if name, ok := strings.CutPrefix(list, "index '"); ok {
		v.Names = []string{strings.TrimSuffix(name, "'")}
		for _, x := range db.uniqueIndexes(ctx) {
			if x.name == v.Names[0] {
				v.Table = x.table
			}
		}
		return v
	}
	for _, item := range strings.Split(list, ", ") {
		table, column, _ := strings.Cut(item, ".")
		v.Table = table
		v.Columns = append(v.Columns, column)
	}
	for _, x := range db.uniqueIndexes(ctx) {
		if x.table == v.Table && slices.Equal(x.columns, v.Columns) {
			v.Names = append(v.Names, x.name)
		}
	}
	return v
}

// uniqueIndexes lists the unique indexes of the database. The list is read
// once, outside the failed transaction; without it Violates knows less.
func (db *DB) uniqueIndexes(ctx context.Context) []index {
	db.indexMu.Lock()
	defer db.indexMu.Unlock()
	if db.indexes != nil {
		return db.indexes
	}
	var list []index
	add := func(table, name, column string) {
		if n := len(list); n > 0 && list[n-1].table == table && list[n-1].name == name {
			list[n-1].columns = append(list[n-1].columns, column)
			return
		}
		list = append(list, index{table: table, name: name, columns: []string{column}})
	}
	var err error
	if db.engine == SQLite {
		err = db.readSQLiteIndexes(ctx, add)
	} else {
		err = db.readPostgresIndexes(ctx, add)
	}
	if err != nil {
		db.log.WarnContext(ctx, "the list of unique indexes could not be read", "cause", err)
		return nil
	}
	db.indexes = list
	return list
}

func (db *DB) readSQLiteIndexes(ctx context.Context, add func(table, name, column string)) error {
	rows, err := db.reader.QueryContext(ctx, `SELECT m.name, l.name, coalesce(i.name, '') FROM sqlite_master m
		JOIN pragma_index_list(m.name) l ON l."unique" = 1 JOIN pragma_index_info(l.name) i
		WHERE m.type = 'table' ORDER BY 1, 2, i.seqno`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var table, name, column string
		if err := rows.Scan(&table, &name, &column); err != nil {
			return err
		}
		add(table, name, column)
	}
	return rows.Err()
}

func (db *DB) readPostgresIndexes(ctx context.Context, add func(table, name, column string)) error {
	rows, err := db.pool.Query(ctx, `SELECT t.relname::text, i.relname::text, coalesce(a.attname::text, '') FROM pg_index x
		JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
		JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = ANY (current_schemas(false))
		CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k(num, pos)
		LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.num AND k.num > 0
		WHERE x.indisunique AND k.pos <= x.indnkeyatts ORDER BY 1, 2, k.pos`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var table, name, column string
		if err := rows.Scan(&table, &name, &column); err != nil {
			return err
		}
		add(table, name, column)
	}
	return rows.Err()
}
