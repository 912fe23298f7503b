// Package sqldb is the metadata database: an embedded SQLite file or a
// PostgreSQL server, behind one SQL text.
//
// It knows how to open either engine, run Read and Write transactions, carry
// Go values to columns and back, apply the embedded migrations, say what a
// failure means (package errs), and copy everything out and in again. It must
// not know any table: each domain owns its tables and their SQL.
//
// Start with DB.Read and DB.Write in sqldb.go, then Tx in tx.go.
//
// # One SQL text
//
// Placeholders are $1, $2… on both engines. Values are stored as follows; the
// conversion is done by Tx (arguments) and Scan (results).
//
//	Go                       migration word     SQLite    PostgreSQL
//	string, named strings    TEXT               TEXT      TEXT COLLATE "C"
//	integers, time.Duration  BIGINT, INTEGER    INTEGER   BIGINT, INTEGER
//	bool                     BOOLEAN            INTEGER   BOOLEAN
//	float64                  DOUBLE PRECISION   REAL      DOUBLE PRECISION
//	[]byte                   BYTEA              BLOB      BYTEA
//	json.RawMessage          TEXT               TEXT      TEXT COLLATE "C"
//	time.Time                BIGINT             microseconds since 1970, UTC
//	*time.Time, NullTime     BIGINT (nullable)  the same, or NULL
//
// Texts sort by their bytes and LIKE minds capital letters on both engines.
// ON CONFLICT … RETURNING, FILTER, string_agg, window functions and common
// table expressions are written the same for both.
//
// # Transactions
//
// Read sees one snapshot; ReadOne is for a single query, which needs no
// transaction for that. Write is serializable: on SQLite there is one writer
// at a time, on PostgreSQL the isolation level says so, and a transaction that
// lost against another is run again. The function given to Write may therefore
// run several times: it must not touch anything but the transaction. No
// transaction inside another; no network or file work inside a Write.
//
// # For package jobs only
//
// Tx.SQL, Tx.Pgx, DB.Writer and DB.Pool hand out the driver's own objects.
// River needs them; nothing but package jobs and this package's tests may call
// them.
package sqldb
