// Package fieldui serves the field application: one page that holds its words in
// both languages, the script of its worker with the list of what it keeps, the
// manifest and icons that make it installable, and what it fetches besides the API
// of forms: who has signed in, and the communes of the territory with their contours.
//
// The application itself is web-src/terrain. It must not know forms nor entries:
// those come from /api/v1.
//
// Start with routes.go.
package fieldui
