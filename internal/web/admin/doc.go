// Package admin is where the portal is looked after: organisations and their
// members, people, mail, jobs and the audit. The members of an organisation are at
// one address for the host and for the organisation's own administrators.
//
// It knows identity, the outbox of mail and the list of jobs; it must not know what
// is published, nor decide rights: services and identity.Actor do.
//
// Start with routes.go.
package admin
