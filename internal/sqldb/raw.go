package sqldb

import (
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// SQL returns the driver's transaction on SQLite, nil on PostgreSQL. For
// package jobs only.
func (tx *Tx) SQL() *sql.Tx { return tx.sql }

// Pgx returns the driver's transaction on PostgreSQL, nil on SQLite. For
// package jobs only.
func (tx *Tx) Pgx() pgx.Tx { return tx.pgx }

// Writer returns the one writing handle on SQLite, nil on PostgreSQL. For
// package jobs only.
func (db *DB) Writer() *sql.DB { return db.writer }

// Pool returns the connections on PostgreSQL, nil on SQLite. For package jobs
// only.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Path returns the file of an SQLite database; empty on PostgreSQL.
func (db *DB) Path() string { return db.path }
