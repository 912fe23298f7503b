// Package community knows what people ask of those who publish: requests for data that
// nobody found, addressed to a producer or to the host, their answers, and which of
// them everyone may read.
//
// Nothing that a stranger wrote is public before somebody who may answer has accepted
// it, in the words that they leave. Who asked is told of the answer by mail, and is
// forgotten some time after it.
//
// It must not know pages.
//
// Start with Request and Service in community.go; ask.go is how a request arrives,
// answer.go what is done with it, keep.go how long what names somebody stays.
package community
