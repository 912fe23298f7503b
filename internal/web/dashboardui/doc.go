// Package dashboardui shows boards: that of each authority and that of the
// territory, whole or block by block in the frames of other sites, and the pages
// where they are arranged.
//
// It knows how a block looks; what is in it comes from package dashboard. Everything
// is drawn by the server: a board is read, printed and arranged without a script.
//
// Start at routes.go, then board.go.
package dashboardui
