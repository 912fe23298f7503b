// Package identity knows who acts and what they may do: people and their
// passwords, sessions, one-time links, organisations and their members, the
// host's own roles, tokens of the API, and the audit trail.
//
// It must not know what is published (catalogue), how a page or a cookie looks
// (web/shell), or how mail is sent: methods that make a secret return it, and
// their caller shows or sends it.
//
// Start with actor.go (Actor: who asks, given to every service method of every
// domain) and rights.go (the one table role × action). identity.go builds the
// Service. Secrets (sessions, links, tokens) are random and stored as SHA-256;
// passwords as argon2id.
package identity
