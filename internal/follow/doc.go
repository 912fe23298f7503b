// Package follow knows who wants to be told of what: the whole portal, a producer,
// a dataset or a search, by mail or by a call to a program (webhook).
//
// News come from the change log of the catalogue: each follow remembers the number
// of the last change that it was told, so that nothing is told twice, nothing is
// missed while a server is down, and a hundred versions of live data become one
// line. What is told is what its reader may see at that moment.
//
// It must not know pages, nor how bytes leave (it is given a function), nor how a
// dataset changes.
//
// Start with Follow and Service in follow.go; topic.go says what can be followed,
// tell.go when and what is told, webhook.go and deliver.go how programs are called
// and how they know that it is us (the specification "Standard
// Webhooks": HMAC-SHA256 over identifier, time and body).
package follow
