// Package cells says how the cells of a table stand on a page: their text in the
// language of the page, the place of their column, its label.
//
// It knows: the kinds of tabular, the columns of a query. It must not know: where
// rows come from, or which page shows them.
//
// Start at cells.go.
package cells
