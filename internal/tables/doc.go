// Package tables is what is done with tables: turning a file into an immutable
// version, and answering queries over it.
//
// Engine (engine.go) is the contract of what answers; tables/duck implements it,
// tables/tablestest is the suite that it must pass.
package tables
