// Package compat answers interfaces of other tools, so that programs written for
// them can point at Socle: the Explore API v2.1 (explore.go), the tabular API of data.gouv.fr
// (tabular.go), the Action API of CKAN and its datastore (ckan.go), OGC API Features and Tiles (ogc.go and those that begin so), data packages
// (datapackage.go), the validation of Validata (validata.go). What is public is kept in public.go.
//
// It joins requests, services and shapes: the shapes are in the packages of internal/interop, the
// query languages in package query. It must not know how a file is checked (schema/check), how rows
// are found (tables), nor how a page looks.
package compat
