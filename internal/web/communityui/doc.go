// Package communityui is how people ask for data that they did not find, what those
// who publish do with it, and the requests that everyone may read with their answers.
//
// Start with routes.go. What a request is and who may do what is package community.
package communityui
