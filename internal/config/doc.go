// Package config is what an operator can set, in one struct.
//
// It knows: every setting with its name, default and description in French and
// English; where settings come from (flag, then environment, then a TOML file,
// then the default); secrets kept in files; and how to write its own reference.
//
// It must not know: what a setting does. No other package reads the
// environment.
//
// Start with config.go: a new setting is a field there, with its tags; the
// reference in docs is written again with `go test ./internal/config -update`.
package config
