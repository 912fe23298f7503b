// Package oidc speaks OpenID Connect with identity providers (ProConnect, Keycloak
// and the like): it sends a browser to one of them, checks what comes back, and
// says who it is.
//
// It must not know accounts, sessions or pages: package identity decides what a
// verified claim opens, package web/account carries the journey between two
// requests.
//
// Start with oidc.go: Provider.Start, then Provider.Finish.
package oidc
