// Package account is how people get in: sign-in and out, the first
// administrator, invitations, new passwords, and each person's own page with
// sessions and tokens.
//
// Start with routes.go.
package account
