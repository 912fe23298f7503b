// Package arch holds the order of the packages (layers.txt) and the test that
// keeps it, with the other rules of docs/ARCHITECTURE.md that a test can see.
//
// It knows files and imports, nothing of what they do. Nothing imports it.
//
// Start with layers.txt; a rule is one function of rules_test.go, proven by a small
// tree of testdata that breaks it.
package arch
