// Package publishui is the producer's side: the desk, the path of a deposit
// (bring, understand, mend, describe, publish) and the public page that checks a
// file. Everything works without a script.
//
// Start with routes.go; deposit.go is the path.
package publishui
