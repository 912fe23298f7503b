// Package datapackage writes datapackage.json: a dataset and its files, each table with
// its Table Schema, as Data Package 1.0 and 2.0 have it. Reading one is in package schema.
//
// It must not know HTTP nor where datasets come from. There is datapackage.go only.
package datapackage
