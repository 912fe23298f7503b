// Package tablestest is the conformance suite of tables.Engine. It asks an engine
// questions over small tables and compares the answers with those of a plain reading of the rows.
//
// Start at Run (suite.go); the plain reading is in oracle.go.
package tablestest
