// Package gridui is the grid: a spreadsheet on the schema of a table whose rows are
// entered, where several people write at once. The rows come and go through
// /api/v1/resources/{id}/lines (api/v1/lines.go); what happens in the browser is in
// web-src/grid. It must not know how entries are kept. Start with grid.go.
package gridui
