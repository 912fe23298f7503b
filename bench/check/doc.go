// Package check measures `socle check` as a whole process, beside DuckDB on the
// same types and constraints written as SQL, on the benchmark file.
package check
