// Package server measures the built program: how soon it answers, how much
// memory it takes, how a large file goes through, how fast a page is served. Each
// figure is printed beside what is promised.
package server
