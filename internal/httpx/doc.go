// Package httpx is Socle's way of speaking HTTP, both ways.
//
// It knows: handlers that return errors and the one place that logs and renders
// them (Router), request identifiers, the client's address behind trusted
// proxies, time and size limits, conditional requests, compression, security
// headers and the content security policy, requests forged from other sites,
// rates, metrics, health, the server's start and end, the structured log, and
// the client for addresses that strangers give (Client).
//
// It must not know: what a page looks like, sessions, accounts, or anything of
// open data. Pages of errors come from the Renderer that web/shell gives.
//
// Start with router.go; status.go says which kind of error becomes which status.
package httpx
