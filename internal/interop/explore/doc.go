// Package explore writes the answers of the Explore API v2.1, as the portals that
// have it give them: catalogue, records, facets, errors. Its query language, ODSQL, is
// read by package query; the catalogue itself can be asked in it too (catalogue.go).
//
// It knows shapes; it must not know HTTP nor where datasets come from. Start at
// explore.go.
package explore
