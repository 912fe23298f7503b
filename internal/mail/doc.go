// Package mail sends messages.
//
// It knows: an outbox in the database, written in the transaction that has
// something to say; the job that delivers it by SMTP, again and again until it
// is accepted or refused for good; and that without a mail server the messages are
// kept, to be read in the administration.
//
// It must not know: who may read the outbox (the caller checks), what messages
// say, or accounts.
//
// Start with Send in mail.go; deliver.go speaks to the server.
package mail
