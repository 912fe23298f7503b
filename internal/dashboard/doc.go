// Package dashboard makes boards: a page of figures, charts, maps, tables and menus
// of the week that shows what the data of an authority, or of the territory, says.
//
// A board is a list of blocks; a block is a saved question to a table, kept as the
// parameters of an address (package query, package chart), and what is made of its
// answer. A board that nobody arranged is made from the tables there are, by the
// recipes of recipe.go, which know tables by the parts their columns play.
//
// It knows which blocks there are and what their tables answer. It must not know how
// a block is drawn (chart) or looks (web/dashboardui).
//
// What a board shows is what everyone sees, whoever looks at it.
//
// Start at dashboard.go, then recipe.go and answer.go.
package dashboard
