// Package detect guesses what a table holds from its cells and labels: the type
// and the meaning of each column, which schema the table resembles most, and
// which columns are about persons.
//
// A guess is never a check: package check judges, this one only proposes. It
// must not know who asks, nor change anything; what it says is the same for the
// same file, whatever the number of goroutines.
//
// Start with Columns in detect.go. kinds.go is the list of meanings, value.go
// and place.go say how a value is recognised, label.go the words of labels,
// match.go compares with schemas, personal.go speaks of personal data, named.go of
// names of persons.
package detect
