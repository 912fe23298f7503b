// Package openrosaui shows the pages by which people use a form with ODK Collect or
// KoboCollect (its address, app tokens, the code that sets a phone up) and make a form
// of an XLSForm.
//
// It must not know the protocol (interop/openrosa, api/compat) nor how forms are kept
// (collect). Start at routes.go.
package openrosaui
