// Package compat answers interfaces of other tools, so that programs written for
// them can point at Socle: today the validation of Validata (validata.go).
//
// It knows the shapes of those answers. It must not know how a file is checked
// (schema/check) nor how a page looks.
package compat
