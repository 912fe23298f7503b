// Package openrosa measures how many submissions of OpenRosa the program takes: its
// router and services on SQLite, phones that send at once over HTTP.
package openrosa
