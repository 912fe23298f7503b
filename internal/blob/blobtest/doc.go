// Package blobtest gives tests real places for blobs: a folder, and an S3
// server that runs as long as the test. It must not know what is stored. Start
// with Run.
package blobtest
