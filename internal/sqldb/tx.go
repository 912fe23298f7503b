package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"socle/internal/errs"
)

// Tx is a transaction, valid inside the function given to Read or Write and in
// its goroutine only.
type Tx struct {
	db    *DB
	write bool
	one   bool // a single statement, without a transaction
	used  bool // it was run
	done  bool
	now   time.Time
	sql   *sql.Tx
	pgx   pgx.Tx
}

// Scanner is one row: Row, Rows, or what Collect gives to its function.
type Scanner interface{ Scan(dest ...any) error }

var (
	errTxDone = errors.New("sqldb: the transaction has ended")
	errOne    = errors.New("sqldb: ReadOne is for one query")
)

// ready refuses a statement that cannot run.
func (tx *Tx) ready(query bool) error {
	switch {
	case tx.done:
		return errTxDone
	case tx.one && (tx.used || !query):
		return errOne
	}
	tx.used = true
	return nil
}

// Now is the instant of the transaction: the same at each call, in UTC, whole
// microseconds as the database keeps them.
func (tx *Tx) Now() time.Time { return tx.now }

// Engine says which database this is, for the rare text that differs.
func (tx *Tx) Engine() Engine { return tx.db.engine }

// InjectedClock reports whether Now is not the machine's clock.
func (tx *Tx) InjectedClock() bool { return tx.db.injected }

// Exec runs a statement and returns the number of rows it touched.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (affected int64, err error) {
	if err := tx.ready(false); err != nil {
		return 0, err
	}
	args = encode(args)
	if tx.sql != nil {
		res, err := tx.sql.ExecContext(ctx, query, args...)
		if err != nil {
			return 0, tx.db.wrap(ctx, err, tx.write)
		}
		return res.RowsAffected()
	}
	tag, err := tx.pgx.Exec(ctx, query, args...)
	if err != nil {
		return 0, tx.db.wrap(ctx, err, tx.write)
	}
	return tag.RowsAffected(), nil
}

// Query runs a statement that returns rows. Close them, or read them to their
// end, before the next statement of the transaction; Collect does.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if err := tx.ready(true); err != nil {
		return nil, err
	}
	args = encode(args)
	r := &Rows{ctx: ctx, tx: tx}
	var err error
	switch {
	case tx.sql != nil:
		r.sql, err = tx.sql.QueryContext(ctx, query, args...) //nolint:rowserrcheck // by Rows.Err
	case tx.pgx != nil:
		r.pgx, err = tx.pgx.Query(ctx, query, args...)
	case tx.db.engine == SQLite:
		r.sql, err = tx.db.reader.QueryContext(ctx, query, args...) //nolint:rowserrcheck // by Rows.Err
	default:
		r.pgx, err = tx.db.pool.Query(ctx, query, args...)
	}
	if err != nil {
		return nil, tx.db.wrap(ctx, err, tx.write)
	}
	return r, nil
}

// QueryRow runs a statement of which the first row is wanted.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *Row {
	rows, err := tx.Query(ctx, query, args...)
	return &Row{rows: rows, err: err}
}

// Row is the first row of a result.
type Row struct {
	rows *Rows
	err  error
}

// Scan copies the row's columns to dest. Kinds: NotFound when there is no row.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return errs.New(errs.NotFound, "errs.not-found").Because(sql.ErrNoRows)
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}

// Rows is a result, read one row after the other.
type Rows struct {
	ctx context.Context
	tx  *Tx
	sql *sql.Rows
	pgx pgx.Rows
}

// Next moves to the next row; false at the end or on failure, see Err.
func (r *Rows) Next() bool {
	if r.sql != nil {
		return r.sql.Next()
	}
	return r.pgx.Next()
}

// Scan copies the columns of the row to dest; see the package's table of types.
func (r *Rows) Scan(dest ...any) error {
	targets, after := decode(dest)
	var err error
	if r.sql != nil {
		err = r.sql.Scan(targets...)
	} else {
		err = r.pgx.Scan(targets...)
	}
	if err != nil {
		return r.tx.db.wrap(r.ctx, err, r.tx.write)
	}
	for _, f := range after {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// Columns returns the names of the result's columns.
func (r *Rows) Columns() ([]string, error) {
	if r.sql != nil {
		return r.sql.Columns()
	}
	var names []string
	for _, f := range r.pgx.FieldDescriptions() {
		names = append(names, f.Name)
	}
	return names, nil
}

// Err returns what ended Next early.
func (r *Rows) Err() error {
	if r.sql != nil {
		return r.tx.db.wrap(r.ctx, r.sql.Err(), r.tx.write)
	}
	return r.tx.db.wrap(r.ctx, r.pgx.Err(), r.tx.write)
}

// Close frees the result; it may be called twice.
func (r *Rows) Close() {
	if r.sql != nil {
		_ = r.sql.Close()
		return
	}
	r.pgx.Close()
}

// Collect reads all rows with scan and closes them. No row gives an empty
// slice. It takes what Query returned, error aside:
//
//	rows, err := tx.Query(ctx, …)
//	if err != nil { return err }
//	list, err := sqldb.Collect(rows, scanDataset)
func Collect[T any](rows *Rows, scan func(Scanner) (T, error)) ([]T, error) {
	defer rows.Close()
	out := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Text scans a row of one text column: for Collect.
func Text(s Scanner) (string, error) {
	var v string
	return v, s.Scan(&v)
}

// Marks returns n placeholders from $from on, parted by commas, for IN (…).
func Marks(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	return b.String()
}

// Tuples writes rows of placeholders, for VALUES: "($1, $2), ($3, $4)".
func Tuples(rows, columns int) string {
	var b strings.Builder
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		b.WriteString(Marks(1+i*columns, columns))
		b.WriteByte(')')
	}
	return b.String()
}

// AnySlice turns a slice into arguments.
func AnySlice[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}
