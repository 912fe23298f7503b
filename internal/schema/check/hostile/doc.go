// Package hostile tests how files of gigabytes are read and checked, tables and what is no
// table, and files of which every cell is wrong: apart from the other tests, for the race
// detector follows each byte that is read and needs minutes for it.
package hostile
