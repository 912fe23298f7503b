// Package blob keeps bytes under their SHA-256: in a folder, or in an
// S3-compatible store.
//
// It knows how to store bytes so that they survive a power cut, how to check
// them whenever they are read, and how to keep local copies of remote ones in a
// bounded cache. It must not know what the bytes mean, nor who refers to them:
// a domain keeps the Ref.
//
// A blob never changes: putting the same bytes again gives the same Ref and
// only renews its age. What nothing refers to is removed by Collect.
//
// Start with Store in blob.go; folder.go and s3.go are the two backends.
package blob
