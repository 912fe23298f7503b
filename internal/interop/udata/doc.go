// Package udata writes the answers of the tabular API of data.gouv.fr: a resource, its
// profile, its rows, errors, and the OpenAPI description of one resource. Its parameters
// are read by package query.
//
// It knows shapes; it must not know HTTP nor where tables come from. Start at
// udata.go.
package udata
