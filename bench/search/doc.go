// Package search measures the catalogue with 50,000 datasets: how long its index takes
// to make, to open, to answer, and what rights add for those who see more than what is
// public. Each figure is printed beside what is promised.
package search
