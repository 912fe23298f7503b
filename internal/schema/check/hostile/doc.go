// Package hostile tests the check of files of a gigabyte that are no tables, and of
// tables of which every cell is wrong: apart from the other tests of the check, for the
// race detector follows each byte that is read and needs minutes for it.
package hostile
