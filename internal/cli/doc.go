// Package cli is the command line of Socle. Commands that work on files
// (check, describe, convert, fix) use the engines alone; publish speaks to a portal
// through package client; commands of the server are given by package app
// (Operations). Exit status: 0 done or valid, 1 invalid, 2 could not be done.
//
// Start with cli.go.
package cli
