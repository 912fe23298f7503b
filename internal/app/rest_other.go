//go:build !linux

package app

// releaseProgram does nothing: other systems do not count the program's pages so.
func releaseProgram() error { return nil }
