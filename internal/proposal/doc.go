// Package proposal knows what the portal holds that may complete an answer while it is
// typed: the company of a SIRET or SIREN (organisations, and tables that have such a
// number beside a name), communes by name, code or postal code and the territories that
// datasets are about (package cog), addresses (tables of addresses and of equipment);
// and, where the host asks for it, what a national service knows.
//
// It must not know forms, nor pages. Nobody is proposed what they may not see: tables
// are found and opened as the actor. It is quick or silent: what is not ready in time is
// left out, and no answer depends on it.
//
// Start at proposal.go; columns.go says which columns of a table belong together.
package proposal
