// Package field measures how long the field application takes to open a form after
// the first visit, with the portal there and with the portal gone.
package field
