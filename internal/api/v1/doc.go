// Package v1 is Socle's own API, /api/v1: it turns requests into calls of the
// domains and their values into JSON. Wire types are here, and nowhere else.
//
// Reading what is public needs nothing. The rest needs "Authorization: Bearer
// TOKEN", or the session of the portal's own pages. Errors are httpx.ErrorBody.
// Unknown parameters are errors.
//
// Start with routes.go.
package v1
