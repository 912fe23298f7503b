// Package ogc writes the answers of OGC API – Features, parts 1 (core) and 2 (reference
// systems), its queryables, and those of OGC API – Tiles: landing page, conformance, collections, items, tilesets. The
// parameters of items, and CQL2, are read by package query.
//
// It knows shapes; it must not know HTTP nor where tables come from. Start at
// ogc.go. Requirements are those of OGC 17-069r4, 18-058r1, 19-079r2, 21-065r2 and 20-057; the test TestOGC of
// internal/api/compat lists those of all classes declared, and proves each.
package ogc
