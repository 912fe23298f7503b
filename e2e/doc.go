// Package e2e drives the real program from outside: the built binary, its
// command line, its API and, in a real browser, its pages, on both databases.
// It knows addresses, forms and the contract of the command line; it must not
// reach into the server. Start with portal_test.go; a case of the command line
// is a file of testdata/script. Tests that start a portal of their own run beside others;
// those that share the demonstration run one after the other, before them.
package e2e
