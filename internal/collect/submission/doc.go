// Package submission makes entries of what clients of OpenRosa send, each exactly
// once: a submission may come again, in several posts with some of its files in each,
// after either side was killed; another submission under the same identifier is
// refused; one that says which other it replaces changes that entry.
//
// It knows what was sent under which identifier; it must not know HTTP. Entries are
// kept by package collect, which judges them and says who may send them. Start at
// submission.go.
package submission
