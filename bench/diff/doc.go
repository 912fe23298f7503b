// Package diff measures the comparison of two versions of a table of a million
// rows, one in fifty of them changed, with a key and without.
package diff
