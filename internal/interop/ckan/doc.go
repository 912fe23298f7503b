// Package ckan writes the answers of the Action API of CKAN (version 3) and of its
// datastore: packages, resources, organisations, searches, errors. Every member that clients and the
// harvester of data.gouv.fr read is there, null where there is nothing. The filters of datastore_search
// are read by package query.
//
// It knows shapes; it must not know HTTP nor where datasets come from. Start at
// ckan.go; search.go has the answers of searches.
package ckan
