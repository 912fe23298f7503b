// Package catalogueui is what everyone sees of the catalogue: home, search,
// datasets, organisations, schemas. It reads; it changes nothing.
//
// Start with routes.go.
package catalogueui
