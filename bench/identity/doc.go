// Package identity measures what rights cost a request, and a sign-in, on SQLite and on
// PostgreSQL. Each figure is printed beside what is promised or what is possible: a
// sign-in beside its one argon2id alone.
//
//	go test ./bench/identity -bench . -benchtime 1x
package identity
