// Package sqldbtest gives each test a fresh, migrated database on each engine.
// It knows how to copy a template quickly; it must not know any table. Start
// with Run.
package sqldbtest
