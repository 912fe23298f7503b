// Package ogc writes the answers of OGC API – Features, parts 1 (core) and 2 (reference
// systems), and its queryables: landing page, conformance, collections, items. The parameters of items,
// and CQL2, are read by package query.
//
// It knows shapes; it must not know HTTP nor where tables come from. Start at
// ogc.go; requirements are those of OGC 17-069r4 and 18-058r1.
package ogc
