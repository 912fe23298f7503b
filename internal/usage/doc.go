// Package usage counts how often the pages, files and interfaces of each dataset
// are asked, by day: how useful is what is published.
//
// It keeps numbers and nothing of who asked: no cookie, no address, no trace of a
// visit. Robots that say so are not counted. It must not know pages or HTTP routes:
// package app says which request is what.
//
// Start with Service.Count, which is quick and writes nothing; Run writes what was
// counted every few seconds, so that replicas add up in the database.
package usage
