// Package app builds everything from the settings and runs it: it alone chooses
// drivers, joins domains, and says who listens to what (events.go), what runs
// when (jobs.go).
//
// Start with app.go.
package app
