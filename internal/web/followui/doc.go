// Package followui is how people follow what interests them: the page behind each
// "Follow" button, the links of messages, and in one's account the list of what one
// follows and the webhooks.
//
// Start with routes.go. What can be followed and when it is told is package follow.
package followui
