// Package search measures the index of the catalogue with 50,000 datasets: how
// long it takes to make, to open, to answer. Each figure is printed beside what
// is promised.
package search
