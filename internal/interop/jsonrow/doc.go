// Package jsonrow writes rows as JSON objects whose members keep the order of the
// columns. The interfaces in the packages beside it use it; it must not know any of them.
//
// There is jsonrow.go only.
package jsonrow
